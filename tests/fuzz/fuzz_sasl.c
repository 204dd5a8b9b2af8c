/* Challenges of a hostile server to each login mechanism. */
#include "net/sasl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the mechanism; then one challenge a line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256",
		"SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN", "OAUTHBEARER",
		"XOAUTH2"};
	struct net_login login = {.user = "user", .secret = "pencil"};
	struct strv offered = STRV_INIT;
	struct str text = STR_INIT, out = STR_INIT;
	struct sasl *s = NULL;
	bool done = false;
	char *line, *rest;

	if (size < 1)
		return 0;
	login.mechanism = names[data[0] % (sizeof(names) / sizeof(names[0]))];
	strv_add(&offered, login.mechanism);
	str_add(&text, (const char *)data + 1, size - 1);
	rest = text.p;
	if (sasl_start(&s, &offered, &login, "imap", "example.org", true, false, SASL_STRONGEST,
		    "0123456789", 10, NULL) == 0) {
		while ((line = strsep(&rest, "\n")) && sasl_step(s, line, &out, &done, NULL) == 0)
			str_clear(&out);
		sasl_finish(s, NULL);
		sasl_free(s);
	}
	str_done(&text);
	str_done(&out);
	strv_done(&offered);
	return 0;
}
