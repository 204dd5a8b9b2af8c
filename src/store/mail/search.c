/*
 * Searching one folder for a query (query.h): over the columns, the cached strings, and the texts
 * that are here. Each is looked at only where those before it do not tell.
 *
 * A term that other messages of the folder tell of is looked for in a pass of its own before the
 * query is: over the whole folder, for what stands in its parentheses.
 */
#include "store/mail/search.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/mail/filter.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/mail/indexing.h"
#include "store/mail/lists_shown.h"
#include "store/mail/match.h"
#include "store/mail/read.h"
#include "store/mail/rendering.h"
#include "store/mail/search_kin.h"
#include "store/mail/search_server.h"
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
	size_t pass; /* the term whose set is made; query->nterms: the query itself is looked for */
	struct query_set *sets, *unsure; /* owned; by term (match.h) */
	struct map *ids;                 /* owned; Message-IDs that were seen, or NULL */
	uint32_t next;                   /* UID */
	uint32_t *only;                  /* owned; NULL: all */
	size_t nonly, only_at;
	struct matcher match;
	char *folder;               /* owned; the name of it */
	struct strv own;            /* of a folder without an account: the addresses of all */
	struct store_event *answer; /* owned */
	size_t cap;
	size_t out, out_bytes; /* messages that are looked into elsewhere */
	atomic_bool given_up;  /* nobody waits for them: the last one frees this */
	bool at_end;           /* of the rows */
	bool widen;
	struct folder *used; /* it keeps it open */
	uint32_t *unseen;    /* owned; what only texts tell that are not here */
	size_t nunseen, cap_unseen;
	struct server_search *server; /* owned; what is asked of the server about these */
	bool server_asked;
	bool asks;                       /* the index of texts, first */
	struct textindex_answers *texts; /* owned; what it said */
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

/* What the index of texts is asked first. */
struct question {
	struct asking asking;
	struct search *search;
};

/* --- a search on its way --- */

static void search_free(struct search *s)
{
	query_sets_free(s->sets, s->query->nterms);
	query_sets_free(s->unsure, s->query->nterms);
	map_free(s->ids, NULL);
	query_free(s->query);
	free(s->only);
	match_done(&s->match);
	textindex_answers_free(s->texts);
	free(s->folder);
	strv_done(&s->own);
	free(s->unseen);
	store_event_free(s->answer);
	free(s);
}

static void leave_folder(struct search *s)
{
	server_search_free(s->server);
	s->server = NULL;
	if (s->used)
		folder_unuse(s->used);
	s->used = NULL;
}

static void search_drop(struct store *store, struct work *w, const struct err *why)
{
	struct search *s = (struct search *)w;

	atomic_store(&s->given_up, true); /* first: who hears of it may look for that */
	answer_failed(store, w->request, why);
	leave_folder(s);
	if (!s->out)
		search_free(s);
}

static void add_to(struct query_set *set, uint32_t uid)
{
	if (!(set->n & (set->n - 1))) /* full, at a power of two */
		set->uids = mem_resize(set->uids, set->n ? 2 * set->n : 1, sizeof(*set->uids));
	set->uids[set->n++] = uid;
}

static bool is_last(const struct search *s)
{
	return s->pass == s->query->nterms;
}

static void add_unseen(struct search *s, uint32_t uid)
{
	if (!s->used)
		return;
	s->unseen = mem_grow(s->unseen, &s->cap_unseen, s->nunseen + 1, sizeof(*s->unseen));
	s->unseen[s->nunseen++] = uid;
}

static void add_answer(struct search *s, uint32_t uid, enum query_answer answer)
{
	struct told_found *f = &s->answer->found;

	if (!is_last(s) && answer != QUERY_NO) {
		add_to(&(answer == QUERY_YES ? s->sets : s->unsure)[s->pass], uid);
	} else if (answer == QUERY_YES) {
		f->uids = mem_grow(f->uids, &s->cap, f->n + 1, sizeof(*f->uids));
		f->uids[f->n++] = uid;
	} else if (answer == QUERY_UNKNOWN) {
		add_unseen(s, uid);
	}
}

/* --- what the index of texts tells --- */

static void question_back(struct store *store, struct rendering *r)
{
	struct question *q = (struct question *)r;

	(void)store;
	q->search->match.texts = q->search->texts = q->asking.answers;
	q->asking.answers = NULL;
}

static void question_drop(struct worker_job *j)
{
	struct question *q = (struct question *)j;
	struct search *s = q->search;

	s->out--;
	s->asks = s->work.waits = false;
	if (!s->out && atomic_load(&s->given_up))
		search_free(s);
	asking_done(&q->asking);
	free(q);
}

static void ask_index(struct search *s, struct folder *f)
{
	struct question *q = mem_alloc(sizeof(*q));

	q->asking.rendering.job.drop = question_drop;
	q->asking.rendering.back = question_back;
	q->asking.query = s->query;
	q->asking.stop = &s->given_up;
	q->search = s;
	if (asking_give(&q->asking, f)) {
		s->out++;
		s->asks = s->work.waits = true;
	} else {
		free(q);
	}
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
	add_answer(s, x->uid, x->answer);
}

/* The message's text has to tell; what cannot be looked into is counted. */
static void look_inside(
	struct store *store, struct search *s, const struct look *l, struct folder *f, uint32_t uid)
{
	struct loaded *message = read_load(f, uid);
	struct inside *x;

	s->answer->found.texts++;
	if (!message) {
		add_answer(s, uid, QUERY_UNKNOWN);
		return;
	}
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
	if (!s->only || !is_last(s))
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
	struct look l = {.m = &s->match, .query = s->query, .root = s->match.root};

	for (size_t i = 0; i < c->n; i++) {
		if (!is_asked(s, c->uid[i]))
			continue;
		l.uid = c->uid[i];
		l.flags = c->flags[i];
		l.size = c->size[i];
		l.sent = c->sent[i];
		l.received = c->received[i];
		memset(l.known, 0, s->query->nterms);
		add_answer(s, c->uid[i], look_answer(&l, QUERY_COLUMNS));
	}
	return true;
}

/* A text had to tell, which was looked into before. */
static void count_indexed(struct search *s, const struct look *l, enum query_answer answer)
{
	bool told = l->indexed && answer != QUERY_UNKNOWN;

	s->answer->found.texts += told;
	s->answer->found.looked += told;
}

static bool search_strings(struct store *store, struct search *s, struct folder *f)
{
	int64_t end = clock_ms() + WORK_MS;
	struct cache_walk w;
	struct summary row;
	size_t rows = 0;

	match_anew(&s->match);
	(void)is_asked(s, s->next); /* those before it have been */
	if (s->only && is_last(s))
		s->next = s->only_at < s->nonly ? s->only[s->only_at] : UINT32_MAX;
	cache_walk_start(&w, f->cache, s->next);
	while (cache_walk_next(&w, &row)) {
		struct look l;
		enum query_answer answer = QUERY_NO;

		if (is_asked(s, row.uid)) {
			l = look_at(&s->match, &row, &w);
			answer = look_answer(&l, QUERY_STRINGS);
			count_indexed(s, &l, answer);
		}
		s->next = row.uid + 1;
		if (answer == QUERY_UNKNOWN) {
			/* reading may note damage, after which the walk is no more */
			look_inside(store, s, &l, f, row.uid);
			return false;
		}
		add_answer(s, row.uid, answer);
		s->next = match_pass(&s->match, &w, row.uid) + 1;
		(void)is_asked(s, s->next);
		if (s->only && is_last(s) && s->only_at == s->nonly)
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

/* --- what the server knows of texts that are not here --- */

/* What the server did not find may be there all the same: it rules out, and proves nothing. */
static enum query_answer answer_by_server(struct search *s, const struct summary *row)
{
	enum query_answer answer = QUERY_YES;

	for (int no = 1; no >= 0 && answer == QUERY_YES; no--) {
		struct look l = look_at(&s->match, row, NULL);

		server_search_tell(s->server, row->uid, no, &l);
		answer = look_answer(&l, QUERY_STRINGS);
		if (!no && answer != QUERY_YES)
			answer = QUERY_UNKNOWN;
	}
	return answer;
}

static void take_server(struct search *s)
{
	struct told_found *found = &s->answer->found;

	for (size_t i = 0; i < s->nunseen; i++) {
		struct summary row;
		enum query_answer answer;

		if (cache_get(s->used->cache, s->unseen[i], &row) != 0)
			continue;
		answer = answer_by_server(s, &row);
		found->looked += answer != QUERY_UNKNOWN;
		found->by_server += answer == QUERY_YES;
		if (answer == QUERY_YES)
			add_answer(s, s->unseen[i], answer);
	}
	found->server = *server_search_error(s->server);
}

/* True: its answers are awaited. */
static bool ask_server(struct search *s)
{
	if (!s->used)
		return false;
	if (!s->server_asked) {
		s->server_asked = true;
		s->nunseen = uids_sort(s->unseen, s->nunseen);
		s->server = server_search_begin(s->used, s->query, s->unseen, s->nunseen, &s->work);
	}
	if (s->server && server_search_runs(s->server))
		return true;
	if (s->server)
		take_server(s);
	return false;
}

/* All are looked at; those that were found inside stand behind later ones. */
static void search_end(struct store *store, struct search *s)
{
	struct list *l = s->widen ? lists_find(store, s->list) : NULL;

	s->answer->found.n = uids_sort(s->answer->found.uids, s->answer->found.n);
	if (l && l->filter && s->used) {
		filter_learn(l->filter, s->used, s->answer->found.uids, s->answer->found.n);
		folder_send_list(l->folder, l);
	}
	leave_folder(s);
	answer_with(store, s->work.request, s->answer);
	s->answer = NULL;
	search_free(s);
}

/* --- passes --- */

/* Those whose Message-ID was seen before. */
static bool search_duplicates(struct search *s, struct folder *f)
{
	int64_t end = clock_ms() + WORK_MS;
	struct cache_walk w;
	struct summary row;

	if (!s->ids)
		s->ids = map_new();
	cache_walk_start(&w, f->cache, s->next);
	for (size_t rows = 1; cache_walk_next(&w, &row); rows++) {
		bool again = *row.message_id && map_put(s->ids, row.message_id, s);

		if (!(row.flags & MAIL_LEAVING))
			add_answer(s, row.uid, again ? QUERY_YES : QUERY_NO);
		s->next = row.uid + 1;
		if (rows % STRIDE == 0 && clock_ms() >= end)
			return false;
	}
	return true;
}

static void close_set(struct search *s, const struct columns *c, struct query_set *sets)
{
	enum query_field field = s->query->terms[s->pass].field;

	sets[s->pass].n = uids_sort(sets[s->pass].uids, sets[s->pass].n);
	if (field != QUERY_DUPLICATE)
		search_kin(c, field, &sets[s->pass]);
}

static bool needs_pass(const struct query *q, size_t term)
{
	return query_term_scope(&q->terms[term]) == SCOPE_FOLDER;
}

/* The next pass, or the last. */
static void begin_pass(struct search *s, size_t term)
{
	const struct query *q = s->query;

	while (term < q->nterms && !needs_pass(q, term))
		term++;
	s->pass = term;
	s->next = 1;
	s->at_end = false;
	map_free(s->ids, NULL);
	s->ids = NULL;
	s->match.sets = s->sets;
	s->match.unsure = s->unsure;
	match_start(&s->match, q, is_last(s) ? q->nnodes - 1 : q->terms[term].root);
}

/* False: that was the last one. */
static bool end_pass(struct search *s, const struct list *l)
{
	if (is_last(s))
		return false;
	if (!l->asleep) {
		const struct columns *c = cache_columns_view(l->folder->cache);

		close_set(s, c, s->sets);
		if (s->query->terms[s->pass].field != QUERY_UNREFERENCED)
			close_set(s, c, s->unsure);
	}
	begin_pass(s, s->pass + 1);
	return true;
}

/* A folder that was opened by its path is nobody's mail in particular. */
static const struct strv *own_of(struct search *s, const struct folder *f)
{
	const struct store *store = f->account->store;

	if (folder_own(f))
		return folder_own(f);
	for (size_t i = 0; !s->own.n && i < store->naccounts; i++)
		for (size_t k = 0;
			store->accounts[i]->setup && k < store->accounts[i]->setup->own.n; k++)
			strv_add(&s->own, store->accounts[i]->setup->own.v[k]);
	return &s->own;
}

/* True: at the end. */
static bool look_on(struct store *store, struct search *s, const struct list *l)
{
	enum query_field field = is_last(s) ? QUERY_ANY : s->query->terms[s->pass].field;

	s->match.own = own_of(s, l->folder);
	if ((l->asleep && !s->used) || field == QUERY_UNREFERENCED)
		return true;
	if (field == QUERY_DUPLICATE)
		return search_duplicates(s, l->folder);
	return query_cost(s->query) == QUERY_COLUMNS ? search_columns(s, l->folder)
						     : search_strings(store, s, l->folder);
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
	if (s->widen && !s->used && folder_is_here(l->folder)) {
		if (folder_use(l->folder, &err) != 0) {
			search_drop(store, w, &err);
			return true;
		}
		s->used = l->folder;
		if (!s->asks && !s->texts)
			ask_index(s, l->folder);
	}
	if (!s->widen && !s->only && l->filter)
		s->nonly = lists_shown(l, &s->only);
	do {
		if (!s->at_end && !s->asks)
			s->at_end = look_on(store, s, l);
	} while (s->at_end && !s->out && end_pass(s, l));
	if (s->at_end && !s->out && ask_server(s)) {
		w->waits = true;
		return false;
	}
	if (s->at_end && !s->out) {
		search_end(store, s);
		return true;
	}
	w->waits =
		s->out && (s->at_end || s->asks || s->out >= OUT_MAX || s->out_bytes >= OUT_BYTES);
	return false;
}

/* What the list tells of terms comes with the request, in their order. */
static int take_sets(struct search *s, struct store_request *r, struct err *err)
{
	size_t n = 0;

	s->sets = mem_array(s->query->nterms, sizeof(*s->sets));
	s->unsure = mem_array(s->query->nterms, sizeof(*s->unsure));
	for (size_t i = 0; i < s->query->nterms; i++) {
		const struct query_term *t = &s->query->terms[i];

		if (query_term_scope(t) != SCOPE_LIST)
			continue;
		if (n == r->search.nsets) {
			err_set(err, ERR_INPUT, _("~%c is told by an open list; there is none"),
				t->row->letter);
			return -1;
		}
		s->sets[i] = r->search.sets[n];
		r->search.sets[n++] = (struct query_set){0};
	}
	return 0;
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
	if (take_sets(s, r, err) != 0) {
		search_free(s);
		return -1;
	}
	s->list = r->list;
	s->numbering = l->folder->numbering;
	s->match.folder = s->folder = folder_ui_name(l->folder);
	s->match.account =
		l->folder->account->setup ? l->folder->account->setup->settings->name : NULL;
	s->only = r->uids;
	s->nonly = r->uids ? r->n : 0;
	r->uids = NULL;
	s->widen = r->search.widen;
	s->answer = store_event_new(STORE_FOUND);
	begin_pass(s, 0);
	if (!l->asleep)
		ask_index(s, l->folder);
	/* most are through in one slice */
	if (!search_step(store, &s->work))
		store_work(store, &s->work);
	return REQUEST_TAKEN;
}
