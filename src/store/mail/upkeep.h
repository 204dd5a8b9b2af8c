/*
 * upkeep - how far a folder is kept up with its server: what the server said last, what of that was
 * here, and whether a synchronisation runs, is wanted behind it, or is put off.
 *
 *        upkeep_begin             upkeep_end, upkeep_stop
 *     idle ---------> it runs ------------------------------> idle
 *                       |
 *                       `- asked for meanwhile, or the connection ended: wanted, until the next one
 *                          begins. What ends connections again and again is put off for an hour.
 *
 * Owns:    struct upkeep, one a folder; of a local one it says nothing.
 * Threads: disk thread only.
 * Errors:  none; whoever hears of them tells.
 */
#ifndef STORE_UPKEEP_H
#define STORE_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>

struct folder;
struct upkeep;

struct folder_counts { /* as the server says */
	bool known;
	uint32_t total, unread, uidnext, uidvalidity;
	uint64_t modseq; /* 0: not said */
};

struct upkeep *upkeep_new(void);
void upkeep_free(struct upkeep *u);

/* --- one synchronisation --- */
/* False: it is put off, or one runs, and is wanted once more when that is through: something
 * changed meanwhile. */
bool upkeep_begin(struct folder *f);
bool upkeep_end(struct folder *f); /* false: none ran */
bool upkeep_runs(const struct folder *f);
bool upkeep_is_wanted(const struct folder *f);
void upkeep_want(struct folder *f);
void upkeep_unwant(struct folder *f);
void upkeep_stop(struct folder *f);    /* it neither runs nor is wanted any more */
void upkeep_through(struct folder *f); /* all that was said when it began is here */
/* The connection ended before it was: true: again, and so it is put off and not wanted. */
bool upkeep_broke(struct folder *f);
void upkeep_at_once(struct folder *f); /* it is put off no longer */
/* The server refused it; upkeep_through ends that, and it is told once. */
void upkeep_refused(struct folder *f);
bool upkeep_is_refused(const struct folder *f);
/* What runs must not bring the mod-sequence back when it is through. */
void upkeep_doubt(struct folder *f);
bool upkeep_is_doubted(const struct folder *f);

/* --- what the server says --- */
/* Numbered anew it is another mailbox: what was put off is so no longer. Its UIDVALIDITY stays
 * where that is 0, not said. */
void upkeep_heard(struct folder *f, const struct folder_counts *c);
const struct folder_counts *upkeep_told(const struct folder *f);          /* last */
bool upkeep_tells(const struct folder *f, const struct folder_counts *c); /* just that */
/* It says what it said when all of it was here; needs no cache. */
bool upkeep_is_settled(const struct folder *f);
void upkeep_settle(struct folder *f); /* all that it says is here */

#endif
