#include "ui/layout.h"

enum {
	LEAST_ROWS = 4,
	LEAST_COLS = 20,
	LEAST_WITH_SIDEBAR = 32,
	KEYBAR_ROWS = 6,
	AUTO_SIDEBAR = 100,
	LEAST_MESSAGE = 18
};

static int sidebar_width(int cols, const struct layout_options *o)
{
	int w = o->sidebar_width < 8 ? 8 : o->sidebar_width;

	if (o->sidebar == SIDEBAR_NO || cols < LEAST_WITH_SIDEBAR ||
		(o->sidebar == SIDEBAR_AUTO && cols < AUTO_SIDEBAR))
		return 0;
	if (w > cols / 3)
		w = cols / 3;
	return w;
}

void layout_compute(struct layout *l, int rows, int cols, const struct layout_options *o)
{
	int side = sidebar_width(cols, o), bars = o->keybar && rows >= KEYBAR_ROWS ? 2 : 1,
	    height = rows - 1 - bars;

	*l = (struct layout){.rows = rows, .cols = cols, .border_col = -1, .rule_row = -1};
	l->too_small = rows < LEAST_ROWS || cols < LEAST_COLS;
	if (l->too_small)
		return;
	l->tabs = (struct region){0, 0, 1, cols};
	l->status = (struct region){rows - bars, 0, 1, cols};
	/* Without a key bar questions and messages lie over the status line. */
	l->bar = (struct region){rows - 1, 0, 1, cols};
	if (side) {
		l->side = (struct region){1, 0, height, side};
		l->border_col = side;
		side++;
	}
	l->main = (struct region){1, side, height, cols - side};
	if (o->list_lines <= 0 || height - o->list_lines - 1 < LEAST_MESSAGE)
		return;
	l->main.rows = o->list_lines;
	l->rule_row = 1 + o->list_lines;
	l->preview =
		(struct region){2 + o->list_lines, side, height - o->list_lines - 1, cols - side};
}
