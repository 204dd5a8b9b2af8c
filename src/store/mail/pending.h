/*
 * pending - what waits in the journal of an account for its server, as the person sees it: which
 * operation is under way just now, and what the server did not take, with the reasons.
 *
 * Owns:    struct pending, one an account of the configuration; nothing here is asked of another.
 * Threads: disk thread only.
 * Errors:  none.
 */
#ifndef STORE_PENDING_H
#define STORE_PENDING_H

#include <stdint.h>

struct account;
struct pending;

struct pending *pending_new(void);
void pending_free(struct pending *p); /* NULL is fine */

/* The one operation that the connection works on; 0: none. */
uint64_t pending_in_flight(const struct account *a);
void pending_set_in_flight(struct account *a, uint64_t id);
void pending_refused(struct account *a, char *line); /* keeps it; the oldest of many goes */
void pending_forget_refused(struct account *a);
/* Tells the engine, when account_pending has noted that something changed. */
void pending_tell(struct account *a);

#endif
