/* Which rows of the order are shown: all, or what a limit and folded threads leave. */
#include "base/mem.h"
#include "engine/msglist_priv.h"

#include <stdlib.h>
#include <string.h>

enum { HIDDEN_MAX = (1 << 25) - 1 };

/* What is known of a thread while it goes through. */
struct filter {
	uint32_t *level; /* by depth: how many of the way down to the last row there are shown */
	bool *taken;     /* by depth shown: a later sibling was seen */
	size_t levels, most;
	uint32_t *deep; /* depth shown, of each row of the thread */
	size_t cap_deep;
};

static void add_view(struct msglist *l, struct view_row row)
{
	l->view = mem_grow(l->view, &l->cap_view, l->nview + 1, sizeof(*l->view));
	l->view[l->nview++] = row;
}

static bool is_shown(const struct msglist *l, uint32_t row)
{
	return !l->limited || l->columns.flags[row] & ROW_LIMITED;
}

static void need_level(struct filter *f, size_t depth)
{
	size_t old = f->levels;

	if (depth < old)
		return;
	f->level = mem_grow(f->level, &f->levels, depth + 1, sizeof(*f->level));
	f->taken = mem_resize(f->taken, f->levels, sizeof(*f->taken));
	memset(f->taken + old, 0, (f->levels - old) * sizeof(*f->taken));
}

/* The shown rows of a thread; what is answered but not shown is left out of the depth. */
static void add_shown(struct msglist *l, struct filter *f, size_t first, size_t end)
{
	size_t start = l->nview;

	for (size_t i = first; i < end; i++) {
		uint32_t row = l->order.at[i], depth = l->order.depth[i] >> 1, above;

		need_level(f, depth);
		above = depth ? f->level[depth - 1] : 0;
		f->level[depth] = above + is_shown(l, row);
		if (f->level[depth] == above)
			continue;
		f->deep = mem_grow(f->deep, &f->cap_deep, l->nview - start + 1, sizeof(*f->deep));
		f->deep[l->nview - start] = above;
		add_view(l, (struct view_row){.at = row, .depth = view_depth(above)});
	}
}

/* From behind: the first seen at a depth is the last of its siblings. */
static void mark_last(struct msglist *l, struct filter *f, size_t start)
{
	size_t most = 0;

	for (size_t i = l->nview; i-- > start;) {
		uint32_t depth = f->deep[i - start];

		for (; most > depth; most--)
			f->taken[most] = false;
		most = depth;
		l->view[i].last = depth == 0 || !f->taken[depth];
		f->taken[depth] = true;
	}
	for (size_t d = 0; d <= most && d < f->levels; d++)
		f->taken[d] = false;
}

/* Leaves the topmost rows, each with what is below it. */
static void fold(struct msglist *l, const struct filter *f, size_t start)
{
	size_t to = start;

	for (size_t i = start; i < l->nview; i++)
		if (f->deep[i - start] == 0) {
			l->view[to] = l->view[i];
			l->view[to++].last = 1;
		} else if (l->view[to - 1].hidden < HIDDEN_MAX) {
			l->view[to - 1].hidden = (l->view[to - 1].hidden + 1) & HIDDEN_MAX;
		}
	l->nview = to;
}

static void filter_thread(struct msglist *l, struct filter *f, size_t first, size_t end)
{
	size_t start = l->nview;
	bool folded = false;

	for (size_t i = first; l->nfolded && i < end && !folded; i++)
		folded = l->columns.flags[l->order.at[i]] & ROW_FOLDED;
	add_shown(l, f, first, end);
	if (folded)
		fold(l, f, start);
	else
		mark_last(l, f, start);
}

void msglist_refilter(struct msglist *l)
{
	struct filter f = {0};
	size_t end;

	l->nview = 0;
	l->filtered = l->limited || (l->now.threads && l->nfolded);
	if (!l->filtered) {
		MEM_FREE(l->view);
		l->cap_view = 0;
		return;
	}
	for (size_t i = 0; i < l->order.n; i = end) {
		order_thread(&l->order, i, &end);
		if (l->order.depth)
			filter_thread(l, &f, i, end);
		else if (is_shown(l, l->order.at[i]))
			add_view(l, (struct view_row){.at = l->order.at[i], .last = 1});
	}
	free(f.level);
	free(f.taken);
	free(f.deep);
}
