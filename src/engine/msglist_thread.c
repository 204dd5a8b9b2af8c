/* Threads of single messages: who belongs to one, in the order it is read. */
#include "base/mem.h"
#include "engine/forest.h"
#include "engine/msglist_priv.h"

#include <stdlib.h>

struct thread {
	uint32_t *row, *depth; /* owned */
	size_t n, at;          /* at: which of them was asked for */
};

static void thread_done(struct thread *t)
{
	free(t->row);
	free(t->depth);
}

static void take_run(const struct msglist *l, size_t position, struct thread *out)
{
	size_t end, first = order_thread(&l->order, position, &end);

	out->n = end - first;
	out->at = position - first;
	out->row = mem_dup(l->order.at + first, out->n * sizeof(*out->row));
	out->depth = mem_dup(l->order.depth + first, out->n * sizeof(*out->depth));
	for (size_t i = 0; i < out->n; i++)
		out->depth[i] >>= 1;
}

/* In a flat order nobody keeps the threads. */
static void plant_thread(const struct msglist *l, uint32_t row, struct thread *out)
{
	const struct columns *c = &l->columns;
	uint32_t *date = msglist_dates(l), root = row, depth = 0;
	size_t cap_row = 0, cap_depth = 0;
	struct forest f;

	forest_plant(&f, &(struct order_rows){c->n, c->uid, c->parent, date, date});
	while (f.up[root] != FOREST_NONE)
		root = f.up[root];
	for (uint32_t i = root; i != FOREST_NONE; i = forest_next(&f, root, i, &depth)) {
		if (i == row)
			out->at = out->n;
		out->row = mem_grow(out->row, &cap_row, out->n + 1, sizeof(*out->row));
		out->depth = mem_grow(out->depth, &cap_depth, out->n + 1, sizeof(*out->depth));
		out->row[out->n] = i;
		out->depth[out->n++] = depth;
	}
	forest_done(&f);
	free(date);
}

static void find_thread(const struct msglist *l, size_t row, struct thread *out)
{
	*out = (struct thread){0};
	for (size_t i = 0; l->ordered && l->now.threads && i < l->order.n; i++)
		if (l->order.at[i] == row) {
			take_run(l, i, out);
			return;
		}
	plant_thread(l, (uint32_t)row, out);
}

size_t msglist_thread_rows(const struct msglist *l, size_t row, uint32_t **rows)
{
	struct thread t;

	find_thread(l, row, &t);
	*rows = t.row;
	free(t.depth);
	return t.n;
}

/* False: there is no such message. */
static bool thread_of(const struct msglist *l, uint32_t uid, struct thread *out)
{
	ptrdiff_t at = columns_find(&l->columns, uid);

	if (at < 0)
		return false;
	find_thread(l, (size_t)at, out);
	for (size_t i = 0; i < out->n; i++)
		out->row[i] = l->columns.uid[out->row[i]];
	return true;
}

size_t msglist_thread(const struct msglist *l, uint32_t uid, uint32_t **uids)
{
	struct thread t;

	*uids = NULL;
	if (!thread_of(l, uid, &t))
		return 0;
	*uids = t.row;
	free(t.depth);
	return t.n;
}

/* Nothing is folded in a flat order, nor a thread of one. */
size_t msglist_folded(const struct msglist *l, uint32_t **uids)
{
	size_t n = 0;

	*uids = mem_array(l->columns.n, sizeof(**uids));
	for (size_t at = 0, end; l->ordered && l->now.threads && at < l->order.n; at = end) {
		bool folded = false;

		(void)order_thread(&l->order, at, &end);
		for (size_t i = at; i < end; i++)
			folded |= (l->columns.flags[l->order.at[i]] & ROW_FOLDED) != 0;
		for (size_t i = at; folded && end - at > 1 && i < end; i++)
			(*uids)[n++] = l->columns.uid[l->order.at[i]];
	}
	return n;
}

size_t msglist_subthread(const struct msglist *l, uint32_t uid, uint32_t **uids)
{
	struct thread t;
	size_t n = 1;

	*uids = NULL;
	if (!thread_of(l, uid, &t))
		return 0;
	while (t.at + n < t.n && t.depth[t.at + n] > t.depth[t.at])
		n++;
	*uids = mem_dup(t.row + t.at, n * sizeof(**uids));
	thread_done(&t);
	return n;
}

size_t msglist_ancestors(const struct msglist *l, uint32_t uid, uint32_t **uids)
{
	struct thread t;
	uint32_t depth;
	size_t n = 0;

	*uids = NULL;
	if (!thread_of(l, uid, &t))
		return 0;
	depth = t.depth[t.at];
	*uids = mem_array((size_t)depth + 1, sizeof(**uids));
	for (size_t i = t.at; i-- > 0;)
		if (t.depth[i] < depth) {
			depth = t.depth[i];
			(*uids)[n++] = t.row[i];
		}
	thread_done(&t);
	return n;
}
