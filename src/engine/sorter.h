/*
 * sorter - a thread that puts large folders in order while the screen goes on.
 *
 * Owns:    a job on its way. A job is a value: a copy of what the order depends on goes there, the
 * same job with the order comes back. Threads: sorter_* belong to the UI thread. Errors:  none.
 */
#ifndef ENGINE_SORTER_H
#define ENGINE_SORTER_H

#include "base/queue.h"
#include "engine/order.h"

struct sort_job {
	struct queue_item item;
	unsigned list, number;
	size_t n;
	uint32_t *uid, *parent, *date,
		*key;       /* owned; as struct order_rows; date may be NULL: key */
	struct order order; /* owned; reverse and threads say how */
};
void sort_job_run(struct sort_job *job);
void sort_job_free(struct sort_job *job);

struct sorter;

/* done gets each job back, on the sorter's thread. */
struct sorter *sorter_new(void (*done)(void *ctx, struct sort_job *job), void *ctx);
void sorter_give(struct sorter *s, struct sort_job *job); /* keeps it */
void sorter_free(struct sorter *s); /* waits for the one at hand; NULL is fine */

#endif
