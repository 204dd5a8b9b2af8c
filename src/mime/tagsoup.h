/*
 * tagsoup - what HTML in mail is made of: the elements that matter to a text terminal, and repairs
 * before and behind the parser.
 *
 * Owns:    nothing.
 * Threads: any; pure functions, linear in time.
 * Errors:  none.
 */
#ifndef MIME_TAGSOUP_H
#define MIME_TAGSOUP_H

#include "mime/text.h"

enum tag {
	TAG_INLINE,
	TAG_SKIP, /* nothing inside is text for people */
	TAG_BLOCK,
	TAG_PARAGRAPH,
	TAG_HEADING,
	TAG_QUOTE,
	TAG_UL,
	TAG_OL,
	TAG_LI,
	TAG_DT,
	TAG_DD,
	TAG_PRE,
	TAG_BR,
	TAG_HR,
	TAG_IMG,
	TAG_A,
	TAG_Q,
	TAG_DEL, /* what does not hold any more */
	TAG_SUP,
	TAG_SUB,
	TAG_BUTTON,
	TAG_INPUT,
	TAG_SELECT, /* one of several options */
	TAG_TABLE,
	TAG_TR,
	TAG_TD,
	TAG_TH
};

struct tagsoup_element {
	const char *name;
	enum tag tag;
	enum text_style style; /* of the text inside; TEXT_STYLES: as outside */
};

/* Never NULL: an unknown element is TAG_INLINE, so that it cannot hide its text. */
const struct tagsoup_element *tagsoup_element(const char *name);
bool tagsoup_is_block(enum tag tag);   /* begins and ends lines */
bool tagsoup_is_in_line(enum tag tag); /* holds text of the line around it */

/*
 * Appends the input as the parser should get it: without the DOCTYPE (its internal subset would be
 * shown as text), comments, scripts, styles, and Office's marks <![if ...]> (would be shown) and
 * <o:p> (would be a paragraph); and without what would make the parser quadratic.
 */
void tagsoup_prepare(struct str *out, const char *s, size_t len);

/*
 * Appends a text node or attribute as clean text (UTF8_TEXT). Numeric entities can bring back what
 * was removed from the bytes; C1 is read as windows-1252, which is meant by &#146; and the like
 * (WHATWG HTML 13.2.5.80).
 */
void tagsoup_text(struct str *out, const char *s);
bool tagsoup_is_clean(const char *s); /* printable ASCII: nothing to do */

#endif
