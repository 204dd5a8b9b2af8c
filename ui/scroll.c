#include "ui/scroll.h"

void scroll_place(struct scroll *s, enum place what)
{
	if (what == PLACE_HOLD) {
		s->held_cursor = s->cursor;
		s->held_top = s->top;
	} else if (what == PLACE_BACK && s->held) {
		s->cursor = s->held_cursor;
		s->top = s->held_top;
	}
	s->held = what == PLACE_HOLD || (what == PLACE_BACK && s->held);
}

void scroll_fit(struct scroll *s, size_t count, int rows)
{
	size_t height = rows > 0 ? (size_t)rows : 1;

	s->rows = rows;
	if (count == 0) {
		s->cursor = s->top = 0;
		return;
	}
	if (s->cursor >= count)
		s->cursor = count - 1;
	if (s->top > s->cursor)
		s->top = s->cursor;
	if (s->cursor >= s->top + height)
		s->top = s->cursor - height + 1;
	/* No empty rows below while there is something above. */
	if (s->top + height > count)
		s->top = count > height ? count - height : 0;
}

static void step(struct scroll *s, size_t count, long n)
{
	if (n < 0)
		s->cursor = (size_t)-n > s->cursor ? 0 : s->cursor - (size_t)-n;
	else
		s->cursor = s->cursor + (size_t)n >= count ? count - 1 : s->cursor + (size_t)n;
}

/* Both move together, so that a page shows what follows, not the cursor at its edge. */
static void page(struct scroll *s, size_t count, long n)
{
	size_t height = s->rows > 0 ? (size_t)s->rows : 1;
	size_t last = count > height ? count - height : 0;

	if (n < 0)
		s->top = (size_t)-n > s->top ? 0 : s->top - (size_t)-n;
	else
		s->top = s->top + (size_t)n > last ? last : s->top + (size_t)n;
	step(s, count, n);
}

/* So many rows are above the cursor. */
static void scroll_under(struct scroll *s, long above)
{
	s->top = s->cursor > (size_t)above ? s->cursor - (size_t)above : 0;
}

void scroll_move(struct scroll *s, size_t count, enum move m, int n)
{
	long height = s->rows > 0 ? s->rows : 1;

	if (!count)
		return;
	switch (m) {
	case MOVE_NEXT:
		step(s, count, n);
		break;
	case MOVE_PREVIOUS:
		step(s, count, -n);
		break;
	case MOVE_LINE_DOWN:
		page(s, count, n);
		break;
	case MOVE_LINE_UP:
		page(s, count, -n);
		break;
	case MOVE_PAGE_DOWN:
		page(s, count, height);
		break;
	case MOVE_PAGE_UP:
		page(s, count, -height);
		break;
	case MOVE_HALF_DOWN:
		page(s, count, (height + 1) / 2);
		break;
	case MOVE_HALF_UP:
		page(s, count, -((height + 1) / 2));
		break;
	case MOVE_FIRST:
		s->cursor = 0;
		break;
	case MOVE_LAST:
		s->cursor = count - 1;
		break;
	case MOVE_TOP:
		s->cursor = s->top;
		break;
	case MOVE_MIDDLE:
		s->cursor = s->top + (size_t)height / 2;
		break;
	case MOVE_BOTTOM:
		s->cursor = s->top + (size_t)height - 1;
		break;
	case MOVE_CURSOR_TOP:
		s->top = s->cursor;
		break;
	case MOVE_CURSOR_MIDDLE:
		scroll_under(s, height / 2);
		break;
	case MOVE_CURSOR_BOTTOM:
		scroll_under(s, height - 1);
		break;
	}
	scroll_fit(s, count, (int)height);
}
