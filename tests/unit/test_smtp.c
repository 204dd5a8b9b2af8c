#include "net/smtp.h"

#include "base/mem.h"
#include "tests/unit/rude.h"
#include "tests/unit/fails.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GREET "S: 220 hi\nC: EHLO [127.0.0.1]\n"
#define EHLO_TLS GREET "S: 250-me\nS: 250-AUTH PLAIN LOGIN\nS: 250 STARTTLS\nC: STARTTLS\n"

static const struct rude_case no_login[] = {
	{"STARTTLS missing", GREET "S: 250-me\nS: 250 AUTH PLAIN", NET_STARTTLS, ERR_CERT},
	{"EHLO hidden 500", GREET "S: 500 HELO only", NET_STARTTLS, ERR_CERT},
	{"EHLO hidden 502", GREET "S: 502 HELO only", NET_STARTTLS, ERR_CERT},
	{"EHLO hidden 504", GREET "S: 504 HELO only", NET_STARTTLS, ERR_CERT},
	/* Before TLS nobody's word is final. */
	{"EHLO 550 before TLS", GREET "S: 550 5.7.1 stranger", NET_STARTTLS, ERR_AGAIN},
	{"EHLO 421 before TLS", GREET "S: 421 stranger", NET_STARTTLS, ERR_AGAIN},
	{"greeting 554 before TLS", "S: 554 5.7.1 stranger", NET_STARTTLS, ERR_AGAIN},
	{"greeting 421 before TLS", "S: 421 stranger", NET_STARTTLS, ERR_AGAIN},
	{"STARTTLS 502", EHLO_TLS "S: 502 no", NET_STARTTLS, ERR_CERT},
	{"STARTTLS 454", EHLO_TLS "S: 454 not now", NET_STARTTLS, ERR_CERT},
	{"STARTTLS 354", EHLO_TLS "S: 354 go on", NET_STARTTLS, ERR_CERT},
	{"STARTTLS 221", EHLO_TLS "S: 221 bye", NET_STARTTLS, ERR_CERT},
	{"STARTTLS 250", EHLO_TLS "S: 250 fine", NET_STARTTLS, ERR_CERT},
	{"cut at STARTTLS", EHLO_TLS "X", NET_STARTTLS, ERR_NETWORK},
	{"injected EHLO", EHLO_TLS "S~ 220 go\\r\\n250-me\\r\\n250 AUTH LOGIN\\r\\n", NET_STARTTLS,
		RUDE_EITHER},
	{"no TLS after 220", EHLO_TLS "S: 220 go\nS: 250 hello", NET_STARTTLS, RUDE_EITHER},
	{"greeting 421", "S: 421 too busy", NET_PLAIN, ERR_AGAIN},
	{"greeting 554", "S: 554 no", NET_PLAIN, ERR_AGAIN},
	{"EHLO 550", GREET "S: 550 no", NET_PLAIN, ERR_AGAIN},
	{"HELO 550", GREET "S: 502 what\nC: HELO [127.0.0.1]\nS: 550 no", NET_PLAIN, ERR_AGAIN},
	{"HELO has no login", GREET "S: 502 what\nC: HELO [127.0.0.1]\nS: 250 me", NET_PLAIN,
		ERR_AUTH},
	{"greeting 250", "S: 250 hello", NET_PLAIN, ERR_PROTOCOL},
	{"greeting 354", "S: 354 hello", NET_PLAIN, ERR_PROTOCOL},
	{"greeting 999", "S: 999 hello", NET_PLAIN, ERR_PROTOCOL},
	{"greeting 22", "S: 22", NET_PLAIN, ERR_PROTOCOL},
	{"greeting 220x", "S: 220x", NET_PLAIN, ERR_PROTOCOL},
	{"greeting of escapes", "S: \033]0;x\007", NET_PLAIN, ERR_PROTOCOL},
	{"two codes", "S: 220-hi\nS: 250 hi", NET_PLAIN, ERR_PROTOCOL},
	{"endless greeting", "R 100000 220-hello", NET_PLAIN, ERR_PROTOCOL},
	{"cut greeting", "S: 220-hello\nX", NET_PLAIN, ERR_NETWORK},
	{"EHLO 220", GREET "S: 220 what", NET_PLAIN, ERR_PROTOCOL},
	{"EHLO 421", GREET "S: 421 what", NET_PLAIN, ERR_AGAIN},
	{"no AUTH", GREET "S: 250 me", NET_PLAIN, ERR_AUTH},
	{"only strange AUTH", GREET "S: 250-me\nS: 250 AUTH X-STRANGE", NET_PLAIN, ERR_AUTH},
};

static int no_smtp(const struct net_server *server, struct err *err)
{
	struct smtp *s;
	int rc = smtp_open(&s, server, &rude_quick, &rude_alice, NULL, err);

	assert_null(s);
	if (strstr(err->text, "stranger"))
		fail_msg("shown: %s", err->text);
	return rc;
}

static void test_no_login(void **state)
{
	static const char *const never[] = {"AUTH", "MAIL", NULL};

	rude_must_fail(no_login, MEM_COUNT(no_login), PROTOCOL_SMTP, no_smtp, never);
}

static void test_auth_answers(void **state)
{
#define AUTH GREET "S: 250-me\nS: 250 AUTH=PLAIN\nC: AUTH PLAIN AGFsaWNl\n"
	static const struct rude_case cases[] = {
		{"535", AUTH "S: 535 5.7.8 no", NET_PLAIN, ERR_AUTH},
		{"534", AUTH "S: 534 too weak", NET_PLAIN, ERR_AUTH},
		{"454", AUTH "S: 454 later", NET_PLAIN, ERR_AGAIN},
		{"421", AUTH "S: 421 later", NET_PLAIN, ERR_AGAIN},
		{"250", AUTH "S: 250 fine", NET_PLAIN, ERR_PROTOCOL},
		{"220", AUTH "S: 220 fine", NET_PLAIN, ERR_PROTOCOL},
		{"334 again", AUTH "S: 334 AAAA\nC: *\nS: 501 ok", NET_PLAIN, ERR_PROTOCOL},
	};

	rude_must_fail(cases, MEM_COUNT(cases), PROTOCOL_SMTP, no_smtp, NULL);
}

/* --- transactions --- */

struct transaction {
	const char *name, *script, *message;
	enum send_outcome outcome;
	enum err_kind kind;
	enum mail_fate fates[3];
	const char *wire; /* must have been sent, NULL: nothing to look for */
};

#define SLOW GREET "S: 250-me\nS: 250 SIZE 1000\n"
#define FAST                                                                                       \
	GREET "S: 250-me\nS: 250-SIZE\nS: 250-AUTH\nS: 250-\nS: 250-PIPELINING\nS: 250 8BITMIME\n"
#define RCPT3                                                                                      \
	"C: RCPT TO:<a@x>\nS: 250 ok\nC: RCPT TO:<b@x>\nS: 250 ok\nC: RCPT TO:<c@x>\nS: 250 ok\n"
#define FAST3 FAST "C: MAIL FROM:<me@x>\nC: <a@x>\nC: <b@x>\nC: <c@x>\n"
#define OK3 FAST3 "S: 250 m\nS: 250 a\nS: 250 b\nS: 250 c\nC: DATA\n"
#define SENT3                                                                                      \
	{                                                                                          \
		FATE_ACCEPTED, FATE_ACCEPTED, FATE_ACCEPTED                                        \
	}
#define MAIL "A: b\r\n\r\nhi\r\n"

static const struct transaction transactions[] = {
	{"slow",
		SLOW "C: MAIL FROM:<me@x> SIZE=12\nS: 250 ok\n" RCPT3
		     "C: DATA\nS: 354 go\nD\nS: 250 done",
		MAIL, SEND_ACCEPTED, 0, SENT3, "DATA\r\n" MAIL ".\r\n"},
	{"fast", OK3 "S: 354 go\nD\nS: 250 done", MAIL, SEND_ACCEPTED, 0, SENT3, NULL},
	{"dots", OK3 "S: 354 go\nD\nS: 250 done", ".\r\n..\r\na.b\r\n.c", SEND_ACCEPTED, 0, SENT3,
		"DATA\r\n..\r\n...\r\na.b\r\n..c\r\n.\r\n"},
	{"empty", OK3 "S: 354 go\nD\nS: 250 done", "", SEND_ACCEPTED, 0, SENT3,
		"DATA\r\n\r\n.\r\n"},
	{"some refused",
		FAST3
		"S: 250 m\nS: 450 4.2.1 later\nS: 251 b\nS: 550-no\nS: 550 such\nC: DATA\nS: 354 "
		"go\nD\nS: 250 done",
		MAIL, SEND_ACCEPTED, 0, {FATE_LATER, FATE_ACCEPTED, FATE_NEVER}, NULL},
	{"all refused", FAST3 "S: 250 m\nS: 550 a\nS: 553 b\nS: 551 c\nC: RSET\nS: 250", MAIL,
		SEND_NOT, ERR_REFUSED, {FATE_NEVER, FATE_NEVER, FATE_NEVER}, NULL},
	{"one later", FAST3 "S: 250 m\nS: 550 a\nS: 452 b\nS: 551 c\nC: RSET\nS: 250", MAIL,
		SEND_NOT, ERR_AGAIN, {FATE_NEVER, FATE_LATER, FATE_NEVER}, NULL},
	{"MAIL 550", FAST3 "S: 550 m\nS: 503 a\nS: 503 b\nS: 503 c\nC: RSET\nS: 250", MAIL,
		SEND_NOT, ERR_REFUSED, {FATE_NEVER, FATE_NEVER, FATE_NEVER}, NULL},
	{"MAIL 451", FAST3 "S: 451 m\nS: 503 a\nS: 503 b\nS: 503 c\nC: RSET\nS: 250", MAIL,
		SEND_NOT, ERR_AGAIN, {FATE_LATER, FATE_LATER, FATE_LATER}, NULL},
	{"MAIL 354", FAST3 "S: 354 m", MAIL, SEND_NOT, ERR_PROTOCOL,
		{FATE_UNASKED, FATE_UNASKED, FATE_UNASKED}, NULL},
	{"RCPT 354", FAST3 "S: 250 m\nS: 354 m", MAIL, SEND_NOT, ERR_PROTOCOL,
		{FATE_UNASKED, FATE_UNASKED, FATE_UNASKED}, NULL},
	{"RCPT 421", FAST3 "S: 250 m\nS: 250 a\nS: 421 b", MAIL, SEND_NOT, ERR_AGAIN,
		{FATE_LATER, FATE_LATER, FATE_LATER}, NULL},
	{"RCPT garbage", FAST3 "S: 250 m\nS: what", MAIL, SEND_NOT, ERR_PROTOCOL,
		{FATE_UNASKED, FATE_UNASKED, FATE_UNASKED}, NULL},
	{"DATA 554", OK3 "S: 554 no\nC: RSET\nS: 250", MAIL, SEND_NOT, ERR_REFUSED,
		{FATE_NEVER, FATE_NEVER, FATE_NEVER}, NULL},
	{"DATA 451", OK3 "S: 451 no\nC: RSET\nS: 250", MAIL, SEND_NOT, ERR_AGAIN,
		{FATE_LATER, FATE_LATER, FATE_LATER}, NULL},
	{"some refused, then DATA 554",
		FAST3 "S: 250 m\nS: 250 a\nS: 451 b\nS: 550 c\nC: DATA\nS: 554 no\nC: RSET\nS: 250",
		MAIL, SEND_NOT, ERR_REFUSED, {FATE_NEVER, FATE_LATER, FATE_NEVER}, NULL},
	{"some refused, then 451 at the end",
		FAST3 "S: 250 m\nS: 550 a\nS: 250 b\nS: 251 c\nC: DATA\nS: 354\nD\nS: 451 full",
		MAIL, SEND_NOT, ERR_AGAIN, {FATE_NEVER, FATE_LATER, FATE_LATER}, NULL},
	{"some refused, then closed", FAST3 "S: 250 m\nS: 550 a\nS: 250 b\nS: 251 c\nC: DATA\nX",
		MAIL, SEND_NOT, ERR_NETWORK, {FATE_NEVER, FATE_UNASKED, FATE_UNASKED}, NULL},
	{"DATA 250", OK3 "S: 250 what", MAIL, SEND_NOT, ERR_PROTOCOL,
		{FATE_UNASKED, FATE_UNASKED, FATE_UNASKED}, NULL},
	{"DATA closed", OK3 "X", MAIL, SEND_NOT, ERR_NETWORK,
		{FATE_UNASKED, FATE_UNASKED, FATE_UNASKED}, NULL},
	{"end 451", OK3 "S: 354 go\nD\nS: 451 full", MAIL, SEND_NOT, ERR_AGAIN,
		{FATE_LATER, FATE_LATER, FATE_LATER}, NULL},
	{"end 554", OK3 "S: 354 go\nD\nS: 554 spam", MAIL, SEND_NOT, ERR_REFUSED,
		{FATE_NEVER, FATE_NEVER, FATE_NEVER}, NULL},
	{"end 421", OK3 "S: 354 go\nD\nS: 421 closing", MAIL, SEND_NOT, ERR_AGAIN,
		{FATE_LATER, FATE_LATER, FATE_LATER}, NULL},
	{"end closed", OK3 "S: 354 go\nD\nX", MAIL, SEND_UNCONFIRMED, ERR_NETWORK, SENT3, NULL},
	{"end cut", OK3 "S: 354 go\nD\nS~ 25\nX", MAIL, SEND_UNCONFIRMED, ERR_NETWORK, SENT3, NULL},
	{"end cut 2", OK3 "S: 354 go\nD\nS: 250-ok\nX", MAIL, SEND_UNCONFIRMED, ERR_NETWORK, SENT3,
		NULL},
	{"end 354", OK3 "S: 354 go\nD\nS: 354 more", MAIL, SEND_UNCONFIRMED, ERR_PROTOCOL, SENT3,
		NULL},
	{"end 221", OK3 "S: 354 go\nD\nS: 221 bye", MAIL, SEND_UNCONFIRMED, ERR_PROTOCOL, SENT3,
		NULL},
	{"end garbage", OK3 "S: 354 go\nD\nS: fine", MAIL, SEND_UNCONFIRMED, ERR_PROTOCOL, SENT3,
		NULL},
	{"too large", SLOW "X", NULL, SEND_NOT, ERR_REFUSED, {FATE_NEVER, FATE_NEVER, FATE_NEVER},
		NULL},
	{"8 bit refused", SLOW "X", "\r\n\xc3\xa4\r\n", SEND_NOT, ERR_REFUSED,
		{FATE_NEVER, FATE_NEVER, FATE_NEVER}, NULL},
	{"8 bit", OK3 "S: 354\nD\nS: 250", "\r\n\xc3\xa4\r\n", SEND_ACCEPTED, 0, SENT3,
		"MAIL FROM:<me@x> BODY=8BITMIME\r\n"},
	{"UTF-8 header", FAST "X", "S: \xc3\xa4\r\n\r\n", SEND_NOT, ERR_REFUSED,
		{FATE_NEVER, FATE_NEVER, FATE_NEVER}, NULL},
	{"lone CR", FAST "X", "a\rb", SEND_NOT, ERR_INPUT, {FATE_NEVER, FATE_NEVER, FATE_NEVER},
		NULL},
	{"lone LF", FAST "X", "a\r\n\nb", SEND_NOT, ERR_INPUT, {FATE_NEVER, FATE_NEVER, FATE_NEVER},
		NULL},
	{"smuggle", FAST "X", "a\n.\nMAIL", SEND_NOT, ERR_INPUT,
		{FATE_NEVER, FATE_NEVER, FATE_NEVER}, NULL},
	{"CR at the end", FAST "X", "a\r\n.\r", SEND_NOT, ERR_INPUT,
		{FATE_NEVER, FATE_NEVER, FATE_NEVER}, NULL},
};

__attribute__((format(printf, 1, 2))) static struct smtp *open_rude(const char *fmt, ...)
{
	struct net_login nobody = {"me", NULL, NULL};
	struct str script = STR_INIT;
	struct net_server server;
	struct smtp *s;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&script, fmt, ap);
	va_end(ap);
	server = rude_play(script.p, PROTOCOL_SMTP);
	WORKS(smtp_open(&s, &server, &rude_quick, &nobody, NULL, &why));
	str_done(&script);
	return s;
}

static enum send_outcome mail_to(struct smtp *s, struct smtp_recipient *to, size_t n)
{
	return smtp_send(s, "me@x", to, n, MAIL, strlen(MAIL), NULL, NULL, &why);
}

static void run_transaction(const struct transaction *t)
{
	struct smtp_recipient to[3] = {{.address = "a@x"}, {.address = "b@x"}, {.address = "c@x"}};
	char *large = mem_alloc(2001);
	struct smtp *s = open_rude("%s", t->script);
	const char *got;
	struct err err = {0};
	const char *message = t->message ? t->message : memset(large, 'x', 2000);
	enum send_outcome outcome =
		smtp_send(s, "me@x", to, 3, message, strlen(message), NULL, NULL, &err);

	smtp_free(s);
	got = rude_played();
	if (outcome != t->outcome || err.kind != t->kind)
		fail_msg("%s: outcome %d, kind %d (%s)", t->name, outcome, err.kind, err.text);
	for (int i = 0; i < 3; i++)
		if (to[i].fate != t->fates[i])
			fail_msg("%s: fate %d is %d", t->name, i, to[i].fate);
	if (t->wire && !strstr(got, t->wire))
		fail_msg("%s: sent %s", t->name, got);
	free(large);
}

static void test_transactions(void **state)
{
	for (size_t i = 0; i < MEM_COUNT(transactions); i++)
		run_transaction(&transactions[i]);
}

static void test_texts(void **state)
{
	struct smtp_recipient to[3] = {{.address = "a@x"}, {.address = "b@x"}, {.address = "c@x"}};
	struct smtp *s = open_rude(FAST3 "S: 250 m\nS: 550-5.1.1 no\033[31m\nS: 550 such\nS: 550\n"
					 "S: 550 c\nC: RSET\nS: 250");

	assert_int_equal(mail_to(s, to, 3), SEND_NOT);
	assert_non_null(strstr(to[0].text, "550 5.1.1 no"));
	assert_non_null(strstr(to[0].text, "such"));
	assert_null(strchr(to[0].text, '\033'));
	smtp_free(s);
	rude_played();
}

/* What a relay said is kept as far as there is room, and shows where it is not all. */
static void test_long_texts(void **state)
{
	const size_t room = sizeof(((struct smtp_recipient *)0)->text) - 1;

	for (size_t len = room - 1; len <= room + 1; len++) {
		struct smtp_recipient to = {.address = "a@x"};
		struct str script = STR_INIT;
		struct smtp *s;

		str_adds(&script, GREET "S: 250 me\nC: MAIL\nS: 250 ok\nC: RCPT\n");
		for (size_t left = len - 4, n; left; left -= n) {
			n = left < 300 ? left : 299;
			str_addf(&script, "S: 550%c", n == left ? ' ' : '-');
			for (size_t i = 0; i < n; i++)
				str_addc(&script, 'x');
			str_addc(&script, '\n');
			if (n < left)
				n++; /* the blank between two lines */
		}
		str_adds(&script, "C: RSET\nS: 250 ok");
		s = open_rude("%s", script.p);
		mail_to(s, &to, 1);
		assert_int_equal(strlen(to.text), len < room ? len : room);
		assert_int_equal(strstr(to.text, "…") != NULL, len > room);
		smtp_free(s);
		rude_played();
		str_done(&script);
	}
}

/* A reply has an end. */
static void test_long_replies(void **state)
{
	for (int lines = 199; lines <= 201; lines++) {
		struct str script = STR_INIT;
		struct net_server server;
		struct err err = {0};
		struct smtp *s = NULL;
		int rc;

		str_addf(&script, "S: 220 hi\nC: EHLO\nR %d 250-X\nS: 250 AUTH", lines - 1);
		for (int i = 0; i < 300; i++)
			str_addf(&script, " X-%d", i);
		str_adds(&script, " PLAIN\n");
		if (lines <= 200)
			str_adds(&script, "C: AUTH PLAIN\nS: 235 in");
		server = rude_play(script.p, PROTOCOL_SMTP);
		rc = smtp_open(&s, &server, &rude_quick, &rude_alice, NULL, &err);
		if (rc != (lines > 200 ? -1 : 0))
			fail_msg("%d: %s", lines, err.text);
		if (rc)
			assert_int_equal(err.kind, ERR_PROTOCOL);
		smtp_free(s);
		rude_played();
		str_done(&script);
	}
}

/* The reason of the whole is the reason of each, in the server's words. */
static void test_whole_texts(void **state)
{
	static const struct {
		const char *script, *message, *text;
	} cases[] = {
		{FAST3 "S: 550 5.7.1 not you\nS: 503\nS: 503\nS: 503\nC: RSET\nS: 250", MAIL,
			"550 5.7.1 not you"},
		{OK3 "S: 554-5.6.0 no\nS: 554 way\nC: RSET\nS: 250", MAIL, "554 5.6.0 no way"},
		{OK3 "S: 354\nD\nS: 554 5.7.1 spam", MAIL, "554 5.7.1 spam"},
		{SLOW "X", NULL, "at most 1000"},
		{SLOW "X", "\r\n\xc3\xa4\r\n", "8-bit"},
		{FAST "X", "S: \xc3\xa4\r\n\r\n", "SMTPUTF8"},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct smtp_recipient to[3] = {
			{.address = "a@x"}, {.address = "b@x"}, {.address = "c@x"}};
		char large[1002];
		const char *message = cases[i].message ? cases[i].message : large;
		struct smtp *s = open_rude("%s", cases[i].script);

		memset(large, 'x', 1001);
		large[1001] = '\0';
		assert_int_equal(
			smtp_send(s, "me@x", to, 3, message, strlen(message), NULL, NULL, NULL),
			SEND_NOT);
		for (int k = 0; k < 3; k++)
			if (to[k].fate != FATE_NEVER || !strstr(to[k].text, cases[i].text))
				fail_msg("%s: %d %s", cases[i].text, to[k].fate, to[k].text);
		smtp_free(s);
		rude_played();
	}
}

static void test_bad_addresses(void **state)
{
	static const char *const bad[] = {"a@b>\r\nRCPT TO:<c@d", "a b@c", "<a@b>", "a@b\n", "",
		"a\tb@c", "a@b\x7f", "\"a b@c", "\"a b\"c@d", "\"a\" b@c", "\"a\r\n\"@c",
		"a\"b c\"@d", "a@", "@b", "a", "a@\xe2\x80\xae.example"};
	struct smtp *s = open_rude(FAST);
	char longest[300];

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i <= MEM_COUNT(bad); i++) {
		struct smtp_recipient to = {.address = i < MEM_COUNT(bad) ? bad[i] : longest};
		struct err err = {0};

		assert_int_equal(smtp_send(s, "me@x", &to, 1, MAIL, strlen(MAIL), NULL, NULL, &err),
			SEND_NOT);
		assert_int_equal(err.kind, ERR_REFUSED);
		assert_int_equal(to.fate, FATE_NEVER);
		if (!to.address[0])
			continue; /* an empty sender is the null path */
		struct smtp_recipient good = {.address = "a@x"};
		assert_int_equal(
			smtp_send(s, to.address, &good, 1, MAIL, strlen(MAIL), NULL, NULL, &err),
			SEND_NOT);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	smtp_free(s);
	assert_null(strstr(rude_played(), "MAIL"));
}

static void goes_out_as(const char *address, bool utf8, const char *want)
{
	struct smtp_recipient to = {.address = address};
	struct smtp *s = open_rude(
		utf8 ? GREET
			"S: 250-me\nS: 250-8BITMIME\nS: 250 SMTPUTF8\nC: MAIL\nS: 250\nC: RCPT\n"
			"S: 250\nC: DATA\nS: 354\nD\nS: 250"
		     : SLOW "C: MAIL\nS: 250\nC: RCPT\nS: 250\nC: DATA\nS: 354\nD\nS: 250");
	const char *got;

	if (mail_to(s, &to, 1) != SEND_ACCEPTED)
		fail_msg("%s: %s", address, to.text);
	smtp_free(s);
	got = rude_played();
	if (!strstr(got, want))
		fail_msg("%s: %s", want, got);
	/* SMTPUTF8 is said only where it is needed. */
	assert_int_equal(strstr(got, " SMTPUTF8") != NULL, strstr(want, "\xc3") != NULL);
}

static void test_wire_addresses(void **state)
{
	goes_out_as("eva@bücher.example", false, "RCPT TO:<eva@xn--bcher-kva.example>\r\n");
	goes_out_as("eva@bücher.example", true, "RCPT TO:<eva@xn--bcher-kva.example>\r\n");
	goes_out_as("j\xc3\xbcrgen@x", true, "RCPT TO:<j\xc3\xbcrgen@x>\r\n");
	goes_out_as("\"a b\"@x", false, "RCPT TO:<\"a b\"@x>\r\n");
	goes_out_as("\"a<b>\\\"\"@x", false, "RCPT TO:<\"a<b>\\\"\"@x>\r\n");
	goes_out_as("\"a@b\"@x", false, "RCPT TO:<\"a@b\"@x>\r\n");
	goes_out_as("a@[192.0.2.1]", false, "RCPT TO:<a@[192.0.2.1]>\r\n");
}

/* One that cannot be asked costs nobody else the mail. */
static void test_one_bad_address(void **state)
{
	struct smtp_recipient to[3] = {
		{.address = "a b@x"}, {.address = "b@x"}, {.address = "c@\xe2\x80\xae"}};
	struct smtp *s =
		open_rude(FAST "C: MAIL\nC: <b@x>\nS: 250\nS: 250\nC: DATA\nS: 354\nD\nS: 250 ok");

	assert_int_equal(mail_to(s, to, 3), SEND_ACCEPTED);
	assert_int_equal(to[0].fate, FATE_NEVER);
	assert_non_null(strstr(to[0].text, "a b@x"));
	assert_int_equal(to[1].fate, FATE_ACCEPTED);
	assert_int_equal(to[2].fate, FATE_NEVER);
	smtp_quit(s, true);
	rude_played();
}

/* Without EHLO there are no extensions, and the mail goes out. */
static void test_helo(void **state)
{
	static const char *const codes[] = {"500", "502", "504"};

	for (size_t i = 0; i < MEM_COUNT(codes); i++) {
		struct smtp_recipient to = {.address = "a@x"};
		struct smtp *s = open_rude(GREET
			"S: %s what\nC: HELO [127.0.0.1]\nS: 250 SIZE 5\nC: MAIL\nS: 250\n"
			"C: RCPT\nS: 250\nC: DATA\nS: 354\nD\nS: 250 ok\nC: QUIT\nS: 221",
			codes[i]);

		assert_int_equal(mail_to(s, &to, 1), SEND_ACCEPTED);
		smtp_quit(s, true);
		rude_played();
	}
}

/* What is too many for one transaction goes into the next, if the code means that. */
static void test_crowd(void **state)
{
	static const struct {
		const char *says;
		enum mail_fate fate;
	} cases[] = {
		{"452 too many recipients", FATE_NEXT},
		{"452", FATE_NEXT},
		{"452 4.5.3 too many", FATE_NEXT},
		{"452-4.5.3 too\nS: 452 4.5.3 many", FATE_NEXT},
		{"552 5.5.3 too many", FATE_NEXT},
		{"452 4.3.1 disk full", FATE_LATER},
		{"452 4.2.2 mailbox full", FATE_LATER},
		{"450 4.5.3 odd", FATE_LATER},
		{"552 5.2.2 mailbox full", FATE_NEVER},
		{"552 mailbox full", FATE_NEVER},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++)
		for (int taken = 0; taken < 2; taken++) {
			struct smtp_recipient to[2] = {{.address = "a@x"}, {.address = "b@x"}};
			enum mail_fate want =
				cases[i].fate == FATE_NEXT && !taken ? FATE_LATER : cases[i].fate;
			struct smtp *s = open_rude(FAST
				"C: MAIL\nC: <a@x>\nC: <b@x>\nS: 250\nS: %s\nS: %s\n%s",
				taken ? "250" : "550 no", cases[i].says,
				taken ? "C: DATA\nS: 354\nD\nS: 250 ok" : "C: RSET\nS: 250");

			mail_to(s, to, 2);
			if (to[1].fate != want)
				fail_msg("%s: %d", cases[i].says, to[1].fate);
			smtp_free(s);
			rude_played();
		}
}

/* A relay that has seen enough says so and hangs up, while we still send. */
static void interrupted(const char *end, enum err_kind kind, enum mail_fate fate, const char *text)
{
	enum { LARGE = 8 << 20 };
	struct smtp_recipient to = {.address = "a@x"};
	char *large = mem_alloc(LARGE + 1);
	struct smtp *s;
	struct err err = {0};

	memset(large, 'x', LARGE);
	s = open_rude(FAST "C: MAIL\nC: RCPT\nS: 250\nS: 250\nC: DATA\nS: 354\nB 100000\n%s", end);
	assert_int_equal(smtp_send(s, "me@x", &to, 1, large, LARGE, NULL, NULL, &err), SEND_NOT);
	if (err.kind != kind || to.fate != fate || (text && !strstr(err.text, text)) ||
		(text && !strstr(to.text, text)))
		fail_msg("%s: %d %s, %d %s", end, err.kind, err.text, to.fate, to.text);
	assert_false(smtp_is_alive(s));
	smtp_quit(s, true); /* must not say QUIT in the middle of a mail */
	rude_played();
	free(large);
}

static void test_interrupted(void **state)
{
	interrupted("S: 552 5.3.4 too large\nX", ERR_REFUSED, FATE_NEVER, "5.3.4 too large");
	interrupted("S: 552 5.3.4 too large", ERR_REFUSED, FATE_NEVER, "5.3.4 too large");
	interrupted("S: 452 4.3.1 full\nX", ERR_AGAIN, FATE_LATER, "4.3.1 full");
	interrupted("S: 421 4.3.2 going down\nX", ERR_AGAIN, FATE_LATER, "going down");
	interrupted("S: 250 ok\nX", ERR_PROTOCOL, FATE_UNASKED, NULL);
	interrupted("X", ERR_NETWORK, FATE_UNASKED, NULL);
}

/* Between two mails the relay may say goodbye, or hang up without. */
static void test_goodbye(void **state)
{
	static const char *const ends[] = {"S: 421 4.4.2 timeout\nX", "X"};

	for (size_t i = 0; i < MEM_COUNT(ends); i++) {
		struct smtp_recipient to = {.address = "a@x"};
		struct smtp *s = open_rude(FAST
			"C: MAIL\nC: RCPT\nS: 250\nS: 250\nC: DATA\nS: 354\nD\nS: 250 ok\n%s",
			ends[i]);

		assert_int_equal(mail_to(s, &to, 1), SEND_ACCEPTED);
		while (smtp_is_alive(s))
			usleep(1000);
		smtp_free(s);
		rude_played();
	}
}

static int refuse(void *ctx)
{
	++*(int *)ctx;
	return 1;
}

static void test_before_data(void **state)
{
	struct smtp_recipient to = {.address = "a@x"};
	struct smtp *s = open_rude(FAST "C: MAIL\nC: RCPT\nS: 250\nS: 250\nC: RSET\nS: 250\n"
					"C: MAIL\nC: RCPT\nS: 250\nS: 550 no\nC: RSET\nS: 250");
	const char *got;
	struct err err = {0};
	int asked = 0;

	assert_int_equal(
		smtp_send(s, "me@x", &to, 1, MAIL, strlen(MAIL), refuse, &asked, &err), SEND_NOT);
	assert_int_equal(asked, 1);
	assert_int_equal(err.kind, ERR_CANCELLED);
	/* The connection goes on, and nobody asks when there is no recipient. */
	assert_int_equal(
		smtp_send(s, "", &to, 1, MAIL, strlen(MAIL), refuse, &asked, &err), SEND_NOT);
	assert_int_equal(asked, 1);
	smtp_free(s);
	got = rude_played();
	assert_null(strstr(got, "DATA"));
	assert_non_null(strstr(got, "MAIL FROM:<>\r\n"));
}

static void test_utf8_recipient(void **state)
{
	struct smtp_recipient to[2] = {{.address = "\xc3\xa4@x"}, {.address = "b@x"}};
	struct smtp *s =
		open_rude(FAST "C: MAIL\nC: <b@x>\nS: 250\nS: 250\nC: DATA\nS: 354\nD\nS: 250 ok");

	assert_int_equal(mail_to(s, to, 2), SEND_ACCEPTED);
	assert_int_equal(to[0].fate, FATE_NEVER);
	assert_int_equal(to[1].fate, FATE_ACCEPTED);
	smtp_quit(s, true);
	rude_played();
}

static void test_many_recipients(void **state)
{
	enum { N = 120 };
	struct smtp_recipient to[N];
	char names[N][16];
	struct smtp *s = open_rude(FAST "C: MAIL\nC* 50\nR 51 250 ok\nC* 50\nR 50 250 ok\nC* 20\n"
					"R 19 250 ok\nS: 550 no\nC: DATA\nS: 354\nD\nS: 250 ok");

	for (int i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "u%d@x", i);
		to[i] = (struct smtp_recipient){.address = names[i]};
	}
	assert_int_equal(mail_to(s, to, N), SEND_ACCEPTED);
	assert_int_equal(to[0].fate, FATE_ACCEPTED);
	assert_int_equal(to[N - 1].fate, FATE_NEVER);
	smtp_quit(s, true);
	rude_played();
}

/* --- Postfix --- */

static struct smtp *open_real(
	const char *port, enum net_security security, const char *mechanism, const char *secret)
{
	struct net_server server = real_server(port, PROTOCOL_SMTP, security);
	struct net_options options = rude_quick;
	struct net_login login = {"carol", secret, mechanism};
	struct smtp *s;

	options.tls_ca = getenv("SRV_CA");
	if (smtp_open(&s, &server, &options, &login, NULL, &why))
		fail_msg("%s %s: %s", port, mechanism ? mechanism : "-", why.text);
	return s;
}

static void test_real_logins(void **state)
{
	static const char *const mechanisms[] = {NULL, "PLAIN", "LOGIN"};

	for (size_t i = 0; i < MEM_COUNT(mechanisms); i++) {
		smtp_quit(open_real("SRV_SMTPS", NET_TLS, mechanisms[i], getenv("SRV_PASSWORD")),
			true);
		smtp_quit(
			open_real("SRV_SMTP", NET_STARTTLS, mechanisms[i], getenv("SRV_PASSWORD")),
			true);
	}
	smtp_quit(open_real("SRV_SMTP_PLAIN", NET_PLAIN, NULL, NULL), true);
}

static void test_real_wrong_password(void **state)
{
	struct net_server server = real_server("SRV_SMTP", PROTOCOL_SMTP, NET_STARTTLS);
	struct net_options options = rude_quick;
	struct net_login login = {"carol", "wrong", NULL};
	struct smtp *s;

	options.tls_ca = getenv("SRV_CA");
	FAILS(ERR_AUTH, smtp_open(&s, &server, &options, &login, NULL, &why));
}

/* The newest mail of carol that has the text; waits for the delivery. */
static char *delivered(const char *needle)
{
	char folder[1000];

	snprintf(folder, sizeof(folder), "%s/carol/Maildir/new", getenv("SRV_MAIL"));
	for (int tries = 0; tries < 200; tries++) {
		DIR *d = opendir(folder);
		struct dirent *e;

		while (d && (e = readdir(d))) {
			char path[1400], *text = mem_alloc(65536);
			FILE *f;

			snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
			f = fopen(path, "r");
			if (f && fread(text, 1, 65535, f) && strstr(text, needle)) {
				fclose(f);
				closedir(d);
				return text;
			}
			if (f)
				fclose(f);
			free(text);
		}
		if (d)
			closedir(d);
		usleep(50000);
	}
	return NULL;
}

static void test_real_send(void **state)
{
	struct smtp_recipient to[] = {{.address = "carol@example.org"},
		{.address = "nobody-there@example.org"}, {.address = "defer@example.org"}};
	char message[500], *mail;
	struct smtp *s = open_real("SRV_SMTP", NET_STARTTLS, NULL, getenv("SRV_PASSWORD"));
	struct err err = {0};
	struct str text = STR_INIT;

	snprintf(message, sizeof(message),
		"From: carol@example.org\r\nSubject: "
		"netproto-%d\r\n\r\n.dot\r\n..\r\n\r\n.\r\n\xc3\xa4",
		getpid());
	assert_int_equal(smtp_send(s, "carol@example.org", to, 3, message, strlen(message), NULL,
				 NULL, &err),
		SEND_ACCEPTED);
	assert_int_equal(to[0].fate, FATE_ACCEPTED);
	assert_int_equal(to[1].fate, FATE_NEVER);
	assert_int_equal(to[2].fate, FATE_LATER);
	smtp_describe(s, &text);
	assert_non_null(strstr(text.p, "TLS"));
	str_done(&text);
	/* A second one over the same connection, to nobody. */
	assert_int_equal(smtp_send(s, "carol@example.org", to + 1, 2, message, strlen(message),
				 NULL, NULL, &err),
		SEND_NOT);
	assert_int_equal(err.kind, ERR_AGAIN);
	smtp_quit(s, true);
	snprintf(message, sizeof(message), "Subject: netproto-%d", getpid());
	mail = kept(delivered(message));
	assert_non_null(mail);
	assert_non_null(strstr(mail, "\n\n.dot\n..\n\n.\n\xc3\xa4\n"));
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_no_login),
		cmocka_unit_test(test_auth_answers),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_long_replies),
		cmocka_unit_test(test_whole_texts),
		cmocka_unit_test(test_bad_addresses),
		cmocka_unit_test(test_wire_addresses),
		cmocka_unit_test(test_one_bad_address),
		cmocka_unit_test(test_helo),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_goodbye),
		cmocka_unit_test(test_before_data),
		cmocka_unit_test(test_utf8_recipient),
		cmocka_unit_test(test_many_recipients),
		cmocka_unit_test(test_real_logins),
		cmocka_unit_test(test_real_wrong_password),
		cmocka_unit_test(test_real_send),
	};

	return rude_main("smtp", all, MEM_COUNT(all), 3, argv);
}
