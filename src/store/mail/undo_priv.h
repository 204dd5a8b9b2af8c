/*
 * undo_priv - what can be taken back: undo.c keeps it true while the server answers, undo_back.c
 * takes it back. Private to store.
 *
 * Owns:    the store owns the steps, a step its parts.
 * Threads: disk thread only.
 * Errors:  as store_priv.h.
 */
#ifndef STORE_UNDO_PRIV_H
#define STORE_UNDO_PRIV_H

#include "store/store_priv.h"

enum part_state {
	PART_WAITS, /* in the journal */
	PART_DONE,  /* by the server, or on disk */
	PART_LEFT,  /* done, and the messages are still there, marked as deleted (no UIDPLUS) */
	PART_VOID,  /* refused or cancelled: there is nothing to take back */
};

struct undo_part {
	struct undo_part *next;
	struct folder *folder, *target;
	enum op_kind kind;
	enum part_state state;
	bool wanted; /* to be taken back when the answer comes */
	uint64_t op_id;
	uint32_t uidvalidity; /* of the folder */
	uint32_t *uids;       /* owned */
	size_t n;
	uint32_t unseen;                 /* of them, when it was done */
	uint32_t set, clear;             /* OP_FLAGS: what was changed */
	char *labels_set, *labels_clear; /* owned; OP_FLAGS of keywords, else NULL */
	char **bases;                    /* owned; local moves: file names */
	uint32_t *moved; /* owned; UIDs in the target, 0 unknown; NULL: none known */
	uint32_t moved_uidvalidity, mark_uidvalidity, mark_uidnext;
	bool marked;
	struct str ids; /* Message-IDs of those whose new UID is unknown */
};

struct undo {
	struct undo *next;
	struct account *account;
	unsigned step; /* of the request; 0: it is a step by itself */
	struct undo_part *parts;
};

/* Messages on their way back: what they were called before, and what in the folder they left. */
struct undo_return {
	struct undo_return *next;
	struct folder *folder;
	uint64_t op_id;
	uint32_t uidvalidity; /* of old */
	uint32_t *old, *via;  /* owned */
	size_t n;
};

/* Its UIDs are those of this folder under this numbering of the server. */
static inline bool undo_is_of(const struct undo_part *p, const struct folder *f, uint32_t validity)
{
	return p->folder == f && p->uidvalidity == validity;
}

void undo_drop(struct store *s, struct undo *u);
bool undo_same_step(const struct undo *a, const struct undo *b);
/* So many of these are unread now; last: where the folder cannot be opened. */
uint32_t undo_unseen(struct folder *f, const uint32_t *uids, size_t n, uint32_t last);

#endif
