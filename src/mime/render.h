/*
 * render - a message as styled text: header block, body, part list (DESIGN: bytes -> parts -> one
 * styled text).
 *
 * Owns:    nothing; the text it returns is the caller's.
 * Threads: any; pure, bounded (10 MB of text, 200,000 lines).
 * Errors:  none: what cannot be shown is named in a TEXT_NOTICE line.
 */
#ifndef MIME_RENDER_H
#define MIME_RENDER_H

#include "mime/envelope.h"
#include "mime/part.h"
#include "mime/text.h"

struct render_options {
	int width;          /* columns to wrap at; at least 20 */
	bool all_headers;   /* every header field as it came (cleaned) instead of the weeded few */
	bool other_version; /* of multipart/alternative take not what is taken by itself: the plain
			       version, or the HTML one where the plain one is blank or a stub */
	bool no_headers;    /* body only */
	bool hide_quotes;   /* deep quotes become one notice line */
};

/*
 * header is the message's header block (for the header lines). Parts whose body is not here (body
 * == NULL) are named with their size and "not fetched yet". The number of a part line, "[2]
 * name.pdf", is the part's index.
 */
struct text *render_message(const struct parts *parts, const char *header, size_t header_len,
	const struct render_options *opt);

/* What is quoted: all text that render_message shows, messages in the message with their headers;
 * as UTF-8 lines, at most 1 MB. Signatures are cut, unless it is passed on to somebody who has not
 * seen it. free(). */
char *render_quotable(const struct parts *parts, bool with_signature);

/* The version of the text that can be had by switching other_version, and is not shown now. */
enum render_version { RENDER_NO_VERSION, RENDER_HTML, RENDER_PLAIN };
enum render_version render_other_version(
	const struct parts *parts, const struct render_options *opt);

/* How many times as much text there is in it, in tenths; 0: not known, or there is none. */
unsigned render_other_more(const struct parts *parts, const struct render_options *opt);

enum { RENDER_NEEDS_MAX = 1001 }; /* there are never more */

/* Indexes of the parts that render_message needs the bodies of (text) and that are not here, so
 * that they can be fetched first; of a message in the message, it is the header of what is in it.
 * When a fetched text/plain turns out to be blank, the next call asks for its alternative. */
size_t render_needs(
	const struct parts *parts, const struct render_options *opt, int *indexes, size_t max);

#endif
