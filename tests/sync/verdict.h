/*
 * verdict - whether an account is as it has to be after an engine was killed: the other half of
 * harness_engine_kill.
 *
 * Owns:    the model of the server, what was begun and done since it was right, the observer.
 * Threads: one.
 * Errors:  what is wrong is said and counted; else they fail the test.
 */
#ifndef TESTS_VERDICT_H
#define TESTS_VERDICT_H

#include "tests/sync/kid.h"
#include "tests/sync/observer.h"
#include "tests/sync/world.h"

#include <stdbool.h>
#include <stddef.h>

struct verdict {
	struct imap *observer;
	char *cache_dir;
	struct world model;
	unsigned mails;                                    /* so many were written */
	bool quiet;                                        /* says nothing */
	unsigned kills, broken_off, second_looks, settled; /* how often; the harness counts */
	unsigned lost, doubled, cache, opened;             /* faults */
};
extern struct verdict verdict;

/* A person, not started, and everything anew; fill_n: mails in the inbox, or NULL. */
struct person *verdict_begin(const char *fill_n);
void verdict_end(struct person *p);

void verdict_say(const char *kind, const char *text);
/* What a child begins, and what it was told: it counts in the next look. */
void verdict_note(const struct kid_report *r);
void verdict_bad(const char *text); /* the engine did not open, crashed, hangs */

/* After a synchronisation: the server has what was done and a leading part of what was under way,
 * nothing twice, and the caches say the same. Then that is the model from now on.
 */
bool verdict_look(void);
/* It will not come right any more: counts and says what is wrong, and goes on from what is there.
 */
void verdict_count(void);
/* What was begun until now is settled. */
void verdict_settled(void);
unsigned verdict_faults(void);

/* Each mail from this one on that was taken into the outbox came once, or waits there to be looked
 * at. */
void verdict_mails(unsigned first);
bool verdict_came_twice(unsigned first); /* already, or is twice in Sent */
void verdict_no_rows(void);              /* none were shown yet */
/* What a killed child had shown is in the cache, and all of it is right: as the server had it. */
void verdict_rows(const struct seen *s);

#endif
