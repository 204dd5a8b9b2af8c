/* The SMTP driver of the send lane: one connection for the mails that wait, closed when there are
 * no more. */
#include "base/i18n.h"
#include "base/mem.h"
#include "mime/build.h"
#include "net/smtp.h"
#include "sync/lane.h"

#include <stdlib.h>

enum { LINGER_MS = 3000, ANSWER_MS = 30000 };

static int submit_open(struct lane_thread *l, struct err *err)
{
	struct net_server server;
	struct net_options options;
	struct net_login login;
	struct smtp *smtp;

	if (lane_login(l, l->driver->protocol, &login, &server, &options, err) != 0)
		return -1;
	if (smtp_open(&smtp, &server, &options, &login, l->cancel, err) != 0)
		return -1;
	l->state = smtp;
	return 0;
}

static void submit_close(struct lane_thread *l, bool polite)
{
	/* At the end of the program too: whoever hangs up without a word is noted as a fault. */
	if (l->quit)
		net_cancel_again(l->cancel);
	smtp_quit(l->state, polite);
	l->state = NULL;
}

struct turn {
	struct lane_thread *lane;
	const struct job *job;
};

/* DATA is next: the store must have noted so durably, or a crash now could send the mail a second
 * time. */
static int ask_store(void *ctx)
{
	struct turn *t = ctx;
	struct result *r = result_new(RESULT_SEND_READY);
	struct job *j;
	bool go;

	r->request = t->job->request;
	r->send_ready.id = mem_strdup(t->job->send.id);
	lane_post(t->lane, r);
	/* A word about a mail that was cancelled is none about this one. */
	while ((j = lane_answer(t->lane, JOB_SEND_GO, ANSWER_MS)) && j->request != t->job->request)
		job_free(j);
	go = j && j->go.noted;
	job_free(j);
	return go ? 0 : -1;
}

static void tell_fates(struct result_sent *r, const struct smtp_recipient *to, size_t n)
{
	r->v = mem_array(n, sizeof(*r->v));
	for (size_t i = 0; i < n; i++)
		r->v[i] = (struct recipient_fate){
			mem_strdup(to[i].address), to[i].fate, mem_strdup(to[i].text)};
	r->n = n;
}

/* Relays close what is idle, with a 421 or without: a mail must not find out. */
static int be_connected(struct lane_thread *l, struct err *err)
{
	if (smtp_is_alive(l->state))
		return 0;
	smtp_free(l->state);
	l->state = NULL;
	return submit_open(l, err);
}

static enum went submit_job(struct lane_thread *l, struct job *j, struct err *err)
{
	size_t n = j->send.to.n;
	struct smtp_recipient *to;
	struct turn turn = {l, j};
	struct result *r;
	struct err said = {0};
	struct str ascii = STR_INIT;
	const struct str *mail = &j->send.bytes;
	enum send_outcome o;

	if (j->kind != JOB_SEND)
		return WENT_ON; /* a late answer */
	if (be_connected(l, err) != 0) {
		lane_fail(l, j, err);
		return WENT_DEAD;
	}
	to = mem_array(n, sizeof(*to));
	for (size_t i = 0; i < n; i++)
		to[i].address = j->send.to.v[i];
	/* One recipient's name must not keep the mail from the others. */
	if (!smtp_takes_utf8(l->state)) {
		build_ascii(&ascii, j->send.bytes.p, j->send.bytes.len);
		mail = &ascii;
	}
	o = smtp_send(
		l->state, j->send.from, to, n, str_c(mail), mail->len, ask_store, &turn, &said);
	str_done(&ascii);
	r = result_new(RESULT_SENT);
	r->sent.id = mem_strdup(j->send.id);
	r->request = j->request;
	r->sent.outcome = o;
	r->err = said;
	tell_fates(&r->sent, to, n);
	free(to);
	lane_post(l, r);
	if (o == SEND_ACCEPTED || said.kind == ERR_REFUSED || said.kind == ERR_AGAIN ||
		said.kind == ERR_INPUT)
		return WENT_ON; /* one that is dead is made anew for the next mail */
	*err = said;
	return WENT_DEAD;
}

/* Nothing more to send: leave politely, the next mail gets a new connection. */
static enum went submit_idle(struct lane_thread *l, struct err *err)
{
	(void)err;
	l->held = lane_next(l, LINGER_MS);
	if (l->held || l->quit || l->retry)
		return WENT_ON;
	return WENT_THROUGH;
}

static int submit_check(struct lane_thread *l, const struct net_server *server,
	const struct net_options *options, const struct net_login *login, struct str *out,
	struct err *err)
{
	struct smtp *s;

	if (smtp_open(&s, server, options, login, l->cancel, err) != 0)
		return -1;
	smtp_describe(s, out);
	smtp_quit(s, true);
	return 0;
}

const struct driver driver_submit = {
	.protocol = PROTOCOL_SMTP,
	.open = submit_open,
	.close = submit_close,
	.job = submit_job,
	.idle = submit_idle,
	.check = submit_check,
};
