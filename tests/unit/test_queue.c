#include "base/clock.h"
#include "base/mem.h"
#include "base/queue.h"
#include "tests/check.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct thing {
	struct queue_item item;
	int from, number;
};

static struct queue_item *thing(int from, int number)
{
	struct thing *t = mem_alloc(sizeof(*t));

	t->from = from;
	t->number = number;
	return &t->item;
}

static int number_of(struct queue_item *item)
{
	int n = item ? ((struct thing *)item)->number : -1;

	free(item);
	return n;
}

static void free_thing(struct queue_item *item)
{
	free(item);
}

static bool readable(const struct queue *q)
{
	struct pollfd p = {.fd = queue_fd(q), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void test_order(void **state)
{
	struct queue *q = queue_new();

	assert_null(queue_pop(q));
	queue_push(q, thing(0, 1));
	queue_push(q, thing(0, 2));
	queue_push_front(q, thing(0, 0));
	assert_int_equal(queue_len(q), 3);
	assert_int_equal(number_of(queue_pop(q)), 0);
	assert_int_equal(number_of(queue_pop(q)), 1);
	assert_int_equal(number_of(queue_pop(q)), 2);
	assert_null(queue_pop(q));
	queue_push_front(q, thing(0, 8)); /* the last item again: tail must be right */
	queue_push(q, thing(0, 9));
	assert_int_equal(number_of(queue_pop(q)), 8);
	queue_free(q, free_thing);
	queue_free(NULL, NULL);
}

static void test_fd(void **state)
{
	struct queue *q = queue_new();

	assert_false(readable(q));
	queue_push(q, thing(0, 1));
	queue_push(q, thing(0, 2));
	assert_true(readable(q));
	number_of(queue_pop(q));
	assert_true(readable(q));
	number_of(queue_pop(q));
	assert_false(readable(q));
	queue_wake(q);
	assert_true(readable(q));
	assert_null(queue_pop(q));
	assert_false(readable(q));
	queue_free(q, NULL);
}

static void test_wait_ends(void **state)
{
	struct queue *q = queue_new();
	int64_t start = clock_ms();

	assert_null(queue_wait(q, 0));
	assert_null(queue_wait(q, 30));
	assert_true(clock_ms() - start >= 30);
	queue_wake(q);
	assert_null(queue_wait(q, 10)); /* a wake is no item */
	queue_push(q, thing(0, 5));
	assert_int_equal(number_of(queue_wait(q, -1)), 5);
	queue_free(q, NULL);
}

enum { WRITERS = 4, READERS = 3, EACH = 5000 };

struct shared {
	struct queue *q;
	atomic_int taken;
	atomic_int seen[WRITERS][EACH];
	int from;
};

struct writer {
	struct shared *shared;
	int from;
};

static void *write_many(void *arg)
{
	struct writer *w = arg;

	for (int i = 0; i < EACH; i++)
		if (i % 7 == 3)
			queue_push_front(w->shared->q, thing(w->from, i));
		else
			queue_push(w->shared->q, thing(w->from, i));
	return NULL;
}

static void *read_many(void *arg)
{
	struct shared *s = arg;

	for (;;) {
		struct thing *t = (struct thing *)queue_wait(s->q, -1);
		bool stop = t->from < 0;

		if (!stop) {
			atomic_fetch_add(&s->seen[t->from][t->number], 1);
			atomic_fetch_add(&s->taken, 1);
		}
		free(t);
		if (stop)
			return NULL;
	}
}

static void test_threads(void **state)
{
	struct shared *s = mem_alloc(sizeof(*s));
	struct writer w[WRITERS];
	pthread_t writers[WRITERS], readers[READERS];

	s->q = queue_new();
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_many, s), 0);
	for (int i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){s, i};
		assert_int_equal(pthread_create(&writers[i], NULL, write_many, &w[i]), 0);
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	for (int i = 0; i < READERS; i++)
		queue_push(s->q, thing(-1, 0));
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(atomic_load(&s->taken), WRITERS * EACH);
	for (int i = 0; i < WRITERS; i++)
		for (int k = 0; k < EACH; k++)
			assert_int_equal(atomic_load(&s->seen[i][k]), 1);
	assert_int_equal(queue_len(s->q), 0);
	assert_false(readable(s->q));
	queue_free(s->q, NULL);
	free(s);
}

/* One writer, one reader: the order is kept. */
static void test_order_across(void **state)
{
	struct queue *q = queue_new();
	struct shared *s = mem_alloc(sizeof(*s));
	struct writer w = {s, 0};
	pthread_t t;
	int before = -1;

	s->q = q;
	pthread_create(&t, NULL, write_many, &w);
	for (int i = 0; i < EACH; i++) {
		int n = number_of(queue_wait(q, -1));

		if (n % 7 == 3)
			continue; /* pushed to the front */
		assert_true(n > before);
		before = n;
	}
	pthread_join(t, NULL);
	queue_free(q, NULL);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_fd),
		cmocka_unit_test(test_wait_ends),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_order_across),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
