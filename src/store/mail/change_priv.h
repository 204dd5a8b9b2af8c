/*
 * change_priv - what the files about a person's changes share: change_op.c (one operation),
 * change_marks.c, change_waiting.c (rows that wait), change.c (moves, copies, removals). Private to
 * store.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  as store_priv.h.
 */
#ifndef STORE_CHANGE_PRIV_H
#define STORE_CHANGE_PRIV_H

#include "store/store_priv.h"

/* All into target, or (NULL) away; a part of undo. Those that are leaving already are not meant. */
int change_move_op(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	enum op_kind kind, struct undo *undo, struct err *err);
/* The same as a step of its own; their rows are hidden already. */
int change_move_hidden(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	enum op_kind kind, struct err *err);
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
