/*
 * view - a piece of what a server said, and small scanners over it.
 *
 * Owns:    nothing; a view is valid as long as the bytes it looks at.
 * Threads: any; pure functions.
 * Errors:  none.
 */
#ifndef NET_VIEW_H
#define NET_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view {
	const char *p;
	size_t len;
};

bool view_is_digit(char c);
bool view_is_alpha(char c);
bool view_not_blank(char c);
bool view_is_tag_char(char c);
bool view_is_flag_char(char c);
struct view view_skip(struct view v, size_t n);
struct view view_skip_blanks(struct view v);
/* Takes the longest run of characters that is_in accepts off the front. */
struct view view_take_while(struct view *v, bool (*is_in)(char));
bool view_is(struct view v, const char *word); /* ASCII case does not matter */
bool view_in(struct view v, const char *const *words);
/* A decimal number of at most max; false when it is none or wraps. */
bool view_number(struct view v, uint64_t max);
/* "{123}" or "{123+}" from at to the very end: its digits, else an empty view. */
struct view view_literal(struct view v, size_t at);
/* Where a quoted string that begins at `at` ends (behind its quote); 0: nowhere. */
size_t view_quoted_end(struct view v, size_t at);
/* The same where it stands between blanks and brackets, as strings do; else 0. */
size_t view_string_end(struct view v, size_t at);

#endif
