/*
 * word - encoded words in header fields (RFC 2047, RFC 2231 5), both ways.
 *
 * Owns:    nothing.
 * Threads: any; pure functions, linear in time.
 * Errors:  none: what is not a whole encoded word stays as it is.
 */
#ifndef MIME_WORD_H
#define MIME_WORD_H

#include "base/str.h"

/*
 * Appends a raw unfolded value as clean UTF-8 of one line (utf8_clean with UTF8_LINE). Adjacent
 * words of one charset are joined as bytes before they are converted, so that a character may be
 * torn between two; each base64 word is decoded by itself. Raw 8-bit bytes are taken as UTF-8 if
 * valid, else guessed.
 */
void word_decode(struct str *out, const char *p, size_t len);
char *word_decoded(const char *p, size_t len); /* the same as a new string; free() */

/* The length of the whole encoded word that begins at p, else 0. */
size_t word_length(const char *p, size_t len);

/* Where the text will stand: a phrase (name of an address) allows fewer characters in a word. */
enum word_place { WORD_TEXT, WORD_PHRASE };

/*
 * Appends UTF-8 text for a header field: as it is when printable ASCII that can be folded and
 * cannot be mistaken for an encoded word, else as encoded words of at most 75 characters, each of
 * whole characters, separated by one blank. CR, LF, NUL and other controls become blanks. Not
 * folded.
 */
void word_encode(struct str *out, const char *p, size_t len, enum word_place place);

/* True when word_encode would have to encode. */
bool word_needed(const char *p, size_t len);

#endif
