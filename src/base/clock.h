/*
 * clock - time: a monotonic clock for waiting, and dates as text.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  none.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

#include <stdint.h>
#include <time.h>

int64_t clock_ms(void); /* milliseconds of the monotonic clock; stands still in suspend */
int64_t clock_boot_ms(
	void); /* the same but counting suspend: their difference grows when the machine slept */

struct clock_nap { /* zero it; begins with the first call */
	int64_t apart;
	bool begun;
};
/* Milliseconds that the machine slept since the last call; the arguments are clock_ms and
 * clock_boot_ms. */
int64_t clock_slept(struct clock_nap *nap, int64_t ms, int64_t boot_ms);

time_t clock_now(void); /* seconds since 1970, UTC */

void clock_rfc3339(struct str *out,
	time_t t); /* local time with offset, as 2026-01-31T09:05:00+01:00 (RFC 3339) */
void clock_rfc5322(struct str *out,
	time_t t); /* Sat, 31 Jan 2026 09:05:00 +0100, never translated (RFC 5322 3.3) */

/* The names of protocols and mail, never translated: "Jan" for 0, "Sun" for 0; as struct tm counts.
 */
const char *clock_month(int month);
const char *clock_day(int day);
int clock_month_of(const char *name); /* by its first three letters, in any case; -1: none */
int clock_day_of(const char *name);

/* Waits for ms milliseconds, interrupted by nothing but signals; only for retry loops around file
 * locks. */
void clock_pause(int ms);

#endif
