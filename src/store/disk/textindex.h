/*
 * textindex - which messages have which words in their text (textwords.h), for searches: the one
 * place that knows SQLite. Rebuildable.
 *
 * Owns:    the file, and two beside it (-wal, -shm), which other running copies may have open, too:
 *          any number reads, one writes (the one that has sync.lock).
 * Threads: any, one at a time for each handle. It waits for the disk: never on the UI or disk
 * thread.
 * Errors:  ERR_GONE (no file yet), ERR_DAMAGED (set aside when it is opened for writing),
 *          ERR_FULL, ERR_BUSY, ERR_CANCELLED, ERR_SYSTEM.
 *
 * What is in it is true after kill -9 and a power cut, as far as it was written: which messages are
 * indexed stands in the same transaction as their words, and messages are only ever said to be
 * without a word where they are indexed. That the last of it may be lost costs work, no truth: so
 * nothing is fsynced but when the log is copied into the file.
 *
 * The UID of a message and the numbering it is of mean one text for ever. What is taken out is not
 * found any more, but its words keep their room until all is built anew (textindex_worn).
 */
#ifndef STORE_TEXTINDEX_H
#define STORE_TEXTINDEX_H

#include "base/err.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct textindex;

/* A folder with a numbering. */
struct textindex_key {
	const char *folder;
	uint32_t uidvalidity;
};

/* For reading: ERR_GONE, or what is wrong with it. For writing: what is damaged, of another version
 * or cannot be read is set aside (PATH.old) and begun anew; *anew: or NULL; that there was one, and
 * it was. */
int textindex_open(
	struct textindex **out, const char *path, bool write, bool *anew, struct err *err);
void textindex_free(struct textindex *t);               /* NULL is fine */
int textindex_clear(const char *path, struct err *err); /* what is there, goes */
bool textindex_worn(struct textindex *t);               /* more was taken out of it than is in it */

/* The messages of the folder that are in it: ascending; free(). */
int textindex_has(struct textindex *t, const struct textindex_key *key, uint32_t **uids, size_t *n,
	struct err *err);

/* One transaction: each message with its words (a line each, none twice), and those that go. */
struct textindex_message {
	uint32_t uid;
	struct str words; /* owned */
};
int textindex_put(struct textindex *t, const struct textindex_key *key,
	const struct textindex_message *v, size_t n, const uint32_t *gone, size_t ngone,
	struct err *err);
/* The room taken while there was much to write is given back, in memory and on the disk. */
void textindex_rest(struct textindex *t);

/* What it says of each indexed message and each piece of text. */
enum { TEXTINDEX_NO, TEXTINDEX_YES, TEXTINDEX_MAYBE };
struct textindex_answers {
	uint32_t *uids; /* ascending */
	size_t n;
	uint8_t **of; /* by piece; NULL: it cannot tell; each by message: TEXTINDEX_ */
	size_t npieces;
};
/* Of folded pieces; NULL: nothing is asked. stop: set by others when nobody waits any more. */
int textindex_find(struct textindex *t, const struct textindex_key *key, const char *const *pieces,
	size_t npieces, const atomic_bool *stop, struct textindex_answers **out, struct err *err);
void textindex_answers_free(struct textindex_answers *a); /* NULL is fine */

#endif
