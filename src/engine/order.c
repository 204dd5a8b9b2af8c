#include "engine/order.h"

#include "base/mem.h"
#include "base/uids.h"
#include "engine/forest.h"

#include <stdlib.h>
#include <string.h>

void order_done(struct order *o)
{
	free(o->at);
	free(o->depth);
	*o = (struct order){.reverse = o->reverse, .threads = o->threads, .work = o->work};
}

/* An eighth more than needed: a folder that is being filled grows a thousand times. */
static void make_room(struct order *o, size_t n)
{
	if (n > o->cap || !o->at || (o->threads && !o->depth)) {
		o->cap = n + n / 8 + 16;
		o->at = mem_resize(o->at, o->cap, sizeof(*o->at));
		if (o->threads)
			o->depth = mem_resize(o->depth, o->cap, sizeof(*o->depth));
	}
	if (!o->threads)
		MEM_FREE(o->depth);
}

/* --- from scratch --- */

static void build_flat(struct order *o, const struct order_rows *in)
{
	struct forest_key *v = mem_array(in->n, sizeof(*v));

	for (size_t i = 0; i < in->n; i++)
		v[i] = (struct forest_key){in->key[i], (uint32_t)i};
	forest_sort(v, in->n);
	for (size_t i = 0; i < in->n; i++)
		o->at[i] = v[o->reverse ? i : in->n - 1 - i].row;
	free(v);
}

static uint32_t greatest_below(const struct forest *f, const uint32_t *key, uint32_t root)
{
	uint32_t most = key[root], depth = 0;

	for (uint32_t i = forest_next(f, root, root, &depth); i != FOREST_NONE;
		i = forest_next(f, root, i, &depth))
		if (key[i] > most)
			most = key[i];
	return most;
}

/* Threads of the same key: by the key of their root, then by row, which they are sorted by already.
 */
static void settle_ties(struct forest_key *v, size_t n, const uint32_t *key)
{
	for (size_t from = 0, to; from < n; from = to) {
		bool differ = false;

		for (to = from + 1; to < n && v[to].key == v[from].key; to++)
			differ |= key[v[to].row] != key[v[from].row];
		if (!differ)
			continue;
		for (size_t i = from; i < to; i++)
			v[i].key = key[v[i].row];
		forest_sort(v + from, to - from);
	}
}

static void emit(struct order *o, const struct forest *f, uint32_t root)
{
	uint32_t depth = 0;

	for (uint32_t i = root; i != FOREST_NONE; i = forest_next(f, root, i, &depth)) {
		o->at[o->n] = i;
		o->depth[o->n++] = depth << 1 | (depth == 0 || f->sibling[i] == FOREST_NONE);
	}
}

static void build_threads(struct order *o, const struct order_rows *in)
{
	struct forest f;
	struct forest_key *roots;
	size_t n = 0, k = 0;

	forest_plant(&f, in);
	for (size_t i = 0; i < in->n; i++)
		n += f.up[i] == FOREST_NONE;
	roots = mem_array(n, sizeof(*roots));
	for (uint32_t i = 0; i < in->n; i++)
		if (f.up[i] == FOREST_NONE)
			roots[k++] = (struct forest_key){greatest_below(&f, in->key, i), i};
	forest_sort(roots, n);
	settle_ties(roots, n, in->key);
	for (k = 0; k < n; k++)
		emit(o, &f, roots[o->reverse ? k : n - 1 - k].row);
	free(roots);
	forest_done(&f);
}

void order_build(struct order *o, const struct order_rows *in)
{
	make_room(o, in->n);
	o->n = 0;
	if (o->threads)
		build_threads(o, in);
	else
		build_flat(o, in);
	o->n = in->n;
	o->work += in->n;
}

/* --- places --- */

size_t order_thread(const struct order *o, size_t position, size_t *end)
{
	size_t first = position;

	*end = position + 1;
	if (!o->depth)
		return first;
	while (first > 0 && o->depth[first] >> 1)
		first--;
	while (*end < o->n && o->depth[*end] >> 1)
		++*end;
	return first;
}

enum { WALKED = 32, LONG_THREAD = 32 };

struct place {
	uint32_t top, own, row;
};

static struct place place_of(
	struct order *o, const struct order_source *now, size_t first, size_t end)
{
	struct place p = {.row = o->at[first]};

	o->work += end - first;
	p.top = p.own = now->key(now->ctx, p.row);
	for (size_t i = first + 1; i < end; i++) {
		uint32_t key = now->key(now->ctx, o->at[i]);

		if (key > p.top)
			p.top = key;
	}
	return p;
}

/* Whether a stands above b. */
static bool is_above(const struct order *o, struct place a, struct place b)
{
	bool less = a.top != b.top ? a.top < b.top : a.own != b.own ? a.own < b.own : a.row < b.row;

	return less == o->reverse;
}

/* Long threads that were walked already: many new rows are compared with the same few. */
struct walked {
	size_t first, end;
	struct place place;
};
struct memo {
	struct walked v[WALKED];
	size_t n, next;
};

/* The thread at a position among the first n. */
static struct walked thread_at(struct order *o, size_t n, const struct order_source *now,
	struct memo *memo, size_t position)
{
	struct walked t = {.first = position, .end = position + 1};

	for (size_t i = 0; i < memo->n; i++)
		if (position >= memo->v[i].first && position < memo->v[i].end)
			return memo->v[i];
	while (o->depth && o->depth[t.first] >> 1)
		t.first--;
	while (o->depth && t.end < n && o->depth[t.end] >> 1)
		t.end++;
	t.place = place_of(o, now, t.first, t.end);
	if (t.end - t.first >= LONG_THREAD) {
		memo->v[memo->next++ % WALKED] = t;
		memo->n += memo->n < WALKED;
	}
	return t;
}

/* Where a thread goes among the first n positions, which are what they were when memo was made. */
static size_t find_place(struct order *o, size_t n, const struct order_source *now,
	struct memo *memo, struct place p)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		struct walked t = thread_at(o, n, now, memo, lo + (hi - lo) / 2);

		if (is_above(o, p, t.place))
			hi = t.first;
		else
			lo = t.end;
	}
	return lo;
}

/* --- changes --- */

struct pool { /* rows that are put anew */
	uint32_t *v;
	size_t n, cap;
};

static void pool_add(struct pool *p, uint32_t row)
{
	p->v = mem_grow(p->v, &p->cap, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = row;
}

static uint32_t row_now(const struct order_change *c, uint32_t row)
{
	return c->moved ? c->moved[row] : row + c->shift;
}

static bool is_dirty(const struct order_change *c, uint32_t row)
{
	return row == ORDER_GONE || (c->dirty && c->dirty[row / 64] >> row % 64 & 1);
}

static size_t take_out_flat(struct order *o, const struct order_change *c, struct pool *pool)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->n; i++) {
		uint32_t row = row_now(c, o->at[i]);

		if (!is_dirty(c, row))
			o->at[kept++] = row;
		else if (row != ORDER_GONE)
			pool_add(pool, row);
	}
	return kept;
}

/* A thread with one dirty row goes as a whole. */
static size_t take_out_threads(struct order *o, const struct order_change *c, struct pool *pool)
{
	size_t kept = 0, start = 0;
	bool dirty = false;

	for (size_t i = 0; i < o->n; i++) {
		uint32_t row = row_now(c, o->at[i]);

		if (!(o->depth[i] >> 1)) {
			start = kept;
			dirty = false;
		}
		if (!dirty && is_dirty(c, row)) {
			dirty = true;
			for (; kept > start; kept--)
				pool_add(pool, o->at[kept - 1]);
		}
		if (!dirty) {
			o->at[kept] = row;
			o->depth[kept++] = o->depth[i];
		} else if (row != ORDER_GONE) {
			pool_add(pool, row);
		}
	}
	return kept;
}

/* The pool as a small order of its own, in rows of the whole. */
static void order_pool(struct order *small, const struct pool *pool, const struct order_source *now)
{
	uint32_t *v = mem_array(pool->n * 4, sizeof(*v)), *uid = v, *parent = v + pool->n,
		 *date = v + 2 * pool->n, *key = v + 3 * pool->n;

	for (size_t i = 0; i < pool->n; i++) {
		uid[i] = now->uid(now->ctx, pool->v[i]);
		parent[i] = now->parent(now->ctx, pool->v[i]);
		date[i] = now->date(now->ctx, pool->v[i]);
		key[i] = now->key(now->ctx, pool->v[i]);
	}
	order_build(small, &(struct order_rows){pool->n, uid, parent, date, key});
	for (size_t i = 0; i < small->n; i++)
		small->at[i] = pool->v[small->at[i]];
	free(v);
}

/* From behind, so that what is behind a place moves once. */
static void put_in(
	struct order *o, size_t kept, struct order *small, const struct order_source *now)
{
	size_t to = kept + small->n, end = small->n;
	struct memo memo = {0};

	make_room(o, to);
	o->n = to;
	while (end > 0) {
		size_t unused,
			first = order_thread(small, end - 1, &unused), n = end - first,
			at = find_place(o, kept, now, &memo, place_of(small, now, first, end)),
			behind = kept - at;

		to -= behind;
		memmove(o->at + to, o->at + at, behind * sizeof(*o->at));
		if (o->depth)
			memmove(o->depth + to, o->depth + at, behind * sizeof(*o->depth));
		to -= n;
		memcpy(o->at + to, small->at + first, n * sizeof(*o->at));
		if (o->depth)
			memcpy(o->depth + to, small->depth + first, n * sizeof(*o->depth));
		kept = at;
		end = first;
	}
}

bool order_apply(struct order *o, const struct order_source *now, const struct order_change *change)
{
	struct order small = {.reverse = o->reverse, .threads = o->threads};
	struct pool pool = {0};
	size_t kept =
		o->threads ? take_out_threads(o, change, &pool) : take_out_flat(o, change, &pool);
	bool ok;

	for (size_t i = 0; i < change->nadded; i++)
		pool_add(&pool, change->added[i]);
	ok = pool.n <= kept / 4;
	if (ok) {
		pool.n = uids_sort(pool.v, pool.n);
		order_pool(&small, &pool, now);
		o->work += small.work;
		put_in(o, kept, &small, now);
	} else {
		o->n = 0;
	}
	order_done(&small);
	free(pool.v);
	return ok;
}
