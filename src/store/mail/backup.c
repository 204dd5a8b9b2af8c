/*
 * What of an account exists only on this machine, in one .tar.gz: local mail, drafts, outbox, what
 * waits for the server, and the ledger of POP3. Written in slices, read back and compared before
 * the file gets its name. To bring it back, unpack it where the account's data is kept.
 */
#include "store/mail/backup.h"

#include "base/file.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/store_priv.h"
#include "store/disk/tarball.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH_MAX = 8 };

enum phase { PHASE_COPY, PHASE_CHECK };

struct backup {
	struct work work;
	struct account *account;
	char *path;
	struct tarball *tarball;
	struct strv files, dirs; /* below the data directory */
	size_t at, mails;
	bool copying; /* one file is not through yet */
	enum phase phase;
};

static void backup_free(struct backup *b)
{
	tarball_free(b->tarball);
	strv_done(&b->files);
	strv_done(&b->dirs);
	free(b->path);
	free(b);
}

/* --- what there is --- */

static bool left_out(const char *name, bool dir)
{
	size_t len = strlen(name);

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return true;
	/* Locks belong to running programs, tmp/ to deliveries that are not complete. */
	return dir ? strcmp(name, "tmp") == 0
		   : (len > 5 && strcmp(name + len - 5, ".lock") == 0) ||
			       (len > 4 && strcmp(name + len - 4, ".tmp") == 0);
}

/* What lies deeper is not of this program: rather no backup than one that leaves out something. */
static int too_deep(const char *name, struct err *err)
{
	return err_set(err, ERR_INPUT,
		_("%s has more than %d folders above it: take it out of the account's data"), name,
		DEPTH_MAX);
}

static int list_dir(
	struct backup *b, const char *root, const char *below, int depth, struct err *err)
{
	char *path = *below ? file_join(root, below) : mem_strdup(root);
	DIR *d = opendir(path);
	struct dirent *de;
	int rc = 0;

	if (!d)
		rc = errno == ENOENT ? 0 : err_errno(err, _("Cannot read %s"), path);
	while (rc == 0 && d && (de = readdir(d))) {
		char *name = *below ? file_join(below, de->d_name) : mem_strdup(de->d_name);
		struct stat st;

		if (fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
			if (errno != ENOENT) /* gone meanwhile */
				rc = err_errno(err, _("Cannot read %s"), name);
			free(name);
			continue;
		}
		if (S_ISDIR(st.st_mode) && strcmp(de->d_name, ".") && strcmp(de->d_name, "..")) {
			strv_add(&b->dirs, name); /* tmp/ too: a Maildir has one */
			if (!left_out(de->d_name, true))
				rc = depth < DEPTH_MAX ? list_dir(b, root, name, depth + 1, err)
						       : too_deep(name, err);
		} else if (S_ISREG(st.st_mode) && !left_out(de->d_name, false)) {
			strv_add(&b->files, name);
		}
		free(name);
	}
	if (d)
		closedir(d);
	free(path);
	return rc;
}

static bool is_mail(const char *name)
{
	return str_starts(name, "mail/") && (strstr(name, "/cur/") || strstr(name, "/new/"));
}

/* --- one file --- */

/* A mail whose flags were changed since it was listed has another name now. */
static int open_renamed(const char *root, const char *name)
{
	const char *slash = strrchr(name, '/'), *colon = slash ? strchr(slash, ':') : NULL;
	size_t dir_len = slash ? (size_t)(slash - name) : 0;
	size_t base_len = colon ? (size_t)(colon - slash - 1) : slash ? strlen(slash + 1) : 0;
	static const char *const subs[] = {"cur", "new"};
	int fd = -1;

	if (!is_mail(name) || dir_len < 3)
		return -1;
	for (size_t i = 0; fd < 0 && i < MEM_COUNT(subs); i++) {
		struct str dir = STR_INIT;
		struct dirent *de;
		DIR *d;

		str_addf(&dir, "%s/%.*s%s", root, (int)(dir_len - 3), name, subs[i]);
		d = opendir(dir.p);
		while (fd < 0 && d && (de = readdir(d)))
			if (strncmp(de->d_name, slash + 1, base_len) == 0 &&
				(de->d_name[base_len] == ':' || !de->d_name[base_len]))
				fd = openat(
					dirfd(d), de->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (d)
			closedir(d);
		str_done(&dir);
	}
	return fd;
}

/* 1: it is gone (deleted meanwhile), which is nothing to complain of. */
static int begin_file(struct backup *b, const char *name, struct err *err)
{
	const char *root = b->account->setup->data_dir;
	char *path = file_join(root, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc;
	bool gone = fd < 0 && errno == ENOENT;
	struct stat st;

	if (gone)
		fd = open_renamed(root, name);
	if (fd < 0 || fstat(fd, &st) != 0) {
		rc = gone && fd < 0 ? 1 : err_errno(err, _("Cannot read %s"), path);
		if (fd >= 0)
			close(fd);
	} else {
		rc = tarball_file(b->tarball, name, fd, (uint64_t)st.st_size, st.st_mtime, err);
		b->copying = rc == 0;
		b->mails += rc == 0 && is_mail(name);
	}
	free(path);
	return rc;
}

static int copy_some(struct backup *b, struct err *err)
{
	int rc;

	if (!b->copying) {
		rc = begin_file(b, b->files.v[b->at], err);
		if (rc == 1)
			b->at++;
		return rc < 0 ? -1 : 0;
	}
	rc = tarball_more(b->tarball, err);
	if (rc == 0) {
		b->copying = false;
		b->at++;
	}
	return rc < 0 ? -1 : 0;
}

/* --- slices --- */

static bool succeed(struct store *s, struct backup *b)
{
	struct str said = STR_INIT;

	str_addf(&said,
		ngettext("%zu message and %zu other files written to %s (%llu kB) and read back",
			"%zu messages and %zu other files written to %s (%llu kB) and read back",
			b->mails),
		b->mails, b->at - b->mails, b->path,
		(unsigned long long)(tarball_size(b->tarball) + 1023) / 1024);
	answer_done(s, b->work.request, said.p);
	str_done(&said);
	backup_free(b);
	return true;
}

/* 1: through. */
static int advance(struct backup *b, struct err *err)
{
	int rc;

	if (b->phase == PHASE_COPY && b->at < b->files.n)
		return copy_some(b, err);
	if (b->phase == PHASE_COPY) {
		b->phase = PHASE_CHECK;
		return tarball_end(b->tarball, err);
	}
	rc = tarball_check(b->tarball, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return tarball_commit(b->tarball, err) == 0 ? 1 : -1;
}

/* What was begun is gone before that is told. */
static void fail(struct store *s, struct backup *b, const struct err *why)
{
	struct store_request *request = b->work.request;

	backup_free(b);
	answer_failed(s, request, why);
}

static bool backup_step(struct store *s, struct work *w)
{
	struct backup *b = (struct backup *)w;
	int64_t end = clock_ms() + WORK_MS;
	struct err err = {0};
	int rc = 0;

	while (rc == 0 && clock_ms() < end)
		rc = advance(b, &err);
	if (rc == 1)
		return succeed(s, b);
	store_progress(s, w, b->at, b->files.n);
	if (rc == 0)
		return false;
	fail(s, b, &err);
	return true;
}

static void backup_drop(struct store *s, struct work *w, const struct err *why)
{
	fail(s, (struct backup *)w, why);
}

/* --- asking --- */

/* A directory gets a file named by account and day. */
static char *backup_path(const struct account *a, const char *given)
{
	char *path = mem_strdup(given);
	struct stat st;
	struct str full = STR_INIT;
	time_t now = (time_t)clock_now();
	struct tm tm;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return path;
	localtime_r(&now, &tm);
	str_addf(&full, "%s/talaria-%s-%04d-%02d-%02d", path, a->setup->settings->name,
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	free(path);
	path = mem_strdup(full.p);
	str_adds(&full, ".tar.gz");
	for (int i = 2; file_exists(full.p) && i < 1000; i++) {
		str_clear(&full);
		str_addf(&full, "%s-%d.tar.gz", path, i);
	}
	free(path);
	return str_steal(&full);
}

static int begin(struct backup *b, struct err *err)
{
	int rc = list_dir(b, b->account->setup->data_dir, "", 0, err);

	if (rc == 0)
		rc = tarball_new(&b->tarball, b->path, err);
	for (size_t i = 0; rc == 0 && i < b->dirs.n; i++)
		rc = tarball_dir(b->tarball, b->dirs.v[i], err);
	return rc;
}

int backup_request(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct backup *b = mem_alloc(sizeof(*b));

	(void)said;
	b->work = (struct work){.request = r, .step = backup_step, .drop = backup_drop};
	b->account = a;
	b->path = backup_path(a, r->file.path);
	if (store_may_write(a->store, b->path, err) == 0 && begin(b, err) == 0) {
		store_work(a->store, &b->work);
		return REQUEST_TAKEN;
	}
	backup_free(b); /* what was begun is gone before that is told */
	return -1;
}
