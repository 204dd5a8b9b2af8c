/*
 * The IMAP driver of the main lane: lists folders, synchronises them newest first, carries out
 * operations, watches with IDLE.
 *
 * A synchronisation first brings the known rows up to date (QRESYNC, else CONDSTORE or a plain
 * compare, RFC 7162 and 4549), then fills in what is new in chunks, newest first. Between two
 * chunks any waiting job goes ahead.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "mime/charset.h"
#include "mime/envelope.h"
#include "net/imap.h"
#include "sync/gather.h"
#include "sync/lane.h"

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
	FIRST_CHUNK = 50,
	SECOND_CHUNK = 200,
	MAX_CHUNK = 4000,
	FLAGS_CHUNK = 1000,
	QUICK_MS = 400, /* a chunk that came in less is followed by one four times as large */
	SLOW_MS = 1500, /* jobs wait for the end of a chunk */
	SET_MAX = 7500, /* servers may refuse lines of more than 8000 octets (RFC 2683 3.2.1.5) */
	IDLE_MS = 28 * 60 * 1000,
	INBOX_MS = 60000
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

struct watch {
	struct imap *im;
	char *selected; /* wire name or NULL */
	struct imap_selected sel;
	struct fill *fills;
	char *folder, *mailbox; /* watched */
	int64_t next_look;      /* clock_ms of the next LIST */
	bool no_window;         /* a newest window ended the connection: its rows come by chunks */
};

static struct watch *state(struct lane_thread *l)
{
	if (!l->state)
		l->state = mem_alloc(sizeof(struct watch));
	return l->state;
}

static int watch_open(struct lane_thread *l, struct err *err)
{
	struct watch *w = state(l);
	struct net_server server;
	struct net_options options;
	struct net_login login;

	if (lane_login(l, &login, &server, &options, l->account->imap, err) != 0)
		return -1;
	/* The store asks for the first list of a new connection by itself. */
	w->next_look = clock_ms() + (int64_t)l->account->check_seconds * 1000;
	return imap_open(&w->im, &server, &options, &login, l->cancel, err);
}

static void watch_close(struct lane_thread *l, bool polite)
{
	struct watch *w = state(l);

	if (polite)
		imap_logout(w->im);
	else
		imap_free(w->im);
	w->im = NULL;
	MEM_FREE(w->selected);
}

static void fill_free(struct fill *f)
{
	free(f->folder);
	free(f->mailbox);
	free(f->todo);
	free(f);
}

static void watch_end(struct lane_thread *l)
{
	struct watch *w = state(l);

	while (w->fills) {
		struct fill *f = w->fills;

		w->fills = f->next;
		fill_free(f);
	}
	free(w->selected);
	free(w->folder);
	free(w->mailbox);
	free(w);
	l->state = NULL;
}

static void pass_alert(struct lane_thread *l)
{
	char *text = imap_take_alert(state(l)->im);
	struct result *r;

	if (!text)
		return;
	r = result_new(RESULT_ALERT);
	r->text = text;
	lane_post(l, r);
}

/* 0: go on; -1 when the connection is dead. A refusal is passed in *said. */
static int outcome(struct lane_thread *l, int rc, struct err *said, struct err *err)
{
	pass_alert(l);
	if (rc == 0 || imap_is_alive(state(l)->im))
		return 0;
	*err = *said;
	return -1;
}

/* --- folders --- */

/* The folder's name for people: UTF-8, '/' between levels whatever the server uses. */
static char *folder_name(const struct imap_mailbox *m)
{
	char *name = charset_from_imap_utf7(m->name);

	if (m->delimiter && m->delimiter != '/')
		for (char *p = name; *p; p++) {
			if (*p == m->delimiter)
				*p = '/';
			else if (*p == '/')
				*p = '_';
		}
	if (strcasecmp(name, "INBOX") == 0)
		memcpy(name, "INBOX", 5);
	return name;
}

/* Servers without LIST-STATUS: one STATUS for each folder, a few at a time would stall jobs, so it
 * stops for them. */
static int status_folders(struct lane_thread *l, struct result *r, struct err *err)
{
	struct watch *w = state(l);

	for (size_t i = 0; i < r->n && !queue_len(l->jobs); i++) {
		struct folder_entry *f = &r->folders[i];
		struct imap_status st = {0};

		if (f->counts_known || !f->selectable)
			continue;
		if (imap_status(w->im, f->mailbox, &st, err) != 0) {
			if (!imap_is_alive(w->im))
				return -1;
			continue;
		}
		f->counts_known = true;
		f->total = st.messages;
		f->unread = st.unseen;
		f->uidnext = st.uidnext;
		f->uidvalidity = st.uidvalidity;
		f->highestmodseq = st.highestmodseq;
	}
	return 0;
}

/* New mail in the inbox is looked for every minute while another folder is the one that IDLE
 * watches. */
static int look_pause(struct lane_thread *l)
{
	int pause = l->account->check_seconds * 1000;
	const struct watch *w = state(l);

	return w->folder && strcmp(w->folder, "INBOX") != 0 && pause > INBOX_MS ? INBOX_MS : pause;
}

static int list_folders(struct lane_thread *l, const struct job *j, struct err *err)
{
	struct watch *w = state(l);
	struct imap_mailboxes boxes = {0};
	struct result *r = result_new(RESULT_FOLDERS);
	int rc = imap_list(w->im, &boxes, &r->err);

	r->request = j ? j->request : 0;
	w->next_look = clock_ms() + look_pause(l);
	rc = outcome(l, rc, &r->err, err);
	r->folders = mem_array(boxes.n, sizeof(*r->folders));
	for (size_t i = 0; i < boxes.n; i++) {
		const struct imap_mailbox *m = &boxes.v[i];

		r->folders[r->n++] = (struct folder_entry){.name = folder_name(m),
			.mailbox = mem_strdup(m->name),
			.role = (int)m->role,
			.selectable = m->selectable,
			.counts_known = m->status.known,
			.total = m->status.messages,
			.unread = m->status.unseen,
			.uidnext = m->status.uidnext,
			.uidvalidity = m->status.uidvalidity,
			.highestmodseq = m->status.highestmodseq};
	}
	imap_mailboxes_done(&boxes);
	if (rc == 0)
		rc = status_folders(l, r, err);
	lane_post(l, r);
	return rc;
}

/* --- synchronising one folder --- */

static struct result *folder_result(enum result_kind kind, const char *folder, uint32_t uidvalidity)
{
	struct result *r = result_new(kind);

	r->folder = mem_strdup(folder);
	r->uidvalidity = uidvalidity;
	return r;
}

static void post_flags(
	struct lane_thread *l, struct gather *g, const char *folder, uint32_t uidvalidity)
{
	struct result *r;

	if (!g->nflags)
		return;
	r = folder_result(RESULT_FLAGS, folder, uidvalidity);
	gather_take_flags(g, &r->flags, &r->n);
	lane_post(l, r);
}

static void post_vanished(
	struct lane_thread *l, struct gather *g, const char *folder, uint32_t uidvalidity)
{
	struct result *r;

	if (!g->ngone)
		return;
	r = folder_result(RESULT_VANISHED, folder, uidvalidity);
	r->uids = g->gone;
	r->n = g->ngone;
	g->gone = NULL;
	g->ngone = 0;
	lane_post(l, r);
}

static int select_mailbox(struct lane_thread *l, const char *mailbox,
	const struct imap_known *known, struct gather *g, struct err *err)
{
	struct watch *w = state(l);
	int rc;

	MEM_FREE(w->selected);
	rc = imap_select(w->im, mailbox, known, known ? gather_message : NULL,
		known ? gather_vanished : NULL, g, &w->sel, err);
	if (rc == 0)
		w->selected = mem_strdup(mailbox);
	return rc;
}

static int ensure_selected(struct lane_thread *l, const char *mailbox, struct err *err)
{
	struct watch *w = state(l);

	if (w->selected && strcmp(w->selected, mailbox) == 0)
		return 0;
	return select_mailbox(l, mailbox, NULL, NULL, err);
}

/* Flags of the known messages: only the changed ones where the server can tell, else all of them.
 */
static int compare_flags(
	struct lane_thread *l, struct gather *g, const struct known_folder *known, struct err *err)
{
	struct watch *w = state(l);
	struct str set = STR_INIT;
	int rc = 0;

	if (!g->nknown_left || !known->n)
		return 0;
	if (known->meta.highestmodseq && w->sel.highestmodseq) {
		if (known->meta.highestmodseq == w->sel.highestmodseq)
			return 0;
		str_addf(&set, "%u:%u", (unsigned)known->uids[0],
			(unsigned)known->uids[known->n - 1]);
		rc = imap_fetch(w->im, set.p, IMAP_GET_FLAGS, NULL, known->meta.highestmodseq,
			gather_message, NULL, g, err);
	} else
		for (size_t at = 0; rc == 0 && at < known->n; at += FLAGS_CHUNK) {
			size_t n = known->n - at < FLAGS_CHUNK ? known->n - at : FLAGS_CHUNK;

			str_clear(&set);
			gather_set(&set, known->uids + at, n);
			rc = imap_fetch(w->im, set.p, IMAP_GET_FLAGS, NULL, 0, gather_message, NULL,
				g, err);
		}
	str_done(&set);
	return rc;
}

/* Without QRESYNC: the server's UIDs against ours, then flags. */
static int compare_plain(
	struct lane_thread *l, struct gather *g, const struct known_folder *known, struct err *err)
{
	struct imap_uids all = {0};
	int rc = 0;

	gather_reset(g);
	if (state(l)->sel.exists)
		rc = imap_search(state(l)->im, "ALL", &all, err);
	if (rc == 0) {
		gather_compare(g, all.v, all.n);
		rc = compare_flags(l, g, known, err);
	}
	free(all.v);
	return rc;
}

/* QRESYNC told all; but servers err: what it adds up to must be what EXISTS says (RFC
 * 7162 3.2.5.2). */
static bool adds_up(
	const struct gather *g, const struct known_folder *known, const struct imap_selected *sel)
{
	return known->n - g->ngone + g->nfresh == sel->exists;
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

static void add_fill(
	struct watch *w, const struct job *j, struct gather *g, const struct cache_meta *meta)
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

static void post_selected(
	struct lane_thread *l, const struct job *j, const struct cache_meta *meta, bool reset)
{
	struct result *r = folder_result(RESULT_SELECTED, j->folder, meta->uidvalidity);

	r->meta = *meta;
	r->reset = reset;
	lane_post(l, r);
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* What a screen of a new folder shows is asked for before the question what else there is: one
 * round trip sooner. The UIDs that came are *got, ascending. */
static int fetch_newest(
	struct lane_thread *l, const struct job *j, uint32_t **got, size_t *n, struct err *err)
{
	struct watch *w = state(l);
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
	rc = imap_fetch(w->im, set.p, items, ENVELOPE_FIELDS, 0, gather_message, NULL, &g, err);
	str_done(&set);
	w->no_window = rc != 0;
	if (rc == 0 && g.nsummaries) {
		*got = mem_array(g.nsummaries, sizeof(**got));
		for (size_t i = 0; i < g.nsummaries; i++)
			(*got)[(*n)++] = g.summaries[i]->uid;
		qsort(*got, *n, sizeof(**got), by_number);
		r = folder_result(RESULT_SUMMARIES, j->folder, w->sel.uidvalidity);
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
	return n && n == state(l)->sel.exists ? 0 : compare_plain(l, g, known, err);
}

static int compare(struct lane_thread *l, struct gather *g, const struct job *j,
	struct known_folder *known, uint32_t **got, struct err *err)
{
	struct watch *w = state(l);
	struct imap_known k = {known->meta.uidvalidity, known->meta.highestmodseq};
	bool quick =
		known->n && known->meta.complete && k.modseq && (imap_can(w->im) & IMAP_QRESYNC);
	struct cache_meta meta;
	bool reset;

	gather_init(g, known->uids, known->flags, known->n);
	if (select_mailbox(l, j->mailbox, quick ? &k : NULL, g, err) != 0)
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
	} else if (w->sel.resynced && adds_up(g, known, &w->sel)) {
		return 0;
	}
	return known->n ? compare_plain(l, g, known, err) : compare_new(l, g, j, known, got, err);
}

static int start_sync(struct lane_thread *l, struct job *j, struct err *err)
{
	struct watch *w = state(l);
	struct gather g;
	struct err said = {0};
	struct cache_meta meta;
	uint32_t *got = NULL;
	int rc;

	note_watch(w, j);
	rc = compare(l, &g, j, &j->known, &got, &said);
	gather_settle(&g);
	if (rc != 0) {
		lane_fail(l, j, &said);
		gather_done(&g);
		free(got);
		return outcome(l, rc, &said, err);
	}
	meta = (struct cache_meta){
		w->sel.uidvalidity, w->sel.uidnext, w->sel.highestmodseq, w->sel.exists, true};
	post_vanished(l, &g, j->folder, meta.uidvalidity);
	post_flags(l, &g, j->folder, meta.uidvalidity);
	add_fill(w, j, &g, &meta);
	gather_done(&g);
	free(got);
	return outcome(l, 0, &said, err);
}

/* --- filling in --- */

static bool watch_busy(struct lane_thread *l)
{
	return state(l)->fills != NULL;
}

static void fill_finish(struct lane_thread *l, struct fill *f, const struct err *err)
{
	struct watch *w = state(l);
	struct result *r = folder_result(RESULT_SYNCED, f->folder, f->meta.uidvalidity);

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
	struct result *r = folder_result(RESULT_SUMMARIES, f->folder, f->meta.uidvalidity);

	gather_take_summaries(g, &r->summaries, &r->n);
	lane_post(l, r);
	r = folder_result(RESULT_PROGRESS, f->folder, f->meta.uidvalidity);
	r->request = f->request;
	r->done = f->total - f->n;
	r->total = f->total;
	lane_post(l, r);
}

/* The one message whose answer cannot be parsed gets a row that says so; the folder goes on. */
static void placeholder(struct lane_thread *l, struct fill *f)
{
	struct result *r = folder_result(RESULT_SUMMARIES, f->folder, f->meta.uidvalidity);
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
	struct watch *w = state(l);
	size_t n = f->n < f->chunk ? f->n : f->chunk;
	struct str set = STR_INIT;
	struct gather g;
	unsigned items = IMAP_GET_FLAGS | IMAP_GET_DATE | IMAP_GET_SIZE | IMAP_GET_HEADER;
	int64_t begin = clock_ms();
	int rc;

	n = put_newest(&set, f, n);
	gather_init(&g, f->todo + f->n - n, NULL, n);
	g.want_summaries = true;
	rc = imap_fetch(w->im, set.p, items, ENVELOPE_FIELDS, 0, gather_message, NULL, &g, err);
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

static int watch_work(struct lane_thread *l, struct err *err)
{
	struct watch *w = state(l);
	struct fill *f = w->fills;
	struct err said = {0};
	int rc;

	if (f->n == 0) {
		fill_finish(l, f, NULL);
		return 0;
	}
	rc = ensure_selected(l, f->mailbox, &said);
	if (rc == 0 && w->sel.uidvalidity != f->meta.uidvalidity)
		rc = err_set(
			&said, ERR_GONE, _("Folder %s was made anew on the server"), f->folder);
	if (rc != 0) {
		if (said.kind == ERR_REFUSED || said.kind == ERR_GONE)
			fill_finish(l, f, &said);
		return outcome(l, rc, &said, err);
	}
	rc = fill_chunk(l, f, &said);
	return outcome(l, rc, &said, err);
}

/* --- operations --- */

static int store_flags(struct imap *im, const char *set, const struct op *op, struct err *err)
{
	if ((op->set || *op->keywords_set) &&
		imap_store(im, set, true, op->set, op->keywords_set, err) != 0)
		return -1;
	if ((op->clear || *op->keywords_clear) &&
		imap_store(im, set, false, op->clear, op->keywords_clear, err) != 0)
		return -1;
	return 0;
}

/* True when an earlier try, whose answer was lost, already put the message there. */
static bool is_there_already(struct lane_thread *l, const struct job *j, int *rc, struct err *err)
{
	struct imap_uids found = {0};
	bool there;

	if (j->op->state != OP_SENT || !*j->op->message_id)
		return false;
	*rc = ensure_selected(l, j->target, err);
	if (*rc == 0)
		*rc = imap_search_message_id(state(l)->im, j->op->message_id, &found, err);
	there = *rc == 0 && found.n > 0;
	free(found.v);
	if (*rc != 0 && err->kind == ERR_REFUSED) {
		/* There is no such mailbox yet: then it is not there. */
		*err = (struct err){0};
		*rc = 0;
	}
	return there;
}

static void announce(struct lane_thread *l, const struct op *op)
{
	struct result *r = result_new(RESULT_OP_SENT);

	r->op_id = op->id;
	lane_post(l, r);
}

static int append(struct lane_thread *l, struct job *j, struct imap_copied *copied, struct err *err)
{
	int rc = 0;

	if (is_there_already(l, j, &rc, err) || rc != 0)
		return rc;
	announce(l, j->op);
	rc = imap_append(state(l)->im, j->target, j->bytes.p, j->bytes.len, j->op->set, j->date,
		copied, err);
	if (rc != 0 && err->kind == ERR_REFUSED &&
		imap_create(state(l)->im, j->target, NULL) == 0) {
		*err = (struct err){0};
		rc = imap_append(state(l)->im, j->target, j->bytes.p, j->bytes.len, j->op->set,
			j->date, copied, err);
	}
	return rc;
}

/* MOVE and COPY into a folder that is not there yet (the Trash of a new account): made, then tried
 * once more. */
static int copy_or_move(struct lane_thread *l, struct job *j, const char *set,
	struct imap_copied *copied, struct err *err)
{
	struct imap *im = state(l)->im;
	bool move = j->op->kind == OP_MOVE;
	int rc = move ? imap_move(im, set, j->target, copied, err)
		      : imap_copy(im, set, j->target, copied, err);

	if (rc == 0 || err->kind != ERR_REFUSED || imap_create(im, j->target, NULL) != 0)
		return rc;
	*err = (struct err){0};
	return move ? imap_move(im, set, j->target, copied, err)
		    : imap_copy(im, set, j->target, copied, err);
}

/* The commands that leave a second copy when they are repeated. A server's own MOVE is none: the
 * second finds nothing to move. */
static bool may_double(struct lane_thread *l, const struct op *op)
{
	return op->kind == OP_COPY ||
	       (op->kind == OP_MOVE && !(imap_can(state(l)->im) & IMAP_MOVE));
}

/* The second half of a move whose copy was made before the connection broke. */
static int remove_moved(struct imap *im, const char *set, struct err *err)
{
	return imap_can(im) & IMAP_UIDPLUS ? imap_expunge(im, set, err)
					   : imap_store(im, set, true, IMAP_DELETED, NULL, err);
}

static int on_messages(
	struct lane_thread *l, struct job *j, struct imap_copied *copied, struct err *err)
{
	struct watch *w = state(l);
	struct str set = STR_INIT;
	int rc = 0;
	bool there = may_double(l, j->op) && is_there_already(l, j, &rc, err);

	if (rc != 0 || (there && j->op->kind == OP_COPY))
		return rc;
	if (ensure_selected(l, j->mailbox, err) != 0)
		return -1;
	if (w->sel.uidvalidity != j->op->uidvalidity)
		return err_set(err, ERR_GONE,
			_("Folder %s was made anew on the server; the change was dropped"),
			j->folder);
	gather_set(&set, j->op->uids, j->op->n);
	switch (j->op->kind) {
	case OP_FLAGS:
		rc = store_flags(w->im, set.p, j->op, err);
		break;
	case OP_EXPUNGE:
		rc = imap_expunge(w->im, set.p, err);
		break;
	default:
		if (may_double(l, j->op))
			announce(l, j->op);
		rc = there ? remove_moved(w->im, set.p, err)
			   : copy_or_move(l, j, set.p, copied, err);
		break;
	}
	str_done(&set);
	return rc;
}

static int run_op(struct lane_thread *l, struct job *j, struct err *err)
{
	struct imap_copied copied = {0};
	struct result *r = result_new(RESULT_OP);
	int rc;

	r->op_id = j->op->id;
	if (j->op->kind == OP_APPEND)
		rc = append(l, j, &copied, &r->err);
	else if (j->op->kind == OP_CREATE)
		rc = imap_create(state(l)->im, j->target, &r->err);
	else
		rc = on_messages(l, j, &copied, &r->err);
	r->text = copied.uids;
	r->uidvalidity = copied.uidvalidity;
	rc = outcome(l, rc, &r->err, err);
	lane_post(l, r);
	return rc;
}

static int watch_job(struct lane_thread *l, struct job *j, struct err *err)
{
	switch (j->kind) {
	case JOB_LIST:
		return list_folders(l, j, err);
	case JOB_SYNC:
		return start_sync(l, j, err);
	case JOB_OP:
		return run_op(l, j, err);
	default:
		lane_fail(l, j, &(struct err){ERR_INPUT, "not a job for this connection"});
		return 0;
	}
}

/* --- watching --- */

static int watch_idle(struct lane_thread *l, struct err *err)
{
	struct watch *w = state(l);
	struct imap_news news = {0};
	struct err said = {0};
	int64_t left = w->next_look - clock_ms();
	int rc;

	if (left <= 0)
		return list_folders(l, NULL, err);
	if (!w->mailbox || ensure_selected(l, w->mailbox, &said) != 0) {
		if (said.kind != ERR_NONE && outcome(l, -1, &said, err) != 0)
			return -1;
		MEM_FREE(w->mailbox);
		l->held = lane_next(l, (int)left);
		return l->held || l->quit ? 0
					  : outcome(l, imap_noop(w->im, &news, &said), &said, err);
	}
	rc = imap_idle(
		w->im, queue_fd(l->jobs), left < IDLE_MS ? (int)left : IDLE_MS, &news, &said);
	if (rc == 0 && (news.exists || news.expunged || news.flags))
		lane_post(l, folder_result(RESULT_NEWS, w->folder, w->sel.uidvalidity));
	return outcome(l, rc, &said, err);
}

const struct driver driver_watch = {
	.name = "IMAP",
	.eager = true,
	.open = watch_open,
	.close = watch_close,
	.job = watch_job,
	.busy = watch_busy,
	.work = watch_work,
	.idle = watch_idle,
	.end = watch_end,
};
