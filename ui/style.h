/*
 * style - what things look like: named styles, two themes, and the user's own colours.
 *
 * Owns:    nothing; a struct style_set is a plain value.
 * Threads: UI thread.
 * Errors:  ERR_INPUT for colour names that do not exist.
 *
 * A colour is an index of the 256-colour palette or -1 for the terminal's own. Terminals with 8 or
 * 16 colours have hues of their own, chosen for their background, and reverse video for surfaces,
 * so that nothing depends on colour alone; a colour of the user's becomes the nearest one there.
 */
#ifndef UI_STYLE_H
#define UI_STYLE_H

#include "base/err.h"
#include "base/str.h"

enum style {
	STYLE_PLAIN,
	STYLE_TABS,
	STYLE_TAB_ACTIVE,
	STYLE_STATUS,
	STYLE_STATUS_OK,
	STYLE_STATUS_WARN,
	STYLE_STATUS_BAD,
	STYLE_PROGRESS,
	STYLE_KEYBAR,
	STYLE_KEYBAR_KEY,
	STYLE_MESSAGE,
	STYLE_ERROR,
	STYLE_PROMPT,
	STYLE_CHOICES,
	STYLE_BORDER,
	STYLE_CURSOR,
	STYLE_CURSOR_DIM,
	STYLE_FROM,
	STYLE_SUBJECT,
	STYLE_UNREAD,
	STYLE_FLAGGED,
	STYLE_DELETED,
	STYLE_TAGGED,
	STYLE_DATE,
	STYLE_SIZE,
	STYLE_THREAD,
	STYLE_KEYWORD,
	STYLE_ACCOUNT,
	STYLE_FOLDER,
	STYLE_COUNT,
	STYLE_DIM,
	STYLE_TITLE,
	STYLE_KEY,
	STYLE_MATCH,
	STYLE_HEADER_NAME,
	STYLE_HEADER_VALUE,
	STYLE_HEADER_SUBJECT,
	STYLE_QUOTE1,
	STYLE_QUOTE2,
	STYLE_QUOTE3,
	STYLE_QUOTE4,
	STYLE_SIGNATURE,
	STYLE_LINK,
	STYLE_BOLD,
	STYLE_ITALIC,
	STYLE_CODE,
	STYLE_HEADING,
	STYLE_ATTACHMENT,
	STYLE_NOTICE,
	STYLE_DIFF_ADD,
	STYLE_DIFF_DELETE,
	STYLE_DIFF_HUNK,
	STYLES,
	/* Of colour rules, which have no names: for each how it looks, and how while it is unread.
	 */
	STYLE_RULE = STYLES,
	STYLE_RULES = 16,
	STYLES_ALL = STYLE_RULE + 2 * STYLE_RULES,
	/* Or'ed to a style: it is on the cursor line. */
	STYLE_SELECTED = 0x100,
	STYLE_SELECTED_DIM = 0x200,
	STYLE_SELECTED_BOLD = 0x400, /* besides one of these: nobody has read it yet */
	STYLE_MASK = 0xFF
};

enum style_attr {
	ATTR_BOLD = 1 << 0,
	ATTR_DIM = 1 << 1,
	ATTR_ITALIC = 1 << 2,
	ATTR_UNDERLINE = 1 << 3,
	ATTR_REVERSE = 1 << 4
};

enum { COLOR_NONE = -1 }; /* the terminal's own foreground or background */

struct style_look {
	short fg, bg; /* palette index 0..255 or COLOR_NONE */
	unsigned char attr;
};

struct style_set {
	struct style_look look[STYLES_ALL];
	bool own[STYLES_ALL]; /* given by the user: a theme does not change it */
	bool light;           /* the background that the theme is for */
};

/* Fills all styles that the user has not set: "dark", "light" (for a bright background) or "plain"
 * (no colours). */
void style_theme(struct style_set *set, const char *name);
/* The look of a style (flags allowed) on a terminal with this many colours. */
struct style_look style_look(const struct style_set *set, int style, int colors);
const char *style_name(enum style style); /* as in `color NAME ...` */
int style_find(const char *name);         /* enum style or -1 */
/* "red", "bright-blue", "123", "#d0d0ff", "default". */
int style_color(const char *name, short *out, struct err *err);
/* "bold", "dim", "italic", "underline", "reverse"; 0 for anything else. */
unsigned style_attr(const char *name);
/* The names of colours and attributes. */
void style_words(struct strv *out);

#endif
