/*
 * A conversation (conversation.h) as the filter of lists: those of one span, which are all folders
 * that it may be in, share what is known of it.
 *
 * What is new is looked at when it is told to a list. Where more gets known by that all folders are
 * looked through again, one after the other in slices, each open only meanwhile, until nothing more
 * does; lists that show something else then are told anew.
 */
#include "store/mail/gathering.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/mail/conversation.h"
#include "store/mail/folder_open.h"
#include "store/mail/lists.h"
#include "store/mail/lists_shown.h"
#include "store/store_priv.h"

#include <stdlib.h>

enum { STRIDE = 512 }; /* rows between two looks at the clock */
static const size_t NEVER = SIZE_MAX;

struct gathering {
	struct work work;
	struct store *store;
	struct conversation *c; /* owned */
	struct share **parts;   /* owned by their lists */
	size_t n;
	bool working; /* it is among the works, or has its slice */
	bool showing;
	bool full_told;
};

struct share {
	struct list_filter filter;
	struct gathering *g;
	unsigned list, numbering; /* of what its UIDs mean */
	uint32_t *seeds;          /* owned; ascending: messages that belong in any case */
	size_t nseeds;
	struct folder *used; /* while it is looked through */
	uint32_t next;       /* UID */
	size_t sought;       /* so many ids were sought in it by themselves */
	size_t began;        /* so many were known when that began, */
	size_t known;        /* and so many when it did the last time that it came to its end */
	uint64_t version;    /* of the cache when that began: what changed since was told, but not
				while the list was opening */
};

static struct list *list_of(const struct share *p)
{
	return lists_find(p->g->store, p->list);
}

/* --- looking through folders --- */

static struct conversation_member *look_at_row(struct share *p, const struct summary *row)
{
	if (row->flags & (MAIL_LEAVING | MAIL_PLACEHOLDER))
		return NULL;
	return conversation_look(
		p->g->c, p->list, row, uids_find(p->seeds, p->nseeds, row->uid) >= 0);
}

static void drop_members(struct share *p)
{
	struct conversation_member **v;
	size_t n = conversation_members(p->g->c, &v);

	while (n-- > 0)
		if (v[n]->list == p->list)
			conversation_drop(p->g->c, v[n]);
}

static void end_walk(struct share *p)
{
	if (p->used)
		folder_unuse(p->used);
	p->used = NULL;
}

static int begin_walk(struct share *p, struct folder *f, struct err *err)
{
	if (folder_use(f, err) != 0)
		return -1;
	p->used = f;
	if (p->numbering != f->numbering) {
		drop_members(p);
		MEM_FREE(p->seeds);
		p->nseeds = 0;
		p->numbering = f->numbering;
	}
	p->began = conversation_ids(p->g->c);
	p->version = cache_version(f->cache);
	p->sought = 0;
	p->next = 1;
	return 0;
}

/* What is answered is found at once, so that a long chain does not take a walk for each link. */
static bool seek_ids(struct share *p, int64_t end)
{
	struct cache *cache = p->used->cache;

	while (p->sought < conversation_ids(p->g->c)) {
		uint32_t uid = cache_find_message_id(cache, conversation_id(p->g->c, p->sought++));
		struct summary row;

		if (uid && cache_get(cache, uid, &row) == 0)
			look_at_row(p, &row);
		if (p->sought % STRIDE == 0 && clock_ms() >= end)
			return false;
	}
	return true;
}

/* True: at the end. */
static bool walk_some(struct share *p)
{
	int64_t end = clock_ms() + WORK_MS;
	struct cache_walk w;
	struct summary row;
	size_t rows = 0;

	if (!seek_ids(p, end))
		return false;
	cache_walk_start(&w, p->used->cache, p->next);
	while (cache_walk_next(&w, &row)) {
		p->next = row.uid + 1;
		look_at_row(p, &row);
		if (++rows % STRIDE == 0 && clock_ms() >= end)
			return false;
	}
	return true;
}

static void walk(struct share *p)
{
	struct list *l = list_of(p);
	struct folder *f = l->folder;
	struct err err = {0};

	if (p->used && (p->used != f || p->numbering != f->numbering))
		end_walk(p);
	if (!p->used && !folder_is_here(f)) {
		p->known = conversation_ids(p->g->c);
		return;
	}
	if (!p->used && begin_walk(p, f, &err) != 0) {
		lists_close_why(l, err.text);
		return;
	}
	if (walk_some(p)) {
		p->known = p->began;
		end_walk(p);
	}
}

/* The one that is looked through, else the next that has to be; NULL: nothing more gets known. */
static struct share *next_part(const struct gathering *g)
{
	struct share *next = NULL;

	for (size_t i = 0; i < g->n; i++) {
		if (g->parts[i]->used)
			return g->parts[i];
		if (!next && g->parts[i]->known != conversation_ids(g->c))
			next = g->parts[i];
	}
	return next;
}

/* --- telling --- */

static bool is_told(const struct conversation_member *m)
{
	if (m->copy || !m->told)
		return m->copy != m->told;
	return m->told_list == m->parent_list && m->told_parent == m->parent_uid;
}

static bool all_told(const struct share *p)
{
	struct conversation_member **v;
	size_t n = conversation_members(p->g->c, &v);

	for (size_t i = 0; i < n; i++)
		if (v[i]->list == p->list && !is_told(v[i]))
			return false;
	return true;
}

/* The first list that has to be told anew, or for the first time. */
static struct list *to_show(const struct gathering *g)
{
	for (size_t i = 0; i < g->n; i++) {
		struct list *l = list_of(g->parts[i]);

		if (l->opening || !all_told(g->parts[i]))
			return l;
	}
	return NULL;
}

static void tell_full(struct gathering *g)
{
	if (g->full_told || !conversation_is_full(g->c) || !g->n)
		return;
	g->full_told = true;
	store_notice(list_of(g->parts[0])->folder->account,
		_("The conversation has more than %d messages; the others are not shown"),
		CONVERSATION_MAX);
}

static void show(struct gathering *g)
{
	struct list *l;
	struct err err = {0};

	conversation_settle(g->c);
	g->showing = true;
	while ((l = to_show(g))) {
		if (lists_show(l, &err) == 0) {
			l->opening = false;
			continue;
		}
		lists_close_why(l, err.text);
		conversation_settle(g->c);
	}
	g->showing = false;
	tell_full(g);
}

static void gathering_free(struct gathering *g)
{
	conversation_free(g->c);
	free(g->parts);
	free(g);
}

static bool step(struct store *s, struct work *w)
{
	struct gathering *g = (struct gathering *)w;
	struct share *p = next_part(g);

	(void)s;
	if (p) {
		walk(p);
		return false;
	}
	if (g->n)
		show(g);
	if (next_part(g)) /* for that found something new */
		return false;
	g->working = false;
	if (!g->n)
		gathering_free(g);
	return true;
}

static void drop(struct store *s, struct work *w, const struct err *why)
{
	struct gathering *g = (struct gathering *)w;

	(void)s;
	(void)why;
	g->working = false;
	if (!g->n)
		gathering_free(g);
}

static void start(struct gathering *g)
{
	if (!g->working)
		store_work(g->store, &g->work);
	g->working = true;
}

/* --- the filter of each list --- */

static bool part_shows(struct list_filter *x, const struct folder *f, const struct summary *row)
{
	struct share *p = (struct share *)x;
	struct gathering *g = p->g;
	struct conversation_member **v, *m;
	size_t before = conversation_members(g->c, &v), ids = conversation_ids(g->c);

	if (f->numbering != p->numbering)
		return false; /* it is looked through soon */
	m = look_at_row(p, row);
	if (conversation_members(g->c, &v) != before)
		conversation_settle(g->c);
	if (conversation_members(g->c, &v) != before || conversation_ids(g->c) != ids)
		start(g);
	return m && !m->copy;
}

static bool is_here(const struct columns *c, uint32_t uid)
{
	ptrdiff_t at = columns_find(c, uid);

	return at >= 0 && !(c->flags[at] & MAIL_LEAVING);
}

static size_t part_uids(struct list_filter *x, const struct folder *f, uint32_t *uids)
{
	struct share *p = (struct share *)x;
	const struct columns *c = cache_columns_view(f->cache);
	struct conversation_member **v;
	size_t n = conversation_members(p->g->c, &v), found = 0;

	for (size_t i = 0; f->numbering == p->numbering && i < n; i++)
		if (v[i]->list == p->list && !v[i]->copy && is_here(c, v[i]->uid))
			uids[found++] = v[i]->uid;
	return found;
}

/* What goes belongs no more; a copy of it may be shown then. */
static void note_gone(struct share *p, const struct told_messages *m)
{
	for (size_t i = 0; i < m->ngone; i++) {
		struct conversation_member *x = conversation_find(p->g->c, p->list, m->gone[i]);

		if (x && x->copy) {
			x->told = false;
		} else if (x) {
			conversation_drop(p->g->c, x);
			start(p->g);
		}
	}
}

static bool has_changed(const struct share *p)
{
	const struct folder *f = list_of(p)->folder;

	return f->cache && (f->numbering != p->numbering || cache_version(f->cache) != p->version);
}

/* All of it is told: what is not in it is not shown. */
static void note_whole(struct share *p, const struct columns *c)
{
	struct conversation_member **v;

	for (size_t i = conversation_members(p->g->c, &v); i-- > 0;) {
		if (v[i]->list != p->list)
			continue;
		v[i]->told = false;
		if (!v[i]->copy && columns_find(c, v[i]->uid) < 0)
			conversation_drop(p->g->c, v[i]);
	}
	if (!p->g->showing || has_changed(p)) {
		p->known = NEVER;
		start(p->g);
	}
}

static void part_tells(struct list_filter *x, struct store_event *ev)
{
	struct share *p = (struct share *)x;
	struct told_messages *m = &ev->messages;

	if (ev->kind == STORE_LIST)
		note_whole(p, &m->columns);
	else
		note_gone(p, m);
	conversation_settle(p->g->c);
	m->parent_lists = mem_array(m->columns.n, sizeof(*m->parent_lists));
	for (size_t i = 0; i < m->columns.n; i++) {
		struct conversation_member *row =
			conversation_find(p->g->c, p->list, m->columns.uid[i]);

		if (!row)
			continue;
		row->told = true;
		row->told_list = m->parent_lists[i] = row->parent_list;
		row->told_parent = row->parent_uid;
		if (row->parent_list)
			m->columns.parent[i] = row->parent_uid;
	}
}

static void part_free(struct list_filter *x)
{
	struct share *p = (struct share *)x;
	struct gathering *g = p->g;
	size_t at = 0;

	end_walk(p);
	drop_members(p);
	while (g->parts[at] != p)
		at++;
	g->parts[at] = g->parts[--g->n];
	free(p->seeds);
	free(p);
	if (!g->n && !g->working)
		gathering_free(g);
	else if (g->n)
		start(g);
}

/* --- opening --- */

static struct gathering *find_gathering(struct store *s, unsigned span)
{
	for (struct list *l = s->lists; l; l = l->next)
		if (l->span == span && l->filter && l->filter->shows == part_shows)
			return ((struct share *)l->filter)->g;
	return NULL;
}

static struct gathering *gathering_new(struct store *s)
{
	struct gathering *g = mem_alloc(sizeof(*g));

	g->work = (struct work){.step = step, .drop = drop};
	g->store = s;
	g->c = conversation_new(CONVERSATION_MAX);
	return g;
}

struct list_filter *gathering_join(struct store *s, const struct folder *f, struct store_request *r)
{
	struct gathering *g = find_gathering(s, r->open.span);
	struct share *p = mem_alloc(sizeof(*p));

	if (!g)
		g = gathering_new(s);
	p->filter = (struct list_filter){.strings = true,
		.shows = part_shows,
		.uids = part_uids,
		.tells = part_tells,
		.free = part_free};
	p->g = g;
	p->list = r->list;
	p->numbering = f->numbering;
	p->known = NEVER;
	if (r->numbering == f->numbering) {
		p->seeds = r->uids;
		p->nseeds = uids_sort(r->uids, r->n);
		r->uids = NULL;
		r->n = 0;
	}
	conversation_know(g->c, r->open.conversation);
	g->parts = mem_resize(g->parts, g->n + 1, sizeof(struct share *));
	g->parts[g->n++] = p;
	start(g);
	return &p->filter;
}
