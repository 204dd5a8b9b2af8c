#include "store/store.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "store/accounts.h"
#include "store/disk/lent.h"
#include "store/events.h"
#include "store/handle.h"
#include "store/link/link.h"
#include "store/mail/account.h"
#include "store/mail/folder_open.h"
#include "store/mail/lists.h"
#include "store/mail/pending.h"
#include "store/mail/read.h"
#include "store/mail/remote.h"
#include "store/mail/rendering.h"
#include "store/mail/undo.h"
#include "store/mail/waiting.h"
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

		if (account_takes(a, NOTE_REPLAYS))
			remote_operate(a);
		if (account_takes(a, NOTE_SETTLES) && a->link)
			syncall_settle(a);
	}
}

static void tell_pending(struct store *s)
{
	for (size_t i = 0; i < s->naccounts; i++)
		pending_tell(s->accounts[i]);
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
			s->step = r->step;
			handle(s, r);
			s->step = 0;
			look_again(s);
		}
		if (!s->quit && (item = queue_pop(s->results)))
			arrive(s, (struct result *)item);
		if (!s->quit)
			rendering_take(s);
		for (size_t i = 0; !s->quit && i < s->naccounts; i++)
			remote_step(s->accounts[i]);
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
	s->again = handle_again;
	s->before_end = tell_pending;
	s->opened = waiting_opened;
	s->requests = queue_new();
	s->results = queue_new();
	s->events = queue_new();
	s->compactor = compactor_new();
	rendering_start(s);
	s->lent = lent_new();
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
		lists_free(l);
	}
	undo_forget_all(s);
	read_drop_parked(s, NULL, &(struct err){ERR_CANCELLED, ""});
	work_drop(s);
	rendering_end(s, end);
	lent_end(s->lent);
	for (size_t i = 0; i < s->naccounts; i++) {
		int64_t left = end - clock_ms();

		account_free(s->accounts[i], left < 50 ? 50 : (int)left);
	}
	free(s->accounts);
	answer_end(s);
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
