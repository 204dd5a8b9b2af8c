/*
 * source - a message, or its header, as the bytes that came: nothing is decoded.
 *
 * Owns:    nothing; the text it returns is the caller's.
 * Threads: any; pure, bounded (10 MB, 200,000 lines).
 * Errors:  none: what is left out is named in a TEXT_NOTICE line.
 */
#ifndef MIME_SOURCE_H
#define MIME_SOURCE_H

#include "mime/text.h"

/* Clean lines, broken at width; bytes that are no text are shown as such. */
struct text *source_text(const char *p, size_t len, int width);

#endif
