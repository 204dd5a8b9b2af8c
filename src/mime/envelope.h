/*
 * envelope - the header fields of a message that lists, threads and replies need, as clean values.
 *
 * Owns:    its strings until envelope_done.
 * Threads: any; pure functions.
 * Errors:  none: any bytes give an envelope; what is missing is empty or 0.
 */
#ifndef MIME_ENVELOPE_H
#define MIME_ENVELOPE_H

#include "mime/addr.h"

#include <stdint.h>
#include <time.h>

struct envelope {
	struct addr_list from, sender, reply_to, to, cc, bcc;
	char *subject;    /* owned; decoded, one clean line; "" when there is none */
	char *message_id; /* owned; without < >, clean ASCII/UTF-8 without blanks; "" when there is
			     none */
	char *date_raw; /* owned; the Date field unfolded and trimmed, clean; "" when there is none
			 */
	time_t date;    /* seconds since 1970; 0 when there is none or it cannot be read */
	struct strv in_reply_to; /* ids without < > */
	struct strv references;  /* oldest first, at most the last 50 */
	char *list_id;           /* owned; the id inside < > of List-Id (RFC 2919), or "" */
	char *list_post;         /* owned; the mailto address of List-Post (RFC 2369), or "" */
	char *content_type; /* owned; "type/subtype" in lower case, "text/plain" when there is none
			     */
};

/* Reads the header block at [p, p+len); a body behind it is not looked at. */
void envelope_parse(struct envelope *e, const char *p, size_t len);
void envelope_done(struct envelope *e);

/*
 * The identity of a message across protocols: the first 16 bytes of a SHA-256 over Message-ID and
 * Date, or, without a Message-ID, over Date, From, To and Subject. Same mail fetched by IMAP and by
 * POP3: same identity.
 */
void envelope_identity(const struct envelope *e, unsigned char id[16]);

/* The header fields, space separated, that a row of a list and the identity are made of: what an
 * IMAP index fetch asks for. A server repeats their names with every message. */
extern const char SUMMARY_FIELDS[];

#endif
