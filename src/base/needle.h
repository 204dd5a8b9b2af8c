/*
 * needle - a word in much text, whatever the case of its letters: several bytes of it at a time.
 *
 * Owns:    nothing; the word is borrowed.
 * Threads: any; no shared state.
 * Errors:  none.
 */
#ifndef BASE_NEEDLE_H
#define BASE_NEEDLE_H

#include <stddef.h>

struct needle {
	const char *word;
	size_t len;
	size_t at[2]; /* the two letters that are met least: where they stand in it */
};

/* word: ASCII in lower case, not empty. */
void needle_start(struct needle *n, const char *word);
/* Where it begins for the first time between p and end, which may hold anything; NULL: nowhere. */
const char *needle_find(const struct needle *n, const char *p, const char *end);

#endif
