/*
 * A process that changes and compacts a cache is killed at any moment; the next one must find every
 * change that was acknowledged, and at most the one in flight besides.
 */
#include "base/file.h"
#include "base/mem.h"
#include "store/disk/cache.h"
#include "tests/unit/cachemodel.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEED = 11, COMPACT_EVERY = 20 };

struct shared {
	volatile uint64_t acked, compactions;
};

struct result {
	size_t kills, lost, unreadable;
};

/* The control: the log is written over in place after each change, as a careless program would. */
static void write_in_place(const char *dir)
{
	char *path = file_join(dir, "headers.wal");
	struct str all = STR_INIT;
	int fd;

	if (file_read(path, 64 << 20, &all, NULL) != 0)
		_exit(1);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	for (size_t i = 0; fd >= 0 && i < all.len; i += 256)
		if (write(fd, all.p + i, all.len - i < 256 ? all.len - i : 256) < 0)
			_exit(1);
	close(fd);
	free(path);
	str_done(&all);
}

/* In place, or as the compactor does it: with the next cache handed over. */
static int compact(const char *dir, struct cache *c, bool aside, struct err *err)
{
	struct cache *next = NULL;
	int rc;

	if (!aside)
		return cache_compact(dir, "F", err) == 0 && cache_refresh(c, err) >= 0 ? 0 : -1;
	if (cache_compact_aside(dir, "F", NULL, &next, err) != 0 || !next)
		return -1;
	rc = cache_adopt(c, next, err);
	cache_free(next);
	return rc;
}

static void work(const char *dir, struct shared *s, struct model *m, uint64_t at, bool careless,
	uint64_t dice)
{
	struct err err = {0};
	struct cache *c;

	/* every fourth may die while it opens */
	if (dice % 4 == 0)
		harness_kill_me(dice % 2000);
	if (cache_open(&c, dir, "F", NULL, &err) != 0)
		_exit(2);
	if (dice % 4 != 0)
		harness_kill_me(dice % 6000);
	for (uint64_t i = at;; i++) {
		if (model_step(m, c, SEED, i, &err) != 0)
			_exit(2);
		s->acked = i + 1;
		if (careless)
			write_in_place(dir);
		else if (i % COMPACT_EVERY == COMPACT_EVERY - 1) {
			if (compact(dir, c, s->compactions % 2, &err) != 0)
				_exit(2);
			s->compactions++;
		}
	}
}

/* Steps m to where the cache is: the acknowledged state or one further. */
static bool verify(const char *dir, struct model *m, uint64_t *at, uint64_t acked)
{
	struct cache_opened opened;
	struct cache *c;
	uint64_t print;

	while (*at < acked)
		model_step(m, NULL, SEED, (*at)++, NULL);
	if (cache_open(&c, dir, "F", &opened, NULL) != 0)
		return false;
	print = model_print_cache(c);
	cache_free(c);
	if (opened.rebuilt)
		return false;
	if (print == model_print(m))
		return true;
	model_step(m, NULL, SEED, (*at)++, NULL);
	return print == model_print(m);
}

static struct result run(size_t kills, bool careless)
{
	struct shared *s = harness_shared(sizeof(*s));
	struct result r = {0};
	struct model m = {0};
	char *dir = harness_dir();
	uint64_t at = 0;

	s->acked = s->compactions = 0;
	while (r.kills < kills && !r.lost && !r.unreadable) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			work(dir, s, &m, at, careless, model_mix(r.kills));
		}
		assert_true(pid > 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		r.kills++;
		if (!WIFSIGNALED(status))
			r.unreadable++;
		else if (!verify(dir, &m, &at, s->acked > at ? s->acked : at))
			r.lost++;
	}
	printf("# %zu kills, %llu changes, %llu compactions\n", r.kills, (unsigned long long)at,
		(unsigned long long)s->compactions);
	harness_remove(dir);
	free(dir);
	model_done(&m);
	return r;
}

static void test_kill(void **state)
{
	size_t kills = harness_scale(600);
	struct result r = run(kills, false);

	(void)state;
	assert_int_equal(r.lost, 0);
	assert_int_equal(r.unreadable, 0);
	assert_int_equal(r.kills, kills);
}

static void test_control(void **state)
{
	struct result r = run(300, true);

	(void)state;
	assert_true(r.lost + r.unreadable > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
