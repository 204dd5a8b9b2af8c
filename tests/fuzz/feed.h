/*
 * feed - libetpan's IMAP parser behind the wire filter, fed from memory.
 *
 * Owns:    nothing after the call.
 * Threads: any.
 * Errors:  none: what matters is that it comes back.
 */
#ifndef FUZZ_FEED_H
#define FUZZ_FEED_H

#include "net/wire.h"

#include <libetpan/libetpan.h>

#include <stddef.h>

struct feed {
	const char *p;
	size_t left, chunk;
	struct wire *wire;
	struct str out;
	size_t pos;
};

/* A session of libetpan whose server says the bytes, chunk at a time; a mailbox is selected. */
mailimap *feed_open(struct feed *f, const char *bytes, size_t len, size_t chunk);
void feed_close(struct feed *f, mailimap *im);

struct feed_result {
	int first;    /* libetpan's code for the first command */
	int commands; /* that a tagged answer was found for */
	int lists, fetches, exists;
};

/*
 * Runs the bytes of a server through the filter, chunk bytes at a time, and up to eight commands
 * (tags 1 to 8) of kind: 0 custom, 1 SELECT, 2 UID FETCH, 3 LIST, 4 STATUS, 5 UID SEARCH.
 */
struct feed_result feed_run(unsigned kind, const char *bytes, size_t len, size_t chunk);

#endif
