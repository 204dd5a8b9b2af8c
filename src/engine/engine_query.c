/* What of a query only the list knows: its tags, folds and numbers, as sets of messages that go to
 * the store with it. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/uids.h"
#include "engine/engine_priv.h"
#include "store/mail/query.h"

#include <stdlib.h>

/* While a limit is typed its numbers are those of the list as it was before. */
static size_t rows_held(const struct msglist *l, uint32_t *uids)
{
	size_t n = 0;

	for (size_t at = 0, end; l->ordered && at < l->order.n; at = end) {
		size_t first = n;
		bool folded = false;

		(void)order_thread(&l->order, at, &end);
		for (size_t i = at; i < end; i++)
			folded |= (l->columns.flags[l->order.at[i]] & ROW_FOLDED) != 0;
		for (size_t i = at; i < end && !(folded && n > first); i++)
			if (!l->held_text || l->columns.flags[l->order.at[i]] & ROW_HELD)
				uids[n++] = l->columns.uid[l->order.at[i]];
	}
	return n;
}

static size_t rows_shown(const struct msglist *l, uint32_t *uids)
{
	for (size_t row = 0; row < msglist_count(l); row++)
		uids[row] = msglist_uid(l, row);
	return msglist_count(l);
}

static size_t numbered(const struct msglist *l, const struct query_term *t, uint32_t **numbers)
{
	uint32_t *rows = mem_array(l->columns.n, sizeof(*rows));
	size_t n = 0, count = l->held ? rows_held(l, rows) : rows_shown(l, rows);

	for (size_t i = 0; i < count; i++)
		if ((int64_t)i + 1 >= t->from && (int64_t)i + 1 <= t->to)
			rows[n++] = rows[i];
	*numbers = rows;
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

void engine_query_set(struct engine *e, struct store_request *r, const char *query,
	const struct msglist *l, size_t source)
{
	struct str text = STR_INIT;
	struct query *q;

	if (settings_bool(e->settings, SET_SEARCH_UNMARKED) && !str_istarts(query, QUERY_UNMARKED))
		str_adds(&text, QUERY_UNMARKED);
	str_adds(&text, query);
	r->search.query = str_steal(&text);
	/* one that is not understood is the store's to refuse */
	if (query_parse(&q, r->search.query, clock_now(), NULL) != 0)
		return;
	r->search.sets = mem_array(q->nterms, sizeof(*r->search.sets));
	for (size_t i = 0; i < q->nterms; i++)
		if (query_term_scope(&q->terms[i]) == SCOPE_LIST)
			r->search.sets[r->search.nsets++] = set_of(l, source, &q->terms[i]);
	query_free(q);
}
