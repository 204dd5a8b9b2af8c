/*
 * tnef - the files and the text in a winmail.dat (MS-OXTNEF), which Outlook sends to those it takes
 * for its own.
 *
 * Owns:    nothing; items are the receiver's.
 * Threads: any; pure functions, linear in time, bounded (ITEMS_MAX).
 * Errors:  none: what can be read comes, up to where the bytes are damaged.
 */
#ifndef MIME_TNEF_H
#define MIME_TNEF_H

#include "base/str.h"

struct tnef_item {
	struct str bytes; /* the receiver may take them */
	char *name;       /* clean; NULL when there is none; the receiver may take it */
	char type[64];    /* "image/png" */
	char charset[48]; /* of a text */
	bool is_text;     /* the letter itself, not a file */
};

typedef void tnef_fn(void *ctx, struct tnef_item *item);

/* Gives each file and text in it; false: it is no winmail.dat, or damaged. */
bool tnef_read(const char *p, size_t len, tnef_fn *fn, void *ctx);

#endif
