#include <locale.h>

#include "base/mem.h"
#include "base/str.h"
#include "tests/check.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

static void test_add(void **state)
{
	struct str s = STR_INIT;
	struct str big = STR_INIT;
	char *stolen;

	assert_string_equal(str_c(&s), "");
	str_add(&s, "a\0b", 3);
	str_addc(&s, 'c');
	str_adds(&s, NULL);
	str_adds(&s, "de");
	str_addf(&s, "%d%s", 7, "");
	assert_int_equal(s.len, 7);
	assert_memory_equal(s.p, "a\0bcde7", 8);
	str_cut(&s, 100);
	assert_int_equal(s.len, 7);
	str_cut(&s, 1);
	assert_string_equal(s.p, "a");
	str_clear(&s);
	assert_string_equal(s.p, "");
	stolen = kept(str_steal(&s));
	assert_string_equal(stolen, "");
	stolen = kept(str_steal(&s));
	assert_string_equal(stolen, "");
	for (int i = 0; i < 100000; i++)
		str_addf(&big, "%05d", i);
	assert_int_equal(big.len, 500000);
	assert_memory_equal(big.p + 5 * 99999, "99999", 6);
	str_done(&big);
	str_done(&big);
}

/* In a child without core file: must a call end the program? */
static void assert_aborts(void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		close(2);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static volatile size_t huge = SIZE_MAX;

static void overflow_room(void)
{
	struct str s = STR_INIT;

	str_adds(&s, "abc");
	str_room(&s, huge - 1);
}

static void overflow_array(void)
{
	free(mem_array(huge / 2, 3));
}

static void overflow_resize(void)
{
	free(mem_resize(NULL, huge / 2, 3));
}

static void overflow_grow(void)
{
	size_t cap = 0;

	free(mem_grow(NULL, &cap, huge / 2, 8));
}

static void overflow_copy(void)
{
	free(mem_strndup("", huge));
}

static void test_overflow(void **state)
{
	assert_aborts(overflow_room);
	assert_aborts(overflow_array);
	assert_aborts(overflow_resize);
	assert_aborts(overflow_grow);
	assert_aborts(overflow_copy);
}

/* What cannot be written leaves what is there. */
static void test_format_fails(void **state)
{
	const wchar_t wide[] = {WCHAR_MIN, 0}; /* no character in any locale */
	struct str s = STR_INIT;

	str_addf(&s, "%ls", wide);
	assert_int_equal(s.len, 0);
	str_adds(&s, "before");
	str_addf(&s, "some %ls", wide);
	assert_string_equal(s.p, "before");
	assert_int_equal(s.len, 6);
	str_done(&s);
}

static void test_quoted(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		const char *want;
	} rows[] = {
		{"", 0, "\"\""},
		{"a b", 3, "\"a b\""},
		{"\"", 1, "\"\\\"\""},
		{"a\\", 2, "\"a\\\\\""},
		{"\\\"", 2, "\"\\\\\\\"\""},
		{"a\"b", 1, "\"a\""},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct str s = STR_INIT;

		str_add_quoted(&s, rows[i].in, rows[i].len);
		assert_string_equal(s.p, rows[i].want);
		assert_int_equal(s.len, strlen(rows[i].want));
		str_done(&s);
	}
}

/* Behind a NUL too, and what a longer secret left. */
static void test_wipe(void **state)
{
	size_t size;
	char *p;

	mem_wipe(NULL);
	for (size_t n = 1; n < 200; n += 33) {
		p = mem_array(n, 1);
		size = malloc_usable_size(p);
		memset(p, 's', size);
		p[n / 2] = '\0';
		mem_wipe(p);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		free(p);
	}
}

static void test_mem(void **state)
{
	size_t cap = 0;
	int *v = NULL;
	char *p = mem_array(0, 0);

	free(p);
	assert_null(mem_strdup(NULL));
	p = mem_strndup("abc", 2);
	assert_string_equal(p, "ab");
	mem_free_secret(p);
	mem_free_secret(NULL);
	free(mem_dup(NULL, 0));
	for (size_t i = 0; i < 1000; i++) {
		v = mem_grow(v, &cap, i + 1, sizeof(*v));
		assert_true(cap > i);
		v[i] = (int)i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v[i], i);
	free(v);
}

static void test_list(void **state)
{
	struct strv v = STRV_INIT;

	strv_add(&v, "one");
	strv_addn(&v, "twoish", 3);
	strv_take(&v, mem_strdup("three"));
	assert_int_equal(v.n, 3);
	assert_true(strv_has(&v, "two") && strv_has(&v, "three"));
	assert_false(strv_has(&v, "twoish"));
	strv_done(&v);
	assert_int_equal(v.n, 0);
	strv_done(&v);
}

static void test_starts(void **state)
{
	assert_true(str_starts("abc", "ab") && str_starts("abc", "") && str_istarts("ABc", "ab"));
	assert_false(str_starts("a", "ab") || str_starts("ABc", "ab") || str_istarts("a", "ab"));
}

static void test_lf(void **state)
{
	static const struct {
		const char *in, *want;
	} table[] = {{"", ""}, {"a\r\nb\n", "a\nb\n"}, {"\r\n", "\n"}, {"\r\r\n", "\r\n"},
		{"a\rb", "a\rb"}, {"a\r", "a\r"}, {"\r\n\r\n.\r", "\n\n.\r"}};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct str s = STR_INIT;

		str_adds(&s, "x");
		str_add_lf(&s, table[i].in, strlen(table[i].in));
		assert_string_equal(s.p + 1, table[i].want);
		assert_int_equal(s.len, strlen(table[i].want) + 1);
		str_done(&s);
	}
	assert_int_equal(str_wire_size("", 0), 0);
	assert_int_equal(str_wire_size("a\nb\n", 4), 6);
}

static void test_ascii(void **state)
{
	const char *end, *hay = "Wherever The Ice Is";

	assert_int_equal(str_icmp("CAPABILITY", "capability"), 0);
	assert_int_equal(str_icmp("", ""), 0);
	assert_true(str_icmp("a", "B") < 0);
	assert_true(str_icmp("ab", "a") > 0);
	assert_true(str_icmp("\xc3\x84", "\xc3\xa4") != 0);
	assert_int_equal(str_nicmp("INLINE;", "inline=", 6), 0);
	assert_true(str_nicmp("INLINE;", "inline=", 7) != 0);
	assert_int_equal(str_nicmp("a", "b", 0), 0);
	assert_int_equal(str_nicmp("ab", "AB", 9), 0);
	assert_ptr_equal(str_ifind(hay, "ICE"), hay + 13);
	assert_ptr_equal(str_ifind(hay, "is"), hay + 17);
	assert_ptr_equal(str_ifind(hay, ""), hay);
	assert_null(str_ifind(hay, "isx"));
	assert_non_null(str_ifind("", ""));
	assert_true(str_decimal("0.9em", &end) > 0.89);
	assert_string_equal(end, "em");
	assert_true(str_decimal(".5", &end) == 0.5);
	assert_true(str_decimal("12.", &end) == 12 && !*end);
	assert_true(str_decimal(".x", &end) == 0);
	assert_string_equal(end, ".x");
	assert_true(str_is_alnum('z') && str_is_alnum('0') && !str_is_alnum('-'));
}

/* The same in locales that see letters and numbers otherwise; where they are not installed the
 * program's own compare is still what was tried above. */
static void test_locales(void **state)
{
	static const char *const names[] = {"tr_TR.UTF-8", "de_DE.UTF-8"};

	for (size_t i = 0; i < MEM_COUNT(names); i++) {
		setlocale(LC_ALL, names[i]);
		test_ascii(state);
	}
	setlocale(LC_ALL, "C");
}

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t want;
	} table[] = {{"", "", 0}, {"abc", "", 3}, {"", "abc", 3}, {"quit", "quti", 1},
		{"reply", "repyl", 1}, {"forward", "foward", 1}, {"kitten", "sitting", 3},
		{"ca", "abc", 3}, {"same", "same", 0}};
	char far[80];

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		assert_int_equal(str_distance(table[i].a, table[i].b), table[i].want);
		assert_int_equal(str_distance(table[i].b, table[i].a), table[i].want);
	}
	memset(far, 'x', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	assert_int_equal(str_distance(far, "x"), 64);
	far[63] = '\0';
	assert_int_equal(str_distance(far, "x"), 62);
	assert_int_equal(str_distance(far, far), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_format_fails),
		cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_mem),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_lf),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_locales),
		cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
