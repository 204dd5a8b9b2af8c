/*
 * header - the fields of a raw header block (RFC 5322 2.2, 3.6.8), read leniently.
 *
 * Owns:    nothing; fields point into the block.
 * Threads: any; pure functions, linear in time.
 * Errors:  none. Lines that are no field (garbage, an mbox "From " line) are skipped with their
 * continuations. Line ends may be CRLF or LF, or CR where the block has no LF at all.
 *
 * Limits: a value is cut at HEADER_VALUE_MAX, and nothing behind HEADER_TOTAL_MAX is looked at.
 */
#ifndef MIME_HEADER_H
#define MIME_HEADER_H

#include "base/str.h"

#define HEADER_VALUE_MAX (1024u * 1024u)
#define HEADER_TOTAL_MAX (4u * 1024u * 1024u)

struct header_field {
	const char *name; /* borrowed, not NUL-terminated, without blanks */
	size_t name_len;
	const char *value; /* borrowed; behind the colon, still folded, without the last line end */
	size_t value_len;
};

struct header_iter {
	const char *p, *end;
	char eol; /* '\n', or '\r' in a block without LF */
	const char *block;
	char charset[48]; /* of raw bytes in it; "" until one needs it */
};

/*
 * The length of the header block at the start of a message: up to the first empty line, with the
 * line end of its last field, without the empty line. *body gets the offset behind the empty line
 * (len when there is none; may be NULL). A line of blanks is taken for the empty line where no
 * field comes behind it; and words that are no field and that none comes behind, begin the body
 * without any empty line. So bytes without any field are all body: 0, *body 0.
 */
size_t header_length(const char *p, size_t len, size_t *body);

/* Walks the fields of a block; it ends where header_length says. */
void header_start(struct header_iter *it, const char *p, size_t len);
bool header_next(struct header_iter *it, struct header_field *field);

bool header_is(const struct header_field *field, const char *name); /* ASCII case does not matter */

/* The first field of that name; false when there is none. */
/* How many fields of that name there are. */
size_t header_count(const char *p, size_t len, const char *name);
bool header_find(const char *p, size_t len, const char *name, struct header_field *field);

/*
 * Appends a value on one line, raw bytes otherwise: line ends vanish (the blank behind stays), tabs
 * become blanks, blanks at both ends are trimmed, NUL becomes '?'.
 */
void header_unfold(struct str *out, const char *value, size_t len);

/*
 * Appends the value of a field that header_next gave, unfolded, as valid UTF-8 bytes. Raw 8-bit
 * text that is none is converted by what the block knows: the charset of its Content-Type, else a
 * guess from all such fields together, because one short field tells little. Encoded words stay.
 */
void header_value(struct str *out, const struct header_field *f, struct header_iter *it);

/* The first field of that name by header_value, encoded words not decoded; NULL when there is none.
 * free(). */
char *header_get(const char *p, size_t len, const char *name);

/* The same with encoded words decoded, as clean UTF-8 of one line. free(). */
char *header_text(const char *p, size_t len, const char *name);

#endif
