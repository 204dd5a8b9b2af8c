/*
 * cli - the commands that need no screen: list, show, search, folders, sync, check, outbox, and
 * sending.
 *
 * Owns:    the engine while a command runs.
 * Threads: UI thread; waits in poll() on the engine, never longer than the network's own deadlines.
 * Errors:  told on stderr; the exit status says which kind.
 */
#ifndef UI_CLI_H
#define UI_CLI_H

#include "engine/settings.h"
#include "mime/build.h"
#include "ui/args.h"

enum cli_status { /* sysexits(3) where they fit */
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = ARGS_USAGE,
	CLI_DATA = 65,        /* an address, a file or the text is wrong */
	CLI_UNAVAILABLE = 69, /* refused for good */
	CLI_IO = 74,          /* the disk is full: nothing was kept */
	CLI_TEMPORARY = 75,   /* not now; what was to be sent waits in the outbox */
	CLI_LOGIN = 77,
	CLI_CONFIG = 78
};

struct cli_draft { /* a mail of the outbox that is a draft again; free() both */
	char *account, *id;
};
/* Runs a command, or sends (ARGS_SCREEN with compose). config_path may be NULL. made: gets the
 * draft of a command that is to be followed by its screen; NULL: its id is printed. */
enum cli_status cli_run(struct settings *settings, const struct arguments *args,
	const char *config_path, struct cli_draft *made);

/* What the command line says of a mail: addresses (unless they are a link), subject, files, and the
 * text of -i or, piped, of standard input. Not in UTF-8 it is in the locale's character set. */
int cli_draft(struct draft *d, const struct arguments *a, bool link, bool piped, struct err *err);

enum cli_status cli_status_of(enum err_kind kind);
/* Whoever read our standard output has enough (talaria list | head): no failure. */
bool cli_reader_gone(void);
/* "talaria: TEXT" on stderr. */
void cli_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Text on stdout. Both take out what a terminal would obey, whoever wrote it. */
void cli_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A password typed without echo at the terminal; NULL without one, or when the user gave up. To be
 * freed with mem_free_secret. */
char *cli_ask_secret(const char *prompt);
/* A word that names a file, not a folder of an account: begins with '/', '.' or '~'. */
bool cli_is_path(const char *folder);

#endif
