/*
 * Sending: from the draft into the outbox, to the relay, and what became of the mail for each of
 * its recipients. One mail is one state for all of them; who has it is never asked again.
 */
#include "store/mail/submit.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/mail/account.h"
#include "store/mail/follow.h"
#include "store/mail/keepdraft.h"
#include "store/mail/lanes.h"
#include "store/mail/sentcopy.h"
#include "store/mail/write_priv.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 2000 };

enum {
	FRESH_S = 3 /* a directory changed so lately may change again without another stamp */
};

static void set_error(struct outbox_mail *m, const char *text)
{
	free(m->error);
	m->error = mem_strdup(text);
}

/* --- into the outbox --- */

static void add_recipients(struct outbox_mail *m, const struct addr_list *list)
{
	bool some =
		m->nto > 0; /* who has it already; else all are new, and ten thousand are many */

	for (size_t i = 0; i < list->n; i++) {
		if (some) {
			outbox_recipient(m, list->v[i].mail);
			continue;
		}
		m->to = mem_grow(m->to, &m->cap_to, m->nto + 1, sizeof(*m->to));
		m->to[m->nto++] = (struct outbox_recipient){
			.address = mem_strdup(list->v[i].mail), .words = mem_strdup("")};
	}
}

static bool anybody_asked(const struct outbox_mail *m)
{
	for (size_t i = 0; i < m->nto; i++)
		if (outbox_is_asked(&m->to[i]))
			return true;
	return false;
}

static int put_out(struct account *a, struct written *w, int64_t due, struct err *err)
{
	struct addr_list to = {0};
	struct draft d;
	int rc;

	written_read(w, &d);
	if (!*d.from)
		draft_set(&d.from, a->setup->settings->from);
	free(w->m.from);
	w->m.from = NULL;
	rc = draft_recipients(&d, &to, &w->m.from, err);
	if (rc == 0) {
		add_recipients(&w->m, &to);
		if (!anybody_asked(&w->m))
			rc = err_set(err, ERR_INPUT, _("Everybody has this message already"));
	}
	if (rc == 0) {
		w->m.state = OUTBOX_QUEUED;
		w->m.due = due;
		w->m.attempts = 0;
		w->m.unreached = false;
		set_error(&w->m, "");
		rc = written_save(a, w, &d, err);
	}
	/* The copy that sends may be quicker than our next look at the outbox. */
	if (rc == 0 && !lanes_are_open(a))
		follow_mail(a, &w->m);
	addr_list_done(&to);
	draft_done(&d);
	return rc;
}

/* Its copy in a folder of drafts goes, and that is noted. */
static void leave_drafts(struct account *a, struct outbox_mail *m)
{
	bool kept = m->kept.account;

	keepdraft_leave(a, m);
	/* Where that is not noted the copy is looked for once more, and is not there. */
	if (kept)
		outbox_update(a->outbox, m, NULL);
}

void submit_finish(struct account *a)
{
	struct strv ids = STRV_INIT;

	outbox_list(a->outbox, &ids, NULL); /* account_outbox tells why not */
	for (size_t i = 0; i < ids.n; i++) {
		struct outbox_mail m = {0};

		if (outbox_get(a->outbox, ids.v[i], &m, NULL) == 0 && m.kept.account)
			leave_drafts(a, &m);
		outbox_mail_done(&m);
	}
	strv_done(&ids);
	a->relay->copies_due = !sentcopy_finish(a);
}

int submit_send(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct written w;
	int rc;

	if (!*a->setup->settings->urls[PROTOCOL_SMTP])
		return err_set(err, ERR_INPUT,
			_("Account %s has no smtp line in the configuration; add: smtp "
			  "smtp://USER@HOST"),
			a->setup->settings->name);
	if (written_settle(a, r->send.id, err) != 0 || written_open(a, r->send.id, &w, err) != 0)
		return -1;
	rc = w.m.state == OUTBOX_DRAFT
		     ? put_out(a, &w, clock_now() + (int64_t)r->send.seconds, err)
		     : err_set(err, ERR_GONE, _("This message is in the outbox already"));
	if (rc == 0) {
		leave_drafts(a, &w.m);
		account_outbox(a);
		str_adds(said, lanes_are_open(a)
				       ? _("Sending")
				       : _("Waiting in the outbox until the account is online"));
		submit_next(a);
	}
	written_done(&w);
	return rc;
}

/* --- on the way --- */

/* Nothing is due and no file changed since the last look: the files need not be read. */
static bool nothing_new(struct account *a, int64_t now)
{
	uint64_t stamp = outbox_stamp(a->outbox);

	if (stamp && stamp == a->relay->stamp && now < a->relay->due)
		return true;
	/* Within one tick of the file system's clock two changes look like one. */
	a->relay->stamp = (int64_t)(stamp / 1000000000u) + FRESH_S < now ? stamp : 0;
	return false;
}

static bool next_to_send(struct account *a, struct outbox_mail *m)
{
	struct strv ids = STRV_INIT;
	bool found = false;
	int64_t now = clock_now();
	struct err err = {0};

	if (nothing_new(a, now))
		return false;
	a->relay->due = INT64_MAX;
	if (outbox_list(a->outbox, &ids, &err) != 0) {
		a->relay->stamp = 0;
		store_disk_notice(a, _("The outbox cannot be read: %s"), err.text);
	}
	for (size_t i = 0; i < ids.n && !found; i++) {
		if (outbox_get(a->outbox, ids.v[i], m, NULL) != 0)
			continue; /* account_outbox shows it as what cannot be read */
		found = m->state == OUTBOX_QUEUED && m->due <= now;
		if (m->state == OUTBOX_QUEUED && m->due < a->relay->due)
			a->relay->due = m->due;
		if (!found)
			outbox_mail_done(m);
	}
	strv_done(&ids);
	if (found)
		a->relay->stamp = 0; /* those behind it were not looked at */
	return found;
}

/* It cannot even be read. */
static void damaged(struct account *a, struct outbox_mail *m, const struct err *err)
{
	struct err why = {0};

	m->state = OUTBOX_FAILED;
	set_error(m, err->text);
	if (outbox_update(a->outbox, m, &why) != 0)
		store_disk_notice(
			a, _("What became of “%s” cannot be noted: %s"), m->subject, why.text);
	account_outbox(a);
}

static void forget_unnoted(struct account *a)
{
	if (a->relay->unnoted)
		outbox_mail_done(a->relay->unnoted);
	MEM_FREE(a->relay->unnoted);
}

/* Until it is noted, nothing goes out: a state that is out of date may send something twice. */
static bool note_again(struct account *a)
{
	struct err err = {0};

	if (a->relay->unnoted && outbox_update(a->outbox, a->relay->unnoted, &err) != 0 &&
		err.kind != ERR_GONE)
		return false;
	if (a->relay->unnoted) {
		forget_unnoted(a);
		a->relay->copies_due = true;
	}
	if (a->relay->copies_due)
		a->relay->copies_due = !sentcopy_finish(a);
	return true;
}

static void remember_unnoted(struct account *a, const struct outbox_mail *m)
{
	forget_unnoted(a);
	a->relay->unnoted = mem_alloc(sizeof(*a->relay->unnoted));
	outbox_mail_copy(a->relay->unnoted, m);
}

struct relay *submit_new(void)
{
	return mem_alloc(sizeof(struct relay));
}

void submit_forget(struct account *a)
{
	if (!a->relay)
		return;
	forget_unnoted(a);
	free(a->relay->sending);
	MEM_FREE(a->relay);
}

void submit_stop(struct account *a)
{
	MEM_FREE(a->relay->sending);
}

bool submit_is_sending(const struct account *a)
{
	return a->relay->sending != NULL;
}

void submit_next(struct account *a)
{
	struct outbox_mail m = {0};
	struct str bytes = STR_INIT;
	struct job *j;
	struct err err = {0};

	if (!lanes_are_open(a) || a->relay->sending || a->store->read_only || !note_again(a) ||
		!next_to_send(a, &m))
		return;
	if (outbox_read(a->outbox, m.id, &bytes, &err) != 0) {
		damaged(a, &m, &err);
	} else {
		j = job_new(JOB_SEND);
		letter_wire(bytes.p, bytes.len, &j->send.bytes);
		j->send.id = mem_strdup(m.id);
		j->send.from = mem_strdup(m.from);
		for (size_t i = 0; i < m.nto; i++)
			if (outbox_is_asked(&m.to[i]))
				strv_add(&j->send.to, m.to[i].address);
		a->relay->sending = mem_strdup(m.id);
		j->request = a->relay->job = ++a->store->next_job;
		lanes_post(a, LANE_SEND, j);
	}
	str_done(&bytes);
	outbox_mail_done(&m);
}

/* It is about the mail that is being sent, not about one that was taken back before. */
static bool is_awaited(const struct account *a, const struct result *r)
{
	return a->relay->sending && r->request == a->relay->job;
}

void submit_ready(struct account *a, struct result *r)
{
	struct outbox_mail m = {0};
	struct job *j = job_new(JOB_SEND_GO);

	j->request = r->request;
	if (is_awaited(a, r) && outbox_get(a->outbox, r->send_ready.id, &m, NULL) == 0) {
		if (m.state == OUTBOX_QUEUED) {
			m.state = OUTBOX_SENDING;
			/* the relay's lane answers that it could not be noted */
			j->go.noted = outbox_update(a->outbox, &m, NULL) == 0;
		}
		outbox_mail_done(&m);
	}
	lanes_post(a, LANE_SEND, j);
}

/* --- the relay's answer --- */

static int64_t retry_seconds(int attempts)
{
	static const int pauses[] = {30, 60, 300, 900, 1800, 3600};

	return pauses[attempts < 6 ? attempts : 5];
}

/* What of it stays when the session is over. */
static enum mail_fate fate_of(const struct result_sent *r, enum mail_fate fate)
{
	if (fate == FATE_ACCEPTED && r->outcome != SEND_ACCEPTED)
		return r->outcome == SEND_UNCONFIRMED ? FATE_UNCONFIRMED : FATE_UNASKED;
	/* no refusal: there are more than one mail takes */
	return fate == FATE_NEXT ? FATE_UNASKED : fate;
}

/* Both lists are in the same order. */
static void take_fates(struct outbox_mail *m, const struct result_sent *r)
{
	size_t k = 0;

	for (size_t i = 0; i < r->n; i++) {
		while (k < m->nto && strcmp(m->to[k].address, r->v[i].address) != 0)
			k++;
		if (k == m->nto)
			return;
		outbox_fate(&m->to[k++], fate_of(r, r->v[i].fate), r->v[i].text);
	}
}

/* "a@x: 550 5.1.1 No such user; b@x: ..." of those who do not have it. */
static void refusals(const struct outbox_mail *m, struct str *out)
{
	for (size_t i = 0; i < m->nto; i++)
		if (m->to[i].fate == FATE_LATER || m->to[i].fate == FATE_NEVER)
			str_addf(out, "%s%s: %s", out->len ? "; " : "", m->to[i].address,
				m->to[i].words);
}

/* A verdict of the whole mail holds until the person says otherwise; what was refused for now is
 * asked again by itself. */
static enum outbox_state state_after(const struct outbox_mail *m, const struct result *r)
{
	const struct err *err = &r->err;
	bool later = err_is_temporary(err->kind) || err->kind == ERR_CANCELLED ||
		     err->kind == ERR_AUTH || err->kind == ERR_CERT || err->kind == ERR_PROTOCOL ||
		     err->kind == ERR_SYSTEM;

	if (r->sent.outcome == SEND_UNCONFIRMED)
		return OUTBOX_UNCONFIRMED;
	if (r->sent.outcome == SEND_NOT && !later)
		return OUTBOX_FAILED;
	if (anybody_asked(m))
		return OUTBOX_QUEUED;
	return outbox_has(m, FATE_NEVER) ? OUTBOX_FAILED : OUTBOX_SENT;
}

static void tell(struct account *a, const struct outbox_mail *m, const struct err *err)
{
	struct store_event *ev = store_event_new(err ? STORE_SEND_FAILED : STORE_SENT);

	ev->account = a->index;
	if (err)
		ev->mail.err = *err;
	ev->mail.subject = mem_strdup(m->subject ? m->subject : "");
	ev->mail.id = mem_strdup(m->id);
	ev->mail.again = err && m->state == OUTBOX_QUEUED; /* it will be tried again */
	store_emit(a->store, ev);
}

/* Why it is still here: the refusals one by one when some have it, else what was said of it all. */
static void explain(struct outbox_mail *m, const struct result *r, struct err *why)
{
	size_t has_it = outbox_count_fate(m, FATE_ACCEPTED);
	struct str each = STR_INIT;

	refusals(m, &each);
	if (r->sent.outcome == SEND_UNCONFIRMED) {
		err_set(why, r->err.kind,
			_("It may have been sent: the connection broke before the relay answered "
			  "(%s). Look before you send it again"),
			r->err.text);
		set_error(m, why->text);
	} else if (r->sent.outcome == SEND_ACCEPTED || (has_it && each.len)) {
		err_set(why, m->state == OUTBOX_QUEUED ? ERR_AGAIN : ERR_REFUSED,
			ngettext("Not accepted for %s. %zu other has it",
				"Not accepted for %s. %zu others have it", has_it),
			str_c(&each), has_it);
		set_error(m, str_c(&each));
	} else {
		*why = r->err;
		set_error(m, why->text);
	}
	str_done(&each);
}

/* The state is durable before anything is told; what the disk does not take is told too. */
static void settle(struct account *a, struct outbox_mail *m, struct result *r)
{
	/* Some went through, and there is one more mail for those there was no room for. */
	bool next = r->sent.outcome == SEND_ACCEPTED && outbox_has(m, FATE_UNASKED);
	struct err why = {0}, err = {0};

	m->state = state_after(m, r);
	m->unreached = r->unbegun;
	if (m->state == OUTBOX_SENT) {
		set_error(m, "");
	} else {
		explain(m, r, &why);
		m->due = clock_now() + (next ? 0 : retry_seconds(m->attempts++));
	}
	if (outbox_update(a->outbox, m, &err) != 0) {
		remember_unnoted(a, m);
		store_disk_notice(
			a, _("What became of “%s” cannot be noted: %s"), m->subject, err.text);
	}
	if (outbox_has(m, FATE_ACCEPTED) && sentcopy_make(a, m, false, &err) != 0) {
		a->relay->copies_due = true;
		store_disk_notice(
			a, _("Sent, but the copy in Sent could not be kept: %s"), err.text);
	}
	if (m->state == OUTBOX_SENT)
		tell(a, m, NULL);
	else if (why.kind != ERR_CANCELLED && *m->error)
		tell(a, m, &why);
}

void submit_answered(struct account *a, struct result *r)
{
	struct outbox_mail m = {0};

	if (!is_awaited(a, r))
		return;
	MEM_FREE(a->relay->sending);
	if (outbox_get(a->outbox, r->sent.id, &m, NULL) != 0)
		return;
	take_fates(&m, &r->sent);
	settle(a, &m, r);
	outbox_mail_done(&m);
	account_outbox(a);
	submit_next(a);
	account_settles(a);
}

/* --- what a person does with the outbox --- */

/* The person wants it: also for whom it was refused, or may have arrived. */
static void ask_again(struct outbox_mail *m)
{
	for (size_t i = 0; i < m->nto; i++)
		if (m->to[i].fate != FATE_ACCEPTED)
			outbox_fate(&m->to[i], FATE_UNASKED, m->to[i].words);
	m->state = OUTBOX_QUEUED;
	m->unreached = false;
	m->due = clock_now();
}

static int release(struct account *a, const char *id, struct err *err)
{
	struct outbox_mail m = {0};
	int rc = outbox_get(a->outbox, id, &m, err);

	if (rc == 0 && written_is_busy(a, &m, err))
		rc = -1;
	if (rc == 0 && m.state == OUTBOX_DRAFT)
		rc = err_set(err, ERR_GONE, _("This message is no longer here"));
	/* Sent already: only its copy is still to be made. */
	if (rc == 0 && m.state != OUTBOX_SENT) {
		ask_again(&m);
		rc = outbox_update(a->outbox, &m, err);
	}
	outbox_mail_done(&m);
	return rc;
}

static void go(struct account *a)
{
	account_outbox(a);
	/* A login that was refused is not repeated by itself, but now the user asks. */
	lanes_post(a, LANE_SEND, job_new(JOB_RETRY));
	submit_next(a);
}

/* What has a date that was set, or seconds to take it back, has not been tried, and keeps it. */
static bool is_put_off(const struct outbox_mail *m, bool unreached)
{
	return m->state == OUTBOX_QUEUED && m->due > clock_now() &&
	       (unreached ? m->unreached : m->attempts > 0);
}

/* True when there is one to be sent now. */
static bool make_due(struct account *a, bool unreached)
{
	struct strv ids = STRV_INIT;
	bool any = false;

	outbox_list(a->outbox, &ids, NULL); /* next_to_send tells why not */
	for (size_t i = 0; i < ids.n; i++) {
		struct outbox_mail m = {0};

		if (outbox_get(a->outbox, ids.v[i], &m, NULL) == 0 && is_put_off(&m, unreached)) {
			m.due = clock_now();
			m.unreached = false;
			/* what is not noted goes at the time that was set */
			any |= outbox_update(a->outbox, &m, NULL) == 0;
		}
		outbox_mail_done(&m);
	}
	strv_done(&ids);
	return any;
}

void submit_flush(struct account *a)
{
	if (!lanes_are_open(a) || a->store->read_only)
		return;
	if (make_due(a, false))
		go(a);
	else
		submit_next(a);
}

void submit_reachable(struct account *a)
{
	if (!lanes_are_open(a) || a->store->read_only)
		return;
	if (make_due(a, true))
		account_outbox(a);
	submit_next(a);
}

int submit_again(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	if (release(a, r->mail.id, err) != 0)
		return -1;
	str_adds(said, _("Trying again"));
	go(a);
	return 0;
}

int submit_hold(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct outbox_mail m = {0};
	int rc = outbox_get(a->outbox, r->mail.id, &m, err);

	if (rc == 0)
		rc = written_take_back(a, &m, err);
	if (rc == 0 && m.state != OUTBOX_QUEUED && m.state != OUTBOX_HELD)
		rc = err_set(err, ERR_INPUT, _("It does not wait to be sent"));
	if (rc == 0) {
		m.state = OUTBOX_HELD;
		rc = outbox_update(a->outbox, &m, err);
	}
	outbox_mail_done(&m);
	if (rc != 0)
		return -1;
	account_outbox(a);
	str_adds(said, _("Held back"));
	submit_next(a);
	return 0;
}

int submit_drop(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct outbox_mail m = {0};
	bool busy, draft;

	/* A damaged one can be thrown away, too. */
	if (outbox_get(a->outbox, r->mail.id, &m, NULL) != 0)
		m.id = mem_strdup(r->mail.id);
	busy = written_take_back(a, &m, err) != 0;
	draft = m.state == OUTBOX_DRAFT && m.message_id;
	outbox_mail_done(&m);
	if (draft)
		return err_set(err, ERR_GONE, _("This message is no longer here"));
	if (busy || outbox_remove(a->outbox, r->mail.id, err) != 0)
		return -1;
	follow_forget(a, r->mail.id);
	account_outbox(a);
	str_adds(said, _("Dropped"));
	submit_next(a);
	return 0;
}

bool submit_tick(struct account *a, int64_t now)
{
	if (now < a->relay->next_look)
		return false;
	a->relay->next_look = now + LOOK_MS;
	submit_next(a);
	return true;
}
