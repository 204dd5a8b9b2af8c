#include "mime/html.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "mime/css.h"
#include "mime/grid.h"
#include "mime/html_priv.h"
#include "mime/link.h"
#include "mime/tagsoup.h"

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	FRAMES_MAX = 600, /* nesting that keeps its layout */
	CELLS_MAX = 5000,
	CELL_MAX = 300 /* bytes in a cell of a table that is data, not layout */
};

/* What one walk over the tree found out about a table before anything of it is drawn. */
struct table {
	int outer; /* index, -1 for none */
	bool nested, blocks, border, layout;
	bool breaks; /* a cell has several lines */
	int rows, column, columns, cells, headers;
	uint32_t filled; /* columns that hold text, by bit */
	size_t cell, widest, bytes;
};

enum table_use { USE_LAYOUT, USE_MENU, USE_GRID };

static const struct tagsoup_element *element_of(const xmlNode *node)
{
	return tagsoup_element((const char *)node->name);
}

/* The tree lives until the walk ends, so the value can be borrowed. HTML attributes hold one text.
 */
static const char *attribute(const xmlNode *node, const char *name)
{
	for (const xmlAttr *a = node->properties; a; a = a->next)
		if (strcmp((const char *)a->name, name) == 0)
			return a->children && a->children->content
				       ? (const char *)a->children->content
				       : "";
	return NULL;
}

static bool attribute_has(const xmlNode *node, const char *name, const char *word)
{
	const char *v = attribute(node, name);

	return v && str_ifind(v, word);
}

static long attribute_number(const xmlNode *node, const char *name, long otherwise)
{
	const char *v = attribute(node, name);
	char *end;
	long n;

	if (!v)
		return otherwise;
	n = strtol(v, &end, 10);
	return end == v || n < 0 || n > 1000000 ? otherwise : n;
}

/* --- the walk: no recursion, because the sender decides how deep the tree is --- */

struct visitor {
	bool (*enter)(void *ctx, xmlNode *node); /* true: visit the children, then leave */
	void (*leave)(void *ctx, xmlNode *node);
};

static void walk(xmlNode *root, const struct visitor *visit, void *ctx)
{
	xmlNode *node = root;

	for (;;) {
		if (visit->enter(ctx, node)) {
			if (node->children && node->type == XML_ELEMENT_NODE) {
				node = node->children;
				continue;
			}
			visit->leave(ctx, node);
		}
		while (node != root && !node->next) {
			node = node->parent;
			visit->leave(ctx, node);
		}
		if (node == root)
			return;
		node = node->next;
	}
}

/* --- first walk: which tables are data --- */

struct scan {
	struct html *h;
	int current; /* table, -1 for none */
};

static void scan_table(struct scan *s, xmlNode *node)
{
	struct html *h = s->h;
	struct table *table;

	if (s->current >= 0)
		h->tables[s->current].nested = true;
	h->tables = mem_grow(h->tables, &h->tables_cap, h->ntables + 1, sizeof(*h->tables));
	table = &h->tables[h->ntables];
	memset(table, 0, sizeof(*table));
	table->outer = s->current;
	table->border = attribute_number(node, "border", 0) > 0;
	table->layout =
		attribute_has(node, "role", "presentation") || attribute_has(node, "role", "none");
	s->current = (int)h->ntables++;
	node->_private = (void *)(uintptr_t)h->ntables;
}

static void scan_cell(struct table *table, const xmlNode *node, enum tag kind)
{
	/* What reaches beyond the columns of a grid is counted no further. */
	if (table->column <= GRID_COLUMNS)
		table->column += (int)attribute_number(node, "colspan", 1);
	if (table->column > table->columns)
		table->columns = table->column;
	table->cells++;
	table->headers += kind == TAG_TH;
	table->cell = 0;
}

static void scan_text(struct table *table, const xmlNode *node)
{
	const char *s = (const char *)node->content;
	size_t n = 0;

	for (; *s && n <= CELL_MAX; s++)
		n += (unsigned char)*s > ' ';
	if (n == 0)
		return;
	table->cell += n;
	table->bytes += n;
	if (table->cell > table->widest)
		table->widest = table->cell;
	if (table->column > 0 && table->column <= 32)
		table->filled |= 1u << (table->column - 1);
}

/* A pre of one line is a cell of code, as in the tables that show a change. */
static bool has_lines(const xmlNode *node)
{
	const xmlNode *text = node->children;
	const char *s;

	if (!text)
		return false;
	if (text->next || text->type != XML_TEXT_NODE)
		return true;
	s = (const char *)text->content;
	return s && s[strcspn(s, "\n")] && s[strcspn(s, "\n") + 1];
}

static bool scan_enter(void *ctx, xmlNode *node)
{
	struct scan *s = ctx;
	struct table *table = s->current >= 0 ? &s->h->tables[s->current] : NULL;
	enum tag kind;

	if (node->type == XML_TEXT_NODE && node->content && table)
		scan_text(table, node);
	if (node->type != XML_ELEMENT_NODE)
		return node->type == XML_HTML_DOCUMENT_NODE;
	kind = element_of(node)->tag;
	if (kind == TAG_TABLE) {
		scan_table(s, node);
		return true;
	}
	if (!table)
		return kind != TAG_SKIP;
	if (kind == TAG_TR) {
		table->rows++;
		table->column = 0;
	} else if (kind == TAG_TD || kind == TAG_TH) {
		scan_cell(table, node, kind);
	} else if (kind == TAG_BR) {
		table->breaks |= table->cell > 0;
	} else if (kind == TAG_UL || kind == TAG_OL || kind == TAG_QUOTE || kind == TAG_HR ||
		   kind == TAG_HEADING || (kind == TAG_PRE && has_lines(node))) {
		table->blocks = true;
	}
	return kind != TAG_SKIP;
}

static void scan_leave(void *ctx, xmlNode *node)
{
	struct scan *s = ctx;

	if (node->_private && s->current >= 0)
		s->current = s->h->tables[s->current].outer;
}

static int bits(uint32_t v)
{
	int n = 0;

	for (; v; v &= v - 1)
		n++;
	return n;
}

static enum table_use table_use(const struct html *h, const xmlNode *node)
{
	size_t index = (size_t)(uintptr_t)node->_private;
	const struct table *t;

	if (index == 0 || index > h->ntables)
		return USE_LAYOUT;
	t = &h->tables[index - 1];
	if (t->nested || t->blocks || t->columns < 2 || t->columns > GRID_COLUMNS ||
		t->cells > CELLS_MAX || bits(t->filled) < 2)
		return USE_LAYOUT;
	if (t->rows <= 1 && !t->headers && t->bytes <= 60 && t->widest <= 24)
		return t->breaks ? USE_GRID : USE_MENU;
	if (t->rows <= 1 && !t->headers)
		return USE_LAYOUT;
	if (t->widest > (t->layout ? CELL_MAX / 4 : CELL_MAX))
		return USE_LAYOUT;
	return USE_GRID;
}

/* --- elements --- */

static void begin_block(struct html *h, bool gap)
{
	html_flush(h);
	/* The first paragraph of an item stands behind its bullet. */
	if (gap && !h->cell && h->bullet.len == 0)
		h->gap = true;
	html_top(h)->gap = gap;
}

static char numbering_of(const xmlNode *node, char otherwise)
{
	const char *type = attribute(node, "type");

	return type && *type && !type[1] && strchr("1aAiI", *type) ? *type : otherwise;
}

/* 27 is "aa"; 0 and what is no Roman number stay in digits, as in browsers. */
static void add_number(struct str *out, long n, char numbering)
{
	static const struct {
		int value;
		const char *digits;
	} roman[] = {{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"},
		{50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}};
	char letters[16], *p = letters + sizeof(letters) - 1;
	size_t start = out->len;

	*p = '\0';
	if (numbering == '1' || n < 1 || ((numbering | 0x20) == 'i' && n > 3999)) {
		str_addf(out, "%ld", n);
		return;
	}
	if ((numbering | 0x20) == 'a') {
		for (long left = n; left > 0; left = (left - 1) / 26)
			*--p = (char)('a' + (left - 1) % 26);
		str_adds(out, p);
	} else {
		for (size_t i = 0; i < MEM_COUNT(roman); i++)
			for (; n >= roman[i].value; n -= roman[i].value)
				str_adds(out, roman[i].digits);
	}
	for (size_t i = start; numbering < 'a' && i < out->len; i++)
		out->p[i] = str_upper(out->p[i]);
}

static void begin_list(struct html *h, struct frame *f, enum tag kind, const xmlNode *node)
{
	begin_block(h, f->lists == 0);
	f->list = kind;
	f->number = attribute_number(node, "start", 1);
	f->numbering = numbering_of(node, '1');
	f->items = 0;
	f->lists++;
}

static void begin_item(struct html *h, struct frame *f, struct frame *outer, const xmlNode *node)
{
	static const char *const bullets[] = {"• ", "◦ ", "▪ "};
	struct frame *list = f->list == TAG_OL ? outer : NULL;

	html_flush(h);
	if (outer->items++ > 0)
		h->gap = false;
	str_clear(&h->bullet);
	if (list && list->list == TAG_OL) {
		list->number = attribute_number(node, "value", list->number);
		add_number(&h->bullet, list->number++, numbering_of(node, list->numbering));
		str_adds(&h->bullet, ". ");
	} else {
		str_adds(&h->bullet, bullets[f->lists > 0 ? (f->lists - 1) % 3 : 0]);
	}
	f->indent += utf8_columns(h->bullet.p, h->bullet.len) + (f->lists <= 1 ? 1 : 0);
	f->list = TAG_INLINE;
}

/* Pictures and tables near the top of an element: it places things. A letter's quote has text. */
static bool is_layout(const xmlNode *node)
{
	enum { NEAR = 40 };
	const xmlNode *n = node->children;

	for (int seen = 0; n && seen < NEAR; seen++) {
		enum tag tag = n->type == XML_ELEMENT_NODE ? element_of(n)->tag : TAG_INLINE;

		if (tag == TAG_TABLE || tag == TAG_IMG)
			return true;
		if (n->type == XML_ELEMENT_NODE && n->children) {
			n = n->children;
			continue;
		}
		while (n != node && !n->next)
			n = n->parent;
		n = n == node ? NULL : n->next;
	}
	return false;
}

static void begin_quote(struct html *h, struct frame *f, const xmlNode *node, const struct css *css)
{
	bool cite = attribute_has(node, "type", "cite") ||
		    attribute_has(node, "class", "gmail_quote") || css->border_left;

	begin_block(h, true);
	if (!cite && is_layout(node))
		return; /* a newsletter's box: nobody is quoted */
	if (!cite && css->no_border)
		f->indent += 4;
	else if (f->quote < 255)
		f->quote++;
}

static void rule(struct html *h)
{
	struct str line = STR_INIT;
	const struct frame *f = html_top(h);

	html_flush(h);
	if (h->cell || f->hidden)
		return;
	for (int i = 0; i < html_available(h) / 2; i++)
		str_adds(&line, "─");
	wrap_put(&h->para, line.p, line.len, TEXT_STYLES, -1);
	html_flush(h);
	str_done(&line);
}

static bool is_elsewhere(const xmlNode *node)
{
	const char *src = attribute(node, "src");

	src = src ? src + strspn(src, " \t\r\n") : "";
	return str_istarts(src, "http:") || str_istarts(src, "https:") || str_starts(src, "//");
}

static void image(struct html *h, const xmlNode *node)
{
	const char *alt = attribute(node, "alt");
	struct str clean = STR_INIT;
	const struct frame *f = html_top(h);

	if (attribute_number(node, "width", 100) <= 3 || attribute_number(node, "height", 100) <= 3)
		return;
	h->link_image |= f->link >= 0;
	if (!alt || !alt[strspn(alt, " \t\r\n")])
		return;
	tagsoup_text(&clean, alt);
	html_put_space(h);
	html_put(h, "[", 1);
	html_put_collapsed(h, str_c(&clean), str_c(&clean) + clean.len);
	h->space = false;
	html_put(h, "]", 1);
	str_done(&clean);
}

/* A box to tick or a button of several, which says nothing in words. */
static bool tick(struct html *h, const xmlNode *node)
{
	const char *shown = attribute_has(node, "type", "checkbox") ? "[x]"
			    : attribute_has(node, "type", "radio")  ? "(x)"
								    : NULL;

	if (!shown)
		return false;
	html_put_space(h);
	html_put(h, shown, 1);
	html_put(h, attribute(node, "checked") ? "x" : " ", 1);
	html_put(h, shown + 2, 1);
	return true;
}

static void input(struct html *h, const xmlNode *node)
{
	const char *value = attribute(node, "value");

	if (tick(h, node))
		return;
	if (!value || !*value || attribute_has(node, "type", "hidden"))
		return;
	html_put_space(h);
	html_put(h, "[", 1);
	html_add_text(h, value);
	html_put(h, "]", 1);
}

/* The first option, or the one that is selected: what a browser shows of them. */
static const xmlNode *chosen_option(const xmlNode *select)
{
	const xmlNode *first = NULL;

	for (const xmlNode *n = select->children; n; n = n->next) {
		if (n->type != XML_ELEMENT_NODE || strcmp((const char *)n->name, "option") != 0)
			continue;
		if (attribute(n, "selected"))
			return n;
		if (!first)
			first = n;
	}
	return first;
}

static void choice(struct html *h, const xmlNode *select)
{
	const xmlNode *option = chosen_option(select);

	if (!option)
		return;
	html_put_space(h);
	html_put(h, "[", 1);
	for (const xmlNode *n = option->children; n; n = n->next)
		if (n->type == XML_TEXT_NODE)
			html_add_text(h, (const char *)n->content);
	h->space = false;
	html_put(h, "]", 1);
}

static void begin_link(struct html *h, struct frame *f, const xmlNode *node)
{
	const char *href = attribute(node, "href");

	f->link = -1;
	if (href && link_allowed(href))
		f->link = text_link_add(h->t, href, strlen(href));
	if (f->link < 0)
		f->style = f[-1].style;
	str_clear(&h->link_text);
	h->link_image = false;
}

static void end_link(struct html *h, const struct frame *f)
{
	struct str real = STR_INIT;

	if (f->link < 0 || f->hidden || f->zero_font)
		return;
	if (h->link_text.len == 0 && h->link_image) {
		if (!h->pictures++) {
			h->picture_link = f->link;
			h->picture_gap = h->gap;
			h->gap = false;
		}
		h->picture_block = false;
	}
	if (link_deceives(&real, str_c(&h->link_text), h->t->links.v[f->link])) {
		struct wrap *w = html_sink(h);

		h->space = false;
		wrap_put(w, " ", 1, TEXT_STYLES, -1);
		wrap_put(w, "[", 1, TEXT_NOTICE, f->link);
		wrap_put(w, real.p, real.len, TEXT_NOTICE, f->link);
		wrap_put(w, "]", 1, TEXT_NOTICE, f->link);
	}
	str_done(&real);
}

static void begin_table(struct html *h, struct frame *f, const xmlNode *node)
{
	enum table_use use = table_use(h, node);
	size_t index = (size_t)(uintptr_t)node->_private;

	/* Inside a cell no table can be: that of the cell would have been layout. */
	if (h->grid)
		use = USE_LAYOUT;
	begin_block(h, use == USE_GRID);
	f->menu = use == USE_MENU;
	f->pre = false;
	if (use == USE_GRID && !f->hidden) {
		h->grid = grid_new(h->tables[index - 1].border || h->tables[index - 1].headers > 0);
		f->new_grid = true;
	}
}

static void end_table(struct html *h, const struct frame *f)
{
	struct str first = STR_INIT, rest = STR_INIT;
	struct wrap_box box;

	html_flush(h);
	if (!f->new_grid)
		return;
	html_make_prefix(h, f, &first, &rest);
	h->gap = true;
	html_emit_gap(h, f->quote);
	box = html_box_of(h, f, &first, &rest);
	grid_emit(h->grid, h->t, &box);
	grid_free(h->grid);
	h->grid = NULL;
	str_clear(&h->bullet);
	str_done(&first);
	str_done(&rest);
}

static void begin_cell(
	struct html *h, struct frame *f, enum tag kind, const xmlNode *node, const struct css *css)
{
	struct wrap *w = html_sink(h);
	struct grid_cell is = {.header = kind == TAG_TH};

	if (f->menu) {
		if (!html_at_line_start(w))
			wrap_put(w, "  ", 2, TEXT_STYLES, -1);
		h->space = false;
		return;
	}
	html_flush(h);
	if (!h->grid || h->cell)
		return;
	is.colspan = (int)attribute_number(node, "colspan", 1);
	is.rowspan = (int)attribute_number(node, "rowspan", 1);
	is.right = css->right || attribute_has(node, "align", "right");
	h->cell = grid_cell(h->grid, &is);
	f->new_cell = true;
}

static void end_cell(struct html *h, const struct frame *f)
{
	struct wrap *w = h->cell;

	if (!f->new_cell) {
		if (!f->menu)
			html_flush(h);
		return;
	}
	html_show_pictures(h);
	while (w->s.len && strchr(" \n", w->s.p[w->s.len - 1]))
		wrap_cut(w, w->s.len - 1);
	wrap_find_links(w, h->t);
	h->cell = NULL;
	h->space = false;
}

static bool hidden_by_sheet(const struct html *h, const xmlNode *node)
{
	const char *class = h->sheet.hidden.n ? attribute(node, "class") : NULL;
	const char *id = h->sheet.hidden.n ? attribute(node, "id") : NULL;

	return css_sheet_hides(&h->sheet, class, id);
}

static bool is_hidden(const struct html *h, const xmlNode *node, const struct css *css)
{
	return css->hidden || attribute(node, "hidden") ||
	       (!css->shown && hidden_by_sheet(h, node));
}

/* An element that holds no others, and so gets no frame. */
static bool shows_alone(const struct html *h, const xmlNode *node)
{
	struct css css;

	css_read(&css, attribute(node, "style"));
	return !h->stack[h->n - 1].hidden && !is_hidden(h, node, &css);
}

static void apply_css(
	const struct html *h, struct frame *f, const xmlNode *node, const struct css *css)
{
	if (is_hidden(h, node, css))
		f->hidden = true;
	if (css->zero_font != CSS_UNSAID)
		f->zero_font = css->zero_font == CSS_ON;
	if (css->pre != CSS_UNSAID)
		f->pre = css->pre == CSS_ON;
	if (css->bold == CSS_ON && f->style == TEXT_STYLES)
		f->style = TEXT_BOLD;
	else if (css->italic == CSS_ON && f->style == TEXT_STYLES)
		f->style = TEXT_ITALIC;
	else if (css->bold == CSS_OFF && f->style == TEXT_BOLD)
		f->style = TEXT_STYLES;
}

static void begin_plain_block(
	struct html *h, struct frame *f, const xmlNode *node, const struct css *css)
{
	/* Outlook: a quote is a box with a line at its left, a reply is below a line on top. */
	if (css->border_left && !css->border_top) {
		begin_quote(h, f, node, css);
		return;
	}
	begin_block(h, false);
	if (css->border_top && css->no_border)
		rule(h);
	if (attribute_has(node, "class", "gmail_signature") ||
		attribute_has(node, "class", "moz-signature"))
		f->block = TEXT_SIGNATURE;
}

static void enter_kind(struct html *h, struct frame *f, const xmlNode *node, const struct css *css)
{
	switch (f->element->tag) {
	case TAG_BLOCK:
		begin_plain_block(h, f, node, css);
		break;
	case TAG_PARAGRAPH:
		/* Word writes each line as a paragraph and empty ones between real paragraphs. */
		begin_block(h, !attribute_has(node, "class", "MsoNormal"));
		break;
	case TAG_HEADING:
		begin_block(h, true);
		f->block = TEXT_HEADING;
		break;
	case TAG_QUOTE:
		begin_quote(h, f, node, css);
		break;
	case TAG_UL:
	case TAG_OL:
		begin_list(h, f, f->element->tag, node);
		break;
	case TAG_LI:
		begin_item(h, f, f - 1, node);
		break;
	case TAG_DD:
		begin_block(h, false);
		f->indent += 4;
		break;
	case TAG_PRE:
		begin_block(h, true);
		f->pre = true;
		f->block =
			f->block == TEXT_SIGNATURE || attribute_has(node, "class", "moz-signature")
				? TEXT_SIGNATURE
				: TEXT_CODE;
		f->style = f[-1].style;
		/* Thunderbird wraps whole plain mails in pre: those are letters, not code. */
		if (attribute_has(node, "class", "moz-quote-pre"))
			f->block = TEXT_PLAIN;
		break;
	case TAG_A:
		begin_link(h, f, node);
		break;
	case TAG_Q:
		html_put_space(h);
		html_put(h, "“", strlen("“"));
		break;
	case TAG_DEL:
		html_put_space(h);
		html_put(h, "~~", 2);
		break;
	case TAG_SUP:
	case TAG_SUB:
		f->script = f->element->tag;
		break;
	case TAG_BUTTON:
		html_put_space(h);
		html_put(h, "[", 1);
		break;
	case TAG_TABLE:
		begin_table(h, f, node);
		break;
	case TAG_TR:
		begin_block(h, false);
		if (h->grid && !h->cell)
			grid_row(h->grid);
		break;
	case TAG_TD:
	case TAG_TH:
		begin_cell(h, f, f->element->tag, node, css);
		break;
	case TAG_DT:
		begin_block(h, false);
		break;
	default:
		break;
	}
}

static bool enter_element(
	struct html *h, const xmlNode *node, const struct tagsoup_element *element)
{
	struct css css;
	struct frame *f;

	css_read(&css, attribute(node, "style"));
	h->stack = mem_grow(h->stack, &h->cap, h->n + 1, sizeof(*h->stack));
	f = &h->stack[h->n];
	*f = f[-1];
	f->node = node;
	f->element = element;
	f->gap = f->new_grid = f->new_cell = false;
	if (element->style != TEXT_STYLES && f->style != TEXT_LINK)
		f->style = element->style;
	apply_css(h, f, node, &css);
	/* What is hidden stays in the tree walk (an inner part may end it), but lays nothing out.
	 */
	if (f->hidden && !f[-1].hidden && element->tag != TAG_TD && element->tag != TAG_TH &&
		element->tag != TAG_TABLE && element->tag != TAG_TR)
		return false;
	if (!tagsoup_is_in_line(element->tag) && element->tag != TAG_TD && element->tag != TAG_TH)
		html_flush(h);
	h->n++;
	enter_kind(h, &h->stack[h->n - 1], node, &css);
	return true;
}

static bool html_enter(void *ctx, xmlNode *node)
{
	struct html *h = ctx;
	const struct tagsoup_element *element;

	if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
		html_add_text(h, (const char *)node->content);
	if (node->type != XML_ELEMENT_NODE || wrap_full(h->t))
		return false;
	element = element_of(node);
	switch (element->tag) {
	case TAG_SKIP:
		return false;
	case TAG_BR:
		if (shows_alone(h, node) && !html_top(h)->zero_font)
			html_line_break(h);
		return true;
	case TAG_HR:
		if (shows_alone(h, node))
			rule(h);
		return true;
	case TAG_IMG:
		h->t->pictures += is_elsewhere(node);
		if (shows_alone(h, node))
			image(h, node);
		return true;
	case TAG_INPUT:
		if (shows_alone(h, node))
			input(h, node);
		return true;
	case TAG_SELECT:
		if (shows_alone(h, node))
			choice(h, node);
		return false;
	default:
		break;
	}
	if (h->n >= FRAMES_MAX) {
		if (tagsoup_is_block(element->tag))
			html_flush(h);
		return true;
	}
	return enter_element(h, node, element);
}

static void leave_kind(struct html *h, const struct frame *f)
{
	switch (f->element->tag) {
	case TAG_A:
		end_link(h, f);
		break;
	case TAG_Q:
		html_put(h, "”", strlen("”"));
		break;
	case TAG_DEL:
		html_put(h, "~~", 2);
		break;
	case TAG_BUTTON:
		html_put(h, "]", 1);
		break;
	case TAG_TABLE:
		end_table(h, f);
		break;
	case TAG_TD:
	case TAG_TH:
		end_cell(h, f);
		break;
	case TAG_LI:
		html_flush(h);
		str_clear(&h->bullet);
		break;
	default:
		if (tagsoup_is_block(f->element->tag))
			html_flush(h);
		break;
	}
}

static void html_leave(void *ctx, xmlNode *node)
{
	struct html *h = ctx;
	struct frame f = *html_top(h);

	if (f.node != node) {
		if (node->type == XML_ELEMENT_NODE && h->n >= FRAMES_MAX &&
			tagsoup_is_block(element_of(node)->tag))
			html_flush(h);
		return;
	}
	leave_kind(h, &f);
	h->n--;
	if (f.gap && !h->cell)
		h->gap = true;
}

/* --- parsing --- */

static pthread_once_t parser_once = PTHREAD_ONCE_INIT;

static void parser_start(void)
{
	xmlInitParser();
}

static htmlDocPtr parse(const char *s, size_t len)
{
	struct str in = STR_INIT;
	htmlDocPtr doc = NULL;

	tagsoup_prepare(&in, s, len);
	pthread_once(&parser_once, parser_start);
	/* HUGE: without it nesting of 256 ends the parse and loses the text (our walk has its
	 * bound). */
	if (in.len)
		doc = htmlReadMemory(in.p, (int)in.len, NULL, "UTF-8",
			HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
				HTML_PARSE_NONET | HTML_PARSE_COMPACT | (int)XML_PARSE_HUGE);
	str_done(&in);
	return doc;
}

static void render(struct html *h, xmlNode *root)
{
	static const struct visitor scanner = {scan_enter, scan_leave};
	static const struct visitor renderer = {html_enter, html_leave};
	static const struct tagsoup_element none = {"", TAG_INLINE, TEXT_STYLES};
	struct scan scan = {h, -1};

	walk(root, &scanner, &scan);
	h->stack = mem_grow(NULL, &h->cap, 16, sizeof(*h->stack));
	memset(h->stack, 0, sizeof(*h->stack));
	h->stack[0].element = &none;
	h->stack[0].style = TEXT_STYLES;
	h->stack[0].link = -1;
	h->stack[0].list = h->stack[0].script = TAG_INLINE;
	h->n = 1;
	walk(root, &renderer, h);
	html_show_pictures(h);
	html_flush(h);
}

static void html_render(struct html *h, const char *s, size_t len)
{
	htmlDocPtr doc = parse(s, len > HTML_MAX ? utf8_cut(s, len, HTML_MAX) : len);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

	if (root)
		render(h, root);
	grid_free(h->grid);
	wrap_done(&h->para);
	str_done(&h->bullet);
	str_done(&h->link_text);
	free(h->stack);
	free(h->tables);
	xmlFreeDoc(doc);
}

void html_text(struct text *t, const char *s, size_t len, int width)
{
	struct html h = {.t = t, .width = width, .start = t->n};
	bool cut = len > HTML_MAX;
	size_t lost = t->links_lost;

	css_sheet_read(&h.sheet, s, len);
	html_render(&h, s, len);
	css_sheet_done(&h.sheet);
	lost = t->links_lost - lost;
	if (lost) {
		struct str text = STR_INIT;

		str_addf(&text,
			ngettext("%zu link is left out: too long, or one too many",
				"%zu links are left out: too long, or too many", lost),
			lost);
		wrap_notice(t, str_c(&text), width);
		str_done(&text);
	}
	if (cut) {
		t->cut = true;
		wrap_notice(t, _("The rest of this HTML text is left out: it is too long"), width);
	}
}
