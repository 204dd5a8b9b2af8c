/*
 * match - whether a message is what a query looks for (query.h): by its columns, its cached
 * strings, its text, as far as these were read.
 *
 * Owns:    match_done and look_done free what was made on the way.
 * Threads: any; a struct matcher is one thread's, and a look at QUERY_TEXTS needs none.
 * Errors:  none. What is not here makes the answer unknown.
 */
#ifndef STORE_MATCH_H
#define STORE_MATCH_H

#include "base/str.h"
#include "mime/summary.h"
#include "store/disk/cache.h"
#include "store/disk/textindex.h"
#include "store/mail/query.h"

/* Who looks at many messages for the same. Equal strings stand once in a page of the cache, so that
 * a sender of many messages is compared once. */
struct matcher {
	const struct query *query;
	const struct strv *own;       /* addresses of the account; NULL: none */
	const char *account, *folder; /* where all of them are; NULL: not told */
	/* By term, of those that a message alone does not tell: whom they are true of, and of whom
	 * nobody knows. */
	const struct query_set *sets, *unsure;
	const struct textindex_answers *texts; /* by term, of match_piece; NULL: none */
	/* the rest is match.c's */
	size_t root;     /* the node that is asked for; match_start */
	size_t texts_at; /* where the index was looked at last */
	uint64_t number; /* of the page */
	uint8_t *seen;   /* owned; by word and place in the page: round + hit */
	uint8_t round;   /* even; another for each page, so that seen is not cleared for each */
	uint8_t *any;    /* in seen: some word may be in that string */
	bool is_word[QUERY_TERMS]; /* what a term asks of a string is whether its word is there */
	bool sieves; /* a message none of whose strings has a word is not what is looked for */
	struct str folded;
};

struct read_text {         /* the text of a message, as it is looked at */
	struct str header; /* fields on a line each, decoded */
	struct str body;   /* as it is shown, without what Talaria says itself */
	struct str types;  /* of its parts, "text/plain" on a line each */
	struct str files;  /* names of attachments, on a line each */
	uint32_t attachments;
	uint32_t content; /* enum query_content */
	bool whole;       /* nothing of the body is missing, left out or encrypted */
};

/* A message that is looked at, as far as it was read. */
struct look {
	struct matcher *m; /* NULL at QUERY_TEXTS: what needs it is known then */
	const struct query *query;
	size_t root;
	enum query_cost depth;
	uint32_t uid, flags, size, sent, received;
	const struct cache_walk *walk; /* the row is of this one; NULL: it stands alone */
	const struct summary *row;     /* at QUERY_STRINGS; later its strings may have gone */
	struct read_text text;         /* at QUERY_TEXTS */
	char *folded[2];               /* owned; of body and header, made when asked for */
	uint8_t known[QUERY_TERMS];    /* what its row told: 1 and the answer; 0: not asked */
	bool indexed;                  /* the index of texts is asked, for the rest does not tell */
};

/* Looks for the query, or for what is below a node of it. */
void match_start(struct matcher *m, const struct query *query, size_t root);
/* A message by its row, without its text. walk: or NULL. */
struct look look_at(struct matcher *m, const struct summary *row, const struct cache_walk *walk);
/* What the query says of it, by what is no dearer than depth. One that is moved away is not here
 * any more, though the server does not know it yet. */
enum query_answer look_answer(struct look *l, enum query_cost depth);
void look_done(struct look *l);
/* The text of the body at QUERY_TEXTS as it is compared: folded, on one line. */
const char *look_body(struct look *l);
/* What the index of texts is asked for a term: a folded piece of text; NULL: it does not help. */
const char *match_piece(const struct query_term *t);
/* Leaves out the messages behind that of the walk which their strings alone say are none; the UID
 * of the last one that is behind it then. */
uint32_t match_pass(struct matcher *m, struct cache_walk *w, uint32_t uid);
void match_anew(struct matcher *m); /* pages that were seen may have changed since */
void match_done(struct matcher *m);
/* Whether a term that asks where (QUERY_FOLDER, QUERY_ACCOUNT) means that place; NULL: not told. */
bool match_place(const struct query_term *t, const char *account, const char *folder);

#endif
