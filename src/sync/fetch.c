/*
 * The IMAP driver of the fetch lane: gets what the user waits for, on a connection of its own, so
 * that no synchronisation is in the way.
 *
 * A small message comes whole; of a large one the header, the structure and the parts that are
 * shown; attachments only when asked for.
 */
#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "mime/part.h"
#include "mime/render.h"
#include "mime/word.h"
#include "net/imap.h"
#include "sync/lane.h"

#include <stdlib.h>
#include <string.h>

enum {
	WHOLE_MAX = 256 * 1024,
	PIECE = 256 * 1024,
	SHOWN_MAX = 4 << 20,
	BODY_MAX = 256 << 20,
	KEEP_MS = 5 * 60 * 1000
};

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

	if (lane_login(l, &login, &server, &options, l->account->imap, err) != 0)
		return -1;
	return lane_open_imap(l, &state(l)->im, &server, &options, &login, &state(l)->patient, err);
}

static void fetch_close(struct lane_thread *l, bool polite)
{
	struct fetch *f = state(l);

	if (polite)
		imap_logout(f->im);
	else
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

static int ensure_selected(struct lane_thread *l, const struct job *j, struct err *err)
{
	struct fetch *f = state(l);

	if (!f->selected || strcmp(f->selected, j->mailbox) != 0) {
		MEM_FREE(f->selected);
		if (imap_select(f->im, j->mailbox, NULL, NULL, NULL, NULL, &f->sel, err) != 0)
			return -1;
		f->selected = mem_strdup(j->mailbox);
	}
	if (f->sel.uidvalidity != j->uidvalidity)
		return err_set(
			err, ERR_GONE, _("Folder %s was made anew on the server"), j->folder);
	return 0;
}

struct sink {
	struct lane_thread *lane;
	const struct job *job;
	struct str bytes;
	uint64_t done, total;
};

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
	struct result *r = result_new(RESULT_PROGRESS);

	r->request = s->job->request;
	r->done = s->done;
	r->total = s->total;
	lane_post(s->lane, r);
}

/* One section in pieces, so that progress shows and a cancel takes effect between two of them. */
static int get_section(struct sink *s, const char *section, uint32_t size, struct err *err)
{
	struct imap *im = state(s->lane)->im;
	uint32_t offset = 0;

	str_clear(&s->bytes);
	if (size <= PIECE)
		return imap_fetch_section(im, s->job->uid, section, 0, 0, take_bytes, s, err);
	for (;;) {
		size_t before = s->bytes.len;

		if (imap_fetch_section(
			    im, s->job->uid, section, offset, PIECE, take_bytes, s, err) != 0)
			return -1;
		/* Sizes lie: the end is where the server has no more. */
		if (s->bytes.len - before < PIECE)
			return 0;
		offset += PIECE;
		post_progress(s);
	}
}

static void post_piece(struct sink *s, const char *piece, struct str *bytes)
{
	struct result *r = result_new(RESULT_BODY);

	r->request = s->job->request;
	r->folder = mem_strdup(s->job->folder);
	r->uid = s->job->uid;
	r->uidvalidity = s->job->uidvalidity;
	r->section = mem_strdup(piece);
	r->bytes = *bytes;
	*bytes = (struct str)STR_INIT;
	lane_post(s->lane, r);
}

static void copy_word(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; from && *from && n + 1 < size; from++)
		to[n++] = *from >= 'A' && *from <= 'Z' ? (char)(*from - 'A' + 'a') : *from;
	to[n] = '\0';
}

static enum part_encoding encoding_of(const char *name)
{
	if (!name)
		return PART_7BIT;
	if (str_icmp(name, "base64") == 0)
		return PART_BASE64;
	if (str_icmp(name, "quoted-printable") == 0)
		return PART_QP;
	return str_icmp(name, "binary") == 0 ? PART_BINARY : PART_8BIT;
}

static void convert_part(struct parts *parts, const struct imap_part *from)
{
	struct part *p = &parts->v[part_add(parts, from->parent)];

	copy_word(p->section, sizeof(p->section), from->section);
	copy_word(p->type, sizeof(p->type), from->type);
	copy_word(p->subtype, sizeof(p->subtype), from->subtype);
	copy_word(p->charset, sizeof(p->charset), from->charset);
	p->multipart = strcmp(p->type, "multipart") == 0;
	p->message = strcmp(p->type, "message") == 0 && strcmp(p->subtype, "rfc822") == 0;
	p->encoding = encoding_of(from->encoding);
	p->size = from->size;
	p->disposition = !from->disposition                               ? PART_UNSAID
			 : str_icmp(from->disposition, "attachment") == 0 ? PART_ATTACHMENT
									  : PART_INLINE;
	p->format_flowed = from->format && str_icmp(from->format, "flowed") == 0;
	p->delsp = from->delsp && str_icmp(from->delsp, "yes") == 0;
	p->name = from->name ? word_decoded(from->name, strlen(from->name)) : NULL;
	if (from->content_id) {
		size_t len = strlen(from->content_id);
		bool angles =
			len > 1 && from->content_id[0] == '<' && from->content_id[len - 1] == '>';

		p->content_id = mem_strndup(from->content_id + angles, len - 2 * angles);
	}
}

static void take_structure(void *ctx, const struct imap_message *m)
{
	struct parts *parts = ctx;

	if (parts->n || !m->parts)
		return;
	for (size_t i = 0; i < m->nparts; i++)
		convert_part(parts, &m->parts[i]);
}

/* Header, structure, and the parts that reading needs. */
static int get_by_parts(struct sink *s, struct err *err)
{
	struct parts parts = {0};
	struct render_options opt = {.width = 80};
	struct str set = STR_INIT, text = STR_INIT;
	int need[32], rc;
	size_t n;

	str_addf(&set, "%u", (unsigned)s->job->uid);
	rc = imap_fetch(state(s->lane)->im, set.p, IMAP_GET_STRUCTURE, NULL, 0, take_structure,
		NULL, &parts, err);
	str_done(&set);
	if (rc == 0 && !parts.n)
		rc = err_set(err, ERR_GONE, _("The message is no longer on the server"));
	if (rc == 0)
		rc = get_section(s, "HEADER", 0, err);
	if (rc == 0) {
		post_piece(s, "head", &s->bytes);
		part_save(&parts, &text);
		post_piece(s, "struct", &text);
		n = render_needs(&parts, &opt, need, MEM_COUNT(need));
		for (size_t i = 0; rc == 0 && i < n; i++) {
			const struct part *p = &parts.v[need[i]];

			if (p->size > SHOWN_MAX)
				continue;
			rc = get_section(s, p->section, (uint32_t)p->size, err);
			if (rc == 0)
				post_piece(s, p->section, &s->bytes);
		}
	}
	str_done(&text);
	part_done(&parts);
	return rc;
}

static int get_now(struct sink *s, struct err *err)
{
	const struct job *j = s->job;
	int rc;

	if (ensure_selected(s->lane, j, err) != 0)
		return -1;
	if (!j->section && j->size > WHOLE_MAX)
		return get_by_parts(s, err);
	s->total = j->size;
	/* "eml" stands for the whole message, as in bodies.h. */
	rc = get_section(
		s, j->section && strcmp(j->section, "eml") != 0 ? j->section : "", j->size, err);
	if (rc == 0 && s->bytes.len == 0 && !j->section)
		rc = err_set(err, ERR_GONE, _("The message is no longer on the server"));
	if (rc == 0)
		post_piece(s, j->section ? j->section : "eml", &s->bytes);
	return rc;
}

/* A session knows only what was there when it was last told. The connection that watches may know
 * newer mail, so what seems to be gone is looked for again in a folder selected anew. */
static int get_body(struct sink *s, struct err *err)
{
	struct fetch *f = state(s->lane);
	bool fresh = !f->selected || strcmp(f->selected, s->job->mailbox) != 0;
	int rc = get_now(s, err);

	if (rc == 0 || fresh || err->kind != ERR_GONE || !imap_is_alive(f->im))
		return rc;
	MEM_FREE(f->selected);
	*err = (struct err){0};
	return get_now(s, err);
}

static int fetch_job(struct lane_thread *l, struct job *j, struct err *err)
{
	struct sink s = {.lane = l, .job = j};
	struct result *r;
	struct err said = {0};
	int rc;

	if (j->kind == JOB_CHECK) {
		check_run(l, j);
		return 0;
	}
	rc = get_body(&s, &said);
	str_done(&s.bytes);
	r = result_new(RESULT_BODY_DONE);
	r->request = j->request;
	r->folder = mem_strdup(j->folder);
	r->uid = j->uid;
	r->uidvalidity = j->uidvalidity;
	r->err = said;
	lane_post(l, r);
	if (rc == 0 || imap_is_alive(state(l)->im))
		return 0;
	*err = said;
	return -1;
}

/* Kept open for a while: the next message comes without a new login. */
static int fetch_idle(struct lane_thread *l, struct err *err)
{
	struct imap_news news;

	l->held = lane_next(l, KEEP_MS);
	if (l->held || l->quit || l->retry)
		return 0;
	return imap_noop(state(l)->im, &news, err);
}

const struct driver driver_fetch = {
	.name = "IMAP",
	.open = fetch_open,
	.close = fetch_close,
	.job = fetch_job,
	.idle = fetch_idle,
	.end = fetch_end,
};
