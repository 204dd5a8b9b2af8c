/*
 * draw - pieces of screen: regions and lines of styled text.
 *
 * Owns:    a struct line owns its bytes until line_done.
 * Threads: UI thread.
 * Errors:  none: what does not fit is cut.
 */
#ifndef UI_DRAW_H
#define UI_DRAW_H

#include "base/str.h"
#include "engine/hits.h"
#include "ui/style.h"

#include <stdbool.h>
#include <stdint.h>

struct region {
	int row, col, rows, cols;
};

struct line_part {
	size_t start, len;
	int style;
};

/* A line of text in parts of different styles, built from left to right. */
struct line {
	struct str text;
	struct line_part *parts;
	size_t n, cap;
};

#define LINE_INIT                                                                                  \
	{                                                                                          \
		STR_INIT, NULL, 0, 0                                                               \
	}

void line_clear(struct line *l);
void line_done(struct line *l);
void line_add(struct line *l, int style, const char *s);
void line_addn(struct line *l, int style, const char *s, size_t len);
void line_addf(struct line *l, int style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Exactly columns wide: padded with spaces or cut with "…". */
void line_pad(struct line *l, int style, const char *s, int columns);
void line_pad_left(struct line *l, int style, const char *s, int columns);
/* What of the text from byte start on is looked for gets the style of a match. h: NULL is fine. */
void line_mark(struct line *l, size_t start, const struct hits *h, enum hits_field field);
int line_columns(const struct line *l);

/* Paints row (from 0) of a region; flags (STYLE_SELECTED ...) are or'ed to every part, and a line
 * that speaks of unread mail stays bold under them; the rest of the row gets the style fill. */
void draw_line(const struct region *r, int row, const struct line *l, int flags, int fill);
/* Whether row of a region, as it was drawn under the same key, is there again: then nothing needs
 * to be built or drawn. The key is all that decides how the row looks; nothing else may be drawn
 * there in the same frame. */
bool draw_kept(const struct region *r, int row, const struct str *key);
/* The same as draw_line, for a line that rarely changes and has its row of the region for itself.
 */
void draw_line_kept(const struct region *r, int row, const struct line *l, int flags, int fill);
void draw_text(const struct region *r, int row, int style, const char *s);
/* Over what is there already, at a column of the region. */
void draw_over(const struct region *r, int row, int col, int style, const char *s, size_t len);
/* Centred in the region, for "no messages" and the like. */
void draw_centred(const struct region *r, int row, int style, const char *s);
void draw_rule(const struct region *r, int row, bool ascii); /* a horizontal line */
/* done of total as a bar of columns cells appended to l. */
void draw_bar(struct line *l, int style, uint64_t done, uint64_t total, int columns, bool ascii);

/* "1", "12k", "3.4M": at most five columns. */
void draw_size(struct str *out, uint64_t octets);
/* 104233 as 104,233, with the separator of the locale (a comma when it has none). */
void draw_number(struct str *out, uint64_t n);

#endif
