/* Short lists: attachments, links, outbox, waiting changes, drafts. */
#include "ui/index_row.h"
#include "ui/pathtext.h"
#include "ui/views.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/idn.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct list_view;

struct list_ops {
	const char *title, *empty; /* N_() */
	size_t (*count)(struct list_view *x);
	void (*row)(struct list_view *x, size_t i, struct line *out, int width);
	void (*open)(struct list_view *x, size_t i);
	/* Names what a row is about, for lists that change while they are looked at; or NULL. */
	void (*id)(struct list_view *x, size_t i, struct str *out);
	/* What there is to say of the row under the cursor, in lines: stands below the list; or
	 * NULL. */
	void (*detail)(struct list_view *x, size_t i, struct str *out);
	const char *more; /* N_(): how all of it is seen where it is too long */
};

struct list_view {
	struct view v;
	const struct list_ops *ops;
	struct scroll scroll;
	char *at; /* the id of the row under the cursor, as it was shown last; NULL: none */
	char *needle;
	/* what it shows, by kind */
	int account;
	struct msglist *list;
	uint32_t uid;
	unsigned numbering; /* of uid */
	struct part_info *parts;
	size_t nparts;
	struct strv strings; /* links; type and name of parts; ids, receivers, subjects of drafts */
};

static struct list_view *self(struct view *v)
{
	return (struct list_view *)(void *)v;
}

static void list_title(struct view *v, struct str *out)
{
	str_adds(out, _(self(v)->ops->title));
}

static char *list_id(struct list_view *x, size_t i)
{
	struct str s = STR_INIT;

	x->ops->id(x, i, &s);
	return str_steal(&s);
}

static ptrdiff_t list_find(struct list_view *x, const char *id)
{
	ptrdiff_t found = -1;

	for (size_t i = 0; id && i < x->ops->count(x) && found < 0; i++) {
		char *s = list_id(x, i);

		if (strcmp(s, id) == 0)
			found = (ptrdiff_t)i;
		free(s);
	}
	return found;
}

static void remember(struct list_view *x)
{
	free(x->at);
	x->at = x->ops->id && x->scroll.cursor < x->ops->count(x) ? list_id(x, x->scroll.cursor)
								  : NULL;
}

/* Rows come and go by themselves: the cursor stays on what it is on. */
static void follow(struct list_view *x)
{
	ptrdiff_t row = x->ops->id ? list_find(x, x->at) : -1;

	if (row >= 0)
		x->scroll.cursor = (size_t)row;
}

/* What a command is about: the row that is seen under the cursor, not one that took its place
 * since. NULL, and said so: it is gone. The caller frees it. */
static char *chosen(struct list_view *x)
{
	if (x->scroll.rows == 0) /* not shown yet */
		remember(x);
	follow(x);
	if (x->at && list_find(x, x->at) >= 0)
		return mem_strdup(x->at);
	if (x->at)
		app_error(x->v.app, _("It is gone meanwhile; nothing was done"));
	return NULL;
}

/* Paints lines into the region, wrapped; how many rows all of them take. */
static int draw_lines(const struct region *r, const char *text)
{
	int row = 0;

	while (*text) {
		size_t len = strcspn(text, "\n"), fit = utf8_fit(text, len, r->cols - 2, NULL);
		char *part;

		if (!fit && len) /* wider than the screen */
			return row;
		for (size_t at = fit; fit < len && at > 0; at--)
			if (text[at] == ' ') {
				fit = at;
				break;
			}
		part = mem_strndup(text, fit);
		if (row < r->rows) {
			struct line line = LINE_INIT;

			line_addf(&line, STYLE_PLAIN, " %s", part);
			draw_line(r, row, &line, 0, STYLE_PLAIN);
			line_done(&line);
		}
		free(part);
		row++;
		text += fit;
		text += *text == '\n' || *text == ' ';
	}
	return row;
}

/* At most half of the screen, below the list; the rows it takes. */
static int draw_detail(struct list_view *x, const struct region *r)
{
	struct str text = STR_INIT;
	struct region below = *r;
	int rows;

	x->ops->detail(x, x->scroll.cursor, &text);
	below.rows = 0;
	rows = draw_lines(&below, str_c(&text));
	below.rows = rows < r->rows / 2 ? rows : r->rows / 2;
	below.row += r->rows - below.rows;
	draw_lines(&below, str_c(&text));
	if (rows > below.rows && below.rows > 0)
		draw_text(&below, below.rows - 1, STYLE_NOTICE, _(x->ops->more));
	str_done(&text);
	return below.rows;
}

static void list_draw(struct view *v, const struct region *all)
{
	struct list_view *x = self(v);
	size_t n = x->ops->count(x);
	struct region list = *all, *r = &list;
	struct line line = LINE_INIT;

	follow(x);
	scroll_fit(&x->scroll, n, r->rows);
	if (n && x->ops->detail) {
		list.rows -= draw_detail(x, all);
		scroll_fit(&x->scroll, n, r->rows);
	}
	remember(x);
	if (n == 0)
		draw_centred(r, r->rows / 3, STYLE_DIM, _(x->ops->empty));
	for (int i = 0; i < r->rows && x->scroll.top + (size_t)i < n; i++) {
		size_t row = x->scroll.top + (size_t)i;

		if (row == x->scroll.cursor)
			term_cursor(r->row + i, r->col, false);
		line_clear(&line);
		line_add(&line, STYLE_PLAIN, " ");
		x->ops->row(x, row, &line, r->cols - 2);
		draw_line(r, i, &line, row == x->scroll.cursor ? STYLE_SELECTED : 0, STYLE_PLAIN);
	}
	line_done(&line);
}

static void list_move(struct view *v, enum move m, int n)
{
	follow(self(v));
	scroll_move(&self(v)->scroll, self(v)->ops->count(self(v)), m, n);
	remember(self(v));
}

static void list_open(struct view *v)
{
	struct list_view *x = self(v);
	char *id = x->ops->id ? chosen(x) : NULL;

	if (x->ops->open && (id || !x->ops->id) && x->scroll.cursor < x->ops->count(x))
		x->ops->open(x, x->scroll.cursor);
	free(id);
}

static bool row_has(struct list_view *x, size_t row, const char *folded)
{
	struct line line = LINE_INIT;
	char *s;
	bool hit;

	x->ops->row(x, row, &line, 400);
	s = utf8_fold(str_c(&line.text), line.text.len);
	hit = strstr(s, folded) != NULL;
	free(s);
	line_done(&line);
	return hit;
}

static void list_search(struct view *v, const char *text, int step)
{
	struct list_view *x = self(v);
	size_t n = x->ops->count(x), at = x->scroll.cursor;
	char *folded;

	if (text) {
		free(x->needle);
		x->needle = mem_strdup(text);
	}
	if (!x->needle || !n)
		return;
	folded = utf8_fold(x->needle, strlen(x->needle));
	for (size_t i = 0; i < n; i++) {
		at = (at + n + (size_t)step) % n;
		if (row_has(x, at, folded)) {
			x->scroll.cursor = at;
			remember(x);
			free(folded);
			return;
		}
	}
	free(folded);
	app_error(v->app, _("“%s” was not found"), x->needle);
}

static void list_click(struct view *v, int row, int col)
{
	struct list_view *x = self(v);
	size_t at = x->scroll.top + (size_t)row;

	(void)col;
	if (at >= x->ops->count(x))
		return;
	if (at == x->scroll.cursor)
		list_open(v);
	else
		x->scroll.cursor = at;
	remember(x);
}

static void list_close(struct view *v)
{
	struct list_view *x = self(v);

	free(x->at);
	free(x->needle);
	free(x->parts);
	strv_done(&x->strings);
	free(x);
}

#define LIST_OPS(bit)                                                                              \
	{                                                                                          \
		.context = (bit), .title = list_title, .draw = list_draw, .move = list_move,       \
		.open = list_open, .search = list_search, .click = list_click, .close = list_close \
	}
static const struct view_ops parts_view = LIST_OPS(UI_PARTS), links_view = LIST_OPS(UI_LINKS),
			     outbox_view = LIST_OPS(UI_OUTBOX), pending_view = LIST_OPS(UI_PENDING),
			     drafts_view = LIST_OPS(UI_DRAFTS);

static struct list_view *list_new(struct app *a, const struct view_ops *v, const struct list_ops *l)
{
	struct list_view *x = mem_alloc(sizeof(*x));

	x->v = (struct view){v, a};
	x->ops = l;
	return x;
}

/* --- attachments --- */

static size_t parts_count(struct list_view *x)
{
	return x->nparts;
}

static void parts_row(struct list_view *x, size_t i, struct line *out, int width)
{
	const struct part_info *p = &x->parts[i];
	struct str s = STR_INIT;

	line_pad_left(out, STYLE_DIM, p->section, 5);
	str_adds(&s, "  ");
	for (int d = 0; d < p->depth && d < 8; d++)
		str_adds(&s, "  ");
	str_adds(&s, *p->name        ? p->name
		     : p->attachment ? _("(no name)")
				     : _("(text of the message)"));
	line_pad(out, p->attachment ? STYLE_ATTACHMENT : STYLE_PLAIN, str_c(&s), width - 5 - 39);
	line_add(out, STYLE_PLAIN, " ");
	line_pad(out, STYLE_DIM, p->type, 20);
	str_clear(&s);
	draw_size(&s, p->size);
	line_pad_left(out, STYLE_SIZE, str_c(&s), 6);
	line_add(out, STYLE_DIM, p->here ? "" : _("  on server"));
	str_done(&s);
}

static void parts_open(struct list_view *x, size_t i)
{
	(void)i;
	view_parts_save(&x->v, "");
}

static const struct list_ops parts_list = {N_("Attachments"), N_("This message has no parts"),
	parts_count, parts_row, parts_open, NULL, NULL, NULL};

struct view *view_parts_new(
	struct app *a, struct msglist *l, uint32_t uid, const struct message_view *m)
{
	struct list_view *x = list_new(a, &parts_view, &parts_list);

	x->list = l;
	x->uid = uid;
	x->numbering = msglist_numbering(l);
	x->nparts = m->nparts;
	x->parts = mem_array(m->nparts + 1, sizeof(*x->parts));
	for (size_t i = 0; i < m->nparts; i++) {
		x->parts[i] = m->parts[i];
		/* The reader below may get a fuller message meanwhile: keep copies. */
		strv_add(&x->strings, m->parts[i].type ? m->parts[i].type : "");
		strv_add(&x->strings, m->parts[i].name ? m->parts[i].name : "");
	}
	for (size_t i = 0; i < m->nparts; i++) {
		x->parts[i].type = x->strings.v[2 * i];
		x->parts[i].name = x->strings.v[2 * i + 1];
	}
	for (size_t i = m->nparts; i > 0; i--)
		if (x->parts[i - 1].attachment)
			x->scroll.cursor = i - 1;
	return &x->v;
}

static void saved(struct app *a, void *ctx, struct event *ev)
{
	(void)ctx;
	if (ev->kind == EVENT_SAVED)
		app_message(a, _("Saved as %s"), ev->text ? ev->text : "");
	else
		app_finish(a, ev);
}

/* A question about one row of a list. */
struct asked {
	struct list_view *x;
	char *id; /* of the row: of a part its section */
};

static struct asked *asked_about(struct list_view *x, const char *id)
{
	struct asked *q = mem_alloc(sizeof(*q));

	*q = (struct asked){x, mem_strdup(id)};
	return q;
}

static void asked_done(struct asked *q)
{
	free(q->id);
	free(q);
}

static void save_part(struct list_view *x, const char *section, const char *written)
{
	struct app *a = x->v.app;
	char *path;

	if (x->numbering != msglist_numbering(x->list)) {
		app_error(a,
			_("The folder was switched or numbered anew meanwhile; nothing was done"));
		return;
	}
	path = pathtext_path(written);
	a->progress_request = engine_save_part(a->engine, x->list, x->uid, section, path);
	app_await(a, a->progress_request, saved, NULL, NULL);
	free(path);
}

static void save_to(struct app *a, void *ctx, const char *written)
{
	struct asked *q = ctx;

	(void)a;
	if (written)
		save_part(q->x, q->id, written);
	asked_done(q);
}

void view_parts_save(struct view *v, const char *path)
{
	struct list_view *x = self(v);
	const struct part_info *p;
	struct str shown = STR_INIT;
	char *name, *offer;

	if (x->scroll.cursor >= x->nparts)
		return;
	if (*path) {
		save_part(x, x->parts[x->scroll.cursor].section, path);
		return;
	}
	p = &x->parts[x->scroll.cursor];
	/* The name comes from a stranger: only its safe form is offered. */
	name = file_safe_name(*p->name ? p->name : "message.txt");
	pathtext_show(&shown, name);
	offer = file_join(settings_text(v->app->settings, SET_DOWNLOADS), shown.p);
	str_done(&shown);
	/* "~/" and "/" would show as "~//" otherwise. */
	for (char *at = offer; (at = strstr(at, "//"));)
		memmove(at, at + 1, strlen(at));
	app_ask(v->app, _("Save as: "), offer, HISTORY_PATH, complete_path_line, save_to,
		asked_about(x, p->section), x);
	free(offer);
	free(name);
}

/* --- links --- */

static size_t links_count(struct list_view *x)
{
	return x->strings.n;
}

static void links_row(struct list_view *x, size_t i, struct line *out, int width)
{
	line_addf(out, STYLE_DIM, "%3zu  ", i + 1);
	line_pad(out, STYLE_LINK, x->strings.v[i], width - 6);
}

static void composed(struct app *a, void *ctx, struct event *ev)
{
	(void)ctx;
	if (ev->kind == EVENT_DRAFT && ev->n)
		view_compose_open(a, ev->account, ev->drafts, true);
	else
		app_finish(a, ev);
}

static void links_open(struct list_view *x, size_t i)
{
	struct app *a = x->v.app;
	const char *url = x->strings.v[i], *browser = getenv("BROWSER");
	int account = app_account(a);

	if (str_istarts(url, "mailto:"))
		app_await(a,
			engine_compose(a->engine, (size_t)(account < 0 ? 0 : account),
				COMPOSE_MAILTO, NULL, 0, url),
			composed, NULL, NULL);
	else if (str_istarts(url, "http://") || str_istarts(url, "https://") ||
		 str_istarts(url, "ftp://"))
		app_run_child(a, browser && *browser ? browser : "xdg-open", url, NULL, NULL, NULL);
	else
		app_error(a, _("Only web and mail links are opened"));
}

static const struct list_ops links_list = {N_("Links"), N_("This message has no links"),
	links_count, links_row, links_open, NULL, NULL, NULL};

struct view *view_links_new(struct app *a, const struct strv *links)
{
	struct list_view *x = list_new(a, &links_view, &links_list);

	for (size_t i = 0; i < links->n; i++)
		strv_add(&x->strings, links->v[i]);
	return &x->v;
}

/* --- outbox --- */

static size_t outbox_count(struct list_view *x)
{
	return engine_outbox(x->v.app->engine, (size_t)x->account);
}

static void outbox_row(struct list_view *x, size_t i, struct line *out, int width)
{
	struct outbox_info o;
	bool bad;

	engine_outbox_at(x->v.app->engine, (size_t)x->account, i, &o);
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

	engine_outbox_at(x->v.app->engine, (size_t)x->account, i, &o);
	str_adds(out, o.id);
}

/* Each recipient's fate, and the relay's words in full. */
static void outbox_detail(struct list_view *x, size_t i, struct str *out)
{
	struct app *a = x->v.app;
	struct outbox_info o;
	bool explained = false;
	struct str when = STR_INIT;

	engine_outbox_at(a->engine, (size_t)x->account, i, &o);
	for (size_t k = 0; k < o.recipients; k++) {
		struct outbox_fate_info f;

		engine_outbox_recipient(a->engine, (size_t)x->account, i, k, &f);
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

void view_outbox_details(struct view *v)
{
	struct list_view *x = self(v);
	struct str text = STR_INIT;
	struct outbox_info o;
	char *id = chosen(x);

	if (!id)
		return;
	free(id);
	engine_outbox_at(v->app->engine, (size_t)x->account, x->scroll.cursor, &o);
	str_addf(&text, "%s: %s\n\n", o.state, o.subject);
	outbox_detail(x, x->scroll.cursor, &text);
	app_push(v->app,
		view_text_new(v->app, _("What the relay said"), text_of_lines(str_c(&text))));
	str_done(&text);
}

void view_outbox_hold(struct view *v)
{
	struct list_view *x = self(v);
	struct app *a = v->app;
	char *id = chosen(x);

	if (id)
		app_await(
			a, engine_outbox_hold(a->engine, (size_t)x->account, id), NULL, NULL, NULL);
	free(id);
}

static void outbox_open(struct list_view *x, size_t i)
{
	(void)i;
	view_outbox_edit(&x->v);
}

static const struct list_ops outbox_list = {N_("Outbox"), N_("Nothing waits to be sent"),
	outbox_count, outbox_row, outbox_open, outbox_id, outbox_detail,
	N_(" … :mail-details shows all of it")};

struct view *view_outbox_new(struct app *a, int account)
{
	struct list_view *x = list_new(a, &outbox_view, &outbox_list);

	x->account = account;
	return &x->v;
}

static void retry_mail(struct list_view *x, const char *id)
{
	struct app *a = x->v.app;

	app_await(a, engine_outbox_retry(a->engine, (size_t)x->account, id), NULL, NULL, NULL);
}

/* Whether it was answered with yes, and what was asked about is still there; else that is said. */
static bool agreed(const struct asked *q, const char *answer)
{
	if (!answer || *answer != 'y')
		return false;
	if (list_find(q->x, q->id) >= 0)
		return true;
	app_error(q->x->v.app, _("It is gone meanwhile; nothing was done"));
	return false;
}

static void retry_answered(struct app *a, void *ctx, const char *answer)
{
	struct asked *q = ctx;

	(void)a;
	if (agreed(q, answer))
		retry_mail(q->x, q->id);
	asked_done(q);
}

void view_outbox_retry(struct view *v)
{
	struct list_view *x = self(v);
	char *id = chosen(x);
	struct outbox_info o;

	if (!id)
		return;
	engine_outbox_at(v->app->engine, (size_t)x->account, x->scroll.cursor, &o);
	if (o.unconfirmed)
		app_ask_choice(v->app,
			_("It may have arrived already. Send it a second time? (y/n) "), "ny",
			retry_answered, asked_about(x, id), x);
	else
		retry_mail(x, id);
	free(id);
}

/* What is edited is no longer in the outbox: its screen is not what to come back to. */
static void outbox_edited(struct app *a, void *ctx, struct event *ev)
{
	struct view *v = app_find_view(a, UI_OUTBOX);

	if (v && ev->kind == EVENT_DRAFT && ev->n)
		app_close_view(a, v);
	composed(a, ctx, ev);
}

static void edit_mail(struct list_view *x, const char *id)
{
	struct app *a = x->v.app;

	app_await(a, engine_outbox_edit(a->engine, (size_t)x->account, id), outbox_edited, NULL,
		NULL);
}

static void edit_answered(struct app *a, void *ctx, const char *answer)
{
	struct asked *q = ctx;

	(void)a;
	if (agreed(q, answer))
		edit_mail(q->x, q->id);
	asked_done(q);
}

void view_outbox_edit(struct view *v)
{
	struct list_view *x = self(v);
	char *id = chosen(x);
	struct outbox_info o;

	if (!id)
		return;
	engine_outbox_at(v->app->engine, (size_t)x->account, x->scroll.cursor, &o);
	if (o.unconfirmed)
		app_ask_choice(v->app,
			_("It may have arrived already. Write it anew from it? (y/n) "), "ny",
			edit_answered, asked_about(x, id), x);
	else
		edit_mail(x, id);
	free(id);
}

static void drop_answered(struct app *a, void *ctx, const char *answer)
{
	struct asked *q = ctx;

	if (agreed(q, answer))
		app_await(a, engine_outbox_drop(a->engine, (size_t)q->x->account, q->id), NULL,
			NULL, NULL);
	asked_done(q);
}

void view_outbox_drop(struct view *v)
{
	struct list_view *x = self(v);
	char *id = chosen(x);

	if (id)
		app_ask_choice(v->app, _("Throw this mail away unsent? (y/n) "), "ny",
			drop_answered, asked_about(x, id), x);
	free(id);
}

/* --- waiting changes --- */

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

static const struct list_ops pending_list = {N_("Waiting changes"),
	N_("The server knows everything"), pending_count, pending_row, NULL, pending_id, NULL,
	NULL};

struct view *view_pending_new(struct app *a)
{
	return &list_new(a, &pending_view, &pending_list)->v;
}

void view_pending_drop(struct view *v)
{
	struct list_view *x = self(v);
	struct pending_info p;
	char *id = chosen(x);

	if (!id)
		return;
	free(id);
	engine_pending_at(v->app->engine, x->scroll.cursor, &p);
	if (p.on_its_way)
		app_error(v->app, _("It is on its way to the server already"));
	else if (p.refused)
		app_await(v->app, engine_pending_forget(v->app->engine), NULL, NULL, NULL);
	else
		app_await(v->app, engine_pending_cancel(v->app->engine, p.id), NULL, NULL, NULL);
}

/* --- drafts --- */

enum { DRAFT_ID, DRAFT_TO, DRAFT_SUBJECT, DRAFT_WHERE, DRAFT_STRINGS };

static size_t drafts_count(struct list_view *x)
{
	return x->strings.n / DRAFT_STRINGS;
}

static const char *draft_string(struct list_view *x, size_t i, size_t which)
{
	return x->strings.v[DRAFT_STRINGS * i + which];
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
	unsigned request = engine_compose(a->engine, (size_t)x->account, COMPOSE_RESUME, NULL, 0,
		draft_string(x, i, DRAFT_ID));

	app_close_view(a, &x->v);
	app_await(a, request, composed, NULL, NULL);
}

static const struct list_ops drafts_list = {N_("Drafts"), N_("No drafts"), drafts_count, drafts_row,
	drafts_open, drafts_id, NULL, NULL};

static void drafts_came(struct app *a, void *ctx, struct event *ev)
{
	struct list_view *x = ctx;

	if (ev->kind != EVENT_DRAFTS) {
		app_finish(a, ev);
		return;
	}
	strv_done(&x->strings);
	for (size_t i = 0; i < ev->n; i++) {
		strv_add(&x->strings, ev->drafts[i].id);
		strv_add(&x->strings, ev->drafts[i].draft.to);
		strv_add(&x->strings, ev->drafts[i].draft.subject);
		strv_add(&x->strings, *ev->drafts[i].where ? ev->drafts[i].where : _("here"));
	}
}

static void drafts_fetch(struct list_view *x)
{
	struct app *a = x->v.app;

	app_await(a, engine_drafts(a->engine, (size_t)x->account), drafts_came, x, x);
}

struct view *view_drafts_new(struct app *a, int account)
{
	struct list_view *x = list_new(a, &drafts_view, &drafts_list);

	x->account = account < 0 ? 0 : account;
	drafts_fetch(x);
	return &x->v;
}

static void draft_dropped(struct app *a, void *ctx, struct event *ev)
{
	app_finish(a, ev);
	drafts_fetch(ctx);
}

static void draft_drop_answered(struct app *a, void *ctx, const char *answer)
{
	struct asked *q = ctx;

	if (agreed(q, answer))
		app_await(a, engine_draft_discard(a->engine, (size_t)q->x->account, q->id),
			draft_dropped, q->x, q->x);
	asked_done(q);
}

void view_drafts_drop(struct view *v)
{
	struct list_view *x = self(v);
	char *id = chosen(x);

	if (id)
		app_ask_choice(v->app, _("Discard this draft for good? (y/n) "), "ny",
			draft_drop_answered, asked_about(x, id), x);
	free(id);
}
