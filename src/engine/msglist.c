#include "engine/msglist.h"

#include "base/mem.h"
#include "engine/msglist_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert((int)MSG_SEEN == (int)MAIL_SEEN && (int)MSG_FORWARDED == (int)MAIL_FORWARDED &&
		      (int)MSG_ATTACHMENT == (int)MAIL_ATTACHMENT &&
		      (int)MSG_LIST == (int)MAIL_LIST &&
		      (int)MSG_BODY_HERE == (int)MAIL_BODY_HERE &&
		      (int)MSG_PLACEHOLDER == (int)MAIL_PLACEHOLDER,
	"the front end's flags are the store's");

enum { WINDOW = 64, DEPTH_MAX = 60, HIDDEN_MAX = (1 << 25) - 1 };
/* In columns.flags only: tags live with the rows, so that tagging 200,000 messages stays linear. */
static const uint32_t TAGGED = 1u << 31;
static const uint32_t NONE = UINT32_MAX;

/* --- sets of UIDs --- */

static size_t uidset_at(const struct uidset *s, uint32_t uid)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->v[mid] < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool uidset_has(const struct uidset *s, uint32_t uid)
{
	size_t at = uidset_at(s, uid);

	return at < s->n && s->v[at] == uid;
}

void uidset_put(struct uidset *s, uint32_t uid, bool in)
{
	size_t at = uidset_at(s, uid);
	bool there = at < s->n && s->v[at] == uid;

	if (in == there)
		return;
	if (in) {
		s->v = mem_grow(s->v, &s->cap, s->n + 1, sizeof(*s->v));
		memmove(s->v + at + 1, s->v + at, (s->n - at) * sizeof(*s->v));
		s->v[at] = uid;
		s->n++;
	} else {
		memmove(s->v + at, s->v + at + 1, (s->n - at - 1) * sizeof(*s->v));
		s->n--;
	}
}

/* --- strings of rows that were visible --- */

static struct summary *find_strings(const struct msglist *l, uint32_t uid)
{
	for (int w = 0; w < STRING_WAYS; w++)
		if (l->strings[uid % STRING_SETS][w].uid == uid)
			return l->strings[uid % STRING_SETS][w].row;
	return NULL;
}

static bool is_asked(const struct msglist *l, uint32_t uid)
{
	for (int w = 0; w < STRING_WAYS; w++)
		if (l->strings[uid % STRING_SETS][w].asked == uid ||
			l->strings[uid % STRING_SETS][w].uid == uid)
			return true;
	return false;
}

static void mark_asked(struct msglist *l, uint32_t uid)
{
	unsigned set = uid % STRING_SETS;

	l->strings[set][l->next_way[set]].asked = uid;
	l->next_way[set] = (uint8_t)((l->next_way[set] + 1) % STRING_WAYS);
}

static void keep_strings(struct msglist *l, struct summary *row)
{
	unsigned set = row->uid % STRING_SETS;
	int way = -1;

	for (int w = 0; w < STRING_WAYS; w++)
		if (l->strings[set][w].uid == row->uid || l->strings[set][w].asked == row->uid)
			way = w;
	if (way < 0) {
		way = l->next_way[set];
		l->next_way[set] = (uint8_t)((way + 1) % STRING_WAYS);
	}
	summary_free(l->strings[set][way].row);
	l->strings[set][way].row = row;
	l->strings[set][way].uid = row->uid;
	l->strings[set][way].asked = 0;
}

static void forget_strings(struct msglist *l)
{
	for (int s = 0; s < STRING_SETS; s++)
		for (int w = 0; w < STRING_WAYS; w++) {
			summary_free(l->strings[s][w].row);
			l->strings[s][w].row = NULL;
			l->strings[s][w].uid = l->strings[s][w].asked = 0;
		}
}

static void forget_uid(struct msglist *l, uint32_t uid)
{
	for (int w = 0; w < STRING_WAYS; w++) {
		if (l->strings[uid % STRING_SETS][w].uid == uid) {
			summary_free(l->strings[uid % STRING_SETS][w].row);
			l->strings[uid % STRING_SETS][w].row = NULL;
			l->strings[uid % STRING_SETS][w].uid = 0;
		}
		if (l->strings[uid % STRING_SETS][w].asked == uid)
			l->strings[uid % STRING_SETS][w].asked = 0;
	}
}

/* The rows around one that is not here: one question for a whole screen. While the answer is under
 * way nothing is asked again, and never for rows far from the screen. */
static void ask_around(struct msglist *l, size_t row)
{
	uint32_t uids[2 * WINDOW];
	size_t from = row > WINDOW ? row - WINDOW : 0, n = 0;

	if (is_asked(l, l->columns.uid[l->view[row].at]))
		return;
	for (size_t r = from; r < l->nview && r < row + WINDOW; r++) {
		uint32_t uid = l->columns.uid[l->view[r].at];

		if (is_asked(l, uid))
			continue;
		mark_asked(l, uid);
		uids[n++] = uid;
	}
	if (n && l->ask)
		l->ask(l->ctx, l->id, uids, n);
}

void msglist_take_rows(struct msglist *l, struct summary **rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		keep_strings(l, rows[i]);
}

/* --- order --- */

static uint32_t date_of(const struct columns *c, size_t i)
{
	return c->sent[i] ? c->sent[i] : c->received[i];
}

/* Small first; rows are sorted by (key, UID), later turned so that the newest is on top. */
static uint32_t sort_key(const struct msglist *l, size_t i)
{
	const struct columns *c = &l->columns;

	switch (l->sort) {
	case SORT_RECEIVED:
		return c->received[i];
	case SORT_SIZE:
		return c->size[i];
	case SORT_UNREAD:
		return (date_of(c, i) >> 1) | (c->flags[i] & MAIL_SEEN ? 0 : 1u << 31);
	case SORT_FROM:
	case SORT_SUBJECT:
		return l->order ? UINT32_MAX - l->order[i] : date_of(c, i);
	default:
		return date_of(c, i);
	}
}

/* LSD radix sort of indexes by 32-bit keys, four passes: linear, stable, no comparisons. */
static void radix_sort(uint32_t *index, const uint32_t *key, size_t n)
{
	uint32_t *other = mem_array(n, sizeof(*other)), *from = index, *to = other;

	for (int shift = 0; shift < 32; shift += 8) {
		size_t count[257] = {0};
		uint32_t *swap;

		for (size_t i = 0; i < n; i++)
			count[(key[from[i]] >> shift & 255) + 1]++;
		for (int b = 0; b < 256; b++)
			count[b + 1] += count[b];
		for (size_t i = 0; i < n; i++)
			to[count[key[from[i]] >> shift & 255]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	free(other);
}

static void add_view(struct msglist *l, struct view_row row)
{
	l->view = mem_grow(l->view, &l->cap_view, l->nview + 1, sizeof(*l->view));
	l->view[l->nview++] = row;
}

static bool is_shown(const struct msglist *l, size_t i)
{
	return !l->limited || uidset_has(&l->limit, l->columns.uid[i]);
}

static void build_flat(struct msglist *l, const uint32_t *index, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		size_t i = index[l->reverse ? k : n - 1 - k];

		if (is_shown(l, i))
			add_view(l, (struct view_row){.at = (uint32_t)i, .last = true});
	}
}

/* --- threads --- */

/* Oldest of a cycle of forged parents that at is part of. */
static uint32_t oldest_of_cycle(const struct columns *c, const uint32_t *up, uint32_t at)
{
	uint32_t oldest = at;

	for (uint32_t i = up[at]; i != at; i = up[i])
		if (date_of(c, i) < date_of(c, oldest) ||
			(date_of(c, i) == date_of(c, oldest) && i < oldest))
			oldest = i;
	return oldest;
}

/* The row of each message's parent in the folder or NONE; free(). Never a cycle: in one made by
 * forged References the oldest message becomes the root. */
static uint32_t *parents_of(const struct columns *c)
{
	uint32_t *up = mem_array(c->n, sizeof(*up)), *walk = mem_array(c->n, sizeof(*walk));

	for (size_t i = 0; i < c->n; i++) {
		ptrdiff_t at = c->parent[i] ? columns_find(c, c->parent[i]) : -1;

		up[i] = at < 0 || (size_t)at == i ? NONE : (uint32_t)at;
	}
	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t at = i;

		for (; at != NONE && !walk[at]; at = up[at])
			walk[at] = i + 1;
		if (at != NONE && walk[at] == i + 1)
			up[oldest_of_cycle(c, up, at)] = NONE;
	}
	free(walk);
	return up;
}

/* The topmost ancestor of each (itself where there is none); free(). Every way is walked once. */
static uint32_t *tops_of(const uint32_t *up, size_t n)
{
	uint32_t *top = mem_array(n, sizeof(*top));

	memset(top, 0xff, n * sizeof(*top));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = i, found;

		while (top[at] == NONE && up[at] != NONE)
			at = up[at];
		found = top[at] == NONE ? at : top[at];
		for (at = i; at != NONE && top[at] == NONE; at = up[at])
			top[at] = found;
	}
	return top;
}

struct forest {
	uint32_t *top;                      /* the topmost ancestor in the folder, shown or not */
	uint32_t *parent, *first, *sibling; /* among the shown; indexes into columns, NONE */
	uint32_t *key;                      /* of a root: the greatest in its thread */
};

/* The nearest ancestor that is shown, for each; free(). Those between two shown ones share theirs.
 */
static uint32_t *shown_parents(const struct msglist *l, const uint32_t *up, const bool *shown)
{
	size_t n = l->columns.n;
	uint32_t *near = mem_array(n, sizeof(*near));
	bool *known = mem_array(n, sizeof(*known));

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = i, found;

		while (!known[at] && up[at] != NONE && !shown[up[at]])
			at = up[at];
		found = known[at] ? near[at] : up[at];
		for (at = i; !known[at]; at = up[at]) {
			near[at] = found;
			known[at] = true;
			if (up[at] == found)
				break;
		}
	}
	free(known);
	return near;
}

/* Hangs children under their parents, oldest first whatever the roots are sorted by. */
static void plant(struct msglist *l, struct forest *f)
{
	size_t n = l->columns.n;
	uint32_t *up = parents_of(&l->columns), *index = mem_array(n, sizeof(*index)),
		 *date = mem_array(n, sizeof(*date));
	bool *shown = mem_array(n, sizeof(*shown));

	for (size_t i = 0; i < n; i++) {
		index[i] = (uint32_t)i;
		date[i] = date_of(&l->columns, i);
		shown[i] = is_shown(l, i);
	}
	radix_sort(index, date, n);
	f->top = tops_of(up, n);
	f->parent = shown_parents(l, up, shown);
	f->first = mem_array(n, sizeof(uint32_t));
	f->sibling = mem_array(n, sizeof(uint32_t));
	memset(f->first, 0xff, n * sizeof(uint32_t));
	memset(f->sibling, 0xff, n * sizeof(uint32_t));
	for (size_t k = n; k-- > 0;) {
		uint32_t i = index[k], parent = f->parent[i];

		if (parent == NONE || !shown[i])
			continue;
		f->sibling[i] = f->first[parent];
		f->first[parent] = i;
	}
	free(up);
	free(index);
	free(date);
	free(shown);
}

/* A thread stands where its newest message would: its key goes up to the root. */
static void lift_keys(const struct msglist *l, struct forest *f)
{
	size_t n = l->columns.n;
	uint32_t *root = tops_of(f->parent, n);

	for (size_t i = 0; i < n; i++)
		if (is_shown(l, i) && f->key[i] > f->key[root[i]])
			f->key[root[i]] = f->key[i];
	free(root);
}

static uint32_t count_below(const struct forest *f, uint32_t i)
{
	uint32_t n = 0, at = f->first[i];

	while (at != NONE) {
		n++;
		if (f->first[at] != NONE) {
			at = f->first[at];
			continue;
		}
		while (at != i && f->sibling[at] == NONE)
			at = f->parent[at];
		if (at == i)
			break;
		at = f->sibling[at];
	}
	return n;
}

static void emit_thread(struct msglist *l, const struct forest *f, uint32_t root)
{
	uint32_t at = root;
	uint32_t depth = 0; /* of a thread made to be deep: more than view_row can say */
	bool folded =
		f->first[root] != NONE && uidset_has(&l->folded, l->columns.uid[f->top[root]]);

	for (;;) {
		bool last = f->sibling[at] == NONE || depth == 0;
		struct view_row row = {.at = at,
			.depth = depth < DEPTH_MAX ? depth & 63 : DEPTH_MAX,
			.last = last};

		if (folded)
			row.hidden = count_below(f, at) & HIDDEN_MAX;
		add_view(l, row);
		if (folded)
			return;
		if (f->first[at] != NONE) {
			at = f->first[at];
			depth++;
			continue;
		}
		while (at != root && f->sibling[at] == NONE) {
			at = f->parent[at];
			depth--;
		}
		if (at == root)
			return;
		at = f->sibling[at];
	}
}

static void build_threads(struct msglist *l, uint32_t *index, uint32_t *key, size_t n)
{
	struct forest f = {.key = key};

	plant(l, &f);
	lift_keys(l, &f);
	radix_sort(index, key, n);
	for (size_t k = 0; k < n; k++) {
		uint32_t i = index[l->reverse ? k : n - 1 - k];

		if (f.parent[i] == NONE && is_shown(l, i))
			emit_thread(l, &f, i);
	}
	free(f.top);
	free(f.parent);
	free(f.first);
	free(f.sibling);
}

static void apply_order(struct msglist *l)
{
	MEM_FREE(l->order);
	if (!l->order_uids || (l->sort != SORT_FROM && l->sort != SORT_SUBJECT))
		return;
	l->order = mem_array(l->columns.n, sizeof(*l->order));
	memset(l->order, 0xff,
		l->columns.n *
			sizeof(*l->order)); /* what came later stands last until the next order */
	for (size_t k = 0; k < l->norder; k++) {
		ptrdiff_t at = columns_find(&l->columns, l->order_uids[k]);

		if (at >= 0)
			l->order[at] = (uint32_t)k;
	}
}

static void rebuild(struct msglist *l)
{
	size_t n = l->columns.n;
	uint32_t *index = mem_array(n, sizeof(*index)), *key = mem_array(n, sizeof(*key));

	apply_order(l);
	l->view = mem_grow(
		l->view, &l->cap_view, n, sizeof(*l->view)); /* never more rows than messages */
	l->nview = l->unread = 0;
	for (size_t i = 0; i < n; i++) {
		index[i] = (uint32_t)i;
		key[i] = sort_key(l, i);
		l->unread += !(l->columns.flags[i] & MAIL_SEEN);
	}
	radix_sort(index, key, n);
	if (l->threads)
		build_threads(l, index, key, n);
	else
		build_flat(l, index, n);
	free(index);
	free(key);
}

/* --- life --- */

struct msglist *msglist_new(unsigned id, int account, const char *account_name, const char *folder)
{
	struct msglist *l = mem_alloc(sizeof(*l));

	l->id = id;
	l->account = account;
	l->account_name = mem_strdup(account_name);
	l->folder = mem_strdup(folder);
	l->percent = -1;
	return l;
}

void msglist_free(struct msglist *l)
{
	if (!l)
		return;
	forget_strings(l);
	columns_done(&l->columns);
	strv_done(&l->keysets);
	free(l->view);
	free(l->folded.v);
	free(l->limit.v);
	free(l->limit_text);
	free(l->order);
	free(l->order_uids);
	free(l->account_name);
	free(l->folder);
	free(l);
}

static void take_keysets(struct msglist *l, struct strv *keysets)
{
	if (keysets->n < l->keysets.n)
		return; /* sets are only ever added */
	strv_done(&l->keysets);
	l->keysets = *keysets;
	*keysets = (struct strv)STRV_INIT;
}

static void keep_tags(const struct columns *from, struct columns *to)
{
	for (size_t i = 0, k = 0; i < from->n; i++) {
		while (k < to->n && to->uid[k] < from->uid[i])
			k++;
		if (k < to->n && to->uid[k] == from->uid[i])
			to->flags[k] |= from->flags[i] & TAGGED;
	}
}

void msglist_take_columns(struct msglist *l, struct columns *c, struct strv *keysets)
{
	keep_tags(&l->columns, c);
	forget_strings(l);
	columns_done(&l->columns);
	l->columns = *c;
	*c = (struct columns){0};
	strv_done(&l->keysets);
	take_keysets(l, keysets);
	l->ready = true;
	rebuild(l);
}

void msglist_rename(struct msglist *l, const char *folder)
{
	forget_strings(l);
	if (l->account < 0 || strcmp(l->folder, folder) == 0)
		return;
	free(l->folder);
	l->folder = mem_strdup(folder);
}

static void put_row(struct columns *to, size_t *n, const struct columns *from, size_t i)
{
	to->uid[*n] = from->uid[i];
	to->flags[*n] = from->flags[i];
	to->received[*n] = from->received[i];
	to->sent[*n] = from->sent[i];
	to->size[*n] = from->size[i];
	to->parent[*n] = from->parent[i];
	to->keyset[*n] = from->keyset[i];
	(*n)++;
}

/* A row of the same UID comes again: its strings are the same unless the message was filled in. */
static void note_change(struct msglist *l, size_t was, const struct columns *c, size_t is)
{
	const struct columns *old = &l->columns;

	if (((old->flags[was] ^ c->flags[is]) & MAIL_PLACEHOLDER) ||
		old->sent[was] != c->sent[is] || old->size[was] != c->size[is])
		forget_uid(l, old->uid[was]);
}

static int by_uid(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void merge_columns(
	struct msglist *l, struct columns *out, const struct columns *c, const struct uidset *drop)
{
	const struct columns *old = &l->columns;
	size_t n = 0, i = 0, k = 0;

	columns_resize(out, old->n + c->n);
	while (i < old->n || k < c->n) {
		bool take_new = i == old->n || (k < c->n && c->uid[k] <= old->uid[i]);

		if (take_new) {
			put_row(out, &n, c, k);
			if (i < old->n && c->uid[k] == old->uid[i]) {
				out->flags[n - 1] |= old->flags[i] & TAGGED;
				note_change(l, i++, c, k);
			}
			k++;
		} else if (!uidset_has(drop, old->uid[i])) {
			put_row(out, &n, old, i++);
		} else {
			forget_uid(l, old->uid[i++]);
		}
	}
	columns_resize(out, n);
}

void msglist_merge(struct msglist *l, const struct columns *c, struct strv *keysets,
	const uint32_t *gone, size_t ngone)
{
	struct columns out = {0};
	struct uidset drop = {.v = mem_dup(gone, ngone * sizeof(*gone)), .n = ngone};

	if (c->n || ngone) {
		qsort(drop.v, drop.n, sizeof(*drop.v), by_uid);
		merge_columns(l, &out, c, &drop);
		columns_done(&l->columns);
		l->columns = out;
		take_keysets(l, keysets);
		rebuild(l);
	}
	free(drop.v);
}

void msglist_take_order(struct msglist *l, const uint32_t *uids, size_t n)
{
	free(l->order_uids);
	l->order_uids = mem_dup(uids, n * sizeof(*uids));
	l->norder = n;
	rebuild(l);
}

void msglist_set_limit(struct msglist *l, const char *text, const uint32_t *uids, size_t n)
{
	free(l->limit_text);
	l->limit_text = mem_strdup(text);
	free(l->limit.v);
	l->limit = (struct uidset){0};
	l->limited = text != NULL;
	if (text) {
		l->limit.v =
			mem_dup(uids, n * sizeof(*uids)); /* the store answers in ascending order */
		l->limit.n = l->limit.cap = n;
	}
	rebuild(l);
}

void msglist_change_flags(
	struct msglist *l, const uint32_t *uids, size_t n, uint32_t clear, uint32_t set)
{
	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(&l->columns, uids[i]);
		uint32_t before;

		if (at < 0)
			continue;
		before = l->columns.flags[at];
		l->columns.flags[at] = (before & ~(clear & ~TAGGED)) | (set & ~TAGGED);
		if ((before ^ l->columns.flags[at]) & MAIL_SEEN)
			l->unread += before & MAIL_SEEN ? 1 : (size_t)-1;
	}
}

/* --- the front end's view --- */

const char *msglist_account(const struct msglist *l)
{
	return l->account_name;
}

const char *msglist_folder(const struct msglist *l)
{
	return l->folder;
}

bool msglist_ready(const struct msglist *l)
{
	return l->ready;
}

bool msglist_read_only(const struct msglist *l)
{
	return l->read_only;
}

size_t msglist_count(const struct msglist *l)
{
	return l->nview;
}

size_t msglist_total(const struct msglist *l)
{
	return l->columns.n;
}

size_t msglist_unread(const struct msglist *l)
{
	return l->unread;
}

/* The ancestors of a row stand above it; those with a later sibling draw a line through it. Kept in
 * no table: only a screen of rows is ever asked for. */
static uint64_t lines_through(const struct msglist *l, size_t row)
{
	unsigned depth = l->view[row].depth;
	uint64_t lines = 0;

	while (depth > 1 && row-- > 0) {
		const struct view_row *v = &l->view[row];

		if (v->depth >= depth)
			continue;
		depth = v->depth;
		if (depth && !v->last)
			lines |= (uint64_t)1 << depth;
	}
	return lines;
}

bool msglist_row(struct msglist *l, size_t row, struct msg_row *out)
{
	const struct columns *c = &l->columns;
	const struct summary *s;
	const struct view_row *v;

	if (row >= l->nview)
		return false;
	v = &l->view[row];
	*out = (struct msg_row){.uid = c->uid[v->at],
		.flags = c->flags[v->at] & ~TAGGED,
		.size = c->size[v->at],
		.date = date_of(c, v->at),
		.tagged = c->flags[v->at] & TAGGED,
		.depth = v->depth,
		.last_child = v->last,
		.lines = lines_through(l, row),
		.hidden = v->hidden};
	out->keywords = c->keyset[v->at] < l->keysets.n ? l->keysets.v[c->keyset[v->at]] : "";
	s = find_strings(l, out->uid);
	if (!s) {
		ask_around(l, row);
		return true;
	}
	out->from_name = s->from_name;
	out->from_mail = s->from_mail;
	out->to = s->to;
	out->subject = s->subject;
	return true;
}

uint32_t msglist_uid(const struct msglist *l, size_t row)
{
	return row < l->nview ? l->columns.uid[l->view[row].at] : 0;
}

ptrdiff_t msglist_find(const struct msglist *l, uint32_t uid)
{
	ptrdiff_t at = columns_find(&l->columns, uid);

	for (size_t row = 0; at >= 0 && row < l->nview; row++)
		if (l->view[row].at == (uint32_t)at)
			return (ptrdiff_t)row;
	return -1;
}

ptrdiff_t msglist_next_unread(const struct msglist *l, size_t row, int step)
{
	size_t n = l->nview, none = step >= 0 ? n - 1 : 0;

	/* Once around; a row that is none stands before the first. */
	for (size_t k = 1; k <= n; k++) {
		size_t at = step >= 0 ? ((row < n ? row : none) + k) % n
				      : ((row < n ? row : none) + n - k) % n;

		if (at != row && !(l->columns.flags[l->view[at].at] & MAIL_SEEN))
			return (ptrdiff_t)at;
	}
	return -1;
}

size_t msglist_start_row(const struct msglist *l)
{
	size_t newest = 0;

	for (size_t row = 0; row < l->nview; row++) {
		if (!(l->columns.flags[l->view[row].at] & MAIL_SEEN))
			return row;
		if (date_of(&l->columns, l->view[row].at) >
			date_of(&l->columns, l->view[newest].at))
			newest = row;
	}
	return newest;
}

void msglist_tag(struct msglist *l, uint32_t uid, bool on)
{
	ptrdiff_t at = columns_find(&l->columns, uid);

	if (at < 0)
		return;
	l->columns.flags[at] = on ? l->columns.flags[at] | TAGGED : l->columns.flags[at] & ~TAGGED;
}

void msglist_untag_all(struct msglist *l)
{
	for (size_t i = 0; i < l->columns.n; i++)
		l->columns.flags[i] &= ~TAGGED;
}

size_t msglist_tagged(const struct msglist *l, uint32_t **uids)
{
	size_t n = 0, cap = 0;

	*uids = NULL;
	for (size_t i = 0; i < l->columns.n; i++)
		if (l->columns.flags[i] & TAGGED) {
			*uids = mem_grow(*uids, &cap, n + 1, sizeof(**uids));
			(*uids)[n++] = l->columns.uid[i];
		}
	return n;
}

void msglist_set_sort(struct msglist *l, enum msglist_sort sort, bool reverse)
{
	l->sort = sort;
	l->reverse = reverse;
	MEM_FREE(l->order_uids);
	l->norder = 0;
	if ((sort == SORT_FROM || sort == SORT_SUBJECT) && l->ask_order)
		l->ask_order(l->ctx, l->id, sort);
	rebuild(l);
}

void msglist_set_threads(struct msglist *l, bool on)
{
	l->threads = on;
	rebuild(l);
}

bool msglist_threads(const struct msglist *l)
{
	return l->threads;
}

/* tops_of the folder; free(). */
static uint32_t *folder_tops(const struct msglist *l)
{
	uint32_t *up = parents_of(&l->columns), *top = tops_of(up, l->columns.n);

	free(up);
	return top;
}

void msglist_fold(struct msglist *l, uint32_t uid, bool folded)
{
	ptrdiff_t at = columns_find(&l->columns, uid);
	uint32_t *top;

	if (at < 0)
		return;
	top = folder_tops(l);
	uidset_put(&l->folded, l->columns.uid[top[at]], folded);
	free(top);
	rebuild(l);
}

void msglist_fold_all(struct msglist *l, bool folded)
{
	uint32_t *top = folder_tops(l);

	l->folded.n = 0;
	for (size_t i = 0; folded && i < l->columns.n; i++)
		if (top[i] == i)
			uidset_put(&l->folded, l->columns.uid[i], true);
	free(top);
	rebuild(l);
}

size_t msglist_thread(const struct msglist *l, uint32_t uid, uint32_t **uids)
{
	ptrdiff_t at = columns_find(&l->columns, uid);
	size_t n = 0, cap = 0;
	uint32_t *top;

	*uids = NULL;
	if (at < 0)
		return 0;
	top = folder_tops(l);
	for (size_t i = 0; i < l->columns.n; i++)
		if (top[i] == top[at]) {
			*uids = mem_grow(*uids, &cap, n + 1, sizeof(**uids));
			(*uids)[n++] = l->columns.uid[i];
		}
	free(top);
	return n;
}

bool msglist_is_limited(const struct msglist *l)
{
	return l->limited;
}

const char *msglist_limit_text(const struct msglist *l)
{
	return l->limit_text ? l->limit_text : "";
}

int msglist_sync_percent(const struct msglist *l)
{
	return l->percent;
}
