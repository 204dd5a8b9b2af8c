/* The block of an account in the configuration: its lines, and what they are read into. */
#include "engine/settings_priv.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "mime/addr.h"
#include "net/net.h"
#include "net/sasl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum account_row {
	A_ALTERNATES,
	A_ARCHIVE,
	A_AUTH,
	A_COMPRESS,
	A_DRAFTS,
	A_FROM,
	A_IMAP,
	A_JUNK,
	A_PASSWORD,
	A_POP3,
	A_POP3_CHECK,
	A_POP3_DELETE,
	A_POP3_KEEP,
	A_POP3_MAX,
	A_PROTOCOL,
	A_SAVE_SENT,
	A_SENT,
	A_SIGNATURE,
	A_SMTP,
	A_TLS_CA,
	A_TLS_PIN,
	A_TRASH,
	A_COUNT
};
static const struct setting_row account_rows[A_COUNT] = {
	[A_ALTERNATES] = {"alternates", SETTING_TEXT, "", 0, 0, NULL,
		N_("other addresses of yours, left out when you answer to all")},
	[A_ARCHIVE] = {"archive", SETTING_TEXT, "", 0, 0, NULL,
		N_("folder that archived messages go to; empty: the one the server names, else "
		   "Archive")},
	[A_AUTH] = {"auth", SETTING_TEXT, "", 0, 0, NULL,
		N_("SASL mechanism, or oauth2 (the password is then an access token); a server of "
		   "the account that lacks it is used with another that is no weaker; empty: the "
		   "strongest both sides have")},
	[A_COMPRESS] = {"compress", SETTING_BOOL, "yes", 0, 0, NULL,
		N_("pack what goes over the wire, where the IMAP server can (COMPRESS=DEFLATE)")},
	[A_DRAFTS] = {"drafts", SETTING_TEXT, "", 0, 0, NULL, N_("folder of drafts on the server")},
	[A_FROM] = {"from", SETTING_TEXT, "", 0, 0, NULL,
		N_("your name and address: \"Alice Example <alice@example.org>\"; required")},
	[A_IMAP] = {"imap", SETTING_TEXT, "", 0, 0, NULL,
		N_("URL of the IMAP server: imaps://USER@HOST (TLS, port 993) or imap://USER@HOST "
		   "(STARTTLS, port 143), with :PORT for another")},
	[A_JUNK] = {"junk", SETTING_TEXT, "", 0, 0, NULL, N_("folder of junk")},
	[A_PASSWORD] = {"password", SETTING_CHOICE, "ask", 0, 0, "ask command keyring plain",
		N_("where the password comes from: command \"pass show mail/work\" runs a command, "
		   "keyring asks secret-tool, ask asks you, plain \"...\" stands in the file")},
	[A_POP3] = {"pop3", SETTING_TEXT, "", 0, 0, NULL,
		N_("URL of the POP3 server: pop3s://USER@HOST (TLS, port 995) or pop3://USER@HOST "
		   "(STLS, port 110)")},
	[A_POP3_CHECK] = {"pop3-check", SETTING_INT, "0", 0, 1440, NULL,
		N_("minutes between two looks at the POP3 server; 0: as check-minutes says")},
	[A_POP3_DELETE] = {"pop3-delete-with-local", SETTING_BOOL, "no", 0, 0, NULL,
		N_("whether a message that you delete here for good, out of Trash, is deleted on "
		   "the POP3 server too, with the next fetch")},
	[A_POP3_KEEP] = {"pop3-keep", SETTING_TEXT, "always", 0, 0, NULL,
		N_("how long mail stays on a POP3 server after it was fetched: always, never, or "
		   "days as 14d")},
	[A_POP3_MAX] = {"pop3-max", SETTING_SIZE, "0", 0, 1L << 30, NULL,
		N_("of larger messages only the beginning is fetched by POP3 until you ask for the "
		   "whole with :whole, and until then they stay on the server; 0: all come whole")},
	[A_PROTOCOL] = {"protocol", SETTING_CHOICE, "imap", 0, 0, "imap pop3",
		N_("how mail is read; :protocol switches it at any time")},
	[A_SAVE_SENT] = {"save-sent", SETTING_BOOL, "yes", 0, 0, NULL,
		N_("keep a copy of what is sent in the Sent folder; no where the server does so "
		   "itself")},
	[A_SENT] = {"sent", SETTING_TEXT, "", 0, 0, NULL, N_("folder of sent messages")},
	[A_SIGNATURE] = {"signature", SETTING_TEXT, "", 0, 0, NULL,
		N_("file whose text ends each new message")},
	[A_SMTP] = {"smtp", SETTING_TEXT, "", 0, 0, NULL,
		N_("URL of the relay: smtp://USER@HOST (STARTTLS, port 587) or smtps://USER@HOST "
		   "(TLS, port 465); without USER@ no login")},
	[A_TLS_CA] = {"tls-ca", SETTING_TEXT, "", 0, 0, NULL,
		N_("PEM file of a private certificate authority, trusted besides the system's")},
	[A_TLS_PIN] = {"tls-pin", SETTING_TEXT, "", 0, 0, NULL,
		N_("SHA-256 of the one server certificate to accept, in hex")},
	[A_TRASH] = {"trash", SETTING_TEXT, "", 0, 0, NULL,
		N_("folder that deleted messages go to")},
};

const struct setting_row *settings_account_rows(size_t *n)
{
	*n = A_COUNT;
	return account_rows;
}

bool settings_account_name_ok(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 32 && name[0] != '.' && name[0] != '-' && name[0] != '_' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == len;
}

void settings_account_free(struct account_settings *a)
{
	free(a->name);
	free(a->from);
	free(a->from_mail);
	strv_done(&a->alternates);
	free(a->imap);
	free(a->pop3);
	free(a->smtp);
	mem_free_secret(a->password);
	free(a->auth);
	free(a->tls_ca);
	free(a->tls_pin);
	free(a->signature);
	free(a->sent);
	free(a->drafts);
	free(a->trash);
	free(a->archive);
	free(a->junk);
	free(a);
}

/* --- its lines --- */

struct reading {
	struct account_settings *account;
	bool seen[A_COUNT];
	const struct conf_line *line;
	struct conf_errors *errors;
};

static void replace(char **to, const char *value)
{
	free(*to);
	*to = mem_strdup(value);
}

static void read_from(struct reading *r, const struct conf_word *w)
{
	struct addr_list list = {0};
	struct err err = {0};

	if (addr_parse_typed(&list, w->text, &err) != 0)
		conf_error(r->errors, w, "%s", err.text);
	else if (list.n != 1)
		conf_error(r->errors, w,
			_("from takes one address, as \"Alice Example <alice@example.org>\""));
	else {
		replace(&r->account->from, w->text);
		replace(&r->account->from_mail, list.v[0].mail);
	}
	addr_list_done(&list);
}

static void read_alternates(struct reading *r)
{
	for (size_t i = 1; i < r->line->n; i++) {
		struct addr_list list = {0};
		struct err err = {0};

		if (addr_parse_typed(&list, r->line->words[i].text, &err) != 0)
			conf_error(r->errors, &r->line->words[i], "%s", err.text);
		for (size_t k = 0; k < list.n; k++)
			strv_add(&r->account->alternates, list.v[k].mail);
		addr_list_done(&list);
	}
}

static void read_url(
	struct reading *r, char **to, enum net_protocol wanted, const struct conf_word *w)
{
	struct net_server server = {0};
	struct err err = {0};

	if (net_server_parse(&server, w->text, &err) != 0)
		conf_error(r->errors, w, "%s", err.text);
	else if (server.protocol != wanted)
		conf_error(r->errors, w, _("this is not the address of a server for %s"),
			r->line->words[0].text);
	else if (wanted != NET_SMTP && !*server.user)
		conf_error(r->errors, w, _("the user name is missing: write %.*s://USER@%s"),
			(int)strcspn(w->text, ":"), w->text, server.host);
	else
		replace(to, w->text);
}

static void read_password(struct reading *r)
{
	static const char *const kinds[] = {"ask", "command", "plain", "keyring"};
	const struct conf_line *line = r->line;
	struct account_settings *a = r->account;

	for (size_t i = 0; i < MEM_COUNT(kinds); i++) {
		bool takes_word = i == PASSWORD_COMMAND || i == PASSWORD_PLAIN;

		if (line->words[1].quoted || strcmp(line->words[1].text, kinds[i]) != 0)
			continue;
		if (line->n != 2 + (size_t)takes_word) {
			conf_error(r->errors, &line->words[1],
				takes_word ? _("password %s takes one word: put it in quotes")
					   : _("password %s takes nothing after it"),
				kinds[i]);
			return;
		}
		a->password_kind = (enum password_kind)i;
		mem_free_secret(a->password);
		a->password = mem_strdup(takes_word ? line->words[2].text : "");
		return;
	}
	conf_error(r->errors, &line->words[1],
		_("password is one of: ask, command \"...\", keyring, plain \"...\""));
}

static void read_keep(struct reading *r, const struct conf_word *w)
{
	char *end;
	long days;

	if (strcmp(w->text, "always") == 0) {
		r->account->pop3_keep_days = -1;
		return;
	}
	if (strcmp(w->text, "never") == 0) {
		r->account->pop3_keep_days = 0;
		return;
	}
	days = strtol(w->text, &end, 10);
	if (end == w->text || strcmp(end, "d") != 0 || days < 0 || days > 36500)
		conf_error(r->errors, w,
			_("pop3-keep is always, never, or a number of days as 14d, not \"%s\""),
			w->text);
	else
		r->account->pop3_keep_days = (int)days;
}

static void read_auth(struct reading *r, const struct conf_word *w)
{
	struct str names = STR_INIT;

	sasl_names(&names);
	if (*w->text && str_icmp(w->text, "oauth2") != 0 && !sasl_is_known(w->text))
		conf_error(r->errors, w, _("auth is oauth2 or one of: %s; not \"%s\""),
			str_c(&names), w->text);
	else
		replace(&r->account->auth, w->text);
	str_done(&names);
}

static void read_path(struct reading *r, char **to, const struct conf_word *w, bool must_be)
{
	char *path = file_expand(w->text);

	if (must_be && access(path, R_OK) != 0)
		conf_error(r->errors, w, _("%s cannot be read: %s"), path, strerror(errno));
	free(*to);
	*to = path;
}

static void read_pin(struct reading *r, const struct conf_word *w)
{
	struct str hex = STR_INIT;

	for (const char *p = w->text; *p; p++)
		if (*p != ':')
			str_addc(&hex, *p >= 'A' && *p <= 'F' ? (char)(*p - 'A' + 'a') : *p);
	if (hex.len != 64 || strspn(str_c(&hex), "0123456789abcdef") != 64)
		conf_error(r->errors, w, _("tls-pin is a SHA-256 in hex, 64 digits"));
	else
		replace(&r->account->tls_pin, hex.p);
	str_done(&hex);
}

static void read_choice(struct reading *r, enum account_row row, const struct conf_word *w)
{
	struct account_settings *a = r->account;
	long number = 0;
	struct err err = {0};

	if (settings_check(&account_rows[row], w->text, &number, &err) != 0)
		conf_error(r->errors, w, "%s", err.text);
	else if (row == A_PROTOCOL)
		a->protocol = (enum protocol)protocol_find(w->text);
	else if (row == A_COMPRESS)
		a->compress = number != 0;
	else if (row == A_POP3_CHECK)
		a->pop3_check_minutes = (int)number;
	else if (row == A_POP3_DELETE)
		a->pop3_delete_with_local = number != 0;
	else if (row == A_POP3_MAX)
		a->pop3_max = number;
	else
		a->save_sent = number != 0;
}

static int find_account_row(const char *name)
{
	for (int i = 0; i < A_COUNT; i++)
		if (strcmp(account_rows[i].name, name) == 0)
			return i;
	return -1;
}

static void read_account_value(struct reading *r, enum account_row row)
{
	struct account_settings *a = r->account;
	const struct conf_word *w = &r->line->words[1];
	char **const texts[A_COUNT] = {[A_SENT] = &a->sent,
		[A_DRAFTS] = &a->drafts,
		[A_TRASH] = &a->trash,
		[A_ARCHIVE] = &a->archive,
		[A_JUNK] = &a->junk};

	switch (row) {
	case A_FROM:
		read_from(r, w);
		break;
	case A_IMAP:
		read_url(r, &a->imap, NET_IMAP, w);
		break;
	case A_POP3:
		read_url(r, &a->pop3, NET_POP3, w);
		break;
	case A_SMTP:
		read_url(r, &a->smtp, NET_SMTP, w);
		break;
	case A_AUTH:
		read_auth(r, w);
		break;
	case A_POP3_KEEP:
		read_keep(r, w);
		break;
	case A_TLS_CA:
		read_path(r, &a->tls_ca, w, true);
		break;
	case A_SIGNATURE:
		read_path(r, &a->signature, w, false);
		break;
	case A_TLS_PIN:
		read_pin(r, w);
		break;
	case A_COMPRESS:
	case A_POP3_CHECK:
	case A_POP3_DELETE:
	case A_POP3_MAX:
	case A_PROTOCOL:
	case A_SAVE_SENT:
		read_choice(r, row, w);
		break;
	default:
		replace(texts[row], w->text);
		break;
	}
}

static void read_account_line(struct reading *r)
{
	const struct conf_word *name = &r->line->words[0];
	size_t before = r->errors->n;
	int row = find_account_row(name->text);
	const char *near = settings_nearest(account_rows, A_COUNT, name->text);

	if (row < 0) {
		if (near)
			conf_error(r->errors, name,
				_("an account has no \"%s\"; did you mean \"%s\"?"), name->text,
				near);
		else
			conf_error(r->errors, name, _("an account has no \"%s\""), name->text);
	} else if (r->line->n < 2) {
		conf_error(r->errors, name, _("%s needs a value"), name->text);
	} else if (row != A_ALTERNATES && r->seen[row]) {
		conf_error(r->errors, name, _("there is a line %s before this one: take one away"),
			name->text);
	} else if (row == A_PASSWORD) {
		read_password(r);
	} else if (row == A_ALTERNATES) {
		read_alternates(r);
	} else if (r->line->n > 2) {
		conf_error(r->errors, &r->line->words[2], _("%s takes one value: put it in quotes"),
			name->text);
	} else {
		read_account_value(r, (enum account_row)row);
	}
	if (row >= 0 && r->errors->n == before)
		r->seen[row] = true;
}

static struct account_settings *account_new(const char *name)
{
	struct account_settings *a = mem_alloc(sizeof(*a));
	char **const all[] = {&a->from, &a->from_mail, &a->imap, &a->pop3, &a->smtp, &a->password,
		&a->auth, &a->tls_ca, &a->tls_pin, &a->signature, &a->sent, &a->drafts, &a->trash,
		&a->archive, &a->junk};

	for (size_t i = 0; i < MEM_COUNT(all); i++)
		*all[i] = mem_strdup("");
	a->name = mem_strdup(name);
	a->pop3_keep_days = -1;
	a->compress = a->save_sent = true;
	return a;
}

void settings_account_check(
	const struct account_settings *a, const struct conf_word *at, struct conf_errors *errors)
{
	bool pop3 = a->protocol == PROTOCOL_POP3;

	if (!*a->from)
		conf_error(errors, at,
			_("account %s has no from line: add  from \"Your Name <you@example.org>\""),
			a->name);
	if (pop3 && !*a->pop3)
		conf_error(errors, at,
			_("account %s has protocol pop3 but no pop3 line: add  pop3 "
			  "pop3s://USER@HOST"),
			a->name);
	if (!pop3 && !*a->imap)
		conf_error(errors, at,
			_("account %s has protocol imap but no imap line: add  imap "
			  "imaps://USER@HOST"),
			a->name);
}

struct account_settings *settings_account_read(
	const char *name, const struct conf_block *block, struct conf_errors *errors)
{
	struct reading r = {.account = account_new(name), .errors = errors};

	for (size_t i = 0; i < block->n; i++) {
		r.line = &block->lines[i];
		read_account_line(&r);
	}
	return r.account;
}
