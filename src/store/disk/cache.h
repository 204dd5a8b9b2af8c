/*
 * cache - the header cache of one folder: a write-once, paged GDBM base and a small log of changes
 * since.
 *
 * Owns:    the directory it was opened on. Everything in it can be rebuilt and deleted at any time.
 * Threads: disk thread only, but cache_compact and cache_compact_aside, which work like another
 * process and may run on any one thread. Errors:  ERR_FULL, ERR_BUSY (read-only then: another copy
 * holds the lock for long), ERR_SYSTEM. A damaged base is moved aside to base.bad and an empty
 * cache is opened (*rebuilt says so); damage in one page costs that page (cache_damaged).
 *
 * Why not GDBM in place: kill -9 while writing damages GDBM files, a power cut most of them, and
 * gdbm_recover loses records in silence. So the base file is built aside, fsynced and renamed,
 * never changed; the log's rename is the only commit point. Files, records and protocol: the
 * comment in cache.c. Only gdbmf.c includes gdbm.h; only integers made here are keys.
 */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include "base/err.h"
#include "base/str.h"
#include "mime/summary.h"
#include "store/disk/meta.h"

#include <stdatomic.h>

struct cache;

struct cache_opened {
	bool created; /* there was nothing before */
	bool rebuilt; /* it was damaged and starts empty: tell the user once, synchronise anew */
	bool read_only;
};

/* dir is made when missing. folder_name is stored and compared: another name in that directory
 * counts as damage. */
int cache_open(struct cache **out, const char *dir, const char *folder_name,
	struct cache_opened *opened, struct err *err);
/* Like cache_open, but never writes, never creates (ERR_GONE) and moves nothing aside. */
int cache_open_readonly(
	struct cache **out, const char *dir, const char *folder_name, struct err *err);
void cache_free(struct cache *c); /* NULL is fine; does not compact */

const struct cache_meta *cache_meta(const struct cache *c);
size_t cache_count(const struct cache *c);
uint32_t cache_max_uid(const struct cache *c);
/* Another number after each change of the content; never the same for two. */
uint64_t cache_version(const struct cache *c);

/* A copy of the columns, by ascending UID; the caller frees with columns_done. */
void cache_columns(struct cache *c, struct columns *out);
const struct columns *cache_columns_view(
	struct cache *c); /* borrowed, valid until the next change */
/* Copies the row of uid to place at of *to, which has it; false: it is not there. Cheap while many
 * are added. */
bool cache_row(struct cache *c, uint32_t uid, struct columns *to, size_t at);
const char *cache_keyset(const struct cache *c, uint16_t keyset); /* keywords, space separated */

/* Fills *out with strings that stay valid until the next call on c. -1: no such UID, or its page is
 * damaged (empty fields). */
int cache_get(struct cache *c, uint32_t uid, struct summary *out);
bool cache_has(struct cache *c, uint32_t uid);
/*
 * Walks the messages from uid on, ascending; cheaper than cache_get for each. Nothing may be
 * changed before the last cache_walk_next of a walk. What cannot be read has empty strings.
 */
struct cache_walk {
	struct cache *cache;
	size_t row;
	/* Where the strings of the last one are, for a caller that remembers what it found out
	 * about one: paged: in heap, equal ones once, until number changes (it starts with 1). */
	bool paged;
	const char *heap;
	size_t heap_size;
	uint64_t number;
	const void *page; /* the rest is the walk's own */
	uint32_t last, at;
};
void cache_walk_start(struct cache_walk *w, struct cache *c, uint32_t uid);
bool cache_walk_next(struct cache_walk *w, struct summary *out); /* false at the end */
/* Behind a message that is paged: leaves out those with their strings in the same heap of which
 * none is marked, by its place there, and ends at the latest before one that is elsewhere. The UID
 * of the last one that is behind it now. */
uint32_t cache_walk_pass(struct cache_walk *w, const uint8_t *marks, uint8_t mark);
/* UID of a message by Message-ID (without < >), or 0. */
uint32_t cache_find_message_id(struct cache *c, const char *message_id);
/* UIDs of the messages with this identity (more than one where a mail arrived twice); returns how
 * many, at most max. */
size_t cache_find_identity(
	struct cache *c, const unsigned char identity[16], uint32_t *uids, size_t max);

/* UIDs of messages that waited for a parent and got one since the last call, as their parents came
 * after them, or another one, by their subject; in any order. The array is the caller's; returns
 * how many. */
size_t cache_take_links(struct cache *c, uint32_t **uids);

/*
 * --- changes: written at once (write(), not synced); a UID that is there already is replaced ---
 *
 * What could not be written (-1) counts in memory all the same, until the cache is opened anew: a
 * full or read-only disk hides nothing. Until then cache_set_meta says not complete, without a
 * mod-sequence, whatever it is given: the next synchronisation after that compares everything.
 */
int cache_add(struct cache *c, const struct summary *s, size_t n, struct err *err);
/* flags = (flags & ~clear) | set. keywords NULL: unchanged. Unknown UIDs are skipped. */
int cache_set_flags(struct cache *c, uint32_t uid, uint32_t clear, uint32_t set,
	const char *keywords, struct err *err);
/* The same for many messages, in few writes. */
int cache_set_flags_all(struct cache *c, const uint32_t *uids, size_t n, uint32_t clear,
	uint32_t set, const char *keywords, struct err *err);
int cache_remove(struct cache *c, const uint32_t *uids, size_t n, struct err *err);
/* Written after the data it covers, so that a mod-sequence is never ahead of its data. */
int cache_set_meta(struct cache *c, const struct cache_meta *meta, struct err *err);
/* UIDVALIDITY changed: everything goes, with a new meta. */
int cache_reset(struct cache *c, const struct cache_meta *meta, struct err *err);
int cache_sync(struct cache *c, struct err *err); /* fdatasync, at the end of a batch */

/* What another running copy changed since: 0 nothing, 1 something (reread the columns), -1 error.
 * Cheap (two stats). */
int cache_refresh(struct cache *c, struct err *err);
/* Grows with what another copy changed, whichever call came upon it: each change here reads what
 * others wrote before it. */
uint64_t cache_news(const struct cache *c);

/* Holds off other running copies that would number the same new rows; -1: ERR_BUSY, one of them
 * goes on for longer, or it cannot be locked. Close to let go. */
int cache_lock_rows(const struct cache *c, int wait_ms, struct err *err);

/* UID ranges whose pages were damaged and must be fetched again; returns how many pairs
 * first..last, at most max. While there are any, cache_meta says not complete; a cache_set_meta
 * that says complete ends them. */
size_t cache_damaged(const struct cache *c, uint32_t (*ranges)[2], size_t max);

/* The log outgrew a sixteenth of the base, at least 256 KiB and at most 8 MiB; while the folder is
 * not complete half of the base, 1 MiB and 32 MiB. */
bool cache_wants_compact(const struct cache *c);
/* Builds the next base and switches to it. ERR_BUSY: someone else is at it. Follow with
 * cache_refresh on an open cache. */
int cache_compact(const char *dir, const char *folder_name, struct err *err);
/*
 * The same beside the thread that has the cache open, which goes on reading and appending. *stop
 * turning true ends it soon (ERR_CANCELLED; NULL: nothing does). *next is the cache opened anew,
 * for cache_adopt or cache_free; NULL when that failed.
 */
int cache_compact_aside(const char *dir, const char *folder_name, const atomic_bool *stop,
	struct cache **next, struct err *err);
/* c becomes what next is, with what was appended since, and next what c was, for the caller to
 * free. 1: next is out of date already, c is as it was (cache_refresh helps). */
int cache_adopt(struct cache *c, struct cache *next, struct err *err);
/* fn is asked for that next when c finds its log replaced, before it reads everything itself. It
 * may wait for a moment; NULL: there is none. */
void cache_on_replaced(struct cache *c, struct cache *(*fn)(void *ctx), void *ctx);
/* fn is told of each change that could not be written, and of what has no room, so that who makes
 * changes whose failure changes nothing for him may leave out err. It must not use c. */
void cache_on_failure(struct cache *c, void (*fn)(void *ctx, const struct err *err), void *ctx);

/* The directory of a folder: hex of SHA-256 over kind, account and name, under base_dir; free().
 * Never the name itself. */
char *cache_dir_for(const char *base_dir, const char *folder_name);

#endif
