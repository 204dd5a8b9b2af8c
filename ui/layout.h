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

struct layout_options {
	enum sidebar_mode sidebar;
	int sidebar_width;
	int list_lines; /* height of the list over a message; 0: never both at once */
	bool keybar;
};

struct layout {
	int rows, cols; /* what it was computed for */
	bool too_small; /* less than 32 columns or 6 rows */
	struct region tabs, side, main, preview, status, bar;
	int border_col; /* between side and main; -1: no sidebar */
	int rule_row;   /* between main and preview; -1: no preview, too low for both */
};

void layout_compute(struct layout *l, int rows, int cols, const struct layout_options *o);

#endif
