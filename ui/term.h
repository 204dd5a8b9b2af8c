/*
 * term - the terminal: the only file that knows ncurses.
 *
 * Owns:    the screen, its modes, the signal handlers for size and job control.
 * Threads: UI thread. Nothing here waits, except term_flush when the terminal itself is slow.
 * Errors:  ERR_INPUT when the terminal cannot be used, with what to do.
 *
 * Text is valid UTF-8; control and hidden code points are dropped here once more, so that no byte
 * of a mail can command the terminal whatever the layers above do. Rows and columns count from 0.
 */
#ifndef UI_TERM_H
#define UI_TERM_H

#include "base/err.h"
#include "base/str.h"
#include "ui/keyname.h"
#include "ui/style.h"

#include <stdint.h>

enum { TERM_PASTE_MAX = 256 * 1024 };

struct term_key {
	/* "j", "é", "Enter", "Ctrl-L", "Alt-x", "PageDown", "Paste", "Click" ...; "Background": the
	 * terminal has said what term_background tells from now on. */
	char name[KEYNAME_SIZE];
	char *text;   /* of "Paste": owned by the caller (free()), cleaned; else NULL */
	bool cut;     /* more was pasted than TERM_PASTE_MAX bytes: the rest is gone */
	int row, col; /* of "Click" */
};

/* What happened since the last call of term_signals. */
enum term_signal {
	TERM_RESIZE = 1 << 0,
	TERM_STOP = 1 << 1,  /* asked to stop (SIGTSTP) */
	TERM_CONT = 1 << 2,  /* running again */
	TERM_QUIT = 1 << 3,  /* SIGTERM or SIGHUP */
	TERM_CHILD = 1 << 4, /* a child changed its state */
};

int term_start(const struct style_set *styles, bool mouse, struct err *err);
/* For tests: a screen of this size that goes nowhere. */
int term_start_headless(const struct style_set *styles, int rows, int cols, struct err *err);
void term_stop(void);
bool term_is_on(void);
void term_mouse(bool on);

/* Gives the terminal back to other programs, and takes it again (the screen is painted anew). */
void term_leave(void);
void term_enter(void);
/* After this process was stopped and goes on: the modes and the picture may be gone. */
void term_resume(void);
/* Stops this process as ^Z does, with the terminal in order; returns when it runs again. */
void term_suspend(void);

int term_fd(void);        /* poll(POLLIN) for keys */
int term_signal_fd(void); /* poll(POLLIN) for signals */
unsigned term_signals(void);
void term_resized(void); /* takes the new size over */
/* The size that can be drawn on; term_resized, term_enter and term_erase may change it. */
int term_rows(void);
int term_cols(void);

/* The next key that is there; false when none. */
bool term_key(struct term_key *out);

enum term_background { TERM_DARK, TERM_LIGHT };
/* Asks the terminal for its background, now and whenever another program had it (OSC 11). Nothing
 * waits: the answer comes between the keys. Terminals that would print the question are not asked.
 */
void term_ask_background(void);
/* As the terminal said; until it has, as $COLORFGBG says; else dark. */
enum term_background term_background(void);
/* Of an answer, without its marks: "11;rgb:ffff/fffe/f0". False: it is none. For tests. */
bool term_read_background(const char *answer, enum term_background *out);

void term_styles(const struct style_set *styles); /* borrowed; call again after a change */
int term_colors(void);
void term_erase(void); /* begins a frame: what is not put or kept now is blank */
/* Puts text, cut at width columns; returns the columns used. */
int term_put(int row, int col, int width, int style, const char *s, size_t len);
void term_fill(int row, int col, int width, int style);
/* True: what the last frame put into width columns from col under this key, in this row or another,
 * stands here again. False: the caller puts it; the key is remembered. A key (not 0) stands for all
 * that decides how the place looks. One place of a row may begin at column 0 and one elsewhere. */
bool term_keep(int row, int col, int width, uint64_t key);
void term_cursor(int row, int col, bool shown);
void term_flush(void);  /* sends what differs from what the terminal shows, in one write */
void term_redraw(void); /* the next flush sends everything */

/* For tests: how many more pairs of colours can be shown. */
int term_pairs_left(void);
/* For tests: where the cursor is put by the next flush. */
int term_cursor_row(void);
/* For tests: curses takes another size over by itself, as it does when it comes back to a window
 * that has become another. */
void term_resize_headless(int rows, int cols);
/* For tests: how many bytes a headless screen was sent, and how often term_put and term_fill were
 * called. */
size_t term_sent(void);
size_t term_puts(void);
/* The text of a row as it would be on the screen, for tests. */
void term_row_text(int row, struct str *out);

#endif
