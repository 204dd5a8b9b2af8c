/*
 * forest - threads planted from parents: who answers whom, oldest first.
 *
 * Owns:    struct forest owns its arrays. Threads: any. Errors:  none. Private to order.
 */
#ifndef ENGINE_FOREST_H
#define ENGINE_FOREST_H

#include "engine/order.h"

enum { FOREST_NONE = UINT32_MAX };

struct forest {
	size_t n;
	uint32_t *up, *first, *sibling; /* rows or FOREST_NONE; children oldest first */
};
void forest_plant(struct forest *f, const struct order_rows *in);
void forest_done(struct forest *f);
/* The next of a thread in the order it is read, below root; FOREST_NONE at the end. *depth follows.
 */
uint32_t forest_next(const struct forest *f, uint32_t root, uint32_t at, uint32_t *depth);

/* Stable sort by key, small first: 11 bits a pass, no comparisons. */
struct forest_key {
	uint32_t key, row;
};
void forest_sort(struct forest_key *v, size_t n);

#endif
