#include "mime/date.h"

#include "base/utf8.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdint.h>
#include <string.h>

enum { UNKNOWN = -1 };

/* What has been found so far. */
struct scan {
	const char *p, *end;
	int year, month, day, hour, minute, second;
	int zone; /* minutes east */
	bool have_year, have_time;
};

static const struct {
	const char *name;
	int minutes;
} ZONES[] = {
	{"UT", 0},
	{"GMT", 0},
	{"UTC", 0},
	{"Z", 0},
	{"WET", 0},
	{"EST", -300},
	{"EDT", -240},
	{"CST", -360},
	{"CDT", -300},
	{"MST", -420},
	{"MDT", -360},
	{"PST", -480},
	{"PDT", -420},
	{"AKST", -540},
	{"AKDT", -480},
	{"HST", -600},
	{"AST", -240},
	{"ADT", -180},
	{"BRT", -180},
	{"BST", 60},
	{"WEST", 60},
	{"CET", 60},
	{"MET", 60},
	{"MEZ", 60},
	{"CEST", 120},
	{"MEST", 120},
	{"MESZ", 120},
	{"EET", 120},
	{"SAST", 120},
	{"EEST", 180},
	{"MSK", 180},
	{"MSD", 240},
	{"IST", 330},
	{"HKT", 480},
	{"SGT", 480},
	{"AWST", 480},
	{"JST", 540},
	{"KST", 540},
	{"ACST", 570},
	{"AEST", 600},
	{"ACDT", 630},
	{"AEDT", 660},
	{"NZST", 720},
	{"NZDT", 780},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool digit_at(const struct scan *s, const char *p)
{
	return p < s->end && is_digit(*p);
}

/* Reads a run of digits; more than nine give a number nothing accepts. */
static int number(struct scan *s, int *digits)
{
	int n = 0;

	for (*digits = 0; digit_at(s, s->p); s->p++, ++*digits)
		if (*digits < 9)
			n = n * 10 + (*s->p - '0');
	return *digits > 9 ? 999999999 : n;
}

static void skip_comment(struct scan *s)
{
	size_t depth = 0;

	for (; s->p < s->end; s->p++) {
		if (*s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		else if (*s->p == '(')
			depth++;
		else if (*s->p == ')' && --depth == 0)
			break;
	}
	if (s->p < s->end)
		s->p++;
}

static int month_number(const char *p, size_t len)
{
	int month = len >= 3 ? clock_month_of(p) : -1;

	return month < 0 ? UNKNOWN : month + 1;
}

static void read_word(struct scan *s)
{
	const char *p = s->p;
	size_t len;

	while (s->p < s->end && is_letter(*s->p))
		s->p++;
	len = (size_t)(s->p - p);
	if (s->month == UNKNOWN && month_number(p, len) != UNKNOWN) {
		s->month = month_number(p, len);
		return;
	}
	if (!s->have_time)
		return;
	if (len == 2 && str_nicmp(p, "PM", 2) == 0 && s->hour < 12)
		s->hour += 12;
	else if (len == 2 && str_nicmp(p, "AM", 2) == 0 && s->hour == 12)
		s->hour = 0;
	for (size_t i = 0; i < MEM_COUNT(ZONES); i++)
		if (strlen(ZONES[i].name) == len && str_nicmp(p, ZONES[i].name, len) == 0)
			s->zone = ZONES[i].minutes;
}

/* "+0100", "+01:00", "+01"; what cannot be an offset counts as UTC. */
static void read_offset(struct scan *s)
{
	int sign = *s->p++ == '-' ? -1 : 1, digits, n = number(s, &digits), minutes = 0;

	if (digits <= 2 && s->p < s->end && *s->p == ':' && digit_at(s, s->p + 1)) {
		s->p++;
		minutes = number(s, &digits);
	} else if (digits > 2) {
		minutes = n % 100;
		n /= 100;
	}
	s->zone = n <= 23 && minutes <= 59 ? sign * (n * 60 + minutes) : 0;
}

/* The hour was read, s->p is at the ':'. */
static void read_time(struct scan *s, int hour)
{
	int digits;

	s->p++;
	s->hour = hour;
	s->minute = number(s, &digits);
	s->second = 0;
	s->have_time = true;
	if (s->p < s->end && *s->p == ':') {
		s->p++;
		s->second = number(s, &digits);
	}
	if (s->p < s->end && (*s->p == '.' || *s->p == ',') && digit_at(s, s->p + 1)) {
		s->p++;
		number(s, &digits);
	}
}

static void set_year(struct scan *s, int n, int digits)
{
	if (digits <= 2)
		n += n < 50 ? 2000 : 1900;
	else if (digits == 3)
		n += 1900;
	s->year = n;
	s->have_year = true;
}

/* "2026-01-31" with the year read; the 'T' behind is skipped as an unknown word. */
static void read_iso(struct scan *s, int year)
{
	int digits;

	set_year(s, year, 4);
	s->p++;
	s->month = number(s, &digits);
	if (s->p < s->end && *s->p == '-' && digit_at(s, s->p + 1)) {
		s->p++;
		s->day = number(s, &digits);
	}
}

static void read_number(struct scan *s)
{
	int digits, n = number(s, &digits);
	char next = s->p < s->end ? *s->p : '\0';

	if (next == ':' && !s->have_time && digit_at(s, s->p + 1))
		read_time(s, n);
	else if (digits == 4 && next == '-' && !s->have_year && digit_at(s, s->p + 1))
		read_iso(s, n);
	else if (digits <= 2 && s->day == UNKNOWN)
		s->day = n;
	else if (!s->have_year)
		set_year(s, n, digits);
}

static void scan(struct scan *s)
{
	while (s->p < s->end) {
		if (is_digit(*s->p))
			read_number(s);
		else if (is_letter(*s->p))
			read_word(s);
		else if ((*s->p == '+' || *s->p == '-') && s->have_time && digit_at(s, s->p + 1))
			read_offset(s);
		else
			s->p++;
	}
}

/* Days since 1970-01-01 of a Gregorian date. */
static int64_t days_from_date(int year, int month, int day)
{
	/* Years begin in March, so that the leap day is the last day. */
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, of_era = y % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool date_parse(const char *p, size_t len, time_t *t)
{
	int offset;

	return date_parse_zone(p, len, t, &offset);
}

/* Comments and blanks may stand between any two tokens, in the time too (RFC 5322 4.3): each
 * comment becomes a blank, and none stays around a colon. */
static void put_plainly(struct str *out, const char *p, size_t len)
{
	struct scan s = {.p = p, .end = p + len};

	while (s.p < s.end) {
		char c = *s.p;

		if (c == '(')
			skip_comment(&s);
		else
			s.p++;
		if (c == '(' || c == '\t' || c == '\r' || c == '\n')
			c = ' ';
		while (c == ':' && out->len && out->p[out->len - 1] == ' ')
			str_cut(out, out->len - 1);
		if (c != ' ' || !out->len || out->p[out->len - 1] != ':')
			str_addc(out, c);
	}
}

static bool is_plain(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] == '(' || (p[i] == ':' && i && (unsigned char)p[i - 1] <= ' ') ||
			(p[i] == ':' && i + 1 < len && (unsigned char)p[i + 1] <= ' '))
			return false;
	return true;
}

static void read_all(struct scan *s, const char *p, size_t len)
{
	struct str plain = STR_INIT;

	if (is_plain(p, len)) {
		s->p = p;
		s->end = p + len;
		scan(s);
		return;
	}
	put_plainly(&plain, p, len);
	s->p = str_c(&plain);
	s->end = s->p + plain.len;
	scan(s);
	str_done(&plain);
}

bool date_parse_zone(const char *p, size_t len, time_t *t, int *offset)
{
	struct scan s = {.month = UNKNOWN, .day = UNKNOWN};
	int64_t seconds;

	if (len == 0)
		return false;
	read_all(&s, p, len);
	if (!s.have_year || s.year < 1970 || s.year > 9999 || s.month < 1 || s.month > 12 ||
		s.day < 1 || s.day > 31 || s.hour > 24 || s.minute > 59 || s.second > 60)
		return false;
	seconds = days_from_date(s.year, s.month, s.day) * 86400 + s.hour * 3600 + s.minute * 60 +
		  s.second - s.zone * 60;
	if (seconds <= 0)
		return false;
	*t = (time_t)seconds;
	*offset = s.zone;
	return true;
}

void date_show(struct str *out, const char *format, const struct tm *tm)
{
	char buf[120];
	size_t n = strftime(buf, sizeof(buf), format, tm);

	/* %e puts a blank before days of one digit. */
	for (char *p = buf; n && (p = strstr(p, "  "));)
		memmove(p, p + 1, strlen(p));
	if (n)
		utf8_clean(out, buf, strlen(buf), UTF8_LINE);
}
