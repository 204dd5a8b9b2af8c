/* Server addresses as the user writes them. */

#include "base/mem.h"
#include "net/connect.h"
#include "net/net.h"
#include "tests/unit/fails.h"

#include <poll.h>
#include <string.h>

static void test_addresses(void **state)
{
	static const struct {
		const char *url;
		enum protocol protocol;
		enum net_security security;
		const char *user, *host;
		unsigned port;
	} good[] = {
		{"imaps://alice@imap.example.org", PROTOCOL_IMAP, NET_TLS, "alice",
			"imap.example.org", 993},
		{"IMAPS://imap.example.org/", PROTOCOL_IMAP, NET_TLS, "", "imap.example.org", 993},
		{"imap://a@h", PROTOCOL_IMAP, NET_STARTTLS, "a", "h", 143},
		{"imap+insecure://h", PROTOCOL_IMAP, NET_PLAIN, "", "h", 143},
		{"pop3s://h", PROTOCOL_POP3, NET_TLS, "", "h", 995},
		{"pop3://h", PROTOCOL_POP3, NET_STARTTLS, "", "h", 110},
		{"pop3+insecure://h:1", PROTOCOL_POP3, NET_PLAIN, "", "h", 1},
		{"smtps://h", PROTOCOL_SMTP, NET_TLS, "", "h", 465},
		{"smtp://h:65535", PROTOCOL_SMTP, NET_STARTTLS, "", "h", 65535},
		{"smtp+insecure://h", PROTOCOL_SMTP, NET_PLAIN, "", "h", 587},
		{"imaps://a@b.org@h", PROTOCOL_IMAP, NET_TLS, "a@b.org", "h", 993},
		{"imaps://a%40b%3a@h", PROTOCOL_IMAP, NET_TLS, "a@b:", "h", 993},
		{"imaps://[::1]:99", PROTOCOL_IMAP, NET_TLS, "", "::1", 99},
		{"imaps://a@[2001:db8::1]", PROTOCOL_IMAP, NET_TLS, "a", "2001:db8::1", 993},
		{"imaps://bücher.example", PROTOCOL_IMAP, NET_TLS, "", "bücher.example", 993},
	};
	static const char *const bad[] = {"", "h", "http://h", "imaps:/h", "imaps://", "imaps://a@",
		"imaps://h:0", "imaps://h:65536", "imaps://h:x", "imaps://h:99999999999999999999",
		"imaps://[::1", "imaps://[::1]x", "imaps://h h", "imaps://h\r\nx", "imaps://%zz@h",
		"imaps://a%0d@h", "imaps://a%4", "imaps://a%4@h", "imaps+insecure://h",
		"imaps://h/INBOX", "://h"};
	struct net_server s;
	struct err err;

	for (size_t i = 0; i < MEM_COUNT(good); i++) {
		if (net_server_parse(&s, good[i].url, &err) < 0)
			fail_msg("%s: %s", good[i].url, err.text);
		assert_int_equal(s.protocol, good[i].protocol);
		assert_int_equal(s.security, good[i].security);
		assert_string_equal(s.user, good[i].user);
		assert_string_equal(s.host, good[i].host);
		assert_int_equal(s.port, good[i].port);
	}
	for (size_t i = 0; i < MEM_COUNT(bad); i++) {
		memset(&err, 0, sizeof(err));
		if (net_server_parse(&s, bad[i], &err) == 0)
			fail_msg("%s", bad[i]);
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

static void test_long_addresses(void **state)
{
	char url[1200] = "imaps://";
	struct net_server s;

	memset(url + 8, 'a', 1000);
	assert_int_equal(net_server_parse(&s, url, &why), -1);
	memcpy(url + 900, "@h", 3);
	assert_int_equal(net_server_parse(&s, url, &why), -1);
	memset(url + 8, 'a', 255);
	memcpy(url + 8 + 255, "@h", 3);
	WORKS(net_server_parse(&s, url, &why));
	assert_int_equal(strlen(s.user), 255);
}

static void test_long_names(void **state)
{
	char name[IDN_SIZE + 2], out[IDN_SIZE];

	for (size_t n = IDN_SIZE - 2; n <= IDN_SIZE; n++) {
		struct err err = {0};

		memset(name, 'a', n);
		name[n] = '\0';
		assert_int_equal(idn_to_ascii(out, name, &err), n < IDN_SIZE ? 0 : -1);
		if (n < IDN_SIZE)
			assert_string_equal(out, name);
		else
			assert_int_equal(err.kind, ERR_INPUT);
	}
}

static void mail(const char *text, const char *ascii)
{
	struct str s = STR_INIT;

	idn_mail_to_ascii(&s, text);
	assert_string_equal(str_c(&s), ascii);
	str_done(&s);
}

static void test_mail_names(void **state)
{
	mail("müller@bücher.example", "m\xc3\xbcller@xn--bcher-kva.example");
	mail("a@b@example.org", "a@b@example.org");
	mail("alice", "alice");
	mail("alice@\xff", "alice@\xff"); /* has no such form */
	mail("", "");
}

static void people(const char *text, const char *shown)
{
	struct str s = STR_INIT;

	idn_people(&s, text);
	assert_string_equal(str_c(&s), shown);
	str_done(&s);
}

static void test_names(void **state)
{
	char out[IDN_SIZE];

	assert_int_equal(idn_to_ascii(out, "bücher.example", &why), 0);
	assert_string_equal(out, "xn--bcher-kva.example");
	WORKS(idn_to_ascii(out, "fa\xc3\x9f.example", &why));
	assert_string_equal(out, "xn--fa-hia.example"); /* non-transitional */
	WORKS(idn_to_ascii(out, "mail.example.org", &why));
	assert_string_equal(out, "mail.example.org");
	FAILS(ERR_INPUT, idn_to_ascii(out, "\xe2\x80\xae.example", &why));
	people("bücher.example", "bücher.example");
	people("eva@xn--bcher-kva.example", "eva@bücher.example");
	people("Eva <eva@mail.XN--BCHER-KVA.example>, x@y.org",
		"Eva <eva@mail.bücher.example>, x@y.org");
	people("fa@xn--fa-hia.example", "fa@fa\xc3\x9f.example");
	/* Without an @ before it, or without a way back, it stays. */
	people("xn--bcher-kva.example", "xn--bcher-kva.example");
	people("a@xn--a.example", "a@xn--a.example");
	people("a@xn--", "a@xn--");
	people("@", "@");
	people("a@@b, <c", "a@@b, <c");
	people("a@xn--abc-b22a.example", "a@xn--abc-b22a.example"); /* not in its normal form */
	assert_true(connect_is_address("127.0.0.1"));
	assert_true(connect_is_address("::1"));
	assert_false(connect_is_address("localhost"));
}

static void test_cancel(void **state)
{
	struct net_cancel *c = net_cancel_new();
	struct pollfd p = {.fd = net_cancel_fd(c), .events = POLLIN};

	assert_false(net_cancel_asked(c));
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_ptr_equal(net_cancel_ref(c), c);
	net_cancel_now(c);
	net_cancel_now(c);
	net_cancel_unref(c);
	assert_true(net_cancel_asked(c));
	assert_int_equal(poll(&p, 1, 0), 1);
	net_cancel_unref(c);
	net_cancel_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_long_addresses),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_mail_names),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
