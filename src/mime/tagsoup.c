#include "mime/tagsoup.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sorted by name. */
static const struct tagsoup_element ELEMENTS[] = {
	{"a", TAG_A, TEXT_LINK},
	{"address", TAG_BLOCK, TEXT_STYLES},
	{"applet", TAG_SKIP, TEXT_STYLES},
	{"article", TAG_BLOCK, TEXT_STYLES},
	{"aside", TAG_BLOCK, TEXT_STYLES},
	{"b", TAG_INLINE, TEXT_BOLD},
	{"base", TAG_INLINE, TEXT_STYLES},
	{"blockquote", TAG_QUOTE, TEXT_STYLES},
	{"body", TAG_BLOCK, TEXT_STYLES},
	{"br", TAG_BR, TEXT_STYLES},
	{"button", TAG_BUTTON, TEXT_STYLES},
	{"caption", TAG_BLOCK, TEXT_BOLD},
	{"center", TAG_BLOCK, TEXT_STYLES},
	{"cite", TAG_INLINE, TEXT_ITALIC},
	{"code", TAG_INLINE, TEXT_CODE},
	{"dd", TAG_DD, TEXT_STYLES},
	{"del", TAG_DEL, TEXT_STYLES},
	{"dfn", TAG_INLINE, TEXT_ITALIC},
	{"div", TAG_BLOCK, TEXT_STYLES},
	{"dl", TAG_PARAGRAPH, TEXT_STYLES},
	{"dt", TAG_DT, TEXT_BOLD},
	{"em", TAG_INLINE, TEXT_ITALIC},
	{"fieldset", TAG_BLOCK, TEXT_STYLES},
	{"figcaption", TAG_BLOCK, TEXT_STYLES},
	{"figure", TAG_PARAGRAPH, TEXT_STYLES},
	{"footer", TAG_BLOCK, TEXT_STYLES},
	{"form", TAG_BLOCK, TEXT_STYLES},
	{"h1", TAG_HEADING, TEXT_STYLES},
	{"h2", TAG_HEADING, TEXT_STYLES},
	{"h3", TAG_HEADING, TEXT_STYLES},
	{"h4", TAG_HEADING, TEXT_STYLES},
	{"h5", TAG_HEADING, TEXT_STYLES},
	{"h6", TAG_HEADING, TEXT_STYLES},
	{"header", TAG_BLOCK, TEXT_STYLES},
	{"hr", TAG_HR, TEXT_STYLES},
	{"i", TAG_INLINE, TEXT_ITALIC},
	{"iframe", TAG_SKIP, TEXT_STYLES},
	{"img", TAG_IMG, TEXT_STYLES},
	{"input", TAG_INPUT, TEXT_STYLES},
	{"kbd", TAG_INLINE, TEXT_CODE},
	{"legend", TAG_BLOCK, TEXT_BOLD},
	{"li", TAG_LI, TEXT_STYLES},
	{"listing", TAG_PRE, TEXT_CODE},
	{"main", TAG_BLOCK, TEXT_STYLES},
	{"menu", TAG_UL, TEXT_STYLES},
	{"nav", TAG_BLOCK, TEXT_STYLES},
	{"ol", TAG_OL, TEXT_STYLES},
	{"option", TAG_BLOCK, TEXT_STYLES},
	{"p", TAG_PARAGRAPH, TEXT_STYLES},
	{"pre", TAG_PRE, TEXT_CODE},
	{"q", TAG_Q, TEXT_STYLES},
	{"s", TAG_DEL, TEXT_STYLES},
	{"samp", TAG_INLINE, TEXT_CODE},
	{"script", TAG_SKIP, TEXT_STYLES},
	{"section", TAG_BLOCK, TEXT_STYLES},
	{"select", TAG_SELECT, TEXT_STYLES},
	{"strike", TAG_DEL, TEXT_STYLES},
	{"strong", TAG_INLINE, TEXT_BOLD},
	{"style", TAG_SKIP, TEXT_STYLES},
	{"sub", TAG_SUB, TEXT_STYLES},
	{"sup", TAG_SUP, TEXT_STYLES},
	{"svg", TAG_SKIP, TEXT_STYLES},
	{"table", TAG_TABLE, TEXT_STYLES},
	{"td", TAG_TD, TEXT_STYLES},
	{"template", TAG_SKIP, TEXT_STYLES},
	{"th", TAG_TH, TEXT_BOLD},
	{"title", TAG_SKIP, TEXT_STYLES},
	{"tr", TAG_TR, TEXT_STYLES},
	{"tt", TAG_INLINE, TEXT_CODE},
	{"ul", TAG_UL, TEXT_STYLES},
	{"xmp", TAG_PRE, TEXT_CODE},
};

const struct tagsoup_element *tagsoup_element(const char *name)
{
	static const struct tagsoup_element unknown = {"", TAG_INLINE, TEXT_STYLES};
	size_t low = 0, high = MEM_COUNT(ELEMENTS);

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(name, ELEMENTS[mid].name);

		if (order == 0)
			return &ELEMENTS[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return &unknown;
}

bool tagsoup_is_in_line(enum tag tag)
{
	return tag == TAG_INLINE || tag == TAG_A || tag == TAG_Q || tag == TAG_DEL ||
	       tag == TAG_SUP || tag == TAG_SUB || tag == TAG_BUTTON;
}

bool tagsoup_is_block(enum tag tag)
{
	return !tagsoup_is_in_line(tag) && tag != TAG_BR && tag != TAG_IMG && tag != TAG_INPUT &&
	       tag != TAG_SELECT;
}

enum { DOCTYPE_MAX = 4096 };

/* The length of a DOCTYPE at p, with its internal subset; 0 when there is none. */
static size_t doctype(const char *p, const char *end)
{
	const char *close, *subset;

	if (end - p < 9 || str_nicmp(p, "<!doctype", 9) != 0)
		return 0;
	if (end - p > DOCTYPE_MAX)
		end = p + DOCTYPE_MAX;
	close = memchr(p, '>', (size_t)(end - p));
	subset = memchr(p, '[', (size_t)(end - p));
	if (close && subset && subset < close) {
		close = memmem(subset, (size_t)(end - subset), "]>", 2);
		close = close ? close + 1 : NULL;
	}
	return close ? (size_t)(close + 1 - p) : 0;
}

/* The length of a mark of Office at p ("<![if !mso]>", "<![endif]>", "<o:p>"), 0 when it is none.
 */
static size_t office_mark(const char *p, const char *end)
{
	static const char *const marks[] = {"<![if", "<![endif", "<o:p", "</o:p"};
	const char *close;

	for (size_t i = 0; i < MEM_COUNT(marks); i++) {
		size_t n = strlen(marks[i]);

		if ((size_t)(end - p) <= n || str_nicmp(p, marks[i], n) != 0)
			continue;
		if (end - p > 120)
			end = p + 120;
		close = memchr(p, '>', (size_t)(end - p));
		if (!close || (p[1] == '!' && close[-1] != ']'))
			return 0;
		return (size_t)(close + 1 - p);
	}
	return 0;
}

/*
 * The parser is quadratic in the attributes of one tag, and in open elements times end tags. So
 * what no honest mail has is left out before it: attributes past ATTRIBUTES_MAX, elements nested
 * deeper than NESTING_MAX (their text stays), and end tags of what is not open.
 */
enum { ATTRIBUTES_MAX = 100, NESTING_MAX = 500, NAMES = 1024 };

struct preparer {
	struct str *out;
	const char *p, *end;
	uint32_t open[NESTING_MAX]; /* hashes of names */
	size_t depth, over;         /* over: elements left out and not closed yet */
	unsigned count[NAMES];      /* open elements by hash */
};

static uint32_t name_hash(const char *p, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len && i < 32; i++)
		h = (h ^ ((unsigned char)p[i] | 0x20)) * 16777619u;
	return h;
}

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static size_t name_length(const char *p, const char *end)
{
	const char *s = p;

	while (s < end && (unsigned char)*s > ' ' && *s != '>' && *s != '/')
		s++;
	return (size_t)(s - p);
}

static bool is_one_of(const char *const *names, size_t n, const char *p, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && str_nicmp(names[i], p, len) == 0)
			return true;
	return false;
}

static void pop(struct preparer *r)
{
	r->count[r->open[--r->depth] % NAMES]--;
}

static const char *skip_value(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p <= ' ')
		p++;
	if (p < end && (*p == '"' || *p == '\'')) {
		const char *quote = memchr(p + 1, *p, (size_t)(end - p - 1));

		return quote ? quote + 1 : end;
	}
	while (p < end && (unsigned char)*p > ' ' && *p != '>')
		p++;
	return p;
}

/* The end of a start tag, at its '>' or at end; *keep: how much of it the parser may see. */
static const char *tag_end(const char *p, const char *end, const char **keep)
{
	int n = 0;

	*keep = NULL;
	while (p < end && *p != '>') {
		if ((unsigned char)*p <= ' ' || *p == '/') {
			p++;
			continue;
		}
		if (n++ == ATTRIBUTES_MAX)
			*keep = p;
		while (p < end && (unsigned char)*p > ' ' && *p != '>' && *p != '=' && *p != '/')
			p++;
		if (p < end && *p == '=')
			p = skip_value(p + 1, end);
	}
	if (!*keep)
		*keep = p;
	return p;
}

/* A list or table inside of an item or cell: what is opened there closes nothing outside. */
static bool is_container(uint32_t hash)
{
	static const char *const names[] = {"ul", "ol", "menu", "dl", "table", "select"};

	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (name_hash(names[i], strlen(names[i])) == hash)
			return true;
	return false;
}

/* What an unclosed element of a list or table implies: the next one closes it. */
static void imply_closed(struct preparer *r, uint32_t hash)
{
	if (r->depth && r->open[r->depth - 1] == hash) {
		pop(r);
	} else if (r->depth > 1 && r->open[r->depth - 2] == hash &&
		   !is_container(r->open[r->depth - 1])) {
		pop(r);
		pop(r);
	}
}

static void start_tag(struct preparer *r)
{
	static const char *const voids[] = {"area", "base", "br", "col", "embed", "hr", "img",
		"input", "link", "meta", "param", "source", "track", "wbr"};
	static const char *const implied[] = {"p", "li", "td", "th", "tr", "dt", "dd", "option"};
	const char *tag = r->p, *name = tag + 1, *keep, *close;
	size_t len = name_length(name, r->end);
	uint32_t hash = name_hash(name, len);
	bool is_void = is_one_of(voids, MEM_COUNT(voids), name, len);

	close = tag_end(name + len, r->end, &keep);
	r->p = close < r->end ? close + 1 : close;
	is_void |= close[-1] == '/';
	if (is_one_of(implied, MEM_COUNT(implied), name, len))
		imply_closed(r, hash);
	if (!is_void && r->depth == NESTING_MAX) {
		r->over++;
		str_addc(r->out, ' ');
		return;
	}
	if (!is_void) {
		r->open[r->depth++] = hash;
		r->count[hash % NAMES]++;
	}
	str_add(r->out, tag, (size_t)(keep - tag));
	if (close < r->end)
		str_addc(r->out, '>');
}

static void end_tag(struct preparer *r)
{
	const char *tag = r->p, *close = memchr(tag, '>', (size_t)(r->end - tag));
	uint32_t hash = name_hash(tag + 2, name_length(tag + 2, r->end));
	size_t at = r->depth;

	r->p = close ? close + 1 : r->end;
	if (r->over) {
		r->over--;
		return;
	}
	if (r->count[hash % NAMES] == 0)
		return;
	while (at > 0 && r->open[at - 1] != hash)
		at--;
	if (at == 0)
		return;
	while (r->depth >= at)
		pop(r);
	str_add(r->out, tag, (size_t)(r->p - tag));
}

static const char *find_text(const char *p, const char *end, const char *what)
{
	for (size_t n = strlen(what); (p = memchr(p, '<', (size_t)(end - p))) != NULL; p++)
		if ((size_t)(end - p) >= n && str_nicmp(p, what, n) == 0)
			return p;
	return end;
}

/* Behind "<!--": "-->", "--!>", and at once ">" or "->" end it (WHATWG HTML 13.2.5.43 to 51). */
static const char *comment_end(const char *p, const char *end)
{
	if (p < end && *p == '>')
		return p + 1;
	if (end - p >= 2 && memcmp(p, "->", 2) == 0)
		return p + 2;
	while ((p = memmem(p, (size_t)(end - p), "--", 2)) != NULL) {
		const char *at = p + 2 + (end - p > 2 && p[2] == '!');

		if (at < end && *at == '>')
			return at + 1;
		p++;
	}
	return end;
}

/* Comments, scripts and styles are nothing to read; an unclosed one takes the rest, as in browsers.
 */
static bool skip_unread(struct preparer *r)
{
	const char *close;

	if (r->end - r->p >= 4 && memcmp(r->p, "<!--", 4) == 0) {
		r->p = comment_end(r->p + 4, r->end);
		return true;
	}
	/* Any other declaration is a comment, too (WHATWG HTML 13.2.5.42, "bogus comment"). */
	if (r->end - r->p >= 2 && (r->p[1] == '!' || r->p[1] == '?')) {
		close = memchr(r->p, '>', (size_t)(r->end - r->p));
		r->p = close ? close + 1 : r->end;
		return true;
	}
	for (int i = 0; i < 2; i++) {
		const char *open = i ? "<style" : "<script", *shut = i ? "</style" : "</script";
		size_t n = strlen(open);

		if ((size_t)(r->end - r->p) <= n || str_nicmp(r->p, open, n) != 0 ||
			is_letter(r->p[n]))
			continue;
		r->p = find_text(r->p, r->end, shut);
		close = memchr(r->p, '>', (size_t)(r->end - r->p));
		r->p = close ? close + 1 : r->end;
		return true;
	}
	return false;
}

static void prepare_tag(struct preparer *r)
{
	size_t n = office_mark(r->p, r->end);

	if (!n)
		n = doctype(r->p, r->end);
	if (n) {
		r->p += n;
	} else if (skip_unread(r)) {
		return;
	} else if (r->end - r->p > 1 && is_letter(r->p[1])) {
		start_tag(r);
	} else if (r->end - r->p > 2 && r->p[1] == '/' && is_letter(r->p[2])) {
		end_tag(r);
	} else {
		str_addc(r->out, *r->p++);
	}
}

/* The names that browsers take without their semicolon (WHATWG HTML 13.5): those of Latin-1. */
static bool is_old_name(const char *p, size_t len)
{
	static const char names[] =
		" AElig AMP Aacute Acirc Agrave Aring Atilde Auml COPY Ccedil ETH Eacute Ecirc "
		"Egrave "
		"Euml GT Iacute Icirc Igrave Iuml LT Ntilde Oacute Ocirc Ograve Oslash Otilde Ouml "
		"QUOT REG THORN Uacute Ucirc Ugrave Uuml Yacute aacute acirc acute aelig agrave "
		"amp "
		"aring atilde auml brvbar ccedil cedil cent copy curren deg divide eacute ecirc "
		"egrave "
		"eth euml frac12 frac14 frac34 gt iacute icirc iexcl igrave iquest iuml laquo lt "
		"macr "
		"micro middot nbsp not ntilde oacute ocirc ograve ordf ordm oslash otilde ouml "
		"para "
		"plusmn pound quot raquo reg sect shy sup1 sup2 sup3 szlig thorn times uacute "
		"ucirc "
		"ugrave uml uuml yacute yen yuml ";
	char word[12];

	if (len < 2 || len > 6)
		return false;
	snprintf(word, sizeof(word), " %.*s ", (int)len, p);
	return strstr(names, word) != NULL;
}

/* Text without a tag in it; the parser wants the semicolon of "&nbsp|" and "&eacute ". */
static void put_text(struct str *out, const char *p, const char *end)
{
	const char *amp;

	while ((amp = memchr(p, '&', (size_t)(end - p))) != NULL) {
		const char *name = amp + 1, *stop = name;

		while (stop < end && stop - name < 8 && str_is_alnum(*stop))
			stop++;
		str_add(out, p, (size_t)(stop - p));
		if (stop < end && *stop != ';' && is_old_name(name, (size_t)(stop - name)))
			str_addc(out, ';');
		p = stop;
	}
	str_add(out, p, (size_t)(end - p));
}

void tagsoup_prepare(struct str *out, const char *s, size_t len)
{
	struct preparer *r = mem_alloc(sizeof(*r));

	r->out = out;
	r->end = s + len;
	r->p = s;
	str_room(out, len);
	while (r->p < r->end) {
		const char *lt = memchr(r->p, '<', (size_t)(r->end - r->p));
		const char *stop = lt ? lt : r->end;

		put_text(out, r->p, stop);
		r->p = stop;
		if (lt)
			prepare_tag(r);
	}
	free(r);
}

void tagsoup_text(struct str *out, const char *s)
{
	static const uint16_t cp1252[32] = {0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020,
		0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019,
		0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,
		0x017E, 0x0178};
	struct str mapped = STR_INIT;
	const char *p = s, *c1;

	while ((c1 = strchr(p, '\xC2')) != NULL) {
		unsigned char next = (unsigned char)c1[1];

		str_add(&mapped, p, (size_t)(c1 - p));
		p = c1 + 1 + (next != 0);
		if (next >= 0x80 && next < 0xA0) {
			if (cp1252[next - 0x80])
				utf8_put(&mapped, cp1252[next - 0x80]);
		} else {
			str_add(&mapped, c1, (size_t)(p - c1));
		}
	}
	str_adds(&mapped, p);
	utf8_clean(out, str_c(&mapped), mapped.len, UTF8_TEXT);
	str_done(&mapped);
}

bool tagsoup_is_clean(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\n' && *s != '\t') ||
			(unsigned char)*s >= 0x7F)
			return false;
	return true;
}
