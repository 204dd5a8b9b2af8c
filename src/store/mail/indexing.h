/*
 * indexing - the index of texts (store/disk/textindex.h) of each account: kept right, and asked.
 *
 * Owns:    an account has one struct indexing. struct asking owns all in it.
 * Threads: disk thread only; the index itself is written and looked into by the threads of
 * rendering.
 * Errors:  what cannot be written is a notice, and tried again later. What the index cannot tell,
 * the texts themselves do.
 *
 * Every text that is here is indexed, in batches, by the clock: folders that are open first, then,
 * when the program has been running for a while, the others. A running copy that follows another
 * leaves that to it.
 */
#ifndef STORE_INDEXING_H
#define STORE_INDEXING_H

#include "store/mail/rendering.h"

#include <stdatomic.h>

struct account;
struct err;
struct folder;
struct indexing;
struct query;
struct str;
struct textindex_answers;

struct indexing *indexing_new(const struct account *a);
void indexing_free(struct indexing *x); /* NULL is fine */
void indexing_tick(struct account *a, int64_t now);
/* It does not keep the folder open any more, if it does. */
void indexing_leave(struct folder *f);
/* REQUEST_REINDEX: all of it anew. */
int indexing_anew(struct account *a, struct store_request *r, struct str *said, struct err *err);

/* What the index says of the messages of a folder and each term of a query. Whoever asks embeds
 * this struct at its front, with job.drop (which calls asking_done) and back. */
struct asking {
	struct rendering rendering;
	const struct query *query;         /* stays until it is dropped */
	const atomic_bool *stop;           /* the same; nobody waits for it */
	struct textindex_answers *answers; /* owned; when it comes back; NULL: it says nothing */
	char *path, *folder;               /* owned; rest of it is indexing.c's */
	uint32_t uidvalidity;
	struct account *account;
	bool damaged;
};

/* False: there is nothing to ask. The folder is open. */
bool asking_give(struct asking *x, struct folder *f);
void asking_done(struct asking *x);

#endif
