/*
 * Kills the whole engine (store, connections, model) at a random system call while it works with a
 * real Dovecot, and looks afterwards whether anything is lost or was done twice.
 *
 * Three kinds of work: (a) the first fill of a large folder, (b) a storm of changes by one who hits
 * keys (marks, moves, copies, deletions, of one message and of several), (c) the replay of what was
 * done offline, mails to be sent among it. A child process has the engine; cut.c counts every call
 * that writes a file, renames, unlinks or sends bytes to a server, and ends the child before,
 * amidst or after the drawn one. The child says over a pipe what it begins and what it was told to
 * be done; the parent keeps the model.
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
#include "tests/sync/cut.h"
#include "tests/sync/observer.h"
#include "tests/sync/world.h"
#include "tests/unit/harness.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/journal.h"
#include "store/outbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { FILL_KILLS = 30, STORM_KILLS = 40, REPLAY_KILLS = 30 };
#else
enum { FILL_KILLS = 300, STORM_KILLS = 400, REPLAY_KILLS = 300 };
#endif
enum {
	CONTROL_KILLS = 600, /* at most: the first one that is noticed is enough */
	FILL_MAILS = 2000,
	STORM_ACTS = 24,  /* changes of one child, unless it is killed */
	OFFLINE_ACTS = 8, /* before a replay */
	FLIGHT = 4,       /* changes asked for whose answer is not awaited */
	MAX_ACTS = 64,
	MAX_SENT = 4096,
	HANG_MS = 60000
};

/* What a broken engine would do; the harness must notice each. */
enum fault { FAULT_NONE, FAULT_TOLD_EARLY, FAULT_REPEATS, FAULT_FORGETS, FAULT_CACHE };

/* ---- what crosses the pipes ---- */

enum told { TOLD_BEGIN, TOLD_DONE, TOLD_SETTLED, TOLD_ROWS, TOLD_SENT, TOLD_END, TOLD_BAD };

struct report {
	enum told told;
	unsigned seq;
	struct act act;
	long calls;
	size_t rows;
	char text[160];
};

struct go { /* the parent's answer to TOLD_SETTLED */
	bool again;
	struct world world;
	long kill_at; /* below 0: never */
	unsigned mails;
};

/* ---- the child ---- */

static enum fault broken;
static struct person *person;
static bool with_sending;

static struct {
	int out, in;
	struct msglist *lists[WORLD_LISTS];
	struct world world;
	unsigned seq, mails;
	struct {
		unsigned request, seq;
	} flight[FLIGHT];
	unsigned nflight;
	struct world_left left;
} kid;

static void tell(struct report *r)
{
	ssize_t n;

	do
		n = write(kid.out, r, sizeof(*r));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(*r))
		_exit(3);
}

static void bad(const char *text, const char *more)
{
	struct report r = {.told = TOLD_BAD};

	snprintf(r.text, sizeof(r.text), "%s %s", text, more ? more : "");
	tell(&r);
	_exit(2);
}

static void told_done(unsigned request)
{
	struct report r = {.told = TOLD_DONE};

	for (unsigned i = 0; i < kid.nflight; i++)
		if (kid.flight[i].request == request) {
			r.seq = kid.flight[i].seq;
			kid.flight[i] = kid.flight[--kid.nflight];
			if (broken != FAULT_TOLD_EARLY)
				tell(&r);
			return;
		}
}

static void take(struct event *ev)
{
	struct report r = {.told = TOLD_SENT};

	if (ev->kind == EVENT_DONE)
		told_done(ev->request);
	for (unsigned i = 0; ev->kind == EVENT_FAILED && i < kid.nflight; i++)
		if (kid.flight[i].request == ev->request)
			bad("a change failed:", ev->err.text);
	if (ev->kind == EVENT_SENT && sscanf(ev->text ? ev->text : "", "k%u", &r.seq) == 1)
		tell(&r);
}

static struct event *next_of(int64_t end)
{
	struct event *ev = next_event(person->engine, end);

	if (!ev && clock_ms() >= end)
		bad("waited in vain", person_told());
	return ev;
}

/* The final event of a request; everything else is taken meanwhile. */
static struct event * final(unsigned request)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	for (;;) {
		struct event *ev = next_of(end);

		if (ev->request == request && ev->kind != EVENT_PROGRESS)
			return ev;
		take(ev);
		event_free(ev);
	}
}

static void open_boxes(unsigned n)
{
	struct err err = {0};
	int64_t end = clock_ms() + PATIENCE_MS;

	for (unsigned i = 0; i < n; i++) {
		while (engine_find_folder(person->engine, 0, world_boxes[i]) < 0) {
			struct event *ev = next_of(end);

			take(ev);
			event_free(ev);
		}
		kid.lists[i] = engine_open(person->engine, 0, world_boxes[i], &err);
		if (!kid.lists[i])
			bad("a folder does not open:", err.text);
	}
}

/* One synchronisation, and nothing is left to do. */
static void settle(void)
{
	struct report r = {.told = TOLD_SETTLED};
	struct event *ev = NULL;

	for (int tries = 0; tries < 3; tries++) {
		event_free(ev);
		ev = final(engine_sync(person->engine, 0));
		if (ev->kind == EVENT_DONE && !world_mail_is_moving(person->engine) &&
			engine_pending(person->engine) == 0)
			break;
	}
	if (ev->kind != EVENT_DONE)
		bad("not synchronised:", ev->err.text);
	if (world_mail_is_moving(person->engine) || engine_pending(person->engine))
		bad("something stays in the journal or the outbox", NULL);
	event_free(ev);
	r.calls = cut_count();
	cut_off();
	tell(&r);
}

static void begin_act(const struct act *a, const uint32_t *uids)
{
	struct report r = {.told = TOLD_BEGIN, .seq = ++kid.seq, .act = *a};

	tell(&r);
	if (broken == FAULT_TOLD_EARLY) {
		r.told = TOLD_DONE;
		tell(&r);
	}
	world_leave(&kid.left, a, uids);
	kid.flight[kid.nflight].seq = kid.seq;
	kid.flight[kid.nflight++].request = world_ask(person->engine, kid.lists, a, uids);
	world_apply(&kid.world, a);
}

static void pump(bool block)
{
	struct event *ev = block ? next_of(clock_ms() + PATIENCE_MS) : engine_next(person->engine);

	if (!ev)
		return;
	take(ev);
	event_free(ev);
}

/* False: what the lot says cannot be done just now. */
static bool one_act(void)
{
	struct act a;
	uint32_t uids[WORLD_MANY];

	if (!world_draw(&kid.world, &a) || !world_find(kid.lists, &a, &kid.left, uids))
		return false;
	begin_act(&a, uids);
	return true;
}

static void send_one(void)
{
	struct report r = {.told = TOLD_BEGIN, .act = {.kind = ACT_SEND, .mail = ++kid.mails}};
	struct event *ev =
		final(engine_compose(person->engine, 0, COMPOSE_NEW, NULL, 0, "bob@example.org"));
	struct str text = STR_INIT;
	char *id;

	if (ev->kind != EVENT_DRAFT)
		bad("no draft:", ev->err.text);
	id = mem_strdup(ev->drafts[0].id);
	event_free(ev);
	str_addf(&text, "From: %s@example.org\nTo: bob@example.org\nSubject: k%u\n\nText\n",
		person->name, kid.mails);
	event_free(final(engine_draft_save(person->engine, 0, id, text.p)));
	r.seq = ++kid.seq;
	tell(&r);
	ev = final(engine_send(person->engine, 0, id));
	if (ev->kind != EVENT_DONE)
		bad("not taken into the outbox:", ev->err.text);
	event_free(ev);
	r.told = TOLD_DONE;
	tell(&r);
	str_done(&text);
	free(id);
}

static void acts(unsigned n)
{
	for (unsigned i = 0, misses = 0; i < n && misses < 200; i++) {
		while (kid.nflight == FLIGHT)
			pump(true);
		pump(false);
		if (!one_act()) {
			misses++;
			i--;
			pump(kid.nflight != 0);
		}
	}
	while (kid.nflight)
		pump(true);
}

static void end_kid(void)
{
	struct report r = {.told = TOLD_END};

	engine_free(person->engine);
	r.calls = cut_count();
	cut_off();
	tell(&r);
	_exit(0);
}

static struct go await_go(void)
{
	struct go go;
	ssize_t n;

	do
		n = read(kid.in, &go, sizeof(go));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(go))
		_exit(3);
	kid.world = go.world;
	kid.mails = go.mails;
	return go;
}

static void settle_and_wait(struct go *go)
{
	settle();
	*go = await_go();
	while (go->again) {
		settle();
		*go = await_go();
	}
}

/* (b) After the settling, which is not cut, changes until the end. */
static void storm_kid(unsigned seed)
{
	struct go go;

	start(person, false);
	open_boxes(WORLD_LISTS);
	settle_and_wait(&go);
	srand(seed);
	if (go.kill_at >= 0)
		cut_kill_at(go.kill_at, seed);
	else
		cut_off();
	acts(STORM_ACTS);
	end_kid();
}

/* (c) first half: changes without a connection. */
static void offline_kid(unsigned seed, long kill_at)
{
	struct go go = await_go();

	(void)go;
	srand(seed);
	if (kill_at >= 0)
		cut_kill_at(kill_at, seed);
	start(person, true);
	open_boxes(WORLD_LISTS);
	for (unsigned i = 0; i < WORLD_LISTS; i++)
		while (!msglist_ready(kid.lists[i]))
			pump(true);
	acts(OFFLINE_ACTS);
	if (with_sending && rand() % 2)
		send_one();
	end_kid();
}

/* (c) second half, and (a): from the start to where all is through. */
static void online_kid(unsigned seed, long kill_at, unsigned nboxes)
{
	struct report r = {.told = TOLD_ROWS};
	struct go go;

	(void)seed;
	if (kill_at >= 0)
		cut_kill_at(kill_at, seed);
	else
		cut_off();
	start(person, false);
	open_boxes(nboxes);
	if (nboxes == 1) {
		/* What the screen has shown is there after the next start. */
		while (msglist_sync_percent(kid.lists[0]) < 100) {
			pump(true);
			if (msglist_total(kid.lists[0]) > r.rows) {
				r.rows = msglist_total(kid.lists[0]);
				tell(&r);
			}
		}
	}
	settle_and_wait(&go);
	end_kid();
}

/* ---- the parent ---- */

static struct imap *observer;
static struct {
	unsigned kills, broken_off, lost, doubled, cache, opened, second_looks, settled;
} total;
static bool quiet;
static struct world model;
static struct act begun[MAX_ACTS];
static bool was_done[MAX_ACTS];
static unsigned nbegun, mails;
static enum { MAIL_NOT, MAIL_BEGUN, MAIL_DONE, MAIL_TOLD } mail_state[MAX_SENT];
static size_t rows_shown;
static char *cache_dir;

static void say(const char *kind, const char *text)
{
	if (!quiet)
		print_message("# %s: %s\n", kind, text);
}

struct worker {
	pid_t pid;
	int from, to;
	bool settled, ended, bad;
	long calls;
};

enum work { WORK_STORM, WORK_OFFLINE, WORK_ONLINE, WORK_FILL };

static void run_kid(enum work work, unsigned seed, long kill_at)
{
	if (work == WORK_STORM)
		storm_kid(seed);
	else if (work == WORK_OFFLINE)
		offline_kid(seed, kill_at);
	else
		online_kid(seed, kill_at, work == WORK_FILL ? 1 : WORLD_LISTS);
}

static struct worker hire(enum work work, unsigned seed, long kill_at)
{
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
		kid.out = up[1];
		kid.in = down[0];
		kid.mails = mails;
		run_kid(work, seed, kill_at);
	}
	close(up[1]);
	close(down[0]);
	w.from = up[0];
	w.to = down[1];
	return w;
}

static void take_report(struct worker *w, const struct report *r)
{
	switch (r->told) {
	case TOLD_BEGIN:
		assert_true(nbegun < MAX_ACTS);
		if (r->act.kind == ACT_SEND) {
			mails = r->act.mail;
			mail_state[mails] = MAIL_BEGUN;
		}
		was_done[nbegun] = false;
		begun[nbegun++] = r->act;
		break;
	case TOLD_DONE:
		was_done[r->seq - 1] = true;
		if (begun[r->seq - 1].kind == ACT_SEND)
			mail_state[begun[r->seq - 1].mail] = MAIL_DONE;
		break;
	case TOLD_SENT:
		if (r->seq < MAX_SENT)
			mail_state[r->seq] = MAIL_TOLD;
		break;
	case TOLD_ROWS:
		rows_shown = r->rows;
		break;
	case TOLD_SETTLED:
		w->settled = true;
		w->calls = r->calls;
		break;
	case TOLD_END:
		w->ended = true;
		w->calls = r->calls;
		break;
	default:
		w->bad = true;
		total.opened++;
		say("the engine", r->text);
	}
}

/* Until the child has settled, or is no more (false). */
static bool follow(struct worker *w)
{
	struct pollfd p = {w->from, POLLIN, 0};
	struct report r;

	w->settled = false;
	while (!w->settled) {
		ssize_t n;

		if (poll(&p, 1, HANG_MS) == 0) {
			total.opened++;
			say("the engine", "hangs");
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

	close(w->from);
	close(w->to);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return true;
	if (!w->bad && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
		total.opened++;
		say("the engine", "crashed");
	}
	return false;
}

static void answer_go(struct worker *w, const struct go *go)
{
	assert_int_equal(write(w->to, go, sizeof(*go)), sizeof(*go));
}

/* ---- the parent: looking ---- */

/* What was done must be there, of what was under way a leading part may. The state that fits best
 * is the model from now on; 0: it fits. */
static unsigned fit(const struct world *is)
{
	struct world w = model, best = model;
	unsigned least = UINT32_MAX, last_done = 0;

	for (unsigned i = 0; i < nbegun; i++)
		if (was_done[i])
			last_done = i + 1;
	for (unsigned i = 0; i <= nbegun; i++) {
		unsigned n;

		if (i)
			world_apply(&w, &begun[i - 1]);
		n = i < last_done ? UINT32_MAX : world_compare(&w, is, NULL);
		if (n < least) {
			least = n;
			best = w;
		}
	}
	if (least)
		model = best;
	else
		model = *is;
	return least;
}

static void show_acts(void)
{
	for (unsigned i = 0; i < nbegun; i++) {
		char text[160];

		world_act_text(&begun[i], text, sizeof(text));
		say(was_done[i] ? "was done" : "under way", text);
	}
}

struct look {
	bool doubled;
	unsigned off;
	size_t cache;
	struct str faults;
};

static void look_once(struct look *l)
{
	struct seen s;
	struct world is, kept = model;
	size_t rows;

	observer_look(observer, NULL, &s);
	l->doubled = world_of(&s, &is);
	l->off = fit(&is);
	str_clear(&l->faults);
	l->cache = observer_compare(&s, cache_dir, true, &l->faults, &rows);
	if (l->off || l->doubled || l->cache)
		model = kept;
	seen_done(&s);
}

/* One fault is counted once: what is there twice goes. */
static void remove_doubles(const struct seen *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct seen_mail *m = &s->v[i];
		struct imap_selected sel;
		struct err err = {0};
		char uid[16];

		if (!*m->id || seen_find(s, m->folder, m->id) == m)
			continue;
		snprintf(uid, sizeof(uid), "%u", (unsigned)m->uid);
		if (imap_select(observer, m->folder, NULL, NULL, NULL, NULL, &sel, &err) != 0 ||
			imap_expunge(observer, uid, &err) != 0)
			fail_msg("%s", err.text);
	}
}

static void count_faults(struct look *l)
{
	struct str text = STR_INIT;
	struct seen s;
	struct world is;

	observer_look(observer, NULL, &s);
	l->doubled = world_of(&s, &is);
	show_acts();
	l->off = fit(&is);
	if (l->off)
		world_compare(&model, &is, &text);
	world_say_lines(say, "the server", &text);
	str_done(&text);
	model = is;
	if (l->doubled)
		remove_doubles(&s);
	total.doubled += l->doubled;
	total.lost += l->off && !l->doubled;
	total.cache += l->cache != 0;
	world_say_lines(say, "the cache", &l->faults);
	seen_done(&s);
}

/* The child has settled: everything must fit. */
static void verify(struct worker *w)
{
	struct look l = {.faults = STR_INIT};
	struct go go = {.again = true};

	look_once(&l);
	if (l.off || l.doubled || l.cache) {
		/* The server may still have been at what the killed one had asked for. */
		total.second_looks++;
		answer_go(w, &go);
		if (follow(w))
			look_once(&l);
		if (l.off || l.doubled || l.cache)
			count_faults(&l);
	}
	total.settled++;
	nbegun = 0;
	str_done(&l.faults);
}

static unsigned faults(void)
{
	return total.lost + total.doubled + total.cache + total.opened;
}

/* Now and then the server is still at what a killed one had asked for; not often. */
static void assert_fine(void)
{
	assert_int_equal(faults(), 0);
	assert_true(total.second_looks * 50 <= total.settled + 50);
}

static void summary(const char *name)
{
	if (!quiet)
		print_message(
			"# %s: %u kills, %u settled and compared (%u looked twice); %u lost, %u "
			"doubled, %u caches wrong, %u not opened\n",
			name, total.kills, total.settled, total.second_looks, total.lost,
			total.doubled, total.cache, total.opened);
}

/* ---- the parent: mails that were sent ---- */

static const char *mail_fault(
	const struct seen *bob, const struct seen *mine, struct outbox *o, unsigned k)
{
	unsigned there = world_count(bob, "INBOX", 'k', k),
		 kept = world_count(mine, "Sent", 'k', k);
	bool waits = world_in_outbox(o, k);

	if (there > 1)
		return "came twice";
	if (kept > 1)
		return "is twice in Sent";
	if (mail_state[k] == MAIL_TOLD && !there)
		return "was told as sent and did not come";
	if (mail_state[k] >= MAIL_DONE && !there && !waits)
		return "is lost";
	if (there && !waits && !kept)
		return "has no copy in Sent";
	return NULL;
}

/* Each mail that was taken into the outbox came once, or waits there to be looked at. */
static void check_mails(unsigned first)
{
	struct imap *im = observer_new("bob");
	struct outbox *o = world_outbox();
	struct seen bob, mine;
	unsigned sent = 0, unsure = 0;

	observer_look(im, "INBOX", &bob);
	observer_look(observer, "Sent", &mine);
	for (unsigned k = first; k <= mails; k++) {
		const char *fault = mail_fault(&bob, &mine, o, k);
		char text[80];

		sent += world_count(&bob, "INBOX", 'k', k);
		unsure += world_in_outbox(o, k);
		if (!fault)
			continue;
		total.lost += !strstr(fault, "twice");
		total.doubled += strstr(fault, "twice") != NULL;
		snprintf(text, sizeof(text), "k%u %s", k, fault);
		say("a mail", text);
	}
	if (!quiet)
		print_message("# %u mails written, %u came, %u wait unconfirmed\n",
			mails + 1 - first, sent, unsure);
	seen_done(&bob);
	seen_done(&mine);
	outbox_free(o);
	observer_free(im);
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
	struct go go = {.kill_at = -1};
	long calls = 0;

	while (total.kills < kills && !(broken && faults())) {
		struct worker w = hire(WORK_STORM, next_seed(), -1);

		if (follow(&w)) {
			verify(&w);
			go.world = model;
			go.mails = mails;
			go.kill_at = calls ? lot(calls) : -1;
			answer_go(&w, &go);
			follow(&w);
		}
		if (w.ended && w.calls > calls)
			calls = w.calls;
		if (dismiss(&w))
			total.kills++;
		if (w.bad && ++total.broken_off > 20)
			break;
	}
}

static void online_once(struct go *go)
{
	struct worker w = hire(WORK_ONLINE, next_seed(), -1);

	if (follow(&w)) {
		verify(&w);
		answer_go(&w, go);
		follow(&w);
	}
	dismiss(&w);
}

static void replay(unsigned kills)
{
	struct go go = {.kill_at = -1};
	unsigned first = mails + 1;
	long calls = 0;

	/* Without a connection only folders that were seen before are known. */
	online_once(&go);
	with_sending = true;
	while (total.kills < kills && !(broken && faults())) {
		struct worker w = hire(WORK_OFFLINE, next_seed(), -1);
		bool through = false;

		go.world = model;
		go.mails = mails;
		answer_go(&w, &go);
		follow(&w);
		dismiss(&w);
		for (int tries = 0; !through && tries < 50; tries++) {
			w = hire(WORK_ONLINE, next_seed(), calls ? lot(calls) : -1);
			through = follow(&w);
			if (through) {
				if (w.calls > calls)
					calls = w.calls;
				verify(&w);
				answer_go(&w, &go);
				follow(&w);
			}
			if (dismiss(&w))
				total.kills++;
		}
		if (!through || w.bad)
			break;
	}
	with_sending = false;
	check_mails(first);
}

/* What a killed child had shown is in the cache, and all of it is right. */
static void check_rows(const struct seen *s)
{
	struct str lines = STR_INIT;
	size_t rows, n = observer_compare(s, cache_dir, false, &lines, &rows);

	total.cache += n != 0;
	total.lost += rows < rows_shown;
	if (rows < rows_shown) {
		char text[80];

		snprintf(
			text, sizeof(text), "%zu rows were shown, %zu are there", rows_shown, rows);
		say("the cache", text);
	}
	world_say_lines(say, "the cache", &lines);
	str_done(&lines);
}

static void fill(unsigned kills)
{
	struct go go = {.kill_at = -1};
	struct seen s;
	long calls = 0;

	observer_look(observer, NULL, &s);
	while (total.kills < kills && !(broken && faults())) {
		struct worker w = {0};
		bool through = false;

		assert_int_equal(file_remove_tree(cache_dir, NULL), 0);
		rows_shown = 0;
		while (!through && !w.bad) {
			w = hire(WORK_FILL, next_seed(), calls ? lot(calls) : -1);
			through = follow(&w);
			if (through) {
				if (w.calls > calls)
					calls = w.calls;
				verify(&w);
				answer_go(&w, &go);
				follow(&w);
			}
			if (dismiss(&w)) {
				total.kills++;
				check_rows(&s);
			}
		}
		if (w.bad)
			break;
	}
	seen_done(&s);
}

/* ---- people ---- */

static void begin_person(const char *fill_n)
{
	memset(&total, 0, sizeof(total));
	nbegun = 0;
	person = world_person(fill_n, &cache_dir);
	observer = observer_new(person->name);
}

static void end_person(const char *name)
{
	summary(name);
	observer_free(observer);
	person_free(person);
	free(cache_dir);
}

static void with_ids(void (*work)(unsigned), unsigned kills, const char *name)
{
	begin_person(NULL);
	world_put(observer, &model);
	work(kills);
	end_person(name);
}

static void test_fill(void **state)
{
	char n[16];

	(void)state;
	snprintf(n, sizeof(n), "%d", FILL_MAILS);
	begin_person(n);
	memset(&model, 0, sizeof(model));
	fill(kills_wanted(FILL_KILLS));
	end_person("the first fill");
	assert_fine();
}

static void test_storm(void **state)
{
	(void)state;
	with_ids(storm, kills_wanted(STORM_KILLS), "a storm of changes");
	assert_fine();
}

static void test_replay(void **state)
{
	(void)state;
	with_ids(replay, kills_wanted(REPLAY_KILLS), "the replay of offline work");
	assert_fine();
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
	quiet = true;
	for (size_t i = 0; i < MEM_COUNT(all); i++) {
		broken = all[i].fault;
		world_loses_marks = broken == FAULT_CACHE;
		with_ids(all[i].work, CONTROL_KILLS, all[i].name);
		print_message("# control, %s: noticed after %u kills: %u lost, %u doubled, %u "
			      "caches wrong\n",
			all[i].name, total.kills, total.lost, total.doubled, total.cache);
		if (!faults())
			fail_msg("not noticed: %s", all[i].name);
	}
	quiet = world_loses_marks = false;
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
