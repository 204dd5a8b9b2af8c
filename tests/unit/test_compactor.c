#include "base/file.h"
#include "base/mem.h"
#include "store/disk/compactor.h"
#include "tests/unit/fails.h"
#include "tests/unit/cachemodel.h"
#include "tests/unit/harness.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEED = 77, ROUNDS = 60, WAIT_MS = 20000 };

static char *top, *dir;

static int setup(void **state)
{
	top = harness_dir();
	dir = cache_dir_for(top, "INBOX");
	return 0;
}

static int teardown(void **state)
{
	int rc = file_remove_tree(top, NULL);

	MEM_FREE(dir);
	MEM_FREE(top);
	return rc;
}

struct bed {
	struct compactor *beside;
	struct cache *c;
	unsigned job;
	size_t asked, handed;
};

static struct cache *handover(void *ctx)
{
	struct bed *b = ctx;
	struct compacted *r = b->job ? compactor_take(b->beside, WAIT_MS) : NULL;
	struct cache *next = NULL;

	b->asked++;
	if (r) {
		b->job = 0;
		next = r->next;
		r->next = NULL;
		b->handed += next != NULL;
	}
	compacted_free(r);
	return next;
}

static void start(struct bed *b)
{
	*b = (struct bed){.beside = compactor_new()};
	WORKS(cache_open(&b->c, dir, "INBOX", NULL, &why));
	cache_on_replaced(b->c, handover, b);
}

static void take(struct bed *b, int wait_ms)
{
	struct compacted *r = b->job ? compactor_take(b->beside, wait_ms) : NULL;

	if (!r)
		return;
	assert_int_equal(r->id, b->job);
	assert_int_equal(r->err.kind, ERR_NONE);
	assert_non_null(r->next);
	b->job = 0;
	assert_int_equal(cache_adopt(b->c, r->next, NULL), 0);
	b->handed++;
	compactor_give(b->beside, r->next);
	r->next = NULL;
	compacted_free(r);
}

/* Changes go on while the base is rewritten, and none is lost, whoever sees the switch first. */
static void test_beside(void **state)
{
	struct model m = {0};
	struct cache *again;
	struct bed b;
	uint64_t i = 0;

	start(&b);
	for (int round = 0; round < ROUNDS; round++) {
		b.job = compactor_post(b.beside, dir, "INBOX");
		assert_int_not_equal(b.job, 0);
		assert_true(compactor_busy(b.beside));
		for (int k = 0; k < 100 || (b.job && k < 100000); k++) {

			WORKS(model_step(&m, b.c, SEED, i++, &why));
			if (round % 2)
				take(&b, 0);
		}
		take(&b, WAIT_MS);
		assert_false(compactor_busy(b.beside));
		assert_true(model_print(&m) == model_print_cache(b.c));
		assert_true(model_threads(&m, b.c));
	}
	assert_int_equal(b.handed, ROUNDS);
	assert_true(b.asked > 0); /* some switches were found by the side that appended */
	cache_free(b.c);
	assert_int_equal(cache_open(&again, dir, "INBOX", NULL, NULL), 0);
	assert_true(model_print(&m) == model_print_cache(again));
	cache_free(again);
	compactor_free(b.beside, WAIT_MS);
	model_done(&m);
}

/* What is handed over late, after another rewrite, is not taken. */
static void test_out_of_date(void **state)
{
	struct cache *c, *next, *later;
	struct summary s;
	struct model_text t;

	WORKS(cache_open(&c, dir, "INBOX", NULL, &why));
	model_summary(&s, &t, 7, 1, 0, "");
	WORKS(cache_add(c, &s, 1, &why));
	WORKS(cache_compact_aside(dir, "INBOX", NULL, &next, &why));
	WORKS(cache_compact_aside(dir, "INBOX", NULL, &later, &why));
	assert_non_null(next);
	assert_non_null(later);
	assert_int_equal(cache_adopt(c, next, &why), 1);
	WORKS(cache_adopt(c, later, &why));
	assert_true(cache_has(c, 7));
	WORKS(cache_refresh(c, &why));
	cache_free(next);
	cache_free(later);
	cache_free(c);
}

/* Stopped in the middle: nothing is left behind and nothing has changed. */
static void test_stopped(void **state)
{
	atomic_bool stop;
	struct cache *c, *next;
	struct summary s;
	struct model_text t;
	char *tmp = kept(file_join(dir, "base.tmp")), *base = kept(file_join(dir, "base-1.gdbm"));

	atomic_init(&stop, true);
	WORKS(cache_open(&c, dir, "INBOX", NULL, &why));
	model_summary(&s, &t, 7, 1, 0, "");
	WORKS(cache_add(c, &s, 1, &why));
	FAILS(ERR_CANCELLED, cache_compact_aside(dir, "INBOX", &stop, &next, &why));
	assert_null(next);
	assert_false(file_exists(tmp));
	assert_false(file_exists(base));
	atomic_store(&stop, false);
	WORKS(cache_compact_aside(dir, "INBOX", &stop, NULL, &why));
	assert_true(file_exists(base));
	cache_free(c);
}

/* The end of the program does not wait for what nobody needs any more. */
static void test_end(void **state)
{
	struct compactor *beside = compactor_new(), *idle = compactor_new();
	struct cache *c;

	assert_int_equal(cache_open(&c, dir, "INBOX", NULL, NULL), 0);
	compactor_give(beside, NULL);
	for (int i = 0; i < 20; i++)
		assert_int_not_equal(compactor_post(beside, dir, "INBOX"), 0);
	compactor_give(beside, c);
	compactor_free(beside, WAIT_MS);
	compactor_free(idle, WAIT_MS);
	compactor_free(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_beside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_date, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
