/* The size of pieces on lines of all kinds: no clock is waited for. */
#include "base/mem.h"
#include "sync/pace.h"
#include "tests/check.h"

#include <stdbool.h>

/* A line of so many octets a second, so many ms away; the longest and the last of 20 pieces. */
static struct pace go(int64_t rate, int64_t away, int64_t *longest, int64_t *last)
{
	struct pace p;

	pace_begin(&p);
	assert_int_equal(p.piece, PACE_FIRST);
	pace_small(&p, away + 20);
	pace_small(&p, away);
	pace_small(&p, away + 5);
	*longest = 0;
	for (int i = 0; i < 20; i++) {
		int64_t coming = (int64_t)p.piece * 1000 / rate;

		*last = coming;
		if (i > 0 && coming > *longest)
			*longest = coming;
		pace_took(&p, p.piece, away + coming);
	}
	return p;
}

static void a_piece_takes_half_a_second(void **state)
{
	static const int64_t rates[] = {40000, 100000, 200000, 1000000, 1800000};
	static const int64_t ways[] = {0, 50, 300, 800};

	for (size_t i = 0; i < MEM_COUNT(rates); i++)
		for (size_t k = 0; k < MEM_COUNT(ways); k++) {
			int64_t longest, last;

			go(rates[i], ways[k], &longest, &last);
			assert_in_range(last, 400, 600);
			assert_in_range(longest, 400, 600);
		}
}

static void pieces_have_limits(void **state)
{
	int64_t longest, last;

	assert_int_equal(go(5000, 50, &longest, &last).piece, PACE_LEAST);
	assert_int_equal(go(100000000, 50, &longest, &last).piece, PACE_MOST);
	assert_int_equal(go(100000000, 0, &longest, &last).piece, PACE_MOST);
}

static void it_grows_step_by_step(void **state)
{
	struct pace p;

	pace_begin(&p);
	pace_took(&p, p.piece, 0);
	assert_int_equal(p.piece, 4 * PACE_FIRST);
	pace_took(&p, p.piece, 1);
	assert_int_equal(p.piece, PACE_MOST);
	/* The rest of a message says nothing. */
	pace_took(&p, PACE_LEAST - 1, 5000);
	assert_int_equal(p.piece, PACE_MOST);
	pace_took(&p, PACE_LEAST, 5000);
	assert_int_equal(p.piece, PACE_LEAST);
}

/* What was taken for the way was none: a server that thought about it. */
static void latency_that_is_too_long(void **state)
{
	struct pace p;

	pace_begin(&p);
	pace_small(&p, 9000);
	pace_took(&p, PACE_FIRST, 3200);
	assert_int_equal(p.piece, PACE_LEAST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_piece_takes_half_a_second),
		cmocka_unit_test(pieces_have_limits),
		cmocka_unit_test(it_grows_step_by_step),
		cmocka_unit_test(latency_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
