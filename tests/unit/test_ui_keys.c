/* The keys of reading, over the engine and the mail of tests/unit/postbox.h: rows 3 to 6 of its
 * INBOX are a thread, of which 5 answers 4, and 4 and 6 answer 3. */
#include "base/mem.h"
#include "screen.h"
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

/* Where the cursor is, from 1: that is the number of the message, too. */
static int cursor(struct screen *x)
{
	struct view *v = app_view(&x->a);

	return (int)msglist_find(v->ops->list(v), v->ops->uid(v)) + 1;
}

struct step {
	int from;
	const char *keys;
	int to;
};

static void go(struct screen *x, int row)
{
	char line[40];

	snprintf(line, sizeof(line), "jump %d", row);
	command(x, line);
	assert_int_equal(cursor(x), row);
}

static void walk(struct screen *x, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		go(x, steps[i].from);
		press(x, steps[i].keys);
		if (cursor(x) != steps[i].to)
			fail_msg("%s from %d goes to %d, not %d", steps[i].keys, steps[i].from,
				cursor(x), steps[i].to);
	}
}

static void test_threads(void **state)
{
	static const struct step steps[] = {
		{1, "Ctrl-N", 2},
		{3, "Ctrl-N", 7},
		{5, "Ctrl-N", 7},
		{40, "Ctrl-N", 40},
		{7, "Ctrl-P", 3},
		{5, "Ctrl-P", 2},
		{1, "Ctrl-P", 1},
		{3, "Alt-n", 7},
		{4, "Alt-n", 6},
		{5, "Alt-n", 6},
		{6, "Alt-n", 7},
		{6, "Alt-p", 4},
		{5, "Alt-p", 2},
		{4, "Alt-p", 2},
		{7, "Alt-p", 3},
		{5, "P", 4},
		{6, "P", 3},
		{3, "P", 3},
		{5, ": 'root-message' Enter", 3},
		{3, ": 'root-message' Enter", 3},
		/* The thread is one row, with all that is below it. */
		{3, "Alt-v Ctrl-N Ctrl-P Alt-v", 3},
	};
	struct screen *x = open_screen(24, 80);

	walk(x, steps, MEM_COUNT(steps));
	press_sees(x, "= Ctrl-P", "No thread before it");
	press_sees(x, "P", "This message answers none that is here");
	/* What it answers is not shown: the nearest that is. */
	command(x, "limit ~N | invoice");
	command(x, "search pages of 256");
	command(x, "limit from:Jeff");
	press(x, "= j");
	assert_int_equal(cursor(x), 2);
	press(x, "P");
	assert_int_equal(cursor(x), 1);
	command(x, "limit from:Ana");
	press_sees(x, "P", "What it answers is not shown here");
	command(x, "limit all");
	command(x, "threads");
	press_sees(x, "Ctrl-N", "Threads are off");
	go(x, 5);
	press(x, "P");
	assert_int_equal(cursor(x), 4);
}

static void test_threads_read(void **state)
{
	struct screen *x = open_screen(24, 80);

	go(x, 5);
	press_sees(x, "Enter", "of the message 5");
	press_sees(x, "P", "of the message 4");
	press_sees(x, "Alt-n", "of the message 6");
	press_sees(x, "Ctrl-P", "of the message 2");
	press_sees(x, "Ctrl-N Ctrl-N", "of the message 7");
}

/* What is done to a thread, and to a part of it. */
static void test_threads_changed(void **state)
{
	struct screen *x = open_screen(24, 80);

	go(x, 4);
	press_asks(x, "Alt-r", "flag 4 5 -0 +1");
	press_asks(x, "Ctrl-R", "flag 3 4 5 6 -0 +1");
	command(x, "tag-subthread");
	press_asks(x, "; F", "flag 4 5 -0 +4");
	command(x, "tag-subthread");
	press_sees(x, ";", "Nothing is tagged");
	/* The mark comes from another program; where none has it, the last step is taken back. */
	go(x, 5);
	command_asks(x, "set-flag deleted", "flag 5 -0 +8");
	go(x, 3);
	press_asks(x, "Alt-u", "flag 3 4 5 6 -8 +0");
	forget();
	press_asks(x, "Ctrl-U", "");
	press_sees(x, ": 'messages' Enter", "Undone");
	press(x, "q");
	go(x, 4);
	press_asks(x, "Alt-d", "delete 4 5");
	assert_int_equal(cursor(x), 4); /* what was 6 */
	press_asks(x, "P Ctrl-D", "delete 3 6");
	assert_int_equal(cursor(x), 3); /* 7 */
	go(x, 2);
	press_asks(x, "Enter Alt-d", "delete 2");
	assert_int_equal(app_view(&x->a)->ops->context, UI_INDEX);
	press_asks(x, "* Ctrl-D", "delete 40");
	press_asks(x, "Ctrl-D", "delete 39");
	press_asks(x, "k k Ctrl-D", "delete 35 36 37 38");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_CASE(test_threads),
		SCREEN_CASE(test_threads_read),
		SCREEN_CASE(test_threads_changed),
	};

	screen_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
