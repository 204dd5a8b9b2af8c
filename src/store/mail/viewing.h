/*
 * viewing - a part of a message made ready to be looked at, on the thread of what is read: as a
 * text, or as a private file and the program that mailcap names for it.
 *
 * Owns:    what it is given, until the request is answered by STORE_VIEWED.
 * Threads: disk thread; the rest on the thread of rendering.h.
 * Errors:  the request fails.
 *
 * What is not what it says, or is a program, is neither shown nor put into a file before the person
 * was asked (viewed.warning). Our own reader takes texts, messages and archives, then mailcap's
 * programs that write text, then those that show it, then whatever the desktop has.
 */
#ifndef STORE_VIEWING_H
#define STORE_VIEWING_H

struct part;
struct parts;
struct store;
struct store_request;
struct str;

/* Keeps r (REQUEST_VIEW), path (lent.h) and what is in bytes, which are p's, decoded. */
void viewing_give(struct store *s, struct store_request *r, const struct part *p, struct str *bytes,
	char *path);

/* Of each part enum kind_doubt, by the beginning of what is here; NULL: there is none. Any thread;
 * free(). */
unsigned char *viewing_doubts(const struct parts *parts);

#endif
