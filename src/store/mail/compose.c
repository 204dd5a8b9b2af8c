/*
 * Writing: drafts begin, are changed, kept, resumed and thrown away. A draft is a complete message
 * and a state (outbox.h); every change is durable before it is told.
 */
#include "store/mail/compose.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/idn.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/charset.h"
#include "mime/render.h"
#include "store/disk/localbox.h"
#include "store/mail/account.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/follow.h"
#include "store/mail/keepdraft.h"
#include "store/mail/read.h"
#include "store/mail/rendering.h"
#include "store/mail/write_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a draft of a former version answers. */
static const char ANSWERS[] = "X-Talaria-Answers: ";

/* --- one mail --- */

/* --- answering --- */

static void fill_info(struct draft_info *d, const struct written *w, const char *path)
{
	d->id = mem_strdup(w->m.id);
	d->path = mem_strdup(path);
	d->where = mem_strdup("");
	written_read(w, &d->draft);
	for (size_t i = 0; i < w->m.nto; i++)
		if (w->m.to[i].fate == FATE_ACCEPTED) {
			struct str shown = STR_INIT;

			idn_people(&shown, w->m.to[i].address);
			strv_take(&d->has_it, str_steal(&shown));
		}
}

int compose_answer(
	struct account *a, struct store_request *r, const struct written *w, const char *path)
{
	struct store_event *ev = store_event_new(STORE_DRAFTS);

	ev->drafts.v = mem_array(1, sizeof(*ev->drafts.v));
	ev->drafts.n = 1;
	fill_info(&ev->drafts.v[0], w, path);
	answer_with(a->store, r, ev);
	return REQUEST_TAKEN;
}

/* Somebody looks at it again: it is not put aside any more. */
static int open_draft(struct account *a, const char *id, struct written *w, struct err *err)
{
	if (written_settle(a, id, err) != 0 || written_open(a, id, w, err) != 0)
		return -1;
	if (!w->m.parked)
		return 0;
	w->m.parked = false;
	if (outbox_update(a->outbox, &w->m, err) == 0)
		return 0;
	written_done(w);
	return -1;
}

static int load_draft(struct account *a, struct store_request *r, const char *id, struct err *err)
{
	struct written w;
	int rc;

	if (open_draft(a, id, &w, err) != 0)
		return -1;
	rc = compose_answer(a, r, &w, NULL);
	written_done(&w);
	return rc;
}

int compose_load(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	(void)said;
	return load_draft(a, r, r->mail.id, err);
}

/* where: the copy in the folder of drafts, until the whole list is known. */
static void list_one(struct store_event *ev, const struct written *w)
{
	struct draft_info *d = &ev->drafts.v[ev->drafts.n++];
	struct str where = STR_INIT;

	fill_info(d, w, NULL);
	keepdraft_where(&w->m, &where);
	draft_set(&d->where, str_c(&where));
	str_done(&where);
}

int compose_list(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct store_event *ev;
	struct strv ids = STRV_INIT;

	(void)said;
	if (outbox_drafts(a->outbox, &ids, err) != 0)
		return -1;
	ev = store_event_new(STORE_DRAFTS);
	ev->drafts.v = mem_array(ids.n, sizeof(*ev->drafts.v));
	for (size_t i = 0; i < ids.n; i++) {
		struct written w;
		struct err why = {0};

		if (written_open(a, ids.v[i], &w, &why) == 0) {
			if (a->store->read_only || !keepdraft_settled(a, &w.m))
				list_one(ev, &w);
		} else if (why.kind != ERR_GONE)
			store_notice(a, _("The draft %s cannot be read: %s"), ids.v[i], why.text);
		written_done(&w);
	}
	strv_done(&ids);
	keepdraft_list(a, ev);
	for (size_t i = 0; i < ev->drafts.n; i++)
		if (*ev->drafts.v[i].id != '@')
			draft_set(&ev->drafts.v[i].where, "");
	answer_with(a->store, r, ev);
	return REQUEST_TAKEN;
}

/* --- the editor's file --- */

int compose_edit(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct str text = STR_INIT;
	struct err ignored = {0};
	struct written w;
	struct draft d;
	char *path;
	int rc = 0;

	/* What could not be saved when it was written is what is edited again. */
	bool waits = written_settle(a, r->mail.id, &ignored) != 0;

	(void)said;
	if (written_open(a, r->mail.id, &w, err) != 0)
		return -1;
	written_read(&w, &d);
	draft_write(&d, &text);
	if (!waits)
		rc = outbox_text_write(a->outbox, r->mail.id, str_c(&text), text.len, err);
	path = outbox_text_path(a->outbox, r->mail.id);
	if (rc == 0)
		rc = compose_answer(a, r, &w, path);
	free(path);
	draft_done(&d);
	written_done(&w);
	str_done(&text);
	return rc;
}

/* The editor ended. */
int compose_take(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct str text = STR_INIT;
	struct err why = {0};

	(void)said;
	if (outbox_text_read(a->outbox, r->mail.id, &text, &why) != 0 && why.kind == ERR_GONE)
		store_notice(a, _("The editor left no text: the draft is as it was before"));
	str_done(&text);
	return load_draft(a, r, r->mail.id, err);
}

int compose_save(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct written w;
	int rc;

	(void)said;
	if (open_draft(a, r->mail.id, &w, err) != 0)
		return -1;
	rc = w.m.state == OUTBOX_DRAFT
		     ? written_save(a, &w, r->mail.says, err)
		     : err_set(err, ERR_GONE, _("This message is in the outbox already"));
	if (rc == 0)
		rc = compose_answer(a, r, &w, NULL);
	written_done(&w);
	return rc;
}

/* --- beginning --- */

enum { SIGNATURE_MAX = 65536 };

static void add_signature(struct account *a, struct draft *d)
{
	struct str sig = STR_INIT, body = STR_INIT, text = STR_INIT;
	struct err why = {0};
	char *path;

	if (!*a->setup->settings->signature)
		return;
	path = file_expand(a->setup->settings->signature);
	if (file_read(path, SIGNATURE_MAX, &sig, &why) != 0) {
		store_notice(a, _("The draft has no signature: %s"), why.text);
	} else {
		str_addf(&body, "%s\n-- \n", d->body);
		if (charset_from_person(&text, i18n_charset(), str_c(&sig), sig.len, &why) != 0)
			store_notice(a, "%s: %s", path, why.text);
		utf8_clean(&body, str_c(&text), text.len, UTF8_TEXT);
		free(d->body);
		d->body = str_steal(&body);
	}
	free(path);
	str_done(&sig);
	str_done(&text);
}

void compose_ref(struct outbox_ref *to, struct folder *f, uint32_t uid)
{
	struct account *a = f->account;
	char *file = f->local ? folder_local_file(f, uid, NULL) : NULL;

	outbox_ref_done(to);
	to->account = mem_strdup(a->kind == ACCOUNT_PATH ? "" : a->setup->settings->name);
	to->folder = mem_strdup(a->kind == ACCOUNT_PATH ? f->box.dir : f->name);
	to->file = file ? file : mem_strdup("");
	to->local = f->local;
	to->uidvalidity = cache_meta(f->cache)->uidvalidity;
	to->uid = uid;
}

/* A message that is answered or passed on; what is quoted of it is made on a thread of its own. */
struct quoting {
	struct rendering rendering;
	struct str bytes;
	struct parts parts;
	struct envelope envelope;
	bool forward;
	char *quote;
};

static void quoting_run(struct worker_job *j)
{
	struct quoting *x = (struct quoting *)j;

	x->quote = render_quotable(&x->parts, x->forward);
}

static void quoting_drop(struct worker_job *j)
{
	struct quoting *x = (struct quoting *)j;

	envelope_done(&x->envelope);
	part_done(&x->parts);
	str_done(&x->bytes);
	free(x->quote);
	free(x);
}

static int draft_about(struct account *a, const struct store_request *r, const struct quoting *x,
	struct draft *d, struct err *err)
{
	static const enum draft_reply kinds[] = {[COMPOSE_REPLY] = DRAFT_REPLY,
		[COMPOSE_REPLY_ALL] = DRAFT_REPLY_ALL,
		[COMPOSE_REPLY_LIST] = DRAFT_REPLY_LIST};
	const struct envelope *e = &x->envelope;

	if (r->compose.kind >= COMPOSE_ACCEPT)
		return draft_invitation(d, r->compose.kind, e, &x->parts, &a->setup->own,
			a->setup->settings->from, err);
	if (x->forward) {
		draft_forward(d, e, x->quote, a->setup->settings->from);
		letter_carry(d, &x->parts);
		return 0;
	}
	draft_reply(d, kinds[r->compose.kind], e, x->parts.v[0].header, x->parts.v[0].header_len,
		x->quote, &a->setup->own, a->setup->settings->from);
	if (r->compose.kind != COMPOSE_REPLY && (e->to.cut || e->cc.cut))
		store_notice(a,
			_("The message went to more people than an answer has room "
			  "for: those beyond the first %zu are left out"),
			e->to.cut ? e->to.n : e->cc.n);
	return 0;
}

/* d: what is known of it so far. */
static int begin_with(struct account *a, struct store_request *r, struct written *w,
	struct draft *d, struct err *err)
{
	add_signature(a, d);
	if (written_save(a, w, d, err) != 0)
		return -1;
	return compose_answer(a, r, w, NULL);
}

static int begin_about(
	struct store *s, struct store_request *r, const struct quoting *x, struct err *err)
{
	struct written w = {.m = {.state = OUTBOX_DRAFT, .forward = x->forward}};
	struct account *a = store_account(s, r->account, err);
	struct draft d;
	int rc;

	if (!a)
		return -1;
	draft_init(&d);
	rc = draft_about(a, r, x, &d, err);
	compose_ref(&w.m.about, store_list(s, r->list)->folder, r->uid);
	if (rc == 0)
		rc = begin_with(a, r, &w, &d, err);
	draft_done(&d);
	written_done(&w);
	return rc;
}

static void quoting_back(struct store *s, struct rendering *x)
{
	struct err err = {0};

	if (begin_about(s, x->request, (struct quoting *)x, &err) < 0)
		answer_failed(s, x->request, &err);
	x->request = NULL;
}

/* Answers and forwards need the message; 1: kept until it is here, and what is quoted of it. */
static int quote(struct store *s, struct store_request *r, struct err *err)
{
	struct list *l = store_list(s, r->list);
	struct str bytes = STR_INIT;
	struct quoting *x;
	int rc;

	if (!l)
		return err_set(err, ERR_GONE, _("The folder is no longer open"));
	rc = read_message(s, l->folder, r->uid, r, read_go_on, &bytes, err);
	if (rc != 0) {
		str_done(&bytes);
		return rc;
	}
	x = mem_alloc(sizeof(*x));
	x->rendering.job.run = quoting_run;
	x->rendering.job.drop = quoting_drop;
	x->rendering.back = quoting_back;
	x->rendering.request = r;
	x->bytes = bytes;
	part_parse(&x->parts, x->bytes.p, x->bytes.len);
	envelope_parse(&x->envelope, x->parts.v[0].header, x->parts.v[0].header_len);
	x->forward = r->compose.kind == COMPOSE_FORWARD;
	rendering_give(s, &x->rendering, RENDERING_READING);
	return 1;
}

/* 0, 1 parked, -1. */
static int begin_draft(struct store *s, struct account *a, struct store_request *r, struct err *err)
{
	struct written w = {.m = {.state = OUTBOX_DRAFT}};
	struct draft d;
	int rc = 0;

	if (r->compose.kind != COMPOSE_NEW && r->compose.kind != COMPOSE_MAILTO)
		return quote(s, r, err);
	draft_init(&d);
	if (r->compose.kind == COMPOSE_MAILTO)
		rc = draft_mailto(&d, r->compose.url, err);
	else if (r->compose.to)
		draft_set(&d.to, r->compose.to);
	if (rc == 0)
		rc = begin_with(a, r, &w, &d, err);
	draft_done(&d);
	written_done(&w);
	return rc;
}

static int begin_from(struct account *a, struct store_request *r, struct folder *f, uint32_t uid,
	const struct str *bytes, struct err *err)
{
	struct written w = {.m = {.state = OUTBOX_DRAFT}};
	struct draft d;
	int rc;

	letter_crlf(str_c(bytes), bytes->len, &w.bytes);
	keepdraft_take_notes(a, &w);
	if (f->account == a)
		compose_ref(&w.m.kept, f, uid);
	written_read(&w, &d);
	for (size_t i = 0; i < d.nfiles; i++)
		strv_add(&w.m.files, d.files[i].key);
	rc = written_save(a, &w, &d, err);
	draft_done(&d);
	if (rc == 0)
		rc = compose_answer(a, r, &w, NULL);
	written_done(&w);
	return rc;
}

/* A draft in a folder, whoever made it: all of it, byte for byte. The open one here goes on. */
static int resume_in(struct store *s, struct account *a, struct store_request *r, struct folder *f,
	uint32_t uid, struct err *err)
{
	struct str bytes = STR_INIT;
	struct outbox_ref ref = {0};
	char *id;
	int rc;

	compose_ref(&ref, f, uid);
	id = keepdraft_of(a, &ref);
	outbox_ref_done(&ref);
	if (id) {
		rc = load_draft(a, r, id, err);
		free(id);
		return rc;
	}
	rc = read_message(s, f, uid, r, read_go_on, &bytes, err);
	if (rc == 0)
		rc = begin_from(a, r, f, uid, &bytes, err);
	str_done(&bytes);
	return rc;
}

static int compose_resume(
	struct store *s, struct account *a, struct store_request *r, struct err *err)
{
	struct list *l = r->compose.draft ? NULL : store_list(s, r->list);
	struct folder *f;
	uint32_t uid;
	int rc;

	if (l)
		return resume_in(s, a, r, l->folder, r->uid, err);
	if (!r->compose.draft)
		return err_set(err, ERR_GONE, _("The folder is no longer open"));
	if (*r->compose.draft != '@')
		return load_draft(a, r, r->compose.draft, err);
	f = keepdraft_find(a, r->compose.draft, &uid);
	if (!f)
		return err_set(err, ERR_GONE, _("This message is no longer here"));
	rc = resume_in(s, a, r, f, uid, err);
	folder_unuse(f);
	return rc;
}

/* --- back from the outbox --- */

static void add_typed(struct addr_list *list, const char *text)
{
	struct addr_list typed = {0};

	if (addr_parse_typed(&typed, text, NULL) != 0)
		addr_parse(&typed, text, strlen(text));
	for (size_t i = 0; i < typed.n; i++)
		addr_list_add(list, typed.v[i].name, typed.v[i].mail);
	addr_list_done(&typed);
}

/* Everybody the message names: who is not waited for here has it, or is not ours to serve. */
static void add_others(struct outbox_mail *m, struct draft *d)
{
	struct addr_list list = {0}, bcc = {0};
	size_t named;

	add_typed(&list, d->to);
	add_typed(&list, d->cc);
	add_typed(&bcc, d->bcc);
	named = bcc.n;
	/* In no header field: a former version kept Bcc in the envelope alone. */
	for (size_t i = 0; i < m->nto; i++)
		if (!addr_list_has(&list, m->to[i].address) &&
			!addr_list_has(&bcc, m->to[i].address))
			addr_list_add(&bcc, "", m->to[i].address);
	if (bcc.n > named) {
		free(d->bcc);
		d->bcc = draft_addresses(&bcc);
	}
	for (size_t i = 0; i < list.n; i++) {
		size_t before = m->nto;
		struct outbox_recipient *r = outbox_recipient(m, list.v[i].mail);

		if (m->nto > before)
			outbox_fate(r, FATE_ACCEPTED, "");
	}
	addr_list_done(&list);
	addr_list_done(&bcc);
}

/* Only who has the mail already is remembered: all others are asked anew. */
static void keep_accepted(struct outbox_mail *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->nto; i++) {
		if (m->to[i].fate == FATE_ACCEPTED) {
			m->to[kept++] = m->to[i];
			continue;
		}
		free(m->to[i].address);
		free(m->to[i].words);
	}
	m->nto = kept;
}

int compose_outbox(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct written w;
	struct draft d;
	int rc;

	(void)said;
	if (written_open(a, r->mail.id, &w, err) != 0)
		return -1;
	rc = written_take_back(a, &w.m, err);
	if (rc == 0 && w.m.state == OUTBOX_DRAFT)
		rc = err_set(err, ERR_GONE, _("This message is no longer here"));
	if (rc == 0) {
		written_read(&w, &d);
		add_others(&w.m, &d);
		keep_accepted(&w.m);
		w.m.state = OUTBOX_DRAFT;
		w.m.parked = false;
		draft_set(&w.m.error, "");
		rc = written_save(a, &w, &d, err);
		draft_done(&d);
	}
	if (rc == 0) {
		follow_forget(a, r->mail.id);
		rc = compose_answer(a, r, &w, NULL);
	}
	written_done(&w);
	account_outbox(a);
	return rc;
}

/* --- drafts of a former version --- */

static void take_note(struct account *a, struct outbox_mail *m, const char *line)
{
	char kind[16], where[16];
	unsigned uidvalidity, uid;
	int at = 0;

	if (!str_starts(line, ANSWERS) ||
		sscanf(line + strlen(ANSWERS), "%15s %u %u %15s %n", kind, &uidvalidity, &uid,
			where, &at) != 4 ||
		!at)
		return;
	outbox_ref_done(&m->about);
	m->forward = strcmp(kind, "forward") == 0;
	m->about = (struct outbox_ref){.account = mem_strdup(a->setup->settings->name),
		.folder = mem_strdup(line + strlen(ANSWERS) + at),
		.file = mem_strdup(""),
		.local = strcmp(where, "local") == 0,
		.uidvalidity = uidvalidity,
		.uid = uid};
}

static void take_notes(struct account *a, struct outbox_mail *m, struct draft *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->extra.n; i++) {
		if (!str_istarts(d->extra.v[i], "X-Talaria-")) {
			d->extra.v[kept++] = d->extra.v[i];
			continue;
		}
		take_note(a, m, d->extra.v[i]);
		free(d->extra.v[i]);
	}
	d->extra.n = kept;
}

static int take_over(struct account *a, const char *id, struct err *err)
{
	struct written w = {.m = {.id = mem_strdup(id), .state = OUTBOX_DRAFT}};
	struct str text = STR_INIT;
	struct outbox_mail there;
	struct draft d;
	int rc;

	if (outbox_get(a->outbox, id, &there, NULL) == 0) {
		/* It was taken over, and the program ended before the former one was removed. */
		outbox_mail_done(&there);
		written_done(&w);
		return outbox_old_remove(a->outbox, id, err);
	}
	rc = outbox_old_read(a->outbox, id, &text, err);
	if (rc == 0) {
		draft_init(&d);
		draft_read(&d, NULL, str_c(&text), text.len);
		take_notes(a, &w.m, &d);
		written_mark_lost(a, &d, &w);
		rc = written_save(a, &w, &d, err);
		draft_done(&d);
	}
	if (rc == 0)
		rc = outbox_old_remove(a->outbox, id, err);
	str_done(&text);
	written_done(&w);
	return rc;
}

void compose_take_over(struct account *a)
{
	struct strv ids = STRV_INIT;
	struct err why = {0};

	if (outbox_old_list(a->outbox, &ids, &why) != 0)
		store_disk_notice(a, _("The drafts cannot be read: %s"), why.text);
	for (size_t i = 0; i < ids.n; i++) {
		struct err err = {0};

		if (take_over(a, ids.v[i], &err) != 0)
			store_notice(a,
				_("A draft of a former version cannot be taken over, and stays as "
				  "it "
				  "is: %s"),
				err.text);
	}
	strv_done(&ids);
}

/* --- requests --- */

int compose_drop(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct outbox_mail m = {0};
	struct err why = {0};
	int rc = 0;

	if (*r->mail.id == '@') {
		rc = keepdraft_drop(a, r->mail.id, err);
	} else if (outbox_get(a->outbox, r->mail.id, &m, &why) == 0) {
		if (m.state != OUTBOX_DRAFT)
			rc = err_set(err, ERR_GONE, _("This message is in the outbox already"));
		else
			keepdraft_leave(a, &m);
	} else if (why.kind == ERR_GONE) {
		*err = why; /* put aside it may be in the folder of drafts, and stays there */
		rc = -1;
	} /* a damaged one goes */
	if (rc == 0 && *r->mail.id != '@')
		rc = outbox_remove(a->outbox, r->mail.id, err);
	outbox_mail_done(&m);
	str_adds(said, _("Draft discarded"));
	return rc;
}

int compose_keep(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct written w;
	int rc;

	(void)said;
	if (written_settle(a, r->mail.id, err) != 0 || written_open(a, r->mail.id, &w, err) != 0)
		return -1;
	rc = w.m.state == OUTBOX_DRAFT
		     ? keepdraft_put_aside(a, &w, err)
		     : err_set(err, ERR_GONE, _("This message is in the outbox already"));
	written_done(&w);
	return rc;
}

int compose_begin(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	(void)said;
	return r->compose.kind == COMPOSE_RESUME ? compose_resume(a->store, a, r, err)
						 : begin_draft(a->store, a, r, err);
}
