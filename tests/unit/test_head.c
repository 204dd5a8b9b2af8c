/* Who proved to have sent a message: Authentication-Results as servers write them, and as others
 * forge them. */
#include "mime_test.h"

#include "mime/head.h"

#define AUTHOR "From: Bob <bob@example.org>\r\nSubject: x\r\n"
#define HOP                                                                                        \
	"Received: from out.example.org (out.example.org [192.0.2.1])\r\n by mx.me.test with "     \
	"ESMTPS; now\r\n"
#define SIGNED                                                                                     \
	"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=k1;\r\n"                              \
	" h=From:Subject:List-Unsubscribe:\r\n  List-Unsubscribe-Post; bh=x=; b=Abc/\r\n "         \
	"de+f=\r\n"
#define LEAVE                                                                                      \
	"List-Id: News <news.example.org>\r\n"                                                     \
	"List-Unsubscribe: <mailto:u@example.org?subject=go>,\r\n <https://example.org/u?a=1>\r\n" \
	"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

static struct head head_of(const char *header, const char *trusted)
{
	struct head h;

	head_read(&h, header, strlen(header), trusted);
	return h;
}

static enum head_sender sender_of(const char *header, const char *trusted)
{
	struct head h = head_of(header, trusted);
	enum head_sender s = h.sender;

	head_done(&h);
	return s;
}

/* As they stand in mail that came by these. */
static void believes_the_own_server(void **state)
{
	static const struct {
		const char *name, *trusted, *header;
		enum head_sender want;
	} rows[] = {
		{"Gmail", "mx.google.com",
			"Delivered-To: me@gmail.com\r\n"
			"Received: by 2002:a05:6402:90a:b0:5c8 with SMTP id g10csp1;\r\n Mon\r\n"
			"X-Received: by 2002:a17:907:7ba5 with SMTP id ne37;\r\n Mon\r\n"
			"ARC-Authentication-Results: i=1; mx.google.com; dkim=pass "
			"header.i=@evil.test\r\n"
			"Return-Path: <bob@example.org>\r\n"
			"Received: from out.example.org (out.example.org. [192.0.2.1])\r\n"
			"        by mx.google.com with ESMTPS id a640c\r\n"
			"        for <me@gmail.com>\r\n"
			"        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n"
			"Received-SPF: pass (google.com: domain of bob@example.org)\r\n"
			"Authentication-Results: mx.google.com;\r\n"
			"       dkim=pass header.i=@example.org header.s=k1 "
			"header.b=\"Abc/de+f\";\r\n"
			"       spf=pass (google.com: domain of bob@example.org designates\r\n"
			" 192.0.2.1 as permitted sender) smtp.mailfrom=bob@example.org;\r\n"
			"       dmarc=pass (p=NONE sp=NONE dis=NONE) "
			"header.from=example.org\r\n" AUTHOR,
			HEAD_SENDER_PROVEN},
		{"Outlook, which has no name", "outlook.com",
			"Received: from AM0PR08MB1.eurprd08.prod.outlook.com (2603:10a6::1)\r\n"
			" by DB9PR08MB2.eurprd08.prod.outlook.com with HTTPS; Mon\r\n"
			"Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n"
			" smtp.mailfrom=example.org; dkim=pass (signature was verified)\r\n"
			" header.d=example.org;dmarc=pass action=none\r\n"
			" header.from=example.org;compauth=pass reason=100\r\n"
			"Received-SPF: Pass (protection.outlook.com: domain)\r\n"
			"Received: from out.example.org (192.0.2.1) by\r\n"
			" DB5EUR03FT1.mail.protection.outlook.com (10.0.0.1) with Microsoft "
			"SMTP\r\n"
			" Server id 15.20; Mon\r\n" AUTHOR,
			HEAD_SENDER_PROVEN},
		{"the same hop is not of the one that is trusted", "mx.me.test",
			"Authentication-Results: spf=pass smtp.mailfrom=example.org;\r\n"
			" dkim=pass header.d=example.org\r\n"
			"Received: from a by x.mail.protection.outlook.com; Mon\r\n" AUTHOR,
			HEAD_SENDER_UNKNOWN},
		{"rspamd before Dovecot's LMTP", "mx.me.test me.test",
			"Received: from mx.me.test\r\n\tby imap.me.test with LMTP\r\n\tid x; "
			"now\r\n"
			"Authentication-Results: mx.me.test;\r\n"
			"\tdkim=pass header.d=example.org header.s=k1 header.b=\"Abc/de+f\";\r\n"
			"\tdmarc=pass (policy=reject) header.from=example.org;\r\n"
			"\tspf=pass (mx.me.test: domain of bob@example.org) "
			"smtp.mailfrom=bob@example.org\r\n" HOP AUTHOR,
			HEAD_SENDER_PROVEN},
		{"opendkim and opendmarc, a field each", "mx.me.test",
			"Authentication-Results: mx.me.test; dmarc=pass (p=none dis=none) "
			"header.from=example.org\r\n"
			"Authentication-Results: mx.me.test;\r\n\tdkim=pass (2048-bit key; "
			"unprotected) "
			"header.d=example.org "
			"header.i=@example.org\r\n\theader.b=\"Abc/de+f\"\r\n" HOP AUTHOR,
			HEAD_SENDER_PROVEN},
		{"OpenARC beside them", "mx.me.test",
			"Authentication-Results: mx.me.test; arc=pass smtp.remote-ip=192.0.2.1;\r\n"
			" dkim=pass header.d=example.org\r\n" HOP AUTHOR,
			HEAD_SENDER_PROVEN},
		{"a version, comments in each other, blanks around =", "mx.me.test",
			"Authentication-Results: (a (b\\)) c;) MX.me.test 1;\r\n"
			" dkim/1 = pass (x; dkim=fail) header.d = Example.ORG.\r\n" HOP AUTHOR,
			HEAD_SENDER_PROVEN},
		{"signed by the domain above", "mx.me.test",
			"Authentication-Results: mx.me.test; dkim=pass "
			"header.d=org.example.test\r\n"
			"From: a@mail.org.example.test\r\n",
			HEAD_SENDER_PROVEN},
		{"by the envelope alone", "mx.me.test",
			"Authentication-Results: mx.me.test; spf=pass "
			"smtp.mailfrom=\"b;dkim=x\"@example.org\r\n" AUTHOR,
			HEAD_SENDER_PROVEN},
		{"nothing was checked", "mx.me.test",
			"Authentication-Results: mx.me.test; none\r\n" AUTHOR, HEAD_SENDER_OPEN},
		{"by somebody else", "mx.me.test",
			"Authentication-Results: mx.me.test; dkim=pass header.d=lists.test;\r\n"
			" spf=pass smtp.mailfrom=lists.test; dmarc=none "
			"header.from=example.org\r\n" AUTHOR,
			HEAD_SENDER_OPEN},
		{"DMARC fails in spite of it", "mx.me.test",
			"Authentication-Results: mx.me.test; dkim=pass header.d=example.org; "
			"dmarc=fail header.from=example.org\r\n" AUTHOR,
			HEAD_SENDER_OPEN},
		{"no server is trusted", "",
			"Authentication-Results: mx.me.test; dmarc=pass "
			"header.from=example.org\r\n" AUTHOR,
			HEAD_SENDER_UNASKED},
		{"it is silent", "mx.me.test", HOP AUTHOR, HEAD_SENDER_UNKNOWN},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		enum head_sender got = sender_of(rows[i].header, rows[i].trusted);

		if (got != rows[i].want)
			fail_msg("%s: %s", rows[i].name, head_sender_row(got)->word);
	}
}

#define GOOD "dmarc=pass header.from=example.org; dkim=pass header.d=example.org\r\n"

static void ignores_what_others_wrote(void **state)
{
	static const struct {
		const char *name, *header;
		enum head_sender want;
	} rows[] = {
		{"another name", "Authentication-Results: mx.evil.test; " GOOD HOP AUTHOR,
			HEAD_SENDER_UNKNOWN},
		{"a name that ends like it",
			"Authentication-Results: evil.mx.me.test; " GOOD HOP AUTHOR,
			HEAD_SENDER_UNKNOWN},
		{"a name that begins like it",
			"Authentication-Results: mx.me.test.evil.test; " GOOD HOP AUTHOR,
			HEAD_SENDER_UNKNOWN},
		{"the name in a comment only",
			"Authentication-Results: (mx.me.test;) evil.test; " GOOD HOP AUTHOR,
			HEAD_SENDER_UNKNOWN},
		{"below a hop of somebody else",
			"Received: from a by mx.other.test; now\r\n"
			"Authentication-Results: mx.me.test; " GOOD HOP AUTHOR,
			HEAD_SENDER_UNKNOWN},
		{"below a hop that names itself in front of who wrote it",
			"Received: from by mx.me.test (x) by mx.other.test; now\r\n"
			"Authentication-Results: mx.me.test; " GOOD AUTHOR,
			HEAD_SENDER_UNKNOWN},
		{"below a hop that has no name",
			"Received: from mx.me.test; now\r\n"
			"Authentication-Results: mx.me.test; " GOOD AUTHOR,
			HEAD_SENDER_UNKNOWN},
		{"below a hop whose comment never ends",
			"Received: from a (x by mx.me.test\r\n"
			"Authentication-Results: mx.me.test; " GOOD AUTHOR,
			HEAD_SENDER_UNKNOWN},
		{"below what the author wrote",
			HOP "Subject: x\r\nAuthentication-Results: mx.me.test; " GOOD AUTHOR,
			HEAD_SENDER_UNKNOWN},
		{"below the real one and its hop",
			"Authentication-Results: mx.me.test; spf=fail "
			"smtp.mailfrom=evil.test\r\n" HOP
			"Authentication-Results: mx.me.test; " GOOD AUTHOR,
			HEAD_SENDER_OPEN},
		{"a method that the real one spoke of",
			"Authentication-Results: mx.me.test; dkim=fail header.d=example.org;\r\n"
			" dmarc=none header.from=example.org; spf=none\r\n"
			"Authentication-Results: mx.me.test; " GOOD HOP AUTHOR,
			HEAD_SENDER_OPEN},
		{"two senders",
			"Authentication-Results: mx.me.test; " GOOD HOP
			"From: a@example.org\r\nFrom: b@example.org\r\n",
			HEAD_SENDER_OPEN},
		{"two in one field",
			"Authentication-Results: mx.me.test; dkim=pass header.d=example.org\r\n" HOP
			"From: a@example.org, b@evil.test\r\n",
			HEAD_SENDER_OPEN},
		{"a domain that ends like it",
			"Authentication-Results: mx.me.test; dkim=pass header.d=ple.org\r\n" AUTHOR,
			HEAD_SENDER_OPEN},
		{"all of org",
			"Authentication-Results: mx.me.test; dkim=pass header.d=org\r\n" AUTHOR,
			HEAD_SENDER_OPEN},
		{"a domain below it",
			"Authentication-Results: mx.me.test; dkim=pass "
			"header.d=x.example.org\r\n" AUTHOR,
			HEAD_SENDER_OPEN},
		{"DMARC of another domain",
			"Authentication-Results: mx.me.test; dmarc=pass "
			"header.from=evil.test\r\n" AUTHOR,
			HEAD_SENDER_OPEN},
		{"the result in a comment or in quotes",
			"Authentication-Results: mx.me.test; spf=fail (;dmarc=pass "
			"header.from=example.org)\r\n smtp.mailfrom=\"a;dmarc=pass "
			"header.from=example.org;\"@evil.test\r\n" AUTHOR,
			HEAD_SENDER_OPEN},
		{"the greeting of the envelope alone",
			"Authentication-Results: mx.me.test; spf=pass "
			"smtp.helo=example.org\r\n" AUTHOR,
			HEAD_SENDER_OPEN},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		enum head_sender got = sender_of(rows[i].header, "mx.me.test");

		if (got != rows[i].want)
			fail_msg("%s: %s", rows[i].name, head_sender_row(got)->word);
	}
}

static void tells_what_it_does_not_believe(void **state)
{
	struct head h = head_of("Received: from mx.me.test by imap.other.test; now\r\n"
				"Authentication-Results: mx.me.test; " GOOD
				"Authentication-Results: ; x\r\n" AUTHOR,
		"mx.me.test");

	assert_int_equal(h.sender, HEAD_SENDER_UNKNOWN);
	assert_non_null(strstr(h.details, "is not believed: mx.me.test, (without a name)\n"));
	assert_non_null(strstr(h.details, "came through imap.other.test afterwards"));
	head_done(&h);
	h = head_of("Authentication-Results: mx.me.test; dkim=pass header.d=lists.test;\r\n"
		    " dmarc=fail header.from=example.org\r\n" AUTHOR,
		"mx.me.test");
	assert_string_equal(h.signer, "lists.test");
	assert_non_null(
		strstr(h.details, "! Your server found no proof that this is from example.org."));
	assert_non_null(strstr(h.details, "DKIM: pass  lists.test\nDMARC: fail  example.org\n"));
	head_done(&h);
}

static void counts_what_it_leaves_out(void **state)
{
	for (size_t n = AUTHRES_IGNORED_MAX - 1; n <= AUTHRES_IGNORED_MAX + 1; n++) {
		struct str s = STR_INIT;
		struct authres a;

		repeat(&s, "Authentication-Results: evil.test; dkim=pass\r\n", n);
		authres_read(&a, s.p, s.len, "mx.me.test");
		assert_int_equal(a.ignored.n + a.more_ignored, n);
		assert_int_equal(a.more_ignored, n > AUTHRES_IGNORED_MAX);
		authres_done(&a);
		str_done(&s);
	}
	for (size_t n = AUTHRES_MAX - 1; n <= AUTHRES_MAX + 1; n++) {
		struct str s = STR_INIT;
		struct authres a;

		str_adds(&s, "Authentication-Results: mx.me.test");
		repeat(&s, "; dkim=pass header.d=x.test", n);
		authres_read(&a, s.p, s.len, "mx.me.test");
		assert_int_equal(a.n, n < AUTHRES_MAX ? n : AUTHRES_MAX);
		authres_done(&a);
		str_done(&s);
	}
}

#define DKIM_GOOD                                                                                  \
	"Authentication-Results: mx.me.test; dkim=pass header.d=example.org header.s=k1 "          \
	"header.b=Abc/de\r\n"

static void leaves_a_list_by_one_request(void **state)
{
	static const struct {
		const char *name, *trusted, *header;
		enum head_one_click want;
	} rows[] = {
		{"all is well", "mx.me.test", DKIM_GOOD HOP SIGNED LEAVE AUTHOR, HEAD_ONE_CLICK},
		{"nobody checks", "", DKIM_GOOD HOP SIGNED LEAVE AUTHOR, HEAD_NOT_TRUSTED},
		{"nobody checked", "mx.me.test", HOP SIGNED LEAVE AUTHOR, HEAD_NOT_SIGNED},
		{"forged", "mx.me.test", HOP "Subject: x\r\n" DKIM_GOOD SIGNED LEAVE AUTHOR,
			HEAD_NOT_SIGNED},
		{"failed", "mx.me.test",
			"Authentication-Results: mx.me.test; dkim=fail header.d=example.org\r\n" HOP
				SIGNED LEAVE AUTHOR,
			HEAD_NOT_SIGNED},
		{"another signature", "mx.me.test",
			"Authentication-Results: mx.me.test; dkim=pass header.d=example.org "
			"header.b=Zbc\r\n" HOP SIGNED LEAVE AUTHOR,
			HEAD_NOT_SIGNED},
		{"another selector", "mx.me.test",
			"Authentication-Results: mx.me.test; dkim=pass header.d=example.org "
			"header.s=k2\r\n" HOP SIGNED LEAVE AUTHOR,
			HEAD_NOT_SIGNED},
		{"not covered", "mx.me.test",
			DKIM_GOOD HOP "DKIM-Signature: d=example.org; s=k1; "
				      "h=From:List-Unsubscribe; b=Abc/de+f=\r\n" LEAVE AUTHOR,
			HEAD_NOT_SIGNED},
		{"one of two of that domain does not cover it", "mx.me.test",
			"Authentication-Results: mx.me.test; dkim=pass header.d=example.org\r\n" HOP
				SIGNED
			"DKIM-Signature: d=example.org; s=k1; h=From; b=x\r\n" LEAVE AUTHOR,
			HEAD_NOT_SIGNED},
		{"a second field, behind the signature's back", "mx.me.test",
			DKIM_GOOD HOP
			"List-Unsubscribe: <https://evil.test/>\r\n" SIGNED LEAVE AUTHOR,
			HEAD_SEVERAL_OFFERED},
		{"a second field for the post", "mx.me.test",
			DKIM_GOOD HOP SIGNED LEAVE
			"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" AUTHOR,
			HEAD_NOT_SIGNED},
		{"two addresses", "mx.me.test",
			DKIM_GOOD HOP SIGNED
			"List-Unsubscribe: <https://a.test/>, <https://b.test/>\r\n"
			"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" AUTHOR,
			HEAD_SEVERAL_OFFERED},
		{"not encrypted", "mx.me.test",
			DKIM_GOOD HOP SIGNED
			"List-Unsubscribe: <http://a.test/>\r\n"
			"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" AUTHOR,
			HEAD_NOT_OFFERED},
		{"another post", "mx.me.test",
			DKIM_GOOD HOP SIGNED "List-Unsubscribe: <https://a.test/>\r\n"
					     "List-Unsubscribe-Post: a=b\r\n" AUTHOR,
			HEAD_NOT_OFFERED},
		{"no list", "mx.me.test", DKIM_GOOD HOP SIGNED AUTHOR, HEAD_NOT_OFFERED},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct head h = head_of(rows[i].header, rows[i].trusted);

		if (h.one_click != rows[i].want)
			fail_msg("%s: %d %s", rows[i].name, h.one_click, h.details);
		assert_int_equal(!*head_one_click_text(h.one_click), h.one_click == HEAD_ONE_CLICK);
		head_done(&h);
	}
}

static void reads_the_ways_to_leave(void **state)
{
	struct head h = head_of(LEAVE AUTHOR, "");
	struct str s = STR_INIT;

	assert_string_equal(h.list_id, "news.example.org");
	assert_string_equal(h.leave_https, "https://example.org/u?a=1");
	assert_string_equal(h.leave_mailto, "mailto:u@example.org?subject=go");
	head_done(&h);
	h = head_of("List-Unsubscribe: <https://a\"b/>, <ftp://x/>, <https://\xc3\xa4/>,"
		    " <https://open\r\n" AUTHOR,
		"");
	assert_string_equal(h.leave_https, "");
	assert_string_equal(h.leave_mailto, "");
	head_done(&h);
	for (size_t n = HEAD_URL_MAX - 1; n <= HEAD_URL_MAX + 1; n++) {
		str_clear(&s);
		str_adds(&s, "List-Unsubscribe: <https://");
		repeat(&s, "a", n - strlen("https://"));
		str_adds(&s, ">\r\n");
		h = head_of(s.p, "");
		assert_int_equal(strlen(h.leave_https), n <= HEAD_URL_MAX ? n : 0);
		head_done(&h);
	}
	str_done(&s);
}

static char *strip_of(const struct head *h, const struct head_strip *s)
{
	struct text *t = text_new();
	struct str out = STR_INIT;

	head_strip(t, h, s);
	text_plain(t, &out, false);
	text_free(t);
	return str_steal(&out);
}

static void says_it_in_a_strip(void **state)
{
	struct head h = head_of(DKIM_GOOD HOP LEAVE AUTHOR, "mx.me.test");
	struct head_strip s = {.width = 80, .html_key = "V", .leave_key = "U", .details_key = "X"};

	assert_text(strip_of(&h, &s), "✓ example.org · list news.example.org, leave it (U)\n\n");
	s.pictures = 1;
	s.html_more = 31;
	s.octets = 2000;
	s.size = "2k";
	assert_text(strip_of(&h, &s),
		"✓ example.org · list news.example.org, leave it (U) · 1 picture elsewhere, not\n"
		"fetched · the HTML says 3.1 times as much (V) · 2k\n\n");
	s = (struct head_strip){.width = 80, .ascii = true, .pictures = 2};
	assert_text(strip_of(&h, &s),
		"+ example.org | list news.example.org | 2 pictures elsewhere, not fetched\n\n");
	head_done(&h);

	h = head_of("Authentication-Results: mx.me.test; dkim=pass header.d=lists.test\r\n" AUTHOR,
		"mx.me.test");
	s = (struct head_strip){.width = 80, .details_key = "X", .html_more = 14};
	assert_text(strip_of(&h, &s), "! not proven, signed by lists.test (X)\n\n");
	head_done(&h);
	h = head_of(HOP AUTHOR, "mx.me.test");
	assert_text(strip_of(&h, &s), "? nothing known of the sender (X)\n\n");
	head_done(&h);

	s = (struct head_strip){
		.width = 80, .calendar = true, .yes_key = "Y", .maybe_key = "M", .no_key = "N"};
	h = head_of(AUTHOR, "");
	assert_text(strip_of(&h, &s), "invited? yes (Y) maybe (M) no (N)\n\n");
	s.no_key = NULL;
	assert_text(strip_of(&h, &s), "");
	head_done(&h);

	/* Nothing to say is no line. */
	h = head_of(HOP AUTHOR, "");
	s.size = "999k";
	s.octets = 999999;
	assert_text(strip_of(&h, &s), "");
	s.size = "1M";
	s.octets = 1000000;
	assert_text(strip_of(&h, &s), "1M\n\n");
	head_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(believes_the_own_server),
		cmocka_unit_test(ignores_what_others_wrote),
		cmocka_unit_test(tells_what_it_does_not_believe),
		cmocka_unit_test(counts_what_it_leaves_out),
		cmocka_unit_test(leaves_a_list_by_one_request),
		cmocka_unit_test(reads_the_ways_to_leave),
		cmocka_unit_test(says_it_in_a_strip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
