/*
 * subject - the part of a subject that answers have in common: the base subject of RFC 5256 2.1.
 * "Aw:", "Antw:", "Sv:", "Vs:" and "Wg:" count as "Re:" and "Fwd:" do.
 *
 * Owns:    nothing. Threads: any. Errors:  none.
 */
#ifndef STORE_SUBJECT_H
#define STORE_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

/* Where it is in the subject: without "Re:", "Fwd:", list tags in brackets and "(fwd)". True when
 * the subject is that of an answer or a forwarded message. */
bool subject_base(const char *subject, size_t *from, size_t *len);

#endif
