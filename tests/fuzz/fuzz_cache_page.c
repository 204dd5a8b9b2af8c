/*
 * Any bytes as a record of a base (as they are, and with a head that verifies) and as changes of
 * the log. The first byte says which.
 */
#include "base/mem.h"
#include "store/disk/bytes.h"
#include "store/disk/cache_priv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t sink;

static void use(const struct summary *s)
{
	sink += strlen(s->from_name) + strlen(s->from_mail) + strlen(s->to) + strlen(s->subject) +
		strlen(s->message_id) + strlen(s->references) + strlen(s->file) + s->identity[15];
}

static void read_strings(const unsigned char *rec, size_t len)
{
	struct strings_page v;

	if (strings_open(&v, rec, len) != 0)
		return;
	for (uint32_t i = 0; i < v.n; i++) {
		struct summary s = {0};
		uint32_t at;

		strings_get(&v, i, &s);
		use(&s);
		if (!strings_find(&v, strings_uid(&v, i), &at) || at != i)
			abort();
	}
}

static void read_columns(const unsigned char *rec, size_t len)
{
	struct columns c = {0};
	int n;

	columns_resize(&c, 8192);
	n = hot_decode(&c, 0, rec, len);
	columns_resize(&c, n > 0 ? (size_t)n : 0);
	/* no room for them again */
	if (n > 0 && hot_decode(&c, (size_t)n, rec, len) > 0)
		abort();
	for (size_t i = 0; i < c.n; i++)
		if (columns_find(&c, c.uid[i]) != (ptrdiff_t)i)
			abort();
	columns_done(&c);
}

static void read_pairs(const unsigned char *rec, size_t len)
{
	struct page page;

	if (pairs_check(&page, 'x', rec, len) != 0)
		return;
	for (uint32_t i = 0; i < page.count; i++)
		sink += pair_at(&page, i).uid;
}

static void read_record(char kind, const unsigned char *rec, size_t len)
{
	struct base_meta m;
	struct strv v = STRV_INIT;
	struct dir_entry *entries;

	switch (kind) {
	case 'M':
		if (meta_decode(&m, rec, len) == 0)
			sink += strlen(m.folder);
		meta_done(&m);
		break;
	case 'd':
		entries = mem_array(len / 8 + 1, sizeof(*entries));
		dir_decode(entries, (uint32_t)(len / 8), rec, len);
		free(entries);
		break;
	case 'k':
		if (keysets_decode(&v, rec, len) == 0)
			sink += v.n;
		strv_done(&v);
		break;
	case 'h':
		read_columns(rec, len);
		break;
	case 'x':
		read_pairs(rec, len);
		break;
	default:
		read_strings(rec, len);
	}
}

/* Records of type 1, length 1 and that many bytes. */
static void replay(const unsigned char *p, size_t len)
{
	struct cache *c = mem_alloc(sizeof(*c));
	const unsigned char *end = p + len;

	index_start(c);
	while (end - p >= 2) {
		size_t n = p[1] < end - p - 2 ? p[1] : (size_t)(end - p - 2);
		struct wal_record r = {p[0], p + 2, n, 0};

		index_replay(c, &r);
		p += 2 + n;
		if (n % 5 == 0)
			index_settle(c);
	}
	index_settle(c);
	if (c->columns.n != index_count(c) || c->dead || c->fresh.n)
		abort();
	for (size_t i = 0; i < c->columns.n; i++) {
		struct summary s = {0};
		uint32_t range[2];

		if ((i && c->columns.uid[i] <= c->columns.uid[i - 1]) ||
			index_strings(c, c->columns.uid[i], &s, range) != 1)
			abort();
		use(&s);
	}
	index_done(c);
	free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char kinds[] = "Mdkhxs";
	struct str rec = STR_INIT;
	uint32_t count;
	char kind;

	if (size < 5)
		return 0;
	if (data[0] % 8 >= 6) {
		replay(data + 1, size - 1);
		return 0;
	}
	kind = kinds[data[0] % 8];
	count = load32(data + 1);
	read_record(kind, data + 1, size - 1);
	page_begin(&rec);
	bytes_add(&rec, data + 5, size - 5);
	page_seal(&rec, kind, count);
	read_record(kind, (const unsigned char *)rec.p, rec.len);
	str_done(&rec);
	return 0;
}
