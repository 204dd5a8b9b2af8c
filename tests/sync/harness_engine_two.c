/*
 * Two running copies and the command line on one account, while mail arrives and marks change on
 * the server: who holds sync.lock synchronises, the others follow the files.
 *
 * Each round: one copy starts and holds the lock, a second one follows; both change messages of
 * their own as fast as they are answered; beside them `talaria list, search, folders, sync` and
 * sending run one after the other; a second mail program (observer.c) sets marks and puts mails
 * into the inbox. In every second round the copy that holds the lock is killed with -9: the other
 * has to take over. Proved at the end of each round, after one more synchronisation: no change that
 * was told as done is lost, none was done twice, every mail that arrived or was sent is there once,
 * the caches say what the server says, no list failed to open and no command failed (`sync` may say
 * that another copy is at it). Half of the rounds are with a second account, by POP3 in local
 * folders, and the inboxes of both as one list. Control: copies that lock nothing are noticed.
 *
 * TALARIA_HARNESS_SCALE multiplies the number of rounds, TALARIA_SEED draws others.
 */
#include "tests/sync/observer.h"
#include "tests/sync/world.h"
#include "tests/unit/harness.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/disk/journal.h"
#include "store/disk/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ROUND_MS = 4000 };
#else
enum { ROUND_MS = 2500 };
#endif
enum {
	ROUNDS = 16,
	COPIES = 2,
	THIRD = 18, /* messages from here on are changed on the server alone */
	FLIGHT = 3,
	MAX_ACTS = 4000,
	END_MS = 30000,
	TEMPORARY = 75 /* sysexits: another copy is at it */
};

enum told { TOLD_BEGIN, TOLD_DONE, TOLD_STATE, TOLD_SETTLED, TOLD_BAD };

struct report {
	enum told told;
	unsigned seq;
	enum account_state state;
	struct act act;
	char text[160];
};

static bool broken; /* the control */
static struct person *person;
static char *cache_dir;
static struct world model;
static unsigned mails, first_mail = 1, arrived;

/* ---- a copy ---- */

static struct {
	int out, in;
	struct msglist *lists[WORLD_ALL];
	struct world world;
	enum account_state state;
	unsigned seq, nflight;
	struct {
		unsigned request, seq;
		struct act act;
	} flight[FLIGHT];
	struct world_left left;
} kid;

static void tell(struct report *r)
{
	if (write(kid.out, r, sizeof(*r)) != sizeof(*r))
		_exit(3);
}

static void bad(const char *text, const char *more)
{
	struct report r = {.told = TOLD_BAD};

	snprintf(r.text, sizeof(r.text), "%s %s", text, more ? more : "");
	tell(&r);
	_exit(2);
}

static void take(const struct event *ev)
{
	struct report r = {.told = TOLD_DONE};
	struct account_info info;

	for (unsigned i = 0; i < kid.nflight; i++) {
		if (kid.flight[i].request != ev->request)
			continue;
		if (ev->kind == EVENT_FAILED) {
			char text[160];

			world_act_text(&kid.flight[i].act, text, sizeof(text));
			bad(text, event_error(ev));
		}
		if (ev->kind != EVENT_DONE)
			return;
		r.seq = kid.flight[i].seq;
		kid.flight[i] = kid.flight[--kid.nflight];
		tell(&r);
		break;
	}
	for (unsigned i = 0; i < WORLD_ALL; i++)
		if (ev->kind == EVENT_FAILED && ev->list && ev->list == kid.lists[i])
			bad("a list failed:", event_error(ev));
	engine_account(person->engine, 0, &info);
	if (info.state != kid.state) {
		kid.state = r.state = info.state;
		r.told = TOLD_STATE;
		tell(&r);
	}
}

static bool pump(int wait_ms)
{
	struct event *ev = next_event(person->engine, clock_ms() + wait_ms);

	if (!ev)
		return false;
	take(ev);
	event_free(ev);
	return true;
}

static bool asked_to_end(void)
{
	struct pollfd p = {kid.in, POLLIN, 0};

	return poll(&p, 1, 0) != 0;
}

static void open_list(unsigned list, int account, const char *box)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	struct err err = {0};

	while (engine_find_folder(person->engine, (size_t)account, box) < 0)
		if (!pump(100) && clock_ms() > end)
			bad("no folder", box);
	kid.lists[list] = !list && world_spans
				  ? engine_open_span(person->engine, span_row(SPAN_INBOXES))
				  : engine_open(person->engine, account, box, &err);
	while (!msglist_ready(kid.lists[list]))
		if (!pump(100) && clock_ms() > end)
			bad("no list of", box);
}

static void open_lists(void)
{
	for (unsigned i = 0; i < WORLD_LISTS; i++)
		open_list(i, 0, world_boxes[i]);
	for (unsigned i = 1; world_spans && i < WORLD_BOXES; i++)
		open_list(WORLD_LISTS + i, 1, world_boxes[i]);
}

static bool one_act(void)
{
	struct report r = {.told = TOLD_BEGIN};
	uint32_t uids[2 * WORLD_MANY];

	if (!world_draw(&kid.world, &r.act) || !world_find(kid.lists, &r.act, &kid.left, uids))
		return false;
	r.seq = kid.seq++;
	tell(&r);
	world_leave(&kid.left, &r.act, uids);
	kid.flight[kid.nflight].seq = r.seq;
	kid.flight[kid.nflight].act = r.act;
	kid.flight[kid.nflight++].request = world_ask(person->engine, kid.lists, &r.act, uids);
	world_apply(&kid.world, &r.act);
	return true;
}

/* The copy that holds the lock sees everything through. */
static void settle(void)
{
	struct report r = {.told = TOLD_SETTLED};
	int64_t end = clock_ms() + PATIENCE_MS;
	unsigned request;
	bool through = false;

	while (kid.nflight)
		if (!pump(1000) && clock_ms() > end)
			bad("a change was not answered", NULL);
	while (kid.state == STATE_ONLINE && !through) {
		struct event *ev;

		request = engine_sync(person->engine, 0);
		for (;;) {
			ev = next_event(person->engine, end);
			if (!ev)
				bad("no end of a synchronisation", person_told());
			if (ev->request == request && ev->kind != EVENT_PROGRESS)
				break;
			take(ev);
			event_free(ev);
		}
		through = ev->kind == EVENT_DONE && engine_pending(person->engine) == 0;
		event_free(ev);
	}
	tell(&r);
}

static void copy_main(unsigned number, unsigned seed)
{
	kid.state = STATE_OFFLINE;
	for (unsigned b = 0; b < WORLD_BOXES; b++)
		for (unsigned id = 0; id < WORLD_IDS; id++)
			if (id >= THIRD || id % COPIES != number)
				kid.world.at[b][id].there = kid.world.other[b][id].there = false;
	srand(seed);
	start(person, false);
	open_lists();
	settle();
	while (!asked_to_end() && kid.seq < MAX_ACTS && kid.left.n + 2 * WORLD_MANY < WORLD_LEFT) {
		while (pump(0))
			;
		if (kid.nflight == FLIGHT || !one_act())
			pump(5);
	}
	settle();
	engine_free(person->engine);
	_exit(0);
}

/* ---- the parent ---- */

static struct imap *observer, *bob;
static struct {
	unsigned rounds, kills, acts, commands, lost, doubled, cache, failed, not_taken_over;
} total;
static bool quiet;

struct copy {
	pid_t pid;
	int from, to;
	bool settled, gone, killed;
	enum account_state state;
	struct act acts[MAX_ACTS];
	bool done[MAX_ACTS];
	unsigned n;
};
static struct copy copies[COPIES + 1];

static void say(const char *kind, const char *text)
{
	if (!quiet)
		print_message("# %s: %s\n", kind, text);
}

static void hire(struct copy *c, unsigned number, unsigned seed)
{
	int up[2], down[2];

	memset(c, 0, sizeof(*c));
	assert_int_equal(pipe2(up, O_CLOEXEC), 0);
	assert_int_equal(pipe2(down, O_CLOEXEC), 0);
	fflush(NULL);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0) {
		for (unsigned i = 0; i <= COPIES; i++)
			if (copies[i].pid > 0 && i != number) {
				close(copies[i].from);
				close(copies[i].to);
			}
		close(up[0]);
		close(down[1]);
		kid.out = up[1];
		kid.in = down[0];
		kid.world = model;
		copy_main(number, seed);
	}
	close(up[1]);
	close(down[0]);
	c->from = up[0];
	c->to = down[1];
}

static void bury(struct copy *c)
{
	int status = 0;

	close(c->from);
	close(c->to);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	if (!c->killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
		total.failed++;
		say("a copy", WIFEXITED(status) ? "gave up" : "crashed");
	}
	c->pid = 0;
	c->gone = true;
}

static void read_one(struct copy *c)
{
	struct report r;
	ssize_t n = read(c->from, &r, sizeof(r));

	if (n != sizeof(r)) {
		if (n >= 0 || errno != EINTR)
			bury(c);
		return;
	}
	switch (r.told) {
	case TOLD_BEGIN:
		c->acts[c->n++] = r.act;
		break;
	case TOLD_DONE:
		c->done[r.seq] = true;
		break;
	case TOLD_STATE:
		c->state = r.state;
		break;
	case TOLD_SETTLED:
		c->settled = true;
		break;
	default:
		say("a copy", r.text);
	}
}

static void listen_for(int ms)
{
	struct pollfd p[COPIES + 1];
	int64_t end = clock_ms() + ms;

	do {
		int64_t left = end - clock_ms();

		for (unsigned i = 0; i <= COPIES; i++)
			p[i] = (struct pollfd){copies[i].gone ? -1 : copies[i].from, POLLIN, 0};
		if (poll(p, COPIES + 1, left > 0 ? (int)left : 0) <= 0)
			return;
		for (unsigned i = 0; i <= COPIES; i++)
			if (p[i].revents)
				read_one(&copies[i]);
	} while (clock_ms() < end);
}

static int64_t patience(void)
{
	return clock_ms() + (broken ? END_MS / 10 : END_MS);
}

static bool await(bool *what, const struct copy *c)
{
	int64_t end = patience();

	while (!*what && !c->gone && clock_ms() < end)
		listen_for(20);
	return *what;
}

/* --- the command line beside them --- */

static pid_t command;
static unsigned command_number;

static void run_command(void)
{
	char body[32], subject[16],
		*tool = file_join(getenv("builddir") ? getenv("builddir") : ".", "talaria");
	const char *const lines[][6] = {{"list", "INBOX"}, {"search", "subject:m1"}, {"folders"},
		{"sync"}, {"list", "Archive"}, {"-s", subject, "--", "bob@example.org"}};
	const char *argv[12] = {tool, "-F", person->config};
	int in[2];

	if (command_number % 6 == 5)
		mails++;
	snprintf(subject, sizeof(subject), "k%u", mails);
	for (int i = 0; i < 6 && lines[command_number % 6][i]; i++)
		argv[3 + i] = lines[command_number % 6][i];
	snprintf(body, sizeof(body), "Text %u\n", mails);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	command = fork();
	assert_true(command >= 0);
	if (command == 0) {
		union {
			const char **in;
			char **out; /* exec's array knows no const */
		} u = {.in = argv};
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(in[0], 0);
		dup2(null, 1);
		if (quiet)
			dup2(null, 2);
		execv(tool, u.out);
		_exit(127);
	}
	assert_int_equal(write(in[1], body, strlen(body)), strlen(body));
	close(in[0]);
	close(in[1]);
	free(tool);
}

/* True: none runs any more. */
static bool command_ended(bool kills)
{
	static const char *const names[] = {
		"list INBOX", "search", "folders", "sync", "list Archive", "sending"};
	int status, code;
	char text[80];

	if (!command)
		return true;
	if (waitpid(command, &status, WNOHANG) != command)
		return false;
	command = 0;
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	/* A mail that the killed one was at is not confirmed. */
	if (code != 0 && !(code == TEMPORARY && command_number % 6 == 3) &&
		!(kills && command_number % 6 == 5)) {
		total.failed++;
		snprintf(text, sizeof(text), "%s ended with %d", names[command_number % 6], code);
		say("a command", text);
	}
	total.commands++;
	command_number++;
	return true;
}

/* --- others at the server --- */

static void others(unsigned lot)
{
	struct str text = STR_INIT;
	struct err err = {0};

	str_addf(&text,
		"From: a@example.org\r\nSubject: n%u\r\nMessage-ID: "
		"<n%u@example.org>\r\n\r\nText\r\n",
		arrived + 1, arrived + 1);
	if (imap_append(observer, "INBOX", text.p, text.len, 0, NULL, 0, NULL, &err) != 0)
		fail_msg("%s", err.text);
	arrived++;
	world_toggle(observer, &model, 0, THIRD + lot % (WORLD_IDS - THIRD), MAIL_FLAGGED);
	str_done(&text);
}

/* --- looking --- */

static unsigned last_done(const struct copy *c)
{
	unsigned last = 0;

	for (unsigned i = 0; i < c->n; i++)
		if (c->done[i])
			last = i + 1;
	return last;
}

static unsigned fit_other(const struct world *is, struct str *text)
{
	static struct world_done acts[COPIES * MAX_ACTS];
	size_t n = 0;

	for (unsigned c = 0; c < COPIES; c++)
		for (unsigned i = 0, last = last_done(&copies[c]); i < copies[c].n; i++)
			acts[n++] = (struct world_done){&copies[c].acts[i], i < last};
	return world_fit_other(&model, acts, n, is, text);
}

/* The acts of the copies do not touch the same messages: each has its own order. */
static unsigned fit(const struct world *is)
{
	struct world w = model;
	unsigned least = UINT32_MAX;

	for (unsigned c = 0; c < COPIES; c++) {
		struct copy *copy = &copies[c];
		struct world best = w, next = w;
		unsigned last = last_done(copy), n;

		least = UINT32_MAX;
		for (unsigned i = 0; i <= copy->n; i++) {
			if (i)
				world_apply(&next, &copy->acts[i - 1]);
			if (i < last)
				continue;
			n = world_compare(&next, is, NULL);
			if (n < least) {
				least = n;
				best = next;
			}
		}
		w = best;
		total.acts += copy->n;
	}
	model = w;
	return least;
}

static void check_mails(const struct seen *mine)
{
	struct outbox *o = world_outbox();
	struct seen s;
	char text[64];

	observer_look(bob, "INBOX", &s);
	for (unsigned k = first_mail; k <= mails; k++) {
		unsigned came = world_count(&s, "INBOX", 'k', k),
			 kept = world_count(mine, "Sent", 'k', k);

		bool waits = world_in_outbox(o, k);

		if (waits ? came <= 1 && !kept : came == 1 && kept == 1)
			continue;
		total.lost += !came || !kept;
		total.doubled += came > 1 || kept > 1;
		snprintf(text, sizeof(text), "k%u came %u times, is %u times in Sent", k, came,
			kept);
		say("a mail", text);
	}
	for (unsigned k = 1; k <= arrived; k++)
		total.lost += world_count(mine, "INBOX", 'n', k) != 1;
	seen_done(&s);
	outbox_free(o);
}

static void look(void)
{
	struct str lines = STR_INIT;
	struct world is;
	struct seen s;
	size_t rows;
	unsigned other;

	observer_look(observer, NULL, &s);
	total.doubled += world_of(&s, &is);
	other = fit_other(&is, &lines);
	total.lost += other > 0;
	world_say_lines(say, "the disk", &lines);
	str_clear(&lines);
	if (fit(&is)) {
		total.lost++;
		world_compare(&model, &is, &lines);
		world_say_lines(say, "the server", &lines);
		str_clear(&lines);
	}
	model = is;
	check_mails(&s);
	total.cache += observer_compare(&s, cache_dir, true, &lines, &rows) != 0;
	world_say_lines(say, "the cache", &lines);
	seen_done(&s);
	str_done(&lines);
}

/* --- rounds --- */

static void end_copy(struct copy *c)
{
	if (c->gone)
		return;
	assert_int_equal(write(c->to, "e", 1), 1);
	await(&c->gone, c);
	if (c->gone)
		return;
	total.failed++;
	say("a copy", "does not end");
	c->killed = true;
	kill(c->pid, SIGKILL);
	await(&c->gone, c);
}

static void kill_holder(void)
{
	copies[0].killed = true;
	kill(copies[0].pid, SIGKILL);
	total.kills++;
}

static void one_round(unsigned number, bool kills)
{
	int64_t end, due;
	unsigned lot = number;

	for (unsigned i = 0; i < COPIES; i++) {
		hire(&copies[i], i, number * 100 + i);
		if (!await(&copies[i].settled, &copies[i])) {
			total.failed++;
			say("a copy", "does not start");
		}
	}
	end = clock_ms() + ROUND_MS;
	due = kills ? end - ROUND_MS / 2 : INT64_MAX;
	while (clock_ms() < end) {
		listen_for(20);
		if (lot++ % 4 == 0)
			others(lot);
		if (command_ended(kills))
			run_command();
		if (clock_ms() >= due) {
			kill_holder();
			due = INT64_MAX;
			end += 3000; /* the other looks for the lock every two seconds */
		}
	}
	for (end = patience(); !command_ended(kills); listen_for(20))
		if (clock_ms() > end)
			kill(command, SIGKILL);
	for (end = patience(); kills && copies[1].state != STATE_ONLINE; listen_for(20))
		if (clock_ms() > end || copies[1].gone) {
			total.not_taken_over++;
			break;
		}
	end_copy(&copies[1]);
	end_copy(&copies[0]);
	/* One that comes after them and sees everything through. */
	hire(&copies[COPIES], COPIES, 1);
	if (!await(&copies[COPIES].settled, &copies[COPIES])) {
		total.failed++;
		say("the last copy", "does not settle");
	}
	end_copy(&copies[COPIES]);
	total.rounds++;
	look();
}

static unsigned faults(void)
{
	return total.lost + total.doubled + total.cache + total.failed + total.not_taken_over;
}

static void summary(const char *name)
{
	print_message(
		"# %s: %u rounds, %u changes, %u commands, %u mails arrived, %u sent, %u kills; %u "
		"lost, %u doubled, %u caches wrong, %u failed, %u not taken over\n",
		name, total.rounds, total.acts, total.commands, arrived, mails, total.kills,
		total.lost, total.doubled, total.cache, total.failed, total.not_taken_over);
}

static int start_all(void **state)
{
	(void)state;
	memset(&total, 0, sizeof(total));
	first_mail = mails + 1;
	arrived = 0;
	for (unsigned i = 0; i <= COPIES; i++)
		copies[i].gone = true;
	person = world_person(NULL, &cache_dir);
	observer = observer_new(person->name);
	bob = observer_new("bob");
	world_put(observer, &model);
	return 0;
}

static int start_spans(void **state)
{
	world_spans = true;
	return start_all(state);
}

static int end_all(void **state)
{
	(void)state;
	world_spans = false;
	observer_free(observer);
	observer_free(bob);
	person_free(person);
	free(cache_dir);
	return 0;
}

static void rounds(unsigned n, unsigned kills, const char *name)
{
	const char *env = getenv("TALARIA_SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 10) : 1;

	for (unsigned i = 0; i < n; i++)
		one_round(seed + i, (i + kills) % 2);
	summary(name);
	assert_int_equal(faults(), 0);
	assert_true(total.acts > 20 * total.rounds);
}

static void test_rounds(void **state)
{
	unsigned n = (unsigned)harness_scale(ROUNDS);

	(void)state;
	rounds(n - n / 2, 0, "two copies");
}

/* The inboxes of two accounts are one list. */
static void test_two_accounts(void **state)
{
	(void)state;
	rounds((unsigned)harness_scale(ROUNDS) / 2, 1, "two copies with two accounts");
}

/* A harness that finds nothing in broken copies proves nothing. */
static void test_control(void **state)
{
	(void)state;
	quiet = broken = true;
	for (unsigned i = 0; i < 10 && !faults(); i++)
		one_round(i, false);
	quiet = broken = false;
	summary("control, without locks");
	assert_true(faults() > 0);
}

int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);
int __wrap_flock(int fd, int how)
{
	return broken ? 0 : __real_flock(fd, how);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start_all, end_all)
	const struct CMUnitTest tests[] = {T(test_rounds),
		cmocka_unit_test_setup_teardown(test_two_accounts, start_spans, end_all),
		T(test_control)};

	signal(SIGPIPE, SIG_IGN);
	return WORLD_RUN("engine two", tests);
}
