/* What is asked of several folders or accounts at once: made into one request for each here, and
 * their answers into one here. */
#include "base/mem.h"
#include "base/uids.h"
#include "engine/engine_priv.h"

#include <stdlib.h>
#include <string.h>

/* --- asking --- */

void engine_join(struct asked *first, struct asked *next)
{
	if (!first->group) {
		first->group = mem_alloc(sizeof(*first->group));
		first->group->request = first->request;
		first->group->said = first->group->wrong = (struct str)STR_INIT;
		first->group->refs = first->group->parts = 1;
	}
	next->group = first->group;
	first->group->refs++;
	first->group->parts++;
}

/* The first request and one after the other, as they are made. */
static unsigned post_part(
	struct engine *e, struct asked **first, struct asked *a, struct store_request *r)
{
	if (!*first)
		*first = a;
	else
		engine_join(*first, a);
	r->step = (*first)->request;
	engine_post(e, r);
	return (*first)->request;
}

unsigned engine_ask_one_or_all(struct engine *e, enum request_kind kind, int account)
{
	struct asked *first = NULL;
	unsigned request = 0;

	if (account >= 0 || !e->naccounts)
		return engine_post(e, engine_request_of(engine_ask(e, kind, NULL, account)));
	for (size_t i = 0; i < e->naccounts; i++) {
		struct asked *a = engine_ask(e, kind, NULL, (int)i);

		request = post_part(e, &first, a, engine_request_of(a));
	}
	return request;
}

struct asked *engine_ask_source(
	struct engine *e, enum request_kind kind, struct msglist *l, size_t source)
{
	bool there = l && source < l->nsources;
	struct asked *a = engine_ask(e, kind, l, there ? l->sources[source].account : -1);

	a->source = source;
	return a;
}

struct store_request *engine_ask_one(
	struct engine *e, enum request_kind kind, struct msglist *l, uint32_t number)
{
	size_t source;
	uint32_t uid;
	struct store_request *r;
	struct asked *a;

	msglist_source_of(l, number, &source, &uid);
	a = engine_ask_source(e, kind, l, source);
	a->message = number;
	r = engine_request_of(a);
	r->uid = uid;
	return r;
}

unsigned engine_ask_each(struct engine *e, enum request_kind kind, struct msglist *l,
	const uint32_t *numbers, size_t n, engine_fill_fn *fill, const void *what)
{
	struct asked *first = NULL;
	unsigned request = 0;

	for (size_t i = 0; i < l->nsources || !first; i++) {
		bool last = !first && i + 1 >= l->nsources; /* nobody is meant: it still ends */
		struct asked *a;
		struct store_request *r;
		uint32_t *uids = NULL;
		size_t k = 0;

		if (numbers && i < l->nsources)
			k = msglist_of_source(l, i, numbers, n, &uids);
		if ((numbers && !k && !last) ||
			(i < l->nsources && l->sources[i].closed && !last)) {
			free(uids);
			continue;
		}
		a = engine_ask_source(e, kind, l, i);
		r = engine_request_of(a);
		r->uids = uids;
		r->n = k;
		fill(r, a, what);
		request = post_part(e, &first, a, r);
	}
	return request;
}

size_t engine_sources_of(const struct msglist *l, const uint32_t *numbers, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; numbers && i < l->nsources; i++) {
		uint32_t *uids;

		found += msglist_of_source(l, i, numbers, n, &uids) > 0;
		free(uids);
	}
	return numbers ? found : l->nsources;
}

unsigned engine_refuse(struct engine *e, enum request_kind kind, struct msglist *l, const char *why)
{
	struct store_event *ev = store_event_new(STORE_FAILED);

	ev->request = engine_ask(e, kind, l, -1)->request;
	err_set(&ev->failed, ERR_INPUT, "%s", why);
	queue_push(store_events(e->store), &ev->item);
	return ev->request;
}

static void cancel_one(struct engine *e, unsigned request)
{
	struct store_request *r = store_request_new(REQUEST_CANCEL);

	r->cancel.request = request;
	store_post(e->store, r);
}

void engine_cancel(struct engine *e, unsigned id)
{
	bool parts = false;

	for (struct asked *a = e->asked; a; a = a->next)
		if (a->group && a->group->request == id) {
			cancel_one(e, a->request);
			parts = true;
		}
	if (!parts)
		cancel_one(e, id);
}

/* --- joining --- */

static void add_name(const struct engine *e, const struct asked *a, struct str *out)
{
	const struct source *s =
		a->list && a->source < a->list->nsources ? &a->list->sources[a->source] : NULL;
	const char *account = s                 ? s->account_name
			      : a->account >= 0 ? e->accounts[a->account].name
						: "";

	str_adds(out, account);
	if (s && str_icmp(s->folder, "INBOX") != 0)
		str_addf(out, "%s%s", *account ? "/" : "", s->folder);
}

static void add_line(
	const struct engine *e, const struct asked *a, struct str *out, const char *text)
{
	str_adds(out, out->len ? "; " : "");
	add_name(e, a, out);
	str_addf(out, ": %s", text);
}

static void part_failed(struct engine *e, const struct asked *a, const struct err *err)
{
	struct group *g = a->group;

	if (!g->failed++)
		g->err = *err;
	else if (strcmp(g->err.text, err->text) != 0)
		g->differ = true;
	add_line(e, a, &g->wrong, err->text);
}

static void part_found(const struct asked *a, const struct store_event *ev)
{
	struct group *g = a->group;
	size_t n = ev->found.n;
	uint32_t *numbers;

	g->done += ev->found.looked;
	g->total += ev->found.texts;
	if (!a->list)
		return;
	numbers = msglist_numbers(a->list, a->source, ev->found.uids, &n);
	g->found = mem_resize(g->found, g->nfound + n, sizeof(*g->found));
	memcpy(g->found + g->nfound, numbers, n * sizeof(*numbers));
	g->nfound += n;
	free(numbers);
}

/* What told nothing yet counts nothing: nobody knows how much it will be. */
struct told_progress engine_part_progress(struct asked *a, const struct told_progress *told)
{
	struct told_progress *sum = &a->group->told;

	sum->done += told->done - a->told.done;
	sum->total += told->total - a->told.total;
	sum->octets += told->octets - a->told.octets;
	a->told = *told;
	return *sum;
}

void engine_add_drafts(struct event_drafts *to, int account, struct told_drafts *told)
{
	size_t n = to->n + told->n;

	to->v = mem_resize(to->v, n, sizeof(*to->v));
	to->account = mem_resize(to->account, n, sizeof(*to->account));
	for (size_t i = 0; i < told->n; i++) {
		to->v[to->n] = told->v[i];
		to->account[to->n++] = account;
	}
	MEM_FREE(told->v);
	told->n = 0;
}

bool engine_part_ended(struct engine *e, struct asked *a, struct store_event *ev)
{
	struct group *g = a->group;
	struct told_progress all = a->told;

	all.done = all.total;
	(void)engine_part_progress(a, &all);

	if (ev->kind == STORE_FAILED)
		part_failed(e, a, &ev->failed);
	else if (ev->kind == STORE_FOUND)
		part_found(a, ev);
	else if (ev->kind == STORE_DRAFTS)
		engine_add_drafts(&g->drafts, a->account, &ev->drafts);
	else if (ev->kind == STORE_DONE && ev->done.text && *ev->done.text)
		add_line(e, a, &g->said, ev->done.text);
	return g->refs == 1;
}

/* All the same: said once. Where some of it was done, that is said, too. */
static void set_error(const struct group *g, struct err *err)
{
	if (!g->differ && g->failed == g->parts)
		*err = g->err;
	else
		err_set(err, g->err.kind, "%s%s%s", str_c(&g->wrong), g->said.len ? "; " : "",
			str_c(&g->said));
}

struct event *engine_group_event(const struct asked *a, enum event_kind done)
{
	struct group *g = a->group;
	bool looks = a->kind == REQUEST_SEARCH || a->kind == REQUEST_DRAFTS,
	     failed = looks ? g->failed == g->parts : g->failed;
	struct event *out = event_new(!failed                        ? done
				      : g->err.kind == ERR_CANCELLED ? EVENT_CANCELLED
								     : EVENT_FAILED);

	out->request = g->request;
	out->list = a->list;
	if (failed)
		set_error(g, &out->failed);
	else if (g->failed)
		str_addf(&g->said, "%s%s", g->said.len ? "; " : "", str_c(&g->wrong));
	if (!failed && g->said.len && done != EVENT_DRAFTS)
		*event_said(out) = str_steal(&g->said);
	return out;
}

void engine_group_free(struct group *g)
{
	if (!g)
		return;
	str_done(&g->said);
	str_done(&g->wrong);
	free(g->found);
	draft_infos_free(g->drafts.v, g->drafts.n);
	free(g->drafts.account);
	free(g);
}
