#include "tests/sync/kid.h"

#include "base/mem.h"
#include "tests/sync/cut.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	STORM_ACTS = 24,  /* unless it is killed */
	OFFLINE_ACTS = 8, /* before a replay */
	FLIGHT = 4        /* changes asked for whose answer is not awaited */
};

static const struct kid_job *job;

static struct {
	struct msglist *lists[WORLD_ALL];
	struct world world;
	unsigned seq, mails;
	struct {
		unsigned request, seq;
	} flight[FLIGHT];
	unsigned nflight;
	struct world_left left;
} self;

static void tell(struct kid_report *r)
{
	ssize_t n;

	do
		n = write(job->out, r, sizeof(*r));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(*r))
		_exit(3);
}

static void bad(const char *text, const char *more)
{
	struct kid_report r = {.told = TOLD_BAD};

	snprintf(r.text, sizeof(r.text), "%s %s", text, more ? more : "");
	tell(&r);
	_exit(2);
}

static void told_done(unsigned request)
{
	struct kid_report r = {.told = TOLD_DONE};

	for (unsigned i = 0; i < self.nflight; i++)
		if (self.flight[i].request == request) {
			r.seq = self.flight[i].seq;
			self.flight[i] = self.flight[--self.nflight];
			if (!job->too_early)
				tell(&r);
			return;
		}
}

static void take(struct event *ev)
{
	struct kid_report r = {.told = TOLD_SENT};

	if (ev->kind == EVENT_DONE)
		told_done(ev->request);
	for (unsigned i = 0; ev->kind == EVENT_FAILED && i < self.nflight; i++)
		if (self.flight[i].request == ev->request)
			bad("a change failed:", event_error(ev));
	if (ev->kind == EVENT_SENT && sscanf(ev->mail.subject, "k%u", &r.seq) == 1)
		tell(&r);
}

static struct event *next_of(int64_t end)
{
	struct event *ev = next_event(job->person->engine, end);

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
		while (engine_find_folder(job->person->engine, 0, world_boxes[i]) < 0) {
			struct event *ev = next_of(end);

			take(ev);
			event_free(ev);
		}
		self.lists[i] =
			!i && world_spans
				? engine_open_span(job->person->engine, span_row(SPAN_INBOXES))
				: engine_open(job->person->engine, 0, world_boxes[i], &err);
		if (!self.lists[i])
			bad("a folder does not open:", err.text);
	}
	for (unsigned i = 1; world_spans && n > 1 && i < WORLD_BOXES; i++) {
		self.lists[WORLD_LISTS + i] =
			engine_open(job->person->engine, 1, world_boxes[i], &err);
		if (!self.lists[WORLD_LISTS + i])
			bad("a folder does not open:", err.text);
	}
}

/* One synchronisation, and nothing is left to do. */
static void settle(void)
{
	struct kid_report r = {.told = TOLD_SETTLED};
	struct event *ev = NULL;

	for (int tries = 0; tries < 3; tries++) {
		event_free(ev);
		ev = final(engine_sync(job->person->engine, 0));
		if (ev->kind == EVENT_DONE && !world_mail_is_moving(job->person->engine) &&
			engine_pending(job->person->engine) == 0)
			break;
	}
	if (ev->kind != EVENT_DONE)
		bad("not synchronised:", event_error(ev));
	if (world_mail_is_moving(job->person->engine) || engine_pending(job->person->engine))
		bad("something stays in the journal or the outbox", NULL);
	event_free(ev);
	r.calls = cut_count();
	cut_off();
	tell(&r);
}

static void begin_act(const struct act *a, const uint32_t *uids)
{
	struct kid_report r = {.told = TOLD_BEGIN, .seq = ++self.seq, .act = *a};

	tell(&r);
	if (job->too_early) {
		r.told = TOLD_DONE;
		tell(&r);
	}
	world_leave(&self.left, a, uids);
	self.flight[self.nflight].seq = self.seq;
	self.flight[self.nflight++].request = world_ask(job->person->engine, self.lists, a, uids);
	world_apply(&self.world, a);
}

static void pump(bool block)
{
	struct event *ev =
		block ? next_of(clock_ms() + PATIENCE_MS) : engine_next(job->person->engine);

	if (!ev)
		return;
	take(ev);
	event_free(ev);
}

/* Of both accounts, where it was a change of both. Where the server has to answer first, it is done
 * when nothing is left to do. */
static void undo(const struct act *a)
{
	struct kid_report r = {.told = TOLD_BEGIN, .act = *a};
	struct event *ev;

	while (self.nflight)
		pump(true);
	r.seq = ++self.seq;
	tell(&r);
	ev = final(engine_undo(job->person->engine));
	if (ev->kind != EVENT_DONE)
		bad("not taken back:", event_error(ev));
	if (!ev->done.text || strcmp(ev->done.text, "Undone") != 0)
		event_free(final(engine_sync(job->person->engine, 0)));
	event_free(ev);
	r.told = TOLD_DONE;
	tell(&r);
	world_apply(&self.world, a);
}

/* False: what the lot says cannot be done just now. */
static bool one_act(void)
{
	struct world before = self.world;
	struct act a, back;
	uint32_t uids[2 * WORLD_MANY];
	unsigned left = self.left.n;

	if (!world_draw(&self.world, &a) || !world_find(self.lists, &a, &self.left, uids))
		return false;
	begin_act(&a, uids);
	if (world_spans && rand() % 4 == 0 && world_opposite(&before, &a, &back)) {
		undo(&back);
		self.left.n = left;
	}
	return true;
}

static void send_one(void)
{
	struct kid_report r = {.told = TOLD_BEGIN, .act = {.kind = ACT_SEND, .mail = ++self.mails}};
	struct event *ev = final(
		engine_compose(job->person->engine, 0, COMPOSE_NEW, NULL, 0, "bob@example.org"));
	struct draft d;
	char *id;

	if (ev->kind != EVENT_DRAFT)
		bad("no draft:", event_error(ev));
	id = mem_strdup(ev->draft->id);
	event_free(ev);
	numbered_draft(&d, job->person, self.mails, "Text\n");
	event_free(final(engine_draft_save(job->person->engine, 0, id, &d)));
	draft_done(&d);
	r.seq = ++self.seq;
	tell(&r);
	ev = final(engine_send(job->person->engine, 0, id));
	if (ev->kind != EVENT_DONE)
		bad("not taken into the outbox:", event_error(ev));
	event_free(ev);
	r.told = TOLD_DONE;
	tell(&r);
	free(id);
}

static void acts(unsigned n)
{
	for (unsigned i = 0, misses = 0; i < n && misses < 200; i++) {
		while (self.nflight == FLIGHT)
			pump(true);
		pump(false);
		if (!one_act()) {
			misses++;
			i--;
			pump(self.nflight != 0);
		}
	}
	while (self.nflight)
		pump(true);
}

static _Noreturn void end_kid(void)
{
	struct kid_report r = {.told = TOLD_END};

	engine_free(job->person->engine);
	r.calls = cut_count();
	cut_off();
	tell(&r);
	_exit(0);
}

static struct kid_go await_go(void)
{
	struct kid_go go;
	ssize_t n;

	do
		n = read(job->in, &go, sizeof(go));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(go))
		_exit(3);
	self.world = go.world;
	self.mails = go.mails;
	return go;
}

static void settle_and_wait(struct kid_go *go)
{
	settle();
	*go = await_go();
	while (go->again) {
		settle();
		*go = await_go();
	}
}

static void storm(void)
{
	struct kid_go go;

	start(job->person, false);
	open_boxes(WORLD_LISTS);
	settle_and_wait(&go);
	srand(job->seed);
	if (go.kill_at >= 0)
		cut_kill_at(go.kill_at, job->seed);
	else
		cut_off();
	acts(STORM_ACTS);
}

static void offline(void)
{
	await_go();
	srand(job->seed);
	if (job->kill_at >= 0)
		cut_kill_at(job->kill_at, job->seed);
	start(job->person, true);
	open_boxes(WORLD_LISTS);
	for (unsigned i = 0; i < WORLD_ALL; i++)
		while (self.lists[i] && !msglist_ready(self.lists[i]))
			pump(true);
	acts(OFFLINE_ACTS);
	if (job->sends && rand() % 2)
		send_one();
}

/* What the screen has shown is there after the next start. */
static void tell_rows(void)
{
	struct kid_report r = {.told = TOLD_ROWS};

	while (msglist_sync_percent(self.lists[0]) < 100) {
		pump(true);
		if (msglist_total(self.lists[0]) > r.rows) {
			r.rows = msglist_total(self.lists[0]);
			tell(&r);
		}
	}
}

static void online(void)
{
	struct kid_go go;

	if (job->kill_at >= 0)
		cut_kill_at(job->kill_at, job->seed);
	else
		cut_off();
	start(job->person, false);
	open_boxes(job->work == WORK_FILL ? 1 : WORLD_LISTS);
	if (job->work == WORK_FILL)
		tell_rows();
	settle_and_wait(&go);
}

void kid_work(const struct kid_job *j)
{
	job = j;
	self.mails = j->mails;
	if (j->work == WORK_STORM)
		storm();
	else if (j->work == WORK_OFFLINE)
		offline();
	else
		online();
	end_kid();
}
