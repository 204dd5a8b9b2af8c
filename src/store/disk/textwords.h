/*
 * textwords - the words of a text, as they are indexed (textindex.h), and what of them a search for
 * a piece of the text needs.
 *
 * Owns:    a set of words owns them (wordset_done).
 * Threads: any; values.
 * Errors:  none.
 *
 * Texts are given folded, as a search compares them. A word is as many letters and digits as stand
 * together, in any script; where words are written without anything between them (Chinese,
 * Japanese, Thai and the like; pictures, too) each two neighbours are one. So what a text has as it
 * stands can be told by its words alone:
 * a piece that is all letters is in the text just where it is in one of its words.
 */
#ifndef STORE_TEXTWORDS_H
#define STORE_TEXTWORDS_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No piece of that many characters is cut: longer words are taken as several that overlap. */
enum { TEXTWORDS_PIECE = 32 };

struct wordset {
	struct str words; /* each in front of a line end, in the order they came */
	size_t n;
	uint32_t *slots; /* owned; places in words and 1, by hash; 0: free */
	size_t nslots;
};

bool wordset_add(struct wordset *s, const char *word, size_t len); /* false: it has it already */
void wordset_done(struct wordset *s);

/* The words of a folded text; NUL is no end of it. */
void textwords_add(struct wordset *out, const char *text, size_t len);
/*
 * What stands in words of each text that has this folded piece in it as it stands. True: and in no
 * other, when it is one. None: words do not tell anything about it.
 */
bool textwords_of_piece(struct strv *out, const char *piece);

#endif
