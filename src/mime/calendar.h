/*
 * calendar - what an invitation says, in a few lines (RFC 5545, RFC 5546).
 *
 * Owns:    nothing.
 * Threads: any; pure functions, linear in time.
 * Errors:  none: what cannot be read is left out; no event at all gives a notice.
 */
#ifndef MIME_CALENDAR_H
#define MIME_CALENDAR_H

#include "base/err.h"
#include "mime/ical.h"
#include "mime/text.h"

/* Appends summary, time (by the reader's clock), repetitions in words, place, organizer and answers
 * of the events (at most 20) in clean UTF-8 s. */
void calendar_text(struct text *t, const char *s, size_t len, int width);

/* An answer to an invitation, and what it is about: clean, owned. */
struct calendar_reply {
	struct str text;                      /* the calendar that goes back */
	char *organizer, *attendee, *summary; /* two addresses, the first theirs, the other ours */
};

/* Of the first event in s, for the first of those invited that is in own. ERR_INPUT: it is no
 * invitation, or for nobody of own. */
int calendar_answer(struct calendar_reply *out, const char *s, size_t len, enum ical_answer answer,
	const struct strv *own, time_t now, struct err *err);
void calendar_reply_done(struct calendar_reply *r);

#endif
