#include "store/disk/cache_priv.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* String pages are about 25 KiB, pair pages 12: some 4 MiB when all are in use. Fewer than 255: a
 * slot's number is a byte. */
enum { CACHED_PAGES = 128, CACHED_PAIRS = 64 };

struct slot {
	enum family family;
	uint32_t index;
	uint64_t used;      /* 0: free */
	unsigned char *rec; /* NULL: damaged */
	size_t len;
	union {
		struct page pairs;
		struct strings_page strings;
	} view;
};

struct base {
	struct gdbmf *file;
	struct base_meta meta;
	struct dir_entry *dir;
	uint32_t start[5];                                  /* of each family in dir */
	struct slot slots[CACHED_PAGES + CACHED_PAIRS + 1]; /* the last for walks */
	uint8_t *slot_of; /* by entry of dir: 1 + its slot, 0: not here */
	uint64_t clock;
	struct filter filters[2]; /* x, t */
};

/* --- filters --- */

void filter_start(struct filter *f, size_t n)
{
	uint64_t words = 1024;

	while (words * 8 < n)
		words *= 2;
	f->bits = mem_array(words, sizeof(*f->bits));
	f->mask = words * 64 - 1;
}

/* The hash is a keyed one: any of its bits are as good as others. */
static uint64_t filter_bit(const struct filter *f, uint64_t hash, int which)
{
	return (which ? hash >> 32 | hash << 32 : hash) & f->mask;
}

void filter_add(struct filter *f, uint64_t hash)
{
	for (int i = 0; f->bits && i < 2; i++) {
		uint64_t at = filter_bit(f, hash, i);

		f->bits[at / 64] |= UINT64_C(1) << at % 64;
	}
}

bool filter_may(const struct filter *f, uint64_t hash)
{
	for (int i = 0; f->bits && i < 2; i++) {
		uint64_t at = filter_bit(f, hash, i);

		if (!(f->bits[at / 64] >> at % 64 & 1))
			return false;
	}
	return true;
}

void filter_done(struct filter *f)
{
	free(f->bits);
	*f = (struct filter){0};
}

void base_take_filters(struct base *b, struct filter filters[2])
{
	for (int i = 0; i < 2; i++) {
		filter_done(&b->filters[i]);
		b->filters[i] = filters[i];
		filters[i] = (struct filter){0};
	}
}

/* --- opening --- */

char *base_path(const char *dir, uint32_t gen)
{
	struct str out = STR_INIT;

	str_addf(&out, "%s/base-%u.gdbm", dir, (unsigned)gen);
	return str_steal(&out);
}

static int damaged(struct err *err, const char *path)
{
	return err_set(err, ERR_DAMAGED, _("%s is damaged"), path);
}

static int load_meta(struct base *b, const struct log_header *h, const char *folder)
{
	size_t len;
	unsigned char *rec = gdbmf_fetch(b->file, 'M', 0, &len);
	struct page page;
	int rc;

	if (!rec)
		return -1;
	rc = page_open(&page, 'M', rec, len);
	if (rc == 0 && page.crc == h->meta_crc)
		rc = meta_decode(&b->meta, rec, len);
	else
		rc = -1;
	free(rec);
	if (rc != 0 || b->meta.gen != h->gen || memcmp(b->meta.key, h->key, 16) != 0 ||
		strcmp(b->meta.folder, folder) != 0)
		return -1;
	return 0;
}

static int load_dir(struct base *b)
{
	uint32_t total = 0;

	for (int f = 0; f < 5; f++) {
		b->start[f] = total;
		total += b->meta.pages[f];
	}
	b->dir = mem_array((size_t)total + 1, sizeof(*b->dir));
	b->slot_of = mem_array((size_t)total + 1, sizeof(*b->slot_of));
	for (uint32_t i = 0; i < b->meta.n_dir; i++) {
		uint32_t from = i * PAGE_DIR, n = total - from < PAGE_DIR ? total - from : PAGE_DIR;
		size_t len;
		unsigned char *rec = gdbmf_fetch(b->file, 'd', i, &len);
		struct page page;
		int rc = !rec || page_open(&page, 'd', rec, len) != 0 ||
			 page.crc != b->meta.dir_crc[i] ||
			 dir_decode(b->dir + from, n, rec, len) != 0;

		free(rec);
		if (rc)
			return -1;
	}
	return 0;
}

int base_open(struct base **out, const char *dir, const struct log_header *h, const char *folder,
	struct err *err)
{
	struct base *b = mem_alloc(sizeof(*b));
	char *path = base_path(dir, h->gen);
	int rc = gdbmf_open(&b->file, path, err);

	if (rc == 0 && (gdbmf_size(b->file) != h->base_size || load_meta(b, h, folder) != 0 ||
			       load_dir(b) != 0))
		rc = damaged(err, path);
	free(path);
	if (rc != 0)
		base_free(b);
	else
		*out = b;
	return rc;
}

void base_free(struct base *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < MEM_COUNT(b->slots); i++)
		free(b->slots[i].rec);
	gdbmf_close(b->file);
	meta_done(&b->meta);
	free(b->dir);
	free(b->slot_of);
	for (int i = 0; i < 2; i++)
		filter_done(&b->filters[i]);
	free(b);
}

const struct base_meta *base_meta(const struct base *b)
{
	return &b->meta;
}

uint32_t base_pages(const struct base *b, enum family f)
{
	return b->meta.pages[f];
}

uint32_t base_first(const struct base *b, enum family f, uint32_t index)
{
	return b->dir[b->start[f] + index].first;
}

uint32_t base_last(const struct base *b, enum family f, uint32_t index)
{
	if (index + 1 < b->meta.pages[f])
		return base_first(b, f, index + 1) - 1;
	return b->meta.max_uid;
}

/* The record when it is there and is the one the directory means; the caller frees. */
static unsigned char *fetch(struct base *b, enum family f, uint32_t index, size_t *len)
{
	unsigned char *rec = gdbmf_fetch(b->file, family_tag[f], index, len);
	struct page page;

	if (rec && (page_open(&page, family_tag[f], rec, *len) != 0 ||
			   page.crc != b->dir[b->start[f] + index].crc))
		MEM_FREE(rec);
	return rec;
}

/* Without their list, numbers of keyword sets mean nothing: better no row than a wrong one. */
static void drop_rows_with_keywords(struct columns *c)
{
	size_t to = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->keyset[i])
			continue;
		columns_copy_row(c, to++, c, i);
	}
	columns_resize(c, to);
}

static bool load_keysets(struct base *b, struct strv *keysets)
{
	bool ok = true;

	for (uint32_t i = 0; ok && i < b->meta.pages[FAMILY_KEYSETS]; i++) {
		size_t len;
		unsigned char *rec = fetch(b, FAMILY_KEYSETS, i, &len);

		ok = rec && keysets_decode(keysets, rec, len) == 0;
		free(rec);
	}
	return ok;
}

void base_load(struct base *b, struct columns *c, struct strv *keysets,
	void (*bad)(void *ctx, uint32_t first, uint32_t last), void *ctx)
{
	size_t len, rows = 0;

	columns_resize(c, b->meta.n);
	for (uint32_t i = 0; i < b->meta.pages[FAMILY_HOT]; i++) {
		/* hot_decode verifies; going through fetch would do so twice */
		unsigned char *rec = gdbmf_fetch(b->file, 'h', i, &len);
		int n = rec ? hot_decode(c, rows, rec, len) : -1;

		if (n < 0)
			bad(ctx, base_first(b, FAMILY_HOT, i), base_last(b, FAMILY_HOT, i));
		else
			rows += (size_t)n;
		free(rec);
	}
	columns_resize(c, rows);
	if (load_keysets(b, keysets))
		return;
	strv_done(keysets);
	strv_add(keysets, "");
	drop_rows_with_keywords(c);
	bad(ctx, 1, b->meta.max_uid);
}

static int slot_view(struct slot *s)
{
	if (s->family == FAMILY_STRINGS)
		return strings_open(&s->view.strings, s->rec, s->len);
	if (s->family == FAMILY_PAIRS || s->family == FAMILY_WAITING)
		return pairs_check(&s->view.pairs, family_tag[s->family], s->rec, s->len);
	return -1;
}

/* The place for a page that is not here: the one that was not used for longest. */
static struct slot *slot_free(struct base *b, bool strings)
{
	struct slot *s = b->slots + (strings ? 0 : CACHED_PAGES), *old = s;
	struct slot *end = s + (strings ? CACHED_PAGES : CACHED_PAIRS);

	for (; s < end; s++)
		if (s->used < old->used)
			old = s;
	if (old->used)
		b->slot_of[b->start[old->family] + old->index] = 0;
	return old;
}

static void fill_slot(struct base *b, struct slot *s, enum family f, uint32_t index)
{
	free(s->rec);
	*s = (struct slot){.family = f, .index = index};
	s->rec = fetch(b, f, index, &s->len);
	if (s->rec && slot_view(s) != 0)
		MEM_FREE(s->rec);
}

static struct slot *slot_get(struct base *b, enum family f, uint32_t index)
{
	uint8_t *known = &b->slot_of[b->start[f] + index];
	struct slot *s = *known ? &b->slots[*known - 1] : slot_free(b, f == FAMILY_STRINGS);

	if (!*known) {
		*known = (uint8_t)(s - b->slots + 1);
		fill_slot(b, s, f, index);
	}
	s->used = ++b->clock;
	return s;
}

const unsigned char *base_page(struct base *b, enum family f, uint32_t index, size_t *len)
{
	const struct slot *s = slot_get(b, f, index);

	*len = s->len;
	return s->rec;
}

const struct strings_page *base_strings_page(struct base *b, uint32_t index)
{
	const struct slot *s = slot_get(b, FAMILY_STRINGS, index);

	return s->rec ? &s->view.strings : NULL;
}

const struct strings_page *base_walk_page(struct base *b, uint32_t index)
{
	struct slot *s = &b->slots[CACHED_PAGES + CACHED_PAIRS];

	fill_slot(b, s, FAMILY_STRINGS, index);
	return s->rec ? &s->view.strings : NULL;
}

const struct page *base_pairs_page(struct base *b, enum family f, uint32_t index)
{
	const struct slot *s = slot_get(b, f, index);

	return s->rec ? &s->view.pairs : NULL;
}

/* The last page whose first key is at most key; pages when there is none. */
static uint32_t page_of(const struct base *b, enum family f, uint32_t key)
{
	uint32_t low = 0, high = b->meta.pages[f];

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (base_first(b, f, mid) <= key)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? low - 1 : b->meta.pages[f];
}

uint32_t base_strings_index(const struct base *b, uint32_t uid)
{
	return page_of(b, FAMILY_STRINGS, uid);
}

int base_strings(struct base *b, uint32_t uid, struct summary *s, uint32_t range[2])
{
	uint32_t index = page_of(b, FAMILY_STRINGS, uid), at;
	const struct slot *slot;

	if (index == b->meta.pages[FAMILY_STRINGS])
		return 0;
	slot = slot_get(b, FAMILY_STRINGS, index);
	if (!slot->rec) {
		range[0] = base_first(b, FAMILY_STRINGS, index);
		range[1] = base_last(b, FAMILY_STRINGS, index);
		return -1;
	}
	if (!strings_find(&slot->view.strings, uid, &at))
		return 0;
	strings_get(&slot->view.strings, at, s);
	return 1;
}

static uint32_t lower_bound(const struct page *page, uint64_t hash)
{
	uint32_t low = 0, high = page->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (pair_at(page, mid).hash < hash)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t base_uids(struct base *b, enum family f, uint64_t hash, uint32_t *uids, size_t max)
{
	uint32_t high = (uint32_t)(hash >> 32), pages = b->meta.pages[f];
	uint32_t index;
	size_t n = 0;

	if (!filter_may(&b->filters[f == FAMILY_WAITING], hash))
		return 0;
	index = page_of(b, f, high);
	if (index == pages)
		return 0;
	/* equal hashes may begin on the page before */
	while (index && base_first(b, f, index) == high)
		index--;
	for (; index < pages && base_first(b, f, index) <= high && n < max; index++) {
		const struct slot *s = slot_get(b, f, index);

		if (!s->rec)
			continue;
		for (uint32_t i = lower_bound(&s->view.pairs, hash);
			i < s->view.pairs.count && n < max; i++) {
			struct pair p = pair_at(&s->view.pairs, i);

			if (p.hash != hash)
				return n;
			uids[n++] = p.uid;
		}
	}
	return n;
}
