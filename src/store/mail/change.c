/*
 * Changes a person makes: durable first (the journal, or the Maildir itself), then shown, then
 * replayed on the server. A refusal is taken back by asking the server for the truth.
 */
#include "store/mail/change.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/localbox.h"
#include "store/disk/maildir.h"
#include "store/mail/account.h"
#include "store/mail/cancel.h"
#include "store/mail/change_priv.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_reshape.h"
#include "store/mail/folder_tell.h"
#include "store/mail/marks.h"
#include "store/mail/pending.h"
#include "store/mail/remote.h"
#include "store/mail/removal.h"
#include "store/mail/undo.h"
#include "store/mail/upload.h"
#include "store/mail/waiting.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- move, copy, delete --- */

/* Messages that are leaving already are not moved twice. */
static size_t still_here(struct folder *f, const uint32_t *uids, size_t n, uint32_t *out)
{
	const struct columns *c = cache_columns_view(f->cache);
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(c, uids[i]);

		if (at >= 0 && !(c->flags[at] & MAIL_LEAVING))
			out[used++] = uids[i];
	}
	return used;
}

static int wished_removal(
	struct folder *from, const uint32_t *uids, size_t n, void *ctx, struct err *err);

/* Rows that wait to come: where they go instead. */
static int move_waiting(struct folder *f, struct folder *target, uint32_t *uids, size_t n,
	enum op_kind kind, struct err *err)
{
	if (!n)
		return 0;
	if (kind == OP_COPY)
		return err_set(err, ERR_INPUT,
			_("The message is not on the server's side of this folder yet: copy it "
			  "when there is a connection"));
	return kind == OP_EXPUNGE
		       ? waiting_change(f, uids, n, WAITING_GOES, NULL, wished_removal, NULL, err)
		       : waiting_change(f, uids, n, WAITING_MOVES, target, NULL, NULL, err);
}

static int move_on_server(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	enum op_kind kind, struct err *err)
{
	struct undo *undo = undo_begin(f->account);
	uint32_t *here = mem_array(n + 1, sizeof(*here)), *waits = mem_array(n + 1, sizeof(*waits));
	size_t nwaits;
	int rc;

	n = still_here(f, uids, n, here);
	nwaits = waiting_split(f, here, &n, waits);
	rc = move_waiting(f, target, waits, nwaits, kind, err);
	free(waits);
	for (size_t at = 0; rc == 0 && at < n; at += JOURNAL_MAX_UIDS)
		rc = change_move_op(f, target, here + at,
			n - at < JOURNAL_MAX_UIDS ? n - at : JOURNAL_MAX_UIDS, kind, undo, err);
	free(here);
	undo_commit(undo);
	account_replays(f->account);
	return rc;
}

static int wished_removal(
	struct folder *from, const uint32_t *uids, size_t n, void *ctx, struct err *err)
{
	(void)ctx;
	return change_move_hidden(from, NULL, uids, n, OP_EXPUNGE, err);
}

/* Their names; fewer with an error, when one is gone. The caller frees all n places. */
static char **local_files(
	struct folder *f, const uint32_t *uids, size_t n, size_t *found, int *rc, struct err *err)
{
	char **bases = mem_array(n + 1, sizeof(*bases));

	for (*rc = 0, *found = 0; *rc == 0 && *found < n; *found += *rc == 0) {
		bases[*found] = folder_local_file(f, uids[*found], err);
		*rc = bases[*found] ? 0 : -1;
	}
	return bases;
}

static int copy_local(
	struct folder *f, struct folder *target, char *const *bases, size_t n, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct str new_base = STR_INIT;

		rc = maildir_copy(f->box.dir, bases[i], target->box.dir, &new_base, err);
		str_done(&new_base);
	}
	return rc;
}

static int move_local(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	bool copy, struct err *err)
{
	const char *notes = f->account->setup ? f->account->setup->data_dir : NULL;
	size_t found, moved = 0;
	struct undo *undo;
	struct err why = {0};
	int rc, last;
	char **bases = local_files(f, uids, n, &found, &last, err);

	rc = copy ? copy_local(f, target, bases, found, &why)
		  : maildir_move_many(
			    notes, f->box.dir, bases, found, target->box.dir, &moved, &why);
	if (rc != 0)
		*err = why;
	for (size_t i = moved; i < found; i++)
		MEM_FREE(bases[i]);
	if (copy) {
		free(bases);
	} else {
		undo = undo_begin(f->account);
		undo_add_local(undo, f, target, uids, bases, n);
		undo_commit(undo);
	}
	folder_look(f);
	if (target->cache)
		folder_look(target);
	folder_send_folders(f->account);
	return rc != 0 ? rc : last;
}

int change_move(
	struct folder *f, struct folder *target, const uint32_t *uids, size_t n, struct err *err)
{
	return f->local ? move_local(f, target, uids, n, false, err)
			: move_on_server(f, target, uids, n, OP_MOVE, err);
}

static int remove_local(struct folder *f, const uint32_t *uids, size_t n, struct err *err)
{
	int rc = removal_note(f, uids, n, err), last = 0;
	size_t found = 0;
	char **bases = rc == 0 ? local_files(f, uids, n, &found, &last, err) : NULL;

	if (rc == 0)
		rc = maildir_remove_many(f->box.dir, bases, found, err);
	for (size_t i = 0; i < found; i++)
		free(bases[i]);
	free(bases);
	folder_look(f);
	folder_send_folders(f->account);
	return rc != 0 ? rc : last;
}

int change_remove(struct folder *f, const uint32_t *uids, size_t n, struct err *err)
{
	return remove_local(f, uids, n, err);
}

static uint32_t uidvalidity_of(struct folder *f)
{
	uint32_t validity = 0;

	if (folder_try(f)) {
		validity = cache_meta(f->cache)->uidvalidity;
		folder_unuse(f);
	}
	return validity;
}

/* Copies that are delivered together: the disk is waited for once. */
struct batch_in {
	struct maildir_mail mails[MAILDIR_MANY];
	struct str bytes[MAILDIR_MANY];
	char *keywords[MAILDIR_MANY]; /* owned */
	size_t n, octets;
};

static int deliver_batch(struct batch_in *b, const char *dir, struct err *err)
{
	int rc = 0;

	maildir_deliver_many(dir, b->mails, b->n);
	for (size_t i = 0; i < b->n; i++) {
		if (!b->mails[i].base.len && rc == 0) {
			*err = b->mails[i].err;
			rc = -1;
		}
		str_done(&b->bytes[i]);
		str_done(&b->mails[i].base);
		free(b->keywords[i]);
	}
	b->n = b->octets = 0;
	return rc;
}

static struct bodies_key body_of(struct folder *f, uint32_t uid)
{
	struct folder *from = waiting_origin(f, &uid);

	return (struct bodies_key){from->name, uidvalidity_of(from), uid};
}

static int add_to_batch(struct batch_in *b, struct folder *f, uint32_t uid, struct err *err)
{
	struct bodies_key key = body_of(f, uid);
	struct str *bytes = &b->bytes[b->n];

	*bytes = (struct str)STR_INIT;
	if (bodies_get(f->account->bodies, &key, "eml", bytes, err) != 0) {
		str_done(bytes);
		return -1;
	}
	b->keywords[b->n] = mem_strdup(marks_of(f, uid).keywords);
	b->mails[b->n] = (struct maildir_mail){.p = str_c(bytes),
		.len = bytes->len,
		.flags = change_flags_of(f, uid) & MAIL_SERVER_FLAGS,
		.keywords = b->keywords[b->n]};
	b->octets += bytes->len;
	b->n++;
	return 0;
}

/* All or none, as far as can be known before. */
static int all_are_here(struct folder *f, const uint32_t *uids, size_t n, struct err *err)
{
	size_t missing = 0;

	for (size_t i = 0; i < n; i++) {
		struct bodies_key key = body_of(f, uids[i]);

		missing += !bodies_has(f->account->bodies, &key, "eml");
	}
	return missing ? err_set(err, ERR_GONE,
				 ngettext("%zu message is not wholly here yet, and nothing was "
					  "copied: open it once, then copy",
					 "%zu messages are not wholly here yet, and nothing was "
					 "copied: open them once, then copy",
					 missing),
				 missing)
		       : 0;
}

/* From the server into a local folder: what is here is copied; what is not must be read first. */
static int download(
	struct folder *f, struct folder *target, const uint32_t *uids, size_t n, struct err *err)
{
	enum { BATCH_OCTETS = 4 << 20 };
	struct batch_in *b;
	struct err later = {0};
	int rc = all_are_here(f, uids, n, err);

	if (rc != 0)
		return -1;
	b = mem_alloc(sizeof(*b));
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = add_to_batch(b, f, uids[i], err);
		if (rc == 0 && (b->n == MAILDIR_MANY || b->octets >= BATCH_OCTETS))
			rc = deliver_batch(b, target->box.dir, err);
	}
	if (deliver_batch(b, target->box.dir, rc == 0 ? err : &later) != 0)
		rc = -1;
	if (maildir_sync(target->box.dir, rc == 0 ? err : &later) != 0)
		rc = -1;
	free(b);
	if (target->cache && folder_scan(target, rc == 0 ? err : &later) < 0)
		rc = -1;
	return rc;
}

static int transfer(struct folder *f, struct folder *target, struct store_request *r, bool copy,
	struct err *err)
{
	const uint32_t *uids = r->uids;
	size_t n = r->n;

	if (f == target)
		return copy ? err_set(err, ERR_INPUT, _("The message is in that folder already"))
			    : 0;
	if (copy || !target->local)
		for (size_t i = 0; i < n; i++)
			if (change_flags_of(f, uids[i]) & MAIL_ON_SERVER_ONLY_HEADER)
				return err_set(err, ERR_INPUT,
					_("Only the beginning of this message is here; fetch the "
					  "whole first: :whole"));
	if (f->local && target->local)
		return move_local(f, target, uids, n, copy, err);
	if (!f->local && !target->local)
		return move_on_server(f, target, uids, n, copy ? OP_COPY : OP_MOVE, err);
	if (!copy)
		return err_set(err, ERR_INPUT,
			_("Between the server and local folders messages are copied, not moved: "
			  "use copy"));
	if (!f->local)
		return download(f, target, uids, n, err);
	return upload_request(f, target, r, err);
}

static struct folder *target_of(struct folder *f, const struct store_request *r, struct err *err)
{
	struct folder *target;

	if (f->account->kind == ACCOUNT_PATH) {
		err_set(err, ERR_INPUT,
			_("A folder opened by its path belongs to no account: nothing can be moved "
			  "out of it"));
		return NULL;
	}
	target = folder_by_ui_name(f->account, r->to.folder);
	if (!target)
		err_set(err, ERR_GONE, _("There is no folder %s; make it with :create %s"),
			r->to.folder, r->to.folder);
	return target && folder_may_be_used(target, err) == 0 ? target : NULL;
}

int change_delete(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct folder *f = l->folder;
	struct account *a = f->account;
	struct folder *trash = a->kind == ACCOUNT_PATH ? NULL : folder_for_role(a, ROLE_TRASH, err);
	char *name;

	if (a->kind != ACCOUNT_PATH && !trash)
		return -1;
	if (f == trash || a->kind == ACCOUNT_PATH || f->local != trash->local) {
		str_adds(said, _("Deleted for good"));
		return f->local ? remove_local(f, r->uids, r->n, err)
				: move_on_server(f, NULL, r->uids, r->n, OP_EXPUNGE, err);
	}
	name = folder_label(trash);
	str_addf(said, ngettext("%zu message moved to %s", "%zu messages moved to %s", r->n), r->n,
		name);
	free(name);
	return transfer(f, trash, r, false, err);
}

int change_archive(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct folder *f = l->folder, *archive;
	char *name;

	if (f->account->kind == ACCOUNT_PATH)
		return err_set(err, ERR_INPUT, _("A folder opened by its path has no archive"));
	archive = folder_for_role(f->account, ROLE_ARCHIVE, err);
	if (!archive)
		return -1;
	name = folder_label(archive);
	str_addf(said, ngettext("%zu message archived in %s", "%zu messages archived in %s", r->n),
		r->n, name);
	free(name);
	return transfer(f, archive, r, false, err);
}

int change_transfer(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct folder *f = l->folder, *target = target_of(f, r, err);
	bool copy = r->kind == REQUEST_COPY;
	char *name;

	if (!target)
		return -1;
	name = folder_label(target);
	str_addf(said,
		copy ? ngettext("%zu message copied to %s", "%zu messages copied to %s", r->n)
		     : ngettext("%zu message moved to %s", "%zu messages moved to %s", r->n),
		r->n, name);
	free(name);
	return transfer(f, target, r, copy, err);
}

int change_create(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct op *op;
	char *root, *own;
	bool there;
	int rc;

	own = folder_own_name(a, r->to.folder);
	there = folder_by_ui_name(a, r->to.folder) || folder_by_ui_name(a, own);
	str_addf(said, _("Folder %s made"), own);
	free(own);
	if (there)
		return err_set(err, ERR_INPUT, _("Folder %s is there already"), r->to.folder);
	if (!remote_has_folders(a)) {
		root = file_join(a->setup->data_dir, "mail");
		rc = maildir_create(root, r->to.folder, err);
		free(root);
		folder_list_local(a);
		folder_send_folders(a);
		return rc;
	}
	op = op_new(OP_CREATE);
	free(op->target);
	op->target = folder_own_name(a, r->to.folder);
	rc = journal_add(a->journal, op, err);
	op_free(op);
	if (rc != 0)
		return -1;
	account_pending(a);
	account_replays(a);
	return 0;
}

/* --- taking back --- */

int change_cancel_op(struct store *s, struct store_request *r, struct str *said, struct err *err)
{
	struct account *a = store_account(s, r->account, err);

	/* Of all that waits, nothing can be known of what could not be opened: no reason to fail.
	 */
	if (!a)
		return r->cancel_op.id ? -1 : 0;
	if (r->kind == REQUEST_CANCEL_OP)
		return cancel_ops(a, r->cancel_op.id, said, err);
	pending_forget_refused(a);
	account_pending(a);
	return 0;
}

int change_leave_out_rows(struct folder *f, struct store_request *r, struct err *err)
{
	size_t n = 0;

	if (!f->local || (r->kind == REQUEST_FLAG && r->flag.quiet))
		return 0;
	for (size_t i = 0; i < r->n; i++)
		if (!(change_flags_of(f, r->uids[i]) & MAIL_PLACEHOLDER))
			r->uids[n++] = r->uids[i];
	if (n < r->n && n)
		store_notice(f->account,
			ngettext("%zu message that the server has not given yet is left as it is",
				"%zu messages that the server has not given yet are left as they "
				"are",
				r->n - n),
			r->n - n);
	if (n < r->n && !n)
		return err_set(err, ERR_GONE,
			_("The server has not given this message yet; :whole asks for it now"));
	r->n = n;
	return 0;
}
