#include "store/store.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "store/events.h"
#include "store/link/syncall.h"
#include "store/store_priv.h"
#include "store/work.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 1000, NAP_MS = 5000, POLL_AGAIN_NS = 50000000 };

/* What was only noted: it is done where nothing is half done. */
static void look_again(struct store *s)
{
	for (size_t i = 0; !s->quit && i < s->naccounts; i++) {
		struct account *a = s->accounts[i];

		if (a->replays) {
			a->replays = false;
			replay_next(a);
		}
		if (a->settles) {
			a->settles = false;
			syncall_settle(a);
		}
	}
}

static void tell_pending(struct store *s)
{
	for (size_t i = 0; i < s->naccounts; i++)
		account_tell_pending(s->accounts[i]);
}

/* --- open and close --- */

static struct folder *folder_for_request(
	struct store *s, const struct store_request *r, struct err *err)
{
	struct account *a;
	struct folder *f;

	if (r->account < 0) {
		f = folder_new(account_path(s), r->folder, true);
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

		j->password.secret = mem_strdup(r->text);
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
		work_cancel(s, (unsigned)r->n);
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
		if (!work_is_ready(s) && !queue_len(s->results))
			wait_for_work(s);
		/* What the user asks for goes ahead of what servers send. */
		while (!s->quit && (r = (struct store_request *)queue_pop(s->requests))) {
			handle(s, r);
			look_again(s);
		}
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
		look_again(s);
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
	s->before_end = tell_pending;
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
	work_drop(s);
	rendering_end(s, end);
	read_drop_parked(s, NULL, &(struct err){ERR_CANCELLED, ""});
	for (size_t i = 0; i < s->naccounts; i++) {
		int64_t left = end - clock_ms();

		account_free(s->accounts[i], left < 50 ? 50 : (int)left);
	}
	free(s->accounts);
	compactor_free(s->compactor, end > clock_ms() ? (int)(end - clock_ms()) : 0);
	queue_free(s->requests, store_request_free_item);
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
