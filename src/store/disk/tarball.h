/*
 * tarball - a .tar.gz of files, read back before it counts as written; and what is in other
 * archives: the one place that knows libarchive.
 *
 * Owns:    the file being made, PATH.part, until tarball_commit gives it its name.
 * Threads: disk thread; nothing here is shared. Every call but tarball_end does a bounded piece of
 * work, so that a large backup can be made in slices.
 * Errors:  ERR_FULL, ERR_SYSTEM, ERR_INPUT (PATH is taken). After -1 the only thing left to do is
 * tarball_free, which removes what was written.
 *
 * The order of use: tarball_new, for each file tarball_file and tarball_more until it says 0,
 * tarball_end, tarball_check until it says 0, tarball_commit. The format is pax without extensions
 * where they are not needed (POSIX.1-2001), which every tar reads.
 */
#ifndef STORE_TARBALL_H
#define STORE_TARBALL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tarball;

/* path must not exist. */
int tarball_new(struct tarball **out, const char *path, struct err *err);
void tarball_free(struct tarball *t); /* NULL is fine */

/* An empty directory; name is relative, without "..". */
int tarball_dir(struct tarball *t, const char *name, struct err *err);
/*
 * Begins a file of the archive: the first size octets of fd, which is closed when they are copied
 * or t is freed. A file that turns out shorter fails the backup: what was read of it is no whole
 * mail.
 */
int tarball_file(
	struct tarball *t, const char *name, int fd, uint64_t size, int64_t mtime, struct err *err);
int tarball_more(struct tarball *t, struct err *err); /* 1: not all of it yet; 0; -1 */

/* No more files: everything is on the disk when it returns. */
int tarball_end(struct tarball *t, struct err *err);
/* Reads back, from the disk where the system lets us, a piece of the archive and compares names,
 * sizes and checksums with what was put in. 1: not through yet; 0: all is there; -1. */
int tarball_check(struct tarball *t, struct err *err);
/* Gives the file its name, durably; fails when the name was taken meanwhile. */
int tarball_commit(struct tarball *t, struct err *err);

/*
 * What an archive of any usual kind that is in memory holds (tar, zip, 7z, rar, cab, cpio, and
 * packed ones), one entry after the other. Any thread. Of what only unpacking tells, no more than
 * TARBALL_UNPACKED_MAX octets are unpacked. 0; 1: there is more, which was not looked at, because
 * of that, or fn said that it is enough; -1: it is no archive, or damaged from there on.
 */
enum { TARBALL_UNPACKED_MAX = 128 * 1024 * 1024 };
struct tarball_entry {
	const char *name; /* any bytes */
	uint64_t size;
	int64_t mtime; /* 0: not said */
	bool dir, encrypted;
};
typedef bool tarball_entry_fn(void *ctx, const struct tarball_entry *e);
int tarball_list(const char *p, size_t len, tarball_entry_fn *fn, void *ctx, struct err *err);

uint64_t tarball_octets(const struct tarball *t); /* of files put in so far, uncompressed */
uint64_t tarball_size(const struct tarball *t);   /* of the archive; after tarball_end */

#endif
