#include "mime/css.h"

#include "base/mem.h"
#include "base/str.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { STYLE_MAX = 8192, VALUE_MAX = 120 };

struct declaration {
	char name[32], value[VALUE_MAX]; /* lower case, blanks at the ends cut */
};

static void copy_lower(char *to, size_t room, const char *p, const char *end)
{
	size_t n = 0;

	while (p < end && (unsigned char)*p <= ' ')
		p++;
	while (end > p && (unsigned char)end[-1] <= ' ')
		end--;
	for (; p < end && n + 1 < room; p++)
		to[n++] = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
	to[n] = '\0';
}

static bool is_zero(const char *v)
{
	const char *end;
	double value = str_decimal(v, &end);

	/* A percentage or an em of zero is zero, too; "0.5px" is not. */
	return value < 0.01 && end != v;
}

static bool has_line(const char *v)
{
	return (strstr(v, "solid") || strstr(v, "dashed") || strstr(v, "double")) &&
	       !strstr(v, "none") && !is_zero(v);
}

static void font(struct css *out, const char *name, const char *v)
{
	if (strcmp(name, "font-size") == 0)
		out->zero_font = is_zero(v) ? CSS_ON : CSS_OFF;
	else if (strcmp(name, "font-weight") == 0)
		out->bold = strstr(v, "bold") || atoi(v) >= 600 ? CSS_ON : CSS_OFF;
	else if (strcmp(name, "font-style") == 0)
		out->italic = strncmp(v, "italic", 6) == 0 || strncmp(v, "oblique", 7) == 0
				      ? CSS_ON
				      : CSS_OFF;
}

static void apply(struct css *out, const struct declaration *d)
{
	const char *name = d->name, *v = d->value;

	if (strncmp(name, "font-", 5) == 0)
		font(out, name, v);
	else if (strcmp(name, "display") == 0)
		*(strncmp(v, "none", 4) == 0 ? &out->hidden : &out->shown) = true;
	else if (strcmp(name, "visibility") == 0)
		out->hidden |= strncmp(v, "hidden", 6) == 0;
	else if (strcmp(name, "opacity") == 0 || strcmp(name, "max-height") == 0)
		out->hidden |= is_zero(v);
	else if (strcmp(name, "height") == 0)
		out->no_height = is_zero(v);
	else if (strcmp(name, "overflow") == 0)
		out->no_overflow = strncmp(v, "hidden", 6) == 0;
	else if (strcmp(name, "white-space") == 0)
		out->pre =
			strncmp(v, "pre", 3) == 0 && strcmp(v, "pre-line") != 0 ? CSS_ON : CSS_OFF;
	else if (strcmp(name, "border-left") == 0)
		out->border_left = has_line(v);
	else if (strcmp(name, "border-top") == 0)
		out->border_top = has_line(v);
	else if (strcmp(name, "border") == 0)
		out->no_border = strstr(v, "none") || is_zero(v);
	else if (strcmp(name, "text-align") == 0)
		out->right = strncmp(v, "right", 5) == 0 || strncmp(v, "end", 3) == 0;
}

void css_read(struct css *out, const char *style)
{
	const char *p = style, *end;

	memset(out, 0, sizeof(*out));
	if (!style)
		return;
	end = style + strnlen(style, STYLE_MAX);
	while (p < end) {
		const char *semi = memchr(p, ';', (size_t)(end - p));
		const char *stop = semi ? semi : end;
		const char *colon = memchr(p, ':', (size_t)(stop - p));
		struct declaration d;

		if (colon) {
			copy_lower(d.name, sizeof(d.name), p, colon);
			copy_lower(d.value, sizeof(d.value), colon + 1, stop);
			apply(out, &d);
		}
		p = stop + 1;
	}
	out->hidden |= out->no_height && out->no_overflow;
}

/* --- style elements --- */

enum { NAMES_MAX = 200, NAME_BYTES = 80, SHEET_MAX = 256 * 1024 };

static const char *skip_css_comment(const char *p, const char *end)
{
	const char *close = memmem(p + 2, (size_t)(end - p - 2), "*/", 2);

	return close ? close + 2 : end;
}

/* Behind the brace that closes the one at p. */
static const char *block_end(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		if (end - p > 1 && p[0] == '/' && p[1] == '*') {
			p = skip_css_comment(p, end);
			continue;
		}
		depth += *p == '{';
		if (*p == '}' && depth && --depth == 0)
			return p + 1;
		p++;
	}
	return end;
}

/* ".name", "#name", "td.name": what one selector of a list hides; others are left alone. */
static void take_selector(struct css_sheet *out, const char *p, const char *end)
{
	struct str name = STR_INIT;

	while (p < end && (unsigned char)*p <= ' ')
		p++;
	while (end > p && (unsigned char)end[-1] <= ' ')
		end--;
	while (p < end && str_is_alnum(*p)) /* the element */
		p++;
	if (end - p < 2 || end - p > NAME_BYTES || (*p != '.' && *p != '#'))
		return;
	for (const char *c = p; c < end; c++) {
		if (c > p && !str_is_alnum(*c) && *c != '-' && *c != '_') {
			str_done(&name);
			return;
		}
		str_addc(&name, str_lower(*c));
	}
	if (out->hidden.n < NAMES_MAX && !strv_has(&out->hidden, str_c(&name)))
		strv_add(&out->hidden, str_c(&name));
	str_done(&name);
}

static void take_rule(
	struct css_sheet *out, const char *selectors, const char *open, const char *close)
{
	char *body = mem_strndup(open + 1, (size_t)(close - open - 1));
	struct css css;

	css_read(&css, body);
	free(body);
	if (!css.hidden)
		return;
	while (selectors < open) {
		const char *comma = memchr(selectors, ',', (size_t)(open - selectors));

		take_selector(out, selectors, comma ? comma : open);
		selectors = comma ? comma + 1 : open;
	}
}

static void read_sheet(struct css_sheet *out, const char *p, const char *end)
{
	while (p < end) {
		const char *open, *close;

		if ((unsigned char)*p <= ' ' || *p == '}') {
			p++;
			continue;
		}
		if (end - p > 1 && p[0] == '/' && p[1] == '*') {
			p = skip_css_comment(p, end);
			continue;
		}
		if (end - p > 3 && (memcmp(p, "<!--", 4) == 0 || memcmp(p, "-->", 3) == 0)) {
			p += *p == '<' ? 4 : 3;
			continue;
		}
		open = memchr(p, '{', (size_t)(end - p));
		if (!open)
			return;
		close = block_end(open, end);
		if (*p != '@' && close > open + 1)
			take_rule(out, p, open, close - (close[-1] == '}'));
		p = close;
	}
}

void css_sheet_read(struct css_sheet *out, const char *html, size_t len)
{
	const char *p = html, *end = html + len;

	*out = (struct css_sheet){STRV_INIT};
	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		const char *open, *close;

		if (end - p < 8 || str_nicmp(p, "<style", 6) != 0) {
			p++;
			continue;
		}
		open = memchr(p, '>', (size_t)(end - p));
		if (!open)
			return;
		for (close = open; close < end; close++)
			if (*close == '<' && end - close > 6 && str_nicmp(close, "</style", 7) == 0)
				break;
		read_sheet(out, open + 1, close - open > SHEET_MAX ? open + SHEET_MAX : close);
		p = close;
	}
}

static bool hides(const struct css_sheet *sheet, char sign, const char *p, size_t len)
{
	char name[NAME_BYTES + 2];

	if (!len || len > NAME_BYTES)
		return false;
	name[0] = sign;
	for (size_t i = 0; i < len; i++)
		name[i + 1] = str_lower(p[i]);
	name[len + 1] = '\0';
	return strv_has(&sheet->hidden, name);
}

bool css_sheet_hides(const struct css_sheet *sheet, const char *class, const char *id)
{
	if (id && hides(sheet, '#', id, strlen(id)))
		return true;
	while (class && *class) {
		size_t len = strcspn(class, " \t\r\n");

		if (hides(sheet, '.', class, len))
			return true;
		class += len + (class[len] != '\0');
	}
	return false;
}

void css_sheet_done(struct css_sheet *sheet)
{
	strv_done(&sheet->hidden);
}
