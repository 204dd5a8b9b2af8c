/*
 * pace - how much of something large is asked for at a time.
 *
 * Owns:    nothing; a value of one connection.
 * Threads: any; values.
 * Errors:  none.
 *
 * Pieces come in about half a second each, on any line: who leaves a message, or wants another one
 * first, waits no longer for what is under way.
 */
#ifndef SYNC_PACE_H
#define SYNC_PACE_H

#include <stddef.h>
#include <stdint.h>

enum { PACE_FIRST = 64 * 1024, PACE_LEAST = 16 * 1024, PACE_MOST = 1024 * 1024 };

struct pace {
	size_t piece;    /* octets */
	int64_t latency; /* ms of a command that brings little; -1: not known */
};

void pace_begin(struct pace *p); /* a new connection: nothing is known of it */
/* A command that brought little took so long. */
void pace_small(struct pace *p, int64_t ms);
/* One piece took so long, the way there and back included. */
void pace_took(struct pace *p, size_t octets, int64_t ms);

#endif
