#include "mime/header.h"

#include "base/str.h"
#include "base/utf8.h"
#include "mime/charset.h"
#include "mime/param.h"
#include "mime/word.h"

#include <stdlib.h>
#include <string.h>

static char line_ending(const char *p, size_t len)
{
	return len && !memchr(p, '\n', len) && memchr(p, '\r', len) ? '\r' : '\n';
}

/* The end of the line at p: behind its line end, or end. */
static const char *line_next(const char *p, const char *end, char eol)
{
	const char *at = memchr(p, eol, (size_t)(end - p));

	return at ? at + 1 : end;
}

static bool line_is_empty(const char *p, const char *next, char eol)
{
	if (p == next)
		return false;
	if (*p == eol)
		return true;
	return next - p == 2 && p[0] == '\r' && p[1] == '\n';
}

/* Splits "Name: value"; false for any other line. The name ends before blanks and the colon. */
static bool split_field(const char *p, const char *next, struct header_field *field)
{
	const char *at = p;

	while (at<next && * at> ' ' && *at < 0x7f && *at != ':')
		at++;
	field->name = p;
	field->name_len = (size_t)(at - p);
	while (at < next && (*at == ' ' || *at == '\t'))
		at++;
	if (field->name_len == 0 || at == next || *at != ':')
		return false;
	field->value = at + 1;
	return true;
}

static bool is_continuation(const char *p, const char *end)
{
	return p < end && (*p == ' ' || *p == '\t');
}

static bool is_blank_line(const char *p, const char *next)
{
	while (p < next && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p == next;
}

/* "name=value" that lost the blank in front, and the lines that mbox files put in. */
static bool is_torn(const char *p, const char *next)
{
	size_t len = (size_t)(next - p), n = 0;

	if (len > 5 && memcmp(p, "From ", 5) == 0)
		return true;
	while (n < len && (p[n] == '*' || p[n] == '-' || (p[n] >= '0' && p[n] <= '9') ||
				  ((p[n] | 0x20) >= 'a' && (p[n] | 0x20) <= 'z')))
		n++;
	return n && n < len && p[n] == '=';
}

/* The first field from p on in front of an empty line; NULL: there is none any more. */
static const char *next_field(const char *p, const char *end, char eol)
{
	struct header_field field;

	while (p < end) {
		const char *next = line_next(p, end, eol);

		if (line_is_empty(p, next, eol))
			return NULL;
		if (split_field(p, next, &field))
			return p;
		p = next;
	}
	return NULL;
}

void header_start(struct header_iter *it, const char *p, size_t len)
{
	len = p ? header_length(p, len, NULL) : 0;
	if (len > HEADER_TOTAL_MAX)
		len = HEADER_TOTAL_MAX;
	it->p = it->block = p;
	it->end = p ? p + len : p;
	it->eol = line_ending(p, len);
	it->charset[0] = '\0';
}

bool header_next(struct header_iter *it, struct header_field *field)
{
	while (it->p < it->end) {
		const char *line = it->p, *next = line_next(line, it->end, it->eol);
		bool good = split_field(line, next, field);

		while (is_continuation(next, it->end))
			next = line_next(next, it->end, it->eol);
		it->p = next;
		if (!good)
			continue;
		while (next > field->value && (next[-1] == '\n' || next[-1] == '\r'))
			next--;
		field->value_len = (size_t)(next - field->value);
		if (field->value_len > HEADER_VALUE_MAX)
			field->value_len = HEADER_VALUE_MAX;
		return true;
	}
	return false;
}

/* Whether the header ends at a line that is no field, where no field follows; *body: at its begin,
 * or behind it when it is but blanks. */
static bool ends_at(const char *at, const char *next, const char *end, char eol, const char **body)
{
	if (!is_blank_line(at, next)) {
		*body = at;
		return !is_torn(at, next);
	}
	*body = next;
	return next < end && !is_continuation(next, end) &&
	       !line_is_empty(next, line_next(next, end, eol), eol);
}

/*
 * Where the header ends: at an empty line; at a line of blanks, which somebody took for one, when
 * no field comes behind it; and in front of words that no field comes behind.
 */
static const char *find_end(const char *p, const char *end, char eol, const char **body)
{
	const char *at = p, *field = p; /* the next one from at on; NULL: none comes any more */
	struct header_field unused;

	for (const char *next; at < end; at = next) {
		next = line_next(at, end, eol);
		if (line_is_empty(at, next, eol)) {
			*body = next;
			return at;
		}
		if (split_field(at, next, &unused) ||
			(at > p && is_continuation(at, end) && !is_blank_line(at, next)))
			continue;
		if (field && field <= at)
			field = next_field(next, end, eol);
		if (!field && ends_at(at, next, end, eol, body))
			return at;
	}
	*body = end;
	return end;
}

size_t header_length(const char *p, size_t len, size_t *body)
{
	char eol = line_ending(p, len);
	const char *start = p, *at = len ? find_end(p, p + len, eol, &start) : p;

	if (body)
		*body = (size_t)(start - p);
	return (size_t)(at - p);
}

bool header_is(const struct header_field *field, const char *name)
{
	return strlen(name) == field->name_len &&
	       str_nicmp(name, field->name, field->name_len) == 0;
}

size_t header_count(const char *p, size_t len, const char *name)
{
	struct header_iter it;
	struct header_field field;
	size_t n = 0;

	header_start(&it, p, len);
	while (header_next(&it, &field))
		n += header_is(&field, name);
	return n;
}

bool header_find(const char *p, size_t len, const char *name, struct header_field *field)
{
	struct header_iter it;

	header_start(&it, p, len);
	while (header_next(&it, field))
		if (header_is(field, name))
			return true;
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void header_unfold(struct str *out, const char *value, size_t len)
{
	while (len && is_blank(value[len - 1]))
		len--;
	while (len && is_blank(*value)) {
		value++;
		len--;
	}
	str_room(out, len);
	for (size_t i = 0, plain = 0; i < len; i++, plain = i) {
		char c;

		while (i < len && (unsigned char)value[i] >= ' ')
			i++;
		str_add(out, value + plain, i - plain);
		if (i == len)
			break;
		c = value[i];
		if (c == '\n' || (c == '\r' && i + 1 < len && is_blank(value[i + 1])))
			continue;
		str_addc(out, c == '\t' || c == '\r' ? ' ' : c ? c : '?');
	}
}

/* The charset that the mail names for its text, when that says more than UTF-8 or ASCII would: the
 * bytes at hand are neither. */
static bool named_charset(char name[48], const char *p, size_t len)
{
	struct header_field type;
	struct params params;
	const char *charset;
	bool good;

	if (!header_find(p, len, "Content-Type", &type))
		return false;
	param_parse(&params, type.value, type.value_len);
	charset = param_get(&params, "charset");
	good = charset && strlen(charset) < 48 && charset_known(charset) &&
	       !str_istarts(charset, "utf-8") && str_icmp(charset, "utf8") != 0 &&
	       str_icmp(charset, "us-ascii") != 0;
	if (good)
		memcpy(name, charset, strlen(charset) + 1);
	param_done(&params);
	return good;
}

/* A guess from all the fields that are not UTF-8. */
static void guessed_charset(char name[48], const char *p, size_t len)
{
	struct header_iter it;
	struct header_field f;
	struct str all = STR_INIT;

	header_start(&it, p, len);
	while (header_next(&it, &f))
		if (!utf8_valid(f.value, f.value_len)) {
			str_add(&all, f.value, f.value_len);
			str_addc(&all, '\n');
		}
	charset_guess(name, str_c(&all), all.len);
	str_done(&all);
}

void header_value(struct str *out, const struct header_field *f, struct header_iter *it)
{
	size_t before = out->len, len = (size_t)(it->end - it->block);
	struct str raw = STR_INIT;

	header_unfold(out, f->value, f->value_len);
	if (utf8_valid(str_c(out) + before, out->len - before))
		return;
	str_add(&raw, out->p + before, out->len - before);
	str_cut(out, before);
	if (!*it->charset && !named_charset(it->charset, it->block, len))
		guessed_charset(it->charset, it->block, len);
	charset_to_utf8(out, it->charset, raw.p, raw.len);
	str_done(&raw);
}

char *header_get(const char *p, size_t len, const char *name)
{
	struct header_iter it;
	struct header_field field;
	struct str out = STR_INIT;

	header_start(&it, p, len);
	while (header_next(&it, &field))
		if (header_is(&field, name)) {
			header_value(&out, &field, &it);
			return str_steal(&out);
		}
	return NULL;
}

char *header_text(const char *p, size_t len, const char *name)
{
	char *raw = header_get(p, len, name), *text;

	if (!raw)
		return NULL;
	text = word_decoded(raw, strlen(raw));
	free(raw);
	return text;
}
