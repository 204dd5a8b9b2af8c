/*
 * The IMAP driver of the main lane: which jobs go where, and watching with IDLE. What the jobs do
 * is in folders.c (lists), compare.c and fill.c (synchronising) and apply.c (operations).
 */
#include "base/clock.h"
#include "base/mem.h"
#include "sync/gather.h"
#include "sync/watch.h"

#include <stdlib.h>
#include <string.h>

enum { IDLE_MS = 28 * 60 * 1000 };

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

	if (lane_login(l, &login, &server, &options, l->account->imap, err) != 0)
		return -1;
	/* The store asks for the first list of a new connection by itself. */
	w->next_look = clock_ms() + (int64_t)l->account->check_seconds * 1000;
	return lane_open_imap(l, &w->im, &server, &options, &login, &w->patient, err);
}

static void watch_close(struct lane_thread *l, bool polite)
{
	struct watch *w = watch_state(l);

	fill_forget(w);
	if (polite)
		imap_logout(w->im);
	else
		imap_free(w->im);
	w->im = NULL;
	MEM_FREE(w->selected);
}

static void watch_end(struct lane_thread *l)
{
	struct watch *w = watch_state(l);

	fill_end(w);
	free(w->selected);
	free(w->folder);
	free(w->mailbox);
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
	r->text = text;
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

int watch_ensure_selected(struct lane_thread *l, const char *mailbox, struct err *err)
{
	struct watch *w = watch_state(l);

	if (w->selected && strcmp(w->selected, mailbox) == 0)
		return 0;
	return watch_select(l, mailbox, NULL, NULL, err);
}

static int watch_job(struct lane_thread *l, struct job *j, struct err *err)
{
	struct err said = {0};

	if (fill_settle(l, &said) != 0) {
		lane_fail(l, j, &said);
		return watch_outcome(l, -1, &said, err);
	}
	switch (j->kind) {
	case JOB_LIST:
		return folders_list(l, j, err);
	case JOB_SYNC:
		return compare_start(l, j, err);
	case JOB_OP:
		return apply_op(l, j, err);
	default:
		lane_fail(l, j, &(struct err){ERR_INPUT, "not a job for this connection"});
		return 0;
	}
}

/* --- watching --- */

static int watch_idle(struct lane_thread *l, struct err *err)
{
	struct watch *w = watch_state(l);
	struct imap_news news = {0};
	struct err said = {0};
	int64_t left = w->next_look - clock_ms();
	int rc;

	if (left <= 0)
		return folders_list(l, NULL, err);
	if (!w->mailbox || watch_ensure_selected(l, w->mailbox, &said) != 0) {
		if (said.kind != ERR_NONE && watch_outcome(l, -1, &said, err) != 0)
			return -1;
		MEM_FREE(w->mailbox);
		l->held = lane_next(l, (int)left);
		return l->held || l->quit
			       ? 0
			       : watch_outcome(l, imap_noop(w->im, &news, &said), &said, err);
	}
	rc = imap_idle(
		w->im, queue_fd(l->jobs), left < IDLE_MS ? (int)left : IDLE_MS, &news, &said);
	if (rc == 0 && (news.exists || news.expunged || news.flags))
		lane_post(l, watch_result(RESULT_NEWS, w->folder, w->sel.uidvalidity));
	return watch_outcome(l, rc, &said, err);
}

const struct driver driver_watch = {
	.name = "IMAP",
	.eager = true,
	.open = watch_open,
	.close = watch_close,
	.job = watch_job,
	.busy = fill_busy,
	.work = fill_work,
	.idle = watch_idle,
	.end = watch_end,
};
