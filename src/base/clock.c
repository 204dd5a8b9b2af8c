#include "base/clock.h"

#include "base/mem.h"

#include <stdlib.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t clock_boot_ms(void)
{
	return read_ms(CLOCK_BOOTTIME);
}

int64_t clock_slept(struct clock_nap *nap, int64_t ms, int64_t boot_ms)
{
	int64_t apart = boot_ms - ms, slept = nap->begun ? apart - nap->apart : 0;

	nap->apart = apart;
	nap->begun = true;
	return slept > 0 ? slept : 0;
}

time_t clock_now(void)
{
	return time(NULL);
}

/* A time whose year no struct tm can hold (it came from a mail) is told as 1970. */
static void local(struct tm *tm, time_t t)
{
	time_t zero = 0;

	if (!localtime_r(&t, tm))
		localtime_r(&zero, tm);
}

void clock_rfc3339(struct str *out, time_t t)
{
	struct tm tm;
	long off;

	local(&tm, t);
	off = tm.tm_gmtoff / 60;
	str_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d%c%02ld:%02ld", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, off < 0 ? '-' : '+',
		labs(off) / 60, labs(off) % 60);
}

static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

const char *clock_month(int month)
{
	return months[month];
}

const char *clock_day(int day)
{
	return days[day];
}

static int name_in(const char (*names)[4], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_nicmp(names[i], name, 3) == 0)
			return (int)i;
	return -1;
}

int clock_month_of(const char *name)
{
	return name_in(months, MEM_COUNT(months), name);
}

int clock_day_of(const char *name)
{
	return name_in(days, MEM_COUNT(days), name);
}

void clock_rfc5322(struct str *out, time_t t)
{
	struct tm tm;
	long off;

	local(&tm, t);
	off = tm.tm_gmtoff / 60;
	str_addf(out, "%s, %d %s %04d %02d:%02d:%02d %c%02ld%02ld", clock_day(tm.tm_wday),
		tm.tm_mday, clock_month(tm.tm_mon), tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		tm.tm_sec, off < 0 ? '-' : '+', labs(off) / 60, labs(off) % 60);
}

void clock_pause(int ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&ts, NULL);
}
