#include "store/answer.h"

#include "base/mem.h"
#include "store/store_priv.h"

#include <assert.h>

/* What nobody waits for: it is done, or there is nothing to do it to. */
static bool is_asked(const struct store_request *r)
{
	switch (r->kind) {
	case REQUEST_ONLINE:
	case REQUEST_RETRY:
	case REQUEST_PASSWORD:
	case REQUEST_CLOSE:
	case REQUEST_RELIST:
	case REQUEST_ORDER:
	case REQUEST_ROWS:
	case REQUEST_CANCEL:
	case REQUEST_QUIT:
		return false;
	default:
		return true;
	}
}

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
	if (is_asked(r))
		store_emit(s, ev);
	else
		store_event_free(ev);
	store_request_free(r);
}

void answer_done(struct store *s, struct store_request *r, const char *text)
{
	struct store_event *ev = store_event_new(STORE_DONE);

	ev->text = mem_strdup(text);
	answer_with(s, r, ev);
}

void answer_failed(struct store *s, struct store_request *r, const struct err *err)
{
	struct store_event *ev = store_event_new(STORE_FAILED);

	ev->err = *err;
	answer_with(s, r, ev);
}

void answer_end(const struct store *s)
{
	assert(!s->owed);
	(void)s;
}
