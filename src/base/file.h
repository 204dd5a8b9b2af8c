/*
 * file - whole files, durable replacement, locks.
 *
 * Owns:    nothing.
 * Threads: any but the UI thread (all of it may wait for the disk).
 * Errors:  ERR_SYSTEM, ERR_FULL, ERR_GONE (no such file), ERR_INPUT (larger than allowed), ERR_BUSY
 * (lock).
 *
 * "Durable" means: the bytes are fsynced, the name points to them, and the directory is fsynced, in
 * that order.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>
#include <sys/types.h>

/* Appends the whole file to out; a file of more than max bytes is ERR_INPUT. After a failure out is
 * as it was, and holds no memory if it was empty. */
int file_read(const char *path, size_t max, struct str *out, struct err *err);

/* Writes everything or fails; continues after EINTR and short writes. path is named in the error.
 */
int file_write_all(int fd, const char *path, const void *p, size_t len, struct err *err);

/* Replaces path durably: temporary file beside it, fsync, rename, fsync of the directory. Old or
 * new, never half. */
int file_replace(const char *path, const void *p, size_t len, mode_t mode, struct err *err);

/*
 * Gives a file another name, and replaces nothing that has it: 0, or -1 and errno (EEXIST: there is
 * one). Nothing is durable before the directory is fsynced. Where the file system knows no such
 * rename, both names are there for a moment; where it knows no second names either, a file that
 * gets the name in that very moment is replaced.
 */
int file_rename_new(const char *from, const char *to);

/*
 * Makes the file in which path is written until it is whole: PATH.part, or PATH.1.part and so on
 * when another run left that behind or is at it. Open for reading and writing; *part is owned by
 * the caller. -1.
 */
int file_open_part(const char *path, char **part, struct err *err);

int file_sync_dir(const char *dir, struct err *err); /* fsync of a directory */
int file_sync_parent(const char *path, struct err *err);

/* mkdir -p with mode 0700; each new directory is fsynced into its parent. */
int file_make_dirs(const char *path, struct err *err);

/* Removes a directory with everything in it, not following links. Missing is fine. */
int file_remove_tree(const char *path, struct err *err);

/*
 * Opens (creates) a lock file and takes flock(LOCK_EX), trying for wait_ms milliseconds (0: once).
 * Returns the fd, -1 with ERR_BUSY when another process holds it. The file is never renamed or
 * removed. Close to unlock.
 */
int file_lock(const char *path, int wait_ms, struct err *err);
/* The same by flock(LOCK_SH): several may have it at once, and nobody file_lock meanwhile. */
int file_lock_shared(const char *path, int wait_ms, struct err *err);

bool file_exists(const char *path);
/* Another one when the file did change, by time, size and inode; 0: it is not there. */
uint64_t file_stamp(const char *path);

/*
 * Makes a safe file name out of text from outside: no '/', NUL, control or hidden characters, no
 * leading dot or dash, at most 200 bytes, never empty ("unnamed"). The caller frees.
 */
char *file_safe_name(const char *name);

/*
 * Expands a leading "~/" and "$NAME" or "${NAME}" in a path the user wrote. The caller frees.
 */
char *file_expand(const char *path);

/* Whether path, which need not be there yet, is dir or below it, whatever links lead there. */
bool file_inside(const char *path, const char *dir);

char *file_join(const char *dir, const char *name); /* dir/name; free() */

#endif
