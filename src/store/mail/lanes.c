/* The connections of an account, as those see them who have something to ask of them. */
#include "store/mail/lanes.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/store_priv.h"

#include <stdlib.h>

enum { BY_MAIN_MS = 10 * 60 * 1000 };

struct lanes {
	struct sync *sync;           /* what runs, or NULL */
	struct queue *queues[LANES]; /* borrowed from sync */
	bool elsewhere;              /* another running copy has the connections */
	enum sync_state state;       /* of the main lane, and why */
	struct err err;
	size_t retry_ms;
	int64_t by_main; /* clock_ms: until then no second connection is tried for reading */
};

struct lanes *lanes_new(void)
{
	return mem_alloc(sizeof(struct lanes));
}

void lanes_free(struct lanes *l)
{
	free(l);
}

bool lanes_are_open(const struct account *a)
{
	return a->lanes && a->lanes->sync;
}

bool lanes_are_online(const struct account *a)
{
	return lanes_are_open(a) && a->lanes->state == SYNC_ONLINE;
}

bool lanes_are_elsewhere(const struct account *a)
{
	return a->lanes && a->lanes->elsewhere;
}

enum sync_state lanes_state(const struct account *a)
{
	return a->lanes->state;
}

void lanes_post(struct account *a, enum lane lane, struct job *j)
{
	if (lanes_are_open(a))
		queue_push(a->lanes->queues[lane], &j->item);
	else
		job_free(j);
}

void lanes_post_first(struct account *a, enum lane lane, struct job *j)
{
	if (lanes_are_open(a))
		queue_push_front(a->lanes->queues[lane], &j->item);
	else
		job_free(j);
}

void lanes_cancel_job(struct account *a, enum lane lane, unsigned job)
{
	if (lanes_are_open(a))
		a->store->ops.cancel_job(a->lanes->sync, lane, job);
}

enum lane lanes_reading(const struct account *a)
{
	return a->lanes && clock_ms() < a->lanes->by_main ? LANE_MAIN : LANE_FETCH;
}

void lanes_read_by_main(struct account *a)
{
	a->lanes->by_main = clock_ms() + BY_MAIN_MS;
}

void lanes_tell(struct account *a)
{
	struct store_event *ev = store_event_new(STORE_STATE);

	ev->account = a->index;
	ev->state.state = lanes_are_open(a) ? a->lanes->state : SYNC_OFFLINE;
	ev->state.err = a->lanes->err;
	if (a->trouble.kind != ERR_NONE) {
		ev->state.state = SYNC_FAILED;
		ev->state.err = a->trouble;
	}
	ev->state.retry_ms = a->lanes->retry_ms;
	ev->state.following = a->lanes->elsewhere;
	ev->state.protocol = a->setup->settings->protocol;
	store_emit(a->store, ev);
}

void lanes_open(struct account *a, const struct sync_account *with, unsigned generation)
{
	struct lanes *l = a->lanes;

	l->state = SYNC_CONNECTING;
	l->err = (struct err){0};
	l->sync = a->store->ops.start(with, a->index, generation, a->store->results, l->queues);
}

void lanes_cancel(struct account *a)
{
	if (lanes_are_open(a))
		a->store->ops.cancel(a->lanes->sync);
}

void lanes_wake(struct account *a)
{
	if (lanes_are_open(a))
		a->store->ops.wake(a->lanes->sync);
}

void lanes_close(struct account *a, int wait_ms)
{
	struct lanes *l = a->lanes;

	if (l->sync && !a->store->ops.stop(l->sync, wait_ms))
		a->store->results_in_use = true;
	l->sync = NULL;
	l->state = SYNC_OFFLINE;
}

void lanes_set_elsewhere(struct account *a, bool elsewhere)
{
	a->lanes->elsewhere = elsewhere;
}

void lanes_heard(struct account *a, const struct result *r)
{
	a->lanes->state = r->state.state;
	a->lanes->err = r->err;
	a->lanes->retry_ms = r->state.retry_ms;
}

void lanes_rest(struct account *a, size_t retry_ms)
{
	a->lanes->state = SYNC_WAITING;
	a->lanes->retry_ms = retry_ms;
}
