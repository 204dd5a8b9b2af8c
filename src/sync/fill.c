/*
 * Fills in what a mailbox has and the cache has not: in chunks, newest first. While the answer to
 * one comes the next is already asked for, so that the server never waits for us; each is of a size
 * that comes in about a quarter of a second, so that a job, which goes ahead of what is not yet
 * asked for, does not wait longer than half a second. A row that breaks the parser is cornered, one
 * chunk at a time, and gets a placeholder.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "mime/envelope.h"
#include "sync/gather.h"
#include "sync/watch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert(
	(int)MAIL_SEEN == (int)IMAP_SEEN && (int)MAIL_ANSWERED == (int)IMAP_ANSWERED &&
		(int)MAIL_FLAGGED == (int)IMAP_FLAGGED && (int)MAIL_DELETED == (int)IMAP_DELETED &&
		(int)MAIL_DRAFT == (int)IMAP_DRAFT && (int)MAIL_FORWARDED == (int)IMAP_FORWARDED,
	"flag bits are the same on both sides");

enum {
	SMALL_CHUNK = 10,
	SECOND_CHUNK = 200,
	MAX_CHUNK = 4000,
	AIM_MS = 250,  /* what a chunk should take */
	GROWTH = 8,    /* at most, from one to the next */
	SLOW_MS = 600, /* behind one that took longer no second one is sent */
	SET_MAX = 7500 /* servers may refuse lines of more than 8000 octets (RFC 2683 3.2.1.5) */
};

/* What was asked for: the newest n of todo that no chunk before has. */
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
	size_t suspects; /* the newest of todo, among which a row ends the connection; 0: none */
	bool gave_up;    /* the last row was a placeholder for one that did */
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

static struct fill *take_fill(struct watch *w, const char *mailbox)
{
	for (struct fill **p = &w->fills; *p; p = &(*p)->next)
		if (strcmp((*p)->mailbox, mailbox) == 0) {
			struct fill *f = *p;

			*p = f->next;
			return f;
		}
	return NULL;
}

void fill_add(struct watch *w, const struct job *j, struct gather *g, const struct cache_meta *meta)
{
	struct fill *before = take_fill(w, j->mailbox), *f = mem_alloc(sizeof(*f));

	f->folder = mem_strdup(j->folder);
	f->mailbox = mem_strdup(j->mailbox);
	f->meta = *meta;
	f->request = j->request;
	f->todo = g->fresh;
	f->n = f->total = g->nfresh;
	g->fresh = NULL;
	g->nfresh = 0;
	f->chunk = g->nknown && !j->known.n ? SECOND_CHUNK : FIRST_CHUNK; /* a screenful is here */
	f->limit = MAX_CHUNK;
	if (before) {
		/* A row that broke the parser is being cornered: do not start from large chunks
		 * again. */
		f->suspects = before->suspects < f->n ? before->suspects : f->n;
		f->gave_up = before->gave_up;
		f->limit = before->limit;
		if (f->suspects)
			f->chunk = before->chunk;
		if (f->chunk > f->limit)
			f->chunk = f->limit;
		fill_free(w, before);
	}
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

	r->meta = f->meta;
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

	gather_take_summaries(g, &r->summaries, &r->n);
	lane_post(l, r);
	r = watch_result(RESULT_PROGRESS, f->folder, f->meta.uidvalidity);
	r->request = f->request;
	r->done = f->total - f->n;
	r->total = f->total;
	lane_post(l, r);
}

/* The one message whose answer cannot be parsed gets a row that says so; the folder goes on. */
static void placeholder(struct lane_thread *l, struct fill *f)
{
	struct result *r = watch_result(RESULT_SUMMARIES, f->folder, f->meta.uidvalidity);
	struct summary s = gather_placeholder(f->todo[f->n - 1]);

	log_line(1, "%s: message %u in %s cannot be parsed", l->account->name, (unsigned)s.uid,
		f->folder);
	r->summaries = mem_array(1, sizeof(*r->summaries));
	r->summaries[0] = summary_copy(&s);
	r->n = 1;
	f->n--;
	f->suspects = 0;
	f->gave_up = true;
	f->chunk = FIRST_CHUNK;
	lane_post(l, r);
}

/* took: while it came, without the way there and back. */
static void grow_chunk(struct fill *f, size_t n, int64_t took)
{
	size_t fits = took < 1 ? n * GROWTH : n * AIM_MS / (size_t)took;

	f->gave_up = false;
	f->slow = took > SLOW_MS;
	f->suspects -= n < f->suspects ? n : f->suspects;
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

/* The connection broke on this chunk: ask for less at a time. Where the bytes are no IMAP, corner
 * the message that does it. */
static void shrink_chunk(struct lane_thread *l, struct fill *f, enum err_kind why, size_t n)
{
	if (why != ERR_PROTOCOL) {
		/* A link that breaks before a chunk is through would never bring one. */
		f->limit = f->chunk = n > SMALL_CHUNK ? n / 2 : n;
		return;
	}
	/* Each step is worth a new connection at once, unless the server has only such rows. */
	l->useful = !f->gave_up;
	if (n == 1) {
		placeholder(l, f);
		return;
	}
	f->suspects = n;
	f->chunk = n / 2;
}

static void take_message(void *ctx, const struct imap_message *m)
{
	struct chunk *c = ctx;

	if (!c->began)
		c->began = clock_ms();
	gather_message(&c->g, m);
}

/* Asks for the newest of the first left of todo. */
static struct chunk *send_chunk(struct watch *w, struct fill *f, size_t left, struct err *err)
{
	unsigned items = IMAP_GET_FLAGS | IMAP_GET_DATE | IMAP_GET_SIZE | IMAP_GET_HEADER;
	struct chunk *c = mem_alloc(sizeof(*c));
	struct str set = STR_INIT;
	int rc;

	c->n = put_newest(&set, f, left, left < f->chunk ? left : f->chunk);
	c->uids = mem_dup(f->todo + left - c->n, c->n * sizeof(*c->uids));
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
	if (rc == 0 || err->kind == ERR_REFUSED) {
		/* Messages of the set that did not come were expunged meanwhile: the next compare
		 * knows. */
		gather_placeholders(&c->g);
		f->n -= c->n;
		post_summaries(l, f, &c->g);
		grow_chunk(f, c->n, now - (c->began > f->answered ? c->began : f->answered));
		f->answered = now;
		rc = 0;
	} else {
		shrink_chunk(l, f, err->kind, c->n);
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

	if (f->n == 0) {
		fill_finish(l, f, NULL);
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
