#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "tests/unit/fails.h"
#include "tests/scratch.h"

#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void use_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void test_dates(void **state)
{
	/* POSIX zones, so that no zone file is needed */
	static const struct {
		const char *zone;
		time_t t;
		const char *rfc3339, *rfc5322;
	} table[] = {
		{"UTC0", 0, "1970-01-01T00:00:00+00:00", "Thu, 1 Jan 1970 00:00:00 +0000"},
		{"CET-1CEST,M3.5.0,M10.5.0/3", 1769846700, "2026-01-31T09:05:00+01:00",
			"Sat, 31 Jan 2026 09:05:00 +0100"},
		{"CET-1CEST,M3.5.0,M10.5.0/3", 1783000000, "2026-07-02T15:46:40+02:00",
			"Thu, 2 Jul 2026 15:46:40 +0200"},
		{"NST3:30", 1709208000, "2024-02-29T08:30:00-03:30",
			"Thu, 29 Feb 2024 08:30:00 -0330"},
		{"XXX0:30", 0, "1969-12-31T23:30:00-00:30", "Wed, 31 Dec 1969 23:30:00 -0030"},
		{"UTC0", 4294967295, "2106-02-07T06:28:15+00:00", "Sun, 7 Feb 2106 06:28:15 +0000"},
		{"UTC0", INT64_MAX, "1970-01-01T00:00:00+00:00", "Thu, 1 Jan 1970 00:00:00 +0000"},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct str a = STR_INIT, b = STR_INIT;

		use_zone(table[i].zone);
		clock_rfc3339(&a, table[i].t);
		clock_rfc5322(&b, table[i].t);
		assert_string_equal(a.p, table[i].rfc3339);
		assert_string_equal(b.p, table[i].rfc5322);
		str_done(&a);
		str_done(&b);
	}
	use_zone("UTC0");
}

/* Dates on the wire are English in every language. */
static void test_locale(void **state)
{
	struct str s = STR_INIT;

	setlocale(LC_ALL, "de_DE.UTF-8");
	clock_rfc5322(&s, 1773100800);
	assert_string_equal(s.p, "Tue, 10 Mar 2026 00:00:00 +0000");
	str_done(&s);
	setlocale(LC_ALL, "C.UTF-8");
}

/* Read as they are written, in any case and whatever follows. */
static void test_names(void **state)
{
	for (int i = 0; i < 12; i++)
		assert_int_equal(clock_month_of(clock_month(i)), i);
	for (int i = 0; i < 7; i++)
		assert_int_equal(clock_day_of(clock_day(i)), i);
	assert_string_equal(clock_month(4), "May");
	assert_string_equal(clock_day(0), "Sun");
	assert_int_equal(clock_month_of("DECEMBER"), 11);
	assert_int_equal(clock_day_of("sat, 3"), 6);
	assert_int_equal(clock_month_of("Ja"), -1);
	assert_int_equal(clock_day_of(""), -1);
}

static void test_clocks(void **state)
{
	int64_t a = clock_ms(), b = clock_boot_ms();

	clock_pause(20);
	assert_true(clock_ms() - a >= 20);
	assert_true(clock_boot_ms() - b >= 20);
	clock_pause(0);
	clock_pause(-1);
	assert_true(clock_now() > 1600000000);
}

static void *log_many(void *arg)
{
	for (int i = 0; i < 200; i++)
		log_line(2, "thread %s line %d \x1b[2J\n", (const char *)arg, i);
	return NULL;
}

/* log: one clean line each, in one piece, from several threads. */
static void test_log(void **state)
{
	char dir[SCRATCH_SIZE], *path;
	struct str s = STR_INIT;
	pthread_t t[2];
	size_t lines = 0;

	assert_non_null(mkdtemp(scratch(dir, "test_clock")));
	path = kept(file_join(dir, "log"));
	assert_int_equal(log_open(path, 0, NULL), 0);
	log_line(1, "not open");
	assert_false(file_exists(path));
	assert_int_equal(log_open(path, 2, NULL), 0);
	assert_int_equal(log_level(), 2);
	log_line(3, "too much");
	pthread_create(&t[0], NULL, log_many, (char[]){"one"});
	pthread_create(&t[1], NULL, log_many, (char[]){"two"});
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	log_close();
	log_line(1, "closed");
	assert_int_equal(file_read(path, 1 << 20, &s, NULL), 0);
	assert_null(strchr(s.p, 0x1b));
	for (char *p = s.p, *nl; (nl = strchr(p, '\n')); p = nl + 1, lines++) {
		*nl = '\0';
		assert_non_null(strstr(p, " 2 "));
		assert_non_null(strstr(p, " line "));
		assert_int_equal(strncmp(p, "20", 2), 0);
	}
	assert_int_equal(lines, 400);
	file_remove_tree(dir, NULL);
	str_done(&s);
}

static void test_log_fails(void **state)
{
	assert_int_equal(log_open("/dev/null/log", 2, &why), -1);
	assert_non_null(strstr(why.text, "/dev/null/log: "));
	assert_int_equal(log_level(), 0);
	/* A disk that is full later: nothing more is tried. */
	WORKS(log_open("/dev/full", 2, &why));
	assert_int_equal(log_level(), 2);
	log_line(1, "no room");
	assert_int_equal(log_level(), 0);
	log_close();
}

/* What the person's files and words may be written in, while all inside is UTF-8. */
static void test_charset(void **state)
{
	static const char *const cases[][2] = {
		{"C", "ANSI_X3.4-1968"}, {"C.UTF-8", "UTF-8"}, {"no such", "ANSI_X3.4-1968"}};

	assert_string_equal(i18n_charset(), "UTF-8"); /* of a program that did not ask */
	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		pid_t child = fork();
		int status;

		assert_true(child >= 0);
		if (!child) {
			setlocale(LC_ALL, "C");
			setenv("LC_ALL", cases[i][0], 1);
			i18n_init();
			_exit(strcmp(i18n_charset(), cases[i][1]) ||
				strcmp(nl_langinfo(CODESET), "UTF-8"));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (status)
			fail_msg("%s: %d", cases[i][0], status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_locale),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_fails),
		cmocka_unit_test(test_charset),
	};

	setlocale(LC_ALL, "C.UTF-8");
	use_zone("UTC0");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
