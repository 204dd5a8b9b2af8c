#include "sync/lane.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "net/imap.h"
#include "sync/retry.h"

#include <stdlib.h>
#include <string.h>

/* Cancelled, and not for good. sync_wake sets the flag first and cancels then, and this thread may
 * have answered the flag in between. */
static bool is_woken(struct lane_thread *l)
{
	return !atomic_load(&l->ending) && (atomic_load(&l->waking) || net_cancel_asked(l->cancel));
}

/* "Stopped" would be a riddle to whoever asked: it was not the user. */
static void explain(struct lane_thread *l, struct err *err)
{
	if (err->kind == ERR_CANCELLED && is_woken(l))
		err_set(err, ERR_NETWORK, _("Connecting again after a sleep of the computer"));
}

void lane_post(struct lane_thread *l, struct result *r)
{
	explain(l, &r->err);
	r->generation = l->generation;
	r->account = l->index;
	r->lane = l->lane;
	if (r->err.kind == ERR_NONE &&
		((r->kind == RESULT_SUMMARIES && r->summaries.n) || r->kind == RESULT_BODY ||
			r->kind == RESULT_OP || r->kind == RESULT_POP3_MESSAGE ||
			r->kind == RESULT_POP3_PART))
		l->useful = true;
	queue_push(l->results, &r->item);
}

static void post_state(struct lane_thread *l, struct result_state what, const struct err *err)
{
	struct result *r = result_new(RESULT_STATE);

	r->state = what;
	if (err)
		r->err = *err;
	log_line(2, "%s %s: state %d %s", l->account->name, protocol_row(l->driver->protocol)->name,
		what.state, err ? err->text : "");
	lane_post(l, r);
}

static void lane_state(
	struct lane_thread *l, enum sync_state state, const struct err *err, size_t retry_ms)
{
	post_state(l, (struct result_state){.state = state, .retry_ms = retry_ms}, err);
}

/* What ends a job. The others are for the lane, or words of a conversation that is over. */
static const enum result_kind final[JOB_KINDS] = {
	[JOB_LIST] = RESULT_FOLDERS,
	[JOB_SYNC] = RESULT_SYNCED,
	[JOB_OP] = RESULT_OP,
	[JOB_MAILBOX] = RESULT_MAILBOX,
	[JOB_BODY] = RESULT_BODY_DONE,
	[JOB_SEARCH] = RESULT_FOUND,
	[JOB_POP3] = RESULT_POP3_DONE,
	[JOB_SEND] = RESULT_SENT,
	[JOB_CHECK] = RESULT_CHECKED,
};

static void fail(struct lane_thread *l, const struct job *j, const struct err *err, bool unbegun)
{
	struct result *r;

	if (!final[j->kind])
		return;
	r = result_new(final[j->kind]);
	r->request = j->request;
	r->err = *err;
	r->folder = mem_strdup(j->folder);
	if (j->kind == JOB_BODY) {
		r->body_done.uid = j->body.uid;
		r->uidvalidity = j->body.uidvalidity;
	} else if (j->kind == JOB_SEND) {
		r->sent.id = mem_strdup(j->send.id);
		r->sent.outcome = SEND_NOT;
	} else if (j->kind == JOB_OP) {
		r->op.id = j->op.what->id;
	}
	r->unbegun = unbegun;
	lane_post(l, r);
}

void lane_fail(struct lane_thread *l, const struct job *j, const struct err *err)
{
	fail(l, j, err, false);
}

void lane_put_off(struct lane_thread *l, const struct job *j, const struct err *err)
{
	fail(l, j, err, true);
}

/* True when the job was for the lane itself. */
static bool control(struct lane_thread *l, struct job *j)
{
	switch (j->kind) {
	case JOB_QUIT:
		l->quit = true;
		return true;
	case JOB_RETRY:
		l->retry = true;
		return true;
	case JOB_AWAKE:
		l->retry |= !l->stuck;
		return true;
	case JOB_CANCEL:
		l->cancelled[l->ncancelled++ % CANCELLED] = j->cancel.what;
		return true;
	case JOB_PASSWORD:
		/* Who gives none is not asked again before a key says so. */
		if (!j->password.secret)
			return true;
		mem_free_secret(l->password);
		l->password = j->password.secret;
		j->password.secret = NULL;
		l->retry = true;
		return true;
	default:
		return false;
	}
}

static bool is_urgent(const struct job *j)
{
	return j->kind == JOB_BODY && j->body.urgent;
}

/* Takes what is for the lane itself. It stands in front of all else, but for what came in front of
 * it since. */
static void take_controls(struct lane_thread *l)
{
	struct job **urgent = NULL, *j;
	size_t n = 0, cap = 0;

	while ((j = (struct job *)queue_pop(l->jobs))) {
		if (control(l, j)) {
			job_free(j);
			continue;
		}
		urgent = mem_grow(urgent, &cap, n + 1, sizeof(struct job *));
		urgent[n++] = j;
		if (!is_urgent(j))
			break;
	}
	while (n)
		queue_push_front(l->jobs, &urgent[--n]->item);
	free(urgent);
}

/* What can be cancelled has a number of its own; 0: it cannot. */
static unsigned number_of(const struct job *j)
{
	bool can = j && (j->kind == JOB_BODY || j->kind == JOB_SEARCH || j->kind == JOB_POP3 ||
				j->kind == JOB_SEND);

	return can ? j->request : 0;
}

void lane_begin(struct lane_thread *l, const struct job *j)
{
	net_cancel_task(l->cancel, number_of(j));
}

static bool is_cancelled(const struct lane_thread *l, const struct job *j)
{
	unsigned number = number_of(j);

	for (size_t i = 0; number && i < CANCELLED && i < l->ncancelled; i++)
		if (l->cancelled[i] == number)
			return true;
	return false;
}

bool lane_is_cancelled(struct lane_thread *l, const struct job *j)
{
	take_controls(l);
	return is_cancelled(l, j);
}

/* One that was not begun, and need not be. */
static void drop_cancelled(struct lane_thread *l, struct job *j)
{
	struct err err;

	err_set(&err, ERR_CANCELLED, _("Cancelled"));
	lane_put_off(l, j, &err);
	job_free(j);
}

struct job *lane_next_urgent(struct lane_thread *l)
{
	struct job *j;

	take_controls(l);
	j = (struct job *)queue_pop(l->jobs);
	if (!j || is_urgent(j))
		return j;
	queue_push_front(l->jobs, &j->item);
	return NULL;
}

static struct job *next(struct lane_thread *l, int timeout_ms, bool talking)
{
	int64_t end = timeout_ms < 0 ? 0 : clock_ms() + timeout_ms;

	while (!l->quit) {
		int64_t left = timeout_ms < 0 ? -1 : end - clock_ms();
		struct job *j = (struct job *)queue_wait(
			l->jobs, left < 0 && timeout_ms >= 0 ? 0 : (int)left);

		if (!j)
			return NULL;
		if (is_cancelled(l, j)) {
			drop_cancelled(l, j);
			continue;
		}
		if (!control(l, j))
			return j;
		job_free(j);
		if (l->retry && !talking)
			return NULL;
	}
	return NULL;
}

/* What was taken from the queue before; NULL: nothing was, or nobody waits for it any more. */
static struct job *take_held(struct lane_thread *l)
{
	struct job *j = l->held;

	l->held = NULL;
	if (j && lane_is_cancelled(l, j)) {
		drop_cancelled(l, j);
		return NULL;
	}
	return j;
}

struct job *lane_next(struct lane_thread *l, int timeout_ms)
{
	struct job *j = take_held(l);

	return j ? j : next(l, timeout_ms, false);
}

struct job *lane_next_word(struct lane_thread *l, int timeout_ms)
{
	return next(l, timeout_ms, true);
}

struct job *lane_answer(struct lane_thread *l, enum job_kind kind, int timeout_ms)
{
	int64_t end = clock_ms() + timeout_ms;
	struct job **others = NULL, *j;
	size_t n = 0, cap = 0;

	for (;;) {
		int64_t left = end - clock_ms();

		j = next(l, left > 0 ? (int)left : 0, true);
		if (!j || j->kind == kind)
			break;
		others = mem_grow(others, &cap, n + 1, sizeof(*others));
		others[n++] = j;
	}
	while (n)
		queue_push_front(l->jobs, &others[--n]->item);
	free(others);
	return j;
}

/* The first line of what the user's own password command prints. */
static char *password_from(struct lane_thread *l, struct err *err)
{
	const struct account_settings *a = l->account;
	const char *shell[] = {"/bin/sh", "-c", a->password, NULL};
	const char *tool[] = {
		"secret-tool", "lookup", "service", "talaria", "account", a->name, NULL};
	struct str out = STR_INIT;
	struct run_limits limits = {
		.timeout_ms = 120000, .max_output = 65536, .cancel_fd = net_cancel_fd(l->cancel)};
	struct err why = {0};

	if (run_capture(a->password_kind == PASSWORD_COMMAND ? shell : tool, &limits, &out, &why) !=
		0) {
		str_done(&out);
		err_set(err, why.kind == ERR_CANCELLED ? ERR_CANCELLED : ERR_AUTH,
			_("No password for account %s: %s"), a->name, why.text);
		return NULL;
	}
	str_cut(&out, strcspn(str_c(&out), "\r\n"));
	return str_steal(&out);
}

static int ask_password(struct lane_thread *l, struct err *err)
{
	lane_post(l, result_new(RESULT_PASSWORD));
	return err_set(err, ERR_AUTH, _("Account %s needs its password"), l->account->name);
}

int lane_await_password(struct lane_thread *l, struct err *err)
{
	bool answered = l->password || l->account->password_kind != PASSWORD_ASK;

	if (!answered)
		ask_password(l, err);
	while (!answered && !l->quit) {
		struct job *j = (struct job *)queue_wait(l->jobs, -1);

		answered = j->kind == JOB_PASSWORD;
		control(l, j);
		job_free(j);
	}
	if (!l->password && l->account->password_kind == PASSWORD_ASK)
		return -1;
	*err = (struct err){0};
	return 0;
}

static const char *password(struct lane_thread *l, struct err *err)
{
	if (l->password)
		return l->password;
	l->fresh = true;
	if (l->account->password_kind == PASSWORD_PLAIN)
		l->password = mem_strdup(l->account->password);
	else if (l->account->password_kind == PASSWORD_COMMAND ||
		 l->account->password_kind == PASSWORD_KEYRING)
		l->password = password_from(l, err);
	else
		ask_password(l, err);
	return l->password;
}

int lane_login(struct lane_thread *l, enum protocol protocol, struct net_login *login,
	struct net_server *server, struct net_options *options, struct err *err)
{
	const struct account_settings *a = l->account;
	const char *url = a->urls[protocol];

	if (!*url)
		return err_set(err, ERR_INPUT,
			_("Account %s has no %s server in the configuration"), a->name,
			protocol_row(protocol)->name);
	if (net_server_parse(server, url, err) != 0)
		return -1;
	*options = (struct net_options){.tls_ca = *a->tls_ca ? a->tls_ca : NULL,
		.tls_pin = *a->tls_pin ? a->tls_pin : NULL,
		.no_compress = !a->compress};
	*login = (struct net_login){.user = server->user, .mechanism = *a->auth ? a->auth : NULL};
	/* A relay without a user name in its URL wants no login. */
	if (!*server->user)
		return 0;
	login->secret = password(l, err);
	return login->secret ? 0 : -1;
}

/* The mailbox of the next job. Where it is compared by QRESYNC, its answer must be asked for in the
 * same way as compare.c will. */
static const char *first_mailbox(void *ctx, struct imap_known *known)
{
	struct lane_thread *l = ctx;
	const struct job *j;

	if (!l->held)
		l->held = lane_next(l, 0);
	j = l->held;
	if (!j || (j->kind != JOB_SYNC && j->kind != JOB_BODY))
		return NULL;
	if (j->kind == JOB_SYNC && j->sync.known.n && j->sync.known.meta.complete)
		*known = (struct imap_known){
			j->sync.known.meta.uidvalidity, j->sync.known.meta.highestmodseq};
	return j->mailbox;
}

int lane_open_imap(struct lane_thread *l, struct imap **out, const struct net_server *server,
	const struct net_options *options, const struct net_login *login, bool *patient,
	struct err *err)
{
	struct imap_first first = {.ask = first_mailbox, .ctx = l, .patient = *patient};
	int rc = imap_open_for(out, server, options, login, &first, l->cancel, err);

	if (rc != 0 && (err->kind == ERR_NETWORK || err->kind == ERR_PROTOCOL))
		*patient = true;
	return rc;
}

static int random_pause(unsigned attempt)
{
	unsigned char r;

	hash_random(&r, 1);
	return retry_pause(attempt, r);
}

static void fail_waiting(struct lane_thread *l, const struct err *err)
{
	struct job *j;

	while ((j = l->held ? l->held : (struct job *)queue_pop(l->jobs))) {
		l->held = NULL;
		if (!control(l, j))
			lane_put_off(l, j, err);
		job_free(j);
	}
}

/* Not connected and not able to: answers jobs with the reason until it is time to try again. */
static void wait_to_retry(struct lane_thread *l, const struct err *err, unsigned attempt)
{
	bool stuck = retry_is_vain(err->kind);
	int pause = random_pause(attempt);
	int64_t end = clock_ms() + pause;

	l->retry = false;
	l->stuck = stuck;
	/* First the answers: who sees the state and asks again must not get one meant for before.
	 */
	fail_waiting(l, err);
	lane_state(l, stuck ? SYNC_FAILED : SYNC_WAITING, err, (size_t)pause);
	while (!l->quit && !l->retry) {
		int64_t left = end - clock_ms();
		struct job *j;

		if (!stuck && left <= 0)
			break;
		j = lane_next(l, stuck ? -1 : (int)left);
		if (!j)
			continue;
		/* A lane that connects on demand tries again for a new job: the user asked. */
		if (!l->driver->eager && !stuck) {
			l->held = j;
			break;
		}
		lane_put_off(l, j, err);
		job_free(j);
	}
	l->stuck = false;
}

/*
 * A login that was refused, or a password that could not be had, must not be tried again with the
 * same secret. Who typed it is asked once more. True when the user's own command may know a newer
 * one: tokens live an hour.
 */
static bool forget_password(struct lane_thread *l, const struct err *err)
{
	bool command = l->account->password_kind == PASSWORD_COMMAND ||
		       l->account->password_kind == PASSWORD_KEYRING;
	bool renew = l->password && command && !l->fresh;

	if (err->kind != ERR_AUTH)
		return false;
	if (l->password && l->account->password_kind == PASSWORD_ASK)
		lane_post(l, result_new(RESULT_PASSWORD));
	mem_free_secret(l->password);
	l->password = NULL;
	return renew;
}

/* From here on a cancel is meant again. One for good may be undone here; who asked for it has said
 * so before, and has left its job in the queue. */
static void end_waking(struct lane_thread *l)
{
	atomic_store(&l->waking, false);
	net_cancel_again(l->cancel);
	if (atomic_load(&l->ending))
		l->quit = true;
	if (!l->quit)
		take_controls(l);
}

static bool connect_lane(struct lane_thread *l, unsigned *attempt)
{
	struct err err = {0};
	int rc;

	if (is_woken(l))
		end_waking(l);
	/* One that was cancelled would end each attempt that is made with it. */
	l->held = take_held(l);
	if (l->quit)
		return false;
	lane_state(l, SYNC_CONNECTING, NULL, 0);
	l->retry = l->fresh = false;
	lane_begin(l, l->held);
	rc = l->driver->open(l, &err);
	lane_begin(l, NULL);
	if (rc == 0) {
		l->connected = true;
		l->useful = false;
		pace_begin(&l->pace);
		lane_state(l, SYNC_ONLINE, NULL, 0);
		return true;
	}
	if (forget_password(l, &err) || is_woken(l))
		return false;
	if (net_cancel_asked(l->cancel))
		l->quit = true; /* the job that says so is still in the queue */
	if (!l->quit && err.kind != ERR_CANCELLED)
		wait_to_retry(l, &err, ++*attempt);
	return false;
}

static enum went do_job(struct lane_thread *l, struct job *j, struct err *err)
{
	enum went w;

	lane_begin(l, j);
	w = l->driver->job(l, j, err);
	if (w == WENT_AGAIN)
		l->held = j;
	else
		job_free(j);
	return w;
}

static enum went step(struct lane_thread *l, struct err *err)
{
	struct job *j;

	if (is_woken(l)) {
		err_set(err, ERR_CANCELLED, "awake");
		return WENT_DEAD;
	}
	j = lane_next(l, 0);
	if (j)
		return do_job(l, j, err);
	if (l->quit)
		return WENT_ON;
	l->retry = false;
	if (l->driver->busy && l->driver->busy(l))
		return l->driver->work(l, err);
	return l->driver->idle ? l->driver->idle(l, err) : WENT_THROUGH;
}

static void disconnect(struct lane_thread *l)
{
	l->driver->close(l, true);
	l->connected = false;
}

/* Jobs of a broken connection are answered before the next one is told of: nobody acts on stale
 * ones. Where each job stands for itself, or only one was cancelled, they are a reason to connect
 * again. */
static void lose_connection(struct lane_thread *l, const struct err *err, bool cut)
{
	l->driver->close(l, false);
	l->connected = false;
	if (l->quit)
		return;
	if (l->driver->eager && !cut)
		fail_waiting(l, err);
	post_state(l, (struct result_state){.state = SYNC_OFFLINE, .cut = cut}, err);
}

/* Waits for something to do without a connection. */
static bool has_reason_to_connect(struct lane_thread *l)
{
	struct job *j;

	if (l->driver->eager)
		return true;
	j = lane_next(l, -1);
	if (j && j->kind == JOB_CHECK) {
		check_run(l, j);
		job_free(j);
		return false;
	}
	l->held = j;
	return j != NULL;
}

void *lane_main(void *arg)
{
	struct lane_thread *l = arg;
	unsigned attempt = 0;
	int64_t since = 0;

	while (!l->quit) {
		struct err err = {0};
		enum went w;
		bool cut;

		if (!l->connected) {
			if (!has_reason_to_connect(l) || l->quit || !connect_lane(l, &attempt))
				continue;
			since = clock_ms();
		}
		w = step(l, &err);
		cut = net_cancel_is_hurried(l->cancel);
		lane_begin(l, NULL);
		if (w == WENT_ON)
			continue;
		if (w == WENT_THROUGH) {
			attempt = 0;
			disconnect(l);
			continue;
		}
		if (cut)
			err_set(&err, ERR_NETWORK,
				_("Connecting again, for what was under way was cancelled"));
		else
			attempt =
				retry_after(attempt, l->useful || is_woken(l), clock_ms() - since);
		explain(l, &err);
		lose_connection(l, &err, cut);
		if (attempt && !cut && l->driver->eager && !l->quit)
			wait_to_retry(l, &err, attempt);
	}
	if (l->connected)
		l->driver->close(l, false);
	if (l->driver->end)
		l->driver->end(l);
	job_free(l->held); /* taken from the queue in the very moment of the end */
	l->held = NULL;
	return NULL;
}
