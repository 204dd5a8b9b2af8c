#include "engine/forest.h"

#include "base/mem.h"
#include "base/uids.h"

#include <stdlib.h>
#include <string.h>

void forest_sort(struct forest_key *v, size_t n)
{
	enum { BITS = 11, SLOTS = 1 << BITS };
	struct forest_key *other = mem_array(n, sizeof(*other)), *from = v, *to = other, *swap;
	uint32_t *count = mem_array(SLOTS + 1, sizeof(*count));

	for (int shift = 0; n && shift < 32; shift += BITS) {
		memset(count, 0, (SLOTS + 1) * sizeof(*count));
		for (size_t i = 0; i < n; i++)
			count[(from[i].key >> shift & (SLOTS - 1)) + 1]++;
		/* dates of one year share their upper bits */
		if (count[(from[0].key >> shift & (SLOTS - 1)) + 1] == n)
			continue;
		for (int b = 0; b < SLOTS; b++)
			count[b + 1] += count[b];
		for (size_t i = 0; i < n; i++)
			to[count[from[i].key >> shift & (SLOTS - 1)]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != v)
		memcpy(v, from, n * sizeof(*v));
	free(other);
	free(count);
}

/* --- parents --- */

/* The row of uid, looked for from row on: what is answered is mostly near. */
static uint32_t find_near(const struct order_rows *in, size_t row, uint32_t uid)
{
	size_t at = uids_near(in->uid, in->n, row, uid);

	return at < in->n && in->uid[at] == uid ? (uint32_t)at : FOREST_NONE;
}

static bool is_older(const struct order_rows *in, uint32_t a, uint32_t b)
{
	return in->date[a] < in->date[b] || (in->date[a] == in->date[b] && a < b);
}

static uint32_t oldest_of_ring(const struct order_rows *in, const uint32_t *up, uint32_t at)
{
	uint32_t oldest = at;

	for (uint32_t i = up[at]; i != at; i = up[i])
		if (is_older(in, i, oldest))
			oldest = i;
	return oldest;
}

static void break_rings(const struct order_rows *in, uint32_t *up)
{
	uint32_t *walk = mem_array(in->n, sizeof(*walk));

	for (uint32_t i = 0; i < in->n; i++) {
		uint32_t at = i;

		for (; at != FOREST_NONE && !walk[at]; at = up[at])
			walk[at] = i + 1;
		if (at != FOREST_NONE && walk[at] == i + 1)
			up[oldest_of_ring(in, up, at)] = FOREST_NONE;
	}
	free(walk);
}

uint32_t *order_parents(const struct order_rows *in)
{
	uint32_t *up = mem_array(in->n, sizeof(*up));
	bool ahead = false; /* every ring has a message that answers a later one */

	for (size_t i = 0; i < in->n; i++) {
		up[i] = in->parent[i] && in->parent[i] != in->uid[i]
				? find_near(in, i, in->parent[i])
				: FOREST_NONE;
		ahead |= up[i] != FOREST_NONE && up[i] > i;
	}
	if (ahead)
		break_rings(in, up);
	return up;
}

/* --- children --- */

static uint32_t merge_runs(const struct order_rows *in, uint32_t *next, uint32_t a, uint32_t b)
{
	uint32_t head = FOREST_NONE, *tail = &head;

	while (a != FOREST_NONE && b != FOREST_NONE) {
		uint32_t *from = is_older(in, b, a) ? &b : &a;

		*tail = *from;
		tail = &next[*from];
		*from = next[*from];
	}
	*tail = a != FOREST_NONE ? a : b;
	return head;
}

static bool are_sorted(const struct order_rows *in, const uint32_t *next, uint32_t at)
{
	for (; next[at] != FOREST_NONE; at = next[at])
		if (is_older(in, next[at], at))
			return false;
	return true;
}

/* Merge sort of a list; as many runs as a number of messages has bits. */
static uint32_t sort_siblings(const struct order_rows *in, uint32_t *next, uint32_t head)
{
	enum { RUNS = 32 };
	uint32_t run[RUNS], at;
	int r;

	if (are_sorted(in, next, head))
		return head;
	memset(run, 0xff, sizeof(run));
	while (head != FOREST_NONE) {
		at = head;
		head = next[head];
		next[at] = FOREST_NONE;
		for (r = 0; r < RUNS - 1 && run[r] != FOREST_NONE; r++) {
			at = merge_runs(in, next, run[r], at);
			run[r] = FOREST_NONE;
		}
		run[r] = run[r] == FOREST_NONE ? at : merge_runs(in, next, run[r], at);
	}
	at = FOREST_NONE;
	for (r = 0; r < RUNS; r++)
		at = merge_runs(in, next, run[r], at);
	return at;
}

void forest_plant(struct forest *f, const struct order_rows *in)
{
	bool mixed = false;

	f->n = in->n;
	f->up = order_parents(in);
	f->first = mem_array(in->n, sizeof(uint32_t));
	f->sibling = mem_array(in->n, sizeof(uint32_t));
	memset(f->first, 0xff, in->n * sizeof(uint32_t));
	memset(f->sibling, 0xff, in->n * sizeof(uint32_t));
	for (size_t i = in->n; i-- > 0;) {
		uint32_t up = f->up[i];

		if (up == FOREST_NONE)
			continue;
		mixed |= f->first[up] != FOREST_NONE && is_older(in, f->first[up], (uint32_t)i);
		f->sibling[i] = f->first[up];
		f->first[up] = (uint32_t)i;
	}
	/* most folders have their mail in order of time */
	for (size_t i = 0; mixed && i < in->n; i++)
		if (f->first[i] != FOREST_NONE)
			f->first[i] = sort_siblings(in, f->sibling, f->first[i]);
}

void forest_done(struct forest *f)
{
	free(f->up);
	free(f->first);
	free(f->sibling);
}

uint32_t forest_next(const struct forest *f, uint32_t root, uint32_t at, uint32_t *depth)
{
	if (f->first[at] != FOREST_NONE) {
		++*depth;
		return f->first[at];
	}
	while (at != root && f->sibling[at] == FOREST_NONE) {
		at = f->up[at];
		--*depth;
	}
	return at == root ? FOREST_NONE : f->sibling[at];
}
