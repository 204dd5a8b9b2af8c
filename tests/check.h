/*
 * check - what every test program begins with: cmocka and the headers that it wants before it.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  none.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* What a test and a callback are called with is decided by who calls them, and most look at none
 * of it. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* Memory that a case looks at until its end: it stays as long as the program. Returns p. */
static inline void *kept(void *p)
{
	static struct kept {
		struct kept *next;
		void *p;
	} * all;
	struct kept *k = malloc(sizeof(*k));

	assert_non_null(k);
	*k = (struct kept){all, p};
	all = k;
	return p;
}

#endif
