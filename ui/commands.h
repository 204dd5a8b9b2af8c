/*
 * commands - what can be typed: found, checked, run and completed by the rows of its tables.
 *
 * Owns:    struct ui_config: keys and colours from the configuration.
 * Threads: UI thread; nothing here needs a terminal before commands_run.
 * Errors:  of configuration lines: collected in conf_errors; of command lines: shown on the screen.
 */
#ifndef UI_COMMANDS_H
#define UI_COMMANDS_H

#include "base/conf.h"
#include "ui/keys.h"
#include "ui/style.h"

struct app;
struct rule;
struct view;

struct args { /* of a command; all borrowed */
	size_t n;
	const char *const *v; /* the words behind the name */
	const char *rest;     /* all of them joined by one space; "" when there are none */
	int which;            /* as the row says */
};

enum {                           /* traits */
	COMMAND_LEAVES = 1 << 0, /* leaves a screen; with the keys in the list at the side: that */
	COMMAND_SIDE = 1 << 1,   /* is for the list at the side, too: the keys stay there */
	COMMAND_LEADS = 1 << 2   /* is only the way to another: the tag prefix is for that one */
};

/* A row stands in a table beside its function, at the end of the file; the row behind the last has
 * no name. Help, completion, the manual and the checks of bindings are made of it. */
struct command {
	const char *name;
	unsigned where;   /* enum ui_context bits: screens where it makes sense */
	const char *help; /* N_() */
	/* These three stand first in a row; what follows has its name there. */
	const char *args; /* "FOLDER", "[ADDRESS...]"; NULL: none */
	int min, max;     /* how many words; max -1: any */
	unsigned traits;
	/* What it does: one of three. The view is the one that is shown, of a screen in where. */
	void (*run)(struct app *a);
	void (*run_view)(struct view *v);
	void (*run_args)(struct app *a, const struct args *args);
	int which; /* told to run_args, where several commands are alike */
	/* Adds completions of word (the nth behind the name) to out. May be NULL. */
	void (*complete)(struct app *a, int nth, const char *word, struct strv *out);
};

/* All tables (rows.c), in the order of help and manual, those of the screens behind the others;
 * NULL: that was the last. */
const struct command *commands_table(size_t i);

struct command_walk {
	size_t table, row;
};

/* All of them, one after the other, from a walk of {0} on; NULL: that was the last. */
const struct command *commands_next(struct command_walk *w);
const struct command *commands_find(const char *name);         /* NULL: none */
const struct command *commands_first(const char *line);        /* that a command line begins with */
const char *commands_suggest(const char *name);                /* the nearest name or NULL */
void commands_usage(const struct command *c, struct str *out); /* its name and arguments */

/* Runs a command line ("move Archive; next") on the current screen. Faults are shown. */
void commands_run(struct app *a, const char *line);
/* Checks one without running it: for bindings. */
int commands_check(const char *line, struct err *err);
/* prompt_complete_fn for command lines; ctx is the app. */
size_t commands_complete(void *ctx, const char *line, struct strv *out);

/* --- what the configuration file says about the front end --- */
struct ui_config {
	struct keys *keys;
	struct rule *rules[STYLE_RULES]; /* owned; of rows of the list of messages */
	size_t nrules;
	struct style_set styles; /* own looks only; the theme fills the rest */
};
struct ui_config *ui_config_new(void);
void ui_config_free(struct ui_config *c); /* NULL is fine */
/* A settings_other_fn: bind, unbind and color lines. ctx is a struct ui_config. Anything else is an
 * error with "did you mean". */
void ui_config_line(void *ctx, const struct conf_line *line, struct conf_errors *errors);

/* mdoc(7) list items of all commands, for the manual; keys_manual (keys.h) does the keys. */
void commands_manual(struct str *out);

#endif
