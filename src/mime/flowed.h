/*
 * flowed - plain text as styled lines: quote levels, format=flowed (RFC 3676), signature, diffs,
 * links.
 *
 * Owns:    nothing.
 * Threads: any; pure functions, linear in time.
 * Errors:  none. Stops at WRAP_MAX_LINES lines (wrap.h).
 */
#ifndef MIME_FLOWED_H
#define MIME_FLOWED_H

#include "mime/text.h"

struct flowed_options {
	int width;   /* columns to wrap at */
	bool flowed; /* format=flowed: lines that end in a blank go on in the next one */
	bool delsp;  /* delsp=yes: that blank is not part of the text */
};

/* Appends clean UTF-8 text with LF line ends (part_text) to t. Tabs become blanks up to the next
 * multiple of 8. */
void flowed_text(struct text *t, const char *s, size_t len, const struct flowed_options *opt);

/* The quote level of a line ("> > x", ">>x") and the byte length of its prefix. */
int flowed_quote(const char *s, size_t len, size_t *prefix);

/* True for the line above a signature: "-- " (RFC 3676 4.3). */
bool flowed_is_signature(const char *s, size_t len);

#endif
