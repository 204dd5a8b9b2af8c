/*
 * run - child programs: an argument vector in, bytes out, with a deadline.
 *
 * Owns:    nothing after it returned; the child was waited for.
 * Threads: any but the UI thread (it waits).
 * Errors:  ERR_CANCELLED, ERR_SYSTEM (cannot be started), ERR_INPUT (exit status not 0; its last
 * error line is in the text), ERR_FULL (too much output).
 */
#ifndef BASE_RUN_H
#define BASE_RUN_H

#include "base/err.h"
#include "base/str.h"

struct run_limits {
	int timeout_ms;    /* then the child is killed: ERR_INPUT */
	size_t max_output; /* bytes */
	int cancel_fd;     /* readable: give up; -1: none */
};

/* Runs argv (NULL-terminated, found in PATH) with no standard input; appends its standard output to
 * out, nothing if it fails. Returns when the child has ended, with what was written by then;
 * programs that it left in the background go on. On a failure they are killed like the child: all
 * of its process group. */
int run_capture(const char *const argv[], const struct run_limits *limits, struct str *out,
	struct err *err);

#endif
