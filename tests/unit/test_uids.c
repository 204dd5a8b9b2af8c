#include "base/mem.h"
#include "base/uids.h"
#include "tests/check.h"

#include <string.h>

static void sorts_without_repeats(void **state)
{
	static const struct {
		uint32_t in[6], out[6];
		size_t n, left;
	} cases[] = {
		{{0}, {0}, 0, 0},
		{{7}, {7}, 1, 1},
		{{1, 2, 3}, {1, 2, 3}, 3, 3},
		{{3, 2, 1}, {1, 2, 3}, 3, 3},
		{{5, 5, 5, 5}, {5}, 4, 1},
		{{1, 1, 2, 4294967295u, 0, 2}, {0, 1, 2, 4294967295u}, 6, 4},
	};

	assert_int_equal(uids_sort(NULL, 0), 0);
	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		uint32_t v[6];

		memcpy(v, cases[i].in, sizeof(v));
		assert_int_equal(uids_sort(v, cases[i].n), cases[i].left);
		assert_memory_equal(v, cases[i].out, cases[i].left * sizeof(*v));
	}
}

static void finds(void **state)
{
	static const uint32_t v[] = {2, 4, 4294967295u};

	assert_int_equal(uids_at(v, 3, 0), 0);
	assert_int_equal(uids_at(v, 3, 2), 0);
	assert_int_equal(uids_at(v, 3, 3), 1);
	assert_int_equal(uids_at(v, 3, 5), 2);
	assert_int_equal(uids_at(v, 2, 5), 2);
	assert_int_equal(uids_at(NULL, 0, 5), 0);
	assert_int_equal(uids_find(v, 3, 4), 1);
	assert_int_equal(uids_find(v, 3, 4294967295u), 2);
	assert_int_equal(uids_find(v, 3, 3), -1);
	assert_int_equal(uids_find(NULL, 0, 3), -1);
}

/* From wherever it is looked for. */
static void finds_near(void **state)
{
	uint32_t v[40];

	for (size_t i = 0; i < MEM_COUNT(v); i++)
		v[i] = (uint32_t)i * 3 + 1;
	for (size_t n = 0; n <= MEM_COUNT(v); n++)
		for (size_t from = 0; from <= n; from++)
			for (uint32_t uid = 0; uid < 3 * n + 3; uid++)
				assert_int_equal(uids_near(v, n, from, uid), uids_at(v, n, uid));
	assert_int_equal(uids_near(NULL, 0, 0, 5), 0);
	assert_int_equal(uids_near(v, 3, 1, UINT32_MAX), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_without_repeats),
		cmocka_unit_test(finds),
		cmocka_unit_test(finds_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
