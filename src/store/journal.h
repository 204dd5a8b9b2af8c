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
#include "store/summary.h"

struct journal;

enum op_kind {
	OP_FLAGS,   /* add `set` and `keywords_set`, take `clear` and `keywords_clear` away:
		       idempotent */
	OP_MOVE,    /* to target */
	OP_COPY,    /* to target */
	OP_EXPUNGE, /* for good */
	OP_APPEND, /* the file `file` into target (a copy in Sent, an upload); checked by Message-ID
		      before it is repeated */
	OP_CREATE, /* folder `target` */
};
enum op_state { OP_QUEUED, OP_SENT /* on its way: look before repeating */ };

struct op {
	uint64_t id; /* given by journal_add */
	enum op_kind kind;
	enum op_state state;
	char *folder; /* owned; UTF-8 name of the IMAP folder the UIDs are in; "" for OP_APPEND,
			 OP_CREATE */
	uint32_t uidvalidity;
	uint32_t *uids; /* owned */
	size_t n;
	uint32_t set, clear;                 /* enum mail_flag, server flags only */
	char *keywords_set, *keywords_clear; /* owned; space separated, may be "" */
	char *target;                        /* owned; folder name or "" */
	char *file;       /* owned; file name below the account's append/ directory, or "" */
	char *message_id; /* owned; for OP_APPEND, OP_COPY, OP_MOVE of one message; or "" */
	char *text;       /* owned; what to show in the list of pending operations */
};

enum { JOURNAL_MAX_UIDS = 100000 }; /* in one operation: cut larger ones into several */

struct op *op_new(enum op_kind kind); /* every string is "" */
struct op *op_copy(const struct op *op);
void op_free(struct op *op); /* NULL is fine */

int journal_open(struct journal **out, const char *account_dir, struct err *err);
void journal_free(struct journal *j);
bool journal_damaged(const struct journal *j); /* a bad tail was found and copied aside */

int journal_add(struct journal *j, struct op *op,
	struct err *err); /* keeps a copy; sets op->id; durable.
ERR_INPUT: more than JOURNAL_MAX_UIDS, or texts of about a megabyte */
int journal_sent(struct journal *j, uint64_t id, struct err *err); /* ERR_GONE: not pending */
int journal_done(struct journal *j, uint64_t id,
	struct err *err); /* confirmed, refused or cancelled: forgotten; not pending is fine */
size_t journal_count(const struct journal *j);
const struct op *journal_at(
	const struct journal *j, size_t i); /* in order of age; borrowed until the next change */
const struct op *journal_find(const struct journal *j, uint64_t id);
int journal_refresh(
	struct journal *j, struct err *err); /* 1: another running copy added something, 0, -1 */

/* --- POP3 ledger --- */
struct ledger_entry {
	unsigned char uidl[16];     /* keyed hash of the UIDL: ledger_key */
	unsigned char identity[16]; /* envelope_identity of the message */
	uint32_t fetched;           /* when it became durable here, seconds since 1970 */
	uint32_t size;
	bool deleted; /* DELE confirmed by QUIT */
};
void ledger_key(const struct journal *j, const char *uidl, unsigned char key[16]);
const struct ledger_entry *ledger_get(
	const struct journal *j, const unsigned char key[16]); /* NULL: never fetched */
int ledger_add(struct journal *j, const struct ledger_entry *entries, size_t n,
	struct err *err); /* one fdatasync for all */
int ledger_forget(struct journal *j, const unsigned char (*keys)[16], size_t n,
	struct err *err); /* gone from the server */
size_t ledger_count(const struct journal *j);
/* Keys in the ledger that are not among present (sorted by memcmp): their mails left the server.
 * Returns n, *out owned by the caller. */
size_t ledger_missing(const struct journal *j, const unsigned char (*present)[16], size_t n,
	unsigned char (**out)[16]);

/* Rewrites the log when it is over 1 MiB and more than half of it is no longer needed; keeps the
 * former one. */
int journal_compact(struct journal *j, struct err *err);

#endif
