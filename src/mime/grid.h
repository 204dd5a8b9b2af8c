/*
 * grid - a table of data drawn in columns that fit the width.
 *
 * Owns:    its cells until grid_free.
 * Threads: any; a struct grid belongs to one.
 * Errors:  none. Cells past GRID_COLUMNS in a row join the last one.
 */
#ifndef MIME_GRID_H
#define MIME_GRID_H

#include "mime/wrap.h"

enum { GRID_COLUMNS = 16 };

struct grid;

struct grid_cell {
	int colspan, rowspan; /* at least 1 */
	bool header;          /* a row of nothing but headers is underlined */
	bool right;           /* numbers */
};

/* lines: the table has borders or headings, so its columns get a line between them. */
struct grid *grid_new(bool lines);
void grid_free(struct grid *g); /* NULL is fine */
void grid_row(struct grid *g);
/* The text of a new cell, to be filled by the caller; it belongs to the grid. */
struct wrap *grid_cell(struct grid *g, const struct grid_cell *cell);
/* Appends the table. Where columns would get too narrow to read, one cell a line instead. */
void grid_emit(const struct grid *g, struct text *t, const struct wrap_box *box);

#endif
