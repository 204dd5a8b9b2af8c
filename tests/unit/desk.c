#include "tests/unit/desk.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/store_priv.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 30000, ACCOUNTS = 8, SYNCS = 64, OPTIONS_TEXT = 200 };

char desk_dir[SCRATCH_SIZE];

/* What one start of the connections got. They all stay until the end: the test may still look into
 * the queues of one that was stopped. */
struct sync {
	struct queue *lanes[LANES];
	unsigned generation;
	bool look;
};

static struct {
	struct store *store;
	struct sync syncs[SYNCS];
	_Atomic size_t nsyncs;
	struct sync *_Atomic of[ACCOUNTS]; /* those that run */
	struct queue *_Atomic results;
	int naccounts;
	unsigned request, list;
	struct str told;
} desk;

/* --- the clocks, and the hold --- */

static _Atomic int64_t passed;
static _Atomic time_t still;
static atomic_bool held;
static sem_t standing, go_on;
static pthread_t tester;

int64_t __real_clock_ms(void);
time_t __real_clock_now(void);
int64_t __wrap_clock_ms(void);
time_t __wrap_clock_now(void);

int64_t __wrap_clock_ms(void)
{
	if (held && !pthread_equal(pthread_self(), tester)) {
		held = false;
		sem_post(&standing);
		sem_wait(&go_on);
	}
	return __real_clock_ms() + passed;
}

time_t __wrap_clock_now(void)
{
	return (still ? still : __real_clock_now()) + (time_t)(passed / 1000);
}

void desk_date(time_t now)
{
	still = now;
}

void desk_pass(int64_t ms)
{
	passed += ms;
	/* wakes the disk thread, which waits by the clock as it was */
	store_post(desk.store, store_request_new(REQUEST_RELIST));
}

void desk_hold(void)
{
	held = true;
	store_post(desk.store, store_request_new(REQUEST_RELIST));
	sem_wait(&standing);
}

void desk_let_go(void)
{
	sem_post(&go_on);
}

/* --- connections --- */

static struct sync *start(const struct sync_account *account, int index, unsigned generation,
	struct queue *results, struct queue *lanes[LANES])
{
	struct sync *s = &desk.syncs[desk.nsyncs];

	if (desk.nsyncs == SYNCS)
		abort();
	desk.nsyncs++;
	for (int i = 0; i < LANES; i++)
		lanes[i] = s->lanes[i] = queue_new();
	s->generation = generation;
	s->look = account->look_only;
	desk.results = results;
	desk.of[index] = s;
	return s;
}

static void nothing(struct sync *s)
{
	(void)s;
}

static void cancel_job(struct sync *s, enum lane lane, unsigned request)
{
	struct job *j = job_new(JOB_CANCEL);

	j->cancel.what = request;
	queue_push_front(s->lanes[lane], &j->item);
}

static bool stop(struct sync *s, int wait_ms)
{
	(void)wait_ms;
	for (int i = 0; i < ACCOUNTS; i++)
		if (desk.of[i] == s)
			desk.of[i] = NULL;
	return true;
}

static struct sync *running(int account)
{
	struct sync *s = desk.of[account];

	if (!s)
		fail_msg("account %d has no connections", account);
	return s;
}

static struct job *take(int account, enum lane lane, int timeout_ms)
{
	return (struct job *)queue_wait(running(account)->lanes[lane], timeout_ms);
}

struct job *desk_job(int account, enum lane lane, enum job_kind kind)
{
	struct job *j;

	while ((j = take(account, lane, PATIENCE_MS)) && j->kind != kind)
		job_free(j);
	if (!j)
		fail_msg("waited in vain for job %d", (int)kind);
	return j;
}

void desk_body(int account, struct job *j, const char *bytes)
{
	struct result *r = result_new(RESULT_BODY);

	r->folder = mem_strdup(j->folder);
	r->body.uid = j->body.uid;
	r->uidvalidity = DESK_UIDVALIDITY;
	r->body.piece = mem_strdup("eml");
	str_adds(&r->body.bytes, bytes);
	desk_give(account, r);
	r = result_new(RESULT_BODY_DONE);
	r->request = j->request;
	r->folder = mem_strdup(j->folder);
	r->body_done.uid = j->body.uid;
	job_free(j);
	desk_give(account, r);
}

bool desk_has_job(int account, enum lane lane, enum job_kind kind)
{
	struct queue *q = running(account)->lanes[lane], *seen = queue_new();
	struct queue_item *item;
	bool has = false;

	while ((item = queue_pop(q))) {
		has |= ((struct job *)item)->kind == kind;
		queue_push(seen, item);
	}
	while ((item = queue_pop(seen)))
		queue_push(q, item);
	queue_free(seen, NULL);
	return has;
}

void desk_give(int account, struct result *r)
{
	struct sync *s = running(account);

	r->account = account;
	r->generation = s->generation;
	queue_push(desk.results, &r->item);
}

void desk_online(int account, enum lane lane)
{
	struct result *r = result_new(RESULT_STATE);

	r->lane = lane;
	r->state.state = SYNC_ONLINE;
	desk_give(account, r);
}

void desk_folders(int account, const char *const names[])
{
	struct result *r = result_new(RESULT_FOLDERS);
	struct folder_entries *all = &r->folders.all;

	while (names[all->n])
		all->n++;
	all->v = mem_array(all->n, sizeof(*all->v));
	for (size_t i = 0; i < all->n; i++) {
		const char *role = strchr(names[i], '=');
		size_t len = role ? (size_t)(role - names[i]) : strlen(names[i]);

		all->v[i] = (struct folder_entry){.name = mem_strndup(names[i], len),
			.mailbox = mem_strndup(names[i], len),
			.role = role                             ? mail_role_of(atoi(role + 1))
				: strcmp(names[i], "INBOX") == 0 ? ROLE_INBOX
								 : ROLE_NONE,
			.selectable = true};
	}
	r->folders.delimiter = '/';
	desk_give(account, r);
}

struct summary desk_row(uint32_t uid, const char *from, const char *subject)
{
	static char texts[8][OPTIONS_TEXT];
	static unsigned turn;
	char *text = texts[turn++ % 8];
	struct summary s = {.uid = uid,
		.received = 1700000000 + uid,
		.sent = 1700000000 + uid,
		.size = 100,
		.keywords = "",
		.from_name = from,
		.from_mail = "somebody@example.org",
		.to = "",
		.cc = "",
		.subject = subject ? subject : text,
		.message_id = "",
		.references = "",
		.file = ""};

	snprintf(text, OPTIONS_TEXT, "Message %u", (unsigned)uid);
	memcpy(s.identity, &uid, sizeof(uid));
	return s;
}

static struct result *about(enum result_kind kind, const char *folder, uint32_t uidvalidity)
{
	struct result *r = result_new(kind);

	r->folder = mem_strdup(folder);
	r->uidvalidity = uidvalidity;
	return r;
}

void desk_synced(int account, const char *folder, uint32_t uidnext, uint32_t exists)
{
	struct result *r = about(RESULT_SYNCED, folder, DESK_UIDVALIDITY);

	r->synced.meta = (struct cache_meta){DESK_UIDVALIDITY, uidnext, 0, exists, true};
	desk_give(account, r);
}

static void select_as(int account, const char *folder, uint32_t uidvalidity, size_t exists)
{
	struct result *r = about(RESULT_SELECTED, folder, uidvalidity);

	r->selected.meta.uidvalidity = uidvalidity;
	r->selected.meta.exists = (uint32_t)exists;
	desk_give(account, r);
}

static void give_rows(
	int account, const char *folder, uint32_t uidvalidity, const struct summary *rows, size_t n)
{
	struct result *r = about(RESULT_SUMMARIES, folder, uidvalidity);

	r->summaries.v = mem_array(n, sizeof(struct summary *));
	for (; r->summaries.n < n; r->summaries.n++)
		r->summaries.v[r->summaries.n] = summary_copy(&rows[r->summaries.n]);
	desk_give(account, r);
}

void desk_fill(int account, const char *folder, const struct summary *rows, size_t n)
{
	uint32_t last = 0;

	select_as(account, folder, DESK_UIDVALIDITY, n);
	give_rows(account, folder, DESK_UIDVALIDITY, rows, n);
	for (size_t i = 0; i < n; i++)
		last = rows[i].uid > last ? rows[i].uid : last;
	desk_synced(account, folder, last + 1, (uint32_t)n);
}

void desk_renumber(int account, const char *folder)
{
	select_as(account, folder, DESK_UIDVALIDITY + 1, 0);
}

void desk_rows_anew(int account, const char *folder, const struct summary *rows, size_t n)
{
	give_rows(account, folder, DESK_UIDVALIDITY + 1, rows, n);
}

/* --- accounts --- */

const char *desk_path(const char *fmt, ...)
{
	static char ring[8][512];
	static unsigned turn;
	char *p = ring[turn++ % 8];
	int n = snprintf(p, sizeof(ring[0]), "%s/", desk_dir);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p + n, sizeof(ring[0]) - (size_t)n, fmt, ap);
	va_end(ap);
	return p;
}

struct store_account *desk_account(const char *name, bool pop3)
{
	struct store_account *a = mem_alloc(sizeof(*a));

	a->settings = account_settings_new(name);
	draft_set(&a->settings->urls[PROTOCOL_IMAP], "imap://alice@mail.example");
	draft_set(&a->settings->urls[PROTOCOL_POP3], "pop3://alice@mail.example");
	draft_set(&a->settings->urls[PROTOCOL_SMTP], "smtp://alice@mail.example");
	draft_set(&a->settings->from, "Alice <alice@mail.example>");
	a->settings->protocol = pop3 ? PROTOCOL_POP3 : PROTOCOL_IMAP;
	a->settings->pop3_keep_days = -1;
	a->settings->save_sent = true;
	a->check_seconds = 3600;
	a->data_dir = mem_strdup(desk_path("%s/data", name));
	a->cache_dir = mem_strdup(desk_path("%s/cache", name));
	strv_add(&a->own, "alice@mail.example");
	a->cache_size = 1 << 20;
	return a;
}

size_t desk_accounts(void)
{
	return desk.store->naccounts;
}

int desk_add(struct store_account *setup, bool online)
{
	struct store_request *r = store_request_new(REQUEST_ACCOUNT);
	int account = desk.naccounts++;

	assert_true(account < ACCOUNTS);
	r->add.setup = setup;
	r->add.offline = !online;
	r->request = ++desk.request;
	store_post(desk.store, r);
	store_event_free(desk_answer(desk.request));
	if (online)
		store_event_free(desk_of_kind(STORE_STATE)); /* they have started */
	return account;
}

/* --- asking --- */

struct store_request *desk_request(enum request_kind kind, int account)
{
	struct store_request *r = store_request_new(kind);

	r->account = account;
	r->request = ++desk.request;
	return r;
}

unsigned desk_post(struct store_request *r)
{
	unsigned request = r->request;

	store_post(desk.store, r);
	return request;
}

struct store_event *desk_next(void)
{
	struct store_event *ev =
		(struct store_event *)queue_wait(store_events(desk.store), PATIENCE_MS);

	if (!ev)
		fail_msg("the disk thread says nothing");
	if (ev->kind == STORE_NOTICE)
		str_addf(&desk.told, "%s\n", ev->notice.text);
	return ev;
}

struct store_event *desk_of_kind(enum store_event_kind kind)
{
	struct store_event *ev = desk_next();

	while (ev->kind != kind) {
		store_event_free(ev);
		ev = desk_next();
	}
	return ev;
}

bool desk_is_final(const struct store_event *ev)
{
	return ev->kind == STORE_DONE || ev->kind == STORE_FAILED || ev->kind == STORE_VIEW ||
	       ev->kind == STORE_VIEWED || ev->kind == STORE_CHECKED || ev->kind == STORE_FOUND ||
	       ev->kind == STORE_DRAFTS;
}

struct store_event *desk_answer(unsigned request)
{
	struct store_event *ev = desk_next();

	while (ev->request != request || !desk_is_final(ev)) {
		store_event_free(ev);
		ev = desk_next();
	}
	return ev;
}

struct store_event *desk_ask(struct store_request *r)
{
	return desk_answer(desk_post(r));
}

void desk_done(struct store_request *r)
{
	struct store_event *ev = desk_ask(r);

	if (ev->kind == STORE_FAILED)
		fail_msg("%s", ev->failed.text);
	store_event_free(ev);
}

void desk_failed(unsigned request, const char *words)
{
	struct store_event *ev = desk_answer(request);

	if (ev->kind != STORE_FAILED)
		fail_msg("did not fail with \"%s\"", words);
	if (!strstr(ev->failed.text, words))
		fail_msg("\"%s\" instead of \"%s\"", ev->failed.text, words);
	store_event_free(ev);
}

void desk_fails(struct store_request *r, const char *words)
{
	desk_failed(desk_post(r), words);
}

/* Requests go ahead of results, so the last result is what is waited for. */
void desk_settle(void)
{
	for (int i = 0; i < desk.naccounts; i++) {
		struct result *r = desk.of[i] ? result_new(RESULT_ALERT) : NULL;
		struct store_event *ev;

		if (!r)
			continue;
		r->alert.text = mem_strdup("settled");
		desk_give(i, r);
		do
			store_event_free(ev = desk_of_kind(STORE_NOTICE));
		while (!strstr(str_c(&desk.told), "says: settled"));
		str_cut(&desk.told,
			(size_t)(strstr(desk.told.p, "The server of account") - desk.told.p));
	}
}

char *desk_told(void)
{
	return str_steal(&desk.told);
}

bool desk_was_told(const char *words)
{
	return strstr(str_c(&desk.told), words) != NULL;
}

unsigned desk_open(int account, const char *folder, struct store_event **list)
{
	return desk_open_query(account, folder, NULL, list);
}

unsigned desk_open_query(
	int account, const char *folder, const char *query, struct store_event **list)
{
	struct store_request *r = desk_request(REQUEST_OPEN, account);
	unsigned request = r->request;
	struct store_event *ev;

	r->list = ++desk.list;
	r->open.folder = mem_strdup(folder);
	r->open.query = query ? mem_strdup(query) : NULL;
	store_post(desk.store, r);
	ev = desk_next();
	while (!desk_is_final(ev) || ev->request != request) {
		if (ev->kind == STORE_LIST && ev->list == desk.list && list)
			*list = ev;
		else
			store_event_free(ev);
		ev = desk_next();
	}
	if (ev->kind == STORE_FAILED)
		fail_msg("%s", ev->failed.text);
	store_event_free(ev);
	return desk.list;
}

struct store_request *desk_on(enum request_kind kind, unsigned list, const uint32_t *uids, size_t n)
{
	struct store_request *r = desk_request(kind, -1);

	r->list = list;
	if (n)
		store_request_set_uids(r, uids, n);
	r->uid = n ? uids[0] : 0;
	return r;
}

char *desk_draft(int account, const char *to, const char *subject)
{
	struct store_request *r = desk_request(REQUEST_COMPOSE, account);
	struct store_event *ev;
	struct draft d;
	char *id;

	r->compose.kind = COMPOSE_NEW;
	ev = desk_ask(r);
	assert_int_equal(ev->kind, STORE_DRAFTS);
	id = kept(mem_strdup(ev->drafts.v[0].id));
	draft_copy(&d, &ev->drafts.v[0].draft);
	store_event_free(ev);
	draft_set(&d.to, to);
	draft_set(&d.subject, subject);
	draft_set(&d.body, "Hello\n");
	r = desk_request(REQUEST_DRAFT_SAVE, account);
	r->mail.id = mem_strdup(id);
	r->mail.says = mem_alloc(sizeof(*r->mail.says));
	*r->mail.says = d;
	desk_done(r);
	return id;
}

struct store_request *desk_mail(enum request_kind kind, int account, const char *id)
{
	struct store_request *r = desk_request(kind, account);

	r->mail.id = mem_strdup(id);
	return r;
}

struct store_request *desk_send(int account, const char *id, unsigned seconds)
{
	struct store_request *r = desk_request(REQUEST_SEND, account);

	r->send.id = mem_strdup(id);
	r->send.seconds = seconds;
	return r;
}

/* --- begin and end --- */

const struct sync_ops desk_ops = {start, nothing, cancel_job, nothing, stop};

void desk_start(bool read_only)
{
	desk.store = store_new(&desk_ops, read_only);
}

void desk_stop(void)
{
	store_free(desk.store, PATIENCE_MS);
	desk.store = NULL;
	desk_forget();
}

void desk_forget(void)
{
	desk.naccounts = 0;
	for (size_t i = 0; i < desk.nsyncs; i++)
		for (int k = 0; k < LANES; k++)
			queue_free(desk.syncs[i].lanes[k], job_free_item);
	desk.nsyncs = 0;
}

int desk_setup(void **state)
{
	(void)state;
	if (!mkdtemp(scratch_memory(desk_dir, "desk")))
		return -1;
	tester = pthread_self();
	passed = 0;
	sem_init(&standing, 0, 0);
	sem_init(&go_on, 0, 0);
	desk.list = desk.request = 0;
	desk_start(false);
	return 0;
}

int desk_teardown(void **state)
{
	(void)state;
	if (desk.store)
		desk_stop();
	str_done(&desk.told);
	return file_remove_tree(desk_dir, NULL);
}
