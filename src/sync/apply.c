/*
 * Operations of the journal on the server. Each is idempotent, or looked for before it is repeated.
 */
#include "base/i18n.h"
#include "base/mem.h"
#include "sync/gather.h"
#include "sync/watch.h"

#include <stdlib.h>
#include <string.h>

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

/* True when an earlier try, whose answer was lost, already put the message there. */
static bool is_there_already(struct lane_thread *l, const struct job *j, int *rc, struct err *err)
{
	struct imap_uids found = {0};
	bool there;

	if (j->op->state != OP_SENT || !*j->op->message_id)
		return false;
	*rc = watch_ensure_selected(l, j->target, err);
	if (*rc == 0)
		*rc = imap_search_message_id(watch_state(l)->im, j->op->message_id, &found, err);
	there = *rc == 0 && found.n > 0;
	free(found.v);
	if (*rc != 0 && err->kind == ERR_REFUSED) {
		/* There is no such mailbox yet: then it is not there. */
		*err = (struct err){0};
		*rc = 0;
	}
	return there;
}

static void announce(struct lane_thread *l, const struct op *op)
{
	struct result *r = result_new(RESULT_OP_SENT);

	r->op_id = op->id;
	lane_post(l, r);
}

static int append(struct lane_thread *l, struct job *j, struct imap_copied *copied, struct err *err)
{
	int rc = 0;

	if (is_there_already(l, j, &rc, err) || rc != 0)
		return rc;
	announce(l, j->op);
	rc = imap_append(watch_state(l)->im, j->target, j->bytes.p, j->bytes.len, j->op->set,
		j->date, copied, err);
	if (rc != 0 && err->kind == ERR_REFUSED &&
		imap_create(watch_state(l)->im, j->target, NULL) == 0) {
		*err = (struct err){0};
		rc = imap_append(watch_state(l)->im, j->target, j->bytes.p, j->bytes.len,
			j->op->set, j->date, copied, err);
	}
	return rc;
}

/* MOVE and COPY into a folder that is not there yet (the Trash of a new account): made, then tried
 * once more. */
static int copy_or_move(struct lane_thread *l, struct job *j, const char *set,
	struct imap_copied *copied, struct err *err)
{
	struct imap *im = watch_state(l)->im;
	bool move = j->op->kind == OP_MOVE;
	int rc = move ? imap_move(im, set, j->target, copied, err)
		      : imap_copy(im, set, j->target, copied, err);

	if (rc == 0 || err->kind != ERR_REFUSED || imap_create(im, j->target, NULL) != 0)
		return rc;
	*err = (struct err){0};
	return move ? imap_move(im, set, j->target, copied, err)
		    : imap_copy(im, set, j->target, copied, err);
}

/* The commands that leave a second copy when they are repeated. A server's own MOVE is none: the
 * second finds nothing to move. */
static bool may_double(struct lane_thread *l, const struct op *op)
{
	return op->kind == OP_COPY ||
	       (op->kind == OP_MOVE && !(imap_can(watch_state(l)->im) & IMAP_MOVE));
}

/* The second half of a move whose copy was made before the connection broke. */
static int remove_moved(struct imap *im, const char *set, struct err *err)
{
	return imap_can(im) & IMAP_UIDPLUS ? imap_expunge(im, set, err)
					   : imap_store(im, set, true, IMAP_DELETED, NULL, err);
}

static int on_messages(
	struct lane_thread *l, struct job *j, struct imap_copied *copied, struct err *err)
{
	struct watch *w = watch_state(l);
	struct str set = STR_INIT;
	int rc = 0;
	bool there = may_double(l, j->op) && is_there_already(l, j, &rc, err);

	if (rc != 0 || (there && j->op->kind == OP_COPY))
		return rc;
	if (watch_ensure_selected(l, j->mailbox, err) != 0)
		return -1;
	if (w->sel.uidvalidity != j->op->uidvalidity)
		return err_set(err, ERR_GONE,
			_("Folder %s was made anew on the server; the change was dropped"),
			j->folder);
	gather_set(&set, j->op->uids, j->op->n);
	switch (j->op->kind) {
	case OP_FLAGS:
		rc = store_flags(w->im, set.p, j->op, err);
		break;
	case OP_EXPUNGE:
		rc = imap_expunge(w->im, set.p, err);
		break;
	default:
		if (may_double(l, j->op))
			announce(l, j->op);
		rc = there ? remove_moved(w->im, set.p, err)
			   : copy_or_move(l, j, set.p, copied, err);
		break;
	}
	str_done(&set);
	return rc;
}

int apply_op(struct lane_thread *l, struct job *j, struct err *err)
{
	struct imap_copied copied = {0};
	struct result *r = result_new(RESULT_OP);
	int rc;

	r->op_id = j->op->id;
	if (j->op->kind == OP_APPEND)
		rc = append(l, j, &copied, &r->err);
	else if (j->op->kind == OP_CREATE)
		rc = imap_create(watch_state(l)->im, j->target, &r->err);
	else
		rc = on_messages(l, j, &copied, &r->err);
	r->text = copied.uids;
	r->uidvalidity = copied.uidvalidity;
	rc = watch_outcome(l, rc, &r->err, err);
	lane_post(l, r);
	return rc;
}
