/* Logging in: known conversations, the choice of the mechanism, and what is refused. */

#include "base/mem.h"
#include "net/sasl.h"
#include "tests/unit/fails.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The RFCs' conversations have fixed client nonces. gsasl draws bytes and codes them: both calls go
 * through these, which the dynamic linker finds first.
 */
static const char *fixed_nonce;
static const char marker[] = "\xaa\xaa\xaa\xaa\xaa\xaa";

int gsasl_nonce(char *data, size_t datalen);
int gsasl_nonce(char *data, size_t datalen)
{
	memset(data, 0xaa, datalen);
	return 0;
}

int gsasl_base64_to(const char *in, size_t inlen, char **out, size_t *outlen);
int gsasl_base64_to(const char *in, size_t inlen, char **out, size_t *outlen)
{
	int (*real)(const char *, size_t, char **, size_t *);

	if (fixed_nonce && inlen >= 6 && memcmp(in, marker, 6) == 0) {
		*out = mem_strdup(fixed_nonce);
		if (outlen)
			*outlen = strlen(fixed_nonce);
		return 0;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "gsasl_base64_to");
	return real(in, inlen, out, outlen);
}

static char *to64(const char *s, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct str out = STR_INIT;

	for (size_t i = 0; i < len; i += 3) {
		unsigned v = (unsigned)(unsigned char)s[i] << 16;

		if (i + 1 < len)
			v |= (unsigned)(unsigned char)s[i + 1] << 8;
		if (i + 2 < len)
			v |= (unsigned char)s[i + 2];
		str_addc(&out, digits[v >> 18]);
		str_addc(&out, digits[v >> 12 & 63]);
		str_addc(&out, i + 1 < len ? digits[v >> 6 & 63] : '=');
		str_addc(&out, i + 2 < len ? digits[v & 63] : '=');
	}
	return str_steal(&out);
}

static struct sasl *start(const char *offered, const char *mechanism, const char *user,
	const char *secret, bool encrypted, bool plain_allowed, const char *binding,
	struct err *err)
{
	struct net_login login = {.user = user, .secret = secret, .mechanism = mechanism};
	struct strv names = STRV_INIT;
	struct sasl *s = NULL;
	char *copy = mem_strdup(offered), *rest = copy, *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			strv_add(&names, word);
	sasl_start(&s, &names, &login, "imap", "server.example.com", encrypted, plain_allowed,
		SASL_STRONGEST, binding, binding ? strlen(binding) : 0, err);
	strv_done(&names);
	free(copy);
	return s;
}

/* One step: challenge and wanted answer in clear. */
static void expect(
	struct sasl *s, const char *challenge, const char *want, size_t want_len, bool want_done)
{
	struct str out = STR_INIT;
	char *in = to64(challenge, strlen(challenge)), *coded = to64(want, want_len);
	bool done = false;

	WORKS(sasl_step(s, in, &out, &done, &why));
	assert_string_equal(str_c(&out), coded);
	assert_int_equal(done, want_done);
	free(in);
	free(coded);
	str_done(&out);
}

static enum err_kind refuses(struct sasl *s, const char *challenge)
{
	struct str out = STR_INIT;
	struct err err = {0};
	char *in = to64(challenge, strlen(challenge));
	bool done = false;

	assert_int_equal(sasl_step(s, in, &out, &done, &err), -1);
	free(in);
	str_done(&out);
	return err.kind;
}

#define EXPECT(s, in, want, done) expect(s, in, want, sizeof(want) - 1, done)

/* RFC 5802 5. */
static void test_scram_sha_1(void **state)
{
	struct sasl *s;

	fixed_nonce = "fyko+d2lbbFgONRv9qkxdawL";
	s = start("SCRAM-SHA-1", NULL, "user", "pencil", true, false, NULL, NULL);
	assert_true(sasl_client_first(s));
	EXPECT(s, "", "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", false);
	EXPECT(s, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
		"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
		"p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		false);
	assert_int_equal(sasl_finish(s, NULL), -1);
	EXPECT(s, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", "", true);
	assert_int_equal(sasl_finish(s, NULL), 0);
	sasl_free(s);
	fixed_nonce = NULL;
}

/* RFC 7677 3. */
static struct sasl *scram_256(void)
{
	struct sasl *s;

	fixed_nonce = "rOprNGfwEbeRWgbNEkqO";
	s = start("PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-1", NULL, "user", "pencil", true, false,
		NULL, NULL);
	assert_string_equal(sasl_mechanism(s), "SCRAM-SHA-256");
	EXPECT(s, "", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", false);
	return s;
}

#define SERVER_FIRST                                                                               \
	"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i="

static void test_scram_sha_256(void **state)
{
	struct sasl *s = scram_256();

	EXPECT(s, SERVER_FIRST "4096",
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
		"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
		false);
	EXPECT(s, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "", true);
	assert_int_equal(sasl_finish(s, NULL), 0);
	sasl_free(s);
	fixed_nonce = NULL;
}

static void test_scram_false_server(void **state)
{
	static const char *const first[] = {SERVER_FIRST "4294967295", SERVER_FIRST "0",
		"r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "e=other-error", "", "garbage"};
	struct sasl *s;

	for (size_t i = 0; i < MEM_COUNT(first); i++) {
		s = scram_256();
		assert_true(refuses(s, first[i]) != ERR_NONE);
		assert_int_equal(sasl_finish(s, NULL), -1);
		sasl_free(s);
	}
	s = scram_256();
	EXPECT(s, SERVER_FIRST "4096",
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
		"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
		false);
	assert_true(refuses(s, "v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") != ERR_NONE);
	assert_int_equal(sasl_finish(s, NULL), -1);
	sasl_free(s);
	fixed_nonce = NULL;
}

/* RFC 2195 2. */
/* A server may not keep the processor busy for long. */
static void test_scram_work(void **state)
{
	static const struct {
		const char *first;
		bool taken;
	} cases[] = {
		{SERVER_FIRST "999999", true},
		{SERVER_FIRST "1000000", true},
		{SERVER_FIRST "1000001", false},
		{SERVER_FIRST "10000000", false},
		{SERVER_FIRST "18446744073709551617", false},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct sasl *s = scram_256();
		struct str out = STR_INIT;
		char *in = to64(cases[i].first, strlen(cases[i].first));
		bool done;

		assert_int_equal(sasl_step(s, in, &out, &done, &why), cases[i].taken ? 0 : -1);
		if (!cases[i].taken)
			assert_non_null(strstr(why.text, "1000000 times"));
		free(in);
		str_done(&out);
		sasl_free(s);
	}
	fixed_nonce = NULL;
}

/* One account has up to three servers: what is asked for and not there gives way to nothing weaker.
 */
static void test_wanted_elsewhere(void **state)
{
	static const struct {
		const char *offered, *wanted, *used; /* NULL: none */
	} cases[] = {
		{"PLAIN LOGIN", "LOGIN", "LOGIN"},
		{"PLAIN", "LOGIN", "PLAIN"},
		{"LOGIN", "PLAIN", "LOGIN"},
		{"SCRAM-SHA-256", "LOGIN", "SCRAM-SHA-256"},
		{"SCRAM-SHA-1 PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1"},
		{"PLAIN LOGIN", "SCRAM-SHA-256", NULL},
		{"PLAIN", "CRAM-MD5", NULL},
		{"PLAIN SCRAM-SHA-256", "oauth2", NULL},
		{"PLAIN", "XOAUTH2", NULL},
		{"PLAIN", "bogus", NULL},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct sasl *s = start(cases[i].offered, cases[i].wanted, "user", "pencil", true,
			false, NULL, &why);

		if (!cases[i].used)
			assert_null(s);
		else
			assert_string_equal(sasl_mechanism(s), cases[i].used);
		sasl_free(s);
	}
}

static void test_cram_md5(void **state)
{
	struct sasl *s = start(
		"LOGIN PLAIN CRAM-MD5", NULL, "tim", "tanstaaftanstaaf", false, false, NULL, NULL);

	assert_string_equal(sasl_mechanism(s), "CRAM-MD5");
	assert_false(sasl_client_first(s));
	EXPECT(s, "<1896.697170952@postoffice.reston.mci.net>",
		"tim b913a602c7eda7a495b4e6e7334d3890", true);
	assert_int_equal(sasl_finish(s, NULL), 0);
	assert_true(refuses(s, "more") == ERR_PROTOCOL);
	sasl_free(s);
}

static void test_plain_and_login(void **state)
{
	struct sasl *s = start("PLAIN LOGIN", NULL, "tim", "p\xc3\xa4ss", true, false, NULL, NULL);

	EXPECT(s, "", "\0tim\0p\xc3\xa4ss", true);
	assert_int_equal(sasl_finish(s, NULL), 0);
	sasl_free(s);
	s = start("LOGIN", NULL, "tim", "pass", true, false, NULL, NULL);
	EXPECT(s, "Username:", "tim", false);
	EXPECT(s, "Password:", "pass", true);
	sasl_free(s);
}

static void test_oauth(void **state)
{
	struct sasl *s = start("PLAIN XOAUTH2", "oauth2", "someuser@example.com",
		"ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", true, false, NULL, NULL);
	struct str out = STR_INIT;
	bool done = false;

	assert_int_equal(sasl_step(s, "", &out, &done, NULL), 0);
	assert_string_equal(out.p, "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWR"
				   "mdDRxbVRjMk52YjNSbGNrQmhk"
				   "SFJoZG1semRHRXVZMjl0Q2cBAQ==");
	EXPECT(s, "{\"status\":\"401\"}", "", true);
	assert_true(refuses(s, "more") == ERR_PROTOCOL);
	sasl_free(s);
	str_done(&out);
	s = start("XOAUTH2 OAUTHBEARER", "oauth2", "us,er@example.com", "tok", true, false, NULL,
		NULL);
	assert_string_equal(sasl_mechanism(s), "OAUTHBEARER");
	EXPECT(s, "",
		"n,a=us=2Cer@example.com,\001host=server.example.com\001auth=Bearer tok\001\001",
		true);
	EXPECT(s, "{\"status\":\"invalid_token\"}", "\001", true);
	sasl_free(s);
}

static void test_choice(void **state)
{
	static const struct {
		const char *offered, *wanted;
		bool encrypted, plain_allowed;
		const char *binding, *want; /* NULL: refused */
	} cases[] = {
		{"PLAIN LOGIN", NULL, false, false, NULL, NULL},
		{"PLAIN LOGIN", "PLAIN", false, false, NULL, NULL},
		{"LOGIN", "login", false, false, NULL, NULL},
		{"XOAUTH2", "oauth2", false, false, NULL, NULL},
		{"OAUTHBEARER", "OAUTHBEARER", false, false, NULL, NULL},
		{"LOGIN PLAIN", NULL, false, true, NULL, "PLAIN"},
		{"LOGIN plain", NULL, true, false, NULL, "PLAIN"},
		{"CRAM-MD5 PLAIN", NULL, true, false, NULL, "PLAIN"},
		{"CRAM-MD5 PLAIN", NULL, false, true, NULL, "CRAM-MD5"},
		{"CRAM-MD5", NULL, true, false, NULL, NULL},
		{"CRAM-MD5", "cram-md5", true, false, NULL, "CRAM-MD5"},
		{"SCRAM-SHA-256-PLUS SCRAM-SHA-256", NULL, true, false, "bind",
			"SCRAM-SHA-256-PLUS"},
		{"SCRAM-SHA-256-PLUS SCRAM-SHA-256", NULL, true, false, NULL, "SCRAM-SHA-256"},
		{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256-PLUS", true, false, NULL, NULL},
		{"SCRAM-SHA-1-PLUS SCRAM-SHA-256", NULL, true, false, "bind", "SCRAM-SHA-256"},
		{"GSSAPI ANONYMOUS", NULL, true, false, NULL, NULL},
		{"ANONYMOUS", "ANONYMOUS", true, false, NULL, NULL},
		{"PLAIN", "SCRAM-SHA-256", true, false, NULL, NULL},
		{"", NULL, true, true, NULL, NULL},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct err err = {0};
		struct sasl *s = start(cases[i].offered, cases[i].wanted, "u", "p",
			cases[i].encrypted, cases[i].plain_allowed, cases[i].binding, &err);

		if (!s != !cases[i].want)
			fail_msg("case %zu: %s", i, err.text);
		if (s)
			assert_string_equal(sasl_mechanism(s), cases[i].want);
		else
			assert_int_equal(err.kind, ERR_AUTH);
		sasl_free(s);
	}
}

static void test_plus_names_the_binding(void **state)
{
	struct sasl *s;

	fixed_nonce = "rOprNGfwEbeRWgbNEkqO";
	s = start("SCRAM-SHA-256-PLUS", NULL, "user", "pencil", true, false, "bind", NULL);
	EXPECT(s, "", "p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO", false);
	sasl_free(s);
	s = start("SCRAM-SHA-256", NULL, "user", "pencil", true, false, "bind", NULL);
	EXPECT(s, "", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", false);
	sasl_free(s);
	fixed_nonce = NULL;
}

static void test_bad_login(void **state)
{
	struct err err = {0};

	assert_null(start("PLAIN", NULL, "", "p", true, false, NULL, &err));
	assert_null(start("PLAIN", NULL, NULL, "p", true, false, NULL, &err));
	assert_null(start("PLAIN", NULL, "u\r\nA1 X", "p", true, false, NULL, &err));
	assert_null(start("XOAUTH2", "oauth2", "u", "p\001x", true, false, NULL, &err));
	assert_int_equal(err.kind, ERR_AUTH);
}

static void test_malformed_challenge(void **state)
{
	struct sasl *s = start("CRAM-MD5", NULL, "u", "p", false, false, NULL, NULL);
	struct str out = STR_INIT;
	bool done = false;

	FAILS(ERR_PROTOCOL, sasl_step(s, "%%%", &out, &done, &why));
	assert_int_equal(sasl_step(s, "AAAA", &out, &done, &why), -1); /* NULs */
	sasl_free(s);
	str_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scram_sha_1),
		cmocka_unit_test(test_scram_sha_256),
		cmocka_unit_test(test_scram_false_server),
		cmocka_unit_test(test_scram_work),
		cmocka_unit_test(test_wanted_elsewhere),
		cmocka_unit_test(test_cram_md5),
		cmocka_unit_test(test_plain_and_login),
		cmocka_unit_test(test_oauth),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_plus_names_the_binding),
		cmocka_unit_test(test_bad_login),
		cmocka_unit_test(test_malformed_challenge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
