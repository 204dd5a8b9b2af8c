/*
 * mailcap - which program looks at what: files of rows "type; command; flags" (RFC 1524).
 *
 * Owns:    its rows until mailcap_free.
 * Threads: any; it reads no file and runs nothing.
 * Errors:  none: a row that is none is left out.
 *
 * A row's command is the user's and goes through sh. What comes with a mail never becomes part of
 * its text: %s is "$1", %t and %{NAME} are "$2" and so on, each in the quotes that fit the place
 * where it stands. And because a command may hand it to another shell (in `` or by eval), a value
 * that is not one plain word to every shell is refused, and its row with it.
 */
#ifndef MIME_MAILCAP_H
#define MIME_MAILCAP_H

#include "base/str.h"

struct mailcap;

struct mailcap *mailcap_new(void);
void mailcap_add(struct mailcap *m, const char *text, size_t len); /* a file, behind the others */
void mailcap_free(struct mailcap *m);

enum mailcap_use { MAILCAP_VIEW, MAILCAP_PRINT, MAILCAP_EDIT };

struct mailcap_param {
	const char *name, *value;
};

/* What is to be looked at. */
struct mailcap_want {
	const char *type; /* "image/png" */
	enum mailcap_use use;
	bool text; /* only what writes its text to standard output (copiousoutput) */
	const struct mailcap_param *params;
	size_t nparams;
	/* Whether a row's test, as found.script, succeeds. */
	bool (*test)(void *ctx, const char *script, const struct strv *args);
	void *ctx;
};

struct mailcap_found {
	char *script;     /* for sh; $1 is the file, and it reads that where the row has no %s */
	struct strv args; /* "$2" and so on */
	char *suffix;     /* that the file's name must have, ".html", or "" */
	bool terminal, text;
};

/* The first row that fits; false: none does. */
bool mailcap_find(
	const struct mailcap *m, const struct mailcap_want *want, struct mailcap_found *out);
void mailcap_found_done(struct mailcap_found *found);

/* One word to any shell, and no option to a program. */
bool mailcap_is_plain(const char *value);

#endif
