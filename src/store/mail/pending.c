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
	ev->nops = journal_count(a->journal);
	ev->ops = mem_array(ev->nops, sizeof(*ev->ops));
	for (size_t i = 0; i < ev->nops; i++) {
		struct str words = STR_INIT;

		ev->ops[i] = op_brief(journal_at(a->journal, i));
		folder_op_words(a, ev->ops[i], &words);
		free(ev->ops[i]->text);
		ev->ops[i]->text = str_steal(&words);
	}
	ev->done = a->op_in_flight;
	for (size_t i = 0; i < a->refused.n; i++)
		strv_add(&ev->keysets, a->refused.v[i]);
	store_emit(a->store, ev);
}
