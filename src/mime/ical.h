/*
 * ical - times, repetitions and answers of calendars (RFC 5545, RFC 5546): the door to libical.
 *
 * Owns:    the zones of a struct ical_zones until ical_zones_done.
 * Threads: any; a struct ical_zones belongs to one.
 * Errors:  none: what cannot be read gives false or NULL.
 *
 * libical sees single values and zones that were looked at before: no rule of a mail is ever
 * repeated through time, but for the two a year when clocks change.
 */
#ifndef MIME_ICAL_H
#define MIME_ICAL_H

#include "base/str.h"

#include <time.h>

enum { ICAL_ZONES_MAX = 10, ICAL_ZONE_LINES_MAX = 400 };

struct ical_zones {
	struct ical_zone *v;
	size_t n;
};

/* A VTIMEZONE, its lines unfolded with LF between them. What libical should not see of it is left
 * out. */
void ical_zones_add(struct ical_zones *z, const char *text);
void ical_zones_done(struct ical_zones *z);

struct ical_time {
	bool day;      /* a date without a time */
	bool known;    /* when is right; else the time is by a clock that nobody knows */
	time_t when;   /* of a day: of its noon, as if it were here */
	struct tm own; /* as it was written */
};

/* A DATE or DATE-TIME, tzid NULL where there is none. */
bool ical_time(
	struct ical_time *out, const char *value, const char *tzid, const struct ical_zones *z);
bool ical_seconds(const char *duration, long *out); /* "PT45M" */

/* A RRULE in words, what there are none for as it is; NULL: it is none. free() */
char *ical_repeats(const char *rule);

enum ical_answer { ICAL_ACCEPT, ICAL_TENTATIVE, ICAL_DECLINE };

/* What an answer says of the invitation: values and names, clean; NULL where there is none. */
struct ical_reply {
	enum ical_answer answer;
	const char *uid, *organizer, *attendee; /* the last two are mail addresses */
	const char *attendee_name, *summary, *sequence;
	/* As they stand in the invitation: with a TZID where it has one. */
	const char *recurrence_id, *recurrence_tzid, *start, *start_tzid;
	time_t now;
};

/* Appends a VCALENDAR with METHOD:REPLY, lines with CRLF. */
void ical_write_reply(struct str *out, const struct ical_reply *r);

#endif
