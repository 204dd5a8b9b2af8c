/*
 * range - messages that get tagged while the cursor goes over them.
 *
 * Owns:    the tags that were there before.
 * Threads: UI thread.
 * Errors:  none; a message that is gone ends it.
 */
#ifndef UI_RANGE_H
#define UI_RANGE_H

#include "engine/msglist.h"

struct range {
	uint32_t from, to; /* numbers of messages; from 0: there is none */
	unsigned numbering;
	uint32_t *was; /* tagged before, ascending */
	size_t nwas;
};

void range_begin(struct range *r, struct msglist *l, uint32_t uid);
/* The cursor is there now: what lies between is tagged, the rest as it was. */
void range_follow(struct range *r, struct msglist *l, uint32_t uid);
/* The tags stay, or are as they were. */
void range_end(struct range *r, struct msglist *l, bool keep);

#endif
