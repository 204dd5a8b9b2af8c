/*
 * change - what a person changes: marks, keywords, moves and removals, durably noted before they
 * are shown. The requests are in change_priv.h.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err; what was changed before it stays.
 */
#ifndef STORE_CHANGE_H
#define STORE_CHANGE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct folder;
struct undo;

/* All of them within the server or within the local folders; can be undone. Both are open. */
int change_move(
	struct folder *f, struct folder *target, const uint32_t *uids, size_t n, struct err *err);
/* The same into the folder where they were going, by a new operation in place of that one. */
int change_move_again(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	uint64_t former, struct err *err);
/* The same into another folder. */
int change_move_elsewhere(
	struct folder *f, struct folder *target, const uint32_t *uids, size_t n, struct err *err);
int change_flags(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear, uint32_t set,
	struct err *err);
/* Keywords of messages, as far as they are other than wanted: durably, then shown. undo: or NULL.
 */
int change_keywords(struct folder *f, const uint32_t *uids, size_t n, const char *clear,
	const char *set, struct undo *undo, struct err *err);
/* For good, of a local folder. */
int change_remove(struct folder *f, const uint32_t *uids, size_t n, struct err *err);

#endif
