#include "net/imap.h"

#include "base/mem.h"
#include "tests/unit/rude.h"
#include "tests/unit/fails.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CAPS "S: * OK hi\nC: CAPABILITY\nS: * CAPABILITY IMAP4rev1 "
#define TLS_CAPS CAPS "STARTTLS AUTH=PLAIN AUTH=SCRAM-SHA-256\nS: %t OK done\nC: STARTTLS\n"

static const struct rude_case no_login[] = {
	{"O_1 not offered", CAPS "AUTH=PLAIN AUTH=LOGIN\nS: %t OK done", NET_STARTTLS, ERR_CERT},
	{"O_2 NO", TLS_CAPS "S: %t NO not here", NET_STARTTLS, ERR_CERT},
	{"O_3 BAD", TLS_CAPS "S: %t BAD what", NET_STARTTLS, ERR_CERT},
	{"O_4 continuation", TLS_CAPS "S: + go on", NET_STARTTLS, ERR_CERT},
	{"D_1 BAD", "S: * OK hi\nC: CAPABILITY\nS: %t BAD what", NET_STARTTLS, ERR_CERT},
	{"D_2 ancient", "S: * OK hi\nC: CAPABILITY\nS: * CAPABILITY IMAP4\nS: %t OK", NET_STARTTLS,
		ERR_CERT},
	{"D_3 no data", "S: * OK hi\nC: CAPABILITY\nS: %t OK done", NET_STARTTLS, ERR_CERT},
	{"P PREAUTH", "S: * PREAUTH welcome", NET_STARTTLS, ERR_CERT},
	{"P_1 PREAUTH with caps", "S: * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi", NET_STARTTLS,
		ERR_CERT},
	{"B_1 injected",
		TLS_CAPS "S~ %t OK go\\r\\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\\r\\na3 OK x\\r\\n",
		NET_STARTTLS, RUDE_EITHER},
	{"B_2 alert behind", TLS_CAPS "S~ %t OK go\\r\\n* OK [ALERT] click\\r\\n", NET_STARTTLS,
		RUDE_EITHER},
	{"B_3 bye behind", TLS_CAPS "S~ %t OK go\\r\\n* BYE moved\\r\\n", NET_STARTTLS,
		RUDE_EITHER},
	{"tampering inside", TLS_CAPS "S: * 54321 EXISTS\nS: * LIST () \"/\" evil\nS: %t NO no",
		NET_STARTTLS, ERR_CERT},
	{"reordered tag", TLS_CAPS "S: 2 OK go", NET_STARTTLS, ERR_CERT},
	{"cut at STARTTLS", TLS_CAPS "S: * BYE stranger\nX", NET_STARTTLS, ERR_NETWORK},
	{"no TLS", TLS_CAPS "S: %t OK go\nS: * OK hello", NET_STARTTLS, RUDE_EITHER},
	{"LOGINDISABLED", CAPS "LOGINDISABLED\nS: %t OK done", NET_PLAIN, ERR_AUTH},
	{"only strange", CAPS "AUTH=X-STRANGE LOGINDISABLED\nS: %t OK done", NET_PLAIN, ERR_AUTH},
	{"BYE", "S: * BYE too busy", NET_PLAIN, ERR_AGAIN},
	{"BYE in the clear", "S: * BYE \033[31m", NET_STARTTLS, ERR_AGAIN},
	{"greeting NO", "S: * NO what", NET_PLAIN, ERR_PROTOCOL},
	{"greeting tagged", "S: a1 OK what", NET_PLAIN, ERR_PROTOCOL},
	{"greeting garbage", "S: HTTP/1.1 400 Bad", NET_PLAIN, ERR_PROTOCOL},
	{"greeting data", "S: * CAPABILITY IMAP4rev1", NET_PLAIN, ERR_PROTOCOL},
	{"nothing", "X", NET_PLAIN, ERR_NETWORK},
	{"CAPABILITY cut", "S: * OK hi\nC: CAPABILITY\nS: * CAPABILITY IMAP4rev1\nX", NET_PLAIN,
		ERR_NETWORK},
	{"CAPABILITY endless", "S: * OK hi\nC: CAPABILITY\nR 5000 * OK still", NET_PLAIN,
		ERR_PROTOCOL},
};

static int no_imap(const struct net_server *server, struct err *err)
{
	struct imap *im;
	int rc = imap_open(&im, server, &rude_quick, &rude_alice, NULL, err);

	assert_null(im);
	assert_null(strstr(err->text, "click")); /* of what came in the clear */
	return rc;
}

static int no_imap_for_jurgen(const struct net_server *server, struct err *err)
{
	struct net_login login = {"j\xc3\xbcrgen", "s\xc3\xa9same", NULL};
	struct imap *im;
	int rc = imap_open(&im, server, &rude_quick, &login, NULL, err);

	assert_null(im);
	return rc;
}

static void test_no_login(void **state)
{
	static const char *const never[] = {"LOGIN", "AUTH", "alice", "LIST", NULL};

	rude_must_fail(no_login, MEM_COUNT(no_login), PROTOCOL_IMAP, no_imap, never);
}

static void test_login_answers(void **state)
{
#define TRY CAPS "AUTH=PLAIN SASL-IR\nS: %t OK done\nC: AUTHENTICATE PLAIN AGFsaWNl\n"
	static const struct rude_case cases[] = {
		{"NO", TRY "S: %t NO [AUTHENTICATIONFAILED] no", NET_PLAIN, ERR_AUTH},
		{"unavailable", TRY "S: %t NO [UNAVAILABLE] later", NET_PLAIN, ERR_AGAIN},
		{"Gmail's limit",
			TRY "S: %t NO [ALERT] Too many simultaneous connections. (Failure)",
			NET_PLAIN, ERR_AGAIN},
		{"a limit", TRY "S: %t NO [LIMIT] no", NET_PLAIN, ERR_AGAIN},
		{"Dovecot's limit of old",
			TRY "S: %t NO Maximum number of connections from user+IP exceeded",
			NET_PLAIN, ERR_AGAIN},
		{"a rate", TRY "S: %t NO Login rate limit exceeded", NET_PLAIN, ERR_AGAIN},
		{"about the password", TRY "S: %t NO Too many failed attempts in this session",
			NET_PLAIN, ERR_AUTH},
		{"its own code counts", TRY "S: %t NO [AUTHENTICATIONFAILED] connection limit",
			NET_PLAIN, ERR_AUTH},
		{"no second try in the clear",
			CAPS
			"AUTH=CRAM-MD5 AUTH=PLAIN\nS: %t OK done\nC: AUTHENTICATE CRAM-MD5\nS: + "
			"PDE+\nC* 1\nS: a2 NO no",
			NET_PLAIN, ERR_AUTH},
		{"referral", TRY "S: %t NO [REFERRAL imap://attacker/] go", NET_PLAIN, ERR_AUTH},
		{"BAD", TRY "S: %t BAD what", NET_PLAIN, ERR_AUTH},
		{"BYE", TRY "S: * BYE off\nX", NET_PLAIN, ERR_NETWORK},
		{"other tag", TRY "S: zz OK in", NET_PLAIN, ERR_PROTOCOL},
		{"asks again", TRY "S: + AAAA\nC: *\nS: %t BAD", NET_PLAIN, ERR_PROTOCOL},
		{"LOGIN refused",
			CAPS "\nS: %t OK done\nC: LOGIN \"alice\" \"wonderland-42\"\nS: %t NO no",
			NET_PLAIN, ERR_AUTH},
	};

	rude_must_fail(cases, MEM_COUNT(cases), PROTOCOL_IMAP, no_imap, NULL);
}

/* Text is text: nothing is announced in a greeting or an answer. */
static void test_braces_in_answers(void **state)
{
	static const char *const scripts[] = {
		CAPS "AUTH=PLAIN SASL-IR\nS: %t OK done {5}\nC: AUTHENTICATE PLAIN\nS: %t OK "
		     "[CAPABILITY IMAP4rev1] in {4}",
		("S: * OK Welcome {16}\nC: CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: * NO quota "
		 "{3}\n"
		 "S: %t OK done\nC: LOGIN\nS: * ok  careful {7}\nS: %t OK [CAPABILITY IMAP4rev1] "
		 "in "
		 "{3}"),
		("S: * PREAUTH Welcome {16}\nC: CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: %t OK "
		 "done"),
	};

	for (size_t i = 0; i < MEM_COUNT(scripts); i++) {
		struct net_server server;
		struct rude *r = rude_start(scripts[i], PROTOCOL_IMAP, NET_PLAIN, &server);
		struct imap *im;

		if (imap_open(&im, &server, &rude_quick, &rude_alice, NULL, &why))
			fail_msg("%zu: %s", i, why.text);
		imap_free(im);
		rude_end(r, NULL);
	}
}

/* Bytes above 0x7f are no part of a quoted string. */
static void test_wide_login(void **state)
{
	static const struct {
		const char *user, *secret, *script, *wire;
	} cases[] = {
		{"j\xc3\xbcrgen", "s\xc3\xa9same",
			CAPS
			"\nS: %t OK done\nC: LOGIN {7}\nS: * OK wait\nS: + go\nC: j\xc3\xbcrgen "
			"{7}\nS: +\nC: s\xc3\xa9same\nS: a2 OK [CAPABILITY IMAP4rev1] in",
			"LOGIN {7}\r\nj\xc3\xbcrgen {7}\r\ns\xc3\xa9same\r\n"},
		{"alice", "s\xc3\xa9same",
			CAPS "LITERAL+\nS: %t OK done\nC: LOGIN\nC: s\xc3\xa9same\nS: a2 OK "
			     "[CAPABILITY IMAP4rev1] in",
			"LOGIN \"alice\" {7+}\r\ns\xc3\xa9same\r\n"},
		{"j\xc3\xbcrgen", "se\"same",
			CAPS "LITERAL-\nS: %t OK done\nC: LOGIN\nC: j\xc3\xbcrgen\nS: a2 OK "
			     "[CAPABILITY IMAP4rev1] in",
			"LOGIN {7+}\r\nj\xc3\xbcrgen \"se\\\"same\"\r\n"},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct net_login login = {cases[i].user, cases[i].secret, NULL};
		struct net_server server;
		struct rude *r = rude_start(cases[i].script, PROTOCOL_IMAP, NET_PLAIN, &server);
		struct str got = STR_INIT;
		struct imap *im;

		if (imap_open(&im, &server, &rude_quick, &login, NULL, &why))
			fail_msg("%zu: %s", i, why.text);
		imap_free(im);
		rude_end(r, &got);
		if (!strstr(str_c(&got), cases[i].wire))
			fail_msg("%zu: %s", i, str_c(&got));
		str_done(&got);
	}
}

/* Refused in the middle, the password does not follow the user name. */
static void test_wide_login_refused(void **state)
{
	static const char *const never[] = {"s\xc3\xa9same", NULL};
	static const struct rude_case cases[] = {
		{"user", CAPS "\nS: %t OK done\nC: LOGIN {7}\nS: %t NO no", NET_PLAIN, ERR_AUTH},
		{"user BAD", CAPS "\nS: %t OK done\nC: LOGIN {7}\nS: %t BAD no", NET_PLAIN,
			ERR_AUTH},
		{"closed", CAPS "\nS: %t OK done\nC: LOGIN {7}\nX", NET_PLAIN, ERR_NETWORK},
	};

	rude_must_fail(cases, MEM_COUNT(cases), PROTOCOL_IMAP, no_imap_for_jurgen, never);
}

/* --- a logged-in rude server --- */

#define IN(caps) "S: * PREAUTH [CAPABILITY IMAP4rev1 " caps "] hi\n"
#define SELECTED                                                                                   \
	"C: SELECT \"INBOX\"\nS: * 10 EXISTS\nS: * OK [UIDVALIDITY 7] x\nS: * OK [UIDNEXT 101] "   \
	"x\n"                                                                                      \
	"S: * OK [PERMANENTFLAGS (\\Seen \\*)] x\nS: %t OK [READ-WRITE] done\n"

static struct err why; /* the last call failed */

static struct imap *open_rude(const char *script)
{
	struct net_server server = rude_play(script, PROTOCOL_IMAP);
	struct imap *im;

	why = (struct err){0};
	if (imap_open(&im, &server, &rude_quick, &rude_alice, NULL, &why))
		fail_msg("%s: %s", script, why.text);
	return im;
}

/* Both ends; all that the client said. */
static const char *close_rude(struct imap *im)
{
	imap_free(im);
	return rude_played();
}

static struct imap *select_rude(const char *script)
{
	struct imap *im = open_rude(script);
	struct imap_selected sel;

	WORKS(imap_select(im, "INBOX", NULL, NULL, NULL, NULL, &sel, &why));
	assert_int_equal(sel.uidvalidity, 7);
	assert_int_equal(sel.uidnext, 101);
	assert_int_equal(sel.exists, 10);
	return im;
}

/* The script is made from a text for str_addf. */
__attribute__((format(printf, 2, 3))) static struct imap *open_made(
	struct imap *open(const char *script), const char *fmt, ...)
{
	struct str script = STR_INIT;
	struct imap *im;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&script, fmt, ap);
	va_end(ap);
	im = open(script.p);
	str_done(&script);
	return im;
}

struct seen {
	struct str text;
	size_t n;
};

static void see(void *ctx, const struct imap_message *m)
{
	struct seen *s = ctx;

	s->n++;
	str_addf(&s->text, "%u", m->uid);
	if (m->has_flags)
		str_addf(&s->text, " flags=%u,%s", m->flags, m->keywords);
	if (m->received)
		str_addf(&s->text, " date=%lld", (long long)m->received);
	if (m->size)
		str_addf(&s->text, " size=%u", m->size);
	if (m->modseq)
		str_addf(&s->text, " modseq=%llu", (unsigned long long)m->modseq);
	if (m->header)
		str_addf(&s->text, " header=%zu", m->header_len);
	for (size_t i = 0; i < m->nparts; i++)
		str_addf(&s->text, "\n%d %u %s", m->parts[i].parent, m->parts[i].size,
			m->parts[i].header);
	if (m->parts_cut)
		str_adds(&s->text, " cut");
	str_addc(&s->text, ';');
}

static void gone(void *ctx, uint32_t first, uint32_t last)
{
	struct seen *s = ctx;

	str_addf(&s->text, "-%u:%u;", first, last);
}

static void fetch_gives(const char *script, unsigned items, int result, const char *want)
{
	struct imap *im = select_rude(script);
	struct seen s = {0};
	int got = imap_fetch(
		im, "1:*", items, "SUBJECT", items & IMAP_GET_MODSEQ ? 5 : 0, see, gone, &s, &why);

	if (got != result || strcmp(str_c(&s.text), want) != 0)
		fail_msg("%s: %d (%s) %s", script, got, why.text, str_c(&s.text));
	assert_int_equal(imap_is_alive(im), !result);
	str_done(&s.text);
	close_rude(im);
}

static void test_fetch_rude(void **state)
{
#define FETCH IN("") SELECTED "C: UID FETCH 1:*\n"
#define STRUCTURE(s) FETCH "S: * 1 FETCH (UID 5 BODYSTRUCTURE " s ")\nS: %t OK done"
#define TEXT "(\"TEXT\" \"PLAIN\" (\"charset\" \"utf-8\") NIL NIL \"7BIT\" 10 1 NIL NIL NIL NIL)"
#define TEXT_HEADER                                                                                \
	"Content-Type: text/PLAIN; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 7bit\r\n"
#define ENVELOPE "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"

	fetch_gives(FETCH "S: * 1 FETCH (UID 5 FLAGS (\\Seen $Forwarded kw \\Odd) INTERNALDATE "
			  "\"01-Jan-2024 01:00:00 +0100\" RFC822.SIZE 77)\nS: %t OK done",
		IMAP_GET_FLAGS, 0, "5 flags=33,kw date=1704067200 size=77;");
	/* Without UID: nobody knows whose. With UID 0: no message. */
	fetch_gives(FETCH
		"S: * 1 FETCH (FLAGS (\\Seen))\nS: * 2 FETCH (UID 0 FLAGS ())\nS: * 3 FETCH (UID 9 "
		"FLAGS ())\nS: %t OK done",
		IMAP_GET_FLAGS, 0, "9 flags=0,;");
	/* What cannot be parsed costs one row. */
	fetch_gives(FETCH
		"S: * 1 FETCH (UID 5 FLAGS (((\\Seen))))\nS: * 2 FETCH (UID 6 FLAGS ())\nS: * 3 "
		"FETCH (FLAGS ( UID 7)\nS: * 4 FETCH (UID 8 FLAGS ())\nS: %t OK done",
		IMAP_GET_FLAGS, 0, "5;6 flags=0,;8 flags=0,;");
	fetch_gives(FETCH "S: * 1 FETCH (UID 5 INTERNALDATE \"01-\"Jan\"-2024\" FLAGS ())\n"
			  "S: * 2 FETCH (FLAGS (\\Seen) BODY[HEADER.FIELDS (SUBJECT)] {4}\n"
			  "S~ ab\\r\\n X \"01-\"Jan\" UID 6)\\r\\n\n"
			  "S: * 3 FETCH (UID 7 BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"name\" \"a\n"
			  "S: b\") NIL NIL \"7BIT\" 10 1 NIL NIL NIL NIL))\n"
			  "S~ * 5 FETCH (UID 8 FLAGS () X \"a\\rb\\0c\")\\r\\n\n"
			  "S: * 9 FETCH (X \"a\"b\")\nS: %t OK done",
		IMAP_GET_FLAGS, 0, "5;6;7;8 flags=0,;");
	/* It is not parsed behind a literal either; libetpan has read on then. */
	fetch_gives(FETCH "S: * 1 FETCH (UID 5 BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"name\" {2}\n"
			  "S: ab)))\nS: * 2 FETCH (UID 6 FLAGS ())\nS: %t OK done",
		IMAP_GET_FLAGS, 0, "5;6 flags=0,;");
	fetch_gives(FETCH "S: * 1 FETCH (UID 5 X-NEW {3}\nS~ a)b\nS:  FLAGS ())\nS: %t OK done",
		IMAP_GET_FLAGS, 0, "5 flags=0,;");
	/* A literal that ends with the connection. */
	fetch_gives(FETCH
		"S: * 1 FETCH (UID 5 BODY[HEADER.FIELDS (SUBJECT)] {50}\nS: Subject: x\nX",
		IMAP_GET_HEADER, -1, "");
	fetch_gives(FETCH
		"S: * 1 FETCH (UID 5 BODY[HEADER.FIELDS (SUBJECT)] {4}\nS~ ab\\r\\n)\\r\\n\nS: %t "
		"OK done",
		IMAP_GET_HEADER, 0, "5 header=4;");
	fetch_gives(FETCH "S: * 1 FETCH (UID 5 BODY[HEADER.FIELDS (SUBJECT)] {999999999}\nX",
		IMAP_GET_HEADER, -1, "");
	fetch_gives(FETCH "S: * BYE shutting down\nX", IMAP_GET_FLAGS, -1, "");
	fetch_gives(FETCH "S: zz OK what", IMAP_GET_FLAGS, -1, "");
	fetch_gives(FETCH "S: + what\nX", IMAP_GET_FLAGS, -1, "");
	fetch_gives(STRUCTURE(TEXT), IMAP_GET_STRUCTURE, 0, "5\n-1 10 " TEXT_HEADER ";");
	fetch_gives(
		STRUCTURE(
			"(" TEXT "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 99 " ENVELOPE
			"(" TEXT
			"(\"image\" \"png\" (\"name*0*\" \"utf-8''a%20\" \"name*1\" \"b\") NIL NIL "
			"\"base64\" 5) \"mixed\") 9) \"mixed\")"),
		IMAP_GET_STRUCTURE, 0,
		"5\n-1 0 Content-Type: multipart/mixed\r\n\n0 10 " TEXT_HEADER
		"\n0 99 Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\n2 0 "
		"Content-Type: multipart/mixed\r\n\n3 10 " TEXT_HEADER
		"\n3 5 Content-Type: image/png; name*0*=\"utf-8''a%20\"; name*1=\"b\"\r\n"
		"Content-Transfer-Encoding: base64\r\n;");
	/* Nothing that a server says makes a field more. */
	fetch_gives(FETCH
		"S: * 1 FETCH (UID 5 BODYSTRUCTURE (\"application\" \"x\" (\"name\" {9}\n"
		"S~ a\"b\\r\\nX: c) \"<i>\" NIL \"base64\" 5 NIL (\"attachment\" (\"filename\" "
		"\"a\\\\\\\\b\"))))\\r\\n\nS: %t OK done",
		IMAP_GET_STRUCTURE, 0,
		"5\n-1 5 Content-Type: application/x; name=\"a\\\"b  X: c\"\r\n"
		"Content-Transfer-Encoding: base64\r\nContent-ID: <i>\r\n"
		"Content-Disposition: attachment; filename=\"a\\\\b\"\r\n;");
	fetch_gives(STRUCTURE("(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 99 " ENVELOPE " " TEXT
			      " 9)"),
		IMAP_GET_STRUCTURE, 0,
		"5\n-1 99 Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\n0 "
		"10 " TEXT_HEADER ";");
	fetch_gives(STRUCTURE("(((\"x\"))"), IMAP_GET_STRUCTURE, 0, "5;");
	/* Days that no calendar has. */
	fetch_gives(FETCH "S: * 1 FETCH (UID 5 INTERNALDATE \"31-Dec-1969 23:59:59 +0000\")\n"
			  "S: * 2 FETCH (UID 6 INTERNALDATE \"01-Jan-1970 00:00:01 +0000\")\n"
			  "S: * 3 FETCH (UID 7 INTERNALDATE \"32-Jan-2024 00:00:00 +0000\")\n"
			  "S: * 4 FETCH (UID 8 INTERNALDATE \"01-Jan-2024 24:00:00 +0000\")\n"
			  "S: * 5 FETCH (UID 9 INTERNALDATE \"01-Jan-2024 00:00:00 -0130\")\n"
			  "S: %t OK done",
		IMAP_GET_DATE, 0, "5;6 date=1;7;8;9 date=1704072600;");
	/* The UID of a row that cannot be parsed is the one outside of all strings. */
	fetch_gives(FETCH "S: * 1 FETCH (X (\"a\\\\\\\" UID 7\" UID 8) FLAGS (((\\Seen))) UID 5)\n"
			  "S: %t OK done",
		IMAP_GET_FLAGS, 0, "5;");
}

static void test_vanished(void **state)
{
#define QR "CONDSTORE QRESYNC ENABLE UIDPLUS"
	struct imap_known known = {7, 5};
	struct imap_selected sel;
	struct seen s = {0};
	struct imap_news news;
	struct imap *im = open_rude(
		IN(QR) "C: ENABLE QRESYNC\nS: * ENABLED QRESYNC CONDSTORE\nS: %t OK\nC: (QRESYNC "
		       "(7 5))\n"
		       "S: * 3 EXISTS\nS: * OK [UIDVALIDITY 7]\nS: * OK [UIDNEXT 101]\nS: * OK "
		       "[HIGHESTMODSEQ 90] x\nS: * VANISHED (EARLIER) 1:4294967295,300:400\nS: * 1 "
		       "FETCH (UID 50 FLAGS (\\Seen) MODSEQ (88))\nS: %t OK done\n"
		       "C: CHANGEDSINCE 5 VANISHED\nS: * VANISHED (EARLIER) 4:4294967295\nS: * 1 "
		       "FETCH "
		       "(UID 120 FLAGS () MODSEQ (91))\nS: %t OK done\n"
		       "C: NOOP\nS: * VANISHED 1:2\nS: %t OK done");

	WORKS(imap_select(im, "INBOX", &known, see, gone, &s, &sel, &why));
	assert_true(sel.resynced);
	assert_int_equal(sel.highestmodseq, 90);
	assert_string_equal(str_c(&s.text), "50 flags=1, modseq=88;-1:100;");
	str_clear(&s.text);
	WORKS(imap_fetch(im, "1:*", IMAP_GET_FLAGS, NULL, 5, see, gone, &s, &why));
	assert_string_equal(s.text.p, "120 flags=0, modseq=91;-4:120;");
	WORKS(imap_noop(im, &news, &why));
	assert_true(news.expunged);
	assert_true(news.exists);
	assert_int_equal(news.count, 1);
	str_done(&s.text);
	close_rude(im);
}

/* Ranges that are none, and number 0, which no message has. */
static void test_vanished_nonsense(void **state)
{
	struct seen s = {0};
	struct imap *im = select_rude(IN("CONDSTORE QRESYNC") SELECTED
		"C: UID FETCH\nS: * VANISHED 9:5\nS: * VANISHED 0:3\nS: * VANISHED 98:4000\n"
		"S: %t OK done");

	WORKS(imap_fetch(im, "1:*", IMAP_GET_FLAGS, NULL, 0, see, gone, &s, &why));
	assert_string_equal(str_c(&s.text), "-1:3;-98:100;");
	str_done(&s.text);
	close_rude(im);
}

static int refuse(void *ctx, const char *p, size_t len)
{
	size_t *got = ctx;

	*got += len;
	return 1;
}

/* What is fetched may be given up: the rest of it is not read. */
static void test_section_stopped(void **state)
{
	size_t got = 0;
	struct imap *im = select_rude(IN("") SELECTED
		"C: UID FETCH 5\nS: * 1 FETCH (UID 5 BODY[1] {3}\nS~ abc)\\r\\n\nS: %t OK done");

	FAILS(ERR_CANCELLED, imap_fetch_section(im, 5, "1", 0, 0, refuse, &got, &why));
	assert_int_equal(got, 3);
	assert_false(imap_is_alive(im));
	FAILS(ERR_NETWORK, imap_fetch_section(im, 5, "1", 0, 0, refuse, &got, &why));
	close_rude(im);
}

/* A row that is broken is not one that is gone. */
static void test_section_broken(void **state)
{
	size_t got = 0;
	struct imap *im = select_rude(IN("") SELECTED
		"C: UID FETCH 5\nS: * 1 FETCH (UID 5 X \"a\"b BODY[1] {3}\nS~ abc)\\r\\n\n"
		"S: %t OK done\nC: UID FETCH 5\nS: * 1 FETCH (UID 6 X \"a\"b)\nS: %t OK done\n"
		"C: UID FETCH 5\nS: * 1 FETCH (UID 5 BODY[1] NIL)\nS: %t OK done");

	FAILS(ERR_REFUSED, imap_fetch_section(im, 5, "1", 0, 0, refuse, &got, &why));
	assert_non_null(strstr(why.text, "cannot be understood"));
	FAILS(ERR_GONE, imap_fetch_section(im, 5, "1", 0, 0, refuse, &got, &why));
	FAILS(ERR_REFUSED, imap_fetch_section(im, 5, "1", 0, 0, refuse, &got, &why));
	assert_int_equal(got, 0);
	close_rude(im);
}

/* Nothing is asked of a server in which no mailbox is open. */
static void test_not_open(void **state)
{
	struct imap_uids uids;
	struct seen s = {0};
	struct err err[6] = {0};
	struct imap *im = open_rude(IN("UIDPLUS MOVE"));
	size_t n = 0;

	assert_int_equal(
		imap_fetch(im, "1", IMAP_GET_FLAGS, NULL, 0, see, NULL, &s, &err[n++]), -1);
	assert_int_equal(imap_store(im, "1", true, MAIL_SEEN, NULL, &err[n++]), -1);
	assert_int_equal(imap_move(im, "1", "a", NULL, &err[n++]), -1);
	assert_int_equal(imap_expunge(im, "1", &err[n++]), -1);
	assert_int_equal(imap_expunge_marked(im, &err[n++]), -1);
	assert_int_equal(imap_search(im, "ALL", &uids, &err[n++]), -1);
	for (size_t i = 0; i < n; i++)
		if (err[i].kind != ERR_INPUT || strcmp(err[i].text, "No mailbox is open") != 0)
			fail_msg("%zu: %s", i, err[i].text);
	assert_string_equal(close_rude(im), "");
}

static void test_names(void **state)
{
	static const char *const bad[] = {"x\"\r\nA1 DELETE INBOX", "a\nb", "a\rb"};
	struct imap *im = open_rude(
		IN("") "C: CREATE \"a\\\"b\\\\\"\nS: %t OK\nC: DELETE\nS: %t NO no\n"
		       "C: SUBSCRIBE \"a b\"\nS: %t OK\nC: UNSUBSCRIBE \"a b\"\nS: %t BAD no");
	char longest[1200];

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i <= MEM_COUNT(bad); i++) {
		const char *name = i < MEM_COUNT(bad) ? bad[i] : longest;
		struct imap_selected sel;
		struct imap_status st;

		FAILS(ERR_INPUT, imap_select(im, name, NULL, NULL, NULL, NULL, &sel, &why));
		assert_int_equal(imap_create(im, name, NULL), -1);
		assert_int_equal(imap_delete(im, name, NULL), -1);
		assert_int_equal(imap_rename(im, "a", name, NULL), -1);
		assert_int_equal(imap_subscribe(im, name, true, NULL), -1);
		assert_int_equal(imap_status(im, name, &st, NULL), -1);
		assert_int_equal(imap_append(im, name, "x", 1, 0, NULL, 0, NULL, NULL), -1);
	}
	assert_true(imap_is_alive(im));
	assert_int_equal(imap_create(im, "a\"b\\", NULL), 0);
	FAILS(ERR_REFUSED, imap_delete(im, "a", &why));
	assert_int_equal(imap_subscribe(im, "a b", true, NULL), 0);
	assert_int_equal(imap_subscribe(im, "a b", false, NULL), -1);
	assert_true(imap_is_alive(im));
	assert_null(strstr(close_rude(im), "A1 DELETE"));
}

/* Only what PERMANENTFLAGS names is kept: the others are refused without asking. */
static void keywords_not_kept(void **state)
{
	struct imap *im = select_rude(
		IN("UIDPLUS") "C: SELECT \"INBOX\"\nS: * 10 EXISTS\nS: * OK [UIDVALIDITY 7] x\nS: "
			      "* "
			      "OK [PERMANENTFLAGS (\\Seen Known)] x\nS: * OK [UIDNEXT 101] x\nS: "
			      "%t OK [READ-WRITE] done\n"
			      "C: +FLAGS.SILENT (known)\nS: %t OK done\n");

	FAILS(ERR_REFUSED, imap_store(im, "1", true, 0, "other", &why));
	WORKS(imap_store(im, "1", true, 0, "known " IMAP_MORE_KEYWORDS, &why));
	assert_true(imap_is_alive(im));
	close_rude(im);
}

static void test_bad_arguments(void **state)
{
	struct imap *im = select_rude(IN("UIDPLUS") SELECTED);
	struct imap_uids uids;

	assert_int_equal(imap_store(im, "1\r\n2", true, MAIL_SEEN, NULL, NULL), -1);
	assert_int_equal(imap_store(im, "", true, MAIL_SEEN, NULL, NULL), -1);
	assert_int_equal(imap_store(im, "1", true, 0, "a) \\Deleted", NULL), -1);
	assert_int_equal(imap_store(im, "1", true, 0, "", NULL), 0);
	assert_int_equal(imap_copy(im, "1 2", "a", NULL, NULL), -1);
	assert_int_equal(imap_search(im, "ALL\r\nx", &uids, NULL), -1);
	assert_int_equal(imap_search_message_id(im, "a\"\r\nx", &uids, NULL), -1);
	assert_int_equal(imap_append(im, "a\r\nx", "x\r\n", 3, 0, NULL, 0, NULL, NULL), -1);
	assert_int_equal(imap_append(im, "a", "x\0\r\n", 4, 0, NULL, 0, NULL, NULL), -1);
	assert_int_equal(imap_append(im, "a", "", 0, 0, NULL, 0, NULL, NULL), -1);
	assert_int_equal(imap_append(im, "a", "x", 1, 0, "a b(c", 0, NULL, NULL), -1);
	assert_int_equal(
		imap_fetch(im, "1", IMAP_GET_HEADER, "A)] X", 0, see, NULL, NULL, NULL), -1);
	assert_int_equal(imap_fetch_section(im, 1, "1]\r\n", 0, 0, NULL, NULL, NULL), -1);
	assert_true(imap_is_alive(im));
	assert_null(strstr(close_rude(im), "UID"));
}

static void test_list_rude(void **state)
{
	struct imap *im = open_rude(
		IN("LIST-EXTENDED LIST-STATUS SPECIAL-USE") "C: RETURN (CHILDREN SPECIAL-USE "
							    "STATUS\n"
							    "S: * LIST (\\HasNoChildren) \"/\" "
							    "inbox\nS: * LIST (\\Sent) \"/\" "
							    "Other\n"
							    "S: * LIST () \"/\" Sent\nS: * LIST () "
							    "NIL \"Deleted Items\"\nS: * LIST "
							    "(\\NoSelect "
							    "\\HasChildren) \"/\" top\nS: * LIST "
							    "() \"/\" {7}\nS~ "
							    "ev\\r\\nil!\\r\\n\nS: * LIST () \"/\" "
							    "top/sub\nS: * LIST () \"/\" "
							    "top/sub\nS: * LIST (\\NonExistent) "
							    "\"/\" x (\"CHILDINFO\" "
							    "(\"SUBSCRIBED\"))\nS: * STATUS "
							    "{3}\nS~ top (MESSAGES 1)\\r\\n\nS: * "
							    "STATUS \"top/sub\" "
							    "(MESSAGES 5 UNSEEN 2 UIDNEXT 9 "
							    "UIDVALIDITY 3 X 4)\nS: * STATUS Sent "
							    "(MESSAGES "
							    "oops)\nS: %t OK done");
	struct imap_mailboxes m;

	WORKS(imap_list(im, &m, &why));
	assert_int_equal(m.n, 7);
	assert_int_equal(m.v[0].role, ROLE_INBOX);
	assert_int_equal(m.v[1].role, ROLE_SENT);
	assert_int_equal(m.v[2].role, ROLE_NONE); /* names are not looked at here */
	assert_false(m.v[2].status.known);
	assert_int_equal(m.v[3].role, ROLE_NONE);
	assert_int_equal(m.v[3].delimiter, 0);
	assert_false(m.v[4].selectable);
	assert_true(m.v[4].has_children);
	assert_true(m.v[4].status.known);
	assert_string_equal(m.v[5].name, "top/sub");
	assert_int_equal(m.v[5].status.unseen, 2);
	assert_int_equal(m.v[5].status.uidvalidity, 3);
	assert_false(m.v[6].selectable);
	imap_mailboxes_done(&m);
	close_rude(im);
}

/* Of the answers to STATUS those count that are understood and name the mailbox; the rest is none
 * of our business, and none of it may cost the connection. */
static void test_status_rude(void **state)
{
	static const struct {
		const char *says;
		int messages; /* -1: refused */
	} cases[] = {
		{"S: * STATUS INBOX (MESSAGES 3)", 3},
		{"S: * STATUS inbox (MESSAGES 3)", 3},
		{"S: * STATUS \"INBOX\" (MESSAGES 3)", 3},
		{"S: * STATUS {5}\nS: INBOX (MESSAGES 3)", 3},
		{"S: * STATUS \"\" (MESSAGES 1)", -1},
		{"S: * STATUS {0}\nS:  (MESSAGES 1)", -1},
		{"S: * STATUS \"\" (MESSAGES 1)\nS: * STATUS INBOX (MESSAGES 3)", 3},
		{"S: * STATUS  (MESSAGES 1)", -1},
		{"S: * STATUS (MESSAGES 1)", -1},
		{"S: * STATUS INBOX ()", 0},
		{"S: * STATUS INBOX", -1},
		{"S: * STATUS", -1},
		{"S: * OK nothing", -1},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct imap_status status;
		struct imap *im = open_made(open_rude,
			IN("") "C: STATUS\n%s\nS: %%t OK done\nC: NOOP\nS: %%t OK done",
			cases[i].says);
		int rc = imap_status(im, "INBOX", &status, &why);

		if (rc != (cases[i].messages < 0 ? -1 : 0) ||
			(!rc && (int)status.messages != cases[i].messages))
			fail_msg("%s: %d, %u, %s", cases[i].says, rc, status.messages, why.text);
		if (rc)
			assert_int_equal(why.kind, ERR_REFUSED);
		WORKS(imap_noop(im, &(struct imap_news){0}, &why));
		close_rude(im);
	}
}

/* BAD is about one command (RFC 3501 7.1.3): the next one is asked over the same connection. */
static void test_bad_to_each(void **state)
{
	struct imap *im = select_rude(IN("IDLE UIDPLUS MOVE") SELECTED
		"C: LIST\nS: %t BAD no\nC: STATUS\nS: %t BAD no\nC: CREATE\nS: %t BAD no\n"
		"C: UID FETCH\nS: %t BAD no\nC: UID FETCH 5 (UID BODY.PEEK\nS: %t BAD no\n"
		"C: UID STORE\nS: %t BAD no\nC: UID COPY\nS: %t BAD no\nC: UID MOVE\nS: %t BAD no\n"
		"C: UID SEARCH\nS: %t BAD no\nC: APPEND\nS: %t BAD no\nC: NOOP\nS: %t BAD no\n"
		"C: IDLE\nS: %t BAD no\nC: SELECT\nS: %t BAD no\nC: NOOP\nS: %t OK done");
	struct imap_mailboxes boxes;
	struct imap_selected selected;
	struct imap_status status;
	struct imap_uids uids;
	struct imap_news news;
	struct seen s = {0};
	struct err err[13] = {0};
	size_t n = 0;

	assert_int_equal(imap_list(im, &boxes, &err[n++]), -1);
	assert_int_equal(imap_status(im, "a", &status, &err[n++]), -1);
	assert_int_equal(imap_create(im, "a", &err[n++]), -1);
	assert_int_equal(
		imap_fetch(im, "1:*", IMAP_GET_FLAGS, NULL, 0, see, NULL, &s, &err[n++]), -1);
	assert_int_equal(imap_fetch_section(im, 5, "1", 0, 0, NULL, NULL, &err[n++]), -1);
	assert_int_equal(imap_store(im, "1", true, MAIL_SEEN, NULL, &err[n++]), -1);
	assert_int_equal(imap_copy(im, "1", "a", NULL, &err[n++]), -1);
	assert_int_equal(imap_move(im, "1", "a", NULL, &err[n++]), -1);
	assert_int_equal(imap_search(im, "ALL", &uids, &err[n++]), -1);
	assert_int_equal(imap_append(im, "a", "x\r\n", 3, 0, NULL, 0, NULL, &err[n++]), -1);
	assert_int_equal(imap_noop(im, &news, &err[n++]), -1);
	assert_int_equal(imap_idle(im, -1, 10, &news, &err[n++]), -1);
	assert_int_equal(imap_select(im, "b", NULL, NULL, NULL, NULL, &selected, &err[n++]), -1);
	for (size_t i = 0; i < n; i++)
		if (err[i].kind != ERR_REFUSED || !strstr(err[i].text, "does not understand"))
			fail_msg("%zu: %d %s", i, err[i].kind, err[i].text);
	assert_int_equal(imap_noop(im, &news, NULL), 0);
	imap_mailboxes_done(&boxes);
	close_rude(im);
}

/* A name without quotes may hold anything, and a row that cannot be read costs itself alone. */
static void test_odd_names(void **state)
{
	static const struct {
		const char *name, *status;
		unsigned messages;
	} cases[] = {
		{"a b", "a b (MESSAGES 5 UNSEEN 1 UIDNEXT 9 UIDVALIDITY 1)", 5},
		{"a (b)", "a (b) (MESSAGES 6)", 6},
		{"a\"b", "a\"b (UIDNEXT 3 MESSAGES 7)", 7},
		{"a\"b", "\"a\\\"b\" (MESSAGES 7)", 7},
		{"a{b", "a{b (MESSAGES 8)", 8},
		{"a\\b", "a\\b (MESSAGES 9)", 9},
		{"a%*b", "a%*b (MESSAGES 10)", 10},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct imap_mailboxes boxes;
		struct imap *im = open_made(open_rude,
			"S: * PREAUTH [CAPABILITY IMAP4rev1 LIST-STATUS] hi\nC: LIST\nS: * LIST "
			"()\n"
			"S: * LIST () \"/\" %s\nS: * STATUS \"broken (MESSAGES 1)\nS: * STATUS %s\n"
			"S: * LIST () \"/\" a\tb\nS: %%t OK done",
			cases[i].name, cases[i].status);

		if (imap_list(im, &boxes, &why))
			fail_msg("%s: %s", cases[i].name, why.text);
		assert_int_equal(boxes.n, 1);
		assert_int_equal(boxes.odd, 3);
		if (strcmp(boxes.v[0].name, cases[i].name) != 0 ||
			boxes.v[0].status.messages != cases[i].messages)
			fail_msg("%s: %s, %u", cases[i].name, boxes.v[0].name,
				boxes.v[0].status.messages);
		imap_mailboxes_done(&boxes);
		close_rude(im);
	}
}

/* COPYUID is believed where it speaks of no more than was asked for, and of as many here as there.
 */
static void test_copyuid(void **state)
{
	static const struct {
		const char *set, *said, *source, *uids;
	} cases[] = {
		{"1:3", "7 1:3 7:9", "1:3", "7:9"},
		{"3:1", "7 1:3 9,7:8", "1:3", "9,7:8"},
		{"1,3,5", "7 1,3,5 7:9", "1,3,5", "7:9"},
		{"1:3", "7 1:2 7:8", "1:2", "7:8"},
		{"1:3", "7 1:4 7:10", NULL, NULL},
		{"1:3", "7 1:3 7:8", NULL, NULL},
		{"1:3", "7 1:3 9:7", NULL, NULL},
		{"1:*", "7 1:3 7:9", NULL, NULL},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct imap_copied c;
		struct imap *im =
			open_made(select_rude, "%sC: UID COPY %s\nS: %%t OK [COPYUID %s] done",
				IN("UIDPLUS") SELECTED, cases[i].set, cases[i].said);

		if (imap_copy(im, cases[i].set, "a", &c, &why))
			fail_msg("%s: %s", cases[i].said, why.text);
		assert_int_equal(c.uidvalidity, 7);
		if (!c.uids != !cases[i].uids || (c.uids && strcmp(c.uids, cases[i].uids) != 0) ||
			(c.source && strcmp(c.source, cases[i].source) != 0))
			fail_msg("%s %s: %s", cases[i].set, cases[i].said, c.uids);
		free(c.source);
		free(c.uids);
		close_rude(im);
	}
}

/* Single messages are removed by UIDPLUS or not at all. */
static void test_expunge_not_offered(void **state)
{
	struct imap *im = select_rude(IN("") SELECTED "C: NOOP\nS: %t OK done");
	struct imap_news news;

	FAILS(ERR_REFUSED, imap_expunge(im, "1:3", &why));
	WORKS(imap_noop(im, &news, &why));
	close_rude(im);
}

static void test_append_rude(void **state)
{
	struct imap *im = select_rude(IN("UIDPLUS") SELECTED
		"C: APPEND \"Sent\" (\\Seen) \"01-Jan-2024 00:00:00 +0000\" {5}\nS: * 11 "
		"EXISTS\nS: * 2 FETCH "
		"(FLAGS ({2}\nS~ ab))\\r\\n\nS: + go\nB 7\nS: %t OK [APPENDUID 9 44] done\n"
		"C: APPEND \"Sent\" {5}\nS: %t NO [TRYCREATE] no\nC: NOOP\nS: %t OK [APPENDUID 1 "
		"1] x\n"
		"C: UID COPY 1:3 \"a\"\nS: %t OK [COPYUID 9 1:3 7:9] x\nC: UID COPY 1:3 \"a\"\nS: "
		"%t OK "
		"[COPYUID 9 1:3 1:4294967295] x\n");
	struct imap_copied c;
	struct imap_news news;

	WORKS(imap_append(im, "Sent", "a\r\nbc", 5, MAIL_SEEN, NULL, 1704067200, &c, &why));
	assert_int_equal(c.uidvalidity, 9);
	assert_string_equal(c.uids, "44");
	free(c.uids);
	FAILS(ERR_REFUSED, imap_append(im, "Sent", "a\r\nbc", 5, 0, NULL, 0, &c, &why));
	assert_null(c.uids);
	WORKS(imap_noop(im, &news, &why));
	assert_true(news.exists);
	assert_int_equal(news.count, 11);
	assert_true(news.flags);
	WORKS(imap_copy(im, "1:3", "a", &c, &why));
	assert_string_equal(c.uids, "7:9");
	assert_string_equal(c.source, "1:3");
	free(c.uids);
	free(c.source);
	WORKS(imap_copy(im, "1:3", "a", &c, &why));
	assert_null(c.uids);
	close_rude(im);
}

static void test_idle_rude(void **state)
{
	struct imap *im = select_rude(IN("IDLE") SELECTED
		"C: IDLE\nS: * 11 EXISTS\nS: + idling\nS: * OK still here\nC: DONE\nS: * "
		"12 EXISTS\nS: * 1 EXPUNGE\nS: %t OK done\nC: IDLE\nS: + idling\nC: "
		"DONE\nS: %t OK done\nC: IDLE\nS: + idling\nS: * BYE enough\nX");
	struct imap_news news;
	int wake = eventfd(1, 0);

	if (imap_idle(im, -1, 5000, &news, &why) == 0) {
		assert_true(news.exists);
		assert_true(news.expunged);
		assert_int_equal(news.count, 11);
		WORKS(imap_idle(im, wake, 5000, &news, &why));
		assert_false(news.exists || news.expunged || news.flags);
		FAILS(ERR_NETWORK, imap_idle(im, -1, 5000, &news, &why));
		assert_non_null(strstr(why.text, "enough"));
	} else {
		fail_msg("%s", why.text);
	}
	close(wake);
	close_rude(im);
}

/* Without IDLE the wait is ours, and NOOP asks behind it. */
static void test_idle_not_offered(void **state)
{
	struct imap *im = select_rude(
		IN("") SELECTED "C: NOOP\nS: * 12 EXISTS\nS: %t OK done\nC: NOOP\nS: %t OK done\n"
				"C: NOOP\nS: %t OK done\nS: * BYE enough\nX");
	struct imap_news news;
	int wake = eventfd(1, 0);

	WORKS(imap_idle(im, wake, -1, &news, &why));
	assert_true(news.exists);
	assert_int_equal(news.count, 12);
	WORKS(imap_idle(im, -1, 0, &news, &why));
	assert_false(news.exists || news.expunged || news.flags || news.folders);
	WORKS(imap_noop(im, &news, &why));
	/* Who is waited for goes: the wait ends, and says why. */
	FAILS(ERR_NETWORK, imap_idle(im, -1, 30000, &news, &why));
	assert_non_null(strstr(why.text, "enough"));
	assert_int_equal(imap_idle(im, -1, 0, &news, &why), -1);
	assert_non_null(strstr(why.text, "is closed"));
	close(wake);
	close_rude(im);
}

/* Before "+" the lines are read here, and an answer in its place is one to IDLE. */
static void test_idle_words(void **state)
{
	static const struct {
		const char *script;
		bool exists, expunged, flags, folders;
		uint32_t count;
	} cases[] = {
		{"S: * 3 EXISTS", true, false, false, false, 3},
		{"S: * 2 EXPUNGE", true, true, false, false, 9},
		{"S: * VANISHED 5", false, true, false, false, 10},
		{"S: * LIST () \"/\" a", false, false, false, true, 10},
		{"S: * 2 FETCH (FLAGS ())", false, false, true, false, 10},
	};
	static const struct {
		const char *answer;
		enum err_kind kind;
	} bad[] = {
		{"%t NO no", ERR_REFUSED},
		{"%t BAD what", ERR_REFUSED},
		{"%t OK done", ERR_PROTOCOL},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct imap_news news;
		struct imap *im = open_made(select_rude,
			"%sC: IDLE\n%s\nS: + idling\nC: DONE\nS: %%t OK done", IN("IDLE") SELECTED,
			cases[i].script);

		if (imap_idle(im, -1, 5000, &news, &why))
			fail_msg("%s: %s", cases[i].script, why.text);
		if (news.exists != cases[i].exists || news.expunged != cases[i].expunged ||
			news.flags != cases[i].flags || news.folders != cases[i].folders ||
			imap_exists(im) != cases[i].count)
			fail_msg("%s: %u", cases[i].script, imap_exists(im));
		close_rude(im);
	}
	for (size_t i = 0; i < MEM_COUNT(bad); i++) {
		struct imap_news news;
		struct imap *im = open_made(
			select_rude, "%sC: IDLE\nS: %s", IN("IDLE") SELECTED, bad[i].answer);

		assert_int_equal(imap_idle(im, -1, 5000, &news, &why), -1);
		assert_int_equal(why.kind, bad[i].kind);
		assert_int_equal(imap_is_alive(im), bad[i].kind == ERR_REFUSED);
		close_rude(im);
	}
}

/* --- ESEARCH --- */

static void test_esearch(void **state)
{
#define ASK "C: 2 UID SEARCH RETURN (ALL) ALL\n"
#define PLAIN "C: 3 UID SEARCH ALL\nS: * SEARCH 5 6\nS: 3 OK done\n"
	static const struct {
		const char *script, *want;
	} cases[] = {
		{ASK "S: * ESEARCH (TAG \"2\") UID ALL 1:3,9\nS: 2 OK done", "1 2 3 9 "},
		{ASK "S: * ESEARCH (TAG \"2\") UID MODSEQ 7 ALL 9,1:2 COUNT 3\nS: 2 OK done",
			"1 2 9 "},
		{ASK "S: * esearch (tag \"2\") uid all 4\nS: 2 OK done", "4 "},
		/* What makes no sense, and what did not come, is asked for in the old way. */
		{ASK "S: 2 OK done\n" PLAIN, "5 6 "},
		{ASK "S: 2 NO no\n" PLAIN, "5 6 "},
		{ASK "S: 2 BAD what\n" PLAIN, "5 6 "},
		{ASK "S: * ESEARCH (TAG \"2\") UID\nS: 2 OK done\n" PLAIN, "5 6 "},
		{ASK "S: * ESEARCH (TAG \"2\") ALL 1:3\nS: 2 OK done\n" PLAIN, "5 6 "},
		{ASK "S: * ESEARCH (TAG \"2\") UID ALL 1:4294967295\nS: 2 OK done\n" PLAIN, "5 6 "},
		{ASK "S: * ESEARCH (TAG \"2\") UID ALL 0:3\nS: 2 OK done\n" PLAIN, "5 6 "},
		{ASK "S: * ESEARCH (TAG \"2\") UID ALL 3:1\nS: 2 OK done\n" PLAIN, "5 6 "},
		{ASK "S: * ESEARCH (TAG \"2\") UID ALL 1,2,x\nS: 2 OK done\n" PLAIN, "5 6 "},
		{ASK "S: * ESEARCH (TAG \"2\") UID ALL 99999999999\nS: 2 OK done\n" PLAIN, "5 6 "},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct str got = STR_INIT;
		struct imap_uids uids;
		struct imap *im =
			open_made(select_rude, "%s%s", IN("ESEARCH") SELECTED, cases[i].script);

		if (imap_search(im, "ALL", &uids, &why))
			fail_msg("case %zu: %s", i, why.text);
		for (size_t k = 0; k < uids.n; k++)
			str_addf(&got, "%u ", uids.v[k]);
		if (strcmp(str_c(&got), cases[i].want) != 0)
			fail_msg("case %zu: %s", i, str_c(&got));
		free(uids.v);
		close_rude(im);
		str_done(&got);
	}
}

/* --- several commands under way --- */

static struct imap_ahead *ahead(struct imap *im, const char *set, struct seen *seen)
{
	struct imap_ahead *a;

	WORKS(imap_fetch_send(im, &a, set, IMAP_GET_FLAGS, NULL, see, seen, &why));
	return a;
}

#define TWO "C: 2 UID FETCH 1:2\nC: 3 UID FETCH 3:4\n"
#define ROW(n) "S: * " #n " FETCH (UID " #n " FLAGS ())\n"

static void test_two_fetches(void **state)
{
	static const struct {
		const char *name, *script;
		int results[2], kinds[2];
		size_t seen[2]; /* of the other's they may see more: a lower bound */
	} cases[] = {
		{"in order", TWO ROW(1) ROW(2) "S: 2 OK done\n" ROW(3) ROW(4) "S: 3 OK done",
			{0, 0}, {0, 0}, {2, 2}},
		{"the second first",
			TWO ROW(3) ROW(4) "S: 3 OK done\n" ROW(1) ROW(2) "S: 2 OK done", {0, 0},
			{0, 0}, {2, 2}},
		{"mixed", TWO ROW(1) ROW(3) ROW(2) "S: 2 OK done\n" ROW(4) "S: 3 OK done", {0, 0},
			{0, 0}, {2, 2}},
		{"the first refused", TWO "S: 2 NO not these\n" ROW(3) ROW(4) "S: 3 OK done",
			{-1, 0}, {ERR_REFUSED, 0}, {0, 2}},
		{"the second refused", TWO ROW(1) ROW(2) "S: 2 OK done\nS: 3 NO not these", {0, -1},
			{0, ERR_REFUSED}, {2, 0}},
		{"the second refused first", TWO "S: 3 NO no\n" ROW(1) ROW(2) "S: 2 OK done",
			{0, -1}, {0, ERR_REFUSED}, {2, 0}},
		{"BAD", TWO ROW(1) "S: 2 BAD what\n" ROW(3) "S: 3 OK done", {-1, 0},
			{ERR_REFUSED, 0}, {1, 1}},
		{"a tag that nobody sent", TWO ROW(1) "S: 9 OK done", {-1, -1},
			{ERR_PROTOCOL, ERR_PROTOCOL}, {1, 0}},
		{"one twice", TWO "S: 2 OK done\nS: 2 OK done", {0, -1}, {0, ERR_PROTOCOL}, {0, 0}},
		{"cut behind the first", TWO ROW(1) ROW(2) "S: 2 OK done\n" ROW(3) "X", {0, -1},
			{0, ERR_NETWORK}, {2, 1}},
		{"cut before the first", TWO ROW(1) "X", {-1, -1}, {ERR_NETWORK, ERR_NETWORK},
			{1, 0}},
		{"no IMAP in the first", TWO ROW(1) "S: what is that", {-1, -1},
			{ERR_PROTOCOL, ERR_PROTOCOL}, {1, 0}},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct seen seen[2] = {{STR_INIT, 0}};
		struct imap_ahead *a[2];
		struct imap *im = open_made(select_rude, "%s%s", IN("") SELECTED, cases[i].script);

		a[0] = ahead(im, "1:2", &seen[0]);
		a[1] = ahead(im, "3:4", &seen[1]);
		for (int k = 0; k < 2; k++) {
			int rc;

			why = (struct err){0};
			rc = imap_fetch_take(im, a[k], &why);
			if (rc != cases[i].results[k] || (int)why.kind != cases[i].kinds[k] ||
				seen[k].n < cases[i].seen[k])
				fail_msg("%s: %d: %d, kind %d (%s), %zu messages", cases[i].name, k,
					rc, (int)why.kind, why.text, seen[k].n);
			str_done(&seen[k].text);
		}
		close_rude(im);
	}
}

/* Another command waits for what is under way, and its answers are still there afterwards. */
static void test_fetches_and_another(void **state)
{
	struct imap *im = select_rude(IN("UIDPLUS") SELECTED TWO ROW(1) "S: 2 NO no\n" ROW(3) ROW(
		4) "S: 3 OK done\nC: 4 UID STORE 1 +FLAGS.SILENT (\\Seen)\nS: 4 OK stored\n"
		   "C: 5 UID FETCH 5\nC: 6 NOOP\nX");
	struct seen seen[3] = {{STR_INIT, 0}};
	struct imap_news news;
	struct imap_ahead *a = ahead(im, "1:2", &seen[0]), *b = ahead(im, "3:4", &seen[1]);

	WORKS(imap_store(im, "1", true, MAIL_SEEN, NULL, &why));
	WORKS(imap_fetch_take(im, b, &why));
	assert_int_equal(seen[1].n, 3);
	FAILS(ERR_REFUSED, imap_fetch_take(im, a, &why));
	assert_true(imap_is_alive(im));
	a = ahead(im, "5", &seen[2]);
	imap_fetch_forget(im, a);
	assert_int_equal(imap_noop(im, &news, &why), -1);
	close_rude(im);
	for (int i = 0; i < 3; i++)
		str_done(&seen[i].text);
}

/* COMPRESS goes with the first FETCH; nothing follows before its answer, and a no is a no. */
static void test_compress_refused(void **state)
{
	static const char *const answers[] = {"NO not now", "BAD what"};

	for (size_t i = 0; i < MEM_COUNT(answers); i++) {
		struct seen seen[2] = {{STR_INIT, 0}};
		struct imap_ahead *a, *b;
		struct imap *im = open_made(select_rude,
			"%sC: 2 UID FETCH 1:2\nC: 3 COMPRESS DEFLATE\n%sS: 2 OK done\nS: 3 %s\n"
			"C: 4 UID FETCH 3:4\nS: 4 OK done",
			IN("COMPRESS=DEFLATE") SELECTED, ROW(1) ROW(2), answers[i]);

		a = ahead(im, "1:2", &seen[0]);
		b = ahead(im, "3:4", &seen[1]);
		WORKS(imap_fetch_take(im, b, &why));
		WORKS(imap_fetch_take(im, a, &why));
		assert_int_equal(seen[0].n, 2);
		close_rude(im);
		str_done(&seen[0].text);
	}
}

/* A server that says yes and goes on in plain text. */
static void test_compress_lies(void **state)
{
	struct imap *im = select_rude(IN("COMPRESS=DEFLATE") SELECTED
		"C: 2 UID FETCH 1:2\nC: 3 COMPRESS DEFLATE\nS: 2 OK done\nS: 3 OK now\n"
		"S: * 11 EXISTS\nS: * 12 EXISTS");
	struct seen seen = {0};
	struct imap_news news;

	WORKS(imap_fetch(im, "1:2", IMAP_GET_FLAGS, NULL, 0, see, NULL, &seen, &why));
	FAILS(ERR_PROTOCOL, imap_noop(im, &news, &why));
	close_rude(im);
	str_done(&seen.text);
}

/* What is refused is asked for with less, then not at all; STATUS and LIST that nobody asked for
 * are news; an overflow ends it. */
static void test_notify(void **state)
{
	struct imap *im = select_rude(IN("IDLE NOTIFY") SELECTED
		"C: NOTIFY SET (selected-delayed\nS: * STATUS a (MESSAGES 1)\n"
		"S: %t NO [BADEVENT (MessageNew)] no\n"
		"C: NOTIFY SET (selected (\nS: * 11 EXISTS\nS: %t OK done\n"
		"C: IDLE\nS: + idling\nS: * STATUS \"b c\" (MESSAGES 4 UNSEEN 2 UIDNEXT 7 "
		"UIDVALIDITY 5 MAILBOXID (x1))\nC: DONE\nS: * STATUS \"b c\" (MESSAGES 5 "
		"UNSEEN 3 UIDNEXT 8)\nS: %t OK done\n"
		"C: IDLE\nS: + idling\nS: * LIST () \"/\" new (\"OLDNAME\" (old))\nC: DONE\n"
		"S: %t OK done\n"
		"C: IDLE\nS: + idling\nS: * OK [NOTIFICATIONOVERFLOW] x\nC: DONE\nS: %t OK done");
	struct imap_mailboxes boxes;
	struct imap_news news;

	WORKS(imap_notify(im, &why));
	assert_true(imap_is_notified(im));
	WORKS(imap_idle(im, -1, 5000, &news, &why)); /* told while it was asked for */
	assert_true(news.exists && news.boxes && !news.folders);
	assert_int_equal(imap_exists(im), 11);
	imap_take_boxes(im, &boxes);
	assert_int_equal(boxes.n, 1);
	assert_string_equal(boxes.v[0].name, "a");
	assert_false(boxes.v[0].status.whole);
	imap_mailboxes_done(&boxes);
	WORKS(imap_idle(im, -1, 5000, &news, &why));
	assert_true(news.boxes && !news.exists);
	imap_take_boxes(im, &boxes);
	assert_int_equal(boxes.n, 1);
	assert_string_equal(boxes.v[0].name, "b c");
	assert_true(boxes.v[0].status.whole);
	assert_int_equal(boxes.v[0].status.unseen, 3);
	imap_mailboxes_done(&boxes);
	WORKS(imap_idle(im, -1, 5000, &news, &why));
	assert_true(news.folders && !news.boxes);
	WORKS(imap_idle(im, -1, 5000, &news, &why));
	assert_true(news.folders);
	assert_false(imap_is_notified(im));
	WORKS(imap_notify(im, &why)); /* says nothing any more */
	assert_false(imap_is_notified(im));
	close_rude(im);
}

/* A folder that came while another is selected, well or in vain, is still news afterwards. */
static void test_notify_while_selecting(void **state)
{
	struct imap *im = select_rude(IN("IDLE NOTIFY") SELECTED
		"C: STATUS\nS: * LIST () \"/\" new\nS: %t NO no\n" SELECTED
		"C: SELECT \"Gone\"\nS: * LIST () \"/\" newer\nS: * 3 EXISTS\nS: %t NO no\n"
		"C: NOOP\nS: %t OK done");
	struct imap_selected sel;
	struct imap_status status;
	struct imap_news news;

	assert_int_not_equal(imap_status(im, "other", &status, &why), 0);
	WORKS(imap_select(im, "INBOX", NULL, NULL, NULL, NULL, &sel, &why));
	WORKS(imap_idle(im, -1, 5000, &news, &why)); /* at once */
	assert_true(news.folders && !news.exists);
	assert_int_not_equal(imap_select(im, "Gone", NULL, NULL, NULL, NULL, &sel, &why), 0);
	WORKS(imap_noop(im, &news, &why));
	assert_true(news.folders && !news.exists);
	close_rude(im);
}

static void test_notify_refused(void **state)
{
	struct imap *im = open_rude(
		IN("NOTIFY") "C: NOTIFY SET\nS: %t BAD what\nC: NOTIFY SET\nS: %t NO no\nC: "
			     "NOOP\nS: %t OK done");
	struct imap_news news;

	WORKS(imap_notify(im, &why));
	assert_false(imap_is_notified(im));
	WORKS(imap_notify(im, &why));
	WORKS(imap_noop(im, &news, &why));
	assert_true(imap_is_alive(im));
	close_rude(im);
}

static void test_alert(void **state)
{
	struct imap *im = select_rude(IN("") SELECTED
		"C: NOOP\nS: * OK [ALERT] disk \033[31mfull\nS: * OK [PERMANENTFLAGS "
		"((\\Seen))] x\nS: * ANNOTATION \"x\nS: * STATUS x ()\nS: %t OK done");
	struct imap_news news;
	char *alert;

	WORKS(imap_noop(im, &news, &why));
	alert = kept(imap_take_alert(im));
	assert_non_null(alert);
	assert_non_null(strstr(alert, "full"));
	assert_null(strchr(alert, '\033'));
	assert_null(imap_take_alert(im));
	close_rude(im);
}

/* --- Dovecot --- */

static struct imap *open_real(const char *port, enum net_security security, const char *mechanism)
{
	struct net_server server = real_server(port, PROTOCOL_IMAP, security);
	struct net_options options = rude_quick;
	struct net_login login = {"alice", getenv("SRV_PASSWORD"), mechanism};
	struct imap *im;

	options.tls_ca = getenv("SRV_CA");
	if (imap_open(&im, &server, &options, &login, NULL, &why))
		fail_msg("%s %s: %s", port, mechanism ? mechanism : "-", why.text);
	return im;
}

static void test_real_logins(void **state)
{
	static const char *const mechanisms[] = {
		NULL, "PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5"};

	for (size_t i = 0; i < MEM_COUNT(mechanisms); i++) {
		struct imap *im = open_real(i % 2 ? "SRV_IMAP" : "SRV_IMAPS",
			i % 2 ? NET_STARTTLS : NET_TLS, mechanisms[i]);
		struct str text = STR_INIT;

		imap_describe(im, &text);
		assert_non_null(strstr(text.p, mechanisms[i] ? mechanisms[i] : "SCRAM"));
		assert_non_null(strstr(text.p, "Dovecot"));
		assert_true(imap_can(im) & IMAP_QRESYNC);
		assert_true(imap_can(im) & IMAP_MOVE);
		str_done(&text);
		imap_logout(im);
	}
}

/* Of hal the server has only a hash, and offers SCRAM all the same: the password goes to it under
 * TLS, once. */
static void test_real_hash_only(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct net_server server = real_server(
			i ? "SRV_IMAP" : "SRV_IMAPS", PROTOCOL_IMAP, i ? NET_STARTTLS : NET_TLS);
		struct net_options options = rude_quick;
		struct net_login login = {"hal", getenv("SRV_PASSWORD"), NULL};
		struct imap *s;
		struct str text = STR_INIT;

		options.tls_ca = getenv("SRV_CA");
		WORKS(imap_open(&s, &server, &options, &login, NULL, &why));
		imap_describe(s, &text);
		assert_non_null(strstr(text.p, "PLAIN"));
		str_done(&text);
		imap_logout(s);
		login.secret = "wrong";
		FAILS(ERR_AUTH, imap_open(&s, &server, &options, &login, NULL, &why));
		/* Who asks for SCRAM does not want the password to be seen. */
		login.secret = getenv("SRV_PASSWORD");
		login.mechanism = "SCRAM-SHA-256";
		FAILS(ERR_AUTH, imap_open(&s, &server, &options, &login, NULL, &why));
	}
}

static void test_real_wrong_password(void **state)
{
	struct net_server server = real_server("SRV_IMAPS", PROTOCOL_IMAP, NET_TLS);
	struct net_options options = rude_quick;
	struct net_login login = {"alice", "wrong", NULL};
	struct imap *im;

	options.tls_ca = getenv("SRV_CA");
	FAILS(ERR_AUTH, imap_open(&im, &server, &options, &login, NULL, &why));
}

static const struct imap_mailbox *mailbox(const struct imap_mailboxes *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->v[i].name, name))
			return &m->v[i];
	return NULL;
}

static void test_real_mailboxes(void **state)
{
	struct imap *im = open_real("SRV_IMAP", NET_STARTTLS, NULL);
	struct imap_mailboxes m;
	struct imap_status st;
	char name[60], other[80];

	snprintf(name, sizeof(name), "np \"q\" %d", getpid());
	snprintf(other, sizeof(other), "%s/sub", name);
	WORKS(imap_create(im, name, &why));
	FAILS(ERR_REFUSED, imap_create(im, name, &why));
	WORKS(imap_create(im, other, &why));
	WORKS(imap_list(im, &m, &why));
	assert_non_null(mailbox(&m, name));
	assert_true(mailbox(&m, name)->has_children);
	assert_true(mailbox(&m, other)->status.known);
	assert_true(mailbox(&m, other)->status.uidvalidity != 0);
	assert_int_equal(mailbox(&m, "Sent")->role, ROLE_SENT);
	assert_int_equal(mailbox(&m, "INBOX")->role, ROLE_INBOX);
	assert_int_equal(mailbox(&m, "INBOX")->delimiter, '/');
	imap_mailboxes_done(&m);
	WORKS(imap_status(im, other, &st, &why));
	assert_int_equal(st.messages, 0);
	assert_true(st.highestmodseq > 0);
	WORKS(imap_delete(im, other, &why));
	assert_int_equal(imap_rename(im, name, other, &why), -1);
	assert_true(imap_is_alive(im));
	WORKS(imap_delete(im, name, &why));
	imap_logout(im);
}

static int collect(void *ctx, const char *p, size_t len)
{
	str_add(ctx, p, len);
	return 0;
}

#define NESTED                                                                                     \
	"From: a@example.org\r\nSubject: one\r\nMessage-ID: <np-1@example.org>\r\n"                \
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n" \
	"hello\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: "        \
	"text/html\r\n\r\n<p>in\r\n--b--\r\n"

static void test_real_messages(void **state)
{
	struct imap *im = open_real("SRV_IMAPS", NET_TLS, NULL), *watcher;
	struct imap_selected sel;
	struct imap_copied c;
	struct imap_uids uids;
	struct imap_known known;
	struct imap_news news;
	struct seen s = {0};
	struct str body = STR_INIT;
	uint64_t received, sent;
	char name[60], set[20];

	snprintf(name, sizeof(name), "np-%d", getpid());
	WORKS(imap_create(im, name, &why));
	WORKS(imap_select(im, name, NULL, NULL, NULL, NULL, &sel, &why));
	assert_true(sel.keywords_allowed);
	watcher = open_real("SRV_IMAP", NET_STARTTLS, NULL);
	WORKS(imap_select(watcher, name, NULL, NULL, NULL, NULL, &sel, &why));

	WORKS(imap_append(
		im, name, NESTED, strlen(NESTED), MAIL_FLAGGED, NULL, 1700000000, &c, &why));
	assert_non_null(c.uids);
	assert_int_equal(c.uidvalidity, sel.uidvalidity);
	snprintf(set, sizeof(set), "%s", c.uids);
	free(c.uids);

	WORKS(imap_idle(watcher, -1, 5000, &news, &why));
	assert_true(news.exists);
	assert_int_equal(news.count, 1);

	WORKS(imap_fetch(im, set,
		IMAP_GET_FLAGS | IMAP_GET_DATE | IMAP_GET_SIZE | IMAP_GET_HEADER |
			IMAP_GET_STRUCTURE,
		"SUBJECT FROM", 0, see, NULL, &s, &why));
	char want[300];
	snprintf(want, sizeof(want),
		"%s flags=4, date=1700000000 size=%zu header=37\n-1 0 Content-Type: "
		"multipart/mixed",
		set, strlen(NESTED));
	assert_memory_equal(s.text.p, want, strlen(want));
	assert_non_null(strstr(s.text.p, "\n0 5 Content-Type: text/plain;"));
	assert_non_null(strstr(s.text.p, "\nContent-Transfer-Encoding: 7bit\r\n\n0 "));
	assert_non_null(strstr(s.text.p, " Content-Type: message/rfc822"));
	assert_non_null(strstr(s.text.p, "\n2 5 Content-Type: text/html"));
	str_clear(&s.text);

	WORKS(imap_fetch_section(im, (uint32_t)atoi(set), "", 0, 0, collect, &body, &why));
	assert_string_equal(body.p, NESTED);
	str_clear(&body);
	WORKS(imap_fetch_section(im, (uint32_t)atoi(set), "2.1", 0, 0, collect, &body, &why));
	assert_string_equal(body.p, "<p>in");
	str_clear(&body);
	WORKS(imap_fetch_section(im, (uint32_t)atoi(set), "", 6, 5, collect, &body, &why));
	assert_string_equal(body.p, "a@exa");
	str_done(&body);
	FAILS(ERR_GONE, imap_fetch_section(im, 999999, "", 0, 0, collect, &body, &why));

	WORKS(imap_select(im, name, NULL, NULL, NULL, NULL, &sel, &why));
	known = (struct imap_known){sel.uidvalidity, sel.highestmodseq};
	assert_true(known.modseq > 0);
	WORKS(imap_store(im, set, true, MAIL_SEEN, "Work $Label1", &why));
	WORKS(imap_store(im, set, false, MAIL_FLAGGED, NULL, &why));
	assert_int_equal(imap_fetch(im, "1:*", IMAP_GET_FLAGS | IMAP_GET_MODSEQ, NULL, known.modseq,
				 see, gone, &s, &why),
		0);
	assert_non_null(strstr(s.text.p, " flags=1,Work $Label1 modseq="));
	str_clear(&s.text);

	WORKS(imap_search_message_id(im, "np-1@example.org", &uids, &why));
	assert_int_equal(uids.n, 1);
	assert_int_equal(uids.v[0], atoi(set));
	free(uids.v);
	WORKS(imap_search_message_id(im, "other@example.org", &uids, &why));
	assert_int_equal(uids.n, 0);
	free(uids.v);

	WORKS(imap_copy(im, set, name, &c, &why));
	assert_non_null(c.uids);
	free(c.uids);
	free(c.source);
	FAILS(ERR_REFUSED, imap_copy(im, set, "no such place", &c, &why));
	WORKS(imap_move(im, set, "Trash", &c, &why));
	assert_non_null(c.uids);
	free(c.uids);
	free(c.source);
	WORKS(imap_select(im, name, &known, see, gone, &s, &sel, &why));
	assert_true(sel.resynced);
	assert_int_equal(sel.exists, 1);
	snprintf(want, sizeof(want), "-%s:%s;", set, set);
	assert_non_null(strstr(s.text.p, want));
	str_done(&s.text);

	WORKS(imap_expunge(im, "1:*", &why));
	WORKS(imap_noop(im, &news, &why));
	assert_true(news.expunged);
	assert_int_equal(news.count, 0);
	WORKS(imap_delete(im, name, &why));
	imap_counts(im, &received, &sent);
	assert_true(received > 1000 && sent > 1000);
	imap_logout(im);
	imap_free(watcher);
}

static void test_real_many(void **state)
{
	enum { N = 300 };
	struct imap *im = open_real("SRV_IMAPS", NET_TLS, NULL);
	struct imap_selected sel;
	struct seen s = {0};
	char name[60];

	snprintf(name, sizeof(name), "np-many-%d", getpid());
	WORKS(imap_create(im, name, &why));
	for (int i = 0; i < N; i++)
		WORKS(imap_append(im, name, NESTED, strlen(NESTED), 0, NULL, 0, NULL, &why));
	WORKS(imap_select(im, name, NULL, NULL, NULL, NULL, &sel, &why));
	assert_int_equal(sel.exists, N);
	WORKS(imap_fetch(im, "1:*", 0xff, "SUBJECT", 0, see, NULL, &s, &why));
	assert_int_equal(s.n, N);
	str_done(&s.text);
	WORKS(imap_delete(im, name, &why));
	imap_logout(im);
}

/* --- somebody between us and a real server, who spoils the end of the login --- */

enum spoil { SPOIL_NOTHING, SPOIL_DROP, SPOIL_CAPS, SPOIL_SELECT, SPOIL_ENABLE, SPOIL_NO };

struct between {
	pthread_t thread;
	enum spoil spoil;
	uint16_t to;
	int listener;
	bool spoilt;
};

static void pass(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

static void swap_word(char *text, const char *from, const char *to, struct between *b)
{
	char *at = b->spoilt ? NULL : strstr(text, from);

	if (!at)
		return;
	memcpy(at, to, strlen(to));
	b->spoilt = true;
}

/* What the client sends: the last step of SCRAM begins with an empty line. */
static size_t from_client(struct between *b, char *text, size_t len)
{
	if (text[0] != '\r')
		return len;
	if (b->spoil == SPOIL_DROP)
		return 2;
	if (b->spoil == SPOIL_SELECT)
		swap_word(text, "SELECT", "SEXECT", b);
	if (b->spoil == SPOIL_ENABLE)
		swap_word(text, "ENABLE", "ENXBLE", b);
	return len;
}

static void from_server(struct between *b, char *text)
{
	if (text[0] == '*' || text[0] == '+')
		return;
	if (b->spoil == SPOIL_CAPS)
		swap_word(text, "[CAPABILITY ", "[XAPABILITY ", b);
	if (b->spoil == SPOIL_NO)
		swap_word(text, "OK [", "NO [", b);
}

static void *stand_between(void *arg)
{
	struct between *b = arg;
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(b->to),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int up = socket(AF_INET, SOCK_STREAM, 0), down = accept(b->listener, NULL, NULL);
	struct pollfd p[2] = {{.fd = down, .events = POLLIN}, {.fd = up, .events = POLLIN}};
	char text[65536];

	if (connect(up, (struct sockaddr *)&to, sizeof(to)))
		p[0].fd = -1;
	while (p[0].fd >= 0 && poll(p, 2, -1) > 0) {
		bool client = p[0].revents;
		ssize_t n = recv(client ? down : up, text, sizeof(text) - 1, 0);

		if (n <= 0)
			break;
		text[n] = '\0';
		if (client)
			n = (ssize_t)from_client(b, text, (size_t)n);
		else
			from_server(b, text);
		pass(client ? up : down, text, (size_t)n);
	}
	close(up);
	close(down);
	return NULL;
}

static struct net_server spoil(struct between *b, enum spoil what)
{
	struct net_server server = real_server("SRV_IMAP", PROTOCOL_IMAP, NET_PLAIN);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	*b = (struct between){.spoil = what, .to = server.port};
	b->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(b->listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(b->listener, 1), 0);
	assert_int_equal(getsockname(b->listener, (struct sockaddr *)&at, &len), 0);
	server.port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&b->thread, NULL, stand_between, b), 0);
	return server;
}

static const char *inbox(void *ctx, struct imap_known *known)
{
	return "INBOX";
}

static void test_real_spoilt_logins(void **state)
{
	static const struct {
		enum spoil what;
		bool patient;
		enum err_kind kind;
	} cases[] = {
		{SPOIL_NOTHING, false, ERR_NONE},
		{SPOIL_DROP, false, ERR_NETWORK},
		{SPOIL_DROP, true, ERR_NONE},
		{SPOIL_CAPS, false, ERR_NONE},
		{SPOIL_SELECT, false, ERR_NONE},
		{SPOIL_ENABLE, false, ERR_NONE},
		{SPOIL_NO, false, ERR_AUTH},
	};
	struct net_login login = {"alice", getenv("SRV_PASSWORD"), "SCRAM-SHA-256"};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct between b;
		struct net_server server = spoil(&b, cases[i].what);
		struct net_options options = {.idle_ms = 1000};
		struct imap_first first = {.ask = inbox, .patient = cases[i].patient};
		struct imap_selected sel;
		struct imap_news news;
		struct imap *im = NULL;

		why = (struct err){0};
		imap_open_for(&im, &server, &options, &login, &first, NULL, &why);
		if (why.kind != cases[i].kind)
			fail_msg("case %zu: kind %d, %s", i, (int)why.kind, why.text);
		if (im) {
			if (imap_select(im, "INBOX", NULL, NULL, NULL, NULL, &sel, &why) ||
				imap_noop(im, &news, &why))
				fail_msg("case %zu: %s", i, why.text);
			assert_true(sel.uidvalidity > 0);
			assert_int_equal(
				!!(imap_can(im) & IMAP_QRESYNC), cases[i].what != SPOIL_ENABLE);
		}
		imap_free(im);
		pthread_join(b.thread, NULL);
		close(b.listener);
		assert_int_equal(b.spoilt, cases[i].what >= SPOIL_CAPS);
	}
}

/* --- round trips and bytes, counted --- */

enum { FULL = 400 };

/* A mailbox of FULL messages, made once for each test. */
static void make_full(const char *name)
{
	struct imap *im = open_real("SRV_IMAPS", NET_TLS, NULL);
	struct str text = STR_INIT;

	WORKS(imap_create(im, name, &why));
	for (int i = 0; i < FULL; i++) {
		str_clear(&text);
		str_addf(&text,
			"From: Person %d <p%d@example.org>\r\nSubject: Number %d\r\n\r\nHello\r\n",
			i, i, i);
		WORKS(imap_append(im, name, text.p, text.len, 0, NULL, 0, NULL, &why));
	}
	str_done(&text);
	imap_logout(im);
}

struct wish {
	const char *mailbox;
	struct imap_known known;
};

static const char *wish_for(void *ctx, struct imap_known *known)
{
	const struct wish *w = ctx;

	*known = w->known;
	return w->mailbox;
}

static struct imap *open_first(const struct wish *wish, bool patient, bool no_compress)
{
	struct net_server server = real_server("SRV_IMAPS", PROTOCOL_IMAP, NET_TLS);
	struct net_options options = rude_quick;
	struct net_login login = {"alice", getenv("SRV_PASSWORD"), NULL};
	struct imap_first first = {
		.ask = wish ? wish_for : NULL, .ctx = (void *)(uintptr_t)wish, .patient = patient};
	struct imap *im;

	options.tls_ca = getenv("SRV_CA");
	options.no_compress = no_compress;
	WORKS(imap_open_for(&im, &server, &options, &login, &first, NULL, &why));
	return im;
}

static void test_real_round_trips(void **state)
{
	struct wish wish = {.mailbox = NULL};
	struct imap_mailboxes boxes;
	struct imap_selected sel;
	struct seen seen = {0};
	struct imap *im;
	struct imap_uids uids;
	uint64_t before, after, sent;
	char name[60];

	snprintf(name, sizeof(name), "np-trips-%d", getpid());
	make_full(name);
	wish.mailbox = name;
	/* AUTHENTICATE, its answer, the end of it with ID, ENABLE and SELECT; then the rows. */
	im = open_first(&wish, false, false);
	assert_int_equal(imap_flushes(im), 3);
	assert_true(imap_can(im) & IMAP_QRESYNC);
	WORKS(imap_select(im, name, NULL, NULL, NULL, NULL, &sel, &why));
	assert_int_equal(imap_flushes(im), 3);
	assert_int_equal(sel.exists, FULL);
	assert_true(sel.highestmodseq > 0);
	WORKS(imap_fetch(im, "1:50", IMAP_GET_FLAGS, NULL, 0, see, NULL, &seen, &why));
	assert_int_equal(imap_flushes(im), 4);
	assert_int_equal(seen.n, 50);
	/* All numbers of a mailbox in a line. */
	imap_counts(im, &before, &sent);
	WORKS(imap_search(im, "ALL", &uids, &why));
	assert_int_equal(uids.n, FULL);
	free(uids.v);
	imap_counts(im, &after, &sent);
	assert_true(after - before < 200);
	imap_logout(im);
	/* The same for what is known. */
	wish.known = (struct imap_known){sel.uidvalidity, sel.highestmodseq};
	im = open_first(&wish, false, false);
	WORKS(imap_select(im, name, &wish.known, see, gone, &seen, &sel, &why));
	assert_true(sel.resynced);
	assert_int_equal(imap_flushes(im), 3);
	imap_logout(im);
	/* Something else comes first, or another mailbox, or the same asked for in another way. */
	im = open_first(&wish, false, false);
	WORKS(imap_list(im, &boxes, &why));
	assert_true(boxes.n > 5);
	imap_mailboxes_done(&boxes);
	WORKS(imap_select(im, name, NULL, NULL, NULL, NULL, &sel, &why));
	assert_int_equal(sel.exists, FULL);
	imap_logout(im);
	im = open_first(&wish, false, false);
	WORKS(imap_select(im, "INBOX", NULL, NULL, NULL, NULL, &sel, &why));
	WORKS(imap_select(im, name, NULL, NULL, NULL, NULL, &sel, &why));
	assert_int_equal(sel.exists, FULL);
	imap_logout(im);
	im = open_first(&wish, false, false);
	WORKS(imap_select(im, name, NULL, NULL, NULL, NULL, &sel, &why));
	assert_int_equal(sel.exists, FULL);
	assert_false(sel.resynced);
	imap_logout(im);
	/* What is not there is refused as ever. */
	wish = (struct wish){.mailbox = "no such place"};
	im = open_first(&wish, false, false);
	FAILS(ERR_REFUSED, imap_select(im, wish.mailbox, NULL, NULL, NULL, NULL, &sel, &why));
	assert_true(imap_is_alive(im));
	imap_logout(im);
	/* Step by step. */
	wish.mailbox = name;
	im = open_first(&wish, true, false);
	assert_int_equal(imap_flushes(im), 4);
	WORKS(imap_select(im, name, NULL, NULL, NULL, NULL, &sel, &why));
	assert_int_equal(imap_flushes(im), 5);
	WORKS(imap_delete(im, name, &why));
	imap_logout(im);
	str_done(&seen.text);
}

static uint64_t fetch_all(struct imap *im, const char *name)
{
	struct seen seen = {0};
	struct imap_selected sel;
	struct imap_ahead *a[4];
	uint64_t before, after, sent;
	char set[40];

	WORKS(imap_select(im, name, NULL, NULL, NULL, NULL, &sel, &why));
	imap_counts(im, &before, &sent);
	assert_int_equal(imap_fetch(im, "1:1", IMAP_GET_FLAGS | IMAP_GET_HEADER, "SUBJECT FROM", 0,
				 see, NULL, &seen, &why),
		0);
	for (int i = 0; i < 4; i++) {
		snprintf(set, sizeof(set), "%d:%d", i * FULL / 4 + 1, (i + 1) * FULL / 4);
		WORKS(imap_fetch_send(im, &a[i], set, IMAP_GET_FLAGS | IMAP_GET_HEADER,
			"SUBJECT FROM", see, &seen, &why));
	}
	for (int i = 3; i >= 0; i--)
		WORKS(imap_fetch_take(im, a[i], &why));
	assert_true(seen.n >= FULL + 1);
	imap_counts(im, &after, &sent);
	str_done(&seen.text);
	return after - before;
}

static void test_real_compress(void **state)
{
	struct imap *im;
	struct imap_news news;
	struct imap_copied copied;
	struct str text = STR_INIT;
	uint64_t plain, packed;
	char name[60];

	snprintf(name, sizeof(name), "np-deflate-%d", getpid());
	make_full(name);
	im = open_first(NULL, false, true);
	plain = fetch_all(im, name);
	imap_describe(im, &text);
	assert_null(strstr(text.p, "(DEFLATE)"));
	imap_logout(im);
	im = open_first(NULL, false, false);
	packed = fetch_all(im, name);
	str_clear(&text);
	imap_describe(im, &text);
	assert_non_null(strstr(text.p, "(DEFLATE)"));
	if (packed * 4 > plain)
		fail_msg("%llu bytes plain, %llu packed", (unsigned long long)plain,
			(unsigned long long)packed);
	/* All else goes on: a literal of ours, waiting, and a word of the server on its own. */
	WORKS(imap_append(im, name, NESTED, strlen(NESTED), 0, NULL, 0, &copied, &why));
	free(copied.uids);
	WORKS(imap_idle(im, -1, 50, &news, &why));
	WORKS(imap_delete(im, name, &why));
	imap_logout(im);
	im = open_first(NULL, false, false);
	WORKS(imap_compress(im, &why));
	str_clear(&text);
	imap_describe(im, &text);
	assert_non_null(strstr(text.p, "(DEFLATE)"));
	imap_logout(im);
	str_done(&text);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_no_login),
		cmocka_unit_test(test_login_answers),
		cmocka_unit_test(test_fetch_rude),
		cmocka_unit_test(test_vanished),
		cmocka_unit_test(test_vanished_nonsense),
		cmocka_unit_test(test_section_stopped),
		cmocka_unit_test(test_section_broken),
		cmocka_unit_test(test_not_open),
		cmocka_unit_test(test_names),
		cmocka_unit_test(keywords_not_kept),
		cmocka_unit_test(test_bad_arguments),
		cmocka_unit_test(test_list_rude),
		cmocka_unit_test(test_braces_in_answers),
		cmocka_unit_test(test_wide_login),
		cmocka_unit_test(test_wide_login_refused),
		cmocka_unit_test(test_status_rude),
		cmocka_unit_test(test_bad_to_each),
		cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_append_rude),
		cmocka_unit_test(test_copyuid),
		cmocka_unit_test(test_expunge_not_offered),
		cmocka_unit_test(test_idle_rude),
		cmocka_unit_test(test_idle_not_offered),
		cmocka_unit_test(test_idle_words),
		cmocka_unit_test(test_esearch),
		cmocka_unit_test(test_two_fetches),
		cmocka_unit_test(test_fetches_and_another),
		cmocka_unit_test(test_compress_refused),
		cmocka_unit_test(test_compress_lies),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_notify_while_selecting),
		cmocka_unit_test(test_notify_refused),
		cmocka_unit_test(test_alert),
		cmocka_unit_test(test_real_logins),
		cmocka_unit_test(test_real_hash_only),
		cmocka_unit_test(test_real_wrong_password),
		cmocka_unit_test(test_real_mailboxes),
		cmocka_unit_test(test_real_messages),
		cmocka_unit_test(test_real_many),
		cmocka_unit_test(test_real_spoilt_logins),
		cmocka_unit_test(test_real_round_trips),
		cmocka_unit_test(test_real_compress),
	};

	return rude_main("imap", all, MEM_COUNT(all), 9, argv);
}
