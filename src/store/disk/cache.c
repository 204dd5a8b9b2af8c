#include "store/disk/cache.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/bytes.h"
#include "store/disk/cache_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/*
 * The directory of a folder:
 *   lock              flock for every append and every switch of generations; never renamed
 *   compact.lock      flock for the one compaction at a time
 *   rows.lock         flock for who makes rows of what it finds in a folder of this machine
 *   headers.wal       the log; its header names the base: generation, size, checksum of its meta
 *   base-<gen>.gdbm   write-once; records in cache_priv.h
 *   base.bad, headers.bad   the last damaged pair, for people who look for the reason
 *
 * Compaction: the state up to a place X in the log is built into base.tmp, fsynced and renamed to
 * the next generation; then, under the lock, a new log with what came after X replaces the old one
 * by rename, the only commit point; then the old base is unlinked. A reader that holds it open goes
 * on until it sees the log replaced.
 */

/* --- opening --- */

static void note_found(void *ctx, uint32_t first, uint32_t last)
{
	struct cache *c = ctx;

	c->found.v = mem_grow(c->found.v, &c->found.cap, c->found.n + 1, sizeof(*c->found.v));
	c->found.v[c->found.n][0] = first;
	c->found.v[c->found.n++][1] = last;
}

static int open_log(struct cache *c, bool create, struct err *err)
{
	unsigned char user[WAL_USER_HEADER];
	struct log_header fresh = {0};
	char *path = cache_file(c->dir, "headers.wal"), *lock = cache_file(c->dir, "lock");
	int rc;

	hash_random(fresh.key, sizeof(fresh.key));
	fresh.folder = cache_folder_hash(fresh.key, c->folder);
	log_header_encode(user, &fresh);
	rc = wal_open(&c->wal, path, lock, log_magic, create ? user : NULL, err);
	if (rc == 0) {
		log_header_decode(&c->header, wal_user_header(c->wal));
		if (c->header.folder != cache_folder_hash(c->header.key, c->folder))
			rc = err_set(err, ERR_DAMAGED, _("%s belongs to another folder"), path);
	}
	free(path);
	free(lock);
	return rc;
}

/* What the log's header names; ERR_GONE: another generation came between. */
static int load_base(struct cache *c, struct err *err)
{
	if (!c->header.base_size)
		return 0;
	if (base_open(&c->base, c->dir, &c->header, c->folder, err) != 0)
		return -1;
	c->meta = base_meta(c->base)->meta;
	c->old = base_meta(c->base)->n && base_meta(c->base)->minor < META_RECIPIENTS;
	base_load(c->base, &c->columns, &c->keysets, note_found, c);
	index_keysets_known(c);
	return 0;
}

static int load_log(struct cache *c, struct err *err)
{
	int rc = wal_read(c->wal, index_replay, c, err);

	if (rc == 0 && c->old && !index_damage_logged(c, 1, UINT32_MAX))
		index_damage(c, 1, UINT32_MAX);
	/* damage the log does not know yet is younger than all it says */
	for (size_t i = 0; rc == 0 && c->base && i < c->found.n; i++)
		if (!index_damage_logged(c, c->found.v[i][0], c->found.v[i][1]))
			index_damage(c, c->found.v[i][0], c->found.v[i][1]);
	return rc;
}

static struct cache *cache_new(const char *dir, const char *folder)
{
	struct cache *c = mem_alloc(sizeof(*c));

	c->dir = mem_strdup(dir);
	c->folder = mem_strdup(folder);
	index_start(c);
	return c;
}

/* 0, -1, or 1: another generation came between, start again. */
static int load_once(struct cache *c, bool create, struct err *err)
{
	struct err why = {0};

	if (open_log(c, create, err) != 0)
		return -1;
	if (load_base(c, &why) == 0)
		return load_log(c, err);
	if (why.kind == ERR_GONE)
		return 1;
	if (err)
		*err = why;
	return -1;
}

int cache_load(
	struct cache **out, const char *dir, const char *folder, bool create, struct err *err)
{
	for (int tries = 0; tries < 5; tries++) {
		struct cache *c = cache_new(dir, folder);
		int rc = load_once(c, create, err);

		if (rc == 0) {
			/* nobody knew the messages as they were before */
			MEM_FREE(c->relinked);
			c->n_relinked = c->cap_relinked = 0;
			*out = c;
			return 0;
		}
		cache_free(c);
		if (rc < 0)
			return -1;
	}
	return err_set(err, ERR_DAMAGED, _("The base of the header cache %s is missing"), dir);
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	index_done(c);
	for (int i = 0; i < 2; i++)
		filter_done(&c->filters[i]);
	base_free(c->base);
	wal_free(c->wal);
	free(c->dir);
	free(c->folder);
	free(c);
}

static bool is_base(const char *name)
{
	size_t len = strlen(name);

	return str_starts(name, "base-") && len > 10 && strcmp(name + len - 5, ".gdbm") == 0;
}

/* Calls fn with the path of each base in dir. */
static void each_base(const char *dir, void (*fn)(const char *path, void *ctx), void *ctx)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char *path;

		if (!is_base(e->d_name))
			continue;
		path = cache_file(dir, e->d_name);
		fn(path, ctx);
		free(path);
	}
	if (d)
		closedir(d);
}

static void move_aside(const char *path, void *ctx)
{
	rename(path, ctx);
}

int cache_lock_rows(const struct cache *c, int wait_ms, struct err *err)
{
	char *path = cache_file(c->dir, "rows.lock");
	int fd = file_lock(path, wait_ms, err);

	free(path);
	return fd;
}

/* Only the lock holder may, and only after a second look: another copy may have been quicker. The
 * log goes first: without it the base means nothing. */
static int set_aside(const char *dir, const char *folder, struct err *err)
{
	char *lock = cache_file(dir, "lock"), *log = cache_file(dir, "headers.wal");
	char *bad_log = cache_file(dir, "headers.bad"), *bad = cache_file(dir, "base.bad");
	struct cache *again = NULL;
	struct err why = {0};
	int fd = file_lock(lock, 2000, err), rc = fd < 0 ? -1 : 0;

	if (rc == 0 && cache_load(&again, dir, folder, false, &why) != 0 &&
		why.kind == ERR_DAMAGED) {
		if (rename(log, bad_log) != 0 && errno != ENOENT)
			rc = err_errno(err, _("Cannot move %s"), log);
		else
			each_base(dir, move_aside, bad);
	}
	cache_free(again);
	if (fd >= 0)
		close(fd);
	free(lock);
	free(log);
	free(bad_log);
	free(bad);
	return rc;
}

/* Rows of an older program are shown as they are, and fetched or read again like those of a damaged
 * page. */
static void log_old(struct cache *c)
{
	if (c->old && !index_damage_logged(c, 1, UINT32_MAX))
		cache_log_damage(c, 1, UINT32_MAX);
}

static void log_found(struct cache *c)
{
	log_old(c);
	for (size_t i = 0; c->base && i < c->found.n; i++)
		if (!index_damage_logged(c, c->found.v[i][0], c->found.v[i][1]))
			cache_log_damage(c, c->found.v[i][0], c->found.v[i][1]);
}

int cache_open(struct cache **out, const char *dir, const char *folder_name,
	struct cache_opened *opened, struct err *err)
{
	char *log = cache_file(dir, "headers.wal");
	struct cache_opened seen = {0};
	struct err why = {0};
	int rc = file_make_dirs(dir, err);

	if (rc != 0) {
		free(log);
		return rc;
	}
	seen.created = !file_exists(log);
	rc = cache_load(out, dir, folder_name, true, &why);
	if (rc != 0 && why.kind == ERR_DAMAGED) {
		rc = set_aside(dir, folder_name, &why);
		if (rc == 0)
			rc = cache_load(out, dir, folder_name, true, &why);
		seen.rebuilt = rc == 0;
	}
	if (rc == 0) {
		(*out)->read_only = access(log, W_OK) != 0;
		seen.read_only = (*out)->read_only;
		log_found(*out);
	} else if (err) {
		*err = why;
	}
	if (opened)
		*opened = seen;
	free(log);
	return rc;
}

int cache_open_readonly(
	struct cache **out, const char *dir, const char *folder_name, struct err *err)
{
	int rc = cache_load(out, dir, folder_name, false, err);

	if (rc == 0)
		(*out)->read_only = true;
	return rc;
}

static void become(struct cache *c, struct cache *next)
{
	struct cache old = *c;

	index_keysets_stay(next, c);
	*c = *next;
	*next = old;
	c->read_only = old.read_only;
	c->news = old.news;
	c->ahead = old.ahead; /* what is missing now must be asked for again */
	c->successor = old.successor;
	c->successor_ctx = old.successor_ctx;
	c->failed = old.failed;
	c->failed_ctx = old.failed_ctx;
	/* what nobody has asked for yet */
	c->relinked = mem_grow(c->relinked, &c->cap_relinked, c->n_relinked + old.n_relinked + 1,
		sizeof(*c->relinked));
	for (size_t i = 0; i < old.n_relinked; i++)
		c->relinked[c->n_relinked++] = old.relinked[i];
}

int cache_reload(struct cache *c, struct err *err)
{
	struct cache *fresh = c->successor ? c->successor(c->successor_ctx) : NULL;

	if (fresh && cache_adopt(c, fresh, NULL) == 0) {
		cache_free(fresh);
		return 0;
	}
	cache_free(fresh);
	if (cache_load(&fresh, c->dir, c->folder, !c->read_only, err) != 0)
		return -1;
	become(c, fresh);
	c->news++;
	cache_free(fresh);
	return 0;
}

/* It is of use when its log is still the log. */
int cache_adopt(struct cache *c, struct cache *next, struct err *err)
{
	uint64_t before = cache_version(c);
	int rc = wal_read(next->wal, index_replay, next, err);

	if (rc == 0) {
		become(c, next);
		c->news += cache_version(c) != before;
	}
	return rc;
}

void cache_on_replaced(struct cache *c, struct cache *(*fn)(void *ctx), void *ctx)
{
	c->successor = fn;
	c->successor_ctx = ctx;
}

void cache_on_failure(struct cache *c, void (*fn)(void *ctx, const struct err *err), void *ctx)
{
	c->failed = fn;
	c->failed_ctx = ctx;
	index_tell_keywords(c);
}

/* --- reading --- */

const struct cache_meta *cache_meta(const struct cache *c)
{
	return &c->meta;
}

size_t cache_count(const struct cache *c)
{
	return index_count(c);
}

uint64_t cache_news(const struct cache *c)
{
	return c->news;
}

uint64_t cache_version(const struct cache *c)
{
	return wal_sequence(c->wal);
}

uint32_t cache_max_uid(const struct cache *c)
{
	uint32_t max = 0;

	for (size_t i = c->columns.n; i > 0 && !max; i--)
		if (!(c->columns.flags[i - 1] & ROW_DEAD))
			max = c->columns.uid[i - 1];
	/* rows out of order are below the last one in order, but that may be dead */
	for (size_t i = 0; c->dead && i < c->fresh.n; i++)
		if (!(c->fresh.flags[i] & ROW_DEAD) && c->fresh.uid[i] > max)
			max = c->fresh.uid[i];
	return max;
}

const struct columns *cache_columns_view(struct cache *c)
{
	index_settle(c);
	return &c->columns;
}

void cache_columns(struct cache *c, struct columns *out)
{
	const struct columns *in = cache_columns_view(c);

	*out = (struct columns){0};
	if (!in->n)
		return;
	columns_resize(out, in->n);
	memcpy(out->uid, in->uid, in->n * sizeof(*in->uid));
	memcpy(out->flags, in->flags, in->n * sizeof(*in->flags));
	memcpy(out->received, in->received, in->n * sizeof(*in->received));
	memcpy(out->sent, in->sent, in->n * sizeof(*in->sent));
	memcpy(out->size, in->size, in->n * sizeof(*in->size));
	memcpy(out->parent, in->parent, in->n * sizeof(*in->parent));
	memcpy(out->keyset, in->keyset, in->n * sizeof(*in->keyset));
}

bool cache_row(struct cache *c, uint32_t uid, struct columns *to, size_t at)
{
	size_t row;
	const struct columns *in = index_find(c, uid, &row);

	if (in)
		columns_copy_row(to, at, in, row);
	return in != NULL;
}

const char *cache_keyset(const struct cache *c, uint16_t keyset)
{
	return keyset < c->keysets.n ? c->keysets.v[keyset] : "";
}

bool cache_has(struct cache *c, uint32_t uid)
{
	size_t row;

	return index_find(c, uid, &row) != NULL;
}

int cache_get(struct cache *c, uint32_t uid, struct summary *out)
{
	size_t row;
	const struct columns *in = index_find(c, uid, &row);
	uint32_t range[2] = {uid, uid};
	int rc = -1;

	*out = (struct summary){.keywords = "",
		.from_name = "",
		.from_mail = "",
		.to = "",
		.cc = "",
		.subject = "",
		.message_id = "",
		.references = "",
		.file = ""};
	if (!in)
		return -1;
	if (index_strings(c, uid, out, range) == 1)
		rc = 0;
	else if (!index_damage_known(c, uid))
		cache_log_damage(c, range[0], range[1]);
	/* logging may have reread everything */
	in = index_find(c, uid, &row);
	if (!in)
		return -1;
	out->uid = uid;
	out->flags = in->flags[row];
	out->received = in->received[row];
	out->sent = in->sent[row];
	out->size = in->size[row];
	out->keywords = cache_keyset(c, in->keyset[row]);
	return rc;
}

size_t cache_damaged(const struct cache *c, uint32_t (*ranges)[2], size_t max)
{
	size_t n = c->damaged.n < max ? c->damaged.n : max;

	for (size_t i = 0; i < n; i++) {
		ranges[i][0] = c->damaged.v[i][0];
		ranges[i][1] = c->damaged.v[i][1];
	}
	return n;
}

/* --- compaction --- */

/*
 * Each rewrite costs the whole base, each byte of log costs time at every start and memory. While a
 * folder is filled for the first time the log may grow to half the base, so that all rewrites
 * together stay a small multiple of what is written in the end; then it goes back to little.
 */
bool cache_wants_compact(const struct cache *c)
{
	const uint64_t mib = 1024 * 1024;
	uint64_t limit = c->header.base_size / (c->meta.complete ? 16 : 2);
	uint64_t least = c->meta.complete ? mib / 4 : mib,
		 most = c->meta.complete ? 8 * mib : 32 * mib;

	if (limit < least)
		limit = least;
	if (limit > most)
		limit = most;
	/* a base of an older program is brought up to date once */
	if (c->base && base_meta(c->base)->minor < META_MINOR)
		return true;
	return wal_size(c->wal) > limit;
}

static int enough_room(const struct cache *c, struct err *err)
{
	uint64_t need = c->header.base_size + wal_size(c->wal);
	struct statvfs fs;

	if (statvfs(c->dir, &fs) != 0)
		return 0;
	need += need / 5;
	if (fs.f_bavail * (uint64_t)fs.f_frsize >= need)
		return 0;
	return err_set(err, ERR_FULL, _("Not enough room to rewrite the header cache %s"), c->dir);
}

static void unlink_other(const char *path, void *ctx)
{
	if (strcmp(path, ctx) != 0)
		unlink(path);
}

/* Ranges still to be fetched again go over into the new log, with what came since `from`. */
static int switch_log(struct cache *c, const struct log_header *h, uint64_t from, struct err *err)
{
	struct wal_record *records = mem_array(c->damaged.n, sizeof(*records));
	unsigned char user[WAL_USER_HEADER];
	struct str bytes = STR_INIT;
	int rc;

	for (size_t i = 0; i < c->damaged.n; i++) {
		bytes_add32(&bytes, c->damaged.v[i][0]);
		bytes_add32(&bytes, c->damaged.v[i][1]);
	}
	for (size_t i = 0; i < c->damaged.n; i++)
		records[i] = (struct wal_record){LOG_DAMAGED, bytes.p + 8 * i, 8, 0};
	log_header_encode(user, h);
	rc = wal_rewrite(c->wal, user, records, c->damaged.n, from, false, err);
	free(records);
	str_done(&bytes);
	return rc;
}

/* The rows as they will be read from the new base, with the damage that goes over; NULL: cannot be
 * read back. The old rows go first, to have them only once. */
static struct cache *next_cache(struct cache *c, const struct log_header *h)
{
	struct cache *next = cache_new(c->dir, c->folder);

	index_forget_rows(c);
	for (size_t i = 0; i < c->n_relinked; i++)
		index_relinked(next, c->relinked[i]);
	next->header = *h;
	if (load_base(next, NULL) != 0) {
		cache_free(next);
		return NULL;
	}
	base_take_filters(next->base, c->filters);
	for (size_t i = 0; i < c->damaged.n; i++)
		index_damage_by_log(next, c->damaged.v[i][0], c->damaged.v[i][1]);
	return next;
}

static int switch_to_next(
	struct cache *c, const struct log_header *h, uint64_t from, struct err *err)
{
	struct log_header now;
	char *path = base_path(c->dir, h->gen);
	int rc = switch_log(c, h, from, err);

	log_header_decode(&now, wal_user_header(c->wal));
	if (rc == 0)
		each_base(c->dir, unlink_other, path);
	else if (now.gen != h->gen)
		unlink(path); /* after the rename it is needed, whatever failed then */
	free(path);
	if (rc == 1)
		return err_set(err, ERR_BUSY, _("Another running copy changed %s"), c->dir);
	return rc;
}

/*
 * What is appended while the base is built is read into the next cache before the switch and again
 * after it, so that whoever waits for it then waits for little.
 */
static int compact(struct cache *c, struct cache **next, struct err *err)
{
	uint64_t from = wal_mark(c->wal);
	struct log_header h = c->header;

	if (enough_room(c, err) != 0 || build_base(c, c->header.gen + 1, &h, err) != 0)
		return -1;
	if (next)
		*next = next_cache(c, &h);
	if (next && *next && wal_read(c->wal, index_replay, *next, NULL) == 0)
		link_prepare(*next);
	if (switch_to_next(c, &h, from, err) != 0)
		return -1;
	if (!next || !*next)
		return 0;
	(*next)->wal = c->wal;
	c->wal = NULL;
	if (load_log(*next, NULL) != 0) {
		cache_free(*next);
		*next = NULL;
	}
	return 0;
}

int cache_compact_aside(const char *dir, const char *folder_name, const atomic_bool *stop,
	struct cache **next, struct err *err)
{
	char *path = cache_file(dir, "compact.lock");
	int lock = file_lock(path, 0, err), rc = -1;
	struct cache *c = NULL;

	free(path);
	if (lock < 0)
		return -1;
	if (next)
		*next = NULL;
	if (cache_load(&c, dir, folder_name, false, err) == 0) {
		c->stop = stop;
		rc = compact(c, next, err);
	}
	if (rc != 0 && next) {
		cache_free(*next);
		*next = NULL;
	}
	cache_free(c);
	close(lock);
	return rc;
}

int cache_compact(const char *dir, const char *folder_name, struct err *err)
{
	return cache_compact_aside(dir, folder_name, NULL, NULL, err);
}

char *cache_dir_for(const char *base_dir, const char *folder_name)
{
	struct hash_piece pieces[] = {{"folder", 6}, {folder_name, strlen(folder_name)}};
	unsigned char sum[HASH_SHA256_SIZE];
	char hex[2 * HASH_SHA256_SIZE + 1];

	hash_sha256_pieces(sum, pieces, MEM_COUNT(pieces));
	hash_hex(hex, sum, sizeof(sum));
	return file_join(base_dir, hex);
}
