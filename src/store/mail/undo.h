/*
 * undo - what a person did last can be taken back, one step after the other.
 *
 * Owns:    the steps are the store's; one that is begun is its maker's until it is committed.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err, or what could not be taken back is said.
 */
#ifndef STORE_UNDO_H
#define STORE_UNDO_H

#include "store/disk/op.h"

#include <stddef.h>
#include <stdint.h>

struct account;
struct err;
struct folder;
struct op;
struct result_op;
struct store;
struct str;
struct undo;

struct undo *undo_begin(struct account *a); /* one step; undo_commit takes it */
void undo_add_flags(struct undo *u, struct folder *f, const uint32_t *uids, size_t n,
	uint32_t clear, uint32_t set); /* each message was changed by exactly that */
void undo_add_keywords(struct undo *u, struct folder *f, const uint32_t *uids, size_t n,
	const char *clear, const char *set); /* the same for keywords */
void undo_add_op(struct undo *u, struct folder *f, struct folder *target, enum op_kind kind,
	const uint32_t *uids, size_t n, uint64_t op_id);
void undo_add_local(struct undo *u, struct folder *f, struct folder *target, const uint32_t *uids,
	char **bases, size_t n); /* keeps bases and what is in it */
void undo_commit(struct undo *u);
int undo_last(struct store *s, struct str *said, struct err *err);
/* The server's answer, before the rows leave the cache, and after. */
void undo_confirmed(struct account *a, const struct op *op, const struct result_op *r);
void undo_follow(struct account *a, const struct op *op);
/* Another operation moves these messages in place of the former. */
void undo_replaced(struct account *a, uint64_t former, uint64_t id, const uint32_t *uids, size_t n);
void undo_refused(struct account *a, const struct op *op);
/* Before the rows of these (ascending) go because another client removed them, or so it seems. */
void undo_vanishing(struct folder *f, const uint32_t *uids, size_t n);
void undo_forget_folder(struct folder *f);
void undo_forget_all(struct store *s);

#endif
