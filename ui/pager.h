/*
 * pager - scrolling, searching and painting of styled text; the reader, help and texts share it.
 *
 * Owns:    which lines are shown and where it stands; the text is borrowed.
 * Threads: UI thread.
 * Errors:  none.
 */
#ifndef UI_PAGER_H
#define UI_PAGER_H

#include "mime/text.h"
#include "ui/draw.h"
#include "ui/seek.h"

enum place { PLACE_HOLD, PLACE_BACK, PLACE_FREE };

enum move {
	MOVE_NEXT,
	MOVE_PREVIOUS,
	MOVE_LINE_DOWN,
	MOVE_LINE_UP,
	MOVE_PAGE_DOWN,
	MOVE_PAGE_UP,
	MOVE_HALF_DOWN,
	MOVE_HALF_UP,
	MOVE_FIRST,
	MOVE_LAST,
	MOVE_TOP,
	MOVE_MIDDLE,
	MOVE_BOTTOM,
	MOVE_CURSOR_TOP, /* of a list: it scrolls, and the cursor stays on its row */
	MOVE_CURSOR_MIDDLE,
	MOVE_CURSOR_BOTTOM
};

struct pager {
	const struct text *text; /* borrowed; NULL: nothing yet */
	size_t *shown;           /* indexes of the lines shown */
	size_t nshown, top;      /* top: index into shown */
	int rows;                /* of the last paint */
	bool hide_quotes;
	struct seek seek;
	bool marks;   /* what was looked for is marked */
	size_t match; /* index into shown of the last match */
	bool held;    /* where it stood, while a text is typed */
	size_t held_top;
};

/* keep_place: the line at the top stays at the top, also when t is the same text broken into other
 * lines; the text before must still be there. */
void pager_set(struct pager *p, const struct text *t, bool keep_place);
void pager_done(struct pager *p);
void pager_draw(struct pager *p, const struct region *r);
/* False when it is at the end already. */
bool pager_move(struct pager *p, enum move m, int n);
/* Moves to the next (step 1) or previous (-1) line with the text; NULL: the last one again. A text
 * that is new is looked for from where it is held, else from what is seen. */
bool pager_search(struct pager *p, const char *text, int step);
/* While a text is typed; back, where a place is held: what was looked for is forgotten, too. */
void pager_place(struct pager *p, enum place what);
void pager_toggle_quotes(struct pager *p);
bool pager_skip_quoted(struct pager *p);
bool pager_skip_headers(struct pager *p); /* to the first line below them */
int pager_percent(const struct pager *p); /* of the text that is above the lower edge */
enum style pager_style(uint8_t text_style);

#endif
