#include "mime/grid.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { NARROW = 6 /* columns: below this a column of words cannot be read */ };

struct cell {
	struct wrap text;
	int column;
	struct grid_cell is;
};

struct row {
	struct cell **cells; /* owned, each too */
	size_t n, cap;
};

struct grid {
	struct row *rows;
	size_t n, cap;
	bool lines;
	int below[GRID_COLUMNS]; /* rows that a cell from above still covers */
	int next;                /* column of the next cell */
};

/* Widths found for one drawing. */
struct layout {
	int width[GRID_COLUMNS]; /* 0: nothing in it, not drawn */
	int gap;
};

struct grid *grid_new(bool lines)
{
	struct grid *g = mem_alloc(sizeof(*g));

	g->lines = lines;
	return g;
}

void grid_free(struct grid *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n; i++) {
		for (size_t k = 0; k < g->rows[i].n; k++) {
			wrap_done(&g->rows[i].cells[k]->text);
			free(g->rows[i].cells[k]);
		}
		free(g->rows[i].cells);
	}
	free(g->rows);
	free(g);
}

void grid_row(struct grid *g)
{
	g->rows = mem_grow(g->rows, &g->cap, g->n + 1, sizeof(*g->rows));
	memset(&g->rows[g->n++], 0, sizeof(*g->rows));
	for (int c = 0; c < GRID_COLUMNS; c++)
		if (g->below[c] > 0)
			g->below[c]--;
	g->next = 0;
}

static int limit(int v, int least, int most)
{
	return v < least ? least : v > most ? most : v;
}

struct wrap *grid_cell(struct grid *g, const struct grid_cell *is)
{
	struct row *row;
	struct cell *cell;

	if (g->n == 0)
		grid_row(g);
	row = &g->rows[g->n - 1];
	while (g->next < GRID_COLUMNS && g->below[g->next] > 0)
		g->next++;
	if (g->next >= GRID_COLUMNS && row->n) {
		struct wrap *last = &row->cells[row->n - 1]->text;

		wrap_put(last, " ", 1, TEXT_STYLES, -1);
		return last;
	}
	cell = mem_alloc(sizeof(*cell));
	cell->is = *is;
	cell->column = limit(g->next, 0, GRID_COLUMNS - 1);
	cell->is.colspan = limit(is->colspan, 1, GRID_COLUMNS - cell->column);
	for (int c = cell->column; c < cell->column + cell->is.colspan; c++)
		g->below[c] = limit(is->rowspan, 1, 1000);
	g->next = cell->column + cell->is.colspan;
	row->cells = mem_grow(row->cells, &row->cap, row->n + 1, sizeof(struct cell *));
	row->cells[row->n++] = cell;
	return &cell->text;
}

static void natural_widths(const struct grid *g, struct layout *l)
{
	for (size_t i = 0; i < g->n; i++)
		for (size_t k = 0; k < g->rows[i].n; k++) {
			const struct cell *cell = g->rows[i].cells[k];
			int w = cell->is.colspan == 1 ? wrap_columns(&cell->text) : 0;

			if (w > l->width[cell->column])
				l->width[cell->column] = w;
		}
}

static int drawn(const struct layout *l, int from, int to)
{
	int n = 0;

	for (int c = from; c < to; c++)
		n += l->width[c] > 0;
	return n;
}

static int total(const struct layout *l, int from, int to)
{
	int n = drawn(l, from, to), sum = n > 1 ? (n - 1) * l->gap : 0;

	for (int c = from; c < to; c++)
		sum += l->width[c];
	return sum;
}

/* Columns that ask for less than an even share keep what they ask; the others share the rest. */
static bool shrink(struct layout *l, int room)
{
	bool fixed[GRID_COLUMNS] = {false};
	int open = drawn(l, 0, GRID_COLUMNS), rest = room - (open - 1) * l->gap, share;
	bool more = true;

	if (open == 0 || rest < open)
		return false;
	while (more && open) {
		more = false;
		share = rest / open;
		for (int c = 0; c < GRID_COLUMNS; c++) {
			if (fixed[c] || l->width[c] == 0 || l->width[c] > share)
				continue;
			fixed[c] = more = true;
			rest -= l->width[c];
			open--;
		}
	}
	if (open == 0)
		return true;
	share = rest / open;
	for (int c = 0; c < GRID_COLUMNS; c++)
		if (!fixed[c] && l->width[c])
			l->width[c] = share;
	return share >= NARROW;
}

/* A title over all columns may widen the last of them. */
static void widen_for_spans(const struct grid *g, struct layout *l, int room)
{
	for (size_t i = 0; i < g->n; i++)
		for (size_t k = 0; k < g->rows[i].n; k++) {
			const struct cell *cell = g->rows[i].cells[k];
			int end = cell->column + cell->is.colspan, last = end - 1, more;

			if (cell->is.colspan == 1 || cell->text.s.len == 0)
				continue;
			while (last > cell->column && l->width[last] == 0)
				last--;
			more = wrap_columns(&cell->text) - total(l, cell->column, end);
			if (l->width[last] == 0)
				more = limit(more, 1, room);
			if (more > room - total(l, 0, GRID_COLUMNS) - l->gap)
				more = room - total(l, 0, GRID_COLUMNS) - l->gap;
			if (more > 0)
				l->width[last] += more;
		}
}

static struct text *cell_lines(const struct cell *cell, int width)
{
	struct text *t = text_new();
	struct wrap_box box = {.width = width};

	if (cell->text.s.len)
		wrap_emit(&cell->text, t, &box);
	return t;
}

static void blanks(struct str *s, int n)
{
	while (n-- > 0)
		str_addc(s, ' ');
}

/* One line of a row while it is put together: the spans wait until the line stands in the text. */
struct making {
	struct str s;
	struct text_span *spans;
	size_t n, cap;
};

static void put_cell_line(struct making *m, const struct text_line *from, int width, bool right)
{
	int used = from ? utf8_columns(from->s, from->len) : 0;
	size_t at;

	if (right)
		blanks(&m->s, width - used);
	at = m->s.len;
	if (from) {
		str_add(&m->s, from->s, from->len);
		for (uint32_t i = 0; i < from->nspans; i++) {
			m->spans = mem_grow(m->spans, &m->cap, m->n + 1, sizeof(*m->spans));
			m->spans[m->n] = from->spans[i];
			m->spans[m->n++].start += (uint32_t)at;
		}
	}
	if (!right)
		blanks(&m->s, width - used);
}

static void finish_line(struct making *m, struct text *t, const struct wrap_box *box)
{
	struct text_line *line;

	while (m->s.len && m->s.p[m->s.len - 1] == ' ')
		str_cut(&m->s, m->s.len - 1);
	if (!wrap_full(t)) {
		line = text_add(t, box->style, str_c(&m->s), m->s.len);
		line->quote = (uint8_t)limit(box->quote, 0, 255);
		for (size_t i = 0; i < m->n; i++)
			text_span_add(line, m->spans[i].start, m->spans[i].len, m->spans[i].style,
				m->spans[i].link);
	}
	str_clear(&m->s);
	m->n = 0;
}

static const struct cell *cell_at(const struct row *row, int column, size_t *index)
{
	for (size_t k = 0; k < row->n; k++)
		if (row->cells[k]->column == column) {
			*index = k;
			return row->cells[k];
		}
	return NULL;
}

static void row_line(struct making *m, const struct grid *g, const struct row *row,
	const struct layout *l, struct text *const *texts, size_t k)
{
	int c = 0;
	bool first = true;

	while (c < GRID_COLUMNS) {
		size_t index = 0;
		const struct cell *cell = cell_at(row, c, &index);
		int end = cell ? c + cell->is.colspan : c + 1, width = total(l, c, end);

		if (width > 0) {
			const struct text *t = cell ? texts[index] : NULL;

			if (!first)
				str_adds(&m->s, g->lines ? " │ " : "  ");
			first = false;
			put_cell_line(m, t && k < t->n ? &t->lines[k] : NULL, width,
				cell && cell->is.right);
		}
		c = end;
	}
}

static void rule(struct making *m, const struct layout *l)
{
	bool first = true;

	for (int c = 0; c < GRID_COLUMNS; c++) {
		if (l->width[c] == 0)
			continue;
		if (!first)
			str_adds(&m->s, "─┼─");
		first = false;
		for (int i = 0; i < l->width[c]; i++)
			str_adds(&m->s, "─");
	}
}

static bool is_header(const struct row *row)
{
	for (size_t k = 0; k < row->n; k++)
		if (!row->cells[k]->is.header)
			return false;
	return row->n > 0;
}

static void emit_row(const struct grid *g, size_t i, const struct layout *l, struct text *t,
	const struct wrap_box *box)
{
	const struct row *row = &g->rows[i];
	struct text **texts = mem_array(row->n + 1, sizeof(struct text *));
	struct making m = {STR_INIT, NULL, 0, 0};
	size_t height = 0;

	for (size_t k = 0; k < row->n; k++) {
		const struct cell *cell = row->cells[k];

		texts[k] =
			cell_lines(cell, total(l, cell->column, cell->column + cell->is.colspan));
		if (texts[k]->n > height)
			height = texts[k]->n;
	}
	for (size_t k = 0; k < height && !wrap_full(t); k++) {
		str_adds(&m.s, box->rest);
		row_line(&m, g, row, l, texts, k);
		finish_line(&m, t, box);
	}
	if (is_header(row) && g->lines && i + 1 < g->n && !is_header(row + 1)) {
		str_adds(&m.s, box->rest);
		rule(&m, l);
		finish_line(&m, t, box);
	}
	for (size_t k = 0; k < row->n; k++)
		text_free(texts[k]);
	free(texts);
	str_done(&m.s);
	free(m.spans);
}

/* One cell a line, an empty line between rows. */
static void emit_stacked(const struct grid *g, struct text *t, const struct wrap_box *box)
{
	static const struct wrap empty = WRAP_INIT;
	struct wrap_box line = *box;

	line.first = line.rest;
	for (size_t i = 0; i < g->n; i++) {
		if (i > 0 && !wrap_full(t))
			wrap_emit(&empty, t, &line);
		for (size_t k = 0; k < g->rows[i].n; k++)
			if (g->rows[i].cells[k]->text.s.len)
				wrap_emit(&g->rows[i].cells[k]->text, t, &line);
	}
}

void grid_emit(const struct grid *g, struct text *t, const struct wrap_box *box)
{
	struct layout l = {.gap = g->lines ? 3 : 2};
	const char *prefix = box->rest ? box->rest : "";
	int room = box->width - utf8_columns(prefix, strlen(prefix));

	natural_widths(g, &l);
	if (total(&l, 0, GRID_COLUMNS) > room && !shrink(&l, room)) {
		emit_stacked(g, t, box);
		return;
	}
	widen_for_spans(g, &l, room);
	for (size_t i = 0; i < g->n && !wrap_full(t); i++)
		emit_row(g, i, &l, t, box);
}
