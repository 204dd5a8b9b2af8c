/*
 * gathering - a conversation in lists of several folders: each shows what belongs to it.
 *
 * Owns:    what is gathered is the lists' of one span together.
 * Threads: disk thread only.
 * Errors:  none; messages without a conversation show nothing.
 */
#ifndef STORE_GATHERING_H
#define STORE_GATHERING_H

struct folder;
struct list_filter;
struct store;
struct store_request;

/* What belongs to the conversation of a REQUEST_OPEN; of the same one in all lists of its span. */
struct list_filter *gathering_join(
	struct store *s, const struct folder *f, struct store_request *r);

#endif
