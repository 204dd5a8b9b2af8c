/*
 * removal - local messages that are about to be removed for good: what the server of a POP3 account
 * is to know of that.
 *
 * Owns:    nothing; what is noted is in the journal.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err: nothing may be removed then.
 */
#ifndef STORE_REMOVAL_H
#define STORE_REMOVAL_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct folder;

/* Files that are about to be removed for good: noted for the server, if the account wants that. */
int removal_note(struct folder *f, const uint32_t *uids, size_t n, struct err *err);
/* The copies of the whole folder go, not the messages: a session by POP3 fetches these again. */
int removal_forget(struct folder *f, struct err *err);

#endif
