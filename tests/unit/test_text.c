#include "golden.h"

#include "mime/link.h"
#include "mime/source.h"
#include "mime/wrap.h"

static void links_are_clean_and_once(void **state)
{
	struct text *t = text_new();
	struct str longest = STR_INIT;

	assert_int_equal(text_link_add(t, " https://a.example/ ", 20), 0);
	assert_int_equal(text_link_add(t, "https://b.example/\xC3\xA4 x\"\n", 24), 1);
	assert_int_equal(text_link_add(t, "https://a.example/", 18), 0);
	assert_string_equal(t->links.v[1], "https://b.example/%C3%A4%20x%22");
	assert_int_equal(text_link_add(t, "  ", 2), -1);
	str_adds(&longest, "https://");
	while (longest.len < 2083)
		str_addc(&longest, 'a');
	assert_int_equal(text_link_add(t, longest.p, longest.len), 2);
	str_addc(&longest, 'a');
	assert_int_equal(text_link_add(t, longest.p, longest.len), -1);
	str_done(&longest);
	text_free(t);
}

static void links_are_limited(void **state)
{
	struct text *t = text_new();
	char url[40];

	for (int i = 0; i < 5000; i++) {
		snprintf(url, sizeof(url), "https://a.example/%d", i);
		assert_int_equal(text_link_add(t, url, strlen(url)), i < 4000 ? i : -1);
	}
	text_free(t);
}

static void join_keeps_links(void **state)
{
	struct text *a = text_new(), *b = text_new();
	struct str plain = STR_INIT;
	struct text_line *line;

	text_link_add(a, "https://a.example/", 18);
	text_link_add(b, "https://b.example/", 18);
	text_link_add(b, "https://a.example/", 18);
	text_add(a, TEXT_PLAIN, "one", 3);
	line = text_add(b, TEXT_BOLD, "two", 3);
	text_span_add(line, 0, 1, TEXT_LINK, 0);
	text_span_add(line, 1, 99, TEXT_LINK, 1);
	text_span_add(line, 3, 1, TEXT_LINK, 1);
	assert_int_equal(line->nspans, 2);
	text_join(a, b);
	assert_int_equal(a->n, 2);
	assert_int_equal(a->lines[1].spans[0].link, 1);
	assert_int_equal(a->lines[1].spans[1].link, 0);
	assert_int_equal(a->lines[1].spans[1].len, 2);
	text_plain(a, &plain, false);
	assert_string_equal(plain.p, "one\ntwo\n");
	str_done(&plain);
	text_free(a);
	text_free(NULL);
}

static void wrapping(void **state)
{
	static const struct {
		const char *in;
		int width;
		const char *want;
	} cases[] = {
		{"", 20, "\n"},
		{"aa bb cc", 20, "aa bb cc\n"},
		{"aa bb cc", 5, "aa bb\ncc\n"},
		{"aa  bb cc", 5, "aa\nbb cc\n"},
		{"aaaaaaa bb", 5, "aaaaa\naa bb\n"},
		{"a\n\nb", 5, "a\n\nb\n"},
		{"a-b/c d", 4, "a-b/\nc d\n"},
		{"猫猫猫", 5, "猫猫\n猫\n"},
		{"猫猫。猫", 4, "猫\n猫。\n猫\n"},
		{"e\xCC\x81"
		 "e\xCC\x81"
		 "e\xCC\x81",
			2,
			"e\xCC\x81"
			"e\xCC\x81\ne\xCC\x81\n"},
		{"aa \n bb", 5, "aa \n bb\n"},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct wrap w = WRAP_INIT;
		struct text *t = text_new();
		struct wrap_box box = {.width = cases[i].width};
		struct str out = STR_INIT;

		wrap_put(&w, cases[i].in, strlen(cases[i].in), TEXT_STYLES, -1);
		wrap_emit(&w, t, &box);
		for (size_t k = 0; k < t->n; k++)
			str_addf(&out, "%s\n", t->lines[k].s);
		assert_string_equal(str_c(&out), cases[i].want);
		str_done(&out);
		wrap_done(&w);
		text_free(t);
	}
}

/* What the screen had to cut is whole for pipes; where it broke at a blank it stays broken. */
static void plain_words_are_whole(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"https://example.org/a/long/path", "https://example.org/a/long/path\n"},
		{"see https://example.org/x now", "see\nhttps://example.org/x now\n"},
		{"aaaaaaaaaaaaaaaaaaaaa bb", "aaaaaaaaaaaaaaaaaaaaa bb\n"},
		{"aa bb cc dd ee", "aa bb\ncc dd\nee\n"},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct wrap w = WRAP_INIT;
		struct text *t = text_new();
		struct wrap_box box = {.width = 7, .first = "> ", .rest = "> "};
		struct str out = STR_INIT, bare = STR_INIT;

		wrap_put(&w, cases[i].in, strlen(cases[i].in), TEXT_STYLES, -1);
		wrap_emit(&w, t, &box);
		text_plain(t, &out, false);
		for (const char *p = out.p; *p; p++)
			if (!(p[0] == '>' && (p == out.p || p[-1] == '\n')) &&
				!(p[0] == ' ' && p > out.p && p[-1] == '>'))
				str_addc(&bare, *p);
		assert_string_equal(str_c(&bare), cases[i].want);
		str_done(&out);
		str_done(&bare);
		wrap_done(&w);
		text_free(t);
	}
}

static void links_are_listed(void **state)
{
	static const struct {
		const char *shown, *url, *want;
	} cases[] = {
		{"here", "https://example.org/x", "go here[1] now\n\n[1] https://example.org/x\n"},
		{"https://example.org/x", "https://example.org/x",
			"go https://example.org/x now\n"},
		{"example.org", "https://example.org/", "go example.org now\n"},
		{"a@b.org", "mailto:a@b.org", "go a@b.org now\n"},
		{"example.org", "https://example.org/x",
			"go example.org[1] now\n\n[1] https://example.org/x\n"},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++)
		for (int width = 80; width >= 7; width -= 73) {
			struct wrap w = WRAP_INIT;
			struct text *t = text_new();
			struct wrap_box box = {.width = width};
			struct str out = STR_INIT;
			int link = text_link_add(t, cases[i].url, strlen(cases[i].url));

			wrap_put(&w, "go ", 3, TEXT_STYLES, -1);
			wrap_put(&w, cases[i].shown, strlen(cases[i].shown), TEXT_LINK, link);
			wrap_put(&w, " now", 4, TEXT_STYLES, -1);
			wrap_emit(&w, t, &box);
			text_plain(t, &out, true);
			if (width == 80)
				assert_string_equal(out.p, cases[i].want);
			else if (!strstr(out.p,
					 strchr(cases[i].want, '[') ? "[1]" : cases[i].shown) ||
				 (strstr(out.p, "\n[1] ") != NULL) !=
					 (strstr(cases[i].want, "\n[1] ") != NULL))
				fail_msg("%d: %s", width, out.p);
			str_done(&out);
			wrap_done(&w);
			text_free(t);
		}
}

static void spans_follow_the_lines(void **state)
{
	struct wrap w = WRAP_INIT;
	struct text *t = text_new();
	struct str out = STR_INIT;
	struct wrap_box box = {.width = 12, .first = "> ", .rest = "> ", .quote = 1};

	wrap_put(&w, "one ", 4, TEXT_STYLES, -1);
	wrap_put(&w, "two three four", 14, TEXT_BOLD, -1);
	wrap_put(&w, " five", 5, TEXT_STYLES, -1);
	wrap_emit(&w, t, &box);
	golden_dump(t, &out);
	assert_string_equal(out.p, ".  1|> one {b two}\n.  1|> {b three four}\n.  1|> five\n");
	str_done(&out);
	wrap_done(&w);
	text_free(t);
}

static void deceiving_links(void **state)
{
	static const struct {
		const char *visible, *url, *want; /* want NULL: honest */
	} cases[] = {
		{"https://bank.example/", "https://bank.example/login", NULL},
		{"bank.example", "https://www.BANK.example/", NULL},
		{"www.bank.example/x", "https://bank.example:8443/", NULL},
		{"click here", "https://evil.example/", NULL},
		{"Read more.", "https://evil.example/", NULL},
		{"version 2.10", "https://evil.example/", NULL},
		{"2.10", "https://evil.example/", NULL},
		{"bank.example", "https://evil.example/a", "https://evil.example/a"},
		{"go to https://bank.example now", "https://evil.example", "https://evil.example"},
		{"https://bank.example", "https://bank.example@evil.example/",
			"https://evil.example/"},
		{"https://bank.example", "https://bank.example.evil.example/",
			"https://bank.example.evil.example/"},
		{"https://bank.example", "https://evil.example\\@bank.example/",
			"https://evil.example\\@bank.example/"},
		{"https://bank.example⁄x", "https://evil.example/", "https://evil.example/"},
		{"bob@bank.example", "mailto:bob@bank.example?subject=x", NULL},
		{"bob@bank.example", "mailto:eve@evil.example", "mailto:eve@evil.example"},
		{"bob@bank.example", "https://evil.example/", "https://evil.example/"},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct str out = STR_INIT;
		bool lies = link_deceives(&out, cases[i].visible, cases[i].url);

		if (lies != (cases[i].want != NULL) || (lies && strcmp(out.p, cases[i].want) != 0))
			fail_msg("%s -> %s: %s", cases[i].visible, cases[i].url,
				lies ? out.p : "honest");
		str_done(&out);
	}
}

/* Nothing is decoded, nothing reaches the terminal as it is, and whole lines come out again. */
static void sources(void **state)
{
	static const char bytes[] =
		"Subject: =?utf-8?q?x?=\r\n\r\n12345678901234567890\033[31mred\r\n\xE9";
	struct text *t = source_text(bytes, sizeof(bytes) - 1, 20);
	struct str plain = STR_INIT, many = STR_INIT;

	assert_int_equal(t->n, 6);
	assert_string_equal(t->lines[2].s, "");
	assert_string_equal(t->lines[3].s, "12345678901234567890");
	assert_string_equal(t->lines[4].s, "red");
	assert_string_equal(t->lines[5].s, "é");
	text_plain(t, &plain, false);
	assert_string_equal(plain.p, "Subject: =?utf-8?q?x?=\n\n12345678901234567890red\né\n");
	text_free(t);
	str_done(&plain);
	for (int lines = 199999; lines <= 200001; lines++) {
		str_clear(&many);
		for (int i = 0; i < lines; i++)
			str_adds(&many, "x\n");
		t = source_text(many.p, many.len, 80);
		assert_int_equal(t->n, lines);
		assert_int_equal(t->lines[t->n - 1].style == TEXT_NOTICE, lines > 200000);
		text_free(t);
	}
	str_done(&many);
	t = source_text("", 0, 20);
	assert_int_equal(t->n, 0);
	text_free(t);
}

/* Marks as long as they can be told apart by looking, a number above; never a third of the width.
 */
static void quote_prefixes(void **state)
{
	static const struct {
		int level, width;
		const char *want;
	} cases[] = {{0, 80, ""}, {1, 80, "> "}, {13, 80, "> > > > > > > > > > > > > "},
		{14, 80, ">>>>>>>>>>>>>> "}, {20, 80, ">>>>>>>>>>>>>>>>>>>> "}, {21, 80, "21> "},
		{25, 80, "25> "}, {1500, 80, "999> "}, {9, 30, ">>>>>>>>> "}, {10, 30, "10> "},
		{30, 12, ">>> "}};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct str s = STR_INIT;

		wrap_quote_prefix(&s, cases[i].level, cases[i].width);
		assert_string_equal(str_c(&s), cases[i].want);
		assert_true(i == 0 || utf8_columns(s.p, s.len) <= cases[i].width / 3);
		str_done(&s);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_clean_and_once),
		cmocka_unit_test(quote_prefixes),
		cmocka_unit_test(links_are_limited),
		cmocka_unit_test(join_keeps_links),
		cmocka_unit_test(wrapping),
		cmocka_unit_test(plain_words_are_whole),
		cmocka_unit_test(links_are_listed),
		cmocka_unit_test(spans_follow_the_lines),
		cmocka_unit_test(deceiving_links),
		cmocka_unit_test(sources),
	};

	golden_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
