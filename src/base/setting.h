/*
 * setting - what can be set, as a row: options of the program and of an account alike.
 *
 * Owns:    nothing.
 * Threads: any; values.
 * Errors:  none.
 */
#ifndef BASE_SETTING_H
#define BASE_SETTING_H

#include <stddef.h>

enum setting_type {
	SETTING_BOOL,
	SETTING_INT,
	SETTING_TEXT,
	SETTING_CHOICE,
	SETTING_SIZE,
	SETTING_SECONDS,
	SETTING_DATE,    /* a format of strftime(3) */
	SETTING_COLUMNS, /* of a list of messages (engine/listing.h) */
	SETTING_SORT,    /* an order of messages (engine/sort.h), or "reverse-" and one */
	/* of an account: */
	SETTING_ADDRESS,   /* one mail address, with a name */
	SETTING_ADDRESSES, /* mail addresses alone */
	SETTING_SERVER,    /* a URL whose scheme begins with the option's name */
	SETTING_PASSWORD,  /* where it comes from, and with some of these a word */
	SETTING_MECHANISM, /* of SASL, or oauth2 */
	SETTING_DAYS,      /* always, never, or as 14d */
	SETTING_FILE,      /* a path; must be readable */
	SETTING_PATH,      /* a path */
	SETTING_PIN,       /* SHA-256 in hex */
	SETTING_TYPES
};

struct setting_row {
	const char *name; /* as written in the file */
	enum setting_type type;
	const char *initial; /* the default, as text */
	long min, max;       /* for SETTING_INT, SETTING_SIZE (bytes), SETTING_SECONDS */
	const char *choices; /* space separated, for SETTING_CHOICE and SETTING_PASSWORD; of a
			      * SETTING_INT a word for -1 */
	const char *help;    /* N_() */
	size_t at;           /* of an account: its place in struct account_settings */
};

#endif
