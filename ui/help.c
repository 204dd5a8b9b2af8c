#include "ui/help.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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
	struct str s = STR_INIT, left = STR_INIT, choices = STR_INIT;
	struct text_line *line;

	str_addf(&left, "%s = %s", row->name, value && *value ? value : "\"\"");
	utf8_pad(&s, str_c(&left), 30);
	str_addf(&s, " %s", _(row->help));
	settings_choices(row, &choices);
	if (choices.len)
		str_addf(&s, " (%s)", choices.p);
	str_done(&choices);
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
