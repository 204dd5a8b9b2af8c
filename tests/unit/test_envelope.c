#include "mime_test.h"

#include "mime/envelope.h"

static void reads_everything(void **state)
{
	static const char BLOCK[] =
		"From a@b Mon Jan  1 00:00:00 2026\r\n"
		"garbage line\r\n"
		"From: =?utf-8?q?J=C3=B6rg?= <j@x.org>\r\n"
		"Sender: s@x.org\r\nReply-To: r@x.org\r\nTo: t@x.org,\r\n u@x.org\r\n"
		"Cc: c@x.org\r\nBcc: b@x.org\r\n"
		"Subject:  =?utf-8?B?aGVsbG8=?=\r\n =?utf-8?B?d29ybGQ=?= \r\n"
		"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		"Message-ID: <1@x\r\n .org>\r\nIn-Reply-To: Your mail <2@x> of today\r\n"
		"References: <3@x>\r\n <4@x><5@x>\r\n"
		"List-Id: \"A list\" <l.x.org>\r\nList-Post: <http://x/>, <mailto:l@x.org?a=b>\r\n"
		"Content-Type: Multipart/Mixed; boundary=x\r\n\r\nSubject: body\r\n";
	struct envelope e;

	envelope_parse(&e, BLOCK, sizeof(BLOCK) - 1);
	assert_int_equal(e.from.n, 1);
	assert_string_equal(e.from.v[0].name, "J\xc3\xb6rg");
	assert_string_equal(e.sender.v[0].mail, "s@x.org");
	assert_string_equal(e.reply_to.v[0].mail, "r@x.org");
	assert_int_equal(e.to.n, 2);
	assert_string_equal(e.cc.v[0].mail, "c@x.org");
	assert_string_equal(e.bcc.v[0].mail, "b@x.org");
	assert_string_equal(e.subject, "helloworld");
	assert_int_equal(e.date, 784111777);
	assert_string_equal(e.date_raw, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(e.message_id, "1@x.org");
	assert_int_equal(e.in_reply_to.n, 1);
	assert_string_equal(e.in_reply_to.v[0], "2@x");
	assert_int_equal(e.references.n, 3);
	assert_string_equal(e.references.v[2], "5@x");
	assert_string_equal(e.list_id, "l.x.org");
	assert_string_equal(e.list_post, "l@x.org");
	assert_string_equal(e.content_type, "multipart/mixed");
	envelope_done(&e);
}

/* Raw bytes: what the mail says of its text counts, then what all fields together look like. */
static void raw_bytes_by_the_mail(void **state)
{
	static const struct {
		const char *block, *subject, *name;
	} ROWS[] = {
		{"Subject: \xf0\xf2\nFrom: \xca\xee <a@b>\nContent-Type: text/plain; "
		 "charset=koi8-r\n",
			"\xd0\x9f\xd0\xa0", "\xd0\xb9\xd0\x9d"},
		{"Content-Type: text/html; charset=\"windows-1251\"\nSubject: \xc4\xe0\nFrom: \xc5 "
		 "<a@b>\n",
			"\xd0\x94\xd0\xb0", "\xd0\x95"},
		/* UTF-8 stays, whatever the text is in. */
		{"Content-Type: text/plain; charset=koi8-r\nSubject: \xc3\xa4\nFrom: \xc1 <a@b>\n",
			"\xc3\xa4", "\xd0\xb0"},
		{"Content-Type: text/plain; charset=us-ascii\nSubject: Gr\xfc\xdf"
		 "e\n"
		 "From: J\xf6rg M\xfcller <a@b>\n",
			"Grüße", "J\xc3\xb6rg M\xc3\xbcller"},
		/* "Re:" and two letters tell nothing; the sender's name beside it does. */
		{"Subject: \xc4\xe0\nFrom: \xcf\xe5\xf2\xf0 \xc8\xeb\xfc\xe8\xf7 "
		 "\xd7\xe0\xe9\xea\xee\xe2\xf1\xea\xe8\xe9 <a@b>\n",
			"\xd0\x94\xd0\xb0", NULL},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct envelope e;

		envelope_parse(&e, ROWS[i].block, strlen(ROWS[i].block));
		assert_string_equal(e.subject, ROWS[i].subject);
		if (ROWS[i].name)
			assert_string_equal(e.from.v[0].name, ROWS[i].name);
		envelope_done(&e);
	}
}

static void nothing_is_missing(void **state)
{
	static const char *const ROWS[] = {"", "\n", "garbage", "Date: never\nMessage-ID: <>\n",
		"Subject\n", "Content-Type: /\n"};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct envelope e;

		envelope_parse(&e, ROWS[i], strlen(ROWS[i]));
		assert_string_equal(e.subject, "");
		assert_string_equal(e.message_id, "");
		assert_string_equal(e.list_id, "");
		assert_string_equal(e.content_type, "text/plain");
		assert_int_equal(e.date, 0);
		envelope_done(&e);
	}
}

static void identity_of(const char *block, unsigned char id[16])
{
	struct envelope e;

	envelope_parse(&e, block, strlen(block));
	envelope_identity(&e, id);
	envelope_done(&e);
}

static void identity_is_stable(void **state)
{
	unsigned char a[16], b[16];

	identity_of("Message-ID: <1@x>\r\nDate: x\r\nSubject: a\r\n", a);
	identity_of("Received: y\nDate:  x \nMessage-ID:\n <1@x>\nSubject: b\n", b);
	assert_memory_equal(a, b, 16);
	identity_of("Message-ID: <2@x>\nDate: x\n", b);
	assert_memory_not_equal(a, b, 16);
	identity_of("Date: x\nFrom: A <a@b>\nSubject: s\n", a);
	identity_of("Subject: =?utf-8?q?s?=\nFrom: a@b\nDate: x\n", b);
	assert_memory_equal(a, b, 16);
	identity_of("Subject: t\nFrom: a@b\nDate: x\n", b);
	assert_memory_not_equal(a, b, 16);
}

static void bombs_are_capped(void **state)
{
	struct str in = STR_INIT;
	struct envelope e;

	str_adds(&in, "Message-ID: <x@y>\nReferences:");
	/* more than HEADER_VALUE_MAX holds would lose the last ones: they are what counts */
	for (int i = 0; i < 80000; i++)
		str_addf(&in, " <%d@x>", i);
	str_adds(&in, "\nSubject: ");
	repeat(&in, "=?utf-8?q?a?= =?koi8-r?q?b?= ", 50000);
	str_adds(&in, "\nFrom: a@b\n");
	envelope_parse(&e, in.p, in.len);
	assert_int_equal(e.references.n, 50);
	assert_string_equal(e.references.v[0], "79950@x");
	assert_string_equal(e.references.v[49], "79999@x");
	assert_true(strlen(e.subject) <= 65536);
	assert_int_equal(e.from.n, 1);
	envelope_done(&e);
	str_clear(&in);
	repeat(&in, "To: a@b, c@d\n", 100000);
	envelope_parse(&e, in.p, in.len);
	assert_int_equal(e.to.n, 10000);
	envelope_done(&e);
	str_done(&in);
}

/* The ids of a field in any of the ways they are written. */
static void ids_as_they_come(void **state)
{
	static const struct {
		const char *block, *message_id, *parent;
	} ROWS[] = {
		{"Message-ID: <1@x>\nIn-Reply-To: <2@x> <3@x>\n", "1@x", "2@x"},
		{"Message-ID: =?utf-8?Q?=3C1=40x=3E?=\nIn-Reply-To: =?utf-8?B?PDJAeD4=?=\n", "1@x",
			"2@x"},
		{"In-Reply-To: Message from Ann <ann@x> of \"Mon, 1 Nov\" <2@x>\n", "", "2@x"},
		{"In-Reply-To: Your message of today <2@x>\n", "", "2@x"},
		{"In-Reply-To: <2@x> from Ann <ann@x> of today\n", "", "2@x"},
		{"In-Reply-To: 2@x\n", "", "2@x"},
	};

	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
		struct envelope e = {0};

		envelope_parse(&e, ROWS[i].block, strlen(ROWS[i].block));
		assert_string_equal(e.message_id, ROWS[i].message_id);
		assert_true(e.in_reply_to.n >= 1);
		assert_string_equal(e.in_reply_to.v[0], ROWS[i].parent);
		envelope_done(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(raw_bytes_by_the_mail),
		cmocka_unit_test(ids_as_they_come),
		cmocka_unit_test(nothing_is_missing),
		cmocka_unit_test(identity_is_stable),
		cmocka_unit_test(bombs_are_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
