/*
 * build - a message from what a person wrote: draft file <-> struct, struct -> bytes ready for
 * SMTP.
 *
 * Owns:    the strings of a struct draft until draft_done.
 * Threads: any; pure but for random boundaries and ids (base/hash).
 * Errors:  ERR_INPUT for what cannot be sent (names the field), with nothing written.
 *
 * A draft file is what the editor sees: "From:", "To:", "Cc:", "Bcc:", "Subject:", "Reply-To:",
 * "Attach:" lines and any other header line, one empty line, the body in UTF-8. Unknown header
 * lines are kept and sent (cleaned of CR/LF).
 */
#ifndef MIME_BUILD_H
#define MIME_BUILD_H

#include "mime/addr.h"
#include "mime/envelope.h"

#include <time.h>

struct draft {
	char *from, *to, *cc, *bcc, *reply_to,
		*subject;   /* owned UTF-8 as typed, never NULL after init */
	char *in_reply_to;  /* owned; id without < >, or "" */
	char *references;   /* owned; ids with < >, space separated, or "" */
	char *message_id;   /* owned; "" until draft_make_id; stays the same for retries */
	struct strv attach; /* file paths */
	struct strv extra;  /* other header lines "Name: value" */
	char *body;         /* owned UTF-8, LF line ends */
};

void draft_init(struct draft *d);
void draft_done(struct draft *d);

void draft_write(const struct draft *d, struct str *out); /* the editor's text */
void draft_read(
	struct draft *d, const char *text, size_t len); /* never fails: odd lines go to the body */

/* A draft that is kept in a file, as lists show it and the editor opens it. */
struct draft_info {
	char *id, *path, *text; /* text: the whole file */
	char *from, *to, *cc, *bcc, *subject;
	struct strv attach; /* file paths */
};
void draft_infos_free(struct draft_info *v, size_t n); /* of mem_array; NULL with n 0 is fine */

/* A new random Message-ID under the domain of the from address (or "localhost.invalid"); keeps an
 * existing one. */
void draft_make_id(struct draft *d);

/*
 * Checks everything and appends the message with CRLF line ends: Date (given), From, To, Cc,
 * Subject, Message-ID, In-Reply-To, References, MIME-Version, Content-*; text/plain UTF-8 as
 * 7bit/8bit or quoted-printable; multipart/mixed with attachments as base64 (names by RFC 2231 and
 * RFC 2047). Bcc never appears. Header fields over 78 columns are folded. recipients gets every
 * address of To, Cc and Bcc once. Attachments are read from disk here (disk thread). No line is
 * longer than 998 octets (RFC 5322 2.1.1). Non-ASCII bodies use quoted-printable, so the bytes are
 * 7 bit.
 */
int draft_build(const struct draft *d, time_t date, struct str *message,
	struct addr_list *recipients, struct err *err);

enum draft_reply { DRAFT_REPLY, DRAFT_REPLY_ALL, DRAFT_REPLY_LIST };

/*
 * Fills d as an answer: addresses (Reply-To, Mail-Followup-To, List-Post; own addresses left out),
 * "Re: " subject, In-Reply-To, References (RFC 5322 3.6.4), the quoted body with an attribution
 * line. own: our addresses.
 */
void draft_reply(struct draft *d, enum draft_reply kind, const struct envelope *e,
	const char *header, size_t header_len, const char *quotable, const struct strv *own,
	const char *from);
/* Fills d as a forward: "Fwd: " subject, header summary and body inline. */
void draft_forward(
	struct draft *d, const struct envelope *e, const char *quotable, const char *from);
/* Fills d from a mailto: URI (RFC 6068): to, cc, bcc, subject, body, in-reply-to; attach= and
 * others are ignored. */
int draft_mailto(struct draft *d, const char *uri, struct err *err);
/* Fills d from a stored message (a draft that was kept on a server): addresses, subject, ids and
 * the first text. Attachments are not taken along: they are no files here. */
void draft_from_message(struct draft *d, const char *message, size_t len);

/*
 * Appends the message with a header of ASCII alone, for a relay without SMTPUTF8 (RFC 6531): what
 * is not ASCII is encoded, and addresses that have no such form become empty groups that name them.
 * The body is as it was.
 */
void build_ascii(struct str *out, const char *message, size_t len);

#endif
