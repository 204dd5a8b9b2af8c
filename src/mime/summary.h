/*
 * summary - what lists, threads and searches need of one message, as a value.
 *
 * Owns:    struct columns owns its arrays (columns_done); struct summary borrows its strings unless
 * summary_copy made it. Threads: any; values. Errors:  none.
 */
#ifndef MIME_SUMMARY_H
#define MIME_SUMMARY_H

#include "base/mail.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct summary {
	uint32_t uid;      /* never 0; IMAP UID, or a number the store gave a local message */
	uint32_t flags;    /* enum mail_flag */
	uint32_t received; /* seconds since 1970 (INTERNALDATE, or arrival) */
	uint32_t sent;     /* Date header; 0: none */
	uint32_t size;     /* octets */
	unsigned char identity[16]; /* envelope_identity: the same message by IMAP and by POP3 */
	/* clean UTF-8 of one line, never NULL */
	const char *keywords; /* space separated */
	const char *from_name, *from_mail;
	const char *to, *cc; /* "Name <mail>, mail": everybody (digest_recipients) */
	const char *subject;
	const char *message_id; /* without < > */
	const char *references; /* ids without < >, space separated, oldest first, the last is the
				   parent */
	const char
		*file; /* local messages: base name in the Maildir without flags; of a
			* placeholder: when it was asked for last, in seconds since 1970; else "" */
};

/* A copy that owns its strings; free with summary_free. */
struct summary *summary_copy(const struct summary *s);
void summary_free(struct summary *s); /* only what summary_copy made; NULL is fine */
/* The row of a message that the server does not give: its subject says why, its file when it was
 * asked for, which is now. summary_free. */
struct summary *summary_placeholder(uint32_t uid, const char *why);
/* Whether it is to be asked for again: an hour after that, or when a clock was put back. */
bool summary_is_due(const struct summary *placeholder);

/* The first of such a list, by name, else by mail: what an index column shows. */
void summary_first(struct str *out, const char *recipients);

/* The fixed part of every message of a folder, by ascending UID, as arrays (26 bytes a message). */
struct columns {
	size_t n;
	uint32_t *uid, *flags, *received, *sent, *size;
	uint32_t *
		parent; /* UID of the message this one answers, in the same folder; 0: none known */
	uint16_t *keyset; /* index into the folder's keyword sets (cache_keyset), 0: none */
};
void columns_done(struct columns *c);
void columns_resize(struct columns *c, size_t n); /* new rows are zero */
/* Row i of from becomes row at of to, which has it already; both may be the same columns. */
void columns_copy_row(struct columns *to, size_t at, const struct columns *from, size_t i);
/* The row of uid, or, when it is not there, ~ of the row where it would stand (bit complement, so
 * negative as ssize_t). */
ptrdiff_t columns_find(const struct columns *c, uint32_t uid);

#endif
