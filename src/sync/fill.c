/*
 * Fills in what a mailbox has and the cache has not: in chunks, newest first. Between two chunks
 * any waiting job goes ahead. A row that breaks the parser is cornered and gets a placeholder.
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
	QUICK_MS = 400, /* a chunk that came in less is followed by one four times as large */
	SLOW_MS = 1500, /* jobs wait for the end of a chunk */
	SET_MAX = 7500  /* servers may refuse lines of more than 8000 octets (RFC 2683 3.2.1.5) */
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
	unsigned request;
};

static void fill_free(struct fill *f)
{
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
		fill_free(f);
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
		fill_free(before);
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
	fill_free(f);
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

/* Large enough that round trips do not count, small enough that a job need not wait for long. */
static void grow_chunk(struct fill *f, size_t n, int64_t took)
{
	f->gave_up = false;
	f->suspects -= n < f->suspects ? n : f->suspects;
	if (f->suspects)
		return;
	if (f->chunk < SECOND_CHUNK)
		f->chunk = SECOND_CHUNK;
	else if (took < QUICK_MS)
		f->chunk *= 4;
	else if (took > SLOW_MS && f->chunk / 2 >= SECOND_CHUNK)
		f->chunk /= 2;
	if (f->chunk > f->limit)
		f->chunk = f->limit;
}

/* The newest n, or as many as fit into a line. */
static size_t put_newest(struct str *set, const struct fill *f, size_t n)
{
	gather_set(set, f->todo + f->n - n, n);
	while (set->len > SET_MAX && n > 1) {
		n /= 2;
		str_clear(set);
		gather_set(set, f->todo + f->n - n, n);
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

static int fill_chunk(struct lane_thread *l, struct fill *f, struct err *err)
{
	struct watch *w = watch_state(l);
	size_t n = f->n < f->chunk ? f->n : f->chunk;
	struct str set = STR_INIT;
	struct gather g;
	unsigned items = IMAP_GET_FLAGS | IMAP_GET_DATE | IMAP_GET_SIZE | IMAP_GET_HEADER;
	int64_t begin = clock_ms();
	int rc;

	n = put_newest(&set, f, n);
	gather_init(&g, f->todo + f->n - n, NULL, n);
	g.want_summaries = true;
	rc = imap_fetch(w->im, set.p, items, SUMMARY_FIELDS, 0, gather_message, NULL, &g, err);
	str_done(&set);
	if (rc == 0 || err->kind == ERR_REFUSED) {
		/* Messages of the set that did not come were expunged meanwhile: the next compare
		 * knows. */
		gather_placeholders(&g);
		f->n -= n;
		post_summaries(l, f, &g);
		grow_chunk(f, n, clock_ms() - begin);
		rc = 0;
	} else {
		shrink_chunk(l, f, err->kind, n);
	}
	gather_done(&g);
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
	rc = fill_chunk(l, f, &said);
	return watch_outcome(l, rc, &said, err);
}
