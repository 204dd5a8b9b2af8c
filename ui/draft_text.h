/*
 * draft_text - what the text of a draft speaks of.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  none.
 */
#ifndef UI_DRAFT_TEXT_H
#define UI_DRAFT_TEXT_H

#include "base/str.h"

/* The user's own words (not quotes, not the signature) speak of an attachment. words is the
 * translated list of beginnings of words, separated by blanks. */
bool draft_mentions(const char *body, const char *words);

#endif
