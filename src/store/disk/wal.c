#include "store/disk/wal.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Header: magic 8, version 4, sequence before the first record 8, user 40, CRC 4.
 * Record: length 4, type 2, flags 2, sequence 8, CRC 4, payload. Flag WAL_MORE: the batch goes on
 * with the next record; a batch counts only when its last record is there, which makes an append
 * all or nothing for readers and after a crash too.
 */
enum {
	WAL_HEADER = 64,
	WAL_VERSION = 1,
	WAL_RECORD = 20,
	WAL_CRC_AT = 16,
	WAL_MORE = 1,
	WAL_MAX_BATCH = 64 << 20,
	WAL_LOCK_MS = 2000,
};

/* A place between two records: what the next one is chained to. */
struct place {
	uint64_t offset;
	uint64_t crc_at; /* where in the file the crc below stands */
	uint64_t sequence;
	uint32_t crc;
};

struct wal {
	char *path, *lock_path;
	int fd, lock_fd; /* lock_fd stays open: opening it costs more than a small append */
	dev_t dev;
	ino_t ino;
	unsigned char magic[8], user[WAL_USER_HEADER];
	struct place first, at, mark;
};

typedef int visit_fn(void *ctx, const struct wal_record *r, bool more);

/* --- writing bytes --- */

static void header_make(unsigned char h[WAL_HEADER], const char magic[8], uint64_t sequence,
	const unsigned char user[WAL_USER_HEADER], struct place *p)
{
	for (int i = 0; i < 8; i++)
		h[i] = (unsigned char)magic[i];
	store32(h + 8, WAL_VERSION);
	store64(h + 12, sequence);
	memcpy(h + 20, user, WAL_USER_HEADER);
	p->crc = hash_crc32c(0, h, 60);
	store32(h + 60, p->crc);
	p->offset = WAL_HEADER;
	p->crc_at = 60;
	p->sequence = sequence;
}

static void record_add(
	struct str *out, struct place *p, uint16_t type, bool more, const void *data, size_t len)
{
	unsigned char h[WAL_RECORD];

	p->sequence++;
	store32(h, (uint32_t)len);
	store16(h + 4, type);
	store16(h + 6, more ? WAL_MORE : 0);
	store64(h + 8, p->sequence);
	p->crc = hash_crc32c(hash_crc32c(p->crc, h, WAL_CRC_AT), data, len);
	store32(h + WAL_CRC_AT, p->crc);
	p->crc_at = p->offset + WAL_CRC_AT;
	p->offset += WAL_RECORD + len;
	bytes_add(out, h, sizeof(h));
	bytes_add(out, data, len);
}

static int write_at(int fd, const char *p, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = ENOSPC;
			return -1;
		}
		p += n;
		len -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

/* --- locking --- */

static int lock_take(struct wal *w, struct err *err)
{
	int fd;

	if (w->lock_fd >= 0 && flock(w->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	fd = file_lock(w->lock_path, WAL_LOCK_MS, err);
	if (fd < 0)
		return -1;
	if (w->lock_fd >= 0)
		close(w->lock_fd);
	w->lock_fd = fd;
	return 0;
}

static void lock_give(struct wal *w)
{
	flock(w->lock_fd, LOCK_UN);
}

/* --- reading bytes --- */

static ssize_t read_at(int fd, void *p, size_t len, uint64_t at)
{
	char *to = p;
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, to + got, len - got, (off_t)(at + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

enum scan { SCAN_WHOLE, SCAN_SHORT, SCAN_BAD };

/* Looks at the record at p; on SCAN_WHOLE *next is the place behind it. */
static enum scan scan_record(const unsigned char *p, size_t len, const struct place *at,
	struct place *next, struct wal_record *r, bool *more)
{
	size_t n;

	if (len < WAL_RECORD)
		return SCAN_SHORT;
	n = load32(p);
	if (n > WAL_MAX_RECORD || load64(p + 8) != at->sequence + 1)
		return SCAN_BAD;
	if (len - WAL_RECORD < n)
		return SCAN_SHORT;
	next->crc = hash_crc32c(hash_crc32c(at->crc, p, WAL_CRC_AT), p + WAL_RECORD, n);
	if (next->crc != load32(p + WAL_CRC_AT))
		return SCAN_BAD;
	next->sequence = at->sequence + 1;
	next->crc_at = at->offset + WAL_CRC_AT;
	next->offset = at->offset + WAL_RECORD + n;
	*more = load16(p + 6) & WAL_MORE;
	*r = (struct wal_record){load16(p + 4), p + WAL_RECORD, n, next->sequence};
	return SCAN_WHOLE;
}

static enum scan scan_batch(
	const unsigned char *p, size_t len, const struct place *at, size_t *used)
{
	struct place here = *at, next;
	struct wal_record r;
	bool more = true;

	while (more) {
		size_t done = (size_t)(here.offset - at->offset);
		enum scan s = scan_record(p + done, len - done, &here, &next, &r, &more);

		if (s != SCAN_WHOLE)
			return s;
		if (next.offset - at->offset > WAL_MAX_BATCH)
			return SCAN_BAD;
		here = next;
	}
	*used = (size_t)(here.offset - at->offset);
	return SCAN_WHOLE;
}

/* Hands out the records of a batch that verified; at follows record by record. */
static int visit_batch(const unsigned char *p, size_t len, struct place *at, uint64_t stop,
	visit_fn *fn, void *ctx)
{
	uint64_t start = at->offset;

	while (at->offset - start < len && at->offset < stop) {
		size_t done = (size_t)(at->offset - start);
		struct place next;
		struct wal_record r;
		bool more;
		int rc;

		if (scan_record(p + done, len - done, at, &next, &r, &more) != SCAN_WHOLE)
			return 0;
		rc = fn ? fn(ctx, &r, more) : 0;
		*at = next;
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Reads batches from *at on, as far as they verify and start before stop. */
static int walk(
	struct wal *w, struct place *at, uint64_t stop, visit_fn *fn, void *ctx, struct err *err)
{
	struct str buf = STR_INIT;
	size_t want = 256 * 1024, have = 0, done = 0, used;
	bool end = false;
	int rc = 0;

	while (rc == 0 && at->offset < stop) {
		const unsigned char *p =
			buf.p ? (const unsigned char *)buf.p : (const unsigned char *)"";
		enum scan s = scan_batch(p + done, have - done, at, &used);

		if (s == SCAN_WHOLE) {
			uint64_t before = at->offset;

			rc = visit_batch(p + done, used, at, stop, fn, ctx);
			done += (size_t)(at->offset - before);
			continue;
		}
		if (s == SCAN_BAD || end)
			break;
		if (have - done > WAL_MAX_BATCH)
			break;
		if (have - done >= want / 2)
			want *= 2;
		if (done) {
			memmove(buf.p, buf.p + done, have - done);
			have -= done;
			done = 0;
		}
		buf.len = have;
		str_room(&buf, want - have);
		ssize_t n = read_at(w->fd, buf.p + have, want - have, at->offset + have);
		if (n < 0) {
			rc = err_errno(err, _("Cannot read %s"), w->path);
			break;
		}
		end = (size_t)n < want - have;
		have += (size_t)n;
	}
	str_done(&buf);
	return rc;
}

/* --- opening --- */

static int header_read(struct wal *w, const char magic[8], struct err *err)
{
	unsigned char h[WAL_HEADER];
	ssize_t n = read_at(w->fd, h, sizeof(h), 0);

	if (n < 0)
		return err_errno(err, _("Cannot read %s"), w->path);
	if (n < WAL_HEADER || memcmp(h, magic, 8) != 0 || load32(h + 8) != WAL_VERSION ||
		load32(h + 60) != hash_crc32c(0, h, 60))
		return err_set(err, ERR_DAMAGED, _("The header of %s is damaged"), w->path);
	memcpy(w->magic, magic, 8);
	memcpy(w->user, h + 20, WAL_USER_HEADER);
	w->first = (struct place){WAL_HEADER, 60, load64(h + 12), load32(h + 60)};
	w->at = w->mark = w->first;
	return 0;
}

static int note_inode(struct wal *w, struct err *err)
{
	struct stat st;

	if (fstat(w->fd, &st) != 0)
		return err_errno(err, _("Cannot read %s"), w->path);
	w->dev = st.st_dev;
	w->ino = st.st_ino;
	return 0;
}

/* path.tmp with the given bytes, fsynced; the fd, or -1. Only the lock holder comes here, so the
 * name may be a fixed one and a left-over is written over. */
static int write_beside(const char *tmp, const char *p, size_t len, struct err *err)
{
	int fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(err, _("Cannot create %s"), tmp);
	if (write_at(fd, p, len, 0) != 0 || fsync(fd) != 0) {
		err_errno(err, _("Cannot write %s"), tmp);
		close(fd);
		unlink(tmp);
		return -1;
	}
	return fd;
}

static int create(struct wal *w, const char magic[8], const unsigned char *user, struct err *err)
{
	struct str tmp = STR_INIT;
	unsigned char h[WAL_HEADER];
	struct place p;
	int fd, rc = 0;

	if (lock_take(w, err) != 0)
		return -1;
	if (file_exists(w->path)) {
		lock_give(w);
		return 0;
	}
	header_make(h, magic, 0, user, &p);
	str_addf(&tmp, "%s.tmp", w->path);
	fd = write_beside(tmp.p, (const char *)h, sizeof(h), err);
	if (fd < 0) {
		rc = -1;
	} else {
		close(fd);
		if (rename(tmp.p, w->path) != 0) {
			rc = err_errno(err, _("Cannot create %s"), w->path);
			unlink(tmp.p);
		} else {
			rc = file_sync_parent(w->path, err);
		}
	}
	lock_give(w);
	str_done(&tmp);
	return rc;
}

static int open_fd(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && (errno == EACCES || errno == EROFS))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd;
}

static int open_or_create(
	struct wal *w, const char magic[8], const unsigned char *user, struct err *err)
{
	w->fd = open_fd(w->path);
	if (w->fd < 0 && errno == ENOENT && !user)
		return err_set(err, ERR_GONE, _("%s does not exist"), w->path);
	if (w->fd < 0 && errno == ENOENT) {
		if (create(w, magic, user, err) != 0)
			return -1;
		w->fd = open_fd(w->path);
	}
	if (w->fd < 0)
		return err_errno(err, _("Cannot open %s"), w->path);
	if (note_inode(w, err) != 0)
		return -1;
	return header_read(w, magic, err);
}

int wal_open(struct wal **out, const char *path, const char *lock_path, const char magic[8],
	const unsigned char user_header[WAL_USER_HEADER], struct err *err)
{
	struct wal *w = mem_alloc(sizeof(*w));

	w->path = mem_strdup(path);
	w->lock_path = mem_strdup(lock_path);
	w->fd = w->lock_fd = -1;
	if (open_or_create(w, magic, user_header, err) != 0) {
		wal_free(w);
		return -1;
	}
	*out = w;
	return 0;
}

void wal_free(struct wal *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	if (w->lock_fd >= 0)
		close(w->lock_fd);
	free(w->path);
	free(w->lock_path);
	free(w);
}

const unsigned char *wal_user_header(const struct wal *w)
{
	return w->user;
}

uint64_t wal_size(const struct wal *w)
{
	return w->at.offset;
}

uint64_t wal_mark(struct wal *w)
{
	w->mark = w->at;
	return w->mark.offset;
}

uint64_t wal_sequence(const struct wal *w)
{
	return w->at.sequence;
}

/* --- following and appending --- */

struct deliver {
	wal_record_fn *fn;
	void *ctx;
};

static int deliver(void *ctx, const struct wal_record *r, bool more)
{
	const struct deliver *d = ctx;

	(void)more;
	return d->fn ? d->fn(d->ctx, r) : 0;
}

/* Whether the path names another file now; *size is that of ours. */
static bool replaced(const struct wal *w, uint64_t *size)
{
	struct stat st;

	if (stat(w->path, &st) != 0 || st.st_dev != w->dev || st.st_ino != w->ino)
		return true;
	*size = (uint64_t)st.st_size;
	return false;
}

/* False where the file no longer holds the last record we read: a writer took a batch back whose
 * fdatasync failed. */
static bool still_ours(const struct wal *w)
{
	unsigned char crc[4];

	return read_at(w->fd, crc, 4, w->at.crc_at) == 4 && load32(crc) == w->at.crc;
}

static int follow(struct wal *w, wal_record_fn *fn, void *ctx, uint64_t *size, struct err *err)
{
	struct deliver d = {fn, ctx};
	int rc;

	if (replaced(w, size))
		return 1;
	if (*size == w->at.offset)
		return 0;
	rc = *size < w->at.offset ? 0 : walk(w, &w->at, UINT64_MAX, deliver, &d, err);
	if (rc == 0 && *size != w->at.offset && !still_ours(w))
		return 1;
	return rc;
}

int wal_read(struct wal *w, wal_record_fn *fn, void *ctx, struct err *err)
{
	uint64_t size;

	return follow(w, fn, ctx, &size, err);
}

/* The bytes of the batch, or -1 when it is larger than anything a reader would take. */
static int batch_make(struct str *out, struct place *p, const struct wal_record *records, size_t n,
	struct err *err)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++) {
		total += WAL_RECORD + records[i].len;
		if (records[i].len > WAL_MAX_RECORD || total > WAL_MAX_BATCH)
			return err_set(err, ERR_INPUT, _("A record for the log is too large"));
	}
	for (size_t i = 0; i < n; i++)
		record_add(out, p, records[i].type, i + 1 < n, records[i].p, records[i].len);
	return 0;
}

/* Undoing is best effort: what stays is a tail that does not verify, or a whole batch that a
 * failing disk kept. */
static int take_back(struct wal *w, struct err *err)
{
	int rc = err_errno(err, _("Cannot write %s"), w->path);

	if (ftruncate(w->fd, (off_t)w->at.offset) != 0)
		return -1;
	return rc;
}

static int append_locked(struct wal *w, const struct wal_record *records, size_t n, bool durable,
	wal_record_fn *fn, void *ctx, struct err *err)
{
	struct str out = STR_INIT;
	struct place p;
	uint64_t size;
	int rc = follow(w, fn, ctx, &size, err);

	if (rc != 0)
		return rc;
	p = w->at;
	rc = batch_make(&out, &p, records, n, err);
	if (rc == 0 && size > w->at.offset && ftruncate(w->fd, (off_t)w->at.offset) != 0)
		rc = err_errno(err, _("Cannot write %s"), w->path);
	if (rc == 0 && (write_at(w->fd, str_c(&out), out.len, w->at.offset) != 0 ||
			       (durable && fdatasync(w->fd) != 0)))
		rc = take_back(w, err);
	if (rc == 0)
		w->at = p;
	str_done(&out);
	return rc;
}

int wal_append(struct wal *w, const struct wal_record *records, size_t n, bool durable,
	wal_record_fn *fn, void *ctx, struct err *err)
{
	int rc;

	if (lock_take(w, err) != 0)
		return -1;
	rc = append_locked(w, records, n, durable, fn, ctx, err);
	lock_give(w);
	return rc;
}

int wal_sync(struct wal *w, struct err *err)
{
	return fdatasync(w->fd) == 0 ? 0 : err_errno(err, _("Cannot write %s"), w->path);
}

/* --- replacing --- */

struct copying {
	struct str *out;
	struct place to;   /* in the new file */
	struct place seen; /* in the new file: behind the last record this handle has read */
	uint64_t offset;   /* in the old file */
	uint64_t read;     /* in the old file: what this handle has read */
};

static int copy_record(void *ctx, const struct wal_record *r, bool more)
{
	struct copying *c = ctx;

	record_add(c->out, &c->to, r->type, more, r->p, r->len);
	c->offset += WAL_RECORD + r->len;
	if (c->offset <= c->read)
		c->seen = c->to;
	return 0;
}

static int rewrite_bytes(struct wal *w, struct copying *c, const unsigned char *user,
	const struct wal_record *records, size_t n, uint64_t from, struct err *err)
{
	struct place old = from == w->at.offset     ? w->at
			   : from == w->mark.offset ? w->mark
						    : w->first;
	unsigned char h[WAL_HEADER];
	char magic[8];

	if (walk(w, &old, from, NULL, NULL, err) != 0)
		return -1;
	if (old.offset != from)
		return err_set(err, ERR_DAMAGED, _("%s does not verify any more"), w->path);
	memcpy(magic, w->magic, 8);
	header_make(h, magic, w->at.sequence, user, &c->to);
	bytes_add(c->out, h, sizeof(h));
	if (batch_make(c->out, &c->to, records, n, err) != 0)
		return -1;
	c->seen = c->to;
	c->offset = from;
	c->read = w->at.offset;
	return walk(w, &old, UINT64_MAX, copy_record, c, err);
}

static void keep(const char *path)
{
	struct str old = STR_INIT;

	str_addf(&old, "%s.old", path);
	unlink(old.p);
	/* Where links are not possible there is no old copy; the new file is complete. */
	if (link(path, old.p) != 0)
		unlink(old.p);
	str_done(&old);
}

static int switch_to(struct wal *w, const struct str *bytes, bool keep_old, struct err *err)
{
	struct str tmp = STR_INIT;
	int fd, rc;

	str_addf(&tmp, "%s.tmp", w->path);
	fd = write_beside(tmp.p, bytes->p, bytes->len, err);
	rc = fd < 0 ? -1 : file_sync_parent(w->path, err);
	if (rc == 0 && keep_old)
		keep(w->path);
	if (rc == 0 && rename(tmp.p, w->path) != 0)
		rc = err_errno(err, _("Cannot replace %s"), w->path);
	if (rc != 0) {
		unlink(tmp.p);
		if (fd >= 0)
			close(fd);
	} else {
		close(w->fd);
		w->fd = fd;
		rc = note_inode(w, err);
		if (file_sync_parent(w->path, err) != 0)
			rc = -1;
	}
	str_done(&tmp);
	return rc;
}

static int rewrite_locked(struct wal *w, const unsigned char *user,
	const struct wal_record *records, size_t n, uint64_t from, bool keep_old, struct err *err)
{
	struct str out = STR_INIT;
	struct copying c = {.out = &out};
	ino_t before = w->ino;
	uint64_t size;
	int rc;

	if (replaced(w, &size) || !still_ours(w))
		return 1;
	rc = rewrite_bytes(w, &c, user, records, n, from, err);
	if (rc == 0)
		rc = switch_to(w, &out, keep_old, err);
	if (w->ino != before) {
		w->first = (struct place){WAL_HEADER, 60, load64((unsigned char *)out.p + 12),
			load32((unsigned char *)out.p + 60)};
		w->at = c.seen;
		w->mark = w->first;
		memcpy(w->user, user, WAL_USER_HEADER);
	}
	str_done(&out);
	return rc;
}

int wal_rewrite(struct wal *w, const unsigned char user_header[WAL_USER_HEADER],
	const struct wal_record *records, size_t n, uint64_t from, bool keep_old, struct err *err)
{
	int rc;

	if (lock_take(w, err) != 0)
		return -1;
	rc = rewrite_locked(w, user_header, records, n, from, keep_old, err);
	lock_give(w);
	return rc;
}
