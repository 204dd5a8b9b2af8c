/* What the engine is told of the messages of a folder. */
#include "store/mail/folder_tell.h"

#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/localbox.h"
#include "store/mail/folder.h"
#include "store/mail/lists_shown.h"
#include "store/mail/overlay.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum { MANY_CHANGES = 3000 };

static void add_keysets(struct folder *f, struct store_event *ev)
{
	uint16_t most = 0;

	for (size_t i = 0; i < ev->messages.columns.n; i++)
		if (ev->messages.columns.keyset[i] > most)
			most = ev->messages.columns.keyset[i];
	for (unsigned k = 0; k <= most; k++)
		strv_add(&ev->messages.keysets, k ? cache_keyset(f->cache, (uint16_t)k) : "");
}

static void add_rows(struct folder *f, struct store_event *ev, size_t from, size_t n)
{
	ev->messages.rows.v = mem_array(n, sizeof(*ev->messages.rows.v));
	for (size_t i = 0; i < n; i++) {
		struct summary row;

		if (cache_get(f->cache, ev->messages.columns.uid[from + i], &row) == 0)
			ev->messages.rows.v[ev->messages.rows.n++] = summary_copy(&row);
	}
}

bool folder_is_read_only(const struct folder *f)
{
	if (f->account->store->read_only || (folder_is_foreign(f) && !f->local) ||
		f->life == LIFE_GONE || f->box.vanished || f->fixed || f->changing)
		return true;
	return f->local && f->box.dir && localbox_is_mbox(f->box.dir);
}

static void add_shown(struct list *l, struct columns *c)
{
	struct cache *cache = l->folder->cache;
	uint32_t *uids;
	size_t n, used = 0;

	if (!l->filter) {
		cache_columns(cache, c);
		overlay_visible(c);
		return;
	}
	n = lists_shown(l, &uids);
	columns_resize(c, n);
	for (size_t i = 0; i < n; i++)
		used += cache_row(cache, uids[i], c, used);
	columns_resize(c, used);
	free(uids);
	if (used)
		lists_wake(l);
}

/* What is only shown in parts is not fetched for that, so that it may be told as not here; what it
 * was when it was open last is true of it. */
static int percent_of(const struct folder *f, const struct list *l)
{
	return l->filter && f->local ? 100 : f->percent;
}

static void tell(struct folder *f, struct list *l, struct store_event *ev)
{
	if (l->filter && l->filter->tells)
		l->filter->tells(l->filter, ev);
	store_emit(f->account->store, ev);
}

static void send_list_to(struct folder *f, struct list *l)
{
	struct store_event *ev = store_event_new(STORE_LIST);
	size_t first;

	ev->list = l->id;
	ev->account = f->account->index;
	ev->messages.folder = folder_ui_name(f);
	ev->messages.numbering = f->numbering;
	if (f->cache)
		add_shown(l, &ev->messages.columns);
	add_keysets(f, ev);
	first = ev->messages.columns.n < FIRST_ROWS ? ev->messages.columns.n : FIRST_ROWS;
	add_rows(f, ev, ev->messages.columns.n - first, first);
	ev->messages.percent = percent_of(f, l);
	ev->messages.read_only = folder_is_read_only(f);
	tell(f, l, ev);
}

void folder_send_list(struct folder *f, struct list *only)
{
	if (!f->cache && !(only && only->filter))
		return;
	for (struct list *l = f->account->store->lists; l; l = l->next)
		if (l->folder == f && (only ? l == only : !l->opening))
			send_list_to(f, l);
}

static void send_changes_to(struct folder *f, struct list *l, const uint32_t *sorted, size_t n,
	const uint32_t *gone, size_t ngone)
{
	struct store_event *ev = store_event_new(STORE_CHANGES);
	size_t used = 0;

	ev->list = l->id;
	ev->account = f->account->index;
	ev->messages.percent = percent_of(f, l);
	ev->messages.gone = mem_array(ngone + n + 1, sizeof(*ev->messages.gone));
	if (ngone)
		memcpy(ev->messages.gone, gone, ngone * sizeof(*gone));
	ev->messages.ngone = ngone;
	columns_resize(&ev->messages.columns, n);
	for (size_t i = 0; i < n; i++) {
		if (!cache_row(f->cache, sorted[i], &ev->messages.columns, used))
			continue;
		if (lists_shows_row(l, &ev->messages.columns, used))
			used++;
		else
			ev->messages.gone[ev->messages.ngone++] = sorted[i];
	}
	if (used)
		lists_wake(l);
	columns_resize(&ev->messages.columns, used);
	add_keysets(f, ev);
	if (n <= FIRST_ROWS)
		add_rows(f, ev, 0, used);
	tell(f, l, ev);
}

/* Ascending, each once: what changed, and what hangs below a message that came now. Kept by the
 * caller. */
static uint32_t *with_links(struct folder *f, const uint32_t *uids, size_t *n)
{
	uint32_t *links = NULL, *all;
	size_t nlinks = f->cache ? cache_take_links(f->cache, &links) : 0;

	all = mem_array(*n + nlinks, sizeof(*all));
	for (size_t i = 0; i < *n; i++)
		all[i] = uids[i];
	for (size_t i = 0; i < nlinks; i++)
		all[*n + i] = links[i];
	free(links);
	*n = uids_sort(all, *n + nlinks);
	return all;
}

void folder_send_changes(
	struct folder *f, const uint32_t *uids, size_t n, const uint32_t *gone, size_t ngone)
{
	uint32_t *sorted = with_links(f, uids, &n);

	if (n + ngone > MANY_CHANGES && f->cache && n + ngone > cache_count(f->cache) / 8)
		folder_send_list(f, NULL);
	else
		for (struct list *l = f->account->store->lists; l; l = l->next)
			if (l->folder == f && !l->opening)
				send_changes_to(f, l, sorted, n, gone, ngone);
	free(sorted);
}

void folder_count(struct folder *f, uint32_t *total, uint32_t *unread)
{
	const struct columns *c;

	if (f->counted != cache_version(f->cache)) {
		f->counted = cache_version(f->cache);
		c = cache_columns_view(f->cache);
		f->here_total = f->here_unread = f->here_unseen = f->here_bad = 0;
		for (size_t i = 0; i < c->n; i++) {
			if (c->flags[i] & MAIL_WAITING)
				continue; /* overlay_counts has them */
			f->here_total++;
			f->here_unseen += !(c->flags[i] & MAIL_SEEN);
			f->here_unread += !(c->flags[i] & (MAIL_SEEN | MAIL_DELETED));
			f->here_bad += (c->flags[i] & MAIL_PLACEHOLDER) != 0;
		}
	}
	*total = f->here_total;
	*unread = f->here_unread;
}

void folder_recount(struct folder *f)
{
	if (!f->cache || !(f->local || cache_meta(f->cache)->complete))
		return;
	folder_count(f, &f->total, &f->unread);
	f->counts_known = true;
}
