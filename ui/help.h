/*
 * help - texts that tell of the program: the live key map, help on one thing, what was said so far.
 *
 * Owns:    nothing; a text is the caller's.
 * Threads: UI thread.
 * Errors:  none.
 */
#ifndef UI_HELP_H
#define UI_HELP_H

#include "ui/ui.h"

/* The key map of a screen, or (topic) one command, option or screen. NULL: no such topic. */
struct text *help_text(struct app *a, unsigned context, const char *topic);
struct text *messages_text(struct app *a);

#endif
