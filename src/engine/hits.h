/*
 * hits - where in a text what a person looks for stands, to be marked there.
 *
 * Owns:    struct hits, by hits_free.
 * Threads: any; a value.
 * Errors:  none. What is no query is found nowhere.
 */
#ifndef ENGINE_HITS_H
#define ENGINE_HITS_H

#include <stdbool.h>
#include <stddef.h>

/* What a text is of a message. */
enum hits_field {
	HITS_SENDER = 1 << 0,
	HITS_RECIPIENT = 1 << 1,
	HITS_SUBJECT = 1 << 2,
	HITS_KEYWORD = 1 << 3,
	HITS_TEXT = 1 << 4,
	HITS_ALL = (1 << 5) - 1
};

struct hits;
struct hit {
	size_t start, len;
};

/* The words of a query (store/mail/query.h), each in the fields that it is looked for in; not those
 * that must be missing. */
struct hits *hits_of_query(const char *query);
/* A text as it stands, whatever the case of its letters, in all fields. */
struct hits *hits_of_text(const char *text);
void hits_free(struct hits *h); /* NULL is fine */
/* The first one behind at; {0, 0} in the beginning. None is empty. text ends in a NUL at len. h
 * NULL: there is none. */
bool hits_next(
	const struct hits *h, enum hits_field field, const char *text, size_t len, struct hit *at);

#endif
