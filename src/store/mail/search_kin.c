/* Threads as the cache has them: each message with the UID of the one it answers. */
#include "store/mail/search_kin.h"

#include "base/mem.h"
#include "base/uids.h"

#include <stdlib.h>
#include <string.h>

/* Rows; -1: it answers none that is here. */
static ptrdiff_t parent_row(const struct columns *c, size_t row)
{
	return c->parent[row] ? columns_find(c, c->parent[row]) : -1;
}

/* The rows that messages are below of; those of a circle, which nobody should have made, are below
 * of one of them. */
static uint32_t *roots(const struct columns *c)
{
	uint32_t *top = mem_array(c->n, sizeof(*top));

	memset(top, 0xFF, c->n * sizeof(*top));
	for (size_t i = 0; i < c->n; i++) {
		size_t at = i, steps = 0, root;
		ptrdiff_t up;

		for (; top[at] == UINT32_MAX; at = (size_t)up, steps++) {
			top[at] = (uint32_t)i;
			up = parent_row(c, at);
			if (up < 0) {
				steps++;
				break;
			}
		}
		root = top[at] == i ? at : top[at];
		for (at = i; steps > 0; steps--) {
			top[at] = (uint32_t)root;
			up = parent_row(c, at);
			at = up < 0 ? at : (size_t)up;
		}
	}
	return top;
}

static bool *marks_of(const struct columns *c, const struct query_set *set)
{
	bool *marks = mem_array(c->n + 1, sizeof(*marks));

	for (size_t i = 0; i < set->n; i++) {
		ptrdiff_t row = columns_find(c, set->uids[i]);

		if (row >= 0)
			marks[row] = true;
	}
	return marks;
}

/* The whole of each thread one of which is marked. */
static void spread(const struct columns *c, bool *marks)
{
	uint32_t *top = roots(c);

	for (size_t i = 0; i < c->n; i++)
		if (marks[i])
			marks[top[i]] = true;
	for (size_t i = 0; i < c->n; i++)
		marks[i] = marks[top[i]];
	free(top);
}

/* From each that is marked to the one it answers, or (down) to those that answer it. */
static void shift(const struct columns *c, bool *marks, bool down)
{
	bool *from = mem_dup(marks, c->n * sizeof(*from));

	memset(marks, 0, c->n * sizeof(*marks));
	for (size_t i = 0; i < c->n; i++) {
		ptrdiff_t up = parent_row(c, i);

		if (up >= 0 && down)
			marks[i] = from[up];
		else if (up >= 0 && from[i])
			marks[up] = true;
	}
	free(from);
}

void search_kin(const struct columns *c, enum query_field field, struct query_set *set)
{
	bool *marks = marks_of(c, set);
	bool none = field == QUERY_UNREFERENCED;
	size_t n = 0;

	if (none)
		memset(marks, 1, c->n * sizeof(*marks));
	if (field == QUERY_THREAD)
		spread(c, marks);
	else
		shift(c, marks, field == QUERY_PARENT);
	set->uids = mem_resize(set->uids, c->n + 1, sizeof(*set->uids));
	for (size_t i = 0; i < c->n; i++)
		if (marks[i] != none)
			set->uids[n++] = c->uid[i];
	set->n = n;
	free(marks);
}
