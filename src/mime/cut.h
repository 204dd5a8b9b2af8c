/*
 * cut - a message without one of its parts, in whose place stands what it was.
 *
 * Owns:    nothing.
 * Threads: any; pure.
 * Errors:  ERR_GONE, ERR_INPUT: out is as it was.
 */
#ifndef MIME_CUT_H
#define MIME_CUT_H

#include "base/err.h"
#include "base/str.h"

struct cut {
	const char *section, *type,
		*name;    /* "2.1", "image/png", "" where it has none: all must fit */
	const char *said; /* one line of UTF-8, which stands there instead */
};

/* All else stays byte for byte. Refused: the only part there is, and what is signed or encrypted.
 */
int cut_part(
	const char *message, size_t len, const struct cut *c, struct str *out, struct err *err);

#endif
