#include "disk_help.h"
#include "store/disk/maildir.h"
#include "tests/unit/fails.h"

#include <errno.h>
#include <sys/wait.h>

/* --- a process that ends before its k-th change of a directory --- */

static int dies_at; /* 0: never */

/* What happens in that very moment; not 0: the change is not allowed. */
static int (*before_rename)(const char *from);

static void step(void)
{
	if (dies_at && --dies_at == 0)
		_exit(9);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
	step();
	if (before_rename && before_rename(from) != 0) {
		errno = EACCES;
		return -1;
	}
	return __real_rename(from, to);
}

int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags)
{
	step();
	return __real_unlinkat(dir, name, flags);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path)
{
	step();
	return __real_unlink(path);
}

/* True: it ended before it was through. */
static bool dies(int at, void (*fn)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		dies_at = at;
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 9;
}

/* --- the tree --- */

static const char *mail(void)
{
	return at("mail");
}

static void put(const char *dir, const char *name, const char *text)
{
	char *path = file_join(dir, name);

	if (text)
		help_writes(path, text);
	else
		assert_int_equal(mkdir(path, 0700), 0);
	free(path);
}

/* Without waiting for the disk. */
static void tree(void)
{
	static const char *const folders[] = {
		"INBOX", "Lists", "Lists/a", "Lists/a/b", "Listserv", "Other"};

	assert_int_equal(file_remove_tree(mail(), NULL), 0);
	for (size_t i = 0; i < MEM_COUNT(folders); i++) {
		char *dir = maildir_dir(mail(), folders[i], NULL);

		assert_int_equal(mkdir(dir, 0700), 0);
		put(dir, "cur", NULL);
		put(dir, "new", NULL);
		put(dir, "tmp", NULL);
		put(dir, "cur/1700000000.a.h:2,S", folders[i]);
		put(dir, "new/1700000000.b.h", folders[i]);
		free(dir);
	}
}

struct checked {
	const char *dir, *want;
	int n;
};

static int check_text(void *ctx, const struct maildir_entry *e)
{
	struct checked *c = ctx;
	struct str text = STR_INIT;

	assert_int_equal(maildir_read(c->dir, e->base, 100, &text, NULL), 0);
	assert_string_equal(str_c(&text), c->want);
	str_done(&text);
	c->n++;
	return 0;
}

/* The names, each followed by what its folder was called when the tree was made. */
static void holds(const char *const pairs[][2], size_t n)
{
	struct strv got = STRV_INIT;

	assert_int_equal(maildir_list(mail(), &got, NULL), 0);
	assert_int_equal(got.n, n);
	for (size_t i = 0; i < n; i++) {
		char *dir = maildir_dir(mail(), pairs[i][0], NULL);

		struct checked c = {dir, pairs[i][1], 0};

		assert_string_equal(got.v[i], pairs[i][0]);
		assert_int_equal(maildir_scan(dir, check_text, &c, NULL), 0);
		assert_int_equal(c.n, 2);
		free(dir);
	}
	strv_done(&got);
}

static const char *const before[][2] = {{"INBOX", "INBOX"}, {"Lists", "Lists"},
	{"Lists/a", "Lists/a"}, {"Lists/a/b", "Lists/a/b"}, {"Listserv", "Listserv"},
	{"Other", "Other"}};
static const char *const after[][2] = {{"INBOX", "INBOX"}, {"Listserv", "Listserv"},
	{"New/x", "Lists"}, {"New/x/a", "Lists/a"}, {"New/x/a/b", "Lists/a/b"}, {"Other", "Other"}};
static const char *const without[][2] = {{"INBOX", "INBOX"}, {"Lists/a", "Lists/a"},
	{"Lists/a/b", "Lists/a/b"}, {"Listserv", "Listserv"}, {"Other", "Other"}};

static bool is_there(const char *folder)
{
	char *dir = maildir_dir(mail(), folder, NULL);
	bool there = maildir_is(dir);

	free(dir);
	return there;
}

/* Nothing but what was there, and nothing half done. */
static void is_clean(void)
{
	DIR *d = opendir(mail());
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)))
		assert_null(strstr(e->d_name, "removed"));
	closedir(d);
	assert_false(file_exists(at("renaming")));
}

/* --- removing --- */

static void remove_lists(void)
{
	maildir_remove_folder(mail(), "Lists", 2, NULL);
}

static void test_remove(void **state)
{
	tree();
	FAILS(ERR_BUSY, maildir_remove_folder(mail(), "Lists", 1, &why));
	holds(before, MEM_COUNT(before));
	assert_int_equal(maildir_remove_folder(mail(), "Lists", 2, NULL), 0);
	holds(without, MEM_COUNT(without));
	FAILS(ERR_GONE, maildir_remove_folder(mail(), "Lists", 2, &why));
	FAILS(ERR_INPUT, maildir_remove_folder(mail(), "inbox", 9, &why));
	FAILS(ERR_INPUT, maildir_remove_folder(mail(), "a.b", 9, &why));
	holds(without, MEM_COUNT(without));
	is_clean();
}

static int delivers(const char *from)
{
	if (strstr(from, ".Lists"))
		put(from, "new/1700000001.c.h", "Lists");
	before_rename = NULL;
	return 0;
}

static int refuses(const char *from)
{
	return -1;
}

static int refuses_the_last(const char *from)
{
	return strstr(from, ".Lists.a.b") ? -1 : 0;
}

/* What nobody has agreed to: a mail that came between the look and the end of the name. */
static void test_remove_crossed(void **state)
{
	struct err err = {0};

	tree();
	before_rename = delivers;
	assert_int_equal(maildir_remove_folder(mail(), "Lists", 2, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_true(is_there("Lists"));
	assert_true(file_exists(at("mail/.Lists/new/1700000001.c.h")));
	is_clean();
	before_rename = refuses;
	assert_int_equal(maildir_remove_folder(mail(), "Lists", 3, &err), -1);
	before_rename = NULL;
	assert_int_equal(err.kind, ERR_SYSTEM);
	assert_true(is_there("Lists"));
	assert_int_equal(maildir_remove_folder(mail(), "Lists", 3, NULL), 0);
	holds(without, MEM_COUNT(without));
}

/* All of it, or no part of it. */
static void test_remove_killed(void **state)
{
	int all = 0, none = 0;

	for (int k = 1; k == all + none + 1; k++) {
		tree();
		if (!dies(k, remove_lists))
			break;
		if (is_there("Lists"))
			holds(before, MEM_COUNT(before));
		else
			holds(without, MEM_COUNT(without));
		all += is_there("Lists");
		maildir_reshape_finish(help_root, mail());
		is_clean();
		none += !is_there("Lists");
	}
	assert_int_equal(all, 1);
	assert_true(none > 4);
}

/* A link to a folder elsewhere goes; what it leads to is not ours. */
static void test_remove_link(void **state)
{
	tree();
	assert_int_equal(rename(at("mail/.Other"), at("elsewhere")), 0);
	assert_int_equal(symlink(at("elsewhere"), at("mail/.Other")), 0);
	assert_int_equal(maildir_remove_folder(mail(), "Other", 2, NULL), 0);
	assert_false(is_there("Other"));
	assert_true(maildir_is(at("elsewhere")));
	is_clean();
}

/* --- renaming --- */

static void rename_lists(void)
{
	maildir_rename_folder(help_root, mail(), "Lists", "New/x", NULL);
}

static void test_rename(void **state)
{
	static const struct {
		const char *from, *to;
		enum err_kind kind;
	} table[] = {{"INBOX", "x", ERR_INPUT}, {"Lists", "inbox", ERR_INPUT},
		{"Lists", "Lists", ERR_INPUT}, {"Lists", "Lists/a/c", ERR_INPUT},
		{"Lists", "Other", ERR_INPUT}, {"Lists", "a.b", ERR_INPUT}, {"", "x", ERR_INPUT},
		{"gone", "x", ERR_GONE}};
	char long_name[300];
	struct err err = {0};

	tree();
	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		assert_int_equal(
			maildir_rename_folder(help_root, mail(), table[i].from, table[i].to, &err),
			-1);
		assert_int_equal(err.kind, table[i].kind);
	}
	/* The folder would have a name, but those below it have not: all keep theirs. */
	memset(long_name, 'x', 253);
	long_name[253] = '\0';
	assert_int_equal(maildir_rename_folder(help_root, mail(), "Lists", long_name, &err), -1);
	holds(before, MEM_COUNT(before));
	is_clean();
	rename_lists();
	holds(after, MEM_COUNT(after));
	is_clean();
	/* One below would be in the way. */
	assert_int_equal(maildir_create(mail(), "Lists/a", NULL), 0);
	assert_int_equal(maildir_rename_folder(help_root, mail(), "New/x", "Lists", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_true(is_there("New/x") && is_there("New/x/a"));
}

/* All of them or none. */
static void test_rename_refused(void **state)
{
	struct err err = {0};

	tree();
	before_rename = refuses_the_last;
	assert_int_equal(maildir_rename_folder(help_root, mail(), "Lists", "New/x", &err), -1);
	before_rename = NULL;
	assert_int_equal(err.kind, ERR_SYSTEM);
	holds(before, MEM_COUNT(before));
	is_clean();
	rename_lists();
	holds(after, MEM_COUNT(after));
}

/* Wherever it ends, the next start goes on with what was noted. */
static void test_rename_killed(void **state)
{
	int deaths = 0, renamed = 0;

	for (int k = 1;; k++) {
		tree();
		if (!dies(k, rename_lists))
			break;
		maildir_reshape_finish(help_root, mail());
		if (is_there("Lists"))
			holds(before, MEM_COUNT(before));
		else
			holds(after, MEM_COUNT(after));
		renamed += !is_there("Lists");
		is_clean();
		deaths++;
	}
	assert_int_equal(deaths, 5); /* before the note, each of the three, and its end */
	assert_int_equal(renamed, 4);
	holds(after, MEM_COUNT(after));
}

/* A note that says something else touches nothing. */
static void test_bad_notes(void **state)
{
	static const char *const notes[] = {"", "\n", ".Lists\n", "cur\n.New\n", ".Lists\nnew\n",
		".Lists\n../x\n", "../mail/.Lists\n.x\n", ".none\n.x\n"};

	tree();
	for (size_t i = 0; i < MEM_COUNT(notes); i++) {
		help_writes(at("renaming"), notes[i]);
		maildir_reshape_finish(help_root, mail());
		holds(before, MEM_COUNT(before));
		is_clean();
	}
	maildir_reshape_finish(help_root, at("missing"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)
	const struct CMUnitTest tests[] = {T(test_remove), T(test_remove_crossed),
		T(test_remove_killed), T(test_remove_link), T(test_rename), T(test_rename_refused),
		T(test_rename_killed), T(test_bad_notes)};

	return cmocka_run_group_tests_name("reshape", tests, NULL, NULL);
}
