/* A person gives up what waits for the server. */
#include "store/mail/cancel.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "store/mail/account.h"
#include "store/mail/append.h"
#include "store/mail/folder.h"
#include "store/mail/folder_server.h"
#include "store/mail/lanes.h"
#include "store/mail/overlay.h"
#include "store/mail/pending.h"
#include "store/mail/undo.h"
#include "store/store_priv.h"

#include <stdlib.h>

static int cancel_one(struct account *a, uint64_t id, struct err *err)
{
	const struct op *op = journal_find(a->journal, id);
	struct folder *f;
	struct op *copy;
	bool unsure;

	if (!op)
		return err_set(err, ERR_GONE, _("That operation is through already"));
	if (pending_in_flight(a) == id || (op->state == OP_SENT && lanes_are_elsewhere(a)))
		return err_set(err, ERR_BUSY,
			_("It is on its way to the server and cannot be cancelled any more"));
	copy = op_copy(op);
	unsure = copy->state == OP_SENT;
	folder_doubt_marks(a, copy);
	if (journal_done(a->journal, id, err) != 0) {
		op_free(copy);
		return -1;
	}
	undo_refused(a, copy);
	append_drop(a, copy);
	overlay_take_back(a, copy, copy->uids, copy->n);
	f = *copy->folder ? folder_find(a, copy->folder, false) : NULL;
	/* It may have been done before the connection broke, or is of a former version that did not
	 * note what it changed. */
	if (f && (unsure || (copy->kind == OP_FLAGS && !copy->exact)))
		folder_distrust(f);
	op_free(copy);
	return 0;
}

int cancel_ops(struct account *a, uint64_t id, struct str *said, struct err *err)
{
	struct err why = {0};
	size_t done = 0;
	int rc;

	if (journal_refresh(a->journal, err) < 0)
		return -1;
	if (id) {
		rc = cancel_one(a, id, &why);
		done = rc == 0;
	} else {
		/* The newest first, so that each is taken back from what it left. */
		for (size_t i = journal_count(a->journal); i-- > 0;)
			done += cancel_one(a, journal_at(a->journal, i)->id, &why) == 0;
	}
	if (done)
		account_pending(a);
	if (why.kind != ERR_NONE) {
		if (err)
			*err = why;
		return -1;
	}
	str_addf(said, ngettext("%zu change cancelled", "%zu changes cancelled", done), done);
	return 0;
}
