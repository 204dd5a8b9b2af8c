#include "golden.h"

#include "mime/flowed.h"
#include "mime/wrap.h"

static struct text *make(const char *s, size_t len, bool flowed, bool delsp)
{
	struct flowed_options opt = {.width = 60, .flowed = flowed, .delsp = delsp};
	struct str clean = STR_INIT;
	struct text *t = text_new();

	utf8_clean(&clean, s, len, UTF8_TEXT);
	flowed_text(t, str_c(&clean), clean.len, &opt);
	str_done(&clean);
	assert_true(golden_widest(t) <= 60);
	return t;
}

static struct text *make_plain(const char *s, size_t len)
{
	return make(s, len, false, false);
}

static struct text *make_flowed(const char *s, size_t len)
{
	return make(s, len, true, false);
}

static struct text *make_delsp(const char *s, size_t len)
{
	return make(s, len, true, true);
}

static void plain_files(void **state)
{
	golden_all(".plain", 8, make_plain);
}

static void flowed_files(void **state)
{
	golden_all(".flowed", 2, make_flowed);
	golden_all(".delsp", 1, make_delsp);
}

static void quote_levels(void **state)
{
	static const struct {
		const char *s;
		int level;
		size_t prefix;
	} cases[] = {{"", 0, 0}, {"x > y", 0, 0}, {">", 1, 1}, {"> x", 1, 2}, {">x", 1, 1},
		{">> x", 2, 3}, {"> > x", 2, 4}, {" > x", 1, 3}, {"  > x", 0, 0}, {">  > x", 1, 2},
		{">>>>> x", 5, 6}, {" ", 0, 0}};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		size_t prefix;

		assert_int_equal(
			flowed_quote(cases[i].s, strlen(cases[i].s), &prefix), cases[i].level);
		assert_int_equal(prefix, cases[i].prefix);
	}
}

/* Three empty lines in a row are shown, not the hundreds that some programs write. */
static void empty_lines(void **state)
{
	static const struct flowed_options options[] = {
		{.width = 60}, {.width = 60, .flowed = true}};

	for (int n = 0; n < 8; n++)
		for (size_t k = 0; k < MEM_COUNT(options); k++) {
			struct text *t = text_new();
			struct str s = STR_INIT;

			str_adds(&s, "a\n");
			for (int i = 0; i < n; i++)
				str_adds(&s, i % 3 == 2 ? " \xC2\xA0\n" : "\n");
			str_adds(&s, "b\n");
			flowed_text(t, s.p, s.len, &options[k]);
			assert_int_equal(t->n, 2 + (n > 3 ? 3 : n));
			assert_string_equal(t->lines[t->n - 1].s, "b");
			text_free(t);
			str_done(&s);
		}
}

static void check_bomb(const char *piece, size_t times, bool flowed)
{
	struct str s = STR_INIT;
	struct text *t;

	for (size_t i = 0; i < times; i++)
		str_adds(&s, piece);
	t = make(str_c(&s), s.len, flowed, false);
	assert_true(t->n > 0 && t->n <= WRAP_MAX_LINES);
	golden_check_clean(t);
	text_free(t);
	str_done(&s);
}

static void bombs_are_bounded(void **state)
{
	check_bomb(">", 1000000, false);
	check_bomb(">", 1000000, true);
	check_bomb("> ", 500000, false);
	check_bomb("\n", 1000000, false);
	check_bomb("x \n", 300000, true);
	check_bomb("\t", 300000, false);
	check_bomb("http://", 150000, false);
	check_bomb("http://a.example/( ", 50000, false);
	check_bomb(":", 1000000, false);
	check_bomb(")", 1000000, false);
	check_bomb("猫", 300000, false);
	check_bomb("@@ -1,999999 +1,999999 @@\n", 40000, false);
	check_bomb("              ", 100000, false);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_files),
		cmocka_unit_test(flowed_files),
		cmocka_unit_test(quote_levels),
		cmocka_unit_test(empty_lines),
		cmocka_unit_test(bombs_are_bounded),
	};

	golden_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
