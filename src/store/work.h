/*
 * work - what takes long on the disk thread, in slices that take turns.
 *
 * Owns:    who is at work owns itself until it is through or dropped.
 * Threads: the disk thread.
 * Errors:  each work answers its own request.
 */
#ifndef STORE_WORK_H
#define STORE_WORK_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct store_request;

/*
 * Long work of the disk thread, done in slices between which requests and results are served: a
 * search, an export. Whoever makes one embeds this struct at its front.
 */
struct work {
	struct work *next;
	struct store_request *request; /* owned; what it answers; NULL: nobody waits */
	bool waits;                    /* no step until this is false again */
	int64_t told;                  /* when store_progress did so last */
	/* A slice of at most WORK_MS. True: it is through, and has answered and freed itself. */
	bool (*step)(struct store *s, struct work *w);
	/* Given up, or the program ends: answers with why and frees itself. */
	void (*drop)(struct store *s, struct work *w, const struct err *why);
};
enum { WORK_MS = 10 };

void store_work(struct store *s, struct work *w); /* behind what is under way */
/* STORE_PROGRESS, where the last one was some time ago. */
void store_progress(struct store *s, struct work *w, size_t done, size_t total);

bool work_is_ready(struct store *s); /* one waits for its slice */
void work_slice(struct store *s);    /* of the next one */
void work_cancel(struct store *s, unsigned request);
void work_drop(struct store *s); /* all of them: the program ends */

#endif
