/*
 * wrap - a paragraph with styles, broken into lines that fit (UAX 14 through libunistring).
 *
 * Owns:    the bytes and spans of a struct wrap until wrap_done.
 * Threads: any; a struct wrap belongs to one.
 * Errors:  none. At WRAP_MAX_LINES lines in the text nothing more is added (wrap_full tells).
 *
 * Bytes are clean UTF-8; LF inside is a forced line end. Words are kept whole where they fit, so
 * that addresses stay in one piece; a word wider than the line is cut between characters.
 */
#ifndef MIME_WRAP_H
#define MIME_WRAP_H

#include "mime/text.h"

enum { WRAP_MAX_LINES = 200000 };

struct wrap {
	struct str s;
	struct text_span *spans; /* owned; in order, not overlapping */
	size_t nspans, cap;
};

#define WRAP_INIT                                                                                  \
	{                                                                                          \
		STR_INIT, NULL, 0, 0                                                               \
	}

/* Where and how the lines are drawn. */
struct wrap_box {
	int width;                /* columns with the prefix */
	const char *first, *rest; /* prefix of the first line and of the others; NULL: none */
	enum text_style style;    /* of the lines */
	int quote;                /* level noted in the lines, cut at 255 */
};

void wrap_done(struct wrap *w);
void wrap_clear(struct wrap *w); /* empty, keeps the memory */
/* Appends bytes. TEXT_STYLES as style: no span, the style of the line. link: index or -1. */
void wrap_put(struct wrap *w, const char *p, size_t len, enum text_style style, int link);
void wrap_cut(struct wrap *w, size_t len); /* shortens, spans too */
/* Finds addresses (link.h) outside the spans that are there and makes them links of t. */
void wrap_find_links(struct wrap *w, struct text *t);
/* Appends the lines; an empty paragraph gives one line with the prefix (without blanks at its end).
 */
void wrap_emit(const struct wrap *w, struct text *t, const struct wrap_box *box);
int wrap_columns(const struct wrap *w); /* the widest line if nothing had to be broken */
bool wrap_full(const struct text *t);

/* Appends the prefix of a quote level ("> > ", ">>> "; of one above 20, or without room for that,
 * its number: "25> "), never wider than a third of width. */
void wrap_quote_prefix(struct str *out, int level, int width);
enum text_style wrap_quote_style(int level); /* TEXT_PLAIN for 0 */

/* Appends "Name: value", the value wrapped under an indent of four columns. Both are clean. */
void wrap_field(struct text *t, const char *name, const char *value, enum text_style value_style,
	int width);
/* Appends a line of Talaria itself, in brackets, wrapped. text is clean. */
void wrap_notice(struct text *t, const char *text, int width);

#endif
