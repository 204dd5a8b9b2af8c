/* What is done to a row that waits (waiting.c) is done to the message it stands for, before the
 * operation that moves that; which is made anew behind. */
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/mail/account.h"
#include "store/mail/change.h"
#include "store/mail/change_priv.h"
#include "store/mail/folder_open.h"
#include "store/mail/overlay.h"
#include "store/mail/pending.h"
#include "store/mail/waiting.h"

#include <stdlib.h>
#include <string.h>

struct group { /* messages that one operation moves */
	struct folder *from;
	uint64_t op;
	uint32_t *uids; /* owned */
	size_t n;
};

static const struct op *op_of(const struct folder *target, const struct folder *from, uint32_t uid)
{
	const struct journal *j = target->account->journal;

	for (size_t i = journal_count(j); i-- > 0;) {
		const struct op *op = journal_at(j, i);

		if (waiting_brings(op, target) && strcmp(op->folder, from->name) == 0 &&
			op->uidvalidity == cache_meta(from->cache)->uidvalidity &&
			op_index(op, uid) >= 0)
			return op;
	}
	return NULL;
}

static int may_touch(const struct account *a, const struct op *op, struct err *err)
{
	if (!op || op->state != OP_QUEUED || pending_in_flight(a) == op->id)
		return err_set(err, ERR_BUSY,
			_("The message is on its way to the server just now: try again in a "
			  "moment"));
	if (op->kind == OP_COPY)
		return err_set(err, ERR_INPUT,
			_("The copy is not made yet: nothing can be done to it before the server "
			  "has "
			  "made it"));
	return 0;
}

/* Those that share the operation of the first; they leave uids. -1: err. */
static int take_group(struct folder *f, uint32_t *uids, size_t *n, struct group *g, struct err *err)
{
	const struct op *op;
	uint32_t uid = uids[0];
	size_t left = 0;

	*g = (struct group){.from = waiting_origin(f, &uid)};
	if (g->from == f || folder_use(g->from, err) != 0)
		return may_touch(f->account, NULL, err);
	op = op_of(f, g->from, uid);
	if (may_touch(f->account, op, err) != 0) {
		folder_unuse(g->from);
		return -1;
	}
	g->op = op->id;
	g->uids = mem_array(*n, sizeof(*g->uids));
	for (size_t i = 0; i < *n; i++) {
		struct folder *from;

		uid = uids[i];
		from = waiting_origin(f, &uid);
		if (from == g->from && op_index(op, uid) >= 0)
			g->uids[g->n++] = uid;
		else
			uids[left++] = uids[i];
	}
	g->n = uids_sort(g->uids, g->n);
	*n = left;
	return 0;
}

/* The operation forgets them. */
static int take_out(struct account *a, const struct group *g, struct err *err)
{
	uint32_t unseen = 0;
	int rc;

	for (size_t i = 0; i < g->n; i++)
		unseen += !(change_flags_of(g->from, g->uids[i]) & MAIL_SEEN);
	rc = journal_shrink(a->journal, g->op, g->uids, g->n, unseen, err);
	return rc > 0 ? may_touch(a, NULL, err) : rc;
}

int waiting_change(struct folder *f, uint32_t *uids, size_t n, enum waiting_then then,
	struct folder *target, waiting_fn *change, void *ctx, struct err *err)
{
	struct account *a = f->account;
	int rc = 0;

	while (rc == 0 && n) {
		struct group g;
		struct op *was;

		rc = take_group(f, uids, &n, &g, err);
		if (rc != 0)
			break;
		was = op_brief(journal_find(a->journal, g.op));
		rc = take_out(a, &g, err);
		if (rc == 0 && change)
			rc = change(g.from, g.uids, g.n, ctx, err);
		if (then == WAITING_STAYS && rc == 0)
			rc = change_move_again(g.from, f, g.uids, g.n, g.op, err);
		else if (then == WAITING_MOVES && rc == 0 && target != g.from)
			rc = change_move_elsewhere(g.from, target, g.uids, g.n, err);
		if (rc != 0 || (then == WAITING_MOVES && target == g.from))
			overlay_take_back(a, was, g.uids, g.n); /* it stands where it stood */
		op_free(was);
		free(g.uids);
		folder_unuse(g.from);
	}
	account_pending(a);
	return rc;
}
