/* Texts to read: the live key map, help on one thing, messages, results. */
#include "ui/views.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HELP_COLUMN = 31, NARROW = 60, NARROW_COLUMN = 4 };

struct text_view {
	struct view v;
	char *title;
	struct text *text, *wrapped; /* whole lines, and those that fit */
	int cols;
	struct pager pager;
};

static struct text_view *self(struct view *v)
{
	return (struct text_view *)(void *)v;
}

static void text_title(struct view *v, struct str *out)
{
	str_adds(out, self(v)->title);
}

/* Ends at a blank, behind it; what has none to break at is broken where the room ends. */
static size_t piece_length(const char *s, size_t len, int columns)
{
	size_t n, all;

	if (utf8_columns(s, len) <= columns)
		return len;
	all = n = utf8_fit(s, len, columns + 1, NULL);
	while (n && s[n - 1] != ' ')
		n--;
	if (n)
		return n;
	all = utf8_fit(s, len, columns, NULL);
	return all ? all : len;
}

/* One line in as many as it needs; what explains a key or a command stays in its column. */
static void add_wrapped(struct text *t, const struct text_line *l, int columns)
{
	int indent = !l->nspans ? 0 : columns < NARROW ? NARROW_COLUMN : HELP_COLUMN;
	size_t at = 0;

	do {
		int left = at ? indent : 0;
		size_t n = piece_length(l->s + at, l->len - at, columns - left), end = at + n;
		struct str s = STR_INIT;
		struct text_line *piece;

		for (int i = 0; i < left; i++)
			str_addc(&s, ' ');
		while (end > at && l->s[end - 1] == ' ')
			end--;
		str_add(&s, l->s + at, end - at);
		piece = text_add(t, (enum text_style)l->style, str_c(&s), s.len);
		for (uint32_t i = 0; i < l->nspans && at == 0; i++)
			if (l->spans[i].start + l->spans[i].len <= end)
				text_span_add(piece, l->spans[i].start, l->spans[i].len,
					(enum text_style)l->spans[i].style, -1);
		str_done(&s);
		at += n;
	} while (at < l->len);
}

static void text_show(struct view *v, int rows, int cols)
{
	struct text_view *x = self(v);
	struct text *before = x->wrapped;
	int columns = cols < 10 ? 10 : cols;

	(void)rows;
	if (before && columns == x->cols)
		return;
	x->cols = columns;
	x->wrapped = text_new();
	for (size_t i = 0; i < x->text->n; i++)
		add_wrapped(x->wrapped, &x->text->lines[i], columns);
	pager_set(&x->pager, x->wrapped, true);
	text_free(before);
}

static void text_draw(struct view *v, const struct region *r)
{
	struct region inner = {r->row, r->col + 1, r->rows, r->cols - 1};

	pager_draw(&self(v)->pager, &inner);
}

static void text_status(struct view *v, struct line *out)
{
	line_addf(out, STYLE_STATUS, "%s  %d%%", self(v)->title, pager_percent(&self(v)->pager));
}

static void text_move(struct view *v, enum move m, int n)
{
	pager_move(&self(v)->pager, m, n);
}

static void text_search(struct view *v, const char *text, int step)
{
	if (!pager_search(&self(v)->pager, text, step))
		app_error(v->app, _("Not found"));
}

static void text_close(struct view *v)
{
	pager_done(&self(v)->pager);
	text_free(self(v)->text);
	text_free(self(v)->wrapped);
	free(self(v)->title);
	free(self(v));
}

static const struct hint hints[] = {
	{"back", N_("Back")}, {"page-down", N_("Page")}, {"search", N_("Search")}, {NULL, NULL}};

const struct view_ops view_text_ops = {
	.context = UI_TEXT,
	.label = N_("Help and texts"),
	.hints = hints,
	.title = text_title,
	.draw = text_draw,
	.status = text_status,
	.show = text_show,
	.move = text_move,
	.search = text_search,
	.close = text_close,
};

struct view *view_text_new(struct app *a, const char *title, struct text *text)
{
	struct text_view *x = mem_alloc(sizeof(*x));

	x->v = (struct view){&view_text_ops, a};
	x->title = mem_strdup(title);
	x->text = text;
	return &x->v;
}

struct text *text_of_lines(const char *lines)
{
	struct text *t = text_new();

	while (*lines) {
		size_t len = strcspn(lines, "\n");
		char *clean = utf8_clean_line(lines, len);

		text_add(t, TEXT_PLAIN, clean, strlen(clean));
		free(clean);
		lines += len + (lines[len] == '\n');
	}
	return t;
}

struct text *messages_text(struct app *a)
{
	struct text *t = text_new();

	if (a->messages_lost) {
		struct str s = STR_INIT;

		str_addf(&s,
			ngettext("(%zu older message is no longer here)",
				"(%zu older messages are no longer here)",
				(unsigned long)a->messages_lost),
			a->messages_lost);
		text_add(t, TEXT_PLAIN, str_c(&s), s.len);
		str_done(&s);
	}
	for (size_t i = 0; i < a->nmessages; i++) {
		struct str s = STR_INIT;
		time_t when = (time_t)a->messages[i].when;
		struct tm tm;
		char buf[16];

		localtime_r(&when, &tm);
		strftime(buf, sizeof(buf), "%H:%M:%S", &tm);
		str_addf(&s, "%s  %s", buf, a->messages[i].text);
		text_add(t, a->messages[i].error ? TEXT_NOTICE : TEXT_PLAIN, str_c(&s), s.len);
		str_done(&s);
	}
	if (a->nmessages == 0)
		text_add(t, TEXT_PLAIN, _("Nothing was said yet"),
			strlen(_("Nothing was said yet")));
	return t;
}

static void add_line(struct text *t, enum text_style style, const char *s)
{
	text_add(t, style, s, strlen(s));
}

static void command_help(const char *line, const char *note, struct str *out)
{
	const struct command *c = commands_first(line);

	if (note && *note)
		str_adds(out, note);
	else if (c && strcmp(c->name, line) != 0)
		str_addf(out, "%s (%s)", _(c->help), line);
	else
		str_adds(out, c ? _(c->help) : line);
}

static void add_binding(struct text *t, const struct key_binding *b)
{
	struct str s = STR_INIT;
	struct text_line *line;

	utf8_pad(&s, b->key, 11);
	str_addc(&s, ' ');
	utf8_pad(&s, b->command, 18);
	str_addc(&s, ' ');
	command_help(b->command, b->note, &s);
	line = text_add(t, TEXT_PLAIN, str_c(&s), s.len);
	text_span_add(line, 0, strlen(b->key), TEXT_CODE, -1);
	str_done(&s);
}

static void add_keys(struct app *a, struct text *t, unsigned context)
{
	const struct keys *k = a->config->keys;

	add_line(t, TEXT_HEADING, keys_context_title(context));
	for (size_t i = 0; i < keys_count(k); i++)
		if (keys_at(k, i)->context == context)
			add_binding(t, keys_at(k, i));
	add_line(t, TEXT_PLAIN, "");
}

static void add_commands(struct text *t)
{
	struct command_walk w = {0};
	const struct command *c;

	add_line(t, TEXT_HEADING, _("Commands, after :"));
	while ((c = commands_next(&w))) {
		struct str s = STR_INIT, left = STR_INIT;
		struct text_line *line;

		commands_usage(c, &left);
		utf8_pad(&s, str_c(&left), 30);
		str_addf(&s, " %s", _(c->help));
		line = text_add(t, TEXT_PLAIN, str_c(&s), s.len);
		text_span_add(line, 0, strlen(c->name), TEXT_CODE, -1);
		str_done(&s);
		str_done(&left);
	}
	add_line(t, TEXT_PLAIN, "");
}

static void add_option(struct text *t, const struct setting_row *row, const char *value)
{
	struct str s = STR_INIT, left = STR_INIT;
	struct text_line *line;

	str_addf(&left, "%s = %s", row->name, value && *value ? value : "\"\"");
	utf8_pad(&s, str_c(&left), 30);
	str_addf(&s, " %s", _(row->help));
	if (row->choices && *row->choices)
		str_addf(&s, " (%s)", row->choices);
	line = text_add(t, TEXT_PLAIN, str_c(&s), s.len);
	text_span_add(line, 0, strlen(row->name), TEXT_CODE, -1);
	str_done(&s);
	str_done(&left);
}

static void add_options(struct app *a, struct text *t)
{
	add_line(t, TEXT_HEADING, _("Options, with :set NAME VALUE"));
	for (int i = 0; i < SETTINGS_COUNT; i++)
		add_option(t, settings_row((enum setting)i),
			settings_text(a->settings, (enum setting)i));
}

static struct text *topic_help(struct app *a, const char *topic)
{
	const struct command *c = commands_find(topic);
	int option = settings_find(topic);
	struct text *t = text_new();
	struct str s = STR_INIT;

	if (keys_context(topic)) {
		add_keys(a, t, keys_context(topic));
	} else if (strcmp(topic, "keys") == 0) {
		add_keys(a, t, UI_ANY);
		for (int i = 0; i < UI_CONTEXTS; i++)
			add_keys(a, t, 1u << i);
	} else if (strcmp(topic, "commands") == 0) {
		add_commands(t);
	} else if (strcmp(topic, "options") == 0) {
		add_options(a, t);
	} else if (c || option >= 0) {
		if (c) {
			commands_usage(c, &s);
			add_line(t, TEXT_HEADING, str_c(&s));
			add_line(t, TEXT_PLAIN, _(c->help));
			for (size_t i = 0; i < keys_count(a->config->keys); i++)
				if (strcmp(keys_at(a->config->keys, i)->command, topic) == 0)
					add_binding(t, keys_at(a->config->keys, i));
		}
		if (option >= 0)
			add_option(t, settings_row((enum setting)option),
				settings_text(a->settings, (enum setting)option));
	} else {
		text_free(t);
		t = NULL;
	}
	str_done(&s);
	return t;
}

struct text *help_text(struct app *a, unsigned context, const char *topic)
{
	struct text *t;

	if (topic && *topic)
		return topic_help(a, topic);
	t = text_new();
	add_keys(a, t, context);
	add_keys(a, t, UI_ANY);
	add_commands(t);
	add_options(a, t);
	return t;
}
