/*
 * merge - a new operation goes into one that waits, where that is safe.
 *
 * Owns:    the journal gets the operation.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err.
 */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include <stdint.h>

struct account;
struct err;
struct op;

/* As journal_add, into an operation that waits where that is safe. *id: which carries it now, 0:
 * none, it and one that waited were opposites. */
int merge_add(struct account *a, struct op *op, uint64_t *id, struct err *err);

#endif
