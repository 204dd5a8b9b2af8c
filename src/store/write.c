/*
 * Writing and sending: draft -> outbox -> relay -> Sent. A composed mail is at every instant in at
 * least one of them, durably.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "mime/build.h"
#include "mime/render.h"
#include "store/maildir.h"
#include "store/store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A draft's own note of what it answers; taken out before the mail is built. */
static const char ANSWERS[] = "X-Talaria-Answers: ";

/* --- drafts --- */

static void fill_draft(
	struct draft_info *d, struct outbox *o, const char *id, const char *text, size_t len)
{
	struct draft parsed;

	draft_init(&parsed);
	draft_read(&parsed, text, len);
	d->id = mem_strdup(id);
	d->path = outbox_draft_path(o, id);
	d->text = mem_strndup(text, len);
	d->from = mem_strdup(parsed.from);
	d->to = mem_strdup(parsed.to);
	d->cc = mem_strdup(parsed.cc);
	d->bcc = mem_strdup(parsed.bcc);
	d->subject = mem_strdup(parsed.subject);
	for (size_t i = 0; i < parsed.attach.n; i++)
		strv_add(&d->attach, parsed.attach.v[i]);
	draft_done(&parsed);
}

static void answer_draft(struct account *a, const struct store_request *r, const char *id,
	const char *text, size_t len)
{
	struct store_event *ev = store_event_new(STORE_DRAFTS);

	ev->request = r->request;
	ev->account = a->index;
	ev->drafts = mem_array(1, sizeof(*ev->drafts));
	ev->ndrafts = 1;
	fill_draft(&ev->drafts[0], a->outbox, id, text, len);
	store_emit(a->store, ev);
}

static int save_draft(
	struct account *a, const struct store_request *r, struct draft *d, struct err *err)
{
	struct str text = STR_INIT, id = STR_INIT;
	int rc;

	draft_write(d, &text);
	rc = outbox_draft_save(a->outbox, &id, text.p, text.len, err);
	if (rc == 0)
		answer_draft(a, r, id.p, text.p, text.len);
	str_done(&text);
	str_done(&id);
	return rc;
}

static void add_signature(struct account *a, struct draft *d)
{
	struct str sig = STR_INIT, body = STR_INIT;
	char *path;

	if (!a->setup->signature || !*a->setup->signature)
		return;
	path = file_expand(a->setup->signature);
	if (file_read(path, 65536, &sig, NULL) == 0) {
		str_addf(&body, "%s\n-- \n", d->body);
		utf8_clean(&body, sig.p, sig.len, UTF8_TEXT);
		free(d->body);
		d->body = str_steal(&body);
	}
	free(path);
	str_done(&sig);
}

static void note_answered(struct draft *d, struct folder *f, uint32_t uid, bool forward)
{
	struct str line = STR_INIT;

	str_addf(&line, "%s%s %u %u %s %s", ANSWERS, forward ? "forward" : "reply",
		(unsigned)cache_meta(f->cache)->uidvalidity, (unsigned)uid,
		f->local ? "local" : "server", f->name);
	strv_take(&d->extra, str_steal(&line));
}

/* Answers and forwards need the message; 1: parked until it is here. */
static int draft_about(struct store *s, struct account *a, struct store_request *r, struct draft *d,
	struct err *err)
{
	static const enum draft_reply kinds[] = {[WRITE_REPLY] = DRAFT_REPLY,
		[WRITE_REPLY_ALL] = DRAFT_REPLY_ALL,
		[WRITE_REPLY_LIST] = DRAFT_REPLY_LIST};
	struct list *l = store_list(s, r->list);
	struct str bytes = STR_INIT;
	struct parts parts = {0};
	struct envelope e = {0};
	char *quote;
	int rc;

	if (!l)
		return err_set(err, ERR_GONE, _("The folder is no longer open"));
	rc = read_message(s, l->folder, r->uid, r, &bytes, err);
	if (rc != 0) {
		str_done(&bytes);
		return rc;
	}
	part_parse(&parts, bytes.p, bytes.len);
	envelope_parse(&e, parts.v[0].header, parts.v[0].header_len);
	if (r->n == WRITE_RESUME) {
		draft_from_message(d, bytes.p, bytes.len);
	} else {
		quote = render_quotable(&parts);
		if (r->n == WRITE_FORWARD)
			draft_forward(d, &e, quote, a->setup->from);
		else
			draft_reply(d, kinds[r->n], &e, parts.v[0].header, parts.v[0].header_len,
				quote, &a->setup->own, a->setup->from);
		free(quote);
		note_answered(d, l->folder, r->uid, r->n == WRITE_FORWARD);
	}
	envelope_done(&e);
	part_done(&parts);
	str_done(&bytes);
	return 0;
}

static void set_from(struct account *a, struct draft *d)
{
	if (*d->from)
		return;
	free(d->from);
	d->from = mem_strdup(a->setup->from);
}

/* 0, 1 parked, -1. */
static int compose(struct store *s, struct account *a, struct store_request *r, struct err *err)
{
	struct draft d;
	int rc = 0;

	draft_init(&d);
	if (r->n == WRITE_MAILTO)
		rc = draft_mailto(&d, r->text, err);
	else if (r->n != WRITE_NEW)
		rc = draft_about(s, a, r, &d, err);
	else if (r->text) {
		free(d.to);
		d.to = mem_strdup(r->text);
	}
	if (rc == 0) {
		set_from(a, &d);
		if (r->n != WRITE_RESUME)
			add_signature(a, &d);
		rc = save_draft(a, r, &d, err);
	}
	draft_done(&d);
	return rc;
}

static int load_draft(
	struct account *a, const struct store_request *r, const char *id, struct err *err)
{
	struct str text = STR_INIT;
	int rc = outbox_draft_load(a->outbox, id, &text, err);

	if (rc == 0)
		answer_draft(a, r, id, str_c(&text), text.len);
	str_done(&text);
	return rc;
}

static int replace_draft(struct account *a, const struct store_request *r, struct err *err)
{
	struct str id = STR_INIT;
	int rc;

	str_adds(&id, r->id);
	rc = outbox_draft_save(a->outbox, &id, r->text, strlen(r->text), err);
	if (rc == 0)
		answer_draft(a, r, id.p, r->text, strlen(r->text));
	str_done(&id);
	return rc;
}

static int list_drafts(struct account *a, const struct store_request *r, struct err *err)
{
	struct store_event *ev;
	struct strv ids = STRV_INIT;

	if (outbox_draft_list(a->outbox, &ids, err) != 0)
		return -1;
	ev = store_event_new(STORE_DRAFTS);
	ev->request = r->request;
	ev->account = a->index;
	ev->drafts = mem_array(ids.n, sizeof(*ev->drafts));
	for (size_t i = 0; i < ids.n; i++) {
		struct str text = STR_INIT;

		if (outbox_draft_load(a->outbox, ids.v[i], &text, NULL) == 0)
			fill_draft(&ev->drafts[ev->ndrafts++], a->outbox, ids.v[i], str_c(&text),
				text.len);
		str_done(&text);
	}
	ev->n = 1; /* a list, not one draft */
	strv_done(&ids);
	store_emit(a->store, ev);
	return 0;
}

/* --- into the outbox --- */

struct answered {
	bool any, forward, local;
	unsigned uidvalidity, uid;
	char *folder; /* owned */
};

static void take_answered(struct draft *d, struct answered *to)
{
	for (size_t i = 0; i < d->extra.n; i++) {
		char kind[16], where[16];
		int at = 0;

		if (!str_istarts(d->extra.v[i], "X-Talaria-"))
			continue;
		if (str_starts(d->extra.v[i], ANSWERS) &&
			sscanf(d->extra.v[i] + strlen(ANSWERS), "%15s %u %u %15s %n", kind,
				&to->uidvalidity, &to->uid, where, &at) == 4 &&
			at) {
			to->any = true;
			to->forward = strcmp(kind, "forward") == 0;
			to->local = strcmp(where, "local") == 0;
			free(to->folder);
			to->folder = mem_strdup(d->extra.v[i] + strlen(ANSWERS) + at);
		}
		free(d->extra.v[i]);
		memmove(&d->extra.v[i], &d->extra.v[i + 1],
			(d->extra.n - i - 1) * sizeof(*d->extra.v));
		d->extra.n--;
		i--;
	}
}

static void mark_answered(struct account *a, const struct answered *what)
{
	struct folder *f = what->any ? folder_find(a, what->folder, what->local) : NULL;
	uint32_t uid = what->uid;

	if (!f || folder_use(f, NULL) != 0)
		return;
	if (cache_meta(f->cache)->uidvalidity == what->uidvalidity && cache_has(f->cache, uid))
		change_flags(f, &uid, 1, 0, what->forward ? MAIL_FORWARDED : MAIL_ANSWERED, NULL);
	folder_unuse(f);
}

static int put_out(struct account *a, struct draft *d, int64_t due, struct err *err)
{
	struct str message = STR_INIT;
	struct addr_list to = {0}, from = {0};
	struct outbox_mail m = {.state = OUTBOX_QUEUED, .due = due};
	int rc;

	draft_make_id(d);
	rc = draft_build(d, clock_now(), &message, &to, err);
	if (rc == 0 && to.n == 0)
		rc = err_set(
			err, ERR_INPUT, _("The message has no recipient: fill in To, Cc or Bcc"));
	if (rc == 0)
		rc = addr_parse_typed(&from, d->from, err);
	if (rc == 0 && from.n == 0)
		rc = err_set(err, ERR_INPUT, _("The message has no From address"));
	if (rc == 0) {
		m.id = mem_strdup("");
		m.from = mem_strdup(from.v[0].mail);
		m.subject = utf8_clean_line(d->subject, strlen(d->subject));
		m.message_id = mem_strdup(d->message_id);
		m.error = mem_strdup("");
		for (size_t i = 0; i < to.n; i++)
			strv_add(&m.recipients, to.v[i].mail);
		rc = outbox_put(a->outbox, &m, message.p, message.len, err);
		/* The copy that sends may be quicker than our next look at the outbox. */
		if (rc == 0 && !a->sync)
			follow_mail(a, &m);
	}
	outbox_mail_done(&m);
	addr_list_done(&to);
	addr_list_done(&from);
	str_done(&message);
	return rc;
}

/* Outbox first, then the draft goes: a crash between leaves both, never none. */
static int send_draft(struct account *a, const struct store_request *r, struct err *err)
{
	struct str text = STR_INIT;
	struct answered answered = {0};
	struct draft d;
	int rc;

	if (!*a->setup->sync.smtp)
		return err_set(err, ERR_INPUT,
			_("Account %s has no smtp line in the configuration; add: smtp "
			  "smtp://USER@HOST"),
			a->setup->sync.name);
	if (outbox_draft_load(a->outbox, r->id, &text, err) != 0)
		return -1;
	draft_init(&d);
	draft_read(&d, str_c(&text), text.len);
	set_from(a, &d);
	take_answered(&d, &answered);
	rc = put_out(a, &d, clock_now() + (int64_t)r->n, err);
	if (rc == 0) {
		struct err why = {0};

		/* It is on its way now, whatever becomes of the draft. */
		if (outbox_draft_remove(a->outbox, r->id, &why) != 0)
			store_notice(a,
				_("The draft of what is being sent could not be removed: %s"),
				why.text);
		mark_answered(a, &answered);
		account_outbox(a);
		store_done(a->store, r,
			a->sync ? _("Sending")
				: _("Waiting in the outbox until the account is online"));
		write_try_send(a);
	}
	free(answered.folder);
	draft_done(&d);
	str_done(&text);
	return rc;
}

/* --- on the way --- */

static bool next_to_send(struct account *a, struct outbox_mail *m)
{
	struct strv ids = STRV_INIT;
	bool found = false;
	int64_t now = clock_now();

	if (outbox_list(a->outbox, &ids, NULL) != 0)
		return false;
	for (size_t i = 0; i < ids.n && !found; i++) {
		if (outbox_get(a->outbox, ids.v[i], m, NULL) != 0)
			continue;
		found = m->state == OUTBOX_QUEUED && m->due <= now;
		if (!found)
			outbox_mail_done(m);
	}
	strv_done(&ids);
	return found;
}

void write_try_send(struct account *a)
{
	struct outbox_mail m = {0};
	struct job *j;
	struct err err = {0};

	if (!a->sync || a->sending || a->store->read_only || !next_to_send(a, &m))
		return;
	j = job_new(JOB_SEND);
	if (outbox_read(a->outbox, m.id, &j->bytes, &err) != 0) {
		m.state = OUTBOX_FAILED;
		free(m.error);
		m.error = mem_strdup(err.text);
		outbox_update(a->outbox, &m, NULL);
		job_free(j);
		account_outbox(a);
	} else {
		j->id = mem_strdup(m.id);
		j->from = mem_strdup(m.from);
		for (size_t i = 0; i < m.recipients.n; i++)
			strv_add(&j->recipients, m.recipients.v[i]);
		a->sending = mem_strdup(m.id);
		account_post(a, LANE_SEND, j);
	}
	outbox_mail_done(&m);
}

void write_send_ready(struct account *a, struct result *r)
{
	struct outbox_mail m = {0};
	struct job *j = job_new(JOB_SEND_GO);

	if (outbox_get(a->outbox, r->id, &m, NULL) == 0) {
		m.state = OUTBOX_SENDING;
		j->n = outbox_update(a->outbox, &m, NULL) == 0;
		outbox_mail_done(&m);
	}
	account_post(a, LANE_SEND, j);
}

/* --- the copy in Sent --- */

static int append_to_sent(struct account *a, const struct outbox_mail *m, const struct str *message,
	bool again, struct err *err)
{
	struct folder *sent = folder_for_role(a, ROLE_SENT, err);
	char *dir = file_join(a->setup->data_dir, "append"), *path = file_join(dir, m->id);
	struct op *op = op_new(OP_APPEND);
	int rc = sent ? file_replace(path, message->p, message->len, 0600, err) : -1;

	free(op->target);
	free(op->file);
	free(op->message_id);
	free(op->text);
	op->target = mem_strdup(sent ? sent->name : "");
	op->file = mem_strdup(m->id);
	op->message_id = mem_strdup(m->message_id);
	op->text = mem_strdup(_("Keep a copy in Sent"));
	op->set = MAIL_SEEN;
	if (again)
		op->state = OP_SENT; /* it may have been through: looked for by Message-ID */
	if (rc == 0)
		rc = journal_add(a->journal, op, err);
	if (rc == 0) {
		account_pending(a);
		replay_next(a);
	}
	op_free(op);
	free(dir);
	free(path);
	return rc;
}

static int deliver_to_sent(struct account *a, struct folder *sent, const struct str *message,
	const char *message_id, struct err *err)
{
	uint32_t uid;
	int rc;

	if (!sent || folder_use(sent, err) != 0)
		return -1;
	/* Killed between the copy and the outbox: the copy is here already. */
	rc = cache_find_message_id(sent->cache, message_id)
		     ? 1
		     : folder_deliver(
			       sent, message->p, message->len, MAIL_SEEN, "", NULL, &uid, err);
	if (rc == 0) {
		rc = maildir_sync(sent->dir, err);
		folder_send_changes(sent, &uid, 1, NULL, 0);
	}
	folder_unuse(sent);
	folder_send_folders(a);
	return rc < 0 ? -1 : 0;
}

char *write_keep_copy(struct account *a, const struct op *op, struct err *err)
{
	char *dir = file_join(a->setup->data_dir, "append"), *path = file_join(dir, op->file);
	struct folder *sent = folder_local_for_role(a, ROLE_SENT, err);
	struct str message = STR_INIT;
	char *name = NULL;

	if (sent && file_read(path, 512 << 20, &message, err) == 0 &&
		deliver_to_sent(a, sent, &message, op->message_id, err) == 0)
		name = folder_ui_name(sent);
	str_done(&message);
	free(path);
	free(dir);
	return name;
}

static bool copy_waits_already(struct account *a, const char *message_id)
{
	for (size_t i = 0; i < journal_count(a->journal); i++) {
		const struct op *op = journal_at(a->journal, i);

		if (op->kind == OP_APPEND && strcmp(op->message_id, message_id) == 0)
			return true;
	}
	return false;
}

/* The relay has it: the copy becomes a job of its own, and only when that is durable does the mail
 * leave the outbox. */
static int finish(struct account *a, const struct outbox_mail *m, bool again, struct err *err)
{
	struct str message = STR_INIT;
	int rc = 0;

	if (a->setup->save_sent && !copy_waits_already(a, m->message_id)) {
		rc = outbox_read(a->outbox, m->id, &message, err);
		if (rc == 0)
			rc = account_is_server(a)
				     ? append_to_sent(a, m, &message, again, err)
				     : deliver_to_sent(a, folder_for_role(a, ROLE_SENT, err),
					       &message, m->message_id, err);
	}
	str_done(&message);
	return rc == 0 ? outbox_remove(a->outbox, m->id, err) : rc;
}

void write_finish_copies(struct account *a)
{
	struct strv ids = STRV_INIT;

	if (outbox_list(a->outbox, &ids, NULL) != 0)
		return;
	for (size_t i = 0; i < ids.n; i++) {
		struct outbox_mail m = {0};

		if (outbox_get(a->outbox, ids.v[i], &m, NULL) != 0)
			continue;
		if (m.state == OUTBOX_SENT && finish(a, &m, true, NULL) == 0)
			log_line(2, "copy of %s made after a restart", m.id);
		outbox_mail_done(&m);
	}
	strv_done(&ids);
	account_outbox(a);
}

/* --- the relay's answer --- */

static int64_t retry_seconds(int attempts)
{
	static const int pauses[] = {30, 60, 300, 900, 1800, 3600};

	return pauses[attempts < 6 ? attempts : 5];
}

static void send_failed(struct account *a, const struct outbox_mail *m, const struct err *err)
{
	struct store_event *ev = store_event_new(STORE_SEND_FAILED);

	ev->account = a->index;
	ev->err = *err;
	ev->text = mem_strdup(m->subject);
	ev->folder = mem_strdup(m->id);
	ev->n = m->state == OUTBOX_QUEUED; /* it will be tried again */
	store_emit(a->store, ev);
}

static void set_error(struct outbox_mail *m, const char *text)
{
	free(m->error);
	m->error = mem_strdup(text);
}

static void wait_or_fail(struct account *a, struct outbox_mail *m, const struct err *err)
{
	bool later = err_is_temporary(err->kind) || err->kind == ERR_CANCELLED ||
		     err->kind == ERR_AUTH || err->kind == ERR_CERT || err->kind == ERR_PROTOCOL ||
		     err->kind == ERR_SYSTEM;

	m->state = later ? OUTBOX_QUEUED : OUTBOX_FAILED;
	m->due = clock_now() + retry_seconds(m->attempts++);
	set_error(m, err->text);
	outbox_update(a->outbox, m, NULL);
	if (err->kind != ERR_CANCELLED)
		send_failed(a, m, err);
}

/* Recipients that were refused get a mail of their own in the outbox, so that one broken address
 * loses nobody else's. */
static void split_refused(
	struct account *a, const struct outbox_mail *m, const struct result *r, enum fate_kind fate)
{
	bool next = fate == RECIPIENT_NEXT; /* no refusal: there are more than one mail takes */
	struct outbox_mail rest = {.state = fate == RECIPIENT_NEVER ? OUTBOX_FAILED : OUTBOX_QUEUED,
		.due = clock_now() + (next ? 0 : retry_seconds(m->attempts)),
		.attempts = m->attempts + !next};
	struct str message = STR_INIT, why = STR_INIT;
	struct err err = {0};

	for (size_t i = 0; i < r->n; i++)
		if (r->fates[i].fate == fate) {
			strv_add(&rest.recipients, r->fates[i].address);
			str_addf(&why, "%s%s: %s", why.len ? "; " : "", r->fates[i].address,
				r->fates[i].text);
		}
	if (rest.recipients.n) {
		rest.id = mem_strdup("");
		rest.from = mem_strdup(m->from);
		rest.subject = mem_strdup(m->subject);
		rest.message_id = mem_strdup(m->message_id);
		rest.error = mem_strdup(why.p);
		if (outbox_read(a->outbox, m->id, &message, &err) == 0)
			outbox_put(a->outbox, &rest, message.p, message.len, &err);
		err_set(&err, fate == RECIPIENT_LATER ? ERR_AGAIN : ERR_REFUSED,
			_("Not accepted for %s"), why.p);
		if (!next)
			send_failed(a, &rest, &err);
	}
	outbox_mail_done(&rest);
	str_done(&message);
	str_done(&why);
}

static void sent(struct account *a, struct outbox_mail *m, const struct result *r)
{
	struct store_event *ev;
	struct err err = {0};

	split_refused(a, m, r, RECIPIENT_NEXT);
	split_refused(a, m, r, RECIPIENT_LATER);
	split_refused(a, m, r, RECIPIENT_NEVER);
	m->state = OUTBOX_SENT;
	set_error(m, "");
	outbox_update(a->outbox, m, NULL);
	if (finish(a, m, false, &err) != 0)
		store_notice(a, _("Sent, but the copy in Sent could not be kept: %s"), err.text);
	ev = store_event_new(STORE_SENT);
	ev->account = a->index;
	ev->folder = mem_strdup(m->id);
	ev->text = mem_strdup(m->subject);
	store_emit(a->store, ev);
}

static void unconfirmed(struct account *a, struct outbox_mail *m, const struct err *why)
{
	struct err err = {0};

	m->state = OUTBOX_UNCONFIRMED;
	err_set(&err, why->kind,
		_("It may have been sent: the connection broke before the relay answered (%s). "
		  "Look before you send it again"),
		why->text);
	set_error(m, err.text);
	outbox_update(a->outbox, m, NULL);
	send_failed(a, m, &err);
}

static void all_refused(
	struct account *a, struct outbox_mail *m, const struct result *r, const struct err *err)
{
	bool later = false, never = false;

	for (size_t i = 0; i < r->n; i++) {
		later |= r->fates[i].fate == RECIPIENT_LATER;
		never |= r->fates[i].fate == RECIPIENT_NEVER;
	}
	if (later && never) {
		/* Some for good, some for now: each kind goes its own way. */
		split_refused(a, m, r, RECIPIENT_LATER);
		split_refused(a, m, r, RECIPIENT_NEVER);
		outbox_remove(a->outbox, m->id, NULL);
		return;
	}
	wait_or_fail(a, m, err);
}

void write_sent(struct account *a, struct result *r)
{
	struct outbox_mail m = {0};

	if (a->sending && r->id && strcmp(a->sending, r->id) == 0)
		MEM_FREE(a->sending);
	if (!r->id || outbox_get(a->outbox, r->id, &m, NULL) != 0)
		return;
	if (r->outcome == SEND_ACCEPTED)
		sent(a, &m, r);
	else if (r->outcome == SEND_UNCONFIRMED)
		unconfirmed(a, &m, &r->err);
	else if (r->n && (r->err.kind == ERR_REFUSED || r->err.kind == ERR_AGAIN))
		all_refused(a, &m, r, &r->err);
	else
		wait_or_fail(a, &m, &r->err);
	outbox_mail_done(&m);
	account_outbox(a);
	account_sync_settled(a);
	write_try_send(a);
}

/* --- what a person does with the outbox --- */

static int outbox_again(struct account *a, const struct store_request *r, struct err *err)
{
	struct outbox_mail m = {0};
	int rc = outbox_get(a->outbox, r->id, &m, err);

	if (rc == 0 && a->sending && strcmp(a->sending, r->id) == 0)
		rc = err_set(err, ERR_BUSY, _("It is being sent just now"));
	if (rc == 0) {
		m.state = OUTBOX_QUEUED;
		m.due = clock_now();
		rc = outbox_update(a->outbox, &m, err);
	}
	outbox_mail_done(&m);
	if (rc == 0) {
		account_outbox(a);
		store_done(a->store, r, _("Trying again"));
		/* A login that was refused is not repeated by itself, but now the user asks. */
		account_post(a, LANE_SEND, job_new(JOB_RETRY));
		write_try_send(a);
	}
	return rc;
}

static int outbox_back(struct account *a, const struct store_request *r, struct err *err)
{
	struct str bytes = STR_INIT, to = STR_INIT;
	struct outbox_mail m = {0};
	struct draft d;
	int rc = a->sending && strcmp(a->sending, r->id) == 0
			 ? err_set(err, ERR_BUSY, _("It is being sent just now"))
			 : outbox_get(a->outbox, r->id, &m, err);

	if (rc == 0)
		rc = outbox_read(a->outbox, r->id, &bytes, err);
	if (rc != 0) {
		outbox_mail_done(&m);
		return rc;
	}
	draft_init(&d);
	draft_from_message(&d, bytes.p, bytes.len);
	/* Recipients that are in no header were Bcc; they are not lost. */
	for (size_t i = 0; i < m.recipients.n; i++)
		if (!str_ifind(d.to, m.recipients.v[i]) && !str_ifind(d.cc, m.recipients.v[i]))
			str_addf(&to, "%s%s", to.len ? ", " : "", m.recipients.v[i]);
	if (to.len) {
		free(d.bcc);
		d.bcc = str_steal(&to);
	}
	rc = save_draft(a, r, &d, err);
	if (rc == 0)
		rc = outbox_remove(a->outbox, r->id, err);
	if (rc == 0)
		follow_forget(a, r->id);
	draft_done(&d);
	outbox_mail_done(&m);
	str_done(&bytes);
	str_done(&to);
	account_outbox(a);
	return rc;
}

static int outbox_drop(struct account *a, const struct store_request *r, struct err *err)
{
	if (a->sending && strcmp(a->sending, r->id) == 0)
		return err_set(err, ERR_BUSY, _("It is being sent just now"));
	if (outbox_remove(a->outbox, r->id, err) != 0)
		return -1;
	follow_forget(a, r->id);
	account_outbox(a);
	store_done(a->store, r, _("Dropped"));
	return 0;
}

static int dispatch(struct store *s, struct account *a, struct store_request *r, struct err *err)
{
	if (r->kind != REQUEST_DRAFTS && store_may_change(s, err) != 0)
		return -1;
	switch (r->kind) {
	case REQUEST_COMPOSE:
		return r->n == WRITE_RESUME && r->text ? load_draft(a, r, r->text, err)
						       : compose(s, a, r, err);
	case REQUEST_DRAFT_LOAD:
		return load_draft(a, r, r->id, err);
	case REQUEST_DRAFT_SAVE:
		return replace_draft(a, r, err);
	case REQUEST_DRAFT_DROP:
		if (outbox_draft_remove(a->outbox, r->id, err) != 0)
			return -1;
		store_done(s, r, _("Draft discarded"));
		return 0;
	case REQUEST_DRAFTS:
		return list_drafts(a, r, err);
	case REQUEST_SEND:
		return send_draft(a, r, err);
	case REQUEST_OUTBOX_RETRY:
		return outbox_again(a, r, err);
	case REQUEST_OUTBOX_EDIT:
		return outbox_back(a, r, err);
	case REQUEST_OUTBOX_DROP:
		return outbox_drop(a, r, err);
	default:
		return err_set(err, ERR_INPUT, "unknown request");
	}
}

void write_request(struct store *s, struct store_request *r)
{
	struct err err = {0};
	struct account *a = store_account(s, r->account, &err);
	int rc = a ? dispatch(s, a, r, &err) : -1;

	if (rc == 1)
		return; /* parked */
	if (rc < 0)
		store_failed(s, r->request, &err);
	store_request_free(r);
}
