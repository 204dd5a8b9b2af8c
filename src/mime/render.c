#include "mime/render.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/calendar.h"
#include "mime/enriched.h"
#include "mime/flowed.h"
#include "mime/headers.h"
#include "mime/html.h"
#include "mime/report.h"
#include "mime/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 50,
	TEXT_MAX = 10 * 1024 * 1024, /* of all parts together */
	ENCODED_MAX = 16 * 1024 * 1024,
	QUOTABLE_MAX = 1024 * 1024,
	QUOTABLE_WIDTH = 72,
	HIDE_RUN = 8, /* lines: a shorter first-level quote is context, not ballast */
	SHOWN_PARTS_MAX = RENDER_NEEDS_MAX - 1,
	BLANK_MAX = 64 * 1024, /* a text with more in it is neither blank nor a stub */
	STUB_LETTERS = 300,    /* a stub has at most so many, */
	STUB_MORE = 200,       /* and the HTML version three times that and these */
	STUB_HTML_MAX = 1024 * 1024,
	MORE_MAX = 990 /* tenths */
};

/* What a part is to a reader. */
enum use {
	USE_FILE,
	USE_PLAIN,
	USE_HTML,
	USE_ENRICHED,
	USE_CALENDAR,
	USE_REPORT,
	USE_MULTIPART,
	USE_MESSAGE,
	USE_OPENED
};

struct render {
	const struct parts *parts;
	const struct render_options *opt;
	struct text *t;    /* NULL: only collect what is needed */
	int *first, *next; /* children and siblings by index, -1 for none */
	size_t text_left;
	size_t shown;
	int *needs;
	size_t nneeds, max_needs;
	struct str *quote;           /* for quoting: gets what is shown */
	bool with_signature;         /* into it, too */
	enum render_version version; /* the other one there is */
	int version_parts[2];        /* the one that is shown, and that one */
};

static void link_children(struct render *r)
{
	int n = (int)r->parts->n;

	r->first = mem_array((size_t)n + 1, sizeof(int));
	r->next = mem_array((size_t)n + 1, sizeof(int));
	for (int i = 0; i < n; i++)
		r->first[i] = r->next[i] = -1;
	/* From the end, so that each list is in the order of the message. A parent stands before
	 * its children; anything else would be a circle. */
	for (int i = n - 1; i > 0; i--) {
		int parent = r->parts->v[i].parent;

		if (parent < 0 || parent >= i)
			continue;
		r->next[i] = r->first[parent];
		r->first[parent] = i;
	}
}

static void render_start(
	struct render *r, const struct parts *parts, const struct render_options *opt)
{
	memset(r, 0, sizeof(*r));
	r->parts = parts;
	r->opt = opt;
	r->text_left = TEXT_MAX;
	link_children(r);
}

static void render_end(struct render *r)
{
	free(r->first);
	free(r->next);
}

static int width_of(const struct render *r)
{
	return r->opt->width < 20 ? 20 : r->opt->width;
}

static bool is_type(const struct part *p, const char *type, const char *subtype)
{
	return strcmp(p->type, type) == 0 && (!subtype || strcmp(p->subtype, subtype) == 0);
}

static enum use use_of(const struct part *p)
{
	if (p->multipart)
		return USE_MULTIPART;
	if (p->message)
		return USE_MESSAGE;
	if (p->opened)
		return USE_OPENED;
	if (part_is_report(p))
		return USE_REPORT;
	if (is_type(p, "text", "calendar"))
		return USE_CALENDAR;
	if (!part_is_text(p))
		return USE_FILE;
	if (is_type(p, "text", "html"))
		return USE_HTML;
	if (is_type(p, "text", "enriched") || is_type(p, "text", "richtext"))
		return USE_ENRICHED;
	return USE_PLAIN;
}

static void empty_line(struct render *r)
{
	const struct text *t = r->t;

	if (t && t->n && t->lines[t->n - 1].len && !wrap_full(t))
		text_add(r->t, TEXT_PLAIN, "", 0);
}

static void notice(struct render *r, const char *text)
{
	if (r->t && !wrap_full(r->t))
		wrap_notice(r->t, text, width_of(r));
}

static void left_out(struct render *r, const char *text)
{
	if (r->t)
		r->t->cut = true;
	notice(r, text);
}

/* --- one line for a part --- */

static uint64_t decoded_size(const struct part *p)
{
	/* 57 bytes become a line of 76 characters and CRLF. */
	return p->encoding == PART_BASE64 ? p->size / 78 * 57 + p->size % 78 * 57 / 78 : p->size;
}

static void add_size(struct str *out, uint64_t size)
{
	if (size < 1000)
		str_addf(out, _("%u bytes"), (unsigned)size);
	else if (size < 1000000)
		str_addf(out, _("%u kB"), (unsigned)((size + 500) / 1000));
	else
		str_addf(out, _("%.1f MB"), (double)size / 1e6);
}

/* "[2] name.pdf  application/pdf, 81 kB". The number is the index of the part. */
static void part_line(struct render *r, int i)
{
	const struct part *p = &r->parts->v[i];
	const char *name = p->name && *p->name ? p->name : p->description;
	struct wrap w = WRAP_INIT;
	struct wrap_box box = {.width = width_of(r), .rest = "    ", .style = TEXT_ATTACHMENT};
	struct str line = STR_INIT, clean = STR_INIT;

	if (!r->t || wrap_full(r->t))
		return;
	str_addf(&line, "[%d] ", i);
	if (name && *name)
		str_addf(&line, "%.300s  ", name);
	str_addf(&line, "%s/%s, ", p->type, p->subtype);
	add_size(&line, decoded_size(p));
	if (!p->body && !p->multipart && !p->message) {
		str_adds(&line, ", ");
		str_adds(&line, _("not fetched yet"));
	}
	utf8_clean(&clean, line.p, line.len, UTF8_LINE);
	wrap_put(&w, clean.p, clean.len, TEXT_STYLES, -1);
	wrap_emit(&w, r->t, &box);
	wrap_done(&w);
	str_done(&line);
	str_done(&clean);
}

/* --- bodies --- */

static void need(struct render *r, int i)
{
	if (r->nneeds < r->max_needs)
		r->needs[r->nneeds++] = i;
}

/* The text of a part within what is left of the limit; *cut tells whether that was too little. */
static void limited_text(const struct part *p, struct str *out, size_t left, bool *cut)
{
	struct part head = *p;

	*cut = head.body_len > ENCODED_MAX;
	if (*cut)
		head.body_len = ENCODED_MAX;
	part_text(&head, out);
	if (out->len > left) {
		str_cut(out, utf8_cut(out->p, out->len, left));
		*cut = true;
	}
}

static void flowed(struct text *t, const struct part *p, const struct str *s, int width)
{
	struct flowed_options opt = {.width = width, .flowed = p->format_flowed, .delsp = p->delsp};

	flowed_text(t, str_c(s), s->len, &opt);
}

static void cut_signature(struct text *t)
{
	size_t keep = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct text_line *line = &t->lines[i];

		if (line->style == TEXT_SIGNATURE) {
			free(line->s);
			free(line->spans);
			continue;
		}
		t->lines[keep++] = *line;
	}
	t->n = keep;
	/* Gmail leaves the line above the signature outside of it. */
	while (t->n && (t->lines[t->n - 1].len == 0 || strcmp(t->lines[t->n - 1].s, "--") == 0)) {
		t->n--;
		free(t->lines[t->n].s);
		free(t->lines[t->n].spans);
	}
}

/* Lines of fixed text stay as the sender broke them. */
static void quote_fixed(struct str *out, const struct str *s, bool with_signature)
{
	const char *p = str_c(s), *end = p + s->len;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((lf ? lf : end) - p);

		bool signature = flowed_is_signature(p, len);

		if (signature && !with_signature)
			break;
		while (!signature && len && p[len - 1] == ' ')
			len--;
		str_add(out, p, len);
		str_addc(out, '\n');
		p = lf ? lf + 1 : end;
	}
	while (out->len > 1 && out->p[out->len - 1] == '\n' && out->p[out->len - 2] == '\n')
		str_cut(out, out->len - 1);
}

static void text_of(
	struct text *t, const struct part *p, enum use use, const struct str *s, int width)
{
	switch (use) {
	case USE_HTML:
		html_text(t, str_c(s), s->len, width);
		break;
	case USE_ENRICHED:
		enriched_text(t, str_c(s), s->len, width);
		break;
	case USE_CALENDAR:
		calendar_text(t, str_c(s), s->len, width);
		break;
	case USE_REPORT:
		report_text(t, str_c(s), s->len, width);
		break;
	default:
		flowed(t, p, s, width);
		break;
	}
}

/* Between what stands in a quote. */
static void quote_gap(struct str *out)
{
	if (out->len)
		str_adds(out, "\n");
}

static void quote_part(struct render *r, const struct part *p, enum use use)
{
	struct str s = STR_INIT;
	bool cut;

	quote_gap(r->quote);
	limited_text(p, &s, r->text_left, &cut);
	r->text_left -= s.len;
	if (use == USE_PLAIN && !p->format_flowed) {
		quote_fixed(r->quote, &s, r->with_signature);
	} else {
		struct text *t = text_new();

		text_of(t, p, use, &s, width_of(r));
		if (!r->with_signature)
			cut_signature(t);
		text_plain(t, r->quote, true);
		text_free(t);
	}
	if (cut)
		str_addf(
			r->quote, "[%s]\n", _("The rest of this text is left out: it is too long"));
	str_done(&s);
}

static void show_text(struct render *r, const struct part *p, enum use use)
{
	struct str s = STR_INIT;
	bool cut;

	if (p->strange_encoding)
		notice(r, _("This part is in an encoding that is not known here, and shown as it "
			    "is"));
	limited_text(p, &s, r->text_left, &cut);
	r->text_left -= s.len;
	text_of(r->t, p, use, &s, width_of(r));
	if (cut)
		left_out(r, _("The rest of this text is left out: it is too long"));
	str_done(&s);
}

static void body(struct render *r, int i, enum use use)
{
	const struct part *p = &r->parts->v[i];

	if (!p->body && p->size <= ENCODED_MAX)
		need(r, i);
	if (r->quote && p->body)
		quote_part(r, p, use);
	if (!r->t)
		return;
	empty_line(r);
	if (!p->body || part_is_attachment(r->parts, i))
		part_line(r, i);
	if (p->body)
		show_text(r, p, use);
	else if (p->size > ENCODED_MAX)
		left_out(r, _("This text is too long to be shown; save it to read it"));
}

/* --- choosing --- */

/* The readable text that a part stands for, looking into multiparts: their first text. */
static int leaf_of(const struct render *r, int i, enum use *use)
{
	for (int depth = 0; i >= 0 && depth < DEPTH_MAX; depth++) {
		int child;

		*use = use_of(&r->parts->v[i]);
		if (*use != USE_MULTIPART && *use != USE_OPENED)
			return i;
		/* In a mixed or related part a picture may come first. */
		for (child = r->first[i]; child >= 0; child = r->next[child]) {
			enum use kind = use_of(&r->parts->v[child]);

			if (kind != USE_FILE && kind != USE_MESSAGE)
				break;
		}
		i = child >= 0 ? child : r->first[i];
	}
	*use = USE_FILE;
	return -1;
}

/* Blank to the eye: spaces of all kinds, and what has no width. */
static bool is_blank_char(uint32_t cp)
{
	return cp <= ' ' || cp == 0xa0 || cp == 0xad || cp == 0x34f || cp == 0x115f ||
	       cp == 0x1160 || cp == 0x1680 || cp == 0x180e || (cp >= 0x2000 && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202f) || (cp >= 0x205f && cp <= 0x2064) || cp == 0x2800 ||
	       cp == 0x3000 || cp == 0x3164 || cp == 0xfeff || cp == 0xffa0;
}

/* The characters that are there to be read: without blanks, rules and addresses of pages. */
static size_t count_letters(const char *p, size_t len)
{
	const char *end = p + len;
	size_t n = 0;

	while (p < end) {
		uint32_t cp;

		if (end - p > 8 && (memcmp(p, "http://", 7) == 0 || memcmp(p, "https://", 8) == 0))
			while (p < end && !is_blank_char((unsigned char)*p) && *p != '>' &&
				*p != ')')
				p++;
		if (p == end)
			break;
		cp = utf8_next(&p, end);
		n += cp < 0x80 ? (cp >= '0' && cp <= '9') ||
					 ((cp | 0x20) >= 'a' && (cp | 0x20) <= 'z')
			       : !is_blank_char(cp);
	}
	return n;
}

/* Some mailers send an empty text/plain beside the HTML. Not here counts as text. */
static bool is_blank(const struct part *p)
{
	struct part head = *p;
	struct str s = STR_INIT;
	const char *at, *end;

	if (!p->body || head.body_len > BLANK_MAX)
		return false;
	part_text(&head, &s);
	at = str_c(&s);
	end = at + s.len;
	while (at < end) {
		const char *before = at;

		if (!is_blank_char(utf8_next(&at, end))) {
			at = before;
			break;
		}
	}
	str_done(&s);
	return at == end;
}

static int score(const struct render *r, int i)
{
	enum use use;
	int leaf = leaf_of(r, i, &use);

	if (leaf < 0 || is_blank(&r->parts->v[leaf]))
		return 0;
	if (use == USE_HTML)
		return 4;
	if (use == USE_PLAIN)
		return strcmp(r->parts->v[leaf].subtype, "plain") == 0 ? 5 : 3;
	if (use == USE_ENRICHED)
		return 3;
	return use == USE_CALENDAR ? 2 : 1;
}

static size_t letters_in(const struct part *p)
{
	struct str s = STR_INIT;
	size_t n;
	bool cut;

	limited_text(p, &s, STUB_HTML_MAX, &cut);
	if (use_of(p) == USE_HTML) {
		struct text *t = text_new();

		html_text(t, str_c(&s), s.len, 80);
		str_clear(&s);
		text_plain(t, &s, false);
		text_free(t);
	}
	n = count_letters(str_c(&s), s.len);
	str_done(&s);
	return n;
}

/* Some write only in HTML, and that they do so into the plain version: it says much less. */
static bool is_stub(struct render *r, int plain, int html)
{
	const struct part *p = &r->parts->v[plain], *h = &r->parts->v[html];
	struct str s = STR_INIT;
	size_t letters, fuller = 0;

	if (!p->body || p->body_len > BLANK_MAX)
		return false;
	part_text(p, &s);
	letters = count_letters(str_c(&s), s.len);
	str_clear(&s);
	if (letters <= STUB_LETTERS && !h->body && h->size <= ENCODED_MAX)
		need(r, html);
	if (letters <= STUB_LETTERS && h->body)
		fuller = letters_in(h);
	str_done(&s);
	return fuller >= 3 * letters + STUB_MORE;
}

static void part(struct render *r, int i, int depth);
static void file(struct render *r, int i);

/* The child whose score is the best; later ones are richer (RFC 2046 5.1.4). */
static int best_of(const struct render *r, int i)
{
	int best = -1, best_score = -1;

	for (int c = r->first[i]; c >= 0; c = r->next[c]) {
		int n = score(r, c);

		if (n >= best_score) {
			best = c;
			best_score = n;
		}
	}
	return best;
}

/* The plain version, unless it is a stub; *other: the one that is there too, or -1. */
static int choose(struct render *r, int i, int *other)
{
	int best = best_of(r, i), html = -1;
	enum use use;

	*other = -1;
	if (best < 0 || score(r, best) != 5)
		return best;
	for (int c = r->first[i]; c >= 0; c = r->next[c])
		if (score(r, c) == 4)
			html = c;
	if (html < 0)
		return best;
	if (is_stub(r, leaf_of(r, best, &use), leaf_of(r, html, &use))) {
		*other = best;
		return html;
	}
	*other = html;
	return best;
}

/* What stands in a version that is not shown and is no version of anything: Apple Mail puts the
 * files of a letter into its HTML version. */
static void left_behind(struct render *r, int i, int version, int depth)
{
	const struct part *p = &r->parts->v[i];
	enum use use = use_of(p);

	if (depth >= DEPTH_MAX)
		left_out(r, _("What is nested deeper is left out"));
	else if (use == USE_MULTIPART || use == USE_OPENED)
		for (int c = r->first[i]; c >= 0; c = r->next[c])
			left_behind(r, c, version, depth + 1);
	else if (use == USE_MESSAGE)
		part(r, i, depth);
	else if (i != version && part_is_attachment(r->parts, i) && !part_is_embedded(r->parts, i))
		file(r, i);
}

static void alternative(struct render *r, int i, int depth)
{
	int other, shown = choose(r, i, &other);
	enum use use;

	if (other >= 0) {
		int left = r->opt->other_version ? shown : other;

		shown = r->opt->other_version ? other : shown;
		r->version_parts[0] = leaf_of(r, shown, &use);
		r->version_parts[1] = leaf_of(r, left, &use);
		r->version = use == USE_HTML ? RENDER_HTML : RENDER_PLAIN;
	}
	/* An invitation is not another form of its letter: what it says comes first. */
	for (int c = r->first[i]; c >= 0; c = r->next[c])
		if (c != shown && use_of(&r->parts->v[c]) == USE_CALENDAR)
			part(r, c, depth);
	if (shown >= 0)
		part(r, shown, depth);
	for (int c = r->first[i]; c >= 0; c = r->next[c])
		if (c != shown && use_of(&r->parts->v[c]) != USE_CALENDAR)
			left_behind(r, c, leaf_of(r, c, &use), depth);
}

static void related(struct render *r, int i, int depth)
{
	enum use use;
	int root = leaf_of(r, i, &use);

	/* The root is the first part, or the child that holds the first text. */
	while (root >= 0 && r->parts->v[root].parent != i)
		root = r->parts->v[root].parent;
	if (root < 0)
		root = r->first[i];
	if (root >= 0)
		part(r, root, depth);
	for (int c = r->first[i]; c >= 0; c = r->next[c])
		if (c != root && !part_is_embedded(r->parts, c))
			part(r, c, depth);
}

static bool is_signature(const struct part *p)
{
	return is_type(p, "application", NULL) && strstr(p->subtype, "signature");
}

static void signed_part(struct render *r, int i, int depth)
{
	bool skipped = false;

	empty_line(r);
	notice(r, _("This part is signed; the signature is not checked"));
	for (int c = r->first[i]; c >= 0; c = r->next[c]) {
		if (!skipped && c != r->first[i] && is_signature(&r->parts->v[c]))
			skipped = true;
		else
			part(r, c, depth);
	}
}

static void encrypted(struct render *r, int i)
{
	empty_line(r);
	notice(r, _("This part is encrypted and cannot be read here"));
	for (int c = r->first[i]; c >= 0; c = r->next[c])
		if (!r->parts->v[c].multipart)
			part_line(r, c);
}

static void multipart(struct render *r, int i, int depth)
{
	const struct part *p = &r->parts->v[i];

	if (strcmp(p->subtype, "alternative") == 0) {
		alternative(r, i, depth);
	} else if (strcmp(p->subtype, "related") == 0) {
		related(r, i, depth);
	} else if (strcmp(p->subtype, "signed") == 0) {
		signed_part(r, i, depth);
	} else if (strcmp(p->subtype, "encrypted") == 0) {
		encrypted(r, i);
	} else {
		for (int c = r->first[i]; c >= 0; c = r->next[c])
			part(r, c, depth);
	}
}

static void inner_headers(struct render *r, struct text *t, int child)
{
	headers_text(t, r->parts->v[child].header, r->parts->v[child].header_len,
		r->opt->all_headers, width_of(r));
}

static void quote_headers(struct render *r, int child)
{
	struct text *t = text_new();

	quote_gap(r->quote);
	inner_headers(r, t, child);
	text_plain(t, r->quote, false);
	text_free(t);
}

/* What is in S/MIME, in winmail.dat, between lines of text. */
static void opened(struct render *r, int i, int depth)
{
	if (strstr(r->parts->v[i].subtype, "pkcs7")) {
		empty_line(r);
		notice(r, _("This part is signed; the signature is not checked"));
	}
	for (int c = r->first[i]; c >= 0; c = r->next[c])
		part(r, c, depth);
}

static void message(struct render *r, int i, int depth)
{
	int child = r->first[i];

	empty_line(r);
	part_line(r, i);
	if (child < 0) {
		notice(r, _("This message cannot be shown"));
		return;
	}
	if (!r->parts->v[child].header)
		need(r, i);
	if (r->parts->v[child].header && r->quote)
		quote_headers(r, child);
	if (r->parts->v[child].header && r->t) {
		inner_headers(r, r->t, child);
		text_add(r->t, TEXT_PLAIN, "", 0);
	}
	part(r, child, depth);
}

static void file(struct render *r, int i)
{
	const struct part *p = &r->parts->v[i];
	const struct text *t = r->t;

	if (!p->body && part_may_open(p) && p->size <= ENCODED_MAX)
		need(r, i);
	if (!t)
		return;
	if (t->n && t->lines[t->n - 1].style != TEXT_ATTACHMENT)
		empty_line(r);
	part_line(r, i);
	if (is_type(p, "application", "pkcs7-mime") || is_type(p, "application", "x-pkcs7-mime"))
		notice(r, _("This part is encrypted or signed by S/MIME and cannot be read here"));
}

static void part(struct render *r, int i, int depth)
{
	enum use use = use_of(&r->parts->v[i]);

	if (depth >= DEPTH_MAX || r->shown > SHOWN_PARTS_MAX || (r->t && wrap_full(r->t)))
		return;
	r->shown++;
	/* The callers name what a limit left out; here it is said once, where it happens. */
	if (depth == DEPTH_MAX - 1 && r->first[i] >= 0) {
		left_out(r, _("What is nested deeper is left out"));
		return;
	}
	if (r->shown > SHOWN_PARTS_MAX) {
		left_out(r, _("More parts are left out"));
		return;
	}
	switch (use) {
	case USE_MULTIPART:
		multipart(r, i, depth + 1);
		break;
	case USE_MESSAGE:
		message(r, i, depth + 1);
		break;
	case USE_OPENED:
		opened(r, i, depth + 1);
		break;
	case USE_FILE:
		file(r, i);
		break;
	default:
		body(r, i, use);
		break;
	}
}

/* --- hiding quotes --- */

static bool is_hidden_run(const struct text *t, size_t from, size_t to)
{
	return t->lines[from].quote > 1 || to - from > HIDE_RUN;
}

static void hide_line(struct text *t, size_t lines, int width)
{
	char said[120];
	size_t at = t->n;

	snprintf(said, sizeof(said), ngettext("%zu quoted line", "%zu quoted lines", lines), lines);
	wrap_notice(t, said, width);
	for (; at < t->n; at++)
		t->lines[at].quote = 1;
}

static bool same_run(const struct text_line *a, const struct text_line *b)
{
	return b->quote > 0 && (a->quote > 1) == (b->quote > 1);
}

static struct text *without_quotes(struct text *t, int width)
{
	struct text *out = text_new();
	size_t i = 0;

	/* The links go over as they are, so that the indexes in the spans stay right. */
	out->links = t->links;
	t->links = (struct strv)STRV_INIT;
	out->link_hashes = t->link_hashes;
	out->hashes_cap = t->hashes_cap;
	t->link_hashes = NULL;
	while (i < t->n) {
		size_t end = i + 1;

		if (t->lines[i].quote > 0)
			while (end < t->n && same_run(&t->lines[i], &t->lines[end]))
				end++;
		if (t->lines[i].quote > 0 && is_hidden_run(t, i, end)) {
			hide_line(out, end - i, width);
			i = end;
			continue;
		}
		for (; i < end; i++) {
			out->lines =
				mem_grow(out->lines, &out->cap, out->n + 1, sizeof(*out->lines));
			out->lines[out->n++] = t->lines[i];
			t->lines[i].s = NULL;
			t->lines[i].spans = NULL;
		}
	}
	text_free(t);
	return out;
}

/* --- the doors --- */

struct text *render_message(const struct parts *parts, const char *header, size_t header_len,
	const struct render_options *opt)
{
	struct render r;

	render_start(&r, parts, opt);
	r.t = text_new();
	if (!opt->no_headers) {
		headers_text(r.t, header, header_len, opt->all_headers, width_of(&r));
		empty_line(&r);
	}
	if (parts->n)
		part(&r, 0, 0);
	if (parts->cut)
		left_out(&r,
			_("The structure of this message is beyond the limits; the rest is shown "
			  "as text or left out"));
	if (wrap_full(r.t)) {
		r.t->cut = true;
		wrap_notice(r.t, _("The rest is left out: it is too long"), width_of(&r));
	}
	render_end(&r);
	return opt->hide_quotes ? without_quotes(r.t, width_of(&r)) : r.t;
}

size_t render_needs(
	const struct parts *parts, const struct render_options *opt, int *indexes, size_t max)
{
	struct render r;

	render_start(&r, parts, opt);
	r.needs = indexes;
	r.max_needs = max;
	if (parts->n)
		part(&r, 0, 0);
	render_end(&r);
	return r.nneeds;
}

char *render_quotable(const struct parts *parts, bool with_signature)
{
	static const struct render_options opt = {.width = QUOTABLE_WIDTH};
	struct str out = STR_INIT;
	struct render r;

	render_start(&r, parts, &opt);
	r.text_left = QUOTABLE_MAX;
	r.quote = &out;
	r.with_signature = with_signature;
	str_room(&out, 0);
	if (parts->n)
		part(&r, 0, 0);
	render_end(&r);
	return str_steal(&out);
}

enum render_version render_other_version(
	const struct parts *parts, const struct render_options *opt)
{
	struct render r;

	render_start(&r, parts, opt);
	if (parts->n)
		part(&r, 0, 0);
	render_end(&r);
	return r.version;
}

unsigned render_other_more(const struct parts *parts, const struct render_options *opt)
{
	const struct part *shown, *other;
	size_t letters, more = 0;
	struct render r;

	render_start(&r, parts, opt);
	if (parts->n)
		part(&r, 0, 0);
	render_end(&r);
	if (r.version == RENDER_NO_VERSION)
		return 0;
	shown = &parts->v[r.version_parts[0]];
	other = &parts->v[r.version_parts[1]];
	if (!shown->body || !other->body)
		return 0;
	letters = letters_in(shown);
	more = letters ? letters_in(other) * 10 / letters : 0;
	return more < MORE_MAX ? (unsigned)more : MORE_MAX;
}
