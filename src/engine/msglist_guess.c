/*
 * What a person asked for is shown before the store has done it: rows leave the list, and wait here
 * until the request is answered. What the store has not confirmed by then comes back.
 */
#include "base/mem.h"
#include "base/uids.h"
#include "engine/msglist_priv.h"
#include "store/disk/keywords.h"

#include <stdlib.h>
#include <string.h>

enum { GUESSED_SETS = 1000 };

struct guess {
	struct guess *next;
	unsigned request;
	struct columns rows; /* as they were, or as the store has told of them since */
	bool *gone;          /* owned; by row: the store said so */
};

static void guess_free(struct guess *g)
{
	columns_done(&g->rows);
	free(g->gone);
	free(g);
}

void msglist_guess_drop(struct msglist *l)
{
	while (l->guesses) {
		struct guess *g = l->guesses;

		l->guesses = g->next;
		guess_free(g);
	}
	strv_done(&l->guessed_sets);
}

/* --- rows go --- */

void msglist_hide(struct msglist *l, unsigned request, const uint32_t *numbers, size_t n)
{
	uint32_t *sorted = mem_dup(numbers, n * sizeof(*numbers));
	struct guess *g = mem_alloc(sizeof(*g));
	struct columns none = {0};
	struct strv sets = STRV_INIT;
	size_t found = 0;

	n = uids_sort(sorted, n);
	columns_resize(&g->rows, n);
	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(&l->columns, sorted[i]);

		if (at >= 0)
			columns_copy_row(&g->rows, found++, &l->columns, (size_t)at);
	}
	columns_resize(&g->rows, found);
	msglist_merge(l, &none, &sets, g->rows.uid, found);
	g->request = request;
	g->gone = mem_array(found, sizeof(*g->gone));
	g->next = l->guesses;
	l->guesses = g;
	free(sorted);
}

/* --- what the store tells meanwhile --- */

static void take_row(struct guess *g, size_t row, const struct columns *c, size_t i)
{
	uint32_t ours = g->rows.flags[row] & ROW_OURS;

	columns_copy_row(&g->rows, row, c, i);
	g->rows.flags[row] = (g->rows.flags[row] & ~(uint32_t)ROW_OURS) | ours;
	g->gone[row] = false;
}

static bool is_hidden(const struct msglist *l, uint32_t number)
{
	for (const struct guess *g = l->guesses; g; g = g->next)
		if (columns_find(&g->rows, number) >= 0)
			return true;
	return false;
}

/* The rows of c that are not hidden. */
static void keep_shown(const struct msglist *l, const struct columns *c, struct columns *out)
{
	size_t n = 0;

	columns_resize(out, c->n);
	for (size_t i = 0; i < c->n; i++)
		if (!is_hidden(l, c->uid[i]))
			columns_copy_row(out, n++, c, i);
	columns_resize(out, n);
}

/* c tells of rows, and what is in gone went. */
static void learn(struct guess *g, const struct columns *c, const uint32_t *gone, size_t ngone)
{
	for (size_t row = 0; row < g->rows.n; row++) {
		ptrdiff_t at = columns_find(c, g->rows.uid[row]);

		if (at >= 0)
			take_row(g, row, c, (size_t)at);
		else if (uids_find(gone, ngone, g->rows.uid[row]) >= 0)
			g->gone[row] = true;
	}
}

bool msglist_guess_merge(struct msglist *l, const struct columns *c, const uint32_t *gone,
	size_t ngone, struct columns *out)
{
	uint32_t *sorted;

	if (!l->guesses)
		return false;
	sorted = mem_dup(gone, ngone * sizeof(*gone));
	ngone = uids_sort(sorted, ngone);
	for (struct guess *g = l->guesses; g; g = g->next)
		learn(g, c, sorted, ngone);
	free(sorted);
	keep_shown(l, c, out);
	return true;
}

/* What is hidden of a source. The array is the caller's. */
static uint32_t *hidden_of(const struct guess *g, const struct msglist *l, size_t source, size_t *n)
{
	uint32_t *numbers = mem_array(g->rows.n, sizeof(*numbers));

	*n = 0;
	for (size_t row = 0; row < g->rows.n; row++) {
		size_t from;
		uint32_t uid;

		msglist_source_of(l, g->rows.uid[row], &from, &uid);
		if (from == source)
			numbers[(*n)++] = g->rows.uid[row];
	}
	return numbers;
}

void msglist_guess_list(struct msglist *l, size_t source, struct columns *c)
{
	struct columns shown = {0};

	if (!l->guesses)
		return;
	for (struct guess *g = l->guesses; g; g = g->next) {
		size_t n;
		uint32_t *numbers = hidden_of(g, l, source, &n);

		learn(g, c, numbers, n);
		free(numbers);
	}
	keep_shown(l, c, &shown);
	columns_done(c);
	*c = shown;
}

/* --- the answer --- */

/* A folder that was numbered anew has none of these any more. */
static bool comes_back(const struct msglist *l, const struct guess *g, size_t row)
{
	size_t source;
	uint32_t uid, number = g->rows.uid[row];

	return !g->gone[row] && msglist_source_of(l, number, &source, &uid) &&
	       columns_find(&l->columns, number) < 0;
}

static bool put_back(struct msglist *l, const struct guess *g)
{
	struct columns back = {0};
	struct strv sets = STRV_INIT;
	size_t n = 0;

	columns_resize(&back, g->rows.n);
	for (size_t row = 0; row < g->rows.n; row++)
		if (comes_back(l, g, row))
			columns_copy_row(&back, n++, &g->rows, row);
	columns_resize(&back, n);
	if (n) {
		msglist_merge(l, &back, &sets, NULL, 0);
		msglist_mark_ours(l, &back);
	}
	columns_done(&back);
	return n > 0;
}

bool msglist_answered(struct msglist *l, unsigned request)
{
	bool back = false;

	for (struct guess **p = &l->guesses; *p;) {
		struct guess *g = *p;

		if (g->request != request) {
			p = &g->next;
			continue;
		}
		*p = g->next;
		back |= put_back(l, g);
		guess_free(g);
	}
	return back;
}

/* --- keywords --- */

const char *msglist_keyset(const struct msglist *l, uint16_t set)
{
	size_t guessed = UINT16_MAX - (size_t)set;

	if (set < l->keysets.n)
		return l->keysets.v[set];
	return guessed < l->guessed_sets.n ? l->guessed_sets.v[guessed] : "";
}

/* The store's sets count up from 0, ours down from the last; 0, none, when there is no room. */
static uint16_t guessed_set(struct msglist *l, const char *words)
{
	struct strv *sets = &l->guessed_sets;
	size_t i = 0;

	while (i < sets->n && strcmp(sets->v[i], words) != 0)
		i++;
	if (i == sets->n) {
		if (sets->n == GUESSED_SETS || l->keysets.n > UINT16_MAX - GUESSED_SETS)
			return 0;
		strv_add(sets, words);
	}
	return (uint16_t)(UINT16_MAX - i);
}

void msglist_change_keywords(
	struct msglist *l, const uint32_t *numbers, size_t n, const char *clear, const char *set)
{
	struct str words = STR_INIT;

	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(&l->columns, numbers[i]);
		uint16_t *keyset;

		if (at < 0)
			continue;
		keyset = &l->columns.keyset[at];
		keywords_apply(&words, msglist_keyset(l, *keyset), clear, set);
		*keyset = words.len ? guessed_set(l, str_c(&words)) : 0;
	}
	str_done(&words);
}
