/* mime_test - what the tests of src/mime share. */
#ifndef TEST_MIME_TEST_H
#define TEST_MIME_TEST_H

#include "base/mem.h"
#include "base/str.h"
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

/* Appends text n times; what bombs are made of. */
static inline void repeat(struct str *out, const char *text, size_t n)
{
	for (size_t len = strlen(text); n; n--)
		str_add(out, text, len);
}

/* Compares and frees what was made. */
static inline void assert_text(char *got, const char *want)
{
	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

#endif
