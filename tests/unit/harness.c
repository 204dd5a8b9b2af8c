#include "tests/unit/harness.h"

#include "base/file.h"
#include "base/mem.h"
#include "tests/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLE_STEP = 17 }; /* prime, so that it keeps no time with what alternates */

static double scale(void)
{
	const char *s = getenv("TALARIA_HARNESS_SCALE");
	double x = s ? strtod(s, NULL) : 0;

	return x > 0 ? x : 0.125;
}

size_t harness_scale(size_t n)
{
	size_t scaled = (size_t)((double)n * scale());

	return scaled ? scaled : 1;
}

long harness_step(void)
{
	return scale() < 1 ? SAMPLE_STEP : 1;
}

char *harness_dir(void)
{
	char dir[SCRATCH_SIZE];

	if (!mkdtemp(scratch_memory(dir, "harness"))) {
		perror("mkdtemp");
		exit(1);
	}
	return mem_strdup(dir);
}

void harness_remove(const char *dir)
{
	file_remove_tree(dir, NULL);
}

void harness_kill_me(uint64_t microseconds)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	struct itimerspec t = {.it_value = {.tv_sec = (time_t)(microseconds / 1000000),
				       .tv_nsec = (long)(microseconds % 1000000) * 1000 + 1}};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) != 0 ||
		timer_settime(timer, 0, &t, NULL) != 0) {
		perror("timer");
		exit(1);
	}
}

void *harness_shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}
