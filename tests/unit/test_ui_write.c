/* The screens of writing: fields, files and what is sent, over the fake engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "fake_engine.h"
#include "screen.h"
#include "tests/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An answer whose editor was kept away by a question. */
static void begin_answer(struct screen *x)
{
	app_input(&x->a, &(struct term_key){.name = "r"});
	app_input(&x->a, &(struct term_key){.name = ":"});
	look(x);
	press(x, "Esc");
}

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

static const char *last_file(struct screen *x)
{
	const struct draft *d = fake_draft(x->e);

	return d->nfiles && d->files[d->nfiles - 1].path ? d->files[d->nfiles - 1].path : "";
}

/* As a person types it, blanks too. */
static void type_keys(struct screen *x, const char *text)
{
	for (const char *p = text; *p; p++) {
		struct term_key k = {.name = {*p}};

		if (*p == ' ')
			snprintf(k.name, sizeof(k.name), "Space");
		app_input(&x->a, &k);
	}
}

static void completes(struct screen *x, const struct files *f, const char *typed, const char *shown)
{
	type_keys(x, f->dir);
	type_keys(x, "/");
	type_keys(x, typed);
	press(x, "Tab");
	sees(x, shown);
	press(x, "Enter");
}

static void is_attached(struct screen *x, const struct files *f, const char *name)
{
	char path[256];

	in_files(f, name, path);
	assert_string_equal(last_file(x), path);
	press(x, "D");
	assert_int_equal(fake_draft(x->e)->nfiles, 0);
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

	(void)state;
	make_files(&f);
	begin_answer(x);
	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		press(x, "a");
		sees(x, "Attach file:");
		completes(x, &f, rows[i].typed, rows[i].shown);
		is_attached(x, &f, odd_names[rows[i].name]);
	}
	/* In a command the word is quoted, where blanks or backslashes are in it. */
	press(x, ":");
	type_keys(x, "attach ");
	completes(x, &f, "bl", "blank\\\\x20\"");
	is_attached(x, &f, "blank ");
	command(x, "attach nowhere");
	sees(x, "There is no file nowhere");
	close_screen(x);
	drop_files(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
