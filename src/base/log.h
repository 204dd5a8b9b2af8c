/*
 * log - one line per event into a file, for people who look for a fault.
 *
 * Owns:    the log file ($XDG_STATE_HOME/talaria/log). Secrets are never passed here.
 * Threads: any.
 * Errors:  none; a log that cannot be written is dropped. Log lines stay English.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

/* level: 0 nothing, 1 faults, 2 what happens, 3 protocol lines (without secrets and bodies). */
void log_open(const char *path, int level);
void log_close(void);
int log_level(void);
void log_line(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
