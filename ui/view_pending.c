/* Changes that the server does not know yet. */
#include "base/str.h"
#include "ui/index_row.h"
#include "ui/view_list.h"

#include "base/clock.h"
#include "base/i18n.h"

#include <stdlib.h>

enum { PENDING_ACCOUNT = 12, PENDING_WHY = 28 }; /* columns */

static size_t pending_count(struct list_view *x)
{
	return engine_pending_rows(x->v.app->engine);
}

static void pending_row(struct list_view *x, size_t i, struct line *out, int width)
{
	struct pending_info p;
	struct str when = STR_INIT;

	engine_pending_at(x->v.app->engine, i, &p);
	line_pad(out, STYLE_ACCOUNT, p.account, PENDING_ACCOUNT);
	if (p.refused) {
		line_pad(out, STYLE_SUBJECT, p.text, width - PENDING_ACCOUNT - 10);
		line_add(out, STYLE_STATUS_WARN, _("  refused"));
		return;
	}
	line_pad(out, STYLE_SUBJECT, p.text, width - PENDING_ACCOUNT - PENDING_WHY);
	index_date(&when, (time_t)p.since, clock_now(), true);
	line_addf(out, STYLE_DIM, "  %s, %s", str_c(&when), p.why);
	str_done(&when);
}

/* What was refused has no number any more, only its words. */
static void pending_id(struct list_view *x, size_t i, struct str *out)
{
	struct pending_info p;

	engine_pending_at(x->v.app->engine, i, &p);
	if (p.refused)
		str_addf(out, "refused %s %s", p.account, p.text);
	else
		str_addf(out, "%s %llu", p.account, (unsigned long long)p.id);
}

static void drop_one(struct app *a, struct list_view *x)
{
	struct pending_info p;
	char *id = list_chosen(x);

	if (!id)
		return;
	free(id);
	engine_pending_at(a->engine, x->scroll.cursor, &p);
	if (p.on_its_way)
		app_error(a, _("It is on its way to the server already"));
	else if (p.refused)
		app_await(a, engine_pending_forget(a->engine), NULL, NULL, NULL);
	else
		app_await(a, engine_pending_cancel(a->engine, p.id), NULL, NULL, NULL);
}

static void pending_drop(struct app *a, const struct args *args)
{
	if (args->n && str_icmp(args->v[0], "all") != 0)
		app_error(a, _("It is “all” or nothing, not “%s”"), args->v[0]);
	else if (args->n)
		app_await(a, engine_pending_cancel(a->engine, 0), NULL, NULL, NULL);
	else
		drop_one(a, list_of(app_view(a)));
}

static const struct command commands[] = {
	{"drop-change", UI_PENDING, N_("take this change back, or all of them"), .args = "[all]",
		.max = 1, .run_args = pending_drop},
	{.name = NULL},
};

static const struct list_ops pending_list = {.empty = N_("The server knows everything"),
	.count = pending_count,
	.row = pending_row,
	.id = pending_id};

static const struct hint hints[] = {{"back", N_("Back")}, {"drop-change", N_("Take back")},
	{"retry", N_("Retry")}, {NULL, NULL}};

const struct view_ops view_pending_ops = {
	.context = UI_PENDING,
	.label = N_("Waiting changes"),
	.hints = hints,
	.commands = commands,
	LIST_VIEW,
};

struct view *view_pending_new(struct app *a)
{
	return list_new(a, sizeof(struct list_view), &view_pending_ops, &pending_list);
}
