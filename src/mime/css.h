/*
 * css - the few things of a style attribute that change what a text terminal shows.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  none: what is not understood is ignored, and so is everything behind 8 kB.
 */
#ifndef MIME_CSS_H
#define MIME_CSS_H

#include <stdbool.h>

enum css_tristate { CSS_UNSAID, CSS_ON, CSS_OFF };

struct css {
	bool hidden;                 /* display:none, visibility:hidden, opacity:0, max-height:0 */
	enum css_tristate zero_font; /* font-size:0 hides until something inside sets a size */
	enum css_tristate bold, italic, pre;
	bool border_left; /* a line at the left: how Outlook marks a quote */
	bool border_top;  /* a line above: how Outlook parts the mail replied to */
	bool no_border;   /* a blockquote without one only moves text to the right */
	bool right;       /* text-align:right */
};

void css_read(struct css *out, const char *style); /* style may be NULL */

#endif
