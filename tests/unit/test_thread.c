/* Threads that are waited for, but not for ever. */

#include "base/clock.h"
#include "base/thread.h"
#include "tests/check.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

struct work {
	int fd; /* ends when it can be read */
	bool blocked;
	size_t stack;
};

static void *run(void *arg)
{
	struct work *w = arg;
	struct pollfd pfd = {.fd = w->fd, .events = POLLIN};
	pthread_attr_t attr;
	sigset_t set;

	pthread_sigmask(SIG_SETMASK, NULL, &set);
	w->blocked = sigismember(&set, SIGWINCH) && sigismember(&set, SIGTERM);
	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstacksize(&attr, &w->stack);
	pthread_attr_destroy(&attr);
	poll(&pfd, 1, 60000);
	return NULL;
}

static void test_joins(void **state)
{
	struct work w = {0};
	pthread_t thread;
	sigset_t set;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	w.fd = ends[0];
	assert_int_equal(thread_start(&thread, 8 << 20, run, &w), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	assert_false(sigismember(&set, SIGTERM));
	close(ends[1]);
	assert_true(thread_join(thread, clock_ms() + 60000));
	assert_true(w.blocked);
	assert_true(w.stack >= 8 << 20);
	assert_false(thread_left());
	close(ends[0]);
}

static void test_leaves(void **state)
{
	static struct work w; /* for the rest of the process */
	pthread_t thread;
	int64_t begin = clock_ms();
	static int ends[2];

	assert_int_equal(pipe(ends), 0);
	w.fd = ends[0];
	assert_int_equal(thread_start(&thread, 0, run, &w), 0);
	assert_false(thread_join(thread, begin + 20));
	assert_true(clock_ms() >= begin + 19);
	assert_true(thread_left());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joins),
		cmocka_unit_test(test_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
