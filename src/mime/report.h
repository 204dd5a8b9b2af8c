/*
 * report - delivery reports and receipts in words (RFC 3464, RFC 8098).
 *
 * Owns:    nothing.
 * Threads: any; pure functions, linear in time.
 * Errors:  none: what is no report is shown as the fields it has.
 */
#ifndef MIME_REPORT_H
#define MIME_REPORT_H

#include "mime/text.h"

/* Appends a message/delivery-status or message/disposition-notification body (clean UTF-8): for
 * each recipient (at most 100) what happened, and why. */
void report_text(struct text *t, const char *s, size_t len, int width);

#endif
