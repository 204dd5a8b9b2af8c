#include "ui/commands.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "engine/rule.h"
#include "ui/ui.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 4 };

const struct command *commands_next(struct command_walk *w)
{
	const struct command *t;

	while ((t = commands_table(w->table))) {
		if (t[w->row].name)
			return &t[w->row++];
		w->table++;
		w->row = 0;
	}
	return NULL;
}

const struct command *commands_find(const char *name)
{
	struct command_walk w = {0};
	const struct command *c;

	while ((c = commands_next(&w)) && strcmp(c->name, name) != 0)
		;
	return c;
}

const struct command *commands_first(const char *line)
{
	char *name = mem_strndup(line, strcspn(line, " ;"));
	const struct command *c = commands_find(name);

	free(name);
	return c;
}

const char *commands_suggest(const char *name)
{
	struct command_walk w = {0};
	const struct command *c;
	const char *best = NULL;
	size_t least = strlen(name) / 3 + 2;

	while ((c = commands_next(&w))) {
		size_t d = str_distance(name, c->name);

		if (d < least) {
			least = d;
			best = c->name;
		}
	}
	return best;
}

void commands_usage(const struct command *c, struct str *out)
{
	str_adds(out, c->name);
	if (c->args)
		str_addf(out, " %s", c->args);
}

/* --- running --- */

static const struct command *check_line(const struct conf_line *l, struct err *err)
{
	const char *name = l->words[0].text;
	const struct command *c = commands_find(name);
	int n = (int)l->n - 1;

	if (!c) {
		const char *near = commands_suggest(name);

		err_set(err, ERR_INPUT,
			near ? _("There is no command “%s”; did you mean “%s”?")
			     : _("There is no command “%s”; ? lists them"),
			name, near);
		return NULL;
	}
	if (n < c->min || (c->max >= 0 && n > c->max)) {
		err_set(err, ERR_INPUT, _("Usage: %s%s%s"), c->name, c->args ? " " : "",
			c->args ? c->args : "");
		return NULL;
	}
	return c;
}

static void call(struct app *a, const struct command *c, const struct args *args)
{
	if (c->run)
		c->run(a);
	else if (c->run_view)
		c->run_view(app_view(a));
	else
		c->run_args(a, args);
}

static void run_one(struct app *a, const struct conf_line *l)
{
	struct str rest = STR_INIT;
	struct err err = {0};
	const struct command *c = check_line(l, &err);
	const char **words;
	bool prefix = a->tag_prefix;

	if (!c) {
		app_error(a, "%s", err.text);
		return;
	}
	if (!(c->where & app_view(a)->ops->context)) {
		app_error(a, _("“%s” means nothing here: %s"), c->name, _(c->help));
		return;
	}
	words = mem_array(l->n, sizeof(*words));
	for (size_t i = 1; i < l->n; i++) {
		words[i - 1] = l->words[i].text;
		str_addf(&rest, "%s%s", i > 1 ? " " : "", l->words[i].text);
	}
	call(a, c, &(struct args){l->n - 1, words, str_c(&rest), c->which});
	/* The prefix is for one command. */
	if (prefix && !(c->traits & COMMAND_LEADS))
		a->tag_prefix = false;
	free(words);
	str_done(&rest);
}

void commands_run(struct app *a, const char *line)
{
	struct conf_errors errors = {0};
	struct conf_block *b = conf_parse(line, strlen(line), &errors);

	a->dirty = true;
	if (errors.n || a->depth >= MAX_DEPTH) {
		app_error(a, "%s", errors.n ? errors.v[0].text : _("Too many commands in one"));
	} else {
		a->depth++;
		for (size_t i = 0; i < b->n && !a->quit; i++)
			run_one(a, &b->lines[i]);
		a->depth--;
	}
	conf_free(b);
	conf_errors_done(&errors);
}

int commands_check(const char *line, struct err *err)
{
	struct conf_errors errors = {0};
	struct conf_block *b = conf_parse(line, strlen(line), &errors);
	int rc = 0;

	if (errors.n)
		rc = err_set(err, ERR_INPUT, "%s", errors.v[0].text);
	for (size_t i = 0; i < b->n && rc == 0; i++)
		rc = check_line(&b->lines[i], err) ? 0 : -1;
	conf_free(b);
	conf_errors_done(&errors);
	return rc;
}

/* --- completion --- */

static void complete_names(const char *word, struct strv *out)
{
	struct command_walk w = {0};
	const struct command *c;

	while ((c = commands_next(&w)))
		if (str_starts(c->name, word))
			strv_add(out, c->name);
}

/* Names with blanks in them have to be quoted to stay one word; open and move take the rest of the
 * line, but what follows must not be cut at ';' or '#'. */
static void quote_all(struct strv *v, size_t from)
{
	for (size_t i = from; i < v->n; i++) {
		struct str s = STR_INIT;

		conf_quote(&s, v->v[i]);
		free(v->v[i]);
		v->v[i] = str_steal(&s);
	}
}

size_t commands_complete(void *ctx, const char *line, struct strv *out)
{
	const char *start = strrchr(line, ';');
	struct conf_errors errors = {0};
	struct conf_block *b;
	const struct command *c;
	size_t word_at = strlen(line), at;
	bool fresh, quoted = false;

	start = start ? start + 1 : line;
	start += strspn(start, " ");
	at = (size_t)(start - line);
	/* Where the last word begins, quotes respected. */
	for (const char *p = start; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p == ' ' && !quoted)
			at = (size_t)(p - line) + 1;
	}
	fresh = at == word_at;
	if (at == (size_t)(start - line)) {
		complete_names(line + at, out);
		return at;
	}
	b = conf_parse(start, strlen(start), &errors);
	c = b->n ? commands_find(b->lines[0].words[0].text) : NULL;
	if (c && c->complete) {
		size_t n = b->lines[0].n;
		const char *word = fresh ? "" : b->lines[0].words[n - 1].text;

		c->complete(ctx, (int)(fresh ? n - 1 : n - 2), word, out);
		quote_all(out, 0);
	}
	conf_free(b);
	conf_errors_done(&errors);
	return at;
}

/* --- configuration --- */

struct ui_config *ui_config_new(void)
{
	struct ui_config *c = mem_alloc(sizeof(*c));

	c->keys = keys_new();
	style_theme(&c->styles, "dark");
	return c;
}

void ui_config_free(struct ui_config *c)
{
	if (!c)
		return;
	keys_free(c->keys);
	for (size_t i = 0; i < c->nrules; i++)
		rule_free(c->rules[i]);
	free(c);
}

static void config_bind(struct ui_config *c, const struct conf_line *l, struct conf_errors *errors)
{
	const struct conf_word *w = l->words;
	struct err err = {0};

	if (l->n < 4 || l->n > 5)
		conf_error(errors, &w[0], _("bind needs a screen, a key and a command"));
	else if (commands_check(w[3].text, &err) < 0)
		conf_error(errors, &w[3], "%s", err.text);
	else if (keys_bind(c->keys, w[1].text, w[2].text, w[3].text, l->n > 4 ? w[4].text : "",
			 &err) < 0)
		conf_error(errors, keys_context(w[1].text) ? &w[2] : &w[1], "%s", err.text);
}

static void config_unbind(
	struct ui_config *c, const struct conf_line *l, struct conf_errors *errors)
{
	const struct conf_word *w = l->words;
	struct err err = {0};

	if (l->n != 3)
		conf_error(errors, &w[0], _("unbind needs a screen and a key"));
	else if (keys_unbind(c->keys, w[1].text, w[2].text, &err) < 0)
		conf_error(errors, keys_context(w[1].text) ? &w[2] : &w[1], "%s", err.text);
}

static const char *near_style(const char *name)
{
	const char *best = NULL;
	size_t least = strlen(name) / 3 + 2;

	for (int i = 0; i < STYLES; i++) {
		size_t d = str_distance(name, style_name((enum style)i));

		if (d < least) {
			least = d;
			best = style_name((enum style)i);
		}
	}
	return best;
}

/* Words of a look, from *at on. lenient: the first that is none ends it. */
static bool take_look(const struct conf_line *l, size_t *at, bool lenient, struct style_look *look,
	struct conf_errors *errors)
{
	const struct conf_word *w = l->words;
	int colors = 0;
	struct err err = {0};

	for (; *at < l->n; ++*at) {
		unsigned attr = style_attr(w[*at].text);
		short color;

		look->attr |= (unsigned char)attr;
		if (attr)
			continue;
		if (colors > 1 || style_color(w[*at].text, &color, &err) < 0) {
			if (!lenient)
				conf_error(errors, &w[*at], "%s",
					colors > 1 ? _("more than two colors") : err.text);
			return lenient;
		}
		*(colors++ ? &look->bg : &look->fg) = color;
	}
	return true;
}

/* "color index red default ~F": rows of messages that a query finds. */
static void config_rule(struct ui_config *c, const struct conf_line *l, struct conf_errors *errors)
{
	struct style_look look = {COLOR_NONE, COLOR_NONE, 0};
	struct str query = STR_INIT;
	struct rule *rule;
	struct err err = {0};
	size_t at = 2, first;

	(void)take_look(l, &at, true, &look, errors);
	first = at < l->n ? at : 0;
	for (; at < l->n; at++)
		str_addf(&query, "%s%s", query.len ? " " : "", l->words[at].text);
	rule = first > 2 ? rule_new(str_c(&query), &err) : NULL;
	if (first <= 2)
		conf_error(errors, &l->words[0],
			_("color index needs a color and a search, such as: color index red ~F"));
	else if (!rule)
		conf_error(errors, &l->words[first], "%s", err.text);
	else if (c->nrules == STYLE_RULES)
		conf_error(errors, &l->words[0], _("more than %d colors of rows"), STYLE_RULES);
	if (!rule || c->nrules == STYLE_RULES) {
		rule_free(rule);
	} else {
		int style = STYLE_RULE + 2 * (int)c->nrules;

		c->styles.look[style] = c->styles.look[style + 1] = look;
		c->styles.look[style + 1].attr |= ATTR_BOLD;
		c->styles.own[style] = c->styles.own[style + 1] = true;
		c->rules[c->nrules++] = rule;
	}
	str_done(&query);
}

static void config_color(struct ui_config *c, const struct conf_line *l, struct conf_errors *errors)
{
	const struct conf_word *w = l->words;
	struct style_look look = {COLOR_NONE, COLOR_NONE, 0};
	int style = l->n > 1 ? style_find(w[1].text) : -1;
	size_t at = 2;

	if (l->n < 3) {
		conf_error(errors, &w[0], _("color needs a style and a color"));
		return;
	}
	if (strcmp(w[1].text, "index") == 0) {
		config_rule(c, l, errors);
		return;
	}
	if (style < 0) {
		const char *near = near_style(w[1].text);

		if (near)
			conf_error(errors, &w[1], _("there is no style “%s”; did you mean “%s”?"),
				w[1].text, near);
		else
			conf_error(errors, &w[1], _("there is no style “%s”"), w[1].text);
		return;
	}
	if (!take_look(l, &at, false, &look, errors))
		return;
	c->styles.look[style] = look;
	c->styles.own[style] = true;
}

void ui_config_line(void *ctx, const struct conf_line *l, struct conf_errors *errors)
{
	static const char *const known[] = {
		"account", "bind", "color", "folder-columns", "search", "set", "unbind"};
	const char *name = l->words[0].text, *near = NULL;
	size_t least = strlen(name) / 3 + 2;

	if (strcmp(name, "bind") == 0) {
		config_bind(ctx, l, errors);
	} else if (strcmp(name, "unbind") == 0) {
		config_unbind(ctx, l, errors);
	} else if (strcmp(name, "color") == 0) {
		config_color(ctx, l, errors);
	} else {
		for (size_t i = 0; i < MEM_COUNT(known); i++)
			if (str_distance(name, known[i]) < least) {
				least = str_distance(name, known[i]);
				near = known[i];
			}
		if (near)
			conf_error(errors, &l->words[0], _("“%s” is not known; did you mean “%s”?"),
				name, near);
		else
			conf_error(errors, &l->words[0],
				_("“%s” is not known: a line begins with set, account, search, "
				  "bind, unbind, color or folder-columns"),
				name);
	}
}

void commands_manual(struct str *out)
{
	struct command_walk w = {0};
	const struct command *c;

	while ((c = commands_next(&w))) {
		str_addf(out, ".It Ic %s", c->name);
		if (c->args)
			str_addf(out, " Ar \"%s\"", c->args);
		str_addc(out, '\n');
		for (const char *p = c->help; *p; p++) {
			if (*p == '-')
				str_adds(out, "\\-");
			else
				str_addc(out, *p);
		}
		str_adds(out, ".\n");
	}
}
