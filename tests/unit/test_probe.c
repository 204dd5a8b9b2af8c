#include "sync/probe.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "tests/unit/rude.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct named {
	char url[64];
};

static struct named url_of(const char *scheme, const struct net_server *server)
{
	struct named out;

	snprintf(out.url, sizeof(out.url), "%s://127.0.0.1:%u", scheme, (unsigned)server->port);
	return out;
}

/* Each greets in the clear, as a server does where STARTTLS comes later; all are asked at once. */
static void finds_what_greets(void **state)
{
	static const struct {
		const char *scheme, *script;
		enum protocol protocol;
		bool there;
	} rows[] = {
		{"imap", "S: * OK hello\n", PROTOCOL_IMAP, true},
		{"pop3", "S: +OK hello\n", PROTOCOL_POP3, true},
		{"smtp", "S: 220 hello\n", PROTOCOL_SMTP, true},
		{"smtp", "S: 220-hello\nS: 220 again\n", PROTOCOL_SMTP, true},
		{"imap", "S: * BYE full\n", PROTOCOL_IMAP, false},
		{"pop3", "S: -ERR full\n", PROTOCOL_POP3, false},
		{"smtp", "S: 554 go away\n", PROTOCOL_SMTP, false},
		{"imap", "S: HTTP/1.1 400 Bad Request\n", PROTOCOL_IMAP, false},
		{"smtp", "X\n", PROTOCOL_SMTP, false},
	};
	struct rude *rude[MEM_COUNT(rows)];
	struct named urls[MEM_COUNT(rows)];
	struct probe probes[MEM_COUNT(rows)] = {0};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct net_server server = {0};

		rude[i] = rude_start(rows[i].script, rows[i].protocol, NET_STARTTLS, &server);
		urls[i] = url_of(rows[i].scheme, &server);
		probes[i].url = urls[i].url;
	}
	probe_run(probes, MEM_COUNT(rows), NULL, 20 * 1000);
	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct str received = STR_INIT;

		if (probes[i].there != rows[i].there)
			fail_msg("%s: %s", rows[i].script, probes[i].err.text);
		if (!rows[i].there)
			assert_true(*probes[i].err.text);
		rude_end(rude[i], &received);
		assert_int_equal(received.len, 0); /* nothing is said, least of all a login */
		str_done(&received);
	}
}

/* One that keeps silent is late, and the others are found all the same. */
static void waits_no_longer_than_told(void **state)
{
	struct net_server silent = {0}, good = {0};
	struct rude *a = rude_start("", PROTOCOL_IMAP, NET_STARTTLS, &silent),
		    *b = rude_start("S: * OK hello\n", PROTOCOL_IMAP, NET_STARTTLS, &good);
	struct named urls[] = {url_of("imap", &silent), url_of("imap", &good)};
	struct probe probes[] = {{.url = urls[0].url}, {.url = urls[1].url}};

	probe_run(probes, 2, NULL, 1500);
	assert_false(probes[0].there);
	assert_int_equal(probes[0].err.kind, ERR_NETWORK);
	assert_true(probes[1].there);
	assert_false(thread_left());
	rude_end(a, NULL);
	rude_end(b, NULL);
	probe_run(NULL, 0, NULL, 1000);
}

static void knows_refused_from_absent(void **state)
{
	struct net_server imaps = real_server("SRV_IMAPS", PROTOCOL_IMAP, NET_TLS);
	char url[2][64];
	struct probe probes[2] = {{.url = url[0]}, {.url = url[1]}};

	snprintf(url[0], sizeof(url[0]), "imaps://localhost:%u", (unsigned)imaps.port);
	snprintf(url[1], sizeof(url[1]), "imaps://localhost:1");
	probe_run(probes, 2, NULL, 20 * 1000);
	assert_false(probes[0].there);
	assert_int_equal(probes[0].err.kind, ERR_CERT);
	assert_false(probes[1].there);
	assert_int_equal(probes[1].err.kind, ERR_NETWORK);
	probe_run(probes, 1, getenv("SRV_CA"), 20 * 1000);
	assert_true(probes[0].there);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(finds_what_greets),
		cmocka_unit_test(waits_no_longer_than_told),
		cmocka_unit_test(knows_refused_from_absent)};

	return rude_main("probe", tests, MEM_COUNT(tests), 1, argv);
}
