/*
 * msglist_priv - what the engine puts into a message list, and what its files share. Private to
 * engine.
 *
 * Owns:    as msglist.h.
 * Threads: UI thread.
 * Errors:  none.
 *
 * msglist.c          life; the front end's questions
 * msglist_change.c   columns, limit, folds and flags as they change
 * msglist_sort.c     when the order is made anew, here or by the sorter
 * msglist_thread.c   threads of single messages
 * msglist_view.c     which rows are shown, and how deep
 * msglist_strings.c  strings of rows that were visible
 * msglist_span.c     lists of several folders: numbers and UIDs
 * msglist_guess.c    what is shown before the store has done it
 * msglist_left.c     tags of messages that left, and may come back
 */
#ifndef ENGINE_MSGLIST_PRIV_H
#define ENGINE_MSGLIST_PRIV_H

#include "engine/msglist.h"
#include "engine/order.h"
#include "engine/sorter.h"
#include "engine/span.h"
#include "mime/summary.h"

/* In columns.flags only: they live with the rows, so that a million of them stay linear. */
enum {
	ROW_NEWS = 1 << 25,  /* it came, and was not on the screen yet */
	ROW_FOUND = 1 << 26, /* a search found it */
	ROW_HELD = 1 << 27,  /* the limit that is held shows it */
	ROW_TAGGED = 1 << 28,
	ROW_FOLDED = 1 << 29,  /* a thread is folded when one of its messages has this */
	ROW_LIMITED = 1 << 30, /* the limit shows it */
	ROW_OURS = ROW_NEWS | ROW_FOUND | ROW_HELD | ROW_TAGGED | ROW_FOLDED | ROW_LIMITED,
};

enum { STRING_SETS = 1024, STRING_WAYS = 8, SORT_HERE = 50000, RANK_NONE = UINT32_MAX };

struct view_row {    /* eight bytes: there may be a million */
	uint32_t at; /* index into columns */
	uint32_t hidden : 25, depth : 6, last : 1;
};

struct sorting {
	enum msglist_sort sort;
	bool reverse, threads;
};

/* Asks for the strings of some UIDs; answered by msglist_take_rows. */
typedef void msglist_ask_fn(void *ctx, unsigned id, const uint32_t *uids, size_t n);
/* Asks for the ranks of all UIDs in that order, answered by msglist_take_order; ORDER_NONE says
 * that none are needed any more. */
typedef void msglist_order_fn(void *ctx, unsigned id, enum mail_order by);
/* Takes a job for another thread; answered by msglist_take_sorted. */
typedef void msglist_sort_fn(void *ctx, struct sort_job *job);

/* A folder that messages of a list are in. */
struct source {
	unsigned id;                 /* of the list that the store has open */
	unsigned numbering;          /* as the store told it; 0: nothing yet */
	int account;                 /* -1: opened by its path */
	char *account_name, *folder; /* owned */
	bool read_only, closed;      /* closed: nothing is, or will be, told of it */
	bool told;                   /* all of it, once at least */
	bool inside;                 /* its texts are still to be looked into */
	bool unlooked;               /* it was given up before that */
	size_t by_server;            /* so many are there by what the server said */
	size_t looked, texts;        /* so many texts could be looked into, of how many */
	int percent;
	/* Only in a list of several: its UIDs, ascending, and their numbers in the list; keyword
	 * sets of the list, by those of the folder. */
	uint32_t *uids, *numbers;
	size_t n, cap_uids, cap_numbers;
	uint16_t *keysets;
	size_t nkeysets;
};

struct guess; /* msglist_guess.c */
struct left;

struct origin { /* of a number; uid 0: the folder was numbered anew since */
	uint32_t uid, source;
};

struct conversation_of { /* what a list is the conversation of */
	int account;
	char *id;       /* owned; Message-ID, or "" */
	char *home;     /* owned; the folder that comes first, whatever it is; NULL: none */
	uint32_t *uids; /* owned; of messages there that belong, under that numbering */
	size_t n;
	unsigned numbering;
};

struct msglist {
	struct msglist *next;
	unsigned id;
	unsigned numbering;          /* 0: nothing yet */
	char *name;                  /* owned; of a list of several folders, else NULL */
	const struct span_row *span; /* that it was opened by, or NULL */
	struct query *query;         /* owned; what is shown of the folders; NULL: all */
	struct conversation_of *of;  /* owned; of a conversation, else NULL */
	bool awaits;                 /* folders of it are not known yet */
	bool eager;                  /* what comes is shown before all folders were told */
	bool given_up;               /* no further folder is looked through */
	bool server_told;            /* that a server could not be asked */
	bool counts;                 /* nobody sees its rows: engine_span_counts */
	struct source *sources;      /* owned */
	size_t nsources;
	struct origin *origins; /* owned; by number, from 1 */
	size_t norigins, cap_origins;
	uint32_t *rank_of; /* owned; of a list of several: by number - 1, while its sources tell
			      theirs; RANK_NONE */
	size_t nrank_of;
	struct map *keyset_of;               /* of a list of several: words to index */
	bool keysets_left_out, keysets_told; /* there was no room for all; and that was said */
	struct guess *guesses;
	struct left *left; /* owned; msglist_left.c */
	size_t nleft, cap_left;
	bool left_waits;          /* one left just now that waited for its server */
	struct strv guessed_sets; /* by UINT16_MAX - keyset */
	bool ready, protect;
	struct columns columns;
	struct strv keysets;
	size_t unread, nfolded;
	bool limited;
	char *limit_text;  /* owned */
	unsigned limiting; /* the request that sets the limit next; no other may any more */
	uint32_t newest, newest_date; /* highest number, latest arrival of all that was there */
	bool news;                    /* rows have ROW_NEWS */
	bool held;                    /* the limit as it was is known: msglist_hold_limit */
	char *held_text;              /* owned; NULL: it was none */

	struct sorting want, now; /* now: what order is in */
	struct order order;       /* all messages; valid when ordered */
	bool ordered;
	uint32_t *rank; /* by row, when now is by from or subject; RANK_NONE: came since */
	uint32_t *ranks_uids, *ranks; /* as they were told last, until they are in use */
	size_t nranks;
	bool ranks_asked, ranks_stale; /* stale: messages came since they were asked for */
	unsigned job;                  /* the one that is awaited; 0: none */
	struct sorting job_sorting;
	uint32_t *since; /* UIDs whose place changed since the job left */
	size_t nsince, cap_since;
	size_t here_max; /* more messages than this are sorted elsewhere */

	struct view_row *view; /* owned; only while something is not shown */
	size_t nview, cap_view;
	bool filtered;     /* view is in use */
	size_t found;      /* where the front end looked last */
	size_t found_root; /* and in the order: the folded root it looked at */

	struct {
		uint32_t uid, asked;
		struct summary *row;
	} strings[STRING_SETS][STRING_WAYS];
	uint8_t next_way[STRING_SETS];
	msglist_ask_fn *ask;
	msglist_order_fn *ask_order;
	msglist_sort_fn *give; /* NULL: everything is sorted here */
	void *ctx;
};

struct msglist *msglist_new(unsigned id, int account, const char *account_name, const char *folder);
/* Of several folders, which msglist_add_source names. */
struct msglist *msglist_new_span(unsigned id, const char *name);
void msglist_free(struct msglist *l);

/* --- msglist_change.c --- */
void msglist_take_columns(struct msglist *l, struct columns *c,
	struct strv *keysets); /* all anew; empties c and keysets */
/* The same, where the strings of rows that stay are still true. */
void msglist_put_columns(struct msglist *l, struct columns *c, struct strv *keysets);
/* UIDs mean other messages from now on: nothing that was known of them stays, tags neither. */
void msglist_renumber(struct msglist *l, unsigned numbering);
/* The list shows another folder, or the same under another name. */
void msglist_rename(struct msglist *l, size_t source, const char *folder);
/* Merges changed and added rows (ascending), drops gone ones (any order). A row that is in both
 * stays. */
void msglist_merge(struct msglist *l, const struct columns *c, struct strv *keysets,
	const uint32_t *gone, size_t ngone);
/* Shows these only (ascending); what is shown stays until the next limit, whatever becomes of it.
 */
void msglist_set_limit(struct msglist *l, const char *text, const uint32_t *uids,
	size_t n); /* text NULL: everything */
/* Of what came, these match such a text: shown where it is the limit, or the one that is held. */
void msglist_extend_limit(struct msglist *l, const char *text, const uint32_t *uids, size_t n);
/* The limit as it is can come back, row by row, until it is let go. A second one is not held. */
void msglist_hold_limit(struct msglist *l);
void msglist_let_go_limit(struct msglist *l, bool back);
void msglist_change_flags(struct msglist *l, const uint32_t *uids, size_t n, uint32_t clear,
	uint32_t set); /* before the store confirms */
void msglist_take_rows(struct msglist *l, struct summary **rows, size_t n); /* keeps them */

/* Gives rows what a front end has marked those of from with. */
void msglist_mark_ours(struct msglist *l, const struct columns *from);

/* --- msglist_guess.c --- */
/* Takes rows out until the request is answered. */
void msglist_hide(struct msglist *l, unsigned request, const uint32_t *numbers, size_t n);
/* Those that the store has not confirmed come back; true: some did. */
bool msglist_answered(struct msglist *l, unsigned request);
void msglist_guess_drop(struct msglist *l);
/* False: nothing is hidden, all of c is shown; else out gets what is. c: ascending. */
bool msglist_guess_merge(struct msglist *l, const struct columns *c, const uint32_t *gone,
	size_t ngone, struct columns *out);
/* Takes what is hidden out of c, which is all there is of a source. */
void msglist_guess_list(struct msglist *l, size_t source, struct columns *c);
/* The words of a set. Borrowed, until the list changes. */
const char *msglist_keyset(const struct msglist *l, uint16_t set);
/* Before the store confirms; it tells of the rows then, or a refusal has them told anew. */
void msglist_change_keywords(
	struct msglist *l, const uint32_t *numbers, size_t n, const char *clear, const char *set);

/* --- msglist_left.c --- */
void msglist_left_note(struct msglist *l, size_t row); /* of columns: it goes */
/* An undo was asked for: what left until now may come back under another number. */
void msglist_left_returns(struct msglist *l);
/* These rows came: those that were tagged when they left are so again. */
void msglist_left_return(struct msglist *l, const uint32_t *rows, size_t n);
void msglist_left_forget(struct msglist *l);

/* --- msglist_span.c --- */
/* Its index. */
size_t msglist_add_source(
	struct msglist *l, unsigned id, int account, const char *account_name, const char *folder);
void msglist_source_done(struct source *s);
/* What its texts tell is shown, too. */
bool msglist_looks_inside(const struct msglist *l);
/* The number of a message of a source; 0: it has none. In a list of one folder it is the UID. */
uint32_t msglist_number(const struct msglist *l, size_t source, uint32_t uid);
/* And back; false: the number means nothing any more. */
bool msglist_source_of(const struct msglist *l, uint32_t number, size_t *source, uint32_t *uid);
/* The UIDs of those numbers that are a source's, ascending when the numbers are; the array is the
 * caller's. */
size_t msglist_of_source(
	const struct msglist *l, size_t source, const uint32_t *numbers, size_t n, uint32_t **uids);
/* The numbers of UIDs, ascending, *n of them afterwards; free(). */
uint32_t *msglist_numbers(const struct msglist *l, size_t source, const uint32_t *uids, size_t *n);
/* What the store tells of one source, in its UIDs: its numbering, all of it anew, what changed,
 * strings of rows. What is given may be changed. parent_lists: as in struct told_messages. */
void msglist_source_number(struct msglist *l, size_t source, unsigned numbering);
void msglist_source_list(struct msglist *l, size_t source, struct columns *c,
	const unsigned *parent_lists, struct strv *keysets);
void msglist_source_merge(struct msglist *l, size_t source, struct columns *c,
	const unsigned *parent_lists, struct strv *keysets, uint32_t *gone, size_t ngone);
/* Its ranks among those of all; follow: how many sources still tell theirs. Keeps both arrays. */
void msglist_source_order(struct msglist *l, size_t source, enum mail_order by, uint32_t *uids,
	uint32_t *ranks, size_t n, size_t follow);
void msglist_source_rows(
	struct msglist *l, size_t source, struct summary **rows, size_t n); /* keeps them */
/* Whether its folders are, or some more are to come before anything is shown. */
void msglist_sources_known(struct msglist *l, bool known);
/* Its folder went, or cannot be opened: what was shown of it goes, the others stay. */
void msglist_source_close(struct msglist *l, size_t source);

/* --- msglist_sort.c --- */
uint32_t msglist_date(const struct msglist *l,
	size_t row); /* of columns: sent, else (or when that is later) received */
uint32_t msglist_key(const struct msglist *l, size_t row); /* small first */
bool msglist_needs_ranks(enum msglist_sort sort);
void msglist_ask_ranks(struct msglist *l);
/* Ranks of ascending UIDs, 0 is the first; keeps both arrays. */
void msglist_take_order(
	struct msglist *l, enum mail_order by, uint32_t *uids, uint32_t *ranks, size_t n);
void msglist_take_sorted(struct msglist *l, struct sort_job *job); /* keeps it */
/* The order is void: make it, here or elsewhere. */
void msglist_sort(struct msglist *l);
/* After rows moved, came, went or changed; the view follows. */
void msglist_reorder(struct msglist *l, struct order_change *change, uint64_t *dirty);
uint32_t *msglist_dates(const struct msglist *l); /* by row; free() */

/* --- msglist_thread.c --- */
/* Rows of a whole thread, its root first; the array is the caller's. */
size_t msglist_thread_rows(const struct msglist *l, size_t row, uint32_t **rows);

/* --- msglist_view.c --- */
void msglist_refilter(struct msglist *l);

enum { DEPTH_MAX = 60 };

static inline unsigned view_depth(uint32_t depth)
{
	return depth < DEPTH_MAX ? depth & 63 : DEPTH_MAX;
}

static inline struct view_row msglist_view_row(const struct msglist *l, size_t row)
{
	uint32_t depth = l->filtered || !l->order.depth ? 1 : l->order.depth[row];

	if (l->filtered)
		return l->view[row];
	return (struct view_row){
		.at = l->order.at[row], .depth = view_depth(depth >> 1) & 63, .last = depth & 1};
}

/* --- msglist_strings.c --- */
const struct summary *msglist_strings_find(const struct msglist *l, uint32_t uid);
void msglist_strings_forget(struct msglist *l);
void msglist_strings_forget_uid(struct msglist *l, uint32_t uid);
/* Asks for the row and those around it. */
void msglist_strings_ask(struct msglist *l, size_t row);

#endif
