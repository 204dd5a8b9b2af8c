#include "store/disk/bodies.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TRAILER = 30,         /* "TB1 " 16 digits, space, 8 digits, LF */
	BODY_MAX = 1 << 30,   /* larger bodies are never kept */
	TOUCH_SECONDS = 60,   /* finer ages do not matter for what is evicted */
	TMP_SECONDS = 10 * 60 /* younger ones another copy may be writing */
};

struct bodies {
	char *dir;
	uint64_t max_bytes;
};

int bodies_open(struct bodies **out, const char *dir, uint64_t max_bytes, struct err *err)
{
	if (file_make_dirs(dir, err) != 0)
		return -1;
	*out = mem_alloc(sizeof(**out));
	(*out)->dir = mem_strdup(dir);
	(*out)->max_bytes = max_bytes;
	return 0;
}

void bodies_free(struct bodies *b)
{
	if (!b)
		return;
	free(b->dir);
	free(b);
}

/* ---- names ---- */

static bool piece_ok(const char *piece)
{
	static const char chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.";
	size_t len = strlen(piece);

	return len > 0 && len <= 100 && piece[0] != '.' && strspn(piece, chars) == len &&
	       strcmp(piece, "tmp") != 0;
}

/* NULL: the piece's name is not allowed. */
static char *piece_path(const struct bodies *b, const struct bodies_key *key, const char *piece)
{
	struct str path = STR_INIT;
	char *dir;

	if (!piece_ok(piece))
		return NULL;
	dir = cache_dir_for(b->dir, key->folder);
	str_addf(&path, "%s/%lu.%lu.%s", dir, (unsigned long)key->uidvalidity,
		(unsigned long)key->uid, piece);
	free(dir);
	return str_steal(&path);
}

static int not_here(struct err *err)
{
	return err_set(err, ERR_GONE, _("This part of the message has not been fetched yet"));
}

/* ---- one file ---- */

static void trailer_make(char out[TRAILER + 1], const char *p, size_t len)
{
	snprintf(out, TRAILER + 1, "TB1 %016llx %08lx\n", (unsigned long long)len,
		(unsigned long)hash_crc32c(0, p, len));
}

bool bodies_verify(const char *p, size_t len, size_t *body)
{
	char want[TRAILER + 1];

	if (len < TRAILER)
		return false;
	*body = len - TRAILER;
	trailer_make(want, p, *body);
	return memcmp(want, p + *body, TRAILER) == 0;
}

static int write_tmp(const char *path, const char *p, size_t len, struct err *err)
{
	char trailer[TRAILER + 1];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), rc;

	if (fd < 0)
		return err_errno(err, _("Cannot create %s"), path);
	trailer_make(trailer, p, len);
	rc = file_write_all(fd, path, p, len, err);
	if (rc == 0)
		rc = file_write_all(fd, path, trailer, TRAILER, err);
	if (close(fd) != 0 && rc == 0)
		rc = err_errno(err, _("Cannot write %s"), path);
	if (rc != 0)
		unlink(path);
	return rc;
}

static int make_folder(const struct bodies *b, const char *folder, struct err *err)
{
	char *dir = cache_dir_for(b->dir, folder);
	int rc = 0;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		rc = file_make_dirs(dir, err);
	free(dir);
	return rc;
}

static int put_file(const char *path, const char *p, size_t len, struct err *err)
{
	struct str tmp = STR_INIT;
	char token[9];
	int rc;

	hash_random_token(token, sizeof(token) - 1);
	str_addf(&tmp, "%s.%s.tmp", path, token);
	rc = write_tmp(tmp.p, p, len, err);
	if (rc == 0 && rename(tmp.p, path) != 0) {
		rc = err_errno(err, _("Cannot create %s"), path);
		unlink(tmp.p);
	}
	str_done(&tmp);
	return rc;
}

int bodies_put(struct bodies *b, const struct bodies_key *key, const char *piece, const char *p,
	size_t len, struct err *err)
{
	char *path = piece_path(b, key, piece);
	int rc;

	if (!path || len > BODY_MAX) {
		free(path);
		return err_set(err, ERR_INPUT, _("This part of the message cannot be kept"));
	}
	rc = make_folder(b, key->folder, err);
	if (rc == 0)
		rc = put_file(path, p, len, err);
	free(path);
	return rc;
}

/* The access time, for bodies_evict: file systems keep none of their own that can be relied on. */
static void touch(int fd, const struct stat *st)
{
	time_t now = clock_now();

	if (now - st->st_mtime > TOUCH_SECONDS || st->st_mtime > now)
		futimens(fd, NULL);
}

static int read_all(int fd, size_t size, struct str *out)
{
	size_t start = out->len;

	str_room(out, size);
	while (out->len - start < size) {
		ssize_t n = read(fd, out->p + out->len, size - (out->len - start));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		out->len += (size_t)n;
	}
	return 0;
}

static int get_fd(int fd, const char *path, struct str *out, struct err *err)
{
	size_t start = out->len, body = 0;
	struct stat st;
	int rc = 0;

	if (fstat(fd, &st) != 0)
		return err_errno(err, _("Cannot read %s"), path);
	if (S_ISREG(st.st_mode) && st.st_size <= (off_t)BODY_MAX + TRAILER) {
		rc = read_all(fd, (size_t)st.st_size, out);
		if (rc < 0) {
			rc = err_errno(err, _("Cannot read %s"), path);
			str_cut(out, start);
			return rc;
		}
	}
	if (out->len == start || !bodies_verify(out->p + start, out->len - start, &body)) {
		str_cut(out, start);
		unlink(path);
		return err_set(err, ERR_DAMAGED,
			_("The copy of this message was damaged and is fetched again"));
	}
	str_cut(out, start + body);
	touch(fd, &st);
	return 0;
}

int bodies_get(struct bodies *b, const struct bodies_key *key, const char *piece, struct str *out,
	struct err *err)
{
	char *path = piece_path(b, key, piece);
	int fd = -1, rc;

	if (path)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		rc = !path || errno == ENOENT ? not_here(err)
					      : err_errno(err, _("Cannot open %s"), path);
	else
		rc = get_fd(fd, path, out, err);
	if (fd >= 0)
		close(fd);
	free(path);
	return rc;
}

bool bodies_has(struct bodies *b, const struct bodies_key *key, const char *piece)
{
	char *path = piece_path(b, key, piece);
	bool has = path && file_exists(path);

	free(path);
	return has;
}

/* "UIDVALIDITY.UID.PIECE" */
static bool is_of(const char *name, uint32_t uidvalidity, const uint32_t *uids, size_t n)
{
	unsigned long validity, uid;
	char *end;

	validity = strtoul(name, &end, 10);
	if (*end != '.' || validity != uidvalidity)
		return false;
	uid = strtoul(end + 1, &end, 10);
	return *end == '.' && uid <= UINT32_MAX && uids_find(uids, n, (uint32_t)uid) >= 0;
}

void bodies_remove(
	struct bodies *b, const char *folder, uint32_t uidvalidity, const uint32_t *uids, size_t n)
{
	char *dir = cache_dir_for(b->dir, folder);
	DIR *d = opendir(dir);
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (is_of(de->d_name, uidvalidity, uids, n))
			unlinkat(dirfd(d), de->d_name, 0);
	if (d)
		closedir(d);
	free(dir);
}

/* ---- eviction ---- */

struct body_file {
	char *path; /* owned */
	uint64_t size;
	struct timespec used;
};

struct inventory {
	struct body_file *v;
	size_t n, cap;
	uint64_t total;
};

static bool is_tmp(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".tmp") == 0;
}

static void take_stock_of_file(struct inventory *inv, int at, const char *dir, const char *name)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return;
	if (is_tmp(name)) {
		if (clock_now() - st.st_mtime > TMP_SECONDS)
			unlinkat(at, name, 0);
		return;
	}
	inv->v = mem_grow(inv->v, &inv->cap, inv->n + 1, sizeof(*inv->v));
	/* Blocks, not bytes: a thousand small pieces fill more of the disk than their lengths. */
	inv->v[inv->n++] = (struct body_file){.path = file_join(dir, name),
		.size = (uint64_t)st.st_blocks * 512,
		.used = st.st_mtim};
	inv->total += (uint64_t)st.st_blocks * 512;
}

static void take_stock_of_dir(struct inventory *inv, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.')
			take_stock_of_file(inv, dirfd(d), dir, de->d_name);
	if (d)
		closedir(d);
}

static void each_folder(const char *root, void (*fn)(void *ctx, const char *dir), void *ctx)
{
	DIR *d = opendir(root);
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (strlen(de->d_name) == (size_t)2 * HASH_SHA256_SIZE) {
			char *dir = file_join(root, de->d_name);

			fn(ctx, dir);
			free(dir);
		}
	if (d)
		closedir(d);
}

static void stock_folder(void *ctx, const char *dir)
{
	take_stock_of_dir(ctx, dir);
}

/* Only an empty one goes. */
static void drop_empty(void *ctx, const char *dir)
{
	(void)ctx;
	rmdir(dir);
}

static int by_age(const void *a, const void *b)
{
	const struct timespec *x = &((const struct body_file *)a)->used;
	const struct timespec *y = &((const struct body_file *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

void bodies_evict(struct bodies *b)
{
	struct inventory inv = {0};
	size_t gone = 0;

	each_folder(b->dir, stock_folder, &inv);
	if (inv.total > b->max_bytes && inv.n) {
		qsort(inv.v, inv.n, sizeof(*inv.v), by_age);
		for (; gone < inv.n && inv.total > b->max_bytes; gone++) {
			unlink(inv.v[gone].path);
			inv.total -= inv.v[gone].size;
		}
		log_line(2, "bodies: removed %zu files to stay within the limit", gone);
		each_folder(b->dir, drop_empty, NULL);
	}
	for (size_t i = 0; i < inv.n; i++)
		free(inv.v[i].path);
	free(inv.v);
}

/* ---- folders ---- */

void bodies_forget(struct bodies *b, const char *folder)
{
	char *dir = cache_dir_for(b->dir, folder);

	file_remove_tree(dir, NULL); /* else bodies_evict gets to it */
	free(dir);
}

void bodies_rename(struct bodies *b, const char *from, const char *to)
{
	char *dir = cache_dir_for(b->dir, from), *to_dir = cache_dir_for(b->dir, to);

	/* What is there of another folder that had the name before is not this one's. */
	file_remove_tree(to_dir, NULL);
	rename(dir, to_dir);
	free(dir);
	free(to_dir);
}
