#include "mime/param.h"

#include "base/str.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/word.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 64 * 1024, NAME_MAX_BYTES = 64 };

/* One "name*section*=value" as it stands there. */
struct piece {
	char name[NAME_MAX_BYTES];
	int section;   /* -1: not in pieces */
	bool extended; /* percent-encoded, with a charset in the first one */
	size_t order;
	char *value;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Blanks and comments; the depth of comments is counted, not followed. */
static const char *skip_space(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && depth)
			depth--;
		else if (depth && *p == '\\' && p + 1 < end)
			p++;
		else if (!depth && !is_blank(*p))
			break;
	}
	return p;
}

/* A quoted string at p; only \" and \\ are escapes, because Windows paths come unescaped. */
static const char *scan_quoted(struct str *out, const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\'))
			p++;
		str_addc(out, *p);
	}
	return p < end ? p + 1 : p;
}

static bool is_file_name(const char *name)
{
	return strcmp(name, "name") == 0 || strcmp(name, "filename") == 0;
}

static const char *scan_value(struct str *out, const char *p, const char *end, bool blanks)
{
	p = blanks ? p : skip_space(p, end);
	while (blanks && p < end && is_blank(*p))
		p++;
	if (p < end && *p == '"')
		return scan_quoted(out, p, end);
	while (p < end && *p != ';' && (blanks || (!is_blank(*p) && *p != '(')))
		str_addc(out, *p++);
	while (out->len && is_blank(out->p[out->len - 1]))
		str_cut(out, out->len - 1);
	return p;
}

/* Splits "filename*12*" into its pieces; false if it is no name at all. */
static bool split_name(struct piece *piece, const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && p[n] != '*' && n < NAME_MAX_BYTES - 1) {
		piece->name[n] = lower(p[n]);
		n++;
	}
	piece->name[n] = '\0';
	piece->section = -1;
	piece->extended = false;
	if (n == 0 || (n < len && p[n] != '*'))
		return false;
	if (n < len && n + 1 < len && p[n + 1] >= '0' && p[n + 1] <= '9') {
		piece->section = 0;
		for (n++; n < len && p[n] >= '0' && p[n] <= '9'; n++)
			if (piece->section < 100000)
				piece->section = piece->section * 10 + (p[n] - '0');
	}
	piece->extended = n < len && p[n] == '*';
	return true;
}

/* One parameter at p (behind the ';'); returns where the next ';' or the end is. */
static const char *scan_piece(struct piece *piece, bool *good, const char *p, const char *end)
{
	struct str value = STR_INIT;
	const char *name;
	size_t len;

	*good = false;
	p = name = skip_space(p, end);
	while (p < end && *p != '=' && *p != ';' && !is_blank(*p) && *p != '(')
		p++;
	len = (size_t)(p - name);
	p = skip_space(p, end);
	if (p < end && *p == '=' && split_name(piece, name, len)) {
		p = scan_value(&value, p + 1, end, is_file_name(piece->name));
		piece->len = value.len;
		piece->value = str_steal(&value);
		*good = true;
	}
	while (p < end && *p != ';')
		p++;
	return p;
}

static int compare_pieces(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	if (d)
		return d;
	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void add_percent(struct str *out, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '%' && i + 2 < len && hex(p[i + 1]) >= 0 && hex(p[i + 2]) >= 0) {
			str_addc(out, (char)(hex(p[i + 1]) * 16 + hex(p[i + 2])));
			i += 2;
		} else {
			str_addc(out, p[i]);
		}
	}
}

/* "charset'language'" at the start of an extended value: its length, the charset copied. */
static size_t scan_charset(char charset[48], const struct piece *piece)
{
	const char *first = memchr(piece->value, '\'', piece->len);
	const char *second =
		first ? memchr(first + 1, '\'', piece->len - (size_t)(first + 1 - piece->value))
		      : NULL;
	size_t len = first ? (size_t)(first - piece->value) : 0;

	charset[0] = '\0';
	if (!second)
		return 0;
	if (len < 48) {
		memcpy(charset, piece->value, len);
		charset[len] = '\0';
	}
	return (size_t)(second + 1 - piece->value);
}

/* The pieces [v, v+n) of one parameter as one clean value. */
static char *join_pieces(const struct piece *v, size_t n)
{
	struct str bytes = STR_INIT, text = STR_INIT, clean = STR_INIT;
	char charset[48] = "";
	bool extended = false;

	for (size_t i = 0; i < n && bytes.len < VALUE_MAX; i++) {
		size_t skip = i == 0 && v[i].extended ? scan_charset(charset, &v[i]) : 0;

		extended = extended || v[i].extended;
		if (v[i].extended)
			add_percent(&bytes, v[i].value + skip, v[i].len - skip);
		else
			str_add(&bytes, v[i].value, v[i].len);
	}
	str_cut(&bytes, VALUE_MAX);
	if (extended) {
		charset_to_utf8(&text, charset, str_c(&bytes), bytes.len);
		utf8_clean(&clean, str_c(&text), text.len, UTF8_LINE);
	} else {
		word_decode(&clean, str_c(&bytes), bytes.len);
	}
	str_done(&bytes);
	str_done(&text);
	return str_steal(&clean);
}

/* How many pieces from v on make one value: section 0, 1, 2...; anything else stands alone. */
static size_t run_length(const struct piece *v, size_t n)
{
	size_t run = 1;

	while (v[0].section == 0 && run < n && strcmp(v[run].name, v[0].name) == 0 &&
		v[run].section == (int)run)
		run++;
	return run;
}

/* Which of several forms of one name is taken: extended, else in pieces, else plain. */
static int rank(const struct piece *piece)
{
	if (piece->section > 0)
		return 0; /* the first piece is missing */
	if (piece->section == 0)
		return 2;
	return piece->extended ? 3 : 1;
}

static void add_params(struct params *out, const struct piece *v, size_t n)
{
	int best = -1;

	for (size_t i = 0, run; i < n; i += run) {
		bool same = out->n && strcmp(out->v[out->n - 1].name, v[i].name) == 0;

		run = run_length(v + i, n - i);
		if (same && rank(&v[i]) <= best)
			continue;
		if (same) {
			free(out->v[out->n - 1].value);
		} else {
			out->v = mem_grow(out->v, &out->cap, out->n + 1, sizeof(*out->v));
			out->v[out->n++].name = mem_strdup(v[i].name);
		}
		out->v[out->n - 1].value = join_pieces(v + i, run);
		best = rank(&v[i]);
	}
}

/* The value before the first ';', blanks and comments dropped. */
static const char *scan_main(struct params *out, const char *p, const char *end)
{
	struct str raw = STR_INIT, clean = STR_INIT;

	while (p < end && *p != ';') {
		const char *next = skip_space(p, end);

		if (next == p && *p == '"')
			next = scan_quoted(&raw, p, end);
		else if (next == p)
			str_addc(&raw, *next++);
		p = next;
	}
	word_decode(&clean, str_c(&raw), raw.len > VALUE_MAX ? VALUE_MAX : raw.len);
	out->value = str_steal(&clean);
	str_done(&raw);
	return p;
}

void param_parse(struct params *out, const char *value, size_t len)
{
	struct piece *pieces = NULL;
	struct str text = STR_INIT;
	size_t n = 0, cap = 0;
	const char *p, *end;

	*out = (struct params){0};
	header_unfold(&text, value, len);
	p = str_c(&text);
	end = p + text.len;
	p = scan_main(out, p, end);
	while (p < end && n < PARAM_MAX) {
		bool good;

		pieces = mem_grow(pieces, &cap, n + 1, sizeof(*pieces));
		p = scan_piece(&pieces[n], &good, p + 1, end);
		pieces[n].order = n;
		n += good;
	}
	if (n) {
		qsort(pieces, n, sizeof(*pieces), compare_pieces);
		add_params(out, pieces, n);
	}
	for (size_t i = 0; i < n; i++)
		free(pieces[i].value);
	free(pieces);
	str_done(&text);
}

void param_done(struct params *params)
{
	for (size_t i = 0; i < params->n; i++) {
		free(params->v[i].name);
		free(params->v[i].value);
	}
	free(params->v);
	free(params->value);
	*params = (struct params){0};
}

const char *param_get(const struct params *params, const char *name)
{
	for (size_t i = 0; i < params->n; i++)
		if (str_icmp(params->v[i].name, name) == 0)
			return params->v[i].value;
	return NULL;
}

static bool is_token_char(char c)
{
	return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?='*%", c);
}

static void write_quoted(struct str *out, const char *name, const char *value)
{
	bool token = *value != '\0';

	for (const char *p = value; *p; p++)
		token = token && is_token_char(*p);
	str_addf(out, ";\r\n\t%s=", name);
	if (token)
		str_adds(out, value);
	else
		str_add_quoted(out, value, strlen(value));
}

/* Percent-encoded pieces; a character of UTF-8 is not torn, for readers that decode each alone. */
static void write_extended(struct str *out, const char *name, const char *value)
{
	const char *p = value, *end = value + strlen(value);
	struct str piece = STR_INIT;
	bool one = strlen(value) <= 12;
	int section = 0;

	while (p < end) {
		str_clear(&piece);
		while (p < end && piece.len < 36) {
			const char *next = p;

			utf8_next(&next, end);
			if (next - p == 1 && is_token_char(*p))
				str_addc(&piece, *p);
			else
				for (const char *q = p; q < next; q++)
					str_addf(&piece, "%%%02X", (unsigned)(unsigned char)*q);
			p = next;
		}
		if (one && p == end && section == 0)
			str_addf(out, ";\r\n\t%s*=utf-8''%s", name, piece.p);
		else
			str_addf(out, ";\r\n\t%s*%d*=%s%s", name, section, section ? "" : "utf-8''",
				piece.p);
		section++;
	}
	str_done(&piece);
}

void param_write(struct str *out, const char *name, const char *value)
{
	struct str text = STR_INIT;
	bool ascii = true;

	for (const char *p = value, *end = value + strlen(value); p < end;) {
		uint32_t cp = utf8_next(&p, end);
		bool control =
			cp < ' ' || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029;

		utf8_put(&text, control ? '_' : cp);
		ascii = ascii && cp < 0x80;
	}
	if (ascii && text.len <= 60)
		write_quoted(out, name, str_c(&text));
	else
		write_extended(out, name, str_c(&text));
	str_done(&text);
}
