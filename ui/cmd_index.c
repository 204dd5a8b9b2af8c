/* The list of messages: which are shown, and in which order. */
#include "ui/cmd.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "engine/sort.h"

#include <stdlib.h>
#include <string.h>

static bool means_all(const char *text)
{
	return !*text || strcmp(text, "all") == 0;
}

static void limit_to(struct app *a, void *ctx, const char *text)
{
	struct err err = {0};

	if (!means_all(text) && engine_query_check(text, &err) != 0)
		app_error(a, "%s", err.text);
	else
		app_await(a, engine_limit(a->engine, view_index_list(ctx), text), NULL, NULL, NULL);
}

/* --- while it is typed --- */

static void limit_tried(struct app *a, void *ctx, struct event *ev)
{
	struct msglist *l = view_index_list(ctx);
	struct str n = STR_INIT, all = STR_INIT, words = STR_INIT;

	if (!app_is_typing(a, ctx))
		return;
	if (ev->kind == EVENT_FAILED)
		app_told(a, ctx, true, "%s", ev->failed.text);
	/* Of what is typed since, that has been told already. */
	if (ev->kind != EVENT_DONE ||
		strcmp(msglist_limit_text(l), means_all(a->asked.last) ? "" : a->asked.last) != 0)
		return;
	draw_number(&n, msglist_count(l));
	draw_number(&all, msglist_total(l));
	if (means_all(a->asked.last))
		str_adds(&words, _("everything"));
	else
		engine_query_words(a->asked.last, &words, NULL);
	app_told(a, ctx, false, _("%s of %s: %s"), str_c(&n), str_c(&all), str_c(&words));
	str_done(&n);
	str_done(&all);
	str_done(&words);
}

static void limit_typed(struct app *a, void *ctx, const char *text)
{
	if (means_all(text) || app_query_typed(a, ctx, text))
		app_await(a, engine_limit_try(a->engine, view_index_list(ctx), text), limit_tried,
			ctx, ctx);
}

/* What was not understood, or takes its time, begins where the typing did. */
static void limit_given(struct app *a, void *ctx, const char *text)
{
	bool back = !text || (!means_all(text) && !engine_query_is_quick(text));
	struct view *v = ctx;

	engine_limit_end(a->engine, view_index_list(v), back);
	if (back)
		v->ops->place(v, PLACE_BACK);
	v->ops->place(v, PLACE_FREE);
	if (text)
		limit_to(a, v, text);
}

static void ask_limit(struct app *a, struct view *v)
{
	v->ops->place(v, PLACE_HOLD);
	app_ask_typed(a, _("Show only (all: everything): "), msglist_limit_text(view_index_list(v)),
		HISTORY_SEARCH, limit_typed, limit_given, v, v);
}

static void cmd_limit(struct app *a, const struct args *args)
{
	if (args->n)
		limit_to(a, app_view(a), args->rest);
	else
		ask_limit(a, app_view(a));
}

/* --- order --- */

static void sort_by(struct app *a, struct view *v, const char *name, bool reverse)
{
	uint32_t uid = view_index_uid(v);
	bool turned;
	int sort = sort_find(name, &turned);

	if (sort < 0) {
		struct str names = STR_INIT;

		sort_names(&names, ", ");
		app_error(a, _("Sort by one of %s; not “%s”"), str_c(&names), name);
		str_done(&names);
		return;
	}
	msglist_set_sort(view_index_list(v), (enum msglist_sort)sort, reverse != turned);
	view_index_go(v, uid);
}

static void sort_list(struct app *a, struct view *v, const char *answer, bool reverse)
{
	for (enum msglist_sort i = 0; answer && *answer && i < SORTS; i++)
		if (sort_row(i)->letter == *answer)
			sort_by(a, v, sort_row(i)->name, reverse);
}

static void sort_chosen(struct app *a, void *ctx, const char *answer)
{
	sort_list(a, ctx, answer, false);
}

static void reverse_chosen(struct app *a, void *ctx, const char *answer)
{
	sort_list(a, ctx, answer, true);
}

static void ask_sort(struct app *a, struct view *v, bool reverse)
{
	struct str labels = STR_INIT, label = STR_INIT;
	char letters[SORTS + 1] = "";

	for (enum msglist_sort i = 0; i < SORTS; i++) {
		str_addf(&labels, "%s%s", i ? " " : "", _(sort_row(i)->label));
		letters[i] = sort_row(i)->letter;
	}
	str_addf(&label, reverse ? _("Reversed by %s? ") : _("Sort by %s? "), labels.p);
	app_ask_choice(a, label.p, letters, reverse ? reverse_chosen : sort_chosen, v, v);
	str_done(&label);
	str_done(&labels);
}

static void cmd_sort(struct app *a, const struct args *args)
{
	bool reverse = args->n && strcmp(args->v[0], "-r") == 0;
	struct view *v = app_view(a);

	if (args->n > (reverse ? 1 : 0))
		sort_by(a, v, args->v[reverse ? 1 : 0], reverse);
	else
		ask_sort(a, v, reverse);
}

static void cmd_threads(struct app *a)
{
	struct view *v = app_view(a);
	struct msglist *l = view_index_list(v);
	uint32_t uid = view_index_uid(v);

	msglist_set_threads(l, !msglist_threads(l));
	view_index_go(v, uid);
	app_message(a, msglist_threads(l) ? _("Threads are on") : _("Threads are off"));
}

/* What is read only for other reasons stays so. */
static void cmd_toggle_write(struct app *a)
{
	struct view *v = app_view(a);
	struct msglist *l = v->ops->list(v);
	bool was = msglist_read_only(l);

	msglist_protect(l, !was);
	if (was && msglist_read_only(l))
		app_error(a, _("This folder is read only"));
	else
		app_message(
			a, was ? _("Changes are made again")
			       : _("Nothing is changed here from now on, and no mail marked read"));
}

static bool is_folded(struct msglist *l, uint32_t uid)
{
	ptrdiff_t row = msglist_find(l, uid);
	struct msg_row m;

	return row >= 0 && msglist_row(l, (size_t)row, &m) && m.hidden > 0;
}

static void cmd_fold(struct app *a)
{
	struct view *v = app_view(a);
	struct msglist *l = view_index_list(v);
	uint32_t uid = view_index_uid(v), *uids = NULL;

	if (!uid)
		return;
	/* Folding hides the children: the cursor goes to the message that stays. */
	if (msglist_thread(l, uid, &uids) > 0) {
		bool folded = is_folded(l, uids[0]);

		msglist_fold(l, uids[0], !folded);
		if (!folded)
			view_index_go(v, uids[0]);
	}
	free(uids);
}

static void cmd_fold_all(struct app *a)
{
	struct view *v = app_view(a);
	struct msglist *l = view_index_list(v);
	uint32_t uid = view_index_uid(v), *uids = NULL;
	size_t n = msglist_thread(l, uid, &uids);

	msglist_fold_all(l, !msglist_any_folded(l));
	if (n)
		view_index_go(v, uids[0]);
	free(uids);
}

const struct command cmd_index_commands[] = {
	{"limit", UI_INDEX, N_("show only messages that match; “all” shows everything"),
		.args = "[PATTERN]", .max = -1, .run_args = cmd_limit},
	{"sort", UI_INDEX, N_("sort by KEY, one of those of the option sort; -r reversed"),
		.args = "[-r] [KEY]", .max = 2, .run_args = cmd_sort, .complete = complete_sort},
	{"toggle-write", UI_INDEX | UI_READER, N_("make this list read only, or writable again"),
		.run = cmd_toggle_write},
	{"threads", UI_INDEX, N_("turn threads on or off"), .run = cmd_threads},
	{"fold", UI_INDEX, N_("fold or unfold this thread"), .run = cmd_fold},
	{"fold-all", UI_INDEX, N_("fold or unfold all threads"), .run = cmd_fold_all},
	{.name = NULL},
};
