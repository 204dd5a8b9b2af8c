#include "ui/pager.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/term.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(STYLE_DIFF_HUNK - STYLE_HEADER_NAME == TEXT_DIFF_HUNK - TEXT_HEADER_NAME,
	"the styles of text follow each other in the same order");

enum style pager_style(uint8_t text_style)
{
	if (text_style == TEXT_PLAIN || text_style >= TEXT_STYLES)
		return STYLE_PLAIN;
	return (enum style)(STYLE_HEADER_NAME + (text_style - TEXT_HEADER_NAME));
}

static void fill_shown(struct pager *p)
{
	size_t n = p->text ? p->text->n : 0;

	free(p->shown);
	p->shown = mem_array(n + 1, sizeof(*p->shown));
	p->nshown = 0;
	for (size_t i = 0; i < n; i++)
		if (!p->hide_quotes || !p->text->lines[i].quote)
			p->shown[p->nshown++] = i;
}

static size_t last_top(const struct pager *p)
{
	size_t rows = p->rows > 0 ? (size_t)p->rows : 1;

	return p->nshown > rows ? p->nshown - rows : 0;
}

/* The characters that stay when lines are broken elsewhere: no blanks, quote marks or rules. */
static size_t count_lasting(const struct text_line *l)
{
	const char *s = l->s, *end = l->s + l->len;
	size_t n = 0;

	while (s < end) {
		uint32_t c = utf8_next(&s, end);

		n += c > ' ' && c != '>' && c != '|' && (c < 0x2500 || c > 0x257F);
	}
	return n;
}

/* The line of t that holds the character with this number, counted as above. */
static size_t line_of(const struct text *t, size_t lasting)
{
	size_t at = 0;

	for (size_t i = 0; i < t->n; i++) {
		at += count_lasting(&t->lines[i]);
		if (at > lasting)
			return i;
	}
	return t->n;
}

static size_t row_of(const struct pager *p, size_t line)
{
	size_t row = 0;

	while (row + 1 < p->nshown && p->shown[row] < line)
		row++;
	return row;
}

/* How many such characters stand above a row, and which row has so many above it. */
static size_t lasting_above(const struct pager *p, size_t row)
{
	size_t n = 0;

	for (size_t i = 0; row < p->nshown && i < p->shown[row]; i++)
		n += count_lasting(&p->text->lines[i]);
	return n;
}

static size_t row_from(const struct pager *p, size_t lasting)
{
	return lasting && p->text ? row_of(p, line_of(p->text, lasting)) : 0;
}

void pager_set(struct pager *p, const struct text *t, bool keep_place)
{
	size_t before = keep_place ? lasting_above(p, p->top) : 0,
	       held = keep_place ? lasting_above(p, p->held_top) : 0;

	p->text = t;
	fill_shown(p);
	p->held_top = row_from(p, held);
	p->top = row_from(p, before);
	p->match = 0;
	p->seek.n = p->seek.nth = 0; /* to be counted anew */
	if (p->top > last_top(p))
		p->top = last_top(p);
}

void pager_done(struct pager *p)
{
	free(p->shown);
	seek_done(&p->seek);
	*p = (struct pager){0};
}

static void add_styled(struct line *out, const struct text_line *l)
{
	size_t at = 0;

	for (uint32_t i = 0; i < l->nspans; i++) {
		const struct text_span *s = &l->spans[i];

		if (s->start < at || s->start + s->len > l->len)
			continue;
		line_addn(out, pager_style(l->style), l->s + at, s->start - at);
		line_addn(out, pager_style(s->style), l->s + s->start, s->len);
		at = s->start + s->len;
	}
	line_addn(out, pager_style(l->style), l->s + at, l->len - at);
}

void pager_draw(struct pager *p, const struct region *r)
{
	struct line line = LINE_INIT;

	size_t found = 0;

	p->rows = r->rows;
	if (p->top > last_top(p))
		p->top = last_top(p);
	/* What reads the screen aloud begins at what was found, else at the top. */
	if (p->marks && p->seek.nth && p->match >= p->top && p->match < p->top + (size_t)r->rows)
		found = p->match - p->top;
	term_cursor(r->row + (int)found, r->col, false);
	for (int row = 0; row < r->rows && p->top + (size_t)row < p->nshown; row++) {
		const struct text_line *l = &p->text->lines[p->shown[p->top + (size_t)row]];

		line_clear(&line);
		add_styled(&line, l);
		if (p->marks)
			line_mark(&line, 0, p->seek.hits, HITS_TEXT);
		draw_line(r, row, &line, 0, STYLE_PLAIN);
	}
	line_done(&line);
}

bool pager_move(struct pager *p, enum move m, int n)
{
	size_t last = last_top(p), old = p->top;
	long page = p->rows > 1 ? p->rows - 1 : 1, step = 0;

	switch (m) {
	case MOVE_NEXT:
	case MOVE_LINE_DOWN:
		step = n;
		break;
	case MOVE_PREVIOUS:
	case MOVE_LINE_UP:
		step = -n;
		break;
	case MOVE_PAGE_DOWN:
		step = page;
		break;
	case MOVE_PAGE_UP:
		step = -page;
		break;
	case MOVE_HALF_DOWN:
		step = page / 2 + 1;
		break;
	case MOVE_HALF_UP:
		step = -(page / 2 + 1);
		break;
	case MOVE_FIRST:
		p->top = 0;
		return old != 0;
	case MOVE_LAST:
		p->top = last;
		return old != last;
	case MOVE_TOP:
	case MOVE_MIDDLE:
	case MOVE_BOTTOM:
	case MOVE_CURSOR_TOP:
	case MOVE_CURSOR_MIDDLE:
	case MOVE_CURSOR_BOTTOM:
		return false;
	}
	if (step < 0)
		p->top = (size_t)-step > p->top ? 0 : p->top - (size_t)-step;
	else
		p->top = p->top + (size_t)step > last ? last : p->top + (size_t)step;
	return p->top != old;
}

static void show_match(struct pager *p, size_t at)
{
	size_t rows = p->rows > 0 ? (size_t)p->rows : 1;

	p->match = at;
	if (at < p->top || at >= p->top + rows)
		p->top = at > rows / 3 ? at - rows / 3 : 0;
	if (p->top > last_top(p))
		p->top = last_top(p);
}

static void line_text(void *ctx, size_t line, struct str *out)
{
	const struct pager *p = ctx;
	const struct text_line *l = &p->text->lines[p->shown[line]];

	str_add(out, l->s, l->len);
}

bool pager_search(struct pager *p, const char *text, int step)
{
	size_t at, rows = p->rows > 0 ? (size_t)p->rows : 1;
	bool again = !text && p->seek.nth && p->match >= p->top && p->match < p->top + rows;

	if (p->held)
		p->top = p->held_top;
	/* A new search starts at what is seen; "again" goes on behind the last match. */
	at = again ? p->match : step > 0 ? (p->top ? p->top : p->nshown) - 1 : p->top;
	if (!seek_step(&p->seek, text, p->nshown, &at, step, line_text, p))
		return false;
	if (!again && step > 0)
		p->seek.wrapped = at < p->top;
	show_match(p, at);
	return true;
}

void pager_place(struct pager *p, enum place what)
{
	if (what == PLACE_HOLD)
		p->held_top = p->top;
	if (what == PLACE_BACK && p->held) {
		p->top = p->held_top;
		seek_done(&p->seek);
	}
	p->held = what == PLACE_HOLD || (what == PLACE_BACK && p->held);
}

void pager_toggle_quotes(struct pager *p)
{
	size_t at = p->nshown ? p->shown[p->top] : 0;

	p->hide_quotes = !p->hide_quotes;
	fill_shown(p);
	p->top = row_of(p, at);
}

bool pager_skip_quoted(struct pager *p)
{
	size_t at = p->top;

	/* Inside a quote or before one: first to it, then behind it. */
	while (at < p->nshown && !p->text->lines[p->shown[at]].quote)
		at++;
	while (at < p->nshown && p->text->lines[p->shown[at]].quote)
		at++;
	if (at >= p->nshown)
		return false;
	p->top = at > last_top(p) ? last_top(p) : at;
	return true;
}

static bool is_header(const struct text_line *l)
{
	return l->style == TEXT_HEADER_NAME || l->style == TEXT_HEADER_VALUE ||
	       l->style == TEXT_SUBJECT || (l->nspans && l->spans[0].style == TEXT_HEADER_NAME);
}

bool pager_skip_headers(struct pager *p)
{
	size_t at = 0;

	while (at < p->nshown && !is_header(&p->text->lines[p->shown[at]]))
		at++;
	while (at < p->nshown && p->text->lines[p->shown[at]].len)
		at++;
	if (at >= p->nshown)
		return false;
	at++;
	p->top = at > last_top(p) ? last_top(p) : at;
	return true;
}

int pager_percent(const struct pager *p)
{
	size_t below = p->top + (p->rows > 0 ? (size_t)p->rows : 0);

	if (!p->nshown || below >= p->nshown)
		return 100;
	return (int)(below * 100 / p->nshown);
}
