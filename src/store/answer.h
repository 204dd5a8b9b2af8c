/*
 * answer - the end of each request: the only place from which its final event goes out.
 *
 * Owns:    a request that it is given: whoever has one gets rid of it by answering it, in no other
 *          way. So each gets exactly one final event; of the kinds that get none (request.h
 *          says which) only the end.
 * Threads: disk thread only.
 * Errors:  a request that is freed without an answer fails, for somebody waits for it; one that is
 *          still owed an answer when everything was ended is only logged. Both are a fault of the
 *          program, and end it where assert is on.
 */
#ifndef STORE_ANSWER_H
#define STORE_ANSWER_H

#include "store/store.h"

/* What runs a request says so when somebody else has it, who will answer it or has done so. */
enum { REQUEST_TAKEN = 1 };

void answer_owed(struct store *s, struct store_request *r); /* it has come */
/* STORE_DONE; text: what a person reads, or NULL. */
void answer_done(struct store *s, struct store_request *r, const char *text);
void answer_failed(struct store *s, struct store_request *r, const struct err *err);
/* With an event that is final for it; kept, too. */
void answer_with(struct store *s, struct store_request *r, struct store_event *ev);
void answer_end(const struct store *s); /* nothing is open any more */

#endif
