/*
 * child - one program that has the terminal for a while: the editor, the browser, a viewer.
 *
 * Owns:    the process until it ended.
 * Threads: UI thread; nothing waits: child_ended looks when SIGCHLD came.
 * Errors:  ERR_SYSTEM when it cannot be started.
 *
 * The command line is the user's own and goes through sh, so that it may have arguments; names of
 * files, URLs and whatever else comes with a mail are arguments of that shell, never part of its
 * text.
 */
#ifndef UI_CHILD_H
#define UI_CHILD_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid; /* 0: none */
};

/* script: what sh runs, with args (behind the last is a NULL) as "$1" and so on. */
int child_start(struct child *c, const char *script, const char *const *args, struct err *err);
/* True when it ended; *status as of waitpid. */
bool child_ended(struct child *c, int *status);

#endif
