#include "ui/draw.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ui/term.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void line_clear(struct line *l)
{
	str_clear(&l->text);
	l->n = 0;
}

void line_done(struct line *l)
{
	str_done(&l->text);
	free(l->parts);
	*l = (struct line)LINE_INIT;
}

static void add_part(struct line *l, int style, size_t start)
{
	if (l->text.len == start)
		return;
	if (l->n && l->parts[l->n - 1].style == style) {
		l->parts[l->n - 1].len = l->text.len - l->parts[l->n - 1].start;
		return;
	}
	l->parts = mem_grow(l->parts, &l->cap, l->n + 1, sizeof(*l->parts));
	l->parts[l->n++] = (struct line_part){start, l->text.len - start, style};
}

void line_addn(struct line *l, int style, const char *s, size_t len)
{
	size_t start = l->text.len;

	str_add(&l->text, s, len);
	add_part(l, style, start);
}

void line_add(struct line *l, int style, const char *s)
{
	line_addn(l, style, s, strlen(s));
}

void line_addf(struct line *l, int style, const char *fmt, ...)
{
	size_t start = l->text.len;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&l->text, fmt, ap);
	va_end(ap);
	add_part(l, style, start);
}

void line_pad(struct line *l, int style, const char *s, int columns)
{
	size_t start = l->text.len;

	utf8_pad(&l->text, s, columns);
	add_part(l, style, start);
}

void line_pad_left(struct line *l, int style, const char *s, int columns)
{
	int used = utf8_columns(s, strlen(s));
	size_t start = l->text.len;

	for (int i = used; i < columns; i++)
		str_addc(&l->text, ' ');
	utf8_pad(&l->text, s, used < columns ? used : columns);
	add_part(l, style, start);
}

/* These bytes get another style. */
static void restyle(struct line *l, size_t start, size_t end, int style)
{
	struct line_part *old = l->parts;
	size_t n = l->n;

	l->parts = NULL;
	l->n = l->cap = 0;
	for (size_t i = 0; i < n; i++) {
		size_t from = old[i].start, to = from + old[i].len;
		/* before, in and behind the bytes; each may be empty */
		size_t cut[] = {from, from > start ? from : start, to < end ? to : end, to};

		for (int k = 0; k < 3; k++) {
			size_t a = cut[k] < from ? from : cut[k] > to ? to : cut[k];
			size_t b = cut[k + 1] < from ? from : cut[k + 1] > to ? to : cut[k + 1];

			if (a >= b)
				continue;
			l->parts = mem_grow(l->parts, &l->cap, l->n + 1, sizeof(*l->parts));
			l->parts[l->n++] =
				(struct line_part){a, b - a, k == 1 ? style : old[i].style};
		}
	}
	free(old);
}

void line_mark(struct line *l, size_t start, const struct hits *h, enum hits_field field)
{
	struct hit at = {0, 0};

	while (hits_next(h, field, str_c(&l->text) + start, l->text.len - start, &at))
		restyle(l, start + at.start, start + at.start + at.len, STYLE_MATCH);
}

int line_columns(const struct line *l)
{
	return utf8_columns(str_c(&l->text), l->text.len);
}

static bool has_style(const struct line *l, int style)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->parts[i].style == style)
			return true;
	return false;
}

void draw_line(const struct region *r, int row, const struct line *l, int flags, int fill)
{
	int col = 0;

	if (row < 0 || row >= r->rows)
		return;
	if (flags && has_style(l, STYLE_UNREAD))
		flags |= STYLE_SELECTED_BOLD;
	for (size_t i = 0; i < l->n && col < r->cols; i++) {
		const char *p = str_c(&l->text) + l->parts[i].start;

		col += term_put(r->row + row, r->col + col, r->cols - col,
			l->parts[i].style | flags, p, l->parts[i].len);
	}
	if (col < r->cols && (flags || fill != STYLE_PLAIN))
		term_fill(r->row + row, r->col + col, r->cols - col, fill | flags);
}

/* The hash has a secret: a mail cannot be made to look like the row of another. */
bool draw_kept(const struct region *r, int row, const struct str *key)
{
	static unsigned char secret[16];
	static bool known;

	if (!known)
		hash_random(secret, sizeof(secret));
	known = true;
	return row >= 0 && row < r->rows &&
	       term_keep(r->row + row, r->col, r->cols, hash_sip(secret, key->p, key->len));
}

void draw_line_kept(const struct region *r, int row, const struct line *l, int flags, int fill)
{
	const int numbers[] = {flags, fill};
	struct str key = STR_INIT;

	str_add(&key, (const char *)numbers, sizeof(numbers));
	for (size_t i = 0; i < l->n; i++) {
		str_add(&key, (const char *)&l->parts[i].style, sizeof(l->parts[i].style));
		str_add(&key, (const char *)&l->parts[i].len, sizeof(l->parts[i].len));
	}
	str_add(&key, str_c(&l->text), l->text.len);
	if (!draw_kept(r, row, &key))
		draw_line(r, row, l, flags, fill);
	str_done(&key);
}

void draw_text(const struct region *r, int row, int style, const char *s)
{
	if (row >= 0 && row < r->rows)
		term_put(r->row + row, r->col, r->cols, style, s, strlen(s));
}

void draw_centred(const struct region *r, int row, int style, const char *s)
{
	int w = utf8_columns(s, strlen(s));
	int col = w < r->cols ? (r->cols - w) / 2 : 0;

	if (row >= 0 && row < r->rows)
		term_put(r->row + row, r->col + col, r->cols - col, style, s, strlen(s));
}

void draw_rule(const struct region *r, int row, bool ascii)
{
	struct str s = STR_INIT;

	for (int i = 0; i < r->cols; i++)
		str_adds(&s, ascii ? "-" : "─");
	draw_text(r, row, STYLE_BORDER, str_c(&s));
	str_done(&s);
}

void draw_bar(struct line *l, int style, uint64_t done, uint64_t total, int columns, bool ascii)
{
	int full = total ? (int)((double)done / (double)total * columns + 0.5) : 0;

	for (int i = 0; i < columns; i++)
		line_add(l, style, i < full ? (ascii ? "#" : "▓") : (ascii ? "." : "░"));
}

void draw_size(struct str *out, uint64_t octets)
{
	static const char unit[] = "kMGTPE";
	double v = (double)octets;
	int i = -1;

	if (octets < 1000) {
		str_addf(out, "%u", (unsigned)octets);
		return;
	}
	while (v >= 999.5 && i < 5) {
		v /= 1024;
		i++;
	}
	if (v < 9.95 && i > 0)
		str_addf(out, "%.1f%c", v, unit[i]);
	else
		str_addf(out, "%.0f%c", v < 1 ? 1 : v, unit[i]);
}

void draw_number(struct str *out, uint64_t n)
{
	const struct lconv *lc = localeconv();
	const char *sep = lc->thousands_sep && *lc->thousands_sep ? lc->thousands_sep : ",";
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			str_adds(out, sep);
		str_addc(out, digits[i]);
	}
}

void draw_over(const struct region *r, int row, int col, int style, const char *s, size_t len)
{
	if (row >= 0 && row < r->rows && col >= 0 && col < r->cols)
		term_put(r->row + row, r->col + col, r->cols - col, style, s, len);
}
