/* When the order of a list is made anew, and when it is only mended. */
#include "base/mem.h"
#include "engine/forest.h"
#include "engine/msglist_priv.h"

#include <stdlib.h>
#include <string.h>

enum { DAY = 86400 };

uint32_t msglist_date(const struct msglist *l, size_t row)
{
	const struct columns *c = &l->columns;
	uint32_t sent = c->sent[row], received = c->received[row];

	/* No mail is written after it came: what says so would stand above all others for years. A
	 * day is left for clocks and zones that are wrong. */
	return sent && (!received || sent < DAY || sent - DAY <= received) ? sent : received;
}

bool msglist_needs_ranks(enum msglist_sort sort)
{
	return sort_row(sort)->ranks != ORDER_NONE;
}

uint32_t msglist_key(const struct msglist *l, size_t row)
{
	return sort_row(l->now.sort)->key(l, l->rank, row);
}

/* --- the order asks for single rows --- */

static uint32_t source_uid(const void *ctx, size_t row)
{
	return ((const struct msglist *)ctx)->columns.uid[row];
}

static uint32_t source_parent(const void *ctx, size_t row)
{
	return ((const struct msglist *)ctx)->columns.parent[row];
}

static uint32_t source_date(const void *ctx, size_t row)
{
	return msglist_date(ctx, row);
}

static uint32_t source_key(const void *ctx, size_t row)
{
	return msglist_key(ctx, row);
}

static struct order_source source_of(const struct msglist *l)
{
	return (struct order_source){
		l->columns.n, source_uid, source_parent, source_date, source_key, l};
}

/* --- ranks --- */

/* The ranks told last, by row; free(). */
static uint32_t *ranks_by_row(const struct msglist *l)
{
	const struct columns *c = &l->columns;
	uint32_t *rank = mem_array(c->n, sizeof(*rank));

	for (size_t i = 0, k = 0; i < c->n; i++) {
		while (k < l->nranks && l->ranks_uids[k] < c->uid[i])
			k++;
		rank[i] = k < l->nranks && l->ranks_uids[k] == c->uid[i] ? l->ranks[k] : RANK_NONE;
	}
	return rank;
}

static void forget_ranks(struct msglist *l)
{
	MEM_FREE(l->ranks_uids);
	MEM_FREE(l->ranks);
	l->nranks = 0;
}

/* From here on the order is by to. */
static void use_sorting(struct msglist *l, struct sorting to)
{
	if (!msglist_needs_ranks(to.sort)) {
		MEM_FREE(l->rank);
	} else if (l->ranks && to.sort == l->want.sort) {
		free(l->rank);
		l->rank = ranks_by_row(l);
		forget_ranks(l);
	}
	l->now = to;
}

static bool has_ranks(const struct msglist *l, enum msglist_sort sort)
{
	return l->ranks || (l->rank && l->now.sort == sort);
}

void msglist_ask_ranks(struct msglist *l)
{
	l->ranks_asked = true;
	l->ranks_stale = false;
	if (l->ask_order)
		l->ask_order(l->ctx, l->id, sort_row(l->want.sort)->ranks);
}

/* --- from scratch --- */

uint32_t *msglist_dates(const struct msglist *l)
{
	uint32_t *date = mem_array(l->columns.n, sizeof(*date));

	for (size_t i = 0; i < l->columns.n; i++)
		date[i] = msglist_date(l, i);
	return date;
}

static uint32_t *keys_of(const struct msglist *l, enum msglist_sort sort, const uint32_t *rank)
{
	const struct sort_row *by = sort_row(sort);
	uint32_t *key = mem_array(l->columns.n, sizeof(*key));

	for (size_t i = 0; i < l->columns.n; i++)
		key[i] = by->key(l, rank, i);
	return key;
}

static void build(struct msglist *l)
{
	const struct columns *c = &l->columns;
	uint32_t *key = keys_of(l, l->now.sort, l->rank), *date = NULL;

	if (l->now.threads && l->now.sort != SORT_DATE)
		date = msglist_dates(l);
	l->order.reverse = l->now.reverse;
	l->order.threads = l->now.threads;
	order_build(
		&l->order, &(struct order_rows){c->n, c->uid, c->parent, date ? date : key, key});
	free(key);
	free(date);
	l->ordered = true;
	msglist_refilter(l);
}

static void sort_here(struct msglist *l, struct sorting to)
{
	use_sorting(l, to);
	l->job = 0;
	build(l);
}

static uint32_t *copy_column(const uint32_t *from, size_t n)
{
	return mem_dup(from, n * sizeof(*from));
}

static void sort_elsewhere(struct msglist *l, struct sorting to)
{
	static unsigned numbers;
	const struct columns *c = &l->columns;
	struct sort_job *job = sort_job_new();
	uint32_t *rank = msglist_needs_ranks(to.sort) && l->ranks ? ranks_by_row(l) : NULL;

	if (!++numbers)
		numbers++;
	l->job = job->number = numbers;
	l->job_sorting = to;
	l->nsince = 0;
	job->list = l->id;
	job->n = c->n;
	job->uid = copy_column(c->uid, c->n);
	if (to.threads)
		job->parent = copy_column(c->parent, c->n);
	if (to.threads && to.sort != SORT_DATE)
		job->date = msglist_dates(l);
	job->key = keys_of(l, to.sort, rank ? rank : l->rank);
	free(rank);
	job->order.reverse = to.reverse;
	job->order.threads = to.threads;
	l->give(l->ctx, job);
}

void msglist_sort(struct msglist *l)
{
	struct sorting to = l->want;

	if (msglist_needs_ranks(to.sort) && !has_ranks(l, to.sort)) {
		if (!l->ranks_asked)
			msglist_ask_ranks(l);
		/* The old order stays until they come; where there is none, by date. */
		if (l->ordered)
			return;
		to.sort = SORT_DATE;
	}
	if (l->give && l->columns.n > l->here_max)
		sort_elsewhere(l, to);
	else
		sort_here(l, to);
}

/* --- mending --- */

static void set_bit(uint64_t *bits, size_t i)
{
	bits[i / 64] |= (uint64_t)1 << i % 64;
}

static bool has_bit(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static void note_since(struct msglist *l, const uint64_t *dirty)
{
	for (size_t w = 0; w < (l->columns.n + 63) / 64; w++)
		for (size_t i = w * 64; dirty[w] && i < w * 64 + 64 && i < l->columns.n; i++)
			if (has_bit(dirty, i)) {
				l->since = mem_grow(
					l->since, &l->cap_since, l->nsince + 1, sizeof(*l->since));
				l->since[l->nsince++] = l->columns.uid[i];
			}
}

static void set_parent(const struct msglist *l, uint64_t *dirty, size_t row)
{
	uint32_t parent = l->columns.parent[row];
	ptrdiff_t at = parent ? columns_find(&l->columns, parent) : -1;

	if (at >= 0)
		set_bit(dirty, (size_t)at);
}

/* Messages that answer one that came now. */
static void set_children(const struct msglist *l, uint64_t *dirty, const uint32_t *added, size_t n)
{
	const struct columns *c = &l->columns;
	uint32_t least = n ? c->uid[added[0]] : 1, most = n ? c->uid[added[n - 1]] : 0;

	for (size_t i = 0; i < c->n; i++) {
		ptrdiff_t at;

		if (c->parent[i] - least > most - least || most < least)
			continue;
		at = columns_find(c, c->parent[i]);
		if (at >= 0 && has_bit(dirty, (size_t)at))
			set_bit(dirty, i);
	}
}

static void mark_threads(
	const struct msglist *l, uint64_t *dirty, const uint32_t *added, size_t nadded)
{
	for (size_t k = 0; k < nadded; k++)
		set_bit(dirty, added[k]);
	if (nadded)
		set_children(l, dirty, added, nadded);
	for (size_t w = 0; w < (l->columns.n + 63) / 64; w++)
		for (size_t i = w * 64; dirty[w] && i < w * 64 + 64 && i < l->columns.n; i++)
			if (has_bit(dirty, i))
				set_parent(l, dirty, i);
	/* in the pool already, by being new */
	for (size_t k = 0; k < nadded; k++)
		dirty[added[k] / 64] &= ~((uint64_t)1 << added[k] % 64);
}

static void mend(struct msglist *l, struct order_change *change, uint64_t *dirty)
{
	struct order_source now = source_of(l);

	if (l->now.threads)
		mark_threads(l, dirty, change->added, change->nadded);
	change->dirty = dirty;
	if (!order_apply(&l->order, &now, change))
		build(l);
	else
		msglist_refilter(l);
}

void msglist_reorder(struct msglist *l, struct order_change *change, uint64_t *dirty)
{
	if (l->job) {
		note_since(l, dirty);
		if (l->nsince > l->columns.n / 4)
			msglist_sort(l);
	}
	if (l->ordered)
		mend(l, change, dirty);
}

/* What became of the rows that the job knew. */
static void catch_up(struct msglist *l, const struct sort_job *job)
{
	const struct columns *c = &l->columns;
	uint32_t *moved = mem_array(job->n, sizeof(*moved)),
		 *added = mem_array(c->n, sizeof(*added));
	uint64_t *dirty = mem_array(c->n / 64 + 1, sizeof(*dirty));
	struct order_change change = {.moved = moved, .added = added};
	size_t i = 0;

	for (size_t k = 0; k < job->n; k++) {
		for (; i < c->n && c->uid[i] < job->uid[k]; i++)
			added[change.nadded++] = (uint32_t)i;
		moved[k] = i < c->n && c->uid[i] == job->uid[k] ? (uint32_t)i++ : ORDER_GONE;
	}
	for (; i < c->n; i++)
		added[change.nadded++] = (uint32_t)i;
	for (size_t k = 0; k < l->nsince; k++) {
		ptrdiff_t at = columns_find(c, l->since[k]);

		if (at >= 0)
			set_bit(dirty, (size_t)at);
	}
	/* a new row is no change of a place it never had */
	for (size_t k = 0; k < change.nadded; k++)
		dirty[added[k] / 64] &= ~((uint64_t)1 << added[k] % 64);
	mend(l, &change, dirty);
	free(moved);
	free(added);
	free(dirty);
}

void msglist_take_sorted(struct msglist *l, struct sort_job *job)
{
	if (job->number == l->job) {
		l->job = 0;
		order_done(&l->order);
		l->order = job->order;
		job->order = (struct order){0};
		use_sorting(l, l->job_sorting);
		l->ordered = l->ready = true;
		if (l->nsince || job->n != l->columns.n ||
			memcmp(job->uid, l->columns.uid, job->n * sizeof(*job->uid)) != 0)
			catch_up(l, job);
		else
			msglist_refilter(l);
		l->nsince = 0;
		if (l->ranks_stale && !l->ranks_asked)
			msglist_ask_ranks(l);
	}
	sort_job_free(job);
}

/* --- ranks come --- */

/* Whether the messages that were ranked before still follow each other the same way. */
static bool same_ranks(const uint32_t *old, const uint32_t *now, size_t n)
{
	uint32_t most = 0, last = 0, *row_of;
	bool same = true;

	for (size_t i = 0; i < n; i++)
		if (old[i] != RANK_NONE && old[i] > most)
			most = old[i];
	row_of = mem_array((size_t)most + 1, sizeof(*row_of));
	for (size_t i = 0; i < n; i++)
		if (old[i] != RANK_NONE)
			row_of[old[i]] = (uint32_t)i + 1;
	for (size_t r = 0; r <= most && same; r++) {
		uint32_t rank = row_of[r] ? now[row_of[r] - 1] : last;

		same = rank != RANK_NONE && rank >= last;
		last = rank;
	}
	free(row_of);
	return same;
}

/* Those that had none get their places; false when the others are to be sorted again. */
static bool mend_ranks(struct msglist *l)
{
	uint32_t *old = l->rank, *rank = ranks_by_row(l);
	size_t n = l->columns.n;
	uint64_t *dirty;
	struct order_change change = {0};

	if (!same_ranks(old, rank, n)) {
		free(rank);
		return false;
	}
	dirty = mem_array(n / 64 + 1, sizeof(*dirty));
	l->rank = rank;
	for (size_t i = 0; i < n; i++)
		if (old[i] == RANK_NONE && rank[i] != RANK_NONE)
			set_bit(dirty, i);
	forget_ranks(l);
	mend(l, &change, dirty);
	free(old);
	free(dirty);
	return true;
}

void msglist_take_order(
	struct msglist *l, enum mail_order by, uint32_t *uids, uint32_t *ranks, size_t n)
{
	if (by == ORDER_NONE || by != sort_row(l->want.sort)->ranks) {
		free(uids);
		free(ranks);
		return;
	}
	forget_ranks(l);
	l->ranks_uids = uids;
	l->ranks = ranks;
	l->nranks = n;
	l->ranks_asked = false;
	if (!l->ordered || l->job || l->now.sort != l->want.sort || !mend_ranks(l))
		msglist_sort(l);
	if (l->ranks_stale && !l->job)
		msglist_ask_ranks(l);
}

/* --- asked for by the front end --- */

static void want(struct msglist *l, struct sorting to)
{
	if (to.sort != l->want.sort) {
		forget_ranks(l);
		l->ranks_asked = l->ranks_stale = false;
		if (msglist_needs_ranks(l->want.sort) && !msglist_needs_ranks(to.sort) &&
			l->ask_order)
			l->ask_order(l->ctx, l->id, ORDER_NONE);
	}
	l->want = to;
	if (msglist_needs_ranks(to.sort) && !has_ranks(l, to.sort) && !l->ranks_asked)
		msglist_ask_ranks(l);
	if (l->columns.n || l->ready)
		msglist_sort(l);
}

void msglist_set_sort(struct msglist *l, enum msglist_sort sort, bool reverse)
{
	want(l, (struct sorting){sort, reverse, l->want.threads});
}

void msglist_set_threads(struct msglist *l, bool on)
{
	want(l, (struct sorting){l->want.sort, l->want.reverse, on});
}

bool msglist_threads(const struct msglist *l)
{
	return l->want.threads;
}

bool msglist_busy(const struct msglist *l)
{
	return l->job || l->ranks_asked;
}

void msglist_settle(struct msglist *l)
{
	struct sorting to = l->want;

	if (!l->job)
		return;
	if (msglist_needs_ranks(to.sort) && !has_ranks(l, to.sort))
		to.sort = SORT_DATE;
	sort_here(l, to);
	l->ready = true;
}
