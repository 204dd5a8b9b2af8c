/*
 * charset - bytes of any character set as valid UTF-8 (RFC 2978 names and those real mail uses),
 * and IMAP's modified UTF-7.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  none: bytes that mean nothing in their charset become U+FFFD.
 *
 * The result is valid UTF-8 but not cleaned: pass it through utf8_clean before it is shown.
 */
#ifndef MIME_CHARSET_H
#define MIME_CHARSET_H

#include "base/err.h"
#include "base/str.h"

/*
 * Appends [p, p+len) as UTF-8. name: the charset as the mail says it; NULL, "", unknown, US-ASCII
 * with 8-bit bytes, or "utf-8" on what clearly is not: UTF-8 if valid, else guessed (uchardet),
 * else windows-1252.
 */
void charset_to_utf8(struct str *out, const char *name, const char *p, size_t len);

/*
 * Appends what a person wrote on this machine as UTF-8, and guesses nothing: valid UTF-8 is UTF-8,
 * else it is in the charset of the locale (i18n_charset) in every byte. ERR_INPUT: it is neither,
 * and nothing was appended.
 */
int charset_from_person(
	struct str *out, const char *locale, const char *p, size_t len, struct err *err);

bool charset_known(const char *name); /* there is a converter for it */

/* What the bytes look like, a name for charset_to_utf8: never NULL, at least "windows-1252". */
void charset_guess(char name[48], const char *p, size_t len);

/*
 * A mailbox name as the server writes it (RFC 3501 5.1.3) as UTF-8. A name that is not in the one
 * right form (so that two names could look the same), or that holds controls, comes back as it is,
 * with invalid UTF-8 replaced. free().
 */
char *charset_from_imap_utf7(const char *name);
char *charset_to_imap_utf7(const char *utf8); /* the other way; free() */

#endif
