/*
 * All messages of a folder, or of the lists of a span, by sender or subject: ranks, in slices. Keys
 * are folded once and sorted eight bytes at a time; a list that has an order gets places for what
 * came since only.
 */
#include "store/mail/search_order.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/mail/lists_shown.h"
#include "store/store_priv.h"
#include "mime/subject.h"

#include <stdlib.h>
#include <string.h>

enum { STRIDE = 512, FEW = 12 };
static const uint32_t BY_NUMBER = UINT32_MAX; /* depth of equal keys */

struct keyed {
	uint64_t head;   /* the eight bytes at hand, so that most comparisons end there */
	uint32_t at;     /* of the whole key in text */
	uint32_t number; /* in uids */
};

struct range { /* to be sorted; equal in their first depth bytes */
	size_t lo, hi;
	uint32_t depth;
};

struct order_part {
	unsigned list, numbering; /* what the UIDs here mean */
	size_t from;              /* its first, in uids; up to those of the next part */
};

struct order_work {
	struct work work;
	unsigned list, span; /* all lists of the span, or (0) this one */
	enum mail_order by;
	struct order_part *parts; /* owned */
	size_t nparts, part;      /* part: the one that is read */
	uint32_t next;            /* UID that is read next */
	struct str text;          /* keys, NUL behind each */
	uint32_t *uids;           /* as they were read: ascending in each part */
	struct keyed *v;
	size_t n, cap, cap_uids;
	struct range *ranges;
	size_t nranges, cap_ranges;
	uint32_t dice;
};

/* --- keys --- */

static void add_key(struct str *text, const struct summary *row, enum mail_order by)
{
	if (by == ORDER_SUBJECT) {
		size_t from, len;

		subject_base(row->subject, &from, &len);
		utf8_fold_add(text, row->subject + from, len);
	} else {
		const char *name = *row->from_name ? row->from_name : row->from_mail;

		utf8_fold_add(text, name, strlen(name));
	}
	str_addc(text, '\0');
}

/* The next eight bytes, zeros behind the end. */
static uint64_t head_of(const char *key)
{
	uint64_t head = 0;

	for (int i = 0; i < 8; i++) {
		head = head << 8 | (unsigned char)*key;
		key += *key != '\0';
	}
	return head;
}

static void add_keyed(struct order_work *o, const struct summary *row)
{
	size_t at = o->text.len;

	if (at > UINT32_MAX - 70000)
		return; /* what does not fit has no rank and stands last */
	add_key(&o->text, row, o->by);
	o->v = mem_grow(o->v, &o->cap, o->n + 1, sizeof(*o->v));
	o->uids = mem_grow(o->uids, &o->cap_uids, o->n + 1, sizeof(*o->uids));
	o->v[o->n] = (struct keyed){head_of(o->text.p + at), (uint32_t)at, (uint32_t)o->n};
	o->uids[o->n++] = row->uid;
}

/* By whole keys, then by UID. */
static int compare(const struct str *text, const struct keyed *a, const struct keyed *b)
{
	int c = strcmp(text->p + a->at, text->p + b->at);

	return c ? c : (a->number > b->number) - (a->number < b->number);
}

static int by_key(const void *a, const void *b, void *text)
{
	return compare(text, a, b);
}

/* --- everything --- */

static bool read_some(struct order_work *o, const struct list *l, int64_t end)
{
	struct cache_walk w;
	struct summary row;
	size_t rows = 0;

	cache_walk_start(&w, l->folder->cache, o->next);
	while (cache_walk_next(&w, &row)) {
		if (!l->filter || lists_shows(l, &row))
			add_keyed(o, &row);
		o->next = row.uid + 1;
		if (++rows % STRIDE == 0 && clock_ms() >= end)
			return false;
	}
	return true;
}

/* --- sorting: quicksort by one head after the other --- */

static void push(struct order_work *o, size_t lo, size_t hi, uint32_t depth)
{
	if (hi - lo < 2)
		return;
	o->ranges = mem_grow(o->ranges, &o->cap_ranges, o->nranges + 1, sizeof(*o->ranges));
	o->ranges[o->nranges++] = (struct range){lo, hi, depth};
}

static void sort_few(struct order_work *o, size_t lo, size_t hi)
{
	for (size_t i = lo + 1; i < hi; i++) {
		struct keyed k = o->v[i];
		size_t to = i;

		for (; to > lo && compare(&o->text, &k, &o->v[to - 1]) < 0; to--)
			o->v[to] = o->v[to - 1];
		o->v[to] = k;
	}
}

/* Nobody who sends mail can know the places. */
static uint64_t any_head(struct order_work *o, const struct range *r)
{
	o->dice = o->dice * 1664525 + 1013904223;
	return o->v[r->lo + (size_t)((uint64_t)o->dice * (r->hi - r->lo) >> 32)].head;
}

static uint64_t middle_head(struct order_work *o, const struct range *r)
{
	uint64_t a = any_head(o, r), b = any_head(o, r), c = any_head(o, r);

	if (a > b)
		return b > c ? b : a < c ? a : c;
	return b < c ? b : a > c ? a : c;
}

/* Those with one head in common go on with the next eight bytes. */
static void go_deeper(struct order_work *o, size_t lo, size_t hi, uint32_t depth, bool ended)
{
	if (depth == BY_NUMBER || hi - lo < 2)
		return;
	for (size_t i = lo; i < hi; i++)
		o->v[i].head = ended ? o->v[i].number : head_of(o->text.p + o->v[i].at + depth + 8);
	push(o, lo, hi, ended ? BY_NUMBER : depth + 8);
}

static void split(struct order_work *o, struct range r)
{
	size_t less = r.lo, i = r.lo, more = r.hi;
	uint64_t middle;

	if (r.hi - r.lo <= FEW) {
		sort_few(o, r.lo, r.hi);
		return;
	}
	middle = middle_head(o, &r);
	while (i < more) {
		struct keyed k = o->v[i];

		if (k.head < middle) {
			o->v[i++] = o->v[less];
			o->v[less++] = k;
		} else if (k.head > middle) {
			o->v[i] = o->v[--more];
			o->v[more] = k;
		} else {
			i++;
		}
	}
	push(o, r.lo, less, r.depth);
	push(o, more, r.hi, r.depth);
	go_deeper(o, less, more, r.depth, !(middle & 0xff));
}

static bool sort_some(struct order_work *o, int64_t end)
{
	for (size_t k = 1; o->nranges; k++) {
		split(o, o->ranges[--o->nranges]);
		if ((k % 64 == 0 || o->n > 100000) && clock_ms() >= end)
			return false;
	}
	return true;
}

/* --- the answer --- */

static void free_order(struct order_work *o)
{
	str_done(&o->text);
	free(o->v);
	free(o->uids);
	free(o->ranges);
	free(o->parts);
	free(o);
}

static void drop_order(struct store *s, struct work *w, const struct err *why)
{
	(void)s;
	(void)why; /* nobody waits: a list without an order stands as it is */
	free_order((struct order_work *)w);
}

/* follow: how many lists of the span still get theirs. */
static void send_ranks(struct store *s, const struct list *l, const uint32_t *uids,
	const uint32_t *ranks, size_t n, size_t follow)
{
	struct store_event *ev = store_event_new(STORE_ORDER);

	ev->list = l->id;
	ev->order.by = l->order;
	ev->order.follow = follow;
	ev->order.n = n;
	ev->order.uids = mem_dup(uids, n * sizeof(*uids));
	ev->order.ranks = mem_dup(ranks, n * sizeof(*ranks));
	store_emit(s, ev);
}

/* Keeps uids, which are ascending, and ranks. */
static void keep_ranks(struct list *l, uint32_t *uids, uint32_t *ranks, size_t n)
{
	lists_forget_order(l);
	l->rank_uids = uids;
	l->ranks = ranks;
	l->nranks = n;
	l->rank_numbering = l->folder->numbering;
}

static bool is_part(const struct order_work *o, const struct list *l)
{
	return !l->asleep && l->folder->cache && (o->span ? l->span == o->span : l->id == o->list);
}

/* Whether the lists are those that were begun with, and none shows another folder now or was
 * numbered anew by its server. */
static bool parts_stand(const struct store *s, const struct order_work *o)
{
	size_t k = 0;

	for (const struct list *l = s->lists; l; l = l->next) {
		if (!is_part(o, l))
			continue;
		if (k == o->nparts || o->parts[k].list != l->id ||
			o->parts[k].numbering != l->folder->numbering)
			return false;
		k++;
	}
	return k == o->nparts;
}

/* Some list of the span has not looked into its folder yet: that is further back in the row of what
 * is at work. */
static bool is_opening(const struct store *s, const struct order_work *o)
{
	const struct list *l = s->lists;

	while (l && !(l->opening && (o->span ? l->span == o->span : l->id == o->list)))
		l = l->next;
	return l != NULL;
}

/* What was read is of messages that are not there. */
static void begin_again(const struct store *s, struct order_work *o)
{
	str_clear(&o->text);
	o->n = o->nranges = o->nparts = o->part = 0;
	o->next = 1;
	for (const struct list *l = s->lists; l; l = l->next) {
		if (!is_part(o, l))
			continue;
		o->parts = mem_resize(o->parts, o->nparts + 1, sizeof(*o->parts));
		o->parts[o->nparts++] = (struct order_part){l->id, l->folder->numbering, 0};
	}
}

static void read_part(struct store *s, struct order_work *o, int64_t end)
{
	if (!read_some(o, store_list(s, o->parts[o->part].list), end))
		return;
	o->next = 1;
	if (++o->part < o->nparts)
		o->parts[o->part].from = o->n;
	else
		push(o, 0, o->n, 0);
}

static void tell_order(struct store *s, struct order_work *o)
{
	struct list *none = o->nparts ? NULL : lists_find(s, o->list);
	uint32_t *ranks = mem_array(o->n, sizeof(*ranks));

	for (size_t i = 0; i < o->n; i++)
		ranks[o->v[i].number] = (uint32_t)i;
	for (size_t k = 0; k < o->nparts; k++) {
		struct list *l = store_list(s, o->parts[k].list);
		size_t from = o->parts[k].from, follow = o->nparts - 1 - k,
		       end = follow ? o->parts[k + 1].from : o->n;

		l->order = o->by;
		send_ranks(s, l, o->uids + from, ranks + from, end - from, follow);
	}
	if (none) { /* nothing is shown, and that in order */
		none->order = o->by;
		send_ranks(s, none, NULL, NULL, 0, 0);
	}
	if (o->span || !o->nparts) {
		free(ranks);
		return;
	}
	keep_ranks(store_list(s, o->list), o->uids, ranks, o->n);
	o->uids = NULL;
}

static bool order_step(struct store *s, struct work *w)
{
	struct order_work *o = (struct order_work *)w;
	int64_t end = clock_ms() + WORK_MS;

	if (is_opening(s, o))
		return false;
	if (!parts_stand(s, o))
		begin_again(s, o);
	if (o->nparts && o->part < o->nparts) {
		read_part(s, o, end);
		return false;
	}
	if (o->nparts && !sort_some(o, end))
		return false;
	tell_order(s, o);
	free_order(o);
	return true;
}

/* --- what came since --- */

/* Where a key goes in the order of rows. */
static size_t place_of(struct folder *f, const struct columns *c, const uint32_t *order, size_t n,
	struct order_work *o, const struct keyed *key)
{
	size_t lo = 0, hi = n, keep = o->text.len;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct summary row;
		int less;

		/* what cannot be read has an empty key, and stands first */
		(void)cache_get(f->cache, c->uid[order[mid]], &row);
		add_key(&o->text, &row, o->by);
		less = strcmp(o->text.p + keep, o->text.p + key->at);
		if (less < 0 || (less == 0 && c->uid[order[mid]] < o->uids[key->number]))
			lo = mid + 1;
		else
			hi = mid;
		str_cut(&o->text, keep);
	}
	return lo;
}

/* The rows in the order that is known, without what is gone; what is new gets keys, and fresh[] its
 * rows. How many are in the order. */
static size_t known_order(const struct list *l, const struct columns *c, struct order_work *o,
	uint32_t *order, uint32_t *fresh)
{
	uint32_t *by_rank = mem_array(l->nranks, sizeof(*by_rank));
	size_t n = 0;

	for (size_t i = 0, k = 0; i < c->n; i++) {
		struct summary row;

		while (k < l->nranks && l->rank_uids[k] < c->uid[i])
			k++;
		if (k < l->nranks && l->rank_uids[k] == c->uid[i] && l->ranks[k] < l->nranks) {
			by_rank[l->ranks[k]] = (uint32_t)i + 1;
		} else if (o->n <= c->n / 8 && cache_get(l->folder->cache, c->uid[i], &row) == 0) {
			fresh[o->n] = (uint32_t)i;
			add_keyed(o, &row);
		}
	}
	for (size_t r = 0; r < l->nranks; r++)
		if (by_rank[r])
			order[n++] = by_rank[r] - 1;
	free(by_rank);
	return n;
}

static void put_in(struct list *l, const struct columns *c, struct order_work *o, uint32_t *order,
	size_t n, const uint32_t *fresh)
{
	size_t to = n + o->n;

	if (o->n)
		qsort_r(o->v, o->n, sizeof(*o->v), by_key, &o->text);
	for (size_t k = o->n; k-- > 0;) {
		size_t at = place_of(l->folder, c, order, n, o, &o->v[k]);

		to -= n - at;
		memmove(order + to, order + at, (n - at) * sizeof(*order));
		order[--to] = fresh[o->v[k].number];
		n = at;
	}
}

/* False: there is so much new that all is sorted again. */
static bool mend_order(struct store *s, struct list *l)
{
	const struct columns *now = cache_columns_view(l->folder->cache);
	struct columns c = {.n = now->n};
	struct order_work o = {.by = l->order};
	uint32_t *order = mem_array(c.n, sizeof(*order)), *fresh = mem_array(c.n, sizeof(*fresh)),
		 *ranks = mem_array(c.n, sizeof(*ranks));
	size_t n;
	bool few;

	/* a copy: reading may note damage, after which the columns are others */
	c.uid = mem_dup(now->uid, c.n * sizeof(*c.uid));
	n = known_order(l, &c, &o, order, fresh);
	few = o.n <= c.n / 8;
	if (few) {
		put_in(l, &c, &o, order, n, fresh);
		memset(ranks, 0xff, c.n * sizeof(*ranks));
		for (size_t i = 0; i < n + o.n; i++)
			ranks[order[i]] = (uint32_t)i;
		keep_ranks(l, c.uid, ranks, c.n);
		send_ranks(s, l, l->rank_uids, l->ranks, l->nranks, 0);
	} else {
		free(c.uid);
		free(ranks);
	}
	free(order);
	free(fresh);
	free(o.v);
	free(o.uids);
	str_done(&o.text);
	return few;
}

static bool has_order(const struct list *l, enum mail_order by)
{
	return !l->span && l->nranks && l->rank_numbering == l->folder->numbering && l->order == by;
}

int search_order(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct store *s = l->folder->account->store;
	enum mail_order by = r->order.by;
	struct order_work *o;

	(void)said;
	(void)err;
	if (by == ORDER_NONE)
		lists_forget_order(l);
	if (by == ORDER_NONE || (has_order(l, by) && mend_order(s, l)))
		return 0;
	o = mem_alloc(sizeof(*o));
	o->work = (struct work){.step = order_step, .drop = drop_order};
	o->list = r->list;
	o->span = l->span;
	o->by = by;
	if (!order_step(s, &o->work))
		store_work(s, &o->work);
	return 0;
}
