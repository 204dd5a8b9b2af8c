#include "base/conf.h"
#include "base/mem.h"
#include "tests/check.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* The tree as text: words in [], '{...}' for blocks, ';' behind each line. */
static void show(struct str *out, const struct conf_block *b)
{
	for (size_t i = 0; i < b->n; i++) {
		for (size_t w = 0; w < b->lines[i].n; w++)
			str_addf(out, "[%s]", b->lines[i].words[w].text);
		if (b->lines[i].block) {
			str_addc(out, '{');
			show(out, b->lines[i].block);
			str_addc(out, '}');
		}
		str_addc(out, ';');
	}
}

static void assert_parses(const char *in, size_t len, const char *tree, const char *errors)
{
	struct conf_errors e = {.file = mem_strdup("f")};
	struct str shown = STR_INIT, printed = STR_INIT;
	char *copy = mem_dup(in, len);
	struct conf_block *b = conf_parse(copy, len, &e);

	show(&shown, b);
	conf_errors_print(&e, &printed);
	assert_string_equal(str_c(&shown), tree);
	assert_string_equal(str_c(&printed), errors);
	str_done(&shown);
	str_done(&printed);
	conf_free(b);
	conf_errors_done(&e);
	free(copy);
}

static void test_words(void **state)
{
	static const struct {
		const char *in, *want;
	} table[] = {
		{"", ""},
		{"\n\n  \t\n", ""},
		{"set a b", "[set][a][b];"},
		{"  set\ta  b  \r\nquit\r\n", "[set][a][b];[quit];"},
		{"a;b ; c;;", "[a];[b];[c];"},
		{"# only a comment", ""},
		{"a # comment ; b\nc", "[a];[c];"},
		{"a#b c#", "[a#b][c#];"},
		{"a \"b c\" 'd e'", "[a][b c][d e];"},
		{"a \"\" ''", "[a][][];"},
		{"a \"x\\\"y\\\\z\\n\\t\\q\"", "[a][x\"y\\z\n\tq];"},
		{"a 'x\\y\"z'", "[a][x\\y\"z];"},
		{"a pre\"fix \"'ed '", "[a][prefix ed ];"},
		{"a \\ b\\;c \\#d \\\"", "[a][ b;c][#d][\"];"},
		{"a \";\" ';#'", "[a][;][;#];"},
		{"a \\\n b \\\r\n c\nd", "[a][b][c];[d];"},
		{"a b\\\nc", "[a][b][c];"},
		{"m\xc3\xbcller \xe6\xbc\xa2", "[m\xc3\xbcller][\xe6\xbc\xa2];"},
		{"\xef\xbb\xbfset a b", "[set][a][b];"},
		{"account x {\n  a b\n  c {\n d\n }\n}\ne", "[account][x]{[a][b];[c]{[d];};};[e];"},
		{"x { a; b\n}", "[x]{[a];[b];};"},
		{"x { # comment\n}", "[x]{};"},
		{"bind '{' x\nbind \\} y \"}\"", "[bind][{][x];[bind][}][y][}];"},
		{"a }", "[a][}];"},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++)
		assert_parses(table[i].in, strlen(table[i].in), table[i].want, "");
}

static void test_errors(void **state)
{
	static const struct {
		const char *in, *tree, *errors;
	} table[] = {
		{"a\n b \"open\nc", "[a];[b][open];[c];",
			"f:2:4: this \" is not closed on its line\n"},
		{"a 'open", "[a][open];", "f:1:3: this ' is not closed on its line\n"},
		{"\xc3\xa4\xc3\xb6 \"x", "[\xc3\xa4\xc3\xb6][x];",
			"f:1:4: this \" is not closed on its line\n"},
		{"a {\n b\n", "[a]{[b];};", "f:1:3: this { is not closed\n"},
		{"a\n}\nb", "[a];[b];", "f:2:1: } without {\n"},
		{"{\n a\n}\nb", "[b];", "f:1:1: a block is not allowed here\n"},
		{"a \xff", "[a][\xff];", "f:1:3: this word is not UTF-8\n"},
		/* all at once */
		{"a \"x\n}\nb \xc0\xaf\nc {", "[a][x];[b][\xc0\xaf];[c]{};",
			"f:1:3: this \" is not closed on its line\n"
			"f:2:1: } without {\n"
			"f:3:3: this word is not UTF-8\n"
			"f:4:3: this { is not closed\n"},
		{"x \"a\\\nb\" c", "[x][a\nb][c];", ""},
		{"a \\", "[a][];", ""},
		{"a \"\\", "[a][];", "f:1:3: this \" is not closed on its line\n"},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++)
		assert_parses(table[i].in, strlen(table[i].in), table[i].tree, table[i].errors);
	assert_parses("a b\0c d\ne", 9, "[a][b][d];[e];", "f:1:3: this word contains a NUL byte\n");
	assert_parses("\0", 1, "[];", "f:1:1: this word contains a NUL byte\n");
}

static void test_bounds(void **state)
{
	struct conf_errors e = {0};
	struct str s = STR_INIT;
	struct conf_block *b;

	for (int i = 0; i < 100000; i++)
		str_adds(&s, "a {\n");
	b = conf_parse(s.p, s.len, &e);
	assert_true(e.n >= 1);
	conf_free(b);
	conf_errors_done(&e);
	str_clear(&s);
	for (int i = 0; i < 100000; i++)
		str_adds(&s, "{");
	for (int i = 0; i < 100000; i++)
		str_adds(&s, "\n{");
	b = conf_parse(s.p, s.len, &e);
	assert_true(e.n >= 1);
	conf_free(b);
	conf_errors_done(&e);
	str_clear(&s);
	for (int i = 0; i < 5000; i++)
		str_adds(&s, "w ");
	str_adds(&s, "\nnext");
	b = conf_parse(s.p, s.len, &e);
	assert_int_equal(e.n, 1);
	assert_int_equal(b->n, 2);
	assert_string_equal(b->lines[1].words[0].text, "next");
	conf_free(b);
	conf_errors_done(&e);
	str_done(&s);
}

static void test_error_text(void **state)
{
	struct conf_errors e = {.file = mem_strdup("f")};
	struct conf_word w = {.line = 3, .column = 9};
	struct str s = STR_INIT;

	conf_error(&e, &w, "no setting \"%s\"", "\x1b]0;x\x07\n");
	conf_errors_print(&e, &s);
	assert_string_equal(s.p, "f:3:9: no setting \"\xef\xbf\xbd]0;x\xef\xbf\xbd \"\n");
	str_done(&s);
	conf_errors_done(&e);
	conf_error_at(&e, 1, 2, "x");
	conf_errors_print(&e, &s);
	assert_string_equal(s.p, "-:1:2: x\n");
	str_done(&s);
	conf_errors_done(&e);
}

static void assert_round_trip(const char *word)
{
	struct conf_errors e = {0};
	struct str s = STR_INIT;
	struct conf_block *b;

	str_adds(&s, "x ");
	conf_quote(&s, word);
	str_adds(&s, " y");
	b = conf_parse(s.p, s.len, &e);
	assert_int_equal(e.n, 0);
	assert_int_equal(b->n, 1);
	assert_int_equal(b->lines[0].n, 3);
	assert_string_equal(b->lines[0].words[1].text, word);
	assert_null(b->lines[0].block);
	conf_free(b);
	conf_errors_done(&e);
	str_done(&s);
}

static void test_quote(void **state)
{
	static const char *const table[] = {"", "plain", "two words", "it's", "\"", "\\", "\\n",
		"a\\", "a\nb", "\n", "\r\n", "\t", "#x", "x#y", ";", "{", "}", "$HOME", "'\"'",
		"\\\"", "m\xc3\xbcller", "\xe6\xbc\xa2 \xf0\x9f\x93\xa7", "\x01", "\x7f", "*.*",
		"~N|~F"};

	for (size_t i = 0; i < MEM_COUNT(table); i++)
		assert_round_trip(table[i]);
	for (char a = 1; a < 0x7f; a++)
		for (char b = 1; b < 0x7f; b++)
			assert_round_trip((char[]){a, b, '\0'});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_error_text),
		cmocka_unit_test(test_quote),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
