#include "mime_test.h"

#include "mime/word.h"

#include "base/utf8.h"

static void decodes(void **state)
{
	static const char *const ROWS[][2] = {
		{"plain", "plain"},
		{"=?utf-8?Q?J=C3=B6rg?=", "J\xc3\xb6rg"},
		{"=?UTF-8?q?a_b?=", "a b"},
		{"=?iso-8859-1?Q?J=F6rg?= x", "J\xc3\xb6rg x"},
		{"a =?utf-8?q?b?= c", "a b c"},
		{"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"},
		{"=?utf-8?q?a?=\t  =?iso-8859-1?q?b?=", "ab"},
		{"=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b"},
		/* one character torn between two words */
		{"=?utf-8?q?a=C3?= =?utf-8?q?=B6b?=", "aöb"},
		{"=?utf-8?B?w6Q=?= =?UTF-8?B?w7Y=?=", "\xc3\xa4\xc3\xb6"},
		/* adjacent padded words: the base64 of each stands alone */
		{"=?utf-8?B?aGVsbG8=?= =?utf-8?B?d29ybGQ=?=", "helloworld"},
		/* language, RFC 2231 5 */
		{"=?utf-8*en?Q?J=C3=B6rg?=", "J\xc3\xb6rg"},
		/* broken: left as they are */
		{"=?UTF-8?B?zzz", "=?UTF-8?B?zzz"},
		{"=?UTF-8?B", "=?UTF-8?B"},
		{"=?UTF-8?X?abc?=", "=?UTF-8?X?abc?="},
		{"=??Q?abc?=", "=??Q?abc?="},
		{"=?utf-8?Q?abc =?utf-8?Q?d?=", "=?utf-8?Q?abc d"},
		/* lenient: blanks and question marks inside, no blanks around */
		{"=?utf-8?Q?hello world?=", "hello world"},
		{"=?utf-8?Q?what?\?=", "what?"},
		{"x=?utf-8?Q?y?=z", "xyz"},
		{"=?utf-8?q?\?=", ""},
		/* raw 8-bit */
		{"J\xc3\xb6rg", "J\xc3\xb6rg"},
		{"Gr\xfc\xdf"
		 "e aus K\xf6ln und M\xfcnchen",
			"Grüße aus K\xc3\xb6ln und M\xc3\xbcnchen"},
		/* stateful and unknown */
		{"=?ISO-2022-JP?B?GyRCJDMkcxsoQg==?=", "\xe3\x81\x93\xe3\x82\x93"},
		{"=?x-nonsense?Q?abc?=", "abc"},
		{"=?gb2312?B?xOO6ww==?=", "\xe4\xbd\xa0\xe5\xa5\xbd"},
		/* clean */
		{"=?utf-8?q?a=1B=5B31m=0D=0AX=3A_y?=", "a\xef\xbf\xbd[31m X: y"},
		{"=?utf-8?q?a=E2=80=AEb?=", "ab"},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++)
		assert_text(word_decoded(ROWS[i][0], strlen(ROWS[i][0])), ROWS[i][1]);
}

static void encodes(void **state)
{
	static const char *const ROWS[][2] = {
		{"plain text", "plain text"},
		{"", ""},
		{"a=?b", "=?utf-8?q?a=3D=3Fb?="},
		{"J\xc3\xb6rg", "=?utf-8?q?J=C3=B6rg?="},
		{"\xe4\xbd\xa0\xe5\xa5\xbd", "=?utf-8?b?5L2g5aW9?="},
		{"a\r\nBcc: x", "a  Bcc: x"},
		{"a\xc3\xa4\nb", "=?utf-8?q?a=C3=A4_b?="},
		{"a\x1b\x7fz", "a  z"},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct str out = STR_INIT;

		word_encode(&out, ROWS[i][0], strlen(ROWS[i][0]), WORD_TEXT);
		assert_text(str_steal(&out), ROWS[i][1]);
	}
}

static void long_texts_round_trip(void **state)
{
	static const char *const UNITS[] = {"\xe4\xbd\xa0", "x\xc3\xa4 ", "\xf0\x9f\x98\x80_=?"};

	for (size_t i = 0; i < MEM_COUNT(UNITS); i++) {
		struct str in = STR_INIT, out = STR_INIT;

		repeat(&in, UNITS[i], 500);
		str_addc(&in, '.');
		word_encode(&out, in.p, in.len, WORD_PHRASE);
		for (const char *p = out.p; *p; p += strcspn(p, " "), p += *p == ' ') {
			assert_true(strcspn(p, " ") <= 75);
			assert_int_equal(strncmp(p, "=?utf-8?", 8), 0);
		}
		assert_text(word_decoded(out.p, out.len), in.p);
		str_done(&in);
		str_done(&out);
	}
}

static void bombs_finish(void **state)
{
	static const char *const UNITS[] = {"=?utf-8?Q?", "=?utf-8?B?", "=?",
		"=?utf-8?q?a?= ", "=?utf-8?q?a?= =?iso-8859-2?q?b?= ", "=?a", "?="};

	for (size_t i = 0; i < MEM_COUNT(UNITS); i++) {
		struct str in = STR_INIT;
		char *text;

		repeat(&in, UNITS[i], 500000);
		text = word_decoded(in.p, in.len);
		assert_true(strlen(text) <= in.len);
		free(text);
		str_done(&in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(encodes),
		cmocka_unit_test(long_texts_round_trip),
		cmocka_unit_test(bombs_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
