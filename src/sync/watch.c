/*
 * The IMAP driver of the main lane: which jobs go where, and watching with IDLE. What the jobs do
 * is in folders.c (lists), compare.c and fill.c (synchronising) and apply.c (operations).
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "sync/gather.h"
#include "sync/watch.h"

#include <stdlib.h>
#include <string.h>

enum {
	RENEW_MS = 9 * 60 * 1000,
	INBOX_MS = 60000,
	SOON_MS = 2000,
	LIST_MS = 300,
	TROUBLE_MS = 10000
};

struct watch *watch_state(struct lane_thread *l)
{
	if (!l->state)
		l->state = mem_alloc(sizeof(struct watch));
	return l->state;
}

static int watch_open(struct lane_thread *l, struct err *err)
{
	struct watch *w = watch_state(l);
	struct net_server server;
	struct net_options options;
	struct net_login login;

	if (lane_login(l, l->driver->protocol, &login, &server, &options, err) != 0)
		return -1;
	if (lane_open_imap(l, &w->im, &server, &options, &login, &w->patient, err) != 0)
		return -1;
	w->notify_tried = false;
	w->troubled = 0;
	/* The store asks for the first list of a new connection by itself. */
	folders_plan(l);
	return 0;
}

static void watch_close(struct lane_thread *l, bool polite)
{
	struct watch *w = watch_state(l);

	fill_forget(w);
	(void)polite; /* it is kept until it breaks, or all ends */
	imap_free(w->im);
	w->im = NULL;
	MEM_FREE(w->selected);
}

static void watch_end(struct lane_thread *l)
{
	struct watch *w = watch_state(l);

	fill_end(w);
	strv_done(&w->ask);
	free(w->selected);
	free(w->folder);
	free(w->mailbox);
	free(w->no_flags);
	free(w->prefix);
	free(w);
	l->state = NULL;
}

static void pass_alert(struct lane_thread *l)
{
	char *text = imap_take_alert(watch_state(l)->im);
	struct result *r;

	if (!text)
		return;
	r = result_new(RESULT_ALERT);
	r->alert.text = text;
	lane_post(l, r);
}

/* 0: go on; -1 when the connection is dead. A refusal is passed in *said. */
int watch_outcome(struct lane_thread *l, int rc, struct err *said, struct err *err)
{
	pass_alert(l);
	if (rc == 0 || imap_is_alive(watch_state(l)->im))
		return 0;
	*err = *said;
	return -1;
}

struct result *watch_result(enum result_kind kind, const char *folder, uint32_t uidvalidity)
{
	struct result *r = result_new(kind);

	r->folder = mem_strdup(folder);
	r->uidvalidity = uidvalidity;
	return r;
}

int watch_select(struct lane_thread *l, const char *mailbox, const struct imap_known *known,
	struct gather *g, struct err *err)
{
	struct watch *w = watch_state(l);
	int rc;

	MEM_FREE(w->selected);
	rc = imap_select(w->im, mailbox, known, known ? gather_message : NULL,
		known ? gather_vanished : NULL, g, &w->sel, err);
	if (rc == 0)
		w->selected = mem_strdup(mailbox);
	return rc;
}

bool watch_is_read_only(const struct watch *w)
{
	return w->sel.read_only || !w->sel.kept;
}

/* What happened to the watched mailbox while another was selected. */
static void tell_missed(struct lane_thread *l)
{
	struct watch *w = watch_state(l);
	struct imap_selected *seen = &w->seen, *sel = &w->sel;

	if (!seen->uidvalidity ||
		(seen->uidvalidity == sel->uidvalidity && seen->uidnext == sel->uidnext &&
			seen->exists == sel->exists && seen->highestmodseq == sel->highestmodseq))
		return;
	*seen = *sel;
	lane_post(l, watch_result(RESULT_NEWS, w->folder, sel->uidvalidity));
}

int watch_ensure_selected(struct lane_thread *l, const char *mailbox, struct err *err)
{
	struct watch *w = watch_state(l);

	if (w->selected && strcmp(w->selected, mailbox) == 0)
		return 0;
	if (watch_select(l, mailbox, NULL, NULL, err) != 0)
		return -1;
	if (w->mailbox && strcmp(w->mailbox, mailbox) == 0)
		tell_missed(l);
	return 0;
}

/* Where one connection is all that the server allows, messages are read over this one. */
static int select_for_body(struct lane_thread *l, const struct job *j, bool anew,
	uint32_t *uidvalidity, struct err *err)
{
	struct watch *w = watch_state(l);
	bool fresh = anew || !w->selected || strcmp(w->selected, j->mailbox) != 0;

	if (anew)
		MEM_FREE(w->selected);
	if (watch_ensure_selected(l, j->mailbox, err) != 0)
		return -1;
	*uidvalidity = w->sel.uidvalidity;
	return fresh;
}

/* -1: the connection is dead. */
typedef int job_fn(struct lane_thread *l, struct job *j, struct err *err);

static job_fn *const job_of[JOB_KINDS] = {
	[JOB_LIST] = folders_list,
	[JOB_SYNC] = compare_start,
	[JOB_OP] = apply_op,
	[JOB_MAILBOX] = mailbox_reshape,
};

static enum went watch_job(struct lane_thread *l, struct job *j, struct err *err)
{
	struct err said = {0};

	if (fill_settle(l, &said) != 0) {
		lane_put_off(l, j, &said);
		return went(watch_outcome(l, -1, &said, err));
	}
	if (j->kind == JOB_BODY)
		return fetch_body(l, watch_state(l)->im, select_for_body, j, err);
	if (j->kind == JOB_SEARCH)
		return fetch_search(l, watch_state(l)->im, select_for_body, j, err);
	if (job_of[j->kind])
		return went(job_of[j->kind](l, j, err));
	lane_fail(l, j, &(struct err){ERR_INPUT, "not a job for this connection"});
	return WENT_ON;
}

/* --- background work --- */

static bool watch_busy(struct lane_thread *l)
{
	return fill_busy(l) || folders_busy(watch_state(l));
}

/* Only after the first screen: it costs a round trip. What happens in between is found by one more
 * list. */
static int start_notify(struct lane_thread *l, struct err *err)
{
	struct watch *w = watch_state(l);
	struct err said = {0};
	int rc = imap_notify(w->im, &said);

	w->notify_tried = true;
	if (imap_is_notified(w->im))
		w->next_look = clock_ms() + SOON_MS;
	return watch_outcome(l, rc, &said, err);
}

/* Counts and rows take turns. */
static enum went watch_work(struct lane_thread *l, struct err *err)
{
	struct watch *w = watch_state(l);
	int rc;

	w->turn = !w->turn;
	if (folders_busy(w) && (w->turn || !fill_busy(l)))
		return went(folders_work(l, err));
	rc = fill_work(l, err);
	if (rc == 0 && !w->notify_tried)
		rc = start_notify(l, err);
	if (rc == 0)
		folders_told(l);
	return went(rc);
}

/* --- watching --- */

/* New mail in the inbox is looked for every minute while another folder is the one that IDLE
 * watches and the server does not tell. */
static bool wants_inbox(struct lane_thread *l)
{
	const struct watch *w = watch_state(l);

	return w->folder && strcmp(w->folder, "INBOX") != 0 && !imap_is_notified(w->im);
}

/* Until when to wait at most; 0: something is due. */
static int time_left(struct lane_thread *l)
{
	struct watch *w = watch_state(l);
	int64_t now = clock_ms(), left = w->next_look - now;

	if (wants_inbox(l) && w->next_inbox - now < left)
		left = w->next_inbox - now;
	return left <= 0 ? 0 : left > RENEW_MS ? RENEW_MS : (int)left;
}

static int do_due(struct lane_thread *l, struct err *err)
{
	struct watch *w = watch_state(l);

	if (w->next_look <= clock_ms())
		return folders_list(l, NULL, err);
	w->next_inbox = clock_ms() + INBOX_MS;
	folders_ask(w, "INBOX");
	return 0;
}

static void tell_news(struct lane_thread *l, const struct imap_news *news)
{
	struct watch *w = watch_state(l);

	if (w->mailbox && (news->exists || news->expunged || news->flags))
		lane_post(l, watch_result(RESULT_NEWS, w->folder, w->sel.uidvalidity));
	folders_told(l);
	if (news->folders && w->next_look > clock_ms() + LIST_MS)
		w->next_look = clock_ms() + LIST_MS;
}

/*
 * A mailbox that was made anew under us, say: Dovecot then ends each IDLE at once. Selected and
 * compared anew; where that does not help, only a new connection may.
 */
static int face_trouble(struct lane_thread *l, struct err *err)
{
	struct watch *w = watch_state(l);
	int64_t now = clock_ms();

	if (w->troubled && now - w->troubled < TROUBLE_MS)
		return err_set(err, ERR_NETWORK, _("The server has trouble with folder %s"),
			w->folder ? w->folder : "");
	w->troubled = now;
	MEM_FREE(w->selected);
	if (w->mailbox)
		lane_post(l, watch_result(RESULT_NEWS, w->folder, w->sel.uidvalidity));
	return 0;
}

/* Nothing is selected and the server tells nothing by itself. */
static int wait_for_jobs(struct lane_thread *l, int left, struct err *err)
{
	struct imap_news news = {0};
	struct err said = {0};

	l->held = lane_next(l, left);
	if (l->held || l->quit)
		return 0;
	return watch_outcome(l, imap_noop(watch_state(l)->im, &news, &said), &said, err);
}

static int wait_for_news(struct lane_thread *l, struct err *err)
{
	struct watch *w = watch_state(l);
	struct imap_news news = {0};
	struct err said = {0};
	int left = time_left(l), rc;

	if (left == 0)
		return do_due(l, err);
	if (!w->notify_tried)
		return start_notify(l, err);
	if (w->mailbox && watch_ensure_selected(l, w->mailbox, &said) != 0) {
		/* It is gone, say. The others are still looked after. */
		MEM_FREE(w->mailbox);
		return watch_outcome(l, -1, &said, err);
	}
	if (!w->mailbox && !imap_is_notified(w->im))
		return wait_for_jobs(l, left, err);
	rc = imap_idle(w->im, queue_fd(l->jobs), left, &news, &said);
	if (rc == 0)
		tell_news(l, &news);
	if (rc == 0 && news.trouble)
		return face_trouble(l, err);
	return watch_outcome(l, rc, &said, err);
}

static enum went watch_idle(struct lane_thread *l, struct err *err)
{
	return went(wait_for_news(l, err));
}

static int watch_check(struct lane_thread *l, const struct net_server *server,
	const struct net_options *options, const struct net_login *login, struct str *out,
	struct err *err)
{
	struct imap *im;
	struct imap_mailboxes boxes = {0};
	int rc;

	if (imap_open(&im, server, options, login, l->cancel, err) != 0)
		return -1;
	rc = imap_compress(im, err);
	imap_describe(im, out);
	if (rc == 0)
		rc = imap_list(im, &boxes, err);
	if (rc == 0)
		str_addf(out, ngettext("%zu folder\n", "%zu folders\n", boxes.n), boxes.n);
	imap_mailboxes_done(&boxes);
	imap_logout(im);
	return rc;
}

const struct driver driver_watch = {
	.protocol = PROTOCOL_IMAP,
	.eager = true,
	.open = watch_open,
	.close = watch_close,
	.job = watch_job,
	.busy = watch_busy,
	.work = watch_work,
	.idle = watch_idle,
	.end = watch_end,
	.check = watch_check,
};
