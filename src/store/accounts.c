/* Accounts as they come and go, and what is done for each by the clock. */
#include "store/accounts.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/localbox.h"
#include "store/disk/maildir.h"
#include "store/link/link.h"
#include "store/mail/account.h"
#include "store/mail/append.h"
#include "store/mail/compose.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_reshape.h"
#include "store/mail/folder_table.h"
#include "store/mail/folder_tell.h"
#include "store/mail/follow.h"
#include "store/mail/identity.h"
#include "store/mail/indexing.h"
#include "store/mail/lanes.h"
#include "store/mail/lists.h"
#include "store/mail/overlay.h"
#include "store/mail/pending.h"
#include "store/mail/remote.h"
#include "store/mail/submit.h"

#include <stdlib.h>
#include <string.h>

enum { EVICT_MS = 300000, CLOSED_LOOK_MS = 10000 };

struct ticks {
	uint64_t news; /* journal_news that was acted upon */
	int64_t next_evict, next_closed_look;
};

static int open_journal(struct account *a, struct err *err)
{
	char *appends = append_path(a, "");
	int rc = file_make_dirs(appends, err);

	if (rc == 0)
		rc = journal_open(&a->journal, a->setup->data_dir, err);
	if (rc == 0)
		a->ticks->news = journal_news(a->journal);
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

	if (a->store->read_only || !is_in_mid_air(a) || !links_lock(a, &err))
		return;
	if (outbox_recover(a->outbox, &err) != 0)
		store_disk_notice(a, "%s", err.text);
	links_unlock(a);
}

int account_add(struct store *s, struct store_request *r, struct str *said, struct err *err)
{
	struct account *a = account_new(s, ACCOUNT_OPENED, (int)s->naccounts);
	bool offline = r->add.offline;

	(void)said;
	a->setup = r->add.setup;
	r->add.setup = NULL;
	a->lanes = lanes_new();
	a->pending = pending_new();
	a->link = link_new();
	a->relay = submit_new();
	a->ticks = mem_alloc(sizeof(*a->ticks));
	a->follow = follow_new();
	remote_choose(a);
	if (open_journal(a, err) != 0 || identity_check(a, err) != 0 || open_files(a, err) != 0) {
		a->kind = ACCOUNT_FAILED;
		a->remote = NULL;
		a->trouble = *err;
		lanes_tell(a);
		return -1;
	}
	if (journal_damaged(a->journal))
		store_notice(a,
			_("The journal of account %s had a damaged end; it was kept beside as "
			  "ops.wal.damaged-*"),
			a->setup->settings->name);
	a->indexing = indexing_new(a);
	folder_load_table(a);
	folder_list_local(a);
	folder_send_folders(a);
	account_pending(a);
	if (!s->read_only)
		compose_take_over(a);
	recover_outbox(a);
	account_outbox(a);
	lanes_tell(a);
	answer_done(s, r, NULL);
	account_online(a, !offline);
	return REQUEST_TAKEN;
}

void account_free(struct account *a, int wait_ms)
{
	links_end(a, wait_ms);
	while (a->folders) {
		struct folder *f = a->folders;

		a->folders = f->next;
		folder_free(f);
	}
	journal_free(a->journal);
	outbox_free(a->outbox);
	bodies_free(a->bodies);
	folder_reshape_forget(a, &(struct err){.kind = ERR_CANCELLED});
	link_free(a);
	submit_forget(a);
	pending_free(a->pending);
	follow_free(a);
	indexing_free(a->indexing);
	lanes_free(a->lanes);
	free(a->ticks);
	free(a->names.prefix);
	free(a->names.table);
	store_account_free(a->setup);
	free(a);
}

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
			a->setup->settings->name, err.text);
	if (a->ticks->news != journal_news(a->journal)) {
		a->ticks->news = journal_news(a->journal);
		for (struct folder *f = a->folders; f; f = f->next)
			if (f->cache && !f->local && overlay_folder(f))
				folder_send_list(f, NULL);
		folder_send_folders(a);
		account_pending(a);
		if (lanes_are_open(a))
			account_replays(a);
	}
	if (lanes_are_elsewhere(a) && folder_follow_table(a)) {
		listing_settle(a);
		folder_send_folders(a);
	} else if (lanes_are_elsewhere(a) && listing_drop_gone(a)) {
		folder_send_folders(a);
	}
	for (struct folder *f = a->folders; f; f = f->next)
		if (f->cache && f->uses && !f->local && has_news(f))
			folder_send_list(f, NULL);
}

static void look_around(struct account *a, int64_t now)
{
	bool all = now >= a->ticks->next_closed_look;

	if (all && lanes_are_open(a))
		folder_save_table(a);
	if (all)
		a->ticks->next_closed_look = now + CLOSED_LOOK_MS;
	if (folder_look_local(a, all))
		folder_send_folders(a);
	if (all && !lists_look_again(a))
		a->ticks->next_closed_look = now;
}

static void scan_local(struct account *a, int64_t now)
{
	if (a->kind == ACCOUNT_OPENED)
		look_around(a, now);
	for (struct folder *f = a->folders; f; f = f->next)
		if (f->local && f->uses && !remote_knows_files(a, f, now) &&
			localbox_stamp(f->box.dir) != f->box.stamp && folder_look(f))
			folder_send_folders(a);
}

void account_tick(struct account *a, int64_t now)
{
	scan_local(a, now);
	for (struct folder *f = a->folders; f; f = f->next)
		folder_compact(f);
	if (a->kind != ACCOUNT_OPENED)
		return;
	links_tick(a, now);
	follow_others(a);
	indexing_tick(a, now);
	replay_tick(a);
	if (now >= a->ticks->next_evict && !a->store->read_only) {
		a->ticks->next_evict = now + EVICT_MS;
		bodies_evict(a->bodies);
	}
	if (submit_tick(a, now) && lanes_are_elsewhere(a))
		follow_outbox(a);
	if (lanes_are_open(a) && a->remote->tick)
		a->remote->tick(a, now);
}
