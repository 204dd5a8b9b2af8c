/* The wire filter: what it passes, changes, drops and refuses, and that libetpan survives it. */

#include "base/mem.h"
#include "net/etpan.h"
#include "net/wire.h"
#include "tests/check.h"
#include "tests/fuzz/feed.h"

#include <stdlib.h>
#include <string.h>

#define LIT(s) s, sizeof(s) - 1
#define SAME(s)                                                                                    \
	{                                                                                          \
		LIT(s), LIT(s)                                                                     \
	}
#define BECOMES(s, t)                                                                              \
	{                                                                                          \
		LIT(s), LIT(t)                                                                     \
	}
#define REFUSED(s)                                                                                 \
	{                                                                                          \
		LIT(s), NULL, 0                                                                    \
	}

#define BROKEN WIRE_BROKEN " -)\r\n"

static const struct {
	const char *in;
	size_t len;
	const char *want; /* NULL: the connection ends */
	size_t want_len;
} rows[] = {
	/* passed as it is */
	SAME("* OK [UIDNEXT 5] next\r\n"),
	SAME("* OK [PERMANENTFLAGS (\\Seen $Forwarded \\*)] flags\r\n"),
	SAME("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN LITERAL+] ready\r\n"),
	SAME("1 OK [COPYUID 5 1:3,7 9:12] done\r\n"),
	SAME("1 OK [APPENDUID 5 12] done\r\n"),
	SAME("* 12 EXISTS\r\n"),
	SAME("* 1 FETCH (UID 5 BODY[TEXT] {5}\r\na(\0\"{ FLAGS (\\Seen))\r\n"),
	SAME("* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" (\"name\" \"a {5} \\\" b\")))\r\n"),
	SAME("* 1 FETCH (BODY[] {0}\r\n)\r\n"),
	SAME("* LIST (\\HasNoChildren) \"/\" \"INBOX\"\r\n"),
	SAME("* LIST () NIL {3}\r\nabc\r\n"),
	SAME("+ idling\r\n"),
	SAME("+ \r\n"),
	SAME("* VANISHED (EARLIER) 1:4294967295\r\n"),
	/* changed */
	BECOMES("* OK [UIDNEXT 5] next\n", "* OK [UIDNEXT 5] next\r\n"),
	BECOMES("*   oK    [UIDNEXT 5]   next\r\n", "* oK [UIDNEXT 5] next\r\n"),
	BECOMES("1 OK\r\n", "1 OK -\r\n"),
	BECOMES("* OK [CLOSED]\r\n", "* OK [CLOSED] -\r\n"),
	BECOMES("+\r\n", "+ \r\n"),
	BECOMES("* OK [PERMANENTFLAGS ((\\Seen))] x\r\n", "* OK x\r\n"),
	BECOMES("* OK   [PERMANENTFLAGS ((\\Seen))] x\r\n", "* OK x\r\n"),
	BECOMES("* OK[PERMANENTFLAGS ((\\Seen))] x\r\n", "* OK x\r\n"),
	BECOMES("* OK [PERMANENTFLAGS ()] x\r\n", "* OK [PERMANENTFLAGS (-)] x\r\n"),
	BECOMES("* OK [PERMANENTFLAGS (\\Seen  a)] x\r\n", "* OK x\r\n"),
	BECOMES("* OK [PERMANENTFLAGS (\"a\")] x\r\n", "* OK x\r\n"),
	BECOMES("* OK [BADCHARSET (\"x\")] x\r\n", "* OK x\r\n"),
	BECOMES("* OK [BADCHARSET] [PERMANENTFLAGS ((\\Seen))] x\r\n",
		"* OK (PERMANENTFLAGS ((\\Seen))] x\r\n"),
	BECOMES("* OK [BADCHARSET ({3}\r\n", "* OK (BADCHARSET ({3}\r\n"),
	BECOMES("* PREAUTH [BADCHARSET (\"x\")] x\r\n", "* PREAUTH x\r\n"),
	BECOMES("+ [PERMANENTFLAGS (\\*)] \"x\"\r\n", "+ [PERMANENTFLAGS (\\*)] \"x\"\r\n"),
	BECOMES("+ [X \"y\"] x\r\n", "+ x\r\n"),
	BECOMES("1 NO [REFERRAL imap://evil/] x\r\n", "1 NO x\r\n"),
	BECOMES("* OK [UIDNEXT 4294967296] x\r\n", "* OK x\r\n"),
	BECOMES("* OK [UIDNEXT 99999999999999999999999] x\r\n", "* OK x\r\n"),
	BECOMES("* OK a\rb\r\n", "* OK a b\r\n"),
	BECOMES("* LIST () \"/\" x (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n",
		"* LIST () \"/\" \"x\"\r\n"),
	BECOMES("* LIST (\\A \\X-[weird] (b c\\d \\Sent) \"/\" x\r\n",
		"* LIST (\\A \\Sent) \"/\" \"x\"\r\n"),
	BECOMES("* LIST (  ) NIL x\r\n", "* LIST () NIL \"x\"\r\n"),
	BECOMES("* list \"/\" \"x\"\r\n", "* LIST () \"/\" \"x\"\r\n"),
	BECOMES("* LIST () / x\r\n", "* LIST () \"/\" \"x\"\r\n"),
	BECOMES("* LIST () \"//\" x\r\n", "* LIST () \"/\" \"x\"\r\n"),
	BECOMES("* LIST () \"\" x\r\n", "* LIST () NIL \"x\"\r\n"),
	BECOMES("* LIST () \"\\\\\" a\\b c\r\n", "* LIST () \"\\\\\" \"a\\\\b c\"\r\n"),
	BECOMES("* LIST () \"\"\" x\r\n", "* LIST () NIL \"\\\" x\"\r\n"),
	BECOMES("* LIST () \"/\" a\tb\r\n", "* LIST () \"/\" \"a\tb\"\r\n"),
	BECOMES("* LIST () \"/\" a\"b\r\n", "* LIST () \"/\" \"a\\\"b\"\r\n"),
	BECOMES("* LIST () \"/\" \"a\"b\"\r\n", "* LIST () \"/\" \"\\\"a\\\"b\\\"\"\r\n"),
	BECOMES("* LIST () \"/\" \"a\\\"b\"\r\n", "* LIST () \"/\" \"a\\\"b\"\r\n"),
	BECOMES("* LIST () \"/\" \"a\r\n", "* LIST () \"/\" \"\\\"a\"\r\n"),
	BECOMES("* LIST () \"/\" 100%*(x){y}\r\n", "* LIST () \"/\" \"100%*(x){y}\"\r\n"),
	BECOMES("* LIST () \"/\" a (b) c\r\n", "* LIST () \"/\" \"a (b) c\"\r\n"),
	BECOMES("* LIST () \"/\" a b (\"CHILDINFO\" ({3}\r\nabc))\r\n1 OK x\r\n",
		"* LIST () \"/\" \"a b\"\r\n1 OK x\r\n"),
	BECOMES("* LIST () \"/\" \"\"\r\n", "* LIST () \"/\" \"\"\r\n"),
	BECOMES("* LIST (\\a) \"/\" {3+}\r\nabc\r\n", "* LIST (\\a) \"/\" {3}\r\nabc\r\n"),
	BECOMES("* LSUB () \"/\" a\r\n", "* LSUB () \"/\" \"a\"\r\n"),
	BECOMES("* LIST () \"/\" \"x y\" (\"OLDNAME\" ({3}\r\nabc))\r\n1 OK x\r\n",
		"* LIST () \"/\" \"x y\"\r\n1 OK x\r\n"),
	BECOMES("* LIST () \"/\" {3}\r\nabc (\"OLDNAME\" ({3}\r\nabc))\r\n1 OK x\r\n",
		"* LIST () \"/\" {3}\r\nabc\r\n1 OK x\r\n"),
	/* dropped */
	BECOMES("\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("* ANNOTATION x\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("* ANNOTATION {3}\r\na\r\n x {1}\r\ny z\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("* NAMESPACE (({3}\r\nabc \"/\")) NIL NIL\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("* ID (\"name\" {3}\r\nabc)\r\n* 5 EXISTS {3}\r\nabc\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("*  annotation ((((\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("* LISTX a\r\n* LIST-X a\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("* 0 EXPUNGE\r\n* 0 FETCH (UID 1)\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("* 4294967299 EXISTS\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("* LIST (\\X\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("* LIST\r\n* LIST ()\r\n* LIST () \"/\"\r\n* LIST () NIL \r\n1 OK x\r\n",
		"1 OK x\r\n"),
	BECOMES("* LIST () {5} x\r\n1 OK x\r\n", "1 OK x\r\n"),
	BECOMES("* STATUS {5}\r\na\"b c (MESSAGES 3)\r\n1 OK x\r\n", "* OK status\r\n1 OK x\r\n"),
	BECOMES("* STATUS \"a (MESSAGES 3)\r\n* STATUS a{ (MESSAGES 3)\r\n1 OK x\r\n",
		"* OK status\r\n* OK status\r\n1 OK x\r\n"),
	BECOMES("* 5 SOMETHING\r\n* THREAD (1)\r\n1 OK x\r\n", "1 OK x\r\n"),
	/* rows of FETCH that cannot be read: their UID, and that they are broken */
	BECOMES("* 1 FETCH (BODY[] {-5}\r\n", "* 1 FETCH (" BROKEN),
	BECOMES("* 1 FETCH (UID 7 BODY[] {5}x)\r\n", "* 1 FETCH (UID 7 " BROKEN),
	BECOMES("* 1 FETCH (UID 7 BODY[] {5}\rx)\r\n", "* 1 FETCH (UID 7 " BROKEN),
	BECOMES("* 1 FETCH (UID 7 BODY[] {}\r\n", "* 1 FETCH (UID 7 " BROKEN),
	BECOMES("* 1 FETCH (UID 7 X a\"b\" \"c{5}\r\nabcde)\r\n1 OK x\r\n",
		"* 1 FETCH (UID 7 " BROKEN "1 OK x\r\n"),
	BECOMES("* 1 FETCH (UID 7 X \"a\"b)\r\n", "* 1 FETCH (UID 7 " BROKEN),
	BECOMES("* 1 FETCH (X \"a\"b UID 8 UID 7)\r\n", "* 1 FETCH (UID 7 " BROKEN),
	BECOMES("* 1 FETCH (X (\"UID 8\" UID 9) UID 7 X \"a\"b UID 10)\r\n",
		"* 1 FETCH (UID 7 " BROKEN),
	BECOMES("* 1 FETCH (UID 4294967296 X \"a\"b)\r\n", "* 1 FETCH (" BROKEN),
	BECOMES("* 1 FETCH (UID 4294967295 X \"a\"b)\r\n", "* 1 FETCH (UID 4294967295 " BROKEN),
	/* ... behind a literal, which is passed on already */
	BECOMES("* 1 FETCH (UID 7 X {3}\r\nabc Y \"a\"b)\r\n",
		"* 1 FETCH (UID 7 X {3}\r\nabc " BROKEN),
	BECOMES("* 1 FETCH (X {3}\r\nabc Y \"a\"b UID 7 Z {2}\r\nab)\r\n1 OK x\r\n",
		"* 1 FETCH (X {3}\r\nabc UID 7 " BROKEN "1 OK x\r\n"),
	REFUSED("* 1 FETCH (UID 7 X ((Y {3}\r\nabc Y \"a\"b)))\r\n"),
	/* ... in two lines */
	BECOMES("* 1 FETCH (UID 7 X \"a\r\nb\" Y {3}\r\nabc)\r\nc\" d\r\n* 2 EXISTS\r\n",
		"* 1 FETCH (UID 7 " BROKEN "* 2 EXISTS\r\n"),
	BECOMES("* 1 FETCH (UID \0 X \"a\rb\")\r\r\n", "* 1 FETCH (UID ? X \"a?b\")\r\n"),
	BECOMES("* LIST () \"/\" a\0b\r\n* LIST () \"/\" a\rb\r\n1 OK x\r\n", "1 OK x\r\n"),
	/* refused */
	REFUSED("* OK a\0b\r\n"),
	REFUSED("* 1 FETCH (BODY[] {4294967299}\r\n"),
	REFUSED("* 1 FETCH (BODY[] {999999999}\r\n"),
	REFUSED("* 1 FETCH (X \"a\"b) {999999999}\r\n"),
	REFUSED("* SEARCH \"a\"b\r\n"),
	REFUSED("* SEARCH 1\0\r\n"),
	REFUSED("* FLAGS (a{)\r\n"),
	REFUSED("* 1 FETCH (X \"a\"b)\r\n* 1 EXISTS\r\nand more\r\n"),
	REFUSED(" * OK x\r\n"),
	REFUSED("*OK x\r\n"),
	REFUSED("220 smtp.example.org ESMTP\r\n"),
	REFUSED("HTTP/1.1 400 Bad Request\r\n"),
	REFUSED("1 FETCH (UID 1)\r\n"),
	REFUSED("1 BYE x\r\n"),
};

/* Pushes chunk bytes at a time; what came out, or NULL when the connection had to end. */
static char *push_all(const char *p, size_t len, size_t chunk, size_t *out_len)
{
	struct wire *w = wire_new(NULL);
	struct str out = STR_INIT;
	int r = 0;

	for (size_t at = 0; at < len && r == 0; at += chunk)
		r = wire_push(w, p + at, len - at < chunk ? len - at : chunk, &out);
	if (r < 0)
		assert_true(*wire_reason(w));
	else
		assert_true(wire_is_idle(w));
	wire_free(w);
	*out_len = out.len;
	if (r == 0)
		return str_steal(&out);
	str_done(&out);
	return NULL;
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		for (size_t chunk = 1; chunk <= rows[i].len; chunk++) {
			size_t len;
			char *out = push_all(rows[i].in, rows[i].len, chunk, &len);

			if (!rows[i].want != !out || (out && len != rows[i].want_len) ||
				(out && memcmp(out, rows[i].want, len) != 0))
				fail_msg("row %zu by %zu: %s -> %s", i, chunk, rows[i].in,
					out ? out : "refused");
			free(out);
		}
	}
}

static void add_many(struct str *s, const char *what, size_t times)
{
	while (times--)
		str_adds(s, what);
}

static void test_limits(void **state)
{
	static const struct {
		const char *head, *repeat;
		size_t times;
		const char *tail;
		bool ok;
	} cases[] = {
		{"* FLAGS ", "(", 100000, "\r\n", false},
		{"* FLAGS ", "(", 1001, "\r\n", false},
		{"* FLAGS ", "(", 1000, "\r\n", true},
		{"* FLAGS ", "(", 999, "\r\n", true},
		{"* FLAGS ", "()", 50001, "\r\n", false},
		{"* FLAGS ", "()", 50000, "\r\n", true},
		{"* FLAGS ", "()", 49999, "\r\n", true},
		/* One row less is better than no rows. */
		{"* 1 FETCH (X ", "(", 100000, "\r\n", true},
		{"* 1 FETCH (X ", "()", 100000, "\r\n", true},
		{"* SEARCH ", "1 ", 300000, "\r\n", true},
		{"* OK ", "x", 17 << 20, "\r\n", false},
		{"", "x", 17 << 20, "", false},
		{"* XLIST ", "{3}\r\nabc ", 6 << 20, "\r\n", false},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct str s = STR_INIT;
		size_t len;
		char *out;

		str_adds(&s, cases[i].head);
		add_many(&s, cases[i].repeat, cases[i].times);
		str_adds(&s, cases[i].tail);
		out = push_all(s.p, s.len, 65536, &len);
		if (!out == cases[i].ok)
			fail_msg("case %zu", i);
		free(out);
		str_done(&s);
	}
}

/* The text is as long as makes size bytes of it; what came out of it. */
static char *push_sized(const char *head, const char *repeat, size_t size, const char *tail)
{
	struct str s = STR_INIT;
	size_t len;
	char *out;

	str_adds(&s, head);
	size += s.len;
	while (s.len < size)
		str_add(&s, repeat, size - s.len < strlen(repeat) ? size - s.len : strlen(repeat));
	str_adds(&s, tail);
	out = push_all(s.p, s.len, 65536, &len);
	str_done(&s);
	return out;
}

static void test_code_limit(void **state)
{
	const size_t most = (512 << 10) - strlen("COPYUID 5 1 ");

	for (size_t size = most - 1; size <= most + 1; size++) {
		char *out = push_sized("1 OK [COPYUID 5 1 ", "1", size, "] x\r\n");

		assert_int_equal(strstr(out, "COPYUID") != NULL, size <= most);
		assert_non_null(strstr(out, "x\r\n"));
		free(out);
	}
}

static void test_tag_limit(void **state)
{
	for (size_t size = 63; size <= 65; size++) {
		char *out = push_sized("", "t", size, " OK x\r\n");

		assert_int_equal(out != NULL, size <= 64);
		free(out);
	}
}

static void test_status_limits(void **state)
{
	for (size_t size = 8191; size <= 8193; size++) {
		struct wire *w = wire_new(NULL);
		struct strv lines = STRV_INIT;
		struct str s = STR_INIT, out = STR_INIT;

		str_adds(&s, "* STATUS ");
		while (s.len < 2 + size)
			str_addc(&s, 'x');
		str_adds(&s, "\r\n");
		assert_int_equal(wire_push(w, s.p, s.len, &out), 0);
		wire_take_status(w, &lines);
		assert_int_equal(lines.n, size <= 8192);
		assert_int_equal(wire_take_odd(w), size > 8192);
		strv_done(&lines);
		str_done(&s);
		str_done(&out);
		wire_free(w);
	}
	for (size_t n = 199999; n <= 200001; n++) {
		struct wire *w = wire_new(NULL);
		struct strv lines = STRV_INIT;
		struct str s = STR_INIT, out = STR_INIT;

		add_many(&s, "* STATUS x ()\r\n", n);
		assert_int_equal(wire_push(w, s.p, s.len, &out), 0);
		wire_take_status(w, &lines);
		assert_int_equal(lines.n, n > 200000 ? 200000 : n);
		assert_int_equal(wire_take_odd(w), n > 200000);
		strv_done(&lines);
		str_done(&s);
		str_done(&out);
		wire_free(w);
	}
}

static void test_alert_limit(void **state)
{
	for (size_t size = 1999; size <= 2001; size++) {
		struct wire *w = wire_new(NULL);
		struct str s = STR_INIT, out = STR_INIT;
		char *alert;

		str_adds(&s, "* OK [ALERT] ");
		add_many(&s, "x", size);
		str_adds(&s, "\r\n");
		assert_int_equal(wire_push(w, s.p, s.len, &out), 0);
		alert = wire_take_alert(w);
		assert_int_equal(strlen(alert), size <= 2000 ? size : 2000);
		assert_int_equal(strstr(alert, "…") != NULL, size > 2000);
		free(alert);
		str_done(&s);
		str_done(&out);
		wire_free(w);
	}
}

static void test_budget(void **state)
{
	struct wire *w = wire_new(NULL);
	struct str out = STR_INIT;

	wire_budget(w, 15);
	assert_int_equal(wire_push(w, LIT("* OK one\r\n"), &out), 0);
	assert_int_equal(wire_push(w, LIT("* OK two\r\n"), &out), -1);
	wire_budget(w, 100);
	assert_int_equal(wire_push(w, LIT("* OK two\r\n"), &out), -1);
	wire_free(w);
	str_done(&out);
}

static void test_remembers(void **state)
{
	struct wire *w = wire_new(NULL);
	struct str out = STR_INIT;
	struct strv lines = STRV_INIT;
	char *text;

	assert_int_equal(wire_push(w,
				 LIT("* STATUS INBOX (MESSAGES 3)\r\n"
				     "* STATUS {5}\r\na\"b c (UNSEEN 1)\r\n"
				     "* OK [ALERT] Disk\x1b[31m full\r\n"
				     "* BYE [UNAVAILABLE] going\tdown\r\n"),
				 &out),
		0);
	assert_false(wire_take_overflow(w));
	assert_int_equal(wire_push(w, LIT("* OK [NOTIFICATIONOVERFLOW] enough\r\n"), &out), 0);
	assert_true(wire_take_overflow(w));
	assert_false(wire_take_overflow(w));
	wire_take_status(w, &lines);
	assert_int_equal(lines.n, 2);
	assert_string_equal(lines.v[0], "STATUS INBOX (MESSAGES 3)");
	assert_string_equal(lines.v[1], "STATUS \"a\\\"b c\" (UNSEEN 1)");
	strv_done(&lines);
	text = kept(wire_take_alert(w));
	assert_non_null(text);
	assert_null(strchr(text, 0x1b));
	assert_non_null(strstr(text, "full"));
	text = kept(wire_take_bye(w));
	assert_string_equal(text, "going down");
	assert_null(wire_take_bye(w));
	assert_null(wire_take_alert(w));
	wire_take_status(w, &lines);
	assert_int_equal(lines.n, 0);
	wire_free(w);
	str_done(&out);
}

/* Every row, and what crashed libetpan before, goes through its parser. */
static void test_one_tag(void **state)
{
	static const char before[] = "a1 OK in\r\n";
	static const char answers[] = "* 1 FETCH (BODY[] {8}\r\n9 OK x\r\n)\r\n"
				      "b7 OK [READ-WRITE] done\r\n+ go\r\nb6 NO no\r\n";
	static const char want[] = "a1 OK in\r\n* 1 FETCH (BODY[] {8}\r\n9 OK x\r\n)\r\n"
				   "1 OK [READ-WRITE] done\r\n+ go\r\n1 NO no\r\n";
	struct wire *w = wire_new(NULL);
	struct str out = STR_INIT;
	char *tag;
	int r = 0;

	assert_int_equal(wire_push(w, before, strlen(before), &out), 0);
	wire_one_tag(w, "1");
	assert_null(wire_take_tag(w));
	assert_int_equal(wire_push(w, answers, strlen(answers), &out), 0);
	assert_string_equal(out.p, want);
	tag = kept(wire_take_tag(w));
	assert_string_equal(tag, "b7");
	tag = kept(wire_take_tag(w));
	assert_string_equal(tag, "b6");
	assert_null(wire_take_tag(w));
	/* Answers without end to nothing are no answers. */
	for (int i = 0; i < 1000 && r == 0; i++)
		r = wire_push(w, "x OK y\r\n", 8, &out);
	assert_int_equal(r, -1);
	wire_free(w);
	str_done(&out);
}

static void test_libetpan_survives(void **state)
{
	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct str s = STR_INIT;

		str_add(&s, rows[i].in, rows[i].len);
		for (unsigned tag = 1; tag < 9; tag++)
			str_addf(&s, "%u OK done\r\n", tag);
		for (unsigned kind = 0; kind < 6; kind++) {
			feed_run(kind, s.p, s.len, 65536);
			feed_run(kind, s.p, s.len, 1);
			feed_run(kind, s.p, rows[i].len - 1, 65536);
		}
		str_done(&s);
	}
}

static void test_libetpan_understands(void **state)
{
	struct feed_result r;

	r = feed_run(3,
		LIT("* LIST () NIL {3}\r\nabc (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n"
		    "* LIST (\\Marked) \"/\" y (\"OLDNAME\" ({3}\r\nabc))\r\n1 OK\r\n"),
		7);
	assert_int_equal(r.first, 0);
	assert_int_equal(r.lists, 2);
	r = feed_run(2,
		LIT("* 1 FETCH (UID 5 PREVIEW {5}\r\nab\r\nc FLAGS (\\Seen))\r\n"
		    "* 2 FETCH (XA (a {3}\r\nxyz (b)) UID 6)\r\n1 OK [X] x\r\n"),
		65536);
	assert_int_equal(r.first, 0);
	assert_int_equal(r.fetches, 2);
	r = feed_run(2,
		LIT("* 1 FETCH (UID 5 X \"a\"b)\r\n* 2 FETCH (FLAGS () X {3}\r\nabc \"a\"b UID "
		    "6)\r\n"
		    "* 3 FETCH (X \"a\r\nb\")\r\n1 OK [X] x\r\n"),
		65536);
	assert_int_equal(r.first, 0);
	assert_int_equal(r.fetches, 3);
	r = feed_run(1,
		LIT("* 3 EXISTS\r\n* OK [PERMANENTFLAGS ((\\Seen))] x\r\n* FLAGS ()\r\n"
		    "* ANNOTATION x\r\n1 OK [READ-ONLY] x\r\n"),
		65536);
	assert_int_equal(r.first, 0);
	assert_int_equal(r.exists, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_code_limit),
		cmocka_unit_test(test_tag_limit),
		cmocka_unit_test(test_status_limits),
		cmocka_unit_test(test_alert_limit),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_remembers),
		cmocka_unit_test(test_one_tag),
		cmocka_unit_test(test_libetpan_survives),
		cmocka_unit_test(test_libetpan_understands),
	};

	etpan_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
