/*
 * thread - threads that leave signals to the first one, and are waited for, but not for ever.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  none of its own.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every signal is blocked in the new thread. stack: bytes, 0 for the usual size. 0, or an errno
 * value when there is no thread to be had. */
int thread_start(pthread_t *out, size_t stack, void *(*run)(void *), void *arg);
/* Waits until end_ms of clock_ms. False: it still runs, hangs in a library perhaps, and was left
 * behind: what it uses must never be freed. */
bool thread_join(pthread_t thread, int64_t end_ms);
/* Whether one was left behind since the program began. Then the process has to end by _exit: exit
 * handlers of libraries (OpenSSL's) take away what it may still use. */
bool thread_left(void);

#endif
