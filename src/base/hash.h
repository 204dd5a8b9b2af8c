/*
 * hash - checksums, keyed hashes and random bytes.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  none; a machine without random bytes ends the program (no Message-ID, boundary or key
 * could be made).
 *
 * The one file outside net/tls.c that includes OpenSSL (SHA-256, RAND_bytes).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_SHA256_SIZE 32

void hash_sha256(unsigned char out[HASH_SHA256_SIZE], const void *p, size_t len);

/* The same over several pieces with their lengths mixed in, so that ("a","bc") differs from
 * ("ab","c"). */
struct hash_piece {
	const void *p;
	size_t len;
};
void hash_sha256_pieces(
	unsigned char out[HASH_SHA256_SIZE], const struct hash_piece *pieces, size_t n);

void hash_hex(
	char *out, const unsigned char *p, size_t len); /* 2 * len lower-case digits and a NUL */

/* CRC-32C (Castagnoli; RFC 3720 B.4), continued from seed; start with 0. */
uint32_t hash_crc32c(uint32_t seed, const void *p, size_t len);
/* The same on a processor that has no instruction for it; only tests ask for it. */
uint32_t hash_crc32c_plain(uint32_t seed, const void *p, size_t len);

/* SipHash-2-4 (Aumasson and Bernstein 2012): for tables whose keys come from outside. */
uint64_t hash_sip(const unsigned char key[16], const void *p, size_t len);

void hash_random(void *out, size_t len); /* cryptographically random */
void hash_random_token(
	char *out, size_t chars); /* chars characters of [a-z0-9] and a NUL, ~5 bits each */

#endif
