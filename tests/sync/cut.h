/*
 * cut - stands between a test program and every system call that changes something outside of it:
 * files, and what is sent to servers. The n-th can be the last one, or fail.
 *
 * Owns:    open, write, send, rename and so on of the whole program. The libraries' too: the
 * program has to be linked with -rdynamic.
 * Threads: any; the calls of all threads are counted together.
 * Errors:  those that are asked for.
 *
 * Syncing to the disk is left out: a kill does not lose what the kernel has.
 */
#ifndef TESTS_CUT_H
#define TESTS_CUT_H

#include <stdbool.h>

/* Calls since the last cut_ function. What only threads of the program see (eventfd, pipes) does
 * not count. */
long cut_count(void);
/* SIGKILL at the n-th call from now (0: the next one): before it, in the middle of it or after it.
 */
void cut_kill_at(long n, unsigned seed);
/*
 * The n-th call from now on a file below dir fails with this error, and with `on` every later one
 * too, as on a full disk: but what only takes away (unlink, shortening) works then, unless the
 * error is EROFS. Only these calls are counted. Sending and reading go on.
 */
void cut_fail_at(long n, int error, bool on, const char *dir);
void cut_off(void);         /* all calls work again */
long cut_hits(void);        /* how many failed since cut_fail_at */
const char *cut_what(void); /* name and path of the first that failed */

#endif
