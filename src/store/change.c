/*
 * Changes a person makes: durable first (the journal, or the Maildir itself), then shown, then
 * replayed on the server. A refusal is taken back by asking the server for the truth.
 */
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/localbox.h"
#include "store/maildir.h"
#include "store/store_priv.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { UNDO_MAX = 50 };

/* --- undo --- */

static void undo_free(struct undo *u)
{
	for (size_t i = 0; i < u->n; i++) {
		if (u->rows)
			summary_free(u->rows[i]);
		if (u->bases)
			free(u->bases[i]);
	}
	free(u->uids);
	free(u->flags);
	free(u->rows);
	free(u->bases);
	free(u->moved_uids);
	free(u->text);
	free(u);
}

void change_forget_undo(struct store *s)
{
	while (s->undo) {
		struct undo *u = s->undo;

		s->undo = u->next;
		undo_free(u);
	}
}

static struct undo *remember(struct folder *f, struct folder *target, enum request_kind kind,
	const uint32_t *uids, size_t n)
{
	struct store *s = f->account->store;
	struct undo *u = mem_alloc(sizeof(*u)), **p = &s->undo;
	int depth = 0;

	u->account = f->account;
	u->kind = kind;
	u->folder = f;
	u->target = target;
	u->uids = mem_dup(uids, n * sizeof(*uids));
	u->n = n;
	u->next = s->undo;
	s->undo = u;
	while (*p && ++depth <= UNDO_MAX)
		p = &(*p)->next;
	while (*p) {
		struct undo *old = *p;

		*p = old->next;
		undo_free(old);
	}
	return u;
}

/* --- flags --- */

static uint32_t flag_of(struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return at < 0 ? 0 : c->flags[at];
}

static uint32_t *flags_now(struct folder *f, const uint32_t *uids, size_t n)
{
	uint32_t *flags = mem_array(n, sizeof(*flags));

	for (size_t i = 0; i < n; i++)
		flags[i] = flag_of(f, uids[i]);
	return flags;
}

static int local_flags(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear,
	uint32_t set, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t wanted = (flag_of(f, uids[i]) & ~clear) | set;
		char *base = folder_local_file(f, uids[i], err);
		int rc = base ? maildir_set_flags(f->dir, base, wanted & MAIL_SERVER_FLAGS, err)
			      : -1;

		free(base);
		if (rc != 0)
			return -1;
		cache_set_flags(f->cache, uids[i], clear, set, NULL, NULL);
	}
	f->stamp = localbox_stamp(f->dir); /* our own change needs no new scan */
	return 0;
}

static int add_op(struct folder *f, struct op *op, uint64_t *id, struct err *err)
{
	struct account *a = f->account;
	int rc = journal_add(a->journal, op, err);

	*id = op->id;
	op_free(op);
	if (rc == 0) {
		replay_is_fresh(a, *id);
		account_pending(a);
	}
	return rc;
}

static struct op *op_for(struct folder *f, enum op_kind kind, const uint32_t *uids, size_t n)
{
	struct op *op = op_new(kind);

	free(op->folder);
	op->folder = mem_strdup(f->name);
	op->uidvalidity = cache_meta(f->cache)->uidvalidity;
	op->uids = mem_dup(uids, n * sizeof(*uids));
	op->n = n;
	return op;
}

static void set_text(struct op *op, char *text)
{
	free(op->text);
	op->text = text;
}

static char *count_text(const char *one, const char *many, size_t n, const char *folder)
{
	struct str s = STR_INIT;

	str_addf(&s, n == 1 ? one : many, n);
	if (folder)
		str_addf(&s, ": %s", folder);
	return str_steal(&s);
}

static int server_flags(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear,
	uint32_t set, uint64_t *id, struct err *err)
{
	struct op *op;

	if (n > JOURNAL_MAX_UIDS)
		return server_flags(f, uids, JOURNAL_MAX_UIDS, clear, set, id, err) != 0
			       ? -1
			       : server_flags(f, uids + JOURNAL_MAX_UIDS, n - JOURNAL_MAX_UIDS,
					 clear, set, id, err);
	op = op_for(f, OP_FLAGS, uids, n);
	op->set = set & MAIL_SERVER_FLAGS;
	op->clear = clear & MAIL_SERVER_FLAGS;
	set_text(op,
		count_text(
			ngettext("Change marks of %zu message", "Change marks of %zu messages", n),
			ngettext("Change marks of %zu message", "Change marks of %zu messages", n),
			n, f->name));
	if (add_op(f, op, id, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		cache_set_flags(f->cache, uids[i], clear, set, NULL, NULL);
	return 0;
}

static int set_flags(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear, uint32_t set,
	uint64_t *id, struct err *err)
{
	struct account *a = f->account;
	int rc;

	*id = 0;
	if (f->local)
		rc = local_flags(f, uids, n, clear, set, err);
	else
		rc = server_flags(f, uids, n, clear, set, id, err);
	folder_send_changes(f, uids, n, NULL, 0);
	if (rc == 0)
		replay_next(a);
	return rc;
}

int change_flags(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear, uint32_t set,
	struct err *err)
{
	uint64_t id;

	return set_flags(f, uids, n, clear, set, &id, err);
}

/* Only the messages that really change, so that nothing is sent for a mark that is set already. */
static size_t only_changing(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear,
	uint32_t set, uint32_t *out)
{
	uint32_t *flags = flags_now(f, uids, n);
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		if (((flags[i] & ~clear) | set) != flags[i])
			out[used++] = uids[i];
	free(flags);
	return used;
}

static int request_flags(struct store *s, struct folder *f, const struct store_request *r,
	struct str *said, struct err *err)
{
	uint32_t *uids = mem_array(r->n, sizeof(*uids));
	size_t n = only_changing(f, r->uids, r->n, r->clear, r->set, uids);
	int rc = 0;

	(void)s;
	(void)said;
	if (n) {
		uint32_t *before = flags_now(f, uids, n);
		uint64_t id;

		rc = set_flags(f, uids, n, r->clear, r->set, &id, err);
		/* Marking read by opening is not something to undo. */
		if (rc == 0 && r->set != MAIL_SEEN) {
			struct undo *u = remember(f, NULL, REQUEST_FLAG, uids, n);

			u->flags = before;
			before = NULL;
			u->text = mem_strdup(_("Marks restored"));
		}
		free(before);
	}
	free(uids);
	return rc;
}

/* --- move, copy, delete --- */

static struct summary **take_rows(struct folder *f, const uint32_t *uids, size_t n)
{
	struct summary **rows = mem_array(n, sizeof(*rows));

	for (size_t i = 0; i < n; i++) {
		struct summary s;

		rows[i] = cache_get(f->cache, uids[i], &s) == 0 ? summary_copy(&s) : NULL;
	}
	return rows;
}

static void leave_folder(struct folder *f, const uint32_t *uids, size_t n)
{
	cache_remove(f->cache, uids, n, NULL);
	folder_send_changes(f, NULL, 0, uids, n);
	folder_send_folders(f->account);
}

static int move_on_server(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	enum op_kind kind, struct err *err)
{
	struct op *op;
	struct undo *u;
	struct summary **rows;
	uint64_t id;

	if (n > JOURNAL_MAX_UIDS)
		return move_on_server(f, target, uids, JOURNAL_MAX_UIDS, kind, err) != 0
			       ? -1
			       : move_on_server(f, target, uids + JOURNAL_MAX_UIDS,
					 n - JOURNAL_MAX_UIDS, kind, err);
	op = op_for(f, kind, uids, n);
	if (target) {
		free(op->target);
		op->target = mem_strdup(target->name);
	}
	if (n == 1) {
		struct summary s;

		free(op->message_id);
		op->message_id =
			mem_strdup(cache_get(f->cache, uids[0], &s) == 0 ? s.message_id : "");
	}
	if (kind == OP_EXPUNGE)
		set_text(op,
			count_text(_("Delete %zu message"), _("Delete %zu messages"), n, f->name));
	else if (kind == OP_COPY)
		set_text(op,
			count_text(_("Copy %zu message"), _("Copy %zu messages"), n, target->name));
	else
		set_text(op,
			count_text(_("Move %zu message"), _("Move %zu messages"), n, target->name));
	rows = take_rows(f, uids, n);
	if (add_op(f, op, &id, err) != 0) {
		for (size_t i = 0; i < n; i++)
			summary_free(rows[i]);
		free(rows);
		return -1;
	}
	u = remember(f, target, kind == OP_COPY ? REQUEST_COPY : REQUEST_MOVE, uids, n);
	u->rows = rows;
	u->op_id = id;
	if (kind != OP_COPY)
		leave_folder(f, uids, n);
	replay_next(f->account);
	return 0;
}

static int move_local(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	bool copy, struct err *err)
{
	struct undo *u = NULL;
	int rc = 0;

	if (!copy) {
		u = remember(f, target, REQUEST_MOVE, uids, n);
		u->bases = mem_array(n, sizeof(*u->bases));
		u->done = true;
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		char *base = folder_local_file(f, uids[i], err);
		struct str new_base = STR_INIT;

		if (!base)
			rc = -1;
		else if (copy)
			rc = maildir_copy(f->dir, base, target->dir, &new_base, err);
		else
			rc = maildir_move(f->dir, base, target->dir, err);
		str_done(&new_base);
		if (u && rc == 0)
			u->bases[i] = base;
		else
			free(base);
	}
	folder_scan(f, NULL);
	if (target->cache)
		folder_scan(target, NULL);
	folder_send_folders(f->account);
	return rc;
}

static int remove_local(struct folder *f, const uint32_t *uids, size_t n, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		char *base = folder_local_file(f, uids[i], err);

		rc = base ? maildir_remove(f->dir, base, err) : -1;
		free(base);
	}
	folder_scan(f, NULL);
	folder_send_folders(f->account);
	return rc;
}

int change_upload(struct folder *target, const struct str *message, uint32_t flags,
	uint32_t received, const char *message_id, struct err *err)
{
	struct account *a = target->account;
	struct op *op = op_new(OP_APPEND);
	char token[17], *dir = file_join(a->setup->data_dir, "append"), *path;
	struct timespec times[2] = {{.tv_sec = received}, {.tv_sec = received}};
	uint64_t id;
	int rc;

	hash_random_token(token, 16);
	free(op->file);
	op->file = mem_strdup(token);
	path = file_join(dir, token);
	free(op->target);
	op->target = mem_strdup(target->name);
	free(op->message_id);
	op->message_id = mem_strdup(message_id);
	op->set = flags & MAIL_SERVER_FLAGS;
	set_text(op, count_text(_("Copy %zu message to the server"),
			     _("Copy %zu messages to the server"), 1, target->name));
	rc = file_replace(path, str_c(message), message->len, 0600, err);
	if (rc == 0 && received) /* the date that the server is told (replay.c) */
		utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
	if (rc == 0)
		rc = add_op(target, op, &id, err);
	else
		op_free(op);
	free(dir);
	free(path);
	if (rc == 0)
		replay_next(a);
	return rc;
}

/* From a local folder up to the server: each message becomes an APPEND, and leaves only when that
 * is confirmed (for a copy: stays). */
static int upload(
	struct folder *f, struct folder *target, const uint32_t *uids, size_t n, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct str bytes = STR_INIT;
		struct summary s;

		if (cache_get(f->cache, uids[i], &s) != 0)
			continue;
		rc = localbox_read(f->dir, s.file, 512 << 20, &bytes, err);
		if (rc == 0) {
			/* The row's strings last until the cache is used again. */
			char *message_id = mem_strdup(s.message_id);

			rc = change_upload(
				target, &bytes, flag_of(f, uids[i]), s.received, message_id, err);
			free(message_id);
		}
		str_done(&bytes);
	}
	return rc;
}

/* From the server into a local folder: what is here is copied; what is not must be read first. */
static int download(
	struct folder *f, struct folder *target, const uint32_t *uids, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct str bytes = STR_INIT;
		struct bodies_key key = {f->name, cache_meta(f->cache)->uidvalidity, uids[i]};
		struct str base = STR_INIT;
		int rc = bodies_get(f->account->bodies, &key, "eml", &bytes, err);

		if (rc != 0)
			err_set(err, ERR_GONE,
				_("The whole message is not here yet: open it once, then copy it"));
		if (rc == 0)
			rc = maildir_deliver(target->dir, bytes.p, bytes.len,
				flag_of(f, uids[i]) & MAIL_SERVER_FLAGS, NULL, &base, err);
		if (rc == 0)
			rc = maildir_sync(target->dir, err);
		str_done(&bytes);
		str_done(&base);
		if (rc != 0)
			return -1;
	}
	if (target->cache)
		folder_scan(target, NULL);
	return 0;
}

static int transfer(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	bool copy, struct err *err)
{
	if (f == target)
		return copy ? err_set(err, ERR_INPUT, _("The message is in that folder already"))
			    : 0;
	if (f->account->is_path)
		return err_set(err, ERR_INPUT,
			_("A folder opened by its path belongs to no account: nothing can be moved "
			  "out of it"));
	if (f->local && target->local)
		return move_local(f, target, uids, n, copy, err);
	if (!f->local && !target->local)
		return move_on_server(f, target, uids, n, copy ? OP_COPY : OP_MOVE, err);
	if (!copy)
		return err_set(err, ERR_INPUT,
			_("Between the server and local folders messages are copied, not moved: "
			  "use copy"));
	return f->local ? upload(f, target, uids, n, err) : download(f, target, uids, n, err);
}

static struct folder *target_of(struct folder *f, const struct store_request *r, struct err *err)
{
	struct account *a = f->account;
	struct folder *target = a->is_path ? NULL : folder_by_ui_name(a, r->folder);

	if (!target)
		err_set(err, ERR_GONE, _("There is no folder %s; make it with :create %s"),
			r->folder, r->folder);
	return target;
}

static int request_delete(
	struct folder *f, const struct store_request *r, struct str *said, struct err *err)
{
	struct account *a = f->account;
	struct folder *trash = a->is_path ? NULL : folder_for_role(a, ROLE_TRASH, err);
	char *name;

	if (!a->is_path && !trash)
		return -1;
	if (f == trash || a->is_path || f->local != trash->local) {
		str_adds(said, _("Deleted for good"));
		return f->local ? remove_local(f, r->uids, r->n, err)
				: move_on_server(f, NULL, r->uids, r->n, OP_EXPUNGE, err);
	}
	name = folder_ui_name(trash);
	str_addf(said, ngettext("%zu message moved to %s", "%zu messages moved to %s", r->n), r->n,
		name);
	free(name);
	return transfer(f, trash, r->uids, r->n, false, err);
}

static int request_archive(
	struct folder *f, const struct store_request *r, struct str *said, struct err *err)
{
	struct folder *archive =
		f->account->is_path ? NULL : folder_for_role(f->account, ROLE_ARCHIVE, err);

	if (!archive)
		return f->account->is_path
			       ? err_set(err, ERR_INPUT,
					 _("A folder opened by its path has no archive"))
			       : -1;
	str_addf(said, ngettext("%zu message archived in %s", "%zu messages archived in %s", r->n),
		r->n, archive->name);
	return transfer(f, archive, r->uids, r->n, false, err);
}

static int request_transfer(
	struct folder *f, const struct store_request *r, struct str *said, struct err *err)
{
	struct folder *target = target_of(f, r, err);
	bool copy = r->kind == REQUEST_COPY;

	if (!target)
		return -1;
	str_addf(said,
		copy ? ngettext("%zu message copied to %s", "%zu messages copied to %s", r->n)
		     : ngettext("%zu message moved to %s", "%zu messages moved to %s", r->n),
		r->n, r->folder);
	return transfer(f, target, r->uids, r->n, copy, err);
}

static int request_create(
	struct store *s, const struct store_request *r, struct str *said, struct err *err)
{
	struct account *a = store_account_at(s, r->account);
	struct op *op;
	uint64_t id;
	char *root;
	int rc;

	if (!a)
		return err_set(err, ERR_INPUT, _("There is no such account"));
	if (folder_by_ui_name(a, r->folder))
		return err_set(err, ERR_INPUT, _("Folder %s is there already"), r->folder);
	str_addf(said, _("Folder %s made"), r->folder);
	if (!account_is_server(a)) {
		root = file_join(a->setup->data_dir, "mail");
		rc = maildir_create(root, r->folder, err);
		free(root);
		folder_list_local(a);
		folder_send_folders(a);
		return rc;
	}
	op = op_new(OP_CREATE);
	free(op->target);
	op->target = mem_strdup(r->folder);
	set_text(op, count_text(_("Make folder"), _("Make folder"), 1, r->folder));
	rc = journal_add(a->journal, op, err);
	id = op->id;
	op_free(op);
	if (rc != 0)
		return -1;
	account_pending(a);
	replay_is_fresh(a, id);
	replay_next(a);
	return 0;
}

/* --- taking back --- */

static void put_back(struct undo *u)
{
	struct summary *rows = mem_array(u->n, sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < u->n; i++)
		if (u->rows[i])
			rows[n++] = *u->rows[i];
	cache_add(u->folder->cache, rows, n, NULL);
	folder_send_changes(u->folder, u->uids, u->n, NULL, 0);
	folder_send_folders(u->account);
	free(rows);
}

static int undo_flags(struct undo *u, struct err *err)
{
	for (size_t i = 0; i < u->n; i++) {
		uint32_t was = u->flags[i] & MAIL_SERVER_FLAGS;
		uint32_t is = flag_of(u->folder, u->uids[i]) & MAIL_SERVER_FLAGS;

		if (was != is &&
			change_flags(u->folder, &u->uids[i], 1, is & ~was, was & ~is, err) != 0)
			return -1;
	}
	return 0;
}

static int undo_local_move(struct undo *u, struct err *err)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->bases[i] &&
			maildir_move(u->target->dir, u->bases[i], u->folder->dir, err) != 0)
			return -1;
	folder_scan(u->folder, NULL);
	if (u->target->cache)
		folder_scan(u->target, NULL);
	folder_send_folders(u->account);
	return 0;
}

static size_t parse_set(const char *set, uint32_t **out)
{
	size_t n = 0, cap = 0;

	*out = NULL;
	while (*set) {
		char *end;
		unsigned long a = strtoul(set, &end, 10), b = a;

		if (end == set)
			break;
		if (*end == ':')
			b = strtoul(end + 1, &end, 10);
		if (b < a || b - a > 100000)
			break;
		for (; a <= b; a++) {
			*out = mem_grow(*out, &cap, n + 1, sizeof(**out));
			(*out)[n++] = (uint32_t)a;
		}
		set = *end == ',' ? end + 1 : end;
		if (*end && *end != ',')
			break;
	}
	return n;
}

/* The server has moved them: they are moved back by the UIDs it gave (COPYUID, RFC 4315). */
static int undo_done_move(struct undo *u, struct err *err)
{
	struct op *op;
	uint64_t id;
	uint32_t *uids;
	size_t n;

	if (!u->moved_uids || !u->moved_uidvalidity)
		return err_set(err, ERR_REFUSED,
			_("The server did not say where the messages went: look in %s"),
			u->target ? u->target->name : "?");
	n = parse_set(u->moved_uids, &uids);
	op = op_new(OP_MOVE);
	free(op->folder);
	op->folder = mem_strdup(u->target->name);
	free(op->target);
	op->target = mem_strdup(u->folder->name);
	op->uidvalidity = u->moved_uidvalidity;
	op->uids = mem_dup(uids, n * sizeof(*uids));
	op->n = n;
	set_text(op, count_text(_("Move back %zu message"), _("Move back %zu messages"), n,
			     u->folder->name));
	if (add_op(u->folder, op, &id, err) != 0) {
		free(uids);
		return -1;
	}
	if (u->target->cache) {
		cache_remove(u->target->cache, uids, n, NULL);
		folder_send_list(u->target, NULL);
	}
	free(uids);
	replay_next(u->account);
	return 0;
}

static int undo_move(struct undo *u, struct err *err)
{
	const struct op *op = u->op_id ? journal_find(u->account->journal, u->op_id) : NULL;

	if (u->folder->local)
		return undo_local_move(u, err);
	if (u->kind == REQUEST_COPY)
		return err_set(err, ERR_INPUT, _("A copy is not taken back: delete it in %s"),
			u->target->name);
	if (u->done)
		return undo_done_move(u, err);
	if (!op || op->state == OP_SENT || u->account->sync)
		return err_set(err, ERR_BUSY,
			_("The server is at it just now: undo once more in a moment"));
	if (journal_done(u->account->journal, u->op_id, err) != 0)
		return -1;
	account_pending(u->account);
	put_back(u);
	return 0;
}

static int request_undo(struct store *s, struct str *said, struct err *err)
{
	struct undo *u = s->undo;
	int rc;

	if (!u)
		return err_set(err, ERR_INPUT, _("There is nothing to undo"));
	if (folder_use(u->folder, err) != 0)
		return -1;
	rc = u->kind == REQUEST_FLAG ? undo_flags(u, err) : undo_move(u, err);
	str_adds(said, _("Undone"));
	folder_unuse(u->folder);
	/* The undo of an undo is not kept: what it changed itself was pushed on top. */
	if (rc == 0) {
		for (struct undo **p = &s->undo; *p; p = &(*p)->next)
			if (*p == u) {
				*p = u->next;
				undo_free(u);
				break;
			}
	}
	return rc;
}

static int request_cancel_op(
	struct store *s, const struct store_request *r, struct str *said, struct err *err)
{
	struct account *a = store_account_at(s, r->account);
	const struct op *op = a ? journal_find(a->journal, r->op_id) : NULL;
	struct folder *f;

	if (!op)
		return err_set(err, ERR_GONE, _("That operation is through already"));
	f = *op->folder ? folder_find(a, op->folder, false) : NULL;
	if (journal_done(a->journal, r->op_id, err) != 0)
		return -1;
	str_adds(said, _("Cancelled"));
	account_pending(a);
	if (f)
		folder_distrust(f);
	return 0;
}

void change_request(struct store *s, struct store_request *r)
{
	struct list *l = store_list(s, r->list);
	struct str said = STR_INIT;
	struct err err = {0};
	int rc = store_may_change(s, &err);

	if (rc == 0 && !l && r->kind != REQUEST_CREATE && r->kind != REQUEST_UNDO &&
		r->kind != REQUEST_CANCEL_OP)
		rc = err_set(&err, ERR_GONE, _("The folder is no longer open"));
	if (rc == 0 && l && r->kind != REQUEST_COPY && folder_is_read_only(l->folder))
		rc = err_set(&err, ERR_INPUT, _("This folder can only be read here"));
	if (rc == 0)
		switch (r->kind) {
		case REQUEST_FLAG:
			rc = request_flags(s, l->folder, r, &said, &err);
			break;
		case REQUEST_DELETE:
			rc = request_delete(l->folder, r, &said, &err);
			break;
		case REQUEST_ARCHIVE:
			rc = request_archive(l->folder, r, &said, &err);
			break;
		case REQUEST_CREATE:
			rc = request_create(s, r, &said, &err);
			break;
		case REQUEST_UNDO:
			rc = request_undo(s, &said, &err);
			break;
		case REQUEST_CANCEL_OP:
			rc = request_cancel_op(s, r, &said, &err);
			break;
		default:
			rc = request_transfer(l->folder, r, &said, &err);
			break;
		}
	if (rc == 0)
		store_done(s, r, said.len ? said.p : NULL);
	else
		store_failed(s, r->request, &err);
	str_done(&said);
}
