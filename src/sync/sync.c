#include "sync/sync.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "sync/lane.h"

#include <stdlib.h>

struct sync {
	struct account_settings *account; /* owned */
	struct lane_thread lanes[LANES];
	pthread_t threads[LANES];
};

const struct sync_ops sync_table = {sync_start, sync_cancel, sync_cancel_job, sync_wake, sync_stop};

static const struct driver *const drivers[SERVERS][LANES] = {
	[PROTOCOL_IMAP] = {[LANE_MAIN] = &driver_watch, [LANE_FETCH] = &driver_fetch},
	/* Nothing is asked of a second connection. */
	[PROTOCOL_POP3] = {[LANE_MAIN] = &driver_popbox, [LANE_FETCH] = &driver_popbox},
	[PROTOCOL_SMTP] = {[LANE_SEND] = &driver_submit},
};

static const struct driver *driver_for(const struct sync_account *a, enum lane lane)
{
	if (lane == LANE_SEND)
		return drivers[PROTOCOL_SMTP][LANE_SEND];
	/* Who only looks has no connection that stays. */
	return drivers[a->settings->protocol][a->look_only ? LANE_FETCH : lane];
}

/* libetpan's parser recurses on nested parentheses: this much (virtual) stack carries what the wire
 * filter lets through. */
enum { STACK = 64 << 20 };

struct sync *sync_start(const struct sync_account *account, int index, unsigned generation,
	struct queue *results, struct queue *lanes[LANES])
{
	struct sync *s = mem_alloc(sizeof(*s));

	s->account = account_settings_copy(account->settings);
	for (int i = 0; i < LANES; i++) {
		struct lane_thread *l = &s->lanes[i];

		l->driver = driver_for(account, (enum lane)i);
		l->drivers = drivers;
		l->account = s->account;
		l->check_seconds = account->check_seconds;
		l->index = index;
		l->generation = generation;
		l->lane = (enum lane)i;
		l->jobs = queue_new();
		l->results = results;
		l->cancel = net_cancel_new();
		lanes[i] = l->jobs;
	}
	for (int i = 0; i < LANES; i++)
		if (thread_start(&s->threads[i], STACK, lane_main, &s->lanes[i]) != 0)
			abort(); /* no thread to be had: nothing could ever be synchronised */
	return s;
}

void sync_cancel(struct sync *s)
{
	for (int i = 0; i < LANES; i++) {
		atomic_store(&s->lanes[i].ending, true);
		/* Before the job: a lane that ends undoes it, to say QUIT to its server. */
		net_cancel_now(s->lanes[i].cancel);
		queue_push_front(s->lanes[i].jobs, &job_new(JOB_QUIT)->item);
	}
}

/* The word first: a lane that begins the job now finds it. */
void sync_cancel_job(struct sync *s, enum lane lane, unsigned request)
{
	struct lane_thread *l = &s->lanes[lane];
	struct job *j = job_new(JOB_CANCEL);

	j->cancel.what = request;
	queue_push_front(l->jobs, &j->item);
	net_cancel_hurry(l->cancel, request);
}

void sync_wake(struct sync *s)
{
	for (int i = 0; i < LANES; i++) {
		struct lane_thread *l = &s->lanes[i];

		if (i != LANE_SEND) {
			atomic_store(&l->waking, true);
			net_cancel_now(l->cancel);
		}
		queue_push_front(l->jobs, &job_new(JOB_AWAKE)->item);
	}
}

bool sync_stop(struct sync *s, int wait_ms)
{
	int64_t end = clock_ms() + wait_ms;
	bool all = true;

	if (!s)
		return true;
	for (int i = 0; i < LANES; i++)
		all &= thread_join(s->threads[i], end);
	if (!all)
		return false; /* a thread that hangs (in a library, say) still uses this memory:
			       * leave it
			       */
	for (int i = 0; i < LANES; i++) {
		queue_free(s->lanes[i].jobs, job_free_item);
		net_cancel_unref(s->lanes[i].cancel);
		mem_free_secret(s->lanes[i].password);
	}
	account_settings_free(s->account);
	free(s);
	return true;
}
