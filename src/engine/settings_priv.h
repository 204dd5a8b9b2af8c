/*
 * settings_priv - what the files of the configuration share: settings.c (options, the file as a
 * whole), settings_account.c (the block of an account), settings_search.c (saved searches),
 * settings_file.c (places, warnings, changes of the file). Private to engine.
 *
 * Owns:    struct settings everything in it.
 * Threads: as settings.h.
 * Errors:  as settings.h.
 */
#ifndef ENGINE_SETTINGS_PRIV_H
#define ENGINE_SETTINGS_PRIV_H

#include "base/conf.h"
#include "engine/settings.h"

enum { SETTINGS_FILE_MAX = 1 << 20, SETTINGS_ACCOUNTS_MAX = 100 };

struct settings {
	char *text[SETTINGS_COUNT]; /* owned */
	long number[SETTINGS_COUNT];
	struct account_settings *accounts[SETTINGS_ACCOUNTS_MAX];
	size_t naccounts;
	struct strv folders, folder_columns; /* of each folder that has its own */
	struct saved_search **searches;      /* owned */
	size_t nsearches, cap_searches;
};

/* --- settings_search.c --- */
void settings_apply_search(
	struct settings *s, const struct conf_line *line, struct conf_errors *errors);
void settings_searches_free(struct settings *s);

/* Whether the row takes that value; *number is what it counts for. */
int settings_check(const struct setting_row *row, const char *value, long *number, struct err *err);
/* Which of the choices of the row it is, or -1; and the choice of that number. */
int settings_choice(const struct setting_row *row, const char *value);
void settings_choice_word(struct str *out, const struct setting_row *row, int choice);
/* The nearest name of a table for a typo, or NULL. */
const char *settings_nearest(const struct setting_row *table, size_t n, const char *name);

/* Never NULL; what its lines say, as far as they are right. account_settings_free. */
struct account_settings *settings_account_read(
	const char *name, const struct conf_block *block, struct conf_errors *errors);
/* Whether what an account needs is there. at: where it is told. */
void settings_account_check(
	const struct account_settings *a, const struct conf_word *at, struct conf_errors *errors);

#endif
