#include "mime/flowed.h"

#include "base/utf8.h"
#include "mime/wrap.h"

#include <stdlib.h>
#include <string.h>

enum {
	TAB_STOP = 8,
	EMPTY_MAX = 3 /* lines in a row: made-up plain versions of HTML have hundreds */
};

struct line {
	const char *s;
	size_t len;
};

struct reader {
	struct text *t;
	const struct flowed_options *opt;
	const char *p, *end;
	struct str raw;          /* the line with tabs expanded */
	struct wrap para;        /* a flowed paragraph in the making, or one line */
	int para_level;          /* its quote level, -1 when there is none */
	int last_level;          /* of the line before */
	int empty;               /* lines in a row, outside of quotes and diffs */
	bool signature;          /* "-- " was seen */
	long hunk_old, hunk_new; /* lines the current hunk of a diff still has */
	bool diff_head;          /* between "diff --git" and the first hunk */
};

int flowed_quote(const char *s, size_t len, size_t *prefix)
{
	size_t i = 0, end = 0;
	int level = 0;

	while (i < len && level < 1000) {
		size_t at = i;

		/* One blank may stand in front of each mark, as mailers that add "> " write it. */
		if (s[at] == ' ' && at + 1 < len)
			at++;
		if (s[at] != '>')
			break;
		level++;
		end = i = at + 1;
	}
	if (level && end < len && s[end] == ' ')
		end++;
	*prefix = end;
	return level;
}

bool flowed_is_signature(const char *s, size_t len)
{
	return len == 3 && memcmp(s, "-- ", 3) == 0;
}

static bool next_line(struct reader *r, struct line *line)
{
	const char *lf;

	if (r->p >= r->end)
		return false;
	lf = memchr(r->p, '\n', (size_t)(r->end - r->p));
	line->s = r->p;
	line->len = (size_t)((lf ? lf : r->end) - r->p);
	r->p = lf ? lf + 1 : r->end;
	return true;
}

static void expand_tabs(struct reader *r, struct line *line)
{
	const char *p = line->s, *end = line->s + line->len, *tab;
	int column = 0;

	if (!memchr(p, '\t', line->len))
		return;
	str_clear(&r->raw);
	while ((tab = memchr(p, '\t', (size_t)(end - p))) != NULL) {
		str_add(&r->raw, p, (size_t)(tab - p));
		column += utf8_columns(p, (size_t)(tab - p));
		do
			str_addc(&r->raw, ' ');
		while (++column % TAB_STOP);
		p = tab + 1;
	}
	str_add(&r->raw, p, (size_t)(end - p));
	line->s = r->raw.p;
	line->len = r->raw.len;
}

static bool is_blank(const struct str *s)
{
	return strspn(str_c(s), " \t\xC2\xA0") == s->len;
}

static void emit_para(struct reader *r, int level, const char *prefix, enum text_style style)
{
	struct wrap_box box = {.width = r->opt->width,
		.first = prefix,
		.rest = prefix,
		.style = style,
		.quote = level};

	r->empty = level == 0 && style <= TEXT_SIGNATURE && is_blank(&r->para.s) ? r->empty + 1 : 0;
	if (r->empty > EMPTY_MAX) {
		wrap_clear(&r->para);
		r->para_level = -1;
		return;
	}
	wrap_find_links(&r->para, r->t);
	wrap_emit(&r->para, r->t, &box);
	wrap_clear(&r->para);
	r->para_level = -1;
}

static enum text_style style_of(const struct reader *r, int level)
{
	if (level)
		return wrap_quote_style(level);
	return r->signature ? TEXT_SIGNATURE : TEXT_PLAIN;
}

static void flush_flowed(struct reader *r)
{
	struct str prefix = STR_INIT;

	if (r->para_level < 0)
		return;
	wrap_quote_prefix(&prefix, r->para_level, r->opt->width);
	emit_para(r, r->para_level, str_c(&prefix), style_of(r, r->para_level));
	str_done(&prefix);
}

/* Reads "-12,7" or "+12": the count of lines; -1 when it is none. */
static long hunk_count(const char **p, char sign)
{
	long count = 1;
	char *end;

	if (**p != sign || (*p)[1] < '0' || (*p)[1] > '9')
		return -1;
	strtol(*p + 1, &end, 10);
	if (*end == ',' && end[1] >= '0' && end[1] <= '9')
		count = strtol(end + 1, &end, 10);
	*p = end;
	return count >= 0 && count < 1000000 ? count : -1;
}

static bool read_hunk(struct reader *r, const struct line *line)
{
	char head[80];
	const char *p = head + 3;
	long old, new;
	size_t n = line->len < sizeof(head) - 1 ? line->len : sizeof(head) - 1;

	memcpy(head, line->s, n);
	head[n] = '\0';
	if (!str_starts(head, "@@ -"))
		return false;
	old = hunk_count(&p, '-');
	if (old < 0 || *p++ != ' ')
		return false;
	new = hunk_count(&p, '+');
	if (new < 0 || !str_starts(p, " @@"))
		return false;
	r->hunk_old = old;
	r->hunk_new = new;
	r->diff_head = false;
	return true;
}

static bool starts(const struct line *line, const char *prefix)
{
	size_t n = strlen(prefix);

	return line->len >= n && memcmp(line->s, prefix, n) == 0;
}

static bool file_head(struct reader *r, const struct line *line)
{
	static const char *const heads[] = {"index ", "new file", "deleted file", "old mode",
		"new mode", "similarity ", "dissimilarity ", "rename ", "copy ", "Binary files "};
	const char *next = r->p;

	if (starts(line, "diff --git ") || starts(line, "diff -")) {
		r->diff_head = true;
		return true;
	}
	if (starts(line, "--- ") && r->end - next > 4 && memcmp(next, "+++ ", 4) == 0) {
		r->diff_head = true;
		return true;
	}
	if (!r->diff_head)
		return false;
	if (starts(line, "+++ ") || starts(line, "--- "))
		return true;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (starts(line, heads[i]))
			return true;
	r->diff_head = false;
	return false;
}

/* The style of a line of a diff; TEXT_STYLES when it is none. The counts of the hunk decide, so
 * that a list with hyphens in a letter is no diff and a deleted "-- " no signature. */
static enum text_style diff_style(struct reader *r, const struct line *line)
{
	char c = line->len ? line->s[0] : ' ';

	if (r->hunk_old > 0 || r->hunk_new > 0) {
		if (c == '+' && r->hunk_new > 0) {
			r->hunk_new--;
			return TEXT_DIFF_ADD;
		}
		if (c == '-' && r->hunk_old > 0) {
			r->hunk_old--;
			return TEXT_DIFF_DELETE;
		}
		if (c == ' ' && r->hunk_old > 0 && r->hunk_new > 0) {
			r->hunk_old--;
			r->hunk_new--;
			return TEXT_PLAIN;
		}
		if (c == '\\')
			return TEXT_PLAIN;
		r->hunk_old = r->hunk_new = 0;
	}
	if (read_hunk(r, line))
		return TEXT_DIFF_HUNK;
	return file_head(r, line) ? TEXT_BOLD : TEXT_STYLES;
}

static void emit_quote(struct reader *r, const struct line *line, int level, size_t prefix)
{
	struct str mark = STR_INIT;

	wrap_put(&r->para, line->s + prefix, line->len - prefix, TEXT_STYLES, -1);
	if (prefix <= (size_t)r->opt->width / 3) {
		str_add(&mark, line->s, prefix);
	} else {
		wrap_quote_prefix(&mark, level, r->opt->width);
	}
	emit_para(r, level, str_c(&mark), wrap_quote_style(level));
	str_done(&mark);
}

static void fixed_line(struct reader *r, struct line line)
{
	enum text_style style;
	size_t prefix;
	int level;

	expand_tabs(r, &line);
	style = r->signature ? TEXT_STYLES : diff_style(r, &line);
	level = style == TEXT_STYLES ? flowed_quote(line.s, line.len, &prefix) : 0;
	/* Mailboxes of old put a mark in front of "From " in the text; that is no quote. */
	if (level == 1 && r->last_level == 0 && starts(&line, ">From "))
		level = 0;
	r->last_level = level;
	if (level) {
		emit_quote(r, &line, level, prefix);
		return;
	}
	if (style == TEXT_STYLES && flowed_is_signature(line.s, line.len))
		r->signature = true;
	wrap_put(&r->para, line.s, line.len, TEXT_STYLES, -1);
	emit_para(r, 0, NULL, style == TEXT_STYLES ? style_of(r, 0) : style);
}

/* RFC 3676 4.: the quote marks first, then the stuffed blank, then whether the line goes on. */
static void flowed_line(struct reader *r, struct line line)
{
	enum text_style style;
	bool on, signature;
	int level = 0;

	expand_tabs(r, &line);
	style = r->signature || r->para_level >= 0 ? TEXT_STYLES : diff_style(r, &line);
	if (style == TEXT_STYLES) {
		while ((size_t)level < line.len && line.s[level] == '>' && level < 1000)
			level++;
		line.s += level;
		line.len -= (size_t)level;
		if (line.len && line.s[0] == ' ') {
			line.s++;
			line.len--;
		}
	}
	signature = flowed_is_signature(line.s, line.len);
	on = line.len && line.s[line.len - 1] == ' ' && !signature && style == TEXT_STYLES;
	if (r->para_level >= 0 && (r->para_level != level || signature))
		flush_flowed(r);
	if (signature && level == 0)
		r->signature = true;
	wrap_put(&r->para, line.s, line.len - (on && r->opt->delsp), TEXT_STYLES, -1);
	r->para_level = level;
	if (style != TEXT_STYLES)
		emit_para(r, 0, NULL, style);
	else if (!on)
		flush_flowed(r);
}

void flowed_text(struct text *t, const char *s, size_t len, const struct flowed_options *opt)
{
	struct reader r = {.t = t, .opt = opt, .p = s, .end = s + len, .para_level = -1};
	struct line line;

	while (!wrap_full(t) && next_line(&r, &line)) {
		if (opt->flowed)
			flowed_line(&r, line);
		else
			fixed_line(&r, line);
	}
	flush_flowed(&r);
	str_done(&r.raw);
	wrap_done(&r.para);
}
