#include "base/account.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>

bool password_takes_word(enum password_kind kind)
{
	return kind == PASSWORD_COMMAND || kind == PASSWORD_PLAIN;
}

/* In the order in which they are written into a file. */
static const struct setting_row rows[] = {
	{.name = "from",
		.type = SETTING_ADDRESS,
		.at = offsetof(struct account_settings, from),
		.initial = "",
		.help = N_(
			"your name and address: \"Alice Example <alice@example.org>\"; required")},
	{.name = "alternates",
		.type = SETTING_ADDRESSES,
		.at = offsetof(struct account_settings, alternates),
		.initial = "",
		.help = N_("other addresses of yours, left out when you answer to all")},
	{.name = "protocol",
		.type = SETTING_CHOICE,
		.at = offsetof(struct account_settings, protocol),
		.initial = "imap",
		.choices = "imap pop3",
		.help = N_("how mail is read; :protocol switches it at any time")},
	{.name = "imap",
		.type = SETTING_SERVER,
		.at = offsetof(struct account_settings, urls[PROTOCOL_IMAP]),
		.initial = "",
		.help = N_("URL of the IMAP server: imaps://USER@HOST (TLS, port 993) or "
			   "imap://USER@HOST "
			   "(STARTTLS, port 143), with :PORT for another")},
	{.name = "pop3",
		.type = SETTING_SERVER,
		.at = offsetof(struct account_settings, urls[PROTOCOL_POP3]),
		.initial = "",
		.help = N_("URL of the POP3 server: pop3s://USER@HOST (TLS, port 995) or "
			   "pop3://USER@HOST "
			   "(STLS, port 110)")},
	{.name = "smtp",
		.type = SETTING_SERVER,
		.at = offsetof(struct account_settings, urls[PROTOCOL_SMTP]),
		.initial = "",
		.help = N_("URL of the relay: smtp://USER@HOST (STARTTLS, port 587) or "
			   "smtps://USER@HOST "
			   "(TLS, port 465); without USER@ no login")},
	{.name = "tls-ca",
		.type = SETTING_FILE,
		.at = offsetof(struct account_settings, tls_ca),
		.initial = "",
		.help = N_("PEM file of a private certificate authority, trusted besides the "
			   "system's")},
	{.name = "tls-pin",
		.type = SETTING_PIN,
		.at = offsetof(struct account_settings, tls_pin),
		.initial = "",
		.help = N_("SHA-256 of the one server certificate to accept, in hex")},
	{.name = "password",
		.type = SETTING_PASSWORD,
		.at = offsetof(struct account_settings, password),
		.initial = "ask",
		.choices = "ask command keyring plain",
		.help = N_("where the password comes from: command \"pass show mail/work\" runs a "
			   "command, "
			   "keyring asks secret-tool, ask asks you, plain \"...\" stands in the "
			   "file")},
	{.name = "auth",
		.type = SETTING_MECHANISM,
		.at = offsetof(struct account_settings, auth),
		.initial = "",
		.help = N_("SASL mechanism, or oauth2 (the password is then an access token); a "
			   "server of "
			   "the account that lacks it is used with another that is no weaker; "
			   "empty: the "
			   "strongest both sides have")},
	{.name = "compress",
		.type = SETTING_BOOL,
		.at = offsetof(struct account_settings, compress),
		.initial = "yes",
		.help = N_("pack what goes over the wire, where the IMAP server can "
			   "(COMPRESS=DEFLATE)")},
	{.name = "signature",
		.type = SETTING_PATH,
		.at = offsetof(struct account_settings, signature),
		.initial = "",
		.help = N_("file whose text ends each new message")},
	{.name = "trusted-authserv",
		.type = SETTING_TEXT,
		.at = offsetof(struct account_settings, trusted_authserv),
		.initial = "",
		.help = N_("the server that receives your mail, by the name it gives itself in "
			   "Authentication-Results: what it found out about the sender is shown, "
			   "what anybody else says is not; and, with blanks between them, names or "
			   "domains of other hosts of yours that the mail goes through behind it")},
	{.name = "save-sent",
		.type = SETTING_BOOL,
		.at = offsetof(struct account_settings, save_sent),
		.initial = "yes",
		.help = N_("keep a copy of what is sent in the Sent folder; no where the server "
			   "does so "
			   "itself")},
	{.name = "drafts",
		.type = SETTING_TEXT,
		.at = offsetof(struct account_settings, folders[ROLE_DRAFTS]),
		.initial = "",
		.help = N_("folder of drafts on the server")},
	{.name = "sent",
		.type = SETTING_TEXT,
		.at = offsetof(struct account_settings, folders[ROLE_SENT]),
		.initial = "",
		.help = N_("folder of sent messages")},
	{.name = "trash",
		.type = SETTING_TEXT,
		.at = offsetof(struct account_settings, folders[ROLE_TRASH]),
		.initial = "",
		.help = N_("folder that deleted messages go to")},
	{.name = "junk",
		.type = SETTING_TEXT,
		.at = offsetof(struct account_settings, folders[ROLE_JUNK]),
		.initial = "",
		.help = N_("folder of junk")},
	{.name = "archive",
		.type = SETTING_TEXT,
		.at = offsetof(struct account_settings, folders[ROLE_ARCHIVE]),
		.initial = "",
		.help = N_("folder that archived messages go to; empty: the one the server names, "
			   "else "
			   "Archive")},
	{.name = "body-index",
		.type = SETTING_CHOICE,
		.at = offsetof(struct account_settings, body_index),
		.initial = "all",
		.choices = "all inbox none",
		.help = N_(
			"of which folders the words of texts that are here are indexed, so that "
			"searches for body: and text: find them at once; without that each text is "
			"looked into")},
	{.name = "pop3-keep",
		.type = SETTING_DAYS,
		.at = offsetof(struct account_settings, pop3_keep_days),
		.initial = "always",
		.help = N_("how long mail stays on a POP3 server after it was fetched: always, "
			   "never, or "
			   "days as 14d")},
	{.name = "pop3-delete-with-local",
		.type = SETTING_BOOL,
		.at = offsetof(struct account_settings, pop3_delete_with_local),
		.initial = "no",
		.help = N_("whether a message that you delete here for good, out of Trash, is "
			   "deleted on "
			   "the POP3 server too, with the next fetch")},
	{.name = "pop3-max",
		.type = SETTING_SIZE,
		.at = offsetof(struct account_settings, pop3_max),
		.initial = "0",
		.min = 0,
		.max = 1L << 30,
		.help = N_("of larger messages only the beginning is fetched by POP3 until you ask "
			   "for the "
			   "whole with :whole, and until then they stay on the server; 0: all come "
			   "whole")},
	{.name = "pop3-check",
		.type = SETTING_INT,
		.at = offsetof(struct account_settings, pop3_check_minutes),
		.initial = "0",
		.min = 0,
		.max = 1440,
		.help = N_(
			"minutes between two looks at the POP3 server; 0: as check-minutes says")},
};

const struct setting_row *account_rows(size_t *n)
{
	*n = MEM_COUNT(rows);
	return rows;
}

void *account_value(struct account_settings *a, const struct setting_row *row)
{
	return (char *)a + row->at;
}

const void *account_look(const struct account_settings *a, const struct setting_row *row)
{
	return (const char *)a + row->at;
}

/* What a member owns. */
enum holding { HOLDS_NOTHING, HOLDS_TEXT, HOLDS_SECRET, HOLDS_LIST };

static enum holding holding_of(enum setting_type type)
{
	switch (type) {
	case SETTING_BOOL:
	case SETTING_INT:
	case SETTING_SIZE:
	case SETTING_SECONDS:
	case SETTING_CHOICE:
	case SETTING_DAYS:
		return HOLDS_NOTHING;
	case SETTING_PASSWORD:
		return HOLDS_SECRET;
	case SETTING_ADDRESSES:
		return HOLDS_LIST;
	default:
		return HOLDS_TEXT;
	}
}

static void copy_value(void *to, enum holding what)
{
	if (what == HOLDS_TEXT || what == HOLDS_SECRET) {
		char **text = to;

		*text = mem_strdup(*text ? *text : "");
	} else if (what == HOLDS_LIST) {
		struct strv *list = to, from = *list;

		*list = (struct strv)STRV_INIT;
		for (size_t i = 0; i < from.n; i++)
			strv_add(list, from.v[i]);
	}
}

static void free_value(void *value, enum holding what)
{
	if (what == HOLDS_TEXT)
		free(*(char **)value);
	else if (what == HOLDS_SECRET)
		mem_free_secret(*(char **)value);
	else if (what == HOLDS_LIST)
		strv_done(value);
}

/* Makes what it points to its own. */
static struct account_settings *own_values(struct account_settings *a)
{
	a->name = mem_strdup(a->name);
	a->from_mail = mem_strdup(a->from_mail ? a->from_mail : "");
	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		copy_value(account_value(a, &rows[i]), holding_of(rows[i].type));
	return a;
}

struct account_settings *account_settings_copy(const struct account_settings *from)
{
	return own_values(mem_dup(from, sizeof(*from)));
}

struct account_settings *account_settings_new(const char *name)
{
	struct account_settings *a = own_values(mem_alloc(sizeof(*a)));

	a->name = mem_strdup(name);
	return a;
}

void account_settings_free(struct account_settings *a)
{
	if (!a)
		return;
	free(a->name);
	free(a->from_mail);
	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		free_value(account_value(a, &rows[i]), holding_of(rows[i].type));
	free(a);
}
