/*
 * scratch - where tests put their files: below TMPDIR, so that who runs them knows where all of it
 * is.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  none.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SCRATCH_SIZE = 64 }; /* names of sockets have to be short */

/* Puts a template for mkdtemp or mkstemp into buf, and returns it. */
static inline char *scratch(char buf[SCRATCH_SIZE], const char *name)
{
	const char *top = getenv("TMPDIR");

	if (!top || snprintf(buf, SCRATCH_SIZE, "%s/%s.XXXXXX", top, name) >= SCRATCH_SIZE)
		snprintf(buf, SCRATCH_SIZE, "/tmp/%s.XXXXXX", name);
	return buf;
}

/* The same in memory, where there is a file system for that. */
static inline char *scratch_memory(char buf[SCRATCH_SIZE], const char *name)
{
	const char *top = getenv("TALARIA_MEMORY");

	if (!top)
		top = "/dev/shm";
	if (access(top, W_OK) != 0 ||
		snprintf(buf, SCRATCH_SIZE, "%s/%s.XXXXXX", top, name) >= SCRATCH_SIZE)
		return scratch(buf, name);
	return buf;
}

#endif
