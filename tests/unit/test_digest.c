/* From the header fields of a message to its row: what it answers, and to whom it goes. */

#include "base/mem.h"
#include "mime/digest.h"
#include "tests/check.h"

#include <stdio.h>
#include <string.h>

static void with(const char *block, void (*check)(const struct summary *s, const char *want),
	const char *want)
{
	struct envelope e = {0};
	struct digest d = {0};
	struct summary s = {0};

	envelope_parse(&e, block, strlen(block));
	digest_summary(&s, &e, &d);
	check(&s, want);
	digest_done(&d);
	envelope_done(&e);
}

static void references_are(const struct summary *s, const char *want)
{
	assert_string_equal(s->references, want);
}

static void test_references(void **state)
{
	static const struct {
		const char *block, *want;
	} rows[] = {
		{"", ""},
		{"References: <a@x> <b@x>\n", "a@x b@x"},
		{"In-Reply-To: <a@x>\n", "a@x"},
		{"References: <a@x> <b@x>\nIn-Reply-To: <b@x>\n", "a@x b@x"},
		{"References: <a@x> <b@x> <c@x>\nIn-Reply-To: <b@x>\n", "a@x c@x b@x"},
		{"References: <a@x>\nIn-Reply-To: <b@x>\n", "a@x b@x"},
		{"References: <a@x> <b@x>\nIn-Reply-To: <a@x> <b@x>\n", "a@x b@x"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		with(rows[i].block, references_are, rows[i].want);
}

static void recipients_are(const struct summary *s, const char *want)
{
	struct str got = STR_INIT, first = STR_INIT;

	summary_first(&first, *s->to ? s->to : s->cc);
	str_addf(&got, "%s|%s|%s", s->to, s->cc, str_c(&first));
	assert_string_equal(str_c(&got), want);
	str_done(&got);
	str_done(&first);
}

static void test_recipients(void **state)
{
	static const struct {
		const char *block, *want;
	} rows[] = {
		{"", "||"},
		{"To: a@x\n", "a@x||a@x"},
		{"To: Ann <a@x>, b@x\nCc: \"C, the third\" <c@x>\n",
			"Ann <a@x>, b@x|\"C, the third\" <c@x>|Ann"},
		{"Cc: \"C \\\\ \\\"the\\\" third\" <c@x>, d@x\n",
			"|\"C \\\\ \\\"the\\\" third\" <c@x>, d@x|C \\ \"the\" third"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		with(rows[i].block, recipients_are, rows[i].want);
}

/* As many as fit in are kept whole, and that there were more is told. */
static void test_many(void **state)
{
	static const char more[] = ", …";
	const size_t each = strlen("0000@example.org, "), most = (DIGEST_RECIPIENTS + 2) / each;

	for (size_t n = most - 1; n <= most + 2; n++) {
		struct addr_list list = {0};
		struct str out = STR_INIT;

		for (size_t i = 0; i < n; i++) {
			char mail[32];

			snprintf(mail, sizeof(mail), "%04u@example.org", (unsigned)i);
			addr_list_add(&list, "", mail);
		}
		digest_recipients(&out, &list);
		assert_true(out.len <= DIGEST_RECIPIENTS);
		if (n <= most) {
			assert_int_equal(out.len, n * each - 2);
		} else {
			assert_string_equal(out.p + out.len - strlen(more), more);
			assert_int_equal((out.len - strlen(more) + 2) % each, 0);
			assert_true(out.len > DIGEST_RECIPIENTS - 2 * each);
		}
		addr_list_done(&list);
		str_done(&out);
	}
}

/* The mark for attachments, by the header alone and by the whole message. */
static void marks_files(void **state)
{
#define ALTERNATIVE(html)                                                                          \
	"Content-Type: multipart/alternative; boundary=a\n\n--a\n\nplain\n--a\n" html "\n--a--\n"
#define PDF "Content-Type: application/pdf; name=a.pdf\n\nx\n"
	static const struct {
		const char *message;
		bool header, whole;
	} ROWS[] = {
		{"Subject: x\n\nx", false, false},
		{"Content-Type: application/pdf\n\nx", true, true},
		{"Content-Type: image/png\n\nx", true, true},
		{"Content-Type: message/rfc822\n\nSubject: x\n\nx", true, true},
		{"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n" PDF "--b--\n", true,
			true},
		/* a mailing list's footer */
		{"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\ny\n--b--\n", true,
			false},
		{ALTERNATIVE("Content-Type: text/html\n\nx"), false, false},
		{ALTERNATIVE("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
			     "text/html\n\nx\n--b\n" PDF "--b--"),
			false, true},
		{ALTERNATIVE(
			 "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: "
			 "text/html\n\nx\n--b\nContent-ID: <c>\nContent-Disposition: inline\n" PDF
			 "--b--"),
			false, true},
		/* a picture of the text */
		{ALTERNATIVE("Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: "
			     "text/html\n\nx\n--b\nContent-ID: <c>\nContent-Type: image/png; "
			     "name=a.png\n\nx\n--b--"),
			false, false},
		{"Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: "
		 "application/pgp-signature; name=s.asc\n\nx\n--b--\n",
			false, false},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		size_t len = strlen(ROWS[i].message);
		struct digest d = {0};
		struct envelope e = {0};
		struct summary s = {0};

		envelope_parse(&e, ROWS[i].message, len);
		digest_summary(&s, &e, &d);
		assert_int_equal(!!(s.flags & MAIL_ATTACHMENT), ROWS[i].header);
		digest_files(&s, ROWS[i].message, len);
		if (!(s.flags & MAIL_ATTACHMENT) == ROWS[i].whole)
			fail_msg("%s", ROWS[i].message);
		envelope_done(&e);
		digest_done(&d);
	}
}

static void test_dates(void **state)
{
	assert_int_equal(digest_date(-1), 0);
	assert_int_equal(digest_date(0), 0);
	assert_int_equal(digest_date(1), 1);
	assert_int_equal(digest_date((time_t)UINT32_MAX - 1), UINT32_MAX - 1);
	assert_int_equal(digest_date((time_t)UINT32_MAX), UINT32_MAX);
	assert_int_equal(digest_date((time_t)UINT32_MAX + 1), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_files),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
