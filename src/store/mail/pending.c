/* What waits for the server, as the person sees it. */
#include "store/mail/pending.h"

#include "base/mem.h"
#include "store/mail/account.h"
#include "store/mail/folder.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum { REFUSED_MAX = 20 };

struct pending {
	uint64_t in_flight;
	struct strv refused; /* with reasons; the latest last */
};

struct pending *pending_new(void)
{
	return mem_alloc(sizeof(struct pending));
}

void pending_free(struct pending *p)
{
	if (p)
		strv_done(&p->refused);
	free(p);
}

uint64_t pending_in_flight(const struct account *a)
{
	return a->pending->in_flight;
}

void pending_set_in_flight(struct account *a, uint64_t id)
{
	a->pending->in_flight = id;
}

void pending_refused(struct account *a, char *line)
{
	struct strv *v = &a->pending->refused;

	if (v->n >= REFUSED_MAX) {
		free(v->v[0]);
		memmove(&v->v[0], &v->v[1], --v->n * sizeof(*v->v));
	}
	strv_take(v, line);
}

void pending_forget_refused(struct account *a)
{
	strv_done(&a->pending->refused);
}

void pending_tell(struct account *a)
{
	struct store_event *ev;

	if (!account_takes(a, NOTE_PENDING))
		return;
	ev = store_event_new(STORE_PENDING);
	ev->account = a->index;
	ev->pending.n = journal_count(a->journal);
	ev->pending.v = mem_array(ev->pending.n, sizeof(*ev->pending.v));
	for (size_t i = 0; i < ev->pending.n; i++) {
		struct str words = STR_INIT;

		ev->pending.v[i] = op_brief(journal_at(a->journal, i));
		folder_op_words(a, ev->pending.v[i], &words);
		free(ev->pending.v[i]->text);
		ev->pending.v[i]->text = str_steal(&words);
	}
	ev->pending.in_flight = pending_in_flight(a);
	for (size_t i = 0; i < a->pending->refused.n; i++)
		strv_add(&ev->pending.refused, a->pending->refused.v[i]);
	store_emit(a->store, ev);
}
