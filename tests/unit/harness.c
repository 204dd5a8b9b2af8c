#include "tests/unit/harness.h"

#include "base/file.h"
#include "base/mem.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

size_t harness_scale(size_t n)
{
	const char *s = getenv("TALARIA_HARNESS_SCALE");
	double scale = s ? strtod(s, NULL) : 1;
	size_t scaled = scale > 0 ? (size_t)((double)n * scale) : n;

	return scaled ? scaled : 1;
}

char *harness_dir(void)
{
	const char *top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	char *dir = file_join(top, "talaria-harness.XXXXXX");

	if (!mkdtemp(dir)) {
		perror("mkdtemp");
		exit(1);
	}
	return dir;
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
