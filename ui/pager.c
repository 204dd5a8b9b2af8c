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

static void show_from(struct pager *p, size_t line)
{
	p->top = 0;
	while (p->top + 1 < p->nshown && p->shown[p->top] < line)
		p->top++;
}

void pager_set(struct pager *p, const struct text *t, bool keep_place)
{
	size_t before = 0;

	keep_place = keep_place && p->text && p->top < p->nshown && p->top > 0;
	for (size_t i = 0; keep_place && i < p->shown[p->top]; i++)
		before += count_lasting(&p->text->lines[i]);
	p->text = t;
	fill_shown(p);
	p->top = 0;
	if (keep_place && t)
		show_from(p, line_of(t, before));
	p->match = 0;
	if (p->top > last_top(p))
		p->top = last_top(p);
}

void pager_done(struct pager *p)
{
	free(p->shown);
	free(p->needle);
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

static void paint_matches(
	const struct region *r, int row, const struct text_line *l, const char *needle)
{
	const char *hit = l->s;
	size_t len = strlen(needle);

	while (len && (hit = str_ifind(hit, needle))) {
		int col = utf8_columns(l->s, (size_t)(hit - l->s));

		if (col < r->cols)
			draw_over(r, row, col, STYLE_MATCH, hit, len);
		hit += len;
	}
}

void pager_draw(struct pager *p, const struct region *r)
{
	struct line line = LINE_INIT;

	size_t found = 0;

	p->rows = r->rows;
	if (p->top > last_top(p))
		p->top = last_top(p);
	/* What reads the screen aloud begins at what was found, else at the top. */
	if (p->needle && p->match >= p->top && p->match < p->top + (size_t)r->rows)
		found = p->match - p->top;
	term_cursor(r->row + (int)found, r->col, false);
	for (int row = 0; row < r->rows && p->top + (size_t)row < p->nshown; row++) {
		const struct text_line *l = &p->text->lines[p->shown[p->top + (size_t)row]];

		line_clear(&line);
		add_styled(&line, l);
		draw_line(r, row, &line, 0, STYLE_PLAIN);
		if (p->needle)
			paint_matches(r, row, l, p->needle);
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

static bool line_has(const struct text_line *l, const char *folded)
{
	char *s = utf8_fold(l->s, l->len);
	bool found = strstr(s, folded) != NULL;

	free(s);
	return found;
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

bool pager_search(struct pager *p, const char *needle, int step)
{
	bool again = !needle;
	char *folded;
	size_t at, rows = p->rows > 0 ? (size_t)p->rows : 1;
	bool found = false;

	if (needle) {
		free(p->needle);
		p->needle = mem_strdup(needle);
	}
	if (!p->needle || !*p->needle || !p->nshown)
		return false;
	folded = utf8_fold(p->needle, strlen(p->needle));
	/* A new search starts at what is seen; "again" goes on behind the last match. */
	at = p->match >= p->top && p->match < p->top + rows && again ? p->match
	     : step > 0                                              ? p->top + p->nshown - 1
								     : p->top;
	for (size_t i = 0; i < p->nshown && !found; i++) {
		at = (at + p->nshown + (size_t)step) % p->nshown;
		found = line_has(&p->text->lines[p->shown[at]], folded);
	}
	free(folded);
	if (found)
		show_match(p, at);
	return found;
}

void pager_toggle_quotes(struct pager *p)
{
	size_t at = p->nshown ? p->shown[p->top] : 0;

	p->hide_quotes = !p->hide_quotes;
	fill_shown(p);
	show_from(p, at);
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
