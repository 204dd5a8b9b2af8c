#include "ui/advice.h"

#include "base/i18n.h"

static void warn_insecure(struct str *out, const char *url)
{
	if (protocol_is_insecure(url))
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

/* Whether the copy here becomes the only one. */
static void add_keeping(struct str *out, const struct account_settings *a)
{
	int days = a->pop3_keep_days;

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

static void add_others(struct str *out, const struct account_settings *a)
{
	const char *now = protocol_row(a->protocol)->name;

	for (enum protocol p = 0; p < PROTOCOLS; p++)
		if (p != a->protocol)
			str_addf(out,
				*a->urls[p] ? _("Mail is read by %s now; :protocol %s switches at "
						"any time, and loses nothing.\n")
					    : _("Mail is read by %s; there is no %s line, so "
						":protocol cannot switch.\n"),
				now, protocol_row(p)->key);
}

void advice_text(struct str *out, const struct account_settings *a)
{
	for (int p = 0; p < SERVERS; p++)
		warn_insecure(out, a->urls[p]);
	if (a->password_kind == PASSWORD_PLAIN)
		add_line(out, _("The password stands readable in the configuration; password "
				"command or keyring keep it elsewhere."));
	if (!*a->urls[PROTOCOL_SMTP])
		add_line(out, _("There is no smtp line: this account cannot send."));
	add_others(out, a);
	for (enum protocol p = 0; p < PROTOCOLS; p++) {
		if (!*a->urls[p])
			continue;
		add_line(out, _(protocol_row(p)->advice));
		if (protocol_row(p)->takes_mail)
			add_keeping(out, a);
	}
	add_line(out, _("IMAP suits mail that is read on several devices; POP3 suits one machine "
			"and little room on the server."));
}
