#include "store/disk/cache_priv.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/bytes.h"

#include <stdlib.h>
#include <string.h>

static uint64_t mixed(uint32_t uid)
{
	return uid * UINT64_C(0x9e3779b97f4a7c15);
}

void index_start(struct cache *c)
{
	c->added_at = map64_new(64);
	c->keyset_of = map_new();
	strv_add(&c->keysets, "");
}

static void forget_added(struct cache *c)
{
	for (size_t i = 0; i < c->n_added; i++)
		free(c->added[i].p);
	MEM_FREE(c->added);
	c->n_added = c->cap_added = 0;
	map64_free(c->added_at);
	c->added_at = NULL;
	hashes_done(&c->ids);
	hashes_done(&c->identities);
	hashes_done(&c->waiting);
	c->indexed = 0;
}

void index_done(struct cache *c)
{
	forget_added(c);
	columns_done(&c->columns);
	columns_done(&c->fresh);
	strv_done(&c->keysets);
	map_free(c->keyset_of, NULL);
	str_done(&c->folded);
	free(c->relinked);
	free(c->damaged.v);
	free(c->logged_damage.v);
	free(c->found.v);
}

void index_forget_rows(struct cache *c)
{
	forget_added(c);
	c->added_at = map64_new(64);
	columns_done(&c->columns);
	columns_done(&c->fresh);
	c->dead = 0;
}

void index_void(struct cache *c)
{
	index_forget_rows(c);
	c->damaged.n = 0;
	c->old = false;
	base_free(c->base);
	c->base = NULL;
}

/* --- look-up --- */

struct added *index_added(struct cache *c, uint32_t uid)
{
	uint32_t i;

	return map64_get(c->added_at, mixed(uid), &i) && c->added[i].uid == uid ? &c->added[i]
										: NULL;
}

/* The row even when it is dead. */
static struct columns *find_any(struct cache *c, uint32_t uid, size_t *row)
{
	ptrdiff_t at = columns_find(&c->columns, uid);
	const struct added *a;

	if (at >= 0) {
		*row = (size_t)at;
		return &c->columns;
	}
	if (!c->fresh.n)
		return NULL;
	a = index_added(c, uid);
	if (!a || a->row == ROW_NONE)
		return NULL;
	*row = a->row;
	return &c->fresh;
}

struct columns *index_find(struct cache *c, uint32_t uid, size_t *row)
{
	struct columns *in = find_any(c, uid, row);

	return in && !(in->flags[*row] & ROW_DEAD) ? in : NULL;
}

size_t index_count(const struct cache *c)
{
	return c->columns.n + c->fresh.n - c->dead;
}

/* --- keyword sets --- */

void index_keysets_known(struct cache *c)
{
	for (size_t i = 1; i < c->keysets.n; i++)
		map_put(c->keyset_of, c->keysets.v[i], (void *)(uintptr_t)i);
}

void index_tell_keywords(const struct cache *c)
{
	struct err why = {0};

	if (!c->failed || !c->keywords_left_out)
		return;
	err_set(&why, ERR_FULL,
		_("more than %d different sets of keywords in one folder, those beyond are not "
		  "shown"),
		UINT16_MAX);
	c->failed(c->failed_ctx, &why);
}

uint16_t index_keyset(struct cache *c, const char *keywords)
{
	uintptr_t number;

	if (!*keywords)
		return 0;
	number = (uintptr_t)map_get(c->keyset_of, keywords);
	if (number)
		return (uint16_t)number;
	/* more different sets than numbers: the message shows none until compaction drops old ones
	 */
	if (c->keysets.n > UINT16_MAX) {
		c->keywords_left_out = true;
		index_tell_keywords(c);
		return 0;
	}
	number = c->keysets.n;
	strv_add(&c->keysets, keywords);
	map_put(c->keyset_of, keywords, (void *)number);
	return (uint16_t)number;
}

static bool keysets_begin_with(const struct strv *all, const struct strv *first)
{
	size_t same = 0;

	while (same < first->n && same < all->n && strcmp(all->v[same], first->v[same]) == 0)
		same++;
	return same == first->n;
}

static void renumber(struct columns *columns, const uint16_t *number)
{
	for (size_t i = 0; i < columns->n; i++)
		columns->keyset[i] = number[columns->keyset[i]];
}

void index_keysets_stay(struct cache *c, const struct cache *was)
{
	struct strv mine = c->keysets;
	uint16_t *number;

	if (keysets_begin_with(&mine, &was->keysets))
		return;
	number = mem_array(UINT16_MAX + 1, sizeof(*number)); /* 0 for what was unknown */
	c->keysets = (struct strv)STRV_INIT;
	for (size_t i = 0; i < was->keysets.n; i++)
		strv_add(&c->keysets, was->keysets.v[i]);
	map_free(c->keyset_of, NULL);
	c->keyset_of = map_new();
	index_keysets_known(c);
	for (size_t i = 1; i < mine.n && i <= UINT16_MAX; i++)
		number[i] = index_keyset(c, mine.v[i]);
	renumber(&c->columns, number);
	renumber(&c->fresh, number);
	free(number);
	strv_done(&mine);
}

/* --- damage --- */

static bool has_range(const struct ranges *r, uint32_t first, uint32_t last)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i][0] == first && r->v[i][1] == last)
			return true;
	return false;
}

static void add_range(struct ranges *r, uint32_t first, uint32_t last)
{
	if (has_range(r, first, last))
		return;
	r->v = mem_grow(r->v, &r->cap, r->n + 1, sizeof(*r->v));
	r->v[r->n][0] = first;
	r->v[r->n++][1] = last;
}

bool index_damage_logged(const struct cache *c, uint32_t first, uint32_t last)
{
	return has_range(&c->logged_damage, first, last);
}

void index_damage(struct cache *c, uint32_t first, uint32_t last)
{
	add_range(&c->damaged, first, last);
	c->meta.complete = false;
}

void index_damage_by_log(struct cache *c, uint32_t first, uint32_t last)
{
	add_range(&c->logged_damage, first, last);
	index_damage(c, first, last);
}

bool index_damage_known(const struct cache *c, uint32_t uid)
{
	for (size_t i = 0; i < c->damaged.n; i++)
		if (uid >= c->damaged.v[i][0] && uid <= c->damaged.v[i][1])
			return true;
	return false;
}

/* --- replay --- */

static void drop_added(struct added *a)
{
	MEM_FREE(a->p);
	a->uid = 0;
}

static void remember(struct cache *c, uint32_t uid, uint32_t row, const void *p, size_t len)
{
	c->added = mem_grow(c->added, &c->cap_added, c->n_added + 1, sizeof(*c->added));
	c->added[c->n_added] = (struct added){uid, row, (uint32_t)len, mem_dup(p, len)};
	map64_put(c->added_at, mixed(uid), (uint32_t)c->n_added++);
}

/* A place for a message that is not there yet: behind the columns, or out of order. */
static struct columns *new_row(struct cache *c, uint32_t uid, size_t *row)
{
	struct columns *to = &c->columns;

	if (to->n && to->uid[to->n - 1] > uid)
		to = &c->fresh;
	columns_resize(to, to->n + 1);
	*row = to->n - 1;
	to->uid[*row] = uid;
	return to;
}

static void fill_row(
	struct cache *c, struct columns *in, size_t row, const struct summary *s, uint32_t parent)
{
	in->flags[row] = s->flags & ~ROW_DEAD;
	in->received[row] = s->received;
	in->sent[row] = s->sent;
	in->size[row] = s->size;
	in->parent[row] = parent;
	in->keyset[row] = index_keyset(c, s->keywords);
}

static void apply_add(struct cache *c, const struct wal_record *r)
{
	struct summary s;
	uint32_t parent;
	struct columns *in;
	struct added *old;
	size_t row;
	bool lacks;

	if (log_add_decode(&s, &parent, &lacks, r->p, r->len) != 0 || c->n_added == ROW_NONE)
		return;
	c->old |= lacks;
	in = find_any(c, s.uid, &row);
	if (in && (in->flags[row] & ROW_DEAD))
		c->dead--;
	if (!in)
		in = new_row(c, s.uid, &row);
	fill_row(c, in, row, &s, parent);
	old = index_added(c, s.uid);
	if (old)
		drop_added(old);
	remember(c, s.uid, in == &c->fresh ? (uint32_t)row : ROW_NONE, r->p, r->len);
}

static void apply_flags(struct cache *c, const struct wal_record *r)
{
	struct log_flags f;
	struct columns *in;
	size_t row;

	if (log_flags_decode(&f, r->p, r->len) != 0)
		return;
	in = index_find(c, f.uid, &row);
	if (!in)
		return;
	in->flags[row] = ((in->flags[row] & ~f.clear) | f.set) & ~ROW_DEAD;
	if (f.keywords)
		in->keyset[row] = index_keyset(c, f.keywords);
}

static void apply_expunge(struct cache *c, const struct wal_record *r)
{
	const unsigned char *p = r->p;

	for (size_t i = 0; i + 4 <= r->len; i += 4) {
		uint32_t uid = load32(p + i);
		struct added *a;
		size_t row;
		struct columns *in = index_find(c, uid, &row);

		if (!in)
			continue;
		in->flags[row] |= ROW_DEAD;
		c->dead++;
		a = index_added(c, uid);
		if (a)
			drop_added(a);
	}
}

void index_relinked(struct cache *c, uint32_t uid)
{
	c->relinked =
		mem_grow(c->relinked, &c->cap_relinked, c->n_relinked + 1, sizeof(*c->relinked));
	c->relinked[c->n_relinked++] = uid;
}

static void apply_link(struct cache *c, const struct wal_record *r)
{
	const unsigned char *p = r->p;

	for (size_t i = 0; i + 8 <= r->len; i += 8) {
		size_t row;
		struct columns *in = index_find(c, load32(p + i), &row);

		if (!in)
			continue;
		in->parent[row] = load32(p + i + 4);
		index_relinked(c, in->uid[row]);
	}
}

static void apply_meta(struct cache *c, const struct wal_record *r)
{
	if (log_meta_decode(&c->meta, r->p, r->len) == 0 && c->meta.complete)
		c->damaged.n = 0;
}

static void apply_damaged(struct cache *c, const struct wal_record *r)
{
	const unsigned char *p = r->p;

	if (r->len >= 8)
		index_damage_by_log(c, load32(p), load32(p + 4));
}

int index_replay(void *ctx, const struct wal_record *r)
{
	struct cache *c = ctx;

	switch (r->type) {
	case LOG_ADD:
		apply_add(c, r);
		break;
	case LOG_FLAGS:
		apply_flags(c, r);
		break;
	case LOG_EXPUNGE:
		apply_expunge(c, r);
		break;
	case LOG_META:
		apply_meta(c, r);
		break;
	case LOG_DAMAGED:
		apply_damaged(c, r);
		break;
	case LOG_RESET:
		index_void(c);
		apply_meta(c, r);
		break;
	case LOG_LINK:
		apply_link(c, r);
		break;
	default: /* of a later minor version */
		break;
	}
	return 0;
}

size_t cache_take_links(struct cache *c, uint32_t **uids)
{
	size_t n = c->n_relinked;

	*uids = c->relinked;
	c->relinked = NULL;
	c->n_relinked = c->cap_relinked = 0;
	return n;
}

/* --- settling --- */

/* Takes the dead rows out and notes them as (parent, uid) for reparent. */
static void sweep(struct cache *c, struct columns *in, struct pair *dead, size_t *n)
{
	size_t to = 0;

	for (size_t i = 0; i < in->n; i++) {
		if (in->flags[i] & ROW_DEAD)
			dead[(*n)++] = (struct pair){in->uid[i], in->parent[i]};
		else if (to++ != i)
			columns_copy_row(in, to - 1, in, i);
	}
	/* rows of fresh moved: tell the entries that point there */
	if (in == &c->fresh && to != in->n) {
		columns_resize(in, to);
		for (size_t i = 0; i < to; i++) {
			struct added *a = index_added(c, in->uid[i]);

			if (a)
				a->row = (uint32_t)i;
		}
	}
	if (to != in->n)
		columns_resize(in, to);
}

/* The nearest ancestor that is still there, of a message whose parent is uid. */
static uint32_t living(const struct pair *dead, size_t n, uint32_t uid)
{
	for (size_t steps = 0; steps <= n && uid; steps++) {
		size_t low = 0, high = n;

		while (low < high) {
			size_t mid = low + (high - low) / 2;

			if (dead[mid].hash < uid)
				low = mid + 1;
			else
				high = mid;
		}
		if (low == n || dead[low].hash != uid)
			return uid;
		uid = dead[low].uid;
	}
	return 0;
}

static void bury(struct cache *c)
{
	struct pair *dead = mem_array(c->dead, sizeof(*dead));
	size_t n = 0, kept = 0;

	sweep(c, &c->columns, dead, &n);
	sweep(c, &c->fresh, dead, &n);
	c->dead = 0;
	/* one that was expunged and came again is not gone */
	for (size_t i = 0, row; i < n; i++)
		if (!index_find(c, (uint32_t)dead[i].hash, &row))
			dead[kept++] = dead[i];
	if (kept)
		qsort(dead, kept, sizeof(*dead), pair_compare);
	for (size_t i = 0; kept && i < c->columns.n; i++)
		if (c->columns.parent[i])
			c->columns.parent[i] = living(dead, kept, c->columns.parent[i]);
	for (size_t i = 0; kept && i < c->fresh.n; i++)
		if (c->fresh.parent[i])
			c->fresh.parent[i] = living(dead, kept, c->fresh.parent[i]);
	free(dead);
}

/* Sorts the rows that came out of order and merges them from behind. */
static void merge(struct cache *c)
{
	size_t n = c->fresh.n, old = c->columns.n, to;
	struct pair *order = mem_array(n, sizeof(*order));

	for (size_t i = 0; i < n; i++) {
		struct added *a = index_added(c, c->fresh.uid[i]);

		order[i] = (struct pair){c->fresh.uid[i], (uint32_t)i};
		if (a)
			a->row = ROW_NONE;
	}
	qsort(order, n, sizeof(*order), pair_compare);
	columns_resize(&c->columns, old + n);
	for (to = old + n; n; to--) {
		if (old && c->columns.uid[old - 1] > order[n - 1].hash) {
			columns_copy_row(&c->columns, to - 1, &c->columns, old - 1);
			old--;
		} else {
			columns_copy_row(&c->columns, to - 1, &c->fresh, order[n - 1].uid);
			n--;
		}
	}
	columns_done(&c->fresh);
	free(order);
}

void index_settle(struct cache *c)
{
	if (c->dead)
		bury(c);
	if (c->fresh.n)
		merge(c);
}

/* --- strings --- */

void added_summary(const struct added *a, struct summary *s)
{
	uint32_t parent;
	bool old;

	/* it was decoded before it was kept */
	(void)log_add_decode(s, &parent, &old, a->p, a->len);
}

int index_strings(struct cache *c, uint32_t uid, struct summary *s, uint32_t range[2])
{
	const struct added *a = index_added(c, uid);

	if (a) {
		added_summary(a, s);
		return 1;
	}
	return c->base ? base_strings(c->base, uid, s, range) : 0;
}
