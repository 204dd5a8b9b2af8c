/*
 * build - a mail that is being written, as a value: the fields, the text and the files of it. What
 * the editor's file says (text with header lines), how answers and forwards begin, and the message
 * that all of it becomes (with mime/letter.h, which keeps what it does not understand).
 *
 * Owns:    the strings of a struct draft until draft_done.
 * Threads: any; pure but for random boundaries and ids (base/hash) and files that are read.
 * Errors:  ERR_INPUT for what cannot be sent (names the field), with nothing written.
 *
 * The editor's file: "From:", "To:", "Cc:", "Bcc:", "Subject:", "Reply-To:", "Attach:" lines and
 * any other header line, one empty line, the body in UTF-8. Unknown header lines are kept and sent
 * (cleaned of CR/LF). "Attach: [2] name" is the second file of the mail, any other the path of a
 * file: who takes a line out takes the file away.
 */
#ifndef MIME_BUILD_H
#define MIME_BUILD_H

#include "mime/addr.h"
#include "mime/envelope.h"
#include "mime/part.h"

#include <time.h>

/* A part of the mail besides its text: a file, a picture, a message that is passed on. */
struct draft_file {
	char *key;     /* owned; the same for the life of the draft */
	char *name;    /* owned; clean; "" when there is none */
	char *type;    /* owned; "application/pdf" */
	uint64_t size; /* octets, about; 0: not known */
	bool inside; /* of the HTML version or another part: with a changed text it stays as a file
		      */
	/* Where the next save takes it from, when it is not in the stored message: */
	char *path; /* owned; a file, copied into the message; or NULL */
	struct str
		part; /* owned; header lines and body as in the message it comes from; or empty */
	bool lost;    /* the file could not be read: its path is kept in the draft */
};

struct draft {
	char *from, *to, *cc, *bcc, *reply_to,
		*subject;  /* owned UTF-8 as typed, never NULL after init */
	char *in_reply_to; /* owned; id without < >, or "" */
	char *references;  /* owned; ids with < >, space separated, or "" */
	char *message_id;  /* owned; "" until draft_make_id; stays the same from then on */
	struct strv extra; /* other header lines "Name: value" */
	char *body;        /* owned UTF-8, LF line ends */
	bool html; /* the text has an HTML version, which goes out while the text is unchanged */
	struct draft_file *files; /* owned */
	size_t nfiles, cap_files;
};

void draft_init(struct draft *d);
void draft_done(struct draft *d);
void draft_copy(struct draft *to, const struct draft *from); /* to: any, not used before */
void draft_set(char **field, const char *value);             /* a copy of it */

/* A file to go along; it is read with the next save. Not the same twice. */
struct draft_file *draft_attach(struct draft *d, const char *path);
struct draft_file *draft_file_add(struct draft *d, const char *name, const char *type);
void draft_detach(struct draft *d, size_t i);
const char *build_type(const char *name); /* of a file, by its name; NULL: nothing is known */

void draft_write(const struct draft *d, struct str *out); /* the editor's text */
/* Never fails: odd lines go to the body. before: what the text was made of, whose files and
 * Message-ID go over; NULL: nothing. d and before are different. */
void draft_read(struct draft *d, const struct draft *before, const char *text, size_t len);
/* Text of a body: valid UTF-8 with LF line ends, without NUL. charset: NULL or of the bytes. free()
 */
char *draft_body(const char *charset, const char *p, size_t len);
char *draft_line(const char *p, size_t len); /* of a field: UTF-8 of one line, trimmed; free() */
char *draft_addresses(const struct addr_list *list); /* as they are typed; free() */

/* A mail that is being written, as lists and screens get it. */
struct draft_info {
	char *id;
	char *path; /* owned; the editor's file, only when one was asked for; else NULL */
	struct draft draft;
	struct strv has_it; /* addresses that got it already, and get it no more */
	char *where;        /* owned; the folder of drafts it lies in, "" : kept here */
};
void draft_infos_free(struct draft_info *v, size_t n); /* of mem_array; NULL with n 0 is fine */

/* A new random Message-ID under the domain of the from address (or "localhost.invalid"); keeps an
 * existing one. */
void draft_make_id(struct draft *d);

/* Everybody of To, Cc and Bcc once, and that the mail can be sent; ERR_INPUT names the field. */
int draft_recipients(const struct draft *d, struct addr_list *out, char **from, struct err *err);

/*
 * The message as it goes out, in one step (letter_write, letter_wire): Date (given), From, To, Cc,
 * Subject, Message-ID, In-Reply-To, References, MIME-Version, Content-*; text/plain UTF-8 as 7bit
 * or quoted-printable; multipart/mixed with files as base64 (names by RFC 2231 and RFC 2047). Bcc
 * never appears. Header fields over 78 columns are folded, no line is longer than 998 octets (RFC
 * 5322 2.1.1), and with text of our own the bytes are 7 bit.
 */
int draft_build(const struct draft *d, time_t date, struct str *message,
	struct addr_list *recipients, struct err *err);

/* What a mail begins as. */
enum compose_kind {
	COMPOSE_NEW,
	COMPOSE_REPLY,
	COMPOSE_REPLY_ALL,
	COMPOSE_REPLY_LIST,
	COMPOSE_FORWARD,
	COMPOSE_RESUME,
	COMPOSE_MAILTO,
	/* Answers to an invitation. */
	COMPOSE_ACCEPT,
	COMPOSE_TENTATIVE,
	COMPOSE_DECLINE
};

enum draft_reply { DRAFT_REPLY, DRAFT_REPLY_ALL, DRAFT_REPLY_LIST };

/*
 * Fills d as an answer: addresses (Reply-To, Mail-Followup-To, List-Post; own addresses left out),
 * "Re: " subject, In-Reply-To, References (RFC 5322 3.6.4), the quoted body with an attribution
 * line. own: our addresses.
 */
void draft_reply(struct draft *d, enum draft_reply kind, const struct envelope *e,
	const char *header, size_t header_len, const char *quotable, const struct strv *own,
	const char *from);
/* Fills d as an answer to the invitation in a message (RFC 6047), to its organizer, from the
 * address of ours that was invited. ERR_INPUT: it holds none, or none for us. */
int draft_invitation(struct draft *d, enum compose_kind kind, const struct envelope *e,
	const struct parts *parts, const struct strv *own, const char *from, struct err *err);
/* Fills d as a forward: "Fwd: " subject, header summary and body inline. The files are the caller's
 * (letter_carry). */
void draft_forward(
	struct draft *d, const struct envelope *e, const char *quotable, const char *from);
/* Fills d from a mailto: URI (RFC 6068): to, cc, bcc, subject, body, in-reply-to; attach= and
 * others are ignored. */
int draft_mailto(struct draft *d, const char *uri, struct err *err);

/*
 * Appends the message with a header of ASCII alone, for a relay without SMTPUTF8 (RFC 6531): what
 * is not ASCII is encoded, and addresses that have no such form become empty groups that name them.
 * The body is as it was.
 */
void build_ascii(struct str *out, const char *message, size_t len);

#endif
