/* Accounts and folders: the sidebar and the full screen. */
#include "ui/folder_tree.h"
#include "ui/views.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct folders_view {
	struct view v;
	struct scroll scroll;
	struct seek seek;
	int account;  /* under the cursor: rows move when folders come and go */
	char *folder; /* owned; NULL: no folder, but what own says */
	int own;      /* FOLDERS_ACCOUNT, or FOLDERS_SPAN and so on */
};

static struct folders_view *self(struct view *v)
{
	return (struct folders_view *)(void *)v;
}

/* What is of all accounts says nothing where there is one; what the person saved is always there.
 */
static size_t first_span(struct app *a)
{
	return engine_accounts(a->engine) > 1 ? 0 : SPANS;
}

static size_t spans(struct app *a)
{
	return settings_spans(a->settings) - first_span(a);
}

static const struct span_row *span_of(struct app *a, int folder)
{
	return settings_span(a->settings, first_span(a) + (size_t)(FOLDERS_SPAN - folder));
}

size_t folders_rows(struct app *a)
{
	size_t n = spans(a);

	for (size_t i = 0; i < engine_accounts(a->engine); i++)
		n += 1 + folder_tree_count(a->tree, i);
	return n;
}

bool folders_at(struct app *a, size_t row, int *account, int *folder)
{
	if (row < spans(a)) {
		*account = -1;
		*folder = FOLDERS_SPAN - (int)row;
		return true;
	}
	row -= spans(a);
	for (size_t i = 0; i < engine_accounts(a->engine); i++) {
		size_t n = 1 + folder_tree_count(a->tree, i);

		if (row < n) {
			*account = (int)i;
			*folder = row ? folder_tree_at(a->tree, i, row - 1) : FOLDERS_ACCOUNT;
			return true;
		}
		row -= n;
	}
	return false;
}

ptrdiff_t folders_find(struct app *a, int account, const char *folder)
{
	size_t row = spans(a);
	int f;

	for (size_t i = 0; i < row; i++)
		if (strcmp(folder, span_of(a, FOLDERS_SPAN - (int)i)->name) == 0)
			return (ptrdiff_t)i;
	if (account < 0)
		return -1;
	f = engine_find_folder(a->engine, (size_t)account, folder);
	if (f < 0)
		return -1;
	for (int i = 0; i < account; i++)
		row += 1 + folder_tree_count(a->tree, (size_t)i);
	return (ptrdiff_t)(row + 1 + folder_tree_place(a->tree, (size_t)account, f));
}

static void account_line(struct app *a, int account, struct line *out, int width)
{
	struct account_info info;
	struct str s = STR_INIT;

	engine_account(a->engine, (size_t)account, &info);
	str_addf(&s, " %s", info.name);
	line_pad(out, STYLE_ACCOUNT, str_c(&s), width - 6);
	str_clear(&s);
	str_addf(&s, "%s ", protocol_row(info.protocol)->key);
	line_pad_left(out, STYLE_DIM, s.p, 6);
	str_done(&s);
}

static void span_line(struct app *a, const struct span_row *span, struct line *out, int width)
{
	struct str s = STR_INIT, count = STR_INIT;
	uint32_t total, unread;

	engine_span_counts(a->engine, span, &total, &unread);
	str_addf(&s, " %s", _(span->label));
	if (unread)
		draw_number(&count, unread);
	line_pad(out, unread ? STYLE_UNREAD : STYLE_FOLDER, str_c(&s),
		width - utf8_columns(str_c(&count), count.len) - 2);
	line_add(out, STYLE_PLAIN, " ");
	line_addn(out, STYLE_COUNT, str_c(&count), count.len);
	line_add(out, STYLE_PLAIN, " ");
	str_done(&s);
	str_done(&count);
}

void folders_line(struct app *a, size_t row, struct line *out, int width)
{
	struct str s = STR_INIT, count = STR_INIT;
	struct folder_info f;
	int account, folder, used, style;
	bool folded;

	if (!folders_at(a, row, &account, &folder))
		return;
	if (folder <= FOLDERS_SPAN) {
		span_line(a, span_of(a, folder), out, width);
		return;
	}
	if (folder < 0) {
		account_line(a, account, out, width);
		return;
	}
	engine_folder(a->engine, (size_t)account, (size_t)folder, &f);
	folded = folder_tree_is_folded(a->tree, (size_t)account, folder);
	for (int i = 0; i < f.depth && i < 8; i++)
		str_adds(&s, "  ");
	str_addf(&s, "%s%s", !folded ? "  " : app_ascii(a) ? "+ " : "▸ ", f.label);
	if (folded)
		f.unread += folder_tree_unread_below(a->tree, (size_t)account, folder);
	/* A copy has nothing new: its originals are elsewhere, and count there. */
	if (f.offline_copy)
		str_clear(&count);
	else if (f.counts_known && f.unread)
		draw_number(&count, f.unread);
	else if (f.counts_known && f.total && f.role == ROLE_DRAFTS)
		draw_number(&count, f.total);
	style = !f.selectable || f.offline_copy ? STYLE_DIM
		: f.unread                      ? STYLE_UNREAD
						: STYLE_FOLDER;
	if (f.offline_copy)
		str_adds(&s, app_ascii(a) ? " (copy)" : " ⊘");
	used = utf8_columns(str_c(&count), count.len);
	line_pad(out, style, str_c(&s), width - used - 2);
	line_add(out, STYLE_PLAIN, " ");
	line_addn(out, STYLE_COUNT, str_c(&count), count.len);
	line_add(out, STYLE_PLAIN, " ");
	str_done(&s);
	str_done(&count);
}

void folders_open(struct app *a, size_t row)
{
	struct folder_info f;
	int account, folder;

	if (!folders_at(a, row, &account, &folder))
		return;
	if (folder < 0) {
		app_open_folder(a, account < 0 ? app_account(a) : account,
			folder <= FOLDERS_SPAN ? span_of(a, folder)->name : "INBOX", false);
		return;
	}
	engine_folder(a->engine, (size_t)account, (size_t)folder, &f);
	if (!f.selectable) {
		app_message(a, _("%s holds only other folders"), f.label);
		return;
	}
	app_open_folder(a, account, f.name, false);
}

static void remember(struct folders_view *x)
{
	struct app *a = x->v.app;
	struct folder_info f;
	int account, folder;

	if (!folders_at(a, x->scroll.cursor, &account, &folder))
		return;
	x->account = account;
	x->own = folder;
	free(x->folder);
	x->folder = NULL;
	if (folder < 0)
		return;
	engine_folder(a->engine, (size_t)account, (size_t)folder, &f);
	x->folder = mem_strdup(f.name);
}

/* The cursor stays on its folder; where that went, on its line. */
void view_folders_keep(struct view *v)
{
	struct folders_view *x = self(v);
	ptrdiff_t row = -1;
	int account, folder;

	if (x->folder)
		row = folders_find(v->app, x->account, x->folder);
	else
		for (size_t i = 0; row < 0 && folders_at(v->app, i, &account, &folder); i++)
			if (account == x->account && folder == x->own)
				row = (ptrdiff_t)i;
	if (row >= 0)
		x->scroll.cursor = (size_t)row;
	scroll_fit(&x->scroll, folders_rows(v->app), x->scroll.rows);
	remember(x);
}

static void folders_event(struct view *v, struct event *ev)
{
	if (ev->kind == EVENT_FOLDERS)
		view_folders_keep(v);
}

void view_folders_on(struct view *v, int account, int folder)
{
	struct folder_info f;
	ptrdiff_t row;

	engine_folder(v->app->engine, (size_t)account, (size_t)folder, &f);
	row = folders_find(v->app, account, f.name);
	if (row < 0)
		return;
	self(v)->scroll.cursor = (size_t)row;
	remember(self(v));
}

static void add_span_detail(struct app *a, const struct span_row *span, struct line *out)
{
	struct str s = STR_INIT;
	uint32_t total, unread;

	engine_span_counts(a->engine, span, &total, &unread);
	if (total)
		draw_number(&s, total);
	line_pad_left(out, STYLE_DIM, str_c(&s), 10);
	if (span->query)
		line_addf(out, STYLE_DIM, "  %s", span->query);
	str_done(&s);
}

static void add_detail(struct app *a, size_t row, struct line *out)
{
	struct account_info info;
	struct folder_info f;
	struct str s = STR_INIT;
	int account, folder;

	if (!folders_at(a, row, &account, &folder))
		return;
	if (folder <= FOLDERS_SPAN) {
		add_span_detail(a, span_of(a, folder), out);
		return;
	}
	if (folder < 0) {
		engine_account(a->engine, (size_t)account, &info);
		line_addf(out, STYLE_DIM, "  %s", info.from);
		if (*info.reason)
			line_addf(out, STYLE_NOTICE, "  %s", info.reason);
		return;
	}
	engine_folder(a->engine, (size_t)account, (size_t)folder, &f);
	if (f.counts_known) {
		draw_number(&s, f.total);
		line_pad_left(out, STYLE_DIM, str_c(&s), 10);
	}
	if (f.offline_copy)
		line_add(out, STYLE_DIM, _("  copy kept here, not synchronised"));
	str_done(&s);
}

static void folders_draw(struct view *v, const struct region *r)
{
	struct folders_view *x = self(v);
	size_t n = folders_rows(v->app);
	int width = r->cols > 60 ? 40 : r->cols;
	struct line line = LINE_INIT;

	scroll_fit(&x->scroll, n, r->rows);
	for (int i = 0; i < r->rows && x->scroll.top + (size_t)i < n; i++) {
		size_t row = x->scroll.top + (size_t)i;

		if (row == x->scroll.cursor)
			term_cursor(r->row + i, r->col, false);
		line_clear(&line);
		folders_line(v->app, row, &line, width);
		if (v->app->marks)
			line_mark(&line, 0, x->seek.hits, HITS_TEXT);
		if (r->cols > width)
			add_detail(v->app, row, &line);
		draw_line(r, i, &line, row == x->scroll.cursor ? STYLE_SELECTED : 0, STYLE_PLAIN);
	}
	if (n == 0)
		draw_centred(
			r, r->rows / 3, STYLE_DIM, _("No account yet. “talaria setup” makes one"));
	line_done(&line);
}

static void folders_move(struct view *v, enum move m, int n)
{
	scroll_move(&self(v)->scroll, folders_rows(v->app), m, n);
	remember(self(v));
}

static void folders_enter(struct view *v)
{
	struct app *a = v->app;
	size_t row = self(v)->scroll.cursor;
	int account, folder;

	if (!folders_at(a, row, &account, &folder))
		return;
	folders_open(a, row);
}

static void row_text(void *ctx, size_t row, struct str *out)
{
	struct line line = LINE_INIT;

	folders_line(ctx, row, &line, 200);
	str_add(out, str_c(&line.text), line.text.len);
	line_done(&line);
}

static void folders_search(struct view *v, const char *text, int step)
{
	struct folders_view *x = self(v);

	scroll_place(&x->scroll, PLACE_BACK);
	seek_step(&x->seek, seek_what(v, &x->seek, text), folders_rows(v->app), &x->scroll.cursor,
		step, row_text, v->app);
	remember(x);
	seek_told(v, &x->seek);
}

static void folders_place(struct view *v, enum place what)
{
	struct folders_view *x = self(v);

	scroll_place(&x->scroll, what);
	if (what == PLACE_BACK)
		seek_done(&x->seek);
	remember(x);
}

static void folders_status(struct view *v, struct line *out)
{
	seek_status(v, &self(v)->seek, out);
}

static void folders_click(struct view *v, int row, int col)
{
	struct folders_view *x = self(v);
	size_t at = x->scroll.top + (size_t)row;

	(void)col;
	if (at >= folders_rows(v->app))
		return;
	if (at == x->scroll.cursor) {
		folders_enter(v);
	} else {
		x->scroll.cursor = at;
		remember(x);
	}
}

static bool folders_folder(struct view *v, int *account, int *folder)
{
	return folders_at(v->app, self(v)->scroll.cursor, account, folder) && *folder >= 0;
}

static int folders_account(struct view *v)
{
	int account, folder;

	return folders_at(v->app, self(v)->scroll.cursor, &account, &folder) ? account : -1;
}

static void folders_close(struct view *v)
{
	seek_done(&self(v)->seek);
	free(self(v)->folder);
	free(self(v));
}

static const struct hint hints[] = {{"back", N_("Back")}, {"open", N_("Open")},
	{"create", N_("New folder")}, {"delete-folder", N_("Delete")},
	{"rename-folder", N_("Rename")}, {"protocol", N_("IMAP/POP3")}, {"sync", N_("Fetch")},
	{"search", N_("Search")}, {"command", N_("Command")}, {NULL, NULL}};

const struct view_ops view_folders_ops = {
	.context = UI_FOLDERS,
	.label = N_("Folders"),
	.hints = hints,
	.stays = true,
	.draw = folders_draw,
	.event = folders_event,
	.move = folders_move,
	.open = folders_enter,
	.account = folders_account,
	.folder = folders_folder,
	.search = folders_search,
	.place = folders_place,
	.status = folders_status,
	.click = folders_click,
	.close = folders_close,
};

struct view *view_folders_new(struct app *a)
{
	struct folders_view *x = mem_alloc(sizeof(*x));
	struct view *index = app_find_view(a, UI_INDEX);
	ptrdiff_t row = -1;

	x->v = (struct view){&view_folders_ops, a};
	if (index)
		row = folders_find(
			a, view_index_account(index), msglist_folder(view_index_list(index)));
	x->scroll.cursor = row >= 0 ? (size_t)row : 0;
	remember(x);
	return &x->v;
}
