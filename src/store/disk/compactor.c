#include "store/disk/compactor.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { STACK = 1 << 20 };

struct job {
	struct queue_item item;
	unsigned id; /* 0: the end */
	char *dir, *folder;
	struct cache *old; /* to be freed, no more */
};

struct compactor {
	struct queue *jobs, *results;
	atomic_bool stop; /* the one thing both sides look at: a build ends with its next page */
	pthread_t thread;
	bool running;
	unsigned last_id, waiting;
};

static void job_free(struct queue_item *item)
{
	struct job *j = (struct job *)item;

	cache_free(j->old);
	free(j->dir);
	free(j->folder);
	free(j);
}

void compacted_free(struct compacted *r)
{
	if (!r)
		return;
	cache_free(r->next);
	free(r);
}

static void compacted_free_item(struct queue_item *item)
{
	compacted_free((struct compacted *)item);
}

static void *worker(void *arg)
{
	struct compactor *c = arg;

	for (;;) {
		struct job *j = (struct job *)queue_wait(c->jobs, -1);
		struct compacted *r;
		bool end;

		if (!j)
			continue;
		end = !j->id && !j->old;
		if (!j->id) {
			job_free(&j->item);
			if (end)
				return NULL;
			continue;
		}
		r = mem_alloc(sizeof(*r));
		r->id = j->id;
		cache_compact_aside(j->dir, j->folder, &c->stop, &r->next, &r->err);
		job_free(&j->item);
		queue_push(c->results, &r->item);
	}
}

struct compactor *compactor_new(void)
{
	struct compactor *c = mem_alloc(sizeof(*c));

	c->jobs = queue_new();
	c->results = queue_new();
	atomic_init(&c->stop, false);
	return c;
}

/* Most runs of the program never need it. */
static void start(struct compactor *c)
{
	if (!c->running)
		c->running = thread_start(&c->thread, STACK, worker, c) == 0;
}

void compactor_free(struct compactor *c, int wait_ms)
{
	if (!c)
		return;
	atomic_store(&c->stop, true);
	if (c->running) {
		struct job *end = mem_alloc(sizeof(*end));

		queue_push_front(c->jobs, &end->item);
		if (!thread_join(c->thread, clock_ms() + wait_ms))
			return; /* it still uses all this */
	}
	queue_free(c->jobs, job_free);
	queue_free(c->results, compacted_free_item);
	free(c);
}

int compactor_fd(const struct compactor *c)
{
	return queue_fd(c->results);
}

unsigned compactor_post(struct compactor *c, const char *dir, const char *folder_name)
{
	struct job *j;

	start(c);
	if (!c->running)
		return 0;
	j = mem_alloc(sizeof(*j));
	if (!++c->last_id)
		c->last_id = 1;
	j->id = c->last_id;
	j->dir = mem_strdup(dir);
	j->folder = mem_strdup(folder_name);
	c->waiting++;
	queue_push(c->jobs, &j->item);
	return c->last_id;
}

void compactor_give(struct compactor *c, struct cache *old)
{
	struct job *j;

	if (!old || !c->running) {
		cache_free(old);
		return;
	}
	j = mem_alloc(sizeof(*j));
	j->old = old;
	queue_push(c->jobs, &j->item);
}

struct compacted *compactor_take(struct compactor *c, int wait_ms)
{
	struct compacted *r = (struct compacted *)(wait_ms ? queue_wait(c->results, wait_ms)
							   : queue_pop(c->results));

	if (r)
		c->waiting--;
	return r;
}

bool compactor_busy(const struct compactor *c)
{
	return c->waiting > 0;
}
