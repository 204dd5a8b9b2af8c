/*
 * compactor - rewrites header caches beside the disk thread: one worker, one folder at a time.
 *
 * Owns:    the worker thread and the queues to and from it.
 * Threads: all functions are called by the disk thread. A struct cache crosses the queue as a value
 * and belongs to the worker before, to the disk thread after it.
 * Errors:  in the result.
 *
 * A rewrite of a million messages takes seconds; opening, flags and search must not wait for it.
 * What the disk thread appends meanwhile goes into the old log and is carried over at the switch.
 */
#ifndef STORE_COMPACTOR_H
#define STORE_COMPACTOR_H

#include "base/err.h"
#include "base/queue.h"
#include "store/disk/cache.h"

#include <stdbool.h>

struct compactor;

struct compacted {
	struct queue_item item;
	unsigned id;        /* what compactor_post returned */
	struct cache *next; /* for cache_adopt; NULL: none. Whoever takes it sets it to NULL */
	struct err err;     /* ERR_NONE: it worked */
};
void compacted_free(struct compacted *r); /* NULL is fine */

struct compactor *compactor_new(void);
/* Ends what is under way and waits for that as long; the rest is left to the end of the process:
 * a base half made is of no harm. NULL is fine. */
void compactor_free(struct compactor *c, int wait_ms);
int compactor_fd(const struct compactor *c); /* for poll(POLLIN) */
/* The number of the job; 0: there is no thread to be had. One job per folder at a time is up to the
 * caller. */
unsigned compactor_post(struct compactor *c, const char *dir, const char *folder_name);
/* The next result, waited for up to wait_ms milliseconds; NULL: none. */
struct compacted *compactor_take(struct compactor *c, int wait_ms);
bool compactor_busy(const struct compactor *c); /* a result is still to come */
/* Frees a large one over there: the last to close a file of a million messages gives its blocks
 * back. */
void compactor_give(struct compactor *c, struct cache *old);

#endif
