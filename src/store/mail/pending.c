/* What waits for the server, as the person sees it. */
#include "base/mem.h"
#include "store/store_priv.h"

#include <stdlib.h>

void account_tell_pending(struct account *a)
{
	struct store_event *ev;

	if (!a->pending_changed)
		return;
	a->pending_changed = false;
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
	ev->pending.in_flight = a->op_in_flight;
	for (size_t i = 0; i < a->refused.n; i++)
		strv_add(&ev->pending.refused, a->refused.v[i]);
	store_emit(a->store, ev);
}
