#include "base/map.h"
#include "base/mem.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_basic(void **state)
{
	struct map *m = map_new();
	int a, b;

	assert_null(map_get(m, "x"));
	assert_null(map_take(m, "x"));
	assert_null(map_put(m, "x", &a));
	assert_ptr_equal(map_put(m, "x", &b), &a);
	assert_null(map_put(m, "", &a));
	assert_int_equal(map_len(m), 2);
	assert_ptr_equal(map_get(m, "x"), &b);
	assert_ptr_equal(map_get(m, ""), &a);
	assert_ptr_equal(map_take(m, "x"), &b);
	assert_null(map_get(m, "x"));
	assert_int_equal(map_len(m), 1);
	map_free(m, NULL);
	map_free(NULL, NULL);
}

/* The key is copied, and its bytes are compared, not the pointer. */
static void test_keys(void **state)
{
	struct map *m = map_new();
	char key[] = "key";
	int a;

	map_put(m, key, &a);
	key[0] = 'K';
	assert_null(map_get(m, key));
	assert_ptr_equal(map_get(m, "key"), &a);
	map_free(m, NULL);
}

enum { KEYS = 500 };

/* Against an array, with so many removals that removed places are met all the time. */
static void test_model(void **state)
{
	struct map *m = map_new();
	char *model[KEYS] = {NULL};
	uint32_t seed = 1;
	size_t live = 0;

	for (int step = 0; step < 200000; step++) {
		char name[16];
		int k;

		seed = seed * 1664525 + 1013904223;
		k = (int)(seed >> 10) % KEYS;
		snprintf(name, sizeof(name), "key%d", k);
		if (seed >> 30 == 0) {
			char *value = mem_strdup(name), *old = map_put(m, name, value);

			assert_ptr_equal(old, model[k]);
			live += !model[k];
			free(old);
			model[k] = value;
		} else if (seed >> 30 == 1) {
			char *old = map_take(m, name);

			assert_ptr_equal(old, model[k]);
			live -= model[k] != NULL;
			free(old);
			model[k] = NULL;
		} else {
			assert_ptr_equal(map_get(m, name), model[k]);
		}
		assert_int_equal(map_len(m), live);
	}
	map_free(m, free);
}

static void test_each(void **state)
{
	struct map *m = map_new();
	size_t at = 0, n = 0;
	const char *key;
	void *value;
	bool seen[1000] = {false};

	assert_false(map_each(m, &at, &key, &value));
	for (int i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		map_put(m, name, mem_strdup(name));
	}
	for (int i = 0; i < 1000; i += 2) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		free(map_take(m, name));
	}
	for (at = 0; map_each(m, &at, &key, &value); n++) {
		assert_string_equal(key, value);
		assert_false(seen[atoi(key)]);
		assert_true(atoi(key) % 2);
		seen[atoi(key)] = true;
	}
	assert_int_equal(n, 500);
	map_free(m, free);
}

static uint64_t mixed(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static void test_map64(void **state)
{
	struct map64 *m = map64_new(0);
	uint32_t value = 7;

	assert_false(map64_get(m, 0, &value));
	assert_int_equal(value, 7);
	map64_put(m, 0, 5);
	assert_true(map64_get(m, 0, &value));
	assert_int_equal(value, 5);
	map64_put(m, UINT64_MAX, 6);
	for (uint32_t i = 1; i < 200000; i++)
		map64_put(m, mixed(i), i);
	for (uint32_t i = 1; i < 200000; i += 3)
		map64_put(m, mixed(i), i + 1);
	for (uint32_t i = 1; i < 200000; i++) {
		assert_true(map64_get(m, mixed(i), &value));
		assert_int_equal(value, i % 3 == 1 ? i + 1 : i);
	}
	for (uint32_t i = 200000; i < 300000; i++)
		assert_false(map64_get(m, mixed(i), &value));
	assert_true(map64_get(m, UINT64_MAX, &value));
	assert_int_equal(value, 6);
	map64_free(m);
	map64_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_basic),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_map64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
