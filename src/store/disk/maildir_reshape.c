/*
 * Folders go, or get other names. One that goes leaves the tree by a single rename, before anything
 * of it is removed: killed at any point there is all of it or no part of it, and the next start
 * takes the rest away. One that is renamed may have others below it, each a directory of its own: a
 * note says what is under way, and the next start goes on with it.
 */
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/disk/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOKEN = 16, NOTE_MAX = 64 << 10 };

static const char GOING[] = "talaria-removed."; /* no dot in front: no folder, to any program */
static const char NOTE[] = "renaming";

static int count_one(void *ctx, const struct maildir_entry *e)
{
	size_t *n = ctx;

	(void)e;
	(*n)++;
	return 0;
}

static int not_more_than(const char *dir, const char *folder, size_t max, struct err *err)
{
	size_t n = 0;

	if (maildir_scan(dir, count_one, &n, err) != 0)
		return -1;
	return n > max ? err_set(err, ERR_BUSY,
				 ngettext("Folder %s holds %zu message now; nothing was deleted",
					 "Folder %s holds %zu messages now; nothing was deleted",
					 n),
				 folder, n)
		       : 0;
}

static int move_dir(const char *root, const char *from, const char *to, struct err *err)
{
	return rename(from, to) == 0 ? file_sync_dir(root, err)
				     : err_errno(err, _("Cannot rename %s"), from);
}

/* What is delivered while it is counted must not go unseen: once its name is gone nobody finds it,
 * and it is counted again. */
static int take_out(const char *root, const char *dir, const char *gone, const char *folder,
	size_t max, struct err *err)
{
	if (not_more_than(dir, folder, max, err) != 0 || move_dir(root, dir, gone, err) != 0)
		return -1;
	if (not_more_than(gone, folder, max, err) == 0)
		return 0;
	if (rename(gone, dir) != 0)
		return err_errno(err, _("Cannot rename %s"), gone);
	file_sync_dir(root, NULL);
	return -1;
}

int maildir_remove_folder(const char *root, const char *folder, size_t max, struct err *err)
{
	char *dir = maildir_dir(root, folder, err), name[sizeof(GOING) + TOKEN], *gone;
	int rc = -1;

	if (!dir)
		return -1;
	memcpy(name, GOING, sizeof(GOING) - 1);
	hash_random_token(name + sizeof(GOING) - 1, TOKEN);
	gone = file_join(root, name);
	if (strcmp(dir, root) == 0)
		err_set(err, ERR_INPUT, _("The inbox cannot be deleted"));
	else if (!maildir_is(dir))
		err_set(err, ERR_GONE, _("%s does not exist"), dir);
	else
		rc = take_out(root, dir, gone, folder, max, err);
	if (rc == 0 && file_remove_tree(gone, NULL) != 0)
		log_line(1, "%s could not be removed wholly; the next start tries again", gone);
	free(dir);
	free(gone);
	return rc;
}

/* --- renaming --- */

/* ".Lists" in ".Lists.talaria": what is behind it; NULL: another folder. */
static const char *below(const char *entry, const char *stem)
{
	size_t len = strlen(stem);

	if (strncmp(entry, stem, len) != 0 || (entry[len] != '\0' && entry[len] != '.'))
		return NULL;
	return entry + len;
}

static const char *stem_of(const char *dir)
{
	return strrchr(dir, '/') + 1;
}

static int entries_below(const char *root, const char *stem, struct strv *ends, struct err *err)
{
	DIR *d = opendir(root);
	struct dirent *e;

	if (!d)
		return err_errno(err, _("Cannot read %s"), root);
	while ((e = readdir(d))) {
		const char *end = below(e->d_name, stem);

		if (end)
			strv_add(ends, end);
	}
	closedir(d);
	return 0;
}

static char *with_end(const char *dir, const char *end)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s%s", dir, end);
	return str_steal(&path);
}

/* Another running copy may be at the same. */
static int rename_one(const char *from, const char *to, const char *end, struct err *err)
{
	char *old = with_end(from, end), *new = with_end(to, end);
	int rc = rename(old, new) == 0 || errno == ENOENT
			 ? 0
			 : err_errno(err, _("Cannot rename %s"), old);

	free(old);
	free(new);
	return rc;
}

static int nothing_in_the_way(
	const char *to, const struct strv *ends, const char *name, struct err *err)
{
	for (size_t i = 0; i < ends->n; i++) {
		char *path = with_end(to, ends->v[i]);
		bool there = file_exists(path);

		free(path);
		if (there)
			return err_set(err, ERR_INPUT,
				*ends->v[i] ? _("Folder %s has others below it that would be in "
						"the way; nothing was renamed")
					    : _("Folder %s is there already"),
				name);
	}
	return 0;
}

/* All of them, or those that were renamed have their former names again. */
static int rename_all(const char *root, const char *from, const char *to, const struct strv *ends,
	struct err *err)
{
	size_t done = 0;
	int rc = 0;

	for (; rc == 0 && done < ends->n; done += rc == 0)
		rc = rename_one(from, to, ends->v[done], err);
	while (rc != 0 && done > 0)
		rename_one(to, from, ends->v[--done], NULL);
	return rc == 0 ? file_sync_dir(root, err) : rc;
}

static int write_note(const char *path, const char *from, const char *to, struct err *err)
{
	struct str text = STR_INIT;
	int rc;

	str_addf(&text, "%s\n%s\n", stem_of(from), stem_of(to));
	rc = file_replace(path, str_c(&text), text.len, 0600, err);
	str_done(&text);
	return rc;
}

static void remove_note(const char *path)
{
	if (unlink(path) == 0)
		file_sync_parent(path, NULL);
}

static int rename_noted(const char *notes_dir, const char *root, const char *from, const char *to,
	const char *name, struct err *err)
{
	char *note = file_join(notes_dir, NOTE);
	struct strv ends = STRV_INIT;
	int rc = entries_below(root, stem_of(from), &ends, err);

	if (rc == 0)
		rc = nothing_in_the_way(to, &ends, name, err);
	if (rc == 0)
		rc = write_note(note, from, to, err);
	if (rc == 0) {
		rc = rename_all(root, from, to, &ends, err);
		remove_note(note);
	}
	strv_done(&ends);
	free(note);
	return rc;
}

int maildir_rename_folder(
	const char *notes_dir, const char *root, const char *from, const char *to, struct err *err)
{
	char *dir = maildir_dir(root, from, err), *to_dir = dir ? maildir_dir(root, to, err) : NULL;
	int rc = -1;

	if (dir && to_dir && (strcmp(dir, root) == 0 || strcmp(to_dir, root) == 0))
		err_set(err, ERR_INPUT, _("The inbox cannot be renamed, nor replaced"));
	else if (dir && to_dir && below(stem_of(to_dir), stem_of(dir)))
		err_set(err, ERR_INPUT, _("A folder cannot go below itself"));
	else if (dir && to_dir && !maildir_is(dir))
		err_set(err, ERR_GONE, _("%s does not exist"), dir);
	else if (dir && to_dir)
		rc = rename_noted(notes_dir, root, dir, to_dir, to, err);
	free(dir);
	free(to_dir);
	return rc;
}

/* --- what a break left --- */

static void finish_rename(const char *note, const char *root)
{
	struct str text = STR_INIT;
	struct strv ends = STRV_INIT;
	char *save = NULL, *from, *to;

	if (file_read(note, NOTE_MAX, &text, NULL) != 0) {
		str_done(&text);
		return;
	}
	from = strtok_r(text.p, "\n", &save);
	to = from ? strtok_r(NULL, "\n", &save) : NULL;
	if (to && *from == '.' && *to == '.' && !strchr(from, '/') && !strchr(to, '/') &&
		entries_below(root, from, &ends, NULL) == 0) {
		char *dir = file_join(root, from), *to_dir = file_join(root, to);

		/* One that is in the way now stays, and so does what it is in the way of. */
		for (size_t i = 0; i < ends.n; i++)
			rename_one(dir, to_dir, ends.v[i], NULL);
		file_sync_dir(root, NULL);
		free(dir);
		free(to_dir);
	}
	strv_done(&ends);
	str_done(&text);
	remove_note(note);
}

void maildir_reshape_finish(const char *notes_dir, const char *root)
{
	char *note = file_join(notes_dir, NOTE);
	struct strv ends = STRV_INIT;
	DIR *d = opendir(root);
	struct dirent *e;

	finish_rename(note, root);
	while (d && (e = readdir(d)))
		if (str_starts(e->d_name, GOING))
			strv_take(&ends, file_join(root, e->d_name));
	if (d)
		closedir(d);
	for (size_t i = 0; i < ends.n; i++)
		file_remove_tree(ends.v[i], NULL);
	strv_done(&ends);
	free(note);
}
