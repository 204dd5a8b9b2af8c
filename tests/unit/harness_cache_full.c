/*
 * The disk is full, or a file may not grow. Changes and compactions then fail and say so; what was
 * acknowledged stays, and all works again when there is room.
 */
#include "base/file.h"
#include "base/mem.h"
#include "store/disk/cache.h"
#include "tests/unit/cachemodel.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEED = 5, CANNOT_MOUNT = 77 };

/* libgdbm forgets 4 KiB when it cannot write the header of a new file. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:gdbm_fd_open\n";
}

static bool lying;

ssize_t __real_pwrite(int fd, const void *p, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t len, off_t at);

/* The control: a write that did not go through is taken for one that did. */
ssize_t __wrap_pwrite(int fd, const void *p, size_t len, off_t at)
{
	ssize_t n = __real_pwrite(fd, p, len, at);

	return lying ? (ssize_t)len : n;
}

struct run {
	const char *dir;
	struct model m;
	uint64_t at;
	size_t failed, compacted, wrong;
};

static void look(struct run *r)
{
	struct cache_opened opened;
	struct cache *c;

	if (cache_open(&c, r->dir, "F", &opened, NULL) != 0) {
		r->wrong++;
		return;
	}
	if (opened.rebuilt || model_print_cache(c) != model_print(&r->m))
		r->wrong++;
	cache_free(c);
}

/* Up to n changes, fewer when three in a row did not go in. Resets would make room. */
static void change(struct run *r, size_t n)
{
	size_t in_a_row = 0;
	struct cache *c;

	if (cache_open(&c, r->dir, "F", NULL, NULL) != 0) {
		r->wrong++;
		return;
	}
	for (size_t i = 0; i < n && in_a_row < 3; i++) {
		struct model next;

		model_copy(&next, &r->m);
		if (model_step(&next, c, SEED, r->at++, NULL) == 0) {
			model_done(&r->m);
			r->m = next;
			in_a_row = 0;
		} else {
			/* In memory it counts, on the disk it does not. */
			if (model_print_cache(c) != model_print(&next))
				r->wrong++;
			cache_free(c);
			model_done(&next);
			r->failed++;
			in_a_row++;
			if (cache_open(&c, r->dir, "F", NULL, NULL) != 0) {
				r->wrong++;
				return;
			}
		}
		if (model_print_cache(c) != model_print(&r->m))
			r->wrong++;
	}
	cache_free(c);
}

static void compact(struct run *r)
{
	if (cache_compact(r->dir, "F", NULL) == 0)
		r->compacted++;
	else
		r->failed++;
}

static void limit_files(rlim_t bytes)
{
	struct rlimit l;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static size_t run_limits(size_t rounds, bool lie, size_t *failed)
{
	size_t wrong = 0;

	*failed = 0;
	for (size_t i = 0; i < rounds; i++) {
		char *dir = harness_dir();
		struct run r = {.dir = dir, .at = i * 100000};

		change(&r, 40 + i % 3 * 40);
		if (i % 2)
			compact(&r);
		limit_files(2000 + model_mix(i) % 20000);
		lying = lie;
		change(&r, 60);
		look(&r);
		compact(&r);
		look(&r);
		lying = false;
		limit_files(RLIM_INFINITY);
		*failed += r.failed;
		r.failed = 0;
		change(&r, 30);
		compact(&r);
		change(&r, 10);
		look(&r);
		wrong += r.wrong + r.failed;
		model_done(&r.m);
		harness_remove(dir);
		free(dir);
	}
	printf("# %zu limits, %zu calls failed, %zu wrong\n", rounds, *failed, wrong);
	return wrong;
}

static void test_limit(void **state)
{
	size_t failed;

	(void)state;
	assert_int_equal(run_limits(harness_scale(40), false, &failed), 0);
	assert_true(failed > 20);
}

static void test_control(void **state)
{
	size_t failed;

	(void)state;
	assert_true(run_limits(10, true, &failed) > 0);
}

/* Takes all the room there is but for spare bytes. */
static void fill_up(const char *path, size_t spare)
{
	static const char block[1024];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	off_t size = 0;
	ssize_t n;

	while ((n = write(fd, block, sizeof(block))) > 0)
		size += n;
	if (ftruncate(fd, size > (off_t)spare ? size - (off_t)spare : 0) != 0)
		_exit(1);
	close(fd);
}

static int on_small_disk(const char *top)
{
	char *dir, *filler;
	struct run r = {0};
	size_t failed = 0;

	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("tmpfs", top, "tmpfs", 0, "size=1m") != 0)
		return CANNOT_MOUNT;
	dir = file_join(top, "cache");
	filler = file_join(top, "filler");
	r.dir = dir;
	for (size_t i = 0; i < 12; i++) {
		change(&r, 30);
		compact(&r);
		r.wrong += r.failed;
		fill_up(filler, model_mix(i) % 20 * 1024);
		change(&r, 200);
		look(&r);
		compact(&r);
		look(&r);
		failed += r.failed;
		r.failed = 0;
		unlink(filler);
		look(&r);
	}
	printf("# full file system: %zu calls failed, %zu wrong\n", failed, r.wrong);
	fflush(stdout);
	model_done(&r.m);
	free(dir);
	free(filler);
	umount2(top, MNT_DETACH);
	return r.wrong == 0 && failed > 10 ? 0 : 1;
}

static void test_small_disk(void **state)
{
	char *top = harness_dir();
	int status = 0;
	pid_t pid;

	(void)state;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(on_small_disk(top));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	harness_remove(top);
	free(top);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CANNOT_MOUNT) {
		printf("# a small file system can only be mounted by root\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_small_disk),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
