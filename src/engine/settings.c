#include "engine/settings.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "mime/addr.h"
#include "net/net.h"
#include "net/sasl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20, ACCOUNTS_MAX = 100, FIX_DISTANCE = 2 };

static const struct setting_row rows[SETTINGS_COUNT] = {
	[SET_ASCII] = {"ascii", SETTING_BOOL, "no", 0, 0, NULL,
		N_("draw lines and marks with ASCII characters only")},
	[SET_CACHE_SIZE] = {"cache-size", SETTING_SIZE, "1G", 1 << 20, 1L << 42, NULL,
		N_("most room for message bodies kept on disk, per account; the least recently "
		   "read go first")},
	[SET_CHECK_MINUTES] = {"check-minutes", SETTING_INT, "5", 1, 1440, NULL,
		N_("minutes between two looks at folders that the server does not report by "
		   "itself, and at POP3 servers")},
	[SET_CONFIRM_QUIT] = {"confirm-quit", SETTING_BOOL, "no", 0, 0, NULL,
		N_("ask before the program ends")},
	[SET_DATE_FORMAT] = {"date-format", SETTING_DATE, "", 0, 0, NULL,
		N_("strftime(3) format of dates in the list; empty: time today, weekday this week, "
		   "else the date")},
	[SET_DOWNLOADS] = {"downloads", SETTING_TEXT, "~/", 0, 0, NULL,
		N_("directory that attachments are saved to")},
	[SET_EDITOR] = {"editor", SETTING_TEXT, "", 0, 0, NULL,
		N_("command that edits a message; empty: $VISUAL, then $EDITOR, then vi")},
	[SET_KEYBAR] = {"keybar", SETTING_BOOL, "yes", 0, 0, NULL,
		N_("show the keys that matter in the bottom line")},
	[SET_MARK_READ] = {"mark-read", SETTING_BOOL, "yes", 0, 0, NULL,
		N_("mark a message read when it is opened")},
	[SET_MOUSE] = {"mouse", SETTING_BOOL, "no", 0, 0, NULL,
		N_("use the mouse for scrolling and selecting (takes the terminal's own "
		   "selection)")},
	[SET_PREVIEW_LINES] = {"preview-lines", SETTING_INT, "12", 0, 200, NULL,
		N_("height of the message list while a message is read beside it; 0: the message "
		   "alone")},
	[SET_SIDEBAR] = {"sidebar", SETTING_CHOICE, "auto", 0, 0, "auto yes no",
		N_("show the folder list beside the messages; auto: on a terminal of 100 columns "
		   "or more")},
	[SET_SIDEBAR_WIDTH] = {"sidebar-width", SETTING_INT, "24", 8, 80, NULL,
		N_("columns of the folder list")},
	[SET_SORT] = {"sort", SETTING_CHOICE, "date", 0, 0,
		"date received from subject size unread reverse-date reverse-received "
		"reverse-from reverse-subject reverse-size reverse-unread",
		N_("order of the message list")},
	[SET_THEME] = {"theme", SETTING_CHOICE, "auto", 0, 0, "auto dark light plain",
		N_("colours for a dark or a light terminal, or none; auto: the terminal is asked, "
		   "else $COLORFGBG says, else it is dark")},
	[SET_THREADS] = {"threads", SETTING_BOOL, "yes", 0, 0, NULL,
		N_("show messages in threads")},
	[SET_UNDO_SEND] = {"undo-send", SETTING_SECONDS, "0", 0, 3600, NULL,
		N_("seconds a message waits in the outbox before it goes out")},
	[SET_WRAP] = {"wrap", SETTING_INT, "100", 20, 1000, NULL,
		N_("columns that text is wrapped at, if the window is wider")},
};

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

struct settings {
	char *text[SETTINGS_COUNT]; /* owned */
	long number[SETTINGS_COUNT];
	struct account_settings *accounts[ACCOUNTS_MAX];
	size_t naccounts;
};

static const char *const sorts[] = {"date", "received", "from", "subject", "size", "unread", NULL};

const char *settings_sort_name(int sort)
{
	return sorts[sort];
}

int settings_sort_find(const char *name, bool *reverse)
{
	*reverse = str_starts(name, "reverse-");
	if (*reverse)
		name += strlen("reverse-");
	for (int i = 0; sorts[i]; i++)
		if (strcmp(sorts[i], name) == 0)
			return i;
	return -1;
}

const struct setting_row *settings_row(enum setting id)
{
	return &rows[id];
}

const struct setting_row *settings_account_rows(size_t *n)
{
	*n = A_COUNT;
	return account_rows;
}

/* --- values --- */

static bool has_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);

	if (strchr(value, ' ')) /* "yes no" is not one of "auto yes no" */
		return false;
	for (const char *p = choices; len && (p = strstr(p, value)); p++)
		if ((p == choices || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

static int parse_bool(const char *value)
{
	if (strcmp(value, "yes") == 0 || strcmp(value, "on") == 0 || strcmp(value, "true") == 0)
		return 1;
	if (strcmp(value, "no") == 0 || strcmp(value, "off") == 0 || strcmp(value, "false") == 0)
		return 0;
	return -1;
}

static int parse_number(const struct setting_row *row, const char *value, long *out)
{
	static const struct {
		char suffix;
		long factor;
	} units[] = {{'k', 1L << 10}, {'M', 1L << 20}, {'G', 1L << 30}};
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (end == value || errno)
		return -1;
	for (size_t i = 0; row->type == SETTING_SIZE && i < MEM_COUNT(units); i++)
		if (*end == units[i].suffix && n < (1L << 42) / units[i].factor) {
			n *= units[i].factor;
			end++;
			break;
		}
	if (*end || n < row->min || n > row->max)
		return -1;
	*out = n;
	return 0;
}

/* The conversions of strftime(3) that stay in one line; flags, a width and E or O before them. */
static int check_date(const struct setting_row *row, const char *value, struct err *err)
{
	for (const char *p = value; (p = strchr(p, '%')) != NULL; p++) {
		const char *at = p++;

		p += strspn(p, "_-0^#");
		p += strspn(p, "123456789");
		p += *p == 'E' || *p == 'O';
		if (!*p || !strchr("aAbBcCdDeFgGhHIjklmMpPrRsSTuUVwWxXyYzZ%", *p))
			return err_set(err, ERR_INPUT,
				_("%s: strftime(3) knows no %.*s; a sign %% itself is written "
				  "%%%%"),
				row->name, (int)(p - at + (*p != 0)), at);
	}
	return 0;
}

static int check_value(
	const struct setting_row *row, const char *value, long *number, struct err *err)
{
	int b;

	switch (row->type) {
	case SETTING_BOOL:
		b = parse_bool(value);
		*number = b;
		return b < 0 ? err_set(err, ERR_INPUT, _("%s is yes or no, not \"%s\""), row->name,
				       value)
			     : 0;
	case SETTING_CHOICE:
		return has_choice(row->choices, value)
			       ? 0
			       : err_set(err, ERR_INPUT, _("%s is one of: %s; not \"%s\""),
					 row->name, row->choices, value);
	case SETTING_TEXT:
		return 0;
	case SETTING_DATE:
		return check_date(row, value, err);
	case SETTING_SIZE:
		if (parse_number(row, value, number) == 0)
			return 0;
		return err_set(err, ERR_INPUT,
			_("%s is a number of octets from %ld to %ld, or a size like 500k, 20M or "
			  "1G, not "
			  "\"%s\""),
			row->name, row->min, row->max, value);
	default:
		return parse_number(row, value, number) == 0
			       ? 0
			       : err_set(err, ERR_INPUT,
					 _("%s is a number from %ld to %ld, not \"%s\""), row->name,
					 row->min, row->max, value);
	}
}

int settings_find(const char *name)
{
	for (int i = 0; i < SETTINGS_COUNT; i++)
		if (strcmp(rows[i].name, name) == 0)
			return i;
	return -1;
}

static const char *nearest(const struct setting_row *table, size_t n, const char *name)
{
	const char *best = NULL;
	size_t best_distance = FIX_DISTANCE + 1;

	for (size_t i = 0; i < n; i++) {
		size_t d = str_distance(name, table[i].name);

		if (d < best_distance) {
			best = table[i].name;
			best_distance = d;
		}
	}
	return best;
}

const char *settings_suggest(const char *name)
{
	return nearest(rows, SETTINGS_COUNT, name);
}

static bool is_switch(const char *name)
{
	int id = settings_find(name);

	return id >= 0 && rows[id].type == SETTING_BOOL;
}

void settings_assignment(const char *const *words, size_t n, char **name, char **value)
{
	const char *eq = strchr(words[0], '=');
	size_t len = eq ? (size_t)(eq - words[0]) : strlen(words[0]);
	bool given = eq != NULL, query = !eq && len && words[0][len - 1] == '?';
	struct str text = STR_INIT;

	*name = mem_strndup(words[0], len - query);
	str_adds(&text, eq ? eq + 1 : "");
	for (size_t i = 1; i < n; i++) {
		bool sign = !given && strcmp(words[i], "=") == 0;

		given = true;
		if (!sign)
			str_addf(&text, "%s%s", text.len ? " " : "", words[i]);
	}
	if (!given && !query && settings_find(*name) < 0 && str_starts(*name, "no") &&
		is_switch(*name + 2)) {
		memmove(*name, *name + 2, strlen(*name) - 1);
		str_adds(&text, "no");
		given = true;
	} else if (!given && !query && is_switch(*name)) {
		str_adds(&text, "yes");
		given = true;
	}
	*value = given ? str_steal(&text) : NULL;
	str_done(&text);
}

int settings_set(struct settings *s, const char *name, const char *value, struct err *err)
{
	int id = settings_find(name);
	const char *near = settings_suggest(name);
	long number = 0;

	if (id < 0)
		return near ? err_set(err, ERR_INPUT, _("There is no option %s; did you mean %s?"),
				      name, near)
			    : err_set(err, ERR_INPUT, _("There is no option %s"), name);
	if (check_value(&rows[id], value, &number, err) != 0)
		return -1;
	free(s->text[id]);
	s->text[id] = mem_strdup(value);
	s->number[id] = number;
	return 0;
}

struct settings *settings_new(void)
{
	struct settings *s = mem_alloc(sizeof(*s));

	for (int i = 0; i < SETTINGS_COUNT; i++)
		settings_set(s, rows[i].name, rows[i].initial, NULL);
	return s;
}

static void account_free(struct account_settings *a)
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

void settings_free(struct settings *s)
{
	if (!s)
		return;
	for (int i = 0; i < SETTINGS_COUNT; i++)
		free(s->text[i]);
	for (size_t i = 0; i < s->naccounts; i++)
		account_free(s->accounts[i]);
	free(s);
}

bool settings_bool(const struct settings *s, enum setting id)
{
	return s->number[id] != 0;
}

long settings_int(const struct settings *s, enum setting id)
{
	return s->number[id];
}

const char *settings_text(const struct settings *s, enum setting id)
{
	return s->text[id];
}

size_t settings_accounts(const struct settings *s)
{
	return s->naccounts;
}

struct account_settings *settings_account(struct settings *s, size_t i)
{
	return i < s->naccounts ? s->accounts[i] : NULL;
}

bool settings_account_name_ok(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 32 && name[0] != '.' && name[0] != '-' && name[0] != '_' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == len;
}

/* --- an account block --- */

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

	if (check_value(&account_rows[row], w->text, &number, &err) != 0)
		conf_error(r->errors, w, "%s", err.text);
	else if (row == A_PROTOCOL)
		a->protocol = strcmp(w->text, "pop3") == 0 ? ACCOUNT_POP3 : ACCOUNT_IMAP;
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
	const char *near = nearest(account_rows, A_COUNT, name->text);

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

static void check_account(
	struct account_settings *a, const struct conf_word *at, struct conf_errors *errors)
{
	bool pop3 = a->protocol == ACCOUNT_POP3;

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

static bool account_exists(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->naccounts; i++)
		if (strcmp(s->accounts[i]->name, name) == 0)
			return true;
	return false;
}

static void apply_account(
	struct settings *s, const struct conf_line *line, struct conf_errors *errors)
{
	struct reading r = {.errors = errors};
	const struct conf_word *name = line->n > 1 ? &line->words[1] : &line->words[0];
	size_t before = errors->n;

	if (line->n != 2 || !line->block) {
		conf_error(errors, &line->words[0], _("write: account NAME { ... }"));
		return;
	}
	if (!settings_account_name_ok(name->text))
		conf_error(errors, name,
			_("an account name is made of a-z, 0-9, '.', '-' and '_', 32 characters at "
			  "most"));
	else if (account_exists(s, name->text))
		conf_error(errors, name, _("there are two accounts named %s"), name->text);
	else if (s->naccounts == ACCOUNTS_MAX)
		conf_error(errors, name, _("more than %d accounts"), ACCOUNTS_MAX);
	r.account = account_new(name->text);
	for (size_t i = 0; i < line->block->n; i++) {
		r.line = &line->block->lines[i];
		read_account_line(&r);
	}
	if (errors->n == before)
		check_account(r.account, name, errors);
	if (errors->n == before)
		s->accounts[s->naccounts++] = r.account;
	else
		account_free(r.account);
}

static void apply_set(struct settings *s, const struct conf_line *line, struct conf_errors *errors)
{
	const char **words = mem_array(line->n + 1, sizeof(*words));
	char *name = NULL, *value = NULL;
	struct err err = {0};

	for (size_t i = 1; i < line->n; i++)
		words[i - 1] = line->words[i].text;
	if (line->n > 1)
		settings_assignment(words, line->n - 1, &name, &value);
	if (name && !value && settings_find(name) >= 0)
		conf_error(errors, &line->words[1], _("%s needs a value"), name);
	else if (!name)
		conf_error(errors, &line->words[0], _("write: set NAME VALUE"));
	else if (settings_set(s, name, value ? value : "", &err) != 0)
		conf_error(errors,
			&line->words[settings_find(name) < 0 || line->n < 3 ? 1 : line->n - 1],
			"%s", err.text);
	free(name);
	free(value);
	free(words);
}

void settings_apply(struct settings *s, const struct conf_block *block, settings_other_fn *other,
	void *ctx, struct conf_errors *errors)
{
	for (size_t i = 0; i < block->n; i++) {
		const struct conf_line *line = &block->lines[i];

		if (strcmp(line->words[0].text, "account") == 0)
			apply_account(s, line, errors);
		else if (strcmp(line->words[0].text, "set") == 0)
			apply_set(s, line, errors);
		else
			other(ctx, line, errors);
	}
}

int settings_read(struct settings *s, const char *path, settings_other_fn *other, void *ctx,
	struct conf_errors *errors)
{
	struct str text = STR_INIT;
	struct conf_block *block;
	struct err err = {0};

	free(errors->file);
	errors->file = mem_strdup(path);
	if (file_read(path, FILE_MAX, &text, &err) != 0) {
		if (err.kind != ERR_GONE)
			conf_error_at(errors, 1, 1, "%s", err.text);
		str_done(&text);
		return err.kind == ERR_GONE ? 1 : -1;
	}
	block = conf_parse(str_c(&text), text.len, errors);
	settings_apply(s, block, other, ctx, errors);
	conf_free(block);
	explicit_bzero(text.p, text.len);
	str_done(&text);
	return errors->n ? -1 : 0;
}

/* --- places (XDG Base Directory Specification 0.8) --- */

static char *xdg(const char *variable, const char *fallback)
{
	const char *value = getenv(variable), *home = getenv("HOME");
	struct str path = STR_INIT;

	/* The specification: a relative path is invalid and to be ignored. */
	if (value && value[0] == '/')
		str_addf(&path, "%s/talaria", value);
	else
		str_addf(&path, "%s/%s/talaria", home && *home ? home : "/", fallback);
	return str_steal(&path);
}

static char *below(char *dir, const char *name)
{
	char *path;

	if (!name)
		return dir;
	path = file_join(dir, name);
	free(dir);
	return path;
}

char *settings_config_path(void)
{
	return below(xdg("XDG_CONFIG_HOME", ".config"), "config");
}

char *settings_dir_data(const char *account)
{
	return below(xdg("XDG_DATA_HOME", ".local/share"), account);
}

char *settings_dir_cache(const char *account)
{
	return below(xdg("XDG_CACHE_HOME", ".cache"), account);
}

char *settings_dir_state(void)
{
	char *dir = xdg("XDG_STATE_HOME", ".local/state");

	file_make_dirs(dir, NULL);
	return dir;
}

/* --- warnings --- */

static bool others_may(const char *path, mode_t what)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & what);
}

static void warn(struct strv *out, const char *format, const char *what)
{
	struct str text = STR_INIT;

	str_addf(&text, format, what);
	strv_take(out, str_steal(&text));
}

static void warn_of_dir(struct strv *out, char *dir)
{
	if (others_may(dir, 077))
		warn(out, _("Others on this machine can get at your mail: chmod 700 %s"), dir);
	free(dir);
}

void settings_warnings(const struct settings *s, const char *config_path, struct strv *out)
{
	bool plain = false;

	for (size_t i = 0; i < s->naccounts; i++) {
		const struct account_settings *a = s->accounts[i];

		plain |= a->password_kind == PASSWORD_PLAIN;
		if (*a->signature && access(a->signature, R_OK) != 0)
			warn(out, _("There is no signature, for %s cannot be read"), a->signature);
	}
	if (plain && others_may(config_path, 044))
		warn(out, _("Others on this machine can read your password: chmod 600 %s"),
			config_path);
	warn_of_dir(out, settings_dir_data(NULL));
	warn_of_dir(out, settings_dir_cache(NULL));
	warn_of_dir(out, settings_dir_state());
}

/* --- writing to the user's file --- */

static const struct conf_line *find_account(const struct conf_block *block, const char *account)
{
	for (size_t i = 0; i < block->n; i++) {
		const struct conf_line *line = &block->lines[i];

		if (line->n == 2 && line->block && strcmp(line->words[0].text, "account") == 0 &&
			strcmp(line->words[1].text, account) == 0)
			return line;
	}
	return NULL;
}

static size_t line_start(const char *text, int line)
{
	const char *p = text;

	for (int i = 1; i < line && *p; p++)
		i += *p == '\n';
	return (size_t)(p - text);
}

static void splice(struct str *text, size_t at, size_t remove, const char *insert)
{
	struct str out = STR_INIT;

	str_add(&out, text->p, at);
	str_adds(&out, insert);
	str_add(&out, text->p + at + remove, text->len - at - remove);
	str_done(text);
	*text = out;
}

/* The byte a word begins at, from its line and column (characters). */
static size_t word_at(const char *text, const struct conf_word *w)
{
	size_t at = line_start(text, w->line);

	for (int column = 1; column < w->column && text[at]; column++)
		do
			at++;
		while (((unsigned char)text[at] & 0xC0) == 0x80);
	return at;
}

static void put_protocol(struct str *text, const struct conf_line *account, const char *value)
{
	struct str line = STR_INIT;

	for (size_t i = account->block->n; i-- > 0;) {
		const struct conf_line *l = &account->block->lines[i];
		size_t at;

		if (l->n != 2 || strcmp(l->words[0].text, "protocol") != 0)
			continue;
		at = word_at(text->p, &l->words[1]);
		splice(text, at, strcspn(text->p + at, " \t\r\n;#"), value);
		return;
	}
	str_addf(&line, "\tprotocol %s\n", value);
	splice(text, line_start(text->p, account->words[1].line + 1), 0, line.p);
	str_done(&line);
}

int settings_save_protocol(
	const char *path, const char *account, enum account_protocol protocol, struct err *err)
{
	struct str text = STR_INIT;
	struct conf_errors errors = {0};
	struct conf_block *block;
	const struct conf_line *line;
	int rc = file_read(path, FILE_MAX, &text, err);

	if (rc != 0)
		return -1;
	block = conf_parse(str_c(&text), text.len, &errors);
	line = errors.n ? NULL : find_account(block, account);
	if (!line || !strchr(text.p + line_start(text.p, line->words[1].line), '\n'))
		rc = err_set(err, ERR_INPUT, _("%s has no account %s that could be changed"), path,
			account);
	else {
		put_protocol(&text, line, protocol == ACCOUNT_POP3 ? "pop3" : "imap");
		rc = file_replace(path, text.p, text.len, 0600, err);
	}
	conf_free(block);
	conf_errors_done(&errors);
	str_done(&text);
	return rc;
}

static void put_line(struct str *out, const char *name, const char *value)
{
	if (!*value)
		return;
	str_addf(out, "\t%-9s ", name);
	conf_quote(out, value);
	str_addc(out, '\n');
}

int settings_save_account(const char *path, const struct account_settings *a, struct err *err)
{
	static const char *const kinds[] = {"ask", "command", "plain", "keyring"};
	struct str text = STR_INIT;
	struct err missing = {0};
	char *dir = mem_strndup(path, (size_t)(strrchr(path, '/') ? strrchr(path, '/') - path : 0));
	int rc = *dir ? file_make_dirs(dir, err) : 0;

	free(dir);
	if (rc != 0)
		return -1;
	if (file_read(path, FILE_MAX, &text, &missing) != 0 && missing.kind != ERR_GONE) {
		*err = missing;
		return -1;
	}
	if (text.len && text.p[text.len - 1] != '\n')
		str_addc(&text, '\n');
	str_addf(&text, "%saccount %s {\n", text.len ? "\n" : "", a->name);
	put_line(&text, "from", a->from);
	put_line(&text, "protocol", a->protocol == ACCOUNT_POP3 ? "pop3" : "imap");
	put_line(&text, "imap", a->imap);
	put_line(&text, "pop3", a->pop3);
	put_line(&text, "smtp", a->smtp);
	put_line(&text, "tls-ca", a->tls_ca);
	put_line(&text, "tls-pin", a->tls_pin);
	str_addf(&text, "\t%-9s %s", "password", kinds[a->password_kind]);
	if (a->password_kind == PASSWORD_COMMAND || a->password_kind == PASSWORD_PLAIN) {
		str_addc(&text, ' ');
		conf_quote(&text, a->password);
	}
	str_adds(&text, "\n}\n");
	rc = file_replace(path, text.p, text.len, 0600, err);
	explicit_bzero(text.p, text.len);
	str_done(&text);
	return rc;
}

/* --- the manual --- */

static void manual_item(struct str *out, const struct setting_row *row)
{
	static const char *const kinds[] = {N_("yes or no"), N_("number"), N_("text"), NULL,
		N_("size"), N_("seconds"), N_("format")};

	str_addf(out, ".It Cm %s Ar %s\n", row->name,
		row->type == SETTING_CHOICE ? "choice" : _(kinds[row->type]));
	str_addf(out, "%s.\n", _(row->help));
	if (row->choices)
		str_addf(out, "One of: %s.\n", row->choices);
	if (row->type == SETTING_INT || row->type == SETTING_SECONDS)
		str_addf(out, "From %ld to %ld.\n", row->min, row->max);
	if (*row->initial)
		str_addf(out, "Default: %s.\n", row->initial);
}

void settings_manual(struct str *out, bool account)
{
	const struct setting_row *table = account ? account_rows : rows;
	size_t n = account ? (size_t)A_COUNT : (size_t)SETTINGS_COUNT;

	for (size_t i = 0; i < n; i++)
		manual_item(out, &table[i]);
}
