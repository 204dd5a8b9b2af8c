/*
 * msglist_priv - what the engine puts into a message list. Private to engine.
 *
 * Owns:    as msglist.h.
 * Threads: UI thread.
 * Errors:  none.
 */
#ifndef ENGINE_MSGLIST_PRIV_H
#define ENGINE_MSGLIST_PRIV_H

#include "engine/msglist.h"
#include "store/summary.h"

struct uidset { /* ascending, no repeats */
	uint32_t *v;
	size_t n, cap;
};
bool uidset_has(const struct uidset *s, uint32_t uid);
void uidset_put(struct uidset *s, uint32_t uid, bool in);

enum { STRING_SETS = 1024, STRING_WAYS = 8 };

struct view_row {    /* eight bytes: there may be a million */
	uint32_t at; /* index into columns */
	uint32_t hidden : 25, depth : 6, last : 1;
};

/* Asks for the strings of some UIDs; answered by msglist_take_rows. */
typedef void msglist_ask_fn(void *ctx, unsigned id, const uint32_t *uids, size_t n);
/* Asks for all UIDs ordered by from or subject; answered by msglist_take_order. */
typedef void msglist_order_fn(void *ctx, unsigned id, enum msglist_sort sort);

struct msglist {
	struct msglist *next;
	unsigned id;
	int account;
	char *account_name, *folder; /* owned */
	bool ready, read_only;
	int percent;
	struct columns columns;
	struct strv keysets;
	struct view_row *view; /* owned */
	size_t nview, cap_view, unread;
	struct uidset folded, limit; /* folded: roots of whole threads */
	bool limited, threads, reverse;
	char *limit_text; /* owned */
	enum msglist_sort sort;
	uint32_t *order; /* owned; rank by row of columns for from and subject, NULL while it is not
			    known */
	uint32_t *order_uids;
	size_t norder;
	struct {
		uint32_t uid, asked;
		struct summary *row;
	} strings[STRING_SETS][STRING_WAYS];
	uint8_t next_way[STRING_SETS];
	msglist_ask_fn *ask;
	msglist_order_fn *ask_order;
	void *ctx;
};

struct msglist *msglist_new(unsigned id, int account, const char *account_name, const char *folder);
void msglist_free(struct msglist *l);
void msglist_take_columns(struct msglist *l, struct columns *c,
	struct strv *keysets); /* all anew; empties c and keysets */
/* The list shows another folder, or the same under another name; what was known of rows is void
 * then. */
void msglist_rename(struct msglist *l, const char *folder);
/* Merges changed and added rows (ascending), drops gone ones (any order). A row that is in both
 * stays. */
void msglist_merge(struct msglist *l, const struct columns *c, struct strv *keysets,
	const uint32_t *gone, size_t ngone);
void msglist_take_rows(struct msglist *l, struct summary **rows, size_t n); /* keeps them */
void msglist_take_order(struct msglist *l, const uint32_t *uids, size_t n);
void msglist_set_limit(struct msglist *l, const char *text, const uint32_t *uids,
	size_t n); /* text NULL: everything */
void msglist_change_flags(struct msglist *l, const uint32_t *uids, size_t n, uint32_t clear,
	uint32_t set); /* before the store confirms */

#endif
