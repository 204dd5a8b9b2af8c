#include "net/fetch_row.h"

#include "base/clock.h"
#include "base/mem.h"

#include <string.h>

enum { DATE_LEN = 26 };

/* --- scanners: each takes something off the front of v, or leaves it and says false --- */

static bool take(struct view *v, const char *text)
{
	size_t n = strlen(text);

	/* Most of what is tried is not what is there. */
	if (v->len < n || (*v->p & 0xdf) != (*text & 0xdf) ||
		!view_is((struct view){v->p, n}, text))
		return false;
	*v = view_skip(*v, n);
	return true;
}

static bool take_number(struct view *v, uint64_t max, uint64_t *out)
{
	struct view digits = view_take_while(v, view_is_digit);

	*out = 0;
	if (!digits.len || !view_number(digits, max))
		return false;
	for (size_t i = 0; i < digits.len; i++)
		*out = *out * 10 + (uint64_t)(digits.p[i] - '0');
	return true;
}

static bool take_number32(struct view *v, uint32_t *out)
{
	uint64_t n;

	if (!take_number(v, UINT32_MAX, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

/* Those of RFC 3501 2.3.2 and keywords. libetpan takes "\DraftX" for two flags: its own affair. */
static bool is_usual_flag(struct view flag)
{
	static const char *const system[] = {
		"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft", "\\Recent", NULL};

	return flag.len && (*flag.p != '\\' || view_in(flag, system));
}

static bool take_flags(struct view *v, struct fetch_row *row)
{
	if (row->has_flags || !take(v, "("))
		return false;
	row->has_flags = true;
	while (!take(v, ")")) {
		struct view flag;

		if (row->nflags == FETCH_ROW_FLAGS || (row->nflags && !take(v, " ")))
			return false;
		flag.p = v->p;
		take(v, "\\");
		view_take_while(v, view_is_flag_char);
		flag.len = (size_t)(v->p - flag.p);
		if (!is_usual_flag(flag))
			return false;
		row->flags[row->nflags++] = flag;
	}
	return true;
}

/* --- dates --- */

time_t fetch_row_date(int year, int month, int day, int hour, int minute, int second, int zone)
{
	struct tm tm = {0};
	int sign = zone < 0 ? -1 : 1;

	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
		zone < -2400 || zone > 2400)
		return 0;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	zone *= sign;
	return timegm(&tm) - sign * (zone / 100 * 3600 + zone % 100 * 60);
}

/* pattern: 0 for a digit, anything else for itself. */
static bool looks_like(const char *p, const char *pattern)
{
	for (; *pattern; p++, pattern++)
		if (*pattern == '0' ? !view_is_digit(*p) : *p != *pattern && *pattern != '?')
			return false;
	return true;
}

static int digits(const char *p, int n)
{
	int value = 0;

	for (; n > 0; n--, p++)
		value = value * 10 + (*p == ' ' ? 0 : *p - '0');
	return value;
}

/* "03-Feb-2026 10:20:30 +0100" in quotes; a blank may stand for the first digit of the day. */
static bool take_date(struct view *v, time_t *out)
{
	const char *p = v->p + 1;
	int month, zone;

	if (v->len < DATE_LEN + 2 || !looks_like(v->p, "\"?0-\?\?\?-0000 00:00:00 ?0000\"") ||
		(p[0] != ' ' && !view_is_digit(p[0])) || (p[21] != '+' && p[21] != '-'))
		return false;
	month = clock_month_of(p + 3);
	if (month < 0)
		return false;
	zone = digits(p + 22, 4);
	*out = fetch_row_date(digits(p + 7, 4), month + 1, digits(p, 2), digits(p + 12, 2),
		digits(p + 15, 2), digits(p + 18, 2), p[21] == '-' ? -zone : zone);
	*v = view_skip(*v, DATE_LEN + 2);
	return true;
}

/* --- rows --- */

static bool take_item(struct view *v, struct fetch_row *row)
{
	if (take(v, "UID "))
		return !row->uid && take_number32(v, &row->uid);
	if (take(v, "FLAGS "))
		return take_flags(v, row);
	if (take(v, "INTERNALDATE "))
		return take_date(v, &row->received);
	if (take(v, "RFC822.SIZE "))
		return take_number32(v, &row->size);
	if (take(v, "MODSEQ ("))
		return take_number(v, INT64_MAX, &row->modseq) && take(v, ")");
	return false;
}

/* The header fields themselves are the literal. */
static bool take_fields(struct view *v)
{
	size_t names = 0;

	if (!take(v, "BODY[HEADER.FIELDS ("))
		return false;
	while (names < v->len && (view_is_flag_char(v->p[names]) || v->p[names] == ' '))
		names++;
	*v = view_skip(*v, names);
	return take(v, ")] ") && view_literal(*v, 0).len > 0;
}

static bool take_begin(struct view *v)
{
	struct view number;

	if (!take(v, "* "))
		return false;
	number = view_take_while(v, view_is_digit);
	return view_number(number, UINT32_MAX) && !view_number(number, 0) && take(v, " FETCH (");
}

bool fetch_row_begin(struct fetch_row *row, struct view line)
{
	row->uid = row->size = 0;
	row->has_flags = false;
	row->nflags = 0;
	row->received = 0;
	row->modseq = 0;
	if (!take_begin(&line))
		return false;
	while (!take_fields(&line))
		if (!take_item(&line, row) || !take(&line, " "))
			return false;
	return true;
}

bool fetch_row_end(struct fetch_row *row, struct view rest)
{
	while (!take(&rest, ")"))
		if (!take(&rest, " ") || !take_item(&rest, row))
			return false;
	return !rest.len && row->uid;
}
