/*
 * html_priv - what html.c (the elements) and html_para.c (the text in them) share. Private to mime.
 *
 * Owns:    struct html what it says.
 * Threads: as html.h.
 * Errors:  none.
 */
#ifndef MIME_HTML_PRIV_H
#define MIME_HTML_PRIV_H

#include "mime/css.h"
#include "mime/grid.h"
#include "mime/tagsoup.h"
#include "mime/text.h"
#include "mime/wrap.h"

struct _xmlNode; /* libxml2's, which only html.c knows */

/* What holds inside an element; a copy of the outer one to start with. */
struct frame {
	const struct _xmlNode *node;
	const struct tagsoup_element *element;
	enum text_style style; /* TEXT_STYLES: that of the line */
	enum text_style block; /* of the lines */
	int link, quote, indent;
	bool pre, hidden, zero_font;
	enum tag script; /* TAG_SUP or TAG_SUB: small digits above or below the line */
	bool gap;        /* an empty line behind this element */
	bool new_grid;   /* this table owns h->grid */
	bool new_cell;   /* this cell owns h->cell */
	bool menu;       /* cells of this table stay on one line */
	enum tag list;   /* TAG_UL, TAG_OL or TAG_INLINE */
	long number;     /* of the next item */
	char numbering;  /* type of an ordered list: '1', 'a', 'A', 'i' or 'I' */
	int items;       /* so far */
	int lists;       /* nesting of lists */
};

struct html {
	struct text *t;
	int width;
	size_t start; /* lines of t that were there before */
	struct frame *stack;
	size_t n, cap;
	struct wrap para;
	struct wrap *cell; /* of the grid being read; borrowed from it */
	struct grid *grid;
	struct table *tables; /* html.c */
	size_t ntables, tables_cap;
	struct str bullet; /* waits for the text of its item */
	bool space, gap;   /* a blank, an empty line to come before the next text */
	int space_link;    /* what the blank belongs to */
	enum text_style space_style;
	int nbsp, last_quote;
	struct str link_text; /* what the open link shows */
	bool link_image;
	struct css_sheet sheet; /* what style elements hide */
	int pictures;           /* links that are pictures only, side by side, not shown yet */
	int picture_link;       /* the first of them */
	bool picture_block;     /* they stood in a block of their own */
	bool picture_gap;       /* with an empty line before it */
};

/* Where text goes: the cell of a grid, or the paragraph. */
struct wrap *html_sink(struct html *h);
struct frame *html_top(struct html *h);
bool html_at_line_start(const struct wrap *w);
int html_available(const struct html *h); /* columns for text, here */
void html_make_prefix(
	const struct html *h, const struct frame *f, struct str *first, struct str *rest);
void html_emit_gap(struct html *h, int quote);
struct wrap_box html_box_of(const struct html *h, const struct frame *f, const struct str *first,
	const struct str *rest);
void html_show_pictures(struct html *h);
/* Ends the paragraph. */
void html_flush(struct html *h);
void html_line_break(struct html *h);
void html_put_space(struct html *h);
void html_put(struct html *h, const char *p, size_t len);
void html_put_collapsed(struct html *h, const char *p, const char *end); /* blanks are one */
void html_add_text(struct html *h, const char *s);

#endif
