/*
 * draft_text - the text of a draft: header lines, an empty line, the body.
 *
 * Owns:    nothing; results are the caller's.
 * Threads: any; pure functions.
 * Errors:  none.
 *
 * Files to attach are header lines "Attach: PATH", as in mutt.
 */
#ifndef UI_DRAFT_TEXT_H
#define UI_DRAFT_TEXT_H

#include "base/str.h"

const char *draft_body(const char *text); /* behind the empty line; borrowed */
/* The unfolded value of the first header of that name, "" when there is none. free(). */
char *draft_header(const char *text, const char *name);
/* A copy of text with that header set; an empty value removes it. free(). */
char *draft_set_header(const char *text, const char *name, const char *value);
char *draft_add_header(const char *text, const char *name, const char *value);
/* Without the nth (from 0) header of that name. */
char *draft_drop_header(const char *text, const char *name, size_t nth);
/* The user's own words (not quotes, not the signature) speak of an attachment. word is the
 * translated list of words, separated by blanks. */
bool draft_mentions(const char *text, const char *words);

#endif
