/*
 * screen - the whole screen over the fake engine, for tests without a terminal.
 *
 * Owns:    what open_screen made, until close_screen.
 * Threads: one.
 * Errors:  the test fails, with what the screen shows.
 */
#ifndef TESTS_SCREEN_H
#define TESTS_SCREEN_H

#include "ui/app.h"
#include "ui/term.h"
#include "ui/views.h"

struct screen {
	struct engine *e;
	struct settings *s;
	struct ui_config *c;
	struct app a;
	struct str text; /* what the screen shows */
};

void screen_begin(void); /* in main: the terminal's language and colours are known */
struct screen *open_screen(int rows, int cols);
/* As it is begun by the command line. */
struct screen *open_started(int rows, int cols, const struct app_start *start);
void close_screen(struct screen *x);
void look(struct screen *x);   /* events are taken, and the text is what is shown now */
void glance(struct screen *x); /* the same before any event */
void press(struct screen *x, const char *keys);     /* keys separated by blanks */
void type_text(struct screen *x, const char *text); /* as a paste */
void command(struct screen *x, const char *line);
void sees(struct screen *x, const char *what);
void sees_not(struct screen *x, const char *what);

#endif
