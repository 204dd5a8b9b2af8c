/* Taking back: the opposite of what was done last, by the same ways as what was done. */
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/maildir.h"
#include "store/mail/account.h"
#include "store/mail/change.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/mail/merge.h"
#include "store/mail/overlay.h"
#include "store/mail/pending.h"
#include "store/mail/undo.h"
#include "store/mail/undo_priv.h"

#include <stdlib.h>
#include <string.h>

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
	b->uidvalidity = p->uidvalidity;
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
	op->unseen = undo_unseen(p->target, op->uids, op->n, p->unseen);
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
		uintptr_t now =
			back->bases[i] && back->folder->box.files
				? (uintptr_t)map_get(back->folder->box.files, back->bases[i])
				: 0;

		for (struct undo *u = now ? s->undo : NULL; u; u = u->next)
			for (struct undo_part *p = u->parts; p; p = p->next)
				for (size_t k = 0;
					p != back &&
					undo_is_of(p, back->folder, back->uidvalidity) && k < p->n;
					k++)
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
	rc = maildir_move_many(a->setup ? a->setup->data_dir : NULL, p->target->box.dir, bases, n,
		p->folder->box.dir, &moved, err);
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
	if (op->state == OP_SENT || pending_in_flight(a) == op->id)
		return 1;
	copy = op_brief(op);
	rc = journal_shrink(a->journal, p->op_id, p->uids, p->n,
		undo_unseen(p->folder, p->uids, p->n, p->unseen), err);
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
		for (size_t i = 0; undo_is_of(p, b->folder, b->uidvalidity) && i < p->n; i++)
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
		undo_drop(s, u);
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
			if ((u == of || undo_same_step(of, u)) && is_returning(s, p))
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
			undo_drop(s, u);
			next = s->undo; /* back may have changed the list */
		}
	}
}
