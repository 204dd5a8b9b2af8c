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
	bool held; /* where it stood, while a text is typed */
	size_t held_cursor, held_top;
};

/* Back does nothing where no place is held. */
void scroll_place(struct scroll *s, enum place what);

/* Before painting: count may have changed; keeps the cursor visible. */
void scroll_fit(struct scroll *s, size_t count, int rows);
void scroll_move(struct scroll *s, size_t count, enum move m, int n);

#endif
