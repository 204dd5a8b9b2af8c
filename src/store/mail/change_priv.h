/*
 * change_priv - what the files about a person's changes share: change.c (moves, copies, removals),
 * change_marks.c. Private to store.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  as store_priv.h.
 */
#ifndef STORE_CHANGE_PRIV_H
#define STORE_CHANGE_PRIV_H

#include "store/store_priv.h"

uint32_t change_flags_of(struct folder *f, uint32_t uid); /* 0: there is no such row */
struct op *change_op(struct folder *f, enum op_kind kind, const uint32_t *uids, size_t n);
/* Into the journal; the operation is freed. */
int change_add(struct folder *f, struct op *op, uint64_t *id, struct err *err);

/* --- change_marks.c --- */
int change_request_flags(struct folder *f, const struct store_request *r, struct err *err);
int change_request_keywords(struct folder *f, const struct store_request *r, struct err *err);

#endif
