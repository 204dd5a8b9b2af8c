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

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_tar_reads_it),
		IN_DIR(test_damage_is_seen),
		IN_DIR(test_names_are_not_taken),
		IN_DIR(test_shrunken_file),
		IN_DIR(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
