/* When connections are made again: no clock is waited for. */
#include "base/clock.h"
#include "base/mem.h"
#include "sync/retry.h"
#include "tests/check.h"

static void pauses_grow_with_jitter(void **state)
{
	static const int least[] = {0, 1000, 2000, 5000, 15000, 60000, 60000, 60000};

	for (unsigned i = 0; i < MEM_COUNT(least); i++) {
		assert_int_equal(retry_pause(i, 0), least[i]);
		assert_int_equal(retry_pause(i, 255), least[i] + least[i] / 4);
		for (int chance = 0; chance < 256; chance++) {
			int pause = retry_pause(i, (unsigned char)chance);

			assert_true(pause >= least[i] && pause <= least[i] + least[i] / 4);
		}
	}
	assert_int_equal(retry_pause(4000000000u, 0), 60000);
}

/* Four minutes of a server that closes after each login: how often it sees us. */
static void closing_server_is_not_hammered(void **state)
{
	unsigned attempt = 0, logins = 0;

	for (int64_t now = 0; now < 240000; logins++) {
		now += 50; /* the login */
		attempt = retry_after(attempt, false, 50);
		now += retry_pause(attempt, 0);
	}
	assert_true(logins <= 9);
}

/* A link that drops every 20 s, or brings rows before it drops, is used again at once. */
static void bad_link_is_used_again_at_once(void **state)
{
	assert_int_equal(retry_pause(retry_after(3, false, 20000), 255), 0);
	assert_int_equal(retry_pause(retry_after(3, true, 10), 255), 0);
	assert_int_equal(retry_after(0, false, 9000), 1);
	assert_int_equal(retry_after(1, false, 0), 2);
}

static void only_the_user_helps_against_a_wrong_password(void **state)
{
	assert_true(retry_is_vain(ERR_AUTH));
	assert_true(retry_is_vain(ERR_CERT));
	assert_true(retry_is_vain(ERR_INPUT));
	assert_false(retry_is_vain(ERR_NETWORK));
	assert_false(retry_is_vain(ERR_AGAIN));
	assert_false(retry_is_vain(ERR_PROTOCOL));
	assert_false(retry_is_vain(ERR_SYSTEM));
}

static void sleep_is_noticed(void **state)
{
	struct clock_nap nap = {0};

	assert_int_equal(clock_slept(&nap, 5000, 905000), 0); /* slept before we ran */
	assert_int_equal(clock_slept(&nap, 6000, 906001), 1);
	assert_int_equal(clock_slept(&nap, 7000, 3600000 + 907001), 3600000);
	assert_int_equal(clock_slept(&nap, 8000, 3600000 + 908001), 0);
	assert_int_equal(clock_slept(&nap, 9500, 3600000 + 909000), 0); /* never less than none */
	assert_int_equal(clock_slept(&nap, 9500, 3600000 + 909600), 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_grow_with_jitter),
		cmocka_unit_test(closing_server_is_not_hammered),
		cmocka_unit_test(bad_link_is_used_again_at_once),
		cmocka_unit_test(only_the_user_helps_against_a_wrong_password),
		cmocka_unit_test(sleep_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
