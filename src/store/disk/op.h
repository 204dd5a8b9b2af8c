/*
 * op - a change that the server has not confirmed, as a value.
 *
 * Owns:    its strings and UIDs (op_free).
 * Threads: any; values.
 * Errors:  none.
 */
#ifndef STORE_OP_H
#define STORE_OP_H

#include "base/mail.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

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
enum op_state {
	OP_QUEUED, /* never given to a connection */
	OP_SENT,   /* it was, so it may have been done: look before repeating */
};

struct op {
	uint64_t id; /* given by journal_add */
	enum op_kind kind;
	enum op_state state;
	char *folder; /* owned; UTF-8 name of the IMAP folder the UIDs are in; "" for OP_APPEND,
			 OP_CREATE */
	uint32_t uidvalidity;
	uint32_t *uids; /* owned; ascending once added */
	size_t n;
	uint32_t set, clear;                 /* enum mail_flag, server flags only */
	char *keywords_set, *keywords_clear; /* owned; space separated, may be "" */
	char *target;                        /* owned; folder name or "" */
	char *file;       /* owned; file name below the account's append/ directory, or "" */
	char *message_id; /* owned; for OP_APPEND; or "". With n 0 in the others: the messages are
			     those with these Message-IDs (space separated), and UIDs yet to be
			     found
			   */
	char *text;       /* owned; what to show for OP_APPEND; else "" and op_words says it */
	uint32_t unseen;  /* messages of them that were unread: for the folders' counts */
	bool exact; /* OP_FLAGS: each message had none of set and all of clear, so that the opposite
		       takes it back */
	bool marked;               /* the target was looked at before the command went out: */
	uint32_t mark_uidvalidity; /* 0: there was no such mailbox */
	uint32_t mark_uidnext;     /* what the command put there has UIDs from this one on */
};

enum { JOURNAL_MAX_UIDS = 100000 }; /* in one operation: cut larger ones into several */

struct op *op_new(enum op_kind kind); /* every string is "" */
struct op *op_copy(const struct op *op);
struct op *op_brief(const struct op *op);              /* as op_copy without the UIDs; n is kept */
void op_free(struct op *op);                           /* NULL is fine */
ptrdiff_t op_index(const struct op *op, uint32_t uid); /* -1: not one of its messages */
size_t op_common(const struct op *op, const uint32_t *uids, size_t n,
	uint32_t *out); /* those of the ascending uids that are its messages; returns how many */
void op_words(const struct op *op, struct str *out); /* "Move 3 messages from INBOX to Archive" */
/* Before it goes out for the first time the connection must look: repeating it may double
 * something, or which messages it is about is not known. */
bool op_needs_look(const struct op *op);
time_t op_since(const struct op *op); /* when the person did it */

#endif
