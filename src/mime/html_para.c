/* HTML as text: what the elements give becomes words, lines and paragraphs. */
#include "mime/html_priv.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>

enum {
	LINK_TEXT_MAX = 4096, /* what is compared with the target of a link */
	NBSP_MAX = 8          /* in a row; newsletters use hundreds to push text out of previews */
};

struct wrap *html_sink(struct html *h)
{
	return h->cell ? h->cell : &h->para;
}

struct frame *html_top(struct html *h)
{
	return &h->stack[h->n - 1];
}

bool html_at_line_start(const struct wrap *w)
{
	return w->s.len == 0 || w->s.p[w->s.len - 1] == '\n';
}

int html_available(const struct html *h)
{
	return h->width < 20 ? 20 : h->width;
}

/* The prefixes of the lines: quote marks, indent, and the bullet of a list item in it. */
void html_make_prefix(
	const struct html *h, const struct frame *f, struct str *first, struct str *rest)
{
	int indent = f->indent > html_available(h) / 2 ? html_available(h) / 2 : f->indent;
	int bullet = utf8_columns(str_c(&h->bullet), h->bullet.len);

	wrap_quote_prefix(rest, f->quote, html_available(h));
	str_add(first, str_c(rest), rest->len);
	for (int i = 0; i < indent; i++) {
		str_addc(rest, ' ');
		if (i < indent - bullet)
			str_addc(first, ' ');
	}
	str_add(first, str_c(&h->bullet), h->bullet.len);
}

void html_emit_gap(struct html *h, int quote)
{
	static const struct wrap empty = WRAP_INIT;
	struct str prefix = STR_INIT;
	struct wrap_box box = {.width = html_available(h)};

	if (h->gap && h->t->n > h->start && !wrap_full(h->t)) {
		box.quote = quote < h->last_quote ? quote : h->last_quote;
		wrap_quote_prefix(&prefix, box.quote, box.width);
		box.first = str_c(&prefix);
		box.style = wrap_quote_style(box.quote);
		wrap_emit(&empty, h->t, &box);
		str_done(&prefix);
	}
	h->gap = false;
	h->last_quote = quote;
}

struct wrap_box html_box_of(const struct html *h, const struct frame *f, const struct str *first,
	const struct str *rest)
{
	return (struct wrap_box){.width = html_available(h),
		.first = str_c(first),
		.rest = str_c(rest),
		.style = f->quote ? wrap_quote_style(f->quote) : f->block,
		.quote = f->quote};
}

static void emit_para(struct html *h, const struct frame *f)
{
	struct str first = STR_INIT, rest = STR_INIT;
	struct wrap_box box;

	html_make_prefix(h, f, &first, &rest);
	html_emit_gap(h, f->quote);
	box = html_box_of(h, f, &first, &rest);
	wrap_find_links(&h->para, h->t);
	wrap_emit(&h->para, h->t, &box);
	str_clear(&h->bullet);
	str_done(&first);
	str_done(&rest);
}

/* Ends the paragraph. Forced line ends at its end are one line end, more of them an empty line. */
void html_flush(struct html *h)
{
	struct wrap *w = html_sink(h);
	size_t ends = 0, len;

	h->space = false;
	h->nbsp = 0;
	if (h->pictures && w->s.len)
		html_show_pictures(h); /* behind the text they stand with */
	h->picture_block = h->pictures > 0;
	if (h->cell) {
		if (!html_at_line_start(w))
			wrap_put(w, "\n", 1, TEXT_STYLES, -1);
		return;
	}
	if (w->s.len == 0)
		return;
	for (len = w->s.len; len > 0 && strchr(" \n", w->s.p[len - 1]); len--)
		ends += w->s.p[len - 1] == '\n';
	if (len == 0) {
		h->gap = true;
	} else {
		wrap_cut(w, len);
		emit_para(h, html_top(h));
		h->gap = ends > 1;
	}
	wrap_clear(w);
}

void html_line_break(struct html *h)
{
	struct wrap *w = html_sink(h);
	size_t n = w->s.len;

	h->space = false;
	h->nbsp = 0;
	if (n == 0) {
		h->gap = !h->cell;
		return;
	}
	if (n >= 2 && w->s.p[n - 1] == '\n' && (h->cell || w->s.p[n - 2] == '\n'))
		return;
	wrap_put(w, "\n", 1, TEXT_STYLES, -1);
}

static void note_link_text(struct html *h, const char *p, size_t len)
{
	if (html_top(h)->link >= 0 && h->link_text.len + len <= LINK_TEXT_MAX)
		str_add(&h->link_text, p, len);
}

/* Links that are pictures only come in rows: one word for all that stand side by side. */
void html_show_pictures(struct html *h)
{
	struct str text = STR_INIT;
	int n = h->pictures;
	bool block = h->picture_block && !h->cell && h->para.s.len == 0, gap = h->gap;

	if (!n)
		return;
	h->pictures = 0;
	h->gap = h->picture_gap || (gap && !block);
	str_addf(&text, ngettext("[image]", "[%d images]", (unsigned long)n), n);
	if (!html_at_line_start(html_sink(h)) && html_sink(h)->s.p[html_sink(h)->s.len - 1] != ' ')
		wrap_put(html_sink(h), " ", 1, TEXT_STYLES, -1);
	wrap_put(html_sink(h), text.p, text.len, TEXT_LINK, h->picture_link);
	str_done(&text);
	if (block) {
		html_flush(h);
		h->gap = gap;
	} else {
		h->space = true;
	}
}

void html_put_space(struct html *h)
{
	struct wrap *w = html_sink(h);
	const struct frame *f = html_top(h);

	if (h->pictures && h->space)
		html_show_pictures(h);
	if (h->space && !html_at_line_start(w) && w->s.p[w->s.len - 1] != ' ') {
		bool inside = f->link == h->space_link && f->style == h->space_style;

		note_link_text(h, " ", 1);
		wrap_put(w, " ", 1, inside ? f->style : TEXT_STYLES, inside ? f->link : -1);
	}
	h->space = false;
}

void html_put(struct html *h, const char *p, size_t len)
{
	const struct frame *f = html_top(h);

	if (h->pictures) {
		html_show_pictures(h);
		html_put_space(h);
	}
	note_link_text(h, p, len);
	wrap_put(html_sink(h), p, len, f->style, f->link);
}

void html_put_collapsed(struct html *h, const char *p, const char *end)
{
	while (p < end) {
		const char *word = p;

		if ((unsigned char)*p <= ' ') {
			h->space = true;
			h->space_link = html_top(h)->link;
			h->space_style = html_top(h)->style;
			p++;
			continue;
		}
		if (end - p >= 2 && memcmp(p, "\xC2\xA0", 2) == 0) {
			if (h->nbsp++ < NBSP_MAX)
				html_put(h, " ", 1);
			p += 2;
			continue;
		}
		while (p < end && (unsigned char)*p > ' ' &&
			!((unsigned char)*p == 0xC2 && end - p >= 2 && (unsigned char)p[1] == 0xA0))
			p++;
		html_put_space(h);
		h->nbsp = 0;
		html_put(h, word, (size_t)(p - word));
	}
}

static int line_columns(const struct wrap *w)
{
	const char *start = w->s.len ? memrchr(w->s.p, '\n', w->s.len) : NULL;
	size_t at = start ? (size_t)(start + 1 - w->s.p) : 0;

	return utf8_columns(str_c(&w->s) + at, w->s.len - at);
}

static void put_pre(struct html *h, const char *p, const char *end)
{
	struct wrap *w = html_sink(h);

	if (w->s.len == 0 && p < end && *p == '\n')
		p++;
	while (p < end) {
		const char *run = p;

		while (p < end && *p != '\t' && *p != '\n')
			p++;
		html_put(h, run, (size_t)(p - run));
		if (p < end && *p == '\t')
			html_put(h, "        ", (size_t)(8 - line_columns(w) % 8));
		else if (p < end)
			wrap_put(w, "\n", 1, TEXT_STYLES, -1);
		p++;
	}
}

/* Digits above or below the line, where there is nothing else: 10 to the 3rd is not 103. */
static bool put_script(struct html *h, enum tag script, const char *s)
{
	/* The code points of 0 to 9: three of those above the line are older than the others. */
	static const uint16_t above[] = {
		0x2070, 0xB9, 0xB2, 0xB3, 0x2074, 0x2075, 0x2076, 0x2077, 0x2078, 0x2079};
	struct str digits = STR_INIT;

	if (!*s || s[strspn(s, "0123456789")])
		return false;
	for (; *s; s++)
		utf8_put(&digits,
			script == TAG_SUP ? above[*s - '0'] : 0x2080 + (uint32_t)(*s - '0'));
	html_put(h, digits.p, digits.len);
	str_done(&digits);
	return true;
}

void html_add_text(struct html *h, const char *s)
{
	const struct frame *f = html_top(h);
	struct str clean = STR_INIT;
	const char *end;

	if (f->hidden || f->zero_font || !s)
		return;
	if (f->script != TAG_INLINE && put_script(h, f->script, s))
		return;
	if (!tagsoup_is_clean(s)) {
		tagsoup_text(&clean, s);
		s = str_c(&clean);
	}
	end = s + strlen(s);
	if (f->pre)
		put_pre(h, s, end);
	else
		html_put_collapsed(h, s, end);
	str_done(&clean);
}
