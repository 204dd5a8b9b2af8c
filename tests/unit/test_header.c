#include "mime_test.h"

#include "mime/header.h"

static void finds_fields_among_garbage(void **state)
{
	static const struct {
		const char *block, *subject;
	} ROWS[] = {
		{"From: a\r\nSubject: x\r\n\r\nSubject: body\r\n", "x"},
		{"From: a\nSubject: x\n\nbody", "x"},
		{"From: a\rSubject: x\r\rbody", "x"},
		{"From a@b Mon Jan  1 00:00:00 2026\nSubject: x\n\n", "x"},
		{">From a@b\nSubject: x\n\n", "x"},
		{"From: a\nthis is garbage\nSubject: x\n\n", "x"},
		{"From: a\nthis is garbage\n Subject: y\nSubject: x\n\n", "x"},
		{" leading: y\nSubject: x\n", "x"},
		{"Subject : x\n\n", "x"},
		{"sUBJECT:x\n\n", "x"},
		{"Subject: a\n b\n\tc\n\n", "a b c"},
		{"Subject: a\r\n \r\n b\r\n\r\n", "a  b"},
		{"Subject:\n x\n", "x"},
		{"Subject:\n\n", ""},
		{"Subject: a\rBcc: y\nX: z\n", "a Bcc: y"},
		{"Subject: one\nSubject: two\n", "one"},
		{"X: a\n\nSubject: x\n", NULL},
		{"Subject\n\n", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		char *got = header_get(ROWS[i].block, strlen(ROWS[i].block), "Subject");

		if (ROWS[i].subject)
			assert_text(got, ROWS[i].subject);
		else
			assert_null(got);
	}
}

static void nul_is_visible(void **state)
{
	static const char BLOCK[] = "Subject: a\0b\n";

	assert_text(header_get(BLOCK, sizeof(BLOCK) - 1, "Subject"), "a?b");
}

static void knows_where_the_body_is(void **state)
{
	static const struct {
		const char *message;
		size_t header, body;
	} ROWS[] = {
		{"A: b\r\n\r\nbody", 6, 8},
		{"A: b\n\nbody", 5, 6},
		{"A: b\r\rbody", 5, 6},
		{"\nbody", 0, 1},
		{"A: b\n", 5, 5},
		{"just text", 0, 0},
		{"just text\n\nmore", 0, 0},
		{"just text\nA: b\n\nmore", 15, 16},
		/* a line of blanks ends it where no field comes behind */
		{"A: b\n \t\nbody\n\nmore", 5, 8},
		{"A: b\r\n \r\nbody", 6, 9},
		{"A: b\n \nC: d\n\nbody", 12, 13},
		{"A: b\n \n\nbody", 7, 8},
		{"A: b\n \n folded\n\nbody", 15, 16},
		{"A: b\n \nwords\nC: d\n\nbody", 18, 19},
		{"A: b\n ", 6, 6},
		/* words end it where no field comes behind */
		{"A: b\nbody\n\nmore", 5, 5},
		{"A: b\nbody", 5, 5},
		{"A: b\nby host; date\nC: d\n\nbody", 24, 25},
		{"A: b;\nname=x.png\n\nbody", 17, 18},
		{"From a@b Mon\nA: b\n\nbody", 18, 19},
		{"A: b\r \rbody", 5, 7},
		{"", 0, 0},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		size_t body, n = header_length(ROWS[i].message, strlen(ROWS[i].message), &body);

		assert_int_equal(n, ROWS[i].header);
		assert_int_equal(body, ROWS[i].body);
	}
}

static void text_is_decoded_and_clean(void **state)
{
	static const char BLOCK[] = "Subject: =?utf-8?q?J=C3=B6rg=1B[31m?= \xc3\xa4 \x1b]0;x\n";

	assert_text(header_text(BLOCK, sizeof(BLOCK) - 1, "subject"),
		"J\xc3\xb6rg\xef\xbf\xbd[31m \xc3\xa4 \xef\xbf\xbd]0;x");
}

static size_t count(const struct str *s)
{
	struct header_iter it;
	struct header_field f;
	size_t n = 0;

	header_start(&it, s->p, s->len);
	while (header_next(&it, &f)) {
		assert_true(f.value_len <= HEADER_VALUE_MAX);
		n++;
	}
	return n;
}

static void limits_hold(void **state)
{
	struct str s = STR_INIT;

	repeat(&s, "X-A: b\n", 200000);
	assert_int_equal(count(&s), 200000);
	repeat(&s, "X-A: b\n", 800000);
	assert_int_equal(count(&s), HEADER_TOTAL_MAX / 7);
	str_clear(&s);
	str_adds(&s, "Subject: ");
	repeat(&s, "x", 20000000);
	assert_int_equal(count(&s), 1);
	str_clear(&s);
	str_adds(&s, "Subject: a");
	repeat(&s, "\n b", 1000000);
	assert_int_equal(count(&s), 1);
	str_clear(&s);
	repeat(&s, "garbage\n", 400000);
	assert_int_equal(count(&s), 0);
	str_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_fields_among_garbage),
		cmocka_unit_test(nul_is_visible),
		cmocka_unit_test(knows_where_the_body_is),
		cmocka_unit_test(text_is_decoded_and_clean),
		cmocka_unit_test(limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
