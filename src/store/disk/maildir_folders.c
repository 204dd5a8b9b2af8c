#include "base/str.h"
#include "store/disk/maildir.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIR_NAME_MAX = 255 };

/* NULL: the bytes mean nothing in `from`. */
static char *convert(const char *to, const char *from, const char *p, size_t len)
{
	iconv_t cd = iconv_open(to, from);
	char *in = mem_strndup(p, len), *at = in, *result = NULL;
	struct str out = STR_INIT;
	size_t room, done;

	if (cd == (iconv_t)-1) {
		free(in);
		return NULL;
	}
	/* Modified UTF-7 needs at most 2 2/3 bytes and two shifts per UTF-16 unit. */
	room = len * 6 + 8;
	str_room(&out, room);
	{
		char *o = out.p;

		done = iconv(cd, &at, &len, &o, &room);
		if (done != (size_t)-1 && len == 0 &&
			iconv(cd, NULL, NULL, &o, &room) != (size_t)-1) {
			*o = '\0';
			out.len = (size_t)(o - out.p);
			result = str_steal(&out);
		}
	}
	iconv_close(cd);
	free(in);
	str_done(&out);
	return result;
}

static bool has_control(const char *p, size_t len)
{
	const char *end = p + len;

	while (p < end) {
		uint32_t cp = utf8_next(&p, end);

		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			return true;
	}
	return false;
}

/* A dot separates levels on disk, so no level can hold one: ".a.b" is a/b to every program. */
static bool component_ok(const char *p, size_t len)
{
	return len > 0 && utf8_valid(p, len) && !has_control(p, len) && !memchr(p, '.', len);
}

static int add_component(struct str *name, const char *p, size_t len, struct err *err)
{
	char *utf7;

	if (!component_ok(p, len))
		return err_set(err, ERR_INPUT,
			_("A folder name cannot have empty parts, dots or control characters"));
	utf7 = convert("UTF-7-IMAP", "UTF-8", p, len);
	if (!utf7)
		return err_set(err, ERR_INPUT, _("This folder name cannot be a directory name"));
	str_addc(name, '.');
	str_adds(name, utf7);
	free(utf7);
	if (name->len > DIR_NAME_MAX)
		return err_set(err, ERR_INPUT, _("The folder name is too long"));
	return 0;
}

/* ".Lists.talaria" for "Lists/talaria"; 0 or -1. */
static int directory_name(struct str *name, const char *folder, struct err *err)
{
	for (const char *p = folder;; p++) {
		size_t len = strcspn(p, "/");

		if (add_component(name, p, len, err) != 0)
			return -1;
		p += len;
		if (*p == '\0')
			return 0;
	}
}

char *maildir_dir(const char *root, const char *folder, struct err *err)
{
	struct str name = STR_INIT;
	char *dir = NULL;

	if (str_icmp(folder, "INBOX") == 0)
		return mem_strdup(root);
	if (directory_name(&name, folder, err) == 0)
		dir = file_join(root, name.p);
	str_done(&name);
	return dir;
}

static int make_dir(const char *dir, const char *sub, struct err *err)
{
	char *path = file_join(dir, sub);
	int rc = file_make_dirs(path, err);

	free(path);
	return rc;
}

/* Marks a Maildir++ folder for delivery agents that look for it (quota is kept in the parent). */
static int make_marker(const char *dir, struct err *err)
{
	char *path = file_join(dir, "maildirfolder");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), rc = 0;

	if (fd < 0)
		rc = err_errno(err, _("Cannot create %s"), path);
	else
		close(fd);
	free(path);
	return rc == 0 ? file_sync_dir(dir, err) : rc;
}

int maildir_create(const char *root, const char *folder, struct err *err)
{
	static const char *const subs[] = {"tmp", "new", "cur"};
	char *dir = maildir_dir(root, folder, err);
	int rc = dir ? 0 : -1;

	/* cur comes last: a folder without it is not taken for one. */
	for (size_t i = 0; rc == 0 && i < MEM_COUNT(subs); i++)
		rc = make_dir(dir, subs[i], err);
	if (rc == 0 && strcmp(dir, root) != 0)
		rc = make_marker(dir, err);
	free(dir);
	return rc;
}

static bool is_dir(const char *dir, const char *sub)
{
	char *path = file_join(dir, sub);
	struct stat st;
	bool yes = stat(path, &st) == 0 && S_ISDIR(st.st_mode);

	free(path);
	return yes;
}

bool maildir_is(const char *dir)
{
	return is_dir(dir, "cur") && is_dir(dir, "new");
}

/* The folder a directory name stands for, or NULL when maildir_dir would not give that name back:
 * two directories must never look like one folder. */
static char *folder_of(const char *entry)
{
	struct str folder = STR_INIT, again = STR_INIT;
	const char *p = entry;
	bool ok = *p == '.';

	while (ok && *p == '.') {
		size_t len = strcspn(++p, ".");
		char *part = convert("UTF-8", "UTF-7-IMAP", p, len);

		ok = len > 0 && part && !strchr(part, '/');
		if (ok && folder.len)
			str_addc(&folder, '/');
		if (ok)
			str_adds(&folder, part);
		free(part);
		p += len;
	}
	ok = ok && str_icmp(str_c(&folder), "INBOX") != 0 &&
	     directory_name(&again, str_c(&folder), NULL) == 0 && strcmp(again.p, entry) == 0;
	str_done(&again);
	if (ok)
		return str_steal(&folder);
	str_done(&folder);
	return NULL;
}

static void list_entry(const char *root, const char *entry, struct strv *folders)
{
	char *path, *folder;

	if (entry[0] != '.' || entry[1] == '\0' || strcmp(entry, "..") == 0)
		return;
	path = file_join(root, entry);
	if (maildir_is(path)) {
		folder = folder_of(entry);
		if (folder)
			strv_take(folders, folder);
		else
			log_line(1, "maildir: a directory name is not modified UTF-7, skipped");
	}
	free(path);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int maildir_list(const char *root, struct strv *folders, struct err *err)
{
	DIR *dir = opendir(root);
	struct strv found = STRV_INIT;
	struct dirent *de;

	if (!dir && errno == ENOENT)
		return err_set(err, ERR_GONE, _("%s does not exist"), root);
	if (!dir)
		return err_errno(err, _("Cannot read %s"), root);
	while ((de = readdir(dir)))
		list_entry(root, de->d_name, &found);
	closedir(dir);
	if (found.n)
		qsort(found.v, found.n, sizeof(*found.v), by_name);
	strv_add(folders, "INBOX");
	for (size_t i = 0; i < found.n; i++)
		strv_add(folders, found.v[i]);
	strv_done(&found);
	return 0;
}
