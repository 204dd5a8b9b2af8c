/* What is looked for in all folders, and what of that is kept. */
#include "ui/cmd.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The list of messages on the screen, or below what is read of it; NULL: none. */
static struct msglist *shown_list(struct app *a)
{
	struct view *index = app_find_view(a, UI_INDEX);

	return index ? view_index_list(index) : NULL;
}

static bool is_found(const struct msglist *l)
{
	return l && msglist_span(l) == span_found();
}

/* --- everywhere at once --- */

/* What was found before is found no better: the new list stands in its place. */
static void show_found(struct app *a, struct view *v)
{
	struct tab *t = &a->tabs[a->tab];
	struct view *top = app_view(a);

	if (top->ops->list && top->ops->context == UI_INDEX && is_found(top->ops->list(top))) {
		tabs_close_top(a, t);
		t->stack[t->n++] = v;
		app_relayout(a);
	} else {
		app_push(a, v);
	}
}

static void find(struct app *a, void *ctx, const char *query)
{
	struct str name = STR_INIT;
	struct err err = {0};
	struct view *v;

	(void)ctx;
	if (!query || !*query)
		return;
	str_addf(&name, "%s%s", span_found()->name, query);
	v = view_index_new(a, -1, str_c(&name), &err);
	str_done(&name);
	if (v)
		show_found(a, v);
	else
		app_error(a, "%s", err.text);
}

static void cmd_find(struct app *a, const struct args *args)
{
	struct msglist *l = shown_list(a);

	if (args->n)
		find(a, NULL, args->rest);
	else
		app_ask(a, _("Find in all folders: "), is_found(l) ? msglist_query(l) : "",
			HISTORY_SEARCH, NULL, find, NULL, NULL);
}

/* --- saved searches --- */

/* What the list shows: by its query, its limit, or both. */
static void add_shown(const struct msglist *l, struct str *out)
{
	const char *query = msglist_query(l);
	const char *limit = msglist_is_limited(l) ? msglist_limit_text(l) : NULL;

	if (query && limit)
		str_addf(out, "(%s) (%s)", query, limit);
	else if (query || limit)
		str_adds(out, query ? query : limit);
}

static void rows_changed(struct app *a)
{
	app_each_view(a, UI_FOLDERS, view_folders_keep);
	a->dirty = true;
}

static void save_search(struct app *a, const char *name, const char *query)
{
	struct str at = STR_INIT;
	const struct span_row *old;
	struct err err = {0};

	str_addf(&at, "@%s", name);
	old = settings_span_find(a->settings, str_c(&at));
	if (engine_save_search(a->engine, name, query, &err) != 0)
		app_error(a, "%s", err.text);
	else if (old)
		app_message(a, _("@%s looks for %s in all folders now, no longer for %s"), name,
			query, old->query);
	else
		app_message(a, _("@%s looks for %s in all folders"), name, query);
	rows_changed(a);
	str_done(&at);
}

static void cmd_save_search(struct app *a, const struct args *args)
{
	const char *name = args->v[0] + (*args->v[0] == '@');
	struct msglist *l = shown_list(a);
	struct str query = STR_INIT;

	for (size_t i = 1; i < args->n; i++)
		str_addf(&query, "%s%s", i > 1 ? " " : "", args->v[i]);
	if (args->n == 1 && l)
		add_shown(l, &query);
	if (query.len)
		save_search(a, name, str_c(&query));
	else
		app_error(a, _("Nothing is found or limited here that could be saved; "
			       "save-search NAME QUERY says what to look for"));
	str_done(&query);
}

static void cmd_forget_search(struct app *a, const struct args *args)
{
	const char *name = args->v[0] + (*args->v[0] == '@');
	struct err err = {0};

	if (engine_forget_search(a->engine, name, &err) != 0)
		app_error(a, "%s", err.text);
	else
		app_message(a, _("@%s is no saved search any more"), name);
	rows_changed(a);
}

static void complete_search(struct app *a, int nth, const char *word, struct strv *out)
{
	size_t skip = *word != '@';

	for (size_t i = SPANS; nth == 0 && i < settings_spans(a->settings); i++) {
		const char *name = settings_span(a->settings, i)->name + skip;

		if (str_istarts(name, word))
			strv_add(out, name);
	}
}

const struct command cmd_find_commands[] = {
	{"find", UI_ANY, N_("list what matches in any folder of any account"), .args = "[PATTERN]",
		.max = -1, .run_args = cmd_find},
	{"save-search", UI_ANY,
		N_("keep PATTERN, or what the list shows by find or limit, as the list @NAME"),
		.args = "NAME [PATTERN]", .min = 1, .max = -1, .run_args = cmd_save_search,
		.complete = complete_search},
	{"forget-search", UI_ANY, N_("take a saved search away"), .args = "NAME", .min = 1,
		.max = 1, .run_args = cmd_forget_search, .complete = complete_search},
	{.name = NULL},
};
