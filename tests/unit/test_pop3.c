#include "net/pop3.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/unit/rude.h"
#include "tests/unit/fails.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a rude server --- */

/* None of these may make the client say who it is. */
static const struct rude_case no_login[] = {
	{"STLS missing", "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: SASL PLAIN LOGIN\nS: .",
		NET_STARTTLS, ERR_CERT},
	{"CAPA hidden", "S: +OK\nC: CAPA\nS: -ERR what", NET_STARTTLS, ERR_CERT},
	{"APOP timestamp", "S: +OK <1896.697170952@x>\nC: CAPA\nS: -ERR", NET_STARTTLS, ERR_CERT},
	{"STLS refused",
		"S: +OK\nC: CAPA\nS: +OK\nS: STLS\nS: SASL PLAIN\nS: .\nC: STLS\nS: -ERR no",
		NET_STARTTLS, ERR_CERT},
	{"cut at STLS", "S: +OK\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nX", NET_STARTTLS,
		ERR_NETWORK},
	{"STLS without TLS",
		"S: +OK\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nS: +OK go\nS: +OK hello",
		NET_STARTTLS, RUDE_EITHER},
	{"injected behind STLS",
		"S: +OK\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nS~ +OK\\r\\n+OK\\r\\nSASL "
		"PLAIN\\r\\n.\\r\\n",
		NET_STARTTLS, ERR_PROTOCOL},
	{"binary behind STLS",
		"S: +OK\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nS~ +OK\\r\\n\\0\\0zz",
		NET_STARTTLS, RUDE_EITHER},
	/* Before TLS nobody's word is final, and before a login no word is about a password. */
	{"greeting -ERR before TLS", "S: -ERR stranger", NET_STARTTLS, ERR_AGAIN},
	{"greeting [AUTH] before TLS", "S: -ERR [AUTH] stranger", NET_STARTTLS, ERR_AGAIN},
	{"greeting [SYS/PERM] before TLS", "S: -ERR [SYS/PERM] stranger", NET_STARTTLS, ERR_AGAIN},
	{"greeting -ERR", "S: -ERR go away", NET_PLAIN, ERR_AGAIN},
	{"greeting [AUTH]", "S: -ERR [AUTH] go away", NET_PLAIN, ERR_AGAIN},
	{"greeting busy", "S: -ERR [SYS/TEMP] go away", NET_PLAIN, ERR_AGAIN},
	{"greeting garbage", "S: \033[31mHTTP/1.1 400", NET_PLAIN, ERR_PROTOCOL},
	{"greeting of a list", "S: 1 100", NET_PLAIN, ERR_PROTOCOL},
	{"nothing", "X", NET_PLAIN, ERR_NETWORK},
	{"endless CAPA", "S: +OK\nC: CAPA\nS: +OK\nR 5000 X-FOO", NET_PLAIN, ERR_PROTOCOL},
	{"cut CAPA", "S: +OK\nC: CAPA\nS: +OK\nS: SASL PLAIN\nX", NET_PLAIN, ERR_NETWORK},
};

static int no_pop3(const struct net_server *server, struct err *err)
{
	struct pop3 *p;
	int rc = pop3_open(&p, server, &rude_quick, &rude_alice, NULL, err);

	assert_null(p);
	if (strstr(err->text, "stranger"))
		fail_msg("shown: %s", err->text);
	return rc;
}

static void test_no_login(void **state)
{
	static const char *const never[] = {"alice", "AUTH", "USER", NULL};

	rude_must_fail(no_login, MEM_COUNT(no_login), PROTOCOL_POP3, no_pop3, never);
}

#define HELLO "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: UIDL\nS: TOP\nS: PIPELINING\nS: .\n"
#define LOGIN HELLO "C: USER alice\nS: +OK\nC: PASS wonderland-42\nS: +OK\n"

__attribute__((format(printf, 1, 2))) static struct pop3 *open_rude(const char *fmt, ...)
{
	struct str script = STR_INIT;
	struct net_server server;
	struct pop3 *s;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&script, fmt, ap);
	va_end(ap);
	server = rude_play(script.p, PROTOCOL_POP3);
	WORKS(pop3_open(&s, &server, &rude_quick, &rude_alice, NULL, &why));
	str_done(&script);
	return s;
}

static void test_login_answers(void **state)
{
	static const struct rude_case cases[] = {
		{"refused", HELLO "C: USER\nS: +OK\nC: PASS\nS: -ERR nope", NET_PLAIN, ERR_AUTH},
		{"in use", HELLO "C: USER\nS: +OK\nC: PASS\nS: -ERR [IN-USE] x", NET_PLAIN,
			ERR_AGAIN},
		{"many",
			HELLO "C: USER\nS: +OK\nC: PASS\nS: -ERR Too many simultaneous connections",
			NET_PLAIN, ERR_AGAIN},
		{"many failures",
			HELLO
			"C: USER\nS: +OK\nC: PASS\nS: -ERR Too many failed logins in this session",
			NET_PLAIN, ERR_AUTH},
		{"delay", HELLO "C: USER\nS: -ERR [login-delay] x", NET_PLAIN, ERR_AGAIN},
		{"perm", HELLO "C: USER\nS: -ERR [SYS/PERM] x", NET_PLAIN, ERR_REFUSED},
		{"wrong", HELLO "C: USER\nS: maybe", NET_PLAIN, ERR_PROTOCOL},
		{"never ends", "S: +OK\nC: CAPA\nS: +OK\nS: SASL LOGIN\nS: .\nC: AUTH\nR 40 + AAAA",
			NET_PLAIN, 0},
	};

	rude_must_fail(cases, MEM_COUNT(cases), PROTOCOL_POP3, no_pop3, NULL);
}

/* CAPA has an end, and the word that is known may be the last of many. */
static void test_long_capa(void **state)
{
	for (int lines = 198; lines <= 200; lines++) {
		struct str script = STR_INIT;
		struct net_server server;
		struct err err = {0};
		struct pop3 *p = NULL;
		int rc;

		str_addf(&script, "S: +OK\nC: CAPA\nS: +OK\nR %d X\nS: SASL", lines - 1);
		for (int i = 0; i < 300; i++)
			str_addf(&script, " X-%d", i);
		str_adds(&script, " PLAIN\nS: .\n");
		if (lines < 200)
			str_adds(&script, "C: AUTH PLAIN\nS: +OK\nC: CAPA\nS: -ERR");
		server = rude_play(script.p, PROTOCOL_POP3);
		rc = pop3_open(&p, &server, &rude_quick, &rude_alice, NULL, &err);
		if (rc != (lines > 199 ? -1 : 0))
			fail_msg("%d: %s", lines, err.text);
		if (rc)
			assert_int_equal(err.kind, ERR_PROTOCOL);
		pop3_free(p);
		rude_played();
		str_done(&script);
	}
}

static void test_list_lies(void **state)
{
	struct pop3 *p = open_rude(
		LOGIN "C: LIST\nC: UIDL\nS: +OK\nS: 0 100\nS: 3 30\nS: 2000001 1\nS: 400000000 "
		      "1\nS: 1 10\nS: 2 -5\n"
		      "S: 1 99\nS: 4 99999999999999999999999\nS: nonsense\nS: 2 20\nS: 5 50 extra\n"
		      "S: .\nS: +OK\nS: 0 zero\nS: 1 same\nS: 2 same\nS: 3 good\nS: 9 none\n"
		      "S: 5 with space\nS: 3000000 x\nS: .");
	struct pop3_list list;

	WORKS(pop3_list(p, &list, &why));
	assert_int_equal(list.n, 5);
	assert_int_equal(list.odd, 3);
	assert_int_equal(list.over, 3);
	assert_int_equal(list.v[0].number, 1);
	assert_int_equal(list.v[0].size, 10);
	assert_string_equal(list.v[0].uidl, "");
	assert_string_equal(list.v[1].uidl, "");
	assert_int_equal(list.v[1].size, 20);
	assert_string_equal(list.v[2].uidl, "good");
	assert_int_equal(list.v[3].number, 4);
	assert_int_equal(list.v[3].size, 0);
	assert_int_equal(list.v[4].number, 5);
	assert_int_equal(list.v[4].size, 50);
	assert_string_equal(list.v[4].uidl, "");
	pop3_list_done(&list);
	pop3_free(p);
	rude_played();
}

/* The size is a hint, and blanks are blanks: neither costs a message. */
static void test_list_rows(void **state)
{
	static const struct {
		const char *row;
		int size; /* -1: not there */
	} cases[] = {
		{"1 10", 10},
		{"1  10", 10},
		{"1\t10", 10},
		{" 1 10 ", 10},
		{"1 10 octets", 10},
		{"1", 0},
		{"1 ", 0},
		{"1 %!d(float64=10)", 0},
		{"1 10.0", 0},
		{"1 -1", 0},
		{"1 0", 0},
		{"1 99999999999999999999", 0},
		{"2000000 10", 10},
		{"2000001 10", -1},
		{"x 10", -1},
		{"-1 10", -1},
		{"", -1},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct pop3_list list;
		struct pop3 *p = open_rude(LOGIN
			"C: LIST\nC: UIDL\nS: +OK\nS: %s\nS: .\nS: +OK\nS: 1 \t uid \nS: .",
			cases[i].row);

		if (pop3_list(p, &list, &why))
			fail_msg("%s: %s", cases[i].row, why.text);
		if (list.n != (cases[i].size >= 0) ||
			(list.n && list.v[0].size != (uint64_t)cases[i].size))
			fail_msg("%s: %zu", cases[i].row, list.n);
		if (list.n && list.v[0].number == 1)
			assert_string_equal(list.v[0].uidl, "uid");
		assert_int_equal(list.odd + list.over, cases[i].size < 0);
		pop3_list_done(&list);
		pop3_free(p);
		rude_played();
	}
}

/* -ERR to LIST is what some say where there is nothing to list. */
static void test_list_refused(void **state)
{
	static const struct {
		const char *script;
		int rc;
	} cases[] = {
		{LOGIN "C: LIST\nC: UIDL\nS: -ERR nothing\nS: -ERR nothing\nC: STAT\nS: +OK 0 0",
			0},
		{LOGIN "C: LIST\nC: UIDL\nS: -ERR nothing\nS: +OK\nS: .\nC: STAT\nS: +OK  0 0", 0},
		{LOGIN "C: LIST\nC: UIDL\nS: -ERR broken\nS: -ERR broken\nC: STAT\nS: +OK 1 100",
			-1},
		{LOGIN "C: LIST\nC: UIDL\nS: -ERR broken\nS: +OK\nS: .\nC: STAT\nS: +OK", -1},
		{LOGIN "C: LIST\nC: UIDL\nS: -ERR broken\nS: +OK\nS: .\nC: STAT\nS: -ERR no", -1},
		{LOGIN "C: LIST\nC: UIDL\nS: -ERR broken\nS: +OK\nS: .\nC: STAT\nX", -1},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct pop3_list list;
		struct pop3 *p = open_rude("%s", cases[i].script);

		assert_int_equal(pop3_list(p, &list, &why), cases[i].rc);
		assert_int_equal(list.n, 0);
		if (cases[i].rc)
			assert_non_null(strstr(why.text, "broken"));
		pop3_free(p);
		rude_played();
	}
}

static void test_uidl_details(void **state)
{
	char script[2000], seventy[71], more[72];
	struct pop3_list list;
	struct pop3 *p;

	memset(seventy, 'a', 70);
	memset(more, 'b', 71);
	seventy[70] = more[71] = '\0';
	snprintf(script, sizeof(script),
		LOGIN
		"C: LIST\nC: UIDL\nS: +OK\nS: 1 1\nS: 2 2\nS: 3 3\nS: .\nS: +OK\nS: 1 %s\nS: 2 "
		"%s\nS: 3 x\nS: 3 y\nS: .",
		seventy, more);
	p = open_rude("%s", script);
	assert_int_equal(pop3_list(p, &list, NULL), 0);
	assert_string_equal(list.v[0].uidl, seventy);
	assert_string_equal(list.v[1].uidl, "");
	assert_string_equal(list.v[2].uidl, "");
	pop3_list_done(&list);
	pop3_free(p);
	rude_played();
}

static void test_no_uidl(void **state)
{
	struct pop3 *p = open_rude("S: +OK\nC: CAPA\nS: -ERR\nC: USER\nS: +OK\nC: PASS\nS: +OK\n"
				   "C: LIST\nS: +OK\nS: 1 5\nS: .\nC: UIDL\nS: -ERR what");
	struct pop3_list list;

	assert_true(pop3_can(p) & POP3_UIDL);
	assert_int_equal(pop3_list(p, &list, NULL), 0);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.v[0].uidl, "");
	assert_false(pop3_can(p) & POP3_UIDL);
	pop3_list_done(&list);
	pop3_free(p);
	rude_played();
}

static void test_endless_list(void **state)
{
	struct pop3 *p = open_rude(LOGIN "C: LIST\nC: UIDL\nS: +OK\nR 300000 1 1\nX");
	struct pop3_list list;

	FAILS(ERR_NETWORK, pop3_list(p, &list, &why));
	assert_int_equal(pop3_list(p, &list, &why), -1);
	pop3_free(p);
	rude_played();
}

struct taken {
	struct str all;
	size_t n, failed, stop_after;
	enum err_kind kind;
};

static void take(void *ctx, uint32_t number, struct str *message, const struct err *err)
{
	struct taken *t = ctx;

	t->n++;
	if (message) {
		str_addf(&t->all, "%u[", number);
		str_add(&t->all, str_c(message), message->len);
		str_adds(&t->all, "]");
	} else {
		t->failed++;
		t->kind = err->kind;
	}
}

static bool enough(void *ctx)
{
	const struct taken *t = ctx;

	return t->n >= t->stop_after;
}

static void test_retr(void **state)
{
	struct pop3 *p =
		open_rude(LOGIN "C: RETR 1\nC: RETR 2\nC: RETR 3\nC: RETR 4\nC: RETR 5\n"
				"S: +OK\nS: A: b\nS: \nS: ..dot\nS: ...\nS: .x\nS: .\n"
				"S: -ERR gone\n"
				"S: +OK\nR 100 0123456789\nS: .\n"
				"S: +OK\nS~ a\\0b\\nc\\r\\n.\\r\\n"
				"\nS: +OK\nS: .\nC: DELE 1\nS: +OK\nC: QUIT\nS: -ERR not removed");
	static const uint32_t numbers[] = {1, 2, 3, 4, 5};
	struct taken t = {0};
	bool gone = false;

	WORKS(pop3_retr(p, numbers, 5, 500, take, NULL, &t, &why));
	assert_int_equal(t.n, 5);
	assert_int_equal(t.failed, 2);
	assert_int_equal(t.kind, ERR_REFUSED); /* the last failure: 3 is too large */
	static const char want[] = "1[A: b\r\n\r\n.dot\r\n..\r\nx\r\n]4[a\0b\r\nc\r\n]5[]";
	assert_int_equal(t.all.len, sizeof(want) - 1);
	assert_memory_equal(t.all.p, want, sizeof(want) - 1);
	str_done(&t.all);
	WORKS(pop3_dele_many(p, numbers, 1, &gone, &why));
	assert_true(gone);
	FAILS(ERR_REFUSED, pop3_quit(p, &why));
	pop3_free(p);
	rude_played();
}

static void test_retr_cut(void **state)
{
	struct pop3 *p = open_rude(LOGIN "C: RETR 1\nC: RETR 2\nS: +OK\nS: half a messa\nX");
	static const uint32_t numbers[] = {1, 2};
	struct taken t = {0};

	FAILS(ERR_NETWORK, pop3_retr(p, numbers, 2, 500, take, NULL, &t, &why));
	assert_int_equal(t.n, 0);
	pop3_free(p);
	rude_played();
}

static void test_retr_endless(void **state)
{
	struct pop3 *p = open_rude(
		LOGIN "C: RETR 1\nS: +OK\nR 1000000 0123456789012345678901234567890123456789");
	static const uint32_t numbers[] = {1};
	struct taken t = {0};
	struct err err = {0};

	assert_int_equal(pop3_retr(p, numbers, 1, 1000, take, NULL, &t, &err), -1);
	if (err.kind != ERR_PROTOCOL)
		fail_msg("%s", err.text);
	assert_int_equal(t.n, 0);
	pop3_free(p);
	rude_played();
}

static void test_retr_stop(void **state)
{
	struct pop3 *p =
		open_rude(LOGIN "C: RETR 1\nC: RETR 2\nS: +OK\nS: one\nS: .\nS: +OK\nS: two\nS: .");
	static const uint32_t numbers[] = {1, 2};
	struct taken t = {.stop_after = 1};
	bool gone;

	FAILS(ERR_CANCELLED, pop3_retr(p, numbers, 2, 1000, take, enough, &t, &why));
	assert_string_equal(t.all.p, "1[one\r\n]");
	/* What is under way must not be taken for the answer to something else. */
	assert_int_equal(pop3_dele_many(p, numbers, 1, &gone, &why), -1);
	str_done(&t.all);
	pop3_free(p);
	rude_played();
}

static void test_cancel(void **state)
{
	struct net_cancel *cancel = net_cancel_new();
	struct net_server server = rude_play("", PROTOCOL_POP3);
	struct pop3 *p;
	struct err err = {0};

	net_cancel_now(cancel);
	assert_int_equal(pop3_open(&p, &server, &rude_quick, &rude_alice, cancel, &err), -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
	net_cancel_unref(cancel);
	/* The server may never have seen a connection: make one, so that its thread ends. */
	assert_int_equal(
		pop3_open(&p, &server, &(struct net_options){.idle_ms = 50, .connect_ms = 1000},
			&rude_alice, NULL, &err),
		-1);
	assert_int_equal(err.kind, ERR_NETWORK);
	rude_played();
}

static void test_bad_login_text(void **state)
{
	struct net_login bad = {"alice\r\nDELE 1", "x", NULL};
	struct net_server server = rude_play(HELLO, PROTOCOL_POP3);
	struct pop3 *p;

	assert_int_equal(pop3_open(&p, &server, &rude_quick, &bad, NULL, &why), -1);
	assert_null(strstr(rude_played(), "DELE"));
}

/* --- Dovecot --- */

static struct pop3 *open_real(const char *port, enum net_security security, const char *mechanism)
{
	struct net_server server = real_server(port, PROTOCOL_POP3, security);
	struct net_options options = rude_quick;
	struct net_login login = {"bob", getenv("SRV_PASSWORD"), mechanism};
	struct pop3 *p;

	options.tls_ca = getenv("SRV_CA");
	if (pop3_open(&p, &server, &options, &login, NULL, &why))
		fail_msg("%s %s: %s", port, mechanism ? mechanism : "-", why.text);
	return p;
}

static void put_mail(int n)
{
	/* The first login makes the Maildir. */
	pop3_free(open_real("SRV_POP3S", NET_TLS, NULL));
	for (int i = 0; i < n; i++) {
		char path[1024];
		FILE *f;

		snprintf(path, sizeof(path), "%s/bob/Maildir/new/170000000%d.%d.test",
			getenv("SRV_MAIL"), i % 10, i);
		f = fopen(path, "w");
		assert_non_null(f);
		fprintf(f, "From: a@example.org\nSubject: number %d\n\n.dot\n..\nline %d", i, i);
		fclose(f);
	}
}

static void test_real_logins(void **state)
{
	static const char *const mechanisms[] = {
		NULL, "PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5"};

	for (size_t i = 0; i < MEM_COUNT(mechanisms); i++) {
		struct pop3 *p = open_real(i % 2 ? "SRV_POP3" : "SRV_POP3S",
			i % 2 ? NET_STARTTLS : NET_TLS, mechanisms[i]);
		struct str text = STR_INIT;

		pop3_describe(p, &text);
		assert_non_null(strstr(text.p, mechanisms[i] ? mechanisms[i] : "SCRAM"));
		str_done(&text);
		assert_int_equal(pop3_quit(p, NULL), 0);
		pop3_free(p);
	}
}

/* Of hal the server has only a hash, and offers SCRAM all the same: the password goes to it under
 * TLS, once. */
static void test_real_hash_only(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct net_server server = real_server(
			i ? "SRV_POP3" : "SRV_POP3S", PROTOCOL_POP3, i ? NET_STARTTLS : NET_TLS);
		struct net_options options = rude_quick;
		struct net_login login = {"hal", getenv("SRV_PASSWORD"), NULL};
		struct pop3 *s;
		struct str text = STR_INIT;

		options.tls_ca = getenv("SRV_CA");
		WORKS(pop3_open(&s, &server, &options, &login, NULL, &why));
		pop3_describe(s, &text);
		assert_non_null(strstr(text.p, "PLAIN"));
		str_done(&text);
		pop3_free(s);
		login.secret = "wrong";
		FAILS(ERR_AUTH, pop3_open(&s, &server, &options, &login, NULL, &why));
		/* Who asks for SCRAM does not want the password to be seen. */
		login.secret = getenv("SRV_PASSWORD");
		login.mechanism = "SCRAM-SHA-256";
		FAILS(ERR_AUTH, pop3_open(&s, &server, &options, &login, NULL, &why));
	}
}

/* A bearer token, by either of its mechanisms. */
static void test_real_tokens(void **state)
{
	static const char *const mechanisms[] = {"XOAUTH2", "OAUTHBEARER", "oauth2"};
	const char *src = getenv("srcdir") ? getenv("srcdir") : "..";
	char *tool = kept(file_join(src, "tests/servers/servers"));
	const char *argv[] = {tool, "token", getenv("SRV_DIR"), "bob", NULL};
	struct run_limits limits = {.timeout_ms = 30000, .max_output = 65536, .cancel_fd = -1};
	struct str token = STR_INIT;

	assert_int_equal(run_capture(argv, &limits, &token, NULL), 0);
	str_cut(&token, strcspn(str_c(&token), "\r\n"));
	for (size_t i = 0; i < MEM_COUNT(mechanisms); i++) {
		struct net_server server = real_server("SRV_POP3S", PROTOCOL_POP3, NET_TLS);
		struct net_options options = rude_quick;
		struct net_login login = {"bob", str_c(&token), mechanisms[i]};
		struct pop3 *p;

		options.tls_ca = getenv("SRV_CA");
		if (pop3_open(&p, &server, &options, &login, NULL, &why))
			fail_msg("%s: %s", mechanisms[i], why.text);
		assert_int_equal(pop3_quit(p, NULL), 0);
		pop3_free(p);
	}
	str_done(&token);
}

static void test_real_wrong_password(void **state)
{
	struct net_server server = real_server("SRV_POP3S", PROTOCOL_POP3, NET_TLS);
	struct net_options options = rude_quick;
	struct net_login login = {"bob", "wrong", NULL};
	struct pop3 *p;

	options.tls_ca = getenv("SRV_CA");
	FAILS(ERR_AUTH, pop3_open(&p, &server, &options, &login, NULL, &why));
}

static void test_real_mail(void **state)
{
	struct pop3_list list;
	struct taken t = {0};
	struct err err = {0};
	uint32_t numbers[100];
	bool gone[100] = {false};
	struct pop3 *p;

	put_mail(100);
	p = open_real("SRV_POP3", NET_STARTTLS, NULL);
	assert_true(pop3_can(p) & POP3_PIPELINING);
	assert_int_equal(pop3_list(p, &list, &err), 0);
	assert_true(list.n >= 100);
	for (size_t i = 0; i < 100; i++) {
		numbers[i] = list.v[i].number;
		assert_true(list.v[i].uidl[0]);
	}
	assert_int_equal(pop3_retr(p, numbers, 100, 1 << 20, take, NULL, &t, &err), 0);
	assert_int_equal(t.n, 100);
	assert_int_equal(t.failed, 0);
	assert_non_null(strstr(t.all.p, "\r\n\r\n.dot\r\n..\r\nline 0\r\n]"));
	str_clear(&t.all);
	assert_int_equal(pop3_top(p, numbers, 100, 1, take, NULL, &t, &err), 0);
	assert_non_null(strstr(t.all.p, "\r\n\r\n.dot\r\n]"));
	assert_null(strstr(t.all.p, "line 0"));
	str_done(&t.all);
	assert_int_equal(pop3_dele_many(p, numbers, 100, gone, &err), 0);
	for (size_t i = 0; i < 100; i++)
		assert_true(gone[i]);
	assert_int_equal(pop3_dele_many(p, numbers, 1, gone, &err), 0);
	assert_false(gone[0]);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_int_equal(pop3_quit(p, &err), 0);
	pop3_free(p);
	pop3_list_done(&list);
	p = open_real("SRV_POP3S", NET_TLS, NULL);
	assert_int_equal(pop3_list(p, &list, &err), 0);
	assert_int_equal(list.n, 0);
	pop3_list_done(&list);
	pop3_free(p);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_no_login),
		cmocka_unit_test(test_login_answers),
		cmocka_unit_test(test_long_capa),
		cmocka_unit_test(test_list_lies),
		cmocka_unit_test(test_list_rows),
		cmocka_unit_test(test_list_refused),
		cmocka_unit_test(test_uidl_details),
		cmocka_unit_test(test_no_uidl),
		cmocka_unit_test(test_endless_list),
		cmocka_unit_test(test_retr),
		cmocka_unit_test(test_retr_cut),
		cmocka_unit_test(test_retr_endless),
		cmocka_unit_test(test_retr_stop),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_bad_login_text),
		cmocka_unit_test(test_real_logins),
		cmocka_unit_test(test_real_hash_only),
		cmocka_unit_test(test_real_tokens),
		cmocka_unit_test(test_real_wrong_password),
		cmocka_unit_test(test_real_mail),
	};

	return rude_main("pop3", all, MEM_COUNT(all), 5, argv);
}
