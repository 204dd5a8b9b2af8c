/* What a list shows of its folder. */
#include "store/mail/lists_shown.h"

#include "base/mem.h"
#include "store/store_priv.h"

#include <stdlib.h>

struct list *lists_find(struct store *s, unsigned id)
{
	struct list *l = s->lists;

	while (l && l->id != id)
		l = l->next;
	return l;
}

bool lists_shows(const struct list *l, const struct summary *row)
{
	return !(row->flags & MAIL_LEAVING) &&
	       (!l->filter || l->filter->shows(l->filter, l->folder, row));
}

static bool shows_columns(const struct list *l, const struct columns *c, size_t at)
{
	struct summary row = {.uid = c->uid[at],
		.flags = c->flags[at],
		.size = c->size[at],
		.sent = c->sent[at],
		.received = c->received[at]};

	return lists_shows(l, &row);
}

bool lists_shows_row(const struct list *l, const struct columns *c, size_t at)
{
	struct summary row;

	if (!l->filter || !l->filter->strings)
		return shows_columns(l, c, at);
	return cache_get(l->folder->cache, c->uid[at], &row) == 0 && lists_shows(l, &row);
}

static size_t shown_by_columns(const struct list *l, uint32_t *uids)
{
	const struct columns *c = cache_columns_view(l->folder->cache);
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (shows_columns(l, c, i))
			uids[n++] = c->uid[i];
	return n;
}

static size_t shown_by_strings(const struct list *l, uint32_t *uids)
{
	struct cache_walk w;
	struct summary row;
	size_t n = 0;

	cache_walk_start(&w, l->folder->cache, 1);
	while (cache_walk_next(&w, &row))
		if (lists_shows(l, &row))
			uids[n++] = row.uid;
	return n;
}

size_t lists_shown(const struct list *l, uint32_t **uids)
{
	struct cache *cache = l->folder->cache;

	*uids = mem_array(cache ? cache_count(cache) : 0, sizeof(**uids));
	if (!cache)
		return 0;
	if (l->filter && l->filter->uids)
		return l->filter->uids(l->filter, l->folder, *uids);
	return l->filter && l->filter->strings ? shown_by_strings(l, *uids)
					       : shown_by_columns(l, *uids);
}

void lists_wake(struct list *l)
{
	if (l->asleep)
		l->folder->uses++; /* not folder_use: who has it open is in the middle of something
				    */
	l->asleep = false;
}

void lists_forget_order(struct list *l)
{
	MEM_FREE(l->rank_uids);
	MEM_FREE(l->ranks);
	l->nranks = 0;
}
