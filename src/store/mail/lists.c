/* The lists that the engine has open. */
#include "store/mail/lists.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "store/mail/filter.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_server.h"
#include "store/mail/folder_tell.h"
#include "store/mail/gathering.h"
#include "store/mail/remote.h"
#include "store/mail/search_order.h"
#include "store/store_priv.h"

#include <stdlib.h>

struct list *lists_find(struct store *s, unsigned id)
{
	struct list *l = s->lists;

	while (l && l->id != id)
		l = l->next;
	return l;
}

void lists_free(struct list *l)
{
	if (!l->asleep)
		folder_unuse(l->folder);
	if (l->filter)
		l->filter->free(l->filter);
	search_forget_order(l);
	free(l);
}

void lists_close(struct store *s, unsigned id)
{
	for (struct list **p = &s->lists; *p; p = &(*p)->next)
		if ((*p)->id == id) {
			struct list *l = *p;
			struct folder *f = l->folder;
			bool watched = !l->filter && !f->local;

			*p = l->next;
			lists_free(l);
			if (watched && !folder_is_shown(f))
				remote_watch(f->account);
			return;
		}
}

void lists_close_why(struct list *l, const char *why)
{
	struct store *s = l->folder->account->store;
	struct store_event *ev = store_event_new(STORE_CLOSED);

	ev->list = l->id;
	ev->account = l->folder->account->index;
	ev->closed.why = mem_strdup(why);
	store_emit(s, ev);
	lists_close(s, l->id);
}

/* --- what one shows --- */

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

/* --- asleep and awake --- */

void lists_wake(struct list *l)
{
	if (l->asleep)
		l->folder->uses++; /* not folder_use: who has it open is in the middle of something
				    */
	l->asleep = false;
}

int lists_show(struct list *l, struct err *err)
{
	struct folder *f = l->folder;

	if (!folder_is_here(f)) { /* and gets no files for that */
		folder_send_list(f, l);
		return 0;
	}
	if (folder_use(f, err) != 0)
		return -1;
	folder_send_list(f, l); /* wakes it, if there is something */
	folder_unuse(f);
	return 0;
}

/* --- opening --- */

struct opening {
	struct work work;
	unsigned list;
};

static void opening_fails(struct store *s, struct opening *o, const struct err *why)
{
	lists_close(s, o->list);
	answer_failed(s, o->work.request, why);
	free(o);
}

static void opening_drop(struct store *s, struct work *w, const struct err *why)
{
	opening_fails(s, (struct opening *)w, why);
}

/* There may be hundreds of folders to look into: other requests go between them. */
static bool opening_step(struct store *s, struct work *w)
{
	struct opening *o = (struct opening *)w;
	struct list *l = lists_find(s, o->list);
	struct err err = {0};

	if (!l)
		err_set(&err, ERR_GONE, _("The folder is no longer open"));
	if (!l || lists_show(l, &err) != 0) {
		opening_fails(s, o, &err);
		return true;
	}
	l->opening = false;
	answer_done(s, w->request, NULL);
	free(o);
	return true;
}

static struct list *add_list(struct store *s, struct folder *f, const struct store_request *r)
{
	struct list *l = mem_alloc(sizeof(*l));

	l->id = r->list;
	l->span = r->open.span;
	l->folder = f;
	l->next = s->lists;
	s->lists = l;
	return l;
}

static struct list *add_filtered(struct store *s, struct folder *f, const struct store_request *r,
	struct list_filter *filter)
{
	struct list *l = add_list(s, f, r);

	l->filter = filter;
	l->asleep = l->opening = true;
	return l;
}

static int open_filtered(
	struct store *s, struct folder *f, struct store_request *r, struct list_filter *filter)
{
	struct list *l = add_filtered(s, f, r, filter);
	struct opening *o = mem_alloc(sizeof(*o));

	o->work = (struct work){.request = r, .step = opening_step, .drop = opening_drop};
	o->list = l->id;
	store_work(s, &o->work);
	return REQUEST_TAKEN;
}

int lists_open(struct store *s, struct folder *f, struct store_request *r, struct err *err)
{
	struct list_filter *filter;

	if (r->open.conversation) { /* told when all of it is known */
		add_filtered(s, f, r, gathering_join(s, f, r));
		answer_done(s, r, NULL);
		return REQUEST_TAKEN;
	}
	if (r->open.query) {
		filter = filter_by_query(r->open.query, err);
		return filter ? open_filtered(s, f, r, filter) : -1;
	}
	if (folder_use(f, err) != 0)
		return -1;
	folder_send_list(f, add_list(s, f, r));
	answer_done(s, r, NULL);
	if (!f->local)
		folder_ask_sync(f);
	return REQUEST_TAKEN;
}
