/* Packed bytes of a hostile server; and whatever is packed must come out as it went in. */
#include "net/deflate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUDGET = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes that came out; out may be NULL. */
static void unpack(const char *p, size_t len, size_t piece, struct str *out)
{
	struct deflate *d = deflate_new();
	char buf[1000];
	size_t total = 0;

	for (size_t at = 0; at < len || deflate_has_more(d);) {
		size_t n = len - at < piece ? len - at : piece, used, made;

		if (deflate_unpack(d, p + at, n, &used, buf, sizeof(buf), &made) < 0)
			break;
		if (used > n || made > sizeof(buf) || (n && !used && !made))
			abort();
		if (out)
			str_add(out, buf, made);
		at += used;
		total += made;
		if (total > BUDGET)
			break;
	}
	deflate_free(d);
}

static void round_trip(const char *p, size_t len, size_t piece)
{
	struct deflate *d = deflate_new();
	struct str packed = STR_INIT, all = STR_INIT;

	for (size_t at = 0; at < len; at += piece)
		deflate_pack(d, p + at, len - at < piece ? len - at : piece, at % 3 == 0, &packed);
	deflate_pack(d, NULL, 0, true, &packed);
	unpack(str_c(&packed), packed.len, piece, &all);
	if (all.len != len || (len && memcmp(all.p, p, len) != 0))
		abort();
	deflate_free(d);
	str_done(&packed);
	str_done(&all);
}

/* The first byte: how many bytes come at a time; odd: the rest is packed first. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data + 1;

	if (size < 2 || size > BUDGET)
		return 0;
	if (data[0] & 1)
		round_trip(p, size - 1, (size_t)data[0] + 1);
	else
		unpack(p, size - 1, (size_t)data[0] + 1, NULL);
	return 0;
}
