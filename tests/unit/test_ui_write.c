/* The screens of writing: fields, files and what is sent, over the engine. */
#include "base/file.h"
#include "base/mem.h"
#include "screen.h"
#include "tests/check.h"
#include "tests/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- names of files --- */

static const char *const odd_names[] = {"blank ", "tab\there", "line\nend", "R\xE9sum\xE9.txt",
	"esc\033[2J", "back\\slash", "$HOME"};

struct files {
	char dir[SCRATCH_SIZE];
};

static void in_files(const struct files *f, const char *name, char path[256])
{
	snprintf(path, 256, "%s/%s", f->dir, name);
}

static void make_files(struct files *f)
{
	assert_non_null(mkdtemp(scratch(f->dir, "test_ui_write")));
	for (size_t i = 0; i < MEM_COUNT(odd_names); i++) {
		char path[256];
		int fd;

		in_files(f, odd_names[i], path);
		fd = open(path, O_CREAT | O_WRONLY, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
}

static void drop_files(const struct files *f)
{
	for (size_t i = 0; i < MEM_COUNT(odd_names); i++) {
		char path[256];

		in_files(f, odd_names[i], path);
		unlink(path);
	}
	rmdir(f->dir);
}

static void completes(struct screen *x, const struct files *f, const char *typed, const char *shown)
{
	type_keys(x, f->dir);
	type_keys(x, "/");
	type_keys(x, typed);
	press_sees(x, "Tab", shown);
	press(x, "Enter");
}

static void is_attached(struct screen *x, const struct files *f, const char *name)
{
	char path[256], want[260];

	in_files(f, name, path);
	snprintf(want, sizeof(want), "1 %s", path);
	assert_string_equal(saved(), want);
	press(x, "D");
	assert_string_equal(saved(), "0 ");
}

/* Whatever bytes a name has: what Tab completes is attached, at the question and in a command. */
static void test_complete_names(void **state)
{
	static const struct {
		size_t name;
		const char *typed, *shown;
	} rows[] = {
		{0, "bl", "blank\\x20"},
		{0, "blank ", "blank\\x20"},
		{1, "ta", "tab\\x09here"},
		{1, "tab\\x09", "tab\\x09here"},
		/* Half of what is shown, where several have that in common. */
		{1, "tab\\x0", "tab\\x09here"},
		{2, "li", "line\\x0Aend"},
		{3, "R", "R\\xE9sum\\xE9.txt"},
		{4, "es", "esc\\x1B[2J"},
		{5, "back\\", "back\\\\slash"},
		{6, "\\x24", "\\x24HOME"},
	};
	struct screen *x = open_screen(24, 100);
	struct files f;

	make_files(&f);
	begin_answer(x);
	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		press_sees(x, "a", "Attach file:");
		completes(x, &f, rows[i].typed, rows[i].shown);
		is_attached(x, &f, odd_names[rows[i].name]);
	}
	/* In a command the word is quoted, where blanks or backslashes are in it. */
	press(x, ":");
	type_keys(x, "attach ");
	completes(x, &f, "bl", "blank\\\\x20\"");
	is_attached(x, &f, "blank ");
	command_sees(x, "attach nowhere", "There is no file nowhere");
	drop_files(&f);
}

/* u is as good as e in the outbox: it takes the mail back. */
static void test_outbox_undo(void **state)
{
	struct screen *x = open_screen(24, 100);

	tell_outbox(x, 1, 1, OUTBOX_QUEUED, 1);
	command_sees(x, "outbox", "e Edit");
	press_soon(x, "u y :"); /* it may have gone out */
	look(x);
	assert_string_equal(asked(), "outbox-edit out1");
	press(x, "Esc");
	commands_run(&x->a, "set undo-send=60");
	press(x, "y");
	sees(x, "Sending in 60 seconds; e in :outbox takes it back");
}

/* --- the fields above the text --- */

static int rows_of_text(const struct screen *x)
{
	const char *p = str_c(&x->text);
	int n = 0;

	while ((p = strstr(p, "\n line "))) {
		n++;
		p++;
	}
	return n;
}

/* The text keeps three rows in any window that has them, and what has no room above it is told. */
static void test_fields_shrink(void **state)
{
	static const struct {
		int rows, files, text; /* rows of the text that are seen */
		const char *seen[4], *not_seen[4];
	} rows[] = {
		{24, 0, 14, {"From  Alice", "  Cc", " Bcc", "Has it  carol"}, {"more field"}},
		{16, 0, 6, {"From  Alice", "  Cc", " Bcc", "Has it  carol"}, {"more field"}},
		{15, 0, 7, {"From  Alice", "Has it  carol"}, {"  Cc  ", " Bcc  ", "more field"}},
		{12, 0, 4, {"From  Alice", "Has it  carol"}, {"more field"}},
		{12, 1, 3, {"From  Alice", "Has it  carol", "1 hosts"}, {"more field"}},
		{12, 2, 3, {"From  Alice", "Has it  carol", "2 passwd"}, {"more field"}},
		{12, 3, 3, {"From  Alice", "Has it  carol", "3 files, named"}, {"1 hosts"}},
		{13, 3, 3, {"Has it  carol", "1 hosts", "3 group"}, {"more field"}},
		{11, 0, 3, {"From  Alice", "Has it  carol"}, {"more field"}},
		{11, 1, 3, {"Has it  carol", "1 hosts", "1 more field in"}, {"From  "}},
		{10, 1, 3, {"To  wei", "Subject", "1 hosts", "2 more fields in"},
			{"From  ", "Has it"}},
		{9, 1, 3, {"To  wei", "Subject", "3 more fields in"}, {"1 hosts"}},
		{8, 1, 3, {"To  wei", "4 more fields in"}, {"Subject"}},
		{7, 1, 2, {"To  wei", "4 more fields in"}, {"Subject"}},
	};

	static const char text[] =
		"line a\nline b\nline c\nline d\nline e\nline f\nline g\nline h\n"
		"line i\nline j\nline k\nline l\nline m\nline n\nline o\nline p\n";
	static const char *const files[] = {"hosts", "passwd", "group"};
	char dir[SCRATCH_SIZE], paths[3][128];
	struct screen *x = open_screen(24, 44);

	assert_non_null(mkdtemp(scratch(dir, "test_ui_write")));
	for (size_t i = 0; i < MEM_COUNT(files); i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", dir, files[i]);
		assert_int_equal(file_replace(paths[i], "0123456789", 10, 0600, NULL), 0);
	}
	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		reopen_screen(x, rows[i].rows, 44);
		postbox_draft("long", "wei@example.org", "Re: pages", text, false, true);
		begin_draft(x, "pages");
		for (int k = 0; k < rows[i].files; k++) {
			struct str line = STR_INIT;

			str_addf(&line, "attach %s", paths[k]);
			commands_run(&x->a, str_c(&line));
			str_done(&line);
		}
		look(x);
		for (size_t k = 0; k < 4 && rows[i].seen[k]; k++)
			sees(x, rows[i].seen[k]);
		for (size_t k = 0; k < 4 && rows[i].not_seen[k]; k++)
			sees_not(x, rows[i].not_seen[k]);
		if (rows_of_text(x) != rows[i].text)
			fail_msg("%d rows: %s", rows[i].rows, str_c(&x->text));
	}
	for (size_t i = 0; i < MEM_COUNT(files); i++)
		unlink(paths[i]);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_CASE(test_complete_names),
		SCREEN_CASE(test_fields_shrink),
		SCREEN_CASE(test_outbox_undo),
	};

	screen_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
