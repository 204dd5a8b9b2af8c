/*
 * seek - a text that is looked for among lines: rows of a list, or what a pager shows.
 *
 * Owns:    struct seek, by seek_done.
 * Threads: UI thread.
 * Errors:  said where the person looks.
 */
#ifndef UI_SEEK_H
#define UI_SEEK_H

#include "base/str.h"
#include "engine/hits.h"

struct view;
struct line;

struct seek {
	char *text;        /* NULL: nothing yet */
	struct hits *hits; /* where it is in a line */
	size_t nth, n;     /* the line that was gone to, of those that have it; 0: not known */
	bool wrapped;      /* that is beyond the end */
	int step;          /* of the last time */
};

typedef void seek_line_fn(void *ctx, size_t line, struct str *out);

/* What to give to the next: text, or when it is NULL what was looked for last, wherever. */
const char *seek_what(const struct view *v, const struct seek *s, const char *text);
/* The next line with text (NULL: the same as before) on from *at, once around. False: there is
 * none, and *at is as it was. */
bool seek_step(struct seek *s, const char *text, size_t count, size_t *at, int step,
	seek_line_fn *line, void *ctx);
/* Says where that led, while it is typed over the line that is open. */
void seek_told(struct view *v, const struct seek *s);
/* For the status line, as long as matches are marked. */
void seek_status(const struct view *v, const struct seek *s, struct line *out);
/* The same two for who counts alone: match nth of n; nth 0: on none. */
void seek_add_count(struct str *out, size_t nth, size_t n);
void seek_say_wrapped(struct view *v, int step);
void seek_done(struct seek *s);

#endif
