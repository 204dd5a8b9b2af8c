/*
 * account - one account, for everybody below: made, and what is noted about it, to be done where
 * nothing is half done. What opens its files and ends it is accounts.h.
 *
 * Owns:    the store owns the accounts.
 * Threads: disk thread only.
 * Errors:  none.
 */
#ifndef STORE_ACCOUNT_H
#define STORE_ACCOUNT_H

#include <stdbool.h>

struct account;
struct store;

enum account_kind {
	ACCOUNT_OPENED, /* of the configuration, with all its files */
	ACCOUNT_FAILED, /* the same, but its files could not be opened: only its number and why */
	ACCOUNT_PATH,   /* talaria -f DIR: one local folder, no server, no journal, no setup */
};

struct account *account_new(struct store *s, enum account_kind kind, int index);
/* talaria -f DIR: an account of its own with one local folder, keyed by the path. */
struct account *account_path(struct store *s);
/* What waits has changed: the engine is told before the next final event, at the latest when what
 * is at hand is through. */
void account_pending(struct account *a);
void account_outbox(struct account *a);

/* What is only noted, and done by the loop where nothing is half done. */
enum account_note {
	NOTE_PENDING = 1 << 0, /* account_pending */
	NOTE_SETTLES = 1 << 1, /* account_settles */
	NOTE_REPLAYS = 1 << 2, /* account_replays */
};

bool account_takes(struct account *a, enum account_note note); /* was it? Not any more. */
/* What may have been waited for is through: REQUEST_SYNC is answered soon, if nothing is left. */
void account_settles(struct account *a);
/* The oldest operation of the journal may be due: the loop looks soon. */
void account_replays(struct account *a);

#endif
