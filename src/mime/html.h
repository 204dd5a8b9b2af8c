/*
 * html - an HTML mail as styled text: the one place that knows libxml2.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  none: any bytes give some text. Input behind HTML_MAX is left out with a notice,
 * elements nested deeper than 600 lose their layout but not their text, lines end at WRAP_MAX_LINES
 * (wrap.h).
 *
 * Nothing is fetched, ever: no socket and no file is opened for what a mail says. What the sender
 * hid (pre-headers, tracking images) is not shown; a link that pretends another target says so.
 */
#ifndef MIME_HTML_H
#define MIME_HTML_H

#include "mime/text.h"

enum { HTML_MAX = 5 * 1024 * 1024 };

/* Appends the text of clean UTF-8 HTML (part_text) to t, wrapped at width columns. */
void html_text(struct text *t, const char *s, size_t len, int width);

#endif
