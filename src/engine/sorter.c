#include "engine/sorter.h"

#include "base/mem.h"
#include "base/thread.h"

#include <stdlib.h>

struct sorter {
	pthread_t thread;
	struct queue *jobs;
	void (*done)(void *ctx, struct sort_job *job);
	void *ctx;
};

void sort_job_run(struct sort_job *job)
{
	order_build(&job->order, &(struct order_rows){job->n, job->uid, job->parent,
					 job->date ? job->date : job->key, job->key});
}

void sort_job_free(struct sort_job *job)
{
	if (!job)
		return;
	free(job->uid);
	free(job->parent);
	free(job->date);
	free(job->key);
	order_done(&job->order);
	free(job);
}

static void free_item(struct queue_item *item)
{
	sort_job_free((struct sort_job *)item);
}

static void *run(void *arg)
{
	struct sorter *s = arg;

	for (;;) {
		struct sort_job *job = (struct sort_job *)queue_wait(s->jobs, -1);

		/* one without a list ends the thread */
		if (job && !job->list) {
			sort_job_free(job);
			return NULL;
		}
		if (!job)
			continue;
		sort_job_run(job);
		s->done(s->ctx, job);
	}
}

struct sorter *sorter_new(void (*done)(void *ctx, struct sort_job *job), void *ctx)
{
	struct sorter *s = mem_alloc(sizeof(*s));

	s->jobs = queue_new();
	s->done = done;
	s->ctx = ctx;
	if (thread_start(&s->thread, 0, run, s) == 0)
		return s;
	queue_free(s->jobs, NULL);
	free(s);
	return NULL;
}

void sorter_give(struct sorter *s, struct sort_job *job)
{
	queue_push(s->jobs, &job->item);
}

void sorter_free(struct sorter *s)
{
	if (!s)
		return;
	queue_push_front(s->jobs, &((struct sort_job *)mem_alloc(sizeof(struct sort_job)))->item);
	pthread_join(s->thread, NULL);
	queue_free(s->jobs, free_item);
	free(s);
}
