/* Mail that is not sent yet. */
#include "ui/index_row.h"
#include "ui/view_list.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/idn.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct outbox_view {
	struct list_view list;
	int account;
};

static size_t account_of(const struct list_view *x)
{
	return (size_t)((const struct outbox_view *)(const void *)x)->account;
}

static int outbox_account(struct view *v)
{
	return (int)account_of(list_of(v));
}

static size_t outbox_count(struct list_view *x)
{
	return engine_outbox(x->v.app->engine, account_of(x));
}

static void outbox_row(struct list_view *x, size_t i, struct line *out, int width)
{
	struct outbox_info o;
	bool bad;

	engine_outbox_at(x->v.app->engine, account_of(x), i, &o);
	bad = o.failed || o.unconfirmed;
	line_pad(out, bad ? STYLE_NOTICE : STYLE_DIM, o.state, 14);
	line_pad(out, STYLE_FROM, o.to, width / 4);
	line_add(out, STYLE_PLAIN, "  ");
	line_pad(out, STYLE_SUBJECT, o.subject, width / 3);
	if (o.error && *o.error)
		line_addf(out, STYLE_NOTICE, "  %s", o.error);
}

static void outbox_id(struct list_view *x, size_t i, struct str *out)
{
	struct outbox_info o;

	engine_outbox_at(x->v.app->engine, account_of(x), i, &o);
	str_adds(out, o.id);
}

/* Each recipient's fate, and the relay's words in full. */
static void outbox_detail(struct list_view *x, size_t i, struct str *out)
{
	struct app *a = x->v.app;
	struct outbox_info o;
	bool explained = false;
	struct str when = STR_INIT;

	engine_outbox_at(a->engine, account_of(x), i, &o);
	for (size_t k = 0; k < o.recipients; k++) {
		struct outbox_fate_info f;

		engine_outbox_recipient(a->engine, account_of(x), i, k, &f);
		idn_people(out, f.address);
		str_addf(out, ": %s%s%s\n", f.state, *f.words ? ", " : "", f.words);
		explained |= !f.has_it && *f.words;
	}
	if (!explained && *o.error)
		str_addf(out, "%s\n", o.error);
	if (!o.failed && !o.unconfirmed && !o.held && !o.sending && !o.sent &&
		o.due > clock_now()) {
		index_date(&when, (time_t)o.due, clock_now(), true);
		str_addf(out, _("It goes out at %s\n"), str_c(&when));
	}
	str_done(&when);
}

static void outbox_details(struct view *v)
{
	struct list_view *x = list_of(v);
	struct str text = STR_INIT;
	struct outbox_info o;
	char *id = list_chosen(x);

	if (!id)
		return;
	free(id);
	engine_outbox_at(v->app->engine, account_of(x), x->scroll.cursor, &o);
	str_addf(&text, "%s: %s\n\n", o.state, o.subject);
	outbox_detail(x, x->scroll.cursor, &text);
	app_push(v->app,
		view_text_new(v->app, _("What the relay said"), text_of_lines(str_c(&text))));
	str_done(&text);
}

static void outbox_hold(struct view *v)
{
	struct list_view *x = list_of(v);
	struct app *a = v->app;
	char *id = list_chosen(x);

	if (id)
		app_await(a, engine_outbox_hold(a->engine, account_of(x), id), NULL, NULL, NULL);
	free(id);
}

/* Whether it may have arrived already. */
static bool is_unconfirmed(struct list_view *x)
{
	struct outbox_info o;

	engine_outbox_at(x->v.app->engine, account_of(x), x->scroll.cursor, &o);
	return o.unconfirmed;
}

static void retry_mail(struct list_view *x, const char *id)
{
	struct app *a = x->v.app;

	app_await(a, engine_outbox_retry(a->engine, account_of(x), id), NULL, NULL, NULL);
}

static void outbox_retry(struct view *v)
{
	struct list_view *x = list_of(v);
	char *id = list_chosen(x);

	if (id && is_unconfirmed(x))
		list_confirm(x, id, _("It may have arrived already. Send it a second time? (y/n) "),
			retry_mail);
	else if (id)
		retry_mail(x, id);
	free(id);
}

/* What is edited is no longer in the outbox: its screen is not what to come back to. */
static void outbox_edited(struct app *a, void *ctx, struct event *ev)
{
	struct view *v = app_find_view(a, UI_OUTBOX);

	if (v && ev->kind == EVENT_DRAFT)
		app_close_view(a, v);
	view_compose_came(a, ctx, ev);
}

static void edit_mail(struct list_view *x, const char *id)
{
	struct app *a = x->v.app;

	app_await(a, engine_outbox_edit(a->engine, account_of(x), id), outbox_edited, NULL, NULL);
}

static void outbox_edit(struct view *v)
{
	struct list_view *x = list_of(v);
	char *id = list_chosen(x);

	if (id && is_unconfirmed(x))
		list_confirm(x, id, _("It may have arrived already. Write it anew from it? (y/n) "),
			edit_mail);
	else if (id)
		edit_mail(x, id);
	free(id);
}

static void outbox_open(struct list_view *x, size_t i)
{
	(void)i;
	outbox_edit(&x->v);
}

static void drop_mail(struct list_view *x, const char *id)
{
	struct app *a = x->v.app;

	app_await(a, engine_outbox_drop(a->engine, account_of(x), id), NULL, NULL, NULL);
}

static void outbox_drop(struct view *v)
{
	char *id = list_chosen(list_of(v));

	if (id)
		list_confirm(list_of(v), id, _("Throw this mail away unsent? (y/n) "), drop_mail);
	free(id);
}

static const struct command commands[] = {
	{"retry-mail", UI_OUTBOX, N_("send this mail now"), .run_view = outbox_retry},
	{"hold-mail", UI_OUTBOX, N_("keep this mail until you send it"), .run_view = outbox_hold},
	{"mail-details", UI_OUTBOX, N_("show what the relay said for each recipient"),
		.run_view = outbox_details},
	{"edit-mail", UI_OUTBOX, N_("take this mail back and edit it"), .run_view = outbox_edit},
	{"drop-mail", UI_OUTBOX, N_("throw this mail away unsent"), .run_view = outbox_drop},
	{.name = NULL},
};

static const struct list_ops outbox_list = {.empty = N_("Nothing waits to be sent"),
	.count = outbox_count,
	.row = outbox_row,
	.open = outbox_open,
	.id = outbox_id,
	.detail = outbox_detail,
	.more = N_(" … :mail-details shows all of it")};

static const struct hint hints[] = {{"back", N_("Back")}, {"retry-mail", N_("Send now")},
	{"edit-mail", N_("Edit")}, {"hold-mail", N_("Hold")}, {"drop-mail", N_("Throw away")},
	{NULL, NULL}};

const struct view_ops view_outbox_ops = {
	.context = UI_OUTBOX,
	.label = N_("Outbox"),
	.hints = hints,
	.commands = commands,
	.account = outbox_account,
	LIST_VIEW,
};

struct view *view_outbox_new(struct app *a, int account)
{
	struct outbox_view *x = list_new(a, sizeof(*x), &view_outbox_ops, &outbox_list);

	x->account = account;
	return &x->list.v;
}
