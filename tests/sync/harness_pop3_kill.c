/*
 * Kills the program while it fetches by POP3 from Dovecot, at system calls drawn by lot, and lets
 * the next start go on from there, until the server is empty (pop3-keep never) and 2,000 messages
 * are here: none may be lost, none may be here twice. Now and then the disk is full for a while or
 * the link drops instead.
 *
 * The linker gives the program our write, rename, send and so on (--wrap): one of them is the last
 * the child does; a write may be cut in the middle. After each kill every message must be on the
 * server or, whole, in the Maildir here. The controls are programs with a fault: one that tells the
 * ledger before the bytes are written, one whose files do not say which message they are.
 *
 * TALARIA_HARNESS_SCALE multiplies the number of kills, TALARIA_SEED is the first seed.
 */
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "store/disk/maildir.h"
#include "store/disk/stub.h"
#include "tests/sync/person.h"
#include "tests/unit/harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGES = 2000, KILLS = 1000, CONTROL_KILLS = 150, CALLS = 2500, FULL_CALLS = 40 };
enum { LIMIT_MS = 60000, KILLS_MIN = 100 }; /* a slow machine does fewer, and says so */
enum fault { FAULT_NONE, FAULT_TOLD_EARLY, FAULT_NO_NAMES };

/* ---- the killer: in the child, any thread ---- */

enum end { END_KILL, END_FULL, END_DROP };

static _Atomic long calls_left = -1; /* below 0: never */
static _Atomic long full_left;
static enum end end_kind;
static enum fault broken;

ssize_t __real_write(int fd, const void *p, size_t len);
ssize_t __real_pwrite(int fd, const void *p, size_t len, off_t off);
ssize_t __real_send(int fd, const void *p, size_t len, int flags);
int __real_rename(const char *from, const char *to);
int __real_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __real_unlink(const char *path);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_syncfs(int fd);
struct maildir_group *__real_maildir_group_new(const char *dir);
void __real_maildir_group_add(struct maildir_group *g, struct maildir_mail *m);
void __real_stub_tag(const unsigned char key[STUB_KEY], char tag[STUB_TAG]);
ssize_t __wrap_write(int fd, const void *p, size_t len);
ssize_t __wrap_pwrite(int fd, const void *p, size_t len, off_t off);
ssize_t __wrap_send(int fd, const void *p, size_t len, int flags);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_unlink(const char *path);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_syncfs(int fd);
struct maildir_group *__wrap_maildir_group_new(const char *dir);
void __wrap_maildir_group_add(struct maildir_group *g, struct maildir_mail *m);
void __wrap_stub_tag(const unsigned char key[STUB_KEY], char tag[STUB_TAG]);

static void drop_links(void)
{
	struct stat st;

	for (int fd = 3; fd < 100; fd++)
		if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
			shutdown(fd, SHUT_RDWR);
}

static bool last_call(void)
{
	long left = atomic_load(&calls_left);

	if (left < 0 || atomic_fetch_sub(&calls_left, 1) != 0)
		return false;
	if (end_kind == END_KILL)
		return true;
	if (end_kind == END_FULL)
		atomic_store(&full_left, FULL_CALLS);
	else
		drop_links();
	return false;
}

static void die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static bool disk_full(void)
{
	if (atomic_load(&full_left) <= 0 || atomic_fetch_sub(&full_left, 1) <= 0)
		return false;
	errno = ENOSPC;
	return true;
}

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

#define WRAPPED(call)                                                                              \
	do {                                                                                       \
		bool last = last_call();                                                           \
		int rc;                                                                            \
                                                                                                   \
		if (last && rand() % 2)                                                            \
			die();                                                                     \
		rc = call;                                                                         \
		if (last)                                                                          \
			die();                                                                     \
		return rc;                                                                         \
	} while (0)

ssize_t __wrap_write(int fd, const void *p, size_t len)
{
	if (!is_file(fd))
		return __real_write(fd, p, len);
	if (last_call()) {
		if (__real_write(fd, p, len ? (size_t)rand() % len : 0) >= 0)
			die();
	}
	return disk_full() ? -1 : __real_write(fd, p, len);
}

ssize_t __wrap_pwrite(int fd, const void *p, size_t len, off_t off)
{
	if (last_call()) {
		if (__real_pwrite(fd, p, len ? (size_t)rand() % len : 0, off) >= 0)
			die();
	}
	return disk_full() ? -1 : __real_pwrite(fd, p, len, off);
}

ssize_t __wrap_send(int fd, const void *p, size_t len, int flags)
{
	bool last = last_call();

	if (last && rand() % 2)
		die();
	len = (size_t)__real_send(fd, p, len, flags);
	if (last)
		die();
	return (ssize_t)len;
}

int __wrap_rename(const char *from, const char *to)
{
	WRAPPED(__real_rename(from, to));
}

int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	WRAPPED(__real_renameat2(a, from, b, to, flags));
}

int __wrap_unlink(const char *path)
{
	WRAPPED(__real_unlink(path));
}

/* A kill does not lose what the kernel has: nothing is waited for. */
int __wrap_fsync(int fd)
{
	(void)fd;
	WRAPPED(0);
}

int __wrap_fdatasync(int fd)
{
	(void)fd;
	WRAPPED(0);
}

int __wrap_syncfs(int fd)
{
	(void)fd;
	WRAPPED(disk_full() ? -1 : 0);
}

/* ---- the faults of the controls ---- */

struct late {
	char *bytes, *path;
	size_t len;
};
static struct late late[MESSAGES];
static size_t nlate;
static char *late_dir;

static void write_late(void)
{
	for (size_t i = 0; i < nlate; i++) {
		file_replace(late[i].path, late[i].bytes, late[i].len, 0600, NULL);
		free(late[i].path);
		free(late[i].bytes);
	}
	nlate = 0;
}

/* The wrong way: said to be delivered, written with the next group. */
static void tell_early(struct maildir_mail *m)
{
	static unsigned made;
	struct str path = STR_INIT;

	str_addf(&m->base, "%ld.P%dQ%uT%s.early,S=%zu", (long)time(NULL), (int)getpid(), ++made,
		m->tag ? m->tag : "", m->len);
	str_addf(&path, "%s/new/%s", late_dir, m->base.p);
	late[nlate++] = (struct late){
		.path = str_steal(&path), .bytes = mem_dup(m->p, m->len), .len = m->len};
}

struct maildir_group *__wrap_maildir_group_new(const char *dir)
{
	write_late();
	free(late_dir);
	late_dir = mem_strdup(dir);
	return __real_maildir_group_new(dir);
}

void __wrap_maildir_group_add(struct maildir_group *g, struct maildir_mail *m)
{
	if (broken == FAULT_TOLD_EARLY)
		tell_early(m);
	else
		__real_maildir_group_add(g, m);
}

/* The wrong way: names that say nothing, so that a survivor is not recognised. */
void __wrap_stub_tag(const unsigned char key[STUB_KEY], char tag[STUB_TAG])
{
	static unsigned n;

	__real_stub_tag(key, tag);
	if (broken == FAULT_NO_NAMES)
		snprintf(tag, STUB_TAG, "%016x%016x", ++n, (unsigned)getpid());
}

/* ---- the messages ---- */

static void make_mail(struct str *out, unsigned round, unsigned i)
{
	str_addf(out,
		"From: s%u@example.org\nTo: you@example.org\nSubject: %u %u\n"
		"Message-ID: <%u.%u@kill>\nDate: Mon, 6 Jan 2025 10:%02u:%02u +0000\n\n",
		i, round, i, round, i, i / 60 % 60, i % 60);
	for (unsigned k = 0; k < i * 2654435761u % 40; k++)
		str_addf(out, "line %u of message %u\n", k, i);
	str_addf(out, "end %u\n", i);
}

static char *server_dir(const char *user, const char *sub)
{
	struct str s = STR_INIT;

	str_addf(&s, "%s/%s/Maildir/%s", getenv("SRV_MAIL"), user, sub);
	return str_steal(&s);
}

static void fill_server(const char *user, unsigned round)
{
	char *home = file_join(getenv("SRV_MAIL"), user);
	static const char *const subs[] = {"", "cur", "new", "tmp"};
	struct stat st;

	assert_int_equal(stat(home, &st), 0);
	for (size_t i = 0; i < MEM_COUNT(subs); i++) {
		char *dir = server_dir(user, subs[i]);

		mkdir(dir, 0700);
		assert_int_equal(chown(dir, st.st_uid, st.st_gid), 0);
		free(dir);
	}
	for (unsigned i = 0; i < MESSAGES; i++) {
		struct str text = STR_INIT, path = STR_INIT;
		int fd;

		make_mail(&text, round, i);
		str_addf(&path, "%s/Maildir/cur/%u.M%uR%u.kill:2,", home, 1700000000 + i, i, round);
		fd = open(path.p, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(__real_write(fd, text.p, text.len), (ssize_t)text.len);
		assert_int_equal(fchown(fd, st.st_uid, st.st_gid), 0);
		close(fd);
		str_done(&text);
		str_done(&path);
	}
	free(home);
}

/* ---- the model ---- */

struct tally {
	unsigned kills, fulls, drops, starts, fetches, lost, doubled, broken_files;
};

struct look {
	unsigned round;
	struct map *known;           /* borrowed; files found whole before: number + 1 */
	unsigned char *there, *here; /* how often */
};

static void look_at_server(const char *user, struct look *l)
{
	static const char *const subs[] = {"cur", "new"};

	for (size_t s = 0; s < MEM_COUNT(subs); s++) {
		char *dir = server_dir(user, subs[s]);
		DIR *d = opendir(dir);
		struct dirent *de;
		unsigned t, i, r;

		while (d && (de = readdir(d)))
			if (sscanf(de->d_name, "%u.M%uR%u.", &t, &i, &r) == 3 && r == l->round &&
				i < MESSAGES)
				l->there[i]++;
		if (d)
			closedir(d);
		free(dir);
	}
}

static unsigned number_of(const char *path, unsigned round)
{
	struct str text = STR_INIT, want = STR_INIT;
	unsigned i = MESSAGES, r = 0;
	char *subject;

	if (file_read(path, 1 << 20, &text, NULL) == 0 &&
		(subject = strstr(str_c(&text), "Subject: ")) &&
		sscanf(subject, "Subject: %u %u", &r, &i) == 2 && r == round && i < MESSAGES)
		make_mail(&want, round, i);
	if (i < MESSAGES && broken == FAULT_TOLD_EARLY)
		want.len = text.len; /* it keeps CRLF */
	else if (want.len != text.len || memcmp(str_c(&want), str_c(&text), want.len) != 0)
		i = MESSAGES;
	str_done(&text);
	str_done(&want);
	return i;
}

static void look_here(const char *mail, struct look *l, struct tally *t)
{
	static const char *const subs[] = {"cur", "new"};

	for (size_t s = 0; s < MEM_COUNT(subs); s++) {
		char *dir = file_join(mail, subs[s]);
		DIR *d = opendir(dir);
		struct dirent *de;

		while (d && (de = readdir(d))) {
			char *path;
			unsigned i;

			if (de->d_name[0] == '.')
				continue;
			path = file_join(dir, de->d_name);
			i = (unsigned)(uintptr_t)map_get(l->known, de->d_name);
			i = i ? i - 1 : number_of(path, l->round);
			if (i < MESSAGES) {
				l->here[i]++;
				map_put(l->known, de->d_name, (void *)(uintptr_t)(i + 1));
			} else {
				t->broken_files++;
			}
			free(path);
		}
		if (d)
			closedir(d);
		free(dir);
	}
}

/* Everything is on the server or here; here at most once. False: something is missing there still.
 */
static bool check(
	const char *user, const char *mail, unsigned round, struct map *known, struct tally *t)
{
	struct look l = {.known = known,
		.round = round,
		.there = mem_alloc(MESSAGES),
		.here = mem_alloc(MESSAGES)};
	unsigned left = 0;

	look_at_server(user, &l);
	look_here(mail, &l, t);
	for (unsigned i = 0; i < MESSAGES; i++) {
		t->lost += !l.there[i] && !l.here[i];
		t->doubled += l.here[i] > 1;
		left += l.there[i] != 0;
	}
	free(l.there);
	free(l.here);
	return left == 0;
}

/* ---- the child ---- */

static void fetch(const char *config)
{
	struct person p = {.config = mem_strdup(config)};
	struct event *ev;

	start(&p, false);
	/* The first may have joined a session that broke. */
	for (int i = 0, ended = 0; i < 2 && !ended; i++) {
		ev = answer(&p, engine_sync(p.engine, 0));
		ended = ev->kind == EVENT_DONE;
		event_free(ev);
	}
	engine_free(p.engine);
	_exit(0);
}

/* True: it was killed. */
static bool one_start(const char *config, unsigned seed, struct tally *t)
{
	int status = 0, kind;
	pid_t pid;

	srand(seed);
	kind = rand() % 40;
	end_kind = kind == 0 ? END_FULL : kind == 1 ? END_DROP : END_KILL;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		atomic_store(&calls_left, 20 + rand() % CALLS);
		fetch(config);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	t->starts++;
	t->fulls += end_kind == END_FULL;
	t->drops += end_kind == END_DROP;
	if (WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : WEXITSTATUS(status) != 0)
		fail_msg("the child failed, seed %u, status %d", seed, status);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* ---- rounds ---- */

static char *new_user(char name[16])
{
	static unsigned users;

	snprintf(name, 16, "kill%u", ++users);
	person_add_user(name);
	return file_join(person_dir, name);
}

static char *write_account(const char *home, const char *user)
{
	char *path = file_join(home, "config");
	struct str text = STR_INIT;

	str_addf(&text,
		"account k {\n\tfrom \"K <k@example.org>\"\n\tprotocol pop3\n"
		"\tpop3 pop3+insecure://%s@127.0.0.1:%s\n\tpassword plain \"%s\"\n"
		"\tpop3-keep never\n}\n",
		user, getenv("SRV_POP3"), getenv("SRV_PASSWORD"));
	assert_int_equal(file_replace(path, text.p, text.len, 0600, NULL), 0);
	str_done(&text);
	return path;
}

static void run(enum fault kind, unsigned kills, bool stop_early, struct tally *t)
{
	const char *env = getenv("TALARIA_SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 10) : 1;
	unsigned least = kills < 4 * KILLS_MIN ? kills / 4 : KILLS_MIN;
	char user[16], *home = new_user(user), *config, *mail;
	int64_t end = clock_ms() + (int64_t)harness_scale(LIMIT_MS);

	broken = kind;
	*t = (struct tally){0};
	mail = file_join(home, "XDG_DATA_HOME/talaria/k/mail");
	while (t->kills < kills && (t->kills < least || clock_ms() < end)) {
		struct map *known = map_new();

		file_remove_tree(home, NULL);
		assert_int_equal(file_make_dirs(home, NULL), 0);
		person_live_in(home);
		config = write_account(home, user);
		fill_server(user, ++t->fetches);
		do {
			t->kills += one_start(config, seed++, t);
			if (t->starts > 20 * (kills + 10))
				fail_msg("%u starts, and the server is not empty", t->starts);
		} while (!check(user, mail, t->fetches, known, t) &&
			 !(stop_early && (t->lost || t->doubled)));
		free(config);
		map_free(known, NULL);
		if (stop_early && (t->lost || t->doubled))
			break;
	}
	file_remove_tree(home, NULL);
	free(home);
	free(mail);
	broken = FAULT_NONE;
	print_message("# %u kills, %u full disks, %u dropped links, %u fetches of %d: %u lost, %u "
		      "doubled, %u broken files\n",
		t->kills, t->fulls, t->drops, t->fetches, MESSAGES, t->lost, t->doubled,
		t->broken_files);
}

static void nothing_is_lost_or_doubled(void **state)
{
	struct tally t;

	(void)state;
	run(FAULT_NONE, (unsigned)harness_scale(KILLS), false, &t);
	assert_int_equal(t.lost, 0);
	assert_int_equal(t.doubled, 0);
	assert_int_equal(t.broken_files, 0);
}

/* A harness that finds nothing in a broken program proves nothing. */
static void a_loss_is_noticed(void **state)
{
	struct tally t;

	(void)state;
	run(FAULT_TOLD_EARLY, CONTROL_KILLS, true, &t);
	assert_true(t.lost > 0);
}

static void a_double_is_noticed(void **state)
{
	struct tally t;

	(void)state;
	run(FAULT_NO_NAMES, CONTROL_KILLS, true, &t);
	assert_true(t.doubled > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loss_is_noticed),
		cmocka_unit_test(a_double_is_noticed),
		cmocka_unit_test(nothing_is_lost_or_doubled),
	};

	/* In memory where there is some: what a killed process wrote survives in either. */
	scratch_memory(person_dir, "tal");
	return PERSON_RUN(tests, NULL);
}
