/*
 * digest - from an envelope to a summary: which header fields become which column.
 *
 * Owns:    nothing; the summary's strings point into the envelope and into struct digest.
 * Threads: any; pure.
 * Errors:  none.
 */
#ifndef MIME_DIGEST_H
#define MIME_DIGEST_H

#include "mime/envelope.h"
#include "mime/summary.h"

/* Strings that are made; zero it, and digest_done when the summary is used up. One may serve many
 * messages in turn. */
struct digest {
	struct str references, to, cc;
};
void digest_done(struct digest *d);

/* A date as rows keep it: what does not fit (before 1970, after 2106) is the nearest that does. */
uint32_t digest_date(time_t t);

/* Fills everything but uid, size, received, keywords, file and the server's flags (local flags are
 * or-ed in). */
void digest_summary(struct summary *s, const struct envelope *e, struct digest *d);

/* Octets of a list of recipients that are kept; instead of one that does not fit in, and those
 * behind it, the list ends in "…". */
enum { DIGEST_RECIPIENTS = 20000 };
/* "Name <mail>, mail": everybody on the list, as people are shown. */
void digest_recipients(struct str *out, const struct addr_list *list);

/* The mark for attachments, by the whole message. */
void digest_files(struct summary *s, const char *message, size_t len);

#endif
