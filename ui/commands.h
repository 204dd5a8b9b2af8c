/*
 * commands - the one table of commands: names, arguments, screens, help, functions, completion.
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

struct args { /* of a command; all borrowed */
	size_t n;
	const char *const *v; /* the words behind the name */
	const char *rest;     /* all of them joined by one space; "" when there are none */
};

struct command {
	const char *name;
	const char *args;  /* "FOLDER", "[ADDRESS...]" or "" */
	unsigned contexts; /* enum ui_context bits: screens where it makes sense */
	int min, max;      /* how many words; max -1: any */
	const char *help;  /* N_() */
	void (*run)(struct app *a, const struct args *args);
	/* Adds completions of word (the nth behind the name) to out. May be NULL. */
	void (*complete)(struct app *a, int nth, const char *word, struct strv *out);
};

const struct command *commands_table(size_t *n);
const struct command *commands_find(const char *name); /* NULL: none */
const char *commands_suggest(const char *name);        /* the nearest name or NULL */

/* Runs a command line ("move Archive; next") on the current screen. Faults are shown. */
void commands_run(struct app *a, const char *line);
/* Checks one without running it: for bindings. */
int commands_check(const char *line, struct err *err);
/* prompt_complete_fn for command lines; ctx is the app. */
size_t commands_complete(void *ctx, const char *line, struct strv *out);

/* --- what the configuration file says about the front end --- */
struct ui_config {
	struct keys *keys;
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
