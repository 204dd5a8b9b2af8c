#include "engine/engine.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/engine_priv.h"
#include "net/net.h"
#include "store/disk/localbox.h"
#include "store/mail/query.h"
#include "sync/probe.h"
#include "sync/sync.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { QUIT_MS = 900 };

/* --- asking the store --- */

struct asked *engine_ask(struct engine *e, enum request_kind kind, struct msglist *l, int account)
{
	struct asked *a = mem_alloc(sizeof(*a));

	a->request = ++e->next_request;
	a->kind = kind;
	a->list = l;
	a->account = account;
	a->next = e->asked;
	e->asked = a;
	return a;
}

struct asked *engine_asked(struct engine *e, unsigned request)
{
	struct asked *a = e->asked;

	while (a && a->request != request)
		a = a->next;
	return a;
}

void engine_forget(struct engine *e, unsigned request)
{
	for (struct asked **p = &e->asked; *p; p = &(*p)->next)
		if ((*p)->request == request) {
			struct asked *a = *p;

			*p = a->next;
			if (a->group && !--a->group->refs)
				engine_group_free(a->group);
			free(a->text);
			free(a);
			return;
		}
}

struct store_request *engine_request_of(const struct asked *a)
{
	struct store_request *r = store_request_new(a->kind);
	const struct source *s =
		a->list && a->source < a->list->nsources ? &a->list->sources[a->source] : NULL;

	r->request = a->request;
	r->account = a->account;
	r->list = s ? s->id : 0;
	r->numbering = s ? s->numbering : 0;
	return r;
}

unsigned engine_post(struct engine *e, struct store_request *r)
{
	unsigned id = r->request;

	store_post(e->store, r);
	return id;
}

/* --- start and end --- */

static struct store_account *setup_of(const struct engine *e, const struct account_settings *a)
{
	struct store_account *s = mem_alloc(sizeof(*s));

	s->settings = account_settings_copy(a);
	s->check_seconds = (int)settings_int(e->settings, SET_CHECK_MINUTES) * 60;
	s->data_dir = e->options.scratch ? file_join(e->options.scratch, "data")
					 : settings_dir_data(a->name);
	s->cache_dir = e->options.scratch ? file_join(e->options.scratch, "cache")
					  : settings_dir_cache(a->name);
	strv_add(&s->own, a->from_mail);
	for (size_t i = 0; i < a->alternates.n; i++)
		strv_add(&s->own, a->alternates.v[i]);
	s->cache_size = (uint64_t)settings_int(e->settings, SET_CACHE_SIZE);
	return s;
}

static bool is_insecure(const struct account_settings *a)
{
	for (int p = 0; p < SERVERS; p++)
		if (protocol_is_insecure(a->urls[p]))
			return true;
	return false;
}

static void add_account(struct engine *e, size_t i)
{
	struct account_settings *a = settings_account(e->settings, i);
	struct account_model *m = &e->accounts[i];
	struct store_request *r = engine_request_of(engine_ask(e, REQUEST_ACCOUNT, NULL, (int)i));

	m->name = mem_strdup(a->name);
	m->settings = a;
	m->reason = mem_strdup("");
	m->insecure = is_insecure(a);
	r->add.setup = setup_of(e, a);
	r->add.offline = e->options.offline;
	engine_post(e, r);
}

int engine_new(struct engine **out, struct settings *settings, const struct engine_options *options,
	struct err *err)
{
	struct engine *e = mem_alloc(sizeof(*e));

	(void)err;
	mem_give_back();
	net_init();
	e->settings = settings;
	e->options = *options;
	e->config_path = mem_strdup(options->config_path);
	e->store = store_new(&sync_table, options->read_only);
	e->naccounts = settings_accounts(settings);
	e->accounts = mem_array(e->naccounts, sizeof(*e->accounts));
	for (size_t i = 0; i < e->naccounts; i++)
		add_account(e, i);
	*out = e;
	return 0;
}

void engine_probe(struct engine_probe *servers, size_t n, int ms)
{
	struct probe *rows = mem_array(n + 1, sizeof(*rows));

	net_init();
	for (size_t i = 0; i < n; i++)
		rows[i].url = servers[i].url;
	probe_run(rows, n, NULL, ms);
	for (size_t i = 0; i < n; i++) {
		servers[i].there = rows[i].there;
		servers[i].err = rows[i].err;
	}
	free(rows);
}

static void free_folders(struct account_model *m)
{
	for (size_t i = 0; i < m->nfolders; i++)
		free(m->folders[i].name);
	free(m->folders);
}

static void free_account(struct account_model *m)
{
	free_folders(m);
	for (size_t i = 0; i < m->nops; i++)
		op_free(m->ops[i]);
	for (size_t i = 0; i < m->nmails; i++)
		outbox_mail_done(&m->mails[i]);
	strv_done(&m->waiting);
	free(m->ops);
	strv_done(&m->refused);
	free(m->mails);
	free(m->name);
	free(m->reason);
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	worker_free(e->sorter, INT_MAX); /* sorting ends by itself, soon */
	store_free(e->store, e->options.quit_ms ? e->options.quit_ms : QUIT_MS);
	while (e->lists) {
		struct msglist *l = e->lists;

		e->lists = l->next;
		msglist_free(l);
	}
	event_free(e->held);
	while (e->asked)
		engine_forget(e, e->asked->request);
	for (size_t i = 0; i < e->naccounts; i++)
		free_account(&e->accounts[i]);
	free(e->accounts);
	free(e->config_path);
	free(e);
}

int engine_path_check(const char *path, struct err *err)
{
	return localbox_need(path, err);
}

int engine_fd(const struct engine *e)
{
	return queue_fd(store_events(e->store));
}

/* --- accounts and folders --- */

size_t engine_accounts(const struct engine *e)
{
	return e->naccounts;
}

/* What is refused or unconfirmed waits for a person. */
static size_t count_to_send(const struct account_model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nmails; i++)
		n += m->mails[i].state == OUTBOX_QUEUED || m->mails[i].state == OUTBOX_SENDING;
	return n;
}

void engine_account(const struct engine *e, size_t i, struct account_info *out)
{
	const struct account_model *m = &e->accounts[i];

	*out = (struct account_info){.name = m->name,
		.from = m->settings->from,
		.from_mail = m->settings->from_mail,
		.protocol = m->settings->protocol,
		.state = m->state,
		.retry_at = m->retry_at,
		.reason = m->reason,
		.insecure = m->insecure,
		.pending = m->nops,
		.outbox = m->nmails,
		.to_send = count_to_send(m)};
}

int engine_find_account(const struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->naccounts; i++)
		if (strcmp(e->accounts[i].name, name) == 0)
			return (int)i;
	return -1;
}

size_t engine_folders(const struct engine *e, size_t account)
{
	return e->accounts[account].nfolders;
}

/* The parent that is in the list too, or -1: levels that are not shown are part of the label. */
static ptrdiff_t listed_parent(const struct account_model *m, size_t i)
{
	const char *name = m->folders[i].name;

	for (size_t k = i; k-- > 0;) {
		size_t len = strlen(m->folders[k].name);

		if (strncmp(m->folders[k].name, name, len) == 0 && name[len] == '/')
			return (ptrdiff_t)k;
	}
	return -1;
}

static const char *label_of(const struct account_model *m, size_t i, ptrdiff_t parent)
{
	const struct store_folder_info *f = &m->folders[i];
	const char *role = mail_role_label(f->role, f->name);

	if (role)
		return role;
	return parent < 0 ? f->name : f->name + strlen(m->folders[parent].name) + 1;
}

void engine_folder(const struct engine *e, size_t account, size_t i, struct folder_info *out)
{
	const struct account_model *m = &e->accounts[account];
	const struct store_folder_info *f = &m->folders[i];
	ptrdiff_t parent = listed_parent(m, i);

	*out = (struct folder_info){.name = f->name,
		.label = label_of(m, i, parent),
		.role = f->role,
		.selectable = f->selectable,
		.has_children = i + 1 < m->nfolders && listed_parent(m, i + 1) == (ptrdiff_t)i,
		.offline_copy = f->offline_copy,
		.elsewhere = f->local && protocol_row(m->settings->protocol)->has_folders,
		.counts_known = f->counts_known,
		.total = f->total,
		.unread = f->unread};
	for (ptrdiff_t up = parent; up >= 0; up = listed_parent(m, (size_t)up))
		out->depth++;
}

int engine_role_folder(const struct engine *e, size_t account, enum mail_role role)
{
	const struct account_model *m = &e->accounts[account];

	for (size_t i = 0; i < m->nfolders; i++)
		if (m->folders[i].role == role)
			return (int)i;
	return -1;
}

int engine_find_folder(const struct engine *e, size_t account, const char *name)
{
	const struct account_model *m = &e->accounts[account];
	enum mail_role role;

	for (size_t i = 0; i < m->nfolders; i++)
		if (strcmp(m->folders[i].name, name) == 0)
			return (int)i;
	role = mail_role_by_key(name);
	return role == ROLE_NONE ? -1 : engine_role_folder(e, account, role);
}

/* --- lists --- */

static void ask_rows(void *ctx, unsigned id, const uint32_t *uids, size_t n)
{
	struct engine *e = ctx;
	size_t source;
	const struct msglist *l = engine_list(e, id, &source);

	for (source = 0; l && source < l->nsources; source++) {
		struct store_request *r = store_request_new(REQUEST_ROWS);

		r->list = l->sources[source].id;
		r->n = msglist_of_source(l, source, uids, n, &r->uids);
		if (r->n)
			store_post(e->store, r);
		else
			store_request_free(r);
	}
}

static void ask_order(void *ctx, unsigned id, enum mail_order by)
{
	struct engine *e = ctx;
	struct store_request *r = store_request_new(REQUEST_ORDER);
	size_t source;
	const struct msglist *l = engine_list(e, id, &source);

	/* Whichever is open: its span is put in order. */
	for (source = 0; l && source + 1 < l->nsources && l->sources[source].closed; source++)
		continue;
	r->list = l && l->nsources ? l->sources[source].id : id;
	r->order.by = by;
	store_post(e->store, r);
}

static void free_sorted(void *job)
{
	sort_job_free(job);
}

/* On the sorter's thread: comes back among what the disk thread tells. */
static void sorted(void *ctx, struct worker_job *j)
{
	struct store *store = ctx;
	struct sort_job *job = (struct sort_job *)j;
	struct store_event *ev = store_event_new(STORE_SORTED);

	ev->list = job->list;
	ev->sorted.job = job;
	ev->sorted.free = free_sorted;
	queue_push(store_events(store), &ev->item);
}

static void give_sorter(void *ctx, struct sort_job *job)
{
	struct engine *e = ctx;

	if (!e->sorter)
		e->sorter = worker_new(sorted, e->store);
	worker_give(e->sorter, &job->job);
}

const char *engine_folder_name(const struct engine *e, int account, const char *folder)
{
	int i = account < 0 ? -1 : engine_find_folder(e, (size_t)account, folder);

	return i < 0 ? folder : e->accounts[account].folders[i].name;
}

static void fill_conversation(struct store_request *r, const struct conversation_of *of)
{
	r->open.conversation = mem_strdup(of->id);
	if (!of->home || strcmp(r->open.folder, of->home) != 0)
		return;
	r->numbering = of->numbering;
	store_request_set_uids(r, of->uids, of->n);
}

void engine_open_source(struct engine *e, struct msglist *l, size_t source)
{
	struct store_request *r = engine_request_of(engine_ask_source(e, REQUEST_OPEN, l, source));

	r->open.folder = mem_strdup(l->sources[source].folder);
	r->open.query = mem_strdup(msglist_query(l));
	if (l->of)
		fill_conversation(r, l->of);
	r->open.span = msglist_spans(l) ? l->id : 0;
	engine_post(e, r);
}

void engine_open_list(struct engine *e, struct msglist *l)
{
	int sort = sort_find(settings_text(e->settings, SET_SORT), &l->want.reverse);

	l->want.sort = sort < 0 ? SORT_DATE : (enum msglist_sort)sort;
	l->want.threads = settings_bool(e->settings, SET_THREADS);
	l->give = give_sorter;
	l->ask = ask_rows;
	l->ask_order = ask_order;
	l->ctx = e;
	l->next = e->lists;
	e->lists = l;
}

struct msglist *engine_open(struct engine *e, int account, const char *folder, struct err *err)
{
	const struct span_row *span = settings_span_find(e->settings, folder);
	struct msglist *l;

	if (account >= 0 && (size_t)account >= e->naccounts) {
		err_set(err, ERR_INPUT, _("There is no such account"));
		return NULL;
	}
	if (span && !span->one)
		return engine_open_named(e, span, folder, err);
	if (account >= 0 && span)
		return engine_open_conversation(
			e, account, folder + strlen(span_conversation()->name));
	folder = engine_folder_name(e, account, folder);
	l = msglist_new(
		++e->next_list, account, account < 0 ? "" : e->accounts[account].name, folder);
	engine_open_list(e, l);
	engine_open_source(e, l, 0);
	if (msglist_needs_ranks(l->want.sort))
		msglist_ask_ranks(l);
	return l;
}

void engine_close(struct engine *e, struct msglist *l)
{
	for (size_t i = 0; i < l->nsources; i++) {
		struct store_request *r = store_request_new(REQUEST_CLOSE);

		r->list = l->sources[i].id;
		store_post(e->store, r);
	}
	if (e->held && e->held->list == l)
		e->held->list = NULL;
	for (struct asked *a = e->asked; a; a = a->next)
		if (a->list == l)
			a->list = NULL;
	for (struct msglist **p = &e->lists; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			break;
		}
	msglist_free(l);
}

bool engine_is_open(const struct engine *e, unsigned id)
{
	for (const struct msglist *l = e->lists; l; l = l->next)
		if (l->id == id)
			return true;
	return false;
}

struct msglist *engine_list(struct engine *e, unsigned id, size_t *source)
{
	for (struct msglist *l = e->lists; l; l = l->next) {
		for (*source = 0; *source < l->nsources; ++*source)
			if (l->sources[*source].id == id)
				return l;
		if (l->id == id)
			return l;
	}
	return NULL;
}

/* --- reading --- */

static bool is_read_only(const struct msglist *l, uint32_t number)
{
	size_t source;
	uint32_t uid;

	return l->protect || !msglist_source_of(l, number, &source, &uid) ||
	       l->sources[source].read_only;
}

unsigned engine_read(
	struct engine *e, struct msglist *l, uint32_t uid, const struct read_options *opt)
{
	struct store_request *r = engine_ask_one(e, REQUEST_READ, l, uid);
	unsigned id;

	r->read = (struct request_read){.width = opt->width,
		.all_headers = opt->all_headers,
		.other_version = opt->other_version,
		.hide_quotes = opt->hide_quotes,
		.no_headers = opt->no_headers,
		.raw_headers = opt->raw_headers,
		.source = opt->source,
		.charset = opt->charset ? mem_strdup(opt->charset) : NULL};
	id = engine_post(e, r);
	if (opt->mark_read && !is_read_only(l, uid) && !e->options.read_only) {
		ptrdiff_t at = columns_find(&l->columns, uid);

		if (at >= 0 && !(l->columns.flags[at] & MAIL_SEEN))
			engine_change_marks(e, l, &uid, 1, 0, MAIL_SEEN, true);
	}
	return id;
}

unsigned engine_save_part(
	struct engine *e, struct msglist *l, uint32_t uid, const char *section, const char *path)
{
	struct store_request *r = engine_ask_one(e, REQUEST_SAVE_PART, l, uid);

	r->save.section = mem_strdup(section);
	r->save.path = mem_strdup(path);
	return engine_post(e, r);
}

unsigned engine_save_message(struct engine *e, struct msglist *l, uint32_t uid, const char *path)
{
	struct store_request *r = engine_ask_one(e, REQUEST_SAVE_RAW, l, uid);

	r->save.path = mem_strdup(path);
	return engine_post(e, r);
}

unsigned engine_view_part(struct engine *e, struct msglist *l, uint32_t uid, const char *section,
	enum viewed_way way, int width, bool warned)
{
	struct store_request *r = engine_ask_one(e, REQUEST_VIEW, l, uid);

	r->part = (struct request_part){mem_strdup(section), way, width, warned};
	return engine_post(e, r);
}

unsigned engine_lend_part(struct engine *e, struct msglist *l, uint32_t uid, const char *section)
{
	return engine_save_part(e, l, uid, section, NULL);
}

static void fill_nothing(struct store_request *r, struct asked *a, const void *what)
{
	(void)r;
	(void)a;
	(void)what;
}

unsigned engine_lend_messages(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n)
{
	if (engine_sources_of(l, uids, n) > 1)
		return engine_refuse(e, REQUEST_SAVE_RAW, l,
			_("These are messages of several folders: take those of each by "
			  "themselves"));
	return engine_ask_each(e, REQUEST_SAVE_RAW, l, uids, n, fill_nothing, NULL);
}

unsigned engine_lend_text(struct engine *e, const char *name, const char *text)
{
	struct store_request *r = engine_request_of(engine_ask(e, REQUEST_LEND, NULL, -1));

	r->lend.name = mem_strdup(name);
	r->lend.text = mem_strdup(text);
	return engine_post(e, r);
}

void engine_lent_back(struct engine *e, const char *path)
{
	struct store_request *r = store_request_new(REQUEST_LENT_BACK);

	r->save.path = mem_strdup(path);
	store_post(e->store, r);
}

/* --- finding --- */

int engine_query_check(const char *query, struct err *err)
{
	struct query *q;

	if (query_parse(&q, query, clock_now(), err) != 0)
		return -1;
	query_free(q);
	return 0;
}

int engine_query_words(const char *query, struct str *out, struct err *err)
{
	struct query *q;

	if (query_parse(&q, query, clock_now(), err) != 0)
		return -1;
	query_words(q, out);
	query_free(q);
	return 0;
}

static const char *taken_by(const struct query_row *row)
{
	return row->takes == TAKES_SIZE    ? _("SIZE")
	       : row->takes == TAKES_DATE  ? _("DATE")
	       : row->takes == TAKES_COUNT ? _("NUMBER")
	       : row->takes == TAKES_QUERY ? _("PATTERN")
	       : row->takes == TAKES_WORD  ? _("WORD")
					   : "";
}

/* The i-th that is in the manual. */
static const struct query_row *told_row(size_t i, bool missing)
{
	size_t n;
	const struct query_row *rows = query_rows(&n);

	for (size_t k = 0; k < n; k++)
		if ((rows[k].takes == TAKES_NO_QUERY) == missing && (!missing || rows[k].note) &&
			i-- == 0)
			return &rows[k];
	return NULL;
}

bool engine_query_help(size_t i, bool missing, struct str *pattern, struct str *help)
{
	const struct query_row *row = told_row(i, missing);
	const char *taken = row ? taken_by(row) : "";

	if (!row)
		return false;
	if (row->name && row->takes == TAKES_NOTHING)
		str_addf(pattern, "is:%s", row->name);
	else if (row->name)
		str_addf(pattern, "%s:%s", row->name, taken);
	if (row->takes == TAKES_QUERY)
		str_addf(pattern, "~%s(%s)", row->letter == '(' ? "" : (char[]){row->letter, 0},
			taken);
	else if (row->letter)
		str_addf(pattern, "%s~%c%s%s", row->name ? ", " : "", row->letter,
			*taken ? " " : "", taken);
	query_row_help(row, help);
	return true;
}

struct searched {
	struct engine *engine;
	const char *query;
};

static void fill_search(struct store_request *r, struct asked *a, const void *what)
{
	const struct searched *s = what;

	a->text = mem_strdup(s->query);
	engine_query_set(s->engine, r, s->query, a->list, a->source);
}

static void fill_limit(struct store_request *r, struct asked *a, const void *what)
{
	a->limit = true;
	fill_search(r, a, what);
}

unsigned engine_search(struct engine *e, struct msglist *l, const char *query)
{
	return engine_ask_each(
		e, REQUEST_SEARCH, l, NULL, 0, fill_search, &(struct searched){e, query});
}

unsigned engine_limit(struct engine *e, struct msglist *l, const char *query)
{
	if (!*query || strcmp(query, "all") == 0)
		query = "~A";
	/* The answer of the one before would come after it was said what is wanted now. */
	if (l->limiting)
		engine_cancel(e, l->limiting);
	l->limiting = engine_ask_each(
		e, REQUEST_SEARCH, l, NULL, 0, fill_limit, &(struct searched){e, query});
	return l->limiting;
}

unsigned engine_limit_try(struct engine *e, struct msglist *l, const char *query)
{
	msglist_hold_limit(l);
	return engine_limit(e, l, query);
}

void engine_limit_end(struct engine *e, struct msglist *l, bool back)
{
	if (!l->held)
		return;
	if (l->limiting)
		engine_cancel(e, l->limiting);
	l->limiting = 0;
	msglist_let_go_limit(l, back);
}

bool engine_query_is_quick(const char *query)
{
	struct query *q;
	bool quick;

	if (query_parse(&q, query, clock_now(), NULL) != 0)
		return false;
	quick = query_cost(q) != QUERY_TEXTS;
	query_free(q);
	return quick;
}

/* --- the network --- */

unsigned engine_sync(struct engine *e, int account)
{
	return engine_ask_one_or_all(e, REQUEST_SYNC, account);
}

unsigned engine_reindex(struct engine *e, int account)
{
	return engine_ask_one_or_all(e, REQUEST_REINDEX, account);
}

/* Of those that nobody hears of. */
static struct store_request *about_account(size_t account, enum request_kind kind)
{
	struct store_request *r = store_request_new(kind);

	r->account = (int)account;
	return r;
}

void engine_retry(struct engine *e)
{
	for (size_t i = 0; i < e->naccounts; i++)
		store_post(e->store, about_account(i, REQUEST_RETRY));
}

void engine_set_offline(struct engine *e, bool offline)
{
	e->options.offline = offline;
	for (size_t i = 0; i < e->naccounts; i++) {
		struct store_request *r = about_account(i, REQUEST_ONLINE);

		r->online.on = !offline;
		store_post(e->store, r);
	}
}

static unsigned about_protocol(
	struct engine *e, enum request_kind kind, size_t account, enum protocol to)
{
	struct asked *a = engine_ask(e, kind, NULL, (int)account);
	struct store_request *r = engine_request_of(a);

	a->protocol = to;
	r->protocol.to = to;
	return engine_post(e, r);
}

unsigned engine_protocol_preview(struct engine *e, size_t account, enum protocol to)
{
	return about_protocol(e, REQUEST_PREVIEW, account, to);
}

unsigned engine_protocol(struct engine *e, size_t account, enum protocol to)
{
	return about_protocol(e, REQUEST_PROTOCOL, account, to);
}

unsigned engine_check(struct engine *e, size_t account)
{
	return engine_post(e, engine_request_of(engine_ask(e, REQUEST_CHECK, NULL, (int)account)));
}

void engine_password(struct engine *e, size_t account, const char *password)
{
	struct store_request *r = about_account(account, REQUEST_PASSWORD);

	r->password.secret = mem_strdup(password);
	store_post(e->store, r);
}

/* --- events --- */

struct event *engine_next(struct engine *e)
{
	struct queue_item *item;

	if (e->held) {
		struct event *ev = e->held;

		e->held = NULL;
		return ev;
	}
	while ((item = queue_pop(store_events(e->store)))) {
		struct event *ev = translate(e, (struct store_event *)item);

		if (ev)
			return ev;
	}
	return NULL;
}
