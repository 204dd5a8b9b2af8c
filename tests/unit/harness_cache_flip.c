/*
 * One bit of a base or a log is turned. What the cache then shows must be right: all of it, what
 * was there some changes ago (a log that ends early), or less with the missing part named.
 */
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/disk/cache.h"
#include "tests/unit/cachemodel.h"
#include "tests/unit/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 3, BEFORE = 250, AFTER = 40 };

static bool blind;

uint32_t __real_hash_crc32c(uint32_t seed, const void *p, size_t len);
uint32_t __wrap_hash_crc32c(uint32_t seed, const void *p, size_t len);

/* The control: every checksum fits. */
uint32_t __wrap_hash_crc32c(uint32_t seed, const void *p, size_t len)
{
	return blind ? 0 : __real_hash_crc32c(seed, p, len);
}

struct bed {
	char *dir, *base_path, *log_path;
	struct str base, log;
	struct model model; /* all changes */
	uint64_t prints[AFTER + 1];
};

static void make(struct bed *b)
{
	struct cache *c;
	uint64_t i;

	*b = (struct bed){.dir = harness_dir()};
	b->base_path = file_join(b->dir, "base-1.gdbm");
	b->log_path = file_join(b->dir, "headers.wal");
	assert_int_equal(cache_open(&c, b->dir, "F", NULL, NULL), 0);
	for (i = 0; i < BEFORE; i++)
		assert_int_equal(model_step(&b->model, c, SEED, i, NULL), 0);
	assert_int_equal(cache_compact(b->dir, "F", NULL), 0);
	assert_int_equal(cache_refresh(c, NULL), 1);
	b->prints[0] = model_print(&b->model);
	for (; i < BEFORE + AFTER; i++) {
		assert_int_equal(model_step(&b->model, c, SEED, i, NULL), 0);
		b->prints[i - BEFORE + 1] = model_print(&b->model);
	}
	cache_free(c);
	assert_int_equal(file_read(b->base_path, 64 << 20, &b->base, NULL), 0);
	assert_int_equal(file_read(b->log_path, 64 << 20, &b->log, NULL), 0);
}

static void done(struct bed *b)
{
	harness_remove(b->dir);
	free(b->dir);
	free(b->base_path);
	free(b->log_path);
	str_done(&b->base);
	str_done(&b->log);
	model_done(&b->model);
}

static void put_file(const char *path, const struct str *s)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(s->p, 1, s->len, f), s->len);
	fclose(f);
}

enum verdict { UNTOUCHED, EARLIER, DETECTED, WRONG, VERDICTS };

static bool any_print(const struct bed *b, uint64_t print)
{
	for (size_t i = 0; i < AFTER; i++)
		if (b->prints[i] == print)
			return true;
	return false;
}

/* A damaged page costs its messages and says so. */
static bool explained(struct bed *b, struct cache *c)
{
	uint32_t ranges[64][2];
	size_t missing, n;

	if (!model_covers(&b->model, c, &missing))
		return false;
	n = cache_damaged(c, ranges, 64);
	for (size_t i = 0; i < b->model.n; i++) {
		uint32_t uid = b->model.rows[i].uid;
		struct summary s;
		bool named = cache_get(c, uid, &s) == 0;

		for (size_t k = 0; k < n && !named; k++)
			named = uid >= ranges[k][0] && uid <= ranges[k][1];
		if (!named)
			return false;
	}
	return true;
}

/* A damaged table may hide a message, never show another one. */
static bool found_right(struct bed *b, struct cache *c)
{
	for (size_t i = 0; i < b->model.n; i += 17) {
		char id[64];
		uint32_t uid;

		snprintf(id, sizeof(id), "%u.mail@example.org", b->model.rows[i].uid);
		uid = cache_find_message_id(c, id);
		if (uid && uid != b->model.rows[i].uid)
			return false;
	}
	return true;
}

static enum verdict judge(struct bed *b)
{
	struct cache_opened opened;
	struct cache *c;
	uint64_t print;
	enum verdict v = WRONG;

	if (cache_open(&c, b->dir, "F", &opened, NULL) != 0)
		return DETECTED;
	print = model_print_cache(c);
	if (opened.rebuilt)
		v = cache_count(c) ? WRONG : DETECTED;
	else if (print == b->prints[AFTER])
		v = found_right(b, c) ? UNTOUCHED : WRONG;
	else if (any_print(b, print))
		v = EARLIER;
	else if (explained(b, c))
		v = DETECTED;
	cache_free(c);
	return v;
}

static size_t run(size_t trials, bool without)
{
	size_t count[VERDICTS] = {0};
	struct bed b;

	blind = without;
	make(&b);
	for (size_t i = 0; i < trials; i++) {
		uint64_t r = model_mix(i);
		bool in_log = i % 4 == 0;
		struct str *s = in_log ? &b.log : &b.base;
		size_t at = (size_t)(r % s->len);

		s->p[at] ^= (char)(1 << (r >> 50 & 7));
		harness_remove(b.dir);
		assert_int_equal(file_make_dirs(b.dir, NULL), 0);
		put_file(b.base_path, &b.base);
		put_file(b.log_path, &b.log);
		count[judge(&b)]++;
		s->p[at] ^= (char)(1 << (r >> 50 & 7));
	}
	printf("# %zu flips: %zu without effect, %zu earlier states, %zu detected, %zu wrong\n",
		trials, count[UNTOUCHED], count[EARLIER], count[DETECTED], count[WRONG]);
	done(&b);
	blind = false;
	return count[WRONG];
}

static void test_flips(void **state)
{
	(void)state;
	assert_int_equal(run(harness_scale(3000), false), 0);
}

static void test_control(void **state)
{
	(void)state;
	assert_true(run(400, true) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
