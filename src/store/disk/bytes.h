/*
 * bytes - little-endian integers in files and byte buffers.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  none; the caller has checked that the bytes are there.
 */
#ifndef STORE_BYTES_H
#define STORE_BYTES_H

#include "base/str.h"

#include <stdint.h>

static inline void store16(unsigned char *p, uint16_t v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
}

static inline void store32(unsigned char *p, uint32_t v)
{
	store16(p, (uint16_t)v);
	store16(p + 2, (uint16_t)(v >> 16));
}

static inline void store64(unsigned char *p, uint64_t v)
{
	store32(p, (uint32_t)v);
	store32(p + 4, (uint32_t)(v >> 32));
}

static inline uint16_t load16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t load32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t load64(const unsigned char *p)
{
	return load32(p) | (uint64_t)load32(p + 4) << 32;
}

/* A struct str as a buffer of bytes. */
static inline void bytes_add(struct str *s, const void *p, size_t len)
{
	if (len)
		str_add(s, p, len);
}

static inline void bytes_add16(struct str *s, uint16_t v)
{
	unsigned char b[2];

	store16(b, v);
	bytes_add(s, b, sizeof(b));
}

static inline void bytes_add32(struct str *s, uint32_t v)
{
	unsigned char b[4];

	store32(b, v);
	bytes_add(s, b, sizeof(b));
}

static inline void bytes_add64(struct str *s, uint64_t v)
{
	unsigned char b[8];

	store64(b, v);
	bytes_add(s, b, sizeof(b));
}

#endif
