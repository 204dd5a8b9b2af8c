#include "net/view.h"

#include "base/str.h"

#include <string.h>

bool view_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool view_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct view view_skip(struct view v, size_t n)
{
	return (struct view){v.p + n, v.len - n};
}

struct view view_skip_blanks(struct view v)
{
	while (v.len && (*v.p == ' ' || *v.p == '\t'))
		v = view_skip(v, 1);
	return v;
}

/* Takes the longest run of characters that is_in accepts off the front. */
struct view view_take_while(struct view *v, bool (*is_in)(char))
{
	struct view token = {v->p, 0};

	while (token.len < v->len && is_in(v->p[token.len]))
		token.len++;
	*v = view_skip(*v, token.len);
	return token;
}

bool view_not_blank(char c)
{
	return c != ' ' && c != '\t';
}

bool view_is_tag_char(char c)
{
	return view_is_alpha(c) || view_is_digit(c) || c == '.' || c == '-' || c == '_';
}

bool view_is(struct view v, const char *word)
{
	return strlen(word) == v.len && str_nicmp(v.p, word, v.len) == 0;
}

bool view_in(struct view v, const char *const *words)
{
	for (; *words; words++)
		if (view_is(v, *words))
			return true;
	return false;
}

/* A decimal number of at most max; false when it is none or wraps. */
bool view_number(struct view v, uint64_t max)
{
	uint64_t n = 0;

	if (!v.len || v.len > 20)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		unsigned digit = (unsigned)(v.p[i] - '0');

		if (!view_is_digit(v.p[i]) || digit > max || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	return true;
}

/* RFC 3501 9: ATOM-CHAR. */
bool view_is_flag_char(char c)
{
	switch (c) {
	case '(':
	case ')':
	case '{':
	case '%':
	case '*':
	case '"':
	case '\\':
	case ']':
		return false;
	default:
		return c > ' ' && c < 0x7f;
	}
}

/* "{123}" or "{123+}" from at to the very end: its digits, else an empty view. */
struct view view_literal(struct view v, size_t at)
{
	struct view rest = view_skip(v, at), digits = {"", 0};

	if (!rest.len || *rest.p != '{')
		return digits;
	rest = view_skip(rest, 1);
	digits = view_take_while(&rest, view_is_digit);
	if (rest.len && *rest.p == '+')
		rest = view_skip(rest, 1);
	if (rest.len != 1 || *rest.p != '}')
		digits.len = 0;
	return digits;
}

/* Where a quoted string that begins at `at` ends (behind its quote); 0: nowhere. */
size_t view_quoted_end(struct view v, size_t at)
{
	for (size_t i = at + 1; i < v.len; i++) {
		if (v.p[i] == '\\')
			i++;
		else if (v.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* Strings stand between blanks and brackets only: so libetpan and this filter cannot come to see
 * different strings. */
size_t view_string_end(struct view v, size_t at)
{
	size_t end = view_quoted_end(v, at);

	if (!end || at == 0 || !strchr(" ([", v.p[at - 1]))
		return 0;
	return end == v.len || strchr(" )](", v.p[end]) ? end : 0;
}
