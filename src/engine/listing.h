/*
 * listing - the columns that a list of messages can have, and a choice of them: one row each, for
 * the screen and the command line alike.
 *
 * Owns:    nothing; a choice is a value.
 * Threads: any.
 * Errors:  ERR_INPUT says which word is none, where it stands, and which there are.
 *
 * A new column is a row here and its text in ui/index_row.c; option, errors and manual follow.
 */
#ifndef ENGINE_LISTING_H
#define ENGINE_LISTING_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

enum list_column {
	COLUMN_NUMBER,
	COLUMN_FLAGS,
	COLUMN_ACCOUNT,
	COLUMN_FROM,
	COLUMN_TO,
	COLUMN_KEYWORDS,
	COLUMN_SUBJECT,
	COLUMN_SIZE,
	COLUMN_DATE,
	LIST_COLUMNS
};

struct listing_row {
	const char *name; /* as it is written in an option */
	const char *help; /* N_() */
};
const struct listing_row *listing_row(enum list_column column);

struct listing { /* none twice, at least one */
	enum list_column at[LIST_COLUMNS];
	size_t n;
};
/* Names with blanks between them. option: what the text is the value of, for errors; err may be
 * NULL. */
int listing_read(struct listing *out, const char *option, const char *text, struct err *err);
bool listing_has(const struct listing *l, enum list_column column);
/* Appends all names, with a blank between two. */
void listing_names(struct str *out);

#endif
