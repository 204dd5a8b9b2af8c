/* Texts to read. */
#include "ui/views.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { HELP_COLUMN = 31, NARROW = 60, NARROW_COLUMN = 4 };

struct text_view {
	struct view v;
	char *title;
	struct text *text, *wrapped; /* whole lines, and those that fit */
	int cols;
	struct pager pager;
};

static struct text_view *self(struct view *v)
{
	return (struct text_view *)(void *)v;
}

static void text_title(struct view *v, struct str *out)
{
	str_adds(out, self(v)->title);
}

/* Ends at a blank, behind it; what has none to break at is broken where the room ends. */
static size_t piece_length(const char *s, size_t len, int columns)
{
	size_t n, all;

	if (utf8_columns(s, len) <= columns)
		return len;
	all = n = utf8_fit(s, len, columns + 1, NULL);
	while (n && s[n - 1] != ' ')
		n--;
	if (n)
		return n;
	all = utf8_fit(s, len, columns, NULL);
	return all ? all : len;
}

/* One line in as many as it needs; what explains a key or a command stays in its column. */
static void add_wrapped(struct text *t, const struct text_line *l, int columns)
{
	int indent = !l->nspans ? 0 : columns < NARROW ? NARROW_COLUMN : HELP_COLUMN;
	size_t at = 0;

	do {
		int left = at ? indent : 0;
		size_t n = piece_length(l->s + at, l->len - at, columns - left), end = at + n;
		struct str s = STR_INIT;
		struct text_line *piece;

		for (int i = 0; i < left; i++)
			str_addc(&s, ' ');
		while (end > at && l->s[end - 1] == ' ')
			end--;
		str_add(&s, l->s + at, end - at);
		piece = text_add(t, (enum text_style)l->style, str_c(&s), s.len);
		for (uint32_t i = 0; i < l->nspans && at == 0; i++)
			if (l->spans[i].start + l->spans[i].len <= end)
				text_span_add(piece, l->spans[i].start, l->spans[i].len,
					(enum text_style)l->spans[i].style, -1);
		str_done(&s);
		at += n;
	} while (at < l->len);
}

static void text_show(struct view *v, int rows, int cols)
{
	struct text_view *x = self(v);
	struct text *before = x->wrapped;
	int columns = cols < 10 ? 10 : cols;

	(void)rows;
	if (before && columns == x->cols)
		return;
	x->cols = columns;
	x->wrapped = text_new();
	for (size_t i = 0; i < x->text->n; i++)
		add_wrapped(x->wrapped, &x->text->lines[i], columns);
	pager_set(&x->pager, x->wrapped, true);
	text_free(before);
}

static void text_draw(struct view *v, const struct region *r)
{
	struct region inner = {r->row, r->col + 1, r->rows, r->cols - 1};

	self(v)->pager.marks = v->app->marks;
	pager_draw(&self(v)->pager, &inner);
}

static void text_status(struct view *v, struct line *out)
{
	line_addf(out, STYLE_STATUS, "%s  %d%%", self(v)->title, pager_percent(&self(v)->pager));
	seek_status(v, &self(v)->pager.seek, out);
}

static void text_move(struct view *v, enum move m, int n)
{
	pager_move(&self(v)->pager, m, n);
}

static void text_search(struct view *v, const char *text, int step)
{
	pager_search(&self(v)->pager, seek_what(v, &self(v)->pager.seek, text), step);
	seek_told(v, &self(v)->pager.seek);
}

static void text_place(struct view *v, enum place what)
{
	pager_place(&self(v)->pager, what);
}

static void text_close(struct view *v)
{
	pager_done(&self(v)->pager);
	text_free(self(v)->text);
	text_free(self(v)->wrapped);
	free(self(v)->title);
	free(self(v));
}

static const struct hint hints[] = {
	{"back", N_("Back")}, {"page-down", N_("Page")}, {"search", N_("Search")}, {NULL, NULL}};

const struct view_ops view_text_ops = {
	.context = UI_TEXT,
	.label = N_("Help and texts"),
	.hints = hints,
	.title = text_title,
	.draw = text_draw,
	.status = text_status,
	.show = text_show,
	.move = text_move,
	.search = text_search,
	.place = text_place,
	.close = text_close,
};

struct view *view_text_new(struct app *a, const char *title, struct text *text)
{
	struct text_view *x = mem_alloc(sizeof(*x));

	x->v = (struct view){&view_text_ops, a};
	x->title = mem_strdup(title);
	x->text = text;
	return &x->v;
}

struct text *text_of_lines(const char *lines)
{
	struct text *t = text_new();

	while (*lines) {
		size_t len = strcspn(lines, "\n");
		char *clean = utf8_clean_line(lines, len);

		text_add(t, TEXT_PLAIN, clean, strlen(clean));
		free(clean);
		lines += len + (lines[len] == '\n');
	}
	return t;
}

void app_finish(struct app *a, struct event *ev)
{
	if (ev->kind == EVENT_FAILED)
		app_error(a, "%s", ev->failed.text);
	else if (ev->kind == EVENT_DONE && ev->done.text && *ev->done.text)
		app_message(a, "%s", ev->done.text);
}
