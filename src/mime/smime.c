#include "mime/smime.h"

#include <string.h>

enum { DEPTH_MAX = 16, OCTETS = 0x04, OID = 0x06, SEQUENCE = 0x30, CONTEXT_0 = 0xa0 };
enum { CONSTRUCTED = 0x20, LONG_TAG = 0x1f };

/* A place in BER (X.690 8.1). */
struct ber {
	const unsigned char *p, *end;
};

struct value {
	unsigned tag;
	bool indefinite;    /* its end is found by going through it */
	struct ber content; /* of an indefinite one: all that is left */
};

/* The head of the next value; at->p moves behind it. */
static bool read_head(struct ber *at, struct value *v)
{
	size_t len, n;

	if (at->end - at->p < 2 || (*at->p & LONG_TAG) == LONG_TAG)
		return false;
	v->tag = *at->p++;
	len = *at->p++;
	v->indefinite = len == 0x80;
	if (len > 0x80) {
		n = len & 0x7f;
		if (n > 4 || (size_t)(at->end - at->p) < n)
			return false;
		for (len = 0; n; n--)
			len = len << 8 | *at->p++;
	}
	if (v->indefinite)
		len = (size_t)(at->end - at->p);
	/* A file that was cut has at least its beginning. */
	if (len > (size_t)(at->end - at->p))
		len = (size_t)(at->end - at->p);
	v->content = (struct ber){at->p, at->p + len};
	return !v->indefinite || (v->tag & CONSTRUCTED);
}

static bool at_end_mark(const struct ber *at)
{
	return at->end - at->p >= 2 && at->p[0] == 0 && at->p[1] == 0;
}

/* Steps over the next value. */
static bool skip(struct ber *at, int depth)
{
	struct value v;

	if (depth > DEPTH_MAX || !read_head(at, &v))
		return false;
	if (!v.indefinite) {
		at->p = v.content.end;
		return true;
	}
	while (!at_end_mark(at))
		if (!skip(at, depth + 1))
			return false;
	at->p += 2;
	return true;
}

/* Goes into the next value, which must have that tag. */
static bool enter(struct ber *at, unsigned tag, struct ber *inside)
{
	struct value v;

	if (!read_head(at, &v) || v.tag != tag)
		return false;
	*inside = v.content;
	return true;
}

static bool is_oid(struct ber *at, const char *oid, size_t len)
{
	struct ber value;

	if (!enter(at, OID, &value) || (size_t)(value.end - value.p) != len ||
		memcmp(value.p, oid, len) != 0)
		return false;
	at->p = value.end;
	return true;
}

/* An octet string, in one piece or in several. */
static bool add_octets(struct ber *at, struct str *out, int depth)
{
	struct value v;

	if (depth > DEPTH_MAX || !read_head(at, &v) || (v.tag & ~(unsigned)CONSTRUCTED) != OCTETS)
		return false;
	if (!(v.tag & CONSTRUCTED)) {
		str_add(out, (const char *)v.content.p, (size_t)(v.content.end - v.content.p));
		at->p = v.content.end;
		return true;
	}
	at->end = v.indefinite ? at->end : v.content.end;
	while (at->p < at->end && !at_end_mark(at)) {
		struct ber piece = {at->p, at->end};

		if (!add_octets(&piece, out, depth + 1))
			return out->len > 0;
		at->p = piece.p;
	}
	if (v.indefinite && at_end_mark(at))
		at->p += 2;
	return true;
}

bool smime_signed_content(const char *p, size_t len, struct str *out)
{
	static const char SIGNED_DATA[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
	static const char DATA[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
	struct ber at = {(const unsigned char *)p, (const unsigned char *)p + len}, in;

	if (!len || !enter(&at, SEQUENCE, &in) ||
		!is_oid(&in, SIGNED_DATA, sizeof(SIGNED_DATA) - 1) || !enter(&in, CONTEXT_0, &at) ||
		!enter(&at, SEQUENCE, &in))
		return false;
	/* version, digest algorithms, content */
	if (!skip(&in, 0) || !skip(&in, 0) || !enter(&in, SEQUENCE, &at) ||
		!is_oid(&at, DATA, sizeof(DATA) - 1) || !enter(&at, CONTEXT_0, &in))
		return false;
	return add_octets(&in, out, 0) && out->len;
}
