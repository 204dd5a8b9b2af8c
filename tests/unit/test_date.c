#include "mime_test.h"

#include "mime/date.h"

/* 1994-11-06 08:49:37 UTC and 2026-01-31 08:05:00 UTC */
enum { OLD = 784111777, NEW = 1769846700 };

static void reads_every_form(void **state)
{
	static const struct {
		const char *text;
		time_t t; /* 0: no date */
	} ROWS[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", OLD},
		{"Sun, 6 Nov 1994 08:49:37 +0000", OLD},
		{"6 Nov 1994 08:49:37", OLD},
		{"Sun, 06 Nov 94 08:49:37 UT", OLD},
		{"Sun, 06 Nov 094 08:49:37 UT", OLD},
		{"Sunday, 06-Nov-94 08:49:37 GMT", OLD}, /* RFC 850 */
		{"Sun Nov  6 08:49:37 1994", OLD},       /* asctime */
		{"Sun Nov  6 08:49:37 GMT 1994", OLD},
		{"Sun Nov  6 08:49:37 +0000 1994", OLD},
		{"1994-11-06T08:49:37Z", OLD}, /* ISO 8601 */
		{"1994-11-06 08:49:37", OLD},
		{"Sun, 06 Nov 1994 03:49:37 EST", OLD},
		{"Sun, 06 Nov 1994 09:49:37 +0100 (CET)", OLD},
		{"Sun, 06 Nov 1994 09:49:37 (c (d) \\) e) CET", OLD},
		{"Sun, 06 Nov 1994 08(h):49(m):37(s) (z) +0000", OLD},
		{"Sun, 06 Nov 1994 08 : 49 : 37 +0000", OLD},
		{"Sun(day), (d)06 Nov(m) 1994(y) 08:(\\)) 49 :37 +0000 (unclosed", OLD},
		{"Sun, 06 Nov 1994 09:49:37 GMT+0100", OLD},
		{"Sun, 06 Nov 1994 08:49:37 -0000", OLD},
		{"Sun, 06 Nov 1994 08:49:37 X", OLD},
		{"Sat, 31 Jan 2026 09:05 +0100", NEW},
		{"2026-01-31T09:05:00+01:00", NEW},
		{"2026-01-31T09:05:00.123456+01:00", NEW},
		{"2026-01-31T03:05-05", NEW},
		{"Sat, 31 Jan 26 09:05:00 +0100", NEW},
		{"sat,31 JAN 2026 9:05:0 +0100", NEW},
		{"31 January 2026 09:05:00 AM +0100", NEW},
		{"Sat, 31 Jan 24 00:00:00 +0000", 1706659200},
		{"29 Feb 2024 00:00:00 +0000", 1709164800},
		{"31 Dec 1999 23:59:60 GMT", 946684800},
		{"31 Dec 9999 23:59:59 GMT", 253402300799},
		{"", 0},
		{"yesterday", 0},
		{"Sun, 06 Xyz 1994 08:49:37", 0},
		{"32 Jan 2026 00:00", 0},
		{"1 Jan 2026 99:00", 0},
		{"1 Jan 1969 00:00", 0},
		{"99999999999999999999 Jan 2026", 0},
		{"1 Jan 99999", 0},
		{":::+++---", 0},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		time_t t = 7;

		assert_int_equal(
			date_parse(ROWS[i].text, strlen(ROWS[i].text), &t), ROWS[i].t != 0);
		if (t != (ROWS[i].t ? ROWS[i].t : 7))
			print_message("# %s\n", ROWS[i].text);
		assert_int_equal(t, ROWS[i].t ? ROWS[i].t : 7);
	}
}

static void bombs_finish(void **state)
{
	static const char *const UNITS[] = {"(", "1", "a", "1:", "+1", "(\\"};

	for (size_t i = 0; i < MEM_COUNT(UNITS); i++) {
		struct str in = STR_INIT;
		time_t t;

		repeat(&in, UNITS[i], 200000);
		assert_false(date_parse(in.p, in.len, &t));
		str_done(&in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_form),
		cmocka_unit_test(bombs_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
