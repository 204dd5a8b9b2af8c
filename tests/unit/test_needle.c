/* A word is found where it is, and nowhere else, wherever it stands and whatever is beside it. */
#include "base/needle.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const words[] = {"a", "ab", "needle", "x@y.example", "aaaa", "[1]",
	"a word that is longer than what is looked at in one step"};

/* The bytes end where it is said: one more would be found by the sanitizers. */
static ptrdiff_t find(const char *word, const char *text, size_t len)
{
	char *exact = mem_dup(text, len);
	struct needle n;
	const char *at;
	ptrdiff_t found;

	needle_start(&n, word);
	at = needle_find(&n, exact, exact + len);
	found = at ? at - exact : -1;
	free(exact);
	return found;
}

static void test_everywhere(void **state)
{
	char text[160];

	(void)state;

	for (size_t w = 0; w < MEM_COUNT(words); w++) {
		size_t len = strlen(words[w]);

		for (size_t before = 0; before < 50; before++)
			for (size_t behind = 0; behind < 40; behind += 13) {
				memset(text, 0, sizeof(text));
				memcpy(text + before, words[w], len);
				assert_int_equal(
					find(words[w], text, before + len + behind), before);
				assert_int_equal(find(words[w], text, before + len - 1), -1);
			}
	}
}

static void test_case(void **state)
{
	(void)state;
	assert_int_equal(find("needle", "In a hay of NEEDs a NeeDLe, a needle", 36), 20);
	assert_int_equal(find("x@y", "x`y X@Y", 7), 4); /* one bit beside */
	assert_int_equal(find("[1]", "{1} [1]", 7), 4);
	assert_int_equal(find("k", "\xe2\x84\xaa k", 5), 4); /* no letter of ASCII but like one */
	assert_int_equal(find("ab", "a\0b aab", 7), 5);
	assert_int_equal(find("a", "", 0), -1);
}

/* Against one that looks at each place. */
static void test_many(void **state)
{
	unsigned seed = 4711;

	(void)state;

	for (int round = 0; round < 20000; round++) {
		char text[64], word[4] = "";
		size_t len, want, wlen;

		seed = seed * 1103515245 + 12345;
		len = seed >> 16 & 63;
		for (size_t i = 0; i < len; i++) {
			seed = seed * 1103515245 + 12345;
			text[i] = "abAB@`\x81\0"[seed >> 16 & 7];
		}
		wlen = 1 + (seed >> 20 & 1) + (seed >> 21 & 1);
		for (size_t i = 0; i < wlen; i++)
			word[i] = "ab@"[(seed >> (22 + 2 * i)) % 3];
		for (want = 0; want + wlen <= len; want++) {
			size_t i = 0;

			while (i < wlen && (text[want + i] == word[i] ||
						   (text[want + i] == 'A' && word[i] == 'a') ||
						   (text[want + i] == 'B' && word[i] == 'b')))
				i++;
			if (i == wlen)
				break;
		}
		assert_int_equal(find(word, text, len),
			want + wlen <= len ? (ptrdiff_t)want : (ptrdiff_t)-1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everywhere),
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
