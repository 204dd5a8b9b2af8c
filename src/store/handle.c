/*
 * What each kind of request needs, and what does it: one row a kind. A request that has what its
 * row names is run; what runs it says whether it is done, was taken, or failed.
 */
#include "store/handle.h"

#include "store/accounts.h"
#include "store/link/link.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/mail/account.h"
#include "store/mail/backup.h"
#include "store/mail/change_priv.h"
#include "store/mail/compose.h"
#include "store/mail/cutpart.h"
#include "store/mail/folder.h"
#include "store/mail/folder_reshape.h"
#include "store/mail/folder_tell.h"
#include "store/mail/gathering.h"
#include "store/mail/indexing.h"
#include "store/mail/lanes.h"
#include "store/mail/leaving.h"
#include "store/mail/lists.h"
#include "store/mail/lists_shown.h"
#include "store/mail/read.h"
#include "store/mail/remote.h"
#include "store/mail/rendering.h"
#include "store/mail/search.h"
#include "store/mail/search_order.h"
#include "store/mail/submit.h"
#include "store/mail/transfer.h"
#include "store/mail/undo.h"
#include "store/mail/waiting.h"
#include "store/mail/write_priv.h"

#include <stdlib.h>

enum need {
	CHANGES = 1 << 0,  /* a program that may change something */
	WRITABLE = 1 << 1, /* a folder in which messages may be changed */
	UIDS = 1 << 2,     /* messages that are here, not only a row that says why they are not */
	ASLEEP = 1 << 3,   /* no message: of a list that shows none it is run, too */
};

/*
 * 0: done, and answered with STORE_DONE and what was said; REQUEST_TAKEN: the request belongs to
 * somebody who answers it, or was answered already; -1: failed, with err. What it is about is what
 * it needs: nothing, an account that can be worked with, a list that is open.
 */
struct request_row {
	unsigned needs;
	int (*run)(struct store *s, struct store_request *r, struct str *said, struct err *err);
	int (*run_account)(
		struct account *a, struct store_request *r, struct str *said, struct err *err);
	int (*run_list)(struct list *l, struct store_request *r, struct str *said, struct err *err);
};

/* --- lists --- */

static struct folder *folder_for_request(
	struct store *s, const struct store_request *r, struct err *err)
{
	struct account *a;
	struct folder *f;

	if (r->account < 0) {
		f = folder_new(account_path(s), r->open.folder, true);
		f->box.dir = mem_strdup(r->open.folder);
		f->role = ROLE_INBOX;
		return f;
	}
	a = store_account(s, r->account, err);
	if (!a)
		return NULL;
	f = folder_by_ui_name(a, r->open.folder);
	if (!f)
		err_set(err, ERR_GONE, _("There is no folder %s in account %s"), r->open.folder,
			a->setup->settings->name);
	return f;
}

static int open_list(struct store *s, struct store_request *r, struct str *said, struct err *err)
{
	struct folder *f = folder_for_request(s, r, err);
	struct list_filter *gathers = f && r->open.conversation ? gathering_join(s, f, r) : NULL;
	int rc = f ? lists_open(s, f, r, gathers, err) : -1;

	(void)said;
	/* What was made for this folder alone goes with it: the last one. */
	if (rc < 0 && f && f->account->kind == ACCOUNT_PATH)
		account_free(s->accounts[--s->naccounts], 0);
	return rc;
}

static int close_list(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	(void)said;
	(void)err;
	lists_close(l->folder->account->store, r->list);
	return 0;
}

static int list_again(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	(void)r;
	(void)said;
	(void)err;
	if (!l->opening)
		folder_send_list(l->folder, l);
	return 0;
}

static int send_rows(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct store_event *ev = store_event_new(STORE_ROWS);

	(void)said;
	(void)err;
	ev->list = l->id;
	ev->rows.v = mem_array(r->n, sizeof(*ev->rows.v));
	for (size_t i = 0; i < r->n; i++) {
		struct summary row;

		if (cache_get(l->folder->cache, r->uids[i], &row) == 0)
			ev->rows.v[ev->rows.n++] = summary_copy(&row);
	}
	store_emit(l->folder->account->store, ev);
	return 0;
}

/* --- connections --- */

static int online(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	(void)said;
	(void)err;
	account_online(a, r->online.on);
	return 0;
}

static int retry(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	(void)r;
	(void)said;
	(void)err;
	links_at_once(a);
	for (int i = 0; i < LANES; i++)
		lanes_post(a, (enum lane)i, job_new(JOB_RETRY));
	account_tick(a, clock_ms());
	submit_flush(a);
	return 0;
}

static int pass_password(
	struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	(void)said;
	(void)err;
	links_password(a, r->password.secret);
	if (r->password.secret && a->remote->password) {
		a->remote->password(a);
		account_tick(a, clock_ms());
	}
	return 0;
}

/* --- all --- */

static int undo(struct store *s, struct store_request *r, struct str *said, struct err *err)
{
	(void)r;
	return undo_last(s, said, err);
}

/* Where a request may wait that is cancelled: who has it answers it, and ends what is done for it.
 */
static void (*const cancels[])(struct store *s, unsigned request) = {
	read_cancel,        /* for a body from the server */
	rendering_cancel,   /* for a text from another thread */
	remote_cancel,      /* for what the protocol is at: a session by POP3 */
	syncall_cancel,     /* for all folders */
	links_cancel_check, /* for connections that only look */
	work_cancel,        /* for its next slice: searches, exports, backups */
};

static int cancel(struct store *s, struct store_request *r, struct str *said, struct err *err)
{
	(void)said;
	(void)err;
	for (size_t i = 0; i < MEM_COUNT(cancels); i++)
		cancels[i](s, r->cancel.request);
	return 0;
}

static int quit(struct store *s, struct store_request *r, struct str *said, struct err *err)
{
	(void)r;
	(void)said;
	(void)err;
	s->quit = true;
	return 0;
}

enum { MARKS = CHANGES | WRITABLE | UIDS };

static const struct request_row rows[] = {
	[REQUEST_ACCOUNT] = {.run = account_add},
	[REQUEST_ONLINE] = {.run_account = online},
	[REQUEST_RETRY] = {.run_account = retry},
	[REQUEST_PASSWORD] = {.run_account = pass_password},
	[REQUEST_PROTOCOL] = {CHANGES, .run_account = account_protocol},
	[REQUEST_PREVIEW] = {.run_account = account_preview},
	[REQUEST_OPEN] = {.run = open_list},
	[REQUEST_CLOSE] = {ASLEEP, .run_list = close_list},
	[REQUEST_RELIST] = {ASLEEP, .run_list = list_again},
	[REQUEST_ORDER] = {ASLEEP, .run_list = search_order},
	[REQUEST_ROWS] = {.run_list = send_rows},
	[REQUEST_READ] = {.run_list = read_show},
	[REQUEST_SAVE_PART] = {.run_list = read_show},
	[REQUEST_SAVE_RAW] = {.run_list = read_save},
	[REQUEST_VIEW] = {.run_list = read_show},
	[REQUEST_CUT_PART] = {CHANGES | WRITABLE, .run_list = cutpart_request},
	[REQUEST_LEND] = {.run = read_lend},
	[REQUEST_LENT_BACK] = {.run = read_lent_back},
	[REQUEST_FLAG] = {MARKS, .run_list = change_request_flags},
	[REQUEST_KEYWORDS] = {MARKS, .run_list = change_request_keywords},
	[REQUEST_MOVE] = {MARKS, .run_list = change_transfer},
	[REQUEST_COPY] = {CHANGES | UIDS, .run_list = change_transfer},
	[REQUEST_DELETE] = {MARKS, .run_list = change_delete},
	[REQUEST_ARCHIVE] = {MARKS, .run_list = change_archive},
	[REQUEST_CREATE] = {CHANGES, .run_account = change_create},
	[REQUEST_DELETE_FOLDER] = {CHANGES, .run_account = reshape_delete},
	[REQUEST_RENAME_FOLDER] = {CHANGES, .run_account = reshape_rename},
	[REQUEST_UNDO] = {CHANGES, .run = undo},
	[REQUEST_CANCEL_OP] = {CHANGES, .run = change_cancel_op},
	[REQUEST_FORGET_REFUSED] = {CHANGES, .run = change_cancel_op},
	[REQUEST_SEARCH] = {ASLEEP, .run_list = search_request},
	[REQUEST_COMPOSE] = {CHANGES, .run_account = compose_begin},
	[REQUEST_DRAFT_LOAD] = {CHANGES, .run_account = compose_load},
	[REQUEST_DRAFT_EDIT] = {CHANGES, .run_account = compose_edit},
	[REQUEST_DRAFT_TAKE] = {CHANGES, .run_account = compose_take},
	[REQUEST_DRAFT_SAVE] = {CHANGES, .run_account = compose_save},
	[REQUEST_DRAFT_KEEP] = {CHANGES, .run_account = compose_keep},
	[REQUEST_DRAFT_DROP] = {CHANGES, .run_account = compose_drop},
	[REQUEST_DRAFTS] = {.run_account = compose_list},
	[REQUEST_SEND] = {CHANGES, .run_account = submit_send},
	[REQUEST_OUTBOX_RETRY] = {CHANGES, .run_account = submit_again},
	[REQUEST_OUTBOX_HOLD] = {CHANGES, .run_account = submit_hold},
	[REQUEST_OUTBOX_EDIT] = {CHANGES, .run_account = compose_outbox},
	[REQUEST_OUTBOX_DROP] = {CHANGES, .run_account = submit_drop},
	[REQUEST_EXPORT] = {.run = transfer_export},
	[REQUEST_IMPORT] = {CHANGES, .run_account = transfer_import},
	[REQUEST_BACKUP] = {.run_account = backup_request},
	[REQUEST_SYNC] = {.run_account = account_sync_all},
	[REQUEST_REINDEX] = {CHANGES, .run_account = indexing_anew},
	[REQUEST_CHECK] = {.run_account = account_check},
	[REQUEST_WHOLE] = {.run_list = session_whole},
	[REQUEST_LEAVE_LIST] = {CHANGES, .run = leaving_request},
	[REQUEST_CANCEL] = {.run = cancel},
	[REQUEST_QUIT] = {.run = quit},
};

static int run_in_list(struct store *s, const struct request_row *row, struct store_request *r,
	struct str *said, struct err *err)
{
	struct list *l = row->needs & ASLEEP ? lists_find(s, r->list) : store_list(s, r->list);

	if (!l)
		return err_set(err, ERR_GONE, _("The folder is no longer open"));
	if (row->needs & WRITABLE && folder_is_read_only(l->folder))
		return err_set(err, ERR_INPUT, _("This folder can only be read here"));
	if (row->needs & UIDS && change_leave_out_rows(l->folder, r, err) != 0)
		return -1;
	return row->run_list(l, r, said, err);
}

static int run(struct store *s, const struct request_row *row, struct store_request *r,
	struct str *said, struct err *err)
{
	struct account *a;

	if (store_is_stale(s, r, err) || (row->needs & CHANGES && store_may_change(s, err) != 0))
		return -1;
	if (row->run_list)
		return run_in_list(s, row, r, said, err);
	if (row->run)
		return row->run(s, r, said, err);
	a = store_account(s, r->account, err);
	return a ? row->run_account(a, r, said, err) : -1;
}

void handle_again(struct store *s, struct store_request *r)
{
	const struct request_row *row = &rows[r->kind];
	struct str said = STR_INIT;
	struct err err = {0};
	int rc;

	rc = run(s, row, r, &said, &err);
	/* What a change did to rows is told before it is answered. */
	for (size_t i = 0; row->needs & CHANGES && i < s->naccounts; i++)
		waiting_settle(s->accounts[i]);
	if (rc == 0)
		answer_done(s, r, said.len ? said.p : NULL);
	else if (rc < 0)
		answer_failed(s, r, &err);
	str_done(&said);
}

void handle(struct store *s, struct store_request *r)
{
	answer_owed(s, r);
	handle_again(s, r);
}
