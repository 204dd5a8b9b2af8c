/*
 * journal_priv - what journal.c, ledger.c and op.c share: the records of ops.wal and their state.
 *
 * Owns:    struct journal and all in it.
 * Threads: disk thread only.
 * Errors:  a record that verified but cannot be read is kept in the file and skipped (foreign).
 */
#ifndef STORE_JOURNAL_PRIV_H
#define STORE_JOURNAL_PRIV_H

#include "store/disk/journal.h"
#include "store/disk/wal.h"

enum journal_record {
	REC_ADD = 1,           /* an operation as the first version wrote it */
	REC_SENT = 2,          /* id u64 */
	REC_DONE = 3,          /* id u64 */
	REC_LEDGER = 4,        /* entries of LEDGER_BYTES */
	REC_LEDGER_FORGET = 5, /* keys of 16 bytes */
	REC_OP = 6,            /* op_encode */
	REC_EXTEND = 7,        /* id u64, unseen u32, UIDs as in op_encode; void once it was sent */
	REC_SHRINK = 8,        /* the same */
	REC_SENT_MARKED = 9,   /* id u64, marked u8, mark uidvalidity u32, mark uidnext u32,
				* uidvalidity u32, UIDs: none leaves those that are there */
};

enum {
	LEDGER_BYTES = 41, /* uidl 16, identity 16, fetched u32, size u32, enum ledger_mark u8 */
	LEDGER_A_RECORD = WAL_MAX_RECORD / LEDGER_BYTES,
	KEYS_A_RECORD = WAL_MAX_RECORD / 16,
};

/* An older program takes any of them for deleted, and deletes nothing. */
enum ledger_mark { LEDGER_DELETED = 1, LEDGER_PART = 2, LEDGER_DROP = 4 };

/* Entries in no order; slots is a hash table of their indexes + 1 (the keys are keyed hashes). */
struct ledger {
	struct ledger_entry *v;
	size_t n, cap;
	uint32_t *slots;
	size_t n_slots; /* a power of two, or 0 */
};

struct journal {
	char *path, *lock_path;
	struct wal *wal;
	unsigned char key[16]; /* for ledger_key */
	struct op **ops;
	size_t n, cap;
	struct ledger ledger;
	bool doubted;     /* ledger_doubt; not on disk, and outlives reading that anew */
	uint64_t changes; /* records applied so far */
	uint64_t ours;    /* of these */
	bool took;        /* the last REC_EXTEND or REC_SHRINK found its operation still waiting */
	bool damaged;
	bool foreign; /* a record of another version: the log must not be rewritten without it */
};

/* Records on their way to the log: payloads in one buffer. */
struct batch {
	struct str bytes;
	struct {
		uint16_t type;
		size_t at, len;
	} * v;
	size_t n, cap;
};
void batch_end(struct batch *b, uint16_t type, size_t at); /* the bytes since at are a record */
void batch_done(struct batch *b);
int journal_append(struct journal *j, const struct batch *b, struct err *err);

/* Takes a record into the state; always 0 (a wal_record_fn). */
int journal_apply(void *journal, const struct wal_record *r);
void journal_forget_state(struct journal *j);

/* op.c. -1: the bytes are no operation, or no UIDs. */
void op_encode(struct str *out, const struct op *op);
int op_decode(const unsigned char *p, size_t len, struct op **out);
int op_decode_first(const unsigned char *p, size_t len, struct op **out); /* REC_ADD */
void op_encode_uids(struct str *out, const uint32_t *uids, size_t n);     /* ascending */
int op_decode_uids(const unsigned char **p, const unsigned char *end, uint32_t **uids, size_t *n);

/* ledger.c */
bool ledger_apply(struct ledger *l, const unsigned char *p, size_t len);
bool ledger_apply_forget(struct ledger *l, const unsigned char *p, size_t len);
void ledger_batch(struct batch *b, const struct ledger_entry *entries, size_t n);
void ledger_done(struct ledger *l);

#endif
