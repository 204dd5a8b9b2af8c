/*
 * subject - what mail programs put in front of a subject, and the part that answers have in common:
 * the base subject of RFC 5256 2.1.
 *
 * Owns:    nothing. Threads: any; pure. Errors:  none.
 *
 * One list of marks serves threads, sorting, the index and new answers: "Re:", "Fwd:" and what
 * programs write for them in other languages, with a number or a name ("Re[2]:", "Re (3):") and
 * blanks before the colon, which may be a full-width one.
 */
#ifndef MIME_SUBJECT_H
#define MIME_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

enum subject_mark {
	SUBJECT_REPLY = 1 << 0,
	SUBJECT_FORWARD = 1 << 1,
	SUBJECT_ANY = SUBJECT_REPLY | SUBJECT_FORWARD,
};

/* Behind all marks of these kinds at the front, and the blanks there; subject itself when there is
 * none. */
const char *subject_bare(const char *subject, enum subject_mark kinds);

/* Where the base subject is: without marks, list tags in brackets and "(fwd)". True when the
 * subject is that of an answer or a forwarded message. */
bool subject_base(const char *subject, size_t *from, size_t *len);

#endif
