/*
 * lent - copies of mail in private files, for other programs to look at.
 *
 * Owns:    a directory of this run below $TMPDIR (/tmp, where a shell could take that for more than
 * one word), which only the user may enter, made with the first file and removed by lent_end with
 * all that is left in it. Threads: one at a time; the disk thread's. Errors:  ERR_SYSTEM, ERR_FULL.
 *
 * Each file is in a directory of its own, so that it keeps its name, as far as that is one: what a
 * shell, a viewer or a terminal could take for something else is a '_' in it.
 */
#ifndef STORE_LENT_H
#define STORE_LENT_H

#include "base/err.h"

struct lent;

struct lent *lent_new(void);
/* The path for a new file; free(). NULL. */
char *lent_path(struct lent *l, const char *name, struct err *err);
void lent_back(struct lent *l, const char *path); /* removed; what was not lent stays as it is */
void lent_end(struct lent *l);

#endif
