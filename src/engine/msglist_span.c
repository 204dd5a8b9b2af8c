/*
 * Lists of several folders: which message of which folder has which number.
 *
 * UIDs of two folders are the same numbers, so such a list gives its messages numbers of its own,
 * in the order they come, and none twice: what a folder that was numbered anew called by a UID has
 * another number than what it calls so now. All else (columns, order, threads, limits, tags,
 * strings) knows these numbers only, and a list of one folder, where they are the UIDs, pays
 * nothing.
 */
#include "base/map.h"
#include "base/mem.h"
#include "base/uids.h"
#include "engine/msglist_priv.h"
#include "store/mail/query.h"

#include <stdlib.h>
#include <string.h>

bool msglist_spans(const struct msglist *l)
{
	return l->name != NULL;
}

const struct span_row *msglist_span(const struct msglist *l)
{
	return l->span;
}

const char *msglist_query(const struct msglist *l)
{
	return l->span ? span_query(l->span, l->name) : NULL;
}

bool msglist_looks_inside(const struct msglist *l)
{
	return l->query && !l->counts && query_cost(l->query) == QUERY_TEXTS;
}

size_t msglist_add_source(
	struct msglist *l, unsigned id, int account, const char *account_name, const char *folder)
{
	l->sources = mem_resize(l->sources, l->nsources + 1, sizeof(*l->sources));
	l->sources[l->nsources] = (struct source){.id = id,
		.account = account,
		.account_name = mem_strdup(account_name),
		.folder = mem_strdup(folder),
		.inside = msglist_looks_inside(l),
		.percent = -1};
	return l->nsources++;
}

void msglist_source_done(struct source *s)
{
	free(s->account_name);
	free(s->folder);
	free(s->uids);
	free(s->numbers);
	free(s->keysets);
}

/* --- numbers --- */

uint32_t msglist_number(const struct msglist *l, size_t source, uint32_t uid)
{
	const struct source *s = &l->sources[source];
	ptrdiff_t at;

	if (!msglist_spans(l))
		return uid;
	at = uids_find(s->uids, s->n, uid);
	return at < 0 ? 0 : s->numbers[at];
}

bool msglist_source_of(const struct msglist *l, uint32_t number, size_t *source, uint32_t *uid)
{
	const struct origin *o;

	*source = 0;
	*uid = number;
	if (!msglist_spans(l))
		return number != 0;
	*uid = 0;
	if (!number || number > l->norigins)
		return false;
	o = &l->origins[number - 1];
	*source = o->source;
	*uid = o->uid;
	return o->uid != 0;
}

bool msglist_origin(const struct msglist *l, uint32_t number, struct msg_origin *out)
{
	size_t source;
	uint32_t uid;

	*out = (struct msg_origin){.account = -1, .account_name = "", .folder = ""};
	if (!msglist_source_of(l, number, &source, &uid))
		return false;
	*out = (struct msg_origin){.account = l->sources[source].account,
		.account_name = l->sources[source].account_name,
		.folder = l->sources[source].folder,
		.uid = uid};
	return true;
}

bool msglist_stands(const struct msglist *l, uint32_t number, unsigned numbering)
{
	return numbering == l->numbering || (msglist_spans(l) && msglist_has(l, number));
}

size_t msglist_of_source(
	const struct msglist *l, size_t source, const uint32_t *numbers, size_t n, uint32_t **uids)
{
	size_t found = 0;

	*uids = mem_array(n, sizeof(**uids));
	for (size_t i = 0; i < n; i++) {
		size_t from;
		uint32_t uid;

		if (msglist_source_of(l, numbers[i], &from, &uid) && from == source)
			(*uids)[found++] = uid;
	}
	return msglist_spans(l) ? uids_sort(*uids, found) : found;
}

static void give_number(struct msglist *l, size_t source, size_t at, uint32_t uid, uint32_t number)
{
	l->sources[source].uids[at] = uid;
	l->sources[source].numbers[at] = number;
	l->origins[number - 1] = (struct origin){.uid = uid, .source = (uint32_t)source};
}

/* The number of uid, looked for from *at on, or 0. */
static uint32_t number_near(const struct source *s, size_t *at, uint32_t uid)
{
	*at = uids_near(s->uids, s->n, *at, uid);
	return *at < s->n && s->uids[*at] == uid ? s->numbers[*at] : 0;
}

/* Those that have no number get one, in their order. uids: ascending. */
static void learn(struct msglist *l, size_t source, const uint32_t *uids, size_t n)
{
	struct source *s = &l->sources[source];
	size_t fresh = 0, before = l->norigins;

	for (size_t i = 0, at = 0; i < n; i++)
		fresh += !number_near(s, &at, uids[i]);
	if (!fresh)
		return;
	l->norigins += fresh;
	l->origins = mem_grow(l->origins, &l->cap_origins, l->norigins, sizeof(*l->origins));
	s->uids = mem_grow(s->uids, &s->cap_uids, s->n + fresh, sizeof(*s->uids));
	s->numbers = mem_grow(s->numbers, &s->cap_numbers, s->n + fresh, sizeof(*s->numbers));
	for (size_t i = n, k = s->n, to = (s->n += fresh); fresh;) {
		uint32_t uid = i ? uids[i - 1] : 0;

		if (k && s->uids[k - 1] >= uid) {
			i -= s->uids[k - 1] == uid;
			k--;
			s->uids[--to] = s->uids[k];
			s->numbers[to] = s->numbers[k];
			continue;
		}
		give_number(l, source, --to, uid, (uint32_t)(before + fresh--));
		i--;
	}
}

/* Its UIDs mean other messages from now on. */
static void forget_numbers(struct msglist *l, size_t source)
{
	struct source *s = &l->sources[source];

	for (size_t i = 0; i < s->n; i++)
		l->origins[s->numbers[i] - 1].uid = 0;
	s->n = 0;
}

/* --- keywords: one table for all --- */

static uint16_t keyset_of(struct msglist *l, struct strv *sets, const char *words)
{
	void *known;

	if (!*words)
		return 0;
	if (!l->keyset_of)
		l->keyset_of = map_new();
	known = map_get(l->keyset_of, words);
	if (!known && sets->n <= UINT16_MAX) {
		known = (void *)(uintptr_t)sets->n;
		map_put(l->keyset_of, words, known);
		strv_add(sets, words);
	}
	l->keysets_left_out |= !known;
	return (uint16_t)(uintptr_t)known;
}

static void learn_keysets(
	struct msglist *l, size_t source, struct strv *sets, const struct strv *theirs)
{
	struct source *s = &l->sources[source];

	if (!sets->n)
		strv_add(sets, "");
	if (theirs->n < s->nkeysets)
		return; /* they are only ever added */
	s->keysets = mem_resize(s->keysets, theirs->n + 1, sizeof(*s->keysets));
	for (; s->nkeysets < theirs->n; s->nkeysets++)
		s->keysets[s->nkeysets] = keyset_of(l, sets, theirs->v[s->nkeysets]);
}

/* --- what the store tells of one of them --- */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool are_ascending(const uint32_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (v[i] < v[i - 1])
			return false;
	return true;
}

static void sort_rows(struct columns *c)
{
	uint64_t *v;
	struct columns sorted = {0};

	if (are_ascending(c->uid, c->n))
		return;
	v = mem_array(c->n, sizeof(*v));
	for (size_t i = 0; i < c->n; i++)
		v[i] = (uint64_t)c->uid[i] << 32 | i;
	qsort(v, c->n, sizeof(*v), by_value);
	columns_resize(&sorted, c->n);
	for (size_t i = 0; i < c->n; i++)
		columns_copy_row(&sorted, i, c, (uint32_t)v[i]);
	columns_done(c);
	*c = sorted;
	free(v);
}

/* Parents that have no number get one: they may come later. rows: those that answer them. */
static void learn_parents(
	struct msglist *l, size_t source, struct columns *c, const uint32_t *rows, size_t n)
{
	uint32_t *parents = mem_array(n, sizeof(*parents));

	for (size_t i = 0; i < n; i++)
		parents[i] = c->parent[rows[i]];
	learn(l, source, parents, uids_sort(parents, n));
	free(parents);
	for (size_t i = 0; i < n; i++)
		c->parent[rows[i]] = msglist_number(l, source, c->parent[rows[i]]);
}

/* The source of a list of the store; the number of all when it is no more. */
static size_t source_of_list(const struct msglist *l, unsigned id)
{
	size_t i = 0;

	while (i < l->nsources && (l->sources[i].id != id || l->sources[i].closed))
		i++;
	return i;
}

/* Parents in other folders. They are few: a conversation's. */
static void translate_parents(struct msglist *l, struct columns *c, const unsigned *lists)
{
	for (size_t i = 0; lists && i < c->n; i++) {
		size_t from = lists[i] ? source_of_list(l, lists[i]) : 0;

		if (!lists[i])
			continue;
		if (from < l->nsources)
			learn(l, from, &c->parent[i], 1);
		c->parent[i] = from < l->nsources ? msglist_number(l, from, c->parent[i]) : 0;
	}
}

/* Rows of a folder become rows of the list. What is answered is mostly near. */
static void translate_rows(
	struct msglist *l, size_t source, struct columns *c, const unsigned *parent_lists)
{
	const struct source *s = &l->sources[source];
	uint32_t *orphans = mem_array(c->n, sizeof(*orphans));
	size_t norphans = 0;

	learn(l, source, c->uid, c->n);
	for (size_t i = 0, at = 0; i < c->n; i++) {
		size_t near;

		c->uid[i] = number_near(s, &at, c->uid[i]);
		near = at;
		if (c->parent[i] && !(parent_lists && parent_lists[i])) {
			uint32_t parent = number_near(s, &near, c->parent[i]);

			if (parent)
				c->parent[i] = parent;
			else
				orphans[norphans++] = (uint32_t)i;
		}
		c->keyset[i] = c->keyset[i] < s->nkeysets ? s->keysets[c->keyset[i]] : 0;
	}
	learn_parents(l, source, c, orphans, norphans);
	translate_parents(l, c, parent_lists);
	free(orphans);
	sort_rows(c);
}

/* Those of the other folders as they are, and these. */
static void join(
	const struct msglist *l, size_t source, const struct columns *c, struct columns *out)
{
	const struct columns *old = &l->columns;
	size_t n = 0;

	columns_resize(out, old->n + c->n);
	for (size_t i = 0, k = 0; i < old->n || k < c->n;) {
		if (i < old->n && l->origins[old->uid[i] - 1].source == source)
			i++;
		else if (k == c->n || (i < old->n && old->uid[i] < c->uid[k]))
			columns_copy_row(out, n++, old, i++);
		else
			columns_copy_row(out, n++, c, k++);
	}
	columns_resize(out, n);
}

static bool all_told(const struct msglist *l)
{
	if (l->awaits)
		return false;
	for (size_t i = 0; i < l->nsources; i++)
		if (!l->sources[i].numbering && !l->sources[i].closed)
			return false;
	return true;
}

/* Mostly so when a folder is told for the first time: unless some were parents before. */
static bool are_behind(const struct columns *c, const struct columns *others)
{
	return !c->n || !others->n || others->uid[others->n - 1] < c->uid[0];
}

static void append(struct columns *to, const struct columns *c)
{
	size_t at = to->n, size = c->n * sizeof(*c->uid);

	columns_resize(to, at + c->n);
	if (!c->n)
		return;
	memcpy(to->uid + at, c->uid, size);
	memcpy(to->flags + at, c->flags, size);
	memcpy(to->received + at, c->received, size);
	memcpy(to->sent + at, c->sent, size);
	memcpy(to->size + at, c->size, size);
	memcpy(to->parent + at, c->parent, size);
	memcpy(to->keyset + at, c->keyset, c->n * sizeof(*c->keyset));
}

/* All rows as they are now. Until all folders were told they wait to be put in order with those
 * that are still to come, and nothing was done to them. */
static void gather(struct msglist *l, size_t source, bool first, const struct columns *c,
	struct columns *whole)
{
	if (!first || l->ordered || !are_behind(c, &l->columns)) {
		join(l, source, c, whole);
		return;
	}
	append(&l->columns, c);
	*whole = l->columns;
	l->columns = (struct columns){0};
}

/* Empties both. */
static void put_whole(struct msglist *l, struct columns *whole, struct strv *sets)
{
	/* One that is shown goes on, while a folder that came later is still looked into. */
	if (all_told(l) || l->ordered || l->job || l->eager) {
		msglist_put_columns(l, whole, sets);
		l->ready |= l->ordered;
		return;
	}
	l->keysets = *sets;
	columns_done(&l->columns);
	l->columns = *whole;
}

/* All of a folder anew. */
static void take_whole(struct msglist *l, size_t source, struct columns *c,
	const unsigned *parent_lists, const struct strv *keysets)
{
	struct columns whole = {0};
	struct strv sets = l->keysets;
	bool first = !l->sources[source].told;

	if (!first)
		msglist_strings_forget(l); /* it was told before, and may say others now */
	l->sources[source].told = true;
	l->keysets = (struct strv)STRV_INIT;
	l->sources[source].nkeysets = 0;
	learn_keysets(l, source, &sets, keysets);
	translate_rows(l, source, c, parent_lists);
	msglist_guess_list(l, source, c);
	gather(l, source, first, c, &whole);
	put_whole(l, &whole, &sets);
}

void msglist_sources_known(struct msglist *l, bool known)
{
	struct columns whole = l->columns;
	struct strv sets = l->keysets;

	l->awaits = !known;
	if (l->ordered || l->job || !all_told(l))
		return;
	l->columns = (struct columns){0};
	l->keysets = (struct strv)STRV_INIT;
	put_whole(l, &whole, &sets);
}

void msglist_source_number(struct msglist *l, size_t source, unsigned numbering)
{
	struct source *s = &l->sources[source];

	if (!msglist_spans(l)) {
		msglist_renumber(l, numbering);
	} else if (s->numbering != numbering) {
		if (s->numbering) /* else some may be parents of others already */
			forget_numbers(l, source);
		l->numbering += !l->numbering || s->numbering;
	}
	s->numbering = numbering;
}

void msglist_source_list(struct msglist *l, size_t source, struct columns *c,
	const unsigned *parent_lists, struct strv *keysets)
{
	if (msglist_spans(l)) {
		take_whole(l, source, c, parent_lists, keysets);
		return;
	}
	msglist_guess_list(l, source, c);
	msglist_take_columns(l, c, keysets);
}

void msglist_source_merge(struct msglist *l, size_t source, struct columns *c,
	const unsigned *parent_lists, struct strv *keysets, uint32_t *gone, size_t ngone)
{
	struct strv none = STRV_INIT;
	size_t n = 0;

	if (!msglist_spans(l)) {
		msglist_merge(l, c, keysets, gone, ngone);
		return;
	}
	learn_keysets(l, source, &l->keysets, keysets);
	translate_rows(l, source, c, parent_lists);
	for (size_t i = 0; i < ngone; i++) {
		uint32_t number = msglist_number(l, source, gone[i]);

		if (number)
			gone[n++] = number;
	}
	msglist_merge(l, c, &none, gone, n);
}

void msglist_source_close(struct msglist *l, size_t source)
{
	struct columns none = {0};
	struct strv keysets = STRV_INIT;

	l->sources[source].closed = true;
	take_whole(l, source, &none, NULL, &keysets);
	forget_numbers(l, source);
	strv_done(&keysets);
}

/* Ranks by number as those of ascending numbers, which msglist_take_order keeps. */
static void take_ranks(struct msglist *l, enum mail_order by)
{
	uint32_t *numbers = mem_array(l->nrank_of, sizeof(*numbers)), *ranks = l->rank_of;
	size_t n = 0;

	for (size_t i = 0; i < l->nrank_of; i++)
		if (ranks[i] != RANK_NONE) {
			numbers[n] = (uint32_t)i + 1;
			ranks[n++] = ranks[i];
		}
	l->rank_of = NULL;
	l->nrank_of = 0;
	msglist_take_order(l, by, numbers, ranks, n);
}

static void add_ranks(
	struct msglist *l, size_t source, const uint32_t *uids, const uint32_t *ranks, size_t n)
{
	if (l->norigins > l->nrank_of) {
		l->rank_of = mem_resize(l->rank_of, l->norigins, sizeof(*l->rank_of));
		memset(l->rank_of + l->nrank_of, 0xff,
			(l->norigins - l->nrank_of) * sizeof(*l->rank_of));
		l->nrank_of = l->norigins;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t number = msglist_number(l, source, uids[i]);

		if (number)
			l->rank_of[number - 1] = ranks[i];
	}
}

void msglist_source_order(struct msglist *l, size_t source, enum mail_order by, uint32_t *uids,
	uint32_t *ranks, size_t n, size_t follow)
{
	if (!msglist_spans(l)) {
		msglist_take_order(l, by, uids, ranks, n);
		return;
	}
	add_ranks(l, source, uids, ranks, n);
	free(uids);
	free(ranks);
	if (!follow)
		take_ranks(l, by);
}

void msglist_source_rows(struct msglist *l, size_t source, struct summary **rows, size_t n)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++) {
		rows[i]->uid = msglist_number(l, source, rows[i]->uid);
		if (rows[i]->uid)
			rows[known++] = rows[i];
		else
			summary_free(rows[i]);
	}
	msglist_take_rows(l, rows, known);
}

uint32_t *msglist_numbers(const struct msglist *l, size_t source, const uint32_t *uids, size_t *n)
{
	uint32_t *numbers = mem_array(*n, sizeof(*numbers));
	size_t known = 0;

	for (size_t i = 0; i < *n; i++) {
		numbers[known] = msglist_number(l, source, uids[i]);
		known += numbers[known] != 0;
	}
	*n = msglist_spans(l) ? uids_sort(numbers, known) : known;
	return numbers;
}
