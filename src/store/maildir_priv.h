/*
 * maildir_priv - what the files of maildir share.
 *
 * Owns:    struct place owns its strings.
 * Threads: disk thread only.
 * Errors:  as maildir.h.
 */
#ifndef STORE_MAILDIR_PRIV_H
#define STORE_MAILDIR_PRIV_H

#include "store/maildir.h"

struct place {
	bool in_new;
	struct str name; /* the file name */
	struct str path;
};
void maildir_place_done(struct place *at);
void maildir_place_set(struct place *at, const char *dir, bool in_new, const char *name);

/* ":2," and the letters for flags; foreign letters of the former info stay (Dovecot's keywords are
 * a..z), unless they mean something else in the folder it goes to. */
void maildir_add_info(struct str *name, uint32_t flags, const char *former, bool same_folder);

/* Calls fn on the file, again while other programs rename it under our hands. fn: 0, -1 with err,
 * or 1: it was not there. */
typedef int maildir_place_fn(void *ctx, struct place *at, struct err *err);
int maildir_with_message(
	const char *dir, const char *base, maildir_place_fn *fn, void *ctx, struct err *err);
int maildir_sync_sub(const char *dir, bool in_new, struct err *err);

/* maildir_deliver.c */
void maildir_new_base(struct str *out, const char *tag, size_t size);
/* Never over a file that is there: it would be another message. */
int maildir_rename_new(const char *from, const char *to);
/* Writes bytes under tmp, durably, and gives them their name in cur or new. */
int maildir_store(const char *dir, const char *base, const struct place *to, const char *p,
	size_t len, struct err *err);

#endif
