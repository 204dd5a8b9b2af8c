/*
 * A day of work on a disk that fails: the whole engine, a real Dovecot and a real relay, and at the
 * n-th call that writes a file, makes one, renames or syncs, the disk is full (ENOSPC), over quota
 * (EDQUOT) or read-only (EROFS). For every n of the day there is a run in which everything fails
 * from there on, for every third n one in which only that call fails, and one in which the inboxes
 * of two accounts are one list; then the same for the cache alone, with marks that others set
 * meanwhile; then days on small file systems that are really full.
 *
 * The day: start with nothing, fill the folders, mark, move, copy and delete messages, save a
 * draft, answer a mail, send it, synchronise, quit. Every request has to end in its final event;
 * the engine has to quit in time. Then a start without faults, one synchronisation, and a look from
 * outside (observer.c): what was told as done is there, what was told as failed is not, the drafts
 * that were told as saved have their text, the mails that were taken for sending came once, the
 * caches say what the server says. A notice about the disk comes once, not with every write.
 * Controls: an engine that tells what failed as done, one that loses marks in the cache.
 */
#include "tests/sync/cut.h"
#include "tests/sync/world.h"
#include "tests/unit/harness.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/disk/outbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ACTS = 6, MAX_ACTS = 32, DAY_MS = 15000, MAX_CALLS = 2000 };

enum told {
	TOLD_BEGIN,
	TOLD_DONE,
	TOLD_FAILED,
	TOLD_DRAFT,
	TOLD_ANSWERS,
	TOLD_QUEUED,
	TOLD_NOTICE,
	TOLD_END,
	TOLD_BAD
};

struct report {
	enum told told;
	unsigned seq; /* of an act; of a mail */
	struct act act;
	long calls, hits;
	char text[200];
};

struct fault {
	long at; /* below 0: none */
	int error;
	bool stays, cache_only;
};

static bool says_done; /* a broken engine: it tells what failed as done */
static struct person *person;
static char *cache_dir;
static struct world model;
static unsigned mails;

/* ---- the child ---- */

static struct {
	int out;
	struct msglist *lists[WORLD_ALL];
	bool lost[WORLD_ALL]; /* could not be opened */
	struct world world;
	unsigned seq, mails;
} kid;

static void tell(struct report *r)
{
	if (write(kid.out, r, sizeof(*r)) != sizeof(*r))
		_exit(3);
}

static void tell_text(enum told told, unsigned seq, const char *text)
{
	struct report r = {.told = told, .seq = seq};

	snprintf(r.text, sizeof(r.text), "%s", text ? text : "");
	tell(&r);
}

static void bad(const char *text)
{
	struct str all = STR_INIT;

	str_addf(&all, "%s; first failed: %s", text, cut_what());
	tell_text(TOLD_BAD, 0, all.p);
	_exit(2);
}

static void take(const struct event *ev)
{
	if (ev->kind == EVENT_NOTICE)
		tell_text(TOLD_NOTICE, 0, ev->notice.text);
	if (ev->kind == EVENT_SEND_FAILED)
		tell_text(TOLD_NOTICE, 1, ev->mail.err.text);
	for (unsigned i = 0; i < WORLD_ALL; i++)
		if (ev->kind == EVENT_FAILED && ev->list && ev->list == kid.lists[i])
			kid.lost[i] = true;
}

static struct event *next_of(const char *awaited, int64_t end)
{
	struct event *ev = next_event(person->engine, end);

	if (!ev)
		bad(awaited);
	take(ev);
	return ev;
}

static struct event * final(unsigned request, const char *awaited)
{
	int64_t end = clock_ms() + DAY_MS;

	for (;;) {
		struct event *ev = next_of(awaited, end);

		if (ev->request == request && ev->kind != EVENT_PROGRESS)
			return ev;
		event_free(ev);
	}
}

static bool fine(unsigned request, const char *awaited)
{
	struct event *ev = final(request, awaited);
	bool ok = ev->kind == EVENT_DONE;

	event_free(ev);
	return ok;
}

static void open_lists(void)
{
	int64_t end = clock_ms() + DAY_MS;
	struct err err = {0};

	for (unsigned i = 0; i < WORLD_LISTS; i++)
		if (engine_find_folder(person->engine, 0, world_boxes[i]) >= 0)
			kid.lists[i] =
				!i && world_spans
					? engine_open_span(person->engine, span_row(SPAN_INBOXES))
					: engine_open(person->engine, 0, world_boxes[i], &err);
	for (unsigned i = 1; world_spans && i < WORLD_BOXES; i++)
		if (engine_find_folder(person->engine, 1, world_boxes[i]) >= 0)
			kid.lists[WORLD_LISTS + i] =
				engine_open(person->engine, 1, world_boxes[i], &err);
	for (unsigned i = 0; i < WORLD_ALL; i++)
		while (kid.lists[i] && !kid.lost[i] && !msglist_ready(kid.lists[i]))
			event_free(next_of("a list", end));
}

static bool find_rows(const struct act *a, uint32_t *uids)
{
	unsigned list = world_list(a);

	return kid.lists[list] && !kid.lost[list] && world_find(kid.lists, a, NULL, uids);
}

/* One change after the other: what the last one left behind is to be seen before the next. */
static void one_act(const struct act *a)
{
	struct report r = {.told = TOLD_BEGIN, .act = *a};
	uint32_t uids[2 * WORLD_MANY];
	struct event *ev;

	if (!find_rows(a, uids))
		return;
	r.seq = ++kid.seq;
	tell(&r);
	ev = final(world_ask(person->engine, kid.lists, a, uids), "a change");
	if (ev->kind == EVENT_DONE || says_done) {
		tell_text(TOLD_DONE, r.seq, "");
		world_apply(&kid.world, a);
	} else {
		tell_text(TOLD_FAILED, r.seq, event_error(ev));
	}
	event_free(ev);
}

static char *begin_mail(enum compose_kind kind, struct msglist *l, uint32_t uid)
{
	struct event *ev = final(engine_compose(person->engine, 0, kind, l, uid,
					 kind == COMPOSE_NEW ? "bob@example.org" : NULL),
		"a new draft");
	char *id = ev->kind == EVENT_DRAFT ? mem_strdup(ev->draft->id) : NULL;

	event_free(ev);
	return id;
}

/* The id, when the text is told to be saved. */
static char *save_mail(char *id, unsigned k)
{
	struct str text = STR_INIT;
	struct event *ev;
	struct draft d;

	if (!id)
		return NULL;
	str_addf(&text, "Text %u\n", k);
	numbered_draft(&d, person, k, text.p);
	ev = final(engine_draft_save(person->engine, 0, id, &d), "a draft");
	draft_done(&d);
	if (ev->kind == EVENT_DRAFT) {
		tell_text(TOLD_DRAFT, k, id);
	} else {
		free(id);
		id = NULL;
	}
	event_free(ev);
	str_done(&text);
	return id;
}

/* Of the message that is answered; its mark comes with the relay's word. */
static unsigned number_of(size_t at)
{
	struct msg_row row;
	unsigned id = WORLD_IDS;

	if (msglist_row(kid.lists[0], at, &row) && row.subject)
		sscanf(row.subject, "m%u", &id);
	return id;
}

/* The row of the first one that its own account can answer. */
static size_t first_row(void)
{
	struct msg_origin o;
	size_t row = 0;

	while (msglist_origin(kid.lists[0], msglist_uid(kid.lists[0], row), &o) && o.account != 0)
		row++;
	return row;
}

static void write_mails(void)
{
	uint32_t uid = 0;
	char *id = save_mail(begin_mail(COMPOSE_NEW, NULL, 0), kid.mails + 1);

	free(id); /* stays a draft */
	if (kid.lists[0] && !kid.lost[0])
		uid = msglist_uid(kid.lists[0], first_row());
	if (uid) {
		tell_text(TOLD_ANSWERS, number_of(first_row()), "");
		id = begin_mail(COMPOSE_REPLY, kid.lists[0], uid);
	} else
		id = begin_mail(COMPOSE_NEW, NULL, 0);
	id = save_mail(id, kid.mails + 2);
	if (id && fine(engine_send(person->engine, 0, id), "sending"))
		tell_text(TOLD_QUEUED, kid.mails + 2, "");
	free(id);
}

static void end_kid(void)
{
	struct report r = {.told = TOLD_END};
	int64_t begin = clock_ms();

	engine_free(person->engine);
	if (clock_ms() - begin > 2000)
		bad("quitting took long");
	r.hits = cut_hits();
	r.calls = cut_count();
	snprintf(r.text, sizeof(r.text), "%s", cut_what());
	cut_off();
	tell(&r);
	_exit(0);
}

static void day_kid(const struct fault *f)
{
	struct act a;

	if (f->at >= 0)
		cut_fail_at(f->at, f->error, f->stays, f->cache_only ? cache_dir : person->home);
	else
		cut_fail_at(MAX_CALLS * 100, 0, false, person->home);
	start(person, false);
	fine(engine_sync(person->engine, 0), "a synchronisation");
	open_lists();
	fine(engine_sync(person->engine, 0), "a synchronisation");
	srand(7 + mails);
	for (int i = 0; i < ACTS; i++)
		if (world_draw(&kid.world, &a))
			one_act(&a);
	write_mails();
	fine(engine_sync(person->engine, 0), "a synchronisation");
	end_kid();
}

/* The day after: no faults. */
static void healed_kid(void)
{
	struct outbox_info o;
	int64_t end;

	cut_off();
	start(person, false);
	if (!fine(engine_sync(person->engine, 0), "the next day's synchronisation"))
		bad("no synchronisation on the next day");
	/* What waits for its time after a failure is sent when asked for. */
	for (size_t i = 0; i < engine_outbox(person->engine, 0); i++) {
		engine_outbox_at(person->engine, 0, i, &o);
		if (!o.unconfirmed)
			engine_outbox_retry(person->engine, 0, o.id);
	}
	end = clock_ms() + DAY_MS;
	while (world_mail_is_moving(person->engine) || engine_pending(person->engine))
		event_free(next_of("the outbox and the journal", end));
	if (!fine(engine_sync(person->engine, 0), "the next day's second synchronisation"))
		bad("no second synchronisation on the next day");
	end_kid();
}

/* ---- the parent ---- */

static struct imap *observer, *bob;
static struct {
	unsigned days, hits, refused, lost, doubled, undead, unsure, cache, bad, noisy;
} total;
static bool quiet;
static struct act begun[MAX_ACTS];
static enum told fate[MAX_ACTS];
static unsigned nbegun, refusals, queued;
static struct {
	unsigned k;
	char id[200];
} drafts[4];
static unsigned ndrafts, answered;
static void (*before_healing)(void);
static bool read_only_now; /* the file system became so, and stays so */
static struct str day_notices = STR_INIT;
static long calls, hits;
static char first_hit[200];

static void say(const char *kind, const char *text)
{
	if (!quiet)
		print_message("# %s: %s (%s)\n", kind, text, first_hit);
}

static void take_report(const struct report *r)
{
	switch (r->told) {
	case TOLD_BEGIN:
		begun[nbegun] = r->act;
		fate[nbegun++] = TOLD_BEGIN;
		break;
	case TOLD_DONE:
	case TOLD_FAILED:
		fate[r->seq - 1] = r->told;
		total.refused += r->told == TOLD_FAILED;
		break;
	case TOLD_ANSWERS:
		answered = r->seq;
		break;
	case TOLD_DRAFT:
		drafts[ndrafts].k = r->seq;
		snprintf(drafts[ndrafts++].id, sizeof(drafts[0].id), "%s", r->text);
		break;
	case TOLD_QUEUED:
		queued = r->seq;
		break;
	case TOLD_NOTICE:
		refusals += r->seq;
		if (!r->seq)
			str_addf(&day_notices, "%s\n", r->text);
		break;
	case TOLD_END:
		calls = r->calls;
		hits = r->hits;
		snprintf(first_hit, sizeof(first_hit), "%s", r->text);
		break;
	default:
		total.bad++;
		say("waited in vain for", r->text);
	}
}

static void run(void (*work)(const struct fault *f), const struct fault *f)
{
	struct report r;
	int fds[2], status = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		kid.out = fds[1];
		kid.world = model;
		kid.mails = mails;
		work(f);
	}
	close(fds[1]);
	while ((n = read(fds[0], &r, sizeof(r))) != 0)
		if (n == sizeof(r))
			take_report(&r);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 2)) {
		total.bad++;
		say("the engine", "crashed");
	}
}

static void work_healed(const struct fault *f)
{
	(void)f;
	healed_kid();
}

/* The first of what was told as failed may have stayed in the journal. */
static bool fits_with_failed(const struct world *is)
{
	for (unsigned most = 0; most < nbegun; most++) {
		struct world w = model;

		for (unsigned i = 0; i < nbegun; i++)
			if (fate[i] == TOLD_DONE || (fate[i] == TOLD_FAILED && i <= most))
				world_apply(&w, &begun[i]);
		if (world_compare(&w, is, NULL) == 0)
			return true;
	}
	return false;
}

/* The mark of what was answered comes when the relay has the mail. */
static void note_answer(struct world *want, const struct world *is)
{
	struct spot *a = &want->at[0][answered % WORLD_IDS];

	if (answered < WORLD_IDS && is->at[0][answered].there)
		a->flags = (a->flags & ~(uint32_t)MAIL_ANSWERED) |
			   (is->at[0][answered].flags & MAIL_ANSWERED);
}

/* Of a change in two accounts one part may have been done, though the other failed. */
static bool fits_in_part(struct world w, unsigned from, const struct world *is)
{
	for (unsigned i = from; i < nbegun; i++) {
		if (fate[i] == TOLD_FAILED && begun[i].n && begun[i].nothers &&
			fits_in_part(w, i + 1, is))
			return true;
		if (fate[i] == TOLD_DONE ||
			(fate[i] == TOLD_FAILED && begun[i].n && begun[i].nothers))
			world_apply(&w, &begun[i]);
	}
	note_answer(&w, is);
	return world_compare(&w, is, NULL) == 0;
}

/* Of several messages some may have been changed before the disk failed, of one nothing. */
static unsigned fit_other(const struct world *is, struct str *text)
{
	struct world_done acts[MAX_ACTS];
	size_t n = 0;

	for (unsigned i = 0; i < nbegun; i++)
		if (fate[i] == TOLD_DONE || begun[i].n + begun[i].nothers > 1 || read_only_now)
			acts[n++] = (struct world_done){&begun[i], fate[i] == TOLD_DONE};
	return world_fit_other(&model, acts, n, is, text);
}

/* The state after what was told as done; what was told as failed may not have happened. */
static void check_world(const struct seen *s)
{
	struct world want = model, is;
	struct str text = STR_INIT;
	bool twice = world_of(s, &is);
	unsigned off;

	for (unsigned i = 0; i < nbegun; i++) {
		if (fate[i] == TOLD_DONE)
			world_apply(&want, &begun[i]);
	}
	total.doubled += twice;
	note_answer(&want, &is);
	off = fit_other(&is, &text);
	if (!off && fits_in_part(model, 0, &is)) {
		/* as told */
	} else if (!off && read_only_now && fits_with_failed(&is)) {
		/* What could neither be synced nor taken back again stays: the file system became
		 * read-only in between. */
		total.undead++;
	} else {
		total.lost++;
		for (unsigned i = 0; i < nbegun; i++) {
			char line[160];

			world_act_text(&begun[i], line, sizeof(line));
			say(fate[i] == TOLD_DONE ? "done" : "failed", line);
		}
		world_compare(&want, &is, &text);
		world_say_lines(say, "the server", &text);
	}
	model = is;
	str_done(&text);
}

static void check_mails(struct outbox *o)
{
	struct seen s;

	observer_look(bob, "INBOX", &s);
	for (unsigned k = mails + 1; k <= mails + 2; k++) {
		unsigned came = world_count(&s, NULL, 'k', k);

		total.doubled += came > 1;
		if (came > 1)
			say("a mail", "came twice");
		if (came && k == mails + 2 && k != queued && read_only_now) {
			/* Nothing can be taken back there. */
			total.undead++;
		} else if (came && k == mails + 2 && k != queued) {
			total.lost++;
			say("a mail", "came though sending was told as failed");
		}
		if (k != queued || came)
			continue;
		/* That it could not be noted as being sent, and then not that it was not. */
		total.unsure++;
		if (world_in_outbox(o, k))
			continue;
		total.lost++;
		say("a mail", "that was taken for sending did not come");
	}
	for (unsigned i = 0; i < ndrafts; i++) {
		struct str text = STR_INIT, want = STR_INIT;

		str_addf(&want, "\r\n\r\nText %u\r\n", drafts[i].k);
		if (drafts[i].k != queued && (outbox_read(o, drafts[i].id, &text, NULL) != 0 ||
						     !strstr(str_c(&text), want.p))) {
			/* The one that was to be sent may have been, though that was told as
			 * failed. */
			if (!world_count(&s, NULL, 'k', drafts[i].k)) {
				total.lost++;
				say("a draft", "that was saved is not there");
			}
		}
		str_done(&text);
		str_done(&want);
	}
	seen_done(&s);
}

static unsigned disk_notices(void)
{
	unsigned n = 0;

	for (const char *p = str_c(&day_notices); (p = strstr(p, "annot be ")); p++)
		n++;
	return n;
}

static void after(void)
{
	struct str lines = STR_INIT;
	struct outbox *o;
	struct seen s;
	size_t rows;

	observer_look(observer, NULL, &s);
	check_world(&s);
	o = world_outbox();
	check_mails(o);
	outbox_free(o);
	if (observer_compare(&s, cache_dir, true, &lines, &rows) != 0) {
		total.cache++;
		world_say_lines(say, "the cache", &lines);
	}
	if (disk_notices() > 1 + 2 * (unsigned)world_spans || refusals > 2) {
		total.noisy++;
		say("notices", str_c(&day_notices));
		if (refusals)
			print_message("# %u times not sent\n", refusals);
	}
	str_done(&lines);
	seen_done(&s);
}

static void forget_home(void)
{
	static const char *const vars[] = {"XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"};

	for (size_t i = 0; i < MEM_COUNT(vars); i++)
		assert_int_equal(file_remove_tree(getenv(vars[i]), NULL), 0);
	world_put_other(&model);
}

/* A day and the day after; how many calls failed. */
static long one_day(const struct fault *f, bool from_nothing)
{
	nbegun = refusals = queued = ndrafts = 0;
	answered = WORLD_IDS;
	str_clear(&day_notices);
	read_only_now = f->at >= 0 && f->stays && f->error == EROFS;
	if (from_nothing)
		forget_home();
	first_hit[0] = '\0';
	hits = -1; /* unless it says so */
	calls = 0;
	run(day_kid, f);
	total.hits += hits != 0;
	total.days++;
	{
		long had = hits, was = calls;
		char what[200];

		memcpy(what, first_hit, sizeof(what));
		if (before_healing)
			before_healing();
		run(work_healed, f);
		hits = had;
		calls = was;
		memcpy(first_hit, what, sizeof(what));
	}
	after();
	mails += 2;
	return hits;
}

static unsigned faults(void)
{
	return total.lost + total.doubled + total.cache + total.bad + total.noisy;
}

static void summary(const char *name)
{
	if (!quiet)
		print_message("# %s: %u days, %u with a failed call, %u changes refused; %u lost, "
			      "%u doubled, %u caches "
			      "wrong, %u hung or crashed, %u with many notices; %u changes done "
			      "though told as failed, %u mails left unconfirmed\n",
			name, total.days, total.hits, total.refused, total.lost, total.doubled,
			total.cache, total.bad, total.noisy, total.undead, total.unsure);
	memset(&total, 0, sizeof(total));
}

static void all_calls(bool stays, long step)
{
	static const int errors[] = {ENOSPC, EDQUOT, EROFS};
	const char *only = getenv("TALARIA_CALL");

	for (long n = only ? strtol(only, NULL, 10) : 0; n < MAX_CALLS; n += step) {
		struct fault f = {n, errors[(n / step) % 3], stays, false};

		if (one_day(&f, true) == 0 || only)
			break;
	}
}

/* A mark that others set on the server meanwhile: one that the day does not touch, because who does
 * not see it cannot mean it. */
static void marks_from_elsewhere(unsigned lot)
{
	for (unsigned b = 0; b < 2; b++)
		for (unsigned id = 0; id < WORLD_IDS; id++)
			if (model.at[b][id].there && (id + lot) % 5 == 0)
				world_toggle(observer, &model, b, id, MAIL_DRAFT);
}

/* A cache that is there; what others changed has to get into it. Only the cache fails. */
static void cache_calls(bool stays, long step)
{
	static const int errors[] = {ENOSPC, EROFS};

	for (long n = 0; n < MAX_CALLS; n += step) {
		struct fault f = {n, errors[(n / step) % 2], stays, true};

		marks_from_elsewhere((unsigned)n);
		if (one_day(&f, false) == 0)
			break;
	}
}

static void end_case(const char *name)
{
	unsigned n = faults();

	summary(name);
	assert_int_equal(n, 0);
}

static void test_one_fails(void **state)
{
	(void)state;
	all_calls(false, 3 * harness_step());
	end_case("one call fails");
}

static void test_all_fail(void **state)
{
	(void)state;
	all_calls(true, harness_step());
	end_case("everything fails from there on");
}

/* The inboxes of two accounts are one list, in which most changes are. */
static void test_two_accounts(void **state)
{
	(void)state;
	all_calls(true, 3 * harness_step());
	end_case("two accounts");
}

static void test_cache_fails(void **state)
{
	(void)state;
	cache_calls(false, harness_step());
	cache_calls(true, harness_step());
	end_case("the cache alone fails");
}

static void more_room(void)
{
	assert_int_equal(mount("none", person->home, "tmpfs", MS_REMOUNT, "size=8m"), 0);
}

/* A small file system in memory, where mounting is allowed: writes that end short. */
static void test_really_full(void **state)
{
	struct fault none = {.at = -1};
	struct str config = STR_INIT;
	char size[32];

	(void)state;
	assert_int_equal(file_read(person->config, 65536, &config, NULL), 0);
	before_healing = more_room;
	for (int kb = 24; kb <= 256; kb += harness_step() > 1 ? 56 : 8) {
		snprintf(size, sizeof(size), "size=%dk", kb);
		if (mount("none", person->home, "tmpfs", 0, size) != 0) {
			print_message("# not done: no file system can be mounted here (%s)\n",
				strerror(errno));
			break;
		}
		assert_int_equal(file_replace(person->config, config.p, config.len, 0600, NULL), 0);
		one_day(&none, false);
		assert_int_equal(umount(person->home), 0);
	}
	before_healing = NULL;
	str_done(&config);
	end_case("a small file system");
}

static int start_all(void **state)
{
	struct fault none = {.at = -1};

	(void)state;
	person = world_person(NULL, &cache_dir);
	observer = observer_new(person->name);
	bob = observer_new("bob");
	world_put(observer, &model);
	one_day(&none, true);
	if (!quiet)
		print_message("# a day has %ld calls\n", calls);
	assert_int_equal(faults(), 0);
	memset(&total, 0, sizeof(total));
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
	str_done(&day_notices);
	return 0;
}

/* A harness that finds nothing in a broken engine proves nothing. */
static void test_controls(void **state)
{
	unsigned n;

	(void)state;
	quiet = true;
	says_done = true;
	all_calls(true, 60);
	n = total.lost;
	print_message("# control, told as done what failed: %u of %u days\n", n, total.days);
	assert_true(n > 0);
	memset(&total, 0, sizeof(total));
	says_done = false;
	world_loses_marks = true;
	forget_home();
	cache_calls(true, 7);
	n = total.cache;
	print_message("# control, loses marks in the cache: %u of %u days\n", n, total.days);
	assert_true(n > 0);
	world_loses_marks = quiet = false;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start_all, end_all)
	const struct CMUnitTest tests[] = {
		T(test_one_fails),
		T(test_all_fail),
		cmocka_unit_test_setup_teardown(test_two_accounts, start_spans, end_all),
		T(test_cache_fails),
		T(test_really_full),
		T(test_controls),
	};

	return WORLD_RUN("engine full", tests);
}
