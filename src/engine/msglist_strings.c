/* Strings of rows that were visible: 8,192 at most, the last ones asked for. */
#include "base/mem.h"
#include "engine/msglist_priv.h"

#include <stdlib.h>

enum { WINDOW = 64 };

const struct summary *msglist_strings_find(const struct msglist *l, uint32_t uid)
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

void msglist_strings_forget(struct msglist *l)
{
	for (int s = 0; s < STRING_SETS; s++)
		for (int w = 0; w < STRING_WAYS; w++) {
			summary_free(l->strings[s][w].row);
			l->strings[s][w].row = NULL;
			l->strings[s][w].uid = l->strings[s][w].asked = 0;
		}
}

void msglist_strings_forget_uid(struct msglist *l, uint32_t uid)
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
void msglist_strings_ask(struct msglist *l, size_t row)
{
	uint32_t uids[2 * WINDOW];
	size_t from = row > WINDOW ? row - WINDOW : 0, n = 0;

	if (is_asked(l, msglist_uid(l, row)))
		return;
	for (size_t r = from; r < msglist_count(l) && r < row + WINDOW; r++) {
		uint32_t uid = msglist_uid(l, r);

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
