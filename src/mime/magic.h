/*
 * magic - what bytes are, by what is in them: the one place that knows libmagic.
 *
 * Owns:    the tables of libmagic, until magic_free.
 * Threads: any, one at a time.
 * Errors:  none: "" where nothing is known, or the tables are not there.
 */
#ifndef MIME_MAGIC_H
#define MIME_MAGIC_H

#include <stddef.h>

struct magic;

enum { MAGIC_BYTES = 256 * 1024 }; /* more of the beginning is not looked at */

struct magic *magic_new(void);
/* "image/png", lower case; lasts until the next call. */
const char *magic_type(struct magic *m, const char *p, size_t len);
void magic_free(struct magic *m);

#endif
