/*
 * Messages go to another folder: they get names there, the disk is waited for once, the names
 * here go, and the disk is waited for once more. What is under way stands in a note, so that the
 * next start after a kill in between takes the second names away. Another copy may start meanwhile:
 * who moves shares a lock, which who looks for notes has to have alone.
 */
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/disk/maildir_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	NOTE_MAX = 4 << 20,
	AT_ONCE = 1000,
	LOCK_MS = 1000, /* who has it alone is starting */
	MANY = 4        /* messages for which a folder is read once */
};

static const char NOTE[] = "moving.";

struct moving {
	const char *dir, *to_dir;
	char *const *bases;
	size_t n;
};

static char *lock_path(const char *notes_dir)
{
	return file_join(notes_dir, "moves.lock");
}

static char *note_path(const char *notes_dir)
{
	char name[sizeof(NOTE) + 16], *path;

	memcpy(name, NOTE, sizeof(NOTE) - 1);
	hash_random_token(name + sizeof(NOTE) - 1, 16);
	path = file_join(notes_dir, name);
	return path;
}

/* The two folders, then the bases, a line each. */
static int write_note(const char *path, const struct moving *m, struct err *err)
{
	struct str text = STR_INIT;
	int rc;

	str_addf(&text, "%s\n%s\n", m->dir, m->to_dir);
	for (size_t i = 0; i < m->n; i++)
		str_addf(&text, "%s\n", m->bases[i]);
	rc = file_replace(path, str_c(&text), text.len, 0600, err);
	str_done(&text);
	return rc;
}

static int remove_note(const char *path, struct err *err)
{
	if (unlink(path) != 0 && errno != ENOENT)
		return err_errno(err, _("Cannot remove %s"), path);
	return file_sync_parent(path, err);
}

/* How many went. */
static size_t remove_names(const char *dir, char *const *bases, size_t n, struct err *err)
{
	size_t i = 0;

	while (i < n && maildir_remove_name_later(dir, bases[i], err) == 0)
		i++;
	return i;
}

static int take_away(const char *dir, char *const *bases, size_t n, struct err *err)
{
	return remove_names(dir, bases, n, err) == n ? maildir_sync(dir, err) : -1;
}

static int move_each(
	const struct moving *m, const struct map *there, size_t *moved, struct err *err)
{
	int rc = 0;

	for (*moved = 0; rc == 0 && *moved < m->n; *moved += rc == 0)
		rc = maildir_move_known(m->dir, m->bases[*moved], m->to_dir, there, err);
	return rc;
}

/*
 * The first named of them are durably where they go. Those that are nowhere else are moved,
 * whatever the disk says now: what a power cut would bring back goes at the next start, as long as
 * the note is there. One whose name here does not go is none there any more. How many are moved.
 */
static size_t leave_here(const char *note, const struct moving *m, size_t named, struct err *err)
{
	size_t gone = remove_names(m->dir, m->bases, named, err);
	struct err why = {0};

	if (gone < named && take_away(m->to_dir, m->bases + gone, named - gone, NULL) != 0)
		return named; /* both names stand: the note takes away those here */
	if (maildir_sync(m->dir, &why) != 0 || remove_note(note, &why) != 0)
		log_line(
			1, "moved to %s, to be settled at the next start: %s", m->to_dir, why.text);
	return gone;
}

/* The first *moved of them; with an error too. */
static int move_some(const char *notes_dir, const struct moving *m, const struct map *there,
	size_t *moved, struct err *err)
{
	char *note = note_path(notes_dir), *path = lock_path(notes_dir);
	struct err why = {0};
	size_t named = 0;
	int rc = 0, lock = file_lock_shared(path, LOCK_MS, NULL);

	free(path);
	/* A full disk is often why something is moved. */
	if (lock < 0 || write_note(note, m, NULL) != 0) {
		if (lock >= 0)
			close(lock);
		free(note);
		return move_each(m, there, moved, err);
	}
	*moved = 0;
	for (; rc == 0 && named < m->n; named += rc == 0)
		rc = maildir_name_there(m->dir, m->bases[named], m->to_dir, there, err);
	if (named && maildir_sync(m->to_dir, &why) != 0) {
		take_away(m->to_dir, m->bases, named,
			NULL); /* else the note does, at the next start */
	} else if (named) {
		*moved = leave_here(note, m, named, &why);
	} else {
		remove_note(note, NULL); /* it names nothing that is there twice */
	}
	if (rc == 0 && why.kind != ERR_NONE) {
		*err = why;
		rc = -1;
	}
	close(lock);
	free(note);
	return rc;
}

int maildir_move_many(const char *notes_dir, const char *dir, char *const *bases, size_t n,
	const char *to_dir, size_t *moved, struct err *err)
{
	bool one_by_one = !notes_dir || strchr(dir, '\n') || strchr(to_dir, '\n');
	struct map *there = n < MANY ? NULL : maildir_bases(to_dir);
	int rc = 0;

	*moved = 0;
	if (maildir_same_dir(dir, to_dir))
		*moved = n;
	while (rc == 0 && *moved < n) {
		size_t left = n - *moved, some;
		struct moving m = {dir, to_dir, bases + *moved, left < AT_ONCE ? left : AT_ONCE};

		rc = one_by_one ? move_each(&m, there, &some, err)
				: move_some(notes_dir, &m, there, &some, err);
		*moved += some;
	}
	map_free(there, NULL);
	return rc;
}

int maildir_remove_many(const char *dir, char *const *bases, size_t n, struct err *err)
{
	struct map *left = NULL;
	int rc = n < MANY ? 0 : take_away(dir, bases, n, err);

	if (rc == 0 && n >= MANY)
		left = maildir_bases(dir);
	/* Some may have a second name. */
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (n < MANY || (left && map_get(left, bases[i])))
			rc = maildir_remove(dir, bases[i], err);
	map_free(left, NULL);
	return rc;
}

/* ---- after a kill ---- */

static char *take_line(char **p)
{
	char *line = *p, *end = strchr(line, '\n');

	if (!end)
		return NULL; /* a note is whole, or not there */
	*end = '\0';
	*p = end + 1;
	return line;
}

static int finish_one(const char *path, struct err *err)
{
	struct str text = STR_INIT;
	struct strv both = STRV_INIT;
	char *p, *dir, *to_dir, *base;
	int rc = file_read(path, NOTE_MAX, &text, err);

	p = rc == 0 && text.len ? text.p : NULL;
	dir = p ? take_line(&p) : NULL;
	to_dir = dir ? take_line(&p) : NULL;
	while (to_dir && (base = take_line(&p)))
		if (maildir_is_in_both(dir, to_dir, base))
			strv_add(&both, base);
	if (both.n) {
		log_line(1, "%zu messages moved to %s in the former run: second names go", both.n,
			to_dir);
		rc = maildir_sync(to_dir, err);
		if (rc == 0)
			rc = take_away(dir, both.v, both.n, err);
	}
	if (rc == 0)
		rc = remove_note(path, err);
	strv_done(&both);
	str_done(&text);
	return rc;
}

static int finish_all(const char *notes_dir, struct err *err)
{
	DIR *d = opendir(notes_dir);
	struct dirent *de;
	int rc = 0;

	while (d && rc == 0 && (de = readdir(d)))
		if (strncmp(de->d_name, NOTE, sizeof(NOTE) - 1) == 0) {
			char *path = file_join(notes_dir, de->d_name);

			rc = finish_one(path, err);
			free(path);
		}
	if (d)
		closedir(d);
	return rc;
}

int maildir_move_finish(const char *notes_dir, struct err *err)
{
	char *path = lock_path(notes_dir);
	struct err why = {0};
	int lock = file_lock(path, 0, &why), rc = 0;

	free(path);
	if (lock >= 0 || why.kind != ERR_BUSY)
		rc = finish_all(notes_dir, err);
	if (lock >= 0)
		close(lock);
	return rc;
}
