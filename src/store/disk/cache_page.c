#include "store/disk/cache_priv.h"

#include "base/mem.h"
#include "store/disk/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_VERSION = 1, FORMAT_MAJOR = 1, FORMAT_MINOR = META_MINOR };

/* Pages of strings by codec: 0 knows no Cc, and of To the first only. */
enum { STRINGS_CODEC = 1 };
static const size_t strings_columns[STRINGS_CODEC + 1] = {SUMMARY_PAGED - 1, SUMMARY_PAGED};

static const unsigned char page_magic[4] = {'T', 'L', 'R', 'P'};
const char family_tag[5] = {'h', 'x', 't', 's', 'k'};

void page_begin(struct str *rec)
{
	static const unsigned char zero[PAGE_HEAD];

	str_clear(rec);
	bytes_add(rec, zero, sizeof(zero));
}

static uint32_t page_crc(const unsigned char *rec, size_t len)
{
	return hash_crc32c(hash_crc32c(0, rec, 16), rec + PAGE_HEAD, len - PAGE_HEAD);
}

uint32_t page_seal(struct str *rec, char tag, uint32_t count)
{
	unsigned char *h = (unsigned char *)rec->p;
	uint32_t crc;

	memcpy(h, page_magic, 4);
	store16(h + 4, PAGE_VERSION);
	h[6] = tag == 's' ? STRINGS_CODEC : 0;
	h[7] = (unsigned char)tag;
	store32(h + 8, count);
	store32(h + 12, (uint32_t)(rec->len - PAGE_HEAD));
	crc = page_crc(h, rec->len);
	store32(h + 16, crc);
	return crc;
}

int page_open(struct page *page, char tag, const unsigned char *rec, size_t len)
{
	if (len < PAGE_HEAD || memcmp(rec, page_magic, 4) != 0 || load16(rec + 4) != PAGE_VERSION ||
		rec[6] > (tag == 's' ? STRINGS_CODEC : 0) || rec[7] != (unsigned char)tag ||
		load32(rec + 12) != len - PAGE_HEAD)
		return -1;
	page->codec = rec[6];
	page->crc = load32(rec + 16);
	if (page->crc != page_crc(rec, len))
		return -1;
	page->p = rec + PAGE_HEAD;
	page->len = len - PAGE_HEAD;
	page->count = load32(rec + 8);
	return 0;
}

/* --- M --- */

enum { META_FIXED = 4 + 4 + 4 + 4 + 8 + 4 + 4 + 8 + 4 + 4 + 16 + 20 + 4 };

uint32_t meta_encode(struct str *rec, const struct base_meta *m)
{
	size_t name = strlen(m->folder);

	page_begin(rec);
	bytes_add16(rec, FORMAT_MAJOR);
	bytes_add16(rec, FORMAT_MINOR);
	bytes_add32(rec, m->gen);
	bytes_add32(rec, m->meta.uidvalidity);
	bytes_add32(rec, m->meta.uidnext);
	bytes_add64(rec, m->meta.highestmodseq);
	bytes_add32(rec, m->meta.exists);
	bytes_add32(rec, m->meta.complete);
	bytes_add64(rec, m->sequence);
	bytes_add32(rec, m->n);
	bytes_add32(rec, m->max_uid);
	bytes_add(rec, m->key, 16);
	for (size_t i = 0; i < MEM_COUNT(m->pages); i++)
		bytes_add32(rec, m->pages[i]);
	bytes_add32(rec, m->n_dir);
	for (uint32_t i = 0; i < m->n_dir; i++)
		bytes_add32(rec, m->dir_crc[i]);
	bytes_add(rec, m->folder, name);
	return page_seal(rec, 'M', (uint32_t)name);
}

static void meta_numbers(struct base_meta *m, const unsigned char *p)
{
	m->minor = load16(p + 2);
	m->gen = load32(p + 4);
	m->meta.uidvalidity = load32(p + 8);
	m->meta.uidnext = load32(p + 12);
	m->meta.highestmodseq = load64(p + 16);
	m->meta.exists = load32(p + 24);
	m->meta.complete = load32(p + 28) == 1;
	m->sequence = load64(p + 32);
	m->n = load32(p + 40);
	m->max_uid = load32(p + 44);
	memcpy(m->key, p + 48, 16);
	for (size_t i = 0; i < MEM_COUNT(m->pages); i++)
		m->pages[i] = load32(p + 64 + 4 * i);
	m->n_dir = load32(p + 84);
}

int meta_decode(struct base_meta *m, const unsigned char *rec, size_t len)
{
	struct page page;
	uint64_t entries = 0;

	*m = (struct base_meta){0};
	if (page_open(&page, 'M', rec, len) != 0 || page.len < META_FIXED ||
		load16(page.p) != FORMAT_MAJOR)
		return -1;
	meta_numbers(m, page.p);
	for (size_t i = 0; i < MEM_COUNT(m->pages); i++)
		entries += m->pages[i];
	if (m->n_dir > GDBMF_MAX_RECORD / 4 || (entries + PAGE_DIR - 1) / PAGE_DIR != m->n_dir ||
		page.len != META_FIXED + 4 * (size_t)m->n_dir + page.count ||
		m->n > (uint64_t)m->pages[FAMILY_HOT] * PAGE_HOT)
		return -1;
	m->dir_crc = mem_array(m->n_dir + 1, sizeof(*m->dir_crc));
	for (uint32_t i = 0; i < m->n_dir; i++)
		m->dir_crc[i] = load32(page.p + META_FIXED + 4 * (size_t)i);
	m->folder = mem_strndup((const char *)page.p + page.len - page.count, page.count);
	return 0;
}

void meta_done(struct base_meta *m)
{
	free(m->dir_crc);
	free(m->folder);
	*m = (struct base_meta){0};
}

/* --- d --- */

uint32_t dir_encode(struct str *rec, const struct dir_entry *e, uint32_t n)
{
	page_begin(rec);
	for (uint32_t i = 0; i < n; i++) {
		bytes_add32(rec, e[i].first);
		bytes_add32(rec, e[i].crc);
	}
	return page_seal(rec, 'd', n);
}

int dir_decode(struct dir_entry *e, uint32_t n, const unsigned char *rec, size_t len)
{
	struct page page;

	if (page_open(&page, 'd', rec, len) != 0 || page.count != n || page.len != 8 * (size_t)n)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		e[i].first = load32(page.p + 8 * (size_t)i);
		e[i].crc = load32(page.p + 8 * (size_t)i + 4);
	}
	return 0;
}

/* --- h --- */

enum { HOT_BYTES = 26 };

static void put_column(struct str *rec, const uint32_t *v, uint32_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	bytes_add(rec, v, 4 * (size_t)n);
#else
	for (uint32_t i = 0; i < n; i++)
		bytes_add32(rec, v[i]);
#endif
}

uint32_t hot_encode(struct str *rec, const struct columns *c, size_t from, uint32_t n)
{
	page_begin(rec);
	str_room(rec, (size_t)n * HOT_BYTES);
	put_column(rec, c->uid + from, n);
	put_column(rec, c->flags + from, n);
	put_column(rec, c->received + from, n);
	put_column(rec, c->sent + from, n);
	put_column(rec, c->size + from, n);
	put_column(rec, c->parent + from, n);
	for (uint32_t i = 0; i < n; i++)
		bytes_add16(rec, c->keyset[from + i]);
	return page_seal(rec, 'h', n);
}

static const unsigned char *get_column(uint32_t *v, const unsigned char *p, uint32_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(v, p, 4 * (size_t)n);
#else
	for (uint32_t i = 0; i < n; i++)
		v[i] = load32(p + 4 * (size_t)i);
#endif
	return p + 4 * (size_t)n;
}

static bool ascending(const uint32_t *uid, uint32_t n, uint32_t before)
{
	for (uint32_t i = 0; i < n; i++) {
		if (uid[i] <= before)
			return false;
		before = uid[i];
	}
	return true;
}

int hot_decode(struct columns *c, size_t at, const unsigned char *rec, size_t len)
{
	struct page page;
	const unsigned char *p;

	if (page_open(&page, 'h', rec, len) != 0 || page.count > c->n - at || !page.count ||
		page.len != (size_t)page.count * HOT_BYTES)
		return -1;
	p = get_column(c->uid + at, page.p, page.count);
	if (!ascending(c->uid + at, page.count, at ? c->uid[at - 1] : 0))
		return -1;
	p = get_column(c->flags + at, p, page.count);
	for (uint32_t i = 0; i < page.count; i++)
		c->flags[at + i] &= ~ROW_DEAD;
	p = get_column(c->received + at, p, page.count);
	p = get_column(c->sent + at, p, page.count);
	p = get_column(c->size + at, p, page.count);
	p = get_column(c->parent + at, p, page.count);
	for (uint32_t i = 0; i < page.count; i++)
		c->keyset[at + i] = load16(p + 2 * (size_t)i);
	return (int)page.count;
}

/* --- x, t --- */

enum { PAIR_BYTES = 12 };

int pair_compare(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

uint32_t pairs_encode(struct str *rec, char tag, const struct pair *pairs, uint32_t n)
{
	unsigned char bytes[PAGE_PAIRS * PAIR_BYTES];

	page_begin(rec);
	for (uint32_t i = 0; i < n; i++) {
		store64(bytes + PAIR_BYTES * (size_t)i, pairs[i].hash);
		store32(bytes + PAIR_BYTES * (size_t)i + 8, pairs[i].uid);
	}
	bytes_add(rec, bytes, PAIR_BYTES * (size_t)n);
	return page_seal(rec, tag, n);
}

struct pair pair_at(const struct page *page, uint32_t i)
{
	const unsigned char *p = page->p + PAIR_BYTES * (size_t)i;

	return (struct pair){load64(p), load32(p + 8)};
}

int pairs_check(struct page *page, char tag, const unsigned char *rec, size_t len)
{
	if (page_open(page, tag, rec, len) != 0 || page->count > PAGE_PAIRS ||
		page->len != (size_t)page->count * PAIR_BYTES)
		return -1;
	return 0;
}

/* --- k --- */

uint32_t keysets_encode(struct str *rec, char *const *v, uint32_t n)
{
	page_begin(rec);
	for (uint32_t i = 0; i < n; i++)
		bytes_add(rec, v[i], strlen(v[i]) + 1);
	return page_seal(rec, 'k', n);
}

int keysets_decode(struct strv *v, const unsigned char *rec, size_t len)
{
	struct page page;
	const char *p, *end;

	if (page_open(&page, 'k', rec, len) != 0 || (page.len && page.p[page.len - 1] != '\0'))
		return -1;
	p = (const char *)page.p;
	end = p + page.len;
	for (uint32_t i = 0; i < page.count; i++) {
		if (p == end)
			return -1;
		strv_add(v, p);
		p += strlen(p) + 1;
	}
	return p == end ? 0 : -1;
}

/* --- s --- */

void strings_start(struct strings_builder *b)
{
	b->n = 0;
	str_clear(&b->heap);
	str_addc(&b->heap, '\0');
	memset(b->table, 0, sizeof(b->table));
}

void strings_done(struct strings_builder *b)
{
	str_done(&b->heap);
}

static uint32_t fnv(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ^ h >> 15;
}

/* At most 8 * 256 strings in 4096 places: there is always a free one. */
static uint16_t intern(struct strings_builder *b, const char *s)
{
	size_t len = strlen(s), i;
	uint16_t at;

	if (!len)
		return 0;
	for (i = fnv(s, len) & 4095; b->table[i]; i = (i + 1) & 4095)
		if (strcmp(b->heap.p + b->table[i], s) == 0)
			return b->table[i];
	at = (uint16_t)b->heap.len;
	b->table[i] = at;
	str_add(&b->heap, s, len + 1);
	return at;
}

bool strings_add(struct strings_builder *b, uint32_t uid, const struct summary *s)
{
	const char *v[SUMMARY_PAGED] = {s->from_name, s->from_mail, s->to, s->subject,
		s->message_id, s->references, s->file, s->cc};
	size_t more = 0;

	for (size_t i = 0; i < SUMMARY_PAGED; i++)
		more += strlen(v[i]) + 1;
	if (b->n == PAGE_STRINGS || b->heap.len + more > UINT16_MAX)
		return false;
	b->uid[b->n] = uid;
	memcpy(b->identity[b->n], s->identity, 16);
	for (size_t i = 0; i < SUMMARY_PAGED; i++)
		b->at[b->n][i] = intern(b, v[i]);
	b->n++;
	return true;
}

uint32_t strings_encode(struct str *rec, const struct strings_builder *b)
{
	page_begin(rec);
	for (uint32_t i = 0; i < b->n; i++)
		bytes_add32(rec, b->uid[i]);
	bytes_add(rec, b->identity, 16 * (size_t)b->n);
	for (uint32_t i = 0; i < b->n; i++)
		for (size_t k = 0; k < SUMMARY_PAGED; k++)
			bytes_add16(rec, b->at[i][k]);
	bytes_add(rec, b->heap.p, b->heap.len);
	return page_seal(rec, 's', b->n);
}

int strings_open(struct strings_page *v, const unsigned char *rec, size_t len)
{
	struct page page;
	size_t fixed, heap;

	if (page_open(&page, 's', rec, len) != 0 || !page.count || page.count > PAGE_STRINGS)
		return -1;
	v->columns = strings_columns[page.codec];
	fixed = 4 + 16 + 2 * v->columns;
	if (page.len <= fixed * page.count)
		return -1;
	v->n = page.count;
	v->uid = page.p;
	v->identity = v->uid + 4 * (size_t)v->n;
	v->at = v->identity + 16 * (size_t)v->n;
	v->heap = (const char *)page.p + fixed * v->n;
	heap = v->heap_size = page.len - fixed * v->n;
	if (v->heap[heap - 1] != '\0')
		return -1;
	for (size_t i = 0; i < (size_t)v->n * v->columns; i++)
		if (load16(v->at + 2 * i) >= heap)
			return -1;
	for (uint32_t i = 1; i < v->n; i++)
		if (strings_uid(v, i) <= strings_uid(v, i - 1))
			return -1;
	return 0;
}

uint32_t strings_uid(const struct strings_page *v, uint32_t i)
{
	return load32(v->uid + 4 * (size_t)i);
}

bool strings_find(const struct strings_page *v, uint32_t uid, uint32_t *i)
{
	uint32_t low = 0, high = v->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (strings_uid(v, mid) < uid)
			low = mid + 1;
		else
			high = mid;
	}
	*i = low;
	return low < v->n && strings_uid(v, low) == uid;
}

size_t strings_at(const struct strings_page *v, uint32_t i, size_t k)
{
	return load16(v->at + 2 * (v->columns * (size_t)i + k));
}

void strings_get(const struct strings_page *v, uint32_t i, struct summary *s)
{
	const char **to[SUMMARY_PAGED] = {&s->from_name, &s->from_mail, &s->to, &s->subject,
		&s->message_id, &s->references, &s->file, &s->cc};

	memcpy(s->identity, v->identity + 16 * (size_t)i, 16);
	s->cc = v->heap + v->heap_size - 1; /* what is not there is in the heap too (cache_walk) */
	for (size_t k = 0; k < v->columns; k++)
		*to[k] = v->heap + strings_at(v, i, k);
}
