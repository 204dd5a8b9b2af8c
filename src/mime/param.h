/*
 * param - a structured header value: "value; name=value; ..." (RFC 2045 5.1, RFC 2183, RFC 2231).
 *
 * Owns:    its strings until param_done.
 * Threads: any; pure functions, linear in time but for a sort of at most PARAM_MAX pieces.
 * Errors:  none: any bytes give a list.
 */
#ifndef MIME_PARAM_H
#define MIME_PARAM_H

#include "base/str.h"

#define PARAM_MAX 1000 /* pieces of parameters; the ones behind are not looked at */

struct param {
	char *name;  /* owned; lower case */
	char *value; /* owned; decoded (RFC 2231, RFC 2047), clean UTF-8 of one line */
};

struct params {
	char *value; /* owned; what stands before the first ';', without comments; "" if nothing */
	struct param *v;
	size_t n, cap;
};

/*
 * Reads a raw header value. Continuations (name*0, name*1*) are joined, charsets converted, and the
 * extended form wins over the plain one. File names may hold blanks without quotes.
 */
void param_parse(struct params *out, const char *p, size_t len);
void param_done(struct params *params);

const char *param_get(const struct params *params, const char *name); /* NULL: not there */

/*
 * Appends ";\r\n\tname=value" lines: as a token or quoted when the value is short ASCII, else in
 * the form of RFC 2231 in pieces that keep lines below 78 characters. CR, LF, NUL and other
 * controls become '_'.
 */
void param_write(struct str *out, const char *name, const char *value);

#endif
