/*
 * Taking back what a person did last: marks, moves, deletions. One request is one step, whatever
 * number of messages and operations it was, and so are those about several folders at once. What
 * was not sent yet is dropped from the journal; what the server has done is followed by its
 * opposite, with the UIDs it gave (COPYUID, RFC 4315) or by Message-ID; what is just on its way is
 * taken back when the answer comes.
 */
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/maildir.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum { UNDO_MAX = 50, IDS_MAX = 1000 };

enum part_state {
	PART_WAITS, /* in the journal */
	PART_DONE,  /* by the server, or on disk */
	PART_LEFT,  /* done, and the messages are still there, marked as deleted (no UIDPLUS) */
	PART_VOID,  /* refused or cancelled: there is nothing to take back */
};

struct undo_part {
	struct undo_part *next;
	struct folder *folder, *target;
	enum op_kind kind;
	enum part_state state;
	bool wanted; /* to be taken back when the answer comes */
	uint64_t op_id;
	uint32_t uidvalidity; /* of the folder */
	uint32_t *uids;       /* owned */
	size_t n;
	uint32_t unseen;                 /* of them, when it was done */
	uint32_t set, clear;             /* OP_FLAGS: what was changed */
	char *labels_set, *labels_clear; /* owned; OP_FLAGS of keywords, else NULL */
	char **bases;                    /* owned; local moves: file names */
	uint32_t *moved; /* owned; UIDs in the target, 0 unknown; NULL: none known */
	uint32_t moved_uidvalidity, mark_uidvalidity, mark_uidnext;
	bool marked;
	struct str ids; /* Message-IDs of those whose new UID is unknown */
};

struct undo {
	struct undo *next;
	struct account *account;
	unsigned step; /* of the request; 0: it is a step by itself */
	struct undo_part *parts;
};

/* Messages on their way back: what they were called before, and what in the folder they left. */
struct undo_return {
	struct undo_return *next;
	struct folder *folder;
	uint64_t op_id;
	uint32_t *old, *via; /* owned */
	size_t n;
};

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

static void drop_undo(struct store *s, struct undo *u)
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
static uint32_t unseen_of(struct folder *f, const uint32_t *uids, size_t n, uint32_t last)
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
	p->unseen = unseen_of(f, uids, n, 0);
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

static bool same_step(const struct undo *a, const struct undo *b)
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
		depth += !same_step(last, *p);
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
			if (p->folder != f || p->kind != OP_MOVE || p->state != PART_WAITS ||
				p->n > IDS_MAX)
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
		for (struct undo_part *p = u->parts; p; p = p->next)
			for (size_t i = 0; p->folder == b->folder && i < p->n; i++)
				p->uids[i] = new_name(b, p->uids[i], op, r);
}

static void came_back(struct store *s, const struct op *op, const struct result_op *r)
{
	for (struct undo_return **p = &s->returns; *p;) {
		struct undo_return *b = *p;

		if (b->op_id != op->id) {
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
	came_back(s, op, r);
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
	came_back(a->store, op, NULL);
}

/* ---- the opposite ---- */

static int add_opposite(struct account *a, struct op *op, uint64_t *id, struct err *err)
{
	int rc = merge_add(a, op, id, err);

	if (rc == 0) {
		account_pending(a);
		account_replays(a);
	}
	return rc;
}

static struct op *opposite(const struct undo_part *p)
{
	struct op *op = op_new(OP_MOVE);

	free(op->folder);
	free(op->target);
	op->folder = mem_strdup(p->target->name);
	op->target = mem_strdup(p->folder->name);
	op->uidvalidity = p->moved_uidvalidity;
	return op;
}

static void remember_return(
	struct store *s, const struct undo_part *p, const struct op *op, uint64_t id)
{
	struct undo_return *b = mem_alloc(sizeof(*b));

	b->folder = p->folder;
	b->op_id = id;
	b->old = mem_array(p->n, sizeof(*b->old));
	b->via = mem_array(p->n, sizeof(*b->via));
	for (size_t i = 0; i < p->n; i++)
		if (p->moved[i] && op_index(op, p->moved[i]) >= 0) {
			b->old[b->n] = p->uids[i];
			b->via[b->n++] = p->moved[i];
		}
	b->next = s->returns;
	s->returns = b;
}

/* Where nothing can be removed, what would go is marked as deleted. */
static void mark_instead(struct op *op)
{
	op->kind = OP_FLAGS;
	op->set = MAIL_DELETED;
	*op->target = '\0';
}

/* The folder the messages are moved back from looks like it at once. */
static void show_leaving(struct folder *f)
{
	if (!folder_try(f))
		return;
	if (overlay_folder(f))
		folder_send_list(f, NULL);
	folder_unuse(f);
	folder_send_folders(f->account);
}

static int back_by_uids(struct account *a, struct undo_part *p, struct err *err)
{
	struct op *op = opposite(p);
	uint64_t id = 0;
	int rc;

	op->uids = mem_array(p->n ? p->n : 1, sizeof(*op->uids));
	for (size_t i = 0; i < p->n; i++)
		if (p->moved[i])
			op->uids[op->n++] = p->moved[i];
	op->n = uids_sort(op->uids, op->n);
	op->unseen = unseen_of(p->target, op->uids, op->n, p->unseen);
	if (p->state == PART_LEFT)
		mark_instead(op);
	rc = op->n ? add_opposite(a, op, &id, err) : 0;
	if (rc == 0 && id && op->kind == OP_MOVE)
		remember_return(a->store, p, op, id);
	if (rc == 0 && op->n)
		show_leaving(p->target);
	op_free(op);
	return rc;
}

/* Found by the connection, when there is one. */
static int back_by_ids(struct account *a, const struct undo_part *p, struct err *err)
{
	struct op *op = opposite(p);
	int rc;

	op->uidvalidity = p->mark_uidvalidity;
	op->marked = p->marked;
	op->mark_uidvalidity = p->mark_uidvalidity;
	op->mark_uidnext = p->mark_uidnext;
	free(op->message_id);
	op->message_id = mem_strdup(str_c(&p->ids));
	if (p->state == PART_LEFT)
		mark_instead(op);
	rc = journal_add(a->journal, op, err);
	op_free(op);
	if (rc == 0) {
		account_pending(a);
		account_replays(a);
	}
	return rc;
}

/* Messages that came back a moment ago have no rows yet. labels: those of p are meant. */
static int back_unseen_rows(
	struct undo_part *p, uint32_t clear, uint32_t set, bool labels, struct err *err)
{
	struct op *op = op_new(OP_FLAGS);
	uint64_t id;
	int rc = 0;

	free(op->folder);
	op->folder = mem_strdup(p->folder->name);
	op->uidvalidity = p->uidvalidity;
	op->set = set;
	op->clear = clear;
	if (labels) {
		free(op->keywords_set);
		free(op->keywords_clear);
		op->keywords_set = mem_strdup(p->labels_clear);
		op->keywords_clear = mem_strdup(p->labels_set);
	}
	op->uids = mem_array(p->n ? p->n : 1, sizeof(*op->uids));
	for (size_t i = 0; i < p->n; i++)
		if (!cache_has(p->folder->cache, p->uids[i]))
			op->uids[op->n++] = p->uids[i];
	if (op->n)
		rc = add_opposite(p->folder->account, op, &id, err);
	op_free(op);
	return rc;
}

static int back_flags(struct undo_part *p, uint32_t clear, uint32_t set, struct err *err)
{
	int rc = folder_use(p->folder, err);

	if (rc != 0)
		return -1;
	if (cache_meta(p->folder->cache)->uidvalidity == p->uidvalidity) {
		rc = change_flags(p->folder, p->uids, p->n, clear, set, err);
		if (rc == 0 && !p->folder->local)
			rc = back_unseen_rows(p, clear, set, false, err);
	}
	folder_unuse(p->folder);
	return rc;
}

static int back_keywords(struct undo_part *p, struct err *err)
{
	int rc = folder_use(p->folder, err);

	if (rc != 0)
		return -1;
	if (cache_meta(p->folder->cache)->uidvalidity == p->uidvalidity) {
		rc = change_keywords(
			p->folder, p->uids, p->n, p->labels_set, p->labels_clear, NULL, err);
		if (rc == 0 && !p->folder->local)
			rc = back_unseen_rows(p, 0, 0, true, err);
	}
	folder_unuse(p->folder);
	return rc;
}

/* The same files have other numbers now: earlier steps must find them. */
static void rename_local(struct store *s, const struct undo_part *back)
{
	for (size_t i = 0; i < back->n; i++) {
		uintptr_t now = back->bases[i] && back->folder->files
					? (uintptr_t)map_get(back->folder->files, back->bases[i])
					: 0;

		for (struct undo *u = now ? s->undo : NULL; u; u = u->next)
			for (struct undo_part *p = u->parts; p; p = p->next)
				for (size_t k = 0;
					p != back && p->folder == back->folder && k < p->n; k++)
					if (p->uids[k] == back->uids[i])
						p->uids[k] = (uint32_t)now;
	}
}

static int back_local(struct account *a, const struct undo_part *p, struct err *err)
{
	char **bases = mem_array(p->n, sizeof(*bases)); /* borrowed */
	size_t n = 0, moved;
	int rc;

	if (folder_use(p->folder, err) != 0) {
		free(bases);
		return -1;
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->bases[i])
			bases[n++] = p->bases[i];
	rc = maildir_move_many(a->setup ? a->setup->data_dir : NULL, p->target->dir, bases, n,
		p->folder->dir, &moved, err);
	free(bases);
	folder_look(p->folder);
	if (p->target->cache)
		folder_look(p->target);
	rename_local(a->store, p);
	folder_unuse(p->folder);
	folder_send_folders(a);
	return rc;
}

/* Where the user can see what is not taken back. */
static char *target_label(const struct undo_part *p)
{
	return p->target ? folder_label(p->target) : mem_strdup("?");
}

static int back_done(struct account *a, struct undo_part *p, struct err *err)
{
	char *where;
	int rc = 0;

	if (p->bases)
		return back_local(a, p, err);
	if (p->labels_set)
		return back_keywords(p, err);
	if (p->kind == OP_FLAGS)
		return back_flags(p, p->set, p->clear, err);
	if (p->kind == OP_EXPUNGE && p->state == PART_DONE)
		return err_set(err, ERR_INPUT, _("What was deleted for good cannot be taken back"));
	if (p->kind == OP_COPY) {
		where = target_label(p);
		err_set(err, ERR_INPUT, _("A copy is not taken back: delete it in %s"), where);
		free(where);
		return -1;
	}
	if (!p->ids.len && p->n && !p->moved[0]) {
		where = target_label(p);
		err_set(err, ERR_REFUSED,
			_("The server did not say where the messages went: look in %s"), where);
		free(where);
		return -1;
	}
	/* Without UIDPLUS the messages never left: their mark goes, and the copies get it. */
	if (p->state == PART_LEFT)
		rc = back_flags(p, MAIL_DELETED, 0, err);
	if (rc == 0)
		rc = back_by_uids(a, p, err);
	if (rc == 0 && p->ids.len)
		rc = back_by_ids(a, p, err);
	return rc;
}

/* Still in the journal. 1: on its way, to be taken back when the answer is here. */
static int back_waiting(struct account *a, struct undo_part *p, struct err *err)
{
	const struct op *op = journal_find(a->journal, p->op_id);
	struct op *copy;
	int rc;

	if (!op)
		return 0; /* cancelled */
	if (op->state == OP_SENT || a->op_in_flight == op->id)
		return 1;
	copy = op_brief(op);
	rc = journal_shrink(a->journal, p->op_id, p->uids, p->n,
		unseen_of(p->folder, p->uids, p->n, p->unseen), err);
	if (rc == 0) {
		overlay_take_back(a, copy, p->uids, p->n);
		account_pending(a);
	}
	op_free(copy);
	return rc;
}

static bool is_returning(const struct store *s, const struct undo_part *p)
{
	for (const struct undo_return *b = s->returns; b; b = b->next)
		for (size_t i = 0; b->folder == p->folder && i < p->n; i++)
			for (size_t k = 0; k < b->n; k++)
				if (b->old[k] == p->uids[i])
					return true;
	return false;
}

static int back(struct undo *u, struct undo_part *p, struct str *said, struct err *err)
{
	int rc = 0;

	if (p->state == PART_WAITS)
		rc = back_waiting(u->account, p, err);
	else if (p->state != PART_VOID)
		rc = back_done(u->account, p, err);
	if (rc == 1) {
		p->wanted = true;
		str_clear(said);
		str_adds(said, _("Taken back as soon as the server has answered"));
		return 0;
	}
	p->state = PART_VOID;
	return rc;
}

static bool is_wanted(const struct undo *u)
{
	for (const struct undo_part *p = u->parts; p; p = p->next)
		if (p->wanted)
			return true;
	return false;
}

/* Each part on its own: what can be taken back is. What cannot must not bar the way to earlier
 * steps. */
static int take_back(struct store *s, struct undo *u, struct str *said, struct err *err)
{
	int rc = 0;

	for (struct undo_part *p = u->parts; p; p = p->next)
		if (back(u, p, said, err) != 0)
			rc = -1;
	if (!is_wanted(u))
		drop_undo(s, u);
	return rc;
}

/* The last that was not asked for already and waits for the answer; of a step, unless it is 0. */
static struct undo *last_of(struct store *s, unsigned step)
{
	struct undo *u = s->undo;

	while (u && (is_wanted(u) || (step && u->step != step)))
		u = u->next;
	return u;
}

static bool step_returns(struct store *s, const struct undo *of)
{
	for (struct undo *u = s->undo; u; u = u->next)
		for (struct undo_part *p = u->parts; p; p = p->next)
			if ((u == of || same_step(of, u)) && is_returning(s, p))
				return true;
	return false;
}

int undo_last(struct store *s, struct str *said, struct err *err)
{
	struct undo *u = last_of(s, 0);
	unsigned step = u ? u->step : 0;
	struct err why = {0};
	int rc = 0;

	if (!u)
		return err_set(err, ERR_INPUT, _("There is nothing to undo"));
	if (step_returns(s, u))
		return err_set(err, ERR_BUSY,
			_("The messages are on their way back: undo once more in a "
			  "moment"));
	str_adds(said, _("Undone"));
	for (; u; u = step ? last_of(s, step) : NULL)
		if (take_back(s, u, said, &why) != 0)
			rc = -1;
	if (rc != 0 && err)
		*err = why;
	return rc;
}

/* The answer is here: what was to be taken back meanwhile is. */
void undo_follow(struct account *a, const struct op *op)
{
	struct store *s = a->store;

	for (struct undo *u = s->undo, *next; u; u = next) {
		struct str said = STR_INIT;
		struct err err = {0};
		bool touched = false;

		next = u->next;
		for (struct undo_part *p = u->parts; p; p = p->next) {
			if (!p->wanted || p->op_id != op->id || u->account != a)
				continue;
			p->wanted = false;
			touched = true;
			if (back(u, p, &said, &err) != 0)
				store_notice(a, "%s", err.text);
		}
		str_done(&said);
		if (touched && !is_wanted(u)) {
			drop_undo(s, u);
			next = s->undo; /* back may have changed the list */
		}
	}
}
