/*
 * part - the structure of a message: a flat array of MIME parts over the message's bytes (RFC 2045,
 * 2046).
 *
 * Owns:    its part array and strings; borrows the message bytes, which must outlive it.
 * Threads: any; pure functions, iterative, bounded (depth 100, 10,000 parts, header limits), linear
 * in time. Errors:  none: any bytes give at least one part. What is past a limit is shown as text.
 *
 * The same array also describes a message of which only some parts are here (IMAP by parts):
 * part_add builds it from a BODYSTRUCTURE, part_set_body gives it the bytes that were fetched,
 * part_save/part_load keep it in a file.
 */
#ifndef MIME_PART_H
#define MIME_PART_H

#include "base/str.h"

#include <stdint.h>

enum part_encoding { PART_7BIT, PART_8BIT, PART_BINARY, PART_QP, PART_BASE64, PART_UUENCODE };
enum part_disposition { PART_INLINE, PART_ATTACHMENT, PART_UNSAID };

struct part {
	int parent;       /* index, -1 for the message itself */
	int depth;        /* 0 for the message itself */
	char section[48]; /* IMAP section number, "1.2"; "" for the message itself when multipart
			     (RFC 9051 6.4.5), "2.TEXT" for a multipart that is the body of
			     the message in part 2; "?" when too long */
	char type[64], subtype[64]; /* lower case; "text" "plain" by default */
	char charset[48];           /* as given, lower case; "" when there is none */
	enum part_encoding encoding;
	enum part_disposition disposition;
	bool strange_encoding;     /* one that is not known: its bytes are taken as they are */
	bool format_flowed, delsp; /* RFC 3676 */
	char *name; /* owned; the file name, decoded (RFC 2231, RFC 2047), clean; NULL when there is
		       none */
	char *content_id;  /* owned; without < >; NULL when there is none */
	char *description; /* owned; NULL when there is none */
	const char *
		header; /* borrowed; header block of this part (for message/rfc822: see children) */
	size_t header_len;
	const char *body; /* borrowed; encoded bytes as in the message; NULL: not here (must be
			     fetched) */
	size_t body_len;
	uint64_t size;           /* octets of the encoded body as the message or the server says */
	bool opened;             /* what is in it was found by part_open: it is in the children */
	bool multipart, message; /* multipart: type multipart with children; message: rfc822 with
				    one child */
};

struct parts {
	struct part *v;
	size_t n, cap;
	bool cut;                /* a limit was hit */
	struct str owned_header; /* bytes that part_load or part_set_header keep here */
	struct str *opened; /* owned; bytes that were in an encoding, where parts are in them */
	size_t nopened, cap_opened;
};

void part_parse(struct parts *out, const char *message, size_t len);
void part_done(struct parts *parts);

/* Appends an empty part; returns its index. The caller fills it (strings are malloc'd and owned by
 * parts). */
int part_add(struct parts *parts, int parent);
int part_find(const struct parts *parts, const char *section); /* index or -1 */

/*
 * The same for a part of which only the header fields are known that a server has read (IMAP
 * BODYSTRUCTURE), and that the server has split already: reads them as those of a message are read.
 * Of a part that is neither multipart nor message then, what the server found in it is not taken.
 */
int part_describe(struct parts *parts, int parent, const char *header, size_t len, uint64_t size);

/* Computes every section number from the tree (type flags must be set). Sections that do not fit,
 * very deep ones, become "?". */
void part_number(struct parts *parts);

/* The encoded body of a part that was fetched; borrowed, must outlive parts. */
void part_set_body(struct parts *parts, int i, const char *body, size_t len);
/* The header block of a part (of message/rfc822: of the message in it is its child's); copied. */
void part_set_header(struct parts *parts, int i, const char *header, size_t len);

/*
 * Fills type, charset, encoding, name... of a part from the fields of its header block;
 * part->header is set to it. Fields that are missing leave the defaults.
 */
void part_read_header(struct part *part, const char *header, size_t len);

/* Text form of the structure (one line per part, no bodies), for the body cache. part_load: 0, or
 * -1 if damaged. */
void part_save(const struct parts *parts, struct str *out);
int part_load(struct parts *parts, const char *text, size_t len);

/*
 * Puts behind a part what is in it, where its body is here and it holds more than its type says: a
 * message in base64, a signed S/MIME text, winmail.dat, uuencoded files among lines of text. The
 * indexes of the parts behind it change. The children are numbered as those of a multipart are
 * (part_number). part_parse has done it.
 */
void part_open(struct parts *parts, int i);
bool part_may_open(const struct part *p); /* its body is worth having for that */

/* Appends the decoded bytes of the body (transfer encoding undone, charset untouched). Damaged
 * base64 resumes. */
void part_decode(const struct part *p, struct str *out);
/* Appends a text part as clean UTF-8 (utf8_clean with UTF8_TEXT): charset given, else UTF-8 if
 * valid, else guessed. */
void part_text(const struct part *p, struct str *out);

bool part_is_text(
	const struct part *p); /* text/anything without being an attachment by disposition */
/* Fields that tell of another mail (RFC 3464, RFC 8098, RFC 5965): read, not saved. */
bool part_is_report(const struct part *p);
bool part_is_attachment(
	const struct parts *parts, int i); /* what a list of attachments should name */
/* A picture of the text beside it (multipart/related), which is named where that text refers to it.
 */
bool part_is_embedded(const struct parts *parts, int i);
/* Whether a list of messages should say that there are files: attachments that are not embedded. */
bool part_has_files(const struct parts *parts);

#endif
