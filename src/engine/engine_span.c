/* Lists of folders of all accounts (span.h): which folders they have, as these come and go. */
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "engine/engine_priv.h"
#include "store/mail/filter.h"
#include "store/mail/match.h"

#include <stdlib.h>
#include <string.h>

struct place {
	const char *account, *folder;
	bool named; /* the query says "in:" and means it */
};

static enum query_answer ask_place(void *ctx, const struct query *q, size_t term)
{
	const struct query_term *t = &q->terms[term];
	struct place *p = ctx;
	bool is;

	if (t->field != QUERY_FOLDER && t->field != QUERY_ACCOUNT)
		return QUERY_UNKNOWN;
	is = match_place(t, p->account, p->folder);
	p->named |= is && t->field == QUERY_FOLDER;
	return is ? QUERY_YES : QUERY_NO;
}

/* Whether a query may find something there; one that is left out, only where the query names it. */
static bool may_find(const struct query *q, struct place p, bool left_out)
{
	return query_eval(q, ask_place, &p) != QUERY_NO && (p.named || !left_out);
}

/* Copies are shown once in a conversation, and what is only in the archive of all belongs to it. */
static bool has_folder(
	const struct msglist *l, const char *account, const struct store_folder_info *f)
{
	bool home = l->of && l->of->home && strcmp(f->name, l->of->home) == 0;

	if (l->query)
		return f->selectable && may_find(l->query, (struct place){account, f->name, false},
						span_leaves_out(f->own) || f->offline_copy);

	return f->selectable && (home || (l->of && f->own == ROLE_ALL) ||
					(!span_leaves_out(f->own) && (l->of || !f->offline_copy)));
}

/* The copy in the first of them is shown. */
static int place_of(const struct msglist *l, const struct store_folder_info *f)
{
	return !l->of                                             ? 0
	       : l->of->home && strcmp(f->name, l->of->home) == 0 ? 0
	       : f->own != ROLE_ALL && !f->offline_copy           ? 1
								  : 2;
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
		if (has_folder(l, m->name, &m->folders[i]))
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
	for (int place = 0; place < 3 && !l->given_up; place++)
		for (size_t i = 0; i < m->nfolders; i++)
			if (map_get(left, m->folders[i].name) &&
				place_of(l, &m->folders[i]) == place)
				add_source(e, l, account, m->folders[i].name);
	map_free(left, NULL);
}

static bool is_of(const struct msglist *l, size_t account)
{
	return !l->of || l->of->account == (int)account;
}

static bool is_known(const struct engine *e, const struct msglist *l)
{
	for (size_t i = 0; i < e->naccounts; i++)
		if (is_of(l, i) && !e->accounts[i].told)
			return false;
	return true;
}

void engine_spans_follow(struct engine *e, size_t account)
{
	e->accounts[account].told = true;
	for (struct msglist *l = e->lists; l; l = l->next) {
		if (!l->span || !l->span->every || !is_of(l, account))
			continue;
		follow(e, l, account);
		msglist_sources_known(l, is_known(e, l));
	}
}

static void open_span(struct engine *e, struct msglist *l)
{
	const struct span_row *span = l->span;

	engine_open_list(e, l);
	for (size_t i = 0; i < e->naccounts; i++)
		if (!span->every)
			add_source(e, l, i, engine_folder_name(e, (int)i, "INBOX"));
		else if (e->accounts[i].told)
			follow(e, l, i);
	msglist_sources_known(l, !span->every || is_known(e, l));
}

/* NULL: its query is none. */
static struct msglist *new_span(
	struct engine *e, const struct span_row *span, const char *name, struct err *err)
{
	const char *text = span_query(span, name);
	struct query *query = NULL;
	struct msglist *l;

	if (text && filter_query(&query, text, err) != 0)
		return NULL;
	l = msglist_new_span(++e->next_list, name);
	l->span = span;
	l->query = query;
	return l;
}

struct msglist *engine_open_span(struct engine *e, const struct span_row *span)
{
	struct msglist *l = new_span(e, span, span->name, NULL);

	open_span(e, l);
	return l;
}

struct msglist *engine_open_named(
	struct engine *e, const struct span_row *span, const char *name, struct err *err)
{
	struct msglist *l = new_span(e, span, name, err);

	if (!l)
		return NULL;
	l->eager = span->every;
	open_span(e, l);
	return l;
}

/* --- looking through many folders --- */

size_t engine_looking(const struct engine *e, const struct msglist *l)
{
	size_t n = 0;

	for (size_t i = 0; l->span && i < l->nsources; i++)
		n += (!l->sources[i].told || l->sources[i].inside) && !l->sources[i].closed;
	return n + (l->span && !l->given_up && !is_known(e, l));
}

size_t engine_unlooked(const struct msglist *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->nsources; i++)
		n += l->sources[i].unlooked;
	return n;
}

void engine_texts(const struct msglist *l, size_t *looked, size_t *texts)
{
	*looked = *texts = 0;
	for (size_t i = 0; i < l->nsources; i++) {
		*looked += l->sources[i].looked;
		*texts += l->sources[i].texts;
	}
}

size_t engine_by_server(const struct msglist *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->nsources; i++)
		n += l->sources[i].by_server;
	return n;
}

void engine_look_inside(struct engine *e, struct msglist *l, size_t source)
{
	struct asked *a;
	struct store_request *r;

	if (!l->sources[source].inside)
		return;
	a = engine_ask_source(e, REQUEST_SEARCH, l, source);
	a->inside = true;
	r = engine_request_of(a);
	r->search.query = mem_strdup(msglist_query(l));
	r->search.widen = true;
	engine_post(e, r);
}

bool engine_give_up(struct engine *e, struct msglist *l)
{
	if (!engine_looking(e, l))
		return false;
	l->given_up = true;
	msglist_sources_known(l, true);
	for (struct asked *a = e->asked; a; a = a->next)
		if (a->list == l && (a->kind == REQUEST_OPEN || a->inside))
			engine_cancel(e, a->request);
	return true;
}

/* --- how many messages each has --- */

static void add_counts(
	const struct engine *e, const struct span_row *span, uint32_t *total, uint32_t *unread)
{
	struct msglist every = {.span = span};

	for (size_t i = 0; i < e->naccounts; i++)
		for (size_t k = 0; k < e->accounts[i].nfolders; k++) {
			const struct store_folder_info *f = &e->accounts[i].folders[k];
			bool has = span->every ? has_folder(&every, e->accounts[i].name, f)
					       : f->own == ROLE_INBOX;

			*unread += has && f->counts_known ? f->unread : 0;
			*total += has && f->counts_known ? f->total : 0;
		}
}

static struct msglist *find_counts(struct engine *e, const struct span_row *span)
{
	struct msglist *l = e->lists;

	while (l && !(l->counts && l->span == span))
		l = l->next;
	return l;
}

void engine_span_counts(
	struct engine *e, const struct span_row *span, uint32_t *total, uint32_t *unread)
{
	struct msglist *l;

	*total = *unread = 0;
	if (!span->query || span == span_row(SPAN_UNREAD)) {
		add_counts(e, span, total, unread);
		return;
	}
	if (span_find(span->name))
		return;
	l = find_counts(e, span);
	if (!l) {
		l = new_span(e, span, span->name, NULL);
		if (!l)
			return; /* its date is none this month */
		l->counts = true;
		open_span(e, l);
	}
	*total = (uint32_t)msglist_total(l);
	*unread = (uint32_t)msglist_unread(l);
}

/* --- saved searches --- */

static int save_search(struct engine *e, const char *name, const char *query, struct err *err)
{
	struct err why = {0};

	if (!e->config_path || settings_save_search(e->config_path, name, query, &why) == 0)
		return 0;
	return err_set(err, why.kind,
		_("Done until the program ends, but not saved in the "
		  "configuration: %s"),
		why.text);
}

static void drop_counts(struct engine *e, const struct span_row *span)
{
	struct msglist *l = span ? find_counts(e, span) : NULL;

	if (l)
		engine_close(e, l);
}

static const struct span_row *saved_search(const struct engine *e, const char *name)
{
	struct str at = STR_INIT;
	const struct span_row *span;

	str_addf(&at, "@%s", *name == '@' ? name + 1 : name);
	span = settings_span_find(e->settings, str_c(&at));
	str_done(&at);
	return span;
}

int engine_save_search(struct engine *e, const char *name, const char *query, struct err *err)
{
	const struct span_row *old = saved_search(e, name);

	name += *name == '@';
	if (settings_search(e->settings, name, query, err) != 0)
		return -1;
	drop_counts(e, old);
	return save_search(e, name, query, err);
}

int engine_forget_search(struct engine *e, const char *name, struct err *err)
{
	const struct span_row *old = saved_search(e, name);

	if (settings_search_forget(e->settings, name, err) != 0)
		return -1;
	drop_counts(e, old);
	return save_search(e, name + (*name == '@'), NULL, err);
}

/* --- conversations --- */

static struct msglist *new_conversation(struct engine *e, int account, const char *id)
{
	const struct span_row *span = span_conversation();
	struct str name = STR_INIT;
	struct msglist *l;

	str_addf(&name, "%s%s", span->name, id);
	l = msglist_new_span(++e->next_list, str_c(&name));
	str_done(&name);
	l->span = span;
	l->of = mem_alloc(sizeof(*l->of));
	l->of->account = account;
	l->of->id = mem_strdup(id);
	return l;
}

static struct msglist *open_conversation(struct engine *e, struct msglist *l)
{
	int account = l->of->account;

	engine_open_list(e, l);
	l->want.threads = true;
	if (account < 0) /* a folder by its path is all there is */
		engine_open_source(
			e, l, msglist_add_source(l, ++e->next_list, -1, "", l->of->home));
	else if (e->accounts[account].told)
		follow(e, l, (size_t)account);
	msglist_sources_known(l, is_known(e, l));
	return l;
}

struct msglist *engine_open_conversation(struct engine *e, int account, const char *id)
{
	size_t len = strlen(id);
	bool bare = len < 2 || id[0] != '<' || id[len - 1] != '>';
	char *inner = bare ? mem_strdup(id) : mem_strndup(id + 1, len - 2);
	struct msglist *l = new_conversation(e, account, inner);

	free(inner);
	return open_conversation(e, l);
}

struct msglist *engine_conversation(struct engine *e, struct msglist *from, uint32_t uid)
{
	const struct summary *row = msglist_strings_find(from, uid);
	size_t source, n;
	uint32_t there, *thread;
	struct msglist *l;

	if (!msglist_source_of(from, uid, &source, &there))
		return NULL;
	l = new_conversation(e, from->sources[source].account, row ? row->message_id : "");
	l->of->home = mem_strdup(from->sources[source].folder);
	l->of->numbering = from->sources[source].numbering;
	n = msglist_thread(from, uid, &thread);
	l->of->n = msglist_of_source(from, source, thread, n, &l->of->uids);
	free(thread);
	return open_conversation(e, l);
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

	for (size_t i = 0; l->span && l->span->every && i < l->nsources; i++)
		n += is_absent(e, &l->sources[i]);
	return n;
}

void engine_where(const struct engine *e, const struct msglist *l, uint32_t number, struct str *out)
{
	const struct span_row *span = l->span;
	bool account = span && !span->one && (e->naccounts > 1 || !span->every);
	struct msg_origin o;

	if (!span || !msglist_origin(l, number, &o))
		return;
	if (account)
		str_adds(out, o.account_name);
	if (account && span->every)
		str_addc(out, '/');
	if (span->every)
		str_adds(out, o.folder);
}
