#include "ui/pathtext.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add_escaped(struct str *out, const char *p, const char *end)
{
	for (; p < end; p++)
		str_addf(out, "\\x%02X", (unsigned char)*p);
}

static bool shows_as_it_is(const char *p, const char *next)
{
	const char *q = p;
	uint32_t c = utf8_next(&q, next);

	if (c == ' ')
		return *next != '\0';
	if (c == '$' || c == '\t' || c == '\n' || (utf8_is_unsafe(c) && !utf8_is_joiner(c)))
		return false;
	return utf8_valid(p, (size_t)(next - p));
}

void pathtext_show(struct str *out, const char *name)
{
	const char *end = name + strlen(name);

	for (const char *p = name, *next = name; p < end; p = next) {
		utf8_next(&next, end);
		if (*p == '\\')
			str_adds(out, "\\\\");
		else if (shows_as_it_is(p, next))
			str_add(out, p, (size_t)(next - p));
		else
			add_escaped(out, p, next);
	}
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* The byte that "\x41" is; 0: it is none. */
static int escaped_byte(const char *p)
{
	if (p[0] != '\\' || p[1] != 'x' || hex_digit(p[2]) < 0 || hex_digit(p[3]) < 0)
		return 0;
	return hex_digit(p[2]) << 4 | hex_digit(p[3]);
}

char *pathtext_plain(const char *written)
{
	char *expanded = file_expand(written);
	struct str out = STR_INIT;

	for (const char *p = expanded; *p;) {
		int byte = escaped_byte(p);

		if (byte) {
			str_addc(&out, (char)byte);
			p += 4;
			continue;
		}
		p += p[0] == '\\' && p[1] == '\\';
		str_addc(&out, *p++);
	}
	free(expanded);
	return str_steal(&out);
}

static bool is_there(const char *path)
{
	struct stat st;

	return *path && lstat(path, &st) == 0;
}

char *pathtext_path(const char *line)
{
	size_t len = strlen(line);
	char *whole = pathtext_plain(line), *trimmed, *literal;

	while (len && line[len - 1] == ' ')
		len--;
	if (is_there(whole))
		return whole;
	free(whole);
	literal = mem_strndup(line, len);
	trimmed = pathtext_plain(literal);
	free(literal);
	literal = file_expand(line);
	if (!is_there(trimmed) && is_there(literal)) {
		free(trimmed);
		return literal;
	}
	free(literal);
	return trimmed;
}
