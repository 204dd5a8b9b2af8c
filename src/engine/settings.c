#include "engine/settings_priv.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/listing.h"
#include "engine/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIX_DISTANCE = 2 };

static const struct setting_row rows[SETTINGS_COUNT] = {
	[SET_ASCII] = {.name = "ascii",
		.type = SETTING_BOOL,
		.initial = "no",
		.help = N_("draw lines and marks with ASCII characters only")},
	[SET_CACHE_SIZE] = {.name = "cache-size",
		.type = SETTING_SIZE,
		.initial = "1G",
		.min = 1 << 20,
		.max = 1L << 42,
		.help = N_("most room for message bodies kept on disk, per account; the least "
			   "recently "
			   "read go first")},
	[SET_CHECK_MINUTES] = {.name = "check-minutes",
		.type = SETTING_INT,
		.initial = "5",
		.min = 1,
		.max = 1440,
		.help = N_(
			"minutes between two looks at folders that the server does not report by "
			"itself, and at POP3 servers")},
	[SET_CONFIRM_QUIT] = {.name = "confirm-quit",
		.type = SETTING_BOOL,
		.initial = "no",
		.help = N_("ask before the program ends")},
	[SET_DATE_FORMAT] = {.name = "date-format",
		.type = SETTING_DATE,
		.initial = "",
		.help = N_("strftime(3) format of dates in the list, or iso; empty: time today, "
			   "weekday this week, else the date; with the time where there is room")},
	[SET_DOWNLOADS] = {.name = "downloads",
		.type = SETTING_TEXT,
		.initial = "~/",
		.help = N_("directory that attachments are saved to")},
	[SET_EDITOR] = {.name = "editor",
		.type = SETTING_TEXT,
		.initial = "",
		.help = N_("command that edits a message; empty: $VISUAL, then $EDITOR, then vi")},
	[SET_IMAGE_COMMAND] = {.name = "image-command",
		.type = SETTING_TEXT,
		.initial = "",
		.help = N_("command that shows a picture in the terminal, such as chafa; empty: "
			   "pictures are shown by mailcap")},
	[SET_INDEX_COLUMNS] = {.name = "index-columns",
		.type = SETTING_COLUMNS,
		.initial = "flags account from subject size date",
		.help = N_("what the list shows of a message, in this order; folder-columns FOLDER "
			   "COLUMNS says it of one folder")},
	[SET_KEYBAR] = {.name = "keybar",
		.type = SETTING_BOOL,
		.initial = "yes",
		.help = N_("show the keys that matter in the bottom line")},
	[SET_LAYOUT] = {.name = "layout",
		.type = SETTING_CHOICE,
		.initial = "auto",
		.choices = "auto wide split single",
		.help = N_("where a message stands with its list: wide beside it, split below it, "
			   "single alone; auto: beside it on a terminal of 160 columns or more, "
			   "else below it where that is high enough")},
	[SET_MARK_READ] = {.name = "mark-read",
		.type = SETTING_BOOL,
		.initial = "yes",
		.help = N_("mark a message read when it is opened")},
	[SET_MOUSE] = {.name = "mouse",
		.type = SETTING_BOOL,
		.initial = "no",
		.help = N_("use the mouse for scrolling and selecting (takes the terminal's own "
			   "selection)")},
	[SET_PIPE_DECODE] = {.name = "pipe-decode",
		.type = SETTING_BOOL,
		.initial = "no",
		.help = N_("pipe-message gives the text as it is read, not the bytes of the mail")},
	[SET_PIPE_SPLIT] = {.name = "pipe-split",
		.type = SETTING_BOOL,
		.initial = "no",
		.help = N_("pipe-message runs its command for each of the tagged messages; else "
			   "once, for all as an mbox, or as texts one behind the other")},
	[SET_PREVIEW_LINES] = {.name = "preview-lines",
		.type = SETTING_INT,
		.initial = "auto",
		.choices = "auto",
		.min = 0,
		.max = 200,
		.help = N_("height of the message list over a message; auto: a third, but 12 lines "
			   "at least; 0: the message alone, in every layout")},
	[SET_PRINT_COMMAND] = {.name = "print-command",
		.type = SETTING_TEXT,
		.initial = "lp",
		.help = N_("command that prints what it reads from its standard input")},
	[SET_PRINT_DECODE] = {.name = "print-decode",
		.type = SETTING_BOOL,
		.initial = "yes",
		.help = N_(
			"print-message prints the text as it is read, not the bytes of the mail")},
	[SET_PRINT_SPLIT] = {.name = "print-split",
		.type = SETTING_BOOL,
		.initial = "no",
		.help = N_("print-message runs print-command for each of the tagged messages")},
	[SET_READ_ON] = {.name = "read-on",
		.type = SETTING_CHOICE,
		.initial = "unread",
		.choices = "unread next no",
		.help = N_("where a page further goes at the end of a message: to the next unread "
			   "one, to the next, or nowhere")},
	[SET_SEARCH_UNMARKED] = {.name = "search-fold-marks",
		.type = SETTING_BOOL,
		.initial = "no",
		.help = N_("let limits and searches find ü by u; a search that begins with "
			   "ignore:marks does without this")},
	[SET_SIDEBAR] = {.name = "sidebar",
		.type = SETTING_CHOICE,
		.initial = "auto",
		.choices = "auto yes no",
		.help = N_("show the folder list beside the messages; auto: on a terminal of 100 "
			   "columns "
			   "or more")},
	[SET_SIDEBAR_WIDTH] = {.name = "sidebar-width",
		.type = SETTING_INT,
		.initial = "24",
		.min = 8,
		.max = 80,
		.help = N_("columns of the folder list")},
	[SET_SORT] = {.name = "sort",
		.type = SETTING_SORT,
		.initial = "date",
		.help = N_("order of the message list")},
	[SET_THEME] = {.name = "theme",
		.type = SETTING_CHOICE,
		.initial = "auto",
		.choices = "auto dark light plain",
		.help = N_("colours for a dark or a light terminal, or none; auto: the terminal is "
			   "asked, "
			   "else $COLORFGBG says, else it is dark")},
	[SET_THREADS] = {.name = "threads",
		.type = SETTING_BOOL,
		.initial = "yes",
		.help = N_("show messages in threads")},
	[SET_UNDO_SEND] = {.name = "undo-send",
		.type = SETTING_SECONDS,
		.initial = "0",
		.min = 0,
		.max = 3600,
		.help = N_("seconds a message waits in the outbox before it goes out")},
	[SET_WRAP] = {.name = "wrap",
		.type = SETTING_INT,
		.initial = "100",
		.min = 20,
		.max = 1000,
		.help = N_("columns that text is wrapped at, if the window is wider")},
};

const struct setting_row *settings_row(enum setting id)
{
	return &rows[id];
}

void settings_choices(const struct setting_row *row, struct str *out)
{
	if (row->type == SETTING_SORT) {
		sort_names(out, " ");
		str_adds(out, " reverse-");
		sort_names(out, " reverse-");
	} else if (row->type == SETTING_COLUMNS) {
		listing_names(out);
	} else if (row->choices) {
		str_adds(out, row->choices);
	}
}

/* --- values --- */

/* The word of that number, of words with one space between them; NULL at the end. */
static const char *word_at(const char *words, int at, size_t *len)
{
	while (at-- > 0 && (words = strchr(words, ' ')) != NULL)
		words++;
	*len = words ? strcspn(words, " ") : 0;
	return words;
}

static int find_word(const char *words, const char *value)
{
	const char *word;
	size_t len;

	for (int i = 0; (word = word_at(words, i, &len)) != NULL; i++)
		if (len && len == strlen(value) && strncmp(word, value, len) == 0)
			return i;
	return -1;
}

int settings_choice(const struct setting_row *row, const char *value)
{
	return find_word(row->choices, value);
}

void settings_choice_word(struct str *out, const struct setting_row *row, int choice)
{
	size_t len;
	const char *word = word_at(row->choices, choice, &len);

	str_add(out, word, len);
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
	if (*value && strcmp(value, "auto") != 0 && strcmp(value, "iso") != 0 &&
		!strchr(value, '%'))
		return err_set(err, ERR_INPUT,
			_("%s is auto, iso, or a format of strftime(3) like %%d.%%m.%%y, not “%s”"),
			row->name, value);
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

static int check_choice(
	const struct setting_row *row, const char *value, long *number, struct err *err)
{
	struct str choices = STR_INIT;
	int rc = 0;

	settings_choices(row, &choices);
	*number = find_word(str_c(&choices), value);
	if (*number < 0)
		rc = err_set(err, ERR_INPUT, _("%s is one of: %s; not \"%s\""), row->name,
			str_c(&choices), value);
	str_done(&choices);
	return rc;
}

int settings_check(const struct setting_row *row, const char *value, long *number, struct err *err)
{
	struct listing listing;
	int b;

	switch (row->type) {
	case SETTING_BOOL:
		b = parse_bool(value);
		*number = b;
		return b < 0 ? err_set(err, ERR_INPUT, _("%s is yes or no, not \"%s\""), row->name,
				       value)
			     : 0;
	case SETTING_CHOICE:
	case SETTING_SORT:
		return check_choice(row, value, number, err);
	case SETTING_TEXT:
		return 0;
	case SETTING_DATE:
		return check_date(row, value, err);
	case SETTING_COLUMNS:
		return listing_read(&listing, row->name, value, err);
	case SETTING_SIZE:
		if (parse_number(row, value, number) == 0)
			return 0;
		return err_set(err, ERR_INPUT,
			_("%s is a number of octets from %ld to %ld, or a size like 500k, 20M or "
			  "1G, not "
			  "\"%s\""),
			row->name, row->min, row->max, value);
	default:
		*number = -1; /* of a number that may be a word */
		if (row->choices && strcmp(value, row->choices) == 0)
			return 0;
		if (row->choices && parse_number(row, value, number) != 0)
			return err_set(err, ERR_INPUT,
				_("%s is %s or a number from %ld to %ld, not “%s”"), row->name,
				row->choices, row->min, row->max, value);
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

const char *settings_nearest(const struct setting_row *table, size_t n, const char *name)
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
	return settings_nearest(rows, SETTINGS_COUNT, name);
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
	if (settings_check(&rows[id], value, &number, err) != 0)
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

void settings_free(struct settings *s)
{
	if (!s)
		return;
	for (int i = 0; i < SETTINGS_COUNT; i++)
		free(s->text[i]);
	for (size_t i = 0; i < s->naccounts; i++)
		account_settings_free(s->accounts[i]);
	strv_done(&s->folders);
	strv_done(&s->folder_columns);
	settings_searches_free(s);
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

/* --- columns of one folder --- */

static size_t own_columns(const struct settings *s, const char *folder)
{
	size_t i = 0;

	while (i < s->folders.n && str_icmp(s->folders.v[i], folder) != 0)
		i++;
	return i;
}

int settings_folder_columns(
	struct settings *s, const char *folder, const char *columns, struct err *err)
{
	size_t i = own_columns(s, folder);
	struct listing listing;

	if (*columns && listing_read(&listing, "folder-columns", columns, err) != 0)
		return -1;
	if (i == s->folders.n) {
		strv_add(&s->folders, folder);
		strv_add(&s->folder_columns, columns);
		return 0;
	}
	free(s->folder_columns.v[i]);
	s->folder_columns.v[i] = mem_strdup(columns);
	return 0;
}

const char *settings_columns(
	const struct settings *s, const char *folder, enum mail_role role, bool *own)
{
	const char *const names[] = {folder, mail_role_row(role)->key};
	const char *all = settings_text(s, SET_INDEX_COLUMNS);

	if (own)
		*own = true;
	for (size_t k = 0; k < MEM_COUNT(names); k++) {
		size_t i = own_columns(s, names[k]);

		if (i < s->folders.n && *s->folder_columns.v[i])
			return s->folder_columns.v[i];
	}
	if (own)
		*own = strcmp(all, rows[SET_INDEX_COLUMNS].initial) != 0;
	return all;
}

bool settings_own_address(const struct settings *s, const char *mail)
{
	for (size_t i = 0; i < s->naccounts; i++) {
		const struct account_settings *a = s->accounts[i];

		if (str_icmp(a->from_mail, mail) == 0)
			return true;
		for (size_t k = 0; k < a->alternates.n; k++)
			if (str_icmp(a->alternates.v[k], mail) == 0)
				return true;
	}
	return false;
}

size_t settings_accounts(const struct settings *s)
{
	return s->naccounts;
}

struct account_settings *settings_account(struct settings *s, size_t i)
{
	return i < s->naccounts ? s->accounts[i] : NULL;
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
	struct account_settings *a;
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
	else if (s->naccounts == SETTINGS_ACCOUNTS_MAX)
		conf_error(errors, name, _("more than %d accounts"), SETTINGS_ACCOUNTS_MAX);
	a = settings_account_read(name->text, line->block, errors);
	if (errors->n == before)
		settings_account_check(a, name, errors);
	if (errors->n == before)
		s->accounts[s->naccounts++] = a;
	else
		account_settings_free(a);
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

static void apply_columns(
	struct settings *s, const struct conf_line *line, struct conf_errors *errors)
{
	struct str columns = STR_INIT;
	struct err err = {0};

	for (size_t i = 2; i < line->n; i++)
		str_addf(&columns, "%s%s", i > 2 ? " " : "", line->words[i].text);
	if (line->n < 3)
		conf_error(errors, &line->words[0], _("write: folder-columns FOLDER COLUMNS"));
	else if (settings_folder_columns(s, line->words[1].text, str_c(&columns), &err) != 0)
		conf_error(errors, &line->words[2], "%s", err.text);
	str_done(&columns);
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
		else if (strcmp(line->words[0].text, "folder-columns") == 0)
			apply_columns(s, line, errors);
		else if (strcmp(line->words[0].text, "search") == 0)
			settings_apply_search(s, line, errors);
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
	if (file_read(path, SETTINGS_FILE_MAX, &text, &err) != 0) {
		if (err.kind != ERR_GONE)
			conf_error_at(errors, 1, 1, "%s", err.text);
		str_done(&text);
		return err.kind == ERR_GONE ? 1 : -1;
	}
	block = conf_parse(str_c(&text), text.len, errors);
	settings_apply(s, block, other, ctx, errors);
	conf_free(block);
	mem_wipe(text.p);
	str_done(&text);
	return errors->n ? -1 : 0;
}

/* --- the manual --- */

static void manual_columns(struct str *out)
{
	for (int i = 0; i < LIST_COLUMNS; i++)
		str_addf(out, ".Cm %s :\n%s.\n", listing_row((enum list_column)i)->name,
			_(listing_row((enum list_column)i)->help));
}

static void manual_item(struct str *out, const struct setting_row *row)
{
	static const char *const kinds[SETTING_TYPES] = {[SETTING_BOOL] = N_("yes or no"),
		[SETTING_INT] = N_("number"),
		[SETTING_SIZE] = N_("size"),
		[SETTING_SECONDS] = N_("seconds"),
		[SETTING_DATE] = N_("format"),
		[SETTING_COLUMNS] = N_("columns")};
	const char *kind = kinds[row->type] ? kinds[row->type] : N_("text");
	struct str choices = STR_INIT;

	settings_choices(row, &choices);
	str_addf(out, ".It Cm %s Ar %s\n", row->name,
		choices.len && !kinds[row->type] ? "choice" : _(kind));
	str_addf(out, "%s.\n", _(row->help));
	if (row->type == SETTING_COLUMNS)
		manual_columns(out);
	else if (choices.len && kinds[row->type])
		str_addf(out, "Or %s.\n", choices.p);
	else if (choices.len)
		str_addf(out, "One of: %s.\n", choices.p);
	if (row->type == SETTING_INT || row->type == SETTING_SECONDS)
		str_addf(out, "From %ld to %ld.\n", row->min, row->max);
	if (*row->initial)
		str_addf(out, "Default: %s.\n", row->initial);
	str_done(&choices);
}

static int by_name(const void *a, const void *b)
{
	const struct setting_row *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

void settings_manual(struct str *out, bool account)
{
	size_t n = SETTINGS_COUNT;
	const struct setting_row *table = account ? account_rows(&n) : rows;
	const struct setting_row **sorted = mem_array(n, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = &table[i];
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < n; i++)
		manual_item(out, sorted[i]);
	free(sorted);
}
