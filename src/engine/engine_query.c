/* What of a query only the list knows: its tags, folds and numbers, as sets of messages that go to
 * the store with it. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/uids.h"
#include "engine/engine_priv.h"
#include "store/mail/query.h"

#include <stdlib.h>

static size_t numbered(const struct msglist *l, const struct query_term *t, uint32_t **numbers)
{
	size_t n = 0, count = msglist_count(l);
	size_t from = t->from > 1 ? (size_t)t->from : 1;

	*numbers = mem_array(count, sizeof(**numbers));
	for (size_t row = from; row <= count && (int64_t)row <= t->to; row++)
		(*numbers)[n++] = msglist_uid(l, row - 1);
	return n;
}

static struct query_set set_of(const struct msglist *l, size_t source, const struct query_term *t)
{
	struct query_set set;
	uint32_t *numbers;
	size_t n = t->field == QUERY_TAGGED   ? msglist_tagged(l, &numbers)
		   : t->field == QUERY_FOLDED ? msglist_folded(l, &numbers)
					      : numbered(l, t, &numbers);

	set.n = msglist_of_source(l, source, numbers, n, &set.uids);
	set.n = uids_sort(set.uids, set.n);
	free(numbers);
	return set;
}

void engine_query_sets(struct store_request *r, const struct msglist *l, size_t source)
{
	struct query *q;

	/* one that is not understood is the store's to refuse */
	if (query_parse(&q, r->search.query, clock_now(), NULL) != 0)
		return;
	r->search.sets = mem_array(q->nterms, sizeof(*r->search.sets));
	for (size_t i = 0; i < q->nterms; i++)
		if (query_term_scope(&q->terms[i]) == SCOPE_LIST)
			r->search.sets[r->search.nsets++] = set_of(l, source, &q->terms[i]);
	query_free(q);
}
