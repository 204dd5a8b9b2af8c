/*
 * journal - ops.wal of an account: operations the server has not confirmed, and the POP3 ledger of
 * what was fetched.
 *
 * Owns:    the log and its replayed state in memory.
 * Threads: disk thread only.
 * Errors:  ERR_FULL, ERR_SYSTEM, ERR_BUSY. Nothing here can be rebuilt: every change is fdatasynced
 * before the call returns, a bad tail is copied aside before it is cut (journal_damaged says so).
 *
 * Two running copies may have it open: each append reads the other's records first.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/err.h"
#include "base/str.h"
#include "store/disk/op.h"

#include <time.h>

struct journal;

int journal_open(struct journal **out, const char *account_dir, struct err *err);
void journal_free(struct journal *j);
bool journal_damaged(const struct journal *j); /* a bad tail was found and copied aside */

/* Several, by one wait for the disk: all, or none. */
int journal_add_many(struct journal *j, struct op **ops, size_t n, struct err *err);
int journal_add(struct journal *j, struct op *op,
	struct err *err); /* keeps a copy; sets op->id; durable.
ERR_INPUT: more than JOURNAL_MAX_UIDS, or texts of about a megabyte. Puts the UIDs into order */
/*
 * Messages that join an operation, or leave it; unseen of them are unread. It is forgotten when
 * none are left. One record of a few bytes, however large the operation is. 1: it was given to a
 * connection meanwhile or is no longer there, nothing changed.
 */
int journal_extend(struct journal *j, uint64_t id, const uint32_t *uids, size_t n, uint32_t unseen,
	struct err *err);
int journal_shrink(struct journal *j, uint64_t id, const uint32_t *uids, size_t n, uint32_t unseen,
	struct err *err);
int journal_sent(struct journal *j, uint64_t id, struct err *err); /* ERR_GONE: not pending */
/* The same, with what the connection found before: the mark of *found, and its UIDs and
 * UIDVALIDITY when it has any. */
int journal_sent_marked(struct journal *j, uint64_t id, const struct op *found, struct err *err);
int journal_done(struct journal *j, uint64_t id,
	struct err *err); /* confirmed, refused or cancelled: forgotten; not pending is fine */
size_t journal_count(const struct journal *j);
const struct op *journal_at(
	const struct journal *j, size_t i); /* in order of age; borrowed until the next change */
const struct op *journal_find(const struct journal *j, uint64_t id);
int journal_refresh(
	struct journal *j, struct err *err); /* 1: another running copy added something, 0, -1 */
/* Changes with what another copy added, whichever call came upon it: each reads the others' first.
 */
uint64_t journal_news(const struct journal *j);

/* --- POP3 ledger --- */
struct ledger_entry {
	unsigned char uidl[16];     /* keyed hash of the UIDL: ledger_key */
	unsigned char identity[16]; /* envelope_identity of the message */
	uint32_t fetched;           /* when it became durable here, seconds since 1970 */
	uint32_t size;
	bool deleted; /* DELE confirmed by QUIT */
	bool part;    /* only its beginning is here: it must not be deleted */
	bool drop;    /* deleted here for good: it may go on the server too */
};
void ledger_key(const struct journal *j, const char *uidl, unsigned char key[16]);
const struct ledger_entry *ledger_get(
	const struct journal *j, const unsigned char key[16]); /* NULL: never fetched */
int ledger_add(struct journal *j, const struct ledger_entry *entries, size_t n,
	struct err *err); /* one fdatasync for all */
int ledger_forget(struct journal *j, const unsigned char (*keys)[16], size_t n,
	struct err *err); /* gone from the server */
/* It is of another server than the account's, or may be: a UIDL alone says nothing then. For as
 * long as the journal is open. */
void ledger_doubt(struct journal *j, bool doubted);
bool ledger_is_doubted(const struct journal *j);
size_t ledger_count(const struct journal *j);
/* The i-th entry, in no order; borrowed until the next change. */
const struct ledger_entry *ledger_at(const struct journal *j, size_t i);
/* Keys in the ledger that are not among present (sorted by memcmp): their mails left the server.
 * Returns n, *out owned by the caller. */
size_t ledger_missing(const struct journal *j, const unsigned char (*present)[16], size_t n,
	unsigned char (**out)[16]);

/* Rewrites the log when it is over 1 MiB and more than half of it is no longer needed; keeps the
 * former one. */
int journal_compact(struct journal *j, struct err *err);

#endif
