/*
 * What changed in a mailbox since the cache knew it: QRESYNC, else CONDSTORE or a plain compare
 * (RFC 7162 and 4549). The known rows are brought up to date; what is new is left to the fill.
 */
#include "base/log.h"
#include "base/mem.h"
#include "base/uids.h"
#include "mime/envelope.h"
#include "sync/gather.h"
#include "sync/watch.h"

#include <stdlib.h>
#include <string.h>

enum { FLAGS_CHUNK = 20000 };

static void post_flags(
	struct lane_thread *l, struct gather *g, const char *folder, uint32_t uidvalidity)
{
	struct result *r;

	if (!g->nflags)
		return;
	r = watch_result(RESULT_FLAGS, folder, uidvalidity);
	gather_take_flags(g, &r->flags, &r->n);
	lane_post(l, r);
}

static void post_vanished(
	struct lane_thread *l, struct gather *g, const char *folder, uint32_t uidvalidity)
{
	struct result *r;

	if (!g->ngone)
		return;
	r = watch_result(RESULT_VANISHED, folder, uidvalidity);
	r->uids = g->gone;
	r->n = g->ngone;
	g->gone = NULL;
	g->ngone = 0;
	lane_post(l, r);
}

/*
 * Flags of the known messages: only the changed ones where the server can tell and is believed,
 * else all of them, by ranges, which are short however large the mailbox is.
 */
static int compare_flags(struct lane_thread *l, struct gather *g, const struct known_folder *known,
	bool believe, struct err *err)
{
	struct watch *w = watch_state(l);
	uint64_t since = believe && known->meta.highestmodseq <= w->sel.highestmodseq
				 ? known->meta.highestmodseq
				 : 0;
	size_t chunk = since ? known->n : FLAGS_CHUNK;
	int rc = 0;

	if (!g->nknown_left || (since && since == w->sel.highestmodseq))
		return 0;
	for (size_t at = 0; rc == 0 && at < known->n; at += chunk) {
		size_t end = known->n - at < chunk ? known->n : at + chunk;
		struct str set = STR_INIT;

		str_addf(&set, "%u:%u", (unsigned)known->uids[at], (unsigned)known->uids[end - 1]);
		rc = imap_fetch(
			w->im, set.p, IMAP_GET_FLAGS, NULL, since, gather_message, NULL, g, err);
		str_done(&set);
	}
	return rc;
}

/* Servers err: what they told must add up to what EXISTS says (RFC 7162 3.2.5.2). */
static bool adds_up(struct lane_thread *l, struct gather *g)
{
	const struct watch *w = watch_state(l);

	gather_settle(g);
	return g->nknown_left + g->nfresh == imap_exists(w->im);
}

/* The server's UIDs against ours. 0: g is right. 1: it told nonsense, or refused. */
static int compare_uids(struct lane_thread *l, struct gather *g, struct err *err)
{
	struct imap_uids all = {0};
	struct err why = {0};
	int rc = 0;

	gather_reset(g);
	if (imap_exists(watch_state(l)->im))
		rc = imap_search(watch_state(l)->im, "ALL", &all, &why);
	if (rc == 0)
		gather_compare(g, all.v, all.n);
	free(all.v);
	if (rc != 0 && why.kind != ERR_REFUSED) {
		*err = why;
		return -1;
	}
	return rc != 0 || !adds_up(l, g);
}

struct listing {
	struct gather *gather;
	uint32_t *v;
	size_t n, cap;
};

static void list_message(void *ctx, const struct imap_message *m)
{
	struct listing *list = ctx;

	if (!m->uid)
		return;
	list->v = mem_grow(list->v, &list->cap, list->n + 1, sizeof(*list->v));
	list->v[list->n++] = m->uid;
	gather_message(list->gather, m);
}

/*
 * The last resort, which no server can get wrong and still show its mail: every message says its
 * UID and flags itself. The ranges meet, so that none is left out.
 */
static int compare_listed(
	struct lane_thread *l, struct gather *g, const struct known_folder *known, struct err *err)
{
	struct listing list = {.gather = g};
	uint64_t first = 1;
	int rc = 0;

	gather_reset(g);
	for (size_t at = FLAGS_CHUNK; rc == 0 && first; at += FLAGS_CHUNK) {
		uint32_t last = at < known->n ? known->uids[at] : 0;
		struct str set = STR_INIT;

		str_addf(&set, last ? "%u:%u" : "%u:*", (unsigned)first, (unsigned)last);
		rc = imap_fetch(watch_state(l)->im, set.p, IMAP_GET_FLAGS, NULL, 0, list_message,
			NULL, &list, err);
		str_done(&set);
		first = last ? (uint64_t)last + 1 : 0;
	}
	list.n = uids_sort(list.v, list.n);
	if (rc == 0)
		gather_compare(g, list.v, list.n);
	free(list.v);
	return rc;
}

/* Without QRESYNC, or where it told nonsense: then its mod-sequences are not believed either. */
static int compare_plain(struct lane_thread *l, struct gather *g, const struct known_folder *known,
	bool believe, struct err *err)
{
	int rc = compare_uids(l, g, err);

	if (rc == 0)
		return compare_flags(l, g, known, believe, err);
	if (rc < 0)
		return -1;
	log_line(1, "%s: the server's list of messages does not add up; each is asked for",
		l->account->name);
	return compare_listed(l, g, known, err);
}

static void note_watch(struct watch *w, const struct job *j)
{
	if (!j->watch)
		return;
	free(w->folder);
	free(w->mailbox);
	w->folder = mem_strdup(j->folder);
	w->mailbox = mem_strdup(j->mailbox);
}

static void post_selected(
	struct lane_thread *l, const struct job *j, const struct cache_meta *meta, bool reset)
{
	struct result *r = watch_result(RESULT_SELECTED, j->folder, meta->uidvalidity);

	r->meta = *meta;
	r->reset = reset;
	lane_post(l, r);
}

/* What a screen of a new folder shows is asked for before the question what else there is: one
 * round trip sooner. The UIDs that came are *got, ascending. */
static int fetch_newest(
	struct lane_thread *l, const struct job *j, uint32_t **got, size_t *n, struct err *err)
{
	struct watch *w = watch_state(l);
	uint32_t next = w->sel.uidnext, first = next > FIRST_CHUNK ? next - FIRST_CHUNK : 1;
	uint32_t asked[FIRST_CHUNK];
	unsigned items = IMAP_GET_FLAGS | IMAP_GET_DATE | IMAP_GET_SIZE | IMAP_GET_HEADER;
	struct str set = STR_INIT;
	struct result *r;
	struct gather g;
	int rc;

	if (w->no_window || next < 2 || !w->sel.exists)
		return 0;
	for (uint32_t uid = first; uid < next; uid++)
		asked[uid - first] = uid;
	gather_init(&g, asked, NULL, next - first);
	g.want_summaries = true;
	str_addf(&set, "%u:%u", (unsigned)first, (unsigned)(next - 1));
	rc = imap_fetch(w->im, set.p, items, SUMMARY_FIELDS, 0, gather_message, NULL, &g, err);
	str_done(&set);
	w->no_window = rc != 0;
	if (rc == 0 && g.nsummaries) {
		*got = mem_array(g.nsummaries, sizeof(**got));
		for (size_t i = 0; i < g.nsummaries; i++)
			(*got)[(*n)++] = g.summaries[i]->uid;
		*n = uids_sort(*got, *n);
		r = watch_result(RESULT_SUMMARIES, j->folder, w->sel.uidvalidity);
		gather_take_summaries(&g, &r->summaries, &r->n);
		lane_post(l, r);
	}
	gather_done(&g);
	return rc == 0 || err->kind == ERR_REFUSED ? 0 : -1;
}

static int compare_new(struct lane_thread *l, struct gather *g, const struct job *j,
	const struct known_folder *known, uint32_t **got, struct err *err)
{
	size_t n = 0;

	if (fetch_newest(l, j, got, &n, err) != 0)
		return -1;
	gather_done(g);
	gather_init(g, *got, NULL, n);
	/* Answers without repeats that add up to all there is leave nothing to ask for. */
	return n && n == watch_state(l)->sel.exists ? 0 : compare_plain(l, g, known, true, err);
}

static int compare(struct lane_thread *l, struct gather *g, const struct job *j,
	struct known_folder *known, uint32_t **got, struct err *err)
{
	struct watch *w = watch_state(l);
	struct imap_known k = {known->meta.uidvalidity, known->meta.highestmodseq};
	bool quick =
		known->n && known->meta.complete && k.modseq && (imap_can(w->im) & IMAP_QRESYNC);
	struct cache_meta meta;
	bool reset, believe = true;

	gather_init(g, known->uids, known->flags, known->n);
	if (watch_select(l, j->mailbox, quick ? &k : NULL, g, err) != 0)
		return -1;
	gather_settle(g);
	reset = known->n && known->meta.uidvalidity != w->sel.uidvalidity;
	meta = (struct cache_meta){
		w->sel.uidvalidity, w->sel.uidnext, w->sel.highestmodseq, w->sel.exists, false};
	post_selected(l, j, &meta, reset);
	if (reset) {
		known->n = 0;
		gather_done(g);
		gather_init(g, NULL, NULL, 0);
	} else if (w->sel.resynced) {
		/* A mod-sequence that runs backwards knows nothing of what we saw. */
		believe = k.modseq <= w->sel.highestmodseq && adds_up(l, g);
		if (believe)
			return 0;
		log_line(1, "%s: what QRESYNC told of %s does not add up", l->account->name,
			j->folder);
	}
	return known->n ? compare_plain(l, g, known, believe, err)
			: compare_new(l, g, j, known, got, err);
}

int compare_start(struct lane_thread *l, struct job *j, struct err *err)
{
	struct watch *w = watch_state(l);
	struct gather g;
	struct err said = {0};
	struct cache_meta meta;
	uint32_t *got = NULL;
	int rc;

	note_watch(w, j);
	rc = compare(l, &g, j, &j->known, &got, &said);
	if (rc != 0) {
		lane_fail(l, j, &said);
		gather_done(&g);
		free(got);
		return watch_outcome(l, rc, &said, err);
	}
	/* What even then does not add up is looked at in full again next time. */
	meta = (struct cache_meta){w->sel.uidvalidity, w->sel.uidnext,
		adds_up(l, &g) ? w->sel.highestmodseq : 0, w->sel.exists, true};
	if (j->watch)
		w->seen = w->sel;
	post_vanished(l, &g, j->folder, meta.uidvalidity);
	post_flags(l, &g, j->folder, meta.uidvalidity);
	fill_add(w, j, &g, &meta);
	gather_done(&g);
	free(got);
	return watch_outcome(l, 0, &said, err);
}
