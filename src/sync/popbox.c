/*
 * The POP3 driver of the main lane: one session per job. The driver lists; the store, which knows
 * what is here already, answers with a plan; messages are handed over; only when the store says
 * that they are durable are the deletions of the plan made and QUIT sent (RFC 1939: QUIT commits
 * them).
 */
#include "base/i18n.h"
#include "base/mem.h"
#include "net/pop3.h"
#include "sync/lane.h"

#include <stdlib.h>
#include <string.h>

enum { STORE_ANSWERS_MS = 600000, MESSAGE_MAX = 256 << 20 };

static int popbox_open(struct lane_thread *l, struct err *err)
{
	struct net_server server;
	struct net_options options;
	struct net_login login;
	struct pop3 *p;

	if (lane_login(l, &login, &server, &options, l->account->pop3, err) != 0)
		return -1;
	if (pop3_open(&p, &server, &options, &login, l->cancel, err) != 0)
		return -1;
	l->state = p;
	return 0;
}

static void popbox_close(struct lane_thread *l, bool polite)
{
	if (polite && l->state)
		pop3_quit(l->state, NULL);
	pop3_free(l->state);
	l->state = NULL;
}

/* What of the server's list was left out. */
static void tell_left_out(struct lane_thread *l, const struct pop3_list *list)
{
	struct str text = STR_INIT;
	struct result *r;

	if (list->odd)
		str_addf(&text,
			ngettext("%zu line of the POP3 server's list cannot be understood",
				"%zu lines of the POP3 server's list cannot be understood",
				list->odd),
			list->odd);
	if (list->over)
		str_addf(&text,
			_("%sThe mailbox has more than 2,000,000 messages: those above are left "
			  "alone"),
			text.len ? "; " : "");
	if (!text.len)
		return;
	r = result_new(RESULT_ALERT);
	r->text = str_steal(&text);
	lane_post(l, r);
}

static int post_list(struct lane_thread *l, const struct job *j, struct err *err)
{
	struct pop3_list list = {0};
	struct result *r;

	if (pop3_list(l->state, &list, err) != 0)
		return -1;
	r = result_new(RESULT_POP3_LISTED);
	r->request = j->request;
	r->can_uidl = pop3_can(l->state) & POP3_UIDL;
	r->can_top = pop3_can(l->state) & POP3_TOP;
	r->entries = mem_array(list.n, sizeof(*r->entries));
	r->n = list.n;
	for (size_t i = 0; i < list.n; i++) {
		r->entries[i].number = list.v[i].number;
		r->entries[i].size =
			list.v[i].size > UINT32_MAX ? UINT32_MAX : (uint32_t)list.v[i].size;
		memcpy(r->entries[i].uidl, list.v[i].uidl, sizeof(r->entries[i].uidl));
	}
	tell_left_out(l, &list);
	pop3_list_done(&list);
	lane_post(l, r);
	return 0;
}

/* The store's next word in this conversation; other jobs that come between are told to wait. */
static struct job *answer(struct lane_thread *l, enum job_kind kind, struct err *err)
{
	struct job *j;

	while ((j = lane_next_word(l, STORE_ANSWERS_MS))) {
		if (j->kind == kind)
			return j;
		if (j->kind == JOB_POP3_STOP) {
			job_free(j);
			break;
		}
		lane_fail(l, j, &(struct err){ERR_BUSY, "A POP3 session is running"});
		job_free(j);
	}
	err_set(err, ERR_CANCELLED, _("Cancelled"));
	return NULL;
}

struct hand_over {
	struct lane_thread *lane;
	enum result_kind kind;
	bool stopped;
	uint32_t *refused; /* owned; TOP was: these come whole */
	size_t nrefused, cap_refused;
};

static void hand(void *ctx, uint32_t number, struct str *message, const struct err *err)
{
	struct hand_over *h = ctx;
	struct result *r = result_new(h->kind);

	r->number = number;
	if (err)
		r->err = *err;
	if (message) {
		r->bytes = *message;
		*message = (struct str)STR_INIT;
	}
	lane_post(h->lane, r);
}

/* A server that knows no TOP, or not for this message, is asked for all of it. */
static void hand_part(void *ctx, uint32_t number, struct str *message, const struct err *err)
{
	struct hand_over *h = ctx;

	if (!err) {
		hand(ctx, number, message, NULL);
		return;
	}
	h->refused = mem_grow(h->refused, &h->cap_refused, h->nrefused + 1, sizeof(*h->refused));
	h->refused[h->nrefused++] = number;
}

static bool stop(void *ctx)
{
	struct hand_over *h = ctx;
	struct job *j = h->stopped ? NULL : lane_next_word(h->lane, 0);

	if (j && j->kind == JOB_POP3_STOP)
		h->stopped = true;
	else if (j)
		lane_fail(h->lane, j, &(struct err){ERR_BUSY, "A POP3 session is running"});
	job_free(j);
	return h->stopped || net_cancel_asked(h->lane->cancel);
}

static int look_at_headers(struct lane_thread *l, const struct pop3_plan *plan, struct err *err)
{
	struct hand_over h = {.lane = l, .kind = RESULT_POP3_HEADER};

	return plan->ntop ? pop3_top(l->state, plan->top, plan->ntop, 0, hand, stop, &h, err) : 0;
}

static int fetch_whole(struct hand_over *h, const uint32_t *numbers, size_t n, struct err *err)
{
	h->kind = RESULT_POP3_MESSAGE;
	return n ? pop3_retr(h->lane->state, numbers, n, MESSAGE_MAX, hand, stop, h, err) : 0;
}

static int fetch(struct lane_thread *l, const struct pop3_plan *plan, struct err *err)
{
	struct hand_over h = {.lane = l};
	int rc = fetch_whole(&h, plan->retr, plan->nretr, err);

	h.kind = RESULT_POP3_PART;
	if (rc == 0 && plan->npart)
		rc = pop3_top(
			l->state, plan->part, plan->npart, plan->lines, hand_part, stop, &h, err);
	if (rc == 0)
		rc = fetch_whole(&h, h.refused, h.nrefused, err);
	free(h.refused);
	return rc;
}

static void say_fetched(struct lane_thread *l, const struct err *err)
{
	struct result *r = result_new(RESULT_POP3_FETCHED);

	r->err = *err;
	lane_post(l, r);
}

/* The ACK says which messages may go now: all that is durable here and due by pop3-keep. */
static int delete_and_quit(
	struct lane_thread *l, const struct pop3_plan *plan, struct result *done, struct err *err)
{
	bool *gone = mem_array(plan->ndele, sizeof(*gone));
	int rc = pop3_dele_many(l->state, plan->dele, plan->ndele, gone, err);

	if (rc == 0)
		rc = pop3_quit(l->state, err);
	if (rc == 0) {
		/* What was refused stays known, and is tried again next time. */
		done->uids = mem_array(plan->ndele, sizeof(*done->uids));
		for (size_t i = 0; i < plan->ndele; i++)
			if (gone[i])
				done->uids[done->n++] = plan->dele[i];
	}
	free(gone);
	return rc;
}

/* Rounds of plan and fetch until the store has what it wants, then the end. */
static int converse(struct lane_thread *l, struct result *done, struct err *err)
{
	struct err broke = {0};
	struct job *j = answer(l, JOB_POP3_PLAN, err);
	int rc;

	if (j && j->plan.ntop) {
		if (look_at_headers(l, &j->plan, err) != 0) {
			job_free(j);
			return -1;
		}
		job_free(j);
		say_fetched(l, &broke);
		j = answer(l, JOB_POP3_PLAN, err);
	}
	if (!j)
		return -1;
	fetch(l, &j->plan, &broke);
	job_free(j);
	say_fetched(l, &broke);
	j = answer(l, JOB_POP3_ACK, err);
	if (!j)
		return -1;
	/* What broke off is fetched next time; nothing is deleted over a broken connection. */
	if (broke.kind != ERR_NONE) {
		*err = broke;
		rc = -1;
	} else {
		rc = delete_and_quit(l, &j->plan, done, err);
	}
	job_free(j);
	return rc;
}

static int popbox_job(struct lane_thread *l, struct job *j, struct err *err)
{
	struct result *done;
	struct err said = {0};
	int rc;

	if (j->kind != JOB_POP3) {
		lane_fail(l, j, &(struct err){ERR_INPUT, "POP3 has only an inbox"});
		return 0;
	}
	done = result_new(RESULT_POP3_DONE);
	done->request = j->request;
	rc = post_list(l, j, &said);
	if (rc == 0)
		rc = converse(l, done, &said);
	if (rc != 0)
		done->err = said;
	lane_post(l, done);
	pop3_free(l->state);
	l->state = NULL;
	/* The session is over either way; only a broken one is told as a lost connection. */
	if (rc != 0 && (said.kind != ERR_CANCELLED || l->quit || net_cancel_asked(l->cancel)))
		*err = said;
	else
		err_set(err, ERR_NONE, "session over");
	return -1;
}

static int popbox_idle(struct lane_thread *l, struct err *err)
{
	l->held = lane_next(l, 1000);
	return l->held || l->quit ? 0 : err_set(err, ERR_NONE, "nothing asked");
}

const struct driver driver_popbox = {
	.name = "POP3",
	.open = popbox_open,
	.close = popbox_close,
	.job = popbox_job,
	.idle = popbox_idle,
};
