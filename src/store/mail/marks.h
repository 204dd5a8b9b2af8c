/*
 * marks - what one copy of a message is marked with, and another is not.
 *
 * Owns:    struct marks_changes owns what is noted in it, until it is applied or dropped.
 * Threads: disk thread only.
 * Errors:  0 or -1 and the first struct err; all are tried.
 */
#ifndef STORE_MARKS_H
#define STORE_MARKS_H

#include "base/mail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct folder;
struct marks_change;

enum { MARKS_SHARED = MAIL_SEEN | MAIL_ANSWERED | MAIL_FLAGGED | MAIL_FORWARDED };

struct marks {
	uint32_t flags;       /* of MARKS_SHARED */
	const char *keywords; /* borrowed */
};

struct marks_changes { /* {0}; marks_apply frees what is in it */
	struct marks_change *v;
	size_t n, cap; /* four marks, each set, taken away or left, and the keywords that differ */
	bool told;     /* that some keywords had no room: once is enough */
};

struct marks marks_of(struct folder *f, uint32_t uid); /* until the cache is used again */
/* Whether one has what the other has not. */
bool marks_lack(const struct marks *m, const struct marks *of);
/* only: the keywords that may be taken away; NULL: all. */
void marks_add(struct marks_changes *m, uint32_t uid, const struct marks *was,
	const struct marks *now, const char *only);
/* As a person's changes of an open folder. -1 with the first failure; all are tried. *changed (or
 * NULL) grows by the messages that now have something else. */
int marks_apply(struct folder *f, struct marks_changes *m, size_t *changed, struct err *err);
void marks_drop(struct marks_changes *m); /* without applying them */

#endif
