/*
 * layout - where things are on a screen of a given size.
 *
 * Owns:    nothing; pure functions on values.
 * Threads: any.
 * Errors:  none; too_small says that nothing useful fits.
 */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include "ui/draw.h"

#include <stdbool.h>

enum sidebar_mode { SIDEBAR_AUTO, SIDEBAR_YES, SIDEBAR_NO }; /* AUTO: from 100 columns on */
/* Where a message is shown with its list, in the order of the choices of the option: AUTO: beside
 * it from 160 columns on, else below; WIDE: beside it wherever both have room; SPLIT: below.
 * SINGLE: never. */
enum layout_mode { LAYOUT_AUTO, LAYOUT_WIDE, LAYOUT_SPLIT, LAYOUT_SINGLE };

struct layout_options {
	enum sidebar_mode sidebar;
	int sidebar_width;
	bool keybar;
	bool both; /* list and message, where there is room */
	enum layout_mode mode;
	int list_lines; /* height of the list over a message; 0: never both at once; -1: a third */
	int message_cols; /* what a message beside its list can use at most */
};

struct layout {
	int rows, cols; /* what it was computed for */
	bool too_small; /* less than 20 columns or 4 rows */
	struct region tabs, side, main, status, bar;
	int border_col; /* between side and main; -1: no sidebar */
	bool both; /* the list is main, the message preview, and there is a rule between them */
	struct region rule, preview;
};

void layout_compute(struct layout *l, int rows, int cols, const struct layout_options *o);

#endif
