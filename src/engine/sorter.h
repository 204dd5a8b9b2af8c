/*
 * sorter - a large folder on its way to the thread that puts it in order while the screen goes on.
 *
 * Owns:    struct sort_job everything in it. It is a value: a copy of what the order depends on
 * goes there (base/worker), the same job with the order comes back. Threads: any. Errors:  none.
 */
#ifndef ENGINE_SORTER_H
#define ENGINE_SORTER_H

#include "base/worker.h"
#include "engine/order.h"

struct sort_job {
	struct worker_job job; /* its run is sort_job_run */
	unsigned list, number;
	size_t n;
	uint32_t *uid, *parent, *date,
		*key;       /* owned; as struct order_rows; date may be NULL: key */
	struct order order; /* owned; reverse and threads say how */
};
struct sort_job *sort_job_new(void);
void sort_job_run(struct sort_job *job);
void sort_job_free(struct sort_job *job); /* NULL is fine */

#endif
