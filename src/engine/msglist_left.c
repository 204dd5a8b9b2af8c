/*
 * Tags of messages that left a list. Who moves what is tagged and takes that back has it tagged
 * again: under the number that it had, or, when it was really gone for a while, under another one.
 * Then it is known by its dates and its size, where no other that left has the same.
 *
 * So is what waited for its server, when it is there: the number that it had meanwhile will be that
 * of another one.
 */
#include "base/mem.h"
#include "engine/msglist_priv.h"

#include <stdlib.h>

enum { LATELY = 10000 }; /* rows */

struct left {
	uint32_t number, sent, received, size;
	bool returns; /* by undo, perhaps under another number */
	bool waits;   /* for its server; its number says nothing */
	bool back;
	uint32_t row, nrows; /* of those that it may be, if it waits: the last, and how many */
};

void msglist_left_forget(struct msglist *l)
{
	MEM_FREE(l->left);
	l->nleft = l->cap_left = 0;
	l->left_waits = false;
}

static struct left left_of(const struct msglist *l, size_t row)
{
	const struct columns *c = &l->columns;

	return (struct left){.number = c->uid[row],
		.sent = c->sent[row],
		.received = c->received[row],
		.size = c->size[row],
		.waits = (c->flags[row] & MAIL_WAITING) != 0};
}

void msglist_left_note(struct msglist *l, size_t row)
{
	if (!(l->columns.flags[row] & ROW_TAGGED))
		return;
	l->left = mem_grow(l->left, &l->cap_left, l->nleft + 1, sizeof(*l->left));
	l->left[l->nleft] = left_of(l, row);
	l->left_waits |= l->left[l->nleft++].waits;
}

void msglist_left_returns(struct msglist *l)
{
	for (size_t i = 0; i < l->nleft; i++)
		l->left[i].returns = true;
}

static int compare(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int by_number(const void *a, const void *b)
{
	return compare(((const struct left *)a)->number, ((const struct left *)b)->number);
}

static int by_message(const void *a, const void *b)
{
	const struct left *x = a, *y = b;
	int order = compare(x->sent, y->sent);

	order = order ? order : compare(x->received, y->received);
	return order ? order : compare(x->size, y->size);
}

static bool same_source(const struct msglist *l, uint32_t a, uint32_t b)
{
	size_t x, y;
	uint32_t uid;

	return msglist_source_of(l, a, &x, &uid) && msglist_source_of(l, b, &y, &uid) && x == y;
}

/* Of several that are alike, none is meant. */
static bool is_alone(const struct msglist *l, const struct left *at)
{
	return (at == l->left || by_message(at - 1, at) != 0) &&
	       (at + 1 == l->left + l->nleft || by_message(at + 1, at) != 0);
}

/* Whether the row, which is alike, is the one that left. */
static bool is_meant(
	const struct msglist *l, const struct left *at, const struct left *key, bool other_number)
{
	if (!other_number)
		return !at->waits && !key->waits;
	return (at->returns || at->waits) && is_alone(l, at) &&
	       same_source(l, at->number, key->number);
}

static void tag_again(struct msglist *l, const uint32_t *rows, size_t n,
	int (*by)(const void *a, const void *b), bool other_number)
{
	qsort(l->left, l->nleft, sizeof(*l->left), by);
	for (size_t i = 0; i < n; i++) {
		struct left key = left_of(l, rows[i]),
			    *at = bsearch(&key, l->left, l->nleft, sizeof(*l->left), by);

		if (!at || at->back || !is_meant(l, at, &key, other_number))
			continue;
		l->columns.flags[rows[i]] |= ROW_TAGGED;
		at->back = true;
	}
}

/* It may have been here before that which waited went. Of several rows that are alike, none is
 * meant.
 */
static void tag_waited(struct msglist *l)
{
	const struct columns *c = &l->columns;
	size_t first = c->n > LATELY ? c->n - LATELY : 0;

	l->left_waits = false;
	for (size_t i = first; i < c->n; i++) {
		struct left key = left_of(l, i),
			    *at = bsearch(&key, l->left, l->nleft, sizeof(*l->left), by_message);

		if (!at || !at->waits || key.waits || !is_meant(l, at, &key, true))
			continue;
		at->row = (uint32_t)i;
		at->nrows++;
	}
	for (struct left *at = l->left; at < l->left + l->nleft; at++) {
		if (at->nrows == 1 && !at->back) {
			l->columns.flags[at->row] |= ROW_TAGGED;
			at->back = true;
		}
		at->nrows = 0;
	}
}

void msglist_left_return(struct msglist *l, const uint32_t *rows, size_t n)
{
	size_t kept = 0;

	if (!l->nleft || (!n && !l->left_waits))
		return;
	tag_again(l, rows, n, by_number, false);
	tag_again(l, rows, n, by_message, true);
	if (l->left_waits)
		tag_waited(l);
	for (size_t i = 0; i < l->nleft; i++)
		if (!l->left[i].back)
			l->left[kept++] = l->left[i];
	l->nleft = kept;
}
