#include "golden.h"

#include "mime/html.h"
#include "mime/wrap.h"

#include <time.h>

static struct text *make_width(const char *s, size_t len, int width)
{
	struct str clean = STR_INIT;
	struct text *t = text_new();

	utf8_clean(&clean, s, len, UTF8_TEXT);
	html_text(t, str_c(&clean), clean.len, width);
	str_done(&clean);
	return t;
}

static struct text *make(const char *s, size_t len)
{
	struct text *t = make_width(s, len, 60);

	assert_true(golden_widest(t) <= 60);
	return t;
}

static void html_files(void **state)
{
	golden_all(".html", 12, make);
}

static void shows(const char *html, const char *want)
{
	struct text *t = make_width(html, strlen(html), 60);
	struct str all = STR_INIT;

	text_plain(t, &all, true);
	assert_string_equal(str_c(&all), want);
	str_done(&all);
	text_free(t);
}

static void small_things(void **state)
{
	static const char *const rows[][2] = {
		{"<pre>a\tb\nccc\td\n\xc3\xa4\te</pre>",
			"a       b\nccc     d\n\xc3\xa4       e\n"},
		{"<ol type=a><li>x<li>y</ol>", " a. x\n b. y\n"},
		{"<ol type=A start=26><li>x<li>y</ol>", " Z. x\n AA. y\n"},
		{"<ol type=i start=3><li>x<li>y</ol>", " iii. x\n iv. y\n"},
		{"<ol type=I start=4000><li>x</ol>", " 4000. x\n"},
		{"<ol start=7><li>x<li value=9>y<li>z</ol>", " 7. x\n 9. y\n 10. z\n"},
		{"<p>a&nbsp|b &eacute c&eacute;d &amp x &notanentity &copy2</p>",
			"a |b é céd & x &notanentity &copy2\n"},
		{"a<!VR>b<?xml version=1?>c", "abc\n"},
		{"a<!-->b<!--->c<!-- x --!>d<!-- y -->e", "abcde\n"},
		{"<select><option>one<option selected>two<option>three</select>", "[two]\n"},
		{"<select><option>one<option>two</select> <select></select>x", "[one] x\n"},
		{"Find <input value='some  words'>x<input type=HIDDEN value=token><input><input "
		 "value=''>y",
			"Find [some words]xy\n"},
		{"He said <q>so</q>, twice.", "He said \xe2\x80\x9cso\xe2\x80\x9d, twice.\n"},
		{"<p>one<br><br><br><br>two<p>&nbsp;<br>", "one\n\ntwo\n"},
		{"<style>.no { display: none }</style>ab<img alt=c "
		 "hidden><img alt=d><input class=no value=e><select class=no><option>f</select>"
		 "<br class=no>g<hr "
		 "style='display:none'>",
			"ab[d]g\n"},
		{"<table><tr><td>a<td style='display:none'><input value=b><img alt=c><hr>d</table>",
			"a\n"},
		{"<div style='height:0;overflow:hidden'>gone</div>here", "here\n"},
		{"<div style='height:0'>stays</div>", "stays\n"},
		{"<style>.pre, td.other , #p1 { display:none !important } "
		 "@media print { .x { display:none } } /* .y{display:none} */ .a "
		 ".b{display:none}</style>"
		 "<div class='Foo PRE'>1</div><div id=p1>2</div><i class=other>3</i><p "
		 "class=x>4</p>"
		 "<p class=y>5</p><p class=b>6</p><div class=pre style='display:block'>7</div>",
			"4\n\n5\n\n6\n\n7\n"},
		{"<blockquote><table><tr><td>box</td></tr></table></blockquote>", "box\n"},
		{"<blockquote>words</blockquote>", "> words\n"},
		{"<blockquote type=cite><table><tr><td>box</td></tr></table></blockquote>",
			"> box\n"},
		{"<p>a</p><a href=http://x.org/1><img></a><div><a "
		 "href=http://x.org/2><img></a></div>"
		 "<div><a href=http://x.org/3><img></a></div><p>b</p>",
			"a\n\n[3 images][1]\n\nb\n\n[1] http://x.org/1\n"},
		{"x <a href=http://x.org/1><img></a> y", "x [image][1] y\n\n[1] http://x.org/1\n"},
		{"<a href=http://x.org/1><img></a>", "[image][1]\n\n[1] http://x.org/1\n"},
		{"<a href='http://x.org/1'>here</a> and <a href='http://x.org/1'>there</a>",
			"here[1] and there[1]\n\n[1] http://x.org/1\n"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		shows(rows[i][0], rows[i][1]);
}

static bool has(const struct text *t, const char *what)
{
	struct str all = STR_INIT;
	bool found;

	text_plain(t, &all, false);
	found = strstr(str_c(&all), what) != NULL;
	str_done(&all);
	return found;
}

/* piece n times, "needle", and the text must still be there in the time a person waits. */
static void bomb(const char *piece, size_t times, const char *must_have)
{
	struct str s = STR_INIT;
	clock_t start;
	struct text *t;

	for (size_t i = 0; i < times; i++)
		str_adds(&s, piece);
	str_adds(&s, "needle");
	start = clock();
	t = make_width(str_c(&s), s.len, 72);
	/* 2 s is the promise; the sanitizers are allowed their share. */
	if ((clock() - start) / CLOCKS_PER_SEC > 6)
		fail_msg("%s x %zu takes %.1f s", piece, times,
			(double)(clock() - start) / CLOCKS_PER_SEC);
	golden_check_clean(t);
	assert_true(t->n <= WRAP_MAX_LINES);
	if (must_have && !has(t, must_have))
		fail_msg("%s x %zu loses the text", piece, times);
	text_free(t);
	str_done(&s);
}

static void bombs_are_bounded(void **state)
{
	bomb("<div>", 50000, "needle");
	bomb("<blockquote>", 20000, "needle");
	bomb("<table><tr><td>", 20000, "needle");
	bomb("<ul><li>", 20000, "needle");
	bomb("<b>", 50000, "needle");
	bomb("<a href='https://a.example/'>x", 20000, "needle");
	bomb("<", 1000000, NULL);
	bomb("&", 500000, NULL);
	bomb("<td>x<td>y<tr>", 30000, NULL);
	bomb("<p>x", 100000, NULL);
	bomb("<br>", 200000, "needle");
	bomb("<pre>\t\n", 50000, "needle");
	bomb("<!DOCTYPE [", 50000, NULL);
	bomb("<!DOCTYPE ", 500000, NULL);
	bomb("<span style='font-size:0;font-size:1px;display:block'>", 20000, "needle");
	bomb("<hr>", 300000, NULL);
	bomb("<h1>x</h2>", 200000, "needle");
	bomb("<i>x<b>y", 200000, "needle");
	bomb("<b><div></b>", 200000, "needle");
	bomb("<dl><dd>x", 50000, "needle");
}

static void parser_bombs_are_bounded(void **state)
{
	struct str s = STR_INIT;
	clock_t start = clock();
	struct text *t;

	for (int i = 0; i < 200000; i++)
		str_adds(&s, "<div>");
	for (int i = 0; i < 200000; i++)
		str_adds(&s, "</span>");
	str_adds(&s, "<p ");
	for (int i = 0; i < 200000; i++)
		str_addf(&s, " a%d=1", i);
	str_adds(&s, ">needle");
	t = make_width(s.p, s.len, 72);
	assert_true(has(t, "needle"));
	assert_true((clock() - start) / CLOCKS_PER_SEC <= 6);
	text_free(t);
	str_done(&s);
}

static void grid_bomb_is_bounded(void **state)
{
	struct str s = STR_INIT;
	struct text *t;

	str_adds(&s, "<table border=1>");
	for (int i = 0; i < 400; i++) {
		str_adds(&s, "<tr>");
		for (int k = 0; k < 12; k++)
			str_addf(&s, "<td rowspan=%d colspan=%d>cell %d", k * 999, k % 3, k);
	}
	t = make_width(s.p, s.len, 40);
	golden_check_clean(t);
	assert_true(t->n > 0);
	text_free(t);
	str_done(&s);
}

static void links_left_out_are_told(void **state)
{
	for (int n = 3999; n <= 4001; n++) {
		struct str s = STR_INIT;
		struct text *t;

		for (int i = 0; i < n; i++)
			str_addf(&s, "<a href=http://x.org/%d>x</a> ", i);
		t = make_width(s.p, s.len, 72);
		assert_int_equal(has(t, "1 link is left out"), n > 4000);
		assert_int_equal(t->links.n, n > 4000 ? 4000 : n);
		text_free(t);
		str_done(&s);
	}
	for (int n = 2082; n <= 2084; n++) {
		struct str s = STR_INIT;
		struct text *t;

		str_adds(&s, "<a href=http://x.org/");
		for (int i = 13; i < n; i++)
			str_addc(&s, 'y');
		str_adds(&s, ">x</a>");
		t = make_width(s.p, s.len, 72);
		assert_int_equal(has(t, "1 link is left out"), n > 2083);
		text_free(t);
		str_done(&s);
	}
}

static void too_long_says_so(void **state)
{
	struct str s = STR_INIT;
	struct text *t;

	while (s.len <= (size_t)HTML_MAX)
		str_adds(&s, "<p>some words of a paragraph that goes on for a while</p>\n");
	str_adds(&s, "needle");
	t = make_width(s.p, s.len, 72);
	assert_false(has(t, "needle"));
	assert_int_equal(t->lines[t->n - 1].style, TEXT_NOTICE);
	text_free(t);
	str_done(&s);
}

static void any_width_fits(void **state)
{
	static const char html[] =
		"<h1>Heading heading</h1><ul><li>item item item item<ol><li>inner inner "
		"inner</ol></ul>"
		"<blockquote><blockquote>quoted quoted quoted quoted<table "
		"border=1><tr><th>a<th>b<tr>"
		"<td>long long long text<td>other other text</table></blockquote></blockquote>"
		"<a href='https://evil.example/'>https://bank.example/</a><hr><pre>"
		"pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp</pre>";

	for (int width = 20; width < 140; width++) {
		struct text *t = make_width(html, strlen(html), width);

		assert_true(golden_widest(t) <= width);
		golden_check_clean(t);
		text_free(t);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_files),
		cmocka_unit_test(small_things),
		cmocka_unit_test(bombs_are_bounded),
		cmocka_unit_test(parser_bombs_are_bounded),
		cmocka_unit_test(grid_bomb_is_bounded),
		cmocka_unit_test(links_left_out_are_told),
		cmocka_unit_test(too_long_says_so),
		cmocka_unit_test(any_width_fits),
	};

	golden_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
