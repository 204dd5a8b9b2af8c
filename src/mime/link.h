/*
 * link - addresses in running text, and whether a link says what it does.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  none.
 *
 * Only http, https, ftp and mailto are links (RFC 3986, RFC 6068): nothing else is ever opened.
 */
#ifndef MIME_LINK_H
#define MIME_LINK_H

#include "base/str.h"

/* The first address in clean UTF-8 text; punctuation that ends a sentence is not part of it. */
bool link_find(const char *s, size_t len, size_t *at, size_t *link_len);
bool link_allowed(const char *url); /* one of the four schemes, blanks in front ignored */

/*
 * A link whose visible text is an address of another host (or another mail address) than its target
 * wants to deceive. Then true, and out gets the real target for people: without user part, cut to
 * 80 columns.
 */
bool link_deceives(struct str *out, const char *visible, const char *url);

#endif
