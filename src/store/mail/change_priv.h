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

/* --- requests (handle.h) --- */
/* Rows that only say why a message did not come by POP3: there is nothing here to be changed, and
 * the others are. */
int change_leave_out_rows(struct folder *f, struct store_request *r, struct err *err);
int change_delete(struct list *l, struct store_request *r, struct str *said, struct err *err);
int change_archive(struct list *l, struct store_request *r, struct str *said, struct err *err);
/* Moves or copies. */
int change_transfer(struct list *l, struct store_request *r, struct str *said, struct err *err);
int change_create(struct account *a, struct store_request *r, struct str *said, struct err *err);
/* Of one account, or of all; forgets what was refused, too. */
int change_cancel_op(struct store *s, struct store_request *r, struct str *said, struct err *err);
int change_request_flags(
	struct list *l, struct store_request *r, struct str *said, struct err *err);
int change_request_keywords(
	struct list *l, struct store_request *r, struct str *said, struct err *err);

#endif
