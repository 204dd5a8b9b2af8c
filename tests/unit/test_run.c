#include "base/clock.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/unit/fails.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct run_limits plain = {
	.timeout_ms = 20000, .max_output = 1 << 20, .cancel_fd = -1};

static int sh(const char *script, const struct run_limits *limits, struct str *out, struct err *err)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};

	return run_capture(argv, limits, out, err);
}

static void test_output(void **state)
{
	const char *argv[] = {"printf", "%s|", "a b", "$(id)", "';x", NULL};
	struct str out = STR_INIT;

	str_adds(&out, "before ");
	assert_int_equal(run_capture(argv, &plain, &out, NULL), 0); /* no shell in between */
	assert_string_equal(out.p, "before a b|$(id)|';x|");
	str_clear(&out);
	assert_int_equal(sh("cat; printf 'x\\0y'; echo noise >&2", &plain, &out, NULL), 0);
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.p, "x\0y", 3);
	str_clear(&out);
	assert_int_equal(
		sh("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2", &plain, &out, NULL),
		0);
	assert_int_equal(out.len, 300000);
	str_done(&out);
}

static void test_fails(void **state)
{
	static const struct {
		const char *script, *want;
	} table[] = {
		{"exit 3", "/bin/sh ended with status 3"},
		{"echo one >&2; echo two >&2; exit 1", "/bin/sh: two"},
		{"printf 'last\\n\\n' >&2; exit 1", "/bin/sh: last"},
		{"kill -9 $$", "/bin/sh was killed"},
		{"printf '\\033[2Jx' >&2; exit 1", "/bin/sh: \xef\xbf\xbd[2Jx"},
		/* far more than is kept: the end counts */
		{"yes noise | head -c 100000 >&2; echo >&2; echo reason >&2; exit 1",
			"/bin/sh: reason"},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct str out = STR_INIT;

		str_adds(&out, "before");
		FAILS(ERR_INPUT, sh(table[i].script, &plain, &out, &why));
		assert_string_equal(why.text, table[i].want);
		assert_string_equal(out.p, "before");
		str_done(&out);
	}
}

static void test_missing(void **state)
{
	const char *argv[] = {"/nowhere/program", NULL};
	struct str out = STR_INIT;

	FAILS(ERR_SYSTEM, run_capture(argv, &plain, &out, &why));
	assert_non_null(strstr(why.text, "/nowhere/program"));
	str_done(&out);
}

/* The child is gone when it returns: kill cannot find it. */
static void assert_timeout(const char *script)
{
	struct run_limits limits = plain;
	struct str out = STR_INIT;
	int64_t start = clock_ms();

	limits.timeout_ms = 150;
	FAILS(ERR_INPUT, sh(script, &limits, &out, &why));
	assert_string_equal(why.text, "/bin/sh did not answer in time");
	assert_in_range(clock_ms() - start, 150, 15000);
	assert_int_equal(out.len, 0);
	str_done(&out);
}

static void test_timeout(void **state)
{
	assert_timeout("exec sleep 30");
	assert_timeout("echo some; exec sleep 30");
	assert_timeout("while :; do echo x; read y </dev/null; done >/dev/null");
	assert_timeout("exec >&- 2>&-; exec sleep 30"); /* output closed, still there */
	assert_timeout("trap '' TERM INT; exec sleep 30");
}

static bool is_running(long pid)
{
	char path[40], state = 'Z';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(f);
	return state != 'Z';
}

/* What a program leaves in the background (an agent) is not waited for, and goes on. */
static void test_background(void **state)
{
	struct str out = STR_INIT;
	long pid;

	WORKS(sh("sleep 60 & echo $!", &plain, &out, &why));
	pid = atol(str_c(&out));
	assert_true(pid > 1 && is_running(pid));
	kill((pid_t)pid, SIGKILL);
	str_done(&out);
}

/* When time is up, what the program started ends with it. */
static void test_group(void **state)
{
	char path[] = "/tmp/run.XXXXXX", script[200];
	struct run_limits limits = plain;
	struct str out = STR_INIT;
	long pid = 0;
	FILE *f;

	close(mkstemp(path));
	limits.timeout_ms = 1000;
	snprintf(script, sizeof(script), "sleep 60 & echo $! >%s; wait", path);
	assert_int_equal(sh(script, &limits, &out, &why), -1);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld", &pid), 1);
	fclose(f);
	unlink(path);
	assert_true(pid > 1);
	for (int64_t end = clock_ms() + 10000; is_running(pid) && clock_ms() < end;)
		sched_yield();
	assert_false(is_running(pid));
	str_done(&out);
}

static void test_cancel(void **state)
{
	struct run_limits limits = plain;
	struct str out = STR_INIT;
	int p[2];

	assert_int_equal(pipe(p), 0);
	limits.cancel_fd = p[0];
	WORKS(sh("echo x", &limits, &out, &why));
	str_clear(&out);
	assert_int_equal(write(p[1], "x", 1), 1);
	FAILS(ERR_CANCELLED, sh("exec sleep 30", &limits, &out, &why));
	FAILS(ERR_CANCELLED, sh("exec >&- 2>&-; exec sleep 30", &limits, &out, &why));
	close(p[0]);
	close(p[1]);
	str_done(&out);
}

static void test_too_much(void **state)
{
	struct run_limits limits = plain;
	struct str out = STR_INIT;

	limits.max_output = 10;
	WORKS(sh("printf 0123456789", &limits, &out, &why));
	/* What was there before does not count. */
	WORKS(sh("printf 0123456789", &limits, &out, &why));
	assert_int_equal(out.len, 20);
	FAILS(ERR_FULL, sh("printf 0123456789a", &limits, &out, &why));
	FAILS(ERR_FULL, sh("exec yes", &limits, &out, &why));
	assert_int_equal(out.len, 20);
	str_done(&out);
}

/* The child gets SIGPIPE and an empty signal mask back. */
static void test_environment(void **state)
{
	struct str out = STR_INIT;
	sigset_t all, before;
	const char *ignored;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(sh("grep -E '^Sig(Blk|Ign)' /proc/self/status", &plain, &out, NULL), 0);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_non_null(strstr(out.p, "SigBlk:\t0000000000000000\n"));
	ignored = strstr(out.p, "SigIgn:\t");
	assert_non_null(ignored);
	assert_int_equal(strtoull(ignored + 8, NULL, 16) >> (SIGPIPE - 1) & 1, 0);
	str_done(&out);
}

/* No pipe can be made: nothing is started, and nothing stays open. */
static void test_no_descriptors(void **state)
{
	struct str out = STR_INIT;
	struct rlimit before, less;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (rlim_t room = 0; room < 4; room++) {
		int next = dup(0), after, rc;

		close(next);
		less = before;
		less.rlim_cur = (rlim_t)next + room;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
		rc = sh("echo x", &plain, &out, &why);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(rc, -1);
		assert_string_equal(why.text, "Cannot start /bin/sh: Too many open files");
		after = dup(0);
		close(after);
		assert_int_equal(after, next);
	}
	assert_int_equal(out.len, 0);
	str_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_background),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
