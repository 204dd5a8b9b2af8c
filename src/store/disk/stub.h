/*
 * stub - the beginning of a large message, kept until the whole is asked for (pop3-max).
 *
 * Owns:    nothing.
 * Threads: any; values.
 * Errors:  none.
 *
 * A stub is a message file whose first line is one header field more, with the size of the whole
 * and the ledger key of its UIDL (see journal.h). The key stands in the file's name too, and no
 * sender knows it: mail cannot pretend to be a stub.
 */
#ifndef STORE_STUB_H
#define STORE_STUB_H

#include "base/str.h"

#include <stdint.h>

enum { STUB_KEY = 16 };

/* The text of a stub: mark, then what TOP gave. */
void stub_make(struct str *out, const unsigned char key[STUB_KEY], uint64_t size, const char *top,
	size_t len);
/* Whether the file named base is one; size (may be NULL) gets the octets of the whole, skip (may be
 * NULL) the length of the mark. */
bool stub_is(const char *base, const char *p, size_t len, uint64_t *size, size_t *skip);
/* The key in a file name that maildir_deliver gave the tag stub_tag made; false: none. */
bool stub_key(const char *base, unsigned char key[STUB_KEY]);
enum { STUB_TAG = 2 * STUB_KEY + 1 };
void stub_tag(const unsigned char key[STUB_KEY], char tag[STUB_TAG]);

#endif
