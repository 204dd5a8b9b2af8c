/*
 * Any bytes as a log file: reading ends, and after one append the log reads the same again with
 * that record behind. The checksum of the header is made right, so that the records are reached.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "store/disk/bytes.h"
#include "store/disk/wal.h"
#include "tests/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char magic[8] = "FUZZLOG";

struct tally {
	size_t n, bytes;
};

static int tally(void *ctx, const struct wal_record *r)
{
	struct tally *t = ctx;
	const unsigned char *p = r->p;

	t->n++;
	for (size_t i = 0; i < r->len; i++)
		t->bytes += p[i];
	return 0;
}

static void put(const char *path, const unsigned char *p, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(p, 1, len, f) != len)
		abort();
	fclose(f);
}

/* Chains the records the bytes look like, so that they verify. */
static void mend(unsigned char *p, size_t len)
{
	uint32_t crc;
	uint64_t sequence;

	memcpy(p, magic, 8);
	store32(p + 8, 1);
	crc = hash_crc32c(0, p, 60);
	store32(p + 60, crc);
	sequence = load64(p + 12);
	for (size_t at = 64; at + 20 <= len;) {
		size_t n = load32(p + at);

		store64(p + at + 8, ++sequence);
		if (n > len - at - 20)
			return;
		crc = hash_crc32c(hash_crc32c(crc, p + at, 16), p + at + 20, n);
		store32(p + at + 16, crc);
		at += 20 + n;
	}
}

static void follow(const char *path, const char *lock)
{
	struct wal_record r = {1, "x", 1, 0};
	struct tally first = {0}, own = {0}, again = {0};
	struct wal *w;

	if (wal_open(&w, path, lock, magic, NULL, NULL) != 0)
		return;
	if (wal_read(w, tally, &first, NULL) != 0 ||
		wal_append(w, &r, 1, false, tally, &own, NULL) != 0 || own.n)
		abort();
	wal_free(w);
	if (wal_open(&w, path, lock, magic, NULL, NULL) != 0 ||
		wal_read(w, tally, &again, NULL) != 0 || again.n != first.n + 1 ||
		again.bytes != first.bytes + 'x')
		abort();
	wal_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char dir[SCRATCH_SIZE], path[SCRATCH_SIZE + 8], lock[SCRATCH_SIZE + 8];
	unsigned char *copy = mem_alloc(size + 1);

	memcpy(copy, data, size);
	if (!mkdtemp(scratch(dir, "fuzz_wal")))
		abort();
	snprintf(path, sizeof(path), "%s/a.wal", dir);
	snprintf(lock, sizeof(lock), "%s/lock", dir);
	put(path, copy, size);
	follow(path, lock);
	if (size >= 64) {
		mend(copy, size);
		put(path, copy, size);
		follow(path, lock);
	}
	unlink(path);
	unlink(lock);
	rmdir(dir);
	free(copy);
	return 0;
}
