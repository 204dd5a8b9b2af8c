#include "store/answer.h"

#include "base/mem.h"
#include "store/store_priv.h"

#include <assert.h>

void answer_owed(struct store *s, struct store_request *r)
{
	assert(!r->owed);
	r->owed = true;
	s->owed++;
}

void answer_with(struct store *s, struct store_request *r, struct store_event *ev)
{
	assert(r->owed && s->owed);
	r->owed = false;
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
	assert(!s->owed);
	(void)s;
}
