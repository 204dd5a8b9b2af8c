#include "base/hash.h"
#include "base/mem.h"
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

/* RFC 3720 B.4, and the check value of the catalogue of CRC algorithms. */
static void test_crc32c(void **state)
{
	static const unsigned char read_pdu[48] = {0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0,
		0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0};
	unsigned char zeros[32] = {0}, ones[32], up[32], down[32];

	for (int i = 0; i < 32; i++) {
		ones[i] = 0xff;
		up[i] = (unsigned char)i;
		down[i] = (unsigned char)(31 - i);
	}
	assert_int_equal(hash_crc32c(0, zeros, 32), 0x8a9136aa);
	assert_int_equal(hash_crc32c(0, ones, 32), 0x62a8ab43);
	assert_int_equal(hash_crc32c(0, up, 32), 0x46dd794e);
	assert_int_equal(hash_crc32c(0, down, 32), 0x113fdb5c);
	assert_int_equal(hash_crc32c(0, read_pdu, 48), 0xd9963a56);
	assert_int_equal(hash_crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(hash_crc32c(0, NULL, 0), 0);
}

/* In pieces of any length and at any address: the same as bit by bit. */
static void test_crc32c_pieces(void **state)
{
	unsigned char data[300];
	uint32_t slow = ~0u;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 37 + 11);
	for (size_t i = 0; i < sizeof(data); i++) {
		slow ^= data[i];
		for (int k = 0; k < 8; k++)
			slow = slow & 1 ? slow >> 1 ^ 0x82f63b78u : slow >> 1;
	}
	for (size_t cut = 0; cut <= sizeof(data); cut++) {
		uint32_t c = hash_crc32c(0, data, cut);

		assert_int_equal(hash_crc32c(c, data + cut, sizeof(data) - cut), ~slow);
		c = hash_crc32c_plain(0, data, cut);
		assert_int_equal(hash_crc32c_plain(c, data + cut, sizeof(data) - cut), ~slow);
	}
}

/* What is long is summed in several pieces at a time. */
static void test_crc32c_long(void **state)
{
	static const size_t lengths[] = {1023, 1024, 3071, 3072, 3073, 3080, 6143, 6144, 10000};
	static unsigned char data[10016];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * i * 37 + i / 256 + 11);
	for (size_t i = 0; i < MEM_COUNT(lengths); i++)
		for (size_t from = 0; from < 9; from++)
			for (uint32_t seed = 0; seed < 3; seed++)
				assert_int_equal(
					hash_crc32c(seed * 0x89abcdef, data + from, lengths[i]),
					hash_crc32c_plain(
						seed * 0x89abcdef, data + from, lengths[i]));
}

/* Key and messages of the SipHash paper: bytes 0, 1, 2, ... */
static void test_sip(void **state)
{
	static const struct {
		size_t len;
		uint64_t want;
	} table[] = {
		{0, 0x726fdb47dd0e0e31},
		{1, 0x74f839c593dc67fd},
		{2, 0x0d6c8009d9a94f5a},
		{7, 0xab0200f58b01d137},
		{8, 0x93f5f5799a932462},
		{9, 0x9e0082df0ba9e4b0},
		{15, 0xa129ca6149be45e5},
		{16, 0x3f2acc7f57c29bdb},
		{17, 0x699ae9f52cbe4794},
		{31, 0x32d892fad841c342},
		{63, 0x958a324ceb064572},
	};
	unsigned char key[16], data[64];

	for (int i = 0; i < 64; i++)
		data[i] = (unsigned char)i;
	memcpy(key, data, 16);
	assert_true(hash_sip(key, data, 15) == 0xa129ca6149be45e5u);
	for (size_t i = 0; i < MEM_COUNT(table); i++)
		assert_true(hash_sip(key, data, table[i].len) == table[i].want);
	key[0] ^= 1;
	assert_true(hash_sip(key, data, 15) != 0xa129ca6149be45e5u);
}

static void assert_hex(const unsigned char *hash, const char *want)
{
	char hex[2 * HASH_SHA256_SIZE + 1];

	hash_hex(hex, hash, HASH_SHA256_SIZE);
	assert_string_equal(hex, want);
}

static void test_sha256(void **state)
{
	unsigned char h[HASH_SHA256_SIZE];
	char *million = mem_array(1000000, 1);

	hash_sha256(h, "", 0);
	assert_hex(h, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hash_sha256(h, "abc", 3);
	assert_hex(h, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hash_sha256(h, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
	assert_hex(h, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', 1000000);
	hash_sha256(h, million, 1000000);
	assert_hex(h, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

static void test_pieces(void **state)
{
	const struct hash_piece a[] = {{"a", 1}, {"bc", 2}}, b[] = {{"ab", 2}, {"c", 1}},
				c[] = {{"abc", 3}}, d[] = {{"a", 1}, {"bc", 2}, {NULL, 0}};
	unsigned char h[5][HASH_SHA256_SIZE];

	hash_sha256_pieces(h[0], a, 2);
	hash_sha256_pieces(h[1], b, 2);
	hash_sha256_pieces(h[2], c, 1);
	hash_sha256_pieces(h[3], d, 3);
	hash_sha256_pieces(h[4], NULL, 0);
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < i; k++)
			assert_true(memcmp(h[i], h[k], HASH_SHA256_SIZE) != 0);
	hash_sha256(h[0], "\3\0\0\0\0\0\0\0abc", 11);
	assert_memory_equal(h[0], h[2], HASH_SHA256_SIZE);
}

static void test_random(void **state)
{
	char a[65], b[65];
	int seen[256] = {0}, kinds = 0;

	hash_random_token(a, 64);
	hash_random_token(b, 64);
	assert_int_equal(strlen(a), 64);
	assert_int_equal(strspn(a, "abcdefghijklmnopqrstuvwxyz0123456789"), 64);
	assert_string_not_equal(a, b);
	hash_random_token(a, 0);
	assert_string_equal(a, "");
	for (int i = 0; i < 100; i++) {
		hash_random_token(a, 64);
		for (int k = 0; k < 64; k++)
			kinds += seen[(unsigned char)a[k]]++ == 0;
	}
	assert_int_equal(kinds, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc32c),
		cmocka_unit_test(test_crc32c_pieces),
		cmocka_unit_test(test_crc32c_long),
		cmocka_unit_test(test_sip),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
