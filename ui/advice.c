#include "ui/advice.h"

#include "base/i18n.h"

#include <string.h>

static void warn_insecure(struct str *out, const char *url)
{
	if (strstr(url, "+insecure://"))
		str_addf(out,
			_("Warning: %s is not encrypted: others on the way can read the password "
			  "and the mail.\n"),
			url);
}

static void add_line(struct str *out, const char *text)
{
	str_adds(out, text);
	str_addc(out, '\n');
}

/* How POP3 works with these settings, and whether the copy here becomes the only one. */
static void add_pop3(struct str *out, const struct account_settings *a)
{
	int days = a->pop3_keep_days;

	add_line(out, _("By POP3 the inbox is fetched to this machine; other folders and all "
			"marks are kept here alone."));
	if (days < 0)
		add_line(out,
			_("pop3-keep always: every message stays on the server too, so this is "
			  "never the only copy."));
	else if (days == 0)
		add_line(out, _("Warning: pop3-keep never: by POP3 a message is deleted on the "
				"server as soon as it is here; this machine's copy is then the "
				"only one. Keep backups (talaria backup), or choose pop3-keep "
				"always."));
	else
		str_addf(out,
			ngettext("Warning: pop3-keep %dd: by POP3 a message is deleted on the "
				 "server %d day after it came here; this machine's copy is then "
				 "the only one. pop3-keep always keeps both.\n",
				"Warning: pop3-keep %dd: by POP3 a message is deleted on the "
				"server %d days after it came here; this machine's copy is then "
				"the only one. pop3-keep always keeps both.\n",
				(unsigned)days),
			days, days);
}

void advice_text(struct str *out, const struct account_settings *a)
{
	const char *now = protocol_row(a->protocol)->name,
		   *other = protocol_row((a->protocol + 1) % PROTOCOLS)->key;

	warn_insecure(out, a->imap);
	warn_insecure(out, a->pop3);
	warn_insecure(out, a->smtp);
	if (a->password_kind == PASSWORD_PLAIN)
		add_line(out, _("The password stands readable in the configuration; password "
				"command or keyring keep it elsewhere."));
	if (!*a->smtp)
		add_line(out, _("There is no smtp line: this account cannot send."));
	if (*a->imap && *a->pop3)
		str_addf(out,
			_("Mail is read by %s now; :protocol %s switches at any time, and loses "
			  "nothing.\n"),
			now, other);
	else
		str_addf(out,
			_("Mail is read by %s; there is no %s line, so :protocol cannot switch.\n"),
			now, other);
	if (*a->imap)
		add_line(out, _("By IMAP mail, folders and marks stay on the server and are the "
				"same on every device; what was read is kept here as a copy."));
	if (*a->pop3)
		add_pop3(out, a);
	add_line(out, _("IMAP suits mail that is read on several devices; POP3 suits one machine "
			"and little room on the server."));
}
