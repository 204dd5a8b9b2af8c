/*
 * sentcopy - the one copy of a sent mail in Sent, and the mark of what it answers.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err; a copy that cannot be made is tried again.
 */
#ifndef STORE_SENTCOPY_H
#define STORE_SENTCOPY_H

#include <stdbool.h>

struct account;
struct err;
struct op;
struct outbox_mail;

bool sentcopy_finish(struct account *a); /* what a program that ended had not done yet */
/* The copy of a sent mail that the server does not take goes into the local Sent folder: its name
 * as people see it, to be freed; NULL: that failed. */
char *sentcopy_keep(struct account *a, const struct op *op, struct err *err);
/* The relay has taken the mail for somebody: one copy in Sent, and the mark of what it answers.
 * again: it may have been made before. The state is made durable. */
int sentcopy_make(struct account *a, struct outbox_mail *m, bool again, struct err *err);

#endif
