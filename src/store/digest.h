/*
 * digest - from an envelope to a summary: which header fields become which column.
 *
 * Owns:    nothing; the summary's strings point into the envelope and into *references.
 * Threads: any; pure.
 * Errors:  none.
 */
#ifndef STORE_DIGEST_H
#define STORE_DIGEST_H

#include "mime/envelope.h"
#include "store/summary.h"

/* Fills everything but uid, size, received, keywords, file and the server's flags (local flags are
 * or-ed in). */
void digest_summary(struct summary *s, const struct envelope *e, struct str *references);

#endif
