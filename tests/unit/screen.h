/*
 * screen - the whole screen over the real engine, for tests without a terminal. Behind the engine
 * is its disk thread, with the mail of tests/unit/postbox.h; connections are played (desk.h). What
 * is asked of the disk thread is seen on its way, and it can be made to say what no server can be
 * brought to say just then.
 *
 * Owns:    the screen: one at a time, until the next is opened or the test ends.
 * Threads: the test's is the UI thread.
 * Errors:  the test fails, with what the screen shows.
 */
#ifndef TESTS_SCREEN_H
#define TESTS_SCREEN_H

#include "engine/engine_priv.h"
#include "tests/scratch.h"
#include "tests/unit/postbox.h"
#include "ui/app.h"
#include "ui/term.h"
#include "ui/views.h"

enum { SCREEN_MESSAGES = 40 };

struct screen {
	struct engine *e;
	struct settings *s;
	struct ui_config *c;
	struct app a;
	struct str text;          /* what the screen shows */
	char dir[SCRATCH_SIZE];   /* its accounts are here; the test may put more into it */
	uint32_t validity, shift; /* of the UIDs in the INBOX; how far they are from the first */
	uint32_t arrived;
	bool arrives_unread; /* what arrives; else it is read */
};

void screen_begin(void);           /* in main: the terminal's language and colours are known */
int screen_teardown(void **state); /* the screen is closed, and there are two accounts again */
#define SCREEN_CASE(f) cmocka_unit_test_teardown(f, screen_teardown)
struct screen *open_screen(int rows, int cols);
/* As it is begun by the command line. */
struct screen *open_started(int rows, int cols, const struct app_start *start);
void screen_accounts(size_t n); /* of screens that are opened in this test; usually two */
void reopen_screen(struct screen *x, int rows, int cols); /* the front end alone begins again */
/* All that was asked is answered and taken, and the text is what is shown now. */
void look(struct screen *x);
void wait_event(struct screen *x);   /* until the engine says something, which is taken */
void glance(struct screen *x);       /* the same before any event */
void program_ends(struct screen *x); /* the one that has the terminal, by itself */
/* Keys separated by blanks; what is 'in such quotes' is pasted. */
void press(struct screen *x, const char *keys);
void press_soon(struct screen *x, const char *keys); /* before any answer */
void type_text(struct screen *x, const char *text);  /* as a paste */
void type_keys(struct screen *x, const char *text);  /* as a person types it, blanks too */
void click(struct screen *x, int row, int col);
/* An answer, and a draft that postbox_draft made, whose editor was kept away by a question. */
void begin_answer(struct screen *x);
void begin_draft(struct screen *x, const char *subject);
void command(struct screen *x, const char *line);
void shows(struct screen *x, const char *what, bool is, const char *file, int line);
#define sees(x, what) shows(x, what, true, __FILE__, __LINE__)
#define sees_not(x, what) shows(x, what, false, __FILE__, __LINE__)
/* What is seen, or was asked for, after that. */
#define look_sees(x, what) (look(x), sees(x, what))
#define look_sees_not(x, what) (look(x), sees_not(x, what))
#define press_sees(x, keys, what) (press(x, keys), sees(x, what))
#define press_sees_not(x, keys, what) (press(x, keys), sees_not(x, what))
#define press_asks(x, keys, what) (press(x, keys), assert_string_equal(asked(), what))
#define command_sees(x, line, what) (command(x, line), sees(x, what))
#define command_sees_not(x, line, what) (command(x, line), sees_not(x, what))
#define command_asks(x, line, what) (command(x, line), assert_string_equal(asked(), what))
char *in_screen(struct screen *x, const char *name); /* the path of such a file; the last of 4 */

/* --- what the disk thread is asked --- */

/* What was asked last that changes or sends something: "delete 2 3", "move 3 Archive", "send ID";
 * an empty word is "-". Forgotten with each screen. */
const char *asked(void);
const char *asked_to_write(void); /* the same of mails that are begun: "reply 3" */
const char *saved(void);          /* of the draft: its files, and the path of the last, "1 /a/b" */
void forget(void);                /* nothing was */
/* The next request is not done, but ends so: failed (and those that are asked with it), done, or
 * with this event. */
void refuse_next(const char *why);
void done_next(const char *said);
void answer_next(struct store_event *ev);
void hold_reads(bool hold); /* messages that are read do not come */

/* --- what it says --- */

void tell(struct screen *x, struct store_event *ev); /* keeps it */
struct store_event *told(enum store_event_kind kind, int account);
/* STORE_NEW_MAIL, STORE_NOTICE, STORE_SENT or STORE_SEND_FAILED with such a text. */
void tell_text(struct screen *x, enum store_event_kind kind, int account, const char *text);
void tell_state(struct screen *x, enum sync_state state, const char *why); /* of work */
void tell_progress(struct screen *x, unsigned request, uint64_t done, uint64_t total);
void tell_closed(struct screen *x, const char *why); /* of the list that was opened last */
/* n mails are in the outbox of work, named out1, out2 ... from first on. */
void tell_outbox(struct screen *x, int first, int n, enum outbox_state state, size_t recipients);

/* --- what the server does; the screen has taken it --- */

void folder_goes(struct screen *x, const char *name); /* NULL: all are there */
void mail_vanishes(struct screen *x, uint32_t uid);
void mail_arrives(struct screen *x, size_t n); /* n messages older than all others */
void mail_renumbered(struct screen *x);        /* every UID is now that of the message before */

void mail_comes_in(struct screen *x); /* for the first time: of 104,233 messages the first ones */

#endif
