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

#include <cmocka.h>

/* What a test and a callback are called with is decided by who calls them, and most look at none
 * of it. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#endif
