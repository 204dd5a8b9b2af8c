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

bool settings_account_name_ok(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 32 && name[0] != '.' && name[0] != '-' && name[0] != '_' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == len;
}

/* --- its lines --- */

struct reading {
	struct account_settings *account;
	const struct setting_row *row; /* of the line */
	const struct conf_line *line;
	struct conf_errors *errors;
};
/* Reads a value of the type that the row has. w: the first word behind the name of n. */
typedef void read_fn(struct reading *r, const struct conf_word *w, size_t n);

static void put_text(struct reading *r, const char *value)
{
	char **to = account_value(r->account, r->row);

	free(*to);
	*to = mem_strdup(value);
}

static void read_text(struct reading *r, const struct conf_word *w, size_t n)
{
	(void)n;
	put_text(r, w->text);
}

/* Yes or no, numbers and choices. */
static void read_number(struct reading *r, const struct conf_word *w, size_t n)
{
	void *to = account_value(r->account, r->row);
	long number = 0;
	struct err err = {0};

	(void)n;
	if (settings_check(r->row, w->text, &number, &err) != 0)
		conf_error(r->errors, w, "%s", err.text);
	else if (r->row->type == SETTING_BOOL)
		*(bool *)to = number != 0;
	else if (r->row->type == SETTING_SIZE)
		*(long *)to = number;
	else
		*(int *)to = (int)number;
}

static void read_address(struct reading *r, const struct conf_word *w, size_t n)
{
	struct addr_list list = {0};
	struct err err = {0};

	(void)n;
	if (addr_parse_typed(&list, w->text, &err) != 0) {
		conf_error(r->errors, w, "%s", err.text);
	} else if (list.n != 1) {
		conf_error(r->errors, w,
			_("from takes one address, as \"Alice Example <alice@example.org>\""));
	} else {
		put_text(r, w->text);
		free(r->account->from_mail);
		r->account->from_mail = mem_strdup(list.v[0].mail);
	}
	addr_list_done(&list);
}

static void read_addresses(struct reading *r, const struct conf_word *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct addr_list list = {0};
		struct err err = {0};

		if (addr_parse_typed(&list, w[i].text, &err) != 0)
			conf_error(r->errors, &w[i], "%s", err.text);
		for (size_t k = 0; k < list.n; k++)
			strv_add(account_value(r->account, r->row), list.v[k].mail);
		addr_list_done(&list);
	}
}

static void read_server(struct reading *r, const struct conf_word *w, size_t n)
{
	struct net_server server = {0};
	struct err err = {0};

	(void)n;
	if (net_server_parse(&server, w->text, &err) != 0)
		conf_error(r->errors, w, "%s", err.text);
	else if (strcmp(protocol_row(server.protocol)->key, r->row->name) != 0)
		conf_error(r->errors, w, _("this is not the address of a server for %s"),
			r->row->name);
	else if (!protocol_row(server.protocol)->may_be_nobody && !*server.user)
		conf_error(r->errors, w, _("the user name is missing: write %.*s://USER@%s"),
			(int)strcspn(w->text, ":"), w->text, server.host);
	else
		put_text(r, w->text);
}

static void read_password(struct reading *r, const struct conf_word *w, size_t n)
{
	int kind = w->quoted ? -1 : settings_choice(r->row, w->text);
	bool takes_word = kind >= 0 && password_takes_word((enum password_kind)kind);
	char **secret = account_value(r->account, r->row);

	if (kind < 0) {
		conf_error(r->errors, w,
			_("password is one of: ask, command \"...\", keyring, plain \"...\""));
	} else if (n != 1 + (size_t)takes_word) {
		conf_error(r->errors, w,
			takes_word ? _("password %s takes one word: put it in quotes")
				   : _("password %s takes nothing after it"),
			w->text);
	} else {
		r->account->password_kind = (enum password_kind)kind;
		mem_free_secret(*secret);
		*secret = mem_strdup(takes_word ? w[1].text : "");
	}
}

static void read_days(struct reading *r, const struct conf_word *w, size_t n)
{
	int *to = account_value(r->account, r->row);
	char *end;
	long days;

	(void)n;
	if (strcmp(w->text, "always") == 0) {
		*to = -1;
		return;
	}
	if (strcmp(w->text, "never") == 0) {
		*to = 0;
		return;
	}
	days = strtol(w->text, &end, 10);
	if (end == w->text || strcmp(end, "d") != 0 || days < 0 || days > 36500)
		conf_error(r->errors, w,
			_("pop3-keep is always, never, or a number of days as 14d, not \"%s\""),
			w->text);
	else
		*to = (int)days;
}

static void read_mechanism(struct reading *r, const struct conf_word *w, size_t n)
{
	struct str names = STR_INIT;

	(void)n;
	sasl_names(&names);
	if (*w->text && str_icmp(w->text, "oauth2") != 0 && !sasl_is_known(w->text))
		conf_error(r->errors, w, _("auth is oauth2 or one of: %s; not \"%s\""),
			str_c(&names), w->text);
	else
		put_text(r, w->text);
	str_done(&names);
}

static void read_path(struct reading *r, const struct conf_word *w, size_t n)
{
	char *path = file_expand(w->text);

	(void)n;
	if (r->row->type == SETTING_FILE && access(path, R_OK) != 0)
		conf_error(r->errors, w, _("%s cannot be read: %s"), path, strerror(errno));
	put_text(r, path);
	free(path);
}

static void read_pin(struct reading *r, const struct conf_word *w, size_t n)
{
	struct str hex = STR_INIT;

	(void)n;
	for (const char *p = w->text; *p; p++)
		if (*p != ':')
			str_addc(&hex, *p >= 'A' && *p <= 'F' ? (char)(*p - 'A' + 'a') : *p);
	if (hex.len != 64 || strspn(str_c(&hex), "0123456789abcdef") != 64)
		conf_error(r->errors, w, _("tls-pin is a SHA-256 in hex, 64 digits"));
	else
		put_text(r, hex.p);
	str_done(&hex);
}

static read_fn *const readers[SETTING_TYPES] = {
	[SETTING_BOOL] = read_number,
	[SETTING_INT] = read_number,
	[SETTING_TEXT] = read_text,
	[SETTING_CHOICE] = read_number,
	[SETTING_SIZE] = read_number,
	[SETTING_SECONDS] = read_number,
	[SETTING_ADDRESS] = read_address,
	[SETTING_ADDRESSES] = read_addresses,
	[SETTING_SERVER] = read_server,
	[SETTING_PASSWORD] = read_password,
	[SETTING_MECHANISM] = read_mechanism,
	[SETTING_DAYS] = read_days,
	[SETTING_FILE] = read_path,
	[SETTING_PATH] = read_path,
	[SETTING_PIN] = read_pin,
};

static const struct setting_row *find_row(const char *name)
{
	size_t n;
	const struct setting_row *rows = account_rows(&n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static void unknown(struct reading *r)
{
	const struct conf_word *name = &r->line->words[0];
	size_t n;
	const struct setting_row *rows = account_rows(&n);
	const char *near = settings_nearest(rows, n, name->text);

	if (near)
		conf_error(r->errors, name, _("an account has no \"%s\"; did you mean \"%s\"?"),
			name->text, near);
	else
		conf_error(r->errors, name, _("an account has no \"%s\""), name->text);
}

/* Whether a line for that row was read already. */
static bool read_line(struct reading *r, bool seen)
{
	const struct conf_line *line = r->line;
	const struct conf_word *name = &line->words[0];
	enum setting_type type = r->row->type;
	size_t before = r->errors->n;

	if (line->n < 2)
		conf_error(r->errors, name, _("%s needs a value"), name->text);
	else if (type != SETTING_ADDRESSES && seen)
		conf_error(r->errors, name, _("there is a line %s before this one: take one away"),
			name->text);
	else if (line->n > 2 && type != SETTING_ADDRESSES && type != SETTING_PASSWORD)
		conf_error(r->errors, &line->words[2], _("%s takes one value: put it in quotes"),
			name->text);
	else
		readers[type](r, &line->words[1], line->n - 1);
	return seen || r->errors->n == before;
}

/* What stands in no file is as it is written in the table. */
static void read_initial(struct reading *r)
{
	size_t n;
	const struct setting_row *rows = account_rows(&n);

	for (size_t i = 0; i < n; i++) {
		struct conf_word w = {.text = mem_strdup(rows[i].initial)};

		r->row = &rows[i];
		if (*w.text)
			readers[rows[i].type](r, &w, 1);
		free(w.text);
	}
}

void settings_account_check(
	const struct account_settings *a, const struct conf_word *at, struct conf_errors *errors)
{
	const char *key = protocol_row(a->protocol)->key;

	if (!*a->from)
		conf_error(errors, at,
			_("account %s has no from line: add  from \"Your Name <you@example.org>\""),
			a->name);
	if (!*a->urls[a->protocol])
		conf_error(errors, at,
			_("account %s has protocol %s but no %s line: add  %s %ss://USER@HOST"),
			a->name, key, key, key, key);
}

struct account_settings *settings_account_new(const char *name)
{
	struct conf_errors none = {0}; /* the table has no faults */
	struct reading r = {.account = account_settings_new(name), .errors = &none};

	read_initial(&r);
	return r.account;
}

struct account_settings *settings_account_read(
	const char *name, const struct conf_block *block, struct conf_errors *errors)
{
	struct reading r = {.account = settings_account_new(name), .errors = errors};
	size_t n;
	const struct setting_row *rows = account_rows(&n);
	bool *seen = mem_array(n, sizeof(*seen));

	for (size_t i = 0; i < block->n; i++) {
		r.line = &block->lines[i];
		r.row = find_row(r.line->words[0].text);
		if (r.row)
			seen[r.row - rows] = read_line(&r, seen[r.row - rows]);
		else
			unknown(&r);
	}
	free(seen);
	return r.account;
}

/* --- as text --- */

/* The value as it is written into a file, with what must be quoted in quotes. */
static void add_value(
	struct str *out, const struct account_settings *a, const struct setting_row *row)
{
	const void *value = account_look(a, row);
	const struct strv *list = value;
	int number = 0;

	switch (row->type) {
	case SETTING_BOOL:
		str_adds(out, *(const bool *)value ? "yes" : "no");
		break;
	case SETTING_INT:
	case SETTING_SECONDS:
		str_addf(out, "%d", *(const int *)value);
		break;
	case SETTING_SIZE:
		str_addf(out, "%ld", *(const long *)value);
		break;
	case SETTING_CHOICE:
		settings_choice_word(out, row, *(const int *)value);
		break;
	case SETTING_DAYS:
		number = *(const int *)value;
		if (number > 0)
			str_addf(out, "%dd", number);
		else
			str_adds(out, number ? "always" : "never");
		break;
	case SETTING_ADDRESSES:
		for (size_t i = 0; i < list->n; i++) {
			str_adds(out, i ? " " : "");
			conf_quote(out, list->v[i]);
		}
		break;
	case SETTING_PASSWORD:
		settings_choice_word(out, row, (int)a->password_kind);
		if (password_takes_word(a->password_kind)) {
			str_addc(out, ' ');
			conf_quote(out, a->password);
		}
		break;
	default:
		if (**(char *const *)value)
			conf_quote(out, *(char *const *)value);
		break;
	}
}

void settings_account_text(struct str *out, const struct account_settings *a)
{
	size_t n;
	const struct setting_row *rows = account_rows(&n);

	str_addf(out, "account %s {\n", a->name);
	for (size_t i = 0; i < n; i++) {
		struct str value = STR_INIT;
		/* What everybody chooses is said also where it is what would be anyway. */
		bool said = rows[i].type == SETTING_PASSWORD ||
			    rows[i].at == offsetof(struct account_settings, protocol);

		add_value(&value, a, &rows[i]);
		if (said || strcmp(str_c(&value), rows[i].initial) != 0)
			str_addf(out, "\t%-9s %s\n", rows[i].name, str_c(&value));
		mem_wipe(value.p);
		str_done(&value);
	}
	str_adds(out, "}\n");
}
