/* Whole screens as text, in three sizes, against tests/data/screens. With GOLDEN_UPDATE=1 in the
 * environment these files are written anew: read the diff before keeping it. */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "screen.h"
#include "tests/check.h"
#include "tests/unit/desk.h"
#include "ui/views.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NOW = 1772533200 }; /* Tuesday, 3 March 2026, 10:20 */

static const struct {
	int rows, cols;
} sizes[] = {{24, 80}, {43, 132}, {60, 200}};

/* The first row that differs, as it is wanted and as it is. */
static void tell_row(const char *path, const char *want, const char *got)
{
	int row = 0;

	while (strcspn(want, "\n") == strcspn(got, "\n") &&
		strncmp(want, got, strcspn(want, "\n")) == 0 && *want && *got) {
		want += strcspn(want, "\n") + 1;
		got += strcspn(got, "\n") + 1;
		row++;
	}
	print_error("%s, row %d:\nwanted %.*s\nis     %.*s\nIf this is meant, GOLDEN_UPDATE=1 make "
		    "check TESTS=tests/unit/test_screens writes it anew.\n",
		path, row, (int)strcspn(want, "\n"), want, (int)strcspn(got, "\n"), got);
}

static bool is_as_wanted(const struct screen *x, const char *name)
{
	struct str path = STR_INIT, want = STR_INIT;
	const char *src = getenv("srcdir");
	bool same;

	str_addf(&path, "%s/tests/data/screens/%s-%dx%d", src ? src : ".", name, term_cols(),
		term_rows());
	if (getenv("GOLDEN_UPDATE"))
		assert_int_equal(file_replace(str_c(&path), x->text.p, x->text.len, 0644, NULL), 0);
	file_read(str_c(&path), 1 << 20, &want, NULL);
	same = strcmp(str_c(&want), str_c(&x->text)) == 0;
	if (!same)
		tell_row(str_c(&path), str_c(&want), str_c(&x->text));
	str_done(&path);
	str_done(&want);
	return same;
}

/* In every size: where the keys and the commands lead to, with the cursor at rest. */
static void check(const char *name, const char *commands, const char *keys)
{
	int bad = 0;

	for (size_t i = 0; i < MEM_COUNT(sizes); i++) {
		struct screen *x = open_screen(sizes[i].rows, sizes[i].cols);

		if (*commands)
			command(x, commands);
		press(x, keys);
		if (app_view(&x->a)->ops->tick)
			app_view(&x->a)->ops->tick(app_view(&x->a), clock_ms() + 1000);
		look(x);
		bad += !is_as_wanted(x, name);
	}
	assert_int_equal(bad, 0);
}

static void index_is(void **state)
{
	check("index", "", "= j j");
}

static void index_folded_is(void **state)
{
	check("index-folded", "set index-columns number flags date from keywords subject size",
		"= Alt-V");
}

static void reader_is(void **state)
{
	check("reader", "", "= j j Enter");
}

static void folders_are(void **state)
{
	check("folders", "folders", "");
}

static void split_is(void **state)
{
	check("split", "set layout split", "= j j");
}

static void wide_is(void **state)
{
	check("wide", "set layout wide", "= j j Enter");
}

static void several_folders_are(void **state)
{
	check("inboxes", "open @inboxes", "=");
}

static void sent_is(void **state)
{
	check("sent", "open Sent", "=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_CASE(index_is),
		SCREEN_CASE(index_folded_is),
		SCREEN_CASE(reader_is),
		SCREEN_CASE(folders_are),
		SCREEN_CASE(split_is),
		SCREEN_CASE(wide_is),
		SCREEN_CASE(several_folders_are),
		SCREEN_CASE(sent_is),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	desk_date(NOW);
	screen_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
