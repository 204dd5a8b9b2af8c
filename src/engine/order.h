/*
 * order - all messages of a folder in the order of a sort, flat or in threads; put in order once,
 * kept in order by changes.
 *
 * Owns:    struct order owns its arrays (order_done); everything else is borrowed for the call.
 * Threads: any; an order belongs to one thread at a time. Errors:  none, it is all memory.
 *
 * Four bytes a message, eight with threads. Messages are named by row: their place among ascending
 * UIDs. A thread is a run of rows: its root, then what answers it, oldest first (RFC 5256's tree,
 * made of the parents the store found). Threads stand where the member with the greatest key would;
 * equal keys are told apart by the root's own, then by row. The greatest is on top unless reverse.
 */
#ifndef ENGINE_ORDER_H
#define ENGINE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORDER_GONE = UINT32_MAX };

/* What an order is made from, by row. With threads off parent and date are not looked at. */
struct order_rows {
	size_t n;
	const uint32_t *uid;    /* ascending */
	const uint32_t *parent; /* UID or 0; may be missing, forged, a ring */
	const uint32_t *date, *key;
};

struct order {
	size_t n, cap;
	uint32_t *at;    /* rows, in order */
	uint32_t *depth; /* of each, twice, plus 1 for the last of its siblings (a root counts as
			    that); NULL: flat */
	bool reverse, threads;
	size_t work; /* rows sorted and comparisons since it was made, for tests */
};

void order_done(struct order *o);
/* Everything anew; reverse and threads are set by the caller. Linear, but for sorting numbers. */
void order_build(struct order *o, const struct order_rows *in);

/* The same for one row at a time, after a change. */
struct order_source {
	size_t n; /* rows now */
	uint32_t (*uid)(const void *ctx, size_t row);
	uint32_t (*parent)(const void *ctx, size_t row);
	uint32_t (*date)(const void *ctx, size_t row);
	uint32_t (*key)(const void *ctx, size_t row);
	const void *ctx;
};

struct order_change {
	const uint32_t *moved; /* by row before: the row now, or ORDER_GONE; NULL: row + shift */
	uint32_t shift;
	const uint64_t *dirty; /* bits by row now: has another key, date or parent, or is the parent
				  of such a row or of a new one; NULL: none */
	const uint32_t *added; /* new rows */
	size_t nadded;
};
/* Puts dirty and new rows in their places: one pass over the order, and sorting and comparing for
 * the threads concerned only. False: the change is so large that order_build is cheaper; the order
 * is void then. */
bool order_apply(
	struct order *o, const struct order_source *now, const struct order_change *change);
/* The run that position is in: [first, end). */
size_t order_thread(const struct order *o, size_t position, size_t *end);

/* The rows of parents, or UINT32_MAX; free(). Never a ring: in one made by forged references the
 * oldest message becomes the root. */
uint32_t *order_parents(const struct order_rows *in);

#endif
