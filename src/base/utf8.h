/*
 * utf8 - text for people: decoding, width in columns, and the one place where outside text is
 * cleaned.
 *
 * Owns:    nothing.
 * Threads: any; utf8_width needs setlocale(LC_CTYPE) to have been called before threads start.
 * Errors:  none: bytes that are not UTF-8 (RFC 3629) become U+FFFD.
 *
 * Inside the program all text is valid UTF-8; it is converted and cleaned at the border (mime,
 * terminal input, server text). Width in columns comes only from here, so that it agrees with
 * ncurses.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

#include <stdint.h>

/* The next code point of [*p, end), p < end; *p moves on by at least one byte. Invalid bytes:
 * U+FFFD. */
uint32_t utf8_next(const char **p, const char *end);

/* The byte length of the whole characters in the first max bytes of [s, s+len). */
size_t utf8_cut(const char *s, size_t len, size_t max);
/* Appends no more than max bytes of it; "…" at their end shows that there is more. */
void utf8_add_short(struct str *out, const char *s, size_t len, size_t max);

void utf8_put(struct str *out, uint32_t cp); /* surrogates and > U+10FFFF become U+FFFD */
bool utf8_valid(const char *p, size_t len);

/*
 * Columns (0, 1 or 2) of a code point on the terminal: wcwidth() per code point, because ncurses
 * uses the same. Unassigned (wcwidth -1) counts as 1: it is shown as U+FFFD. C0, C1 and DEL: 0,
 * they never get there.
 */
int utf8_width(uint32_t cp);
int utf8_columns(const char *s, size_t len);
/* The byte length of the longest prefix that is at most columns wide; *used gets its width (may be
 * NULL). */
size_t utf8_fit(const char *s, size_t len, int columns, int *used);

/* What may stay in text that comes from outside, in utf8_clean. */
enum utf8_keep {
	UTF8_LINE = 0,     /* one line: tabs and line ends become one space */
	UTF8_TEXT = 1 << 0 /* body text: LF and TAB stay; CRLF and CR become LF */
};

/*
 * Appends outside bytes to out as text that is safe on a terminal: valid UTF-8, no C0, C1, DEL or
 * ESC, no bidi controls (U+061C, U+200E/F, U+202A-E, U+2066-9: "Trojan Source" and name spoofing),
 * no zero-width or tag characters, no BOM, and at most four combining marks in a row (ncurses keeps
 * five code points a cell). Joiners and variation selectors stay where they are part of a word or
 * an emoji, between characters that are not ASCII: Persian and Hindi words and families of emoji
 * mean something else without them. The terminal leaves them out of its cells. C0 and C1 become
 * U+FFFD in UTF8_LINE and vanish in UTF8_TEXT, where those of logs and printers take along what
 * belongs to them: the rest of a colour (ESC [ 31 m), the first of two letters struck over each
 * other.
 */
void utf8_clean(struct str *out, const char *p, size_t len, enum utf8_keep keep);
char *utf8_clean_line(const char *p, size_t len); /* utf8_clean with UTF8_LINE; the caller frees */

/* True for the code points that utf8_clean removes wherever they stand (not C0/C1). */
bool utf8_is_hidden(uint32_t cp);

/* U+200C, U+200D and the variation selectors: hidden, and yet part of how a word is written. */
bool utf8_is_joiner(uint32_t cp);
/* True for what must not reach a terminal as it is: C0 but LF and TAB, DEL, C1, and the hidden. */
bool utf8_is_unsafe(uint32_t cp);

/* Case-folded and canonically composed copy for comparing and searching (Unicode, libunistring).
 * free(). */
char *utf8_fold(const char *s, size_t len);
void utf8_fold_add(struct str *out, const char *s, size_t len); /* the same, appended */
/* Takes the marks off the letters that were folded, from octet at on: ü becomes u. */
void utf8_unmark(struct str *folded, size_t at);
/* Whether folding may make a word of ASCII of what is not there in ASCII: ß becomes ss. False: the
 * word is in what s is folded to only where it is in s, but for the case of its letters. */
bool utf8_fold_adds(const char *s, size_t len, const char *word);

/* Appends s, cut or padded with spaces to exactly columns; a cut ends in "…" when there is room. */
void utf8_pad(struct str *out, const char *s, int columns);

#endif
