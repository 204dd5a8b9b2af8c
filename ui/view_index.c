/* The list of messages. */
#include "base/str.h"
#include "ui/index_row.h"
#include "ui/range.h"
#include "ui/term.h"
#include "ui/views.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/rule.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { PREVIEW_DELAY = 120 };

struct index_view {
	struct view v;
	int account;
	char *folder;
	struct msglist *list;
	struct scroll scroll;
	uint32_t uid; /* under the cursor: rows move when mail arrives */
	int64_t date; /* of that message */
	unsigned numbering;
	size_t sought_line;
	size_t count;   /* rows when they were looked at last */
	int64_t sought; /* the date of the one to go to as soon as it is here again; 0: none */
	bool placed;
	/* While a limit or a search is typed: the message that was under the cursor, and the
	 * line of the screen it was on. */
	struct {
		bool held, left; /* left: for a match */
		uint32_t uid;
		unsigned numbering;
		size_t line;
	} place;
	struct seek seek;
	unsigned searching;   /* the request; 0: none */
	uint32_t search_from; /* where it began */
	enum mail_role role;  /* of the folder */
	struct index_need need;
	/* Of a conversation: the subject, and the message that it was opened from; or NULL. */
	char *subject, *home;
	uint32_t from;      /* in the folder home */
	struct range range; /* that is being tagged */
	struct view *preview;
	int64_t preview_at;
};

static struct index_view *self(struct view *v)
{
	return (struct index_view *)(void *)v;
}

static void remember(struct index_view *x)
{
	uint32_t uid = msglist_uid(x->list, x->scroll.cursor);
	struct msg_row m;

	if (uid != x->uid) {
		x->preview_at = clock_ms() + PREVIEW_DELAY;
		range_follow(&x->range, x->list, uid);
	}
	x->uid = uid;
	x->date = uid && msglist_row(x->list, x->scroll.cursor, &m) ? m.date : 0;
	x->sought = 0;
}

/* After a switch of the protocol the same message has another UID, and may not have come yet. It
 * goes to the same line of the screen. */
static void seek(struct index_view *x)
{
	ptrdiff_t row;

	if (!msglist_stands(x->list, x->uid, x->numbering)) {
		x->sought = x->numbering ? x->date : 0;
		x->sought_line = x->scroll.cursor - x->scroll.top;
		x->uid = 0;
	}
	x->numbering = msglist_numbering(x->list);
	if (!x->sought)
		return;
	x->uid = msglist_find_date(x->list, x->sought, x->scroll.cursor);
	row = x->uid ? msglist_find(x->list, x->uid) : -1;
	if (row < 0)
		return;
	x->sought = 0;
	x->scroll.cursor = (size_t)row;
	x->scroll.top = (size_t)row > x->sought_line ? (size_t)row - x->sought_line : 0;
}

static const char *name_of(const struct index_view *x)
{
	const struct span_row *span = msglist_span(x->list);

	return span ? _(span->label) : x->folder;
}

static enum mail_role role_of(const struct index_view *x)
{
	struct folder_info f;
	int i = x->account < 0
			? -1
			: engine_find_folder(x->v.app->engine, (size_t)x->account, x->folder);

	if (i < 0)
		return ROLE_NONE;
	engine_folder(x->v.app->engine, (size_t)x->account, (size_t)i, &f);
	return f.role;
}

static bool is_conversation(const struct index_view *x)
{
	return msglist_span(x->list) == span_conversation();
}

/* Of a conversation: what it is about, which its first message says where nothing did before. */
static void add_name(struct index_view *x, struct str *out)
{
	const struct span_row *span = msglist_span(x->list);
	struct msg_row m;

	str_adds(out, name_of(x));
	if (span && span->tail)
		str_addf(out, ": %s", msglist_query(x->list));
	if (!is_conversation(x))
		return;
	if (!x->subject && msglist_row(x->list, 0, &m) && m.subject)
		x->subject = mem_strdup(index_bare_subject(m.subject));
	if (x->subject && *x->subject)
		str_addf(out, ": %s", x->subject);
}

static void index_title(struct view *v, struct str *out)
{
	struct index_view *x = self(v);
	struct account_info info = {0};

	if (msglist_spans(x->list)) {
		add_name(x, out);
		return;
	}
	if (x->account < 0) {
		const char *slash = strrchr(x->folder, '/');

		str_adds(out, slash && slash[1] ? slash + 1 : x->folder);
		return;
	}
	engine_account(v->app->engine, (size_t)x->account, &info);
	str_adds(out, info.name);
	if (str_icmp(x->folder, "INBOX") != 0)
		str_addf(out, " %s", x->folder);
}

/* Who looks at the beginning or the end of the list sees what comes there, as long as the cursor's
 * line stays on the screen. */
static void stay_at_end(struct index_view *x, bool at_top, bool at_end)
{
	size_t rows = x->scroll.rows > 0 ? (size_t)x->scroll.rows : 1;
	size_t count = msglist_count(x->list), last = count > rows ? count - rows : 0;

	if (at_top && x->scroll.cursor < rows)
		x->scroll.top = 0;
	else if (at_end && x->scroll.cursor >= last)
		x->scroll.top = last;
}

/* Where the cursor is at first: a conversation begins with the message that it was opened from. */
static size_t start_row(const struct index_view *x)
{
	size_t n = x->home ? msglist_count(x->list) : 0;
	struct msg_origin o;

	for (size_t i = 0; i < n; i++)
		if (msglist_origin(x->list, msglist_uid(x->list, i), &o) && o.uid == x->from &&
			strcmp(o.folder, x->home) == 0)
			return i;
	return msglist_start_row(x->list);
}

static void stand_on(struct index_view *x, size_t row, size_t line)
{
	x->scroll.cursor = row;
	x->scroll.top = row > line ? row - line : 0;
}

/* What a limit leaves out while it is typed is where it was as soon as it is shown again, and what
 * comes behind it has its place until then. */
static void keep_place(struct index_view *x)
{
	bool held = x->place.held && !x->place.left &&
		    msglist_stands(x->list, x->place.uid, x->place.numbering);
	uint32_t uid = held ? x->place.uid : x->uid;
	ptrdiff_t row = uid ? msglist_near(x->list, uid) : -1;

	if (row >= 0)
		stand_on(x, (size_t)row, held ? x->place.line : x->scroll.cursor - x->scroll.top);
}

static void go_back(struct index_view *x)
{
	x->place.left = false;
	keep_place(x);
	remember(x);
}

/* After any change of the list: the cursor stays on its message and the message on its line. */
static void follow(struct index_view *x)
{
	size_t old, count = msglist_count(x->list);
	bool at_top, at_end;
	int64_t sought;
	ptrdiff_t row;

	x->role = role_of(x);
	index_need_again(&x->need);
	if (!msglist_ready(x->list))
		return;
	seek(x);
	old = x->scroll.cursor;
	at_top = x->scroll.top == 0;
	at_end = x->count && x->scroll.top + (size_t)x->scroll.rows >= x->count;
	row = x->uid ? msglist_find(x->list, x->uid) : -1;
	if (!x->placed) {
		x->scroll.cursor = start_row(x);
		/* A little of what comes before it, too. */
		x->scroll.top = x->scroll.cursor > 3 ? x->scroll.cursor - 3 : 0;
		x->placed = msglist_count(x->list) > 0;
	} else if ((x->place.held && !x->place.left) || row < 0) {
		keep_place(x);
	} else {
		size_t now = (size_t)row;

		x->scroll.cursor = now;
		if (now >= old)
			x->scroll.top += now - old;
		else
			x->scroll.top -= old - now < x->scroll.top ? old - now : x->scroll.top;
		stay_at_end(x, at_top, at_end);
	}
	msglist_note_news(x->list);
	x->count = count;
	scroll_fit(&x->scroll, count, x->scroll.rows);
	sought = x->sought;
	remember(x);
	x->sought = sought;
}

static void index_event(struct view *v, struct event *ev)
{
	struct index_view *x = self(v);

	if (strcmp(x->folder, msglist_folder(x->list)) != 0) { /* it has another name now */
		free(x->folder);
		x->folder = mem_strdup(msglist_folder(x->list));
	}
	/* The end of limiting names the list as well. */
	if ((ev->kind == EVENT_LIST || ev->kind == EVENT_DONE) && ev->list == x->list)
		follow(x);
	if (x->preview && x->preview->ops->event)
		x->preview->ops->event(x->preview, ev);
}

static void draw_empty(struct index_view *x, const struct region *r)
{
	const char *s;

	if (!msglist_ready(x->list))
		s = _("Opening …");
	else if (engine_looking(x->v.app->engine, x->list))
		s = _("Looking …");
	else if (msglist_is_limited(x->list))
		s = _("Nothing matches. l all shows everything again");
	else
		s = _("No messages");
	draw_centred(r, r->rows / 3, STYLE_DIM, s);
}

static bool same_subject(const char *a, const char *b)
{
	return a && b && strcmp(index_bare_subject(a), index_bare_subject(b)) == 0;
}

/* How the line of the cursor looks, from where the keys go. */
static int cursor_style(struct index_view *x)
{
	struct app *a = x->v.app;

	return a->side_active || app_view(a) != &x->v ? STYLE_SELECTED_DIM : STYLE_SELECTED;
}

static void draw_row(const struct region *r, int i, const struct msg_row *m,
	const struct index_format *f, int flags)
{
	struct line line = LINE_INIT;

	index_row(&line, m, f);
	draw_line(r, i, &line, flags, STYLE_PLAIN);
	line_done(&line);
}

/* What all rows of the list have in common. */
static struct index_format format_of(struct index_view *x, const struct region *r)
{
	struct settings *s = x->v.app->settings;
	struct index_format f = {.width = r->cols,
		.show_to = x->role == ROLE_SENT || x->role == ROLE_DRAFTS,
		.ascii = app_ascii(x->v.app),
		.date_format = settings_text(s, SET_DATE_FORMAT),
		.now = clock_now(),
		.places = msglist_spans(x->list),
		.count = msglist_count(x->list)};

	listing_read(&f.columns, "", settings_columns(s, x->folder, x->role, NULL), NULL);
	return f;
}

/* The style of the last colour rule that finds it. */
static int rule_style(const struct index_view *x, uint32_t uid)
{
	const struct ui_config *c = x->v.app->config;

	for (size_t i = c->nrules; i-- > 0;)
		if (rule_finds(c->rules[i], x->v.app->settings, x->list, uid))
			return STYLE_RULE + 2 * (int)i;
	return 0;
}

/* What is said of one of them. place: where it is, which the text is borrowed from. */
static void format_row(struct index_view *x, struct index_format *f, size_t row,
	const struct msg_row *m, struct str *place)
{
	f->number = row + 1;
	f->rule = rule_style(x, m->uid);
	f->own = m->from_mail && settings_own_address(x->v.app->settings, m->from_mail);
	str_clear(place);
	if (f->places)
		engine_where(x->v.app->engine, x->list, m->uid, place);
	f->place = f->places ? str_c(place) : NULL;
}

static void measure(struct index_view *x, struct index_format *f, int rows)
{
	struct str place = STR_INIT;
	struct msg_row m;

	index_need_begin(&x->need, f);
	for (size_t i = x->scroll.top; i < x->scroll.top + (size_t)rows; i++)
		if (!index_is_measured(&x->need, msglist_uid(x->list, i), f) &&
			msglist_row(x->list, i, &m)) {
			format_row(x, f, i, &m, &place);
			index_measure(&x->need, &m, f);
		}
	index_fit(f, &x->need);
	str_done(&place);
}

static void index_draw(struct view *v, const struct region *r)
{
	struct index_view *x = self(v);
	size_t count = msglist_count(x->list);
	struct index_format f = format_of(x, r);
	struct str above = STR_INIT, key = STR_INIT;
	struct str at = STR_INIT;

	if (v->app->marks && x->seek.text) {
		f.hits = x->seek.hits;
		f.hits_of = x->seek.text;
	}
	scroll_fit(&x->scroll, count, r->rows);
	if (count == 0)
		draw_empty(x, r);
	measure(x, &f, r->rows);
	for (int i = 0; i < r->rows && x->scroll.top + (size_t)i < count; i++) {
		size_t row = x->scroll.top + (size_t)i;
		int flags = row == x->scroll.cursor ? cursor_style(x) : 0;
		struct msg_row m;

		if (!msglist_row(x->list, row, &m))
			break;
		/* Not seen, but what reads the screen aloud or copies from it begins there. */
		if (flags == STYLE_SELECTED)
			term_cursor(r->row + i, r->col, false);
		format_row(x, &f, row, &m, &at);
		f.same_subject = m.depth > 0 && i > 0 && same_subject(m.subject, str_c(&above));
		str_clear(&key);
		str_add(&key, (const char *)&flags, sizeof(flags));
		index_row_key(&key, &m, &f);
		if (!draw_kept(r, i, &key))
			draw_row(r, i, &m, &f, flags);
		str_clear(&above);
		str_adds(&above, m.subject);
	}
	str_done(&above);
	str_done(&key);
	str_done(&at);
}

/* How many messages the server says there are; 0: not known. */
static size_t server_total(struct index_view *x)
{
	struct folder_info f;
	int i = x->account < 0
			? -1
			: engine_find_folder(x->v.app->engine, (size_t)x->account, x->folder);

	if (i < 0)
		return 0;
	engine_folder(x->v.app->engine, (size_t)x->account, (size_t)i, &f);
	return f.counts_known ? f.total : 0;
}

static void add_fill(struct index_view *x, int percent, struct line *out)
{
	size_t here = msglist_total(x->list), all = server_total(x);
	struct str s = STR_INIT, of = STR_INIT;

	if (all > here) {
		draw_number(&s, here);
		draw_number(&of, all);
		line_addf(out, STYLE_STATUS, _("  fetching %s of %s "), str_c(&s), str_c(&of));
	} else {
		line_addf(out, STYLE_STATUS, _("  all %d%% "), percent);
	}
	draw_bar(out, STYLE_PROGRESS, (uint64_t)percent, 100, 9, app_ascii(x->v.app));
	str_done(&s);
	str_done(&of);
}

static void add_news(struct index_view *x, struct line *out)
{
	bool ascii = app_ascii(x->v.app);
	size_t above, below;
	struct str s = STR_INIT;

	msglist_news(x->list, x->scroll.top, (size_t)x->scroll.rows, &above, &below);
	draw_number(&s, above);
	if (above)
		line_addf(out, STYLE_STATUS_OK, _("  %s %s new"), ascii ? "^" : "↑", str_c(&s));
	str_clear(&s);
	draw_number(&s, below);
	if (below)
		line_addf(out, STYLE_STATUS_OK, _("  %s %s new"), ascii ? "v" : "↓", str_c(&s));
	str_done(&s);
}

static void add_matches(struct index_view *x, struct str *out)
{
	size_t nth, n = msglist_found(x->list, x->scroll.cursor, &nth);

	if (n)
		seek_add_count(out, nth, n);
}

/* A query that asks for texts is answered by those that are here. */
static void add_texts(struct index_view *x, struct line *out)
{
	struct str s = STR_INIT, of = STR_INIT;
	size_t looked, texts;

	engine_texts(x->list, &looked, &texts);
	draw_number(&s, engine_by_server(x->list));
	if (engine_by_server(x->list))
		line_addf(out, STYLE_STATUS, _("  %s by the server"), str_c(&s));
	str_clear(&s);
	draw_number(&s, looked);
	draw_number(&of, texts);
	if (looked < texts)
		line_addf(out, STYLE_STATUS_WARN, _("  looked into %s of %s texts"), str_c(&s),
			str_c(&of));
	str_done(&s);
	str_done(&of);
}

static void index_status(struct view *v, struct line *out)
{
	struct index_view *x = self(v);
	int percent = msglist_sync_percent(x->list);
	struct str s = STR_INIT, matches = STR_INIT;
	bool limited = msglist_is_limited(x->list);
	size_t absent = engine_absent(x->v.app->engine, x->list);
	size_t looking = engine_looking(x->v.app->engine, x->list),
	       unlooked = engine_unlooked(x->list);
	size_t some = limited ? msglist_count(x->list) : msglist_unread(x->list);

	line_addf(out, STYLE_STATUS, "%s  ", name_of(x));
	draw_number(&s, some);
	if (limited)
		line_addf(out, STYLE_STATUS, _("%s of "), str_c(&s));
	else if (some)
		line_addf(out, STYLE_STATUS, _("%s new of "), str_c(&s));
	str_clear(&s);
	draw_number(&s, msglist_total(x->list));
	line_add(out, STYLE_STATUS, str_c(&s));
	str_done(&s);
	add_news(x, out);
	if (limited)
		line_addf(out, STYLE_STATUS_WARN, _("  only: %s"), msglist_limit_text(x->list));
	if (v->app->marks && x->seek.text)
		add_matches(x, &matches);
	if (matches.len)
		line_addf(out, STYLE_STATUS, "  %s", matches.p);
	str_done(&matches);
	if (x->range.from)
		line_add(out, STYLE_STATUS_WARN, _("  tagging"));
	if (msglist_read_only(x->list))
		line_add(out, STYLE_STATUS_WARN, _("  read only"));
	if (percent >= 0 && percent < 100)
		add_fill(x, percent, out);
	if (looking)
		line_addf(out, STYLE_STATUS,
			ngettext("  %zu folder still looked through (^G stops)",
				"  %zu folders still looked through (^G stops)", looking),
			looking);
	if (unlooked)
		line_addf(out, STYLE_STATUS_WARN,
			ngettext("  %zu folder not looked through",
				"  %zu folders not looked through", unlooked),
			unlooked);
	add_texts(x, out);
	if (absent && !looking)
		line_addf(out, STYLE_STATUS_WARN,
			ngettext("  %zu folder not here yet", "  %zu folders not here yet", absent),
			absent);
}

static void index_move(struct view *v, enum move m, int n)
{
	struct index_view *x = self(v);

	scroll_move(&x->scroll, msglist_count(x->list), m, n);
	remember(x);
}

static void index_open(struct view *v)
{
	struct index_view *x = self(v);

	if (!x->uid)
		return;
	if (role_of(x) == ROLE_DRAFTS) {
		app_await(v->app,
			engine_compose(v->app->engine, (size_t)x->account, COMPOSE_RESUME, x->list,
				x->uid, NULL),
			view_compose_came, NULL, NULL);
		return;
	}
	/* What the preview shows already need not be fetched again. */
	if (x->preview && view_reader_uid(x->preview) == x->uid) {
		struct view *reader = x->preview;

		x->preview = NULL;
		view_reader_own(reader, v);
		app_push(v->app, reader);
		return;
	}
	app_push(v->app, view_reader_new(v->app, v, x->list, x->uid));
}

static void index_selected_marked(struct view *v)
{
	index_move(v, MOVE_NEXT, 1);
}

static void index_selected_away(struct view *v)
{
	struct index_view *x = self(v);
	size_t next = x->scroll.cursor + 1;

	if (next < msglist_count(x->list)) {
		x->scroll.cursor = next;
		remember(x);
	}
}

/* --- searching --- */

static void stop_searching(struct index_view *x)
{
	if (!x->searching)
		return;
	app_unawait(x->v.app, x->searching);
	engine_cancel(x->v.app->engine, x->searching);
	x->searching = 0;
}

static void forget_search(struct index_view *x)
{
	stop_searching(x);
	seek_done(&x->seek);
	msglist_mark_found(x->list, NULL, 0);
}

/* Not of a text that others were typed after. */
static bool is_told(const struct index_view *x)
{
	const struct app *a = x->v.app;

	return !app_is_typing(a, x) || strcmp(a->asked.last, x->seek.text) == 0;
}

/* Which of how many, and what was looked for. */
static void tell_matches(struct index_view *x)
{
	struct str s = STR_INIT;

	if (!is_told(x))
		return;
	add_matches(x, &s);
	str_adds(&s, ": ");
	engine_query_words(x->seek.text, &s, NULL);
	app_told(x->v.app, &x->v, false, "%s", str_c(&s));
	str_done(&s);
}

static void go_to_found(struct index_view *x, size_t row, size_t from)
{
	x->scroll.cursor = row;
	x->place.left = true;
	remember(x);
	if (app_is_typing(x->v.app, &x->v))
		tell_matches(x);
	else if (x->seek.step > 0 ? row <= from : row >= from)
		seek_say_wrapped(&x->v, x->seek.step);
}

static void found(struct app *a, void *ctx, struct event *ev)
{
	struct index_view *x = ctx;
	ptrdiff_t from, row;

	x->searching = 0;
	if (ev->kind == EVENT_FAILED && is_told(x))
		app_told(a, x, true, "%s", ev->failed.text);
	if (ev->kind != EVENT_FOUND)
		return;
	msglist_mark_found(x->list, ev->found.uids, ev->found.n);
	from = msglist_near(x->list, x->search_from);
	if (from < 0)
		from = (ptrdiff_t)x->scroll.cursor;
	row = msglist_next_found(x->list, (size_t)from, x->seek.step);
	if (row >= 0) {
		go_to_found(x, (size_t)row, (size_t)from);
		if (ev->found.unseen)
			app_message(a, "%s", ev->found.unseen);
		return;
	}
	if (x->place.held)
		go_back(x);
	if (is_told(x))
		app_told(a, x, true, _("“%s” was not found%s%s"), x->seek.text,
			ev->found.unseen ? ". " : "", ev->found.unseen ? ev->found.unseen : "");
}

static void index_search(struct view *v, const char *text, int step)
{
	struct index_view *x = self(v);
	struct app *a = v->app;

	if (!text)
		text = a->last_search;
	if (!text)
		return;
	stop_searching(x);
	seek_done(&x->seek);
	x->seek.text = mem_strdup(text);
	x->seek.hits = hits_of_query(text);
	x->seek.step = step;
	x->search_from = x->place.held ? x->place.uid : x->uid;
	x->searching = engine_search(a->engine, x->list, text);
	app_await(a, x->searching, found, x, x);
	if (!app_is_typing(a, x))
		app_hold_keys(a, x->searching);
}

static void index_place(struct view *v, enum place what)
{
	struct index_view *x = self(v);

	if (what == PLACE_HOLD) {
		x->place.held = true;
		x->place.left = false;
		x->place.uid = x->uid;
		x->place.numbering = x->numbering;
		x->place.line = x->scroll.cursor - x->scroll.top;
	} else if (what == PLACE_BACK) {
		forget_search(x);
		go_back(x);
	} else {
		x->place.held = false;
	}
}

static int64_t index_tick(struct view *v, int64_t now)
{
	struct index_view *x = self(v);
	int64_t inner = 0;

	if (!v->app->layout.both || app_view(v->app) != v)
		return 0;
	if (now < x->preview_at) { /* the cursor moves on */
		if (x->preview && view_reader_uid(x->preview) != x->uid)
			view_reader_leave(x->preview);
		return x->preview_at;
	}
	if (!x->preview && x->uid)
		x->preview = view_reader_new(v->app, NULL, x->list, 0);
	if (x->preview && x->uid) {
		view_reader_preview(x->preview, x->uid, v->app->layout.preview.cols - 2);
		inner = x->preview->ops->tick(x->preview, now);
	}
	return inner;
}

void view_index_preview(struct view *v, const struct region *r)
{
	struct index_view *x = self(v);

	if (x->preview && x->uid)
		x->preview->ops->draw(x->preview, r);
}

static void index_click(struct view *v, int row, int col)
{
	struct index_view *x = self(v);
	size_t at = x->scroll.top + (size_t)row;

	(void)col;
	if (at >= msglist_count(x->list))
		return;
	if (at == x->scroll.cursor) {
		index_open(v);
		return;
	}
	x->scroll.cursor = at;
	remember(x);
}

static bool index_keep(struct view *v, struct view *reader)
{
	struct index_view *x = self(v);

	if (x->preview)
		return false;
	x->preview = reader;
	return true;
}

/* What was tagged since the range began is given up. */
static bool index_cancel(struct view *v)
{
	struct index_view *x = self(v);
	bool active = x->range.from != 0;

	range_end(&x->range, x->list, false);
	return active || engine_give_up(v->app->engine, x->list);
}

bool view_index_range(struct view *v)
{
	struct index_view *x = self(v);

	if (x->range.from)
		range_end(&x->range, x->list, true);
	else if (x->uid)
		range_begin(&x->range, x->list, x->uid);
	return x->range.from != 0;
}

static void index_close(struct view *v)
{
	struct index_view *x = self(v);

	if (x->preview)
		app_dispose(v->app, x->preview);
	range_end(&x->range, x->list, true);
	engine_close(v->app->engine, x->list);
	seek_done(&x->seek);
	free(x->folder);
	free(x->subject);
	free(x->home);
	free(x);
}

static const struct hint hints[] = {{"quit", N_("Quit")}, {"compose", N_("Write")},
	{"reply", N_("Reply")}, {"reply-all", N_("Group")}, {"delete", N_("Delete")},
	{"move", N_("Move")}, {"search", N_("Search")}, {"command", N_("Command")},
	{"limit", N_("Limit")}, {"folders", N_("Folders")}, {"flag", N_("Mark")},
	{"tag", N_("Tag")}, {"attachments", N_("Parts")}, {"undo", N_("Undo")}, {NULL, NULL}};

const struct view_ops view_index_ops = {
	.context = UI_INDEX,
	.label = N_("List of messages"),
	.hints = hints,
	.split = true,
	.title = index_title,
	.draw = index_draw,
	.status = index_status,
	.event = index_event,
	.move = index_move,
	.open = index_open,
	.account = view_index_account,
	.list = view_index_list,
	.uid = view_index_uid,
	.go = view_index_go,
	.selected_away = index_selected_away,
	.selected_marked = index_selected_marked,
	.search_check = engine_query_check,
	.search = index_search,
	.place = index_place,
	.tick = index_tick,
	.click = index_click,
	.cancel = index_cancel,
	.keep = index_keep,
	.close = index_close,
};

static void apply_settings(struct index_view *x)
{
	bool reverse;
	int by = sort_find(settings_text(x->v.app->settings, SET_SORT), &reverse);

	if (by >= 0)
		msglist_set_sort(x->list, (enum msglist_sort)by, reverse);
	msglist_set_threads(
		x->list, is_conversation(x) || settings_bool(x->v.app->settings, SET_THREADS));
}

void view_index_settings(struct view *v)
{
	apply_settings(self(v));
	follow(self(v));
}

static struct index_view *index_of(struct app *a, int account, struct msglist *l)
{
	struct index_view *x = mem_alloc(sizeof(*x));

	x->v = (struct view){&view_index_ops, a};
	x->account = account;
	x->list = l;
	x->folder = mem_strdup(msglist_folder(l));
	apply_settings(x);
	return x;
}

struct view *view_index_new(struct app *a, int account, const char *folder, struct err *err)
{
	struct msglist *l = engine_open(a->engine, account, folder, err);
	const struct span_row *span = l ? msglist_span(l) : NULL;
	struct index_view *x;

	if (!l)
		return NULL;
	x = index_of(a, span && !span->one ? -1 : account, l);
	follow(x);
	return &x->v;
}

struct view *view_index_conversation(struct app *a, struct msglist *from, uint32_t uid)
{
	struct msglist *l = engine_conversation(a->engine, from, uid);
	struct msg_origin o;
	struct msg_row m;
	struct index_view *x;
	ptrdiff_t row = msglist_find(from, uid);

	if (!l || !msglist_origin(from, uid, &o))
		return NULL;
	x = index_of(a, o.account, l);
	x->home = mem_strdup(o.folder);
	x->from = o.uid;
	if (row >= 0 && msglist_row(from, (size_t)row, &m) && m.subject)
		x->subject = mem_strdup(index_bare_subject(m.subject));
	follow(x);
	return &x->v;
}

/* In a list of several accounts that of the message under the cursor. */
int view_index_account(struct view *v)
{
	struct index_view *x = self(v);
	struct msg_origin o;

	return msglist_spans(x->list) && msglist_origin(x->list, x->uid, &o) ? o.account
									     : x->account;
}

struct msglist *view_index_list(struct view *v)
{
	return self(v)->list;
}

uint32_t view_index_uid(struct view *v)
{
	return self(v)->uid;
}

void view_index_go(struct view *v, uint32_t uid)
{
	struct index_view *x = self(v);
	ptrdiff_t row = msglist_find(x->list, uid);

	if (row < 0)
		return;
	x->scroll.cursor = (size_t)row;
	scroll_fit(&x->scroll, msglist_count(x->list), x->scroll.rows);
	remember(x);
}
