/* What all screens that are one list of rows share. */
#include "ui/view_list.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct list_view *list_of(struct view *v)
{
	return (struct list_view *)(void *)v;
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

void list_came(struct list_view *x)
{
	x->reading = false;
	if (!x->at)
		remember(x);
}

char *list_chosen(struct list_view *x)
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

void list_draw(struct view *v, const struct region *all)
{
	struct list_view *x = list_of(v);
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
		draw_centred(
			r, r->rows / 3, STYLE_DIM, x->reading ? _("Opening …") : _(x->ops->empty));
	for (int i = 0; i < r->rows && x->scroll.top + (size_t)i < n; i++) {
		size_t row = x->scroll.top + (size_t)i;

		if (row == x->scroll.cursor)
			term_cursor(r->row + i, r->col, false);
		line_clear(&line);
		line_add(&line, STYLE_PLAIN, " ");
		x->ops->row(x, row, &line, r->cols - 2);
		if (v->app->marks)
			line_mark(&line, 0, x->seek.hits, HITS_TEXT);
		draw_line(r, i, &line, row == x->scroll.cursor ? STYLE_SELECTED : 0, STYLE_PLAIN);
	}
	line_done(&line);
}

void list_move(struct view *v, enum move m, int n)
{
	follow(list_of(v));
	scroll_move(&list_of(v)->scroll, list_of(v)->ops->count(list_of(v)), m, n);
	remember(list_of(v));
}

void list_row(struct view *v, size_t n)
{
	struct list_view *x = list_of(v);
	size_t rows = x->ops->count(x);

	if (n < 1 || n > rows) {
		app_error(v->app,
			ngettext("There is %zu row here", "There are %zu rows here",
				(unsigned long)rows),
			rows);
		return;
	}
	x->scroll.cursor = n - 1;
	remember(x);
}

static void row_given(struct app *a, void *ctx, const char *text)
{
	(void)a;
	if (text && *text)
		list_row(ctx, app_number(text));
}

/* A digit is all where no number that begins with it has a row; else it begins one. */
void list_ask_row(struct app *a, const struct args *args)
{
	struct view *v = app_view(a);
	unsigned n = app_number(args->rest);

	if (strlen(args->rest) == 1 && n && list_of(v)->ops->count(list_of(v)) >= 10 * (size_t)n)
		app_ask(a, _("Row: "), args->rest, HISTORY_NONE, NULL, row_given, v, v);
	else
		list_row(v, n);
}

void list_open(struct view *v)
{
	struct list_view *x = list_of(v);
	char *id = x->ops->id ? list_chosen(x) : NULL;

	if (x->ops->open && (id || !x->ops->id) && x->scroll.cursor < x->ops->count(x))
		x->ops->open(x, x->scroll.cursor);
	free(id);
}

static void row_text(void *ctx, size_t row, struct str *out)
{
	struct list_view *x = ctx;
	struct line line = LINE_INIT;

	x->ops->row(x, row, &line, 400);
	str_add(out, str_c(&line.text), line.text.len);
	line_done(&line);
}

void list_search(struct view *v, const char *text, int step)
{
	struct list_view *x = list_of(v);

	scroll_place(&x->scroll, PLACE_BACK);
	seek_step(&x->seek, seek_what(v, &x->seek, text), x->ops->count(x), &x->scroll.cursor, step,
		row_text, x);
	remember(x);
	seek_told(v, &x->seek);
}

void list_place(struct view *v, enum place what)
{
	struct list_view *x = list_of(v);

	scroll_place(&x->scroll, what);
	if (what == PLACE_BACK)
		seek_done(&x->seek);
	remember(x);
}

void list_status(struct view *v, struct line *out)
{
	seek_status(v, &list_of(v)->seek, out);
}

void list_click(struct view *v, int row, int col)
{
	struct list_view *x = list_of(v);
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

void list_close(struct view *v)
{
	struct list_view *x = list_of(v);

	if (x->ops->done)
		x->ops->done(x);
	free(x->at);
	seek_done(&x->seek);
	free(x);
}

void *list_new(struct app *a, size_t size, const struct view_ops *v, const struct list_ops *l)
{
	struct list_view *x = mem_alloc(size);

	x->v = (struct view){v, a};
	x->ops = l;
	return x;
}

/* A question about one row. */
struct asked {
	struct list_view *x;
	list_row_fn *fn;
	char id[];
};

static void confirmed(struct app *a, void *ctx, const char *answer)
{
	struct asked *q = ctx;

	if (answer && *answer == 'y' && list_find(q->x, q->id) < 0)
		app_error(a, _("It is gone meanwhile; nothing was done"));
	else if (answer && *answer == 'y')
		q->fn(q->x, q->id);
	free(q);
}

void list_confirm(struct list_view *x, const char *id, const char *question, list_row_fn *fn)
{
	struct asked *q = mem_alloc(sizeof(*q) + strlen(id) + 1);

	q->x = x;
	q->fn = fn;
	memcpy(q->id, id, strlen(id) + 1);
	app_ask_choice(x->v.app, question, "ny", confirmed, q, x);
}
