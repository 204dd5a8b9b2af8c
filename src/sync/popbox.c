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

	if (lane_login(l, l->driver->protocol, &login, &server, &options, err) != 0)
		return -1;
	if (pop3_open(&p, &server, &options, &login, l->cancel, err) != 0)
		return -1;
	l->state = p;
	return 0;
}

/* A session that is through has said QUIT. */
static void popbox_close(struct lane_thread *l, bool polite)
{
	(void)polite;
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
	r->alert.text = str_steal(&text);
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
	r->listed.can_uidl = pop3_can(l->state) & POP3_UIDL;
	r->listed.can_top = pop3_can(l->state) & POP3_TOP;
	r->listed.v = mem_array(list.n, sizeof(*r->listed.v));
	r->listed.n = list.n;
	for (size_t i = 0; i < list.n; i++) {
		r->listed.v[i].number = list.v[i].number;
		r->listed.v[i].size =
			list.v[i].size > UINT32_MAX ? UINT32_MAX : (uint32_t)list.v[i].size;
		memcpy(r->listed.v[i].uidl, list.v[i].uidl, sizeof(r->listed.v[i].uidl));
	}
	tell_left_out(l, &list);
	pop3_list_done(&list);
	lane_post(l, r);
	return 0;
}

/* The store's next word in this conversation; any but the awaited one ends it. */
static struct job *answer(struct lane_thread *l, enum job_kind kind, struct err *err)
{
	struct job *j = lane_next_word(l, STORE_ANSWERS_MS);

	if (j && j->kind == kind)
		return j;
	job_free(j);
	err_set(err, ERR_CANCELLED, _("Cancelled"));
	return NULL;
}

struct hand_over {
	struct lane_thread *lane;
	const struct job *job; /* the session */
	enum result_kind kind;
	const uint32_t *asked; /* borrowed; of these so many were answered */
	size_t nasked, given;
	uint32_t *refused; /* owned; TOP was: these come whole */
	size_t nrefused, cap_refused;
};

static void hand(void *ctx, uint32_t number, struct str *message, const struct err *err)
{
	struct hand_over *h = ctx;
	struct result *r = result_new(h->kind);

	h->given++;
	r->message.number = number;
	if (err)
		r->err = *err;
	if (message) {
		r->message.bytes = *message;
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
	h->given++;
	h->refused = mem_grow(h->refused, &h->cap_refused, h->nrefused + 1, sizeof(*h->refused));
	h->refused[h->nrefused++] = number;
}

/* What came is kept; of the rest nobody wants more. */
static bool stop(void *ctx)
{
	struct hand_over *h = ctx;

	return lane_is_cancelled(h->lane, h->job) || net_cancel_asked(h->lane->cancel);
}

/* Answers come in order: the message that was awaited when they ended; 0: none. */
static uint32_t awaited(const struct hand_over *h)
{
	return h->given < h->nasked ? h->asked[h->given] : 0;
}

static void begin(struct hand_over *h, enum result_kind kind, const uint32_t *numbers, size_t n)
{
	h->kind = kind;
	h->asked = numbers;
	h->nasked = n;
	h->given = 0;
}

static int fetch_tops(struct hand_over *h, enum result_kind kind, const uint32_t *numbers, size_t n,
	uint32_t lines, struct err *err)
{
	pop3_message_fn *each = kind == RESULT_POP3_HEADER ? hand : hand_part;

	begin(h, kind, numbers, n);
	return n ? pop3_top(h->lane->state, numbers, n, lines, each, stop, h, err) : 0;
}

static int fetch_whole(struct hand_over *h, const uint32_t *numbers, size_t n, struct err *err)
{
	begin(h, RESULT_POP3_MESSAGE, numbers, n);
	return n ? pop3_retr(h->lane->state, numbers, n, MESSAGE_MAX, hand, stop, h, err) : 0;
}

static int fetch(struct hand_over *h, const struct job_pop3_plan *plan, struct err *err)
{
	int rc = fetch_whole(h, plan->retr, plan->nretr, err);

	if (rc == 0)
		rc = fetch_tops(h, RESULT_POP3_PART, plan->part, plan->npart, plan->lines, err);
	if (rc == 0)
		rc = fetch_whole(h, h->refused, h->nrefused, err);
	if (rc == 0)
		rc = fetch_whole(h, plan->last, plan->nlast, err);
	return rc;
}

/* What breaks when nobody wants it any more is no break: a session that goes on would be one. */
static void explain(struct lane_thread *l, const struct job *session, struct err *err)
{
	if (err->kind != ERR_NONE && lane_is_cancelled(l, session))
		err_set(err, ERR_CANCELLED, _("Cancelled"));
}

static void say_fetched(struct hand_over *h, struct err *err)
{
	struct result *r = result_new(RESULT_POP3_FETCHED);

	explain(h->lane, h->job, err);
	r->err = *err;
	r->fetched.awaited = err->kind == ERR_NONE ? 0 : awaited(h);
	lane_post(h->lane, r);
}

/* The ACK says which messages may go now: all that is durable here and due by pop3-keep. */
static int delete_and_quit(struct lane_thread *l, const struct job_pop3_ack *ack,
	struct result_session *done, struct err *err)
{
	bool *gone = mem_array(ack->n, sizeof(*gone));
	int rc = pop3_dele_many(l->state, ack->dele, ack->n, gone, err);

	if (rc == 0)
		rc = pop3_quit(l->state, err);
	if (rc == 0) {
		/* What was refused stays known, and is tried again next time. */
		done->deleted = mem_array(ack->n, sizeof(*done->deleted));
		for (size_t i = 0; i < ack->n; i++)
			if (gone[i])
				done->deleted[done->n++] = ack->dele[i];
	}
	free(gone);
	return rc;
}

/* Rounds of plan and fetch until the store has what it wants, then the end. */
static int converse(struct lane_thread *l, const struct job *session, struct result_session *done,
	struct err *err)
{
	struct hand_over h = {.lane = l, .job = session};
	struct err broke = {0};
	struct job *j = answer(l, JOB_POP3_PLAN, err);
	int rc;

	if (j && j->plan.ntop) {
		rc = fetch_tops(&h, RESULT_POP3_HEADER, j->plan.top, j->plan.ntop, 0, err);
		say_fetched(&h, err);
		job_free(j);
		if (rc != 0)
			return -1;
		j = answer(l, JOB_POP3_PLAN, err);
	}
	if (!j)
		return -1;
	fetch(&h, &j->plan, &broke);
	say_fetched(&h, &broke);
	free(h.refused);
	job_free(j);
	j = answer(l, JOB_POP3_ACK, err);
	if (!j)
		return -1;
	/* What broke off is fetched next time; nothing is deleted over a broken connection. */
	if (broke.kind != ERR_NONE) {
		*err = broke;
		rc = -1;
	} else {
		rc = delete_and_quit(l, &j->ack, done, err);
	}
	job_free(j);
	return rc;
}

static enum went popbox_job(struct lane_thread *l, struct job *j, struct err *err)
{
	struct result *done;
	struct err said = {0};
	int rc;

	if (j->kind != JOB_POP3) {
		lane_fail(l, j, &(struct err){ERR_INPUT, "POP3 has only an inbox"});
		return WENT_ON;
	}
	done = result_new(RESULT_POP3_DONE);
	done->request = j->request;
	rc = post_list(l, j, &said);
	if (rc == 0)
		rc = converse(l, j, &done->session, &said);
	explain(l, j, &said);
	if (rc != 0)
		done->err = said;
	lane_post(l, done);
	pop3_free(l->state);
	l->state = NULL;
	/* The session is over either way; only a broken one is told as a lost connection. */
	if (rc == 0 || (said.kind == ERR_CANCELLED && !l->quit && !net_cancel_asked(l->cancel)))
		return WENT_THROUGH;
	*err = said;
	return WENT_DEAD;
}

static int popbox_check(struct lane_thread *l, const struct net_server *server,
	const struct net_options *options, const struct net_login *login, struct str *out,
	struct err *err)
{
	struct pop3 *p;
	struct pop3_list list = {0};
	int rc;

	if (pop3_open(&p, server, options, login, l->cancel, err) != 0)
		return -1;
	pop3_describe(p, out);
	rc = pop3_list(p, &list, err);
	if (rc == 0) {
		str_addf(out,
			ngettext("%zu message on the server\n", "%zu messages on the server\n",
				list.n),
			list.n);
		pop3_quit(p, NULL);
	}
	pop3_list_done(&list);
	pop3_free(p);
	return rc;
}

const struct driver driver_popbox = {
	.protocol = PROTOCOL_POP3,
	.open = popbox_open,
	.close = popbox_close,
	.job = popbox_job,
	.check = popbox_check,
};
