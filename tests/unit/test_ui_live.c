/* What is typed is seen at each key, and nothing of it stays when it is taken back. */
#include "base/mem.h"
#include "screen.h"
#include "tests/check.h"
#include "ui/index_row.h"

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

/* Columns are as wide as what was seen: all rows were. */
static struct screen *seen(int rows, int cols)
{
	struct screen *x = open_screen(rows, cols);

	press(x, "= PageDown PageDown PageDown PageDown =");
	return x;
}

static void test_limit_typed(void **state)
{
	struct screen *x = seen(16, 100);
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
	struct screen *x = seen(16, 100);
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
	struct screen *x = seen(16, 100);

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
	struct screen *x = seen(16, 100);
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
	struct screen *x = seen(16, 100);
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
	struct screen *x = seen(16, 100);

	command(x, "open Lists");
	press(x, "l");
	types(x, "invoice");
	tell_closed(x, "it is gone");
	press(x, "x Enter");
	sees(x, "It is gone meanwhile");
}

/* --- searching --- */

static void test_search_typed(void **state)
{
	struct screen *x = seen(16, 110);
	struct msglist *l = view_index_list(app_view(&x->a));
	char *before;
	ptrdiff_t row;

	press(x, "= j j j j j j j j j j j j j");
	row = msglist_find(l, here(x));
	before = screen_now(x);
	press(x, "/");
	types(x, "invoice");
	assert_true(msglist_find(l, here(x)) > row);
	sees(x, "match 5 of 10: the sender, a recipient or the subject contains “invoice”");
	types(x, " 4712");
	sees(x, "match 3 of 5");
	types(x, "3");
	sees(x, "“invoice 47123” was not found");
	assert_int_equal(msglist_find(l, here(x)), row);
	press(x, "Backspace");
	sees(x, "match 3 of 5");
	press(x, "Ctrl-U");
	assert_int_equal(msglist_find(l, here(x)), row);
	types(x, "invoice");
	press(x, "Esc");
	assert_screen(x, before);
	/* A wrong one says so and leaves all as it was. */
	press(x, "/");
	types(x, "invoice");
	types(x, " (");
	assert_true(x->a.prompt.wrong);
	assert_true(msglist_find(l, here(x)) > row);
	press(x, "Ctrl-U");
	types(x, "~b old");
	sees(x, "Enter looks into the texts");
	press(x, "Esc");
	/* Enter keeps it; from there on. */
	press(x, "/");
	types(x, "invoice 4712");
	press(x, "Enter");
	sees(x, "match 3 of 5");
	press_sees(x, "n", "match 4 of 5");
	press(x, "n");
	press_sees(x, "n", "match 1 of 5");
	sees(x, "The search went on from the top");
	press_sees(x, "Alt-N", "match 5 of 5");
	sees(x, "The search went on from the bottom");
	press_sees(x, "=", "5 matches");
	/* Esc, and the command, take the marks away. */
	press_sees_not(x, "Esc", "matches");
	press_sees(x, "\\", "5 matches");
	press_sees_not(x, "\\", "5 matches");
	press_sees(x, "n", "match 1 of 5");
	press(x, "Alt-/");
	types(x, "invoice 4711");
	sees(x, "match 1 of 5");
	press(x, "Enter");
	sees(x, "match 1 of 5");
}

/* The answer to what was typed before leads nowhere. */
static void test_search_late(void **state)
{
	struct screen *x = seen(16, 110);
	struct pollfd pfd = {engine_fd(x->e), POLLIN, 0};
	uint32_t uid;

	press(x, "=");
	uid = here(x);
	press(x, "/");
	type_keys(x, "w");
	assert_int_equal(poll(&pfd, 1, 30000), 1);
	type_keys(x, "zz");
	look_sees(x, "“wzz” was not found");
	assert_int_equal(here(x), uid);
	type_keys(x, "z");
	press(x, "Esc");
	assert_int_equal(here(x), uid);
}

/* What comes while a search is typed takes the cursor off no match. */
static void test_search_and_mail(void **state)
{
	struct screen *x = seen(16, 110);
	uint32_t uid;

	press(x, "= /");
	types(x, "wei");
	uid = here(x);
	sees(x, "match 1 of 5");
	mail_arrives(x, 3);
	assert_int_equal(here(x), uid);
	press(x, "Esc");
}

/* In what is read, and in lists of rows. */
static void test_search_lines(void **state)
{
	static const struct {
		const char *open, *text, *count;
	} rows[] = {
		{"open", "terminal", "match 1 of"},
		{"help", "thread", "match 1 of"},
		{"folders", "inbox", "match "},
		{"outbox", "bob", "match 2 of 3"},
	};
	struct screen *x = open_screen(24, 110);

	tell_outbox(x, 1, 3, OUTBOX_FAILED, 1);
	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		char *before;

		reopen_screen(x, 24, 110);
		press(x, "=");
		command(x, rows[i].open);
		before = screen_now(x);
		press(x, "/");
		types(x, rows[i].text);
		sees(x, rows[i].count);
		assert_false(x->a.prompt.wrong);
		types(x, "qqq");
		sees(x, "was not found");
		assert_true(x->a.prompt.wrong);
		press(x, "Esc");
		assert_screen(x, before);
		press(x, "/");
		types(x, rows[i].text);
		press(x, "Enter");
		sees(x, "match ");
		press(x, "n Alt-N");
		sees(x, "match ");
		press_sees_not(x, "Esc", "match ");
	}
}

static void test_search_draft(void **state)
{
	struct screen *x = open_screen(24, 110);
	char *before;

	postbox_draft("mine", "bob@example.org", "My words", "Words of mine.\nMore words.\n", false,
		false);
	begin_draft(x, "My words");
	before = screen_now(x);
	press(x, "/");
	types(x, "words");
	sees(x, "match 1 of 2");
	press(x, "Esc");
	assert_screen(x, before);
}

/* --- new mail, and where the cursor is --- */

static void test_news(void **state)
{
	struct screen *x = seen(16, 110);
	uint32_t uid;

	x->arrives_unread = true;
	/* Who looks at the beginning sees it come. */
	uid = here(x);
	mail_arrives(x, 1);
	look_sees(x, "Just in");
	sees_not(x, "↑");
	assert_int_equal(here(x), uid);
	/* Elsewhere nothing moves, and it is said. */
	press(x, "PageDown");
	uid = here(x);
	mail_arrives(x, 2);
	look_sees_not(x, "Just in");
	sees(x, "↑ 2 new");
	assert_int_equal(here(x), uid);
	mail_arrives(x, 1);
	look_sees(x, "↑ 3 new");
	/* In the other order it is at the other end. */
	command_sees(x, "sort date", "↓ 3 new");
	command_sees(x, "sort -r date", "↑ 3 new");
	/* What a limit leaves out is not there to go to. */
	command(x, "limit ~F");
	sees_not(x, "↑");
	command_sees(x, "limit all", "↑ 3 new");
	press(x, "=");
	sees(x, "Just in");
	press_sees_not(x, "PageDown", "↑");
	/* What was read already is no news, nor what is read meanwhile. */
	x->arrives_unread = false;
	mail_arrives(x, 1);
	look_sees_not(x, "↑");
	x->arrives_unread = true;
	mail_arrives(x, 1);
	look_sees(x, "↑ 1 new");
	command_sees(x, "tag-pattern 'Just in'", "↑ 1 new");
	command_sees_not(x, "tag-prefix; set-flag read", "↑");
}

/* Programs that read the screen aloud begin where the cursor is. */
static void test_cursor(void **state)
{
	static const char *const views[] = {
		NULL, "folders", "outbox", "drafts", "attachments", "help", "open"};
	struct screen *x = open_screen(24, 110);

	tell_outbox(x, 1, 5, OUTBOX_FAILED, 1);
	for (size_t i = 0; i < MEM_COUNT(views); i++) {
		int first, row;
		struct str s = STR_INIT;

		reopen_screen(x, 24, 110);
		press(x, "= j");
		if (views[i])
			command(x, views[i]);
		press(x, "Home");
		first = term_cursor_row();
		if (first < 1)
			fail_msg("%s: the cursor is in row %d", views[i] ? views[i] : "index",
				first);
		press(x, "j");
		row = term_cursor_row();
		if (row != first && row != first + 1)
			fail_msg("%s: it went from row %d to %d", views[i], first, row);
		str_done(&s);
	}
}

/* --- what is marked --- */

static void assert_hits(struct hits *h, enum hits_field field, const char *text, const char *want)
{
	struct str s = STR_INIT;
	struct hit at = {0, 0};

	while (hits_next(h, field, text, strlen(text), &at))
		str_addf(&s, "[%.*s]", (int)at.len, text + at.start);
	assert_string_equal(str_c(&s), want);
	str_done(&s);
}

static void test_hits(void **state)
{
	struct hits *h = hits_of_query("rosa subject:invoice !from:wei (to:ann | ~s 'v[0-9]+')");

	(void)state;
	assert_hits(h, HITS_SENDER, "Rosa Wei invoice ROSA", "[Rosa][ROSA]");
	assert_hits(h, HITS_SUBJECT, "Invoice v3 for rosa ann", "[Invoice][v3][rosa]");
	assert_hits(h, HITS_RECIPIENT, "Ann, rosa", "[Ann][rosa]");
	assert_hits(h, HITS_TEXT, "rosa invoice", "");
	assert_hits(h, HITS_SENDER, "", "");
	hits_free(h);
	h = hits_of_query("~b word =b x.y");
	assert_hits(h, HITS_TEXT, "wordword xzy x.y", "[word][word][x.y]");
	assert_hits(h, HITS_SUBJECT, "word", "");
	hits_free(h);
	h = hits_of_query("(");
	assert_hits(h, HITS_SUBJECT, "(", "");
	hits_free(h);
	h = hits_of_text("STRASSE");
	assert_hits(h, HITS_TEXT, "straße Straßen STRASSE ÄStrasse",
		"[straße][Straße][STRASSE][Strasse]");
	assert_hits(h, HITS_TEXT, "strass", "");
	hits_free(h);
	h = hits_of_text("ñú");
	assert_hits(h, HITS_TEXT, "Ana María ÑÚñez n\xCC\x83u\xCC\x81", "[ÑÚ][n\xCC\x83u\xCC\x81]");
	hits_free(h);
	h = hits_of_text("");
	assert_hits(h, HITS_TEXT, "x", "");
	hits_free(h);
	hits_free(NULL);
	assert_hits(NULL, HITS_TEXT, "x", "");
}

/* The parts of a line that are marked, in brackets. */
static void assert_marked(const struct line *line, const char *want)
{
	struct str s = STR_INIT;

	for (size_t i = 0; i < line->n; i++)
		if (line->parts[i].style == STYLE_MATCH)
			str_addf(&s, "[%.*s]", (int)line->parts[i].len,
				str_c(&line->text) + line->parts[i].start);
	assert_string_equal(str_c(&s), want);
	str_done(&s);
}

static void test_marks(void **state)
{
	struct msg_row m = {
		.uid = 1, .from_name = "Rosa", .subject = "Rosa's invoice", .keywords = ""};
	struct hits *h = hits_of_query("from:rosa subject:invoice");
	struct index_format f = {.width = 100, .date_format = ""};
	struct index_need need = {0};
	struct err err = {0};
	struct line line = LINE_INIT, plain = LINE_INIT;
	struct str a = STR_INIT, b = STR_INIT;
	struct style_set set;

	(void)state;
	assert_int_equal(listing_read(&f.columns, "index-columns", "from subject", &err), 0);
	index_need_begin(&need, &f);
	index_measure(&need, &m, &f);
	index_fit(&f, &need);
	index_row(&plain, &m, &f);
	index_row_key(&a, &m, &f);
	assert_marked(&plain, "");
	f.hits = h;
	f.hits_of = "from:rosa subject:invoice";
	index_row(&line, &m, &f);
	index_row_key(&b, &m, &f);
	assert_marked(&line, "[Rosa][invoice]");
	assert_string_equal(str_c(&line.text), str_c(&plain.text));
	assert_true(a.len != b.len);
	/* On every terminal it is another than what is beside it, on the cursor's line too. */
	memset(&set, 0, sizeof(set));
	style_theme(&set, "dark");
	for (int colors = 1; colors <= 256; colors = colors == 1 ? 8 : colors * 2)
		for (int on = 0; on < 2; on++) {
			int flags = on ? STYLE_SELECTED : 0;
			struct style_look x = style_look(&set, STYLE_MATCH | flags, colors),
					  y = style_look(&set, STYLE_SUBJECT | flags, colors);

			assert_true(x.attr != y.attr || x.bg != y.bg);
		}
	line_done(&line);
	line_done(&plain);
	str_done(&a);
	str_done(&b);
	hits_free(h);
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
		SCREEN_CASE(test_search_typed),
		SCREEN_CASE(test_search_late),
		SCREEN_CASE(test_search_and_mail),
		SCREEN_CASE(test_search_lines),
		SCREEN_CASE(test_search_draft),
		SCREEN_CASE(test_news),
		SCREEN_CASE(test_cursor),
		cmocka_unit_test(test_hits),
		cmocka_unit_test(test_marks),
	};

	screen_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
