/*
 * gather - collects what FETCH answers say about a mailbox, and compares it with what is known.
 *
 * Owns:    the collected arrays until gather_done or a take function.
 * Threads: one connection thread.
 * Errors:  none; answers for UIDs that make no sense are left out.
 */
#ifndef SYNC_GATHER_H
#define SYNC_GATHER_H

#include "net/imap.h"
#include "mime/digest.h"
#include "store/job.h"

struct gather {
	const uint32_t *known, *known_flags; /* borrowed; ascending */
	size_t nknown, nknown_left;          /* left: those the server still has */
	bool want_summaries;                 /* answers become summaries, not flag changes; known
					      * are the messages asked for, others are left out */
	struct flag_change *flags;           /* known messages whose flags differ */
	size_t nflags, cap_flags;
	uint32_t *gone; /* known messages the server no longer has; ascending */
	size_t ngone, cap_gone;
	uint32_t *fresh; /* messages not known; ascending once settled */
	size_t nfresh, cap_fresh;
	struct summary **summaries;
	size_t nsummaries, cap_summaries;
	struct digest digest;
	bool untold;   /* there are known messages whose flags were not told */
	uint8_t *came; /* with want_summaries, for each of known: enum in gather.c */
};

void gather_init(struct gather *g, const uint32_t *known, const uint32_t *known_flags, size_t n);
void gather_done(struct gather *g);
void gather_reset(struct gather *g); /* forgets what was collected, keeps what is known */

void gather_message(void *ctx, const struct imap_message *m);   /* an imap_message_fn */
void gather_vanished(void *ctx, uint32_t first, uint32_t last); /* an imap_vanished_fn */
/* Puts fresh and gone into order without repeats, whatever order the server answered in, and counts
 * what is left. */
void gather_settle(struct gather *g);
/* The server's UIDs, ascending, against the known ones: fills gone and fresh. */
void gather_compare(struct gather *g, const uint32_t *uids, size_t n);

void gather_take_flags(struct gather *g, struct flag_change **flags, size_t *n);
/* With want_summaries: rows that say so, for messages that came but could not be parsed. */
void gather_placeholders(struct gather *g);
/* Such a row for a message that was asked for and did not come: why stands in place of its subject.
 * Its file field says when that was, so that it is asked for again later (summary.h). */
void gather_give_up(struct gather *g, uint32_t uid, const struct err *why);
/* Of the messages asked for, those that have no row yet; ascending, free(). */
uint32_t *gather_missing(const struct gather *g, size_t *n);
void gather_take_summaries(struct gather *g, struct summary ***summaries, size_t *n);

/* Appends UIDs (ascending) as an IMAP set: "1:7,9". */
void gather_set(struct str *out, const uint32_t *uids, size_t n);

#endif
