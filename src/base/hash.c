#include "base/hash.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void hash_sha256(unsigned char out[HASH_SHA256_SIZE], const void *p, size_t len)
{
	if (!EVP_Digest(p, len, out, NULL, EVP_sha256(), NULL))
		abort();
}

void hash_sha256_pieces(
	unsigned char out[HASH_SHA256_SIZE], const struct hash_piece *pieces, size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);

	for (size_t i = 0; ok && i < n; i++) {
		uint64_t len = pieces[i].len;
		unsigned char prefix[8];

		for (int b = 0; b < 8; b++)
			prefix[b] = (unsigned char)(len >> (8 * b));
		ok = EVP_DigestUpdate(ctx, prefix, sizeof(prefix)) &&
		     EVP_DigestUpdate(ctx, pieces[i].p, pieces[i].len);
	}
	if (!ok || !EVP_DigestFinal_ex(ctx, out, NULL))
		abort();
	EVP_MD_CTX_free(ctx);
}

void hash_hex(char *out, const unsigned char *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
}

static uint32_t crc_table[8][256];

static void crc_fill(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0x82F63B78u : c >> 1;
		crc_table[0][i] = c;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int t = 1; t < 8; t++)
			crc_table[t][i] =
				crc_table[t - 1][i] >> 8 ^ crc_table[0][crc_table[t - 1][i] & 255];
}

#if defined(__x86_64__)
/*
 * The processor's own instruction is about five times as fast, and three of them at a time, each on
 * its own piece, are twice as fast again. What a piece makes of the remainder before it is what as
 * many zeros make of it, which is a sum over its bits.
 */
enum { CRC_PIECE = 1024 };

static uint32_t crc_after_piece[4][256]; /* by the bytes of the remainder */

#define SSE42 __attribute__((target("sse4.2")))

SSE42 static uint64_t crc_step(uint64_t c, const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return __builtin_ia32_crc32di(c, word);
}

SSE42 static void crc_fill_pieces(void)
{
	static const unsigned char zeros[8];

	for (uint32_t bit = 0; bit < 32; bit++) {
		uint32_t *to = crc_after_piece[bit / 8], one = 1u << bit % 8;
		uint64_t c = 1u << bit;

		for (int i = 0; i < CRC_PIECE; i += 8)
			c = crc_step(c, zeros);
		for (uint32_t i = 0; i < one; i++)
			to[one + i] = to[i] ^ (uint32_t)c;
	}
}

static uint32_t crc_over_piece(uint32_t c)
{
	return crc_after_piece[0][c & 255] ^ crc_after_piece[1][c >> 8 & 255] ^
	       crc_after_piece[2][c >> 16 & 255] ^ crc_after_piece[3][c >> 24];
}

SSE42 static uint32_t crc_three(uint32_t c, const unsigned char *p)
{
	uint64_t a = c, b = 0, d = 0;

	for (const unsigned char *end = p + CRC_PIECE; p < end; p += 8) {
		a = crc_step(a, p);
		b = crc_step(b, p + CRC_PIECE);
		d = crc_step(d, p + 2 * CRC_PIECE);
	}
	return crc_over_piece(crc_over_piece((uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)d;
}

SSE42 static uint32_t crc_instruction(uint32_t c, const unsigned char *p, size_t len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint64_t wide;

	if (len >= 3 * CRC_PIECE)
		pthread_once(&once, crc_fill_pieces);
	for (; len >= 3 * CRC_PIECE; len -= 3 * CRC_PIECE, p += 3 * CRC_PIECE)
		c = crc_three(c, p);
	wide = c;

	for (; len >= 8; len -= 8, p += 8)
		wide = crc_step(wide, p);
	c = (uint32_t)wide;
	for (; len; len--, p++)
		c = __builtin_ia32_crc32qi(c, *p);
	return c;
}
#endif

uint32_t hash_crc32c(uint32_t seed, const void *data, size_t len)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc_instruction(~seed, data, len);
#endif
	return hash_crc32c_plain(seed, data, len);
}

/* Slicing by eight (Kounavis and Berry 2005): eight table look-ups for eight bytes. */
uint32_t hash_crc32c_plain(uint32_t seed, const void *data, size_t len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const unsigned char *p = data;
	uint32_t c = ~seed;

	pthread_once(&once, crc_fill);
	for (; len >= 8; len -= 8, p += 8) {
		c ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		     (uint32_t)p[3] << 24;
		c = crc_table[7][c & 255] ^ crc_table[6][c >> 8 & 255] ^
		    crc_table[5][c >> 16 & 255] ^ crc_table[4][c >> 24] ^ crc_table[3][p[4]] ^
		    crc_table[2][p[5]] ^ crc_table[1][p[6]] ^ crc_table[0][p[7]];
	}
	for (; len; len--, p++)
		c = crc_table[0][(c ^ *p) & 255] ^ c >> 8;
	return ~c;
}

static uint64_t load64(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

/* Inline, so that the state stays in registers: names are hashed by the ten thousand. */
static inline __attribute__((always_inline)) void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static inline __attribute__((always_inline)) void sip_word(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
}

uint64_t hash_sip(const unsigned char key[16], const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t k0 = load64(key), k1 = load64(key + 8), last = (uint64_t)len << 56;
	uint64_t v[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du,
		k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
	size_t tail = len & 7;

	for (size_t i = 0; i + 8 <= len; i += 8)
		sip_word(v, load64(p + i));
	for (size_t i = 0; i < tail; i++)
		last |= (uint64_t)p[len - tail + i] << (8 * i);
	sip_word(v, last);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void hash_random(void *out, size_t len)
{
	if (RAND_bytes(out, (int)len) != 1)
		abort();
}

void hash_random_token(char *out, size_t chars)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz012345";
	unsigned char b;

	for (size_t i = 0; i < chars; i++) {
		hash_random(&b, 1);
		out[i] = set[b & 31];
	}
	out[chars] = '\0';
}
