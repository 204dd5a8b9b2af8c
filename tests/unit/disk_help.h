/*
 * disk_help - a temporary directory per test and short forms for files.
 *
 * Owns:    the directory made by help_setup, removed by help_teardown.
 * Threads: one.
 * Errors:  a failing helper fails the test.
 */
#ifndef TESTS_DISK_HELP_H
#define TESTS_DISK_HELP_H

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/check.h"
#include "tests/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char help_root[SCRATCH_SIZE];

static inline int help_setup(void **state)
{
	return mkdtemp(scratch(help_root, "test")) ? 0 : -1;
}

static inline int help_teardown(void **state)
{
	return file_remove_tree(help_root, NULL);
}

/* A path below the test's directory; valid until the fourth call after. */
static inline const char *at(const char *name)
{
	static char ring[4][512];
	static unsigned turn;
	char *p = ring[turn++ % 4];

	snprintf(p, sizeof(ring[0]), "%s/%s", help_root, name);
	return p;
}

static inline void help_write(const char *path, const void *p, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static inline void help_writes(const char *path, const char *z)
{
	help_write(path, z, strlen(z));
}

/* Names in a directory but "." and ".."; 0 for a missing one. */
static inline size_t help_count(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	size_t n = 0;

	while (d && (de = readdir(d)))
		n += strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0;
	if (d)
		closedir(d);
	return n;
}

/* The only (or first) name in dir that contains part; kept. */
static inline char *help_find(const char *dir, const char *part)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	char *found = NULL;

	while (d && !found && (de = readdir(d)))
		if (de->d_name[0] != '.' && strstr(de->d_name, part))
			found = kept(mem_strdup(de->d_name));
	if (d)
		closedir(d);
	return found;
}

static inline void help_age(const char *path, long seconds)
{
	struct timespec t[2] = {{.tv_sec = time(NULL) - seconds}, {.tv_sec = time(NULL) - seconds}};

	assert_int_equal(utimensat(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW), 0);
}

#endif
