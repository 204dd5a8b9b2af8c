#include "mime/css.h"

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
		out->hidden |= strncmp(v, "none", 4) == 0;
	else if (strcmp(name, "visibility") == 0)
		out->hidden |= strncmp(v, "hidden", 6) == 0;
	else if (strcmp(name, "opacity") == 0 || strcmp(name, "max-height") == 0)
		out->hidden |= is_zero(v);
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
}
