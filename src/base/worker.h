/*
 * worker - a thread of its own for what takes long: jobs go there, and come back done, in order.
 *
 * Owns:    a job on its way. A job is a value: all that it needs is in it.
 * Threads: worker_* belong to the thread that made the worker; run and done are called on the
 * worker's.
 * Errors:  none: where there is no thread to be had, a job is done at once, and the caller waits.
 */
#ifndef BASE_WORKER_H
#define BASE_WORKER_H

#include "base/queue.h"

#include <stdatomic.h>
#include <stdbool.h>

/* At the front of what is to be done. */
struct worker_job {
	struct queue_item item;
	void (*run)(struct worker_job *j);
	void (*drop)(struct worker_job *j); /* frees it: the worker ends before its turn came */
	/* Whoever gave it may set it any time: it comes back as it is when it has not begun. */
	atomic_bool unwanted;
};

struct worker;

/* done gets each job back. The thread is made with the first job: most runs need none. */
struct worker *worker_new(void (*done)(void *ctx, struct worker_job *j), void *ctx);
void worker_give(struct worker *w, struct worker_job *j); /* keeps it until done */
/* Waits for the job at hand, but not longer than wait_ms; false: it still runs, and what it and
 * done use must never be freed. NULL is fine. */
bool worker_free(struct worker *w, int wait_ms);

#endif
