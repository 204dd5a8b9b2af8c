/* Names of files on a line: shown, typed, and what was meant. */

#include "base/file.h"
#include "base/mem.h"
#include "tests/scratch.h"
#include "ui/pathtext.h"
#include "tests/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_show(void **state)
{
	static const struct {
		const char *name, *shown;
	} rows[] = {
		{"", ""},
		{"report.pdf", "report.pdf"},
		{"two words", "two words"},
		{" first", " first"},
		{"last ", "last\\x20"},
		{"last  ", "last \\x20"},
		{" ", "\\x20"},
		{"a\tb\nc", "a\\x09b\\x0Ac"},
		{"\033[2J\x7F", "\\x1B[2J\\x7F"},
		{"R\xE9sum\xE9", "R\\xE9sum\\xE9"},
		{"Résumé 日本", "Résumé 日本"},
		{"\xC3", "\\xC3"},
		{"\xE6\x97", "\\xE6\\x97"},
		{"\xC2\x9B", "\\xC2\\x9B"},
		{"a\xE2\x80\xAEgpj.exe", "a\\xE2\\x80\\xAEgpj.exe"}, /* U+202E */
		{"\xEF\xBF\xBD", "\xEF\xBF\xBD"},                    /* U+FFFD itself */
		{"👩‍👩", "👩‍👩"},                      /* with a joiner */
		{"a\\b", "a\\\\b"},
		{"a\\x41", "a\\\\x41"},
		{"$HOME", "\\x24HOME"},
		{"~", "~"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct str s = STR_INIT;
		char *back;

		pathtext_show(&s, rows[i].name);
		assert_string_equal(str_c(&s), rows[i].shown);
		if (*rows[i].name != '~') {
			back = pathtext_plain(str_c(&s));
			assert_string_equal(back, rows[i].name);
			free(back);
		}
		str_done(&s);
	}
}

static void test_plain(void **state)
{
	static const struct {
		const char *typed, *name;
	} rows[] = {
		{"~/x", "/u/x"},
		{"$WHERE/x", "/w/x"},
		{"a\\x4", "a\\x4"},
		{"a\\x", "a\\x"},
		{"a\\", "a\\"},
		{"a\\n", "a\\n"},
		{"a\\xg0", "a\\xg0"},
		{"a\\x0g", "a\\x0g"},
		{"a\\x00b", "a\\x00b"},
		{"a\\x41\\x6a\\x6A", "aAjj"},
		{"a\\\\x41", "a\\x41"},
	};

	setenv("HOME", "/u", 1);
	setenv("WHERE", "/w", 1);
	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		char *name = pathtext_plain(rows[i].typed);

		assert_string_equal(name, rows[i].name);
		free(name);
	}
}

static void make(const char *dir, const char *name)
{
	char *path = file_join(dir, name);
	int fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0600);

	assert_true(fd >= 0);
	close(fd);
	free(path);
}

/* Which name in the directory a line means. */
static void means(const char *dir, const char *line, const char *name)
{
	char *written = file_join(dir, line), *want = file_join(dir, name);
	char *path = pathtext_path(written);

	assert_string_equal(path, want);
	free(written);
	free(want);
	free(path);
}

static void clear(const char *dir, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *path = file_join(dir, names[i]);

		assert_int_equal(unlink(path), 0);
		free(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

static void test_path(void **state)
{
	static const char *const names[] = {
		"one", "blank ", "both", "both ", "tab\t", "t\\x41", "tA", "u\\x41", "w\\\\"};
	char dir[SCRATCH_SIZE];

	assert_non_null(mkdtemp(scratch(dir, "test_pathtext")));
	for (size_t i = 0; i < MEM_COUNT(names); i++)
		make(dir, names[i]);
	means(dir, "one", "one");
	means(dir, "one ", "one"); /* as completion leaves it */
	means(dir, "one  ", "one");
	means(dir, "blank ", "blank ");
	means(dir, "blank\\x20 ", "blank ");
	means(dir, "both", "both");
	means(dir, "both ", "both ");
	means(dir, "tab\\x09", "tab\t");
	means(dir, "t\\x41", "tA"); /* the form that completion writes comes first */
	means(dir, "t\\\\x41", "t\\x41");
	means(dir, "u\\x41", "u\\x41"); /* typed by who does not know it */
	means(dir, "w\\\\", "w\\\\");
	/* What is not there yet. */
	means(dir, "new ", "new");
	means(dir, "new\\x20", "new ");
	clear(dir, names, MEM_COUNT(names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
