#include "store/disk/cache_priv.h"

/* Strings in the order of UIDs: a page is looked for once, not once a message. */

void cache_walk_start(struct cache_walk *w, struct cache *c, uint32_t uid)
{
	const struct columns *columns = cache_columns_view(c);
	ptrdiff_t at = columns_find(columns, uid);

	*w = (struct cache_walk){.cache = c};
	w->row = (size_t)(at < 0 ? ~at : at);
}

static bool open_page(struct cache_walk *w, uint32_t uid)
{
	struct base *b = w->cache->base;
	uint32_t index = base_strings_index(b, uid);
	const struct strings_page *page = NULL;

	if (index < base_pages(b, FAMILY_STRINGS))
		page = base_walk_page(b, index);
	if (!page)
		return false;
	w->last = base_last(b, FAMILY_STRINGS, index);
	w->at = 0;
	w->heap = page->heap;
	w->heap_size = page->heap_size;
	w->page = page;
	w->number++;
	return true;
}

static bool from_page(struct cache_walk *w, uint32_t uid, struct summary *out)
{
	const struct strings_page *page = w->page;

	if (!w->cache->base || (!(page && uid <= w->last) && !open_page(w, uid)))
		return false;
	page = w->page;
	while (w->at < page->n && strings_uid(page, w->at) < uid)
		w->at++;
	if (w->at == page->n || strings_uid(page, w->at) != uid)
		return false;
	strings_get(page, w->at, out);
	return true;
}

bool cache_walk_next(struct cache_walk *w, struct summary *out)
{
	struct cache *c = w->cache;
	const struct columns *columns = &c->columns;
	const struct added *a;
	uint32_t uid;

	if (w->row >= columns->n)
		return false;
	uid = columns->uid[w->row];
	a = c->n_added ? index_added(c, uid) : NULL;
	w->paged = false;
	if (a) {
		added_summary(a, out);
	} else if (from_page(w, uid, out)) {
		w->paged = true;
	} else {
		/* Damage is noted, which may change everything. */
		(void)cache_get(c, uid, out);
		cache_walk_start(w, c, uid);
		columns = &c->columns;
		if (w->row >= columns->n || columns->uid[w->row] != uid)
			return cache_walk_next(w, out);
	}
	out->uid = uid;
	out->flags = columns->flags[w->row];
	out->received = columns->received[w->row];
	out->sent = columns->sent[w->row];
	out->size = columns->size[w->row];
	out->keywords = cache_keyset(c, columns->keyset[w->row]);
	w->row++;
	return true;
}

static bool is_marked(
	const struct strings_page *page, uint32_t at, const uint8_t *marks, uint8_t mark)
{
	for (size_t k = 0; k < page->columns; k++)
		if (marks[strings_at(page, at, k)] == mark)
			return true;
	return false;
}

uint32_t cache_walk_pass(struct cache_walk *w, const uint8_t *marks, uint8_t mark)
{
	struct cache *c = w->cache;
	const struct columns *columns = &c->columns;
	const struct strings_page *page = w->page;

	for (; w->row < columns->n && columns->uid[w->row] <= w->last; w->row++) {
		uint32_t uid = columns->uid[w->row];

		while (w->at < page->n && strings_uid(page, w->at) < uid)
			w->at++;
		if (w->at == page->n || strings_uid(page, w->at) != uid ||
			(c->n_added && index_added(c, uid)) || is_marked(page, w->at, marks, mark))
			break;
	}
	return columns->uid[w->row - 1];
}
