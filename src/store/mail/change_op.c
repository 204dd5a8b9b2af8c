/* One operation on messages of a server's folder: durable first, then shown. */
#include "base/mem.h"
#include "store/mail/account.h"
#include "store/mail/change.h"
#include "store/mail/change_priv.h"
#include "store/mail/folder_tell.h"
#include "store/mail/merge.h"
#include "store/mail/overlay.h"
#include "store/mail/undo.h"

#include <stdlib.h>

uint32_t change_flags_of(struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return at < 0 ? 0 : c->flags[at];
}

int change_add(struct folder *f, struct op *op, uint64_t *id, struct err *err)
{
	int rc = merge_add(f->account, op, id, err);

	op_free(op);
	if (rc == 0)
		account_pending(f->account);
	return rc;
}

struct op *change_op(struct folder *f, enum op_kind kind, const uint32_t *uids, size_t n)
{
	struct op *op = op_new(kind);

	free(op->folder);
	op->folder = mem_strdup(f->name);
	op->uidvalidity = cache_meta(f->cache)->uidvalidity;
	op->uids = mem_dup(uids, n * sizeof(*uids));
	op->n = n;
	return op;
}

static uint32_t unseen_of(struct folder *f, const uint32_t *uids, size_t n)
{
	uint32_t unseen = 0;

	for (size_t i = 0; i < n; i++)
		unseen += !(change_flags_of(f, uids[i]) & MAIL_SEEN);
	return unseen;
}

int change_move_op(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	enum op_kind kind, struct undo *undo, struct err *err)
{
	struct op *op = change_op(f, kind, uids, n);
	uint64_t id;

	if (target) {
		free(op->target);
		op->target = mem_strdup(target->name);
	}
	op->unseen = unseen_of(f, uids, n);
	if (change_add(f, op, &id, err) != 0)
		return -1;
	undo_add_op(undo, f, target, kind, uids, n, id);
	if (kind != OP_COPY)
		overlay_hide(f, uids, n);
	else
		folder_send_folders(f->account);
	return 0;
}

/* Their rows are hidden already. */
int change_move_hidden(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	enum op_kind kind, struct err *err)
{
	struct undo *undo = undo_begin(f->account);
	int rc = change_move_op(f, target, uids, n, kind, undo, err);

	undo_commit(undo);
	account_replays(f->account);
	return rc;
}

int change_move_elsewhere(
	struct folder *f, struct folder *target, const uint32_t *uids, size_t n, struct err *err)
{
	return change_move_hidden(f, target, uids, n, OP_MOVE, err);
}

int change_move_again(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	uint64_t former, struct err *err)
{
	struct op *op = change_op(f, OP_MOVE, uids, n);
	uint64_t id;

	free(op->target);
	op->target = mem_strdup(target->name);
	op->unseen = unseen_of(f, uids, n);
	if (change_add(f, op, &id, err) != 0)
		return -1;
	undo_replaced(f->account, former, id, uids, n);
	account_replays(f->account);
	return 0;
}
