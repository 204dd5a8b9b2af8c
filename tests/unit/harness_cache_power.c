/*
 * Power cuts. Every call that changes a file is recorded (libgdbm's too: the functions below come
 * before the C library's, -rdynamic). For a cut after any call, a directory is made as a disk may
 * hold it then: what was fsynced is there; of each later write any 4 KiB piece may be missing; of
 * the changes to the directory since its fsync any number of the last ones may be missing. The
 * cache must open there and show a state between the last synchronised change and the last one
 * begun.
 */
#undef _FORTIFY_SOURCE

#include "base/file.h"
#include "base/mem.h"
#include "store/disk/cache.h"
#include "tests/unit/cachemodel.h"
#include "tests/unit/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	SEED = 23,
	CHANGES = 60,
	SYNC_EVERY = 7,
	COMPACT_EVERY = 22,
	FDS = 256,
	NAMES = 64,
	PIECE = 4096
};

enum what { E_CREATE, E_WRITE, E_SIZE, E_SYNC, E_RENAME, E_UNLINK, E_SYNC_DIR, E_BEGIN, E_DURABLE };

struct event {
	enum what what;
	int file;
	uint64_t number; /* offset, size, or number of the change */
	char *name, *to;
	char *data;
	size_t len;
};

static struct {
	bool on;
	size_t dir_len;
	const char *dir;
	struct event *v;
	size_t n, cap;
	int fd_file[FDS]; /* 0: not ours, -1: the directory, else the file */
	int files;
	struct {
		char name[40];
		int file;
	} names[NAMES];
	size_t n_names;
} rec;

/* --- recording --- */

static struct event *note(enum what what, int file, uint64_t number)
{
	struct event *e;

	rec.v = mem_grow(rec.v, &rec.cap, rec.n + 1, sizeof(*rec.v));
	e = &rec.v[rec.n++];
	*e = (struct event){.what = what, .file = file, .number = number};
	return e;
}

/* The name within our directory; NULL: somewhere else. */
static const char *ours(const char *path)
{
	if (!rec.on || strncmp(path, rec.dir, rec.dir_len) != 0 || path[rec.dir_len] != '/')
		return NULL;
	return path + rec.dir_len + 1;
}

static int *file_named(const char *name)
{
	for (size_t i = 0; i < rec.n_names; i++)
		if (strcmp(rec.names[i].name, name) == 0)
			return &rec.names[i].file;
	return NULL;
}

static void set_name(const char *name, int file)
{
	int *known = file_named(name);

	if (known) {
		*known = file;
		return;
	}
	assert_true(rec.n_names < NAMES && strlen(name) < 40);
	snprintf(rec.names[rec.n_names].name, 40, "%s", name);
	rec.names[rec.n_names++].file = file;
}

static void opened(int fd, const char *path, int flags)
{
	const char *name = ours(path);
	int *file;

	if (fd < 0 || fd >= FDS || !rec.on)
		return;
	rec.fd_file[fd] = strcmp(path, rec.dir) == 0 ? -1 : 0;
	if (!name)
		return;
	file = file_named(name);
	if (!file || !*file) {
		set_name(name, ++rec.files);
		note(E_CREATE, rec.files, 0)->name = mem_strdup(name);
		file = file_named(name);
	} else if (flags & O_TRUNC) {
		note(E_SIZE, *file, 0);
	}
	rec.fd_file[fd] = *file;
}

static int file_of(int fd)
{
	return rec.on && fd >= 0 && fd < FDS ? rec.fd_file[fd] : 0;
}

static void wrote(int fd, const void *p, ssize_t n, uint64_t at)
{
	struct event *e;

	if (n <= 0 || file_of(fd) <= 0)
		return;
	e = note(E_WRITE, file_of(fd), at);
	e->data = mem_dup(p, (size_t)n);
	e->len = (size_t)n;
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	opened(fd, path, flags);
	return fd;
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

int close(int fd)
{
	if (rec.on && fd >= 0 && fd < FDS)
		rec.fd_file[fd] = 0;
	return (int)syscall(SYS_close, fd);
}

ssize_t write(int fd, const void *p, size_t len)
{
	uint64_t at = file_of(fd) > 0 ? (uint64_t)lseek(fd, 0, SEEK_CUR) : 0;
	ssize_t n = syscall(SYS_write, fd, p, len);

	wrote(fd, p, n, at);
	return n;
}

ssize_t pwrite(int fd, const void *p, size_t len, off_t at)
{
	ssize_t n = syscall(SYS_pwrite64, fd, p, len, at);

	wrote(fd, p, n, (uint64_t)at);
	return n;
}

int ftruncate(int fd, off_t size)
{
	if (file_of(fd) > 0)
		note(E_SIZE, file_of(fd), (uint64_t)size);
	return (int)syscall(SYS_ftruncate, fd, size);
}

int fsync(int fd)
{
	if (file_of(fd) > 0)
		note(E_SYNC, file_of(fd), 0);
	else if (file_of(fd) < 0)
		note(E_SYNC_DIR, 0, 0);
	return 0;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

int rename(const char *from, const char *to)
{
	const char *a = ours(from), *b = ours(to);
	int rc = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);

	if (rc == 0 && a && b) {
		struct event *e = note(E_RENAME, 0, 0);

		e->name = mem_strdup(a);
		e->to = mem_strdup(b);
		set_name(b, *file_named(a));
		set_name(a, 0);
	}
	return rc;
}

int unlink(const char *path)
{
	const char *name = ours(path);
	int rc = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);

	if (rc == 0 && name) {
		note(E_UNLINK, 0, 0)->name = mem_strdup(name);
		set_name(name, 0);
	}
	return rc;
}

/* --- what a disk may hold --- */

struct image {
	struct str durable;
	const struct event **pending; /* since the last fsync */
	size_t n, cap;
};

struct entry {
	char *name;
	int file;
};

struct names {
	struct entry v[NAMES];
	size_t n;
};

static void apply_piece(struct str *s, uint64_t at, const char *p, size_t len)
{
	if (s->len < at + len) {
		size_t more = at + len - s->len;

		str_room(s, more);
		memset(s->p + s->len, 0, more);
		s->len = at + len;
	}
	memcpy(s->p + at, p, len);
}

static void resize(struct str *s, uint64_t size)
{
	static const char zero[1] = {0};

	if (size < s->len)
		s->len = size;
	else if (size > s->len)
		apply_piece(s, size - 1, zero, 1);
}

/* Luck 0: nothing that was not synced is there, 1: all, else each piece or not. */
static void apply(struct str *s, const struct event *e, uint64_t luck, uint64_t *dice)
{
	if (luck == 0)
		return;
	if (e->what == E_SIZE) {
		if (luck == 1 || (*dice = model_mix(*dice)) & 1)
			resize(s, e->number);
		return;
	}
	for (size_t done = 0; done < e->len;) {
		size_t len = PIECE - (e->number + done) % PIECE;

		len = len < e->len - done ? len : e->len - done;
		if (luck == 1 || (*dice = model_mix(*dice)) & 1)
			apply_piece(s, e->number + done, e->data + done, len);
		done += len;
	}
}

static void name_event(struct names *n, const struct event *e)
{
	int file = e->file;

	for (size_t i = 0; e->what != E_CREATE && i < n->n; i++)
		if (strcmp(n->v[i].name, e->name) == 0) {
			file = n->v[i].file;
			n->v[i--] = n->v[--n->n];
		}
	if (e->what == E_UNLINK)
		return;
	char *to = e->what == E_CREATE ? e->name : e->to;
	for (size_t i = 0; i < n->n; i++)
		if (strcmp(n->v[i].name, to) == 0) {
			n->v[i].file = file;
			return;
		}
	n->v[n->n++] = (struct entry){to, file};
}

static void flush_file(struct image *im)
{
	uint64_t dice = 0;

	for (size_t i = 0; i < im->n; i++)
		apply(&im->durable, im->pending[i], 1, &dice);
	im->n = 0;
}

static void put_file(const char *dir, const char *name, const struct str *s)
{
	char *path = file_join(dir, name);
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(s->len ? syscall(SYS_write, fd, s->p, s->len) : 0, s->len);
	syscall(SYS_close, fd);
	free(path);
}

/* The directory after the first `cut` events. */
static void make_disk(const char *dir, size_t cut, uint64_t luck, uint64_t dice, bool no_sync)
{
	struct image *files = mem_array((size_t)rec.files + 1, sizeof(*files));
	const struct event **moves = mem_array(rec.n + 1, sizeof(*moves));
	struct names names = {0};
	size_t n_moves = 0, keep;

	for (size_t i = 0; i < cut; i++) {
		const struct event *e = &rec.v[i];
		struct image *im = &files[e->file > 0 ? e->file : 0];

		if (e->what == E_WRITE || e->what == E_SIZE) {
			im->pending =
				mem_grow(im->pending, &im->cap, im->n + 1, sizeof(*im->pending));
			im->pending[im->n++] = e;
		} else if (e->what == E_SYNC && !no_sync) {
			flush_file(im);
		} else if (e->what == E_SYNC_DIR && !no_sync) {
			for (size_t k = 0; k < n_moves; k++)
				name_event(&names, moves[k]);
			n_moves = 0;
		} else if (e->what == E_CREATE || e->what == E_RENAME || e->what == E_UNLINK) {
			moves[n_moves++] = e;
		}
	}
	keep = luck == 0 ? 0 : luck == 1 ? n_moves : model_mix(dice) % (n_moves + 1);
	/* renames may reach the disk before the data of the file */
	if (luck == 3)
		keep = n_moves;
	for (size_t k = 0; k < keep; k++)
		name_event(&names, moves[k]);
	for (int f = 1; f <= rec.files; f++) {
		for (size_t k = 0; k < files[f].n; k++)
			apply(&files[f].durable, files[f].pending[k], luck, &dice);
		free(files[f].pending);
	}
	for (size_t i = 0; i < names.n; i++)
		put_file(dir, names.v[i].name, &files[names.v[i].file].durable);
	for (int f = 1; f <= rec.files; f++)
		str_done(&files[f].durable);
	free(files);
	free(moves);
}

/* --- the run --- */

static uint64_t prints[CHANGES + 1];

static void record(const char *dir, uint64_t run)
{
	struct model m = {0};
	struct cache *c;
	uint64_t first = run * 1000;

	rec.dir = dir;
	rec.dir_len = strlen(dir);
	rec.on = true;
	assert_int_equal(cache_open(&c, dir, "F", NULL, NULL), 0);
	prints[0] = model_print(&m);
	for (uint64_t i = 0; i < CHANGES; i++) {
		note(E_BEGIN, 0, i + 1);
		assert_int_equal(model_step(&m, c, SEED, first + i, NULL), 0);
		prints[i + 1] = model_print(&m);
		if (i % SYNC_EVERY == SYNC_EVERY - 1) {
			assert_int_equal(cache_sync(c, NULL), 0);
			note(E_DURABLE, 0, i + 1);
		}
		if (i % COMPACT_EVERY == COMPACT_EVERY - 1) {
			assert_int_equal(cache_compact(dir, "F", NULL), 0);
			note(E_DURABLE, 0, i + 1);
			assert_int_equal(cache_refresh(c, NULL), 1);
		}
	}
	cache_free(c);
	rec.on = false;
	model_done(&m);
}

static void forget(void)
{
	for (size_t i = 0; i < rec.n; i++) {
		free(rec.v[i].name);
		free(rec.v[i].to);
		free(rec.v[i].data);
	}
	free(rec.v);
	memset(&rec, 0, sizeof(rec));
}

/* True when the cache there is in a state it may be in. */
static bool sound(const char *dir, size_t cut)
{
	uint64_t low = 0, high = 0, print;
	struct cache_opened opened;
	struct cache *c;
	bool ok = false;

	for (size_t i = 0; i < cut; i++)
		if (rec.v[i].what == E_BEGIN)
			high = rec.v[i].number;
		else if (rec.v[i].what == E_DURABLE)
			low = rec.v[i].number;
	if (cache_open(&c, dir, "F", &opened, NULL) != 0)
		return false;
	print = model_print_cache(c);
	for (uint64_t i = low; i <= high; i++)
		ok |= print == prints[i];
	cache_free(c);
	return ok && !opened.rebuilt;
}

static size_t run(size_t cuts, bool no_sync)
{
	enum { CUTS_PER_RUN = 60 };
	size_t wrong = 0, events = 0, done = 0;

	for (uint64_t r = 0; done < cuts; r++) {
		char *dir = harness_dir(), *disk = harness_dir();

		record(dir, r);
		for (size_t i = 0; i < CUTS_PER_RUN && done < cuts; i++, done++) {
			uint64_t dice = model_mix(done);

			harness_remove(disk);
			assert_int_equal(mkdir(disk, 0700), 0);
			make_disk(disk, dice % (rec.n + 1), dice >> 40 & 3, dice, no_sync);
			wrong += !sound(disk, dice % (rec.n + 1));
		}
		events += rec.n;
		forget();
		harness_remove(dir);
		harness_remove(disk);
		free(dir);
		free(disk);
	}
	printf("# %zu cuts in runs of %zu events, %zu wrong\n", done, events, wrong);
	return wrong;
}

static void test_power(void **state)
{
	(void)state;
	assert_int_equal(run(harness_scale(3000), false), 0);
}

static void test_control(void **state)
{
	(void)state;
	/* the same disk where fsync does nothing */
	assert_true(run(200, true) > 50);
}

/* That libgdbm's calls are seen at all. */
static void test_sees_gdbm(void **state)
{
	char *dir = harness_dir();
	size_t writes = 0, syncs = 0;

	(void)state;
	record(dir, 0);
	for (size_t i = 0; i < rec.n; i++)
		if (rec.v[i].what == E_CREATE && strcmp(rec.v[i].name, "base.tmp") == 0)
			for (size_t k = i; k < rec.n; k++)
				if (rec.v[k].file == rec.v[i].file) {
					writes += rec.v[k].what == E_WRITE;
					syncs += rec.v[k].what == E_SYNC;
				}
	forget();
	harness_remove(dir);
	free(dir);
	assert_true(writes >= 10);
	assert_true(syncs >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sees_gdbm),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
