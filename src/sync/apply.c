/*
 * Operations of the journal on the server. Each is idempotent, or looked for before it is repeated:
 * where the answer got lost, the target holds what the command put there among the UIDs from the
 * mark on, which was noted before it went out; only what is missing there is copied.
 */
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "mime/envelope.h"
#include "sync/gather.h"
#include "sync/watch.h"

#include <stdlib.h>
#include <string.h>

enum {
	SET_MAX = 7500, /* servers may refuse lines of more than 8000 octets (RFC 2683 3.2.1.5) */
	KEYS_CHUNK = 1000,
	MARKS_TRIES = 4, /* to be alone with our marks */
};

static struct imap *imap_of(struct lane_thread *l)
{
	return watch_state(l)->im;
}

/* The first n, or as many as fit into a line. */
static size_t put_set(struct str *set, const uint32_t *uids, size_t n)
{
	str_clear(set);
	gather_set(set, uids, n);
	while (set->len > SET_MAX && n > 1) {
		n /= 2;
		str_clear(set);
		gather_set(set, uids, n);
	}
	return n;
}

/* --- which message is which --- */

struct key {
	char *id; /* owned; Message-ID or "" */
	uint32_t size, uid;
	time_t date;
};

struct keys {
	struct key *v; /* owned */
	size_t n, cap;
	const uint32_t *asked; /* borrowed while they are fetched; ascending */
	size_t nasked;
	bool *have; /* owned; of them */
};

static void keys_done(struct keys *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->v[i].id);
	free(k->v);
	free(k->have);
	*k = (struct keys){0};
}

static void take_key(void *ctx, const struct imap_message *m)
{
	struct keys *k = ctx;
	ptrdiff_t at = uids_find(k->asked, k->nasked, m->uid);
	struct envelope e;

	/* Servers tell flags unasked: what is no answer would be taken for a message without an id,
	 * and so for a copy of another one. */
	if (at < 0 || k->have[at] || !m->header)
		return;
	k->have[at] = true;
	k->v = mem_grow(k->v, &k->cap, k->n + 1, sizeof(*k->v));
	envelope_parse(&e, m->header ? m->header : "", m->header_len);
	k->v[k->n++] = (struct key){mem_strdup(e.message_id), m->size, m->uid, m->received};
	envelope_done(&e);
}

static int get_keys(
	struct imap *im, const uint32_t *uids, size_t n, struct keys *out, struct err *err)
{
	struct str set = STR_INIT;
	int rc = 0;

	out->asked = uids;
	out->nasked = n;
	out->have = mem_array(n, sizeof(*out->have));
	for (size_t at = 0; rc == 0 && at < n;) {
		size_t some = put_set(&set, uids + at, n - at < KEYS_CHUNK ? n - at : KEYS_CHUNK);

		rc = imap_fetch(im, set.p, IMAP_GET_DATE | IMAP_GET_SIZE | IMAP_GET_HEADER,
			"Message-ID", 0, take_key, NULL, out, err);
		at += some;
	}
	str_done(&set);
	MEM_FREE(out->have);
	out->asked = NULL;
	return rc;
}

/* The same message: by Message-ID, and where there is none by what a copy keeps (RFC 3501 6.4.7).
 */
static int compare_keys(const struct key *a, const struct key *b)
{
	int c = strcmp(a->id, b->id);

	if (c || *a->id)
		return c;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return (a->date > b->date) - (a->date < b->date);
}

static int by_key(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int c = compare_keys(x, y);

	return c ? c : (x->uid > y->uid) - (x->uid < y->uid);
}

/* Each copy counts for one message. */
static void match(const struct op *op, struct keys *from, struct keys *there, uint32_t *to)
{
	if (from->n)
		qsort(from->v, from->n, sizeof(*from->v), by_key);
	if (there->n)
		qsort(there->v, there->n, sizeof(*there->v), by_key);
	for (size_t i = 0, k = 0; i < from->n && k < there->n;) {
		int c = compare_keys(&from->v[i], &there->v[k]);
		ptrdiff_t at = op_index(op, from->v[i].uid);

		if (c == 0 && at >= 0)
			to[at] = there->v[k].uid;
		i += c <= 0;
		k += c >= 0;
	}
}

/* --- what is in a mailbox from the mark on --- */

static int uids_from(struct imap *im, uint32_t from, struct imap_uids *out, struct err *err)
{
	struct str what = STR_INIT;
	size_t used = 0;
	int rc;

	str_addf(&what, "UID %u:*", (unsigned)from);
	rc = imap_search(im, what.p, out, err);
	str_done(&what);
	/* "*" is the last message, whatever its UID is. */
	for (size_t i = 0; rc == 0 && i < out->n; i++)
		if (out->v[i] >= from)
			out->v[used++] = out->v[i];
	out->n = rc == 0 ? used : 0;
	return rc;
}

/* A mailbox that is not there holds nothing. 1: so. */
static int select_target(struct lane_thread *l, const char *mailbox, struct err *err)
{
	if (watch_ensure_selected(l, mailbox, err) == 0)
		return 0;
	if (err->kind != ERR_REFUSED)
		return -1;
	*err = (struct err){0};
	return 1;
}

/* What an earlier try put into the target has UIDs from *from on. 1: it put nothing there. */
static int go_to_mark(struct lane_thread *l, const struct job *j, uint32_t *from, struct err *err)
{
	const struct watch *w = watch_state(l);
	const struct op *op = j->op.what;
	int rc = select_target(l, j->op.target, err);

	*from = 1;
	if (rc != 0)
		return rc;
	if (op->marked && op->mark_uidvalidity == w->sel.uidvalidity && op->mark_uidnext)
		*from = op->mark_uidnext;
	return op->marked && w->sel.uidnext && w->sel.uidnext <= *from;
}

/* -1, or 0 and the UIDs from the mark on of messages with that Message-ID. */
static int find_id(struct lane_thread *l, const char *id, uint32_t from, struct imap_uids *out,
	struct err *err)
{
	int rc = imap_search_message_id(imap_of(l), id, out, err);
	size_t used = 0;

	for (size_t i = 0; rc == 0 && i < out->n; i++)
		if (out->v[i] >= from)
			out->v[used++] = out->v[i];
	out->n = rc == 0 ? used : 0;
	return rc;
}

/* What an earlier try may have put into the target. */
static int candidates(struct lane_thread *l, const struct job *j, struct keys *out, struct err *err)
{
	const struct op *op = j->op.what;
	struct imap_uids uids = {0};
	uint32_t from;
	int rc = go_to_mark(l, j, &from, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (op->marked)
		rc = uids_from(imap_of(l), from, &uids, err);
	else if (*op->message_id) /* of a former version */
		rc = find_id(l, op->message_id, 1, &uids, err);
	if (rc == 0)
		rc = get_keys(imap_of(l), uids.v, uids.n, out, err);
	free(uids.v);
	return rc;
}

/* --- before anything is done --- */

/* The commands that leave a second copy when they are repeated. A server's own MOVE is none: the
 * second finds nothing to move. */
static bool may_double(struct lane_thread *l, const struct op *op)
{
	return op->kind == OP_COPY || (op->kind == OP_MOVE && !(imap_can(imap_of(l)) & IMAP_MOVE));
}

static int find_by_search(
	struct imap *im, char *id, struct result_op_ready *r, size_t *cap, struct err *err)
{
	struct imap_uids found = {0};
	int rc = imap_search_message_id(im, id, &found, err);

	if (rc == 0 && found.n) {
		r->uids = mem_grow(r->uids, cap, r->n + 1, sizeof(*r->uids));
		r->uids[r->n++] = found.v[found.n - 1]; /* the latest to come */
	}
	free(found.v);
	return rc;
}

static int find_by_mark(struct imap *im, const struct op *op, struct strv *ids,
	struct result_op_ready *r, struct err *err)
{
	struct imap_uids uids = {0};
	struct keys keys = {0};
	size_t cap = 0;
	int rc = uids_from(im, op->mark_uidnext ? op->mark_uidnext : 1, &uids, err);

	if (rc == 0)
		rc = get_keys(im, uids.v, uids.n, &keys, err);
	for (size_t i = 0; rc == 0 && i < ids->n; i++)
		for (size_t k = 0; k < keys.n; k++)
			if (strcmp(keys.v[k].id, ids->v[i]) == 0) {
				r->uids = mem_grow(r->uids, &cap, r->n + 1, sizeof(*r->uids));
				r->uids[r->n++] = keys.v[k].uid;
				*keys.v[k].id = '\0';
				break;
			}
	keys_done(&keys);
	free(uids.v);
	return rc;
}

/* Messages that are known by their Message-IDs alone get UIDs. */
static int resolve(
	struct lane_thread *l, const struct job *j, struct result_op_ready *r, struct err *err)
{
	struct watch *w = watch_state(l);
	const struct op *op = j->op.what;
	struct strv ids = STRV_INIT;
	char *copy = mem_strdup(op->message_id), *save = NULL;
	size_t cap = 0;
	int rc = watch_ensure_selected(l, j->mailbox, err);

	for (char *id = strtok_r(copy, " ", &save); id; id = strtok_r(NULL, " ", &save))
		strv_add(&ids, id);
	r->uidvalidity = w->sel.uidvalidity;
	if (rc == 0 && op->marked && op->mark_uidvalidity == w->sel.uidvalidity)
		rc = find_by_mark(w->im, op, &ids, r, err);
	else
		for (size_t i = 0; rc == 0 && i < ids.n; i++)
			rc = find_by_search(w->im, ids.v[i], r, &cap, err);
	if (rc == 0 && !r->n)
		rc = err_set(err, ERR_GONE, _("the messages are no longer in %s"), j->folder);
	strv_done(&ids);
	free(copy);
	return rc;
}

static int look_at_target(
	struct lane_thread *l, const struct job *j, struct result_op_ready *r, struct err *err)
{
	struct imap_status st = {0};
	int rc = imap_status(imap_of(l), j->op.target, &st, err);

	if (rc != 0 && err->kind != ERR_REFUSED)
		return -1;
	*err = (struct err){0};
	r->target_uidvalidity = rc == 0 ? st.uidvalidity : 0;
	r->target_uidnext = rc == 0 ? st.uidnext : 1;
	r->marked = r->target_uidnext != 0;
	return 0;
}

static int prepare(
	struct lane_thread *l, const struct job *j, struct result_op_ready *r, struct err *err)
{
	const struct op *op = j->op.what;
	int rc = 0;

	if (op->kind != OP_APPEND && !op->n && *op->message_id)
		rc = resolve(l, j, r, err);
	if (rc == 0 && (op->kind == OP_APPEND || may_double(l, op) ||
			       !(imap_can(imap_of(l)) & IMAP_UIDPLUS)))
		rc = look_at_target(l, j, r, err);
	return rc;
}

/* --- APPEND --- */

/* By its size where it has no Message-ID. */
static bool has_size(const struct keys *there, size_t size)
{
	for (size_t i = 0; i < there->n; i++)
		if (!*there->v[i].id && there->v[i].size == size)
			return true;
	return false;
}

/* Which one it is there. */
static void tell_place(struct result_op *r, uint32_t uidvalidity, uint32_t uid)
{
	if (!uidvalidity || !uid)
		return;
	r->uids = mem_dup(&uid, sizeof(uid));
	r->n = 1;
	r->uidvalidity = uidvalidity;
}

/* True when an earlier try, whose answer was lost, already put the message there. */
static bool was_appended(
	struct lane_thread *l, const struct job *j, struct result_op *r, int *rc, struct err *err)
{
	struct imap_uids uids = {0};
	struct keys there = {0};
	uint32_t from;
	bool found = false;

	if (!j->op.look)
		return false;
	if (!*j->op.what->message_id) {
		*rc = candidates(l, j, &there, err);
		found = *rc == 0 && has_size(&there, j->op.message.len);
	} else {
		*rc = go_to_mark(l, j, &from, err);
		if (*rc == 0)
			*rc = find_id(l, j->op.what->message_id, from, &uids, err);
		else if (*rc > 0)
			*rc = 0;
		found = *rc == 0 && uids.n;
		if (found)
			tell_place(r, j->op.what->mark_uidvalidity, uids.v[uids.n - 1]);
	}
	keys_done(&there);
	free(uids.v);
	return found;
}

/* What a folder that is not there yet (Sent, Trash of a new account) refused: whether it is there
 * now. A connection that broke meanwhile is no refusal: it is told, and all is done once more. */
static bool is_made(struct imap *im, const char *mailbox, struct err *err)
{
	struct err why = {0};

	if (err->kind != ERR_REFUSED)
		return false;
	if (mailbox_make(im, mailbox, &why) == 0)
		return true;
	if (!imap_is_alive(im))
		*err = why;
	return false;
}

static int append(struct lane_thread *l, const struct job *j, struct result_op *r, struct err *err)
{
	struct imap_copied copied = {0};
	struct imap *im = imap_of(l);
	int rc = 0;

	if (was_appended(l, j, r, &rc, err) || rc != 0)
		return rc;
	rc = imap_append(im, j->op.target, j->op.message.p, j->op.message.len, j->op.what->set,
		j->op.what->keywords_set, j->op.received, &copied, err);
	if (rc != 0 && is_made(im, j->op.target, err)) {
		*err = (struct err){0};
		rc = imap_append(im, j->op.target, j->op.message.p, j->op.message.len,
			j->op.what->set, j->op.what->keywords_set, j->op.received, &copied, err);
	}
	/* A keyword the folder does not take must not keep the mail out. */
	if (rc != 0 && err->kind == ERR_REFUSED && *j->op.what->keywords_set) {
		*err = (struct err){0};
		rc = imap_append(im, j->op.target, j->op.message.p, j->op.message.len,
			j->op.what->set, NULL, j->op.received, &copied, err);
	}
	if (rc == 0 && copied.uids)
		tell_place(r, copied.uidvalidity, (uint32_t)strtoul(copied.uids, NULL, 10));
	free(copied.source);
	free(copied.uids);
	return rc;
}

/* --- COPY and MOVE --- */

/* The numbers of a set that imap.c has counted, one after the other; 0: the end. */
struct numbers {
	const char *p;
	uint32_t next, last;
};

static uint32_t next_number(struct numbers *s)
{
	if (s->next && s->next < s->last)
		return ++s->next;
	s->next = s->last = 0;
	if (s->p && *s->p) {
		char *end;

		s->next = s->last = (uint32_t)strtoul(s->p, &end, 10);
		if (*end == ':')
			s->last = (uint32_t)strtoul(end + 1, &end, 10);
		s->p = *end == ',' ? end + 1 : end;
	}
	return s->next;
}

/* COPYUID is believed where it speaks of messages that were asked for. */
static void take_copied(struct result_op *r, const struct op *op, const struct imap_copied *copied)
{
	struct numbers from = {.p = copied->source}, to = {.p = copied->uids};

	if (!copied->uidvalidity || !copied->source || !copied->uids)
		return;
	for (uint32_t a = next_number(&from), b = next_number(&to); a && b;
		a = next_number(&from), b = next_number(&to)) {
		ptrdiff_t at = op_index(op, a);

		if (at < 0)
			return;
		r->uids[at] = b;
	}
	r->uidvalidity = copied->uidvalidity;
}

/* MOVE and COPY; into a folder that had to be made, a second time. */
static int copy_or_move(struct imap *im, bool move, const char *set, const char *target,
	struct imap_copied *copied, struct err *err)
{
	int rc = (move ? imap_move : imap_copy)(im, set, target, copied, err);

	if (rc == 0 || !is_made(im, target, err))
		return rc;
	*err = (struct err){0};
	return (move ? imap_move : imap_copy)(im, set, target, copied, err);
}

static int transfer(struct lane_thread *l, const struct job *j, bool move, const uint32_t *uids,
	size_t n, struct result_op *r, struct err *err)
{
	struct str set = STR_INIT;
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < n;) {
		struct imap_copied copied = {0};

		at += put_set(&set, uids + at, n - at);
		rc = copy_or_move(imap_of(l), move, set.p, j->op.target, &copied, err);
		if (rc == 0)
			take_copied(r, j->op.what, &copied);
		free(copied.source);
		free(copied.uids);
	}
	str_done(&set);
	return rc;
}

/* --- removing --- */

static int mark(struct imap *im, const uint32_t *uids, size_t n, bool add, struct err *err)
{
	struct str set = STR_INIT;
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < n;) {
		at += put_set(&set, uids + at, n - at);
		rc = imap_store(im, set.p, add, MAIL_DELETED, NULL, err);
	}
	str_done(&set);
	return rc;
}

/* Messages that are marked as deleted and are not among ours. */
static int marked_by_others(
	struct imap *im, const struct op *op, struct imap_uids *out, struct err *err)
{
	size_t used = 0;
	int rc = imap_search(im, "DELETED", out, err);

	for (size_t i = 0; rc == 0 && i < out->n; i++)
		if (op_index(op, out->v[i]) < 0)
			out->v[used++] = out->v[i];
	out->n = used;
	return rc;
}

/* Takes their marks away until none is left; *taken is what was. Another client may set one
 * meanwhile. 1: it does so again and again. */
static int take_marks(
	struct imap *im, const struct op *op, struct imap_uids *taken, struct err *err)
{
	for (int tries = 0; tries < MARKS_TRIES; tries++) {
		struct imap_uids now = {0};
		int rc = marked_by_others(im, op, &now, err);

		if (rc == 0 && now.n) {
			taken->v = mem_grow(
				taken->v, &taken->cap, taken->n + now.n, sizeof(*taken->v));
			memcpy(taken->v + taken->n, now.v, now.n * sizeof(*now.v));
			taken->n = uids_sort(taken->v, taken->n + now.n);
			rc = mark(im, now.v, now.n, false, err);
		} else if (rc == 0) {
			free(now.v);
			return 0;
		}
		free(now.v);
		if (rc != 0)
			return -1;
	}
	return 1;
}

/* How many of the operation's messages the server still has. */
static int count_here(struct imap *im, const struct op *op, size_t *here, struct err *err)
{
	struct str what = STR_INIT;
	struct imap_uids there = {0};
	uint32_t *common = mem_array(op->n, sizeof(*common));
	int rc;

	str_addf(&what, "UID %u:%u", (unsigned)op->uids[0], (unsigned)op->uids[op->n - 1]);
	rc = imap_search(im, what.p, &there, err);
	*here = rc == 0 ? op_common(op, there.v, there.n, common) : 0;
	free(common);
	free(there.v);
	str_done(&what);
	return rc;
}

/*
 * A server without UIDPLUS removes whatever is marked: where others are, their marks are taken away
 * before, and set again after. Should the connection break in between, messages that somebody had
 * marked are left unmarked, and none is lost.
 */
static int expunge_marked(struct imap *im, const struct op *op, struct err *err)
{
	struct imap_uids taken = {0};
	struct err why = {0};
	size_t here = 0;
	int rc = mark(im, op->uids, op->n, true, err);

	if (rc == 0)
		rc = take_marks(im, op, &taken, err);
	if (rc == 0)
		rc = imap_expunge_marked(im, err);
	else if (rc > 0)
		rc = err_set(err, ERR_REFUSED,
			_("other messages are being marked as deleted there, and the server cannot "
			  "remove single ones"));
	if (taken.n && imap_is_alive(im) && mark(im, taken.v, taken.n, true, &why) != 0 &&
		rc == 0 && why.kind != ERR_REFUSED) {
		*err = why;
		rc = -1;
	}
	free(taken.v);
	if (rc == 0)
		rc = count_here(im, op, &here, err);
	if (rc == 0 && here)
		rc = err_set(err, ERR_REFUSED, _("the server keeps them, marked as deleted"));
	return rc;
}

static int remove_messages(struct imap *im, const struct op *op, struct err *err)
{
	struct str set = STR_INIT;
	int rc = 0;

	if (!(imap_can(im) & IMAP_UIDPLUS))
		return expunge_marked(im, op, err);
	for (size_t at = 0; rc == 0 && at < op->n;) {
		at += put_set(&set, op->uids + at, op->n - at);
		rc = imap_expunge(im, set.p, err);
	}
	str_done(&set);
	return rc;
}

/* The second half of a move whose copy is made: where the server refuses it, both are there. */
static int remove_moved(struct imap *im, const struct op *op, struct result_op *r, struct err *err)
{
	int rc = remove_messages(im, op, err);

	if (rc == 0 || err->kind != ERR_REFUSED)
		return rc;
	r->stay = mem_strdup(err->text);
	*err = (struct err){0};
	return 0;
}

/* A folder that takes no change is not copied from first, and no mark is shown that it does not
 * keep (RFC 3501 7.1). */
static int may_change(
	struct lane_thread *l, const struct job *j, const struct watch *w, struct err *err)
{
	const struct op *op = j->op.what;
	const unsigned keywords = MAIL_FORWARDED; /* refused by name, as any other */
	unsigned needs = op->kind == OP_FLAGS ? (op->set | op->clear) & ~keywords : MAIL_DELETED;

	if (op->kind == OP_COPY)
		return 0;
	if (watch_is_read_only(w))
		return err_set(err, ERR_REFUSED, _("folder %s can only be read"), j->folder);
	if (op->kind == OP_MOVE && !may_double(l, op))
		return 0;
	return needs & ~w->sel.kept
		       ? err_set(err, ERR_REFUSED,
				 _("the server does not keep this mark in folder %s"), j->folder)
		       : 0;
}

static int select_source(struct lane_thread *l, const struct job *j, struct err *err)
{
	if (watch_ensure_selected(l, j->mailbox, err) != 0)
		return -1;
	if (watch_state(l)->sel.uidvalidity != j->op.what->uidvalidity)
		return err_set(err, ERR_GONE, _("the folder was made anew on the server"));
	return may_change(l, j, watch_state(l), err);
}

/* After a lost answer: finds which copies are there. *todo gets the others that are still in the
 * source. */
static int find_copies(struct lane_thread *l, const struct job *j, struct result_op *r,
	uint32_t **todo, size_t *ntodo, struct err *err)
{
	struct keys there = {0}, from = {0};
	const struct op *op = j->op.what;
	int rc = candidates(l, j, &there, err);

	if (there.n)
		r->uidvalidity = watch_state(l)->sel.uidvalidity;
	if (rc == 0)
		rc = select_source(l, j, err);
	if (rc == 0 && there.n)
		rc = get_keys(imap_of(l), op->uids, op->n, &from, err);
	*todo = mem_array(op->n + 1, sizeof(**todo));
	*ntodo = 0;
	if (rc == 0)
		match(op, &from, &there, r->uids);
	for (size_t i = 0; rc == 0 && i < op->n; i++)
		if (!r->uids[i])
			(*todo)[(*ntodo)++] = op->uids[i];
	keys_done(&there);
	keys_done(&from);
	return rc;
}

/* COPY, and MOVE where the server has none. */
static int copy_once(
	struct lane_thread *l, const struct job *j, struct result_op *r, struct err *err)
{
	const struct op *op = j->op.what;
	uint32_t *todo = NULL;
	size_t n = 0;
	int rc;

	if (j->op.look) {
		rc = find_copies(l, j, r, &todo, &n, err);
	} else {
		rc = select_source(l, j, err);
		todo = mem_dup(op->uids, op->n * sizeof(*todo));
		n = op->n;
	}
	if (rc == 0)
		rc = transfer(l, j, false, todo, n, r, err);
	free(todo);
	return rc == 0 && op->kind == OP_MOVE ? remove_moved(imap_of(l), op, r, err) : rc;
}

/* --- on messages --- */

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

static int flags_by_chunks(struct imap *im, const struct op *op, struct err *err)
{
	struct str set = STR_INIT;
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < op->n;) {
		at += put_set(&set, op->uids + at, op->n - at);
		rc = store_flags(im, set.p, op, err);
	}
	str_done(&set);
	return rc;
}

/* What a command does to a message that is gone is nothing, and is not said: so it is asked for,
 * where time has passed since the person saw it. */
static int count_missing(
	struct lane_thread *l, const struct job *j, struct result_op *r, struct err *err)
{
	const struct op *op = j->op.what;
	size_t here = 0;
	int rc;

	if (!j->op.check || !op->n || (j->op.look && op->kind != OP_FLAGS))
		return 0;
	rc = count_here(imap_of(l), op, &here, err);
	if (rc == 0 && !here)
		rc = err_set(err, ERR_GONE,
			op->n == 1 ? _("the message is no longer on the server")
				   : _("the messages are no longer on the server"));
	r->missing = op->n - here;
	return rc;
}

static int on_messages(
	struct lane_thread *l, const struct job *j, struct result_op *r, struct err *err)
{
	const struct op *op = j->op.what;

	if (!op->n)
		return err_set(err, ERR_GONE, _("the messages are no longer in %s"), j->folder);
	r->uids = mem_array(op->n, sizeof(*r->uids));
	r->n = op->n;
	if (select_source(l, j, err) != 0 || count_missing(l, j, r, err) != 0)
		return -1;
	if (may_double(l, op))
		return copy_once(l, j, r, err);
	if (op->kind == OP_MOVE)
		return transfer(l, j, true, op->uids, op->n, r, err);
	return op->kind == OP_FLAGS ? flags_by_chunks(imap_of(l), op, err)
				    : remove_messages(imap_of(l), op, err);
}

/* A second CREATE is refused: was it there before, or was it the first? */
static int create(struct lane_thread *l, const struct job *j, struct err *err)
{
	struct imap_status st = {0};

	if (j->op.look) {
		if (imap_status(imap_of(l), j->op.target, &st, err) == 0)
			return 0;
		if (err->kind != ERR_REFUSED)
			return -1;
		*err = (struct err){0};
	}
	return mailbox_make(imap_of(l), j->op.target, err);
}

/* What the journal notes before the operation is given away. */
static int get_ready(struct lane_thread *l, const struct job *j, struct err *err)
{
	struct result *r = result_new(RESULT_OP_READY);
	struct err said = {0};
	int rc = prepare(l, j, &r->op_ready, &said), alive = watch_outcome(l, rc, &said, err);

	r->op_ready.id = j->op.what->id;
	if (rc == 0) {
		lane_post(l, r);
	} else {
		result_free(r);
		lane_fail(l, j, &said);
	}
	return alive;
}

static int do_op(struct lane_thread *l, const struct job *j, struct err *err)
{
	struct result *r = result_new(RESULT_OP);
	int rc;

	r->op.id = j->op.what->id;
	if (j->op.what->kind == OP_APPEND)
		rc = append(l, j, &r->op, &r->err);
	else if (j->op.what->kind == OP_CREATE)
		rc = create(l, j, &r->err);
	else
		rc = on_messages(l, j, &r->op, &r->err);
	rc = watch_outcome(l, rc, &r->err, err);
	lane_post(l, r);
	return rc;
}

int apply_op(struct lane_thread *l, struct job *j, struct err *err)
{
	const struct op *op = j->op.what;

	return op->state == OP_QUEUED && op_needs_look(op) ? get_ready(l, j, err)
							   : do_op(l, j, err);
}
