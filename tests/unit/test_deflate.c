/* Packing and unpacking of a connection's bytes, and what hostile ones do. */

#include "base/mem.h"
#include "net/deflate.h"
#include "tests/check.h"

#include <string.h>

/* Unpacks all of p, in pieces that come and pieces that go. */
static int unpack(
	struct deflate *d, const char *p, size_t len, size_t in, size_t out, struct str *all)
{
	char buf[8192];

	for (size_t at = 0; at < len || deflate_has_more(d);) {
		size_t n = len - at < in ? len - at : in, used, made;

		if (deflate_unpack(d, p + at, n, &used, buf, out, &made) < 0)
			return -1;
		assert_true(used <= n && made <= out);
		assert_true(used || made || !n || !deflate_has_more(d));
		str_add(all, buf, made);
		at += used;
	}
	return 0;
}

static void round_trip(const char *text, size_t len, size_t in, size_t out)
{
	struct deflate *a = deflate_new(), *b = deflate_new();
	struct str packed = STR_INIT, all = STR_INIT;

	for (int i = 0; i < 3; i++) {
		str_clear(&packed);
		str_clear(&all);
		deflate_pack(a, text, len / 2, false, &packed);
		deflate_pack(a, text + len / 2, len - len / 2, true, &packed);
		assert_int_equal(unpack(b, str_c(&packed), packed.len, in, out, &all), 0);
		assert_int_equal(all.len, len);
		assert_memory_equal(str_c(&all), text, len);
	}
	deflate_free(a);
	deflate_free(b);
	str_done(&packed);
	str_done(&all);
}

static void test_round_trips(void **state)
{
	struct str noise = STR_INIT;
	uint32_t x = 1;

	for (int i = 0; i < 100000; i++) {
		x = x * 1103515245 + 12345;
		str_addc(&noise, (char)(x >> 16));
	}
	round_trip("", 0, 100, 100);
	round_trip("a1 NOOP\r\n", 9, 100, 100);
	round_trip("a1 NOOP\r\n", 9, 1, 1);
	round_trip(noise.p, noise.len, 4096, 4096);
	round_trip(noise.p, noise.len, 1, 8192);
	round_trip(noise.p, noise.len, 1000, 1);
	str_done(&noise);
}

static void test_a_flush_can_be_read(void **state)
{
	struct deflate *a = deflate_new(), *b = deflate_new();
	struct str packed = STR_INIT, all = STR_INIT;

	deflate_pack(a, "one", 3, false, &packed);
	assert_int_equal(unpack(b, str_c(&packed), packed.len, 100, 100, &all), 0);
	assert_int_equal(all.len, 0);
	str_clear(&packed);
	deflate_pack(a, NULL, 0, true, &packed);
	assert_int_equal(unpack(b, str_c(&packed), packed.len, 100, 100, &all), 0);
	assert_string_equal(str_c(&all), "one");
	deflate_free(a);
	deflate_free(b);
	str_done(&packed);
	str_done(&all);
}

static void test_text_shrinks(void **state)
{
	struct deflate *a = deflate_new();
	struct str packed = STR_INIT, text = STR_INIT;

	for (int i = 0; i < 1000; i++)
		str_addf(&text, "* %d FETCH (UID %d FLAGS (\\Seen))\r\n", i, i + 77);
	deflate_pack(a, text.p, text.len, true, &packed);
	assert_true(packed.len * 3 < text.len);
	deflate_free(a);
	str_done(&packed);
	str_done(&text);
}

/* 64 MiB of nothing: comes a piece at a time, and the receiver can stop. */
static void test_a_bomb_comes_in_pieces(void **state)
{
	struct deflate *a = deflate_new(), *b = deflate_new();
	struct str packed = STR_INIT;
	char zeros[65536] = {0}, buf[4096];
	size_t at = 0, total = 0;

	for (int i = 0; i < 1024; i++)
		deflate_pack(a, zeros, sizeof(zeros), i == 1023, &packed);
	assert_true(packed.len < 1 << 20);
	while (total < 1 << 20) {
		size_t used, made;

		assert_int_equal(deflate_unpack(b, packed.p + at, packed.len - at, &used, buf,
					 sizeof(buf), &made),
			0);
		at += used;
		total += made;
	}
	assert_true(deflate_has_more(b));
	assert_true(at < packed.len / 2);
	deflate_free(a);
	deflate_free(b);
	str_done(&packed);
}

static void test_garbage(void **state)
{
	static const struct {
		const char *p;
		size_t len;
	} bad[] = {
		{"\xff\xff\xff\xff", 4},                 /* block type 3 */
		{"* OK this is not packed\r\n", 25},     /* as if nothing had been agreed */
		{"\x01\x05\x00\x00\x00hello", 10},       /* stored, with a wrong complement */
		{"\x78\x9c\x03\x00\x00\x00\x00\x01", 8}, /* zlib's header, which must not be here */
	};

	for (size_t i = 0; i < MEM_COUNT(bad); i++)
		for (size_t in = 1; in < 20; in += 18) {
			struct deflate *d = deflate_new();
			struct str all = STR_INIT;

			if (unpack(d, bad[i].p, bad[i].len, in, 100, &all) == 0)
				fail_msg("case %zu was taken", i);
			deflate_free(d);
			str_done(&all);
		}
}

static void test_what_is_good_comes_before_the_fault(void **state)
{
	struct deflate *a = deflate_new(), *b = deflate_new();
	struct str packed = STR_INIT, all = STR_INIT;

	deflate_pack(a, "good", 4, true, &packed);
	str_adds(&packed, "\xff\xff\xff");
	assert_int_equal(unpack(b, packed.p, packed.len, 100, 100, &all), -1);
	assert_string_equal(str_c(&all), "good");
	deflate_free(a);
	deflate_free(b);
	str_done(&packed);
	str_done(&all);
}

static void test_the_end_is_the_end(void **state)
{
	static const char end[] = "\x4b\x4c\x04\x00"; /* "aa", in a block marked as the last */
	struct deflate *d = deflate_new();
	struct str all = STR_INIT;
	char buf[10];
	size_t used, made;

	assert_int_equal(unpack(d, end, 4, 100, 100, &all), 0);
	assert_int_equal(deflate_unpack(d, "", 0, &used, buf, 10, &made), 0);
	assert_int_equal(deflate_unpack(d, "\x00", 1, &used, buf, 10, &made), -1);
	deflate_free(d);
	str_done(&all);
}

/* What is cut off is waited for: no fault, no more bytes. */
static void test_truncated(void **state)
{
	struct deflate *a = deflate_new();
	struct str packed = STR_INIT;

	deflate_pack(a, "* 1 FETCH (FLAGS ())\r\n* 1 FETCH (FLAGS ())\r\n", 44, true, &packed);
	for (size_t n = 0; n < packed.len; n++) {
		struct deflate *b = deflate_new();
		struct str all = STR_INIT;

		assert_int_equal(unpack(b, packed.p, n, 100, 100, &all), 0);
		assert_true(all.len <= 44);
		assert_false(deflate_has_more(b));
		deflate_free(b);
		str_done(&all);
	}
	deflate_free(a);
	str_done(&packed);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_a_flush_can_be_read),
		cmocka_unit_test(test_text_shrinks),
		cmocka_unit_test(test_a_bomb_comes_in_pieces),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_what_is_good_comes_before_the_fault),
		cmocka_unit_test(test_the_end_is_the_end),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
