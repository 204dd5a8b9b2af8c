/*
 * Searching one folder for a query (query.h): over the columns, the cached strings, and the texts
 * that are here. Each is looked at only where those before it do not tell.
 */
#include "store/mail/search.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/mail/folder.h"
#include "store/mail/lists_shown.h"
#include "store/mail/match.h"
#include "store/mail/read.h"
#include "store/mail/rendering.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Messages on their way to the other thread, which needs no pause between them. */
	OUT_MAX = 16,
	OUT_BYTES = 1 << 20
};

struct search {
	struct work work;
	unsigned list, numbering; /* what its UIDs mean */
	struct query *query;      /* owned */
	uint32_t next;            /* UID */
	uint32_t *only;           /* owned; NULL: all */
	size_t nonly, only_at;
	struct matcher match;
	char *folder;               /* owned; the name of it */
	struct store_event *answer; /* owned */
	size_t cap;
	size_t out, out_bytes; /* messages that are looked into elsewhere */
	atomic_bool given_up;  /* nobody waits for them: the last one frees this */
	bool at_end;           /* of the rows */
};

/* A message whose text is looked into on a thread of its own. */
struct inside {
	struct rendering rendering;
	struct search *search;
	struct loaded *message; /* owned */
	uint32_t uid;
	struct look look;
	enum query_answer answer;
};

/* --- a search on its way --- */

static void search_free(struct search *s)
{
	query_free(s->query);
	free(s->only);
	match_done(&s->match);
	free(s->folder);
	store_event_free(s->answer);
	free(s);
}

static void search_drop(struct store *store, struct work *w, const struct err *why)
{
	struct search *s = (struct search *)w;

	atomic_store(&s->given_up, true); /* first: who hears of it may look for that */
	answer_failed(store, w->request, why);
	if (!s->out)
		search_free(s);
}

static void add_found(struct search *s, uint32_t uid)
{
	struct told_found *f = &s->answer->found;

	f->uids = mem_grow(f->uids, &s->cap, f->n + 1, sizeof(*f->uids));
	f->uids[f->n++] = uid;
}

/* --- what only the text tells --- */

static void inside_run(struct worker_job *j)
{
	struct inside *x = (struct inside *)j;

	if (atomic_load(&x->search->given_up))
		return;
	read_text(x->message, &x->look.text);
	x->answer = look_answer(&x->look, QUERY_TEXTS);
}

static void inside_drop(struct worker_job *j)
{
	struct inside *x = (struct inside *)j;
	struct search *s = x->search;

	s->out--;
	s->out_bytes -= read_size(x->message);
	s->work.waits = false;
	if (!s->out && atomic_load(&s->given_up))
		search_free(s);
	read_free(x->message);
	look_done(&x->look);
	free(x);
}

static void inside_back(struct store *store, struct rendering *r)
{
	struct inside *x = (struct inside *)r;
	struct search *s = x->search;

	(void)store;
	if (atomic_load(&s->given_up))
		return;
	s->answer->found.looked += x->answer != QUERY_UNKNOWN;
	if (x->answer == QUERY_YES)
		add_found(s, x->uid);
}

/* The message's text has to tell; what cannot be looked into is counted. */
static void look_inside(
	struct store *store, struct search *s, const struct look *l, struct folder *f, uint32_t uid)
{
	struct loaded *message = read_load(f, uid);
	struct inside *x;

	s->answer->found.texts++;
	if (!message)
		return;
	x = mem_alloc(sizeof(*x));
	x->rendering.job.run = inside_run;
	x->rendering.job.drop = inside_drop;
	x->rendering.back = inside_back;
	x->search = s;
	x->message = message;
	x->uid = uid;
	x->look = *l;
	x->look.m = NULL;
	x->look.walk = NULL;
	x->look.row = NULL;
	s->out++;
	s->out_bytes += read_size(message);
	rendering_give(store, &x->rendering, RENDERING_SEARCHING);
}

/* --- the rows --- */

/* Whether the message is one of those that are asked about; ascending. */
static bool is_asked(struct search *s, uint32_t uid)
{
	if (!s->only)
		return true;
	while (s->only_at < s->nonly && s->only[s->only_at] < uid)
		s->only_at++;
	return s->only_at < s->nonly && s->only[s->only_at] == uid;
}

/* Rows between two looks at the clock. */
enum { STRIDE = 512 };

/* What needs no strings. */
static bool search_columns(struct search *s, struct folder *f)
{
	const struct columns *c = cache_columns_view(f->cache);
	struct look l = {.m = &s->match, .query = s->query};

	for (size_t i = 0; i < c->n; i++) {
		if (!is_asked(s, c->uid[i]))
			continue;
		l.flags = c->flags[i];
		l.size = c->size[i];
		l.sent = c->sent[i];
		l.received = c->received[i];
		memset(l.known, 0, s->query->nterms);
		if (look_answer(&l, QUERY_COLUMNS) == QUERY_YES)
			add_found(s, c->uid[i]);
	}
	return true;
}

static bool search_strings(struct store *store, struct search *s, struct folder *f)
{
	int64_t end = clock_ms() + WORK_MS;
	struct cache_walk w;
	struct summary row;
	size_t rows = 0;

	match_anew(&s->match);
	(void)is_asked(s, s->next); /* those before it have been */
	if (s->only)
		s->next = s->only_at < s->nonly ? s->only[s->only_at] : UINT32_MAX;
	cache_walk_start(&w, f->cache, s->next);
	while (cache_walk_next(&w, &row)) {
		struct look l;
		enum query_answer answer = QUERY_NO;

		if (is_asked(s, row.uid)) {
			l = look_at(&s->match, &row, &w);
			answer = look_answer(&l, QUERY_STRINGS);
		}
		s->next = row.uid + 1;
		if (answer == QUERY_UNKNOWN) {
			/* reading may note damage, after which the walk is no more */
			look_inside(store, s, &l, f, row.uid);
			return false;
		}
		if (answer == QUERY_YES)
			add_found(s, row.uid);
		s->next = match_pass(&s->match, &w, row.uid) + 1;
		(void)is_asked(s, s->next);
		if (s->only && s->only_at == s->nonly)
			return true;
		rows += s->next - row.uid;
		if (rows < STRIDE)
			continue;
		rows = 0;
		if (clock_ms() >= end)
			return false;
	}
	return true;
}

/* All are looked at; those that were found inside stand behind later ones. */
static void search_end(struct store *store, struct search *s)
{
	s->answer->found.n = uids_sort(s->answer->found.uids, s->answer->found.n);
	answer_with(store, s->work.request, s->answer);
	s->answer = NULL;
	search_free(s);
}

/* True: at the end. */
static bool look_on(struct store *store, struct search *s, const struct list *l)
{
	s->match.own = folder_own(l->folder);
	return l->asleep ||
	       (query_cost(s->query) == QUERY_COLUMNS ? search_columns(s, l->folder)
						      : search_strings(store, s, l->folder));
}

static bool search_step(struct store *store, struct work *w)
{
	struct search *s = (struct search *)w;
	struct list *l = lists_find(store, s->list);
	struct err err = {0};

	if (!l || (!l->asleep && !l->folder->cache)) {
		err_set(&err, ERR_GONE, _("The folder is no longer open"));
		search_drop(store, w, &err);
		return true;
	}
	if (l->folder->numbering != s->numbering) {
		err_set(&err, ERR_GONE,
			_("The folder was switched or numbered anew meanwhile; search again"));
		search_drop(store, w, &err);
		return true;
	}
	if (l->opening)
		return false;
	if (!s->only && l->filter)
		s->nonly = lists_shown(l, &s->only);
	if (!s->at_end)
		s->at_end = look_on(store, s, l);
	if (s->at_end && !s->out) {
		search_end(store, s);
		return true;
	}
	w->waits = s->out && (s->at_end || s->out >= OUT_MAX || s->out_bytes >= OUT_BYTES);
	return false;
}

int search_request(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct store *store = l->folder->account->store;
	struct query *query;
	struct search *s;

	(void)said;
	if (query_parse(&query, r->search.query ? r->search.query : "", clock_now(), err) != 0)
		return -1;
	s = mem_alloc(sizeof(*s));
	s->work = (struct work){.request = r, .step = search_step, .drop = search_drop};
	s->query = query;
	s->match.query = query;
	s->list = r->list;
	s->numbering = l->folder->numbering;
	s->match.folder = s->folder = folder_ui_name(l->folder);
	s->match.account =
		l->folder->account->setup ? l->folder->account->setup->settings->name : NULL;
	s->only = r->uids;
	s->nonly = r->uids ? r->n : 0;
	r->uids = NULL;
	s->next = 1;
	s->answer = store_event_new(STORE_FOUND);
	/* most are through in one slice */
	if (!search_step(store, &s->work))
		store_work(store, &s->work);
	return REQUEST_TAKEN;
}
