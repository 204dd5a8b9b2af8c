/* Links the whole engine without ncurses: needing a screen would break this link. Starts and ends
 * an engine with no account. */
#include "engine/engine.h"

#include "tests/unit/fails.h"

static void starts_and_ends(void **state)
{
	struct settings *s = settings_new();
	struct engine_options opt = {.offline = true};
	struct engine *e;

	WORKS(engine_new(&e, s, &opt, &why));
	assert_int_equal(engine_accounts(e), 0);
	engine_free(e);
	settings_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(starts_and_ends)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
