/*
 * localbox - the files of a local folder, a Maildir or an mbox alike.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  as maildir.h and mbox.h.
 *
 * A message is named by its file name up to ':' in a Maildir, by "OFFSET-LENGTH" in an mbox. An
 * mbox is only read.
 */
#ifndef STORE_LOCALBOX_H
#define STORE_LOCALBOX_H

#include "store/disk/maildir.h"

bool localbox_is(const char *path); /* a Maildir directory, or a regular file (an mbox) */
int localbox_need(const char *path, struct err *err); /* -1: it is not, and why */
bool localbox_is_mbox(const char *path);
uint64_t localbox_stamp(const char *path); /* changes when the folder did */
/* As maildir_scan. */
int localbox_scan(const char *path, int (*fn)(void *ctx, const struct maildir_entry *e), void *ctx,
	struct err *err);
/* As maildir_read; more than max bytes: ERR_INPUT. */
int localbox_read(const char *path, const char *base, size_t max, struct str *out, struct err *err);

#endif
