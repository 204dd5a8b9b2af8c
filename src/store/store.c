#include "store/store.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "store/store_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
	TICK_MS = 1000,
	NAP_MS = 5000,
	DISK_NOTICE_MS = 600000,
	TELL_MS = 200,
	POLL_AGAIN_NS = 50000000
};

struct store_request *store_request_new(enum request_kind kind)
{
	struct store_request *r = mem_alloc(sizeof(*r));

	r->kind = kind;
	r->account = -1;
	return r;
}

void store_account_free(struct store_account *a)
{
	if (!a)
		return;
	sync_account_done(&a->sync);
	free(a->data_dir);
	free(a->cache_dir);
	free(a->from);
	strv_done(&a->own);
	for (size_t i = 0; i < MEM_COUNT(a->role_names); i++)
		free(a->role_names[i]);
	free(a->signature);
	free(a);
}

void store_request_free(struct store_request *r)
{
	if (!r)
		return;
	free(r->folder);
	mem_free_secret(r->text);
	free(r->section);
	free(r->id);
	free(r->uids);
	if (r->draft)
		draft_done(r->draft);
	free(r->draft);
	store_account_free(r->setup);
	free(r);
}

static void request_free_item(struct queue_item *item)
{
	store_request_free((struct store_request *)item);
}

void store_view_free(struct store_view *v)
{
	if (!v)
		return;
	text_free(v->text);
	part_done(&v->parts);
	envelope_done(&v->envelope);
	free(v);
}

void store_event_free(struct store_event *ev)
{
	if (!ev)
		return;
	free(ev->text);
	free(ev->folder);
	free(ev->uids);
	free(ev->ranks);
	if (ev->sorted)
		ev->free_sorted(ev->sorted);
	columns_done(&ev->columns);
	strv_done(&ev->keysets);
	for (size_t i = 0; i < ev->nrows; i++)
		summary_free(ev->rows[i]);
	free(ev->rows);
	for (size_t i = 0; i < ev->nfolders; i++)
		free(ev->folders[i].name);
	free(ev->folders);
	store_view_free(ev->view);
	draft_infos_free(ev->drafts, ev->ndrafts);
	for (size_t i = 0; i < ev->nmails; i++)
		outbox_mail_done(&ev->mails[i]);
	free(ev->mails);
	for (size_t i = 0; i < ev->nops; i++)
		op_free(ev->ops[i]);
	free(ev->ops);
	str_done(&ev->bytes);
	free(ev);
}

void store_event_free_item(struct queue_item *item)
{
	store_event_free((struct store_event *)item);
}

struct store_event *store_event_new(enum store_event_kind kind)
{
	struct store_event *ev = mem_alloc(sizeof(*ev));

	ev->kind = kind;
	ev->account = -1;
	return ev;
}

static void tell_pending(struct store *s)
{
	for (size_t i = 0; i < s->naccounts; i++)
		account_tell_pending(s->accounts[i]);
}

/* After these somebody may look at what waits. */
static bool is_an_end(enum store_event_kind kind)
{
	return kind == STORE_DONE || kind == STORE_FAILED || kind == STORE_SENT ||
	       kind == STORE_SEND_FAILED || kind == STORE_NOTICE;
}

void store_emit(struct store *s, struct store_event *ev)
{
	if (is_an_end(ev->kind))
		tell_pending(s);
	queue_push(s->events, &ev->item);
}

void store_done(struct store *s, const struct store_request *r, const char *text)
{
	struct store_event *ev = store_event_new(STORE_DONE);

	ev->request = r->request;
	ev->account = r->account;
	ev->list = r->list;
	ev->text = mem_strdup(text);
	store_emit(s, ev);
}

void store_failed(struct store *s, unsigned request, const struct err *err)
{
	struct store_event *ev = store_event_new(STORE_FAILED);

	ev->request = request;
	ev->err = *err;
	store_emit(s, ev);
}

static void notice(struct account *a, const char *fmt, va_list ap)
{
	struct store_event *ev = store_event_new(STORE_NOTICE);
	struct str text = STR_INIT;

	str_addv(&text, fmt, ap);
	ev->account = a->index;
	ev->text = utf8_clean_line(str_c(&text), text.len);
	str_done(&text);
	store_emit(a->store, ev);
}

void store_notice(struct account *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	notice(a, fmt, ap);
	va_end(ap);
}

void store_disk_notice(struct account *a, const char *fmt, ...)
{
	int64_t now = clock_ms();
	va_list ap;

	if (now < a->next_disk_notice)
		return;
	a->next_disk_notice = now + DISK_NOTICE_MS;
	va_start(ap, fmt);
	notice(a, fmt, ap);
	va_end(ap);
}

struct account *store_account_at(struct store *s, int index)
{
	return index >= 0 && (size_t)index < s->naccounts ? s->accounts[index] : NULL;
}

struct account *store_account(struct store *s, int index, struct err *err)
{
	struct account *a = store_account_at(s, index);

	if (a && a->kind == ACCOUNT_OPENED)
		return a;
	if (a && a->kind == ACCOUNT_FAILED)
		*err = a->trouble;
	else
		err_set(err, ERR_INPUT, _("There is no such account"));
	return NULL;
}

struct list *store_list(struct store *s, unsigned id)
{
	struct list *l = s->lists;

	while (l && l->id != id)
		l = l->next;
	return l;
}

int store_may_change(struct store *s, struct err *err)
{
	return s->read_only
		       ? err_set(err, ERR_INPUT, _("Talaria runs read-only: nothing is changed"))
		       : 0;
}

int store_may_write(const struct store *s, const char *path, struct err *err)
{
	for (size_t i = 0; i < s->naccounts; i++) {
		const struct account *a = s->accounts[i];

		if (a->setup && file_inside(path, a->setup->data_dir))
			return err_set(err, ERR_INPUT,
				_("%s is where Talaria keeps the mail itself; choose another "
				  "place"),
				path);
	}
	return 0;
}

/* --- open and close --- */

/* talaria -f DIR: an account of its own with one local folder, keyed by the path. */
static struct account *path_account(struct store *s)
{
	struct account *a = mem_alloc(sizeof(*a));

	a->store = s;
	a->index = -1;
	a->lock_fd = -1;
	a->kind = ACCOUNT_PATH;
	s->accounts =
		mem_grow(s->accounts, &s->cap_accounts, s->naccounts + 1, sizeof(*s->accounts));
	s->accounts[s->naccounts++] = a;
	return a;
}

static struct folder *folder_for_request(
	struct store *s, const struct store_request *r, struct err *err)
{
	struct account *a;
	struct folder *f;

	if (r->account < 0) {
		f = folder_new(path_account(s), r->folder, true);
		f->dir = mem_strdup(r->folder);
		f->role = ROLE_INBOX;
		return f;
	}
	a = store_account(s, r->account, err);
	if (!a)
		return NULL;
	f = folder_by_ui_name(a, r->folder);
	if (!f)
		err_set(err, ERR_GONE, _("There is no folder %s in account %s"), r->folder,
			a->setup->sync.name);
	return f;
}

static void open_list(struct store *s, struct store_request *r)
{
	struct err err = {0};
	struct folder *f = folder_for_request(s, r, &err);
	struct list *l;

	if (!f || folder_use(f, &err) != 0) {
		store_failed(s, r->request, &err);
		return;
	}
	l = mem_alloc(sizeof(*l));
	l->id = r->list;
	l->folder = f;
	l->next = s->lists;
	s->lists = l;
	folder_send_list(f, l);
	store_done(s, r, NULL);
	if (!f->local)
		folder_ask_sync(f, 0);
}

void store_close_list(struct store *s, unsigned id)
{
	for (struct list **p = &s->lists; *p; p = &(*p)->next)
		if ((*p)->id == id) {
			struct list *l = *p;

			*p = l->next;
			folder_unuse(l->folder);
			if (!l->folder->local && !folder_is_shown(l->folder))
				account_watch(l->folder->account);
			search_forget_order(l);
			free(l);
			return;
		}
}

static void send_rows(struct store *s, const struct store_request *r)
{
	struct list *l = store_list(s, r->list);
	struct store_event *ev;

	if (!l)
		return;
	ev = store_event_new(STORE_ROWS);
	ev->list = l->id;
	ev->rows = mem_array(r->n, sizeof(*ev->rows));
	for (size_t i = 0; i < r->n; i++) {
		struct summary row;

		if (cache_get(l->folder->cache, r->uids[i], &row) == 0)
			ev->rows[ev->nrows++] = summary_copy(&row);
	}
	store_emit(s, ev);
}

static void pass_password(struct account *a, struct store_request *r)
{
	/* Every lane that waits for a password, or was refused with an old one, gets it. */
	for (int i = 0; i < LANES; i++) {
		struct job *j = job_new(JOB_PASSWORD);

		j->text = mem_strdup(r->text);
		account_post(a, (enum lane)i, j);
	}
	/* The session that wanted it is over, or will be with the next result. */
	if (r->text && a->setup->sync.use_pop3) {
		a->next_pop3 = 0;
		a->pop3_again = a->session.running;
		account_tick(a, clock_ms());
	}
}

static void retry(struct account *a)
{
	a->next_lock_try = a->next_pop3 = 0;
	for (int i = 0; i < LANES; i++)
		account_post(a, (enum lane)i, job_new(JOB_RETRY));
	account_tick(a, clock_ms());
	submit_flush(a);
}

/* True when the request was kept or its answer is sent by someone else. */
static bool account_request(struct store *s, struct store_request *r)
{
	struct err err = {0};
	struct account *a = store_account(s, r->account, &err);

	if (!a) {
		store_failed(s, r->request, &err);
		return false;
	}
	switch (r->kind) {
	case REQUEST_ONLINE:
		account_online(a, r->n != 0);
		break;
	case REQUEST_RETRY:
		retry(a);
		break;
	case REQUEST_PASSWORD:
		pass_password(a, r);
		break;
	case REQUEST_PROTOCOL:
		account_protocol(a, r);
		break;
	case REQUEST_PREVIEW:
		account_preview(a, r);
		break;
	case REQUEST_SYNC:
		account_sync_all(a, r->request);
		break;
	case REQUEST_CHECK:
		account_check(a, r->request);
		break;
	default:
		compose_request(s, r);
		return true;
	}
	return false;
}

/* --- long work in slices --- */

void store_work(struct store *s, struct work *w)
{
	struct work **p = &s->work;

	while (*p)
		p = &(*p)->next;
	w->next = NULL;
	*p = w;
}

void store_progress(struct store *s, struct work *w, size_t done, size_t total)
{
	int64_t now = clock_ms();
	struct store_event *ev;

	if (now - w->told < TELL_MS)
		return;
	w->told = now;
	ev = store_event_new(STORE_PROGRESS);
	ev->request = w->request;
	ev->done = done;
	ev->total = total;
	store_emit(s, ev);
}

static struct work **ready_work(struct store *s)
{
	struct work **p = &s->work;

	while (*p && (*p)->waits)
		p = &(*p)->next;
	return p;
}

/* One slice; they take turns. */
static void work_slice(struct store *s)
{
	struct work **p = ready_work(s), *w = *p;

	if (!w)
		return;
	*p = w->next;
	if (!w->step(s, w))
		store_work(s, w);
}

static void cancel_work(struct store *s, unsigned request)
{
	for (struct work **p = &s->work; request && *p; p = &(*p)->next)
		if ((*p)->request == request) {
			struct work *w = *p;
			struct err err = {0};

			*p = w->next;
			err_set(&err, ERR_CANCELLED, _("Cancelled"));
			w->drop(s, w, &err);
			return;
		}
}

static void drop_work(struct store *s)
{
	while (s->work) {
		struct work *w = s->work;

		s->work = w->next;
		w->drop(s, w, &(struct err){ERR_CANCELLED, ""});
	}
}

bool store_is_stale(struct store *s, const struct store_request *r, struct err *err)
{
	const struct list *l = r->numbering ? store_list(s, r->list) : NULL;

	if (!l || l->folder->numbering == r->numbering)
		return false;
	err_set(err, ERR_GONE,
		_("The folder was switched or numbered anew meanwhile; nothing was done"));
	return true;
}

static void handle(struct store *s, struct store_request *r)
{
	bool kept = false;
	struct err err = {0};

	if (store_is_stale(s, r, &err)) {
		store_failed(s, r->request, &err);
		store_request_free(r);
		return;
	}
	switch (r->kind) {
	case REQUEST_ACCOUNT:
		account_add(s, r);
		break;
	case REQUEST_OPEN:
		open_list(s, r);
		break;
	case REQUEST_CLOSE:
		store_close_list(s, r->list);
		break;
	case REQUEST_RELIST:
		if (store_list(s, r->list))
			folder_send_list(store_list(s, r->list)->folder, store_list(s, r->list));
		break;
	case REQUEST_ORDER:
		search_order(s, r);
		break;
	case REQUEST_ROWS:
		send_rows(s, r);
		break;
	case REQUEST_READ:
	case REQUEST_SAVE_PART:
	case REQUEST_SAVE_RAW:
		read_request(s, r);
		kept = true;
		break;
	case REQUEST_FLAG:
	case REQUEST_KEYWORDS:
	case REQUEST_MOVE:
	case REQUEST_COPY:
	case REQUEST_DELETE:
	case REQUEST_ARCHIVE:
	case REQUEST_CREATE:
	case REQUEST_UNDO:
	case REQUEST_CANCEL_OP:
	case REQUEST_FORGET_REFUSED:
		change_request(s, r);
		break;
	case REQUEST_DELETE_FOLDER:
	case REQUEST_RENAME_FOLDER:
		folder_reshape(s, r);
		break;
	case REQUEST_WHOLE:
		session_whole(s, r);
		break;
	case REQUEST_SEARCH:
		search_request(s, r);
		break;
	case REQUEST_EXPORT:
	case REQUEST_IMPORT:
		transfer_request(s, r);
		kept = true;
		break;
	case REQUEST_BACKUP:
		backup_request(s, r);
		kept = true;
		break;
	case REQUEST_CANCEL:
		read_cancel(s, (unsigned)r->n);
		rendering_cancel(s, (unsigned)r->n);
		session_cancel(s, (unsigned)r->n);
		cancel_work(s, (unsigned)r->n);
		break;
	case REQUEST_QUIT:
		s->quit = true;
		break;
	default:
		kept = account_request(s, r);
		break;
	}
	if (!kept)
		store_request_free(r);
}

static void tick(struct store *s)
{
	int64_t now = clock_ms();

	if (now < s->next_tick)
		return;
	s->next_tick = now + TICK_MS;
	if (clock_slept(&s->nap, now, clock_boot_ms()) > NAP_MS)
		for (size_t i = 0; i < s->naccounts; i++)
			account_awake(s->accounts[i]);
	for (size_t i = 0; i < s->naccounts; i++)
		account_tick(s->accounts[i], now);
}

/* Until something comes, at most until the next tick. A failure of poll must end nothing: the
 * queues are looked at all the same, some times a second. */
static void wait_for_work(struct store *s)
{
	struct pollfd p[] = {{queue_fd(s->requests), POLLIN, 0}, {queue_fd(s->results), POLLIN, 0},
		{compactor_fd(s->compactor), POLLIN, 0}, {queue_fd(s->rendered), POLLIN, 0}};
	int left = (int)(s->next_tick - clock_ms());

	if (poll(p, MEM_COUNT(p), left < 0 ? 0 : left) >= 0 || errno == EINTR)
		return;
	log_line(1, "the disk thread cannot wait: %s", strerror(errno));
	nanosleep(&(struct timespec){.tv_nsec = POLL_AGAIN_NS}, NULL);
}

static void *disk_main(void *arg)
{
	struct store *s = arg;

	while (!s->quit) {
		struct compacted *compacted;
		struct store_request *r;
		struct queue_item *item;

		/* While there is something to do, the queues alone say what comes. */
		if (!*ready_work(s) && !queue_len(s->results))
			wait_for_work(s);
		/* What the user asks for goes ahead of what servers send. */
		while (!s->quit && (r = (struct store_request *)queue_pop(s->requests)))
			handle(s, r);
		if (!s->quit && (item = queue_pop(s->results)))
			arrive(s, (struct result *)item);
		if (!s->quit)
			rendering_take(s);
		for (size_t i = 0; !s->quit && i < s->naccounts; i++)
			session_step(s->accounts[i]);
		if (!s->quit)
			work_slice(s);
		while (!s->quit && (compacted = compactor_take(s->compactor, 0)))
			folder_compacted(s, compacted);
		tick(s);
		for (size_t i = 0; !s->quit && i < s->naccounts; i++)
			waiting_settle(s->accounts[i]);
		tell_pending(s);
	}
	return NULL;
}

/* --- the UI thread's side --- */

struct store *store_new(const struct sync_ops *sync, bool read_only)
{
	struct store *s = mem_alloc(sizeof(*s));

	s->ops = *sync;
	s->read_only = read_only;
	s->requests = queue_new();
	s->results = queue_new();
	s->events = queue_new();
	s->compactor = compactor_new();
	rendering_start(s);
	if (thread_start(&s->thread, 0, disk_main, s) != 0)
		abort(); /* no thread at start: nothing could work */
	return s;
}

void store_free(struct store *s, int wait_ms)
{
	int64_t end = clock_ms() + wait_ms;

	if (!s)
		return;
	store_post(s, store_request_new(REQUEST_QUIT));
	if (!thread_join(s->thread, end)) {
		log_line(1, "the disk thread did not end in %d ms", wait_ms);
		return; /* it still uses all this; the process ends now anyway */
	}
	for (size_t i = 0; i < s->naccounts; i++)
		account_cancel(s->accounts[i]);
	while (s->lists) {
		struct list *l = s->lists;

		s->lists = l->next;
		folder_unuse(l->folder);
		search_forget_order(l);
		free(l);
	}
	undo_forget_all(s);
	drop_work(s);
	rendering_end(s, end);
	read_drop_parked(s, NULL, &(struct err){ERR_CANCELLED, ""});
	for (size_t i = 0; i < s->naccounts; i++) {
		int64_t left = end - clock_ms();

		account_free(s->accounts[i], left < 50 ? 50 : (int)left);
	}
	free(s->accounts);
	compactor_free(s->compactor, end > clock_ms() ? (int)(end - clock_ms()) : 0);
	queue_free(s->requests, request_free_item);
	if (!s->results_in_use)
		queue_free(s->results, result_free_item);
	queue_free(s->events, store_event_free_item);
	free(s);
}

struct queue *store_events(struct store *s)
{
	return s->events;
}

void store_post(struct store *s, struct store_request *r)
{
	queue_push(s->requests, &r->item);
}
