/*
 * sync - the connections of an account: one thread each, fed with jobs, answering with results
 * (store/job.h).
 *
 * Owns:    its threads, their sockets and job queues.
 * Threads: all are called by one thread (the disk thread, through
 * sync_table). Errors:  in results.
 */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "store/job.h"

struct sync *sync_start(const struct sync_account *account, int index, unsigned generation,
	struct queue *results, struct queue *lanes[LANES]);
void sync_cancel(struct sync *s);
void sync_cancel_job(struct sync *s, enum lane lane, unsigned request);
void sync_wake(struct sync *s);
bool sync_stop(struct sync *s, int wait_ms);

extern const struct sync_ops sync_table; /* all of them, for store_new */

#endif
