/* What is written: drafts, the outbox, and what became of each of its receivers. */
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/engine_priv.h"

#include <stdlib.h>
#include <string.h>

unsigned engine_compose(struct engine *e, size_t account, enum compose_kind kind, struct msglist *l,
	uint32_t uid, const char *text)
{
	struct store_request *r =
		l ? engine_ask_one(e, REQUEST_COMPOSE, l, uid)
		  : engine_request_of(engine_ask(e, REQUEST_COMPOSE, NULL, (int)account));

	/* One that was opened by its path is answered by the account that is asked for. */
	if (r->account < 0)
		r->account = (int)account;
	r->compose.kind = kind;
	if (kind == COMPOSE_NEW)
		r->compose.to = mem_strdup(text);
	else if (kind == COMPOSE_MAILTO)
		r->compose.url = mem_strdup(text);
	else if (kind == COMPOSE_RESUME)
		r->compose.draft = mem_strdup(text);
	return engine_post(e, r);
}

static unsigned about_draft(
	struct engine *e, enum request_kind kind, size_t account, const char *id)
{
	struct store_request *r = engine_request_of(engine_ask(e, kind, NULL, (int)account));

	r->mail.id = mem_strdup(id);
	return engine_post(e, r);
}

unsigned engine_draft_load(struct engine *e, size_t account, const char *id)
{
	return about_draft(e, REQUEST_DRAFT_LOAD, account, id);
}

unsigned engine_draft_save(struct engine *e, size_t account, const char *id, const struct draft *d)
{
	struct store_request *r =
		engine_request_of(engine_ask(e, REQUEST_DRAFT_SAVE, NULL, (int)account));

	r->mail.id = mem_strdup(id);
	r->mail.says = mem_alloc(sizeof(*r->mail.says));
	draft_copy(r->mail.says, d);
	return engine_post(e, r);
}

unsigned engine_draft_edit(struct engine *e, size_t account, const char *id)
{
	return about_draft(e, REQUEST_DRAFT_EDIT, account, id);
}

unsigned engine_draft_take(struct engine *e, size_t account, const char *id)
{
	return about_draft(e, REQUEST_DRAFT_TAKE, account, id);
}

unsigned engine_draft_keep(struct engine *e, size_t account, const char *id)
{
	return about_draft(e, REQUEST_DRAFT_KEEP, account, id);
}

unsigned engine_draft_discard(struct engine *e, size_t account, const char *id)
{
	return about_draft(e, REQUEST_DRAFT_DROP, account, id);
}

unsigned engine_drafts(struct engine *e, int account)
{
	return engine_ask_one_or_all(e, REQUEST_DRAFTS, account);
}

unsigned engine_send(struct engine *e, size_t account, const char *id)
{
	struct store_request *r =
		engine_request_of(engine_ask(e, REQUEST_SEND, NULL, (int)account));

	r->send.id = mem_strdup(id);
	r->send.seconds = (unsigned)settings_int(e->settings, SET_UNDO_SEND);
	return engine_post(e, r);
}

size_t engine_outbox(const struct engine *e, size_t account)
{
	return e->accounts[account].nmails;
}

static const char *outbox_state(enum outbox_state state)
{
	switch (state) {
	case OUTBOX_HELD:
		return _("held");
	case OUTBOX_SENDING:
		return _("sending");
	case OUTBOX_FAILED:
		return _("refused");
	case OUTBOX_UNCONFIRMED:
		return _("unconfirmed");
	case OUTBOX_SENT:
		return _("sent");
	default:
		return _("waiting");
	}
}

void engine_outbox_at(const struct engine *e, size_t account, size_t i, struct outbox_info *out)
{
	const struct outbox_mail *m = &e->accounts[account].mails[i];

	*out = (struct outbox_info){.id = m->id,
		.to = e->accounts[account].waiting.v[i],
		.subject = m->subject,
		.error = m->error,
		.state = outbox_state(m->state),
		.sending = m->state == OUTBOX_SENDING,
		.unconfirmed = m->state == OUTBOX_UNCONFIRMED,
		.failed = m->state == OUTBOX_FAILED,
		.held = m->state == OUTBOX_HELD,
		.sent = m->state == OUTBOX_SENT,
		.due = m->due,
		.recipients = m->nto};
}

static const char *fate_words(enum mail_fate fate)
{
	switch (fate) {
	case FATE_LATER:
		return _("not now");
	case FATE_NEVER:
		return _("refused");
	case FATE_UNCONFIRMED:
		return _("unconfirmed");
	case FATE_ACCEPTED:
		return _("has it");
	case FATE_UNASKED:
	case FATE_NEXT:
		break;
	}
	return _("not asked");
}

void engine_outbox_recipient(const struct engine *e, size_t account, size_t i, size_t recipient,
	struct outbox_fate_info *out)
{
	const struct outbox_recipient *r = &e->accounts[account].mails[i].to[recipient];

	*out = (struct outbox_fate_info){.address = r->address,
		.has_it = r->fate == FATE_ACCEPTED,
		.refused = r->fate == FATE_NEVER,
		.unconfirmed = r->fate == FATE_UNCONFIRMED,
		.later = r->fate == FATE_LATER,
		.state = fate_words(r->fate),
		.words = r->words};
}

unsigned engine_outbox_retry(struct engine *e, size_t account, const char *id)
{
	return about_draft(e, REQUEST_OUTBOX_RETRY, account, id);
}

unsigned engine_outbox_hold(struct engine *e, size_t account, const char *id)
{
	return about_draft(e, REQUEST_OUTBOX_HOLD, account, id);
}

unsigned engine_outbox_edit(struct engine *e, size_t account, const char *id)
{
	return about_draft(e, REQUEST_OUTBOX_EDIT, account, id);
}

unsigned engine_outbox_drop(struct engine *e, size_t account, const char *id)
{
	return about_draft(e, REQUEST_OUTBOX_DROP, account, id);
}
