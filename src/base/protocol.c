#include "base/protocol.h"

#include "base/i18n.h"

#include <string.h>

static const struct protocol_row rows[SERVERS] = {
	[PROTOCOL_IMAP] =
		{
			.key = "imap",
			.name = "IMAP",
			.port = 143,
			.tls_port = 993,
			.greeting = "* OK",
			.has_folders = true,
			.question = N_("IMAP server"),
			.summary = N_("IMAP: the mail stays on the server; right for several "
				      "devices"),
			.advice = N_("By IMAP mail, folders and marks stay on the server and are "
				     "the same on every device; what was read is kept here as a "
				     "copy."),
			.guesses = {"imaps://imap.", "imaps://mail.", "imaps://", "imap://imap."},
		},
	[PROTOCOL_POP3] =
		{
			.key = "pop3",
			.name = "POP3",
			.port = 110,
			.tls_port = 995,
			.greeting = "+OK",
			.takes_mail = true,
			.question = N_("POP3 server"),
			.summary = N_("POP3: the mail is fetched to this machine; right for one "
				      "machine, or little room on the server"),
			.advice = N_("By POP3 the inbox is fetched to this machine; other folders "
				     "and all marks are kept here alone."),
			.guesses = {"pop3s://pop.", "pop3s://pop3.", "pop3s://mail.",
				"pop3://pop."},
		},
	[PROTOCOL_SMTP] =
		{
			.key = "smtp",
			.name = "SMTP",
			.port = 587,
			.tls_port = 465,
			.greeting = "220",
			.may_be_nobody = true,
			.question = N_("SMTP relay"),
			.guesses = {"smtps://smtp.", "smtps://mail.", "smtp://smtp.",
				"smtp://mail.", "smtps://", "smtp://"},
		},
};

const struct protocol_row *protocol_row(enum protocol protocol)
{
	return &rows[protocol];
}

int protocol_find(const char *key)
{
	for (int i = 0; i < PROTOCOLS; i++)
		if (str_icmp(rows[i].key, key) == 0)
			return i;
	return -1;
}

void protocol_keys(struct str *out)
{
	for (int i = 0; i < PROTOCOLS; i++)
		str_addf(out, "%s%s", i ? " " : "", rows[i].key);
}

void protocol_schemes(struct str *out)
{
	for (int i = 0; i < SERVERS; i++)
		str_addf(out, "%s%ss, %s", i ? ", " : "", rows[i].key, rows[i].key);
}

bool protocol_is_insecure(const char *url)
{
	return strstr(url, "+insecure://") != NULL;
}
