/*
 * app - the screen, from the first paint to the end.
 *
 * Owns:    the terminal while it runs. Engine and settings stay the caller's.
 * Threads: UI thread (the one that calls it); waits in one poll() only.
 * Errors:  told on stderr when the terminal cannot be used.
 */
#ifndef UI_APP_H
#define UI_APP_H

#include "engine/engine.h"
#include "engine/settings.h"
#include "ui/commands.h"

struct app_start {
	const char *account; /* name; NULL or "": the first one */
	/* A folder of the account, or a path of a Maildir or mbox ('/', '.' or '~' first) when
	 * folder_is_path. NULL: INBOX. */
	const char *folder;
	bool folder_is_path;
	const struct draft
		*draft;     /* opens the editor at once with a mail that says this; or NULL */
	const char *resume; /* opens the draft with this id; or NULL */
	const char *mailto; /* and, first, what this URI says; or NULL */
	const struct strv *messages; /* told first: what is wrong with the settings; may be NULL */
	struct ui_config *config;    /* keys and colours the config loader filled; NULL: defaults */
};

/* Runs until the user quits. The exit code of the program: 0, or 1 when there is no usable
 * terminal. */
int app_run(struct engine *e, struct settings *s, const struct app_start *start);

#endif
