/* Jobs done on a thread of their own, in order; what nobody wants any more; the end. */

#include "base/mem.h"
#include "base/queue.h"
#include "base/thread.h"
#include "base/worker.h"
#include "tests/check.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { JOBS = 100, WAIT_MS = 60000 };

struct job {
	struct worker_job job;
	int number, fd; /* fd: waits until it can be read; -1: does not */
	int begun;      /* is closed when it has begun; -1: none */
	bool ran;
	pthread_t by;
};

static int dropped;

static void run(struct worker_job *j)
{
	struct job *x = (struct job *)j;
	struct pollfd pfd = {.fd = x->fd, .events = POLLIN};

	x->ran = true;
	x->by = pthread_self();
	if (x->begun >= 0)
		close(x->begun);
	if (x->fd >= 0)
		poll(&pfd, 1, WAIT_MS);
}

static void drop(struct worker_job *j)
{
	dropped++;
	free(j);
}

static struct job *job_new(int number, int fd)
{
	struct job *x = mem_alloc(sizeof(*x));

	x->job.run = run;
	x->job.drop = drop;
	x->number = number;
	x->fd = fd;
	x->begun = -1;
	return x;
}

static void came_back(void *ctx, struct worker_job *j)
{
	queue_push(ctx, &j->item);
}

/* One that is at work now, and waits for the fd. */
static void give_begun(struct worker *w, int fd)
{
	struct job *x = job_new(0, fd);
	struct pollfd begun = {.events = POLLIN};
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	x->begun = ends[1];
	begun.fd = ends[0];
	worker_give(w, &x->job);
	assert_int_equal(poll(&begun, 1, WAIT_MS), 1);
	close(ends[0]);
}

static struct job *take(struct queue *q, int number)
{
	struct job *x = (struct job *)queue_wait(q, WAIT_MS);

	assert_non_null(x);
	assert_int_equal(x->number, number);
	return x;
}

static void test_comes_back_in_order(void **state)
{
	struct queue *back = queue_new();
	struct worker *w = worker_new(came_back, back);
	pthread_t by = 0;

	for (int i = 0; i < JOBS; i++)
		worker_give(w, &job_new(i, -1)->job);
	for (int i = 0; i < JOBS; i++) {
		struct job *x = take(back, i);

		assert_true(x->ran);
		assert_false(pthread_equal(x->by, pthread_self()));
		assert_true(i == 0 || pthread_equal(x->by, by));
		by = x->by;
		free(x);
	}
	assert_true(worker_free(w, WAIT_MS));
	queue_free(back, NULL);
}

static void test_unwanted_is_not_begun(void **state)
{
	struct queue *back = queue_new();
	struct worker *w = worker_new(came_back, back);
	struct job *second = job_new(1, -1), *x;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	worker_give(w, &job_new(0, ends[0])->job);
	worker_give(w, &second->job);
	worker_give(w, &job_new(2, -1)->job);
	atomic_store(&second->job.unwanted, true);
	close(ends[1]);
	for (int i = 0; i < 3; i++) {
		x = take(back, i);
		assert_int_equal(x->ran, i != 1);
		free(x);
	}
	assert_true(worker_free(w, WAIT_MS));
	queue_free(back, NULL);
	close(ends[0]);
}

static void test_end_drops_what_waits(void **state)
{
	struct queue *back = queue_new();
	struct worker *w = worker_new(came_back, back);
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	give_begun(w, ends[0]);
	worker_give(w, &job_new(1, -1)->job);
	worker_give(w, &job_new(2, -1)->job);
	close(ends[1]);
	dropped = 0;
	/* The first may be through before the end is asked for, and others with it: all are
	 * somewhere. */
	assert_true(worker_free(w, WAIT_MS));
	free(take(back, 0));
	for (int i = 1; i + dropped < 3; i++)
		free(take(back, i));
	assert_null(queue_pop(back));
	queue_free(back, NULL);
	close(ends[0]);
}

static void test_unused_ends(void **state)
{
	assert_true(worker_free(NULL, 0));
	assert_true(worker_free(worker_new(came_back, NULL), 0));
}

/* Its thread is left behind for the rest of the process, as what it uses. */
static void test_end_is_not_waited_for_for_ever(void **state)
{
	static struct queue *back;
	static struct worker *w;
	static int ends[2];

	back = queue_new();
	w = worker_new(came_back, back);
	assert_int_equal(pipe(ends), 0);
	give_begun(w, ends[0]);
	assert_false(worker_free(w, 20));
	assert_true(thread_left());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_back_in_order),
		cmocka_unit_test(test_unwanted_is_not_begun),
		cmocka_unit_test(test_end_drops_what_waits),
		cmocka_unit_test(test_unused_ends),
		cmocka_unit_test(test_end_is_not_waited_for_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
