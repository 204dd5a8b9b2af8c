/*
 * wal - an append-only log of checksum-chained records; the commit point of everything the store
 * writes.
 *
 * Owns:    the open file. One never-renamed lock file guards writers of several processes; readers
 * need no lock. Threads: disk thread only. Errors:  ERR_FULL, ERR_SYSTEM, ERR_BUSY (lock),
 * ERR_DAMAGED (header).
 *
 * File: a 64-byte header (magic, version, 40 bytes of the user's own, CRC-32C), then records:
 * length u32, type u16, flags u16, sequence u64, CRC-32C seeded with the previous record's CRC,
 * payload. All integers little-endian. A reader stops at the first record that does not verify (a
 * torn tail) and goes on from there next time; the next writer cuts such a tail off. Used for the
 * header cache's change log (headers.wal) and for the journal (ops.wal).
 */
#ifndef STORE_WAL_H
#define STORE_WAL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WAL_USER_HEADER = 40, WAL_MAX_RECORD = 1 << 20 };

struct wal;

struct wal_record {
	uint16_t type; /* the user's own */
	const void *p; /* borrowed during the callback */
	size_t len;    /* bytes, at most WAL_MAX_RECORD */
	uint64_t sequence;
};
/* Non-zero stops the reading with that value. */
typedef int wal_record_fn(void *ctx, const struct wal_record *r);

/* magic: 8 bytes. Opens path; creates it with user_header when missing (NULL: missing is ERR_GONE).
 * lock_path: see file_lock. */
int wal_open(struct wal **out, const char *path, const char *lock_path, const char magic[8],
	const unsigned char user_header[WAL_USER_HEADER], struct err *err);
void wal_free(struct wal *w); /* NULL is fine; does not sync */
const unsigned char *wal_user_header(const struct wal *w);

/* Reads what is new since the last wal_read/wal_append. 1: the path now names another file (a
 * compaction elsewhere): reopen. */
int wal_read(struct wal *w, wal_record_fn *fn, void *ctx, struct err *err);

/* Appends all or nothing: lock, wal_read of what others added (given to fn), cut a torn tail,
 * write. durable: fdatasync before return. 1: the path names another file now, nothing was written:
 * reopen and repeat. */
int wal_append(struct wal *w, const struct wal_record *records, size_t n, bool durable,
	wal_record_fn *fn, void *ctx, struct err *err);
int wal_sync(struct wal *w, struct err *err); /* fdatasync */
uint64_t wal_size(const struct wal *w);       /* bytes that verified so far */
/* wal_size, remembered: wal_rewrite from there need not read what is before. */
uint64_t wal_mark(struct wal *w);
uint64_t wal_sequence(const struct wal *w); /* of the last verified record */

/*
 * Replaces the log by one with a new user header and the given records, then those appended by
 * others since `from` bytes (re-chained): written beside, fsynced, directory fsynced, renamed,
 * directory fsynced: the rename is the commit point. Under the lock. keep_old: the former file
 * stays as path.old.
 */
int wal_rewrite(struct wal *w, const unsigned char user_header[WAL_USER_HEADER],
	const struct wal_record *records, size_t n, uint64_t from, bool keep_old, struct err *err);

#endif
