/* Drafts to go on with. */
#include "ui/view_list.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct drafts_view {
	struct list_view list;
	int account;         /* at hand: its drafts come first */
	int *accounts;       /* owned; of each */
	struct strv strings; /* DRAFT_STRINGS of each */
};

enum { DRAFT_KEY, DRAFT_TO, DRAFT_SUBJECT, DRAFT_WHERE, DRAFT_STRINGS };

static struct drafts_view *self(struct list_view *x)
{
	return (struct drafts_view *)(void *)x;
}

static size_t drafts_count(struct list_view *x)
{
	return self(x)->strings.n / DRAFT_STRINGS;
}

static int drafts_account(struct view *v)
{
	struct list_view *x = list_of(v);

	return x->scroll.cursor < drafts_count(x) ? self(x)->accounts[x->scroll.cursor]
						  : self(x)->account;
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

/* The key is its account and its id. */
static const char *id_of(const char *key)
{
	return strchr(key, ' ') + 1;
}

static void drafts_id(struct list_view *x, size_t i, struct str *out)
{
	str_adds(out, draft_string(x, i, DRAFT_KEY));
}

static void drafts_open(struct list_view *x, size_t i)
{
	struct app *a = x->v.app;
	unsigned request = engine_compose(a->engine, (size_t)self(x)->accounts[i], COMPOSE_RESUME,
		NULL, 0, id_of(draft_string(x, i, DRAFT_KEY)));

	app_close_view(a, &x->v);
	app_await(a, request, view_compose_came, NULL, NULL);
}

static void add_draft(struct drafts_view *x, const struct draft_info *d, int account)
{
	struct app *a = x->list.v.app;
	struct account_info info;
	struct str key = STR_INIT, where = STR_INIT;

	engine_account(a->engine, (size_t)account, &info);
	str_addf(&key, "%d %s", account, d->id);
	if (engine_accounts(a->engine) > 1)
		str_addf(&where, "%s/", info.name);
	str_adds(&where, *d->where ? d->where : _("here"));
	x->accounts = mem_resize(x->accounts, drafts_count(&x->list) + 1, sizeof(*x->accounts));
	x->accounts[drafts_count(&x->list)] = account;
	strv_take(&x->strings, str_steal(&key));
	strv_add(&x->strings, d->draft.to);
	strv_add(&x->strings, d->draft.subject);
	strv_take(&x->strings, str_steal(&where));
}

static void add_drafts(struct drafts_view *x, const struct event_drafts *d, bool at_hand)
{
	for (size_t i = 0; i < d->n; i++)
		if ((d->account[i] == x->account) == at_hand)
			add_draft(x, &d->v[i], d->account[i]);
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
	add_drafts(x, &ev->drafts, true);
	add_drafts(x, &ev->drafts, false);
	list_came(&x->list);
}

static void drafts_fetch(struct drafts_view *x)
{
	struct app *a = x->list.v.app;
	unsigned request = engine_drafts(a->engine, -1);

	x->list.reading = true;
	app_await(a, request, drafts_came, x, x);
	app_hold_keys(a, request); /* what is typed ahead is about a row */
}

static void draft_dropped(struct app *a, void *ctx, struct event *ev)
{
	app_finish(a, ev);
	drafts_fetch(ctx);
}

static void drop_draft(struct list_view *x, const char *key)
{
	struct app *a = x->v.app;
	int account = (int)strtol(key, NULL, 10);

	app_await(a, engine_draft_discard(a->engine, (size_t)account, id_of(key)), draft_dropped,
		self(x), x);
}

static void drafts_drop(struct view *v)
{
	struct list_view *x = list_of(v);
	char *key = list_chosen(x);

	if (key)
		list_confirm(x, key, _("Discard this draft for good? (y/n) "), drop_draft);
	free(key);
}

static void drafts_done(struct list_view *x)
{
	strv_done(&self(x)->strings);
	free(self(x)->accounts);
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
