/*
 * ui - what the front end's own parts know of each other: the application, its views, its helpers.
 *
 * Owns:    struct app owns tabs and views; a view is freed by its close function.
 * Threads: UI thread.
 * Errors:  shown in the message line by app_error.
 *
 * The files call each other one way only (tests/lint/circles.py), from the loop down: app, start
 * and frame; inbox; the commands (cmd_*, by their rows alone); the screens (view_*), of which one
 * may open another; open, complete and help; commands; selection and program; tabs; ask and look.
 * Upwards lead stored functions: rows, view_ops, questions and requests with who waits for them,
 * fill_tab.
 */
#ifndef UI_UI_H
#define UI_UI_H

#include "engine/engine.h"
#include "engine/settings.h"
#include "ui/child.h"
#include "ui/commands.h"
#include "ui/draw.h"
#include "ui/layout.h"
#include "ui/pager.h"
#include "ui/prompt.h"
#include "ui/scroll.h"
#include "ui/seek.h"
#include "ui/term.h"

struct app;
struct view;

struct selection {            /* what a command is about */
	struct msglist *list; /* borrowed: selection_stands tells whether it is there still */
	unsigned id;          /* its msglist_id */
	uint32_t *uids;       /* owned: selection_done */
	size_t n;
	bool tagged;        /* the tagged ones, not the one under the cursor */
	unsigned numbering; /* of the UIDs (msglist.h) */
};

struct hint {                        /* for the key bar: a command, and its name there */
	const char *command, *label; /* N_() */
};

/* A screen (a row of UI_SCREENS in keys.h). Of the functions only draw and close must be there. */
struct view_ops {
	unsigned context;               /* its bit of enum ui_context */
	const char *label;              /* N_(): what it is called in help and manual */
	const struct hint *hints;       /* the most useful first; behind the last is a NULL */
	const struct command *commands; /* what only this screen can do; or NULL */
	bool split;                     /* on a high screen list and message are seen together */
	bool keeps;                     /* something is being written: nothing else takes its tab */
	bool stays;                     /* also when the list below it goes */
	void (*title)(struct view *v, struct str *out); /* of its tab; NULL: the label */
	void (*draw)(struct view *v, const struct region *r);
	void (*status)(struct view *v, struct line *out); /* its words in the status line */
	/* The view became the visible one, or its width changed. */
	void (*show)(struct view *v, int rows, int cols);
	void (*event)(struct view *v, struct event *ev); /* those nobody asked for */
	void (*move)(struct view *v, enum move m, int n);
	void (*open)(struct view *v); /* Enter */

	/* What it is about: the account (-1: none), the list of messages, the message of it under
	 * the cursor (0: none), that message as it is read (NULL: not here yet), the folder under
	 * the cursor (false: none). */
	int (*account)(struct view *v);
	struct msglist *(*list)(struct view *v);
	uint32_t (*uid)(struct view *v); /* goes with list */
	struct message_view *(*message)(struct view *v);
	bool (*folder)(struct view *v, int *account, int *folder);

	void (*go)(struct view *v, uint32_t uid);     /* to a message of the list; goes with list */
	void (*reload)(struct view *v, uint32_t uid); /* more of this message came */
	void (*selected_away)(struct view *v);   /* the selection is being moved away: step on */
	void (*selected_marked)(struct view *v); /* it was marked: step on */
	int (*search_check)(const char *text, struct err *err);     /* what can be searched for */
	void (*search)(struct view *v, const char *text, int step); /* text NULL: again */
	/* While a line is typed: where it stands and what it marks is remembered; it is there
	 * again; it is remembered no more. */
	void (*place)(struct view *v, enum place what);
	void (*save)(struct view *v, const char *path); /* "": asks where to */
	int64_t (*tick)(struct view *v, int64_t now);   /* next time it wants, or 0 */
	void (*click)(struct view *v, int row, int col);
	bool (*cancel)(struct view *v); /* ^C: whether something was under way and is stopped */
	bool (*keep)(struct view *v, struct view *closed); /* takes one over that is being closed */
	bool (*leave)(struct view *v); /* q: false when it asks first and closes by itself */
	void (*close)(struct view *v); /* frees it; app_dispose calls it and nobody else */
};

extern const struct view_ops *const ui_views[UI_CONTEXTS]; /* all of them (rows.c) */

struct view {
	const struct view_ops *ops;
	struct app *app;
};

enum { MAX_TABS = 9, MAX_STACK = 8, MAX_MESSAGES = 200 };

struct tab {
	struct view *stack[MAX_STACK];
	int n;
	int account; /* opened when first looked at; -1: nothing to open */
	char *folder;
	int opener; /* the tab to go back to when it closes */
};

typedef void app_done_fn(struct app *a, void *ctx, struct event *ev);
/* text NULL: the user took it back. */
typedef void app_answer_fn(struct app *a, void *ctx, const char *text);
/* The line is another one than before the last key. */
typedef void app_typed_fn(struct app *a, void *ctx, const char *text);

struct await {
	unsigned request;
	void *owner, *ctx;
	app_done_fn *fn;
};

struct question {
	enum prompt_kind kind;
	char *label, *initial, *choices; /* owned */
	enum history_kind history;
	prompt_complete_fn *complete;
	app_answer_fn *fn;
	app_typed_fn *typed; /* or NULL */
	char *last;          /* owned; the line that it heard of last */
	void *ctx, *owner;
};

struct message {
	char *text;
	int64_t when; /* seconds since 1970 */
	bool error;
};

struct app {
	struct engine *engine;
	struct settings *settings;
	struct ui_config *config;
	struct style_set styles;
	struct tab tabs[MAX_TABS];
	struct view *(*fill_tab)(struct app *a, const struct tab *t); /* its first screen */
	int ntabs, tab;
	struct layout layout;
	enum sidebar_mode sidebar;
	size_t side_cursor; /* row in the sidebar, for sidebar-next and friends */
	bool side_active;
	struct prompt prompt;
	struct question asked;      /* what the prompt is open for: its fn, ctx and owner */
	struct question *questions; /* those that wait for it to close */
	size_t nquestions, cap_questions;
	bool prompt_cut;    /* what was pasted last was longer than a paste may be */
	int *ask_passwords; /* accounts that wait for one */
	size_t npasswords, cap_passwords;
	struct await *awaits;
	size_t nawaits, cap_awaits;
	struct message messages[MAX_MESSAGES];
	size_t nmessages, messages_lost; /* those that had no room any more */
	bool message_shown;              /* message_at lies over the key bar */
	size_t message_at;
	int64_t message_until;
	unsigned progress_request;  /* a long request to show and cancel */
	unsigned progress_of;       /* whose numbers these are: that request, or 0 */
	bool progress_quiet;        /* mail is fetched that nobody asked for */
	uint64_t indexed, to_index; /* texts, while they are indexed */
	uint64_t progress_done, progress_total, progress_bytes;
	bool tag_prefix, esc_prefix;
	bool what_key;    /* the next key is told, not run */
	unsigned holding; /* the request whose answer the keys wait for */
	struct term_key *held;
	size_t nheld, cap_held;
	bool dirty, quit;
	char *last_search;
	bool marks;     /* what was found last is marked */
	char **reasons; /* by account: why it does not work, as it was told last; or NULL */
	struct child child;
	struct pipe *pipes;  /* program.c: what is on its way into a command */
	char *child_command; /* the last one, to speak of it */
	app_done_fn *child_done;
	void *child_ctx, *child_owner;
	struct history *history;
	struct folder_tree *tree;
	bool offline;
	int depth; /* of commands that run commands */
};

/* --- the parts of app_run, for tests without a terminal --- */
struct app_start;
struct term_key;
/* After the terminal was started. path: the history file or NULL. */
void app_init(struct app *a, struct engine *e, struct settings *s, const struct app_start *start,
	struct ui_config *config, const char *path);
void app_input(struct app *a, const struct term_key *k);
void app_events(struct app *a); /* what the engine has to say, at most a batch of it */
void app_paint(struct app *a);
void app_done(struct app *a, const char *path);

/* --- tabs and views (tabs.c) --- */
struct view *app_view(struct app *a); /* the current one; NULL only while starting */
/* Over what is shown, or over another view in its tab, wherever that is now: what a list has to
 * show must not outlive the list. False: there is no room, v is gone and it was said. */
bool app_push(struct app *a, struct view *v);
bool app_push_over(struct app *a, const struct view *below, struct view *v);
/* The one way to free a view: nothing that is awaited or asked names it any more. */
void app_dispose(struct app *a, struct view *v);
void app_close_view(struct app *a, struct view *v);
/* Its folder is there no more: the view of it goes, with what lies over that. */
void app_close_list(struct app *a, const struct msglist *l);
int app_new_tab(struct app *a, struct view *v); /* shows it; -1: too many, v stays the caller's */
void app_show_tab(struct app *a, int i);
struct view *app_find_view(struct app *a, unsigned context); /* in the current tab, topmost first */
void tabs_close_top(struct app *a, struct tab *t);           /* t has one */
void tabs_ensure(struct app *a);                             /* there is always a screen */
struct view *app_tab_top(struct app *a, int tab);
int app_account(struct app *a); /* of what is on the screen; -1: none */
void app_relayout(struct app *a);
void app_each_view(struct app *a, unsigned context, void (*fn)(struct view *v));

/* --- folders in tabs (open.c) --- */
bool app_open_folder(struct app *a, int account, const char *folder, bool new_tab);

/* --- what the options make of the screen (look.c) --- */
bool app_ascii(const struct app *a);
void app_sidebar(struct app *a);
void app_theme(struct app *a);
const char *app_theme_name(const struct settings *s);
bool app_theme_is_auto(const struct settings *s);

/* --- saying and asking (ask.c); a note is only for :messages --- */
void app_message(struct app *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void app_error(struct app *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void app_note(struct app *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void app_quiet(struct app *a); /* what was said last lies over the key bar no longer */
/*
 * fn is called once: with the answer, or with NULL when the user took it back or the owner is gone.
 * What a question is about is named in ctx, by something that lasts: when the answer comes, the
 * cursor may be elsewhere and another row in its place. While one is open others wait.
 */
void app_ask(struct app *a, const char *label, const char *initial, enum history_kind history,
	prompt_complete_fn *complete, app_answer_fn *fn, void *ctx, void *owner);
/* The same for what shows at each key what the line means: typed is called whenever it is another
 * one, and says by app_told what there is to tell. */
void app_ask_typed(struct app *a, const char *label, const char *initial, enum history_kind history,
	app_typed_fn *typed, app_answer_fn *fn, void *ctx, void *owner);
/* Whether the line that is open is such a one of that owner. */
bool app_is_typing(const struct app *a, const void *owner);
/* Over the line while the owner's is typed, else as a message. */
void app_told(struct app *a, const void *owner, bool error, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Whether a query that is being typed is to be run now; else says what is wrong with it, or that it
 * waits for Enter. */
bool app_query_typed(struct app *a, const void *owner, const char *text);
/* choices: the letters that fn gets, in the order of the letters in parentheses in the label, which
 * a translation has of its own; of "y" and "n" the first is what Enter means, and "y" is first in
 * the label. */
void app_ask_choice(struct app *a, const char *label, const char *choices, app_answer_fn *fn,
	void *ctx, void *owner);

/* A number from 1 on as a person types it; 0: it is none. One that is too large is the largest. */
unsigned app_number(const char *text);
void app_paint_soon(struct app *a);

/* fn gets the final event of a request; without one, failures and texts are shown. */
void app_await(struct app *a, unsigned request, app_done_fn *fn, void *ctx, void *owner);
/* One that takes long: how far it is stands in the status line, and ^C ends it. */
void app_await_long(struct app *a, unsigned request, app_done_fn *fn, void *ctx, void *owner);
void app_unawait(struct app *a, unsigned request);
/* Keys typed from now on mean what is there when this request is answered; Esc or ^G gives it up.
 */
void app_hold_keys(struct app *a, unsigned request);
void app_forget(struct app *a, void *owner); /* no call back comes for it any more */
/* Of these the loop is in need: the answer to a key while a question is open; who waits for a
 * request (false: nobody), who does so no longer; a password that the engine wants; what waits to
 * be asked. */
void ask_key(struct app *a, const struct term_key *k);
void ask_drop_keys(struct app *a); /* that wait; none waits any more */
bool ask_take_await(struct app *a, unsigned request, struct await *out);
void ask_password(struct app *a, int account);
void ask_waiting(struct app *a);
void ask_done(struct app *a);

/* The default end of a request (view_text.c): says what failed or was done. */
void app_finish(struct app *a, struct event *ev);
/* An event of the engine (inbox.c), to whom it concerns. */
void inbox_take(struct app *a, struct event *ev);

/* --- what a command is about (selection.c) --- */
struct selection selection_of(struct msglist *l);         /* nothing of it yet */
bool app_selection(struct app *a, struct selection *out); /* says so when there is none */
/* The same for what is done to one message: several tagged ones are refused. */
bool app_selection_one(struct app *a, struct selection *out);
/* Whether what was selected when a question was asked is still meant by its UIDs, and there. Those
 * that are gone meanwhile are left out, and that is said. */
bool selection_stands(struct app *a, struct selection *s);
/* The same of the ith alone, which may be gone. */
bool selection_means(struct app *a, const struct selection *s, size_t i);
void selection_done(struct selection *s);

/* --- programs that get the terminal (program.c) --- */
/* fn (ev NULL) is called when it ended. */
void app_run_child(struct app *a, const char *command, const char *arg, app_done_fn *fn, void *ctx,
	void *owner);
/* The same with a script of sh that gets args (child_start); command: what it is called by. False:
 * it was not started, that was said, and fn is not called. */
bool app_run_script(struct app *a, const char *command, const char *script, const char *const *args,
	app_done_fn *fn, void *ctx, void *owner);
/* What request (of one of engine_lend_*) lends is the standard input of a command of the user's,
 * which has the terminal, and is given back when that has ended. waits: what it wrote is looked at
 * until Enter; without, only where it failed. */
void app_pipe(struct app *a, unsigned request, const char *command, bool waits);
/* The same of several requests: it is run for each of what they lend, or joined: once, and they are
 * one mbox. */
void app_pipe_all(struct app *a, const unsigned *requests, size_t n, const char *command,
	bool waits, bool joined);
/* A script of sh, with a file that was lent in its args, as app_run_script; the file is given back
 * when it has ended, or, keeps, when the program ends: who shows it may go on without us. */
void app_run_lent(struct app *a, const char *path, const char *command, const char *script,
	const char *const *args, bool keeps);
void app_drop_pipes(struct app *a); /* the program ends */
void app_child_look(struct app *a); /* whether it has ended */

/* --- completion (complete.c); nth and word as in struct command --- */
void complete_folder(struct app *a, int nth, const char *word, struct strv *out);
void complete_path(struct app *a, int nth, const char *word, struct strv *out);
/* A path, then a folder; "-a" may stand before. */
void complete_transfer(struct app *a, int nth, const char *word, struct strv *out);
void complete_columns(struct app *a, int nth, const char *word, struct strv *out);
void complete_setting(struct app *a, int nth, const char *word, struct strv *out);
void complete_account(struct app *a, int nth, const char *word, struct strv *out);
void complete_protocol(struct app *a, int nth, const char *word, struct strv *out);
void complete_keyword(struct app *a, int nth, const char *word, struct strv *out);
void complete_sort(struct app *a, int nth, const char *word, struct strv *out);
void complete_help(struct app *a, int nth, const char *word, struct strv *out);
void complete_bind(struct app *a, int nth, const char *word, struct strv *out);
void complete_color(struct app *a, int nth, const char *word, struct strv *out);
/* prompt_complete_fn for whole-line prompts; ctx is the app. */
size_t complete_folder_line(void *ctx, const char *line, struct strv *out);
size_t complete_path_line(void *ctx, const char *line, struct strv *out);

/* --- the frame around the views (frame.c) --- */
void frame_draw(struct app *a);
void frame_status(struct app *a, struct line *left, struct line *right);
void frame_keybar(struct app *a, struct line *out, int width);
int frame_tab_at(struct app *a, int col);        /* -1: none */
ptrdiff_t frame_side_at(struct app *a, int row); /* of the screen: which folder row; -1: none */

#endif
