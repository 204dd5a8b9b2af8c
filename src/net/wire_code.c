#include "net/wire_code.h"

#include "base/str.h"

#include <string.h>

enum {
	CODE_MAX = 512 * 1024, /* COPYUID has the longest set that is asked for twice */
};

static bool is_set_char(char c)
{
	return view_is_digit(c) || c == ',' || c == ':' || c == '*';
}

/* count numbers or UID sets, one blank between. */
static bool code_sets(struct view v, unsigned count)
{
	while (count--) {
		if (!view_take_while(&v, is_set_char).len)
			return false;
		if (count && (!v.len || *v.p != ' '))
			return false;
		if (count)
			v = view_skip(v, 1);
	}
	return v.len == 0;
}

/* "(\Seen Atom \*)": libetpan dies on a second level of parentheses and stumbles over "()". */
static bool code_flags(struct view v)
{
	if (v.len < 3 || v.p[0] != '(' || v.p[v.len - 1] != ')')
		return false;
	v = (struct view){v.p + 1, v.len - 2};
	for (;;) {
		bool system = v.len && *v.p == '\\';

		if (system)
			v = view_skip(v, 1);
		if (system && v.len && *v.p == '*')
			v = view_skip(v, 1);
		else if (!view_take_while(&v, view_is_flag_char).len)
			return false;
		if (!v.len)
			return true;
		if (*v.p != ' ')
			return false;
		v = view_skip(v, 1);
	}
}

static bool is_plain_char(char c)
{
	return c >= 0x20 && c < 0x7f && !strchr("\"{}[]()\\", c);
}

bool wire_code_is_safe(struct view code, struct view *name)
{
	static const char *const numbers[] = {"UIDNEXT", "UIDVALIDITY", "UNSEEN", NULL};
	static const char *const never[] = {"BADCHARSET", "REFERRAL", "NEWNAME", "BADURL", NULL};
	struct view v = code;

	*name = view_take_while(&v, view_is_tag_char);
	if (!name->len || code.len > CODE_MAX || view_in(*name, never))
		return false;
	if (v.len && *v.p != ' ')
		return false;
	if (v.len)
		v = view_skip(v, 1);
	if (view_is(*name, "PERMANENTFLAGS"))
		return code_flags(v);
	if (view_in(*name, numbers))
		return view_number(v, UINT32_MAX);
	if (view_is(*name, "HIGHESTMODSEQ"))
		return view_number(v, INT64_MAX);
	if (view_is(*name, "APPENDUID"))
		return code_sets(v, 2);
	if (view_is(*name, "COPYUID"))
		return code_sets(v, 3);
	view_take_while(&v, is_plain_char);
	return v.len == 0;
}
