#include "ui/providers.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static const struct provider table[] = {
	{.domains = "gmail.com googlemail.com",
		.urls = {[PROTOCOL_IMAP] = "imaps://imap.gmail.com",
			[PROTOCOL_POP3] = "pop3s://pop.gmail.com",
			[PROTOCOL_SMTP] = "smtps://smtp.gmail.com"},
		.note = N_("Google wants an app password here (account settings, 2-Step "
			   "Verification), or "
			   "auth oauth2.")},
	{.domains = "outlook.com hotmail.com live.com msn.com",
		.urls = {[PROTOCOL_IMAP] = "imaps://outlook.office365.com",
			[PROTOCOL_POP3] = "pop3s://outlook.office365.com",
			[PROTOCOL_SMTP] = "smtp://smtp-mail.outlook.com"},
		.note = N_("Microsoft takes no passwords from mail programs any more: auth oauth2 "
			   "and a "
			   "command that prints an access token.")},
	{.domains = "yahoo.com yahoo.de yahoo.co.uk yahoo.fr ymail.com",
		.urls = {[PROTOCOL_IMAP] = "imaps://imap.mail.yahoo.com",
			[PROTOCOL_POP3] = "pop3s://pop.mail.yahoo.com",
			[PROTOCOL_SMTP] = "smtps://smtp.mail.yahoo.com"},
		.note = N_("Yahoo wants an app password here (account security).")},
	{.domains = "icloud.com me.com mac.com",
		.urls = {[PROTOCOL_IMAP] = "imaps://imap.mail.me.com",
			[PROTOCOL_SMTP] = "smtp://smtp.mail.me.com"},
		.note = N_("Apple wants an app-specific password here, and has no POP3.")},
	{.domains = "gmx.net gmx.de gmx.at gmx.ch",
		.urls = {[PROTOCOL_IMAP] = "imaps://imap.gmx.net",
			[PROTOCOL_POP3] = "pop3s://pop.gmx.net",
			[PROTOCOL_SMTP] = "smtps://mail.gmx.net"},
		.note = N_(
			"GMX wants POP3 and IMAP switched on in its web page's settings first.")},
	{.domains = "web.de",
		.urls = {[PROTOCOL_IMAP] = "imaps://imap.web.de",
			[PROTOCOL_POP3] = "pop3s://pop3.web.de",
			[PROTOCOL_SMTP] = "smtp://smtp.web.de"},
		.note = N_("WEB.DE wants POP3 and IMAP switched on in its web page's settings "
			   "first.")},
	{.domains = "fastmail.com fastmail.fm",
		.urls = {[PROTOCOL_IMAP] = "imaps://imap.fastmail.com",
			[PROTOCOL_POP3] = "pop3s://pop.fastmail.com",
			[PROTOCOL_SMTP] = "smtps://smtp.fastmail.com"},
		.note = N_("Fastmail wants an app password here.")},
	{
		.domains = "posteo.de posteo.net",
		.urls = {[PROTOCOL_IMAP] = "imaps://posteo.de",
			[PROTOCOL_POP3] = "pop3s://posteo.de",
			[PROTOCOL_SMTP] = "smtps://posteo.de"},
	},
	{
		.domains = "mailbox.org",
		.urls = {[PROTOCOL_IMAP] = "imaps://imap.mailbox.org",
			[PROTOCOL_POP3] = "pop3s://pop3.mailbox.org",
			[PROTOCOL_SMTP] = "smtps://smtp.mailbox.org"},
	},
	{.domains = "t-online.de",
		.urls = {[PROTOCOL_IMAP] = "imaps://secureimap.t-online.de",
			[PROTOCOL_POP3] = "pop3s://securepop.t-online.de",
			[PROTOCOL_SMTP] = "smtps://securesmtp.t-online.de"},
		.note = N_("Telekom wants the password for mail programs here.")},
	{
		.domains = "disroot.org",
		.urls = {[PROTOCOL_IMAP] = "imaps://disroot.org",
			[PROTOCOL_POP3] = "pop3s://disroot.org",
			[PROTOCOL_SMTP] = "smtps://disroot.org"},
	},
	{
		.domains = "riseup.net",
		.urls = {[PROTOCOL_IMAP] = "imaps://mail.riseup.net",
			[PROTOCOL_POP3] = "pop3s://mail.riseup.net",
			[PROTOCOL_SMTP] = "smtps://mail.riseup.net"},
	},
};

static int has_domain(const char *domains, const char *domain)
{
	size_t len = strlen(domain);

	for (const char *p = domains; *p;) {
		size_t n = strcspn(p, " ");

		if (n == len && str_nicmp(p, domain, n) == 0)
			return 1;
		p += n + (p[n] == ' ');
	}
	return 0;
}

const struct provider *providers_find(const char *domain)
{
	for (size_t i = 0; i < MEM_COUNT(table); i++)
		if (has_domain(table[i].domains, domain))
			return &table[i];
	return NULL;
}
