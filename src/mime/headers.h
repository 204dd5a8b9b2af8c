/*
 * headers - the header block of a message as styled lines.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  none: what is missing is left out, what looks like a trick is said in a notice.
 */
#ifndef MIME_HEADERS_H
#define MIME_HEADERS_H

#include "mime/text.h"

/*
 * Date (in the reader's time zone, and in the writer's), From, To, Cc, Reply-To (when answers would
 * go elsewhere) and Subject, decoded, in this order; or all fields as they came (cleaned, at most
 * 2,000). The address behind each name is always shown, and several From fields are said.
 */
void headers_text(struct text *t, const char *header, size_t len, bool all, int width);

#endif
