/* The parts of a message on the screen: what is viewed, saved, and given to programs. */
#include "base/file.h"
#include "base/mem.h"
#include "screen.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Until the program that has the terminal has ended. */
static void ended(struct screen *x)
{
	siginfo_t info;

	look(x);
	if (x->a.child.pid)
		assert_int_equal(waitid(P_PID, (id_t)x->a.child.pid, &info, WEXITED | WNOWAIT), 0);
	app_child_look(&x->a);
	look(x);
}

static void is_in_file(const char *path, const char *text, bool is)
{
	struct str s = STR_INIT;

	assert_int_equal(file_read(path, 1 << 20, &s, NULL), 0);
	if (!strstr(str_c(&s), text) != !is)
		fail_msg("%s has: %s", path, str_c(&s));
	str_done(&s);
}

/* No file that was lent is left. */
static void nothing_lent(struct screen *x)
{
	char *tmp = in_screen(x, "tmp"), line[400];
	FILE *f;

	snprintf(line, sizeof(line), "find %s -type f", tmp);
	f = popen(line, "r");
	assert_null(fgets(line, sizeof(line), f));
	pclose(f);
}

static struct screen *open_parts(void)
{
	struct screen *x = open_screen(24, 80);
	char *tmp = in_screen(x, "tmp");

	assert_int_equal(file_make_dirs(tmp, NULL), 0);
	setenv("TMPDIR", tmp, 1);
	press_sees(x, "v", "cache.pdf");
	return x;
}

static void test_pipe(void **state)
{
	struct screen *x = open_parts();
	char *out = in_screen(x, "out"), line[300];

	press_sees(x, "|", "Pipe to:");
	snprintf(line, sizeof(line), "cat >%s", out);
	type_text(x, line);
	press(x, "Enter");
	ended(x);
	is_in_file(out, "01234567\r\n", true);
	nothing_lent(x);

	command(x, "set print-command='cat >$TMPDIR/../printed'");
	press(x, "p");
	ended(x);
	is_in_file(in_screen(x, "printed"), "01234567\r\n", true);
	nothing_lent(x);
}

static void test_pipe_fails(void **state)
{
	struct screen *x = open_parts();

	command(x, "pipe-part there-is-no-such-program");
	ended(x);
	sees(x, "There is no program “there-is-no-such-program” here");
	command(x, "pipe-part exit 3");
	ended(x);
	sees(x, "“exit 3” ended with a fault (status 3)");
	nothing_lent(x);
	refuse_next("not today");
	press_sees(x, "p", "not today");
}

static void test_nowhere_to_lend(void **state)
{
	struct screen *x = open_parts();

	setenv("TMPDIR", in_screen(x, "nowhere"), 1);
	press_sees(x, "p", "Cannot make a private directory");
}

/* Several messages are one file, one behind the other; a text is one as it stands. */
static void test_pipe_messages(void **state)
{
	struct screen *x = open_parts();
	struct view *v = app_find_view(&x->a, UI_INDEX);
	struct msglist *l = view_index_list(v);
	uint32_t uids[2] = {msglist_uid(l, 0), msglist_uid(l, 1)};

	app_pipe(&x->a, engine_lend_messages(x->e, l, uids, 2), "grep -c ^Subject: >$TMPDIR/../n",
		false);
	ended(x);
	is_in_file(in_screen(x, "n"), "2\n", true);
	app_pipe(&x->a, engine_lend_text(x->e, "a b", "some text\n"), "cat >$TMPDIR/../t", false);
	ended(x);
	is_in_file(in_screen(x, "t"), "some text\n", true);
	nothing_lent(x);
	/* What is still asked for when the program ends is dropped. */
	app_pipe(&x->a, engine_lend_text(x->e, "a", "b"), "true", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_CASE(test_pipe),
		SCREEN_CASE(test_pipe_fails),
		SCREEN_CASE(test_nowhere_to_lend),
		SCREEN_CASE(test_pipe_messages),
	};

	if (!freopen("/dev/null", "r", stdin))
		return 99;
	screen_begin();
	return cmocka_run_group_tests_name("ui_parts", tests, NULL, NULL);
}
