#include "store/answer.h"

#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/store_priv.h"

#include <assert.h>

/* Whoever waits for it must not do so for ever. */
static void unanswered(struct store_request *r)
{
	struct err err;

	log_line(1, "request %u of kind %d was freed without an answer", r->request, (int)r->kind);
	err_set(&err, ERR_SYSTEM,
		_("This was not answered and may not be done, which is a fault of Talaria"));
	answer_failed(r->owed_by, r, &err);
	assert(!"a request was freed without an answer");
}

void answer_owed(struct store *s, struct store_request *r)
{
	assert(!r->owed_by);
	r->owed_by = s;
	r->unanswered = unanswered;
	s->owed++;
}

void answer_with(struct store *s, struct store_request *r, struct store_event *ev)
{
	assert(r->owed_by == s && s->owed);
	r->owed_by = NULL;
	s->owed--;
	ev->request = r->request;
	ev->account = r->account;
	ev->list = r->list;
	if (store_request_is_answered(r->kind))
		store_emit(s, ev);
	else
		store_event_free(ev);
	store_request_free(r);
}

void answer_done(struct store *s, struct store_request *r, const char *text)
{
	struct store_event *ev = store_event_new(STORE_DONE);

	ev->done.text = mem_strdup(text);
	answer_with(s, r, ev);
}

void answer_failed(struct store *s, struct store_request *r, const struct err *err)
{
	struct store_event *ev = store_event_new(STORE_FAILED);

	ev->failed = *err;
	answer_with(s, r, ev);
}

void answer_end(const struct store *s)
{
	if (s->owed)
		log_line(1, "%zu requests were not answered", s->owed);
	assert(!s->owed);
}
