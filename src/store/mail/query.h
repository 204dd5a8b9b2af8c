/*
 * query - what a person looks for, as a tree: text -> tree -> text, and its answer for one message.
 *
 * Owns:    struct query owns everything in it (query_free).
 * Threads: any; values. query_parse reads the local time zone.
 * Errors:  ERR_INPUT with the column and what would be right. Nothing is guessed: a query that is
 * not understood as a whole is no query.
 *
 * Words must all match, and look in sender, recipients and subject. "|" or OR is either, "!" or NOT
 * the opposite, parentheses group, quotes hold a phrase together. "and" and "or" between two things
 * are operators in any case of letters; "not" only in front of what is more than a word ("do not
 * reply" is three words). "from:x" and the like look in one field for the text as it stands,
 * "header NAME:x" in any field; "~f x" is mutt's pattern, whose x is a regular expression (and
 * also found as it stands), "=f x" mutt's for the text as it stands, "^~f x" wants it of every
 * address. Case does not matter; with "ignore:marks" in front, nor do the marks on letters: u finds
 * ü. One table (query_rows) has all of them, what mutt knows and Talaria does not too: that is an
 * error which says so.
 *
 * What a leaf cannot tell (the text of a message that is not here) makes the answer unknown, which
 * is no match, not even behind NOT: nothing is deleted because it could not be looked at.
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "base/err.h"
#include "base/str.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum query_field {
	QUERY_ANY,  /* sender, recipients, subject */
	QUERY_FROM, /* of these: name and address */
	QUERY_TO,
	QUERY_CC,
	QUERY_RECIPIENT, /* To and Cc */
	QUERY_PEOPLE,    /* sender and recipients */
	QUERY_SUBJECT,
	QUERY_ID,
	QUERY_REFERENCES,
	QUERY_KEYWORD, /* just that one */
	QUERY_BODY,    /* the text as it is read */
	QUERY_HEADER,  /* the whole header, decoded */
	QUERY_WHOLE,   /* header and text */
	QUERY_FLAG,    /* set and clear */
	QUERY_SIZE,    /* from and to */
	QUERY_SENT,
	QUERY_RECEIVED,
	QUERY_TO_ME,
	QUERY_FROM_ME,
	QUERY_FIELD,       /* the one field of the header that the term names */
	QUERY_LIST,        /* which one, of mail from lists: List-Id, recipients */
	QUERY_TYPE,        /* content types of parts */
	QUERY_FILE,        /* names of attachments */
	QUERY_ATTACHMENTS, /* how many: from and to */
	QUERY_CONTENT,     /* what parts are in it: set, of enum query_content */
	QUERY_EXPIRED,     /* before to */
	QUERY_FOLDER,      /* where it is */
	QUERY_ACCOUNT,
	QUERY_DUPLICATE, /* one before it has its Message-ID */
	QUERY_UNREFERENCED,
	QUERY_THREAD, /* some message of its thread is what root finds */
	QUERY_PARENT, /* the one it answers is */
	QUERY_CHILD,  /* one that answers it is */
	QUERY_TAGGED,
	QUERY_FOLDED,
	QUERY_NUMBER, /* in the list: from and to */
};

enum query_content { CONTENT_SIGNED = 1, CONTENT_ENCRYPTED = 2, CONTENT_KEY = 4 };

/* What has to be looked at to answer; each includes those before. */
enum query_cost { QUERY_COLUMNS, QUERY_STRINGS, QUERY_TEXTS };

enum { QUERY_TERMS = 64, QUERY_DEPTH = 32, QUERY_REGEX = 1000 };

struct query_term {
	enum query_field field;
	const struct query_row *row; /* NULL: a plain word */
	char *text;                  /* owned; as it was typed, without quotes; NULL: none */
	char *word;                  /* owned; folded; NULL: none */
	bool has_pattern;            /* what matches it matches as well as what has the word */
	regex_t pattern;             /* without case; ^ and $ are those of a line */
	bool exact;                  /* typed as =x */
	bool all;                    /* typed as ^~x: all addresses must match */
	char *header;                /* owned; QUERY_FIELD, QUERY_LIST: the field's name */
	uint32_t set, clear;         /* QUERY_FLAG: enum mail_flag; QUERY_CONTENT: set */
	size_t root;                 /* TAKES_QUERY: the node of what stands in parentheses */
	int64_t from, to;            /* both are in; QUERY_SIZE octets, dates seconds since 1970 */
};

enum query_op { QUERY_TERM, QUERY_NOT, QUERY_AND, QUERY_OR };

struct query_node {
	enum query_op op;
	size_t left, right; /* nodes before this one; QUERY_TERM: left is the number of the term */
};

struct query {
	struct query_term *terms;
	size_t nterms, cap_terms;
	struct query_node *nodes; /* the last is the root; what is in a term stands before it */
	size_t nnodes, cap_nodes;
	bool unmarked; /* marks on letters do not count */
};
#define QUERY_UNMARKED "ignore:marks " /* in front of one */

/* now: what "today" and "<2d" count from. */
int query_parse(struct query **out, const char *text, time_t now, struct err *err);
void query_free(struct query *q); /* NULL is fine */
/* Text that is parsed to the same tree. */
void query_print(const struct query *q, struct str *out);
/* What is looked for, in words for people: "the subject contains “x”, and it is unread". */
void query_words(const struct query *q, struct str *out);

enum query_cost query_term_cost(const struct query_term *t);
enum query_cost query_cost(const struct query *q);

/* Who can tell besides the message: the other messages of its folder, the list as it is shown.
 * Terms of both are answered by sets of messages, which are made before: for the folder in the
 * order of the terms (what stands in one's parentheses comes before it), of the list by who has it
 * open. */
enum query_scope { SCOPE_MESSAGE, SCOPE_FOLDER, SCOPE_LIST };
enum query_scope query_term_scope(const struct query_term *t);
enum query_scope query_scope(const struct query *q); /* the widest */
struct query_set {
	uint32_t *uids; /* owned; ascending */
	size_t n;
};
void query_sets_free(struct query_set *sets, size_t n); /* NULL is fine */

enum query_answer { QUERY_NO, QUERY_YES, QUERY_UNKNOWN };
/* Only terms that are needed are asked for. */
typedef enum query_answer query_ask_fn(void *ctx, const struct query *q, size_t term);
enum query_answer query_eval(const struct query *q, query_ask_fn *ask, void *ctx);
/* Of the part below a node. */
enum query_answer query_eval_at(const struct query *q, size_t root, query_ask_fn *ask, void *ctx);

/* --- the table --- */

enum query_takes {
	TAKES_NOTHING,
	TAKES_WORD,
	TAKES_SIZE,
	TAKES_DATE,
	TAKES_COUNT,
	TAKES_QUERY,
	TAKES_NO_QUERY
};

struct query_row {
	const char *name; /* of "name:word", or of "is:name" where nothing is taken; NULL: none */
	char letter;      /* of mutt's pattern; 0: none */
	enum query_takes takes;
	enum query_field field;
	uint32_t set, clear;
	/* N_(). The first stands in sentences: "the subject" contains something, "the size" is
	 * something, it is "unread". */
	const char *what;
	const char *note;   /* more of it, or NULL; TAKES_NO_QUERY: what would be right instead */
	const char *header; /* QUERY_FIELD, QUERY_LIST: the field's name; NULL: as typed */
};
const struct query_row *query_rows(size_t *n);
void query_row_help(const struct query_row *row, struct str *out); /* translated */

/* --- query_range.c --- */

/* "10K-1M", ">10K", "<1M", "10K-", "-1M", "4711": octets. False: it is none of these. */
bool query_size(const char *text, int64_t *from, int64_t *to);
/* "2026-11-30", "2026-11", "2026", "20261130", "30/11/2026", "30/11", "today", "yesterday",
 * "monday" (the last one), "this week", "last month", each a day, a week, a month or year; two with
 * ".." or
 * "-" between them, or one with it on one side; "<" (before) and ">" (after) in front of one;
 * mutt's margins behind one ("-3d" before it, "+3d" after it, "*3d" both); "<2d" (younger), ">2w"
 * (older),
 * "=2d" (on the day that long ago). */
bool query_date(const char *text, time_t now, int64_t *from, int64_t *to);

#endif
