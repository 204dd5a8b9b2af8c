/* Which program looks at what, and that no mail can say more to a shell than one word. */
#include "base/run.h"
#include "mime/kind.h"
#include "mime/magic.h"
#include "mime/mailcap.h"
#include "tests/unit/mime_test.h"

struct asked {
	const char *fails; /* the test that does */
	size_t tests;
};

static bool test_row(void *ctx, const char *script, const struct strv *args)
{
	struct asked *a = ctx;

	(void)args;
	a->tests++;
	return strcmp(script, a->fails) != 0;
}

static struct mailcap *mailcap_of(const char *text)
{
	struct mailcap *m = mailcap_new();

	mailcap_add(m, text, strlen(text));
	return m;
}

/* The script that text has for it, or "-". */
static char *script_for(
	const char *text, const char *type, const char *charset, enum mailcap_use use, bool out)
{
	struct mailcap *m = mailcap_of(text);
	struct asked a = {"false", 0};
	const struct mailcap_param params[] = {{"charset", charset}};
	const struct mailcap_want want = {type, use, out, params, 1, test_row, &a};
	struct mailcap_found found;
	char *script = mem_strdup("-");

	if (mailcap_find(m, &want, &found)) {
		free(script);
		script = mem_strdup(found.script);
		mailcap_found_done(&found);
	}
	mailcap_free(m);
	return script;
}

static void test_rows(void **state)
{
	static const struct {
		const char *text, *type;
		enum mailcap_use use;
		bool out;
		const char *script;
	} rows[] = {
		{"image/png; feh %s", "image/png", MAILCAP_VIEW, false, "feh \"${1}\""},
		{"IMAGE/PNG; feh %s", "image/png", MAILCAP_VIEW, false, "feh \"${1}\""},
		{"image/*; feh %s", "image/png", MAILCAP_VIEW, false, "feh \"${1}\""},
		{"image; feh %s", "image/png", MAILCAP_VIEW, false, "feh \"${1}\""},
		{"*/*; any %s", "image/png", MAILCAP_VIEW, false, "any \"${1}\""},
		{"image/jpeg; feh %s", "image/png", MAILCAP_VIEW, false, "-"},
		{"imag; feh %s", "image/png", MAILCAP_VIEW, false, "-"},
		{"", "image/png", MAILCAP_VIEW, false, "-"},
		{"# image/png; feh %s", "image/png", MAILCAP_VIEW, false, "-"},
		{"image/png", "image/png", MAILCAP_VIEW, false, "-"},
		{"image/png;", "image/png", MAILCAP_VIEW, false, "-"},
		{"a/b; cat", "a/b", MAILCAP_VIEW, false, "{ cat\n} <\"$1\""},
		{"a/b; one '%s'\n", "a/b", MAILCAP_VIEW, false, "one ''\"${1}\"''"},
		{"a/b; one \"%s\"", "a/b", MAILCAP_VIEW, false, "one \"${1}\""},
		{"a/b; one \"'%s\" %s", "a/b", MAILCAP_VIEW, false, "one \"'${1}\" \"${1}\""},
		{"a/b; x %s \\; y 10\\%; test=true", "a/b", MAILCAP_VIEW, false,
			"x \"${1}\" ; y 10%"},
		{"a/b; x \\\n %s\n", "a/b", MAILCAP_VIEW, false, "x  \"${1}\""},
		{"a/b; x %% %t %s", "a/b", MAILCAP_VIEW, false, "x % \"${2}\" \"${1}\""},
		{"a/b; x %{charset} %{CharSet} %s", "a/b", MAILCAP_VIEW, false,
			"x \"${2}\" \"${3}\" \"${1}\""},
		{"a/b; x %{name} \"%{name}\" %s", "a/b", MAILCAP_VIEW, false, "x '' \"\" \"${1}\""},
		{"a/b; x %{char", "a/b", MAILCAP_VIEW, false, "-"},
		{"a/b; x %n %s\na/b; y %F", "a/b", MAILCAP_VIEW, false, "-"},
		{"a/b; x %", "a/b", MAILCAP_VIEW, false, "-"},
		{"a/b; no %s; test=false\na/b; yes %s; test=true", "a/b", MAILCAP_VIEW, false,
			"yes \"${1}\""},
		{"a/b; no %s; test=grep a %s", "a/b", MAILCAP_VIEW, false, "-"},
		{"a/b; x %s; print=lp %s ; edit = ed %s", "a/b", MAILCAP_PRINT, false,
			"lp \"${1}\""},
		{"a/b; x %s; print=lp %s ; edit = ed %s", "a/b", MAILCAP_EDIT, false,
			"ed \"${1}\""},
		{"a/b; x %s", "a/b", MAILCAP_PRINT, false, "-"},
		{"a/b; x %s\na/b; text %s; CopiousOutput", "a/b", MAILCAP_VIEW, true,
			"text \"${1}\""},
		{"a/b; x %s; needsterminal", "a/b", MAILCAP_VIEW, true, "-"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		assert_text(
			script_for(rows[i].text, rows[i].type, "utf-8", rows[i].use, rows[i].out),
			rows[i].script);
}

static void test_flags(void **state)
{
	struct mailcap *m = mailcap_of("a/b; w %s; needsterminal; copiousoutput; "
				       "nametemplate=%s.html\n"
				       "a/c; w %s; nametemplate=%s/../../x\na/d; w %s;;");
	struct mailcap_want want = {.type = "a/b"};
	struct mailcap_found found;

	assert_true(mailcap_find(m, &want, &found));
	assert_true(found.terminal && found.text);
	assert_string_equal(found.suffix, ".html");
	mailcap_found_done(&found);
	want.type = "a/c";
	assert_true(mailcap_find(m, &want, &found));
	assert_false(found.terminal || found.text);
	assert_string_equal(found.suffix, "");
	mailcap_found_done(&found);
	want.type = "a/d";
	assert_true(mailcap_find(m, &want, &found));
	mailcap_found_done(&found);
	mailcap_free(m);
}

static const char *const hostile[] = {"", "-rf", "a b", "a;b", "$(touch pwned)", "`touch pwned`",
	"a|b", "a&b", "a\nb", "a'b", "a\"b", "a\\b", "*", "~", "a>b", "%s", "\xc3\xbc", "{a,b}",
	"#"};

/* What a mail says is one plain word, or the row is not taken. */
static void test_hostile(void **state)
{
	for (size_t i = 0; i < MEM_COUNT(hostile); i++) {
		assert_false(mailcap_is_plain(hostile[i]));
		assert_text(
			script_for("a/b; x %{charset} %s", "a/b", hostile[i], MAILCAP_VIEW, false),
			*hostile[i] ? "-" : "x '' \"${1}\"");
		assert_text(script_for("*/*; x %t %s", hostile[i], "", MAILCAP_VIEW, false), "-");
	}
	assert_true(mailcap_is_plain("iso-8859-1"));
	assert_true(mailcap_is_plain("application/vnd.x+y"));
}

/* A path is one word in whatever quotes it stands. */
static void test_path_is_a_word(void **state)
{
	static const char *const commands[] = {
		"a/b; printf '[%%s]' %s", "a/b; printf '[%%s]' \"%s\"", "a/b; printf '[%%s]' '%s'"};
	const struct run_limits limits = {10000, 1000, -1};
	char path[] = "/tmp/a b;touch $(x)'\"*";

	for (size_t i = 0; i < MEM_COUNT(commands); i++) {
		char *script = script_for(commands[i], "a/b", "", MAILCAP_VIEW, false);
		const char *argv[] = {"sh", "-c", script, "sh", path, NULL};
		struct str out = STR_INIT;

		assert_int_equal(run_capture(argv, &limits, &out, NULL), 0);
		assert_string_equal(str_c(&out), "[/tmp/a b;touch $(x)'\"*]");
		str_done(&out);
		free(script);
	}
}

static void test_limits(void **state)
{
	struct str s = STR_INIT;

	repeat(&s, "a/b; x %s\n", 10000);
	str_adds(&s, "c/d; last %s\n");
	assert_text(script_for(s.p, "c/d", "", MAILCAP_VIEW, false), "-");
	assert_text(script_for(s.p + strlen("a/b; x %s\n"), "c/d", "", MAILCAP_VIEW, false),
		"last \"${1}\"");
	/* Of what the mail says, eight words. */
	str_clear(&s);
	str_adds(&s, "a/b; x");
	repeat(&s, " %t", 8);
	assert_text(script_for(s.p, "a/b", "", MAILCAP_VIEW, false),
		"{ x \"${2}\" \"${3}\" \"${4}\" \"${5}\" \"${6}\" \"${7}\" \"${8}\" \"${9}\"\n} "
		"<\"$1\"");
	str_adds(&s, " %t");
	assert_text(script_for(s.p, "a/b", "", MAILCAP_VIEW, false), "-");
	str_done(&s);
}

static void test_kinds(void **state)
{
	static const struct {
		const char *name, *declared, *found;
		enum kind_doubt doubt;
	} rows[] = {
		{"invoice.pdf", "application/pdf", "application/pdf", KIND_FINE},
		{"invoice.pdf", "application/pdf", "application/x-dosexec", KIND_PROGRAM},
		{"invoice.pdf", "application/octet-stream", "text/html", KIND_DIFFERS},
		{"invoice.pdf.exe", "application/pdf", "", KIND_PROGRAM},
		{"a.txt", "text/plain", "text/x-shellscript", KIND_FINE},
		{"a.pdf", "application/pdf", "text/x-shellscript", KIND_PROGRAM},
		{NULL, "application/octet-stream", "image/png", KIND_FINE},
		{NULL, "image/png", "application/zip", KIND_DIFFERS},
		{"a.doc", "application/msword", "text/html", KIND_FINE},
		{"a.docx", "", "application/zip", KIND_FINE},
		{"a.odt", "application/zip", "application/vnd.oasis.opendocument.text", KIND_FINE},
		{"a.unknown", "", "image/png", KIND_FINE},
		{"a.png", "image/png", "image/jpeg", KIND_FINE},
		{"a.png", "image/png", "", KIND_FINE},
		{"a.mp3", "audio/mpeg", "video/mp4", KIND_FINE},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		if (kind_doubt(rows[i].name, rows[i].declared, rows[i].found) != rows[i].doubt)
			fail_msg("row %zu: %s", i, rows[i].found);
	assert_string_equal(
		kind_type("a.pdf", "application/octet-stream", "x/y"), "application/pdf");
	assert_string_equal(kind_type("a", "application/octet-stream", "x/y"), "x/y");
	assert_string_equal(kind_type("a.pdf", "image/png", "x/y"), "image/png");
	assert_string_equal(
		kind_type(NULL, "application/octet-stream", ""), "application/octet-stream");
	assert_true(kind_is_text("text/x-diff") && kind_is_text("application/json"));
	assert_false(kind_is_text("image/png") || kind_is_archive("application/epub+zip"));
	assert_true(kind_is_archive("application/x-tar"));
}

static void test_magic(void **state)
{
	struct magic *m = magic_new();
	char program[512] = "MZ";

	assert_string_equal(magic_type(m, "%PDF-1.4\n", 9), "application/pdf");
	program[0x18] = 0x40;
	program[0x3c] = (char)0x80;
	memcpy(program + 0x80, "PE\0\0\x4c\x01", 6);
	assert_int_equal(
		kind_doubt("a.pdf", "", magic_type(m, program, sizeof(program))), KIND_PROGRAM);
	assert_string_equal(magic_type(m, "#!/bin/sh\nrm\n", 13), "text/x-shellscript");
	assert_string_equal(magic_type(m, "\x01\x02\x03\x04", 4), "");
	assert_string_equal(magic_type(m, "", 0), "");
	magic_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_path_is_a_word),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_magic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
