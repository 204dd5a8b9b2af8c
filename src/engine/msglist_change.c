/* The columns of a list as they change: each change costs its own size and one pass. */
#include "base/mem.h"
#include "base/uids.h"
#include "engine/msglist_priv.h"

#include <stdlib.h>
#include <string.h>

static void take_keysets(struct msglist *l, struct strv *keysets)
{
	if (keysets->n < l->keysets.n)
		return; /* sets are only ever added */
	strv_done(&l->keysets);
	l->keysets = *keysets;
	*keysets = (struct strv)STRV_INIT;
}

/* --- counts --- */

static void count_row(struct msglist *l, uint32_t flags, size_t by)
{
	if (!(flags & MAIL_SEEN))
		l->unread += by;
	if (flags & ROW_FOLDED)
		l->nfolded += by;
}

static void count_all(struct msglist *l)
{
	l->unread = l->nfolded = 0;
	for (size_t i = 0; i < l->columns.n; i++)
		count_row(l, l->columns.flags[i], 1);
}

/* --- one change of many rows --- */

struct merge {
	struct msglist *l;
	const struct columns *in;
	uint32_t *gone; /* owned; ascending UIDs that are here */
	size_t ngone;
	uint32_t *gone_parent; /* owned */
	uint32_t *fresh;       /* owned; indexes of in that are not here yet */
	uint32_t *added;       /* owned; the rows they get */
	size_t nfresh;
	uint32_t *changed; /* owned; UIDs whose place may be another now */
	size_t nchanged;
};

/* Moves n rows within the columns. */
static void move_rows(struct msglist *l, size_t to, size_t from, size_t n)
{
	struct columns *c = &l->columns;
	uint32_t *wide[] = {c->uid, c->flags, c->received, c->sent, c->size, c->parent, l->rank};

	if (to == from || !n)
		return;
	for (size_t i = 0; i < MEM_COUNT(wide); i++)
		if (wide[i])
			memmove(wide[i] + to, wide[i] + from, n * sizeof(*wide[i]));
	memmove(c->keyset + to, c->keyset + from, n * sizeof(*c->keyset));
}

/* A row of the same UID comes again: its strings are the same unless the message was filled in. */
static void change_row(struct merge *m, size_t at, size_t i)
{
	struct msglist *l = m->l;
	struct columns *c = &l->columns;
	uint32_t flags = c->flags[at], parent = c->parent[at], date = msglist_date(l, at),
		 key = l->ordered ? msglist_key(l, at) : 0;

	if (((flags ^ m->in->flags[i]) & MAIL_PLACEHOLDER) || c->sent[at] != m->in->sent[i] ||
		c->size[at] != m->in->size[i])
		msglist_strings_forget_uid(l, c->uid[at]);
	count_row(l, flags, (size_t)-1);
	columns_copy_row(c, at, m->in, i);
	c->flags[at] = (c->flags[at] & ~(uint32_t)ROW_OURS) | (flags & ROW_OURS);
	count_row(l, c->flags[at], 1);
	if (parent != c->parent[at] || date != msglist_date(l, at) || l->job ||
		(l->ordered && key != msglist_key(l, at)))
		m->changed[m->nchanged++] = c->uid[at];
}

static void sort_out(struct merge *m)
{
	struct msglist *l = m->l;

	m->fresh = mem_array(m->in->n, sizeof(*m->fresh));
	m->added = mem_array(m->in->n, sizeof(*m->added));
	m->changed = mem_array(m->in->n, sizeof(*m->changed));
	for (size_t i = 0; i < m->in->n; i++) {
		ptrdiff_t at = columns_find(&l->columns, m->in->uid[i]);

		if (at >= 0)
			change_row(m, (size_t)at, i);
		else
			m->fresh[m->nfresh++] = (uint32_t)i;
	}
}

static void find_gone(struct merge *m, const uint32_t *gone, size_t n)
{
	const struct columns *c = &m->l->columns;
	uint32_t *sorted = mem_dup(gone, n * sizeof(*gone));

	m->gone = mem_array(n, sizeof(*m->gone));
	m->gone_parent = mem_array(n, sizeof(*m->gone_parent));
	n = uids_sort(sorted, n);
	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(c, sorted[i]);

		if (at < 0 || columns_find(m->in, sorted[i]) >= 0)
			continue;
		m->gone_parent[m->ngone] = c->parent[at];
		m->gone[m->ngone++] = sorted[i];
	}
	free(sorted);
}

/* --- rows go and come --- */

static void take_out(struct merge *m)
{
	struct msglist *l = m->l;
	struct columns *c = &l->columns;
	size_t to = 0, from = 0;

	for (size_t i = 0; i < m->ngone; i++) {
		size_t at = (size_t)columns_find(c, m->gone[i]);

		msglist_strings_forget_uid(l, m->gone[i]);
		msglist_left_note(l, at);
		count_row(l, c->flags[at], (size_t)-1);
		m->gone[i] = (uint32_t)at; /* rows, until all is moved */
	}
	for (size_t i = 0; i < m->ngone; i++) {
		uint32_t uid = c->uid[m->gone[i]];

		move_rows(l, to, from, m->gone[i] - from);
		to += m->gone[i] - from;
		from = m->gone[i] + 1;
		m->gone[i] = uid;
	}
	move_rows(l, to, from, c->n - from);
	columns_resize(c, to + c->n - from);
}

static void put_in(struct merge *m)
{
	struct msglist *l = m->l;
	struct columns *c = &l->columns;
	size_t old = c->n, to = c->n + m->nfresh;

	/* all places first, by UIDs that are still where they were */
	for (size_t k = 0; k < m->nfresh; k++)
		m->added[k] = (uint32_t)~columns_find(c, m->in->uid[m->fresh[k]]);
	columns_resize(c, to);
	if (l->rank)
		l->rank = mem_resize(l->rank, to, sizeof(*l->rank));
	for (size_t k = m->nfresh; k-- > 0;) {
		size_t at = m->added[k], behind = old - at;

		to -= behind;
		move_rows(l, to, at, behind);
		columns_copy_row(c, --to, m->in, m->fresh[k]);
		c->flags[to] &= ~(uint32_t)ROW_OURS;
		count_row(l, c->flags[to], 1);
		if (l->rank)
			l->rank[to] = RANK_NONE;
		m->added[k] = (uint32_t)to;
		old = at;
	}
}

/* The nearest ancestor that is not gone. */
static uint32_t living(const struct merge *m, uint32_t uid)
{
	struct columns gone = {.n = m->ngone, .uid = m->gone};

	for (size_t steps = 0; steps <= m->ngone && uid; steps++) {
		ptrdiff_t at = columns_find(&gone, uid);

		if (at < 0)
			return uid;
		uid = m->gone_parent[at];
	}
	return 0;
}

/* Who answered what is gone, answers what that answered. */
static void adopt(struct merge *m, uint64_t *dirty)
{
	struct columns *c = &m->l->columns;
	uint32_t least = m->ngone ? m->gone[0] : 0, most = m->ngone ? m->gone[m->ngone - 1] : 0;

	for (size_t i = 0; m->ngone && i < c->n; i++) {
		uint32_t parent = c->parent[i], now;

		if (parent < least || parent > most)
			continue;
		now = living(m, parent);
		if (now != parent) {
			c->parent[i] = now;
			dirty[i / 64] |= (uint64_t)1 << i % 64;
		}
	}
}

/* --- where the rows went --- */

/* By row before; NULL when all went the same way. */
static uint32_t *moves_of(
	const struct merge *m, const uint32_t *gone_rows, size_t old, uint32_t *shift)
{
	uint32_t *moved;
	size_t g = 0, k = 0, row = 0;

	*shift = 0;
	if (!m->ngone && (!m->nfresh || m->added[0] == old))
		return NULL;
	if (!m->ngone && m->added[m->nfresh - 1] == m->nfresh - 1) {
		*shift = (uint32_t)m->nfresh;
		return NULL;
	}
	moved = mem_array(old, sizeof(*moved));
	for (size_t i = 0; i < old; i++) {
		if (g < m->ngone && gone_rows[g] == i) {
			moved[i] = ORDER_GONE;
			g++;
			continue;
		}
		while (k < m->nfresh && m->added[k] == row) {
			k++;
			row++;
		}
		moved[i] = (uint32_t)row++;
	}
	return moved;
}

static void finish(struct merge *m, const uint32_t *gone_rows, size_t old)
{
	struct msglist *l = m->l;
	uint64_t *dirty = mem_array(l->columns.n / 64 + 1, sizeof(*dirty));
	struct order_change change = {.added = m->added, .nadded = m->nfresh};
	uint32_t *moved = moves_of(m, gone_rows, old, &change.shift);

	change.moved = moved;
	adopt(m, dirty);
	for (size_t i = 0; i < m->nchanged; i++) {
		size_t at = (size_t)columns_find(&l->columns, m->changed[i]);

		dirty[at / 64] |= (uint64_t)1 << at % 64;
	}
	msglist_reorder(l, &change, dirty);
	free(moved);
	free(dirty);
}

static uint32_t *rows_of(const struct columns *c, const uint32_t *uids, size_t n)
{
	uint32_t *rows = mem_array(n, sizeof(*rows));

	for (size_t i = 0; i < n; i++)
		rows[i] = (uint32_t)columns_find(c, uids[i]);
	return rows;
}

static void merge(struct msglist *l, const struct columns *c, const uint32_t *gone, size_t ngone)
{
	struct merge m = {.l = l, .in = c};
	size_t old = l->columns.n;
	uint32_t *gone_rows;

	find_gone(&m, gone, ngone);
	sort_out(&m);
	gone_rows = rows_of(&l->columns, m.gone, m.ngone);
	if (m.ngone)
		take_out(&m);
	if (m.nfresh)
		put_in(&m);
	msglist_left_return(l, m.added, m.nfresh);
	if (m.ngone || m.nfresh || m.nchanged)
		finish(&m, gone_rows, old);
	if (m.nfresh && msglist_needs_ranks(l->want.sort)) {
		l->ranks_stale = true;
		if (!l->ranks_asked && !l->job)
			msglist_ask_ranks(l);
	}
	free(gone_rows);
	free(m.gone);
	free(m.gone_parent);
	free(m.fresh);
	free(m.added);
	free(m.changed);
}

void msglist_merge(struct msglist *l, const struct columns *c, struct strv *keysets,
	const uint32_t *gone, size_t ngone)
{
	struct columns shown = {0};

	if (!c->n && !ngone)
		return;
	take_keysets(l, keysets);
	merge(l, msglist_guess_merge(l, c, gone, ngone, &shown) ? &shown : c, gone, ngone);
	columns_done(&shown);
}

/* --- all anew --- */

static bool same_row(const struct columns *a, size_t i, const struct columns *b, size_t k)
{
	return !((a->flags[i] ^ b->flags[k]) & ~(uint32_t)ROW_OURS) &&
	       a->received[i] == b->received[k] && a->sent[i] == b->sent[k] &&
	       a->size[i] == b->size[k] && a->parent[i] == b->parent[k] &&
	       a->keyset[i] == b->keyset[k];
}

/* What to merge to get from the columns that are here to c; false: too much of it. */
static bool difference(const struct msglist *l, const struct columns *c, struct columns *out,
	uint32_t **gone, size_t *ngone)
{
	const struct columns *old = &l->columns;
	size_t most = old->n / 4, n = 0, cap = 0;

	for (size_t i = 0, k = 0; (i < old->n || k < c->n) && n + *ngone <= most;) {
		if (k == c->n || (i < old->n && old->uid[i] < c->uid[k])) {
			*gone = mem_grow(*gone, &cap, *ngone + 1, sizeof(**gone));
			(*gone)[(*ngone)++] = old->uid[i++];
			continue;
		}
		if (i < old->n && old->uid[i] == c->uid[k]) {
			if (same_row(old, i++, c, k)) {
				k++;
				continue;
			}
		}
		columns_resize(out, n + 1);
		columns_copy_row(out, n++, c, k++);
	}
	return l->ordered && n + *ngone <= most;
}

/* What is in to as well stays as a front end has marked it; the others leave. */
static void keep_ours(struct msglist *l, struct columns *to)
{
	const struct columns *from = &l->columns;

	for (size_t i = 0, k = 0; i < from->n; i++) {
		while (k < to->n && to->uid[k] < from->uid[i])
			k++;
		if (k < to->n && to->uid[k] == from->uid[i])
			to->flags[k] |= from->flags[i] & ROW_OURS;
		else
			msglist_left_note(l, i);
	}
}

/* old: the UIDs that were here. */
static void greet(struct msglist *l, const uint32_t *old, size_t n)
{
	uint32_t *rows;
	size_t came = 0;

	if (!l->nleft)
		return;
	rows = mem_array(l->columns.n, sizeof(*rows));
	for (size_t i = 0, k = 0; i < l->columns.n; i++) {
		k = uids_near(old, n, k, l->columns.uid[i]);
		if (k == n || old[k] != l->columns.uid[i])
			rows[came++] = (uint32_t)i;
	}
	msglist_left_return(l, rows, came);
	free(rows);
}

static void replace(struct msglist *l, struct columns *c)
{
	struct columns old;

	for (size_t i = 0; i < c->n; i++)
		c->flags[i] &= ~(uint32_t)ROW_OURS;
	keep_ours(l, c);
	old = l->columns;
	l->columns = *c;
	*c = (struct columns){0};
	greet(l, old.uid, old.n);
	columns_done(&old);
	count_all(l);
	order_done(&l->order);
	msglist_refilter(l);
	MEM_FREE(l->rank);
	l->ordered = false;
	l->job = 0;
	if (msglist_needs_ranks(l->want.sort))
		l->ranks_asked = false; /* the answer under way is about other messages */
	msglist_sort(l);
	l->ready = l->ordered;
}

void msglist_renumber(struct msglist *l, unsigned numbering)
{
	struct columns none = {0};

	if (l->numbering == numbering)
		return;
	if (l->numbering) {
		msglist_guess_drop(l);
		l->newest = l->newest_date = 0;
		replace(l, &none);
		msglist_left_forget(l);
		MEM_FREE(l->ranks_uids);
		MEM_FREE(l->ranks);
		l->nranks = 0;
	}
	l->numbering = numbering;
}

void msglist_take_columns(struct msglist *l, struct columns *c, struct strv *keysets)
{
	msglist_strings_forget(l);
	msglist_put_columns(l, c, keysets);
}

void msglist_put_columns(struct msglist *l, struct columns *c, struct strv *keysets)
{
	struct columns out = {0};
	uint32_t *gone = NULL;
	size_t ngone = 0;

	if (difference(l, c, &out, &gone, &ngone))
		merge(l, &out, gone, ngone);
	else
		replace(l, c);
	columns_done(&out);
	free(gone);
	columns_done(c);
	strv_done(&l->keysets);
	take_keysets(l, keysets);
}

void msglist_rename(struct msglist *l, size_t source, const char *folder)
{
	struct source *s = &l->sources[source];

	if (s->account < 0 || strcmp(s->folder, folder) == 0)
		return;
	free(s->folder);
	s->folder = mem_strdup(folder);
}

/* --- marks of rows --- */

static void mark_rows(struct msglist *l, uint32_t mark, const uint32_t *uids, size_t n)
{
	struct columns *c = &l->columns;

	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(c, uids[i]);

		if (at >= 0)
			c->flags[at] |= mark;
	}
}

/* These, ascending, and no others. */
static void mark_only(struct msglist *l, uint32_t mark, const uint32_t *uids, size_t n)
{
	struct columns *c = &l->columns;

	for (size_t i = 0, k = 0; i < c->n; i++) {
		while (k < n && uids[k] < c->uid[i])
			k++;
		c->flags[i] &= ~mark;
		if (k < n && uids[k] == c->uid[i])
			c->flags[i] |= mark;
	}
}

void msglist_mark_found(struct msglist *l, const uint32_t *uids, size_t n)
{
	mark_only(l, ROW_FOUND, uids, n);
}

void msglist_set_limit(struct msglist *l, const char *text, const uint32_t *uids, size_t n)
{
	free(l->limit_text);
	l->limit_text = mem_strdup(text);
	l->limited = text != NULL;
	mark_only(l, ROW_LIMITED, uids, text ? n : 0);
	msglist_refilter(l);
}

void msglist_extend_limit(struct msglist *l, const char *text, const uint32_t *uids, size_t n)
{
	if (l->held && l->held_text && strcmp(text, l->held_text) == 0)
		mark_rows(l, ROW_HELD, uids, n);
	if (!l->limited || strcmp(text, l->limit_text) != 0)
		return;
	mark_rows(l, ROW_LIMITED, uids, n);
	msglist_refilter(l);
}

/* Rows with one mark get another, and only those. */
static void copy_mark(struct msglist *l, uint32_t from, uint32_t to)
{
	uint32_t *flags = l->columns.flags;

	for (size_t i = 0; i < l->columns.n; i++)
		flags[i] = (flags[i] & ~to) | (flags[i] & from ? to : 0);
}

void msglist_hold_limit(struct msglist *l)
{
	if (l->held)
		return;
	l->held = true;
	l->held_text = l->limited ? mem_strdup(l->limit_text) : NULL;
	copy_mark(l, ROW_LIMITED, ROW_HELD);
}

void msglist_let_go_limit(struct msglist *l, bool back)
{
	if (l->held && back) {
		free(l->limit_text);
		l->limit_text = l->held_text;
		l->held_text = NULL;
		l->limited = l->limit_text != NULL;
		copy_mark(l, ROW_HELD, ROW_LIMITED);
		msglist_refilter(l);
	}
	MEM_FREE(l->held_text);
	l->held = false;
}

void msglist_change_flags(
	struct msglist *l, const uint32_t *uids, size_t n, uint32_t clear, uint32_t set)
{
	uint64_t *dirty = mem_array(l->columns.n / 64 + 1, sizeof(*dirty));
	struct order_change change = {0};
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(&l->columns, uids[i]);
		uint32_t before;

		if (at < 0)
			continue;
		before = l->columns.flags[at];
		count_row(l, before, (size_t)-1);
		l->columns.flags[at] =
			(before & ~(clear & ~(uint32_t)ROW_OURS)) | (set & ~(uint32_t)ROW_OURS);
		count_row(l, l->columns.flags[at], 1);
		if ((before ^ l->columns.flags[at]) & MAIL_SEEN) {
			dirty[at / 64] |= (uint64_t)1 << at % 64;
			any = true;
		}
	}
	if (any && (l->job || l->now.sort == SORT_UNREAD))
		msglist_reorder(l, &change, dirty);
	free(dirty);
}

static void mark_folded(struct msglist *l, size_t row, bool on)
{
	count_row(l, l->columns.flags[row], (size_t)-1);
	l->columns.flags[row] = on ? l->columns.flags[row] | ROW_FOLDED
				   : l->columns.flags[row] & ~(uint32_t)ROW_FOLDED;
	count_row(l, l->columns.flags[row], 1);
}

void msglist_mark_ours(struct msglist *l, const struct columns *from)
{
	for (size_t i = 0; i < from->n; i++) {
		ptrdiff_t at = columns_find(&l->columns, from->uid[i]);

		if (at < 0)
			continue;
		count_row(l, l->columns.flags[at], (size_t)-1);
		l->columns.flags[at] |= from->flags[i] & ROW_OURS;
		count_row(l, l->columns.flags[at], 1);
	}
	msglist_refilter(l);
}

void msglist_fold(struct msglist *l, uint32_t uid, bool folded)
{
	ptrdiff_t at = columns_find(&l->columns, uid);
	uint32_t *rows;
	size_t n;

	if (at < 0)
		return;
	n = msglist_thread_rows(l, (size_t)at, &rows);
	for (size_t i = 0; i < n; i++)
		mark_folded(l, rows[i], folded && i == 0);
	free(rows);
	msglist_refilter(l);
}

void msglist_fold_all(struct msglist *l, bool folded)
{
	for (size_t i = 0; i < l->columns.n; i++)
		mark_folded(l, i, folded);
	msglist_refilter(l);
}
