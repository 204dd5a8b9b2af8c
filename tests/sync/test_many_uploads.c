/*
 * Many messages on their way from here to a server's folder (odd.py): the disk is waited for once
 * for many of them, nothing is told before that, and nobody waits for all of it.
 */
#include "base/file.h"
#include "base/mem.h"
#include "tests/sync/odd.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANY = 250, SOME = 20, WAITS_MAX = 10 };

/* --- the disk --- */

static atomic_int dirs, records; /* how often it was waited for: for directories, for the journal */
static atomic_bool disk_is_bad;  /* whoever waits for files hears so */
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_syncfs(int fd);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_syncfs(int fd);

/* A disk that makes those wait who wait for append/, while a test wants it to. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool slow;
	int waiting;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool is_append(int fd)
{
	char link[64], path[512];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return strstr(path, "/append");
}

static int verdict(int fd, int rc)
{
	if (!is_append(fd))
		return rc;
	pthread_mutex_lock(&disk.lock);
	disk.waiting++;
	pthread_cond_broadcast(&disk.changed);
	while (disk.slow)
		pthread_cond_wait(&disk.changed, &disk.lock);
	disk.waiting--;
	pthread_mutex_unlock(&disk.lock);
	if (!atomic_load(&disk_is_bad))
		return rc;
	errno = EIO;
	return -1;
}

static void slow_disk(void)
{
	pthread_mutex_lock(&disk.lock);
	disk.slow = true;
	pthread_mutex_unlock(&disk.lock);
}

/* Once somebody waits for it. */
static void somebody_waits(void)
{
	pthread_mutex_lock(&disk.lock);
	while (!disk.waiting)
		pthread_cond_wait(&disk.changed, &disk.lock);
	pthread_mutex_unlock(&disk.lock);
}

static void quick_disk(void)
{
	pthread_mutex_lock(&disk.lock);
	disk.slow = false;
	pthread_cond_broadcast(&disk.changed);
	pthread_mutex_unlock(&disk.lock);
}

int __wrap_fsync(int fd)
{
	struct stat st;

	atomic_fetch_add(&dirs, fstat(fd, &st) == 0 && S_ISDIR(st.st_mode));
	return verdict(fd, __real_fsync(fd));
}

int __wrap_syncfs(int fd)
{
	return verdict(fd, __real_syncfs(fd));
}

int __wrap_fdatasync(int fd)
{
	atomic_fetch_add(&records, 1);
	return __real_fdatasync(fd);
}

static void few_waits(void)
{
	assert_in_range(atomic_exchange(&dirs, 0), 1, WAITS_MAX);
	assert_in_range(atomic_exchange(&records, 0), 1, WAITS_MAX);
}

/* --- helpers --- */

static void make_maildir(const char *path, int n)
{
	char *sub;

	assert_int_equal(mkdir(path, 0700), 0);
	for (int i = 0; i < 3; i++) {
		sub = text_of("%s/%s", path, ((const char *[]){"cur", "new", "tmp"})[i]);
		assert_int_equal(mkdir(sub, 0700), 0);
	}
	for (int i = 1; i <= n; i++) {
		char *file = text_of("%s/cur/%d.x:2,S", path, i);
		FILE *f = fopen(file, "w");

		assert_non_null(f);
		fprintf(f,
			"From: s@example.org\nSubject: Message %d\nMessage-ID: <up%d@x>\n\nText "
			"%d\n",
			i, i, i);
		fclose(f);
	}
}

static size_t files_in(const struct person *p, const char *below)
{
	char *path = text_of("%s/XDG_DATA_HOME/talaria/test/%s", p->home, below);
	DIR *d = opendir(path);
	size_t n = 0;

	assert_non_null(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* Nobody online; Archive is known. */
static struct person *somebody_offline(char **maildir)
{
	struct person *p = BY_IMAP("fill INBOX 1", "fill Archive 0");

	filled(p, 1);
	UNTIL(p, engine_find_folder(p->engine, 0, "Archive") >= 0);
	stop(p);
	*maildir = text_of("%s/XDG_DATA_HOME/talaria/test/mail/.Old", p->home);
	make_maildir(*maildir, MANY);
	start(p, true);
	return p;
}

static void all_wait(struct person *p)
{
	assert_int_equal(engine_pending(p->engine), MANY);
	assert_int_equal(files_in(p, "append"), MANY);
}

static void import_waits_for_the_disk_once_for_many(void **state)
{
	char *maildir;
	struct person *p = somebody_offline(&maildir);

	atomic_store(&dirs, 0);
	atomic_store(&records, 0);
	done(p, engine_import(p->engine, 0, maildir, "Archive"));
	few_waits();
	all_wait(p);
	free(maildir);
}

static struct msglist *local_folder(struct person *p, uint32_t **uids)
{
	struct msglist *l = open_with(p, "Local/Old", MANY);

	*uids = mem_array(MANY, sizeof(**uids));
	for (size_t i = 0; i < MANY; i++)
		(*uids)[i] = msglist_uid(l, i);
	atomic_store(&dirs, 0);
	atomic_store(&records, 0);
	return l;
}

static void copy_waits_for_the_disk_once_for_many(void **state)
{
	uint32_t *uids;
	char *maildir;
	unsigned copy, other;
	bool between = false;
	struct event *ev;
	struct person *p = somebody_offline(&maildir);
	struct msglist *l = local_folder(p, &uids);

	slow_disk();
	copy = engine_copy(p->engine, l, uids, MANY, "Archive");
	somebody_waits();
	other = engine_drafts(p->engine, 0);
	quick_disk();
	while ((ev = next_event(p->engine, clock_ms() + PATIENCE_MS)) &&
		(ev->request != copy || ev->kind == EVENT_PROGRESS)) {
		between |= ev->request == other;
		event_free(ev);
	}
	assert_non_null(ev);
	assert_int_equal(ev->kind, EVENT_DONE);
	has(ev->done.text, "250 messages copied to Archive");
	event_free(ev);
	/* Nobody waits for all of it. */
	assert_true(between);
	few_waits();
	all_wait(p);
	free(uids);
	free(maildir);
}

/* What was told as on its way is, with its file; the rest is not. */
static void copy_that_is_cancelled(void **state)
{
	uint32_t *uids;
	char *maildir;
	struct event *ev;
	unsigned copy;
	struct person *p = somebody_offline(&maildir);
	struct msglist *l = local_folder(p, &uids);

	slow_disk();
	copy = engine_copy(p->engine, l, uids, MANY, "Archive");
	somebody_waits();
	engine_cancel(p->engine, copy);
	quick_disk();
	ev = answer(p, copy);
	assert_int_equal(ev->kind, EVENT_CANCELLED);
	has(event_error(ev), "messages were copied to Archive before");
	event_free(ev);
	event_free(answer(p, engine_drafts(p->engine, 0)));
	assert_true(engine_pending(p->engine) > 0 && engine_pending(p->engine) < MANY);
	assert_int_equal(files_in(p, "append"), engine_pending(p->engine));
	free(uids);
	free(maildir);
}

static void disk_that_fails_leaves_nothing_half(void **state)
{
	uint32_t *uids;
	char *maildir;
	struct event *ev;
	struct person *p = somebody_offline(&maildir);
	struct msglist *l = local_folder(p, &uids);

	atomic_store(&disk_is_bad, true);
	ev = answer(p, engine_copy(p->engine, l, uids, MANY, "Archive"));
	atomic_store(&disk_is_bad, false);
	assert_int_equal(ev->kind, EVENT_FAILED);
	has(event_error(ev), "Input/output error");
	event_free(ev);
	assert_int_equal(engine_pending(p->engine), 0);
	assert_int_equal(files_in(p, "append"), 0);
	done(p, engine_copy(p->engine, l, uids, MANY, "Archive"));
	all_wait(p);
	free(uids);
	free(maildir);
}

/* As they were, each once. */
static void copies_go_up(void **state)
{
	uint32_t *uids;
	char *maildir;
	struct person *p = somebody_offline(&maildir);
	struct msglist *l = local_folder(p, &uids);

	done(p, engine_copy(p->engine, l, uids, SOME, "Archive"));
	engine_set_offline(p->engine, false);
	settled(p);
	assert_int_equal(number("count Archive"), SOME);
	assert_int_equal(number("marked Archive \\Seen"), SOME);
	assert_int_equal(files_in(p, "append"), 0);
	free(uids);
	free(maildir);
}

static void import_that_is_cancelled(void **state)
{
	char *maildir;
	unsigned import;
	struct person *p = somebody_offline(&maildir);

	slow_disk();
	import = engine_import(p->engine, 0, maildir, "Archive");
	somebody_waits();
	engine_cancel(p->engine, import);
	quick_disk();
	ends(p, import, EVENT_CANCELLED);
	event_free(answer(p, engine_drafts(p->engine, 0)));
	assert_true(engine_pending(p->engine) > 0 && engine_pending(p->engine) < MANY);
	assert_int_equal(files_in(p, "append"), engine_pending(p->engine));
	/* Run again it goes on where it stood. */
	done(p, engine_import(p->engine, 0, maildir, "Archive"));
	all_wait(p);
	free(maildir);
}

/* What the disk lost was not imported, and is not said to be. */
static void import_to_a_disk_that_fails(void **state)
{
	char *maildir;
	struct event *ev;
	struct person *p = somebody_offline(&maildir);

	atomic_store(&disk_is_bad, true);
	ev = answer(p, engine_import(p->engine, 0, maildir, "Archive"));
	atomic_store(&disk_is_bad, false);
	assert_int_equal(ev->kind, EVENT_FAILED);
	has(event_error(ev), "Input/output error");
	assert_null(strstr(event_error(ev), "imported"));
	event_free(ev);
	assert_int_equal(engine_pending(p->engine), 0);
	assert_int_equal(files_in(p, "append"), 0);
	free(maildir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(import_waits_for_the_disk_once_for_many),
		ODD_CASE(copy_waits_for_the_disk_once_for_many),
		ODD_CASE(copies_go_up),
		ODD_CASE(copy_that_is_cancelled),
		ODD_CASE(disk_that_fails_leaves_nothing_half),
		ODD_CASE(import_that_is_cancelled),
		ODD_CASE(import_to_a_disk_that_fails),
	};

	return ODD_RUN(tests);
}
