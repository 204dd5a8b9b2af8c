/*
 * keywords - sets of keywords (labels, RFC 9051 2.3.2) as text: words with one space between them.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  ERR_INPUT (a word that is no keyword).
 *
 * Keywords are compared as servers do it, without regard to the case of ASCII letters. The first
 * way to write one stays.
 */
#ifndef STORE_KEYWORDS_H
#define STORE_KEYWORDS_H

#include "base/err.h"
#include "base/str.h"

enum {
	KEYWORDS_MAX = 64,          /* octets of one */
	KEYWORDS_TEXT_MAX = 1 << 10 /* octets of those that are changed at once */
};

/* An atom of at most KEYWORDS_MAX octets, and not $Forwarded, which is a flag here. */
bool keywords_ok(const char *word, size_t len);
/* Every word of the text; err names the first that is none. */
int keywords_check(const char *words, struct err *err);
/* The word at *p or behind it, its octets in *len, and *p behind that; NULL at the end. */
const char *keywords_next(const char **p, size_t *len);
bool keywords_has(const char *set, const char *word, size_t len);
/* These replace out. */
void keywords_apply(struct str *out, const char *is, const char *clear, const char *set);
void keywords_minus(struct str *out, const char *a, const char *b);
void keywords_both(struct str *out, const char *a, const char *b);
bool keywords_meet(const char *a, const char *b); /* one stands in both */
bool keywords_same(const char *a, const char *b); /* in whatever order */

#endif
