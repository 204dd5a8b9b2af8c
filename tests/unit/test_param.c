#include "mime_test.h"

#include "mime/param.h"

static void reads_values(void **state)
{
	static const struct {
		const char *in, *value, *name, *param;
	} ROWS[] = {
		{"text/plain; charset=utf-8", "text/plain", "charset", "utf-8"},
		{"text/plain; CharSet=\"utf-8\"", "text/plain", "charset", "utf-8"},
		{"text/plain; charset = utf-8 (the best)", "text/plain", "charset", "utf-8"},
		{"(x) text (y) /plain;;charset=a;", "text/plain", "charset", "a"},
		{"text/plain; charset=a; charset=b", "text/plain", "charset", "a"},
		{"text/plain", "text/plain", "charset", NULL},
		{"", "", "charset", NULL},
		{";=x;a;b=", "", "b", ""},
		/* RFC 2231 */
		{"a; filename*=utf-8''J%C3%B6rg.txt", "a", "filename", "J\xc3\xb6rg.txt"},
		{"a; filename*=\"utf-8''J%C3%B6rg.txt\"", "a", "filename", "J\xc3\xb6rg.txt"},
		{"a; filename*=iso-8859-1'de'J%F6rg", "a", "filename", "J\xc3\xb6rg"},
		{"a; filename*0=ab; filename*1=cd; filename*2=\"e f\"", "a", "filename", "abcde f"},
		{"a; filename*1=cd; filename*0=ab", "a", "filename", "abcd"},
		{"a; filename*0*=utf-8''%C3; filename*1*=%A4; filename*2=%41", "a", "filename",
			"\xc3\xa4%41"},
		{"a; filename=plain; filename*=utf-8''%C3%A4", "a", "filename", "\xc3\xa4"},
		{"a; filename*=utf-8''%C3%A4; filename=plain", "a", "filename", "\xc3\xa4"},
		{"a; filename*=nocharset.txt", "a", "filename", "nocharset.txt"},
		{"a; filename*=utf-8''a%zz%4", "a", "filename", "a%zz%4"},
		{"a; filename*0=a; filename*2=c", "a", "filename", "a"},
		/* RFC 2047 where it should not be */
		{"a; filename=\"=?utf-8?Q?J=C3=B6rg?=\"", "a", "filename", "J\xc3\xb6rg"},
		{"a; filename=\"=?utf-8?B?w6Q=?=\r\n =?utf-8?B?w7Y=?=\"", "a", "filename",
			"\xc3\xa4\xc3\xb6"},
		{"a; filename==?utf-8?Q?J=C3=B6?=", "a", "filename", "J\xc3\xb6"},
		/* blanks without quotes */
		{"a; filename=my file.txt", "a", "filename", "my file.txt"},
		{"a; filename=my file (1).txt ; x=y", "a", "filename", "my file (1).txt"},
		{"a; name=my\tfile.txt", "a", "name", "my file.txt"},
		{"a; boundary=my file", "a", "boundary", "my"},
		/* quotes */
		{"a; filename=\"a\\\"b;c\"; d=e", "a", "filename", "a\"b;c"},
		{"a; filename=\"C:\\dir\\file.txt\"", "a", "filename", "C:\\dir\\file.txt"},
		{"a; filename=\"never closed", "a", "filename", "never closed"},
		{"a; boundary=\"\\\"\"", "a", "boundary", "\""},
		{"a; boundary=\"\"\"", "a", "boundary", ""},
		{"a; filename=\"x\x1b[31m\xe2\x80\xae\"", "a", "filename", "x\xef\xbf\xbd[31m"},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct params p;

		param_parse(&p, ROWS[i].in, strlen(ROWS[i].in));
		assert_string_equal(p.value, ROWS[i].value);
		if (ROWS[i].param)
			assert_string_equal(param_get(&p, ROWS[i].name), ROWS[i].param);
		else
			assert_null(param_get(&p, ROWS[i].name));
		param_done(&p);
	}
}

static void writes_what_it_reads(void **state)
{
	static const char *const ROWS[][2] = {
		{"a.txt", "a.txt"},
		{"my file.txt", "my file.txt"},
		{"quo\"te\\.txt", "quo\"te\\.txt"},
		{"\xc3\xa4", "\xc3\xa4"},
		{"a\r\nBcc: x", "a__Bcc: x"},
		{"\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd.pdf",
			"\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd."
			"pdf"},
		{"%41", "%41"},
		{"=?utf-8?q?a?=", "a"}, /* read as the word it looks like */
		{"", ""},
	};
	struct str name = STR_INIT;

	for (size_t i = 0; i <= MEM_COUNT(ROWS); i++) {
		const char *in = i < MEM_COUNT(ROWS) ? ROWS[i][0] : NULL;
		struct str out = STR_INIT;
		struct params p;

		if (!in)
			repeat(&name, "n\xc3\xa4me ", 100);
		str_adds(&out, "attachment");
		param_write(&out, "filename", in ? in : str_c(&name));
		for (const char *line = out.p; *line; line += *line == '\r' ? 2 : 0) {
			assert_true(strcspn(line, "\r") <= 78);
			line += strcspn(line, "\r");
		}
		param_parse(&p, out.p, out.len);
		if (in)
			assert_string_equal(param_get(&p, "filename"), ROWS[i][1]);
		else
			assert_string_equal(param_get(&p, "filename"), str_c(&name));
		param_done(&p);
		str_done(&out);
	}
	str_done(&name);
}

static void bombs_are_capped(void **state)
{
	struct str in = STR_INIT;
	struct params p;

	str_adds(&in, "a");
	for (int i = 0; i < 100000; i++)
		str_addf(&in, "; filename*%d=x", i);
	param_parse(&p, in.p, in.len);
	assert_int_equal(p.n, 1);
	assert_int_equal(strlen(p.v[0].value), PARAM_MAX);
	param_done(&p);
	str_clear(&in);
	for (int i = 0; i < 100000; i++)
		str_addf(&in, "; p%d=x", i);
	param_parse(&p, in.p, in.len);
	assert_int_equal(p.n, PARAM_MAX);
	param_done(&p);
	str_clear(&in);
	repeat(&in, "(", 200000);
	param_parse(&p, in.p, in.len);
	assert_string_equal(p.value, "");
	param_done(&p);
	str_done(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_values),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(bombs_are_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
