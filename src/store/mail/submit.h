/*
 * submit - mail on its way out: the outbox, one mail after the other, to the relay.
 *
 * Owns:    struct relay, one an account; the files in outbox/.
 * Threads: disk thread only.
 * Errors:  a state of the mail, with its reason; of a request 0 or -1 and a struct err.
 */
#ifndef STORE_SUBMIT_H
#define STORE_SUBMIT_H

#include <stdbool.h>
#include <stdint.h>

struct account;
struct err;
struct relay;
struct result;
struct store_request;
struct str;

void submit_finish(struct account *a); /* what a program that ended had not done yet */
void submit_next(struct account *a);   /* the next mail that is due, unless one is on its way */
/* What waits because an attempt failed is due now: a person asked. Logins that were refused are
 * tried again, too. */
void submit_flush(struct account *a);
/* There is a connection: what waits because there was none is due now. */
void submit_reachable(struct account *a);
struct relay *submit_new(void);
void submit_forget(struct account *a); /* the account ends */
void submit_stop(struct account *a);   /* the connections do */
bool submit_is_sending(const struct account *a);
bool submit_tick(struct account *a, int64_t now); /* true: the outbox was looked at */
void submit_ready(struct account *a, struct result *r);
void submit_answered(struct account *a, struct result *r);
int submit_send(struct account *a, struct store_request *r, struct str *said, struct err *err);
int submit_again(struct account *a, struct store_request *r, struct str *said, struct err *err);
int submit_hold(struct account *a, struct store_request *r, struct str *said, struct err *err);
int submit_drop(struct account *a, struct store_request *r, struct str *said, struct err *err);

#endif
