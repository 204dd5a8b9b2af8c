#include "disk_help.h"

#include "base/run.h"
#include "base/utf8.h"
#include "tests/unit/fails.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void assert_holds(const char *path, const char *want)
{
	struct str s = STR_INIT;

	assert_int_equal(file_read(path, 1 << 20, &s, NULL), 0);
	assert_string_equal(str_c(&s), want);
	str_done(&s);
}

static void test_read(void **state)
{
	struct str s = STR_INIT, none = STR_INIT;

	str_adds(&s, "before ");
	FAILS(ERR_GONE, file_read(at("none"), 10, &s, &why));
	help_writes(at("ten"), "0123456789");
	FAILS(ERR_INPUT, file_read(at("ten"), 9, &s, &why));
	assert_int_equal(file_read(at("ten"), 9, &none, &why), -1);
	assert_int_equal(none.cap, 0);
	FAILS(ERR_SYSTEM, file_read(help_root, 9, &s, &why));
	FAILS(ERR_SYSTEM, file_read("/dev/null/x", 9, &s, &why));
	assert_non_null(strstr(why.text, "Cannot open /dev/null/x: "));
	FAILS(ERR_INPUT, file_read("/dev/zero", 100000, &s, &why));
	assert_string_equal(s.p, "before ");
	WORKS(file_read(at("ten"), 10, &s, &why));
	assert_string_equal(s.p, "before 0123456789");
	str_clear(&s);
	help_writes(at("empty"), "");
	WORKS(file_read(at("empty"), 0, &s, &why));
	assert_int_equal(s.len, 0);
	str_done(&s);
}

static void test_replace(void **state)
{
	struct stat st;

	WORKS(file_replace(at("f"), "old", 3, 0600, &why));
	WORKS(file_replace(at("f"), "new", 3, 0600, &why));
	assert_holds(at("f"), "new");
	assert_int_equal(stat(at("f"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(help_count(help_root), 1);
	assert_int_equal(file_replace(at("none/f"), "x", 1, 0600, &why), -1);
	assert_int_equal(mkdir(at("dir"), 0700), 0);
	assert_int_equal(file_replace(at("dir"), "x", 1, 0600, &why), -1);
	assert_int_equal(help_count(help_root), 2); /* no temporary file stays */
}

/* A file-size limit stands for a full disk: the old content stays and no piece of the new one. */
static void test_replace_fails(void **state)
{
	struct rlimit limit, before;
	struct err err = {0};
	char *big = mem_array(1, 100000);

	help_writes(at("f"), "old");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = (struct rlimit){5000, before.rlim_max};
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(file_replace(at("f"), big, 100000, 0600, &err), -1);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(err.kind, ERR_SYSTEM);
	assert_holds(at("f"), "old");
	assert_int_equal(help_count(help_root), 1);
	free(big);
}

/* Killed in the middle of writing. */
static void test_replace_killed(void **state)
{
	char *big = mem_array(1, 100000);
	int status;
	pid_t pid;

	help_writes(at("f"), "old");
	pid = fork();
	if (pid == 0) {
		struct rlimit limit = {5000, 5000}, none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		setrlimit(RLIMIT_FSIZE, &limit);
		signal(SIGXFSZ, SIG_DFL);
		file_replace(at("f"), big, 100000, 0600, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_holds(at("f"), "old");
	free(big);
}

/* Killed at any time while replacing over and over: always one of the whole contents. */
static void test_replace_killed_anywhere(void **state)
{
	for (int round = 0; round < 20; round++) {
		struct str s = STR_INIT;
		char a[3000], b[5000];
		int status, ready[2];
		pid_t pid;

		memset(a, 'a', sizeof(a));
		memset(b, 'b', sizeof(b));
		help_write(at("f"), a, sizeof(a));
		assert_int_equal(pipe(ready), 0);
		pid = fork();
		if (pid == 0) {
			for (int i = 0;; i++) {
				if (i % 2)
					file_replace(at("f"), a, sizeof(a), 0600, NULL);
				else
					file_replace(at("f"), b, sizeof(b), 0600, NULL);
				if (write(ready[1], "x", 1) < 0)
					_exit(1);
			}
		}
		for (int i = 0; i <= round % 5; i++)
			assert_int_equal(read(ready[0], &(char){0}, 1), 1);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_int_equal(file_read(at("f"), 1 << 20, &s, NULL), 0);
		assert_true(s.len == sizeof(a) || s.len == sizeof(b));
		assert_memory_equal(s.p, s.len == sizeof(a) ? a : b, s.len);
		close(ready[0]);
		close(ready[1]);
		str_done(&s);
	}
}

/* A link waiting in the place of the file is replaced, not followed. */
static void test_replace_link(void **state)
{
	struct stat st;

	help_writes(at("target"), "mine");
	assert_int_equal(symlink("target", at("f")), 0);
	assert_int_equal(file_replace(at("f"), "new", 3, 0600, NULL), 0);
	assert_holds(at("target"), "mine");
	assert_int_equal(lstat(at("f"), &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void test_make_dirs(void **state)
{
	static const char *const table[] = {"a/b/c", "a/b/c", "d//e", "f/", "g/../h", "./i/j"};
	struct run_limits limits = {.timeout_ms = 60000, .max_output = 4096, .cancel_fd = -1};
	struct str deep = STR_INIT;
	struct stat st;

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		WORKS(file_make_dirs(at(table[i]), &why));
		assert_int_equal(stat(at(table[i]), &st), 0);
		assert_true(S_ISDIR(st.st_mode));
	}
	assert_int_equal(st.st_mode & 0777, 0700);
	WORKS(file_make_dirs("/", &why));
	assert_int_equal(file_make_dirs("", &why), -1);
	help_writes(at("file"), "x");
	FAILS(ERR_INPUT, file_make_dirs(at("file"), &why));
	FAILS(ERR_INPUT, file_make_dirs(at("file/x"), &why));
	assert_int_equal(symlink("nowhere", at("dangling")), 0);
	assert_int_equal(file_make_dirs(at("dangling"), &why), -1);
	assert_int_equal(symlink("a", at("link")), 0);
	WORKS(file_make_dirs(at("link/new"), &why));
	str_adds(&deep, at("x/"));
	for (int i = 0; i < 100000; i++)
		str_adds(&deep, "x/");
	assert_int_equal(file_make_dirs(deep.p, &why), -1);
	str_clear(&deep);
	/* Too deep for a path that names it whole. */
	WORKS(run_capture((const char *[]){"rm", "-rf", at("x"), NULL}, &limits, &deep, &why));
	str_done(&deep);
}

static void test_remove_tree(void **state)
{
	assert_int_equal(file_make_dirs(at("outside/keep"), NULL), 0);
	help_writes(at("outside/file"), "keep");
	assert_int_equal(file_make_dirs(at("tree/a/b"), NULL), 0);
	help_writes(at("tree/a/b/f"), "x");
	help_writes(at("tree/.hidden"), "x");
	assert_int_equal(symlink("../outside", at("tree/link")), 0);
	assert_int_equal(symlink("../../outside/file", at("tree/a/filelink")), 0);
	assert_int_equal(symlink("loop", at("tree/loop")), 0);
	assert_int_equal(mkfifo(at("tree/fifo"), 0600), 0);
	WORKS(file_remove_tree(at("tree"), &why));
	assert_false(file_exists(at("tree")));
	assert_holds(at("outside/file"), "keep");
	assert_true(file_exists(at("outside/keep")));
	/* The path itself is a link: only it goes. */
	assert_int_equal(symlink("outside", at("toplink")), 0);
	WORKS(file_remove_tree(at("toplink"), &why));
	assert_true(file_exists(at("outside/file")));
	WORKS(file_remove_tree(at("none"), &why));
}

static void test_lock(void **state)
{
	int fd = file_lock(at("lock"), 0, &why), status;
	pid_t pid;

	assert_true(fd >= 0);
	pid = fork();
	if (pid == 0) {
		struct err mine = {0};
		int again = file_lock(at("lock"), 20, &mine);

		_exit(again == -1 && mine.kind == ERR_BUSY ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(fd);
	fd = file_lock(at("lock"), 0, &why);
	assert_true(fd >= 0);
	close(fd);
	assert_true(file_exists(at("lock")));
	assert_int_equal(symlink("lock", at("locklink")), 0);
	FAILS(ERR_SYSTEM, file_lock(at("locklink"), 0, &why));
}

static void test_lock_shared(void **state)
{
	int one = file_lock_shared(at("lock"), 0, &why),
	    two = file_lock_shared(at("lock"), 0, &why);

	assert_true(one >= 0 && two >= 0);
	close(one);
	FAILS(ERR_BUSY, file_lock(at("lock"), 0, &why));
	close(two);
	one = file_lock(at("lock"), 0, &why);
	assert_true(one >= 0);
	FAILS(ERR_BUSY, file_lock_shared(at("lock"), 0, &why));
	close(one);
}

static void test_safe_name(void **state)
{
	static const struct {
		const char *in, *want;
	} table[] = {
		{"report.pdf", "report.pdf"},
		{"../../x", "_.._x"},
		{"/etc/passwd", "_etc_passwd"},
		{".bashrc", "bashrc"},
		{"...", "unnamed"},
		{"", "unnamed"},
		{"   ", "unnamed"},
		{"-rf", "rf"},
		{"--", "unnamed"},
		{"~/x", "_x"},
		{"|cmd", "_cmd"},
		{"a\\b", "a_b"},
		{"C:\\x", "C__x"},
		{"a*?\"<>b", "a_____b"},
		{"x.txt. .", "x.txt"},
		{"new\nline", "new line"},
		{"\x1b]0;x\x07", "\xef\xbf\xbd]0;x\xef\xbf\xbd"},
		{"gpj\xe2\x80\xae.exe", "gpj.exe"},
		{"\xe2\x80\x8b.hidden", "hidden"},
		{"\xef\xbb\xbf-x", "x"},
		{"na\xc3\xafve.txt", "na\xc3\xafve.txt"},
		{"bad\xff", "bad\xef\xbf\xbd"},
		{"\xc0\xae\xc0\xae\xc0\xaf",
			"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	};
	struct str big = STR_INIT;
	char *name;

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		name = file_safe_name(table[i].in);
		assert_string_equal(name, table[i].want);
		free(name);
	}
	name = file_safe_name(NULL);
	assert_string_equal(name, "unnamed");
	free(name);
	str_adds(&big, "x");
	for (int i = 0; i < 300; i++)
		str_adds(&big, "\xc3\xa4");
	name = file_safe_name(big.p);
	assert_in_range(strlen(name), 190, 200);
	assert_true(utf8_valid(name, strlen(name)));
	free(name);
	str_done(&big);
	for (int a = 1; a < 256; a++)
		for (int b = 1; b < 256; b++) {
			char in[3] = {(char)a, (char)b, '\0'};

			name = file_safe_name(in);
			assert_true(*name && *name != '.' && *name != '-' && !strchr(name, '/'));
			assert_true(utf8_valid(name, strlen(name)));
			free(name);
		}
}

static void test_inside(void **state)
{
	static const struct {
		const char *path, *dir;
		bool inside;
	} table[] = {
		{"/usr", "/usr", true},
		{"/usr/", "/usr", true},
		{"/usr/lib", "/usr", true},
		{"/usr/lib/../none/at/all", "/usr", true},
		{"/usr", "/usr/lib", false},
		{"/usrx", "/usr", false},
		{"/usr/../none", "/usr", false},
		{"/none/at/all", "/usr", false},
		{"/none/at/all", "/", true},
		{"none at all", ".", true},
		{"/proc/self/root/usr/none", "/usr", true},
		{"/usr", "/none", false},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++)
		if (file_inside(table[i].path, table[i].dir) != table[i].inside)
			fail_msg("%s in %s", table[i].path, table[i].dir);
}

static void test_expand(void **state)
{
	static const struct {
		const char *in, *want;
	} table[] = {
		{"~/mail", "/u/mail"},
		{"~", "/u"},
		{"~other/x", "~other/x"},
		{"a~/x", "a~/x"},
		{"$T_ONE/x", "1/x"},
		{"${T_ONE}x", "1x"},
		{"$T_NONE/x", "/x"},
		{"${T_ONE", "${T_ONE"},
		{"$", "$"},
		{"$$T_ONE", "$1"},
		{"${}", "${}"},
		{"$(id)", "$(id)"},
		{"$T_LOOP", "$T_LOOP"}, /* once, not again */
		{"", ""},
	};

	setenv("HOME", "/u", 1);
	setenv("T_ONE", "1", 1);
	setenv("T_LOOP", "$T_LOOP", 1);
	unsetenv("T_NONE");
	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		char *got = file_expand(table[i].in);

		assert_string_equal(got, table[i].want);
		free(got);
	}
}

/* --- what file systems refuse --- */

static int refuse_rename, refuse_link; /* errno; 0: nothing is refused */

int __real_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);

int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	if (!refuse_rename)
		return __real_renameat2(a, from, b, to, flags);
	errno = refuse_rename;
	return -1;
}

int __wrap_link(const char *from, const char *to)
{
	if (!refuse_link)
		return __real_link(from, to);
	errno = refuse_link;
	return -1;
}

/* A name of its own for what is not whole yet, however many are there; but not for ever. */
static void test_open_part(void **state)
{
	struct str name = STR_INIT;
	char *part;
	int fd;

	for (int i = 0; i < 1000; i++) {
		fd = file_open_part(at("x"), &part, &why);
		assert_true(fd >= 0);
		close(fd);
		str_clear(&name);
		if (i)
			str_addf(&name, "%s.%d.part", at("x"), i);
		else
			str_addf(&name, "%s.part", at("x"));
		assert_string_equal(part, name.p);
		free(part);
	}
	assert_int_equal(file_open_part(at("x"), &part, &why), -1);
	assert_non_null(strstr(why.text, "x.999.part: File exists"));
	assert_null(part);
	FAILS(ERR_SYSTEM, file_open_part(at("none/x"), &part, &why));
	assert_null(part);
	str_done(&name);
}

/* No loop in a damaged file system keeps it busy. */
static void test_remove_depth(void **state)
{
	for (size_t levels = 64; levels <= 66; levels++) {
		struct str path = STR_INIT;
		int rc;

		str_adds(&path, at("top"));
		for (size_t i = 1; i < levels; i++)
			str_adds(&path, "/d");
		WORKS(file_make_dirs(path.p, &why));
		rc = file_remove_tree(at("top"), &why);
		assert_int_equal(rc, levels > 65 ? -1 : 0);
		assert_int_equal(file_exists(at("top")), levels > 65);
		if (rc) {
			assert_non_null(strstr(why.text, "Cannot remove "));
			WORKS(file_remove_tree(at("top/d/d"), &why));
			WORKS(file_remove_tree(at("top"), &why));
		}
		str_done(&path);
	}
}

/* NFS, FUSE and FAT know no RENAME_NOREPLACE, and the last two no second names. */
static void test_rename_new(void **state)
{
	static const struct {
		int rename, link, error; /* error: of all of it */
	} cases[] = {
		{0, ENOSYS, 0},
		{EINVAL, 0, 0},
		{ENOSYS, 0, 0},
		{EOPNOTSUPP, 0, 0},
		{EINVAL, EPERM, 0},
		{EINVAL, EMLINK, 0},
		{EINVAL, EOPNOTSUPP, 0},
		{ENOSYS, ENOSYS, 0},
		{EACCES, 0, EACCES},
		{EINVAL, ENOSPC, ENOSPC},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		const char *from = at("from"), *to = at("to");

		refuse_rename = cases[i].rename;
		refuse_link = cases[i].link;
		help_writes(from, "mine");
		assert_int_equal(file_rename_new(from, to), cases[i].error ? -1 : 0);
		if (cases[i].error) {
			assert_int_equal(errno, cases[i].error);
			assert_holds(from, "mine");
			assert_false(file_exists(to));
			continue;
		}
		assert_false(file_exists(from));
		assert_holds(to, "mine");
		/* What has the name keeps it, and so does what cannot get it. */
		help_writes(from, "other");
		assert_int_equal(file_rename_new(from, to), -1);
		assert_int_equal(errno, EEXIST);
		assert_holds(from, "other");
		assert_holds(to, "mine");
		assert_int_equal(unlink(to), 0);
		assert_int_equal(symlink("nowhere", to), 0);
		assert_int_equal(file_rename_new(from, to), -1);
		assert_int_equal(errno, EEXIST);
		assert_int_equal(unlink(to), 0);
		assert_int_equal(unlink(from), 0);
		assert_int_equal(file_rename_new(from, to), -1);
		assert_int_equal(errno, ENOENT);
		assert_int_equal(help_count(help_root), 0);
	}
	refuse_rename = refuse_link = 0;
}

static void test_sync(void **state)
{
	WORKS(file_sync_dir(help_root, &why));
	FAILS(ERR_GONE, file_sync_dir(at("none"), &why));
	assert_int_equal(file_sync_dir("/proc", &why), -1); /* nothing that could be synced */
	assert_non_null(strstr(why.text, "directory /proc: "));
	WORKS(file_sync_parent(at("x"), &why));
	WORKS(file_sync_parent("x", &why));
	assert_int_equal(file_write_all(-1, "/some/file", "x", 1, &why), -1);
	assert_non_null(strstr(why.text, "/some/file"));
	WORKS(file_write_all(-1, "/some/file", "", 0, &why));
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_read),
		IN_DIR(test_replace),
		IN_DIR(test_replace_fails),
		IN_DIR(test_replace_killed),
		IN_DIR(test_replace_killed_anywhere),
		IN_DIR(test_replace_link),
		IN_DIR(test_make_dirs),
		IN_DIR(test_remove_tree),
		IN_DIR(test_remove_depth),
		IN_DIR(test_open_part),
		IN_DIR(test_lock),
		IN_DIR(test_lock_shared),
		cmocka_unit_test(test_safe_name),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_expand),
		IN_DIR(test_rename_new),
		IN_DIR(test_sync),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
