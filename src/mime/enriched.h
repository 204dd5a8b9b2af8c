/*
 * enriched - text/enriched (RFC 1896) and the text/richtext before it, as styled text.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  none: any bytes give some text; limits as in html.h.
 */
#ifndef MIME_ENRICHED_H
#define MIME_ENRICHED_H

#include "mime/text.h"

/* Appends clean UTF-8 (part_text) to t, wrapped at width columns. */
void enriched_text(struct text *t, const char *s, size_t len, int width);

#endif
