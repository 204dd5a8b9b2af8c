/*
 * syncall - REQUEST_SYNC: all that an account has is synchronised once, and whoever asked is
 * answered when nothing of it is under way any more. Those who ask meanwhile have their turn after
 * that: they want to know what is there now, which the one under way may have missed.
 *
 * Owns:    what waits.
 * Threads: the disk thread.
 * Errors:  the first that concerns all of it is the answer.
 */
#ifndef STORE_SYNCALL_H
#define STORE_SYNCALL_H

#include "base/err.h"

#include <stdbool.h>

struct account;
struct store;
struct store_request;

/* The account is online. */
void syncall_ask(struct account *a, struct store_request *request); /* keeps it */
bool syncall_runs(const struct account *a);
/* The list of folders that was asked for with this request is here, or (why) will not come. */
bool syncall_awaits_list(const struct account *a);
void syncall_listed(struct account *a, unsigned request, const struct err *why);
/* Something of it failed: the answer, when all is through. */
void syncall_failed(struct account *a, const struct err *why);
/* Nothing more of it is to be waited for but what is under way. */
void syncall_give_up(struct account *a, const struct err *why);
/* Nobody waits for that one any more. */
void syncall_cancel(struct store *s, unsigned request);
/* All of them are answered so: the account goes offline. */
void syncall_drop(struct account *a, const struct err *why);
/* Answers when nothing is under way. The loop asks after account_settles. */
void syncall_settle(struct account *a);

#endif
