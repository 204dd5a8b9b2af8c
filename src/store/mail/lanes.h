/*
 * lanes - the connections of an account, for those who have something to ask of them: whether there
 * are any, what was heard of the main one, and the queues to them. Who may have connections and
 * when is decided in links.c, which starts and ends them here.
 *
 * Owns:    struct lanes, one an account that has files; NULL (of an account that is one folder) is
 *          an account without connections. A job that is posted is taken over, and freed where
 *          there is no connection.
 * Threads: disk thread only; jobs cross to the connections' threads.
 * Errors:  none of its own: those of the main lane are kept for the engine.
 */
#ifndef STORE_LANES_H
#define STORE_LANES_H

#include "base/err.h"
#include "store/job.h"

#include <stdbool.h>
#include <stddef.h>

struct account;
struct lanes;
struct sync_account;

struct lanes *lanes_new(void);
void lanes_free(struct lanes *l); /* they were ended */

/* --- for who asks --- */
bool lanes_are_open(const struct account *a); /* there are connections, or they are tried */
bool lanes_are_online(const struct account *a);
bool lanes_are_elsewhere(const struct account *a);    /* another running copy has them */
enum sync_state lanes_state(const struct account *a); /* of the main lane */
void lanes_post(struct account *a, enum lane lane, struct job *j);
void lanes_post_first(struct account *a, enum lane lane, struct job *j); /* before what waits */
/* Nobody waits for the job with this number any more. */
void lanes_cancel_job(struct account *a, enum lane lane, unsigned job);
/* Where a message is asked for: the main lane, while the server takes no other. */
enum lane lanes_reading(const struct account *a);
void lanes_read_by_main(struct account *a); /* it takes none just now: for some minutes */
void lanes_tell(struct account *a);         /* their state, or the account's trouble: STORE_STATE */

/* --- for who starts and ends them --- */
void lanes_open(struct account *a, const struct sync_account *with, unsigned generation);
void lanes_cancel(struct account *a); /* asks them to end */
void lanes_wake(struct account *a);   /* a connection may be dead without a word */
void lanes_close(struct account *a, int wait_ms);
void lanes_set_elsewhere(struct account *a, bool elsewhere);
void lanes_heard(struct account *a, const struct result *r); /* the main lane has another state */
void lanes_rest(struct account *a, size_t retry_ms); /* it is made again when that has passed */

#endif
