/* The lists that the engine has open. */
#include "store/mail/lists.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/mail/filter.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_server.h"
#include "store/mail/folder_tell.h"
#include "store/mail/lanes.h"
#include "store/mail/lists_shown.h"
#include "store/mail/remote.h"
#include "store/store_priv.h"

#include <stdlib.h>

void lists_free(struct list *l)
{
	if (!l->asleep)
		folder_unuse(l->folder);
	if (l->filter)
		l->filter->free(l->filter);
	lists_forget_order(l);
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

int lists_show(struct list *l, struct err *err)
{
	struct folder *f = l->folder;

	if (!folder_is_here(f)) { /* and gets no files for that */
		folder_send_list(f, l);
		return 0;
	}
	l->looked = folder_stamp(f);
	if (folder_use(f, err) != 0)
		return -1;
	folder_send_list(f, l); /* wakes it, if there is something */
	folder_unuse(f);
	return 0;
}

bool lists_show_in(struct list *l, struct folder *f)
{
	struct folder *before = l->folder;
	bool awake = !l->asleep, opens = awake || folder_is_here(f);

	if (opens && !folder_try(f))
		return false;
	l->folder = f;
	if (!l->opening)
		folder_send_list(f, l); /* wakes it, if there is something */
	if (opens)
		folder_unuse(awake ? before : f);
	return true;
}

static bool is_out_of_date(const struct list *l)
{
	const struct folder *f = l->folder;

	return l->asleep && !l->opening && !f->cache && !f->box.vanished &&
	       (f->local || lanes_are_elsewhere(f->account)) && folder_stamp(f) != l->looked;
}

bool lists_look_again(struct account *a)
{
	int64_t end = clock_ms() + WORK_MS;
	struct list *l = a->store->lists;

	for (; l && clock_ms() < end; l = l->next)
		if (l->folder->account == a && is_out_of_date(l))
			(void)lists_show(l, NULL); /* what went is told where folders are */
	return !l;
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

int lists_open(struct store *s, struct folder *f, struct store_request *r,
	struct list_filter *filter, struct err *err)
{
	if (filter) { /* told when all of it is known */
		add_filtered(s, f, r, filter);
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
