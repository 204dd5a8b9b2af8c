#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tests/check.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static void test_set(void **state)
{
	struct err err = {0};

	assert_int_equal(err_set(&err, ERR_GONE, "%s does not exist", "x"), -1);
	assert_int_equal(err.kind, ERR_GONE);
	assert_string_equal(err.text, "x does not exist");
	assert_int_equal(err_set(NULL, ERR_GONE, "nobody asks"), -1);
	assert_int_equal(err_errno(NULL, "nobody asks"), -1);
}

static void test_own_text(void **state)
{
	struct err err = {0};

	err_set(&err, ERR_AUTH, "login refused");
	err_set(&err, err.kind, "account %s: %s", "home", err.text);
	assert_int_equal(err.kind, ERR_AUTH);
	assert_string_equal(err.text, "account home: login refused");
}

static void test_cleaned(void **state)
{
	static const struct {
		const char *in, *want;
	} table[] = {
		{"a\x1b[2Jb", "a\xef\xbf\xbd[2Jb"},
		{"a\nb\r\nc", "a b c"},
		{"\xc2\x9b"
		 "31m",
			"�31m"},
		{"evil\xe2\x80\xaetxt", "eviltxt"},
		{"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"m\xc3\xbc", "m\xc3\xbc"},
	};
	struct err err;

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		err_set(&err, ERR_REFUSED, "%s", table[i].in);
		assert_string_equal(err.text, table[i].want);
	}
}

static void test_cut_at_character(void **state)
{
	struct err err;
	char in[2000];

	for (size_t shift = 0; shift < 4; shift++) {
		size_t n = shift;

		memset(in, 'x', shift);
		while (n + 4 < sizeof(in)) {
			memcpy(in + n, "\xf0\x9f\x93\xa7", 4);
			n += 4;
		}
		in[n] = '\0';
		err_set(&err, ERR_INPUT, "%s", in);
		assert_true(utf8_valid(err.text, strlen(err.text)));
		assert_in_range(strlen(err.text), sizeof(err.text) - 4, sizeof(err.text) - 1);
		assert_string_equal(err.text + strlen(err.text) - strlen("…"), "…");
		assert_null(strstr(err.text, "\xef\xbf\xbd"));
	}
}

/* Nobody takes a part for the whole. */
static void test_long(void **state)
{
	for (size_t n = sizeof(((struct err *)0)->text) - 2; n <= sizeof(((struct err *)0)->text);
		n++) {
		bool cut = n >= sizeof(((struct err *)0)->text);
		struct err err;
		char in[500];

		memset(in, 'x', n);
		in[n] = '\0';
		err_set(&err, ERR_INPUT, "%s", in);
		assert_int_equal(strstr(err.text, "…") != NULL, cut);
		assert_int_equal(strlen(err.text), cut ? sizeof(err.text) - 1 : n);
	}
}

static void test_errno(void **state)
{
	char path[5000];
	struct err err;

	errno = ENOSPC;
	assert_int_equal(err_errno(&err, "Cannot write %s", "f"), -1);
	assert_int_equal(err.kind, ERR_FULL);
	assert_int_equal(errno, ENOSPC);
	errno = EDQUOT;
	err_errno(&err, "x");
	assert_int_equal(err.kind, ERR_FULL);
	errno = EACCES;
	err_errno(&err, "Cannot open %s", "f");
	assert_int_equal(err.kind, ERR_SYSTEM);
	assert_string_equal(err.text, "Cannot open f: Permission denied");
	/* A path that fills the text leaves the reason readable. */
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	errno = EACCES;
	err_errno(&err, "Cannot open %s", path);
	assert_non_null(strstr(err.text, "ppp…: Permission denied"));
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void test_temporary(void **state)
{
	assert_true(err_is_temporary(ERR_NETWORK) && err_is_temporary(ERR_AGAIN) &&
		    err_is_temporary(ERR_BUSY));
	assert_false(err_is_temporary(ERR_AUTH) || err_is_temporary(ERR_CERT) ||
		     err_is_temporary(ERR_FULL) || err_is_temporary(ERR_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_own_text),
		cmocka_unit_test(test_cleaned),
		cmocka_unit_test(test_cut_at_character),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_temporary),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
