#include "store/maildir_priv.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* Messages into a Maildir: bytes under tmp, durable, then the name. */

/* ---- names ---- */

static void add_host(struct str *out)
{
	char host[65] = "";
	size_t n = 0;

	gethostname(host, sizeof(host) - 1);
	for (const char *p = host; *p && n < 40; p++, n++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			     (*p >= '0' && *p <= '9') || *p == '-' || *p == '.';

		str_addc(out, plain ? *p : '_');
	}
	if (!n)
		str_adds(out, "localhost");
}

static bool tag_ok(const char *tag)
{
	return strlen(tag) <= 80 &&
	       strspn(tag, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(tag);
}

const char *maildir_tag(const char *base, size_t digits)
{
	for (const char *p = strchr(base, 'T'); p; p = strchr(p + 1, 'T'))
		if (strspn(p + 1, "0123456789abcdef") == digits && p[1 + digits] == '.')
			return p + 1;
	return NULL;
}

/* What all names of one moment share, so that random bytes are drawn once for a group. */
struct namer {
	char token[11];
	struct str host;
	size_t n;
};

static void namer_start(struct namer *names)
{
	*names = (struct namer){.n = 0};
	hash_random_token(names->token, sizeof(names->token) - 1);
	add_host(&names->host);
}

static void namer_next(
	struct namer *names, struct str *out, const struct maildir_mail *m, size_t size)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	str_addf(out, "%lld.M%ldP%ldQ%zuR%s",
		m->received ? (long long)m->received : (long long)now.tv_sec, now.tv_nsec / 1000,
		(long)getpid(), ++names->n, names->token);
	if (m->tag && *m->tag)
		str_addf(out, "T%s", m->tag);
	str_addf(out, ".%s", str_c(&names->host));
	if (!m->part)
		str_addf(out, ",S=%zu", size);
}

void maildir_new_base(struct str *out, const char *tag, size_t size)
{
	struct namer names;

	namer_start(&names);
	namer_next(&names, out, &(struct maildir_mail){.tag = tag}, size);
	str_done(&names.host);
}

/* The names of a message whose bytes are size octets in the file. */
static int choose_names(
	const char *dir, struct namer *names, struct maildir_mail *m, size_t size, struct place *to)
{
	struct str name = STR_INIT;
	uint32_t flags = m->flags & MAIL_SERVER_FLAGS, letters = 0;

	str_clear(&m->base);
	if (m->tag && !tag_ok(m->tag))
		return err_set(&m->err, ERR_INPUT, _("A message tag must be letters and digits"));
	namer_next(names, &m->base, m, size);
	str_adds(&name, m->base.p);
	if (m->keywords && *m->keywords)
		letters = maildir_letters_for(dir, dir, 0, m->keywords);
	if (flags || letters)
		maildir_add_info(&name, flags, "", letters);
	maildir_place_set(to, dir, !flags && !letters, name.p);
	str_done(&name);
	return 0;
}

/* ---- writing ---- */

/* A descriptor that finish_tmp takes, or -1. */
static int write_tmp(const char *path, const char *p, size_t len, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(err, _("Cannot create %s"), path);
	if (file_write_all(fd, p, len, err) == 0)
		return fd;
	close(fd);
	unlink(path);
	return -1;
}

static int finish_tmp(int fd, const char *path, struct err *err)
{
	int rc = fsync(fd);

	if (rc != 0)
		rc = err_errno(err, _("Cannot write %s"), path);
	if (close(fd) != 0 && rc == 0)
		rc = err_errno(err, _("Cannot write %s"), path);
	if (rc != 0)
		unlink(path);
	return rc;
}

int maildir_store(const char *dir, const char *base, const struct place *to, const char *p,
	size_t len, struct err *err)
{
	struct str tmp = STR_INIT;
	int fd, rc;

	str_addf(&tmp, "%s/tmp/%s", dir, base);
	fd = write_tmp(tmp.p, p, len, err);
	rc = fd < 0 ? -1 : finish_tmp(fd, tmp.p, err);
	if (rc == 0 && file_rename_new(tmp.p, to->path.p) != 0) {
		rc = err_errno(err, _("Cannot create %s"), to->path.p);
		unlink(tmp.p);
	}
	str_done(&tmp);
	return rc;
}

int maildir_deliver(const char *dir, const char *p, size_t len, uint32_t flags, const char *tag,
	struct str *base, struct err *err)
{
	struct maildir_mail m = {.p = p, .len = len, .flags = flags, .tag = tag, .base = *base};
	struct str text = STR_INIT;
	struct place to = {0};
	struct namer names;
	int rc;

	namer_start(&names);
	str_add_lf(&text, p, len);
	rc = choose_names(dir, &names, &m, text.len, &to);
	if (rc == 0)
		rc = maildir_store(dir, m.base.p, &to, str_c(&text), text.len, &m.err);
	if (rc != 0 && err)
		*err = m.err;
	*base = m.base;
	maildir_place_done(&to);
	str_done(&names.host);
	str_done(&text);
	return rc;
}

/* ---- many together ---- */

enum {
	TOGETHER_MIN = 8,
	OTHERS_KB = 64 << 10 /* more dirty bytes than that are other people's: not waited for */
};

/* Kilobytes that wait to be written to all disks; -1: unknown. */
static long dirty_kb(void)
{
	char buf[4096], *at;
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return -1;
	buf[n] = '\0';
	at = strstr(buf, "Dirty:");
	return at ? strtol(at + 6, NULL, 10) : -1;
}

/* syncfs tells of failed writes since Linux 5.8. */
static bool syncfs_reports(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	return uname(&u) == 0 && sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 8));
}

/* File systems whose syncfs is known to wait for the disk: ext2 to ext4, XFS, Btrfs, F2FS, tmpfs,
 * overlayfs. */
static bool syncfs_waits(int fd)
{
	static const unsigned long kinds[] = {
		0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x01021994, 0x794c7630};
	struct statfs st;

	if (fstatfs(fd, &st) != 0)
		return false;
	for (size_t i = 0; i < MEM_COUNT(kinds); i++)
		if ((unsigned long)st.f_type == kinds[i])
			return true;
	return false;
}

/* A descriptor for syncfs, or -1: each file is better waited for on its own. */
static int open_together(const char *dir, size_t n)
{
	long dirty;
	int fd;

	if (n < TOGETHER_MIN || !syncfs_reports())
		return -1;
	dirty = dirty_kb();
	if (dirty < 0 || dirty > OTHERS_KB)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !syncfs_waits(fd)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

struct coming {
	struct str tmp;
	struct place to;
	int fd;
	bool whole; /* its bytes are on the disk */
};

static void begin_mail(
	const char *dir, struct namer *names, struct maildir_mail *m, struct coming *c)
{
	struct str text = STR_INIT;

	c->fd = -1;
	str_add_lf(&text, m->p, m->len);
	if (choose_names(dir, names, m, text.len, &c->to) == 0) {
		str_addf(&c->tmp, "%s/tmp/%s", dir, m->base.p);
		c->fd = write_tmp(c->tmp.p, str_c(&text), text.len, &m->err);
	}
	str_done(&text);
}

static void end_mail(struct maildir_mail *m, struct coming *c)
{
	if (c->whole && file_rename_new(c->tmp.p, c->to.path.p) != 0) {
		err_errno(&m->err, _("Cannot create %s"), c->to.path.p);
		unlink(c->tmp.p);
		c->whole = false;
	}
	if (!c->whole)
		str_clear(&m->base);
	maildir_place_done(&c->to);
	str_done(&c->tmp);
}

/* Everything is closed; then one wait for all of it. */
static void wait_together(int fs, struct maildir_mail *v, struct coming *c, size_t n)
{
	struct err err = {0};
	bool ok;

	for (size_t i = 0; i < n; i++) {
		c[i].whole = c[i].fd >= 0;
		if (c[i].whole && close(c[i].fd) != 0) {
			err_errno(&v[i].err, _("Cannot write %s"), c[i].tmp.p);
			unlink(c[i].tmp.p);
			c[i].whole = false;
		}
	}
	ok = syncfs(fs) == 0;
	if (!ok)
		err_errno(&err, _("Cannot write %s"), c[0].to.path.p);
	for (size_t i = 0; i < n && !ok; i++) {
		if (!c[i].whole)
			continue;
		v[i].err = err;
		unlink(c[i].tmp.p);
		c[i].whole = false;
	}
}

/* The disk gets all of it to do before the first is waited for. */
static void wait_for_each(struct maildir_mail *v, struct coming *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c[i].fd >= 0)
			sync_file_range(c[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	for (size_t i = 0; i < n; i++)
		c[i].whole = c[i].fd >= 0 && finish_tmp(c[i].fd, c[i].tmp.p, &v[i].err) == 0;
}

void maildir_deliver_many(const char *dir, struct maildir_mail *v, size_t n)
{
	struct coming *c = mem_array(n, sizeof(*c));
	struct namer names;
	int fs = open_together(dir, n);

	namer_start(&names);
	for (size_t i = 0; i < n; i++)
		begin_mail(dir, &names, &v[i], &c[i]);
	if (fs >= 0)
		wait_together(fs, v, c, n);
	else
		wait_for_each(v, c, n);
	/* No name in cur or new before its bytes are on the disk: a name counts as delivered. */
	for (size_t i = 0; i < n; i++)
		end_mail(&v[i], &c[i]);
	if (fs >= 0)
		close(fs);
	str_done(&names.host);
	free(c);
}

/* ---- other bytes for the same message ---- */

struct replacing {
	const char *dir, *tmp;
};

/* Exchanged, so that a name which another program changes meanwhile is never made anew. */
static int replace_place(void *ctx, struct place *at, struct err *err)
{
	struct replacing *r = ctx;

	if (renameat2(AT_FDCWD, r->tmp, AT_FDCWD, at->path.p, RENAME_EXCHANGE) == 0)
		return maildir_sync_sub(r->dir, at->in_new, err);
	if (errno == ENOENT)
		return 1;
	if (errno != EINVAL && errno != ENOSYS)
		return err_errno(err, _("Cannot write %s"), at->path.p);
	if (rename(r->tmp, at->path.p) != 0)
		return err_errno(err, _("Cannot write %s"), at->path.p);
	return maildir_sync_sub(r->dir, at->in_new, err);
}

int maildir_replace(const char *dir, const char *base, const char *p, size_t len, struct err *err)
{
	struct str text = STR_INIT, tmp = STR_INIT, name = STR_INIT;
	struct replacing r = {.dir = dir};
	int fd, rc;

	str_add_lf(&text, p, len);
	maildir_new_base(&name, NULL, text.len);
	str_addf(&tmp, "%s/tmp/%s", dir, name.p);
	r.tmp = tmp.p;
	fd = write_tmp(tmp.p, str_c(&text), text.len, err);
	rc = fd < 0 ? -1 : finish_tmp(fd, tmp.p, err);
	if (rc == 0) {
		rc = maildir_with_message(dir, base, replace_place, &r, err);
		unlink(tmp.p);
	}
	str_done(&name);
	str_done(&tmp);
	str_done(&text);
	return rc;
}
