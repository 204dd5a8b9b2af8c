#include "ui/layout.h"

enum {
	LEAST_ROWS = 4,
	LEAST_COLS = 20,
	LEAST_WITH_SIDEBAR = 32,
	KEYBAR_ROWS = 6,
	AUTO_SIDEBAR = 100,
	AUTO_WIDE = 160,
	LEAST_MESSAGE = 18,      /* rows below a list, */
	LEAST_MESSAGE_COLS = 60, /* columns beside one, */
	MESSAGE_COLS = 82,       /* and so many as long as the list has these: */
	LEAST_LIST_COLS = 40,
	LEAST_LIST = 12, /* rows over a message */
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

/* The message beside the list: more than half of the room, as long as its lines can use it. */
static bool beside(struct layout *l, const struct layout_options *o)
{
	int room = l->main.cols - 1, message = room * 11 / 20;

	if (o->mode == LAYOUT_SPLIT || (o->mode == LAYOUT_AUTO && l->cols < AUTO_WIDE))
		return false;
	if (message < MESSAGE_COLS)
		message = room - MESSAGE_COLS > LEAST_LIST_COLS ? MESSAGE_COLS
								: room - LEAST_LIST_COLS;
	if (message > o->message_cols && o->message_cols >= MESSAGE_COLS)
		message = o->message_cols;
	if (message < LEAST_MESSAGE_COLS)
		return false;
	l->main.cols = room - message;
	l->rule = (struct region){l->main.row, l->main.col + l->main.cols, l->main.rows, 1};
	l->preview = (struct region){l->main.row, l->rule.col + 1, l->main.rows, message};
	return true;
}

static bool below(struct layout *l, const struct layout_options *o)
{
	int height = l->main.rows, lines = o->list_lines;

	if (lines < 0)
		lines = height / 3 > LEAST_LIST ? height / 3 : LEAST_LIST;
	if (height - lines - 1 < LEAST_MESSAGE)
		return false;
	l->main.rows = lines;
	l->rule = (struct region){l->main.row + lines, l->main.col, 1, l->main.cols};
	l->preview =
		(struct region){l->rule.row + 1, l->main.col, height - lines - 1, l->main.cols};
	return true;
}

void layout_compute(struct layout *l, int rows, int cols, const struct layout_options *o)
{
	int side = sidebar_width(cols, o), bars = o->keybar && rows >= KEYBAR_ROWS ? 2 : 1,
	    height = rows - 1 - bars;

	*l = (struct layout){.rows = rows, .cols = cols, .border_col = -1};
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
	l->both = o->both && o->list_lines != 0 && o->mode != LAYOUT_SINGLE &&
		  (beside(l, o) || below(l, o));
}
