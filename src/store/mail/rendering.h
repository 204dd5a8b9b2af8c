/*
 * rendering - messages on their way to a thread that does with their bytes what takes long, and
 * programs that are waited for.
 *
 * Owns:    whoever makes one embeds struct rendering at its front, and has all in it that run looks
 *          at; what is given is kept until it is back, or dropped.
 * Threads: the disk thread; run, of what is given, the thread of its worker.
 * Errors:  none.
 */
#ifndef STORE_RENDERING_H
#define STORE_RENDERING_H

#include "base/worker.h"

#include <stdint.h>

struct store;
struct store_request;

enum rendering_for {
	RENDERING_READING,
	RENDERING_SEARCHING,
	RENDERING_INDEXING,
	RENDERING_HELPERS,
	RENDERINGS
};
struct rendering {
	struct worker_job job; /* its drop frees everything */
	struct rendering *next;
	struct store_request *request; /* owned; that waits for it, and which run leaves alone;
					  NULL: none, or it was answered */
	void (*back)(struct store *s, struct rendering *x); /* done, and still wanted */
};

void rendering_start(struct store *s);
void rendering_give(struct store *s, struct rendering *x, enum rendering_for what); /* keeps it */
void rendering_take(struct store *s); /* one that came back, if one did */
void rendering_cancel(struct store *s, unsigned request);
void rendering_end(struct store *s, int64_t end_ms); /* of clock_ms */

#endif
