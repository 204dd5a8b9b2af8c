/*
 * Drafts in folders of drafts: a draft that is put aside goes to the server's, where any program
 * goes on with it, and one in a folder goes on here. The file here goes only when the copy there
 * is safe, and a copy there only when its successor is.
 */
#include "store/mail/keepdraft.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/mail/account.h"
#include "store/mail/append.h"
#include "store/mail/cancel.h"
#include "store/mail/change.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_server.h"
#include "store/mail/overlay.h"
#include "store/mail/pending.h"
#include "store/mail/remote.h"
#include "store/mail/write_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What goes along with a draft on the server, and never further. */
static const char ANSWERS[] = "X-Talaria-Answers", HAS_IT[] = "X-Talaria-Has-It";
/* Files below append/: draft-ID-HASH, of what was put aside. */
static const char PREFIX[] = "draft-";

/* --- notes in the message --- */

static void add_notes(const struct outbox_mail *m, struct str *message)
{
	struct str value = STR_INIT;

	for (size_t i = 0; i < m->nto; i++)
		str_addf(&value, "%s%s", i ? ", " : "", m->to[i].address);
	if (value.len)
		letter_add_note(message, HAS_IT, value.p);
	str_clear(&value);
	if (m->about.account && *m->about.account && !m->about.local) {
		str_addf(&value, "%s %lu %lu %s", m->forward ? "forward" : "reply",
			(unsigned long)m->about.uidvalidity, (unsigned long)m->about.uid,
			m->about.folder);
		letter_add_note(message, ANSWERS, value.p);
	}
	str_done(&value);
}

void keepdraft_take_notes(struct account *a, struct written *w)
{
	char *answers = letter_note(str_c(&w->bytes), w->bytes.len, ANSWERS);
	char *has_it = letter_note(str_c(&w->bytes), w->bytes.len, HAS_IT);
	struct addr_list list = {0};
	unsigned long uidvalidity, uid;
	char kind[16];
	int at = 0;

	if (answers && sscanf(answers, "%15s %lu %lu %n", kind, &uidvalidity, &uid, &at) == 3 &&
		at) {
		w->m.forward = strcmp(kind, "forward") == 0;
		w->m.about = (struct outbox_ref){.account = mem_strdup(a->setup->settings->name),
			.folder = mem_strdup(answers + at),
			.file = mem_strdup(""),
			.uidvalidity = (uint32_t)uidvalidity,
			.uid = (uint32_t)uid};
	}
	if (has_it)
		addr_parse(&list, has_it, strlen(has_it));
	for (size_t i = 0; i < list.n; i++)
		outbox_fate(outbox_recipient(&w->m, list.v[i].mail), FATE_ACCEPTED, "");
	addr_list_done(&list);
	free(answers);
	free(has_it);
}

/* --- copies in folders --- */

static struct folder *folder_of(struct account *a, const struct outbox_ref *ref)
{
	if (!ref->account || strcmp(ref->account, a->setup->settings->name) != 0)
		return NULL;
	return folder_find(a, ref->folder, ref->local);
}

static int expunge(struct folder *f, uint32_t uidvalidity, uint32_t uid, struct err *err)
{
	struct op *op;
	int rc;

	if (f->local)
		return change_remove(f, &uid, 1, err);
	op = op_new(OP_EXPUNGE);
	free(op->folder);
	op->folder = mem_strdup(f->name);
	op->uidvalidity = uidvalidity;
	op->uids = mem_dup(&uid, sizeof(uid));
	op->n = 1;
	rc = journal_add(f->account->journal, op, err);
	op_free(op);
	if (rc != 0)
		return -1;
	if (cache_has(f->cache, uid))
		overlay_hide(f, &uid, 1);
	account_pending(f->account);
	return 0; /* replay_next is the callers': the operation before may not be forgotten yet */
}

/* A folder that was never looked into has no numbering yet; the server is told of which it is. */
static bool may_be_meant(struct folder *f, const struct outbox_ref *ref)
{
	uint32_t uidvalidity = cache_meta(f->cache)->uidvalidity;

	if (f->local)
		return uidvalidity == ref->uidvalidity && cache_has(f->cache, ref->uid);
	return !uidvalidity || uidvalidity == ref->uidvalidity;
}

/* Only while it is the message that is meant. */
static int remove_copy(struct account *a, const struct outbox_ref *ref, struct err *err)
{
	struct folder *f = folder_of(a, ref);
	int rc = 0;

	if (!f || !ref->uid)
		return 0;
	if (folder_use(f, err) != 0)
		return -1;
	if (may_be_meant(f, ref))
		rc = expunge(f, ref->uidvalidity, ref->uid, err);
	folder_unuse(f);
	return rc;
}

static void drop_copy(struct account *a, const struct outbox_ref *ref)
{
	struct err err = {0};

	if (remove_copy(a, ref, &err) != 0)
		store_notice(
			a, _("The draft in %s could not be removed: %s"), ref->folder, err.text);
}

/* A server that does not tell which one it is (no UIDPLUS): the one with its Message-ID. */
static void find_kept(struct account *a, struct outbox_mail *m)
{
	struct folder *f = folder_of(a, &m->kept);

	if (!f || m->kept.uid || !folder_try(f))
		return;
	m->kept.uid = cache_find_message_id(f->cache, m->message_id);
	m->kept.uidvalidity = cache_meta(f->cache)->uidvalidity;
	folder_unuse(f);
}

/* "draft-ID-HASH" is about the mail with that id. */
static bool is_about(const struct op *op, const char *id)
{
	size_t len = strlen(id);

	return op->kind == OP_APPEND && str_starts(op->file, PREFIX) &&
	       strncmp(op->file + strlen(PREFIX), id, len) == 0 &&
	       op->file[strlen(PREFIX) + len] == '-';
}

/* What was put aside and did not go out yet, need not go. Where the journal cannot forget it, it
 * goes all the same, and is removed when it is there (keepdraft_confirmed). */
static void forget_waiting(struct account *a, const char *id)
{
	struct str said = STR_INIT;

	for (size_t i = journal_count(a->journal); i-- > 0;) {
		const struct op *op = journal_at(a->journal, i);

		if (is_about(op, id) && op->state == OP_QUEUED && pending_in_flight(a) != op->id)
			cancel_ops(a, op->id, &said, NULL);
	}
	str_done(&said);
}

void keepdraft_leave(struct account *a, struct outbox_mail *m)
{
	struct err err = {0};

	forget_waiting(a, m->id);
	if (!m->kept.account)
		return;
	find_kept(a, m);
	if (remove_copy(a, &m->kept, &err) != 0)
		store_notice(
			a, _("The draft in %s could not be removed: %s"), m->kept.folder, err.text);
	else
		outbox_ref_done(&m->kept);
	account_replays(a);
}

/* --- putting aside --- */

static void digest(char hex[17], const struct str *bytes)
{
	unsigned char sum[HASH_SHA256_SIZE];
	char all[2 * HASH_SHA256_SIZE + 1];

	hash_sha256(sum, str_c(bytes), bytes->len);
	hash_hex(all, sum, sizeof(sum));
	memcpy(hex, all, 16);
	hex[16] = '\0';
}

static int append(
	struct account *a, const struct written *w, struct folder *drafts, struct err *err)
{
	char *path, hash[17];
	struct op *op = op_new(OP_APPEND);
	struct str name = STR_INIT, bytes = STR_INIT;
	int rc;

	digest(hash, &w->bytes);
	str_addf(&name, "%s%s-%s", PREFIX, w->m.id, hash);
	str_add(&bytes, w->bytes.p, w->bytes.len);
	add_notes(&w->m, &bytes);
	path = append_path(a, name.p);
	free(op->target);
	free(op->file);
	free(op->message_id);
	op->target = mem_strdup(drafts->name);
	op->file = str_steal(&name);
	op->message_id = mem_strdup(w->m.message_id);
	op->set = MAIL_DRAFT | MAIL_SEEN;
	rc = file_replace(path, bytes.p, bytes.len, 0600, err);
	if (rc == 0)
		rc = journal_add(a->journal, op, err);
	op_free(op);
	str_done(&bytes);
	free(path);
	if (rc == 0) {
		account_pending(a);
		account_replays(a);
	}
	return rc;
}

/* It is kept here in any case; that it cannot go there is told. */
int keepdraft_put_aside(struct account *a, struct written *w, struct err *err)
{
	struct folder *drafts = NULL;
	struct err why = {0};

	w->m.parked = true;
	if (outbox_update(a->outbox, &w->m, err) != 0)
		return -1;
	if (!remote_has_folders(a))
		return 0;
	forget_waiting(a, w->m.id);
	drafts = folder_for_role(a, ROLE_DRAFTS, &why);
	if (!drafts || append(a, w, drafts, &why) != 0)
		store_notice(
			a, _("The draft is kept here; it cannot go to the server: %s"), why.text);
	return 0;
}

/* --- the server has it --- */

static void keep_body(
	struct account *a, struct folder *f, const struct outbox_ref *ref, const struct str *bytes)
{
	struct bodies_key key = {f->name, ref->uidvalidity, ref->uid};

	/* without it the message is fetched when it is read */
	bodies_put(a->bodies, &key, "eml", str_c(bytes), bytes->len, NULL);
}

void keepdraft_confirmed(struct account *a, const struct op *op, const struct result_op *r)
{
	struct outbox_ref fresh = {.uidvalidity = r->uidvalidity, .uid = r->n ? r->uids[0] : 0};
	struct folder *f = folder_find(a, op->target, false);
	struct written w = {0};
	struct err err = {0};
	char *id;

	if (op->kind != OP_APPEND || !str_starts(op->file, PREFIX) || !f)
		return;
	fresh.account = mem_strdup(a->setup->settings->name);
	fresh.folder = mem_strdup(op->target);
	fresh.file = mem_strdup("");
	id = mem_strndup(op->file + strlen(PREFIX), strcspn(op->file + strlen(PREFIX), "-"));
	if (written_open(a, id, &w, NULL) != 0 || w.m.state != OUTBOX_DRAFT) {
		drop_copy(a, &fresh); /* sent or thrown away meanwhile */
	} else {
		/* The former copy goes now that its successor is safe. */
		find_kept(a, &w.m);
		drop_copy(a, &w.m.kept);
		outbox_ref_copy(&w.m.kept, &fresh);
		if (outbox_update(a->outbox, &w.m, &err) != 0)
			store_disk_notice(a, _("A draft cannot be noted: %s"), err.text);
		keep_body(a, f, &fresh, &w.bytes);
	}
	if (folder_try(f)) {
		folder_ask_sync(f);
		folder_unuse(f);
	}
	outbox_ref_done(&fresh);
	written_done(&w);
	free(id);
}

/* --- which copy counts --- */

enum place { PLACE_UNKNOWN, PLACE_THERE, PLACE_GONE };

static enum place look_at(struct account *a, const struct outbox_ref *ref)
{
	struct folder *f = folder_of(a, ref);
	enum place place = PLACE_UNKNOWN;

	if (!f || !ref->uid || !folder_try(f))
		return PLACE_UNKNOWN;
	if (cache_meta(f->cache)->uidvalidity == ref->uidvalidity) {
		if (cache_has(f->cache, ref->uid))
			place = PLACE_THERE;
		else if (cache_meta(f->cache)->uidnext > ref->uid && cache_meta(f->cache)->complete)
			place = PLACE_GONE;
	}
	folder_unuse(f);
	return place;
}

/* What was put aside as it is and is seen on the server, is there; and what was seen there and is
 * there no more, somebody went on with elsewhere. */
bool keepdraft_settled(struct account *a, struct outbox_mail *m)
{
	if (m->kept.account)
		find_kept(a, m);
	if (!m->parked || !m->kept.account || look_at(a, &m->kept) == PLACE_UNKNOWN)
		return false;
	for (size_t i = 0; i < journal_count(a->journal); i++)
		if (is_about(journal_at(a->journal, i), m->id))
			return false;
	return outbox_remove(a->outbox, m->id, NULL) == 0;
}

static struct folder *drafts_folder(struct account *a)
{
	return folder_by_role(a, ROLE_DRAFTS, !remote_has_folders(a));
}

static bool is_kept(const struct draft_info *v, size_t n, const char *where)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].where, where) == 0)
			return true;
	return false;
}

static void name_of(struct str *out, uint32_t uidvalidity, uint32_t uid)
{
	str_clear(out);
	str_addf(out, "@%lu.%lu", (unsigned long)uidvalidity, (unsigned long)uid);
}

void keepdraft_where(const struct outbox_mail *m, struct str *out)
{
	if (m->kept.account)
		name_of(out, m->kept.uidvalidity, m->kept.uid);
}

static void add_row(struct store_event *ev, struct folder *f, uint32_t uid, size_t *cap)
{
	struct str name = STR_INIT;
	struct draft_info *d;
	struct summary s;

	name_of(&name, cache_meta(f->cache)->uidvalidity, uid);
	if (cache_get(f->cache, uid, &s) != 0 || (s.flags & MAIL_LEAVING) ||
		is_kept(ev->drafts.v, ev->drafts.n, str_c(&name))) {
		str_done(&name);
		return;
	}
	ev->drafts.v = mem_grow(ev->drafts.v, cap, ev->drafts.n + 1, sizeof(*ev->drafts.v));
	d = &ev->drafts.v[ev->drafts.n++];
	*d = (struct draft_info){.id = str_steal(&name), .where = folder_ui_name(f)};
	draft_init(&d->draft);
	draft_set(&d->draft.to, s.to);
	draft_set(&d->draft.cc, s.cc);
	draft_set(&d->draft.subject, s.subject);
}

/* Behind those that are here, the newest first; and the folder is looked at anew. */
void keepdraft_list(struct account *a, struct store_event *ev)
{
	struct folder *f = drafts_folder(a);
	const struct columns *c;
	uint32_t *uids;
	size_t n, cap = ev->drafts.n;

	if (!f || !folder_try(f))
		return;
	c = cache_columns_view(f->cache);
	n = c->n;
	uids = mem_dup(c->uid, n * sizeof(*uids));
	for (size_t i = n; i-- > 0;)
		add_row(ev, f, uids[i], &cap);
	free(uids);
	if (!f->local)
		folder_ask_sync(f);
	folder_unuse(f);
}

/* --- one of them --- */

struct folder *keepdraft_find(struct account *a, const char *name, uint32_t *uid)
{
	struct folder *f = drafts_folder(a);
	unsigned long uidvalidity, number;
	char rest;

	if (!f || sscanf(name, "@%lu.%lu%c", &uidvalidity, &number, &rest) != 2 || !folder_try(f))
		return NULL;
	*uid = (uint32_t)number;
	if (cache_meta(f->cache)->uidvalidity == uidvalidity && cache_has(f->cache, *uid))
		return f;
	folder_unuse(f);
	return NULL;
}

int keepdraft_drop(struct account *a, const char *name, struct err *err)
{
	uint32_t uid;
	struct folder *f = keepdraft_find(a, name, &uid);
	int rc;

	if (!f)
		return err_set(err, ERR_GONE, _("This message is no longer here"));
	rc = expunge(f, cache_meta(f->cache)->uidvalidity, uid, err);
	folder_unuse(f);
	account_replays(a);
	return rc;
}

/* The id of the draft here that goes on with that message; NULL. */
char *keepdraft_of(struct account *a, const struct outbox_ref *ref)
{
	struct strv ids = STRV_INIT;
	struct err err = {0};
	char *id = NULL;

	if (outbox_drafts(a->outbox, &ids, &err) != 0)
		store_disk_notice(a, _("The drafts cannot be read: %s"), err.text);
	for (size_t i = 0; i < ids.n && !id; i++) {
		struct outbox_mail m = {0};

		if (outbox_get(a->outbox, ids.v[i], &m, NULL) == 0 && m.kept.account &&
			m.kept.uid == ref->uid && m.kept.uidvalidity == ref->uidvalidity &&
			m.kept.local == ref->local && strcmp(m.kept.account, ref->account) == 0 &&
			strcmp(m.kept.folder, ref->folder) == 0)
			id = mem_strdup(m.id);
		outbox_mail_done(&m);
	}
	strv_done(&ids);
	return id;
}
