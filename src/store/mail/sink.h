/*
 * sink - where copied messages go: a new mbox file, a Maildir directory, or a folder of an account.
 *
 * Owns:    the messages it holds back to write them together; the mbox file until it is complete.
 * Threads: disk thread only.
 * Errors:  ERR_INPUT (an mbox of that name exists), ERR_FULL, ERR_SYSTEM. Messages put before the
 * failing one and flushed are there to stay; an mbox file appears whole or not at all.
 *
 * What is there already is not written twice, so that a copy that was cut short can be run again: a
 * Maildir recognises the very bytes by a checksum in the file name, a folder compares the message
 * with those of the same identity (on a server, whose bytes are not here, by identity and size).
 * Two equal messages of one run are both written: only what was there before it counts.
 *
 * What is there already gets the marks that it lacks: read, answered, flagged, forwarded, keywords.
 * None is taken away. Where the same message is there several times, it is enough that one has them
 * all. A folder that is only read, or a message whose upload is not through, gets none.
 */
#ifndef STORE_SINK_H
#define STORE_SINK_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

struct sink;
struct folder;

int sink_mbox(struct sink **out, const char *path, struct err *err);
/* A folder of the Maildir++ tree at root, INBOX: root itself; made when missing. */
int sink_maildir(struct sink **out, const char *root, const char *folder, struct err *err);
/* The folder must be in use (folder_use) and stay so until sink_free. */
struct sink *sink_folder(struct folder *f);
void sink_free(struct sink *s); /* what was not flushed is not written; NULL is fine */

/*
 * One message; its bytes are taken out of *message. flags: enum mail_flag; keywords: "" or
 * those it has, of which a Maildir takes as many as it has room for; received: seconds since
 * 1970. 0: taken (written with the next flush at the latest), 1: there already, -1. Marks that it
 * lacks there are set with the next flush at the latest.
 */
int sink_put(struct sink *s, struct str *message, uint32_t flags, const char *keywords,
	uint32_t received, struct err *err);
/* All that was put is durable when it returns 0. Maildir: also read back and compared. */
int sink_flush(struct sink *s, struct err *err);
/* How many that were there already got marks, of those that are flushed. */
/* So many of those that were put are in no safe place yet: a _flush, _put or _end that fails loses
 * them. An mbox has none before _end. */
size_t sink_held(const struct sink *s);
size_t sink_marked(const struct sink *s);
/* Flushes; an mbox is read back, compared by its count of messages, and gets its name. */
int sink_end(struct sink *s, struct err *err);

#endif
