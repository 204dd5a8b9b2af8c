/*
 * Fills in what a mailbox has and the cache has not: in chunks, newest first. While the answer to
 * one comes the next is already asked for, so that the server never waits for us; each is of a size
 * that comes in about a quarter of a second, so that a job, which goes ahead of what is not yet
 * asked for, does not wait longer than half a second.
 *
 * One message that the server cannot give costs one row: whatever it answers to it (NO, the end of
 * the connection, bytes that are no IMAP, nothing), what came is kept, the rest is asked for in
 * smaller chunks until that message is alone, and then it gets a row that says why.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uids.h"
#include "mime/envelope.h"
#include "sync/gather.h"
#include "sync/watch.h"

#include <stdlib.h>
#include <string.h>

enum {
	SMALL_CHUNK = 10,
	BREAKS_MAX = 2, /* the connection ended so often when one message was asked for alone */
	BAD_MAX = 20,   /* messages one after the other that cannot be had: it is the folder */
	SECOND_CHUNK = 200,
	MAX_CHUNK = 4000,
	AIM_MS = 250,  /* what a chunk should take */
	GROWTH = 8,    /* at most, from one to the next */
	SLOW_MS = 600, /* behind one that took longer no second one is sent */
	SET_MAX = 7500 /* servers may refuse lines of more than 8000 octets (RFC 2683 3.2.1.5) */
};

/* What was asked for. */
struct chunk {
	struct imap_ahead *ahead;
	struct gather g;
	uint32_t *uids; /* owned; g borrows them */
	size_t n;
	int64_t began; /* clock_ms of the first message that came */
};

/* What is still to be fetched of one mailbox. */
struct fill {
	struct fill *next;
	char *folder, *mailbox;
	struct cache_meta meta; /* to be reported when all is in */
	uint32_t *todo;         /* ascending; taken from the end: newest first */
	size_t n, total, chunk;
	size_t limit;    /* largest chunk: less where connections do not last */
	size_t suspects; /* the newest of todo, among which one cannot be had; 0: none */
	uint32_t alone;  /* seems to be that one: asked for by itself; 0: none */
	uint32_t broke;  /* the one message asked for when the connection ended */
	unsigned breaks; /* so many times in a row */
	size_t bad;      /* given up, one after the other */
	struct err why;  /* the fill ends with this; ERR_NONE: it goes on */
	bool slow;       /* a chunk takes so long that a round trip does not count */
	struct chunk *first, *second; /* under way, of the newest of todo, in this order */
	int64_t answered;             /* clock_ms of the last answer */
	unsigned request;
};

static void chunk_free(struct chunk *c)
{
	if (!c)
		return;
	gather_done(&c->g);
	free(c->uids);
	free(c);
}

/* Whose answers nobody will read any more. */
static void drop_chunks(struct watch *w, struct fill *f)
{
	if (f->first)
		imap_fetch_forget(w->im, f->first->ahead);
	if (f->second)
		imap_fetch_forget(w->im, f->second->ahead);
	chunk_free(f->first);
	chunk_free(f->second);
	f->first = f->second = NULL;
}

void fill_forget(struct watch *w)
{
	for (struct fill *f = w->fills; f; f = f->next)
		drop_chunks(w, f);
}

static void fill_free(struct watch *w, struct fill *f)
{
	drop_chunks(w, f);
	free(f->folder);
	free(f->mailbox);
	free(f->todo);
	free(f);
}

void fill_end(struct watch *w)
{
	while (w->fills) {
		struct fill *f = w->fills;

		w->fills = f->next;
		fill_free(w, f);
	}
}

void fill_add(struct watch *w, const struct job *j, struct gather *g, const struct cache_meta *meta)
{
	struct fill *f = mem_alloc(sizeof(*f));

	f->folder = mem_strdup(j->folder);
	f->mailbox = mem_strdup(j->mailbox);
	f->meta = *meta;
	f->request = j->request;
	f->todo = g->fresh;
	f->n = f->total = g->nfresh;
	g->fresh = NULL;
	g->nfresh = 0;
	f->chunk = g->nknown && !j->sync.known.n ? SECOND_CHUNK
						 : FIRST_CHUNK; /* a screenful is here */
	f->limit = MAX_CHUNK;
	f->next = w->fills; /* the latest asked for goes first */
	w->fills = f;
}

bool fill_busy(struct lane_thread *l)
{
	return watch_state(l)->fills != NULL;
}

static void fill_finish(struct lane_thread *l, struct fill *f, const struct err *err)
{
	struct watch *w = watch_state(l);
	struct result *r = watch_result(RESULT_SYNCED, f->folder, f->meta.uidvalidity);

	r->synced.meta = f->meta;
	r->request = f->request;
	if (err)
		r->err = *err;
	w->fills = f->next;
	fill_free(w, f);
	lane_post(l, r);
}

static void post_summaries(struct lane_thread *l, struct fill *f, struct gather *g)
{
	struct result *r = watch_result(RESULT_SUMMARIES, f->folder, f->meta.uidvalidity);

	gather_take_summaries(g, &r->summaries.v, &r->summaries.n);
	lane_post(l, r);
	r = watch_result(RESULT_PROGRESS, f->folder, f->meta.uidvalidity);
	r->request = f->request;
	r->progress.done = f->total - f->n;
	r->progress.total = f->total;
	lane_post(l, r);
}

/* What has its row is asked for no more; missing (ascending) is what has none. */
static void take_off(struct fill *f, const struct chunk *c, const uint32_t *missing, size_t n)
{
	size_t at = uids_at(f->todo, f->n, c->uids[0]), to = at, before = f->n - f->suspects;

	f->suspects = 0;
	for (size_t i = at; i < f->n; i++) {
		uint32_t uid = f->todo[i];

		if (uids_find(c->uids, c->n, uid) >= 0 && uids_find(missing, n, uid) < 0)
			continue;
		f->suspects += i >= before;
		f->todo[to++] = uid;
	}
	f->suspects += before < at ? at - before : 0;
	f->n = to;
}

/* Nothing but a row that says why. */
static void give_up(
	struct lane_thread *l, struct fill *f, struct chunk *c, uint32_t uid, const struct err *why)
{
	log_line(1, "%s: message %u in %s cannot be fetched: %s", l->account->name, (unsigned)uid,
		f->folder, why->text);
	gather_give_up(&c->g, uid, why);
	f->suspects = 0;
	f->breaks = 0;
	f->chunk = FIRST_CHUNK;
	if (++f->bad >= BAD_MAX)
		f->why = *why;
}

/* took: while it came, without the way there and back. */
static void grow_chunk(struct fill *f, size_t n, int64_t took)
{
	size_t fits = took < 1 ? n * GROWTH : n * AIM_MS / (size_t)took;

	f->slow = took > SLOW_MS;
	if (f->suspects)
		return;
	if (fits > f->chunk * GROWTH)
		fits = f->chunk * GROWTH;
	if (fits < f->chunk / 2)
		fits = f->chunk / 2;
	if (n < f->chunk && fits < f->chunk)
		return;
	f->chunk = fits;
	if (f->chunk < FIRST_CHUNK)
		f->chunk = FIRST_CHUNK;
	if (f->chunk > f->limit)
		f->chunk = f->limit;
}

/* The newest n of the first left, or as many as fit into a line. */
static size_t put_newest(struct str *set, const struct fill *f, size_t left, size_t n)
{
	gather_set(set, f->todo + left - n, n);
	while (set->len > SET_MAX && n > 1) {
		n /= 2;
		str_clear(set);
		gather_set(set, f->todo + left - n, n);
	}
	return n;
}

/*
 * Among the missing (ascending) of a chunk is one that cannot be had. Messages come in their order
 * mostly: the first that did not come is the first to be asked for by itself. It is among the
 * newest of todo, as the others of its chunk are.
 */
static void corner(struct fill *f, const struct chunk *c, const uint32_t *missing, size_t n)
{
	f->alone = n < c->n ? missing[0] : 0;
	f->suspects = f->n - uids_at(f->todo, f->n, missing[0]);
	f->chunk = c->n > 1 ? c->n / 2 : 1;
}

/* Those of the missing that the server still has; the others were removed meanwhile, and the next
 * compare tells. Who does not answer that has them all. */
static size_t still_there(
	struct lane_thread *l, const uint32_t *missing, size_t n, uint32_t *there, struct err *err)
{
	struct imap_uids found = {0};
	struct str what = STR_INIT;
	struct err said = {0};
	size_t k = 0;
	int rc;

	str_addf(&what, "UID %u:%u", (unsigned)missing[0], (unsigned)missing[n - 1]);
	rc = imap_search(watch_state(l)->im, what.p, &found, &said);
	for (size_t i = 0; i < n; i++)
		if (rc != 0 || uids_find(found.v, found.n, missing[i]) >= 0)
			there[k++] = missing[i];
	if (rc != 0 && said.kind != ERR_REFUSED)
		*err = said;
	str_done(&what);
	free(found.v);
	return k;
}

/* The answer is through: with OK the missing were left out, with NO one of them was refused. */
static int settle_missing(struct lane_thread *l, struct fill *f, struct chunk *c,
	const struct err *no, const uint32_t *missing, size_t n, struct err *err)
{
	uint32_t *there;
	struct err why;
	size_t k;

	if (n && no->kind != ERR_NONE && c->n > 1) {
		corner(f, c, missing, n);
		return 0;
	}
	err_set(&why, ERR_PROTOCOL, _("The server says nothing of this message"));
	there = mem_array(n + 1, sizeof(*there));
	*err = (struct err){0};
	k = n ? still_there(l, missing, n, there, err) : 0;
	if (err->kind == ERR_NONE) {
		for (size_t i = 0; i < k; i++)
			give_up(l, f, c, there[i], no->kind != ERR_NONE ? no : &why);
		take_off(f, c, NULL, 0);
	}
	free(there);
	return err->kind == ERR_NONE ? 0 : -1;
}

/* The connection ended, by the fault of the link or of one message: ask for less at a time. */
static void settle_break(struct lane_thread *l, struct fill *f, struct chunk *c,
	const struct err *why, const uint32_t *missing, size_t n)
{
	bool cornered;

	if (!n || (why->kind != ERR_NETWORK && why->kind != ERR_PROTOCOL))
		return;
	/* A link that breaks before a chunk is through would never bring one. */
	if (why->kind == ERR_NETWORK && c->n > SMALL_CHUNK)
		f->limit = c->n / 2;
	/* Each step is worth a new connection at once, unless the server has only such rows. */
	l->useful = !f->bad;
	if (c->n > 1) {
		corner(f, c, missing, n);
		return;
	}
	f->breaks = f->broke == missing[0] ? f->breaks + 1 : 1;
	f->broke = missing[0];
	cornered = why->kind == ERR_PROTOCOL || f->breaks >= BREAKS_MAX;
	f->alone = cornered ? 0 : missing[0];
	if (cornered) {
		give_up(l, f, c, missing[0], why);
		take_off(f, c, NULL, 0);
	}
}

static void take_message(void *ctx, const struct imap_message *m)
{
	struct chunk *c = ctx;

	if (!c->began)
		c->began = clock_ms();
	gather_message(&c->g, m);
}

/* Which: the suspect, or the newest of the first left of todo. */
static void choose(struct chunk *c, struct str *set, struct fill *f, size_t left)
{
	if (f->alone) {
		c->n = 1;
		c->uids = mem_dup(&f->alone, sizeof(f->alone));
		gather_set(set, c->uids, 1);
		f->alone = 0;
		return;
	}
	c->n = put_newest(set, f, left, left < f->chunk ? left : f->chunk);
	c->uids = mem_dup(f->todo + left - c->n, c->n * sizeof(*c->uids));
}

/* Asks for the newest of the first left of todo. */
static struct chunk *send_chunk(struct watch *w, struct fill *f, size_t left, struct err *err)
{
	unsigned items = IMAP_GET_FLAGS | IMAP_GET_DATE | IMAP_GET_SIZE | IMAP_GET_HEADER;
	struct chunk *c = mem_alloc(sizeof(*c));
	struct str set = STR_INIT;
	int rc;

	choose(c, &set, f, left);
	gather_init(&c->g, c->uids, NULL, c->n);
	c->g.want_summaries = true;
	rc = imap_fetch_send(w->im, &c->ahead, set.p, items, SUMMARY_FIELDS, take_message, c, err);
	str_done(&set);
	if (rc == 0)
		return c;
	chunk_free(c);
	return NULL;
}

/* A second one is not sent where a row is being cornered, and not before a job that waits. */
static bool wants_second(struct lane_thread *l, const struct fill *f)
{
	return !f->second && f->n > f->first->n && !f->suspects && !f->slow &&
	       queue_len(l->jobs) == 0 && !l->held;
}

static int send_chunks(struct lane_thread *l, struct fill *f, struct err *err)
{
	struct watch *w = watch_state(l);

	if (!f->first)
		f->first = send_chunk(w, f, f->n, err);
	if (f->first && wants_second(l, f))
		f->second = send_chunk(w, f, f->n - f->first->n, NULL);
	/* What goes wrong behind the first is the first's as long as its answer is not here. */
	return f->first ? 0 : -1;
}

/* The rows that came, whatever became of the rest. */
static int keep(struct lane_thread *l, struct fill *f, struct chunk *c, int rc, struct err *err)
{
	struct err no = rc == 0 ? (struct err){0} : *err;
	uint32_t *missing;
	size_t n;

	if (rc == 0 || no.kind == ERR_REFUSED)
		gather_placeholders(&c->g);
	missing = gather_missing(&c->g, &n);
	if (n < c->n)
		f->bad = 0;
	take_off(f, c, missing, n);
	if (rc == 0 || no.kind == ERR_REFUSED)
		rc = settle_missing(l, f, c, &no, missing, n, err);
	else
		settle_break(l, f, c, err, missing, n);
	post_summaries(l, f, &c->g);
	free(missing);
	return rc;
}

/* What had come of the answer behind the one that broke. */
static void keep_second(struct lane_thread *l, struct fill *f)
{
	uint32_t *missing;
	size_t n;

	if (!f->first || !f->first->g.nsummaries)
		return;
	missing = gather_missing(&f->first->g, &n);
	take_off(f, f->first, missing, n);
	post_summaries(l, f, &f->first->g);
	free(missing);
}

/* The answer to the first of those under way. */
static int take_chunk(struct lane_thread *l, struct fill *f, struct err *err)
{
	struct watch *w = watch_state(l);
	struct chunk *c = f->first;
	int64_t now;
	int rc = imap_fetch_take(w->im, c->ahead, err);

	f->first = f->second;
	f->second = NULL;
	now = clock_ms();
	if (!c->began)
		c->began = now;
	rc = keep(l, f, c, rc, err);
	if (rc == 0) {
		grow_chunk(f, c->n, now - (c->began > f->answered ? c->began : f->answered));
		f->answered = now;
	} else {
		keep_second(l, f);
		drop_chunks(w, f);
	}
	chunk_free(c);
	return rc;
}

int fill_settle(struct lane_thread *l, struct err *err)
{
	int rc = 0;

	for (struct fill *f = watch_state(l)->fills; f && rc == 0; f = f->next)
		while (rc == 0 && f->first)
			rc = take_chunk(l, f, err);
	return rc;
}

int fill_work(struct lane_thread *l, struct err *err)
{
	struct watch *w = watch_state(l);
	struct fill *f = w->fills;
	struct err said = {0};
	int rc;

	if (!f->first && (f->n == 0 || f->why.kind != ERR_NONE)) {
		fill_finish(l, f, f->why.kind != ERR_NONE ? &f->why : NULL);
		return 0;
	}
	rc = watch_ensure_selected(l, f->mailbox, &said);
	if (rc == 0 && w->sel.uidvalidity != f->meta.uidvalidity)
		rc = err_set(
			&said, ERR_GONE, _("Folder %s was made anew on the server"), f->folder);
	if (rc != 0) {
		if (said.kind == ERR_REFUSED || said.kind == ERR_GONE)
			fill_finish(l, f, &said);
		return watch_outcome(l, rc, &said, err);
	}
	rc = send_chunks(l, f, &said);
	if (rc == 0)
		rc = take_chunk(l, f, &said);
	return watch_outcome(l, rc, &said, err);
}
