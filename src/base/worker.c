#include "base/worker.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"

#include <stdlib.h>

struct worker {
	pthread_t thread;
	bool running;
	struct queue *jobs;
	void (*done)(void *ctx, struct worker_job *j);
	void *ctx;
};

static void do_job(struct worker *w, struct worker_job *j)
{
	if (!atomic_load(&j->unwanted))
		j->run(j);
	w->done(w->ctx, j);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		struct worker_job *j = (struct worker_job *)queue_wait(w->jobs, -1);

		if (!j)
			continue;
		if (!j->run) { /* the end */
			free(j);
			return NULL;
		}
		do_job(w, j);
	}
}

struct worker *worker_new(void (*done)(void *ctx, struct worker_job *j), void *ctx)
{
	struct worker *w = mem_alloc(sizeof(*w));

	w->jobs = queue_new();
	w->done = done;
	w->ctx = ctx;
	return w;
}

void worker_give(struct worker *w, struct worker_job *j)
{
	if (!w->running)
		w->running = thread_start(&w->thread, 0, work, w) == 0;
	if (w->running)
		queue_push(w->jobs, &j->item);
	else
		do_job(w, j);
}

static void drop_item(struct queue_item *item)
{
	struct worker_job *j = (struct worker_job *)item;

	j->drop(j);
}

bool worker_free(struct worker *w, int wait_ms)
{
	if (!w)
		return true;
	if (w->running) {
		struct worker_job *end = mem_alloc(sizeof(*end));

		queue_push_front(w->jobs, &end->item);
		if (!thread_join(w->thread, clock_ms() + wait_ms))
			return false;
	}
	queue_free(w->jobs, drop_item);
	free(w);
	return true;
}
