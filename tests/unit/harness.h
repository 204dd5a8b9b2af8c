/*
 * harness - what the crash harnesses of the store share.
 *
 * Owns:    nothing.
 * Threads: one.
 * Errors:  end the program.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <stddef.h>
#include <stdint.h>

/* n times TALARIA_HARNESS_SCALE (default 1), at least 1. */
size_t harness_scale(size_t n);
/* A new directory in memory where there is one: what a killed process wrote survives in either. */
char *harness_dir(void);
void harness_remove(const char *dir);
/* This process is killed (SIGKILL) by the kernel after so many microseconds. */
void harness_kill_me(uint64_t microseconds);
void *harness_shared(size_t size); /* zeroed memory that children share */

#endif
