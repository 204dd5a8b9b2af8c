/* One message, read. */
#include "ui/views.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "mime/charset.h"
#include "ui/draw.h"
#include "ui/index_row.h"

#include <stdlib.h>
#include <string.h>

enum { PREVIEW_MAX = 256 * 1024 }; /* octets that the cursor fetches by resting on a message */
enum { PATIENCE = 150 }; /* ms before "Fetching" replaces what was there: less would flicker */

struct reader_view {
	struct view v;
	struct view *index; /* the list below, borrowed; NULL in the preview */
	struct msglist *list;
	uint32_t uid; /* 0: the message is not here by the protocol of now */
	int64_t date; /* of the message */
	unsigned numbering;
	struct message_view *m;
	struct text *own; /* a notice instead of a message */
	struct pager pager;
	unsigned request;
	int64_t asked_at;
	bool waiting, late, preview, html;
	enum { HEADERS_USUAL, HEADERS_ALL, HEADERS_RAW } headers;
	bool source;   /* the message as it came */
	char *charset; /* owned; that the person chose for this message; NULL: what it says */
	int cols;      /* the width that was asked for */
	uint64_t done, total;
};

static struct reader_view *self(struct view *v)
{
	return (struct reader_view *)(void *)v;
}

static int text_width(struct reader_view *x, int cols)
{
	long wrap = settings_int(x->v.app->settings, SET_WRAP);

	return wrap > 0 && wrap < cols ? (int)wrap : cols;
}

static void show(struct reader_view *x, uint32_t uid)
{
	ptrdiff_t row = msglist_find(x->list, uid);
	struct msg_row m;

	if (uid != x->uid) {
		x->source = false;
		MEM_FREE(x->charset);
	}
	x->uid = uid;
	x->numbering = msglist_numbering(x->list);
	x->date = row >= 0 && msglist_row(x->list, (size_t)row, &m) ? m.date : 0;
}

static void show_notice(struct reader_view *x, const char *s)
{
	struct text *t = text_new();

	text_add(t, TEXT_PLAIN, "", 0);
	text_add(t, TEXT_NOTICE, s, strlen(s));
	pager_set(&x->pager, t, false);
	text_free(x->own);
	x->own = t;
}

static void add_strip(struct reader_view *x)
{
	struct app *a = x->v.app;
	const struct keys *keys = a->config->keys;
	unsigned context = x->v.ops->context;
	ptrdiff_t row = msglist_find(x->list, x->m->uid);
	struct text *t = text_new();
	struct str size = STR_INIT;
	struct msg_row m;
	struct head_strip s = {.ascii = app_ascii(a),
		.width = text_width(x, x->cols),
		.pictures = x->m->text->pictures,
		.html_more = x->m->other_html ? x->m->other_more : 0,
		.html_key = keys_of(keys, context, "html"),
		.leave_key = keys_of(keys, context, "unsubscribe"),
		.details_key = keys_of(keys, context, "head-details"),
		.yes_key = keys_of(keys, context, "accept"),
		.maybe_key = keys_of(keys, context, "tentative"),
		.no_key = keys_of(keys, context, "decline")};

	if (row >= 0 && msglist_row(x->list, (size_t)row, &m) && m.size) {
		s.octets = m.size;
		draw_size(&size, m.size);
		s.size = str_c(&size);
	}
	for (size_t i = 0; i < x->m->nparts; i++)
		s.calendar |= strcmp(x->m->parts[i].type, "text/calendar") == 0;
	head_strip(t, &x->m->head, &s);
	text_prepend(x->m->text, t);
	str_done(&size);
}

static void take(struct reader_view *x, struct event *ev)
{
	bool again = x->m && x->m->uid == ev->view->uid && !x->own;
	struct message_view *old = x->m;

	x->m = engine_take_view(ev);
	add_strip(x);
	pager_set(&x->pager, x->m->text, again);
	text_free(x->own);
	x->own = NULL;
	engine_view_free(old);
	x->waiting = x->late = false;
	app_paint_soon(x->v.app);
}

static void arrived(struct app *a, void *ctx, struct event *ev)
{
	struct reader_view *x = ctx;

	x->request = 0;
	if (ev->kind == EVENT_MESSAGE) {
		if (ev->view->uid == x->uid)
			take(x, ev);
		return;
	}
	x->waiting = x->late = false;
	if (ev->kind == EVENT_FAILED)
		show_notice(x, ev->failed.text);
	else if (ev->kind == EVENT_CANCELLED && !x->m)
		show_notice(x, _("Stopped before it was here; open it again to fetch it"));
	(void)a;
}

static void stop_asking(struct reader_view *x)
{
	if (!x->request)
		return;
	app_unawait(x->v.app, x->request);
	engine_cancel(x->v.app->engine, x->request);
	x->request = 0;
	x->waiting = x->late = false;
}

static void ask(struct reader_view *x)
{
	struct read_options o = {.width = text_width(x, x->cols),
		.all_headers = x->headers == HEADERS_ALL,
		.raw_headers = x->headers == HEADERS_RAW,
		.source = x->source,
		.charset = x->charset,
		.other_version = x->html,
		.mark_read = !x->preview && settings_bool(x->v.app->settings, SET_MARK_READ)};

	if (!x->uid || x->cols <= 0)
		return;
	/* Only the last one asked for matters: the one before would only hold it up. */
	stop_asking(x);
	x->asked_at = clock_ms();
	x->waiting = true;
	x->late = false;
	x->done = x->total = 0;
	x->request = engine_read(x->v.app->engine, x->list, x->uid, &o);
	app_await(x->v.app, x->request, arrived, x, x);
}

static void reader_show(struct view *v, int rows, int cols)
{
	struct reader_view *x = self(v);

	(void)rows;
	if (cols == x->cols)
		return;
	if (x->m && text_width(x, cols) == text_width(x, x->cols) && !x->waiting) {
		x->cols = cols;
		return;
	}
	x->cols = cols;
	ask(x);
}

static void reader_title(struct view *v, struct str *out)
{
	struct reader_view *x = self(v);
	ptrdiff_t row = msglist_find(x->list, x->uid);
	struct msg_row m;

	if (row >= 0 && msglist_row(x->list, (size_t)row, &m) && m.subject)
		str_adds(out, *m.subject ? m.subject : _("(no subject)"));
	else
		str_adds(out, x->m && x->m->subject ? x->m->subject : _("Message"));
}

static void reader_draw(struct view *v, const struct region *r)
{
	struct reader_view *x = self(v);
	struct region inner = *r;

	if (x->waiting && x->late) {
		struct str s = STR_INIT;

		str_adds(&s, _("Fetching the message …"));
		if (x->total) {
			str_adds(&s, " ");
			draw_size(&s, x->done);
			str_adds(&s, " / ");
			draw_size(&s, x->total);
		}
		draw_centred(r, r->rows / 3, STYLE_DIM, str_c(&s));
		str_done(&s);
		return;
	}
	if (inner.cols > 40) {
		inner.col++;
		inner.cols--;
	}
	x->pager.marks = v->app->marks;
	pager_draw(&x->pager, &inner);
}

static void add_keywords(struct line *out, struct reader_view *x, ptrdiff_t row)
{
	struct str words = STR_INIT;
	struct msg_row m;

	if (row >= 0 && msglist_row(x->list, (size_t)row, &m))
		index_keywords(&words, m.keywords);
	if (words.len)
		line_addf(out, STYLE_STATUS_OK, "  %s", words.p);
	str_done(&words);
}

static void add_other_version(struct view *v, struct line *out)
{
	const char *key = keys_of(v->app->config->keys, v->ops->context, "html");

	line_add(out, STYLE_STATUS,
		self(v)->m->other_html ? _("  also as HTML") : _("  also as plain text"));
	if (key)
		line_addf(out, STYLE_STATUS, " (%s)", key);
}

static void reader_status(struct view *v, struct line *out)
{
	struct reader_view *x = self(v);
	ptrdiff_t row = msglist_find(x->list, x->uid);
	struct str s = STR_INIT;
	struct msg_origin o;

	if (msglist_spans(x->list) && msglist_origin(x->list, x->uid, &o))
		line_addf(out, STYLE_STATUS, "%s  %s  ", o.account_name, o.folder);
	else
		line_addf(out, STYLE_STATUS, "%s  ", msglist_folder(x->list));
	if (row >= 0) {
		draw_number(&s, (uint64_t)row + 1);
		str_addc(&s, '/');
		draw_number(&s, msglist_count(x->list));
		line_add(out, STYLE_STATUS, str_c(&s));
	}
	str_done(&s);
	if (x->pager.nshown)
		line_addf(out, STYLE_STATUS, "  %d%%", pager_percent(&x->pager));
	seek_status(v, &x->pager.seek, out);
	add_keywords(out, x, row);
	if (x->pager.hide_quotes)
		line_add(out, STYLE_STATUS_WARN, _("  quotes hidden"));
	if (x->m && (x->m->other_html || x->m->other_plain))
		add_other_version(v, out);
	if (x->m && x->m->partial)
		line_add(out, STYLE_STATUS_WARN, _("  not all here yet"));
}

/* After a switch of the protocol the message that is being read has another UID, and may not have
 * come yet. */
static void follow(struct reader_view *x)
{
	bool stands = msglist_stands(x->list, x->uid, x->numbering);

	x->numbering = msglist_numbering(x->list);
	if (stands && x->uid)
		return;
	x->uid = 0;
	if (x->date)
		x->uid = msglist_find_date(x->list, x->date, 0);
	if (x->m)
		x->m->uid = x->uid;
	if (x->uid && (!x->m || x->waiting))
		ask(x);
}

static void reader_event(struct view *v, struct event *ev)
{
	struct reader_view *x = self(v);

	if (ev->kind == EVENT_LIST && ev->list == x->list)
		follow(x);
	if (ev->kind == EVENT_MESSAGE && ev->view && ev->view->list == x->list &&
		ev->view->uid == x->uid && x->uid)
		take(x, ev);
	if (ev->kind == EVENT_PROGRESS && ev->request == x->request && x->request) {
		x->done = ev->progress.octets ? ev->progress.octets : ev->progress.done;
		x->total = ev->progress.total;
	}
}

static void reader_load(struct view *v, uint32_t uid)
{
	struct reader_view *x = self(v);

	if (uid == x->uid)
		return;
	show(x, uid);
	if (x->index)
		x->index->ops->go(x->index, uid);
	ask(x);
}

static void reader_step(struct view *v, int n)
{
	struct reader_view *x = self(v);
	ptrdiff_t row = msglist_find(x->list, x->uid);
	uint32_t uid;

	/* Gone meanwhile: the list below knows what took its place. */
	if (row < 0)
		uid = x->index ? x->index->ops->uid(x->index) : 0;
	else
		uid = row + n < 0 ? 0 : msglist_uid(x->list, (size_t)(row + n));
	if (uid)
		reader_load(v, uid);
	else
		app_message(v->app,
			n > 0 ? _("This is the last message") : _("This is the first message"));
}

/* At the end of a message. */
static void read_on(struct view *v)
{
	const char *how = settings_text(v->app->settings, SET_READ_ON);

	if (self(v)->waiting)
		return;
	if (strcmp(how, "unread") == 0)
		commands_run(v->app, "next-unread");
	else if (strcmp(how, "next") == 0)
		reader_step(v, 1);
	else
		app_message(v->app, _("This is the end. j: the next message"));
}

static void reader_move(struct view *v, enum move m, int n)
{
	struct reader_view *x = self(v);

	if (m == MOVE_NEXT || m == MOVE_PREVIOUS)
		reader_step(v, m == MOVE_NEXT ? n : -n);
	else if (!pager_move(&x->pager, m, n) && m == MOVE_PAGE_DOWN)
		read_on(v);
}

static void reader_selected_away(struct view *v)
{
	struct reader_view *x = self(v);
	ptrdiff_t row = msglist_find(x->list, x->uid);

	if (row >= 0 && (size_t)row + 1 < msglist_count(x->list))
		reader_step(v, 1);
	else
		app_close_view(v->app, v);
}

static void reader_search(struct view *v, const char *text, int step)
{
	pager_search(&self(v)->pager, seek_what(v, &self(v)->pager.seek, text), step);
	seek_told(v, &self(v)->pager.seek);
}

static void reader_place(struct view *v, enum place what)
{
	pager_place(&self(v)->pager, what);
}

static int64_t reader_tick(struct view *v, int64_t now)
{
	struct reader_view *x = self(v);

	if (!x->waiting || x->late)
		return 0;
	if (now < x->asked_at + PATIENCE)
		return x->asked_at + PATIENCE;
	x->late = true;
	app_paint_soon(v->app);
	return 0;
}

static bool reader_cancel(struct view *v)
{
	struct reader_view *x = self(v);

	if (!x->request)
		return false;
	engine_cancel(v->app->engine, x->request);
	return true;
}

static void reader_close(struct view *v)
{
	struct reader_view *x = self(v);

	if (x->request)
		engine_cancel(v->app->engine, x->request);
	x->request = 0;
	if (x->index && x->m && x->m->uid == x->uid && !x->headers && !x->html && !x->source &&
		!x->charset && x->index->ops->keep(x->index, v)) {
		x->index = NULL;
		x->preview = true;
		x->waiting = false;
		x->pager.top = 0;
		return;
	}
	free(x->charset);
	pager_done(&x->pager);
	engine_view_free(x->m);
	text_free(x->own);
	free(x);
}

struct view *view_reader_new(struct app *a, struct view *index, struct msglist *l, uint32_t uid)
{
	struct reader_view *x = mem_alloc(sizeof(*x));

	x->v = (struct view){&view_reader_ops, a};
	x->index = index;
	x->list = l;
	show(x, uid);
	x->preview = !index;
	return &x->v;
}

void view_reader_own(struct view *v, struct view *index)
{
	struct reader_view *x = self(v);

	x->index = index;
	x->preview = false;
	x->cols = v->app->layout.preview.cols - 2;
	x->pager.top = 0;
	/* Once more, to mark it read. */
	ask(x);
}

static void reader_reload(struct view *v, uint32_t uid)
{
	struct reader_view *x = self(v);

	if (uid == x->uid)
		ask(x);
}

/* Of a large message that is not here: nobody asked for it yet. */
static bool is_left_alone(struct reader_view *x)
{
	ptrdiff_t row = msglist_find(x->list, x->uid);
	struct str size = STR_INIT, s = STR_INIT;
	struct msg_row m;

	if (row < 0 || !msglist_row(x->list, (size_t)row, &m) || m.flags & MAIL_BODY_HERE ||
		m.size <= PREVIEW_MAX)
		return false;
	stop_asking(x);
	draw_size(&size, m.size);
	str_addf(&s, _("Not here yet, %s: it is fetched when you open it"), str_c(&size));
	show_notice(x, str_c(&s));
	str_done(&size);
	str_done(&s);
	return true;
}

void view_reader_preview(struct view *v, uint32_t uid, int cols)
{
	struct reader_view *x = self(v);

	if (uid == x->uid && cols == x->cols)
		return;
	show(x, uid);
	x->cols = cols;
	if (!is_left_alone(x))
		ask(x);
}

void view_reader_leave(struct view *v)
{
	struct reader_view *x = self(v);

	if (!x->request)
		return;
	stop_asking(x);
	show(x, 0);
}

static struct msglist *reader_list(struct view *v)
{
	return self(v)->list;
}

uint32_t view_reader_uid(struct view *v)
{
	return self(v)->uid;
}

static struct message_view *reader_message(struct view *v)
{
	struct reader_view *x = self(v);

	return x->m && x->m->uid == x->uid ? x->m : NULL;
}

static void reader_quotes(struct view *v)
{
	pager_toggle_quotes(&self(v)->pager);
}

static void reader_skip_quoted(struct view *v)
{
	if (!pager_skip_quoted(&self(v)->pager))
		app_message(v->app, _("No more text behind a quote"));
}

static void reader_skip_headers(struct view *v)
{
	if (!pager_skip_headers(&self(v)->pager))
		app_message(v->app, _("There are no headers here"));
}

static void cmd_headers(struct app *a, const struct args *args)
{
	static const char *const names[] = {"usual", "all", "raw"};
	struct reader_view *x = self(app_view(a));
	unsigned to = ((unsigned)x->headers + 1) % MEM_COUNT(names);

	if (args->n)
		for (to = 0; to < MEM_COUNT(names) && strcmp(args->v[0], names[to]) != 0; to++)
			;
	if (to == MEM_COUNT(names)) {
		app_error(a, _("Headers are usual, all or raw; not “%s”"), args->v[0]);
		return;
	}
	x->headers = to;
	ask(x);
	app_message(a, to == HEADERS_USUAL ? _("The usual headers")
		       : to == HEADERS_ALL ? _("All headers")
					   : _("The headers as they came"));
}

static void reader_source(struct view *v)
{
	struct reader_view *x = self(v);

	x->source = !x->source;
	ask(x);
	app_message(
		v->app, x->source ? _("The message as it came") : _("The message as it is read"));
}

static void charset_given(struct app *a, void *ctx, const char *name)
{
	struct reader_view *x = ctx;

	if (!name)
		return;
	if (*name && !charset_known(name)) {
		app_error(a, _("No charset is called “%s”"), name);
		return;
	}
	free(x->charset);
	x->charset = *name ? mem_strdup(name) : NULL;
	ask(x);
}

static void cmd_charset(struct app *a, const struct args *args)
{
	struct reader_view *x = self(app_view(a));

	if (args->n)
		charset_given(a, x, args->v[0]);
	else
		app_ask(a, _("Charset of the text (empty: what the message says): "),
			x->charset ? x->charset : "", HISTORY_NONE, NULL, charset_given, x, x);
}

static void reader_html(struct view *v)
{
	self(v)->html = !self(v)->html;
	ask(self(v));
	app_message(v->app, self(v)->html ? _("Showing the other version where there is one")
					  : _("Showing the usual version"));
}

static void reader_links(struct view *v)
{
	struct message_view *m = reader_message(v);

	if (!m || !m->text->links.n)
		app_message(v->app, _("This message has no links"));
	else
		app_push(v->app, view_links_new(v->app, &m->text->links));
}

static void reader_head_details(struct view *v)
{
	struct message_view *m = reader_message(v);

	if (m && m->head.details)
		app_push(v->app,
			view_text_new(v->app, _("Who sent it"), text_of_lines(m->head.details)));
}

struct leaving {
	char *url;
	bool one_click;
};

static void leave_answered(struct app *a, void *ctx, const char *answer)
{
	struct leaving *x = ctx;

	if (answer && *answer == 'y') {
		if (x->one_click)
			app_await(a, engine_leave_list(a->engine, x->url), NULL, NULL, NULL);
		else
			links_follow(a, x->url);
	}
	free(x->url);
	free(x);
}

/* By one request where that is safe, else by a mail that is seen before it goes, else in the
 * browser; and why not by less. */
static void ask_to_leave(struct app *a, const struct head *h)
{
	struct leaving *x = mem_alloc(sizeof(*x));
	struct str label = STR_INIT;
	bool mail;

	x->one_click = h->one_click == HEAD_ONE_CLICK;
	mail = !x->one_click && *h->leave_mailto;
	x->url = mem_strdup(mail ? h->leave_mailto : h->leave_https);
	if (x->one_click) {
		const char *host = h->leave_https + strlen("https://");

		str_addf(&label, _("Ask %.*s to take you off this list? (y/n) "),
			(int)strcspn(host, "/?#"), host);
	} else {
		str_addf(&label,
			mail ? _("Not by one key: %s. Write a mail that leaves it? (y/n) ")
			     : _("Not by one key: %s. Open its page in the browser? (y/n) "),
			head_one_click_text(h->one_click));
	}
	app_ask_choice(a, str_c(&label), "ny", leave_answered, x, NULL);
	str_done(&label);
}

static void reader_unsubscribe(struct view *v)
{
	struct message_view *m = reader_message(v);

	if (!m)
		return;
	if (!*m->head.leave_https && !*m->head.leave_mailto)
		app_message(v->app, _("This message does not say how its list is left"));
	else
		ask_to_leave(v->app, &m->head);
}

static const struct command commands[] = {
	{"quotes", UI_READER, N_("hide or show quoted text"), .run_view = reader_quotes},
	{"skip-quoted", UI_READER, N_("go behind the next quoted text"),
		.run_view = reader_skip_quoted},
	{"skip-headers", UI_READER, N_("go to the text below the headers"),
		.run_view = reader_skip_headers},
	{"headers", UI_READER, N_("show the usual headers, all, or all as they came"),
		.args = "[usual|all|raw]", .max = 1, .run_args = cmd_headers},
	{"source-text", UI_READER, N_("show the message as it came, or as it is read"),
		.run_view = reader_source},
	{"charset", UI_READER, N_("read this message in a charset, whatever it says"),
		.args = "[NAME]", .max = 1, .run_args = cmd_charset},
	{"html", UI_READER, N_("show the other version, HTML or plain text"),
		.run_view = reader_html},
	{"head-details", UI_READER,
		N_("tell who proved to have sent this message, and how its list is left"),
		.run_view = reader_head_details},
	{"unsubscribe", UI_READER, N_("leave the list that this message came by, after a question"),
		.run_view = reader_unsubscribe},
	{"links", UI_READER, N_("list the links of this message"), .run_view = reader_links},
	{.name = NULL},
};

static const struct hint hints[] = {{"back", N_("Back")}, {"page-down", N_("Page")},
	{"next", N_("Next")}, {"reply", N_("Reply")}, {"reply-all", N_("Group")},
	{"forward", N_("Forward")}, {"delete", N_("Delete")}, {"attachments", N_("Parts")},
	{"links", N_("Links")}, {"quotes", N_("Quotes")}, {"headers", N_("Headers")},
	{"move", N_("Move")}, {NULL, NULL}};

const struct view_ops view_reader_ops = {
	.context = UI_READER,
	.label = N_("Message"),
	.hints = hints,
	.split = true,
	.commands = commands,
	.title = reader_title,
	.draw = reader_draw,
	.status = reader_status,
	.show = reader_show,
	.event = reader_event,
	.move = reader_move,
	.list = reader_list,
	.uid = view_reader_uid,
	.message = reader_message,
	.go = reader_load,
	.reload = reader_reload,
	.selected_away = reader_selected_away,
	.search = reader_search,
	.place = reader_place,
	.tick = reader_tick,
	.cancel = reader_cancel,
	.close = reader_close,
};
