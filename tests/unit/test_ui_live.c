/* What is typed is seen at each key, and nothing of it stays when it is taken back. */
#include "base/mem.h"
#include "screen.h"
#include "tests/check.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

static uint32_t here(struct screen *x)
{
	return view_index_uid(app_view(&x->a));
}

/* Keys, as a person types them, and what is seen after them. */
static void types(struct screen *x, const char *text)
{
	type_keys(x, text);
	look(x);
}

static char *screen_now(struct screen *x)
{
	look(x);
	return mem_strdup(str_c(&x->text));
}

static void assert_screen(struct screen *x, char *before)
{
	look(x);
	assert_string_equal(str_c(&x->text), before);
	free(before);
}

static void test_limit_typed(void **state)
{
	struct screen *x = open_screen(16, 100);
	char *before;
	uint32_t uid;

	press(x, "= j j j j j j j j j j j j j j j j j j");
	uid = here(x);
	before = screen_now(x);
	press(x, "l");
	types(x, "invoice");
	sees(x, "10 of 40: the sender, a recipient or the subject contains “invoice”");
	sees_not(x, "cache format");
	types(x, " 4711");
	sees(x, "5 of 40");
	sees_not(x, "4712");
	types(x, " nowhere");
	sees(x, "0 of 40");
	sees(x, "Nothing matches");
	press(x, "Ctrl-U");
	sees(x, "40 of 40: everything");
	assert_int_equal(here(x), uid);
	types(x, "invoice");
	press(x, "Esc");
	assert_int_equal(here(x), uid);
	assert_screen(x, before);
	/* Enter keeps what is seen. */
	press(x, "l");
	types(x, "invoice");
	press(x, "Enter");
	sees(x, "10 of 40");
	sees(x, "only: invoice");
	/* What is typed begins with that, and Esc leaves it. */
	before = screen_now(x);
	press(x, "l");
	types(x, " 4711");
	sees(x, "5 of 40");
	press(x, "Esc");
	assert_screen(x, before);
	press(x, "l Ctrl-U Enter");
	sees_not(x, "only:");
	assert_int_equal(msglist_count(view_index_list(app_view(&x->a))), 40);
}

/* A limit keeps what it showed, also what does not match any more. */
static void test_limit_comes_back(void **state)
{
	struct screen *x = open_screen(16, 100);
	char *before;

	command(x, "limit ~N");
	press(x, "= N");
	before = screen_now(x);
	press(x, "l Ctrl-U");
	types(x, "invoice");
	sees(x, "10 of 40");
	press(x, "Esc");
	assert_screen(x, before);
}

static void test_limit_wrong(void **state)
{
	struct screen *x = open_screen(16, 100);

	press(x, "l");
	types(x, "invoice");
	types(x, " (");
	sees_not(x, "of 40");
	sees_not(x, "cache format");
	assert_true(x->a.prompt.wrong);
	assert_true(x->a.prompt.said.len > 10);
	press(x, "Enter");
	sees(x, "cache format");
	assert_true(x->a.message_shown);
	/* A text is looked for when it is whole. */
	press(x, "l");
	types(x, "~b old");
	sees(x, "Enter looks into the texts");
	sees(x, "cache format");
	press(x, "Esc");
	sees_not(x, "Enter looks");
}

/* An answer that was on its way when the next key came is not shown. */
static void test_limit_late(void **state)
{
	struct screen *x = open_screen(16, 100);
	struct msglist *l = view_index_list(app_view(&x->a));
	struct pollfd pfd = {engine_fd(x->e), POLLIN, 0};
	struct event *ev;

	press(x, "l");
	type_keys(x, "i");
	assert_int_equal(poll(&pfd, 1, 30000), 1);
	type_keys(x, "nvoice");
	ev = engine_next(x->e);
	assert_false(msglist_is_limited(l));
	inbox_take(&x->a, ev);
	event_free(ev);
	look_sees(x, "10 of 40");
	/* Nor is one that comes after Esc. */
	type_keys(x, " 4711");
	press(x, "Esc");
	assert_false(msglist_is_limited(l));
	sees_not(x, "of 40:");
}

/* What comes meanwhile is there afterwards. */
static void test_limit_and_mail(void **state)
{
	struct screen *x = open_screen(16, 100);
	struct msglist *l = view_index_list(app_view(&x->a));
	size_t n;

	command(x, "limit ~A");
	command(x, "limit from:@");
	n = msglist_count(l);
	press(x, "l Ctrl-U");
	types(x, "invoice");
	mail_arrives(x, 2);
	sees(x, "Invoice");
	press(x, "Esc");
	assert_string_equal(msglist_limit_text(l), "from:@");
	look(x);
	assert_int_equal(msglist_count(l), n + 2);
}

/* The list goes while something is typed about it. */
static void test_limit_gone(void **state)
{
	struct screen *x = open_screen(16, 100);

	command(x, "open Lists");
	press(x, "l");
	types(x, "invoice");
	tell_closed(x, "it is gone");
	press(x, "x Enter");
	sees(x, "It is gone meanwhile");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_CASE(test_limit_typed),
		SCREEN_CASE(test_limit_comes_back),
		SCREEN_CASE(test_limit_wrong),
		SCREEN_CASE(test_limit_late),
		SCREEN_CASE(test_limit_and_mail),
		SCREEN_CASE(test_limit_gone),
	};

	screen_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
