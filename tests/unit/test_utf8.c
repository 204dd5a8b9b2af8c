#include "base/mem.h"
#include "base/utf8.h"
#include "tests/check.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>

#define BAD "\xef\xbf\xbd"

static void test_next(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		uint32_t want;
		size_t used;
	} table[] = {
		{"a", 1, 'a', 1},
		{"\0", 1, 0, 1},
		{"\x7f", 1, 0x7f, 1},
		{"\xc2\x80", 2, 0x80, 2},
		{"\xdf\xbf", 2, 0x7ff, 2},
		{"\xe0\xa0\x80", 3, 0x800, 3},
		{"\xed\x9f\xbf", 3, 0xd7ff, 3},
		{"\xee\x80\x80", 3, 0xe000, 3},
		{"\xef\xbf\xbf", 3, 0xffff, 3},
		{"\xf0\x90\x80\x80", 4, 0x10000, 4},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff, 4},
		/* overlong forms, of ESC and '/' too */
		{"\xc0\x9b", 2, 0xfffd, 1},
		{"\xc1\xbf", 2, 0xfffd, 1},
		{"\xc0\xaf", 2, 0xfffd, 1},
		{"\xe0\x80\x9b", 3, 0xfffd, 1},
		{"\xe0\x9f\xbf", 3, 0xfffd, 1},
		{"\xf0\x80\x80\x9b", 4, 0xfffd, 1},
		{"\xf0\x8f\xbf\xbf", 4, 0xfffd, 1},
		/* surrogates, beyond the end, old five and six byte forms */
		{"\xed\xa0\x80", 3, 0xfffd, 1},
		{"\xed\xbf\xbf", 3, 0xfffd, 1},
		{"\xf4\x90\x80\x80", 4, 0xfffd, 1},
		{"\xf5\x80\x80\x80", 4, 0xfffd, 1},
		{"\xf8\x88\x80\x80\x80", 5, 0xfffd, 1},
		{"\xfc\x84\x80\x80\x80\x80", 6, 0xfffd, 1},
		{"\xfe", 1, 0xfffd, 1},
		{"\xff", 1, 0xfffd, 1},
		/* lone and cut sequences */
		{"\x80", 1, 0xfffd, 1},
		{"\xbf", 1, 0xfffd, 1},
		{"\xc3", 1, 0xfffd, 1},
		{"\xe2\x82", 2, 0xfffd, 1},
		{"\xf0\x9f\x93", 3, 0xfffd, 1},
		{"\xe2\x82z", 3, 0xfffd, 1},
		{"\xc3\xc3", 2, 0xfffd, 1},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		/* Exactly as long, so that a sanitizer sees a read behind its end. */
		char *copy = mem_dup(table[i].in, table[i].len);
		const char *p = copy;

		assert_int_equal(utf8_next(&p, copy + table[i].len), table[i].want);
		assert_int_equal(p - copy, table[i].used);
		assert_int_equal(utf8_valid(copy, table[i].len), table[i].want != 0xfffd);
		free(copy);
	}
	assert_true(utf8_valid(BAD, 3));
	assert_true(utf8_valid("", 0));
}

static void test_put(void **state)
{
	for (uint32_t cp = 0; cp < 0x110100; cp++) {
		struct str s = STR_INIT;
		const char *p;
		bool bad = (cp >= 0xd800 && cp <= 0xdfff) || cp > 0x10ffff;

		utf8_put(&s, cp);
		p = s.p;
		assert_int_equal(utf8_next(&p, s.p + s.len), bad ? 0xfffd : cp);
		assert_ptr_equal(p, s.p + s.len);
		str_done(&s);
	}
}

static void test_cut(void **state)
{
	static const struct {
		const char *in;
		size_t max, want;
	} table[] = {
		{"abc", 2, 2},
		{"abc", 9, 3},
		{"abc", 0, 0},
		{"a\xc3\xbc", 2, 1},
		{"a\xc3\xbc", 3, 3},
		{"\xf0\x9f\x93\xa7", 3, 0},
		{"\xf0\x9f\x93\xa7", 4, 4},
		{"ab\xe2\x82", 9, 2}, /* cut by snprintf */
		{"ab\xf0\x9f\x93", 9, 2},
		{"ab\xc3", 9, 2},
		{"", 5, 0},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++)
		assert_int_equal(
			utf8_cut(table[i].in, strlen(table[i].in), table[i].max), table[i].want);
}

/* What must never reach a terminal, asked of every code point of the output. */
static void test_short(void **state)
{
	static const struct {
		const char *in;
		size_t max;
		const char *want;
	} table[] = {
		{"abcdef", 7, "abcdef"},
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "ab…"},
		{"aböcd", 6, "aböcd"},
		{"aböcd", 5, "ab…"},
		{"äöüä", 7, "äö…"},
		{"abcdef", 4, "a…"},
		{"abcdef", 3, ""},
		{"", 0, ""},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct str out = STR_INIT;

		utf8_add_short(&out, table[i].in, strlen(table[i].in), table[i].max);
		assert_string_equal(str_c(&out), table[i].want);
		str_done(&out);
	}
}

static void assert_safe(const struct str *s, bool text)
{
	const char *p = str_c(s), *end = p + s->len;
	int marks = 0;

	assert_true(utf8_valid(p, s->len));
	while (p < end) {
		uint32_t cp = utf8_next(&p, end);
		bool line_end = text && (cp == '\n' || cp == '\t');

		assert_false(cp < 0x20 && !line_end);
		assert_false(cp >= 0x7f && cp < 0xa0);
		assert_false(cp == 0x2028 || cp == 0x2029);
		assert_false(cp >= 0x202a && cp <= 0x202e);
		assert_false(cp >= 0x2066 && cp <= 0x2069);
		assert_false(cp == 0x200e || cp == 0x200f || cp == 0x061c);
		assert_false(cp == 0x200b);
		assert_false(cp == 0xfeff || cp == 0x00ad || cp == 0x2060 || cp == 0x034f);
		assert_false(cp >= 0xe0000 && cp <= 0xe0fff);
		assert_false(utf8_is_hidden(cp) && !utf8_is_joiner(cp));
		marks = cp >= 0x300 && cp <= 0x36f ? marks + 1 : 0;
		assert_true(marks <= 4);
	}
}

static void clean_both(const char *in, size_t len)
{
	struct str line = STR_INIT, text = STR_INIT, again = STR_INIT;
	char *copy = mem_dup(in, len);

	utf8_clean(&line, copy, len, UTF8_LINE);
	assert_safe(&line, false);
	utf8_clean(&text, copy, len, UTF8_TEXT);
	assert_safe(&text, true);
	/* Cleaning twice changes nothing: nothing dangerous is put together by leaving out. */
	utf8_clean(&again, str_c(&text), text.len, UTF8_TEXT);
	assert_int_equal(again.len, text.len);
	assert_memory_equal(str_c(&again), str_c(&text), text.len);
	str_done(&line);
	str_done(&text);
	str_done(&again);
	free(copy);
}

static void test_terminal_payloads(void **state)
{
	static const char *const table[] = {
		"\x1b[2J\x1b[31mred\x1b[0m", /* CSI */
		"\x1b]0;title\x07",
		"\x1b]2;title\x1b\\",                        /* OSC 0, 2 */
		"\x1b]8;;http://evil/\x1b\\x\x1b]8;;\x1b\\", /* OSC 8 */
		"\x1b]52;c;ZXZpbA==\x07",                    /* OSC 52 */
		"\x1b]10;?\x07\x1b]11;?\x1b\\",              /* colour query */
		"\x1bP1$tx\x1b\\",
		"\x1bP$qm\x1b\\", /* DCS, DECRQSS */
		"\x1b_apc\x1b\\",
		"\x1b^pm\x1b\\",
		"\x1bXsos\x1b\\",
		"\x1b"
		"c",
		"\x1b[6n",
		"\x1b[c",
		"\x1b[>c",
		"\x1b[5n", /* DSR, DA */
		"\x9b"
		"31m",
		"\x9d"
		"0;t\x9c",
		"\x90q\x9c", /* 8-bit C1, raw */
		"\xc2\x9b"
		"31m",
		"\xc2\x9d"
		"0;t\xc2\x9c", /* C1 as UTF-8 */
		"\xc2\x85",
		"\xc2\x80\xc2\x9f",
		"\xc0\x9b[2J",
		"\xe0\x80\x9b[2J",
		"\xf0\x80\x80\x9b[2J", /* overlong ESC */
		"\xc1\x9b",
		"\xe0\x82\x9b",
		"\xf0\x80\x82\x9b",
		"a\rb",
		"secret\rpublic",
		"abc\b\b\bxyz",
		"a\x7f",
		"\x0e\x0f",
		"a\x0b\x0c",
		"\x05\x05",
		"line\xe2\x80\xa8sep\xe2\x80\xa9par",
		"user\xe2\x80\xaegpj.exe",
		"\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad",
		"\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9",
		"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c",
		"\xef\xbb\xbf"
		"bom",
		"so\xc2\xad"
		"ft",
		"zero\xe2\x80\x8bwidth\xe2\x80\x8c\xe2\x80\x8d",
		"\xe2\x81\xa0",
		"v\xef\xb8\x8e\xef\xb8\x8f",
		"x\xf3\xa0\x84\x80",
		"\xf3\xa0\x80\x81\xf3\xa0\x81\xbf",
		"\xcd\x8f",
		"\xef\xbf\xb9hidden\xef\xbf\xbb",
		"\xf0\x9d\x85\xb3",
		/* leaving out the middle must not join the halves */
		"\x1b\xe2\x80\x8b[2J",
		"\xc2\xe2\x80\x8b\x9b",
		"\xe2\xe2\x80\xae\x80\xae",
		"\xc2\x1b\x9b",
		"\xe2\x80\xc2\xad\xae",
	};
	struct str many = STR_INIT;

	for (size_t i = 0; i < MEM_COUNT(table); i++)
		clean_both(table[i], strlen(table[i]));
	for (int i = 0; i < 1000; i++)
		str_addc(&many, '\a');
	clean_both(many.p, many.len);
	clean_both("a\0\x1b\0b", 5);
	for (int a = 0; a < 256; a++)
		for (int b = 0; b < 256; b++) {
			const char pair[2] = {(char)a, (char)b};

			clean_both(pair, 2);
		}
	str_done(&many);
}

static void test_every_code_point(void **state)
{
	struct str s = STR_INIT;

	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		utf8_put(&s, cp);
		if (s.len > 3000) {
			clean_both(s.p, s.len);
			str_clear(&s);
		}
	}
	clean_both(str_c(&s), s.len);
	str_done(&s);
}

static void test_clean_text(void **state)
{
	static const struct {
		const char *in, *line, *text;
	} table[] = {
		{"plain", "plain", "plain"},
		{"a\tb", "a b", "a\tb"},
		{"a\r\nb\rc\nd", "a b c d", "a\nb\nc\nd"},
		{"a\r\r\nb", "a  b", "a\n\nb"},
		{"\x1b[1mx", BAD "[1mx", "x"},
		{"\x1b[1", BAD "[1", "[1"},
		{"\x1b[\x1b[mm", BAD "[" BAD "[mm", "[m"},
		{"b\bbo\bo", "b" BAD "bo" BAD "o", "bo"},
		{"_\ba a\b_", "_" BAD "a a" BAD "_", "a a"},
		{"\ba\nb\b", BAD "a b" BAD, "a\nb"},
		{"x\by", "x" BAD "y", "xy"},
		{"\xc2\x9bx", BAD "x", "x"},
		{"caf\xe9", "caf" BAD, "caf" BAD},
		{"\xe6\xbc\xa2\xf0\x9f\x93\xa7", "\xe6\xbc\xa2\xf0\x9f\x93\xa7",
			"\xe6\xbc\xa2\xf0\x9f\x93\xa7"},
		{"a\xe2\x80\xa8"
		 "b",
			"a b", "a\nb"},
		{"", "", ""},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct str text = STR_INIT;
		char *line = utf8_clean_line(table[i].in, strlen(table[i].in));

		utf8_clean(&text, table[i].in, strlen(table[i].in), UTF8_TEXT);
		assert_string_equal(line, table[i].line);
		assert_string_equal(str_c(&text), table[i].text);
		str_done(&text);
		free(line);
	}
}

static void test_joiners(void **state)
{
	static const struct {
		const char *in, *want; /* NULL: as it is */
	} table[] = {
		{"\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae", NULL},                 /* Persian */
		{"\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7", NULL},     /* Hindi */
		{"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa7", NULL},         /* a family */
		{"\xe2\x9d\xa4\xef\xb8\x8f", NULL},                             /* a red heart */
		{"\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x94\xa5", NULL}, /* on fire */
		{"1\xef\xb8\x8f\xe2\x83\xa3", NULL},                            /* a key cap */
		{"pay\xe2\x80\x8cpal", "paypal"},
		{"pay\xe2\x80\x8d\xc3\xa4", "pay\xc3\xa4"},
		{"\xc3\xa4\xe2\x80\x8dpal", "\xc3\xa4pal"},
		{"\xc3\xa4\xe2\x80\x8c\xe2\x80\x8c\xe2\x80\x8cx", "\xc3\xa4x"},
		{"\xc2\xa0\xe2\x80\x8c\xc2\xa0", "\xc2\xa0\xc2\xa0"}, /* a filler */
		{"a\xef\xb8\x8f", "a"},
		{"\xc3\xa4\xef\xb8\x8f\xef\xb8\x8f\xe2\x83\xa3",
			"\xc3\xa4\xef\xb8\x8f\xe2\x83\xa3"},
		{"\xe2\x80\x8d", ""},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		char *out = utf8_clean_line(table[i].in, strlen(table[i].in));

		assert_string_equal(out, table[i].want ? table[i].want : table[i].in);
		free(out);
		clean_both(table[i].in, strlen(table[i].in));
	}
}

static void test_marks(void **state)
{
	struct str in = STR_INIT, out = STR_INIT, want = STR_INIT;

	/* 500 marks, with an invisible one between to reset a careless counter */
	str_addc(&in, 'a');
	for (int i = 0; i < 500; i++) {
		utf8_put(&in, 0x300 + (uint32_t)i % 0x40);
		if (i % 3 == 0)
			utf8_put(&in, 0x200b);
	}
	str_adds(&in, "b");
	utf8_put(&in, 0x301);
	utf8_clean(&out, in.p, in.len, UTF8_LINE);
	str_addc(&want, 'a');
	for (uint32_t i = 0; i < 4; i++)
		utf8_put(&want, 0x300 + i);
	str_addc(&want, 'b');
	utf8_put(&want, 0x301);
	assert_string_equal(out.p, want.p);
	assert_int_equal(utf8_columns(out.p, out.len), 2);
	/* a control that vanishes from text resets nothing either */
	str_clear(&in);
	str_clear(&out);
	str_cut(&want, 9);
	str_addc(&in, 'a');
	for (uint32_t i = 0; i < 40; i++) {
		utf8_put(&in, 0x300 + i % 4);
		str_addc(&in, '\1');
	}
	utf8_clean(&out, in.p, in.len, UTF8_TEXT);
	assert_string_equal(out.p, want.p);
	str_done(&in);
	str_done(&out);
	str_done(&want);
}

static void test_width(void **state)
{
	static const struct {
		uint32_t cp;
		int want;
	} table[] = {{'a', 1}, {' ', 1}, {0, 0}, {0x1b, 0}, {0x7f, 0}, {0x9b, 0}, {0xe4, 1},
		{0x301, 0}, {0x6f22, 2}, {0xac00, 2}, {0xff21, 2}, {0x1f4e7, 2}, {0xfffd, 1},
		{0x2026, 1}, {0x378, 1 /* unassigned */}};

	for (size_t i = 0; i < MEM_COUNT(table); i++)
		assert_int_equal(utf8_width(table[i].cp), table[i].want);
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++)
		assert_in_range(utf8_width(cp), 0, 2);
}

static void test_fit(void **state)
{
	/* kanji, mail emoji, e + acute */
	static const char s[] = "漢📧e\xcc\x81z";
	static const struct {
		int columns, used;
		size_t want;
	} table[] = {{-1, 0, 0}, {0, 0, 0}, {1, 0, 0}, {2, 2, 3}, {3, 2, 3}, {4, 4, 7}, {5, 5, 10},
		{6, 6, 11}, {99, 6, 11}};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		int used = -1;

		assert_int_equal(utf8_fit(s, strlen(s), table[i].columns, &used), table[i].want);
		assert_int_equal(used, table[i].used);
		utf8_fit(s, strlen(s), table[i].columns, NULL);
	}
	assert_int_equal(utf8_columns(s, strlen(s)), 6);
}

static void test_pad(void **state)
{
	static const struct {
		const char *in;
		int columns;
		const char *want;
	} table[] = {
		{"abc", 5, "abc  "},
		{"abc", 3, "abc"},
		{"abcd", 3, "ab\xe2\x80\xa6"},
		{"abcd", 1, "\xe2\x80\xa6"},
		{"abcd", 0, ""},
		{"abcd", -3, ""},
		{"", 2, "  "},
		{"\xe6\xbc\xa2\xe5\xad\x97", 4, "\xe6\xbc\xa2\xe5\xad\x97"},
		{"\xe6\xbc\xa2\xe5\xad\x97", 3, "\xe6\xbc\xa2\xe2\x80\xa6"},
		{"\xe6\xbc\xa2\xe5\xad\x97", 2, "\xe2\x80\xa6 "}, /* no half of a wide one */
		{"\xe6\xbc\xa2\xe5\xad\x97", 1, "\xe2\x80\xa6"},
		{"\xf0\x9f\x93\xa7", 3, "\xf0\x9f\x93\xa7 "},
		{"e\xcc\x81", 1, "e\xcc\x81"},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct str out = STR_INIT;

		utf8_pad(&out, table[i].in, table[i].columns);
		assert_string_equal(str_c(&out), table[i].want);
		assert_int_equal(utf8_columns(str_c(&out), out.len),
			table[i].columns > 0 ? table[i].columns : 0);
		str_done(&out);
	}
}

static void test_fold(void **state)
{
	static const struct {
		const char *in, *want;
	} table[] = {
		{"ABCxyz09", "abcxyz09"},
		{"\xc3\x84rger", "\xc3\xa4rger"},
		{"A\xcc\x88rger", "\xc3\xa4rger"}, /* decomposed: the same */
		{"Straße", "strasse"},
		{"\xce\xa3\xcf\x82", "\xcf\x83\xcf\x83"},
		{"", ""},
	};
	char *s;

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		s = utf8_fold(table[i].in, strlen(table[i].in));
		assert_string_equal(s, table[i].want);
		free(s);
	}
	s = utf8_fold("A\xff", 2);
	assert_non_null(s);
	free(s);
}

/* The short way for simple characters must say what the library says, alone and in company. */
static void test_fold_simple(void **state)
{
	struct str s = STR_INIT;
	uint32_t before = 'A';

	for (uint32_t cp = 1; cp < 0x20000; cp++) {
		size_t len = 0;
		uint8_t *want;
		char *got;

		if (cp >= 0xD800 && cp < 0xE000)
			continue;
		str_clear(&s);
		utf8_put(&s, before);
		utf8_put(&s, cp);
		utf8_put(&s, cp + 7);
		want = u8_casefold((const uint8_t *)s.p, s.len, NULL, UNINORM_NFC, NULL, &len);
		assert_non_null(want);
		got = utf8_fold(s.p, s.len);
		if (strlen(got) != len || memcmp(got, want, len) != 0)
			fail_msg("U+%04X after U+%04X", (unsigned)cp, (unsigned)before);
		free(got);
		free(want);
		before = cp;
	}
	str_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_terminal_payloads),
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_clean_text),
		cmocka_unit_test(test_joiners),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_pad),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_fold_simple),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
