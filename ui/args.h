/*
 * args - the command line: one table of options and one of commands drive reading, --help and the
 * manual.
 *
 * Owns:    struct arguments until args_done; words and values are borrowed from argv.
 * Threads: UI thread; no state.
 * Errors:  ERR_INPUT with a hint; the program then ends with ARGS_USAGE.
 */
#ifndef UI_ARGS_H
#define UI_ARGS_H

#include "base/err.h"
#include "base/str.h"

enum { ARGS_USAGE = 64 }; /* sysexits(3), EX_USAGE */

enum args_command {
	ARGS_SCREEN, /* no command: the screen, or a message to write */
	ARGS_SETUP,
	ARGS_CHECK,
	ARGS_SYNC,
	ARGS_OUTBOX,
	ARGS_LIST,
	ARGS_SHOW,
	ARGS_SEARCH,
	ARGS_FOLDERS,
	ARGS_EXPORT,
	ARGS_IMPORT,
	ARGS_BACKUP,
	ARGS_COMMANDS
};

struct arguments { /* NULL where nothing was given */
	enum args_command command;
	struct strv words; /* behind the command; else addresses or a mailto: link */
	bool compose;      /* there is something to write: words, a subject, a file ... */
	bool help, version;
	bool offline, read_only, json, yes;
	int log;      /* -d */
	size_t limit; /* 0: all */
	const char *account, *config, *folder, *subject, *include, *save, *dump;
	struct strv attach, cc, bcc;
};

/* Reads the command line. The words of argv stay in place. */
int args_read(struct arguments *out, int argc, char **argv, struct err *err);
void args_done(struct arguments *a);

void args_help(struct str *out);   /* the text of --help */
void args_manual(struct str *out); /* options as mdoc(7) list items */
/* A sentence of the manual, with a full stop behind it. */
void args_manual_text(struct str *out, const char *text);
void args_manual_commands(struct str *out); /* commands of the command line, the same */

#endif
