/*
 * The IMAP driver of the fetch lane: gets what the user waits for, on a connection of its own, so
 * that no synchronisation is in the way.
 *
 * A small message comes whole; of a large one the header and the structure, and then the parts that
 * the store asks for.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uids.h"
#include "mime/part.h"
#include "net/imap.h"
#include "sync/lane.h"

#include <stdlib.h>
#include <string.h>

enum { LITTLE = 4096, WHOLE_MAX = 256 * 1024, BODY_MAX = 256 << 20, KEEP_MS = 5 * 60 * 1000 };

struct fetch {
	struct imap *im;
	char *selected;
	struct imap_selected sel;
	bool patient;
};

static struct fetch *state(struct lane_thread *l)
{
	if (!l->state)
		l->state = mem_alloc(sizeof(struct fetch));
	return l->state;
}

static int fetch_open(struct lane_thread *l, struct err *err)
{
	struct net_server server;
	struct net_options options;
	struct net_login login;

	if (lane_login(l, l->driver->protocol, &login, &server, &options, err) != 0)
		return -1;
	return lane_open_imap(l, &state(l)->im, &server, &options, &login, &state(l)->patient, err);
}

static void fetch_close(struct lane_thread *l, bool polite)
{
	struct fetch *f = state(l);

	(void)polite; /* it is kept until it breaks, or all ends */
	imap_free(f->im);
	f->im = NULL;
	MEM_FREE(f->selected);
}

static void fetch_end(struct lane_thread *l)
{
	free(state(l)->selected);
	free(l->state);
	l->state = NULL;
}

static int select_on_own(struct lane_thread *l, const struct job *j, bool anew,
	uint32_t *uidvalidity, struct err *err)
{
	struct fetch *f = state(l);
	bool fresh = anew || !f->selected || strcmp(f->selected, j->mailbox) != 0;

	if (fresh) {
		MEM_FREE(f->selected);
		if (imap_select(f->im, j->mailbox, NULL, NULL, NULL, NULL, &f->sel, err) != 0)
			return -1;
		f->selected = mem_strdup(j->mailbox);
	}
	*uidvalidity = f->sel.uidvalidity;
	return fresh;
}

struct sink {
	struct lane_thread *lane;
	struct imap *im;
	fetch_select_fn *select;
	const struct job *job;
	struct str bytes;
	uint64_t done;
	bool again; /* the connection was closed on behalf of another job */
};

/* 1: selected just now, 0: before, -1: it cannot be, or is another mailbox now. */
static int select_again(struct sink *s, bool anew, struct err *err)
{
	int64_t begin = clock_ms();
	uint32_t uidvalidity;
	int rc = s->select(s->lane, s->job, anew, &uidvalidity, err);

	if (rc < 0)
		return -1;
	if (rc > 0)
		pace_small(&s->lane->pace, clock_ms() - begin);
	if (uidvalidity != s->job->body.uidvalidity)
		return err_set(
			err, ERR_GONE, _("Folder %s was made anew on the server"), s->job->folder);
	return rc;
}

/* What a person waits for goes ahead of the rest of what is saved or exported. Where it is
 * cancelled and takes the connection with it, this one is for the next. */
static int make_way(struct sink *s, struct err *err)
{
	struct job *first;
	bool any = false;

	while (!s->job->body.urgent && (first = lane_next_urgent(s->lane))) {
		enum went w;

		lane_begin(s->lane, first);
		w = fetch_body(s->lane, s->im, s->select, first, err);
		s->again = w != WENT_ON && lane_is_cancelled(s->lane, first);
		job_free(first);
		if (w != WENT_ON)
			return -1;
		lane_begin(s->lane, s->job);
		any = true;
	}
	return any && select_again(s, false, err) < 0 ? -1 : 0;
}

/* Between two pieces. The person left: the next message must not wait for the rest of this one. */
static int wanted(struct sink *s, struct err *err)
{
	bool left = lane_is_cancelled(s->lane, s->job);

	if (!left && make_way(s, err) != 0)
		return -1;
	return left || lane_is_cancelled(s->lane, s->job)
		       ? err_set(err, ERR_CANCELLED, _("Cancelled"))
		       : 0;
}

static int take_bytes(void *ctx, const char *p, size_t len)
{
	struct sink *s = ctx;

	if (s->bytes.len + len > BODY_MAX)
		return -1;
	str_add(&s->bytes, p, len);
	s->done += len;
	return 0;
}

static void post_progress(const struct sink *s)
{
	struct result *r = result_new(RESULT_BODY_PROGRESS);

	r->request = s->job->request;
	r->progress.done = s->done;
	r->progress.total = s->job->body.size;
	lane_post(s->lane, r);
}

static int too_large(struct err *err)
{
	return err_set(err, ERR_REFUSED, _("It has more than %u MB and is not fetched"),
		(unsigned)(BODY_MAX >> 20));
}

/* At most max octets from offset on; 0: all there is. */
static int get_piece(
	struct sink *s, const char *section, uint32_t offset, uint32_t max, struct err *err)
{
	size_t before = s->bytes.len;
	int64_t begin = clock_ms();
	int rc = imap_fetch_section(
		s->im, s->job->body.uid, section, offset, max, take_bytes, s, err);

	if (rc == 0 && s->bytes.len - before < LITTLE)
		pace_small(&s->lane->pace, clock_ms() - begin);
	else if (rc == 0)
		pace_took(&s->lane->pace, s->bytes.len - before, clock_ms() - begin);
	return rc;
}

/* One section in pieces, so that progress shows, and what is wanted more can go between. */
static int get_section(struct sink *s, const char *section, uint64_t size, struct err *err)
{
	str_clear(&s->bytes);
	if (size > BODY_MAX)
		return too_large(err);
	if (wanted(s, err) != 0)
		return -1;
	if (size <= s->lane->pace.piece)
		return get_piece(s, section, 0, 0, err);
	for (;;) {
		size_t before = s->bytes.len, piece = s->lane->pace.piece;
		struct err said = {0};

		if (wanted(s, err) != 0)
			return -1;
		if (before + piece > BODY_MAX)
			return too_large(err);
		if (get_piece(s, section, (uint32_t)before, (uint32_t)piece, &said) != 0) {
			/* Some give NIL for what is behind the end. */
			if (said.kind == ERR_REFUSED && before && before >= size)
				return 0;
			*err = said;
			return -1;
		}
		/* Sizes lie: the end is where the server has no more. */
		if (s->bytes.len - before < piece)
			return 0;
		post_progress(s);
	}
}

static void post_piece(struct sink *s, const char *piece, struct str *bytes)
{
	struct result *r = result_new(RESULT_BODY);

	r->request = s->job->request;
	r->folder = mem_strdup(s->job->folder);
	r->body.uid = s->job->body.uid;
	r->uidvalidity = s->job->body.uidvalidity;
	r->body.piece = mem_strdup(piece);
	r->body.bytes = *bytes;
	*bytes = (struct str)STR_INIT;
	lane_post(s->lane, r);
}

static void take_structure(void *ctx, const struct imap_message *m)
{
	struct parts *parts = ctx;
	int *index;

	if (parts->n || !m->nparts)
		return;
	index = mem_array(m->nparts, sizeof(*index));
	for (size_t i = 0; i < m->nparts; i++) {
		const struct imap_part *from = &m->parts[i];
		int parent = from->parent < 0 ? -1 : index[from->parent];

		/* Without such a parent it is what the server found in an encoded message. */
		index[i] = -1;
		if (i == 0 ||
			(parent >= 0 && (parts->v[parent].multipart || parts->v[parent].message)))
			index[i] = part_describe(
				parts, parent, from->header, from->header_len, from->size);
	}
	free(index);
	parts->cut = m->parts_cut;
	part_number(parts);
}

/* Some servers make an empty part of what they cannot take apart. */
static bool has_text(const struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		if (parts->v[i].size)
			return true;
	return false;
}

static int get_whole(struct sink *s, struct err *err)
{
	if (get_section(s, "", s->job->body.size, err) != 0)
		return -1;
	if (s->bytes.len == 0)
		return err_set(err, ERR_GONE, _("The message is no longer on the server"));
	post_piece(s, "eml", &s->bytes);
	return 0;
}

/* The header and the structure: what of the rest is needed is decided where it is shown. A message
 * of which the server does not tell the structure, comes whole. */
static int get_structure(struct sink *s, struct err *err)
{
	struct imap *im = s->im;
	struct parts parts = {0};
	struct str set = STR_INIT, text = STR_INIT;
	struct err said = {0};
	int rc;

	str_addf(&set, "%u", (unsigned)s->job->body.uid);
	rc = imap_fetch(
		im, set.p, IMAP_GET_STRUCTURE, NULL, 0, take_structure, NULL, &parts, &said);
	str_done(&set);
	if (imap_is_alive(im) && (rc != 0 || !has_text(&parts))) {
		part_done(&parts);
		return get_whole(s, err);
	}
	if (rc == 0)
		rc = get_section(s, "HEADER", 0, err);
	else
		*err = said;
	if (rc == 0) {
		post_piece(s, "head", &s->bytes);
		part_save(&parts, &text);
		post_piece(s, "struct", &text);
	}
	str_done(&text);
	part_done(&parts);
	return rc;
}

/* "1/300000 2.HEADER/0": sections and their sizes. One that cannot be had does not keep the others
 * back; the first error is told. */
static int get_sections(struct sink *s, struct err *err)
{
	const char *p = s->job->body.section;
	int rc = 0;

	while (*p && imap_is_alive(s->im)) {
		size_t len = strcspn(p, "/ ");
		char *section = mem_strndup(p, len);
		uint64_t size = p[len] == '/' ? strtoull(p + len + 1, NULL, 10) : 0;
		struct err said = {0};

		if (get_section(s, section, size, &said) == 0) {
			post_piece(s, section, &s->bytes);
		} else if (rc == 0) {
			*err = said;
			rc = -1;
		}
		free(section);
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	return rc;
}

static int get_now(struct sink *s, struct err *err)
{
	const struct job *j = s->job;

	/* "eml" stands for the whole message, as in bodies.h. */
	if (j->body.section && strcmp(j->body.section, "eml") != 0)
		return get_sections(s, err);
	return j->body.section || j->body.size <= WHOLE_MAX ? get_whole(s, err)
							    : get_structure(s, err);
}

/* What the server gives nothing of may be there all the same. */
static int is_it_gone(struct sink *s, struct err *err)
{
	struct imap_uids found = {0};
	struct str what = STR_INIT;
	struct err said = {0};

	str_addf(&what, "UID %u", (unsigned)s->job->body.uid);
	if (imap_search(s->im, what.p, &found, &said) == 0 &&
		uids_find(found.v, found.n, s->job->body.uid) >= 0)
		err_set(err, ERR_REFUSED,
			_("The message is on the server, but the server gives nothing of it"));
	else if (said.kind != ERR_NONE && said.kind != ERR_REFUSED)
		*err = said;
	str_done(&what);
	free(found.v);
	return -1;
}

/* A session knows only what was there when it was last told. The connection that watches may know
 * newer mail, so what seems to be gone is looked for again in a folder selected anew. */
static int get_body(struct sink *s, struct err *err)
{
	bool fresh = false;

	for (int tries = 0; tries < 2 && !fresh; tries++) {
		int rc = wanted(s, err) != 0 ? -1 : select_again(s, tries > 0, err);

		if (rc < 0)
			return -1;
		fresh = rc > 0;
		*err = (struct err){0};
		rc = get_now(s, err);
		if (rc == 0 || err->kind != ERR_GONE || !imap_is_alive(s->im))
			return rc;
	}
	return is_it_gone(s, err);
}

enum went fetch_body(struct lane_thread *l, struct imap *im, fetch_select_fn *select,
	const struct job *j, struct err *err)
{
	struct sink s = {.lane = l, .im = im, .select = select, .job = j};
	struct result *r = result_new(RESULT_BODY_DONE);
	int rc = get_body(&s, &r->err);

	str_done(&s.bytes);
	if (s.again) {
		*err = r->err;
		result_free(r);
		return WENT_AGAIN;
	}
	r->request = j->request;
	r->folder = mem_strdup(j->folder);
	r->body_done.uid = j->body.uid;
	r->uidvalidity = j->body.uidvalidity;
	if (rc != 0 && !imap_is_alive(im))
		*err = r->err;
	else
		rc = 0;
	lane_post(l, r);
	return went(rc);
}

enum went fetch_search(struct lane_thread *l, struct imap *im, fetch_select_fn *select,
	const struct job *j, struct err *err)
{
	struct result *r = result_new(RESULT_FOUND);
	struct imap_uids found = {0};
	uint32_t uidvalidity;
	int rc = select(l, j, false, &uidvalidity, &r->err);

	if (rc >= 0 && uidvalidity != j->search.uidvalidity)
		rc = err_set(
			&r->err, ERR_GONE, _("Folder %s was made anew on the server"), j->folder);
	if (rc >= 0)
		rc = imap_search(im, j->search.key, &found, &r->err);
	r->request = j->request;
	r->folder = mem_strdup(j->folder);
	r->uidvalidity = j->search.uidvalidity;
	r->found.uids = found.v;
	r->found.n = found.n;
	if (rc < 0 && !imap_is_alive(im))
		*err = r->err;
	else
		rc = 0;
	lane_post(l, r);
	return went(rc);
}

static enum went fetch_job(struct lane_thread *l, struct job *j, struct err *err)
{
	if (j->kind == JOB_SEARCH)
		return fetch_search(l, state(l)->im, select_on_own, j, err);
	return fetch_body(l, state(l)->im, select_on_own, j, err);
}

/* Kept open for a while: the next message comes without a new login. */
static enum went fetch_idle(struct lane_thread *l, struct err *err)
{
	struct imap_news news;

	l->held = lane_next(l, KEEP_MS);
	if (l->held || l->quit || l->retry)
		return WENT_ON;
	return went(imap_noop(state(l)->im, &news, err));
}

const struct driver driver_fetch = {
	.protocol = PROTOCOL_IMAP,
	.open = fetch_open,
	.close = fetch_close,
	.job = fetch_job,
	.idle = fetch_idle,
	.end = fetch_end,
};
