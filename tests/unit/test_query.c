/* Queries: text to tree to text, answers, and what is wrong with those that are not understood. */

#include "base/mem.h"
#include "store/mail/query.h"
#include "mime/summary.h"
#include "tests/unit/fails.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const time_t now = 1795996800; /* 2026-11-30 00:00:00 UTC */

static void assert_printed(const char *text, const char *want)
{
	struct str out = STR_INIT;
	struct query *q;

	if (query_parse(&q, text, now, &why) != 0)
		fail_msg("%s: %s", text, why.text);
	query_print(q, &out);
	assert_string_equal(str_c(&out), want);
	query_free(q);
	str_done(&out);
}

static void test_understood(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"word", "\"word\""},
		{"  two\twords ", "\"two\" \"words\""},
		{"\"two words\"", "\"two words\""},
		{"tw\"o wo\"rds", "\"two words\""},
		{"\"say \\\"x\\\\\"", "\"say \\\"x\\\\\""},
		{"from:x", "from:\"x\""},
		{"From:\"x y\"", "from:\"x y\""},
		{"to:a cc:b", "to:\"a\" cc:\"b\""},
		{"~f x", "from:\"x\""},
		{"~fuser1", "from:\"user1\""},
		{"~f 'two words'", "from:\"two words\""},
		{"~f \"two words\"", "from:\"two words\""},
		{"=s x", "subject:\"x\""},
		{"=s[x]", "subject:\"[x]\""},
		{"~s ^x", "~s \"^x\""},
		{"~t x", "~t \"x\""},
		{"=t x", "=t \"x\""},
		{"~C x", "to:\"x\""},
		{"~U", "is:unread"},
		{"~N~F", "is:new is:flagged"},
		{"~F!~R", "is:flagged !is:read"},
		{"flag:unread", "is:unread"},
		{"has:attachment", "is:attachment"},
		{"IS:Unread", "is:unread"},
		{"~A", "is:all"},
		{"~X", "is:attachment"},
		{"~X 1-", "is:attachment"},
		{"~X >0 word", "is:attachment \"word\""},
		{"~X word", "is:attachment \"word\""},
		{"~p", "is:to-me"},
		{"!from:x", "!from:\"x\""},
		{"! from:x", "!from:\"x\""},
		{"NOT from:x", "!from:\"x\""},
		{"NOT NOT x", "!!\"x\""},
		{"not x", "\"not\" \"x\""},
		{"why not", "\"why\" \"not\""},
		{"do not reply", "\"do\" \"not\" \"reply\""},
		{"not from:x", "!from:\"x\""},
		{"not ~F", "!is:flagged"},
		{"not (a b)", "!(\"a\" \"b\")"},
		{"terms and conditions", "\"terms\" \"conditions\""},
		{"from:x or from:y", "from:\"x\" | from:\"y\""},
		{"a Or b|c", "\"a\" | \"b\" | \"c\""},
		{"~U and not is:list", "is:unread !is:list"},
		{"a or", "\"a\" \"or\""},
		{"or a", "\"or\" \"a\""},
		{"and (a)", "\"and\" \"a\""},
		{"(a or)", "\"a\" \"or\""},
		{"a \"or\" b", "\"a\" \"or\" \"b\""},
		{"order order", "\"order\" \"order\""},
		{"header X-Foo:bar", "header X-Foo:\"bar\""},
		{"Header from:\"a b\" c", "header from:\"a b\" \"c\""},
		{"header x", "\"header\" \"x\""},
		{"header", "\"header\""},
		{"\"header\" from:x", "\"header\" from:\"x\""},
		{"header:x", "header:\"x\""},
		{"^~C x", "^~C \"x\""},
		{"^=f x", "^=f \"x\""},
		{"a ^~L '.de$'", "\"a\" ^~L \".de$\""},
		{"^a", "\"^a\""},
		{"~e x", "~e \"x\""},
		{"~M image/", "type:\"image/\""},
		{"~B x", "text:\"x\""},
		{"message:x", "message:\"x\""},
		{"attachment:x.pdf", "attachment:\"x.pdf\""},
		{"list:x is:list", "list:\"x\" is:list"},
		{"in:a/b account:c", "in:\"a/b\" account:\"c\""},
		{"~X 2-", "~X 2-"},
		{"~X0", "~X 0"},
		{"~g~G ~k ~E", "is:signed is:encrypted is:key is:expired"},
		{"~T!~v", "is:tagged !is:folded"},
		{"~m 2-4", "~m 2-4"},
		{"~=~$", "is:duplicate is:unreferenced"},
		{"~(~f x|y) z", "~(from:\"x\" | \"y\") \"z\""},
		{"!~<(a ~>(b))", "!~<(\"a\" ~>(\"b\"))"},
		{"~( ~F )~U", "~(is:flagged) is:unread"},
		{"Ignore:marks grün", "ignore:marks \"grün\""},
		{" ignore:marks (x|y)", "ignore:marks \"x\" | \"y\""},
		{"date:last week", "date:\"last week\""},
		{"date:LAST week x", "date:\"LAST week\" \"x\""},
		{"~d this month", "date:\"this month\""},
		{"date:last-year", "date:\"last-year\""},
		{"~d 1/1/2026-1w", "date:\"1/1/2026-1w\""},
		{"\"not\" from:x", "\"not\" from:\"x\""},
		{"subject:not from:x", "subject:\"not\" from:\"x\""},
		{"NOTE", "\"NOTE\""},
		{"\"NOT\" x", "\"NOT\" \"x\""},
		{"a b|c d", "\"a\" \"b\" | \"c\" \"d\""},
		{"a OR b AND c", "\"a\" | \"b\" \"c\""},
		{"a (b|c)", "\"a\" (\"b\" | \"c\")"},
		{"(a b) c", "\"a\" \"b\" \"c\""},
		{"a (b c)", "\"a\" (\"b\" \"c\")"},
		{"a|(b|c)", "\"a\" | (\"b\" | \"c\")"},
		{"!(a b)", "!(\"a\" \"b\")"},
		{"NOT(a)", "!\"a\""},
		{"((a))", "\"a\""},
		{"a|b|c", "\"a\" | \"b\" | \"c\""},
		{"hello!", "\"hello!\""},
		{"Re:", "\"Re:\""},
		{"http://x/y", "\"http://x/y\""},
		{"12:30", "\"12:30\""},
		{"\"foo:bar\"", "\"foo:bar\""},
		{"a@b.example", "\"a@b.example\""},
		{"subject:\"(a+b)*\"", "subject:\"(a+b)*\""},
		{"id:<a@b>", "id:\"a@b\""},
		{"~i a.b@c", "id:\"a.b@c\""},
		{"size:>10K", "size:\">10K\""},
		{"~z 1M-", "size:\"1M-\""},
		{"date:today", "date:\"today\""},
		{"~d <1w", "date:\"<1w\""},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		assert_printed(rows[i].text, rows[i].want);
		assert_printed(rows[i].want, rows[i].want);
	}
}

static void test_words(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"x", "the sender, a recipient or the subject contains “x”"},
		{"from:x ~U", "the sender contains “x”, and it is unread"},
		{"!from:x", "the sender does not contain “x”"},
		{"~s ^x", "the subject contains the pattern “^x”"},
		{"!(~F | ~R)", "it is not flagged, and it is not read"},
		{"~F (~R | ~D)", "it is flagged, and (it is read, or it is marked as deleted)"},
		{"~F ~R | ~D", "(it is flagged, and it is read), or it is marked as deleted"},
		{"~F !(~R ~D)",
			"it is flagged, and (it is not read, or it is not marked as deleted)"},
		{"~F | !(~R | ~D)",
			"it is flagged, or (it is not read, and it is not marked as deleted)"},
		{"~F !(~R | ~D)",
			"it is flagged, and it is not read, and it is not marked as deleted"},
		{"!!~F ~R ~D", "it is flagged, and it is read, and it is marked as deleted"},
		{"keyword:blue", "a keyword is “blue”"},
		{"!keyword:blue", "a keyword is not “blue”"},
		{"size:>10K", "the size is 10241 or more"},
		{"size:-2M", "the size is 2M or less"},
		{"size:10K-12K", "the size is 10K to 12K"},
		{"!size:7", "the size is not 7"},
		{"date:today", "the date is 2026-11-30"},
		{"date:2026-11", "the date is 2026-11-01 to 2026-11-30"},
		{"date:>2026-10", "the date is 2026-11-01 or later"},
		{"date:<2026-11", "the date is 2026-10-31 or earlier"},
		{"~X 2-3", "the number of its attachments is 2 to 3"},
		{"header X-A:b", "the field X-A contains “b”"},
		{"!^~C x", "each address of a recipient (To or Cc) does not contain “x”"},
		{"~(~F | x)",
			"it is in a thread with a message where (it is flagged, or the sender, a "
			"recipient or the subject contains “x”)"},
		{"!~>(~F)", "it is not answered by a message where (it is flagged)"},
		{"~m -3", "its number in the list is 3 or less"},
		{"ignore:marks from:x", "the sender contains “x” (marks on letters do not count)"},
		{"in:x", "the folder is “x”"},
		{"~d <3H", "the date is 2026-11-29 21:00 or later"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct str out = STR_INIT;
		struct query *q;

		WORKS(query_parse(&q, rows[i].text, now, &why));
		query_words(q, &out);
		assert_string_equal(str_c(&out), rows[i].want);
		query_free(q);
		str_done(&out);
	}
}

static void test_not_understood(void **state)
{
	static const struct {
		const char *text;
		int column;
		const char *says;
	} rows[] = {
		{"", 1, "nothing to look for"},
		{"   ", 4, "nothing to look for"},
		{"\"\"", 1, "nothing to look for"},
		{"()", 2, "nothing to look for"},
		{"a |", 4, "nothing to look for"},
		{"| a", 1, "nothing to look for"},
		{"a | | b", 5, "nothing to look for"},
		{"a AND", 6, "nothing to look for"},
		{"AND a", 1, "nothing to look for"},
		{"a !", 3, "opposite"},
		{"NOT", 1, "opposite"},
		{"(a", 1, "never closed"},
		{"a (b (c)", 3, "never closed"},
		{"a)", 2, "no “(”"},
		{":)", 2, "no “(”"},
		{"f(x)", 2, "inside a word"},
		{"a \"b", 3, "quote is never closed"},
		{"~f 'b", 4, "quote is never closed"},
		{"form:x", 1, "“form:” is not known"},
		{"a fro-m:x", 3, "use from, to, cc"},
		{"from:", 6, "needs a word"},
		{"from: x", 6, "needs a word"},
		{"from:\"\"", 6, "needs a word"},
		{"flag:nonsense", 1, "flag:nonsense is not known; use unread"},
		{"has:x", 1, "has:x is not known; use unread"},
		{"flag:", 1, "is not known"},
		{"~f", 1, "~f needs a word"},
		{"a ~f | b", 3, "~f needs a word"},
		{"~f ~s x", 1, "~f needs a word"},
		{"~s \"\"", 4, "nothing to look for"},
		{"~Ux", 3, "~U takes nothing"},
		{"~O", 1, "no ~O; ~U"},
		{"~K", 1, "“~K” is no pattern"},
		{"~m", 1, "~m needs"},
		{"~m x", 4, "“x” is no number"},
		{"~(~f x", 2, "never closed"},
		{"~()", 3, "nothing to look for"},
		{"~<~F", 3, "~< needs parentheses"},
		{"~> (~F)", 3, "~> needs parentheses"},
		{"x ignore:marks y", 3, "“ignore:” is not known"},
		{"ignore:marks ", 14, "nothing to look for"},
		{"~V", 1, "no ~V; nothing is verified"},
		{"~X 2x", 4, "“2x” is no number"},
		{"~X -", 4, "no number"},
		{"^~s x", 1, "“^” is for addresses"},
		{"header From:\"\"", 13, "nothing to look for"},
		{"date:last", 6, "no date"},
		{"date:last day", 6, "no date"},
		{"is:\"\"", 1, "is: is not known"},
		{"~W", 1, "“~W” is no pattern"},
		{"~", 1, "alone is no pattern"},
		{"~ f", 1, "alone is no pattern"},
		{"=", 1, "alone is no pattern"},
		{"=U", 1, "“=U” is no pattern"},
		{"=z 1", 1, "“=z” is no pattern"},
		{"%f x", 1, "no groups of addresses"},
		{"%s x", 1, "“%s” is no pattern"},
		{"~ä", 1, "“~ä” is no pattern"},
		{"äöü ~O", 5, "no ~O"},
		{"~s [x", 4, "=s looks for"},
		{"~s '(a)\\1'", 4, "too large"},
		{"~s 'a{1001}'", 4, "too large"},
		{"~s '(a{32}){32}'", 4, "too large"},
		{"size:big", 6, "“big” is no size"},
		{"size:1K-x", 6, "no size"},
		{"date:2026-13", 6, "“2026-13” is no date"},
		{"date:2026-02-30", 6, "no date"},
		{"date:>", 6, "no date"},
		{"~d 31/2", 4, "no date"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct err err = {0};
		struct query *q = NULL;
		int column = 0;

		if (query_parse(&q, rows[i].text, now, &err) == 0)
			fail_msg("%s is understood", rows[i].text);
		assert_null(q);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_int_equal(sscanf(err.text, "Search, column %d: ", &column), 1);
		if (column != rows[i].column || !strstr(err.text, rows[i].says))
			fail_msg("%s: %s", rows[i].text, err.text);
	}
}

/* --- limits --- */

static int parse_times(const char *head, const char *more, int n, const char *tail)
{
	struct str text = STR_INIT;
	struct query *q = NULL;
	int rc;

	str_adds(&text, head);
	for (int i = 0; i < n; i++)
		str_adds(&text, more);
	str_adds(&text, tail);
	rc = query_parse(&q, str_c(&text), now, NULL);
	query_free(q);
	str_done(&text);
	return rc;
}

static void test_limits(void **state)
{
	assert_int_equal(parse_times("", "x ", QUERY_TERMS - 1, ""), 0);
	assert_int_equal(parse_times("", "x ", QUERY_TERMS, ""), 0);
	assert_int_equal(parse_times("", "x ", QUERY_TERMS + 1, ""), -1);
	assert_int_equal(parse_times("", "!", QUERY_DEPTH - 1, "x"), 0);
	assert_int_equal(parse_times("", "!", QUERY_DEPTH, "x"), 0);
	assert_int_equal(parse_times("", "!", QUERY_DEPTH + 1, "x"), -1);
	assert_int_equal(parse_times("", "(", QUERY_DEPTH + 1, "x"), -1);
	assert_int_equal(parse_times("", "~(", QUERY_DEPTH + 1, "x"), -1);
	assert_int_equal(parse_times("~s ^", "x", QUERY_REGEX - 2, ""), 0);
	assert_int_equal(parse_times("~s ^", "x", QUERY_REGEX - 1, ""), 0);
	assert_int_equal(parse_times("~s ^", "x", QUERY_REGEX, ""), -1);
}

/* --- answers --- */

/* The words say themselves what they are. */
static enum query_answer ask(void *ctx, const struct query *q, size_t term)
{
	int *asked = ctx;

	++*asked;
	return strcmp(q->terms[term].text, "yes") == 0  ? QUERY_YES
	       : strcmp(q->terms[term].text, "no") == 0 ? QUERY_NO
							: QUERY_UNKNOWN;
}

static void test_answers(void **state)
{
	static const struct {
		const char *text;
		enum query_answer want;
		int asked;
	} rows[] = {
		{"yes", QUERY_YES, 1},
		{"no", QUERY_NO, 1},
		{"hidden", QUERY_UNKNOWN, 1},
		{"!yes", QUERY_NO, 1},
		{"!no", QUERY_YES, 1},
		{"!hidden", QUERY_UNKNOWN, 1},
		{"yes yes", QUERY_YES, 2},
		{"no hidden", QUERY_NO, 1},
		{"hidden no", QUERY_NO, 2},
		{"hidden yes", QUERY_UNKNOWN, 2},
		{"yes hidden", QUERY_UNKNOWN, 2},
		{"yes | hidden", QUERY_YES, 1},
		{"hidden | yes", QUERY_YES, 2},
		{"hidden | no", QUERY_UNKNOWN, 2},
		{"no | hidden", QUERY_UNKNOWN, 2},
		{"no | no | yes", QUERY_YES, 3},
		{"!(yes no)", QUERY_YES, 2},
		{"no | yes no", QUERY_NO, 3},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct query *q;
		int asked = 0;

		assert_int_equal(query_parse(&q, rows[i].text, now, NULL), 0);
		if (query_eval(q, ask, &asked) != rows[i].want || asked != rows[i].asked)
			fail_msg("%s, %d asked", rows[i].text, asked);
		query_free(q);
	}
}

static void test_costs(void **state)
{
	static const struct {
		const char *text;
		enum query_cost want;
	} rows[] = {
		{"~U size:>1K date:today", QUERY_COLUMNS},
		{"~U x", QUERY_STRINGS},
		{"~p", QUERY_STRINGS},
		{"~U | body:x", QUERY_TEXTS},
		{"~h x", QUERY_TEXTS},
		{"~B x", QUERY_TEXTS},
		{"in:x account:y", QUERY_COLUMNS},
		{"~(~U) ~T ~=", QUERY_COLUMNS},
		{"~(x)", QUERY_STRINGS},
		{"~<(~b x)", QUERY_TEXTS},
		{"~e x", QUERY_TEXTS},
		{"~M x", QUERY_TEXTS},
		{"~X 2", QUERY_TEXTS},
		{"~X >0", QUERY_COLUMNS},
		{"~g", QUERY_TEXTS},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct query *q;

		assert_int_equal(query_parse(&q, rows[i].text, now, NULL), 0);
		assert_int_equal(query_cost(q), rows[i].want);
		query_free(q);
	}
}

/* --- sizes and dates --- */

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t from, to;
	} rows[] = {
		{"5", 5, 5},
		{"1k", 1024, 1024},
		{"2K-1M", 2048, 1048576},
		{"10-", 10, INT64_MAX},
		{"-10", 0, 10},
		{">10", 11, INT64_MAX},
		{"<10", 0, 9},
		{">=10", 10, INT64_MAX},
		{"<=10", 0, 10},
		{"<1G", 0, 1073741823},
	};
	static const char *const wrong[] = {"", "K", "-", ">", "<>1", "1-2-3", "1KK", "1.5", " 1",
		"1234567890123", "--1", "+1", "2-1"};
	int64_t from, to;

	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		if (!query_size(rows[i].text, &from, &to) || from != rows[i].from ||
			to != rows[i].to)
			fail_msg("%s", rows[i].text);
	for (size_t i = 0; i < MEM_COUNT(wrong); i++)
		if (query_size(wrong[i], &from, &to))
			fail_msg("%s is a size", wrong[i]);
}

static void test_dates(void **state)
{
	enum { DAY = 86400 };
	const int64_t nov = 1793491200 /* 2026-11-01 */, year = 1767225600 /* 2026-01-01 */;
	const struct {
		const char *text;
		int64_t from, to;
	} rows[] = {
		{"2026-11-01", nov, nov + DAY - 1},
		{"20261101", nov, nov + DAY - 1},
		{"1/11/2026", nov, nov + DAY - 1},
		{"01/11/26", nov, nov + DAY - 1},
		{"1/11", nov, nov + DAY - 1},
		{"1", nov, nov + DAY - 1},
		{"2026-11", nov, nov + 30 * DAY - 1},
		{"2026", year, year + 365 * DAY - 1},
		{"2026-11-01..2026-11-02", nov, nov + 2 * DAY - 1},
		{"2026-11-01-2026-11-02", nov, nov + 2 * DAY - 1},
		{"20261101-20261102", nov, nov + 2 * DAY - 1},
		{"2026-10..2026-11", nov - 31 * DAY, nov + 30 * DAY - 1},
		{"1/11-2/11", nov, nov + 2 * DAY - 1},
		{"2026-11..", nov, INT64_MAX},
		{"1/11-", nov, INT64_MAX},
		{"..2026-10", 0, nov - 1},
		{"-31/10/2026", 0, nov - 1},
		{"<2026-11", 0, nov - 1},
		{">2026-10", nov, INT64_MAX},
		{"=2026-11-01", nov, nov + DAY - 1},
		{"today", now, now + DAY - 1},
		{"yesterday", now - DAY, now - 1},
		{"yesterday..today", now - DAY, now + DAY - 1},
		{"<2d", now - 2 * DAY, INT64_MAX},
		{">1w", 0, now - 7 * DAY},
		{"=1d", now - DAY, now - 1},
		{"<3H", now - 3 * 3600, INT64_MAX},
		{"<1y", now - 365 * DAY, INT64_MAX},
		{"2024-02-29", 1709164800, 1709164800 + DAY - 1},
		{"monday", now, now + DAY - 1},
		{"Tuesday", now - 6 * DAY, now - 5 * DAY - 1},
		{"this week", now, now + 7 * DAY - 1},
		{"last week", now - 7 * DAY, now - 1},
		{"last-week", now - 7 * DAY, now - 1},
		{"this month", nov, nov + 30 * DAY - 1},
		{"last month", nov - 31 * DAY, nov - 1},
		{"this year", year, year + 365 * DAY - 1},
		{"last year", year - 365 * DAY, year - 1},
		{"last week..today", now - 7 * DAY, now + DAY - 1},
		{"<this week", 0, now - 1},
		{"2026-11-01+2d", nov, nov + 3 * DAY - 1},
		{"2026-11-01-2d", nov - 2 * DAY, nov + DAY - 1},
		{"1/11/2026*1w", nov - 7 * DAY, nov + 8 * DAY - 1},
		{"1/11-2/11+1d", nov, nov + 3 * DAY - 1},
		{"1/11-1d-2/11", nov - DAY, nov + 2 * DAY - 1},
	};
	static const char *const wrong[] = {"", "-", "..", "x", "2026-00", "2026-11-31", "2026-1",
		"0/1", "1/13", "20261301", "20260100", "2025-02-29", "<", "<d", "<2", "<2x",
		"<100001d", "1899", "tomorrow", "2026-11-01..x", "2026-11-01 ", "last", "last ",
		"this day", "last weeks", "1/11+", "1/11*2", "1/11+2x", "mon", "2026-02..2026-01"};
	int64_t from, to;

	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		if (!query_date(rows[i].text, now, &from, &to) || from != rows[i].from ||
			to != rows[i].to)
			fail_msg("%s: %lld to %lld", rows[i].text, (long long)from, (long long)to);
	for (size_t i = 0; i < MEM_COUNT(wrong); i++)
		if (query_date(wrong[i], now, &from, &to))
			fail_msg("%s is a date", wrong[i]);
}

/* A name or a letter stands for one thing. */
static void test_table(void **state)
{
	size_t n;
	const struct query_row *rows = query_rows(&n);

	for (size_t i = 0; i < n; i++) {
		assert_true(rows[i].name || rows[i].letter);
		assert_true(rows[i].what || rows[i].takes == TAKES_NO_QUERY);
		for (size_t k = 0; k < i; k++) {
			assert_true(!rows[i].letter || rows[i].letter != rows[k].letter);
			assert_true(!rows[i].name || !rows[k].name ||
				    (rows[i].takes == TAKES_NOTHING) !=
					    (rows[k].takes == TAKES_NOTHING) ||
				    strcmp(rows[i].name, rows[k].name) != 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_understood),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_not_understood),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_costs),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_table),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
