#include "base/file.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/i18n.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_failed(const char *path, struct err *err)
{
	if (errno == ENOENT)
		return err_set(err, ERR_GONE, _("%s does not exist"), path);
	return err_errno(err, _("Cannot open %s"), path);
}

/* As it was: what came of a file that cannot be read as a whole is of no use. */
static void take_back(struct str *out, size_t len)
{
	if (len)
		str_cut(out, len);
	else
		str_done(out);
}

static int too_large(const char *path, size_t max, struct err *err)
{
	return err_set(err, ERR_INPUT, _("%s is larger than %zu bytes"), path, max);
}

static int read_up_to(int fd, const char *path, size_t max, struct str *out, struct err *err)
{
	size_t start = out->len;

	for (;;) {
		ssize_t n;

		str_room(out, 65536);
		n = read(fd, out->p + out->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			take_back(out, start);
			return err_errno(err, _("Cannot read %s"), path);
		}
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		out->p[out->len] = '\0';
		if (out->len - start > max) {
			take_back(out, start);
			return too_large(path, max, err);
		}
	}
}

int file_read(const char *path, size_t max, struct str *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc;
	struct stat st;

	if (fd < 0)
		return open_failed(path, err);
	/* Known before it is read; one that grows meanwhile, or has no size, is counted. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uintmax_t)st.st_size > max)
		rc = too_large(path, max, err);
	else
		rc = read_up_to(fd, path, max, out, err);
	close(fd);
	return rc;
}

int file_write_all(int fd, const char *path, const void *data, size_t len, struct err *err)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, _("Cannot write %s"), path);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_synced(const char *path, const void *p, size_t len, mode_t mode, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	int rc;

	if (fd < 0)
		return err_errno(err, _("Cannot create %s"), path);
	rc = file_write_all(fd, path, p, len, err);
	if (rc == 0 && fsync(fd) != 0)
		rc = err_errno(err, _("Cannot write %s"), path);
	if (close(fd) != 0 && rc == 0)
		rc = err_errno(err, _("Cannot write %s"), path);
	return rc;
}

int file_replace(const char *path, const void *p, size_t len, mode_t mode, struct err *err)
{
	struct str tmp = STR_INIT;
	char token[9];
	int rc;

	hash_random_token(token, 8);
	str_addf(&tmp, "%s.%s.tmp", path, token);
	rc = write_synced(tmp.p, p, len, mode, err);
	if (rc == 0 && rename(tmp.p, path) != 0)
		rc = err_errno(err, _("Cannot replace %s"), path);
	if (rc != 0)
		unlink(tmp.p);
	else
		rc = file_sync_parent(path, err);
	str_done(&tmp);
	return rc;
}

static bool is_unknown(int error)
{
	return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

/* A file that never had two names may be refused one more: EPERM or EMLINK. */
int file_rename_new(const char *from, const char *to)
{
	struct stat st;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (!is_unknown(errno))
		return -1;
	if (link(from, to) == 0) {
		unlink(from);
		return 0;
	}
	if (!is_unknown(errno) && errno != EPERM && errno != EMLINK)
		return -1;
	if (lstat(to, &st) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

int file_open_part(const char *path, char **part, struct err *err)
{
	enum { TRIES = 1000 };
	int fd = -1;

	*part = NULL;
	for (int i = 0; fd < 0 && i < TRIES; i++) {
		struct str name = STR_INIT;

		str_adds(&name, path);
		if (i)
			str_addf(&name, ".%d", i);
		str_adds(&name, ".part");
		free(*part);
		*part = str_steal(&name);
		fd = open(*part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		err_errno(err, _("Cannot create %s"), *part);
		MEM_FREE(*part);
	}
	return fd;
}

int file_sync_dir(const char *dir, struct err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return open_failed(dir, err);
	if (fsync(fd) != 0)
		rc = err_errno(err, _("Cannot write directory %s"), dir);
	close(fd);
	return rc;
}

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return slash == path ? mem_strdup("/") : mem_strndup(path, (size_t)(slash - path));
}

int file_sync_parent(const char *path, struct err *err)
{
	char *dir = parent_of(path);
	int rc = file_sync_dir(dir, err);

	free(dir);
	return rc;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int make_dir(const char *path, struct err *err)
{
	int saved;

	if (mkdir(path, 0700) == 0)
		return file_sync_parent(path, err);
	saved = errno;
	if (is_dir(path))
		return 0;
	errno = saved;
	if (errno == EEXIST || errno == ENOTDIR)
		return err_set(err, ERR_INPUT, _("%s is not a directory"), path);
	return err_errno(err, _("Cannot create directory %s"), path);
}

int file_make_dirs(const char *path, struct err *err)
{
	char *dir = mem_strdup(path);
	int rc = 0;

	if (!is_dir(path)) {
		for (char *p = dir + (*dir == '/'); rc == 0 && *p; p++) {
			if (*p != '/' || p[-1] == '/')
				continue;
			*p = '\0';
			if (!is_dir(dir))
				rc = make_dir(dir, err);
			*p = '/';
		}
		if (rc == 0 && !is_dir(path))
			rc = make_dir(path, err);
	}
	free(dir);
	return rc;
}

static int remove_at(int parent, const char *name, int depth)
{
	int fd, rc = 0;
	DIR *dir;
	struct dirent *de;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if ((errno != EISDIR && errno != EPERM) || depth > 64)
		return -1;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(dir)))
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			rc = remove_at(dirfd(dir), de->d_name, depth + 1);
	closedir(dir);
	return rc == 0 ? unlinkat(parent, name, AT_REMOVEDIR) : rc;
}

int file_remove_tree(const char *path, struct err *err)
{
	return remove_at(AT_FDCWD, path, 0) == 0 ? 0 : err_errno(err, _("Cannot remove %s"), path);
}

static int lock_as(const char *path, int how, int wait_ms, struct err *err)
{
	int64_t end = clock_ms() + wait_ms;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(err, _("Cannot open %s"), path);
	while (flock(fd, how | LOCK_NB) != 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK) {
			err_errno(err, _("Cannot lock %s"), path);
			close(fd);
			return -1;
		}
		if (clock_ms() >= end) {
			close(fd);
			return err_set(err, ERR_BUSY, _("Another running copy holds %s"), path);
		}
		clock_pause(5);
	}
	return fd;
}

int file_lock(const char *path, int wait_ms, struct err *err)
{
	return lock_as(path, LOCK_EX, wait_ms, err);
}

int file_lock_shared(const char *path, int wait_ms, struct err *err)
{
	return lock_as(path, LOCK_SH, wait_ms, err);
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

uint64_t file_stamp(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return 0;
	return (uint64_t)st.st_mtim.tv_sec * 1000000007u ^ (uint64_t)st.st_mtim.tv_nsec << 20 ^
	       (uint64_t)st.st_size ^ (uint64_t)st.st_ino << 40;
}

char *file_safe_name(const char *name)
{
	struct str out = STR_INIT;
	char *line = utf8_clean_line(name ? name : "", name ? strlen(name) : 0);

	for (char *p = line; *p; p++)
		if (strchr("/\\:*?\"<>|", *p))
			*p = '_';
	for (char *p = line; *p; p++) {
		if (out.len == 0 && (*p == '.' || *p == '-' || *p == ' ' || *p == '~'))
			continue;
		str_addc(&out, *p);
	}
	str_cut(&out, utf8_cut(str_c(&out), out.len, 200));
	while (out.len && (out.p[out.len - 1] == ' ' || out.p[out.len - 1] == '.'))
		str_cut(&out, out.len - 1);
	if (!out.len)
		str_adds(&out, "unnamed");
	free(line);
	return str_steal(&out);
}

static const char *expand_variable(struct str *out, const char *p)
{
	bool braces = p[1] == '{';
	const char *start = p + (braces ? 2 : 1), *end = start;
	char *name;

	while ((*end >= 'A' && *end <= 'Z') || (*end >= 'a' && *end <= 'z') ||
		(*end >= '0' && *end <= '9') || *end == '_')
		end++;
	if (end == start || (braces && *end != '}')) {
		str_addc(out, *p);
		return p + 1;
	}
	name = mem_strndup(start, (size_t)(end - start));
	str_adds(out, getenv(name));
	free(name);
	return end + braces;
}

char *file_expand(const char *path)
{
	struct str out = STR_INIT;
	const char *home = getenv("HOME");

	if (home && path[0] == '~' && (path[1] == '/' || path[1] == '\0')) {
		str_adds(&out, home);
		path++;
	}
	while (*path) {
		if (*path == '$')
			path = expand_variable(&out, path);
		else
			str_addc(&out, *path++);
	}
	return str_steal(&out);
}

/* The real path of as much of it as is there; free(). NULL: of nothing. */
static char *real_part(const char *path)
{
	char *part = mem_strdup(path), *real, *slash;

	while (!(real = realpath(part, NULL)) && (slash = strrchr(part, '/')) && slash != part)
		*slash = '\0';
	if (!real)
		real = realpath(*part == '/' ? "/" : ".", NULL);
	free(part);
	return real;
}

bool file_inside(const char *path, const char *dir)
{
	char *real = real_part(path), *top = realpath(dir, NULL);
	size_t len = top ? strlen(top) : 0;
	bool inside = real && top && strncmp(real, top, len) == 0 &&
		      (real[len] == '/' || !real[len] || len == 1);

	free(real);
	free(top);
	return inside;
}

char *file_join(const char *dir, const char *name)
{
	struct str out = STR_INIT;

	str_addf(&out, "%s/%s", dir, name);
	return str_steal(&out);
}
