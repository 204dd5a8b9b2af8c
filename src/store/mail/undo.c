/*
 * Taking back what a person did last: marks, moves, deletions. One request is one step, whatever
 * number of messages and operations it was, and so are those about several folders at once. What
 * was not sent yet is dropped from the journal; what the server has done is followed by its
 * opposite, with the UIDs it gave (COPYUID, RFC 4315) or by Message-ID; what is just on its way is
 * taken back when the answer comes.
 */
#include "store/mail/undo.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/maildir.h"
#include "store/mail/folder_open.h"
#include "store/mail/undo_priv.h"

#include <stdlib.h>
#include <string.h>

enum { UNDO_MAX = 50, IDS_MAX = 1000 };

static void part_free(struct undo_part *p)
{
	for (size_t i = 0; p->bases && i < p->n; i++)
		free(p->bases[i]);
	free(p->bases);
	free(p->labels_set);
	free(p->labels_clear);
	free(p->uids);
	free(p->moved);
	str_done(&p->ids);
	free(p);
}

static void undo_free(struct undo *u)
{
	while (u->parts) {
		struct undo_part *p = u->parts;

		u->parts = p->next;
		part_free(p);
	}
	free(u);
}

static void return_free(struct undo_return *b)
{
	free(b->old);
	free(b->via);
	free(b);
}

void undo_forget_all(struct store *s)
{
	while (s->undo) {
		struct undo *u = s->undo;

		s->undo = u->next;
		undo_free(u);
	}
	while (s->returns) {
		struct undo_return *b = s->returns;

		s->returns = b->next;
		return_free(b);
	}
}

void undo_drop(struct store *s, struct undo *u)
{
	for (struct undo **p = &s->undo; *p; p = &(*p)->next)
		if (*p == u) {
			*p = u->next;
			undo_free(u);
			return;
		}
}

static void drop_parts_of(struct undo *u, const struct folder *f)
{
	for (struct undo_part **p = &u->parts; *p;) {
		struct undo_part *part = *p;

		if (part->folder != f && part->target != f) {
			p = &part->next;
			continue;
		}
		*p = part->next;
		part_free(part);
	}
}

void undo_forget_folder(struct folder *f)
{
	struct store *s = f->account->store;

	for (struct undo **u = &s->undo; *u;) {
		struct undo *one = *u;

		drop_parts_of(one, f);
		if (one->parts) {
			u = &one->next;
			continue;
		}
		*u = one->next;
		undo_free(one);
	}
	for (struct undo_return **b = &s->returns; *b;) {
		struct undo_return *one = *b;

		if (one->folder != f) {
			b = &one->next;
			continue;
		}
		*b = one->next;
		return_free(one);
	}
}

/* ---- remembering ---- */

struct undo *undo_begin(struct account *a)
{
	struct undo *u = mem_alloc(sizeof(*u));

	u->account = a;
	u->step = a->store->step;
	return u;
}

/* Those whose rows are not here count among the last: so many were unseen when they left. */
uint32_t undo_unseen(struct folder *f, const uint32_t *uids, size_t n, uint32_t last)
{
	uint32_t unseen = 0, unknown = 0;
	const struct columns *c;

	if (!folder_try(f))
		return last;
	c = cache_columns_view(f->cache);
	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(c, uids[i]);

		unknown += at < 0;
		unseen += at >= 0 && !(c->flags[at] & MAIL_SEEN);
	}
	folder_unuse(f);
	return unseen + (unknown < last ? unknown : last);
}

static struct undo_part *add_part(struct undo *u, struct folder *f, struct folder *target,
	enum op_kind kind, const uint32_t *uids, size_t n)
{
	struct undo_part *p = mem_alloc(sizeof(*p));

	p->folder = f;
	p->target = target;
	p->kind = kind;
	p->uidvalidity = cache_meta(f->cache)->uidvalidity;
	p->uids = mem_dup(uids, n * sizeof(*uids));
	p->n = n;
	p->unseen = undo_unseen(f, uids, n, 0);
	p->ids = (struct str)STR_INIT;
	p->next = u->parts; /* the last is taken back first */
	u->parts = p;
	return p;
}

void undo_add_flags(struct undo *u, struct folder *f, const uint32_t *uids, size_t n,
	uint32_t clear, uint32_t set)
{
	struct undo_part *p = add_part(u, f, NULL, OP_FLAGS, uids, n);

	p->state = PART_DONE;
	p->clear = clear;
	p->set = set;
}

void undo_add_keywords(struct undo *u, struct folder *f, const uint32_t *uids, size_t n,
	const char *clear, const char *set)
{
	struct undo_part *p = add_part(u, f, NULL, OP_FLAGS, uids, n);

	p->state = PART_DONE;
	p->labels_clear = mem_strdup(clear);
	p->labels_set = mem_strdup(set);
}

void undo_add_op(struct undo *u, struct folder *f, struct folder *target, enum op_kind kind,
	const uint32_t *uids, size_t n, uint64_t op_id)
{
	add_part(u, f, target, kind, uids, n)->op_id = op_id;
}

void undo_add_local(struct undo *u, struct folder *f, struct folder *target, const uint32_t *uids,
	char **bases, size_t n)
{
	struct undo_part *p = add_part(u, f, target, OP_MOVE, uids, n);

	p->state = PART_DONE;
	p->bases = bases;
}

bool undo_same_step(const struct undo *a, const struct undo *b)
{
	return a && a->step && a->step == b->step;
}

void undo_commit(struct undo *u)
{
	struct store *s = u->account->store;
	struct undo **p = &s->undo;
	const struct undo *last = NULL;

	if (!u->parts) {
		undo_free(u);
		return;
	}
	u->next = s->undo;
	s->undo = u;
	for (int depth = 0; *p; p = &(*p)->next) {
		depth += !undo_same_step(last, *p);
		if (depth > UNDO_MAX)
			break;
		last = *p;
	}
	while (*p) {
		struct undo *old = *p;

		*p = old->next;
		undo_free(old);
	}
}

/* ---- what became of it ---- */

static void note_ids(struct undo_part *p, uint32_t uid)
{
	struct summary s;

	if (cache_get(p->folder->cache, uid, &s) == 0 && *s.message_id &&
		!strpbrk(s.message_id, " \t\r\n"))
		str_addf(&p->ids, "%s%s", p->ids.len ? " " : "", s.message_id);
}

static void take_answer(struct undo_part *p, const struct op *op, const struct result_op *r)
{
	size_t unknown = 0;

	p->state = r->stay ? PART_LEFT : PART_DONE;
	p->moved_uidvalidity = r->uidvalidity;
	p->marked = op->marked;
	p->mark_uidvalidity = op->mark_uidvalidity;
	p->mark_uidnext = op->mark_uidnext;
	if (p->kind != OP_MOVE)
		return;
	p->moved = mem_array(p->n ? p->n : 1, sizeof(*p->moved));
	for (size_t i = 0; i < p->n; i++) {
		ptrdiff_t at = op_index(op, p->uids[i]);

		if (at >= 0 && r->uids && r->uidvalidity && (size_t)at < r->n)
			p->moved[i] = r->uids[at];
		unknown += !p->moved[i];
	}
	if (!unknown)
		str_clear(&p->ids);
	if (!unknown || unknown > IDS_MAX || !folder_try(p->folder))
		return;
	for (size_t i = 0; i < p->n; i++)
		if (!p->moved[i])
			note_ids(p, p->uids[i]);
	folder_unuse(p->folder);
}

static bool has_uid(const uint32_t *sorted, size_t n, uint32_t uid)
{
	const struct op these = {.uids = (uint32_t *)(uintptr_t)sorted, .n = n};

	return op_index(&these, uid) >= 0;
}

/* The move whose answer was lost was made: what it moved is still known by its Message-ID. */
void undo_vanishing(struct folder *f, const uint32_t *uids, size_t n)
{
	for (struct undo *u = f->account->store->undo; u; u = u->next)
		for (struct undo_part *p = u->parts; p; p = p->next) {
			if (!undo_is_of(p, f, cache_meta(f->cache)->uidvalidity) ||
				p->kind != OP_MOVE || p->state != PART_WAITS || p->n > IDS_MAX)
				continue;
			for (size_t i = 0; i < p->n; i++)
				if (has_uid(uids, n, p->uids[i]))
					note_ids(p, p->uids[i]);
		}
}

static uint32_t new_name(
	const struct undo_return *b, uint32_t uid, const struct op *op, const struct result_op *r)
{
	for (size_t i = 0; i < b->n; i++) {
		ptrdiff_t at = b->old[i] == uid ? op_index(op, b->via[i]) : -1;

		if (at >= 0 && (size_t)at < r->n && r->uids[at])
			return r->uids[at];
	}
	return uid;
}

/* What came back has other UIDs now: earlier steps must find it. */
static void rename_all(struct store *s, const struct undo_return *b, const struct op *op,
	const struct result_op *r)
{
	for (struct undo *u = s->undo; u; u = u->next)
		for (struct undo_part *p = u->parts; p; p = p->next) {
			bool same = undo_is_of(p, b->folder, b->uidvalidity);

			for (size_t i = 0; same && i < p->n; i++)
				p->uids[i] = new_name(b, p->uids[i], op, r);
		}
}

static void came_back(struct account *a, const struct op *op, const struct result_op *r)
{
	struct store *s = a->store;

	for (struct undo_return **p = &s->returns; *p;) {
		struct undo_return *b = *p;

		if (b->op_id != op->id || b->folder->account != a) {
			p = &b->next;
			continue;
		}
		if (r && r->uids)
			rename_all(s, b, op, r);
		*p = b->next;
		return_free(b);
	}
}

void undo_confirmed(struct account *a, const struct op *op, const struct result_op *r)
{
	struct store *s = a->store;

	for (struct undo *u = s->undo; u; u = u->next)
		for (struct undo_part *p = u->parts; p; p = p->next)
			if (p->op_id == op->id && p->state == PART_WAITS && u->account == a)
				take_answer(p, op, r);
	came_back(a, op, r);
}

static bool all_in(const struct undo_part *p, const uint32_t *sorted, size_t n)
{
	for (size_t i = 0; i < p->n; i++)
		if (!has_uid(sorted, n, p->uids[i]))
			return false;
	return true;
}

void undo_replaced(struct account *a, uint64_t former, uint64_t id, const uint32_t *uids, size_t n)
{
	for (struct undo *u = a->store->undo; u; u = u->next)
		for (struct undo_part *p = u->parts; p; p = p->next)
			if (p->op_id == former && u->account == a && all_in(p, uids, n))
				p->op_id = id;
}

void undo_refused(struct account *a, const struct op *op)
{
	for (struct undo *u = a->store->undo; u; u = u->next)
		for (struct undo_part *p = u->parts; p; p = p->next)
			if (p->op_id == op->id && u->account == a)
				p->state = PART_VOID;
	came_back(a, op, NULL);
}
