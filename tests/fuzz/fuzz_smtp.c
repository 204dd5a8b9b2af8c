#include "net/smtp.h"

#include "tests/fuzz/server.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void session(struct smtp *s)
{
	static const char mail[] = "Subject: x\r\n\r\n.\r\n.hi\r\n";
	struct smtp_recipient to[] = {{.address = "a@example.org"}, {.address = "b@example.org"},
		{.address = "\xc3\xa4@x"}};
	struct str text = STR_INIT;

	smtp_describe(s, &text);
	str_done(&text);
	for (int i = 0; i < 3; i++)
		smtp_send(s, "me@example.org", to, 3, mail, strlen(mail), NULL, NULL, NULL);
}

/* The first byte: with a login or without. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct net_login login = {"alice", len && (*p & 1) ? "secret" : NULL, NULL};
	struct net_server server = server_says(PROTOCOL_SMTP, len ? p + 1 : p, len ? len - 1 : 0);
	struct smtp *s;

	if (!smtp_open(&s, &server, &server_options, &login, NULL, NULL)) {
		session(s);
		smtp_free(s);
	}
	server_wait();
	return 0;
}
