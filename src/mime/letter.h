/*
 * letter - a mail that is being written, as the complete MIME message it is stored as: read into a
 * struct draft, and changed by one.
 *
 * Owns:    nothing.
 * Threads: any; pure but for random boundaries and ids, and the files that letter_write reads.
 * Errors:  ERR_INPUT, or what reading a file said; with nothing written.
 *
 * Whatever program wrote the message: a field, the text or a part that the draft has as it was read
 * stays byte for byte as it is, and so does what is not understood. Bcc is a field of the stored
 * message; letter_wire leaves it out. Fields of our own (X-Talaria-) never leave this program.
 */
#ifndef MIME_LETTER_H
#define MIME_LETTER_H

#include "mime/build.h"

/* keys: of the files in the message, in order, as letter_write gave them; NULL: new ones. */
void letter_read(struct draft *d, const char *message, size_t len, const struct strv *keys);

/*
 * Appends the message that old (NULL: none) becomes so that it says what d says. Files that are
 * not in old are copied from their path or part. keys gets those of all files. With CRLF line ends
 * throughout.
 */
int letter_write(const struct draft *d, const char *old, size_t old_len,
	const struct strv *old_keys, time_t date, struct str *out, struct strv *keys,
	struct err *err);

/* What goes to the relay, and into Sent: the message without Bcc and what is private. */
void letter_wire(const char *message, size_t len, struct str *out);

/* With CRLF for every line end. */
void letter_crlf(const char *p, size_t len, struct str *out);

/* Whether a header line that a person typed does anything: it goes out with the mail, or sending is
 * refused for what it asks. The others mean something to other programs, or are made here. */
bool letter_heeds(const char *line);

/* Gives d every file of another message, and all else in it that is no text to be quoted. */
void letter_carry(struct draft *d, const struct parts *parts);

/* The value of a field of our own, decoded; NULL: there is none. free() */
char *letter_note(const char *message, size_t len, const char *name);
/* The message with such a field in front of the others. */
void letter_add_note(struct str *message, const char *name, const char *value);

#endif
