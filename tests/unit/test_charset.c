#include "mime_test.h"

#include "mime/charset.h"

#include "base/utf8.h"
#include "tests/unit/fails.h"

static void converts(void **state)
{
	static const char *const ROWS[][3] = {
		{"utf-8", "\xc3\xa4", "\xc3\xa4"},
		{"UTF8", "\xc3\xa4", "\xc3\xa4"},
		{"iso-8859-1", "\xe4\x80", "\xc3\xa4\xe2\x82\xac"}, /* in fact windows-1252 */
		{"windows-1252", "\x93", "\xe2\x80\x9c"},
		{"latin1", "\xe4", "\xc3\xa4"},
		{"koi8-r", "\xc4\xc1", "\xd0\xb4\xd0\xb0"},
		{"gb2312", "\xc4\xe3", "\xe4\xbd\xa0"},
		{"x-gbk", "\xc4\xe3", "\xe4\xbd\xa0"},
		{"hz-gb-2312", "~{Dc~}~~", "\xe4\xbd\xa0~"},
		{"ks_c_5601-1987", "\xc7\xd1", "\xed\x95\x9c"},
		{"windows-949", "\xc7\xd1", "\xed\x95\x9c"},
		{"x-sjis", "\x82\xb1", "\xe3\x81\x93"},
		{"x-euc-jp", "\xa4\xb3", "\xe3\x81\x93"},
		{"cp50221", "\x1b$B$3\x1b(B", "\xe3\x81\x93"},
		{"iso-2022-jp-ms", "\x1b$B$3\x1b(B", "\xe3\x81\x93"},
		{"iso-2022-jp", "\x1b$B-!$3\x1b(B!", "\xe2\x91\xa0\xe3\x81\x93!"}, /* circled 1 */
		{"iso-2022-jp", "\x1b$B-jEl5~\x1b(B", "\xe3\x88\xb1\xe6\x9d\xb1\xe4\xba\xac"},
		{"iso-2022-jp", "\x1b(I6@6E\x1b(B x",
			"\xef\xbd\xb6\xef\xbe\x80\xef\xbd\xb6\xef\xbe\x85 x"},
		{"iso-2022-jp",
			"\x0e"
			"6@\x0fx",
			"\xef\xbd\xb6\xef\xbe\x80x"},
		{"iso-2022-jp", "\xb6\xc0x",
			"\xef\xbd\xb6\xef\xbe\x80x"}, /* CP50220 with eight bits */
		{"iso-2022-jp", "\x1b$B$3\nx", "\xe3\x81\x93\nx"},
		{"iso-2022-jp", "\x1b$A0!\x1b(B", "\xe5\x95\x8a"}, /* ISO-2022-JP-2: Chinese */
		{"iso-2022-jp-2", "\x1b$B$3\x1b(B", "\xe3\x81\x93"},
		{"euc-jp", "\xad\xa1\xa4\xb3", "\xe2\x91\xa0\xe3\x81\x93"},
		{"iso-8859-8-i", "\xe0", "\xd7\x90"},
		{"x-mac-roman", "\x8a", "\xc3\xa4"},
		{"unicode-1-1-utf-7", "+AOQ-", "\xc3\xa4"},
		{"unknown-8bit", "\xc3\xa4", "\xc3\xa4"},
		{"x-unknown", "\xc3\xa4", "\xc3\xa4"},
		{"default_charset", "a", "a"},
		{"us-ascii", "\xc3\xa4", "\xc3\xa4"},
		{"no-such-charset", "\xc3\xa4", "\xc3\xa4"},
		{"utf-16//TRANSLIT", "ab", "ab"},
		{"../../etc/passwd", "ab", "ab"},
		{NULL, "\xc3\xa4", "\xc3\xa4"},
		{"", "a", "a"},
		/* bad bytes */
		{"utf-8", "a\xc3\xa4\xff\xc3\xb6", "a\xc3\xa4\xef\xbf\xbd\xc3\xb6"},
		{"utf-8", "J\xf6rg", "J\xc3\xb6rg"}, /* says UTF-8, is not */
		{"gb2312", "a\xff", "a\xef\xbf\xbd"},
		{"euc-jp", "a\xa4", "a\xef\xbf\xbd"},
		{"utf-16be", "ab", "\xe6\x85\xa2"},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct str out = STR_INIT;

		charset_to_utf8(&out, ROWS[i][0], ROWS[i][1], strlen(ROWS[i][1]));
		assert_true(utf8_valid(out.p, out.len));
		assert_text(str_steal(&out), ROWS[i][2]);
	}
}

static void guesses_without_a_name(void **state)
{
	static const char RUSSIAN[] = "\xd0\xd2\xc9\xd7\xc5\xd4, \xcb\xc1\xcb \xc4\xc5\xcc\xc1? "
				      "\xfa\xc1\xd7\xd4\xd2\xc1 \xd3\xcf\xc2\xd2\xc1\xce\xc9\xc5";
	struct str out = STR_INIT;
	char name[48];

	charset_guess(name, RUSSIAN, sizeof(RUSSIAN) - 1);
	assert_string_equal(name, "KOI8-R");
	charset_to_utf8(&out, NULL, RUSSIAN, sizeof(RUSSIAN) - 1);
	assert_int_equal(strncmp(out.p, "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2", 8), 0);
	str_done(&out);
}

static void known_names(void **state)
{
	assert_true(charset_known("utf-8"));
	assert_true(charset_known("ks_c_5601-1987"));
	assert_true(charset_known("us-ascii"));
	assert_false(charset_known("nonsense"));
	assert_false(charset_known("utf-8//IGNORE"));
	assert_false(charset_known(""));
	assert_false(charset_known(NULL));
}

static void imap_utf7(void **state)
{
	static const char *const BOTH[][2] = {
		{"INBOX", "INBOX"},
		{"Entw&APw-rfe", "Entw\xc3\xbcrfe"},
		{"&ZeVnLIqe-", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
		{"A&-B", "A&B"},
		{"&2D3eAA-", "\xf0\x9f\x98\x80"},
		{"~peter/mail", "~peter/mail"},
		{"", ""},
	};
	/* not the one right form: shown as it is */
	static const char *const RAW[] = {
		"&AGE-", "&", "a&b", "&AAA-", "&AC8-etc", "&AAo-", "Entw\xc3\xbcrfe", "&APw"};

	for (size_t i = 0; i < MEM_COUNT(BOTH); i++) {
		assert_text(charset_from_imap_utf7(BOTH[i][0]), BOTH[i][1]);
		assert_text(charset_to_imap_utf7(BOTH[i][1]), BOTH[i][0]);
	}
	for (size_t i = 0; i < MEM_COUNT(RAW); i++)
		assert_text(charset_from_imap_utf7(RAW[i]), RAW[i]);
	assert_text(charset_from_imap_utf7("a\xff"), "a\xef\xbf\xbd");
}

static void bombs_finish(void **state)
{
	static const char *const NAMES[] = {"utf-8", "gb2312", "utf-16", "utf-7", "iso-2022-jp",
		"iso-2022-kr", "hz-gb-2312", NULL};
	struct str in = STR_INIT, name = STR_INIT;

	repeat(&in, "\xff\x1b$", 500000);
	for (size_t i = 0; i < MEM_COUNT(NAMES); i++) {
		struct str out = STR_INIT;

		charset_to_utf8(&out, NAMES[i], in.p, in.len);
		assert_true(utf8_valid(out.p, out.len));
		str_done(&out);
	}
	repeat(&name, "x", 1000000);
	assert_false(charset_known(name.p));
	str_done(&in);
	str_done(&name);
}

/* What a person wrote is never guessed. */
static void of_a_person(void **state)
{
	static const struct {
		const char *locale, *in, *out; /* NULL: refused */
	} cases[] = {
		{"UTF-8", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"ISO-8859-1", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"ISO-8859-1", "gr\xfc\xdf", "gr\xc3\xbc\xc3\x9f"},
		{"ISO-8859-15", "5 \xa4", "5 \xe2\x82\xac"},
		{"KOI8-R", "\xd4\xc5\xd3\xd4", "\xd1\x82\xd0\xb5\xd1\x81\xd1\x82"},
		{"EUC-JP", "\xa4\xa2\xff", NULL},
		{"UTF-8", "gr\xfc\xdf", NULL},
		{"ANSI_X3.4-1968", "gr\xfc\xdf", NULL},
		{"no-such-set", "gr\xfc\xdf", NULL},
		{"", "plain", "plain"},
		{"UTF-8", "", ""},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct str out = STR_INIT;
		int rc = charset_from_person(
			&out, cases[i].locale, cases[i].in, strlen(cases[i].in), &why);

		assert_int_equal(rc, cases[i].out ? 0 : -1);
		assert_string_equal(str_c(&out), cases[i].out ? cases[i].out : "");
		if (rc != 0)
			assert_non_null(strstr(why.text, "UTF-8"));
		str_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(converts),
		cmocka_unit_test(guesses_without_a_name),
		cmocka_unit_test(of_a_person),
		cmocka_unit_test(known_names),
		cmocka_unit_test(imap_utf7),
		cmocka_unit_test(bombs_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
