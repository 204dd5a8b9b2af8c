/*
 * deflate - a connection's bytes packed and unpacked (RFC 1951, for RFC 4978): the one place of net
 * that knows zlib.
 *
 * Owns:    the state of both directions.
 * Threads: one connection thread; pure push/pull, no I/O.
 * Errors:  deflate_unpack says -1 for bytes that are no deflate data, and for any behind its end.
 *
 * What is unpacked comes in pieces of the caller's size, however much it grows: who counts the
 * pieces bounds a bomb. What is packed can be read by the other side up to the last flush.
 */
#ifndef NET_DEFLATE_H
#define NET_DEFLATE_H

#include "base/str.h"

struct deflate;

struct deflate *deflate_new(void);
void deflate_free(struct deflate *d); /* NULL is fine */

/* Appends to out what p becomes; flush: with all that is needed to read it on the other side. */
void deflate_pack(struct deflate *d, const char *p, size_t len, bool flush, struct str *out);

/* One step: *used bytes of p were taken, *made bytes (max at most) written to out. 0, or -1. */
int deflate_unpack(struct deflate *d, const char *p, size_t len, size_t *used, char *out,
	size_t max, size_t *made);
/* More can be unpacked although no byte comes. */
bool deflate_has_more(const struct deflate *d);

#endif
