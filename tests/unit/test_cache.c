#include "base/file.h"
#include "base/mem.h"
#include "store/cache.h"
#include "tests/unit/cachemodel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char top[64], *dir;

static int setup(void **state)
{
	(void)state;
	snprintf(top, sizeof(top), "/tmp/test_cache.XXXXXX");
	if (!mkdtemp(top))
		return -1;
	dir = cache_dir_for(top, "INBOX");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	MEM_FREE(dir);
	return file_remove_tree(top, NULL);
}

static struct cache *open_it(void)
{
	struct cache *c;
	struct err err = {0};

	if (cache_open(&c, dir, "INBOX", NULL, &err) != 0)
		fail_msg("%s", err.text);
	return c;
}

static void good(int rc, const struct err *err)
{
	if (rc != 0)
		fail_msg("%s", err->text);
}

#define GOOD(call)                                                                                 \
	do {                                                                                       \
		struct err e_ = {0};                                                               \
		struct err *err = &e_;                                                             \
		good(call, err);                                                                   \
	} while (0)

static void compact(struct cache *c)
{
	GOOD(cache_compact(dir, "INBOX", err));
	if (c)
		assert_int_equal(cache_refresh(c, NULL), 1);
}

static void test_basic(void **state)
{
	struct model m = {0};
	struct cache *c = open_it();

	(void)state;
	for (uint64_t i = 0; i < 400; i++) {
		GOOD(model_step(&m, c, 1, i, err));
		assert_true(model_print(&m) == model_print_cache(c));
		if (i % 60 == 59)
			compact(c);
		if (i % 25 == 24) {
			cache_free(c);
			c = open_it();
		}
		assert_true(model_print(&m) == model_print_cache(c));
	}
	cache_free(c);
	model_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_basic, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
