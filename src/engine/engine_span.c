/* Lists of folders of all accounts (span.h): which folders they have, as these come and go. */
#include "base/map.h"
#include "base/mem.h"
#include "engine/engine_priv.h"

#include <stdlib.h>
#include <string.h>

static bool has_folder(const struct store_folder_info *f)
{
	return f->selectable && !f->offline_copy && !span_leaves_out(f->role);
}

/* The answer of a folder that went comes as if the store had told so. */
static void leave_source(struct engine *e, struct source *s)
{
	struct store_request *r = store_request_new(REQUEST_CLOSE);
	struct store_event *ev = store_event_new(STORE_CLOSED);

	r->list = ev->list = s->id;
	ev->account = s->account;
	s->closed = true;
	store_post(e->store, r);
	queue_push(store_events(e->store), &ev->item);
}

static void add_source(struct engine *e, struct msglist *l, size_t account, const char *folder)
{
	engine_open_source(e, l,
		msglist_add_source(
			l, ++e->next_list, (int)account, e->accounts[account].name, folder));
}

/* Folders of the account that are not there any more leave, and new ones come. */
static void follow(struct engine *e, struct msglist *l, size_t account)
{
	const struct account_model *m = &e->accounts[account];
	struct map *left = map_new();

	for (size_t i = 0; i < m->nfolders; i++)
		if (has_folder(&m->folders[i]))
			map_put(left, m->folders[i].name, left);
	for (size_t i = 0; i < l->nsources; i++) {
		struct source *s = &l->sources[i];

		if (s->closed || s->account != (int)account)
			continue;
		if (map_get(left, s->folder))
			map_put(left, s->folder, NULL);
		else
			leave_source(e, s);
	}
	for (size_t i = 0; i < m->nfolders; i++)
		if (map_get(left, m->folders[i].name))
			add_source(e, l, account, m->folders[i].name);
	map_free(left, NULL);
}

static bool is_known(const struct engine *e)
{
	for (size_t i = 0; i < e->naccounts; i++)
		if (!e->accounts[i].told)
			return false;
	return true;
}

void engine_spans_follow(struct engine *e, size_t account)
{
	e->accounts[account].told = true;
	for (struct msglist *l = e->lists; l; l = l->next) {
		if (!l->span || !l->span->every)
			continue;
		follow(e, l, account);
		msglist_sources_known(l, is_known(e));
	}
}

struct msglist *engine_open_span(struct engine *e, const struct span_row *span)
{
	struct msglist *l = msglist_new_span(++e->next_list, span->name);

	l->span = span;
	engine_open_list(e, l);
	for (size_t i = 0; i < e->naccounts; i++)
		if (!span->every)
			add_source(e, l, i, engine_folder_name(e, (int)i, "INBOX"));
		else if (e->accounts[i].told)
			follow(e, l, i);
	msglist_sources_known(l, !span->every || is_known(e));
	return l;
}

/* An empty folder is as it is, fetched or not. */
static bool is_absent(const struct engine *e, const struct source *s)
{
	int i = s->closed || !s->told || s->percent >= 0 || s->account < 0
			? -1
			: engine_find_folder(e, (size_t)s->account, s->folder);
	const struct store_folder_info *f = i < 0 ? NULL : &e->accounts[s->account].folders[i];

	return f && (!f->counts_known || f->total);
}

size_t engine_absent(const struct engine *e, const struct msglist *l)
{
	size_t n = 0;

	for (size_t i = 0; l->span && l->span->query && i < l->nsources; i++)
		n += is_absent(e, &l->sources[i]);
	return n;
}
