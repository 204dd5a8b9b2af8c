/*
 * css - the few things of a style attribute that change what a text terminal shows.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  none: what is not understood is ignored, and so is everything behind 8 kB.
 */
#ifndef MIME_CSS_H
#define MIME_CSS_H

#include "base/str.h"

#include <stdbool.h>

enum css_tristate { CSS_UNSAID, CSS_ON, CSS_OFF };

struct css {
	bool hidden; /* display:none, visibility:hidden, opacity:0, max-height:0, height:0 of what
			does not overflow */
	bool shown;  /* another display: what the sheet says of the class does not hold */
	enum css_tristate zero_font; /* font-size:0 hides until something inside sets a size */
	enum css_tristate bold, italic, pre;
	bool border_left;            /* a line at the left: how Outlook marks a quote */
	bool border_top;             /* a line above: how Outlook parts the mail replied to */
	bool no_border;              /* a blockquote without one only moves text to the right */
	bool right;                  /* text-align:right */
	bool no_height, no_overflow; /* private: together they hide */
};

void css_read(struct css *out, const char *style); /* style may be NULL */

/*
 * What the style elements of a mail hide by a class or an id alone: ".preheader { display: none }".
 * Rules for other media and of other selectors are not looked at; 200 names at most, for hiding
 * less is the safe side.
 */
struct css_sheet {
	struct strv hidden; /* ".class", "#id"; lower case */
};
void css_sheet_read(struct css_sheet *out, const char *html, size_t len);
/* class: names with blanks between them; both may be NULL. */
bool css_sheet_hides(const struct css_sheet *sheet, const char *class, const char *id);
void css_sheet_done(struct css_sheet *sheet);

#endif
