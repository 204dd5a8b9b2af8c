/*
 * waiting - rows of messages that the journal brings into a folder: they stand there at once.
 *
 * Owns:    nothing; the rows are the folder's cache's.
 * Threads: disk thread only.
 * Errors:  ERR_BUSY: what brings a message is on its way.
 */
#ifndef STORE_WAITING_H
#define STORE_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct err;
struct folder;
struct op;

/* Its cache was opened: whoever looks into it finds those that come, and none that did. */
void waiting_opened(struct folder *f);
void waiting_settle(struct account *a); /* the journal has changed, or a synchronisation ended */
bool waiting_is(const struct folder *f, uint32_t uid);
/* The operation brings messages into the folder. */
bool waiting_brings(const struct op *op, const struct folder *f);
/* The folder and *uid of the message that a row stands for; of any other row: itself. */
struct folder *waiting_origin(struct folder *f, uint32_t *uid);
/* Takes them out of uids; returns how many. */
size_t waiting_split(const struct folder *f, uint32_t *uids, size_t *n, uint32_t *waiting);

/* Changes the messages that these rows stand for, before the operation that moves them: that is
 * made anew (they stay), with another target, or not at all. ERR_BUSY: it is on its way. */
enum waiting_then { WAITING_STAYS, WAITING_MOVES, WAITING_GOES };

typedef int waiting_fn(
	struct folder *from, const uint32_t *uids, size_t n, void *ctx, struct err *err);

int waiting_change(struct folder *f, uint32_t *uids, size_t n, enum waiting_then then,
	struct folder *target, waiting_fn *change, void *ctx, struct err *err);

#endif
