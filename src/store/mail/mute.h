/*
 * mute - threads that nobody wants to hear of any more: their messages have the keyword $muted, as
 * other programs give it too, and what answers one of them comes with it, and read.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  a notice; the messages stay as they came.
 */
#ifndef STORE_MUTE_H
#define STORE_MUTE_H

#include <stddef.h>
#include <stdint.h>

struct folder;

/* These came to a folder: how many, nobody having read them, were muted. */
size_t mute_arrived(struct folder *f, const uint32_t *uids, size_t n);
/* The same of all that came since mute_last was this. */
uint32_t mute_last(const struct folder *f);
size_t mute_since(struct folder *f, uint32_t last);

#endif
