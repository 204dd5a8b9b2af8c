#include "base/str.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void str_done(struct str *s)
{
	free(s->p);
	*s = (struct str)STR_INIT;
}

void str_clear(struct str *s)
{
	s->len = 0;
	if (s->p)
		s->p[0] = '\0';
}

void str_room(struct str *s, size_t more)
{
	size_t need;

	/* SIZE_MAX bytes are never there: mem_grow ends the program. */
	if (__builtin_add_overflow(s->len + 1, more, &need))
		need = SIZE_MAX;
	s->p = mem_grow(s->p, &s->cap, need, 1);
	s->p[s->len] = '\0';
}

void str_add(struct str *s, const char *p, size_t len)
{
	str_room(s, len);
	if (len)
		memcpy(s->p + s->len, p, len);
	s->len += len;
	s->p[s->len] = '\0';
}

void str_adds(struct str *s, const char *z)
{
	if (z)
		str_add(s, z, strlen(z));
}

void str_addc(struct str *s, char c)
{
	if (s->cap - s->len < 2)
		str_room(s, 1);
	s->p[s->len++] = c;
	s->p[s->len] = '\0';
}

void str_addv(struct str *s, const char *fmt, va_list ap)
{
	size_t room = s->cap - s->len;
	va_list again;
	int n;

	/* Where there is room already, once is enough. */
	va_copy(again, ap);
	n = vsnprintf(room ? s->p + s->len : NULL, room, fmt, again);
	va_end(again);
	if (n < 0) {
		if (room)
			s->p[s->len] = '\0';
		return;
	}
	if (n && (size_t)n >= room) {
		str_room(s, (size_t)n);
		vsnprintf(s->p + s->len, (size_t)n + 1, fmt, ap);
	}
	s->len += (size_t)n;
}

void str_add_quoted(struct str *s, const char *p, size_t len)
{
	str_addc(s, '"');
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '"' || p[i] == '\\')
			str_addc(s, '\\');
		str_addc(s, p[i]);
	}
	str_addc(s, '"');
}

void str_add_lf(struct str *s, const char *p, size_t len)
{
	const char *end = p + len;

	str_room(s, len);
	while (p < end) {
		const char *cr = memchr(p, '\r', (size_t)(end - p));
		const char *stop = cr ? cr : end;

		str_add(s, p, (size_t)(stop - p));
		p = stop;
		if (cr && (cr + 1 == end || cr[1] != '\n'))
			str_addc(s, '\r');
		p += cr != NULL;
	}
}

size_t str_wire_size(const char *p, size_t len)
{
	size_t n = len;

	for (size_t i = 0; i < len; i++)
		n += p[i] == '\n';
	return n;
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(s, fmt, ap);
	va_end(ap);
}

void str_cut(struct str *s, size_t len)
{
	if (len >= s->len)
		return;
	s->len = len;
	s->p[len] = '\0';
}

char *str_steal(struct str *s)
{
	char *p;

	str_room(s, 0);
	p = s->p;
	*s = (struct str)STR_INIT;
	return p;
}

const char *str_c(const struct str *s)
{
	return s->p ? s->p : "";
}

void strv_take(struct strv *v, char *s)
{
	v->v = mem_grow(v->v, &v->cap, v->n + 1, sizeof(*v->v));
	v->v[v->n++] = s;
}

void strv_addn(struct strv *v, const char *p, size_t len)
{
	strv_take(v, mem_strndup(p, len));
}

void strv_add(struct strv *v, const char *s)
{
	strv_take(v, mem_strdup(s));
}

void strv_done(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i]);
	free(v->v);
	*v = (struct strv)STRV_INIT;
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i], s) == 0)
			return true;
	return false;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_istarts(const char *s, const char *prefix)
{
	return str_nicmp(s, prefix, strlen(prefix)) == 0;
}

char str_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

char str_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

bool str_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (str_lower(c) >= 'a' && str_lower(c) <= 'z');
}

size_t str_ascii(const char *p, size_t len)
{
	size_t n = 0;
	uint64_t eight;

	for (; len - n >= sizeof(eight); n += sizeof(eight)) {
		memcpy(&eight, p + n, sizeof(eight));
		if (eight & 0x8080808080808080u)
			break;
	}
	while (n < len && (unsigned char)p[n] < 0x80)
		n++;
	return n;
}

bool str_is_ascii(const char *p, size_t len)
{
	return str_ascii(p, len) == len;
}

int str_nicmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)str_lower(a[i]),
			      y = (unsigned char)str_lower(b[i]);

		if (x != y || !x)
			return x - y;
	}
	return 0;
}

int str_icmp(const char *a, const char *b)
{
	return str_nicmp(a, b, SIZE_MAX);
}

const char *str_ifind(const char *hay, const char *needle)
{
	size_t n = strlen(needle);

	for (; *hay; hay++)
		if (str_nicmp(hay, needle, n) == 0)
			return hay;
	return n ? NULL : hay;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

double str_decimal(const char *s, const char **end)
{
	double value = 0, unit = 1;
	const char *p = s;

	for (; is_digit(*p); p++)
		value = value * 10 + (*p - '0');
	if (*p == '.' && (p > s || is_digit(p[1])))
		for (p++; is_digit(*p); p++)
			value += (*p - '0') * (unit /= 10);
	*end = p;
	return value;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Three rows of the Damerau-Levenshtein table (optimal string alignment); words over 63 bytes are
 * "far". */
size_t str_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), rows[3][64];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	if (la > 63 || lb > 63)
		return 64;
	for (size_t j = 0; j <= lb; j++)
		above[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t change = a[i - 1] != b[j - 1];

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[lb];
}
