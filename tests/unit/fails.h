/*
 * fails - calls that have to fail, and how; and those that must not.
 *
 * Owns:    why, one in each file of tests.
 * Threads: the test's thread.
 * Errors:  what does not go as it is said fails the test.
 */
#ifndef TESTS_FAILS_H
#define TESTS_FAILS_H

#include "base/err.h"
#include "tests/check.h"

/* What calls are given to say why they failed. */
static __attribute__((unused)) struct err why;

/* The call, which takes &why, returns -1 and has set an error of this kind. */
#define FAILS(what, call)                                                                          \
	do {                                                                                       \
		why = (struct err){0};                                                             \
		assert_int_equal(call, -1);                                                        \
		assert_int_equal(why.kind, what);                                                  \
	} while (0)

/* The call, which takes &why, returns 0. */
#define WORKS(call)                                                                                \
	do {                                                                                       \
		why = (struct err){0};                                                             \
		if ((call) != 0)                                                                   \
			fail_msg("%s: %s", #call, why.text);                                       \
	} while (0)

#endif
