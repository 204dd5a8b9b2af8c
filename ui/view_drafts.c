/* Drafts to go on with. */
#include "ui/view_list.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>

struct drafts_view {
	struct list_view list;
	int account;
	struct strv strings; /* DRAFT_STRINGS of each */
};

enum { DRAFT_ID, DRAFT_TO, DRAFT_SUBJECT, DRAFT_WHERE, DRAFT_STRINGS };

static struct drafts_view *self(struct list_view *x)
{
	return (struct drafts_view *)(void *)x;
}

static int drafts_account(struct view *v)
{
	return self(list_of(v))->account;
}

static size_t drafts_count(struct list_view *x)
{
	return self(x)->strings.n / DRAFT_STRINGS;
}

static const char *draft_string(struct list_view *x, size_t i, size_t which)
{
	return self(x)->strings.v[DRAFT_STRINGS * i + which];
}

static void drafts_row(struct list_view *x, size_t i, struct line *out, int width)
{
	const char *to = draft_string(x, i, DRAFT_TO);
	const char *subject = draft_string(x, i, DRAFT_SUBJECT);
	int where = width / 5;

	line_pad(out, STYLE_FROM, *to ? to : _("(nobody yet)"), width / 3);
	line_add(out, STYLE_PLAIN, "  ");
	line_pad(out, STYLE_SUBJECT, *subject ? subject : _("(no subject)"),
		width - width / 3 - 4 - where);
	line_add(out, STYLE_PLAIN, "  ");
	line_pad(out, STYLE_DIM, draft_string(x, i, DRAFT_WHERE), where);
}

static void drafts_id(struct list_view *x, size_t i, struct str *out)
{
	str_adds(out, draft_string(x, i, DRAFT_ID));
}

static void drafts_open(struct list_view *x, size_t i)
{
	struct app *a = x->v.app;
	unsigned request = engine_compose(a->engine, (size_t)self(x)->account, COMPOSE_RESUME, NULL,
		0, draft_string(x, i, DRAFT_ID));

	app_close_view(a, &x->v);
	app_await(a, request, view_compose_came, NULL, NULL);
}

static void drafts_came(struct app *a, void *ctx, struct event *ev)
{
	struct drafts_view *x = ctx;

	if (ev->kind == EVENT_CANCELLED) { /* nobody knows what there is */
		app_close_view(a, &x->list.v);
		return;
	}
	if (ev->kind != EVENT_DRAFTS) {
		x->list.reading = false;
		app_finish(a, ev);
		return;
	}
	strv_done(&x->strings);
	for (size_t i = 0; i < ev->drafts.n; i++) {
		const struct draft_info *d = &ev->drafts.v[i];

		strv_add(&x->strings, d->id);
		strv_add(&x->strings, d->draft.to);
		strv_add(&x->strings, d->draft.subject);
		strv_add(&x->strings, *d->where ? d->where : _("here"));
	}
	list_came(&x->list);
}

static void drafts_fetch(struct drafts_view *x)
{
	struct app *a = x->list.v.app;
	unsigned request = engine_drafts(a->engine, (size_t)x->account);

	x->list.reading = true;
	app_await(a, request, drafts_came, x, x);
	app_hold_keys(a, request); /* what is typed ahead is about a row */
}

static void draft_dropped(struct app *a, void *ctx, struct event *ev)
{
	app_finish(a, ev);
	drafts_fetch(ctx);
}

static void drop_draft(struct list_view *x, const char *id)
{
	struct app *a = x->v.app;

	app_await(a, engine_draft_discard(a->engine, (size_t)self(x)->account, id), draft_dropped,
		self(x), x);
}

static void drafts_drop(struct view *v)
{
	struct list_view *x = list_of(v);
	char *id = list_chosen(x);

	if (id)
		list_confirm(x, id, _("Discard this draft for good? (y/n) "), drop_draft);
	free(id);
}

static void drafts_done(struct list_view *x)
{
	strv_done(&self(x)->strings);
}

static const struct command commands[] = {
	{"drop-draft", UI_DRAFTS, N_("throw this draft away"), .run_view = drafts_drop},
	{.name = NULL},
};

static const struct list_ops drafts_list = {.empty = N_("No drafts"),
	.count = drafts_count,
	.row = drafts_row,
	.open = drafts_open,
	.id = drafts_id,
	.done = drafts_done};

static const struct hint hints[] = {{"back", N_("Back")}, {"open", N_("Go on")},
	{"drop-draft", N_("Throw away")}, {NULL, NULL}};

const struct view_ops view_drafts_ops = {
	.context = UI_DRAFTS,
	.label = N_("Drafts"),
	.hints = hints,
	.commands = commands,
	.account = drafts_account,
	LIST_VIEW,
};

struct view *view_drafts_new(struct app *a, int account)
{
	struct drafts_view *x = list_new(a, sizeof(*x), &view_drafts_ops, &drafts_list);

	x->account = account < 0 ? 0 : account;
	drafts_fetch(x);
	return &x->list.v;
}
