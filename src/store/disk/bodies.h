/*
 * bodies - message bodies fetched by IMAP, as files; rebuildable, least recently used go first.
 *
 * Owns:    the directory $XDG_CACHE_HOME/talaria/ACCOUNT/bodies.
 * Threads: disk thread only.
 * Errors:  ERR_GONE (not here), ERR_DAMAGED (length or checksum wrong: removed), ERR_FULL,
 * ERR_SYSTEM.
 *
 * One directory per folder (its cache_dir_for name), one file per message and piece:
 * "UIDVALIDITY.UID.eml" the whole message,
 * ".struct" (part_save text), ".head" (header block), ".SECTION" the encoded bytes of one part.
 * Each file ends in a line with length and CRC-32C, so that a file cut by a full disk is never
 * taken for a message.
 */
#ifndef STORE_BODIES_H
#define STORE_BODIES_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

struct bodies;

struct bodies_key {
	const char *folder; /* UTF-8 folder name */
	uint32_t uidvalidity, uid;
};

int bodies_open(struct bodies **out, const char *dir, uint64_t max_bytes, struct err *err);
void bodies_free(struct bodies *b);
/* piece: "eml", "struct", "head" or a section number. Temporary file and rename; not fsynced
 * (rebuildable). */
int bodies_put(struct bodies *b, const struct bodies_key *key, const char *piece, const char *p,
	size_t len, struct err *err);
int bodies_get(struct bodies *b, const struct bodies_key *key, const char *piece, struct str *out,
	struct err *err);
bool bodies_has(struct bodies *b, const struct bodies_key *key, const char *piece);
/* Every piece of these messages (ascending); the folder is read once. */
void bodies_remove(
	struct bodies *b, const char *folder, uint32_t uidvalidity, const uint32_t *uids, size_t n);
/* All that is kept of a folder goes, or gets another folder's name. */
void bodies_forget(struct bodies *b, const char *folder);
void bodies_rename(struct bodies *b, const char *from, const char *to);
/* The length of the body in the bytes of a whole file, checked against its last line. False:
 * damaged.
 */
bool bodies_verify(const char *p, size_t len, size_t *body);
void bodies_evict(struct bodies *b); /* down to max_bytes, oldest access first; called when idle */

#endif
