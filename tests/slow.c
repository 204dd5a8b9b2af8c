/*
 * slow - makes a program slow in one place, to find the tests that depend on the moment. Built and
 * used by hand; a test that fails with it and not without waits for the wrong thing:
 *
 *   cc -shared -fPIC -o slow.so tests/slow.c
 *   CMOCKA_MESSAGE_OUTPUT=TAP SLOW_DISK=20 LD_PRELOAD=$PWD/slow.so build/tests/sync/test_write
 *   TALARIA_SLOW="LD_PRELOAD=$PWD/slow.so SLOW_UI=80" make -C build check
 * TESTS=tests/term/test_read.sh
 *
 * SLOW_DISK (fsync and renames), SLOW_DIR (reading directories), SLOW_NET (connections) and SLOW_UI
 * (the first thread: keys and the screen) are milliseconds; with SLOW_LOT each is drawn by lot, up
 * to that.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int is_first(void)
{
	return syscall(SYS_gettid) == getpid();
}

static void nap(const char *name)
{
	static __thread unsigned seed;
	const char *most = getenv(name);
	long ms = most ? strtol(most, NULL, 10) : 0;

	if (!seed)
		seed = (unsigned)(syscall(SYS_gettid) + time(NULL));
	if (getenv("SLOW_LOT"))
		ms = rand_r(&seed) % (ms + 1);
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* The C library's, found once. */
#define REAL(name)                                                                                 \
	static __typeof__(&name) real;                                                             \
	real = real ? real : (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void disk_naps(void)
{
	if (!is_first())
		nap("SLOW_DISK");
}

int fsync(int fd)
{
	REAL(fsync);
	disk_naps();
	return real(fd);
}

int fdatasync(int fd)
{
	REAL(fdatasync);
	disk_naps();
	return real(fd);
}

int rename(const char *from, const char *to)
{
	REAL(rename);
	disk_naps();
	return real(from, to);
}

DIR *opendir(const char *path)
{
	REAL(opendir);
	if (!is_first())
		nap("SLOW_DIR");
	return real(path);
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	int rc;

	REAL(poll);
	rc = real(fds, n, timeout);
	nap(is_first() ? "SLOW_UI" : "SLOW_NET");
	return rc;
}
