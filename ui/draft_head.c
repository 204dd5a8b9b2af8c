#include "ui/draft_head.h"

#include "base/i18n.h"
#include "base/utf8.h"

#include <stdlib.h>

static void draw_field(
	const struct region *r, int *row, const char *name, const char *value, int style)
{
	struct line line = LINE_INIT;

	line_pad_left(&line, STYLE_HEADER_NAME, name, 10);
	line_add(&line, STYLE_HEADER_NAME, "  ");
	line_add(&line, style, value);
	draw_line(r, (*row)++, &line, 0, STYLE_PLAIN);
	line_done(&line);
}

void draft_head_file(const struct draft_file *f, size_t number, struct str *out)
{
	str_addf(out, "%zu %s", number, *f->name ? f->name : *f->type ? f->type : _("(no name)"));
	if (f->lost) {
		str_addf(out, " (%s)", _("not found"));
	} else if (f->size) {
		str_adds(out, " (");
		draw_size(out, f->size);
		str_addc(out, ')');
	}
}

/* As many rows as the files need side by side, at most `max`; returns how many files were shown. */
static size_t files_rows(const struct draft *d, const struct region *r, int max, int *row)
{
	struct line line = LINE_INIT;
	size_t shown = 0;
	int rows = 0, used = 0, width = r->cols - 12;

	for (; shown < d->nfiles; shown++) {
		struct str label = STR_INIT;
		int cols;

		draft_head_file(&d->files[shown], shown + 1, &label);
		cols = utf8_columns(str_c(&label), label.len);
		if (rows == 0 || used + 2 + cols > width) {
			if (rows == max) {
				str_done(&label);
				break;
			}
			if (rows && row)
				draw_line(r, (*row)++, &line, 0, STYLE_PLAIN);
			line_clear(&line);
			line_pad_left(&line, STYLE_HEADER_NAME, rows ? "" : _("Files"), 10);
			line_add(&line, STYLE_HEADER_NAME, "  ");
			used = 0;
			rows++;
		} else {
			line_add(&line, STYLE_PLAIN, "  ");
			used += 2;
		}
		line_add(&line, d->files[shown].lost ? STYLE_NOTICE : STYLE_ATTACHMENT,
			str_c(&label));
		used += cols;
		str_done(&label);
	}
	if (rows && row)
		draw_line(r, (*row)++, &line, 0, STYLE_PLAIN);
	line_done(&line);
	return shown;
}

/* behind: some are in front of this row. */
static void draw_more(const struct region *r, int *row, size_t more, bool behind)
{
	struct line line = LINE_INIT;

	line_pad_left(&line, STYLE_HEADER_NAME, behind ? "" : _("Files"), 10);
	line_addf(&line, STYLE_DIM,
		behind ? ngettext("  … %zu more file, named below the text",
				 "  … %zu more files, named below the text", (unsigned long)more)
		       : ngettext("  %zu file, named below the text",
				 "  %zu files, named below the text", (unsigned long)more),
		more);
	draw_line(r, (*row)++, &line, 0, STYLE_PLAIN);
	line_done(&line);
}

/* How many rows the files take of those that are free: the text keeps two thirds of the screen,
 * whatever goes along. */
static int files_height(const struct draft *d, const struct region *r, int room)
{
	int max = r->rows / 4 > 1 ? r->rows / 4 : 1, rows = 0;

	for (rows = 0; rows <= max && files_rows(d, r, rows, NULL) < d->nfiles;)
		rows++;
	return rows < room ? rows : room;
}

/* The last of the rows says how many have no room, if any. */
static void draw_files(const struct draft *d, const struct region *r, int *row, int rows)
{
	size_t shown;

	if (rows <= 0)
		return;
	if (files_rows(d, r, rows, NULL) == d->nfiles) {
		files_rows(d, r, rows, row);
		return;
	}
	shown = rows > 1 ? files_rows(d, r, rows - 1, row) : 0;
	draw_more(r, row, d->nfiles - shown, shown > 0);
}

/* What stands above the text, as it is read, and in which order it goes where there is no room. */
enum { HEAD_FROM, HEAD_TO, HEAD_CC, HEAD_BCC, HEAD_SUBJECT, HEAD_HAS_IT, HEAD_FILES, HEADS };
static const int head_goes[HEADS] = {
	HEAD_CC, HEAD_BCC, HEAD_FROM, HEAD_HAS_IT, HEAD_FILES, HEAD_SUBJECT, HEAD_TO};

struct head {
	const char *name, *value;
	int style;
	bool shown;
};

enum { TEXT_LEAST = 3 };

/* Empty fields have a row where there are many; then what does not fit beside the text goes, those
 * without a value first. Returns the rows that are left; *lost: how many with a value went. */
static int choose_heads(struct head heads[HEADS], int rows, int *lost)
{
	int left = rows - TEXT_LEAST - 1;

	*lost = 0;
	for (int i = 0; i < HEADS; i++) {
		bool copy = i == HEAD_CC || i == HEAD_BCC;

		heads[i].shown = *heads[i].value || (i < HEAD_HAS_IT && !(copy && rows <= 12));
		left -= heads[i].shown;
	}
	for (int valued = 0; valued <= 1; valued++)
		for (int i = 0; i < HEADS - 1 && left < 0; i++) {
			struct head *h = &heads[head_goes[i]];

			if (!h->shown || (*h->value != '\0') != (valued != 0))
				continue;
			h->shown = false;
			left++;
			*lost += valued;
		}
	return left;
}

/* The line below the fields; it says what is not above it. */
static void draw_heads_rule(const struct region *r, int *row, int lost, bool ascii)
{
	struct str s = STR_INIT;

	draw_rule(r, *row, ascii);
	if (lost) {
		str_addf(&s,
			ngettext(" %d more field in a higher window ",
				" %d more fields in a higher window ", (unsigned long)lost),
			lost);
		draw_over(r, *row, 2, STYLE_DIM, s.p, s.len);
	}
	(*row)++;
	str_done(&s);
}

static void has_it_list(const struct strv *has_it, struct str *out)
{
	for (size_t i = 0; i < has_it->n; i++)
		str_addf(out, "%s%s", i ? ", " : "", has_it->v[i]);
}

int draft_head_draw(
	const struct region *r, const struct draft *d, const struct strv *has_it, bool ascii)
{
	struct str has = STR_INIT;
	struct head heads[HEADS] = {[HEAD_FROM] = {_("From"), d->from, STYLE_HEADER_VALUE, false},
		[HEAD_TO] = {_("To"), d->to, STYLE_HEADER_VALUE, false},
		[HEAD_CC] = {_("Cc"), d->cc, STYLE_HEADER_VALUE, false},
		[HEAD_BCC] = {_("Bcc"), d->bcc, STYLE_HEADER_VALUE, false},
		[HEAD_SUBJECT] = {_("Subject"), d->subject, STYLE_HEADER_SUBJECT, false},
		[HEAD_HAS_IT] = {_("Has it"), "", STYLE_DIM, false},
		[HEAD_FILES] = {_("Files"), d->nfiles ? "+" : "", STYLE_PLAIN, false}};
	int row = 0, lost, left;

	has_it_list(has_it, &has);
	heads[HEAD_HAS_IT].value = str_c(&has);
	left = choose_heads(heads, r->rows, &lost);
	for (int i = 0; i < HEADS; i++) {
		if (!heads[i].shown)
			continue;
		if (i == HEAD_FILES)
			draw_files(d, r, &row, files_height(d, r, left > 0 ? left + 1 : 1));
		else
			draw_field(r, &row, heads[i].name, heads[i].value, heads[i].style);
	}
	str_done(&has);
	draw_heads_rule(r, &row, lost, ascii);
	return row;
}
