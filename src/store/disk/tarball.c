#include "store/disk/tarball.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 256 * 1024 };

/* What went in, to be found again. */
struct item {
	char *name; /* owned */
	uint64_t size;
	uint32_t crc;
	bool dir;
};

struct tarball {
	char *path, *part;
	int fd, in; /* in: the file being copied, -1: none */
	struct archive *writer, *reader;
	struct item *items;
	size_t n, cap, at; /* at: of the check */
	uint64_t left, octets, size;
	uint64_t seen; /* of the entry being checked */
	uint32_t crc;
	bool within, committed;
	char *piece;
};

static int archive_failed(struct tarball *t, struct archive *a, struct err *err)
{
	const char *why = a ? archive_error_string(a) : NULL;
	int code = a ? archive_errno(a) : ENOMEM;

	if (code == ENOSPC || code == EDQUOT) {
		errno = code;
		return err_errno(err, _("Cannot write %s"), t->path);
	}
	return err_set(
		err, ERR_SYSTEM, _("Cannot write %s: %s"), t->path, why ? why : strerror(code));
}

static int open_writer(struct tarball *t, struct err *err)
{
	t->fd = file_open_part(t->path, &t->part, err);
	if (t->fd < 0)
		return -1;
	t->writer = archive_write_new();
	if (!t->writer || archive_write_add_filter_gzip(t->writer) != ARCHIVE_OK ||
		archive_write_set_format_pax_restricted(t->writer) != ARCHIVE_OK ||
		archive_write_open_fd(t->writer, t->fd) != ARCHIVE_OK)
		return archive_failed(t, t->writer, err);
	return 0;
}

int tarball_new(struct tarball **out, const char *path, struct err *err)
{
	struct tarball *t;

	*out = NULL;
	if (file_exists(path))
		return err_set(err, ERR_INPUT, _("%s exists already; choose another name"), path);
	t = mem_alloc(sizeof(*t));
	t->path = mem_strdup(path);
	t->in = -1;
	t->piece = mem_resize(NULL, PIECE, 1);
	if (open_writer(t, err) != 0) {
		tarball_free(t);
		return -1;
	}
	*out = t;
	return 0;
}

void tarball_free(struct tarball *t)
{
	if (!t)
		return;
	if (t->writer) /* its destructor would write on a full disk: not worth a word any more */
		archive_write_free(t->writer);
	if (t->reader)
		archive_read_free(t->reader);
	if (t->in >= 0)
		close(t->in);
	if (t->fd >= 0) {
		close(t->fd);
		if (!t->committed)
			unlink(t->part);
	}
	for (size_t i = 0; i < t->n; i++)
		free(t->items[i].name);
	free(t->items);
	free(t->piece);
	free(t->path);
	free(t->part);
	free(t);
}

static struct item *add_item(struct tarball *t, const char *name, bool dir)
{
	struct item *i;

	t->items = mem_grow(t->items, &t->cap, t->n + 1, sizeof(*t->items));
	i = &t->items[t->n++];
	*i = (struct item){.name = mem_strdup(name), .dir = dir};
	return i;
}

static int put_entry(struct tarball *t, const char *name, mode_t type, uint64_t size, int64_t mtime,
	struct err *err)
{
	struct archive_entry *e = archive_entry_new();
	int rc;

	if (!e)
		return archive_failed(t, NULL, err);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, type == S_IFDIR ? 0700 : 0600);
	archive_entry_set_size(e, (la_int64_t)size);
	archive_entry_set_mtime(e, (time_t)mtime, 0);
	rc = archive_write_header(t->writer, e);
	archive_entry_free(e);
	/* A warning: a name that is no text in this locale, stored as the bytes it is. */
	return rc == ARCHIVE_OK || rc == ARCHIVE_WARN ? 0 : archive_failed(t, t->writer, err);
}

int tarball_dir(struct tarball *t, const char *name, struct err *err)
{
	add_item(t, name, true);
	return put_entry(t, name, S_IFDIR, 0, 0, err);
}

int tarball_file(
	struct tarball *t, const char *name, int fd, uint64_t size, int64_t mtime, struct err *err)
{
	if (t->in >= 0)
		close(t->in);
	t->in = fd;
	t->left = size;
	add_item(t, name, false)->size = size;
	return put_entry(t, name, S_IFREG, size, mtime, err);
}

static ssize_t read_piece(int fd, char *to, size_t len)
{
	ssize_t n;

	do
		n = read(fd, to, len);
	while (n < 0 && errno == EINTR);
	return n;
}

int tarball_more(struct tarball *t, struct err *err)
{
	struct item *i = &t->items[t->n - 1];

	if (t->left) {
		size_t want = t->left < PIECE ? (size_t)t->left : PIECE;
		ssize_t n = read_piece(t->in, t->piece, want);

		if (n < 0)
			return err_errno(err, _("Cannot read %s"), i->name);
		if (n == 0)
			return err_set(err, ERR_SYSTEM,
				_("%s became shorter while it was read; try again"), i->name);
		if (archive_write_data(t->writer, t->piece, (size_t)n) != n)
			return archive_failed(t, t->writer, err);
		i->crc = hash_crc32c(i->crc, t->piece, (size_t)n);
		t->left -= (uint64_t)n;
		t->octets += (uint64_t)n;
	}
	if (t->left)
		return 1;
	close(t->in);
	t->in = -1;
	return 0;
}

int tarball_end(struct tarball *t, struct err *err)
{
	struct stat st;

	if (archive_write_close(t->writer) != ARCHIVE_OK)
		return archive_failed(t, t->writer, err);
	archive_write_free(t->writer);
	t->writer = NULL;
	if (fsync(t->fd) != 0 || fstat(t->fd, &st) != 0)
		return err_errno(err, _("Cannot write %s"), t->path);
	t->size = (uint64_t)st.st_size;
	/* So that the check reads what the disk has, not what we remember. */
	posix_fadvise(t->fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

/* --- reading back --- */

static int not_the_same(const struct tarball *t, struct err *err)
{
	return err_set(err, ERR_SYSTEM,
		_("%s does not read back as it was written: the disk may be bad; nothing was "
		  "kept"),
		t->path);
}

static int open_reader(struct tarball *t, struct err *err)
{
	if (lseek(t->fd, 0, SEEK_SET) != 0)
		return err_errno(err, _("Cannot read %s"), t->part);
	t->reader = archive_read_new();
	if (!t->reader || archive_read_support_filter_gzip(t->reader) != ARCHIVE_OK ||
		archive_read_support_format_tar(t->reader) != ARCHIVE_OK ||
		archive_read_open_fd(t->reader, t->fd, PIECE) != ARCHIVE_OK)
		return not_the_same(t, err);
	return 0;
}

/* A directory comes back with '/' at its end. */
static bool same_name(const struct item *i, const char *name)
{
	size_t len = strlen(i->name);

	return name && strncmp(name, i->name, len) == 0 &&
	       strcmp(name + len, i->dir ? "/" : "") == 0;
}

static int check_header(struct tarball *t, struct err *err)
{
	struct archive_entry *e;
	int rc = archive_read_next_header(t->reader, &e);
	const struct item *i = &t->items[t->at];

	if (rc == ARCHIVE_EOF && t->at == t->n)
		return 0;
	if ((rc != ARCHIVE_OK && rc != ARCHIVE_WARN) || t->at == t->n ||
		!same_name(i, archive_entry_pathname(e)))
		return not_the_same(t, err);
	t->within = true;
	t->seen = 0;
	t->crc = 0;
	return 1;
}

static int check_data(struct tarball *t, struct err *err)
{
	la_ssize_t n = archive_read_data(t->reader, t->piece, PIECE);
	const struct item *i = &t->items[t->at];

	if (n < 0)
		return not_the_same(t, err);
	t->crc = hash_crc32c(t->crc, t->piece, (size_t)n);
	t->seen += (uint64_t)n;
	if (n > 0)
		return 1;
	if (t->seen != i->size || t->crc != i->crc)
		return not_the_same(t, err);
	t->within = false;
	t->at++;
	return 1;
}

int tarball_check(struct tarball *t, struct err *err)
{
	if (!t->reader && open_reader(t, err) != 0)
		return -1;
	return t->within ? check_data(t, err) : check_header(t, err);
}

int tarball_commit(struct tarball *t, struct err *err)
{
	if (file_rename_new(t->part, t->path) != 0)
		return errno == EEXIST
			       ? err_set(err, ERR_INPUT,
					 _("%s exists already; choose another name"), t->path)
			       : err_errno(err, _("Cannot write %s"), t->path);
	t->committed = true;
	return file_sync_parent(t->path, err);
}

uint64_t tarball_octets(const struct tarball *t)
{
	return t->octets;
}

uint64_t tarball_size(const struct tarball *t)
{
	return t->size;
}

/* --- what others made --- */

/* None that would start a program. */
static struct archive *open_any(const char *p, size_t len)
{
	struct archive *a = archive_read_new();

	if (!a)
		return NULL;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_compress(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_7zip(a);
	archive_read_support_format_rar(a);
	archive_read_support_format_rar5(a);
	archive_read_support_format_cab(a);
	archive_read_support_format_cpio(a);
	if (archive_read_open_memory(a, p, len) == ARCHIVE_OK)
		return a;
	archive_read_free(a);
	return NULL;
}

/* What has its names between the files is unpacked on the way to the next. */
static bool is_stream(struct archive *a)
{
	int base = archive_format(a) & ARCHIVE_FORMAT_BASE_MASK;

	return base == ARCHIVE_FORMAT_TAR || base == ARCHIVE_FORMAT_CPIO;
}

/* False: that would be too much. */
static bool pass_over(struct archive *a, uint64_t *unpacked)
{
	const void *p;
	size_t n;
	la_int64_t offset;

	while (is_stream(a) && archive_read_data_block(a, &p, &n, &offset) == ARCHIVE_OK) {
		*unpacked += n;
		if (*unpacked > TARBALL_UNPACKED_MAX)
			return false;
	}
	return true;
}

static bool tell_entry(struct archive_entry *e, tarball_entry_fn *fn, void *ctx)
{
	const char *name = archive_entry_pathname_utf8(e);
	struct tarball_entry told = {.name = name ? name : archive_entry_pathname(e),
		.size = archive_entry_size_is_set(e) && archive_entry_size(e) > 0
				? (uint64_t)archive_entry_size(e)
				: 0,
		.mtime = archive_entry_mtime_is_set(e) ? archive_entry_mtime(e) : 0,
		.dir = archive_entry_filetype(e) == S_IFDIR,
		.encrypted = archive_entry_is_encrypted(e) > 0};

	told.name = told.name ? told.name : "";
	return fn(ctx, &told);
}

int tarball_list(const char *p, size_t len, tarball_entry_fn *fn, void *ctx, struct err *err)
{
	struct archive *a = open_any(p, len);
	struct archive_entry *e;
	uint64_t unpacked = 0;
	int rc = ARCHIVE_FATAL;
	const char *why;

	while (a && ((rc = archive_read_next_header(a, &e)) == ARCHIVE_OK || rc == ARCHIVE_WARN))
		if (!tell_entry(e, fn, ctx) || !pass_over(a, &unpacked)) {
			archive_read_free(a);
			return 1;
		}
	why = a ? archive_error_string(a) : NULL;
	if (rc != ARCHIVE_EOF)
		err_set(err, ERR_INPUT, _("This archive cannot be read: %s"),
			why ? why : _("its kind is not known"));
	archive_read_free(a);
	return rc == ARCHIVE_EOF ? 0 : -1;
}
