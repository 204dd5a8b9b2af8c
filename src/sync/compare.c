/*
 * What changed in a mailbox since the cache knew it: QRESYNC, else CONDSTORE or a plain compare
 * (RFC 7162 and 4549). The known rows are brought up to date; what is new is left to the fill.
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
	FLAGS_CHUNK = 20000,
	FLAGS_AGAIN_MS = 60 * 60 * 1000,
	BAD_MAX = 20 /* messages that are refused by themselves: it is the folder */
};

static void post_flags(
	struct lane_thread *l, struct gather *g, const char *folder, uint32_t uidvalidity)
{
	struct result *r;

	if (!g->nflags)
		return;
	r = watch_result(RESULT_FLAGS, folder, uidvalidity);
	gather_take_flags(g, &r->flags.v, &r->flags.n);
	lane_post(l, r);
}

static void post_vanished(
	struct lane_thread *l, struct gather *g, const char *folder, uint32_t uidvalidity)
{
	struct result *r;

	if (!g->ngone)
		return;
	r = watch_result(RESULT_VANISHED, folder, uidvalidity);
	r->vanished.uids = g->gone;
	r->vanished.n = g->ngone;
	g->gone = NULL;
	g->ngone = 0;
	lane_post(l, r);
}

#define ALL UINT32_MAX /* the end of a range: whatever there is */

/* A question about a range of messages, which one of them may spoil. */
struct question {
	struct lane_thread *lane;
	imap_message_fn *message;
	void *ctx;
	uint64_t since;
	size_t bad; /* messages that were refused by themselves */
	void (*refused)(void *ctx, uint32_t uid);
};

static int ask_range(struct question *q, uint64_t first, uint64_t last, struct err *err)
{
	struct str set = STR_INIT;
	int rc;

	str_addf(&set, "%llu:", (unsigned long long)first);
	if (last == ALL)
		str_addc(&set, '*');
	else
		str_addf(&set, "%llu", (unsigned long long)last);
	rc = imap_fetch(watch_state(q->lane)->im, set.p, IMAP_GET_FLAGS, NULL, q->since, q->message,
		NULL, q->ctx, err);
	str_done(&set);
	return rc;
}

/* Refused, it is asked by halves, down to the message that is the reason. Where too many are, the
 * rest is not asked for. */
static int ask_by_halves(struct question *q, uint64_t first, uint64_t last, struct err *err)
{
	uint64_t half = first + (last - first) / 2;
	int rc;

	if (q->bad >= BAD_MAX)
		return 0;
	rc = ask_range(q, first, last, err);
	if (rc == 0 || err->kind != ERR_REFUSED)
		return rc;
	if (first == last) {
		q->bad++;
		if (q->refused)
			q->refused(q->ctx, (uint32_t)first);
	}
	*err = (struct err){0};
	if (first == last)
		return 0;
	return ask_by_halves(q, first, half, err) != 0 || ask_by_halves(q, half + 1, last, err) != 0
		       ? -1
		       : 0;
}

/*
 * Flags of the known messages: only the changed ones where the server can tell and is believed,
 * else all of them, by ranges, which are short however large the mailbox is. Those of a message
 * that the server cannot tell stay as they are; where the question ended the connection, all do for
 * a while: new mail is more.
 */
static int compare_flags(struct lane_thread *l, struct gather *g, const struct known_folder *known,
	bool believe, struct err *err)
{
	struct watch *w = watch_state(l);
	uint64_t since = believe && known->meta.highestmodseq <= w->sel.highestmodseq
				 ? known->meta.highestmodseq
				 : 0;
	size_t chunk = since ? known->n : FLAGS_CHUNK;
	struct question q = {.lane = l, .message = gather_message, .ctx = g, .since = since};
	int rc = 0;

	if (!g->nknown_left || (since && since == w->sel.highestmodseq))
		return 0;
	if (w->no_flags && strcmp(w->no_flags, w->selected) == 0 && clock_ms() < w->flags_again) {
		g->untold = true;
		return 0;
	}
	for (size_t at = 0; rc == 0 && at < known->n; at += chunk) {
		size_t end = known->n - at < chunk ? known->n : at + chunk;

		rc = ask_by_halves(&q, known->uids[at], known->uids[end - 1], err);
	}
	g->untold |= q.bad >= BAD_MAX;
	if (rc != 0 && err->kind != ERR_CANCELLED) {
		log_line(1, "%s: the question for the flags of %s ended the connection",
			l->account->name, w->selected);
		free(w->no_flags);
		w->no_flags = mem_strdup(w->selected);
		w->flags_again = clock_ms() + FLAGS_AGAIN_MS;
	}
	return rc;
}

/* Servers err: what they told must add up to what EXISTS says (RFC 7162 3.2.5.2). One that does not
 * say it proves nothing. */
static bool adds_up(struct lane_thread *l, struct gather *g)
{
	const struct watch *w = watch_state(l);

	gather_settle(g);
	return w->sel.counted && g->nknown_left + g->nfresh == imap_exists(w->im);
}

/* The server's UIDs against ours. 0: g is right. 1: it told nonsense, or refused. */
static int compare_uids(struct lane_thread *l, struct gather *g, struct err *err)
{
	struct imap_uids all = {0};
	struct err why = {0};
	int rc = 0;

	gather_reset(g);
	if (imap_exists(watch_state(l)->im) || !watch_state(l)->sel.counted)
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

/* It is there, or was: asked for by itself it gets a row that says why it cannot be had. */
static void list_refused(void *ctx, uint32_t uid)
{
	list_message(ctx, &(struct imap_message){.uid = uid});
}

/*
 * The last resort, which no server can get wrong and still show its mail: every message says its
 * UID and flags itself. The ranges meet, so that none is left out.
 */
static int compare_listed(
	struct lane_thread *l, struct gather *g, const struct known_folder *known, struct err *err)
{
	const struct watch *w = watch_state(l);
	struct listing list = {.gather = g};
	struct question q = {
		.lane = l, .message = list_message, .ctx = &list, .refused = list_refused};
	uint64_t first = 1, top = w->sel.uidnext > 1 ? w->sel.uidnext - 1 : ALL;
	int rc = 0;

	gather_reset(g);
	if (known->n && known->uids[known->n - 1] > top)
		top = known->uids[known->n - 1];
	for (size_t at = FLAGS_CHUNK; rc == 0 && at < known->n; at += FLAGS_CHUNK) {
		rc = ask_by_halves(&q, first, known->uids[at], err);
		first = (uint64_t)known->uids[at] + 1;
	}
	if (rc == 0)
		rc = ask_range(&q, first, ALL, err);
	if (rc != 0 && err->kind == ERR_REFUSED)
		rc = first <= top ? ask_by_halves(&q, first, top, err) : 0;
	if (rc == 0 && q.bad >= BAD_MAX)
		rc = err_set(err, ERR_REFUSED, _("The server refuses to list its messages"));
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

/* What happened to the mailbox that was watched, at the last moment or while another was selected,
 * would be told no more. The inbox is looked after in any case. */
static void note_watch(struct watch *w, const struct job *j)
{
	if (!j->sync.watch)
		return;
	if (w->mailbox && strcmp(w->mailbox, j->mailbox) != 0 && strcmp(w->folder, "INBOX") != 0)
		folders_ask(w, w->mailbox);
	free(w->folder);
	free(w->mailbox);
	w->folder = mem_strdup(j->folder);
	w->mailbox = mem_strdup(j->mailbox);
}

static void post_selected(
	struct lane_thread *l, const struct job *j, const struct cache_meta *meta, bool reset)
{
	struct result *r = watch_result(RESULT_SELECTED, j->folder, meta->uidvalidity);

	r->selected.meta = *meta;
	r->selected.anew = reset;
	r->selected.read_only = watch_is_read_only(watch_state(l));
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
	/* Whatever ended it: these are here. The others are the fill's. */
	if (g.nsummaries) {
		*got = mem_array(g.nsummaries, sizeof(**got));
		for (size_t i = 0; i < g.nsummaries; i++)
			(*got)[(*n)++] = g.summaries[i]->uid;
		*n = uids_sort(*got, *n);
		r = watch_result(RESULT_SUMMARIES, j->folder, w->sel.uidvalidity);
		gather_take_summaries(&g, &r->summaries.v, &r->summaries.n);
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
	rc = compare(l, &g, j, &j->sync.known, &got, &said);
	if (rc != 0) {
		lane_fail(l, j, &said);
		gather_done(&g);
		free(got);
		return watch_outcome(l, rc, &said, err);
	}
	/* What even then does not add up is looked at in full again next time. */
	meta = (struct cache_meta){w->sel.uidvalidity, w->sel.uidnext,
		adds_up(l, &g) && !g.untold ? w->sel.highestmodseq : 0, w->sel.exists, true};
	if (j->sync.watch)
		w->seen = w->sel;
	post_vanished(l, &g, j->folder, meta.uidvalidity);
	post_flags(l, &g, j->folder, meta.uidvalidity);
	fill_add(w, j, &g, &meta);
	gather_done(&g);
	free(got);
	return watch_outcome(l, 0, &said, err);
}
