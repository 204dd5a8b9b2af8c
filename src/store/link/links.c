/* One account on disk and its connections: opening, going online, switching the protocol, what is
 * done by the clock. */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/disk/localbox.h"
#include "store/disk/maildir.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LOCK_RETRY_MS = 2000,
	OUTBOX_LOOK_MS = 2000,
	EVICT_MS = 300000,
	SESSION_SCAN_MS = 10000,
	CLOSED_LOOK_MS = 10000
};

bool account_is_server(const struct account *a)
{
	return a->kind == ACCOUNT_OPENED && !a->setup->sync.use_pop3;
}

void account_post(struct account *a, enum lane lane, struct job *j)
{
	if (a->sync)
		queue_push(a->lanes[lane], &j->item);
	else
		job_free(j);
}

void account_post_first(struct account *a, enum lane lane, struct job *j)
{
	if (a->sync)
		queue_push_front(a->lanes[lane], &j->item);
	else
		job_free(j);
}

/* --- telling the engine --- */

void account_state(struct account *a)
{
	struct store_event *ev = store_event_new(STORE_STATE);

	ev->account = a->index;
	ev->state = a->sync ? a->state : SYNC_OFFLINE;
	ev->err = a->state_err;
	if (a->trouble.kind != ERR_NONE) {
		ev->state = SYNC_FAILED;
		ev->err = a->trouble;
	}
	ev->n = a->retry_ms;
	ev->following = a->following;
	ev->use_pop3 = a->setup->sync.use_pop3;
	store_emit(a->store, ev);
}

void account_pending(struct account *a)
{
	a->pending_changed = true;
}

void account_tell_pending(struct account *a)
{
	struct store_event *ev;

	if (!a->pending_changed)
		return;
	a->pending_changed = false;
	ev = store_event_new(STORE_PENDING);
	ev->account = a->index;
	ev->nops = journal_count(a->journal);
	ev->ops = mem_array(ev->nops, sizeof(*ev->ops));
	for (size_t i = 0; i < ev->nops; i++) {
		struct str words = STR_INIT;

		ev->ops[i] = op_brief(journal_at(a->journal, i));
		folder_op_words(a, ev->ops[i], &words);
		free(ev->ops[i]->text);
		ev->ops[i]->text = str_steal(&words);
	}
	ev->done = a->op_in_flight;
	for (size_t i = 0; i < a->refused.n; i++)
		strv_add(&ev->keysets, a->refused.v[i]);
	store_emit(a->store, ev);
}

/* A mail whose state cannot be read is shown all the same: it is not sent, and can be dropped.
 * False: it went meanwhile. */
static bool shown_mail(struct account *a, const char *id, struct outbox_mail *m)
{
	struct err err = {0};

	if (outbox_get(a->outbox, id, m, &err) == 0)
		return true;
	if (err.kind == ERR_GONE)
		return false;
	*m = (struct outbox_mail){.id = mem_strdup(id),
		.state = OUTBOX_FAILED,
		.from = mem_strdup(""),
		.subject = mem_strdup(_("(cannot be read)")),
		.message_id = mem_strdup(""),
		.error = mem_strdup(err.text)};
	return true;
}

void account_outbox(struct account *a)
{
	struct store_event *ev = store_event_new(STORE_OUTBOX);
	struct strv ids = STRV_INIT;
	struct err err = {0};

	ev->account = a->index;
	if (outbox_list(a->outbox, &ids, &err) != 0)
		store_disk_notice(a, _("The outbox cannot be read: %s"), err.text);
	ev->mails = mem_array(ids.n, sizeof(*ev->mails));
	for (size_t i = 0; i < ids.n; i++)
		ev->nmails += shown_mail(a, ids.v[i], &ev->mails[ev->nmails]);
	strv_done(&ids);
	store_emit(a->store, ev);
}

/* --- opening --- */

static int open_journal(struct account *a, struct err *err)
{
	char *appends = file_join(a->setup->data_dir, "append");
	int rc = file_make_dirs(appends, err);

	if (rc == 0)
		rc = journal_open(&a->journal, a->setup->data_dir, err);
	if (rc == 0)
		a->news = journal_news(a->journal);
	free(appends);
	return rc;
}

static int open_files(struct account *a, struct err *err)
{
	const struct store_account *setup = a->setup;
	char *mail = file_join(setup->data_dir, "mail"),
	     *bodies = file_join(setup->cache_dir, "bodies");
	int rc = file_make_dirs(setup->cache_dir, err);

	if (rc == 0)
		rc = maildir_create(mail, "INBOX", err);
	if (rc == 0)
		maildir_reshape_finish(setup->data_dir, mail);
	if (rc == 0)
		rc = maildir_move_finish(setup->data_dir, err);
	if (rc == 0)
		rc = outbox_open(&a->outbox, setup->data_dir, err);
	if (rc == 0)
		rc = bodies_open(&a->bodies, bodies, setup->cache_size, err);
	free(mail);
	free(bodies);
	return rc;
}

/* False: another running copy has it (ERR_BUSY), or why it cannot be had. */
static bool take_lock(struct account *a, struct err *err)
{
	char *path;

	if (a->lock_fd >= 0)
		return true;
	path = file_join(a->setup->data_dir, "sync.lock");
	a->lock_fd = file_lock(path, 0, err);
	free(path);
	return a->lock_fd >= 0;
}

static bool is_in_mid_air(struct account *a)
{
	struct strv ids = STRV_INIT;
	bool found = false;

	outbox_list(a->outbox, &ids, NULL); /* account_outbox, which follows, tells why not */
	for (size_t i = 0; i < ids.n && !found; i++) {
		struct outbox_mail m = {0};

		found = outbox_get(a->outbox, ids.v[i], &m, NULL) == 0 && m.state == OUTBOX_SENDING;
		outbox_mail_done(&m);
	}
	strv_done(&ids);
	return found;
}

/* What a program that ended left in mid-air may have arrived: that is known without a connection,
 * too, unless another running copy is at it. */
static void recover_outbox(struct account *a)
{
	struct err err = {0};

	if (a->store->read_only || !is_in_mid_air(a) || !take_lock(a, &err))
		return;
	if (outbox_recover(a->outbox, &err) != 0)
		store_disk_notice(a, "%s", err.text);
	close(a->lock_fd);
	a->lock_fd = -1;
}

void account_add(struct store *s, struct store_request *r)
{
	struct account *a = mem_alloc(sizeof(*a));
	struct err err = {0};

	a->store = s;
	a->index = (int)s->naccounts;
	a->lock_fd = -1;
	a->setup = r->setup;
	r->setup = NULL;
	s->accounts =
		mem_grow(s->accounts, &s->cap_accounts, s->naccounts + 1, sizeof(*s->accounts));
	s->accounts[s->naccounts++] = a;
	if (open_journal(a, &err) != 0 || identity_check(a, &err) != 0 ||
		open_files(a, &err) != 0) {
		store_failed(s, r->request, &err);
		a->kind = ACCOUNT_FAILED;
		a->trouble = err;
		account_state(a);
		return;
	}
	if (journal_damaged(a->journal))
		store_notice(a,
			_("The journal of account %s had a damaged end; it was kept beside as "
			  "ops.wal.damaged-*"),
			a->setup->sync.name);
	folder_load_table(a);
	folder_list_local(a);
	folder_send_folders(a);
	account_pending(a);
	if (!s->read_only)
		compose_take_over(a);
	recover_outbox(a);
	account_outbox(a);
	account_state(a);
	store_done(s, r, NULL);
	account_online(a, !r->offline);
}

/* --- connections --- */

/* Another running copy synchronises, and this one follows what it writes; or nobody can. */
static void follow(struct account *a, const struct err *why)
{
	bool following = why->kind == ERR_BUSY, told = a->trouble.kind != ERR_NONE;

	if (following == a->following && told == !following)
		return;
	a->following = following;
	a->trouble = following ? (struct err){0} : *why;
	account_state(a);
	if (!following)
		store_notice(a, _("Account %s cannot be synchronised: %s"), a->setup->sync.name,
			why->text);
}

static void start_connections(struct account *a)
{
	struct err err = {0};

	/* A session of POP3 writes mail here and takes it off the server. */
	if (a->sync || a->kind != ACCOUNT_OPENED ||
		(a->store->read_only && a->setup->sync.use_pop3))
		return;
	a->next_lock_try = clock_ms() + LOCK_RETRY_MS;
	if (!take_lock(a, &err)) {
		follow(a, &err);
		return;
	}
	a->following = false;
	a->trouble = (struct err){0};
	follow_reset(a);
	/* Only now is it sure that no other copy is sending: what it left behind in mid-air is
	 * unconfirmed. */
	if ((!a->store->read_only && outbox_recover(a->outbox, &err) != 0) ||
		journal_refresh(a->journal, &err) < 0)
		store_disk_notice(a, "%s", err.text);
	account_outbox(a);
	a->state = SYNC_CONNECTING;
	a->state_err = (struct err){0};
	a->sync = a->store->ops.start(&a->setup->sync, a->index,
		a->generation = ++a->generation_counter, a->store->results, a->lanes);
	a->next_pop3 = 0;
	account_state(a);
	if (!a->store->read_only) {
		submit_finish(a);
		a->copies_due = !sentcopy_finish(a);
	}
}

void account_cancel(struct account *a)
{
	if (a->checker)
		a->store->ops.cancel(a->checker);
	if (a->sync)
		a->store->ops.cancel(a->sync);
}

/* To the first that waits; the next one's turn comes. */
static void answer_sync(struct account *a)
{
	struct store_event *ev =
		store_event_new(a->sync_err.kind == ERR_NONE ? STORE_DONE : STORE_FAILED);

	ev->request = a->sync_waiting;
	ev->account = a->index;
	ev->err = a->sync_err;
	a->sync_waiting = 0;
	if (a->nsyncs) {
		a->sync_waiting = a->syncs[0];
		memmove(a->syncs, a->syncs + 1, --a->nsyncs * sizeof(*a->syncs));
	}
	store_emit(a->store, ev);
}

static void stop_connections(struct account *a, int wait_ms)
{
	struct err err = {0};

	if (a->sync) {
		folder_save_table(a); /* the counts as they are now */
		account_cancel(a);
		if (!a->store->ops.stop(a->sync, wait_ms))
			a->store->results_in_use = true;
	}
	a->sync = NULL;
	a->generation = 0;
	a->op_in_flight = 0;
	a->state = SYNC_OFFLINE;
	MEM_FREE(a->sending);
	if (a->session.running)
		session_through(a);
	session_reset(a);
	for (struct folder *f = a->folders; f; f = f->next)
		f->syncing = f->wants_sync = false;
	if (a->lock_fd >= 0)
		close(a->lock_fd);
	a->lock_fd = -1;
	a->following = false;
	err_set(&err, ERR_NETWORK, _("Account %s is offline"),
		a->kind == ACCOUNT_OPENED ? a->setup->sync.name : "");
	session_fail_wholes(a, false, &err);
	read_drop_parked(a->store, a, &err);
	folder_reshape_forget(a, &err);
	a->list_waiting = 0;
	while (a->sync_waiting) {
		a->sync_err = err;
		answer_sync(a);
	}
}

void account_online(struct account *a, bool online)
{
	a->online_wanted = online;
	if (online) {
		start_connections(a);
		return;
	}
	stop_connections(a, 500);
	account_state(a);
}

/* Looking is allowed beside another running copy, so these connections only answer REQUEST_CHECK.
 * Who asks while they look gets the same answer. */
void account_check(struct account *a, unsigned request)
{
	struct queue *lanes[LANES];
	struct sync_account look;

	a->checks = mem_grow(a->checks, &a->cap_checks, a->nchecks + 1, sizeof(*a->checks));
	a->checks[a->nchecks++] = request;
	if (a->checker)
		return;
	sync_account_copy(&look, &a->setup->sync);
	look.look_only = true;
	a->check_generation = ++a->generation_counter;
	a->checker =
		a->store->ops.start(&look, a->index, a->check_generation, a->store->results, lanes);
	sync_account_done(&look);
	queue_push(lanes[LANE_FETCH], &job_new(JOB_CHECK)->item);
}

void account_checked(struct account *a, const struct result *r)
{
	for (size_t i = 0; i < a->nchecks; i++) {
		struct store_event *ev = store_event_new(STORE_BYTES);

		ev->request = a->checks[i];
		ev->account = a->index;
		ev->err = r->err;
		str_add(&ev->bytes, str_c(&r->bytes), r->bytes.len);
		store_emit(a->store, ev);
	}
	a->nchecks = 0;
	a->store->ops.cancel(a->checker);
	if (!a->store->ops.stop(a->checker, 200))
		a->store->results_in_use = true;
	a->checker = NULL;
}

/* The server's side of a connection may have ended long ago without a word. */
void account_awake(struct account *a)
{
	a->next_lock_try = a->next_pop3 = 0;
	if (a->sync)
		a->store->ops.wake(a->sync);
}

void account_free(struct account *a, int wait_ms)
{
	if (a->checker && !a->store->ops.stop(a->checker, wait_ms))
		a->store->results_in_use = true;
	if (a->sync)
		folder_save_table(a);
	if (a->sync && !a->store->ops.stop(a->sync, wait_ms))
		a->store->results_in_use = true;
	if (a->lock_fd >= 0)
		close(a->lock_fd);
	while (a->folders) {
		struct folder *f = a->folders;

		a->folders = f->next;
		folder_free(f);
	}
	journal_free(a->journal);
	outbox_free(a->outbox);
	bodies_free(a->bodies);
	a->sync = NULL;
	session_reset(a);
	session_fail_wholes(a, false, &(struct err){.kind = ERR_CANCELLED});
	folder_reshape_forget(a, &(struct err){.kind = ERR_CANCELLED});
	free(a->sending);
	submit_forget(a);
	handover_free(a);
	free(a->syncs);
	free(a->checks);
	free(a->suspects);
	strv_done(&a->refused);
	strv_done(&a->brought);
	follow_reset(a);
	free(a->prefix);
	free(a->table);
	store_account_free(a->setup);
	free(a);
}

/* --- synchronising everything --- */

static bool is_synchronised(const struct folder *f)
{
	return !f->local && f->selectable && f->mailbox && !f->gone;
}

/* A folder that is closed and stands as it stood when it was last the same here need not be opened
 * to see that. */
static void sync_folder(struct folder *f, bool only_changed, bool kept_up)
{
	if (only_changed && !f->cache && folder_is_settled(f))
		return;
	if (!folder_try(f))
		return;
	kept_up &= !cache_count(f->cache) && !cache_meta(f->cache)->complete; /* never filled */
	if (!kept_up && (!only_changed || folder_is_changed(f)))
		folder_ask_sync(f, 0);
	folder_unuse(f); /* stays open while it is being synchronised */
}

static bool is_watched(const struct folder *f)
{
	return folder_is_shown(f) || f->role == ROLE_INBOX;
}

/* What was fetched once is kept up, so that its rows are what its numbers say. */
static bool is_kept_up(struct folder *f)
{
	return is_watched(f) || folder_was_fetched(f);
}

void account_sync_changed(struct folder *f)
{
	if (is_synchronised(f) && !f->syncing && is_kept_up(f))
		sync_folder(f, true, !is_watched(f));
}

void account_sync_folders(struct account *a, enum sync_which which)
{
	for (struct folder *f = a->folders; f; f = f->next)
		if (is_synchronised(f) && !f->syncing &&
			(which == SYNC_ALL_CHANGED || is_watched(f) ||
				(which == SYNC_SHOWN_CHANGED && is_kept_up(f))))
			sync_folder(f, which != SYNC_SHOWN,
				which == SYNC_SHOWN_CHANGED && !is_watched(f));
}

void account_watch(struct account *a)
{
	struct folder *f = a->kind != ACCOUNT_OPENED ? NULL : folder_by_role(a, ROLE_INBOX, false);

	for (const struct list *l = a->kind != ACCOUNT_OPENED ? NULL : a->store->lists; l;
		l = l->next)
		if (l->folder->account == a && is_synchronised(l->folder)) {
			f = l->folder;
			break;
		}
	if (!f || !account_is_server(a) || !a->sync || !folder_try(f))
		return;
	folder_ask_sync(f, 0);
	folder_unuse(f);
}

static void begin_sync(struct account *a)
{
	struct job *j;

	a->sync_err = (struct err){0};
	folder_try_again(a);
	if (a->setup->sync.use_pop3) {
		session_start(a, a->sync_waiting);
		return;
	}
	j = job_new(JOB_LIST);
	j->request = a->sync_waiting;
	a->list_waiting = a->sync_waiting;
	account_post(a, LANE_MAIN, j);
}

void account_sync_settled(struct account *a)
{
	if (!a->sync_waiting || a->list_waiting || a->session.running)
		return;
	for (struct folder *f = a->folders; f; f = f->next)
		if (f->syncing || f->wants_sync)
			return;
	if (a->sync_err.kind == ERR_NONE && a->journal_stuck)
		a->sync_err = a->journal_err;
	/* In POP3 what was made by IMAP waits for IMAP. */
	if (a->sync_err.kind == ERR_NONE && a->sync &&
		((account_is_server(a) && journal_count(a->journal)) || a->sending))
		return;
	/* a run that only synchronises would never get to it otherwise */
	for (struct folder *f = a->folders; f; f = f->next)
		folder_compact(f);
	if (compactor_busy(a->store->compactor))
		return;
	answer_sync(a);
	if (a->sync_waiting)
		begin_sync(a);
}

void account_sync_all(struct account *a, unsigned request)
{
	struct err err = {0};

	a->online_wanted = true;
	start_connections(a);
	if (!a->sync) {
		err = a->trouble;
		store_may_change(a->store, &err);
		if (a->following)
			err_set(&err, ERR_BUSY,
				_("Another running copy of Talaria synchronises account %s"),
				a->setup->sync.name);
		store_failed(a->store, request, &err);
		return;
	}
	submit_flush(a);
	if (a->sync_waiting) {
		/* It wants to know what is there now, which the one under way may have missed. */
		a->syncs = mem_grow(a->syncs, &a->cap_syncs, a->nsyncs + 1, sizeof(*a->syncs));
		a->syncs[a->nsyncs++] = request;
		return;
	}
	a->sync_waiting = request;
	begin_sync(a);
}

/* --- switching the protocol --- */

static int check_switch(struct account *a, bool pop3, struct err *err)
{
	const struct sync_account *s = &a->setup->sync;

	if (pop3 && !*s->pop3)
		return err_set(err, ERR_INPUT,
			_("Account %s has no pop3 line in the configuration; add: pop3 "
			  "pop3s://USER@HOST"),
			s->name);
	if (!pop3 && !*s->imap)
		return err_set(err, ERR_INPUT,
			_("Account %s has no imap line in the configuration; add: imap "
			  "imaps://USER@HOST"),
			s->name);
	return 0;
}

/* What people have open keeps its name: "INBOX" is now the other protocol's. What has no namesake
 * stays as it is. */
static void rebind_lists(struct account *a, char **names)
{
	size_t i = 0;

	for (struct list *l = a->store->lists; l; l = l->next) {
		struct folder *before = l->folder, *now;

		if (before->account != a)
			continue;
		now = folder_by_ui_name(a, names[i]);
		free(names[i++]);
		if (now && now != before && now->selectable)
			folder_show_in(l, now);
		folder_send_list(l->folder, l);
	}
	free(names);
}

static char **list_names(struct account *a)
{
	char **names = NULL;
	size_t n = 0, cap = 0;

	for (struct list *l = a->store->lists; l; l = l->next)
		if (l->folder->account == a) {
			names = mem_grow(names, &cap, n + 1, sizeof(*names));
			names[n++] = folder_ui_name(l->folder);
		}
	return names;
}

void account_protocol(struct account *a, struct store_request *r)
{
	bool pop3 = r->n != 0, was_online = a->online_wanted;
	struct err err = {0};

	if (check_switch(a, pop3, &err) != 0) {
		store_failed(a->store, r->request, &err);
		return;
	}
	if (pop3 != a->setup->sync.use_pop3) {
		char **names = list_names(a);

		stop_connections(a, 200);
		a->setup->sync.use_pop3 = pop3;
		if (handover_switch(a, &err) != 0)
			store_notice(a, "%s", err.text);
		a->ledger_old = true;
		folder_list_local(a);
		rebind_lists(a, names);
		folder_send_folders(a);
		account_pending(a);
		a->online_wanted = was_online;
		if (was_online)
			start_connections(a);
		account_state(a);
	}
	store_done(a->store, r, NULL);
}

static void preview_operations(struct str *text, bool pop3, size_t n)
{
	if (!n)
		str_adds(text, _("No change waits for the server.\n"));
	else if (pop3)
		str_addf(text,
			ngettext("%zu change made by IMAP waits for the server, and goes on "
				 "waiting until IMAP is in use again.\n",
				"%zu changes made by IMAP wait for the server, and go on waiting "
				"until IMAP is in use again.\n",
				n),
			n);
	else
		str_addf(text,
			ngettext("%zu change waits for IMAP and is then sent to the server.\n",
				"%zu changes wait for IMAP and are then sent to the server.\n", n),
			n);
}

static void preview_marks(struct str *text, bool pop3, size_t n)
{
	if (n && pop3)
		str_addf(text,
			ngettext("The marks of %zu message come along.\n",
				"The marks of %zu messages come along.\n", n),
			n);
	else if (n)
		str_addf(text,
			ngettext("%zu message has other marks here; they will wait for the server "
				 "and be sent to it.\n",
				"%zu messages have other marks here; they will wait for the server "
				"and be sent to it.\n",
				n),
			n);
}

static void preview_places(struct str *text, bool pop3, const struct handover_counts *t)
{
	if (t->filed && pop3)
		str_addf(text,
			ngettext(
				"%zu message that IMAP filed is moved out of the inbox here too.\n",
				"%zu messages that IMAP filed are moved out of the inbox here "
				"too.\n",
				t->filed),
			t->filed);
	else if (t->filed)
		str_addf(text,
			ngettext("%zu message that was filed here is moved out of the inbox on the "
				 "server too.\n",
				"%zu messages that were filed here are moved out of the inbox on "
				"the server too.\n",
				t->filed),
			t->filed);
	if (t->dropped)
		str_addf(text,
			ngettext("%zu message that was deleted here is moved to Trash on the "
				 "server.\n",
				"%zu messages that were deleted here are moved to Trash on the "
				"server.\n",
				t->dropped),
			t->dropped);
}

static void preview_waiting(struct account *a, bool pop3, struct str *text)
{
	struct strv mails = STRV_INIT;

	preview_operations(text, pop3, journal_count(a->journal));
	outbox_list(a->outbox, &mails, NULL); /* the outbox is on the screen, with its faults */
	if (mails.n)
		str_addf(text,
			ngettext("%zu message is in the outbox; it is sent all the same.\n",
				"%zu messages are in the outbox; they are sent all the same.\n",
				mails.n),
			mails.n);
	strv_done(&mails);
}

void account_preview(struct account *a, struct store_request *r)
{
	struct str text = STR_INIT;
	struct handover_counts t = {0};
	struct err err = {0};
	bool pop3 = r->n != 0;

	if (check_switch(a, pop3, &err) != 0 || handover_count(a, pop3, &t, &err) != 0) {
		store_failed(a->store, r->request, &err);
		return;
	}
	str_addf(&text,
		ngettext("%zu message of the inbox is here and on the server.",
			"%zu messages of the inbox are here and on the server.", t.both),
		t.both);
	str_addc(&text, '\n');
	str_addf(&text,
		ngettext("%zu message is only on the server, as it was seen last, %zu only here.\n",
			"%zu messages are only on the server, as it was seen last, %zu only "
			"here.\n",
			t.server_only),
		t.server_only, t.local_only);
	str_adds(&text, _("The switch itself deletes nothing, neither here nor on the server.\n"));
	preview_marks(&text, pop3, t.differ);
	preview_places(&text, pop3, &t);
	preview_waiting(a, pop3, &text);
	if (pop3)
		str_adds(&text,
			a->setup->pop3_keep_days < 0
				? _("By POP3 everything stays on the server (pop3-keep always). "
				    "Server folders stay readable as offline copies.")
				: _("By POP3 messages are deleted on the server after download, as "
				    "pop3-keep says. Server folders stay readable as offline "
				    "copies."));
	else
		str_adds(&text, _("By IMAP the server's folders are shown again. What is only here "
				  "stays in the local folders."));
	store_done(a->store, r, text.p);
	str_done(&text);
}

/* --- by the clock --- */

static bool has_news(struct folder *f)
{
	uint64_t before = f->news;

	cache_refresh(f->cache, NULL); /* a fault that stays is met by the next change, and told */
	f->news = cache_news(f->cache);
	return f->news != before;
}

static void follow_others(struct account *a)
{
	struct err err = {0};

	if (journal_refresh(a->journal, &err) < 0)
		store_disk_notice(a, _("The journal of account %s cannot be read: %s"),
			a->setup->sync.name, err.text);
	if (a->news != journal_news(a->journal)) {
		a->news = journal_news(a->journal);
		for (struct folder *f = a->folders; f; f = f->next)
			if (f->cache && !f->local && overlay_folder(f))
				folder_send_list(f, NULL);
		folder_send_folders(a);
		account_pending(a);
		if (a->sync)
			replay_next(a);
	}
	if (a->following && folder_follow_table(a)) {
		arrive_listed(a);
		folder_send_folders(a);
	} else if (a->following && arrive_drop_gone(a)) {
		folder_send_folders(a);
	}
	for (struct folder *f = a->folders; f; f = f->next)
		if (f->cache && f->uses && !f->local && has_news(f))
			folder_send_list(f, NULL);
}

/* What a POP3 session delivers is known; reading all names again after each group would take most
 * of its time. */
static bool scan_can_wait(struct account *a, const struct folder *f, int64_t now)
{
	if (!a->session.running || strcmp(f->name, "INBOX") != 0)
		return false;
	if (now - a->session.scanned_ms < SESSION_SCAN_MS)
		return true;
	a->session.scanned_ms = now;
	return false;
}

static void look_around(struct account *a, int64_t now)
{
	bool all = now >= a->next_closed_look;

	if (all && a->sync)
		folder_save_table(a);
	if (all)
		a->next_closed_look = now + CLOSED_LOOK_MS;
	if (folder_look_local(a, all))
		folder_send_folders(a);
}

static void scan_local(struct account *a, int64_t now)
{
	if (a->kind == ACCOUNT_OPENED)
		look_around(a, now);
	for (struct folder *f = a->folders; f; f = f->next)
		if (f->local && f->uses && !scan_can_wait(a, f, now) &&
			localbox_stamp(f->dir) != f->stamp && folder_look(f))
			folder_send_folders(a);
}

void account_tick(struct account *a, int64_t now)
{
	scan_local(a, now);
	for (struct folder *f = a->folders; f; f = f->next)
		folder_compact(f);
	if (a->kind != ACCOUNT_OPENED)
		return;
	if (a->online_wanted && !a->sync && now >= a->next_lock_try)
		start_connections(a);
	follow_others(a);
	replay_tick(a);
	if (now >= a->next_evict && !a->store->read_only) {
		a->next_evict = now + EVICT_MS;
		bodies_evict(a->bodies);
	}
	if (now >= a->next_outbox_look) {
		a->next_outbox_look = now + OUTBOX_LOOK_MS;
		submit_next(a);
		if (a->following)
			follow_outbox(a);
	}
	if (a->sync && a->setup->sync.use_pop3 && !a->session.running && now >= a->next_pop3)
		session_start(a, 0);
}
