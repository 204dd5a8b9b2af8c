/*
 * Runs a fuzz target over the files of directories, one TAP test for each directory. Without
 * arguments: over the seeds of the target this program is named after (fuzz_NAME: seeds/NAME below
 * $srcdir).
 */
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;
	size_t size;

	if (!f || fstat(fileno(f), &st) < 0) {
		printf("# %s cannot be read\n", path);
		if (f)
			fclose(f);
		return false;
	}
	/* Exactly as large as the file, so that a sanitizer sees a read behind its end. */
	data = malloc(st.st_size ? (size_t)st.st_size : 1);
	if (!data)
		abort();
	size = fread(data, 1, (size_t)st.st_size, f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return true;
}

/* The number of files that were run, -1 if one could not be read. */
static int run_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	if (!dir)
		return -1;
	while (n >= 0 && (entry = readdir(dir))) {
		struct str file = STR_INIT;

		if (entry->d_name[0] == '.')
			continue;
		str_addf(&file, "%s/%s", path, entry->d_name);
		n = run_file(file.p) ? n + 1 : -1;
		str_done(&file);
	}
	closedir(dir);
	return n;
}

static char *own_seeds(const char *program)
{
	const char *name = strstr(program, "fuzz_"), *next, *root = getenv("srcdir");
	struct str path = STR_INIT;

	while (name && (next = strstr(name + 1, "fuzz_")))
		name = next;
	str_addf(&path, "%s/tests/fuzz/seeds/%s", root ? root : ".", name ? name + 5 : "");
	return str_steal(&path);
}

int main(int argc, char **argv)
{
	char *own = argc > 1 ? NULL : own_seeds(argv[0]);
	int tests = own ? 1 : argc - 1, failed = 0;

	printf("1..%d\n", tests);
	for (int i = 0; i < tests; i++) {
		const char *path = own ? own : argv[i + 1];
		int n = run_directory(path);

		/* A directory without a seed tests nothing. */
		printf("%s %d - %d files of %s\n", n > 0 ? "ok" : "not ok", i + 1, n, path);
		failed += n <= 0;
		fflush(stdout);
	}
	free(own);
	return failed != 0;
}
