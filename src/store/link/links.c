/* The connections of an account: who may have them, starting and ending them, and those that only
 * look. */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/link/link.h"
#include "store/link/link_priv.h"
#include "store/mail/account.h"
#include "store/mail/folder_reshape.h"
#include "store/mail/folder_table.h"
#include "store/mail/follow.h"
#include "store/mail/lanes.h"
#include "store/mail/read.h"
#include "store/mail/search_server.h"
#include "store/mail/remote.h"
#include "store/mail/submit.h"

#include <stdlib.h>
#include <unistd.h>

enum {
	LOCK_RETRY_MS = 2000,
	BREAKS_IN_ALL = 10, /* connections that end without any folder being through */
};

struct links {
	bool wanted; /* a person wants connections */
	int lock_fd; /* sync.lock, -1: not held */
	int64_t next_try;
	unsigned generation, generation_counter; /* results of another one are void */
	unsigned breaks;       /* connections that ended since the last folder was through */
	struct sync *checker;  /* connections that only look, or NULL */
	struct queue *looking; /* borrowed from it: its jobs */
	unsigned check_generation;
	struct store_request **checks; /* owned; all REQUEST_CHECKs that get its answer */
	size_t nchecks, cap_checks;
};

struct links *links_new(void)
{
	struct links *l = mem_alloc(sizeof(*l));

	l->lock_fd = -1;
	return l;
}

void links_end(struct account *a, int wait_ms)
{
	struct links *l;

	if (!a->link)
		return;
	l = a->link->links;
	if (l->checker && !a->store->ops.stop(l->checker, wait_ms))
		a->store->results_in_use = true;
	if (lanes_are_open(a))
		folder_save_table(a);
	lanes_close(a, wait_ms);
	links_unlock(a);
	for (size_t i = 0; i < l->nchecks; i++)
		answer_failed(a->store, l->checks[i], &(struct err){.kind = ERR_CANCELLED});
	l->checker = NULL;
	l->nchecks = 0;
}

void links_free(struct links *l)
{
	free(l->checks);
	free(l);
}

enum links_which links_which(const struct account *a, const struct result *r)
{
	if (lanes_are_open(a) && r->generation == a->link->links->generation)
		return LINKS_OWN;
	return a->link && a->link->links->checker &&
			       r->generation == a->link->links->check_generation
		       ? LINKS_LOOKING
		       : LINKS_NONE;
}

bool links_are_wanted(const struct account *a)
{
	return a->link->links->wanted;
}

void links_tick(struct account *a, int64_t now)
{
	if (a->link->links->wanted && !lanes_are_open(a) && now >= a->link->links->next_try)
		links_start(a);
}

void links_heard(struct account *a, const struct result *r)
{
	a->link->links->breaks +=
		r->state.state == SYNC_OFFLINE && r->err.kind != ERR_NONE && !r->state.cut;
	lanes_heard(a, r);
}

void links_carry(struct account *a)
{
	a->link->links->breaks = 0;
}

bool links_keep_breaking(const struct account *a)
{
	return a->link->links->breaks > BREAKS_IN_ALL;
}

void links_unlock(struct account *a)
{
	if (a->link->links->lock_fd >= 0)
		close(a->link->links->lock_fd);
	a->link->links->lock_fd = -1;
}

bool links_lock(struct account *a, struct err *err)
{
	char *path;

	if (a->link->links->lock_fd >= 0)
		return true;
	path = file_join(a->setup->data_dir, "sync.lock");
	a->link->links->lock_fd = file_lock(path, 0, err);
	free(path);
	return a->link->links->lock_fd >= 0;
}

/* Another running copy synchronises, and this one follows what it writes; or nobody can. */
static void follow(struct account *a, const struct err *why)
{
	bool following = why->kind == ERR_BUSY, told = a->trouble.kind != ERR_NONE;

	if (following == lanes_are_elsewhere(a) && told == !following)
		return;
	lanes_set_elsewhere(a, following);
	a->trouble = following ? (struct err){0} : *why;
	lanes_tell(a);
	if (!following)
		store_notice(a, _("Account %s cannot be synchronised: %s"),
			a->setup->settings->name, why->text);
}

void links_start(struct account *a)
{
	struct err err = {0};

	if (lanes_are_open(a) || a->kind != ACCOUNT_OPENED ||
		(a->store->read_only && remote_takes_mail(a)))
		return;
	a->link->links->next_try = clock_ms() + LOCK_RETRY_MS;
	if (!links_lock(a, &err)) {
		follow(a, &err);
		return;
	}
	lanes_set_elsewhere(a, false);
	a->trouble = (struct err){0};
	follow_reset(a);
	/* Only now is it sure that no other copy is sending: what it left behind in mid-air is
	 * unconfirmed. */
	if ((!a->store->read_only && outbox_recover(a->outbox, &err) != 0) ||
		journal_refresh(a->journal, &err) < 0)
		store_disk_notice(a, "%s", err.text);
	account_outbox(a);
	a->link->links->generation = ++a->link->links->generation_counter;
	lanes_open(a, &(struct sync_account){a->setup->settings, a->setup->check_seconds, false},
		a->link->links->generation);
	if (a->remote->start)
		a->remote->start(a);
	lanes_tell(a);
	if (!a->store->read_only)
		submit_finish(a);
}

void account_cancel(struct account *a)
{
	if (a->link && a->link->links->checker)
		a->store->ops.cancel(a->link->links->checker);
	lanes_cancel(a);
}

void links_stop(struct account *a, int wait_ms)
{
	struct err err = {0};

	if (lanes_are_open(a)) {
		folder_save_table(a); /* the counts as they are now */
		account_cancel(a);
	}
	lanes_close(a, wait_ms);
	a->link->links->generation = 0;
	submit_stop(a);
	links_unlock(a);
	lanes_set_elsewhere(a, false);
	err_set(&err, ERR_NETWORK, _("Account %s is offline"),
		a->kind == ACCOUNT_OPENED ? a->setup->settings->name : "");
	if (a->remote->stop)
		a->remote->stop(a, &err);
	read_drop_parked(a->store, a, &err);
	server_search_stop(a->store, a, &err);
	folder_reshape_forget(a, &err);
	syncall_drop(a, &err);
}

void account_online(struct account *a, bool online)
{
	a->link->links->wanted = online;
	if (online) {
		links_start(a);
		return;
	}
	links_stop(a, 500);
	lanes_tell(a);
}

/* Looking is allowed beside another running copy, so these connections only answer REQUEST_CHECK.
 * Who asks while they look gets the same answer. */
int account_check(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct links *l = a->link->links;
	struct queue *lanes[LANES];
	struct sync_account look = {.settings = a->setup->settings, .look_only = true};

	(void)said;
	(void)err;
	l->checks = mem_grow(l->checks, &l->cap_checks, l->nchecks + 1, sizeof(*l->checks));
	l->checks[l->nchecks++] = r;
	if (l->checker)
		return REQUEST_TAKEN;
	l->check_generation = ++l->generation_counter;
	l->checker =
		a->store->ops.start(&look, a->index, l->check_generation, a->store->results, lanes);
	l->looking = lanes[LANE_FETCH];
	queue_push(l->looking, &job_new(JOB_CHECK)->item);
	return REQUEST_TAKEN;
}

static struct job *password_job(const char *secret)
{
	struct job *j = job_new(JOB_PASSWORD);

	j->password.secret = mem_strdup(secret);
	return j;
}

void links_password(struct account *a, const char *secret)
{
	for (int i = 0; i < LANES; i++)
		lanes_post(a, (enum lane)i, password_job(secret));
	if (a->link->links->checker)
		queue_push(a->link->links->looking, &password_job(secret)->item);
}

static void end_checker(struct account *a)
{
	struct links *l = a->link->links;

	a->store->ops.cancel(l->checker);
	if (!a->store->ops.stop(l->checker, 200))
		a->store->results_in_use = true;
	l->checker = NULL;
}

void account_checked(struct account *a, struct result *r)
{
	struct links *l = a->link->links;

	for (size_t i = 0; i < l->nchecks; i++) {
		struct store_event *ev = store_event_new(STORE_CHECKED);

		ev->checked.err = r->err;
		str_add(&ev->checked.text, str_c(&r->checked.text), r->checked.text.len);
		answer_with(a->store, l->checks[i], ev);
	}
	l->nchecks = 0;
	end_checker(a);
}

/* The connections go on looking while somebody else waits for what they find. */
static void cancel_check(struct account *a, unsigned request)
{
	struct links *l = a->link ? a->link->links : NULL;
	struct err err;

	for (size_t i = 0; l && i < l->nchecks; i++)
		if (l->checks[i]->request == request) {
			err_set(&err, ERR_CANCELLED, _("Cancelled"));
			answer_failed(a->store, l->checks[i], &err);
			l->checks[i] = l->checks[--l->nchecks];
			if (!l->nchecks)
				end_checker(a);
			return;
		}
}

void links_cancel_check(struct store *s, unsigned request)
{
	for (size_t i = 0; i < s->naccounts; i++)
		cancel_check(s->accounts[i], request);
}

void links_at_once(struct account *a)
{
	if (!a->link)
		return;
	a->link->links->next_try = 0;
	if (a->remote && a->remote->start)
		a->remote->start(a);
}

/* The server's side of a connection may have ended long ago without a word. */
void account_awake(struct account *a)
{
	links_at_once(a);
	lanes_wake(a);
}

int account_sync_all(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	(void)said;
	a->link->links->wanted = true;
	links_start(a);
	if (!lanes_are_open(a)) {
		*err = a->trouble;
		store_may_change(a->store, err);
		if (lanes_are_elsewhere(a))
			err_set(err, ERR_BUSY,
				_("Another running copy of Talaria synchronises account %s"),
				a->setup->settings->name);
		return -1;
	}
	submit_flush(a);
	syncall_ask(a, r);
	return REQUEST_TAKEN;
}
