/*
 * Two processes write to one cache and compact it, a third one reads, and the writers are killed
 * and started again. Every acknowledged change must be there, and a reader never goes back.
 */
#include "base/clock.h"
#include "base/file.h"
#include "store/disk/cache.h"
#include "tests/unit/cachemodel.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 100 };

static struct shared {
	volatile uint64_t acked[2], compactions, failures, wrong, refreshes, busy;
	volatile int no_locks, stop;
} * shared;

int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);

/* The control: every lock is granted. */
int __wrap_flock(int fd, int how)
{
	return shared && shared->no_locks ? 0 : __real_flock(fd, how);
}

/* Change j of writer w: message j % SLOTS of its own gets version j + 1. */
static int change(struct cache *c, uint64_t w, uint64_t j, struct err *err)
{
	uint32_t uid = (uint32_t)(2 * (j % SLOTS) + 1 + w);
	struct summary s;
	struct model_text t;

	model_summary(&s, &t, uid, (uint32_t)j + 1, 0, "");
	s.sent = (uint32_t)j + 1;
	return cache_add(c, &s, 1, err);
}

static void failed(const char *what, const struct err *err)
{
	if (!shared->no_locks)
		fprintf(stderr, "# %s: %s\n", what, err->text); /* children end by _exit */
	shared->failures++;
}

static void write_forever(const char *dir, uint64_t w, uint64_t dice)
{
	struct err err = {0};
	struct cache *c;
	int rc;

	if (cache_open(&c, dir, "F", NULL, &err) != 0) {
		failed("open", &err);
		_exit(1);
	}
	harness_kill_me(1000 + model_mix(dice) % 30000);
	for (uint64_t j = shared->acked[w];; j++) {
		/* On a disk that is slow to sync the lock may be held for longer than a writer
		 * waits (cache.h: ERR_BUSY): nothing was written then, and it is tried again. */
		while ((rc = change(c, w, j, &err)) != 0 && err.kind == ERR_BUSY)
			shared->busy++;
		if (rc != 0) {
			failed("add", &err);
			_exit(1);
		}
		shared->acked[w] = j + 1;
		if (j % 50 == 20 * w) {
			struct cache *next = NULL;

			if (cache_compact_aside(dir, "F", NULL, w ? &next : NULL, &err) == 0)
				shared->compactions++;
			else if (err.kind != ERR_BUSY)
				failed("compact", &err);
			if (next && cache_adopt(c, next, &err) < 0)
				failed("adopt", &err);
			cache_free(next);
		}
	}
}

/* The version of writer w's message k after n changes; 0: none yet. */
static uint64_t version_after(uint64_t n, uint64_t k)
{
	return n > k ? (n - 1 - k) / SLOTS * SLOTS + k + 1 : 0;
}

static bool row_right(struct cache *c, uint32_t uid, uint64_t least, uint64_t *seen)
{
	struct summary s, want;
	struct model_text t;

	if (cache_get(c, uid, &s) != 0)
		return least == 0 && *seen == 0;
	model_summary(&want, &t, uid, s.sent, 0, "");
	if (s.sent < least || s.sent < *seen || strcmp(s.subject, want.subject) != 0)
		return false;
	*seen = s.sent;
	return true;
}

static void check(struct cache *c, const uint64_t acked[2], uint64_t seen[2][SLOTS])
{
	for (uint64_t w = 0; w < 2; w++)
		for (uint64_t k = 0; k < SLOTS; k++)
			if (!row_right(c, (uint32_t)(2 * k + 1 + w), version_after(acked[w], k),
				    &seen[w][k]))
				shared->wrong++;
}

static void read_forever(const char *dir)
{
	static uint64_t seen[2][SLOTS];
	struct err err = {0};
	struct cache *c;

	if (cache_open(&c, dir, "F", NULL, &err) != 0) {
		failed("reader", &err);
		_exit(1);
	}
	while (!shared->stop) {
		uint64_t acked[2] = {shared->acked[0], shared->acked[1]};

		if (cache_refresh(c, &err) < 0)
			failed("refresh", &err);
		check(c, acked, seen);
		shared->refreshes++;
	}
	_exit(0);
}

static pid_t start(const char *dir, int who, uint64_t dice)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (who == 2)
		read_forever(dir);
	write_forever(dir, (uint64_t)who, dice);
	_exit(0);
}

static void final_check(const char *dir)
{
	static uint64_t seen[2][SLOTS];
	uint64_t acked[2] = {shared->acked[0], shared->acked[1]};
	struct cache *c = NULL;
	struct cache_opened opened;
	struct err err = {0};

	memset(seen, 0, sizeof(seen));
	if (cache_open(&c, dir, "F", &opened, &err) != 0 || opened.rebuilt)
		failed("last open", &err);
	else
		check(c, acked, seen);
	cache_free(c);
}

static bool have_done_enough(void)
{
	return shared->acked[0] > 20 && shared->acked[1] > 20 && shared->refreshes > 10;
}

/* So long, and longer where the machine is busy. */
static bool goes_on(int64_t end)
{
	return clock_ms() < end || (!have_done_enough() && clock_ms() < end + 60000);
}

static size_t run(int64_t milliseconds, bool no_locks)
{
	char *dir = harness_dir();
	pid_t pids[3];
	uint64_t kills = 0;
	int64_t end = clock_ms() + milliseconds;
	bool bad = false;

	memset(shared, 0, sizeof(*shared));
	shared->no_locks = no_locks;
	for (int i = 0; i < 3; i++)
		pids[i] = start(dir, i, (uint64_t)i);
	while (goes_on(end) && !(no_locks && (shared->failures || shared->wrong))) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		for (int i = 0; i < 2; i++)
			if (pid == pids[i])
				pids[i] = start(dir, i, ++kills);
		bad |= pid == pids[2];
		if (bad)
			break;
	}
	shared->stop = 1;
	for (int i = 0; i < 2; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < 3; i++)
		if (!(bad && i == 2))
			waitpid(pids[i], NULL, 0);
	final_check(dir);
	printf("# %llu kills, %llu and %llu changes, %llu compactions, %llu refreshes, "
	       "%llu wrong, %llu failures\n",
		(unsigned long long)kills, (unsigned long long)shared->acked[0],
		(unsigned long long)shared->acked[1], (unsigned long long)shared->compactions,
		(unsigned long long)shared->refreshes, (unsigned long long)shared->wrong,
		(unsigned long long)shared->failures);
	harness_remove(dir);
	free(dir);
	return (size_t)(shared->wrong + shared->failures) + bad;
}

static void test_writers(void **state)
{
	(void)state;
	assert_int_equal(run((int64_t)harness_scale(4000), false), 0);
	assert_true(have_done_enough());
}

static void test_control(void **state)
{
	(void)state;
	assert_true(run(20000, true) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writers),
		cmocka_unit_test(test_control),
	};

	shared = harness_shared(sizeof(*shared));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
