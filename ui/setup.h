/*
 * setup - an account made by questions and answers on a terminal, without a screen.
 *
 * Owns:    nothing after it returned.
 * Threads: UI thread; it waits for the person and, in tests of the login, for the servers.
 * Errors:  told on the terminal. Nothing is saved before the person has agreed.
 */
#ifndef UI_SETUP_H
#define UI_SETUP_H

#include "ui/cli.h"

/* Asks, tests, and appends the account to the file at path. CLI_FAILED when the person gave up,
 * CLI_USAGE without a terminal. settings: what the file holds already. */
enum cli_status setup_run(
	struct settings *settings, const struct arguments *args, const char *path);

#endif
