/*
 * scroll - cursor and first row of a list, whatever is in it.
 *
 * Owns:    nothing; a plain value.
 * Threads: any.
 * Errors:  none; positions are kept inside the list.
 */
#ifndef UI_SCROLL_H
#define UI_SCROLL_H

#include "ui/pager.h"

struct scroll {
	size_t cursor, top;
	int rows;  /* of the last paint */
	bool held; /* scroll_hold */
	size_t held_cursor, held_top;
};

/* Where it stands now is where scroll_back goes, until held is false again. */
void scroll_hold(struct scroll *s);
void scroll_back(struct scroll *s);

/* Before painting: count may have changed; keeps the cursor visible. */
void scroll_fit(struct scroll *s, size_t count, int rows);
void scroll_move(struct scroll *s, size_t count, enum move m, int n);

#endif
