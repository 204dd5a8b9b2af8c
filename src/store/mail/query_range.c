/* Sizes and dates of a query: text to two numbers that are both in. */
#include "store/mail/query.h"

#include <limits.h>
#include <string.h>

enum { DIGITS_MAX = 12 };

/* Digits at *p; false: none, or far too many. */
static bool take_number(const char **p, int64_t *n)
{
	int digits = 0;

	for (*n = 0; **p >= '0' && **p <= '9' && digits < DIGITS_MAX; digits++)
		*n = *n * 10 + (*(*p)++ - '0');
	return digits > 0 && !(**p >= '0' && **p <= '9');
}

/* --- sizes --- */

static bool take_size(const char **p, int64_t *n)
{
	static const char units[] = "kmg";
	const char *unit;

	if (!take_number(p, n))
		return false;
	unit = **p ? strchr(units, str_lower(**p)) : NULL;
	for (const char *u = units; unit && u <= unit; u++)
		*n *= 1024;
	*p += unit != NULL;
	return true;
}

bool query_size(const char *text, int64_t *from, int64_t *to)
{
	char way = *text == '<' || *text == '>' ? *text++ : 0;
	bool ok;

	*from = 0;
	*to = INT64_MAX;
	if (way) {
		int64_t edge = 0, same = *text == '=';

		text += same;
		ok = take_size(&text, &edge) && !*text;
		if (way == '<')
			*to = edge - !same;
		else
			*from = edge + !same;
		return ok;
	}
	if (*text == '-') {
		text++;
		return take_size(&text, to) && !*text;
	}
	if (!take_size(&text, from))
		return false;
	if (!*text) {
		*to = *from;
		return true;
	}
	return *text++ == '-' && (!*text || (take_size(&text, to) && !*text && *from <= *to));
}

/* --- dates --- */

/* Midnight of a day; days and months over the end go into the next. */
static int64_t midnight(int year, int month, int day)
{
	struct tm tm = {
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1};

	return (int64_t)mktime(&tm);
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* A day, a month (day 0) or a year (month 0) as its first and last second. */
static bool span(int64_t year, int64_t month, int64_t day, int64_t *from, int64_t *to)
{
	int y = (int)year, m = (int)month, d = (int)day;

	if (year < 1900 || year > 9999 || month < 0 || month > 12 || day < 0 ||
		(month && day > days_of(y, m)))
		return false;
	*from = midnight(y, m ? m : 1, d ? d : 1);
	*to = midnight(m ? y : y + 1, m ? m + !d : 1, d ? d + 1 : 1) - 1;
	return true;
}

static bool digits_at(const char *p, int n)
{
	for (int i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return !(p[n] >= '0' && p[n] <= '9');
}

/* "-MM" or "-DD": two digits and no third. */
static int64_t take_pair(const char **p)
{
	int64_t n = (*p)[1] ? ((*p)[1] - '0') * 10 + ((*p)[2] - '0') : 0;

	*p += 3;
	return n;
}

static bool take_iso(const char **p, int64_t *from, int64_t *to)
{
	int64_t year, month = 0, day = 0;

	(void)take_number(p, &year); /* the caller has seen its digits */
	if (**p == '-' && digits_at(*p + 1, 2)) {
		month = take_pair(p);
		if (!month)
			return false;
		if (**p == '-' && digits_at(*p + 1, 2)) {
			day = take_pair(p);
			if (!day)
				return false;
		}
	}
	return span(year, month, day, from, to);
}

/* mutt's DD[/MM[/YY]]. */
static bool take_slashes(const char **p, const struct tm *today, int64_t *from, int64_t *to)
{
	int64_t day, month = today->tm_mon + 1, year = today->tm_year + 1900;

	if (!take_number(p, &day) || !day)
		return false;
	if (**p == '/') {
		++*p;
		if (!take_number(p, &month) || !month)
			return false;
		if (**p == '/') {
			++*p;
			if (!take_number(p, &year))
				return false;
			year += year < 70 ? 2000 : year < 100 ? 1900 : 0;
		}
	}
	return span(year, month, day, from, to);
}

/* So many days behind today, the first of them; and days after that. */
static void days_from(const struct tm *today, int first, int days, int64_t *from, int64_t *to)
{
	int y = today->tm_year + 1900, m = today->tm_mon + 1, d = today->tm_mday + first;

	*from = midnight(y, m, d);
	*to = midnight(y, m, d + days) - 1;
}

static bool take_word(const char **p, const char *word)
{
	if (!str_istarts(*p, word))
		return false;
	*p += strlen(word);
	return true;
}

/* "week" and the like, of back ago: 0 is this one. A week begins on Monday (ISO 8601). */
static bool take_unit(const char **p, const struct tm *today, int back, int64_t *from, int64_t *to)
{
	int y = today->tm_year + 1900, m = today->tm_mon + 1;

	*p += **p == ' ' || **p == '-';
	if (take_word(p, "week")) {
		days_from(today, -((today->tm_wday + 6) % 7) - 7 * back, 7, from, to);
	} else if (take_word(p, "month")) {
		*from = midnight(y, m - back, 1);
		*to = midnight(y, m - back + 1, 1) - 1;
	} else if (take_word(p, "year")) {
		*from = midnight(y - back, 1, 1);
		*to = midnight(y - back + 1, 1, 1) - 1;
	} else {
		return false;
	}
	return true;
}

static bool take_named(const char **p, const struct tm *today, int64_t *from, int64_t *to)
{
	static const char *const days[] = {
		"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

	for (int i = 0; i < 7; i++)
		if (take_word(p, days[i])) {
			days_from(today, -((today->tm_wday - i + 7) % 7), 1, from, to);
			return true;
		}
	for (int back = 0; back < 2; back++)
		if (take_word(p, back ? "yesterday" : "today")) {
			days_from(today, -back, 1, from, to);
			return true;
		}
	if (take_word(p, "this"))
		return take_unit(p, today, 0, from, to);
	return take_word(p, "last") && take_unit(p, today, 1, from, to);
}

static bool take_day(const char **p, const struct tm *today, int64_t *from, int64_t *to)
{
	if (str_lower(**p) >= 'a' && str_lower(**p) <= 'z')
		return take_named(p, today, from, to);
	if (digits_at(*p, 8)) {
		int64_t n;

		(void)take_number(p, &n); /* its digits were counted */
		return n % 100 && n / 100 % 100 &&
		       span(n / 10000, n / 100 % 100, n % 100, from, to);
	}
	return digits_at(*p, 4) ? take_iso(p, from, to) : take_slashes(p, today, from, to);
}

/* "2d" before a moment, or (way 1) after it. */
static bool take_ago(const char **p, const struct tm *start, int way, int64_t *at)
{
	struct tm tm = *start;
	int64_t n;
	int by;

	if (!take_number(p, &n) || n > 100000)
		return false;
	by = way * (int)n;
	tm.tm_isdst = -1;
	switch (**p) {
	case 'y':
		tm.tm_year += by;
		break;
	case 'm':
		tm.tm_mon += by;
		break;
	case 'w':
		tm.tm_mday += 7 * by;
		break;
	case 'd':
		tm.tm_mday += by;
		break;
	case 'H':
		tm.tm_hour += by;
		break;
	case 'M':
		tm.tm_min += by;
		break;
	default:
		return false;
	}
	++*p;
	*at = (int64_t)mktime(&tm);
	return true;
}

static bool move(const char **p, int way, int64_t *at)
{
	time_t t = (time_t)*at;
	struct tm tm;

	localtime_r(&t, &tm);
	return take_ago(p, &tm, way, at);
}

/* mutt's margins: "-2w" before, "+2w" after, "*2w" both. A "-" may begin a second date as well. */
static void take_margins(const char **p, int64_t *from, int64_t *to)
{
	while (**p == '-' || **p == '+' || **p == '*') {
		const char *before = *p + 1, *after = before;
		int64_t first = *from, last = *to;

		if ((**p != '+' && !move(&before, -1, &first)) ||
			(**p != '-' && !move(&after, 1, &last)))
			return;
		*from = first;
		*to = last;
		*p = before > after ? before : after;
	}
}

/* Behind '<', '>' or '='. */
static bool one_sided(
	char way, const char *text, const struct tm *today, int64_t *from, int64_t *to)
{
	const char *p = text;
	int64_t at, first, last;

	if (take_ago(&p, today, -1, &at) && !*p) {
		if (way == '<')
			*from = at;
		else if (way == '>')
			*to = at;
		else {
			struct tm tm;
			time_t t = (time_t)at;

			localtime_r(&t, &tm);
			*from = midnight(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
			*to = midnight(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday + 1) - 1;
		}
		return true;
	}
	/* "<2" is not the days before the second of this month: it lacks its unit */
	if (strlen(text) <= 2 || !take_day(&text, today, &first, &last) || *text)
		return false;
	if (way == '<')
		*to = first - 1;
	else if (way == '>')
		*from = last + 1;
	else {
		*from = first;
		*to = last;
	}
	return true;
}

static bool take_until(const char **p)
{
	size_t len = str_starts(*p, "..") ? 2 : **p == '-';

	*p += len;
	return len > 0;
}

static bool is_long(const char *date)
{
	return digits_at(date, 4) || digits_at(date, 8);
}

bool query_date(const char *text, time_t now, int64_t *from, int64_t *to)
{
	struct tm today;
	int64_t first, last;
	const char *start;

	*from = 0;
	*to = INT64_MAX;
	localtime_r(&now, &today);
	if (*text == '<' || *text == '>' || *text == '=')
		return one_sided(*text, text + 1, &today, from, to);
	if (take_until(&text)) {
		if (!take_day(&text, &today, &first, to))
			return false;
		return !*text;
	}
	start = text;
	if (!take_day(&text, &today, from, &last))
		return false;
	take_margins(&text, from, &last);
	if (!*text) {
		*to = last;
		return true;
	}
	/* "2026-1" is no range to the first of this month */
	if (*text == '-' && text[1] && is_long(start) != is_long(text + 1))
		return false;
	if (!take_until(&text))
		return false;
	if (!*text)
		return true;
	if (!take_day(&text, &today, &first, to))
		return false;
	take_margins(&text, &first, to);
	return !*text && *from <= *to;
}
