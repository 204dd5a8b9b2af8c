/*
 * calendar - what an invitation says, in a few lines (RFC 5545, RFC 5546).
 *
 * Owns:    nothing.
 * Threads: any; pure functions, linear in time.
 * Errors:  none: what cannot be read is left out; no event at all gives a notice.
 */
#ifndef MIME_CALENDAR_H
#define MIME_CALENDAR_H

#include "mime/text.h"

/* Appends summary, time, place, organizer and answers of the events (at most 20) in clean UTF-8 s.
 */
void calendar_text(struct text *t, const char *s, size_t len, int width);

#endif
