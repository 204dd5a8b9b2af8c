#include "store/disk/gdbmf.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <errno.h>
#include <gdbm.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct gdbmf {
	GDBM_FILE db;
	char *path;
	uint64_t size;
	bool bad; /* GDBM clears its own mark with the next harmless error */
};

static void make_key(unsigned char key[5], char tag, uint32_t index)
{
	key[0] = (unsigned char)tag;
	for (int i = 0; i < 4; i++)
		key[1 + i] = (unsigned char)(index >> (24 - 8 * i));
}

/* With each bucket that GDBM keeps it keeps the record that was read from it last: those of all
 * would be a sixth of the base in memory. A small base has fewer. */
enum { BUCKETS = 4 };

static void wrap(struct gdbmf **out, GDBM_FILE db, const char *path)
{
	struct stat st;

	*out = mem_alloc(sizeof(**out));
	(*out)->db = db;
	(*out)->path = mem_strdup(path);
	if (fstat(gdbm_fdesc(db), &st) == 0)
		(*out)->size = (uint64_t)st.st_size;
}

/* Read by pread, not mapped: a mapping of a file that somebody shortens, or of a full disk, is a
 * SIGBUS. GDBM's own lock is of no use: it is taken after the header was read. */
int gdbmf_open(struct gdbmf **out, const char *path, struct err *err)
{
	size_t buckets = BUCKETS;
	struct stat st;
	GDBM_FILE db;

	if (stat(path, &st) != 0)
		return errno == ENOENT ? err_set(err, ERR_GONE, _("%s does not exist"), path)
				       : err_errno(err, _("Cannot open %s"), path);
	errno = 0;
	db = gdbm_open(path, 0, GDBM_READER | GDBM_NOLOCK | GDBM_NOMMAP | GDBM_CLOEXEC, 0, NULL);
	if (!db && gdbm_errno == GDBM_FILE_OPEN_ERROR)
		return errno == ENOENT ? err_set(err, ERR_GONE, _("%s does not exist"), path)
				       : err_errno(err, _("Cannot open %s"), path);
	if (db && gdbm_needs_recovery(db)) {
		gdbm_close(db);
		db = NULL;
	}
	if (!db)
		return err_set(err, ERR_DAMAGED, _("%s is damaged"), path);
	gdbm_setopt(db, GDBM_SETCACHESIZE, &buckets, sizeof(buckets));
	wrap(out, db, path);
	return 0;
}

int gdbmf_create(struct gdbmf **out, const char *path, struct err *err)
{
	GDBM_FILE db = gdbm_open(path, 4096,
		GDBM_NEWDB | GDBM_NOLOCK | GDBM_NOMMAP | GDBM_CLOEXEC | GDBM_BSEXACT, 0600, NULL);

	if (!db)
		return err_errno(err, _("Cannot create %s"), path);
	wrap(out, db, path);
	return 0;
}

unsigned char *gdbmf_fetch(struct gdbmf *f, char tag, uint32_t index, size_t *len)
{
	unsigned char key[5];
	datum d, k = {(char *)key, sizeof(key)};

	*len = 0;
	if (f->bad)
		return NULL;
	make_key(key, tag, index);
	d = gdbm_fetch(f->db, k);
	if (!d.dptr) {
		f->bad = gdbm_needs_recovery(f->db);
		return NULL;
	}
	if (d.dsize <= 0 || d.dsize > GDBMF_MAX_RECORD) {
		free(d.dptr);
		return NULL;
	}
	*len = (size_t)d.dsize;
	return (unsigned char *)d.dptr;
}

static int write_failed(struct gdbmf *f, struct err *err)
{
	f->bad = true;
	if (!errno)
		errno = EIO;
	return err_errno(err, _("Cannot write %s"), f->path);
}

int gdbmf_store(
	struct gdbmf *f, char tag, uint32_t index, const void *p, size_t len, struct err *err)
{
	unsigned char key[5];
	datum k = {(char *)key, sizeof(key)};
	union {
		const void *in;
		char *out; /* GDBM's datum knows no const */
	} u = {.in = p};
	datum d = {u.out, (int)len};

	if (f->bad || len > GDBMF_MAX_RECORD)
		return err_set(err, ERR_SYSTEM, _("Cannot write %s"), f->path);
	make_key(key, tag, index);
	errno = 0;
	if (gdbm_store(f->db, k, d, GDBM_INSERT) != 0)
		return write_failed(f, err);
	return 0;
}

int gdbmf_finish(struct gdbmf *f, struct err *err)
{
	errno = 0;
	if (f->bad || gdbm_needs_recovery(f->db) || gdbm_sync(f->db) != 0 ||
		gdbm_needs_recovery(f->db) || fsync(gdbm_fdesc(f->db)) != 0)
		return write_failed(f, err);
	return 0;
}

uint64_t gdbmf_size(const struct gdbmf *f)
{
	return f->size;
}

void gdbmf_close(struct gdbmf *f)
{
	if (!f)
		return;
	gdbm_close(f->db);
	free(f->path);
	free(f);
}
