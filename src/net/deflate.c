#include "net/deflate.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

enum {
	IN_BITS = -15,  /* raw, and the window that the other side may use (RFC 4978 3) */
	OUT_BITS = -13, /* commands are short: 8 KiB of memory of them do */
	OUT_MEMORY = 6,
	OUT_LEVEL = 1, /* what is sent is small, and mail as attachments does not shrink */
	PIECE = 4096
};

struct deflate {
	z_stream in, out;
	bool more, ended, broken;
};

struct deflate *deflate_new(void)
{
	struct deflate *d = mem_alloc(sizeof(*d));

	if (inflateInit2(&d->in, IN_BITS) != Z_OK)
		abort();
	if (deflateInit2(&d->out, OUT_LEVEL, Z_DEFLATED, OUT_BITS, OUT_MEMORY,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	return d;
}

void deflate_free(struct deflate *d)
{
	if (!d)
		return;
	inflateEnd(&d->in);
	deflateEnd(&d->out);
	free(d);
}

void deflate_pack(struct deflate *d, const char *p, size_t len, bool flush, struct str *out)
{
	char piece[PIECE];

	d->out.next_in = (Bytef *)(uintptr_t)p;
	d->out.avail_in = (uInt)len;
	do {
		d->out.next_out = (Bytef *)piece;
		d->out.avail_out = sizeof(piece);
		/* Z_BUF_ERROR only says that there is nothing left to do. */
		deflate(&d->out, flush ? Z_SYNC_FLUSH : Z_NO_FLUSH);
		str_add(out, piece, sizeof(piece) - d->out.avail_out);
	} while (d->out.avail_out == 0 || d->out.avail_in);
}

int deflate_unpack(struct deflate *d, const char *p, size_t len, size_t *used, char *out,
	size_t max, size_t *made)
{
	int r;

	*used = *made = 0;
	if (d->broken || (d->ended && len))
		return -1;
	if (d->ended)
		return 0;
	d->in.next_in = (Bytef *)(uintptr_t)p;
	d->in.avail_in = (uInt)len;
	d->in.next_out = (Bytef *)out;
	d->in.avail_out = (uInt)max;
	r = inflate(&d->in, Z_SYNC_FLUSH);
	*used = len - d->in.avail_in;
	*made = max - d->in.avail_out;
	d->ended = r == Z_STREAM_END;
	d->broken = r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR;
	d->more = !d->ended && d->in.avail_out == 0;
	/* What came before the fault is good and is passed on first. */
	return d->broken && !*made ? -1 : 0;
}

bool deflate_has_more(const struct deflate *d)
{
	return d->more || d->broken;
}
