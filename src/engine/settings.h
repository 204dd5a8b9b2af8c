/*
 * settings - the options and accounts of the configuration, from one table that also feeds help,
 * completion and the manual.
 *
 * Owns:    every value until settings_free.
 * Threads: UI thread; filled before other threads start, changed only by :set.
 * Errors:  collected in struct conf_errors with file, line and column, all of them.
 */
#ifndef ENGINE_SETTINGS_H
#define ENGINE_SETTINGS_H

#include "base/account.h"
#include "base/conf.h"
#include "base/mail.h"
#include "engine/span.h"

#include <stdint.h>

enum setting {     /* global options: set NAME VALUE */
	SET_ASCII, /* draw with ASCII only */
	SET_CACHE_SIZE,
	SET_CHECK_MINUTES,
	SET_CONFIRM_QUIT,
	SET_DATE_FORMAT,
	SET_DOWNLOADS,
	SET_EDITOR,
	SET_IMAGE_COMMAND,
	SET_INDEX_COLUMNS,
	SET_KEYBAR,
	SET_LAYOUT, /* in the order of enum layout_mode */
	SET_MARK_READ,
	SET_MOUSE,
	SET_PIPE_DECODE,
	SET_PIPE_SPLIT,
	SET_PREVIEW_LINES,
	SET_PRINT_COMMAND,
	SET_PRINT_DECODE,
	SET_PRINT_SPLIT,
	SET_READ_ON,
	SET_SEARCH_UNMARKED,
	SET_SIDEBAR,
	SET_SIDEBAR_WIDTH,
	SET_SORT,
	SET_THEME,
	SET_THREADS,
	SET_UNDO_SEND,
	SET_WRAP,
	SETTINGS_COUNT
};

/* Appends what the row takes, with a space between two words; nothing where there is no end of it.
 */
void settings_choices(const struct setting_row *row, struct str *out);
const struct setting_row *settings_row(enum setting id); /* global options */

struct settings;

struct settings *settings_new(void); /* defaults */
void settings_free(struct settings *s);

/* A line that is none of `set`, `account` and `search` goes to other; it reports its own errors. */
typedef void settings_other_fn(void *ctx, const struct conf_line *line, struct conf_errors *errors);
void settings_apply(struct settings *s, const struct conf_block *block, settings_other_fn *other,
	void *ctx, struct conf_errors *errors);
/* Reads a file. 0, -1 with errors (nothing is written, the defaults stay for what was wrong), or 1:
 * there is no such file. */
int settings_read(struct settings *s, const char *path, settings_other_fn *other, void *ctx,
	struct conf_errors *errors);

bool settings_bool(const struct settings *s, enum setting id);
long settings_int(const struct settings *s, enum setting id);
const char *settings_text(const struct settings *s, enum setting id);
int settings_find(const char *name); /* enum setting or -1 */
/* The nearest option name for a typo, or NULL. */
const char *settings_suggest(const char *name);
/*
 * The words behind "set", in the file and at the prompt: NAME VALUE..., NAME=VALUE, NAME = VALUE,
 * and for what is yes or no NAME or noNAME. *name and *value are the caller's (free()); *value is
 * NULL when only the name was given, or "NAME?": the value is asked for. n >= 1.
 */
void settings_assignment(const char *const *words, size_t n, char **name, char **value);
/* One value at runtime. ERR_INPUT says what is allowed. */
int settings_set(struct settings *s, const char *name, const char *value, struct err *err);

/* "folder-columns FOLDER COLUMNS": what the list of that folder shows, in place of index-columns;
 * FOLDER is a name, or the word of a role, in any case. columns "": as all others again. */
int settings_folder_columns(
	struct settings *s, const char *folder, const char *columns, struct err *err);
/* Of a folder of that name and role, always some that listing_read takes; *own (may be NULL): they
 * were chosen by the person. */
const char *settings_columns(
	const struct settings *s, const char *folder, enum mail_role role, bool *own);
/* Whether mail from that address is the person's own: from or one of the alternates of an account.
 */
bool settings_own_address(const struct settings *s, const char *mail);

size_t settings_accounts(const struct settings *s);
struct account_settings *settings_account(struct settings *s, size_t i);

/*
 * Lists of several folders that have a name: those of span.h, then the saved searches, in their
 * order. A row stays until settings_free, also of one that was forgotten meanwhile.
 */
size_t settings_spans(const struct settings *s);
const struct span_row *settings_span(const struct settings *s, size_t i);
/* Also "@find:QUERY" and "@conversation:ID"; NULL: there is none of that name. */
const struct span_row *settings_span_find(const struct settings *s, const char *name);
/* A saved search, "@NAME", in place of one that had the name. ERR_INPUT: the name cannot be one, or
 * the query is none. */
int settings_search(struct settings *s, const char *name, const char *query, struct err *err);
int settings_search_forget(struct settings *s, const char *name, struct err *err);

/* Paths (XDG Base Directory): made when missing with mode 0700. name may be NULL; free(). */
char *settings_config_path(void);
char *settings_dir_data(const char *account);
char *settings_dir_cache(const char *account);
char *settings_dir_state(void);

/* What is set and can be used, but not as it is meant, in sentences: a password in a file that
 * others can read, directories of mail that are open to others, a signature that is not there. */
void settings_warnings(const struct settings *s, const char *config_path, struct strv *out);

/* Account names: [a-z0-9][a-z0-9_.-]{0,31}, because they become directory names. */
bool settings_account_name_ok(const char *name);

/* Rewrites only the protocol line of an account in the user's file, keeping every other byte,
 * durably. */
int settings_save_protocol(
	const char *path, const char *account, enum protocol protocol, struct err *err);
/* An account of which only the name is given: all else is as when its line is missing. */
struct account_settings *settings_account_new(const char *name);
/* The block of an account as it is written into a file; has the password where that is plain. */
void settings_account_text(struct str *out, const struct account_settings *a);
/* Appends an account block durably (the set-up); creates the file with mode 0600. */
int settings_save_account(const char *path, const struct account_settings *a, struct err *err);

/* Writes a saved search durably, or (query NULL) takes it out of the file; every other byte stays.
 */
int settings_save_search(const char *path, const char *name, const char *query, struct err *err);

/* Appends the option tables as mdoc(7) list items, for the manual. */
void settings_manual(struct str *out, bool account);

#endif
