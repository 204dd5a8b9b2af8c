#include "mime/wrap.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "mime/link.h"

#include <stdlib.h>
#include <string.h>
#include <unilbrk.h>

void wrap_done(struct wrap *w)
{
	str_done(&w->s);
	MEM_FREE(w->spans);
	w->nspans = w->cap = 0;
}

void wrap_clear(struct wrap *w)
{
	str_clear(&w->s);
	w->nspans = 0;
}

bool wrap_full(const struct text *t)
{
	return t->n >= WRAP_MAX_LINES;
}

static void add_span(struct wrap *w, size_t start, size_t len, enum text_style style, int link)
{
	struct text_span *last = w->nspans ? &w->spans[w->nspans - 1] : NULL;

	if (last && last->start + last->len == start && last->style == style &&
		last->link == link) {
		last->len += (uint32_t)len;
		return;
	}
	w->spans = mem_grow(w->spans, &w->cap, w->nspans + 1, sizeof(*w->spans));
	w->spans[w->nspans++] =
		(struct text_span){(uint32_t)start, (uint32_t)len, (uint8_t)style, link};
}

void wrap_put(struct wrap *w, const char *p, size_t len, enum text_style style, int link)
{
	if (len == 0)
		return;
	if (style != TEXT_STYLES || link >= 0)
		add_span(w, w->s.len, len, style == TEXT_STYLES ? TEXT_LINK : style, link);
	str_add(&w->s, p, len);
}

void wrap_cut(struct wrap *w, size_t len)
{
	str_cut(&w->s, len);
	while (w->nspans && w->spans[w->nspans - 1].start >= len)
		w->nspans--;
	if (w->nspans) {
		struct text_span *last = &w->spans[w->nspans - 1];

		if (last->start + last->len > len)
			last->len = (uint32_t)len - last->start;
	}
}

/* Links in one stretch without a link; what was styled there keeps its style around them. */
static void links_in(struct wrap *to, struct text *t, const struct wrap *from, size_t start,
	size_t end, enum text_style style)
{
	const char *s = from->s.p;
	size_t at, len;

	while (start < end && link_find(s + start, end - start, &at, &len)) {
		int link = text_link_add(t, s + start + at, len);

		wrap_put(to, s + start, at, style, -1);
		wrap_put(to, s + start + at, len, link < 0 ? style : TEXT_LINK, link);
		start += at + len;
	}
	if (start < end)
		wrap_put(to, s + start, end - start, style, -1);
}

void wrap_find_links(struct wrap *w, struct text *t)
{
	struct wrap with = WRAP_INIT;
	size_t done = 0;

	if (w->s.len < 8 || !memchr(w->s.p, ':', w->s.len))
		return;
	for (size_t i = 0; i < w->nspans; i++) {
		const struct text_span *span = &w->spans[i];

		links_in(&with, t, w, done, span->start, TEXT_STYLES);
		if (span->link >= 0)
			wrap_put(&with, w->s.p + span->start, span->len, span->style, span->link);
		else
			links_in(&with, t, w, span->start, span->start + span->len, span->style);
		done = span->start + span->len;
	}
	links_in(&with, t, w, done, w->s.len, TEXT_STYLES);
	wrap_done(w);
	*w = with;
}

/* One call of wrap_emit. */
struct emit {
	const struct wrap *w;
	struct text *t;
	const struct wrap_box *box;
	struct str line;
	size_t span; /* the first span that may reach into what comes next */
	bool torn;   /* the line before ended inside a word */
	bool begun;  /* the first line is out */
};

static void emit_spans(
	struct emit *e, struct text_line *line, size_t prefix, size_t start, size_t end)
{
	const struct wrap *w = e->w;

	while (e->span < w->nspans && w->spans[e->span].start + w->spans[e->span].len <= start)
		e->span++;
	for (size_t i = e->span; i < w->nspans && w->spans[i].start < end; i++) {
		size_t from = w->spans[i].start, to = from + w->spans[i].len;

		if (from < start)
			from = start;
		if (to > end)
			to = end;
		if (from < to)
			text_span_add(line, prefix + from - start, to - from, w->spans[i].style,
				w->spans[i].link);
	}
}

static const char *prefix_of(const struct emit *e)
{
	const char *p = e->begun ? e->box->rest : e->box->first;

	return p ? p : "";
}

static void emit_line(struct emit *e, size_t start, size_t end)
{
	const char *prefix = prefix_of(e);
	struct text_line *line;

	if (wrap_full(e->t))
		return;
	str_clear(&e->line);
	str_adds(&e->line, prefix);
	if (start < end)
		str_add(&e->line, e->w->s.p + start, end - start);
	else
		while (e->line.len && e->line.p[e->line.len - 1] == ' ')
			str_cut(&e->line, e->line.len - 1);
	line = text_add(e->t, e->box->style, str_c(&e->line), e->line.len);
	line->quote = (uint8_t)(e->box->quote > 255 ? 255 : e->box->quote);
	line->joins = (uint16_t)(e->torn ? strlen(prefix) + 1 : 0);
	emit_spans(e, line, strlen(prefix), start, end);
	e->begun = true;
}

/*
 * Where a line may end in s: the marks of UAX 14, but inside ASCII only behind a blank (it would
 * break addresses and options at slashes and hyphens). NULL when all of it is ASCII: blanks only.
 */
static char *break_marks(const char *s, size_t len)
{
	char *marks;

	for (size_t i = 0;; i++) {
		if (i == len)
			return NULL;
		if ((unsigned char)s[i] >= 0x80)
			break;
	}
	marks = mem_alloc(len);
	u8_possible_linebreaks((const uint8_t *)s, len, "UTF-8", marks);
	return marks;
}

static bool may_break(const char *s, const char *marks, size_t i)
{
	if (s[i - 1] == ' ')
		return s[i] != ' ';
	if (!marks || ((unsigned char)s[i] < 0x80 && (unsigned char)s[i - 1] < 0x80))
		return false;
	return marks[i] == UC_BREAK_POSSIBLE;
}

/* The end of the line that starts at s[0] with columns to use; at least one character. */
static size_t line_end(const char *s, const char *marks, size_t len, int columns)
{
	size_t fit = utf8_fit(s, len, columns, NULL), end;

	if (fit == len)
		return len;
	if (fit == 0) {
		const char *p = s;

		utf8_next(&p, s + len);
		return (size_t)(p - s);
	}
	/* A blank that would stand just behind the edge costs nothing. */
	for (end = fit + (s[fit] == ' '); end > 0 && end < len && !may_break(s, marks, end); end--)
		;
	for (size_t i = 0; end > 0 && i < end; i++)
		if (s[i] != ' ')
			return end;
	return fit;
}

static void emit_segment(struct emit *e, size_t start, size_t end)
{
	const char *s = e->w->s.p;
	size_t base = start;
	char *marks = NULL;
	bool marked = false;

	for (e->torn = false; !wrap_full(e->t);) {
		int columns = e->box->width - utf8_columns(prefix_of(e), strlen(prefix_of(e)));
		size_t n, shown;

		if (columns < 2)
			columns = 2;
		if (!marked && utf8_fit(s + start, end - start, columns, NULL) < end - start) {
			marks = break_marks(s + start, end - start);
			marked = true;
		}
		n = line_end(
			s + start, marks ? marks + (start - base) : NULL, end - start, columns);
		shown = n;
		if (start + n < end)
			while (shown && s[start + shown - 1] == ' ')
				shown--;
		emit_line(e, start, start + shown);
		e->torn = n < end - start && s[start + n] != ' ' &&
			  !may_break(s + start, marks ? marks + (start - base) : NULL, n);
		start += n;
		while (start < end && s[start] == ' ')
			start++;
		if (start >= end)
			break;
	}
	e->torn = false;
	free(marks);
}

void wrap_emit(const struct wrap *w, struct text *t, const struct wrap_box *box)
{
	struct emit e = {.w = w, .t = t, .box = box};
	size_t start = 0;

	for (;;) {
		const char *lf =
			w->s.len > start ? memchr(w->s.p + start, '\n', w->s.len - start) : NULL;
		size_t end = lf ? (size_t)(lf - w->s.p) : w->s.len;

		if (start == end)
			emit_line(&e, start, end);
		else
			emit_segment(&e, start, end);
		if (!lf || wrap_full(t))
			break;
		start = end + 1;
	}
	str_done(&e.line);
}

int wrap_columns(const struct wrap *w)
{
	const char *p = str_c(&w->s), *end = p + w->s.len;
	int widest = 0;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((lf ? lf : end) - p);
		int columns = utf8_columns(p, len);

		if (columns > widest)
			widest = columns;
		p += len + 1;
	}
	return widest;
}

enum { QUOTES_SEEN = 20, QUOTE_NUMBER = 5 }; /* more cannot be counted by looking; "999> " */

void wrap_quote_prefix(struct str *out, int level, int width)
{
	int room = width / 3;

	if (level <= 0)
		return;
	if (level * 2 <= room) {
		for (int i = 0; i < level; i++)
			str_adds(out, "> ");
		return;
	}
	if ((level > QUOTES_SEEN || level >= room) && room >= QUOTE_NUMBER) {
		str_addf(out, "%d> ", level < 1000 ? level : 999);
		return;
	}
	for (int i = 0; i < level && i < room - 1; i++)
		str_addc(out, '>');
	str_addc(out, ' ');
}

enum text_style wrap_quote_style(int level)
{
	if (level <= 0)
		return TEXT_PLAIN;
	return (enum text_style)(TEXT_QUOTE1 + (level - 1) % 4);
}

void wrap_field(
	struct text *t, const char *name, const char *value, enum text_style value_style, int width)
{
	struct wrap w = WRAP_INIT;
	struct wrap_box box = {.width = width, .rest = "    ", .style = TEXT_HEADER_VALUE};

	wrap_put(&w, name, strlen(name), TEXT_HEADER_NAME, -1);
	wrap_put(&w, ":", 1, TEXT_HEADER_NAME, -1);
	wrap_put(&w, " ", 1, TEXT_STYLES, -1);
	wrap_put(&w, value, strlen(value),
		value_style == TEXT_HEADER_VALUE ? TEXT_STYLES : value_style, -1);
	wrap_emit(&w, t, &box);
	wrap_done(&w);
}

void wrap_notice(struct text *t, const char *text, int width)
{
	struct wrap w = WRAP_INIT;
	struct wrap_box box = {.width = width, .rest = " ", .style = TEXT_NOTICE};

	wrap_put(&w, "[", 1, TEXT_STYLES, -1);
	wrap_put(&w, text, strlen(text), TEXT_STYLES, -1);
	wrap_put(&w, "]", 1, TEXT_STYLES, -1);
	wrap_emit(&w, t, &box);
	wrap_done(&w);
}
