#include "ui/providers.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static const struct provider table[] = {
	{"gmail.com googlemail.com", "imaps://imap.gmail.com", "pop3s://pop.gmail.com",
		"smtps://smtp.gmail.com",
		N_("Google wants an app password here (account settings, 2-Step Verification), or "
		   "auth oauth2.")},
	{"outlook.com hotmail.com live.com msn.com", "imaps://outlook.office365.com",
		"pop3s://outlook.office365.com", "smtp://smtp-mail.outlook.com",
		N_("Microsoft takes no passwords from mail programs any more: auth oauth2 and a "
		   "command that prints an access token.")},
	{"yahoo.com yahoo.de yahoo.co.uk yahoo.fr ymail.com", "imaps://imap.mail.yahoo.com",
		"pop3s://pop.mail.yahoo.com", "smtps://smtp.mail.yahoo.com",
		N_("Yahoo wants an app password here (account security).")},
	{"icloud.com me.com mac.com", "imaps://imap.mail.me.com", NULL, "smtp://smtp.mail.me.com",
		N_("Apple wants an app-specific password here, and has no POP3.")},
	{"gmx.net gmx.de gmx.at gmx.ch", "imaps://imap.gmx.net", "pop3s://pop.gmx.net",
		"smtps://mail.gmx.net",
		N_("GMX wants POP3 and IMAP switched on in its web page's settings first.")},
	{"web.de", "imaps://imap.web.de", "pop3s://pop3.web.de", "smtp://smtp.web.de",
		N_("WEB.DE wants POP3 and IMAP switched on in its web page's settings first.")},
	{"fastmail.com fastmail.fm", "imaps://imap.fastmail.com", "pop3s://pop.fastmail.com",
		"smtps://smtp.fastmail.com", N_("Fastmail wants an app password here.")},
	{"posteo.de posteo.net", "imaps://posteo.de", "pop3s://posteo.de", "smtps://posteo.de",
		NULL},
	{"mailbox.org", "imaps://imap.mailbox.org", "pop3s://pop3.mailbox.org",
		"smtps://smtp.mailbox.org", NULL},
	{"t-online.de", "imaps://secureimap.t-online.de", "pop3s://securepop.t-online.de",
		"smtps://securesmtp.t-online.de",
		N_("Telekom wants the password for mail programs here.")},
	{"disroot.org", "imaps://disroot.org", "pop3s://disroot.org", "smtps://disroot.org", NULL},
	{"riseup.net", "imaps://mail.riseup.net", "pop3s://mail.riseup.net",
		"smtps://mail.riseup.net", NULL},
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
