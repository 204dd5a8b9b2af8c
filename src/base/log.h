/*
 * log - one line per event into a file, for people who look for a fault.
 *
 * Owns:    the log file ($XDG_STATE_HOME/talaria/log). Secrets are never passed here.
 * Threads: any.
 * Errors:  log_open says; a log that cannot be written any more is dropped. Log lines stay English.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

/* level: 0 nothing, 1 faults, 2 what happens, 3 protocol lines (without secrets and bodies). */
int log_open(const char *path, int level, struct err *err);
void log_close(void);
int log_level(void);
void log_line(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
