#include "net/wire_row.h"

#include "base/mem.h"

#include <string.h>

/* --- LIST --- */

/*
 * Servers write names with blanks, tabs, quotes and brackets in them as they are, leave out the
 * flags or the quotes of the delimiter, and one such row must cost neither the list nor its folder.
 * So the row is read with all that in mind, and libetpan gets one that it can read.
 */

struct list_row {
	struct view flags, name;
	char delimiter;  /* 0: NIL */
	bool quoted;     /* the name; it is still escaped */
	bool is_literal; /* the name follows; this is what announces it */
};

static bool skip_list_flags(struct view *v, struct view *flags)
{
	const char *close = v->len && *v->p == '(' ? memchr(v->p, ')', v->len) : NULL;

	*flags = (struct view){"", 0};
	if (!v->len || *v->p != '(')
		return true; /* none were said */
	if (!close)
		return false;
	*flags = (struct view){v->p + 1, (size_t)(close - v->p) - 1};
	*v = view_skip_blanks(view_skip(*v, (size_t)(close - v->p) + 1));
	return true;
}

static bool skip_delimiter(struct view *v, char *delimiter)
{
	size_t end = v->len && *v->p == '"' ? view_quoted_end(*v, 0) : 0;
	struct view word, rest = *v;

	*delimiter = '\0';
	if (end > 2) {
		*delimiter = v->p[1] == '\\' ? v->p[2] : v->p[1];
	} else if (!end) {
		word = view_take_while(&rest, view_not_blank);
		end = word.len;
		if (!word.len || !rest.len)
			return false;
		if (word.len == 1)
			*delimiter = *word.p;
		else if (!view_is(word, "NIL"))
			return false;
	}
	*v = view_skip_blanks(view_skip(*v, end));
	return v->len > 0;
}

/* Where extended data (RFC 5258) begins behind a name without quotes, which may have brackets too.
 */
static size_t bare_name_end(struct view v)
{
	static const char *const begins[] = {" (\"", " ((", " (CHILDINFO ", " (OLDNAME "};

	for (size_t i = 0; i < v.len; i++)
		for (size_t k = 0; v.p[i] == ' ' && k < MEM_COUNT(begins); k++) {
			size_t n = strlen(begins[k]);

			if (v.len - i >= n && str_nicmp(v.p + i, begins[k], n) == 0)
				return i;
		}
	return v.len;
}

static void read_list_name(struct view v, struct list_row *row)
{
	struct view digits = view_literal(v, 0);
	size_t end = *v.p == '"' ? view_quoted_end(v, 0) : 0;

	row->is_literal = digits.len > 0;
	/* '"a"b' is no string. */
	row->quoted = end && (end == v.len || !view_not_blank(v.p[end]));
	if (row->quoted)
		row->name = (struct view){v.p + 1, end - 2};
	else if (row->is_literal)
		row->name = v;
	else
		row->name = (struct view){v.p, bare_name_end(v)};
}

/* v: the line from its "*" on. */
static bool read_list_row(struct view v, struct list_row *row)
{
	*row = (struct list_row){0};
	v = view_skip_blanks(view_skip(v, 1));
	view_take_while(&v, view_is_alpha);
	v = view_skip_blanks(v);
	if (!skip_list_flags(&v, &row->flags) || !skip_delimiter(&v, &row->delimiter))
		return false;
	read_list_name(v, row);
	return true;
}

static bool is_list_flag(struct view flag)
{
	if (flag.len && *flag.p == '\\')
		flag = view_skip(flag, 1);
	return view_take_while(&flag, view_is_flag_char).len > 0 && flag.len == 0;
}

static void add_name(struct str *out, const struct list_row *row)
{
	struct str name = STR_INIT;

	for (size_t i = 0; i < row->name.len; i++) {
		if (row->quoted && row->name.p[i] == '\\' && i + 1 < row->name.len)
			i++;
		str_addc(&name, row->name.p[i]);
	}
	str_add_quoted(out, str_c(&name), name.len);
	str_done(&name);
}

/* Without the name. Flags that are none are dropped, one by one. */
static void write_list_row(struct str *out, bool lsub, const struct list_row *row)
{
	struct view flags = view_skip_blanks(row->flags);
	const char *gap = "";

	str_adds(out, lsub ? "* LSUB (" : "* LIST (");
	while (flags.len) {
		struct view flag = view_take_while(&flags, view_not_blank);

		flags = view_skip_blanks(flags);
		if (!is_list_flag(flag))
			continue;
		str_adds(out, gap);
		str_add(out, flag.p, flag.len);
		gap = " ";
	}
	str_adds(out, ") ");
	if (row->delimiter > ' ' && row->delimiter < 0x7f)
		str_add_quoted(out, &row->delimiter, 1);
	else
		str_adds(out, "NIL");
	str_addc(out, ' ');
}

bool wire_row_list(struct view v, struct str *out, struct view *literal)
{
	struct view word = view_skip_blanks(view_skip(v, 1));
	struct list_row row;

	*literal = (struct view){"", 0};
	if (!read_list_row(v, &row))
		return false;
	write_list_row(out, (*word.p | 0x20) == 'l' && (word.p[1] | 0x20) == 's', &row);
	if (row.is_literal)
		*literal = row.name;
	else
		add_name(out, &row);
	return true;
}

/* --- FETCH --- */

/* The digits of "UID 12" at i; an empty view when it does not stand there. */
static struct view uid_digits(struct view v, size_t i)
{
	struct view rest = view_skip(v, i), none = {"", 0}, digits;

	if (!i || (v.p[i - 1] != ' ' && v.p[i - 1] != '(') || rest.len < 5 ||
		str_nicmp(rest.p, "UID ", 4) != 0)
		return none;
	rest = view_skip(rest, 4);
	digits = view_take_while(&rest, view_is_digit);
	return view_number(digits, UINT32_MAX) ? digits : none;
}

/* Before what is broken at the level of the items, else the last there is: a server that writes
 * names as they are may have a name that says "UID 1". */
struct view wire_row_uid(struct view v, unsigned depth)
{
	struct view found = {"", 0};
	bool sound = true;

	for (size_t i = 0; i < v.len; i++) {
		struct view here = uid_digits(v, i);

		if (here.len)
			found = here;
		if (here.len && sound && depth == 1)
			break;
		if (sound && v.p[i] == '"') {
			size_t end = view_string_end(v, i);

			sound = end > 0;
			i = end ? end - 1 : i;
		}
		depth += v.p[i] == '(';
		depth -= v.p[i] == ')' && depth;
	}
	return found;
}
