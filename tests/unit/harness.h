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

/* A full sweep takes minutes, which a person does not wait for at each run: without
 * TALARIA_HARNESS_SCALE (1: all of it; 4: four times as many draws) it is a sample. */
size_t harness_scale(size_t n); /* of n draws, at least 1 */
long harness_step(void);        /* of places that are gone through in order: each so many-th */
/* A new directory in memory where there is one: what a killed process wrote survives in either. */
char *harness_dir(void);
void harness_remove(const char *dir);
/* This process is killed (SIGKILL) by the kernel after so many microseconds. */
void harness_kill_me(uint64_t microseconds);
void *harness_shared(size_t size); /* zeroed memory that children share */

#endif
