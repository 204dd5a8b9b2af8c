/* Reading: a message's bytes from the Maildir, from the bodies fetched before, or asked from the
 * server; then structure, styled text, parts. */
#include "store/mail/read.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/header.h"
#include "mime/render.h"
#include "mime/source.h"
#include "mime/word.h"
#include "store/disk/lent.h"
#include "store/disk/localbox.h"
#include "store/disk/stub.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_server.h"
#include "store/mail/folder_tell.h"
#include "store/mail/lanes.h"
#include "store/mail/match.h"
#include "store/mail/remote.h"
#include "store/mail/rendering.h"
#include "store/mail/viewing.h"
#include "store/mail/waiting.h"
#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A request that waits for a body to come from the server. */
struct parked {
	struct parked *next;
	struct account *account;       /* whose server it comes from */
	struct store_request *request; /* owned */
	read_resume *resume;           /* who goes on with it */
	unsigned job;                  /* the number of the JOB_BODY */
	enum lane lane;                /* where that is */
	char *section;                 /* owned; what of the message, and its size */
	uint32_t size;
};

/* --- parking requests until the body comes --- */

static void post_body(struct store *s, struct folder *f, uint32_t uid, struct parked *p)
{
	struct account *a = f->account;
	struct job *j = job_new(JOB_BODY);

	p->job = ++s->next_job;
	p->lane = lanes_reading(a);
	p->next = s->parked;
	s->parked = p;
	j->request = p->job;
	j->folder = mem_strdup(f->name);
	j->mailbox = mem_strdup(f->mailbox);
	j->body.uid = uid;
	j->body.uidvalidity = cache_meta(f->cache)->uidvalidity;
	j->body.size = p->size;
	j->body.section = mem_strdup(p->section);
	j->body.urgent = p->request->kind == REQUEST_READ || p->request->kind == REQUEST_COMPOSE;
	(j->body.urgent ? lanes_post_first : lanes_post)(a, p->lane, j);
}

static void park(struct store *s, struct folder *f, uint32_t uid, const char *section,
	uint32_t size, struct store_request *r, read_resume *resume)
{
	struct parked *p = mem_alloc(sizeof(*p));

	p->account = f->account;
	p->request = r;
	p->resume = resume;
	p->section = mem_strdup(section);
	p->size = size;
	post_body(s, f, uid, p);
}

static void parked_free(struct parked *p)
{
	free(p->section);
	free(p);
}

/* The server takes no second connection: it comes over the one that is there. */
static bool goes_over_the_first(
	struct store *s, struct folder *f, const struct result *r, struct parked *p)
{
	struct account *a = p->account;

	if (r->err.kind == ERR_NONE || r->err.kind == ERR_CANCELLED || !r->unbegun ||
		p->lane != LANE_FETCH || !lanes_are_online(a) || !f || !f->cache)
		return false;
	lanes_read_by_main(a);
	post_body(s, f, r->body_done.uid, p);
	return true;
}

static struct parked *unpark(struct store *s, unsigned job)
{
	for (struct parked **p = &s->parked; *p; p = &(*p)->next)
		if ((*p)->job == job) {
			struct parked *found = *p;

			*p = found->next;
			return found;
		}
	return NULL;
}

/* A part of a message did not come: the rest of it is shown all the same, and why. */
static bool can_show_rest(const struct store_request *r, const struct err *err)
{
	return r->kind == REQUEST_READ && r->read.asked && err->kind != ERR_CANCELLED;
}

void read_go_on(struct store *s, struct store_request *r, const struct err *why)
{
	if (why->kind != ERR_NONE && !can_show_rest(r, why)) {
		answer_failed(s, r, why);
		return;
	}
	if (why->kind != ERR_NONE) {
		free(r->read.missing);
		r->read.missing = mem_strdup(why->text);
	}
	s->again(s, r);
}

/* It came, or why not. */
static void hand_back(struct store *s, struct parked *p, const struct err *why)
{
	p->resume(s, p->request, why);
	parked_free(p);
}

void read_drop_parked(struct store *s, struct account *a, const struct err *err)
{
	for (struct parked **p = &s->parked; *p;) {
		struct parked *found = *p;

		if (a && found->account != a) {
			p = &found->next;
			continue;
		}
		*p = found->next;
		hand_back(s, found, err);
	}
}

void read_cancel(struct store *s, unsigned request)
{
	for (struct parked **p = &s->parked; *p; p = &(*p)->next)
		if ((*p)->request->request == request) {
			struct parked *found = *p;
			struct err err = {0};

			*p = found->next;
			lanes_cancel_job(found->account, found->lane, found->job);
			err_set(&err, ERR_CANCELLED, _("Cancelled"));
			hand_back(s, found, &err);
			return;
		}
}

void read_body(struct account *a, struct result *r)
{
	struct bodies_key key = {r->folder, r->uidvalidity, r->body.uid};
	struct err err = {0};

	if (bodies_put(a->bodies, &key, r->body.piece, str_c(&r->body.bytes), r->body.bytes.len,
		    &err) != 0)
		store_disk_notice(
			a, _("A message cannot be kept for offline reading: %s"), err.text);
}

static void mark_here(struct folder *f, uint32_t uid)
{
	folder_fetch_again(f, uid); /* where there is only a row that says that it cannot be had */
	if (cache_set_flags(f->cache, uid, 0, MAIL_BODY_HERE, NULL, NULL) == 0)
		folder_send_changes(f, &uid, 1, NULL, 0);
}

/* The list goes by the header alone until the message is read. */
static void mark_files(struct folder *f, uint32_t uid, bool files)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	if (at < 0 || !(c->flags[at] & MAIL_ATTACHMENT) == !files)
		return;
	if (cache_set_flags(
		    f->cache, uid, MAIL_ATTACHMENT, files ? MAIL_ATTACHMENT : 0, NULL, NULL) == 0)
		folder_send_changes(f, &uid, 1, NULL, 0);
}

/* What the server said names neither the folder nor a way out. A folder that is gone is told as
 * such, once it is looked for. */
static struct err explained(struct account *a, const struct result *r)
{
	struct err err = r->err;

	if (r->err.kind != ERR_REFUSED || !r->folder)
		return err;
	err_set(&err, ERR_REFUSED, _("The message in %s cannot be fetched: %s"), r->folder,
		r->err.text);
	lanes_post(a, LANE_MAIN, job_new(JOB_LIST));
	return err;
}

void read_body_done(struct account *a, struct result *r)
{
	struct store *s = a->store;
	struct parked *p = unpark(s, r->request);
	struct folder *f = r->folder ? folder_find(a, r->folder, false) : NULL;
	struct err err;

	if (r->err.kind == ERR_NONE && f && f->cache)
		mark_here(f, r->body_done.uid);
	if (!p)
		return; /* cancelled meanwhile: the body is kept for the next time */
	if (goes_over_the_first(s, f, r, p))
		return;
	err = explained(a, r);
	if (r->err.kind == ERR_NONE && !store_is_stale(s, p->request, &err))
		p->request->fetches++; /* the structure first, then one part: after that it must be
					here */
	hand_back(s, p, &err);
}

void read_progress(struct account *a, struct result *r)
{
	for (struct parked *p = a->store->parked; p; p = p->next)
		if (p->job == r->request) {
			struct store_event *ev = store_event_new(STORE_PROGRESS);

			ev->request = p->request->request;
			ev->progress.done = r->progress.done;
			ev->progress.total = r->progress.total;
			store_emit(a->store, ev);
		}
}

/* --- getting at the bytes --- */

static struct bodies_key key_of(struct folder *f, uint32_t uid)
{
	return (struct bodies_key){f->name, cache_meta(f->cache)->uidvalidity, uid};
}

static uint32_t size_of(struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return at < 0 ? 0 : c->size[at];
}

/* whole: 0, or octets of the message of which this is only the beginning. */
static int read_local(
	struct folder *f, uint32_t uid, struct str *out, uint64_t *whole, struct err *err)
{
	char *base = folder_local_file(f, uid, err);
	size_t skip = 0;
	int rc = base ? localbox_read(f->box.dir, base, MAILDIR_MESSAGE_MAX, out, err) : -1;

	*whole = 0;
	if (rc == 0 && stub_is(base, str_c(out), out->len, whole, &skip)) {
		memmove(out->p, out->p + skip, out->len - skip);
		str_cut(out, out->len - skip);
		*whole += !*whole;
	}
	free(base);
	return rc;
}

static int only_beginning(struct err *err)
{
	return err_set(err, ERR_INPUT,
		_("Only the beginning of this message is here; fetch the whole first: :whole"));
}

static int cannot_fetch(struct folder *f, struct store_request *r, struct err *err)
{
	if (r->fetches > 1)
		return err_set(err, ERR_SYSTEM,
			_("The message was fetched but cannot be read back from the cache"));
	if (!remote_has_folders(f->account))
		return err_set(err, ERR_GONE,
			_("This message was not fetched while the account used IMAP; switch back "
			  "to read it: :protocol imap"));
	if (f->life == LIFE_GONE)
		return err_set(err, ERR_GONE,
			_("Folder %s is no longer on the server, and this message was not fetched "
			  "while it was there"),
			f->name);
	if (lanes_are_elsewhere(f->account))
		return err_set(err, ERR_BUSY,
			_("This message is not here yet, and another running copy of Talaria has "
			  "the connection: once it is read there it is here too"));
	if (!lanes_are_open(f->account))
		return err_set(err, ERR_NETWORK,
			_("This message is not here yet and the account is offline"));
	return 0;
}

static int read_whole(struct store *s, struct folder *f, uint32_t uid, struct store_request *r,
	read_resume *resume, struct str *out, struct err *err)
{
	struct bodies_key key;
	uint64_t whole;

	if (f->local) {
		if (read_local(f, uid, out, &whole, err) != 0)
			return -1;
		/* The beginning is enough to answer a message, not to pass it on. */
		return whole && (r->kind != REQUEST_COMPOSE || r->compose.kind == COMPOSE_FORWARD)
			       ? only_beginning(err)
			       : 0;
	}
	key = key_of(f, uid);
	if (bodies_get(f->account->bodies, &key, "eml", out, NULL) == 0)
		return 0;
	if (cannot_fetch(f, r, err) != 0)
		return -1;
	park(s, f, uid, "eml", size_of(f, uid), r, resume);
	return 1;
}

/* The whole message. 0: in out; 1: parked until it comes; -1: err. */
int read_message(struct store *s, struct folder *f, uint32_t uid, struct store_request *r,
	read_resume *resume, struct str *out, struct err *err)
{
	struct folder *from = waiting_origin(f, &uid);
	int rc = folder_use(from, err);

	if (rc == 0) {
		rc = read_whole(s, from, uid, r, resume, out, err);
		folder_unuse(from);
	}
	return rc;
}

struct loaded {
	struct str bytes; /* the whole message, or only its header */
	struct parts parts;
	struct strv bodies; /* keeps part bodies alive */
	const char *header;
	size_t header_len;
	bool by_parts;
	int needs[RENDER_NEEDS_MAX]; /* parts that would be shown and are not here */
	size_t nneeds;
	uint64_t whole; /* octets; 0: all is here that there is */
};

static void loaded_done(struct loaded *m)
{
	part_done(&m->parts);
	strv_done(&m->bodies);
	str_done(&m->bytes);
}

size_t read_size(const struct loaded *m)
{
	return m->bytes.len;
}

void read_free(struct loaded *m)
{
	if (m)
		loaded_done(m);
	free(m);
}

/* What a part is fetched and kept as: its body, of a message in the message the header. */
static void add_piece(struct str *out, const struct part *p)
{
	str_addf(out, p->message ? "%s.HEADER" : "%s", p->section);
}

static bool take_body(struct account *a, const struct bodies_key *key, struct loaded *m, int i)
{
	struct str body = STR_INIT;
	bool here = bodies_get(a->bodies, key, m->parts.v[i].section, &body, NULL) == 0;

	if (here) {
		part_set_body(&m->parts, i, str_c(&body), body.len);
		strv_take(&m->bodies, body.p ? str_steal(&body) : mem_strdup(""));
		part_open(&m->parts, i);
		part_number(&m->parts);
	}
	str_done(&body);
	return here;
}

static bool take_header(struct account *a, const struct bodies_key *key, struct loaded *m, int i)
{
	struct str piece = STR_INIT, header = STR_INIT;
	bool here;

	add_piece(&piece, &m->parts.v[i]);
	here = bodies_get(a->bodies, key, piece.p, &header, NULL) == 0;
	for (size_t c = 0; here && c < m->parts.n; c++)
		if (m->parts.v[c].parent == i)
			part_set_header(&m->parts, (int)c, str_c(&header), header.len);
	str_done(&piece);
	str_done(&header);
	return here;
}

/* Takes what is shown of the message from what was fetched before; what is not here is left in
 * m->needs. */
static void take_needed(struct account *a, const struct bodies_key *key, struct loaded *m,
	const struct render_options *opt)
{
	bool took = true;

	while (took) {
		took = false; /* what is opened changes the numbers behind it: then anew */
		m->nneeds = render_needs(&m->parts, opt, m->needs, MEM_COUNT(m->needs));
		for (size_t i = 0, n = m->parts.n; i < m->nneeds && n == m->parts.n; i++) {
			int at = m->needs[i];

			took = (m->parts.v[at].message ? take_header(a, key, m, at)
						       : take_body(a, key, m, at)) ||
			       took;
		}
	}
}

static int load_by_parts(
	struct folder *f, uint32_t uid, struct loaded *m, const struct render_options *opt)
{
	struct bodies_key key = key_of(f, uid);
	struct str structure = STR_INIT;
	int rc = bodies_get(f->account->bodies, &key, "struct", &structure, NULL);

	if (rc == 0)
		rc = bodies_get(f->account->bodies, &key, "head", &m->bytes, NULL);
	if (rc == 0)
		rc = part_load(&m->parts, str_c(&structure), structure.len);
	str_done(&structure);
	if (rc != 0)
		return -1;
	m->header = str_c(&m->bytes);
	m->header_len = m->bytes.len;
	m->by_parts = true;
	take_needed(f->account, &key, m, opt);
	return 0;
}

static void parse_whole(struct loaded *m)
{
	part_parse(&m->parts, str_c(&m->bytes), m->bytes.len);
	m->header = m->parts.n ? m->parts.v[0].header : str_c(&m->bytes);
	m->header_len = m->parts.n ? m->parts.v[0].header_len : 0;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; p && (p = strstr(p, word)) != NULL; p += len)
		if ((p == words || p[-1] == ' ') && p[len] == ' ')
			return true;
	return false;
}

/*
 * Has the server asked for what is shown and not here: true if the request is parked. Each piece is
 * asked for once in a request (r->read.asked remembers), so that one that cannot be had ends
 * nothing.
 */
static bool ask_needed(struct store *s, struct folder *f, struct store_request *r, struct loaded *m)
{
	struct str ask = STR_INIT, asked = STR_INIT, piece = STR_INIT;
	uint64_t size = 0;
	bool any;

	str_adds(&asked, r->read.asked ? r->read.asked : "");
	for (size_t i = 0; i < m->nneeds; i++) {
		const struct part *p = &m->parts.v[m->needs[i]];

		str_clear(&piece);
		add_piece(&piece, p);
		if (*p->section == '?' || has_word(r->read.asked, piece.p))
			continue;
		str_addf(&ask, "%s%s/%llu", ask.len ? " " : "", piece.p,
			(unsigned long long)(p->message ? 0 : p->size));
		str_addf(&asked, "%s ", piece.p);
		size += p->message ? 0 : p->size;
	}
	any = ask.len && remote_has_folders(f->account) && lanes_are_open(f->account);
	if (any) {
		free(r->read.asked);
		r->read.asked = mem_strdup(asked.p);
		park(s, f, r->uid, ask.p, (uint32_t)size, r, read_go_on);
	}
	str_done(&ask);
	str_done(&asked);
	str_done(&piece);
	return any;
}

/* What is here; -1: nothing is. */
static int load_here(struct folder *f, uint32_t uid, const struct render_options *opt,
	struct loaded *m, struct err *err)
{
	struct bodies_key key;

	if (f->local) {
		if (read_local(f, uid, &m->bytes, &m->whole, err) != 0)
			return -1;
		parse_whole(m);
		return 0;
	}
	key = key_of(f, uid);
	if (bodies_get(f->account->bodies, &key, "eml", &m->bytes, NULL) != 0)
		return load_by_parts(f, uid, m, opt);
	parse_whole(m);
	return 0;
}

/* 0, 1 parked, -1. */
static int load(struct store *s, struct folder *f, struct store_request *r,
	const struct render_options *opt, struct loaded *m, struct err *err)
{
	if (load_here(f, r->uid, opt, m, err) == 0)
		return m->by_parts && r->kind == REQUEST_READ && ask_needed(s, f, r, m) ? 1 : 0;
	if (f->local || cannot_fetch(f, r, err) != 0)
		return -1;
	park(s, f, r->uid, NULL, size_of(f, r->uid), r, read_go_on);
	return 1;
}

/* --- for searches --- */

static void add_header(struct str *out, const struct loaded *m)
{
	struct header_iter it;
	struct header_field field;
	struct str value = STR_INIT;

	header_start(&it, m->header, m->header_len);
	while (header_next(&it, &field)) {
		str_clear(&value);
		header_unfold(&value, field.value, field.value_len);
		utf8_clean(out, field.name, field.name_len, UTF8_LINE);
		str_adds(out, ": ");
		word_decode(out, str_c(&value), value.len);
		str_addc(out, '\n');
	}
	str_done(&value);
}

/* Wide enough that lines end only where somebody ended them. */
enum { SEARCH_WIDTH = 4000 };

static void add_body(
	struct read_text *out, const struct loaded *m, const struct render_options *opt)
{
	struct text *t = render_message(&m->parts, m->header, m->header_len, opt);

	for (size_t i = 0; i < t->n; i++) {
		const struct text_line *line = &t->lines[i];

		if (line->style == TEXT_NOTICE || line->style == TEXT_ATTACHMENT)
			continue;
		str_add(&out->body, line->s, line->len);
		str_addc(&out->body, '\n');
	}
	out->whole = !m->whole && !m->nneeds && !t->cut && !(out->content & CONTENT_ENCRYPTED);
	text_free(t);
}

/* Of a part that is the message's own, and not of one that is attached to it. */
static bool is_own(const struct parts *parts, const struct part *p)
{
	for (int up = p->parent; up >= 0; up = parts->v[up].parent)
		if (!parts->v[up].multipart)
			return false;
	return true;
}

/* Opaque S/MIME says in a parameter whether it is a signature. */
static uint32_t smime_content(const struct part *p)
{
	char *type = p->header ? header_get(p->header, p->header_len, "Content-Type") : NULL;
	bool is_signed = p->opened || (type && str_ifind(type, "signed-data"));

	free(type);
	return is_signed ? CONTENT_SIGNED : CONTENT_ENCRYPTED;
}

static uint32_t part_content(const struct parts *parts, const struct part *p)
{
	const char *sub = p->subtype;

	if (!is_own(parts, p))
		return 0;
	if (strcmp(p->type, "multipart") == 0)
		return strcmp(sub, "signed") == 0      ? CONTENT_SIGNED
		       : strcmp(sub, "encrypted") == 0 ? CONTENT_ENCRYPTED
						       : 0;
	if (strcmp(p->type, "application") != 0)
		return 0;
	if (strcmp(sub, "pkcs7-mime") == 0 || strcmp(sub, "x-pkcs7-mime") == 0)
		return smime_content(p);
	return strcmp(sub, "pgp-keys") == 0 ? CONTENT_KEY : 0;
}

static void add_parts(struct read_text *out, const struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++) {
		const struct part *p = &parts->v[i];

		str_addf(&out->types, "%s/%s\n", p->type, p->subtype);
		out->content |= part_content(parts, p);
		if (!part_is_attachment(parts, (int)i) || part_is_embedded(parts, (int)i))
			continue;
		out->attachments++;
		str_addf(&out->files, "%s\n", p->name ? p->name : "");
	}
}

static const struct render_options search_options = {.width = SEARCH_WIDTH, .no_headers = true};

struct loaded *read_load(struct folder *f, uint32_t uid)
{
	struct loaded *m = mem_alloc(sizeof(*m));

	if (load_here(f, uid, &search_options, m, NULL) == 0)
		return m;
	read_free(m);
	return NULL;
}

void read_text(const struct loaded *m, struct read_text *out)
{
	add_header(&out->header, m);
	add_parts(out, &m->parts);
	add_body(out, m, &search_options);
}

/* --- answering --- */

/* A message that is to be shown, made into text on a thread of its own. */
struct showing {
	struct rendering rendering;
	struct loaded message;
	struct render_options options;
	bool raw_headers, source;
	char *trusted;      /* whose word on the sender counts */
	uint32_t row, uid;  /* where it is shown, and in the folder where it is: */
	unsigned numbering; /* of that folder */
	struct store_view *view;
};

/* The structure travels without the bytes it was made over. f: NULL where it is no more. */
static void detach_parts(struct folder *f, uint32_t uid, struct loaded *m, struct store_view *v)
{
	v->parts = m->parts;
	m->parts = (struct parts){0};
	for (size_t i = 0; i < v->parts.n; i++) {
		struct part *p = &v->parts.v[i];
		bool here = p->body;

		if (!p->size)
			p->size = p->body_len;
		if (f && !here && m->by_parts && *p->section) {
			struct bodies_key key = key_of(f, uid);

			here = bodies_has(f->account->bodies, &key, p->section);
		}
		/* Whether it is here stays visible: not NULL means it can be saved without a
		 * connection. */
		p->body = here ? "" : NULL;
		p->body_len = 0;
		p->header = NULL;
		p->header_len = 0;
	}
}

/* In front of what the message says. */
static void put_notice(struct text *body, const char *said)
{
	struct text *t = text_new();

	text_add(t, TEXT_NOTICE, said, strlen(said));
	text_add(t, TEXT_PLAIN, "", 0);
	text_prepend(body, t);
}

static void say_what_is_missing(
	struct store_view *v, const struct store_request *r, const struct loaded *m)
{
	struct str s = STR_INIT;

	if (m->whole)
		str_addf(&s,
			_("Only the beginning is here; the message has %llu kB. :whole fetches the "
			  "rest."),
			(unsigned long long)(m->whole / 1000 + 1));
	else if (m->nneeds && r->read.missing)
		str_addf(&s, _("Not all of this message could be fetched: %s"), r->read.missing);
	if (s.len)
		put_notice(v->text, s.p);
	str_done(&s);
}

static struct render_options options_of(const struct request_read *r)
{
	return (struct render_options){.width = r->width < 20 ? 20 : r->width,
		.all_headers = r->all_headers,
		.other_version = r->other_version,
		.hide_quotes = r->hide_quotes,
		.no_headers = r->no_headers || r->raw_headers};
}

static void put_raw_header(struct text *body, const struct loaded *m, int width)
{
	struct text *t = source_text(m->header, m->header_len, width);

	text_add(t, TEXT_PLAIN, "", 0);
	text_prepend(body, t);
}

static void showing_run(struct worker_job *j)
{
	struct showing *x = (struct showing *)j;
	const struct loaded *m = &x->message;

	x->view = mem_alloc(sizeof(*x->view));
	if (x->source)
		x->view->text = source_text(str_c(&m->bytes), m->bytes.len, x->options.width);
	else
		x->view->text = render_message(&m->parts, m->header, m->header_len, &x->options);
	if (x->raw_headers)
		put_raw_header(x->view->text, m, x->options.width);
	x->view->other = render_other_version(&m->parts, &x->options);
	x->view->doubts = viewing_doubts(&m->parts);
	x->view->other_more = render_other_more(&m->parts, &x->options);
	envelope_parse(&x->view->envelope, m->header, m->header_len);
	head_read(&x->view->head, m->header, m->header_len, x->trusted);
}

static void showing_drop(struct worker_job *j)
{
	struct showing *x = (struct showing *)j;

	store_view_free(x->view);
	loaded_done(&x->message);
	free(x->trusted);
	free(x);
}

/* Opened (folder_unuse); NULL: it means other messages now, or cannot be opened again. */
static struct folder *folder_of(struct store *s, const struct showing *x)
{
	struct folder *f = store_list(s, x->rendering.request->list)->folder->account->folders;

	while (f && f->numbering != x->numbering)
		f = f->next;
	return f && folder_use(f, NULL) == 0 ? f : NULL;
}

static void showing_back(struct store *s, struct rendering *r)
{
	struct showing *x = (struct showing *)r;
	struct store_event *ev = store_event_new(STORE_VIEW);
	struct folder *f = folder_of(s, x);

	ev->view = x->view;
	x->view = NULL;
	ev->view->partial = x->message.nneeds > 0;
	say_what_is_missing(ev->view, r->request, &x->message);
	if (f && !x->message.whole)
		mark_files(f, x->uid, part_has_files(&x->message.parts));
	detach_parts(f, x->uid, &x->message, ev->view);
	if (f)
		folder_unuse(f);
	answer_with(s, r->request, ev);
	r->request = NULL;
}

/* The person knows better than the message in which charset its text is. */
static void read_as(struct parts *parts, const char *charset)
{
	for (size_t i = 0; charset && i < parts->n; i++)
		if (strcmp(parts->v[i].type, "text") == 0)
			snprintf(parts->v[i].charset, sizeof(parts->v[i].charset), "%s", charset);
}

/* Keeps the request and what was loaded. */
static void show(
	struct store *s, struct folder *f, struct store_request *r, uint32_t row, struct loaded *m)
{
	struct showing *x = mem_alloc(sizeof(*x));

	x->rendering.job.run = showing_run;
	x->rendering.job.drop = showing_drop;
	x->rendering.back = showing_back;
	x->rendering.request = r;
	x->message = *m;
	*m = (struct loaded){0};
	x->options = options_of(&r->read);
	x->raw_headers = r->read.raw_headers;
	x->source = r->read.source;
	read_as(&x->message.parts, r->read.charset);
	x->trusted =
		mem_strdup(f->account->setup ? f->account->setup->settings->trusted_authserv : "");
	x->row = row;
	x->uid = r->uid;
	x->numbering = f->numbering;
	rendering_give(s, &x->rendering, RENDERING_READING);
}

static int write_new_file(const char *path, const char *p, size_t len, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), rc;

	if (fd < 0)
		return errno == EEXIST ? err_set(err, ERR_INPUT,
						 _("%s exists already; choose another name"), path)
				       : err_errno(err, _("Cannot create %s"), path);
	rc = file_write_all(fd, path, p, len, err);
	if (rc == 0 && fsync(fd) != 0)
		rc = err_errno(err, _("Cannot write %s"), path);
	if (close(fd) != 0 && rc == 0)
		rc = err_errno(err, _("Cannot write %s"), path);
	if (rc != 0)
		unlink(path); /* never half an attachment */
	return rc;
}

/* The path the user gave; for a directory the part's own name, made safe, in it. A taken name gets
 * a number. */
static char *save_path(const char *given, const char *name)
{
	char *path = mem_strdup(given), *safe, *full;
	struct stat st;
	size_t len = strlen(path);
	bool dir = (len && path[len - 1] == '/') || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
	const char *dot;

	if (!dir)
		return path;
	if (len > 1 && path[len - 1] == '/')
		path[len - 1] = '\0';
	safe = file_safe_name(name);
	full = file_join(path, safe);
	dot = strrchr(safe, '.');
	for (int i = 1; file_exists(full) && i < 1000; i++) {
		struct str numbered = STR_INIT;

		str_addf(&numbered, "%s/%.*s-%d%s", path,
			(int)(dot ? dot - safe : (ptrdiff_t)strlen(safe)), safe, i, dot ? dot : "");
		free(full);
		full = str_steal(&numbered);
	}
	free(safe);
	free(path);
	return full;
}

/* Lines end in CRLF on the way, and as they do here in a file; what came as base64 is as it was. */
static void local_lines(const struct part *p, struct str *bytes)
{
	size_t n = 0;

	if (strcmp(p->type, "text") != 0 || p->encoding == PART_BASE64 ||
		p->encoding == PART_UUENCODE || p->encoding == PART_BINARY)
		return;
	for (size_t i = 0; i < bytes->len; i++)
		if (bytes->p[i] != '\r' || i + 1 == bytes->len || bytes->p[i + 1] != '\n')
			bytes->p[n++] = bytes->p[i];
	if (bytes->len)
		str_cut(bytes, n);
}

static const char *part_file_name(const struct part *p)
{
	if (p->name)
		return p->name;
	return strcmp(p->type, "message") == 0 ? "message.eml" : "part";
}

/* Says where: at the given path, or in a private file. */
static int write_out(struct store *s, const char *given, const char *name, const char *p,
	size_t len, struct str *said, struct err *err)
{
	size_t n = given ? strlen(given) : 0;
	int made = n && given[n - 1] == '/' ? file_make_dirs(given, err) : 0;
	char *path = given ? save_path(given, name) : lent_path(s->lent, name, err);
	int rc = made == 0 && path ? write_new_file(path, p, len, err) : -1;

	str_adds(said, path);
	free(path);
	return rc;
}

/* The part that is meant, decoded, in out; 1: it is fetched first. */
static int part_bytes(struct store *s, struct folder *f, struct store_request *r, struct loaded *m,
	const char *section, const struct part **part, struct str *out, struct err *err)
{
	int i = part_find(&m->parts, section);
	struct part *p = i < 0 ? NULL : &m->parts.v[i];

	if (!p)
		return err_set(err, ERR_GONE, _("The message has no part %s"), section);
	if (!p->body && m->by_parts) {
		struct bodies_key key = key_of(f, r->uid);

		take_body(f->account, &key, m, i);
		p = &m->parts.v[i];
	}
	if (!p->body) {
		if (cannot_fetch(f, r, err) != 0)
			return -1;
		str_addf(out, "%s/%llu", p->section, (unsigned long long)p->size);
		park(s, f, r->uid, out->p, (uint32_t)p->size, r, read_go_on);
		return 1;
	}
	part_decode(p, out);
	local_lines(p, out);
	*part = p;
	return 0;
}

static int save_part(struct store *s, struct folder *f, struct store_request *r, struct loaded *m,
	struct str *said, struct err *err)
{
	struct str bytes = STR_INIT;
	const struct part *p;
	int rc = part_bytes(s, f, r, m, r->save.section, &p, &bytes, err);

	if (rc == 0)
		rc = write_out(
			s, r->save.path, part_file_name(p), str_c(&bytes), bytes.len, said, err);
	str_done(&bytes);
	return rc;
}

/* Keeps the request. */
static int view_part(struct store *s, struct folder *f, struct store_request *r, struct loaded *m,
	struct err *err)
{
	struct str bytes = STR_INIT;
	const struct part *p;
	int rc = part_bytes(s, f, r, m, r->part.section, &p, &bytes, err);
	char *path = rc == 0 ? lent_path(s->lent, part_file_name(p), err) : NULL;

	if (path) {
		viewing_give(s, r, p, &bytes, path);
		return REQUEST_TAKEN;
	}
	str_done(&bytes);
	return rc == 0 ? -1 : rc;
}

static int add_to_file(const char *path, const struct str *bytes, struct err *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW), rc;

	if (fd < 0)
		return err_errno(err, _("Cannot write %s"), path);
	rc = file_write_all(fd, path, str_c(bytes), bytes->len, err);
	close(fd);
	return rc;
}

/* Several, one behind the other in a private file; it goes on where it waited. */
static int save_more(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct store *s = l->folder->account->store;
	int rc = 0;

	while (rc == 0 && r->save.done < r->n) {
		struct str bytes = STR_INIT, path = STR_INIT;

		rc = read_message(s, l->folder, r->uids[r->save.done], r, read_go_on, &bytes, err);
		if (rc == 0 && bytes.len && bytes.p[bytes.len - 1] != '\n')
			str_addc(&bytes, '\n');
		if (rc == 0 && r->save.path)
			rc = add_to_file(r->save.path, &bytes, err);
		else if (rc == 0)
			rc = write_out(
				s, NULL, "messages.eml", str_c(&bytes), bytes.len, &path, err);
		if (path.len)
			r->save.path = str_steal(&path);
		str_done(&path);
		str_done(&bytes);
		r->save.done += rc == 0;
		r->fetches = rc == 0 ? 0 : r->fetches;
	}
	if (rc < 0 && r->save.path)
		lent_back(s->lent, r->save.path);
	str_adds(said, rc == 0 ? r->save.path : NULL);
	return rc;
}

int read_save(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct store *s = l->folder->account->store;
	struct str bytes = STR_INIT;
	int rc;

	if (r->n && (r->save.done || !r->save.path))
		return save_more(l, r, said, err);
	rc = read_message(s, l->folder, r->uid, r, read_go_on, &bytes, err);
	if (rc == 0)
		rc = write_out(s, r->save.path, "message.eml", str_c(&bytes), bytes.len, said, err);
	str_done(&bytes);
	return rc;
}

int read_lend(struct store *s, struct store_request *r, struct str *said, struct err *err)
{
	return write_out(s, NULL, r->lend.name, r->lend.text, strlen(r->lend.text), said, err);
}

int read_lent_back(struct store *s, struct store_request *r, struct str *said, struct err *err)
{
	(void)said;
	(void)err;
	lent_back(s->lent, r->save.path);
	return 0;
}

/* A row of a local folder that says why a message did not come by POP3. */
static bool is_row_alone(struct folder *f, uint32_t uid, struct summary *s)
{
	return f->local && cache_get(f->cache, uid, s) == 0 && (s->flags & MAIL_PLACEHOLDER);
}

static void tell_row(struct loaded *m, const struct summary *row)
{
	str_addf(&m->bytes, "Subject: ");
	word_encode(&m->bytes, row->subject, strlen(row->subject), WORD_TEXT);
	str_addf(&m->bytes,
		"\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8; "
		"format=flowed\r\n\r\n%s\r\n\r\n%s\r\n",
		row->subject,
		_("The server has this message still, and is asked for it again an hour after it "
		  "refused, with the next look at the mailbox; :whole asks for it now. When it "
		  "comes it takes the place of this row."));
	parse_whole(m);
}

static int load_source(struct store *s, struct folder *f, struct store_request *r, struct loaded *m,
	struct err *err)
{
	int rc = read_whole(s, f, r->uid, r, read_go_on, &m->bytes, err);

	if (rc == 0)
		parse_whole(m);
	return rc;
}

/* r->uid: in the folder where the message is; row: in the one where it is shown. 1: kept. */
static int read_or_save(struct folder *f, struct store_request *r, uint32_t row, struct loaded *m,
	struct str *said, struct err *err)
{
	struct render_options opt =
		r->kind == REQUEST_READ ? options_of(&r->read) : (struct render_options){0};
	struct store *s = f->account->store;
	struct summary alone;
	int rc = 0;

	if (r->kind == REQUEST_READ && is_row_alone(f, r->uid, &alone))
		tell_row(m, &alone);
	else if (r->kind == REQUEST_READ && r->read.source)
		rc = load_source(s, f, r, m, err);
	else
		rc = load(s, f, r, &opt, m, err);
	if (rc != 0)
		return rc;
	if (r->kind != REQUEST_READ && m->whole)
		return only_beginning(err);
	if (r->kind == REQUEST_VIEW)
		return view_part(s, f, r, m, err);
	if (r->kind == REQUEST_SAVE_PART)
		return save_part(s, f, r, m, said, err);
	show(s, f, r, row, m);
	return 1;
}

int read_show(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	uint32_t row = r->uid, uid = row;
	struct folder *f = waiting_origin(l->folder, &uid);
	struct loaded m = {0};
	int rc = folder_use(f, err);

	r->uid = uid;
	if (rc == 0) {
		rc = read_or_save(f, r, row, &m, said, err);
		folder_unuse(f);
	}
	r->uid = row;
	loaded_done(&m);
	return rc;
}
