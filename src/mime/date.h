/*
 * date - the dates of mail, in all the forms they are met in.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  date_parse says false for what is no date.
 *
 * Read: RFC 5322 3.3 with the obsolete zones of 4.3, years of two or three digits, comments,
 * missing seconds, weekday or zone; RFC 850; asctime; ISO 8601 / RFC 3339. Writing is
 * clock_rfc5322.
 */
#ifndef MIME_DATE_H
#define MIME_DATE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* *t: seconds since 1970, always over 0; untouched when the result is false. */
bool date_parse(const char *p, size_t len, time_t *t);
/* The same; *offset: minutes east of UTC where it was written, 0 when the text names no zone. */
bool date_parse_zone(const char *p, size_t len, time_t *t, int *offset);

/* Appends it by a format of strftime(3), with one blank where that has two. */
void date_show(struct str *out, const char *format, const struct tm *tm);

#endif
