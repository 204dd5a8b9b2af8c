/*
 * search_server - what only texts tell that are not here, asked of the server: which messages of a
 * folder have the words that a query looks for in texts, term by term.
 *
 * Owns:    struct server_search is whose that asks.
 * Threads: disk thread only.
 * Errors:  kept in it: what could not be asked stays unknown.
 *
 * A server can be asked for words in the text, in the whole message, and in one field of the
 * header; not for expressions, nor for what Talaria makes of a message. How it looks for words is
 * its own affair: most find parts of words, some whole ones only. So that it does not find a
 * message leaves this one out, and is no match of what must not be in it.
 */
#ifndef STORE_SEARCH_SERVER_H
#define STORE_SEARCH_SERVER_H

#include "base/err.h"
#include "store/job.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct folder;
struct look;
struct query;
struct server_search;
struct store;
struct work;

/* About these messages (ascending) of an open folder; w waits until the answers are there. NULL:
 * there is nothing that the server could be asked, or no server. */
struct server_search *server_search_begin(
	struct folder *f, const struct query *q, const uint32_t *uids, size_t n, struct work *w);
bool server_search_runs(const struct server_search *x);
/* Tells what the server said of that message to who looks at it; no: also what it did not find. */
void server_search_tell(const struct server_search *x, uint32_t uid, bool no, struct look *l);
const struct err *server_search_error(const struct server_search *x); /* ERR_NONE: all was asked */
void server_search_free(struct server_search *x); /* gives up what is under way; NULL is fine */

void server_search_take(struct account *a, struct result *r); /* RESULT_FOUND */
/* The connections of the account (NULL: of all) are no more. */
void server_search_stop(struct store *s, const struct account *a, const struct err *why);

/* The key that asks a server for a term; false: none does. */
struct query_term;
struct str;
bool server_search_key(const struct query_term *t, struct str *out);

#endif
