#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/disk/wal.h"
#include "tests/unit/fails.h"
#include "tests/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = "TESTLOG";
static const unsigned char user[WAL_USER_HEADER] = "the owner's bytes";
static char dir[SCRATCH_SIZE], path[128], lock[128];

static int setup(void **state)
{
	if (!mkdtemp(scratch(dir, "test_wal")))
		return -1;
	snprintf(path, sizeof(path), "%s/a.wal", dir);
	snprintf(lock, sizeof(lock), "%s/lock", dir);
	return 0;
}

static int teardown(void **state)
{
	return file_remove_tree(dir, NULL);
}

/* What was read, as "type:payload@sequence " for each record. */
static int note(void *ctx, const struct wal_record *r)
{
	str_addf(ctx, "%u:%.*s@%u ", r->type, (int)r->len, (const char *)r->p,
		(unsigned)r->sequence);
	return 0;
}

static struct wal *open_it(void)
{
	struct wal *w;

	WORKS(wal_open(&w, path, lock, magic, user, &why));
	return w;
}

static struct wal_record rec(uint16_t type, const char *s)
{
	return (struct wal_record){type, s, strlen(s), 0};
}

static void put(struct wal *w, uint16_t type, const char *s)
{
	struct wal_record r = rec(type, s);

	assert_int_equal(wal_append(w, &r, 1, false, NULL, NULL, NULL), 0);
}

static void expect(struct wal *w, int want_rc, const char *want)
{
	struct str got = STR_INIT;

	assert_int_equal(wal_read(w, note, &got, NULL), want_rc);
	assert_string_equal(str_c(&got), want);
	str_done(&got);
}

static void test_round_trip(void **state)
{
	struct wal_record batch[] = {rec(1, "one"), rec(2, ""), rec(3, "three")};
	struct wal *w = open_it(), *r = open_it();

	assert_memory_equal(wal_user_header(r), user, WAL_USER_HEADER);
	assert_int_equal(wal_size(w), 64);
	assert_int_equal(wal_append(w, batch, 3, true, NULL, NULL, NULL), 0);
	put(w, 9, "last");
	assert_int_equal(wal_sequence(w), 4);
	expect(w, 0, "");
	expect(r, 0, "1:one@1 2:@2 3:three@3 9:last@4 ");
	expect(r, 0, "");
	assert_int_equal(wal_size(r), wal_size(w));
	wal_free(w);
	wal_free(r);
}

static void test_two_writers(void **state)
{
	struct wal *a = open_it(), *b = open_it();
	struct wal_record r = rec(2, "b");
	struct str seen = STR_INIT;

	put(a, 1, "a");
	assert_int_equal(wal_append(b, &r, 1, false, note, &seen, NULL), 0);
	assert_string_equal(str_c(&seen), "1:a@1 ");
	str_done(&seen);
	expect(b, 0, "");
	expect(a, 0, "2:b@2 ");
	wal_free(a);
	wal_free(b);
}

static int stop_at_two(void *ctx, const struct wal_record *r)
{
	note(ctx, r);
	return r->type == 2 ? 7 : 0;
}

static void test_stop(void **state)
{
	struct wal *w = open_it(), *r = open_it();
	struct wal_record batch[] = {rec(1, "a"), rec(2, "b"), rec(3, "c")};
	struct str got = STR_INIT;

	assert_int_equal(wal_append(w, batch, 3, false, NULL, NULL, NULL), 0);
	assert_int_equal(wal_read(r, stop_at_two, &got, NULL), 7);
	assert_string_equal(str_c(&got), "1:a@1 2:b@2 ");
	str_done(&got);
	expect(r, 0, "3:c@3 ");
	wal_free(w);
	wal_free(r);
}

/* A batch counts whole or not at all, whatever length a crash left. */
static void test_torn(void **state)
{
	struct wal_record batch[] = {rec(1, "first of two"), rec(2, "second of two")};
	struct wal *w = open_it();
	uint64_t before, whole;

	put(w, 5, "kept");
	before = wal_size(w);
	assert_int_equal(wal_append(w, batch, 2, false, NULL, NULL, NULL), 0);
	whole = wal_size(w);
	wal_free(w);
	for (uint64_t size = whole - 1; size > before; size--) {
		assert_int_equal(truncate(path, (off_t)size), 0);
		w = open_it();
		expect(w, 0, "5:kept@1 ");
		assert_int_equal(wal_size(w), before);
		wal_free(w);
	}
	assert_int_equal(truncate(path, (off_t)before + 9), 0);
	w = open_it();
	put(w, 6, "after");
	wal_free(w);
	w = open_it();
	expect(w, 0, "5:kept@1 6:after@2 ");
	wal_free(w);
}

static void flip(uint64_t at, unsigned char bit)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	unsigned char c;

	assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
	c ^= bit;
	assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
	close(fd);
}

static void test_flips(void **state)
{
	struct wal *w = open_it();
	uint64_t size;

	put(w, 1, "aaaa");
	put(w, 2, "bbbb");
	size = wal_size(w);
	wal_free(w);
	for (uint64_t at = 0; at < size; at++) {
		struct err err = {0};
		int rc;

		flip(at, 1 << at % 8);
		rc = wal_open(&w, path, lock, magic, user, &err);
		if (at < 64) {
			assert_int_equal(rc, -1);
			assert_int_equal(err.kind, ERR_DAMAGED);
		} else {
			assert_int_equal(rc, 0);
			expect(w, 0, at < 64 + 24 ? "" : "1:aaaa@1 ");
			wal_free(w);
		}
		flip(at, 1 << at % 8);
	}
}

static void test_missing(void **state)
{
	struct wal *w;

	FAILS(ERR_GONE, wal_open(&w, path, lock, magic, NULL, &why));
	assert_false(file_exists(path));
	wal_free(open_it());
	FAILS(ERR_DAMAGED, wal_open(&w, path, lock, "OTHERLOG", NULL, &why));
}

static void test_rewrite(void **state)
{
	static const unsigned char other[WAL_USER_HEADER] = "another owner";
	struct wal_record snapshot = rec(7, "snapshot");
	struct wal *w = open_it(), *other_copy = open_it();
	uint64_t from;

	put(w, 1, "old");
	put(w, 2, "covered");
	from = wal_size(w);
	expect(other_copy, 0, "1:old@1 2:covered@2 ");
	put(other_copy, 3, "later");
	assert_int_equal(wal_rewrite(w, other, &snapshot, 1, from, true, NULL), 0);
	assert_memory_equal(wal_user_header(w), other, WAL_USER_HEADER);
	/* what this handle had not read yet it still gets */
	expect(w, 0, "3:later@4 ");
	put(w, 4, "new");
	expect(other_copy, 1, "");
	assert_int_equal(wal_append(other_copy, &snapshot, 1, false, NULL, NULL, NULL), 1);
	wal_free(other_copy);
	wal_free(w);
	w = open_it();
	assert_memory_equal(wal_user_header(w), other, WAL_USER_HEADER);
	expect(w, 0, "7:snapshot@3 3:later@4 4:new@5 ");
	wal_free(w);
	snprintf(path, sizeof(path), "%s/a.wal.old", dir);
	w = open_it();
	expect(w, 0, "1:old@1 2:covered@2 3:later@3 ");
	wal_free(w);
}

/* From an offset this handle has passed already. */
static void test_rewrite_from_before(void **state)
{
	struct wal *w = open_it();
	uint64_t from;

	put(w, 1, "a");
	from = wal_size(w);
	put(w, 2, "b");
	put(w, 3, "c");
	assert_int_equal(wal_rewrite(w, user, NULL, 0, from, false, NULL), 0);
	expect(w, 0, "");
	put(w, 4, "d");
	wal_free(w);
	w = open_it();
	expect(w, 0, "2:b@4 3:c@5 4:d@6 ");
	wal_free(w);
}

static int count(void *ctx, const struct wal_record *r)
{
	size_t *n = ctx;
	const unsigned char *p = r->p;

	for (size_t i = 0; i < r->len; i++)
		if (p[i] != (unsigned char)*n)
			return -9;
	++*n;
	return 0;
}

static void test_large(void **state)
{
	struct wal *w = open_it();
	unsigned char *big = mem_alloc(WAL_MAX_RECORD + 1);
	struct wal_record r = {1, big, WAL_MAX_RECORD + 1, 0};
	size_t n = 0;

	FAILS(ERR_INPUT, wal_append(w, &r, 1, false, NULL, NULL, &why));
	for (int i = 0; i < 12; i++) {
		memset(big, i, WAL_MAX_RECORD);
		r.len = (size_t)WAL_MAX_RECORD - (size_t)i * 1000;
		assert_int_equal(wal_append(w, &r, 1, false, NULL, NULL, NULL), 0);
	}
	wal_free(w);
	w = open_it();
	assert_int_equal(wal_read(w, count, &n, NULL), 0);
	assert_int_equal(n, 12);
	wal_free(w);
	free(big);
}

/* The check values of the CRC catalogue and of RFC 3720 B.4, whole and in pieces. */
static void test_checksum(void **state)
{
	static const unsigned char zero[32];
	unsigned char bytes[32];

	for (size_t i = 0; i < 32; i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(hash_crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(hash_crc32c(0, zero, 32), 0x8a9136aa);
	for (size_t cut = 0; cut <= 32; cut++)
		assert_int_equal(
			hash_crc32c(hash_crc32c(0, bytes, cut), bytes + cut, 32 - cut), 0x46dd794e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksum),
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_writers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flips, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rewrite, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rewrite_from_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
