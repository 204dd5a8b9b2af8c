#include "disk_help.h"

#include "base/run.h"
#include "store/disk/tarball.h"
#include "tests/unit/fails.h"

#include <signal.h>
#include <sys/resource.h>

static int put(struct tarball *t, const char *name, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	rc = tarball_file(t, name, fd, (uint64_t)st.st_size, st.st_mtime, err);
	while (rc == 0 && (rc = tarball_more(t, err)) > 0)
		rc = 0;
	return rc;
}

/* A file of len bytes that do not shrink. */
static const char *noise(const char *name, size_t len)
{
	struct str s = STR_INIT;
	const char *path = at(name);
	uint32_t x = 1;

	while (s.len < len)
		str_addc(&s, (char)((x = x * 1664525u + 1013904223u) >> 24));
	help_write(path, s.p, s.len);
	str_done(&s);
	return path;
}

static int check_all(struct tarball *t, struct err *err)
{
	int rc;

	while ((rc = tarball_check(t, err)) > 0)
		;
	return rc;
}

static struct tarball *make(const char *path)
{
	struct tarball *t;

	assert_int_equal(tarball_new(&t, path, NULL), 0);
	assert_int_equal(tarball_dir(t, "mail/.Läufe/new", NULL), 0);
	help_writes(at("one"), "S: 1\n\none\n");
	help_writes(at("none"), "");
	assert_int_equal(put(t, "mail/cur/1.a:2,S", at("one"), NULL), 0);
	assert_int_equal(put(t, "mail/cur/empty", at("none"), NULL), 0);
	assert_int_equal(put(t, "mail/cur/large", noise("large", 700000), NULL), 0);
	assert_int_equal(tarball_octets(t), 700010);
	assert_int_equal(tarball_end(t, NULL), 0);
	assert_true(tarball_size(t) > 700000);
	return t;
}

/* What is written is what tar unpacks. */
static void test_tar_reads_it(void **state)
{
	struct tarball *t = make(at("b.tar.gz"));
	struct str cmd = STR_INIT, said = STR_INIT;

	assert_false(file_exists(at("b.tar.gz"))); /* not before it was checked */
	assert_int_equal(check_all(t, NULL), 0);
	assert_int_equal(tarball_commit(t, NULL), 0);
	tarball_free(t);
	assert_false(file_exists(at("b.tar.gz.part")));
	str_addf(&cmd,
		"cd '%s' && tar -xzf b.tar.gz && cmp mail/cur/large large && "
		"cmp mail/cur/1.a:2,S one && test -e mail/cur/empty && test ! -s mail/cur/empty && "
		"test -d mail/.L*ufe/new",
		help_root);
	assert_int_equal(run_capture((const char *const[]){"sh", "-c", cmd.p, NULL},
				 &(struct run_limits){20000, 100000, -1}, &said, NULL),
		0);
	str_done(&said);
	str_done(&cmd);
}

static void test_damage_is_seen(void **state)
{
	for (int i = 0; i < 40; i++) {
		struct tarball *t = make(at("b.tar.gz"));
		int fd = open(at("b.tar.gz.part"), O_RDWR);
		off_t where = 30 + (off_t)((tarball_size(t) - 60) / 40) * i;
		char c;

		assert_int_equal(pread(fd, &c, 1, where), 1);
		c ^= 0x40;
		assert_int_equal(pwrite(fd, &c, 1, where), 1);
		close(fd);
		FAILS(ERR_SYSTEM, check_all(t, &why));
		tarball_free(t);
		assert_false(file_exists(at("b.tar.gz.part")));
		assert_false(file_exists(at("b.tar.gz")));
	}
}

static void test_names_are_not_taken(void **state)
{
	struct str there = STR_INIT;
	struct tarball *t;
	struct err err = {0};

	help_writes(at("b.tar.gz"), "mine");
	assert_int_equal(tarball_new(&t, at("b.tar.gz"), &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	unlink(at("b.tar.gz"));
	t = make(at("b.tar.gz"));
	help_writes(at("b.tar.gz"), "mine");
	assert_int_equal(check_all(t, NULL), 0);
	err = (struct err){0};
	assert_int_equal(tarball_commit(t, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	tarball_free(t);
	assert_false(file_exists(at("b.tar.gz.part")));
	assert_int_equal(file_read(at("b.tar.gz"), 100, &there, NULL), 0);
	assert_string_equal(there.p, "mine");
	str_done(&there);
}

static void test_shrunken_file(void **state)
{
	struct tarball *t;
	const char *path = noise("large", 700000);

	assert_int_equal(tarball_new(&t, at("b.tar.gz"), NULL), 0);
	assert_int_equal(tarball_file(t, "x", open(path, O_RDONLY), 700000, 0, NULL), 0);
	assert_int_equal(tarball_more(t, NULL), 1);
	assert_int_equal(truncate(path, 300000), 0);
	assert_int_equal(tarball_more(t, NULL), 1);
	assert_int_equal(tarball_more(t, &why), -1);
	assert_non_null(strstr(why.text, "shorter"));
	tarball_free(t);
}

/* A limit on the size of files stands for a full disk. */
static void test_no_room(void **state)
{
	struct rlimit before, small;
	struct tarball *t;
	struct err err = {0};
	int rc;

	signal(SIGXFSZ, SIG_IGN);
	noise("large", 700000);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 100000;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(tarball_new(&t, at("b.tar.gz"), NULL), 0);
	rc = put(t, "x", at("large"), &err);
	if (rc == 0)
		rc = tarball_end(t, &err);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(rc, -1);
	assert_true(*err.text);
	tarball_free(t);
	assert_false(file_exists(at("b.tar.gz.part")));
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

/* --- what others made --- */

struct seen {
	size_t n, stop; /* entries that came; so many are enough, 0: all */
	uint64_t octets;
	char last[100];
};

static bool see(void *ctx, const struct tarball_entry *e)
{
	struct seen *s = ctx;

	s->octets += e->size;
	snprintf(s->last, sizeof(s->last), "%s", e->name);
	return ++s->n != s->stop;
}

static int list_file(const char *path, struct seen *seen, struct err *err)
{
	struct str s = STR_INIT;
	int rc;

	assert_int_equal(file_read(path, 1 << 26, &s, NULL), 0);
	rc = tarball_list(s.p, s.len, see, seen, err);
	str_done(&s);
	return rc;
}

static void sh(const char *name, const char *command)
{
	const struct run_limits limits = {60000, 1 << 20, -1};
	const char *argv[] = {"sh", "-c", command, "sh", at(name), NULL};
	struct str out = STR_INIT;

	assert_int_equal(run_capture(argv, &limits, &out, NULL), 0);
	str_done(&out);
}

static void test_list(void **state)
{
	struct seen seen = {0};
	struct err err = {0};

	noise("a", 1000);
	noise("b", 2345);
	sh("t.tar.gz", "cd \"$(dirname \"$1\")\" && tar czf \"$1\" a b");
	assert_int_equal(list_file(at("t.tar.gz"), &seen, &err), 0);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.octets, 3345);
	assert_string_equal(seen.last, "b");
	seen = (struct seen){.stop = 1};
	assert_int_equal(list_file(at("t.tar.gz"), &seen, &err), 1);
	assert_int_equal(seen.n, 1);
	assert_int_equal(list_file(at("a"), &(struct seen){0}, &err), -1);
	assert_non_null(strstr(err.text, "This archive cannot be read"));
}

/* So much is unpacked for a list, and no more. */
static void test_list_bomb(void **state)
{
	struct seen seen = {0};
	struct err err = {0};

	sh("b.tar.gz",
		"d=$(dirname \"$1\") && truncate -s 50M \"$d/1\" && ln \"$d/1\" \"$d/2\" && "
		"ln \"$d/1\" \"$d/3\" && tar czf \"$1\" --hard-dereference -C \"$d\" 1 2 3 1");
	assert_int_equal(list_file(at("b.tar.gz"), &seen, &err), 1);
	assert_int_equal(seen.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_tar_reads_it),
		IN_DIR(test_damage_is_seen),
		IN_DIR(test_names_are_not_taken),
		IN_DIR(test_shrunken_file),
		IN_DIR(test_no_room),
		IN_DIR(test_list),
		IN_DIR(test_list_bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
