/*
 * Kills the whole engine (store, connections, model) at a random system call while it works with a
 * real Dovecot, and looks afterwards whether anything is lost or was done twice.
 *
 * Three kinds of work: (a) the first fill of a large folder, (b) a storm of changes by one who hits
 * keys (marks, moves, copies, deletions, of one message and of several), (c) the replay of what was
 * done offline, mails to be sent among it. A child process (kid.c) has the engine; cut.c counts
 * every call that writes a file, renames, unlinks or sends bytes to a server, and ends the child
 * before, amidst or after the drawn one. The child says over a pipe what it begins and what it was
 * told to be done; the parent keeps the model (verdict.c).
 *
 * Then the next child starts, synchronises, and a second mail program (observer.c) looks at the
 * server. Proved for each kill: everything opens; the server's mailboxes are those of the model
 * after all that was told as done and a leading part of what was under way (nothing lost, nothing
 * in another order); no message is twice where the model has it once, and no mail is sent twice;
 * the caches say what the server says, row by row. Controls: four broken engines have to be
 * noticed.
 *
 * TALARIA_HARNESS_SCALE multiplies the number of kills, TALARIA_SEED draws others.
 */
#include "tests/sync/kid.h"
#include "tests/sync/verdict.h"
#include "tests/unit/harness.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/disk/journal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FILL_KILLS = 300,
	STORM_KILLS = 400,
	REPLAY_KILLS = 300,
	CONTROL_KILLS = 3000, /* at most: the first one that is noticed is enough */
	TRIES_MAX = 500,      /* one in ten or twenty gets through */
	FILL_MAILS = 2000,
	HANG_MS = 60000
};

/* What a broken engine would do; the harness must notice each. */
enum fault { FAULT_NONE, FAULT_TOLD_EARLY, FAULT_REPEATS, FAULT_FORGETS, FAULT_CACHE };

static enum fault broken;
static struct person *person;
static bool with_sending;

/* ---- a child at work ---- */

struct worker {
	pid_t pid;
	int from, to;
	bool settled, ended, bad;
	long calls;
};

static struct worker hire(enum kid_work work, unsigned seed, long kill_at)
{
	struct kid_job job = {.work = work,
		.seed = seed,
		.kill_at = kill_at,
		.person = person,
		.mails = verdict.mails,
		.sends = with_sending,
		.too_early = broken == FAULT_TOLD_EARLY};
	struct worker w = {0};
	int up[2], down[2];

	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	fflush(NULL);
	w.pid = fork();
	assert_true(w.pid >= 0);
	if (w.pid == 0) {
		close(up[0]);
		close(down[1]);
		job.out = up[1];
		job.in = down[0];
		kid_work(&job);
	}
	close(up[1]);
	close(down[0]);
	w.from = up[0];
	w.to = down[1];
	return w;
}

static void take_report(struct worker *w, const struct kid_report *r)
{
	w->settled |= r->told == TOLD_SETTLED;
	w->ended |= r->told == TOLD_END;
	if (r->told == TOLD_SETTLED || r->told == TOLD_END)
		w->calls = r->calls;
	if (r->told == TOLD_BAD) {
		w->bad = true;
		verdict_bad(r->text);
	}
	verdict_note(r);
}

/* Until the child has settled, or is no more (false). */
static bool follow(struct worker *w)
{
	struct pollfd p = {w->from, POLLIN, 0};
	struct kid_report r;

	w->settled = false;
	while (!w->settled) {
		ssize_t n;

		if (poll(&p, 1, HANG_MS) == 0) {
			verdict_bad("hangs");
			kill(w->pid, SIGKILL);
		}
		n = read(w->from, &r, sizeof(r));
		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(r))
			return false;
		take_report(w, &r);
	}
	return true;
}

/* True: it was killed. */
static bool dismiss(struct worker *w)
{
	int status = 0;
	pid_t rc;

	close(w->from);
	close(w->to);
	do
		rc = waitpid(w->pid, &status, 0);
	while (rc < 0 && errno == EINTR);
	if (rc != w->pid)
		fail_msg("waitpid %d: %s", (int)w->pid, strerror(errno));
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return true;
	if (!w->bad && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		verdict_bad("crashed");
	return false;
}

static void answer_go(struct worker *w, const struct kid_go *go)
{
	assert_int_equal(write(w->to, go, sizeof(*go)), sizeof(*go));
}

/* The child has settled: everything must fit. */
static void verify(struct worker *w)
{
	struct kid_go go = {.again = true};
	bool fits = verdict_look();

	if (!fits) {
		/* The server may still have been at what the killed one had asked for. */
		verdict.second_looks++;
		answer_go(w, &go);
		if (follow(w))
			fits = verdict_look();
		if (!fits)
			verdict_count();
	}
	verdict.settled++;
	verdict_settled();
}

/* Now and then the server is still at what a killed one had asked for; not often. */
static void assert_fine(void)
{
	assert_int_equal(verdict_faults(), 0);
	assert_true(verdict.second_looks * 50 <= verdict.settled + 50);
}

static void summary(const char *name)
{
	if (!verdict.quiet)
		print_message(
			"# %s: %u kills, %u settled and compared (%u looked twice); %u lost, %u "
			"doubled, %u caches wrong, %u not opened\n",
			name, verdict.kills, verdict.settled, verdict.second_looks, verdict.lost,
			verdict.doubled, verdict.cache, verdict.opened);
}

/* ---- rounds ---- */

static unsigned seed_now;

static unsigned next_seed(void)
{
	return ++seed_now * 2654435761u >> 4;
}

static long lot(long most)
{
	return (long)(next_seed() % (unsigned)(most > 0 ? most : 1));
}

static unsigned kills_wanted(unsigned n)
{
	return broken ? n : (unsigned)harness_scale(n);
}

static void storm(unsigned kills)
{
	struct kid_go go = {.kill_at = -1};
	long calls = 0;

	while (verdict.kills < kills && !(broken && verdict_faults())) {
		struct worker w = hire(WORK_STORM, next_seed(), -1);

		if (follow(&w)) {
			verify(&w);
			go.world = verdict.model;
			go.mails = verdict.mails;
			go.kill_at = calls ? lot(calls) : -1;
			answer_go(&w, &go);
			follow(&w);
		}
		if (w.ended && w.calls > calls)
			calls = w.calls;
		if (dismiss(&w))
			verdict.kills++;
		if (w.bad && ++verdict.broken_off > 20)
			break;
	}
}

/* One that is killed at a call drawn from so many, unless it gets through. */
static struct worker hire_again(enum kid_work work, long *calls, bool *through)
{
	struct worker w = hire(work, next_seed(), *calls ? lot(*calls) : -1);
	struct kid_go go = {.kill_at = -1};

	*through = follow(&w);
	if (*through) {
		if (w.calls > *calls)
			*calls = w.calls;
		verify(&w);
		answer_go(&w, &go);
		follow(&w);
	}
	return w;
}

static void online_once(void)
{
	long calls = 0;
	bool through;
	struct worker w = hire_again(WORK_ONLINE, &calls, &through);

	dismiss(&w);
}

static void replay(unsigned kills)
{
	struct kid_go go = {.kill_at = -1};
	unsigned first = verdict.mails + 1;
	unsigned rounds = 0;
	long calls = 0;

	/* Without a connection only folders that were seen before are known. */
	online_once();
	with_sending = true;
	while (verdict.kills < kills && !(broken && verdict_faults())) {
		struct worker w = hire(WORK_OFFLINE, next_seed(), -1);
		bool through = false;

		go.world = verdict.model;
		go.mails = verdict.mails;
		answer_go(&w, &go);
		follow(&w);
		dismiss(&w);
		for (int tries = 0; !through && tries < TRIES_MAX; tries++) {
			w = hire_again(WORK_ONLINE, &calls, &through);
			if (dismiss(&w))
				verdict.kills++;
		}
		if (!through || w.bad)
			break;
		if (broken && ++rounds % 8 == 0 && verdict_came_twice(first))
			break;
	}
	with_sending = false;
	verdict_mails(first);
}

static void fill(unsigned kills)
{
	struct seen s;
	long calls = 0;

	observer_look(verdict.observer, NULL, &s);
	while (verdict.kills < kills && !(broken && verdict_faults())) {
		struct worker w = {0};
		bool through = false;

		assert_int_equal(file_remove_tree(verdict.cache_dir, NULL), 0);
		verdict_no_rows();
		while (!through && !w.bad) {
			w = hire_again(WORK_FILL, &calls, &through);
			if (dismiss(&w)) {
				verdict.kills++;
				verdict_rows(&s);
			}
		}
		if (w.bad)
			break;
	}
	seen_done(&s);
}

/* ---- the cases ---- */

static void with_ids(void (*work)(unsigned), unsigned kills, const char *name)
{
	person = verdict_begin(NULL);
	world_put(verdict.observer, &verdict.model);
	work(kills);
	summary(name);
	verdict_end(person);
}

static void test_fill(void **state)
{
	char n[16];

	(void)state;
	snprintf(n, sizeof(n), "%d", FILL_MAILS);
	person = verdict_begin(n);
	memset(&verdict.model, 0, sizeof(verdict.model));
	fill(kills_wanted(FILL_KILLS));
	summary("the first fill");
	verdict_end(person);
	assert_fine();
}

/* Half of them in lists of one folder each, half in the list of the inboxes of two accounts. */
static void both_ways(void (*work)(unsigned), unsigned kills, const char *name)
{
	char text[80];

	with_ids(work, kills - kills / 2, name);
	assert_fine();
	snprintf(text, sizeof(text), "%s, in two accounts", name);
	world_spans = true;
	with_ids(work, kills / 2, text);
	world_spans = false;
	assert_fine();
}

static void test_storm(void **state)
{
	(void)state;
	both_ways(storm, kills_wanted(STORM_KILLS), "a storm of changes");
}

static void test_replay(void **state)
{
	(void)state;
	both_ways(replay, kills_wanted(REPLAY_KILLS), "the replay of offline work");
}

/* A harness that finds nothing in a broken engine proves nothing. */
static void test_controls(void **state)
{
	static const struct {
		enum fault fault;
		void (*work)(unsigned);
		const char *name;
	} all[] = {
		{FAULT_TOLD_EARLY, storm, "told before it is durable"},
		{FAULT_REPEATS, replay, "repeats without looking"},
		{FAULT_FORGETS, replay, "forgets before the server has it"},
		{FAULT_CACHE, storm, "loses marks in the cache"},
	};

	(void)state;
	verdict.quiet = true;
	for (size_t i = 0; i < MEM_COUNT(all); i++) {
		broken = all[i].fault;
		world_loses_marks = broken == FAULT_CACHE;
		with_ids(all[i].work, CONTROL_KILLS, all[i].name);
		print_message("# control, %s: noticed after %u kills: %u lost, %u doubled, %u "
			      "caches wrong\n",
			all[i].name, verdict.kills, verdict.lost, verdict.doubled, verdict.cache);
		if (!verdict_faults())
			fail_msg("not noticed: %s", all[i].name);
	}
	verdict.quiet = world_loses_marks = false;
	broken = FAULT_NONE;
}

/* ---- broken engines, by --wrap ---- */

int __real_imap_search_message_id(
	struct imap *im, const char *id, struct imap_uids *out, struct err *err);
int __wrap_imap_search_message_id(
	struct imap *im, const char *id, struct imap_uids *out, struct err *err);
int __wrap_imap_search_message_id(
	struct imap *im, const char *id, struct imap_uids *out, struct err *err)
{
	return broken == FAULT_REPEATS ? 0 : __real_imap_search_message_id(im, id, out, err);
}

int __real_journal_add(struct journal *j, struct op *op, struct err *err);
int __wrap_journal_add(struct journal *j, struct op *op, struct err *err);
int __wrap_journal_add(struct journal *j, struct op *op, struct err *err)
{
	int rc = __real_journal_add(j, op, err);

	if (broken == FAULT_FORGETS && rc == 0 && op->id % 5 == 0)
		rc = journal_done(j, op->id, err);
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_controls),
	};
	const char *seed = getenv("TALARIA_SEED");

	seed_now = seed ? (unsigned)strtoul(seed, NULL, 10) : 1;
	return WORLD_RUN("engine kill", tests);
}
