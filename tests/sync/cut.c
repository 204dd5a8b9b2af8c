#undef _FORTIFY_SOURCE

#include "tests/sync/cut.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum mode { MODE_COUNT, MODE_KILL, MODE_FAIL };
/* What a call does: more bytes on the disk, a new name, fewer bytes, or bytes to a server. */
enum need { NEEDS_ROOM, NEEDS_NAME, FREES, SENDS };

static _Atomic enum mode mode;
static _Atomic long counted, last, hits;
static _Atomic unsigned dice;
static _Atomic int failure;
static _Atomic bool stays;
static char below[200], what[400];

static long next_call(void)
{
	return counted++;
}

static void begin(enum mode m, long n)
{
	mode = MODE_COUNT;
	last = n;
	hits = counted = 0;
	mode = m;
}

long cut_count(void)
{
	return counted;
}

void cut_kill_at(long n, unsigned seed)
{
	dice = seed;
	begin(MODE_KILL, n);
}

void cut_fail_at(long n, int error, bool on, const char *dir)
{
	failure = error;
	stays = on;
	what[0] = '\0';
	snprintf(below, sizeof(below), "%s", dir);
	begin(MODE_FAIL, n);
}

void cut_off(void)
{
	begin(MODE_COUNT, 0);
}

long cut_hits(void)
{
	return hits;
}

const char *cut_what(void)
{
	return what;
}

static void die(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		pause();
}

static bool is_below(const char *path)
{
	return strncmp(path, below, strlen(below)) == 0;
}

static void path_of(int fd, char *out, size_t size)
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, out, size - 1);
	out[n < 0 ? 0 : n] = '\0';
}

static bool counts(int fd)
{
	struct stat st;
	int type = 0;

	if (fstat(fd, &st) == 0)
		type = (int)(st.st_mode & S_IFMT);
	return type == S_IFREG || type == S_IFDIR || type == S_IFSOCK;
}

/* True: the call must not be made, errno is set. */
static bool fails(enum need need, const char *name, int fd, const char *path)
{
	char of[300];
	long n;

	if (mode != MODE_FAIL || need == SENDS)
		return false;
	if (!path) {
		path_of(fd, of, sizeof(of));
		path = of;
	}
	if (!is_below(path))
		return false;
	n = next_call();
	if (n < last || (n > last && !stays))
		return false;
	if (stays && need == FREES && failure != EROFS)
		return false;
	if (hits++ == 0)
		snprintf(what, sizeof(what), "%s %s", name, path);
	errno = failure;
	return true;
}

enum when { NOT_NOW, BEFORE, AMIDST, AFTER };

static enum when dies(int fd)
{
	if (mode == MODE_FAIL || (fd >= 0 && !counts(fd)))
		return NOT_NOW;
	if (next_call() != last || mode != MODE_KILL)
		return NOT_NOW;
	dice = dice * 1103515245 + 12345;
	return (enum when)(BEFORE + dice / 65536 % 3);
}

#define CALL(type, need, name, fd, path, ...)                                                      \
	do {                                                                                       \
		enum when when_ = dies(fd);                                                        \
		type rc_;                                                                          \
                                                                                                   \
		if (fails(need, name, fd, path))                                                   \
			return -1;                                                                 \
		if (when_ == BEFORE)                                                               \
			die();                                                                     \
		rc_ = (type)syscall(__VA_ARGS__);                                                  \
		if (when_ != NOT_NOW)                                                              \
			die();                                                                     \
		return rc_;                                                                        \
	} while (0)

/* Some of the bytes are written when the kill comes amidst. */
static size_t length(enum when when, size_t len)
{
	return when == AMIDST && len ? dice / 7 % len : len;
}

ssize_t write(int fd, const void *p, size_t len)
{
	enum when when = dies(fd);
	ssize_t n;

	if (fails(NEEDS_ROOM, "write", fd, NULL))
		return -1;
	if (when == BEFORE)
		die();
	n = syscall(SYS_write, fd, p, length(when, len));
	if (when != NOT_NOW)
		die();
	return n;
}

ssize_t pwrite(int fd, const void *p, size_t len, off_t at)
{
	enum when when = dies(fd);
	ssize_t n;

	if (fails(NEEDS_ROOM, "pwrite", fd, NULL))
		return -1;
	if (when == BEFORE)
		die();
	n = syscall(SYS_pwrite64, fd, p, length(when, len), at);
	if (when != NOT_NOW)
		die();
	return n;
}

ssize_t send(int fd, const void *p, size_t len, int flags)
{
	enum when when = dies(fd);
	ssize_t n;

	if (when == BEFORE)
		die();
	n = syscall(SYS_sendto, fd, p, length(when, len), flags, NULL, 0);
	if (when != NOT_NOW)
		die();
	return n;
}

static int do_open(int dir, const char *path, int flags, mode_t mode_bits)
{
	bool makes = (flags & (O_CREAT | O_TRUNC)) != 0;

	if (makes && fails(NEEDS_NAME, "open", -1, path))
		return -1;
	/* A file system that is read-only refuses writers before they write. */
	if (!makes && failure == EROFS && (flags & O_ACCMODE) != O_RDONLY &&
		fails(NEEDS_NAME, "open", -1, path))
		return -1;
	if (makes) {
		enum when when = dies(-1);

		if (when == BEFORE)
			die();
		if (when != NOT_NOW) {
			syscall(SYS_openat, dir, path, flags, mode_bits);
			die();
		}
	}
	return (int)syscall(SYS_openat, dir, path, flags, mode_bits);
}

int open(const char *path, int flags, ...)
{
	mode_t bits = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		bits = va_arg(ap, mode_t);
	va_end(ap);
	return do_open(AT_FDCWD, path, flags, bits);
}

int openat(int dir, const char *path, int flags, ...)
{
	mode_t bits = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		bits = va_arg(ap, mode_t);
	va_end(ap);
	return do_open(dir, path, flags, bits);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return do_open(AT_FDCWD, path, flags, 0);
}

int ftruncate(int fd, off_t size)
{
	CALL(int, FREES, "ftruncate", fd, NULL, SYS_ftruncate, fd, size);
}

int rename(const char *from, const char *to)
{
	CALL(int, NEEDS_NAME, "rename", -1, to, SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	CALL(int, NEEDS_NAME, "renameat2", -1, to, SYS_renameat2, a, from, b, to, flags);
}

int link(const char *from, const char *to)
{
	CALL(int, NEEDS_NAME, "link", -1, to, SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
	CALL(int, FREES, "unlink", -1, path, SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int dir, const char *path, int flags)
{
	CALL(int, FREES, "unlinkat", -1, path, SYS_unlinkat, dir, path, flags);
}

int mkdir(const char *path, mode_t bits)
{
	CALL(int, NEEDS_NAME, "mkdir", -1, path, SYS_mkdirat, AT_FDCWD, path, bits);
}

static int syncs(int fd, const char *name)
{
	enum when when = dies(fd);

	if (fails(NEEDS_ROOM, name, fd, NULL))
		return -1;
	if (when != NOT_NOW)
		die();
	return 0;
}

int fsync(int fd)
{
	return syncs(fd, "fsync");
}

int fdatasync(int fd)
{
	return syncs(fd, "fdatasync");
}

#ifdef __SANITIZE_THREAD__
/* A race in a child has to end it, so that the parent sees it. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "halt_on_error=1 exitcode=66";
}
#endif
