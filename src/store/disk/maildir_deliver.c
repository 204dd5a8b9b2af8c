#include "store/disk/maildir_priv.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* Messages into a Maildir: bytes under tmp, durable, then the name. */

/* ---- names ---- */

enum { HOST_MAX = 40, NAME_ROOM = 160 };

static void host_name(char out[HOST_MAX + 1])
{
	char host[65] = "";
	size_t n = 0;

	gethostname(host, sizeof(host) - 1);
	for (const char *p = host; *p && n < HOST_MAX; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			     (*p >= '0' && *p <= '9') || *p == '-' || *p == '.';

		out[n++] = plain ? *p : '_';
	}
	out[n] = '\0';
	if (!n)
		memcpy(out, "localhost", sizeof("localhost"));
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
	char host[HOST_MAX + 1];
	long pid;
	size_t n;
};

static void namer_start(struct namer *names)
{
	*names = (struct namer){.pid = (long)getpid()};
	hash_random_token(names->token, sizeof(names->token) - 1);
	host_name(names->host);
}

static void namer_next(
	struct namer *names, struct str *out, const struct maildir_mail *m, size_t size)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	str_room(out, NAME_ROOM);
	str_addf(out, "%lld.M%ldP%ldQ%zuR%s%s%s.%s",
		m->received ? (long long)m->received : (long long)now.tv_sec, now.tv_nsec / 1000,
		names->pid, ++names->n, names->token, m->tag && *m->tag ? "T" : "",
		m->tag ? m->tag : "", names->host);
	if (!m->part)
		str_addf(out, ",S=%zu", size);
}

void maildir_new_base(struct str *out, const char *tag, size_t size)
{
	struct namer names;

	namer_start(&names);
	namer_next(&names, out, &(struct maildir_mail){.tag = tag}, size);
}

/* The names of a message whose bytes are size octets in the file: in tmp, and then. */
static int choose_names(const char *dir, struct namer *names, struct maildir_mail *m, size_t size,
	struct str *name, bool *in_new)
{
	uint32_t flags = m->flags & MAIL_SERVER_FLAGS, letters = 0;

	str_clear(&m->base);
	if (m->tag && !tag_ok(m->tag))
		return err_set(&m->err, ERR_INPUT, _("A message tag must be letters and digits"));
	namer_next(names, &m->base, m, size);
	str_add(name, m->base.p, m->base.len);
	if (m->keywords && *m->keywords)
		letters = maildir_letters_for(dir, dir, 0, m->keywords);
	if (flags || letters)
		maildir_add_info(name, flags, "", letters);
	*in_new = !flags && !letters;
	return 0;
}

/* ---- writing ---- */

/* A file under tmp: its path begins at the directory at; shown is for people. */
struct tmp_file {
	int at;
	const char *path, *shown;
};

/* A descriptor that finish_tmp takes, or -1. */
static int write_tmp(const struct tmp_file *t, const char *p, size_t len, struct err *err)
{
	int fd = openat(t->at, t->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(err, _("Cannot create %s"), t->shown);
	if (file_write_all(fd, t->shown, p, len, err) == 0)
		return fd;
	close(fd);
	unlinkat(t->at, t->path, 0);
	return -1;
}

static int finish_tmp(int fd, const struct tmp_file *t, struct err *err)
{
	int rc = fsync(fd);

	if (rc != 0)
		rc = err_errno(err, _("Cannot write %s"), t->shown);
	if (close(fd) != 0 && rc == 0)
		rc = err_errno(err, _("Cannot write %s"), t->shown);
	if (rc != 0)
		unlinkat(t->at, t->path, 0);
	return rc;
}

int maildir_store(const char *dir, const char *base, const struct place *to, const char *p,
	size_t len, struct err *err)
{
	struct str tmp = STR_INIT;
	struct tmp_file t;
	int fd, rc;

	str_addf(&tmp, "%s/tmp/%s", dir, base);
	t = (struct tmp_file){AT_FDCWD, tmp.p, tmp.p};
	fd = write_tmp(&t, p, len, err);
	rc = fd < 0 ? -1 : finish_tmp(fd, &t, err);
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
	struct str text = STR_INIT, name = STR_INIT;
	struct place to = {0};
	struct namer names;
	bool in_new;
	int rc;

	namer_start(&names);
	str_add_lf(&text, p, len);
	rc = choose_names(dir, &names, &m, text.len, &name, &in_new);
	if (rc == 0) {
		maildir_place_set(&to, dir, in_new, name.p);
		rc = maildir_store(dir, m.base.p, &to, str_c(&text), text.len, &m.err);
	}
	if (rc != 0 && err)
		*err = m.err;
	*base = m.base;
	maildir_place_done(&to);
	str_done(&name);
	str_done(&text);
	return rc;
}

/* ---- many together ---- */

enum {
	TOGETHER_MIN = 8,
	OPEN_MAX_FILES = 200, /* at a time; there may be no more than 1024 descriptors */
	OTHERS_KB = 64 << 10  /* more dirty bytes than that are other people's: not waited for */
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

bool maildir_can_wait_together(int fd)
{
	long dirty;

	if (!syncfs_reports() || !syncfs_waits(fd))
		return false;
	dirty = dirty_kb();
	return dirty >= 0 && dirty <= OTHERS_KB;
}

/* One of a group. */
struct coming {
	struct maildir_mail *mail; /* its base is the name in tmp */
	struct str name;           /* in new or cur */
	bool in_new;
	int fd;
	bool whole; /* it is written, and in the end on the disk */
};

enum { CUR, NEW, TMP, SUBS };
static const char *const subs[SUBS] = {"cur", "new", "tmp"};

struct maildir_group {
	char *dir;
	struct namer names;
	struct coming *v;
	size_t n, cap;
	size_t first_open; /* those before are closed */
	int sub[SUBS];     /* the directories, opened when they are needed; -1 */
	bool together;     /* by syncfs; else each file is waited for on its own */
	bool named[2];     /* something got a name in cur, in new */
	pthread_t thread;
	bool on_thread, through, synced;
	struct err sync_err;
	atomic_bool over; /* the thread's work is */
	void (*done)(void *ctx);
	void *ctx;
};

struct maildir_group *maildir_group_new(const char *dir)
{
	struct maildir_group *g = mem_alloc(sizeof(*g));

	g->dir = mem_strdup(dir);
	for (int i = 0; i < SUBS; i++)
		g->sub[i] = -1;
	namer_start(&g->names);
	return g;
}

/* A short way to files: the kernel looks up the whole path only once. -1 with err. */
static int sub_of(struct maildir_group *g, int i, struct err *err)
{
	char *path;

	if (g->sub[i] >= 0)
		return g->sub[i];
	path = file_join(g->dir, subs[i]);
	g->sub[i] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->sub[i] < 0)
		err_errno(err, _("Cannot open %s"), path);
	free(path);
	return g->sub[i];
}

static struct tmp_file file_of(const struct maildir_group *g, const struct coming *c)
{
	return (struct tmp_file){g->sub[TMP], c->mail->base.p, g->dir};
}

static void fail_coming(const struct maildir_group *g, struct coming *c)
{
	unlinkat(g->sub[TMP], c->mail->base.p, 0);
	c->whole = false;
}

static void close_coming(const struct maildir_group *g, struct coming *c)
{
	if (c->fd >= 0 && close(c->fd) != 0) {
		err_errno(&c->mail->err, _("Cannot write %s"), g->dir);
		fail_coming(g, c);
	}
	c->fd = -1;
}

static void close_all(struct maildir_group *g)
{
	while (g->first_open < g->n)
		close_coming(g, &g->v[g->first_open++]);
}

/* The disk gets all of it to do before the first is waited for. */
static void wait_for_each(struct maildir_group *g)
{
	for (size_t i = g->first_open; i < g->n; i++)
		if (g->v[i].fd >= 0)
			sync_file_range(g->v[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	for (; g->first_open < g->n; g->first_open++) {
		struct coming *c = &g->v[g->first_open];

		struct tmp_file t = file_of(g, c);

		if (c->fd < 0)
			continue;
		c->whole = finish_tmp(c->fd, &t, &c->mail->err) == 0;
		c->fd = -1;
	}
}

/* One wait for everything that is written. */
static void wait_together(struct maildir_group *g)
{
	struct err err = {0};

	close_all(g);
	if (syncfs(g->sub[TMP]) == 0)
		return;
	err_errno(&err, _("Cannot write %s"), g->dir);
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].whole) {
			g->v[i].mail->err = err;
			fail_coming(g, &g->v[i]);
		}
}

void maildir_group_add(struct maildir_group *g, struct maildir_mail *m)
{
	int tmp = sub_of(g, TMP, &m->err);
	struct str text = STR_INIT;
	struct coming *c;

	g->v = mem_grow(g->v, &g->cap, g->n + 1, sizeof(*g->v));
	c = &g->v[g->n++];
	*c = (struct coming){.mail = m, .fd = -1};
	str_add_lf(&text, m->p, m->len);
	if (tmp >= 0 && choose_names(g->dir, &g->names, m, text.len, &c->name, &c->in_new) == 0) {
		struct tmp_file t = file_of(g, c);

		c->fd = write_tmp(&t, str_c(&text), text.len, &m->err);
	}
	c->whole = c->fd >= 0;
	str_done(&text);
	if (g->n == TOGETHER_MIN)
		g->together = tmp >= 0 && maildir_can_wait_together(tmp);
	if (g->together)
		close_all(g);
	else if (g->n - g->first_open == OPEN_MAX_FILES)
		wait_for_each(g);
}

static void wait_for_disk(struct maildir_group *g)
{
	if (g->together)
		wait_together(g);
	else
		wait_for_each(g);
}

static int rename_coming(struct maildir_group *g, const struct coming *c, struct err *err)
{
	struct str tmp = STR_INIT;
	struct place to = {0};
	int rc, sub = sub_of(g, c->in_new ? NEW : CUR, err);

	if (sub < 0)
		return -1;
	if (renameat2(g->sub[TMP], c->mail->base.p, sub, c->name.p, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return err_errno(err, _("Cannot write %s"), g->dir);
	str_addf(&tmp, "%s/tmp/%s", g->dir, c->mail->base.p);
	maildir_place_set(&to, g->dir, c->in_new, c->name.p);
	rc = file_rename_new(tmp.p, to.path.p);
	if (rc != 0)
		err_errno(err, _("Cannot create %s"), to.path.p);
	maildir_place_done(&to);
	str_done(&tmp);
	return rc;
}

static void name_all(struct maildir_group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		struct coming *c = &g->v[i];

		if (c->whole && rename_coming(g, c, &c->mail->err) != 0)
			fail_coming(g, c);
		if (!c->whole)
			str_clear(&c->mail->base);
		else
			g->named[c->in_new] = true;
		c->whole = false; /* under tmp */
	}
}

static void sync_names(struct maildir_group *g)
{
	for (int i = CUR; i <= NEW; i++)
		if (g->named[i] && g->sync_err.kind == ERR_NONE && fsync(g->sub[i]) != 0)
			err_errno(&g->sync_err, _("Cannot write directory %s"), g->dir);
	g->synced = true;
}

static void *group_main(void *arg)
{
	struct maildir_group *g = arg;

	wait_for_disk(g);
	name_all(g);
	sync_names(g);
	atomic_store(&g->over, true);
	g->done(g->ctx);
	return NULL;
}

void maildir_group_start(struct maildir_group *g, void (*done)(void *ctx), void *ctx)
{
	g->done = done;
	g->ctx = ctx;
	/* Where no thread is to be had, naming them waits. */
	g->on_thread = thread_start(&g->thread, 0, group_main, g) == 0;
}

bool maildir_group_is_over(const struct maildir_group *g)
{
	return !g->on_thread || atomic_load(&g->over);
}

/* No name in cur or new before its bytes are on the disk: a name counts as delivered. */
void maildir_group_name(struct maildir_group *g)
{
	if (g->on_thread) {
		pthread_join(g->thread, NULL);
	} else if (!g->through) {
		wait_for_disk(g);
		name_all(g);
	}
	g->on_thread = false;
	g->through = true;
}

size_t maildir_group_len(const struct maildir_group *g)
{
	return g->n;
}

struct maildir_mail *maildir_group_at(const struct maildir_group *g, size_t i)
{
	return g->v[i].mail;
}

int maildir_group_sync(struct maildir_group *g, struct err *err)
{
	if (!g->synced)
		sync_names(g);
	if (g->sync_err.kind == ERR_NONE)
		return 0;
	if (err)
		*err = g->sync_err;
	return -1;
}

void maildir_group_free(struct maildir_group *g)
{
	if (!g)
		return;
	if (g->on_thread)
		pthread_join(g->thread, NULL);
	close_all(g);
	for (size_t i = 0; i < g->n; i++) {
		if (g->v[i].whole)
			fail_coming(g, &g->v[i]);
		str_done(&g->v[i].name);
	}
	for (int i = 0; i < SUBS; i++)
		if (g->sub[i] >= 0)
			close(g->sub[i]);
	free(g->v);
	free(g->dir);
	free(g);
}

void maildir_deliver_many(const char *dir, struct maildir_mail *v, size_t n)
{
	struct maildir_group *g = maildir_group_new(dir);

	for (size_t i = 0; i < n; i++)
		maildir_group_add(g, &v[i]);
	maildir_group_name(g);
	maildir_group_free(g);
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
	struct tmp_file t;
	int fd, rc;

	str_add_lf(&text, p, len);
	maildir_new_base(&name, NULL, text.len);
	str_addf(&tmp, "%s/tmp/%s", dir, name.p);
	r.tmp = tmp.p;
	t = (struct tmp_file){AT_FDCWD, tmp.p, tmp.p};
	fd = write_tmp(&t, str_c(&text), text.len, err);
	rc = fd < 0 ? -1 : finish_tmp(fd, &t, err);
	if (rc == 0) {
		rc = maildir_with_message(dir, base, replace_place, &r, err);
		unlink(tmp.p);
	}
	str_done(&name);
	str_done(&tmp);
	str_done(&text);
	return rc;
}
