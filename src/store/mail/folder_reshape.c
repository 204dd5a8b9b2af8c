/*
 * Folders go, or get other names. A local one at once, on disk. One of the server only by the
 * server: it is asked, and not before it has said yes anything changes here. That needs a
 * connection, for what a folder holds when a wish has waited for days nobody has agreed to.
 *
 * The messages in a folder go with it, for good, as the servers have it (RFC 3501 6.3.4): the
 * person was told how many, and more than that are a reason to ask again. Folders below it stay. A
 * new name is theirs too, and what shows them goes on.
 */
#include "store/mail/folder_reshape.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/maildir.h"
#include "store/mail/account.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_server.h"
#include "store/mail/folder_table.h"
#include "store/mail/folder_tell.h"
#include "store/mail/indexing.h"
#include "store/mail/lanes.h"
#include "store/mail/lists.h"
#include "store/mail/remote.h"
#include "store/mail/removal.h"
#include "store/mail/undo.h"
#include "store/mail/upkeep.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

struct reshape {
	struct reshape *next;
	struct store_request *request; /* owned */
	char *folder;                  /* owned; as in struct folder */
	char *label;                   /* owned; for people */
	char *target, *wire; /* owned; its new name, and that on the server; NULL: it goes */
};

/* "" for the folder itself, "/talaria" for one below it; NULL: another. */
static const char *below(const char *name, const char *folder)
{
	size_t len = strlen(folder);

	if (strncmp(name, folder, len) != 0 || (name[len] && name[len] != '/'))
		return NULL;
	return name + len;
}

int folder_may_be_used(const struct folder *f, struct err *err)
{
	return f->changing ? err_set(err, ERR_BUSY,
				     _("The server is just being asked to delete or rename "
				       "folder %s"),
				     f->name)
			   : 0;
}

/* --- what speaks against it --- */

static size_t count_waiting(const struct account *a, const char *folder, bool and_below)
{
	size_t n = 0;

	for (size_t i = 0; i < journal_count(a->journal); i++) {
		const struct op *op = journal_at(a->journal, i);
		const char *from = below(op->folder, folder), *to = below(op->target, folder);

		n += (from && (and_below || !*from)) || (to && (and_below || !*to));
	}
	return n;
}

static int nothing_waits(struct folder *f, bool and_below, struct err *err)
{
	struct account *a = f->account;
	size_t n;

	if (f->local)
		return 0;
	if (journal_refresh(a->journal, err) < 0)
		return -1;
	n = count_waiting(a, f->name, and_below);
	return n ? err_set(err, ERR_BUSY,
			   ngettext("%zu change that waits is about folder %s: it goes first, "
				    "or is taken back (:pending)",
				   "%zu changes that wait are about folder %s: they go first, or "
				   "are taken back (:pending)",
				   n),
			   n, f->name)
		 : 0;
}

/* An export, say, has it open besides the lists that show it. */
static int nobody_works(struct folder *f, struct err *err)
{
	unsigned shown = 0;

	indexing_leave(f);
	for (const struct list *l = f->account->store->lists; l; l = l->next)
		shown += l->folder == f && !l->asleep;
	return f->uses > shown ? err_set(err, ERR_BUSY,
					 _("Folder %s is just being exported or imported; try "
					   "again when that is "
					   "through"),
					 f->name)
			       : 0;
}

static int is_ours(const struct folder *f, const char *shown, struct err *err)
{
	if (f->local)
		return 0;
	if (!remote_has_folders(f->account))
		return err_set(err, ERR_INPUT,
			_("%s is a folder of the server, which is deleted and renamed by IMAP: "
			  ":protocol imap"),
			shown);
	if (f->life == LIFE_GONE)
		return err_set(err, ERR_GONE,
			_("Folder %s is no longer on the server; the copy here goes when nobody "
			  "looks at it"),
			shown);
	if (f->life != LIFE_THERE && !f->listed)
		return err_set(err, ERR_GONE,
			_("Folder %s is not on the server yet: it is made with the first message"),
			shown);
	return 0;
}

static int has_connection(const struct account *a, struct err *err)
{
	if (lanes_are_open(a))
		return 0;
	if (lanes_are_elsewhere(a))
		return err_set(err, ERR_BUSY,
			_("Another running copy of Talaria is connected for account %s: do it "
			  "there"),
			a->setup->settings->name);
	return err_set(err, ERR_NETWORK,
		_("Account %s is offline: folders of the server are deleted and renamed only with "
		  "a connection (:online)"),
		a->setup->settings->name);
}

static int check(struct folder *f, const char *shown, bool rename, struct err *err)
{
	if (is_ours(f, shown, err) != 0 || folder_may_be_used(f, err) != 0 ||
		nobody_works(f, err) != 0)
		return -1;
	if (f->role == ROLE_INBOX && (rename || f->local != remote_has_folders(f->account)))
		return err_set(err, ERR_INPUT,
			rename ? _("The inbox cannot be renamed")
			       : _("The inbox cannot be deleted"));
	if (!f->local && has_connection(f->account, err) != 0)
		return -1;
	return nothing_waits(f, rename, err);
}

/* --- what follows --- */

/* Who shows it is told, and shows it no more. text: or NULL, where the answer says it all. */
static void close_lists(struct folder *f, const char *text)
{
	struct store *s = f->account->store;

	for (struct list *l = s->lists, *next; l; l = next) {
		next = l->next;
		if (l->folder == f)
			lists_close_why(l, text);
	}
}

void folder_drop(struct folder *f)
{
	struct folder **p = &f->account->folders;

	while (*p != f)
		p = &(*p)->next;
	*p = f->next;
	close_lists(f, NULL); /* of which it shows nothing: it is not in use */
	indexing_leave(f);
	undo_forget_folder(f);
	folder_free(f);
}

/* A folder of the server that is there no more. One that is in use goes with the next list of
 * folders. */
static void retire(struct folder *f)
{
	life_retire(f);
	upkeep_stop(f);
	undo_forget_folder(f);
	indexing_leave(f);
	if (f->uses || f->account->store->work)
		return;
	folder_forget_files(f);
	folder_drop(f);
}

static void tell(struct account *a)
{
	folder_save_table(a);
	folder_send_folders(a);
	account_settles(a);
}

/* --- deleting --- */

/* The local inbox is the root of the tree: by IMAP it shows as Local/INBOX as long as there is
 * something in it. */
static int empty_inbox(struct folder *f, size_t known, struct err *err)
{
	const struct columns *c = cache_columns_view(f->cache);
	size_t n = c->n, k = 0;
	char **bases;
	int rc;

	if (n > known)
		return err_set(err, ERR_BUSY,
			ngettext("Folder %s holds %zu message now; nothing was deleted",
				"Folder %s holds %zu messages now; nothing was deleted", n),
			f->name, n);
	/* Before: what was fetched and is nowhere would never come again by POP3. */
	if (removal_forget(f, err) != 0)
		return -1;
	bases = mem_array(n + 1, sizeof(*bases));
	for (size_t i = 0; i < n; i++) {
		bases[k] = folder_local_file(f, cache_columns_view(f->cache)->uid[i], NULL);
		k += bases[k] != NULL;
	}
	rc = maildir_remove_many(f->box.dir, bases, k, err);
	while (k)
		free(bases[--k]);
	free(bases);
	folder_scan(f, NULL);
	return rc;
}

/* By POP3 the server may be to lose them too (pop3-delete-with-local); by IMAP these are copies
 * of it. */
static void note_all_removed(struct folder *f)
{
	const struct columns *c = cache_columns_view(f->cache);
	uint32_t *uids = mem_dup(c->uid, c->n * sizeof(*uids));
	struct err err = {0};

	if (!remote_has_folders(f->account) && removal_note(f, uids, c->n, &err) != 0)
		store_disk_notice(f->account, "%s", err.text);
	free(uids);
}

static int remove_local(struct folder *f, size_t known, struct err *err)
{
	char *root = file_join(f->account->setup->data_dir, "mail");
	int rc = folder_use(f, err);

	if (rc == 0) {
		if (f->role == ROLE_INBOX)
			rc = empty_inbox(f, known, err);
		else
			rc = maildir_remove_folder(root, f->name, known, err);
		if (rc == 0 && f->role != ROLE_INBOX)
			note_all_removed(f);
		folder_unuse(f);
	}
	free(root);
	return rc;
}

static int delete_local(struct folder *f, size_t known, struct err *err)
{
	struct account *a = f->account;

	if (remove_local(f, known, err) != 0)
		return -1;
	close_lists(f, NULL);
	if (f->role != ROLE_INBOX) {
		undo_forget_folder(f);
		folder_forget_files(f);
	}
	folder_list_local(a);
	folder_send_folders(a);
	return 0;
}

/* --- another name --- */

static bool is_new(struct account *a, const char *name, const char *own, struct err *err)
{
	if (!folder_by_ui_name(a, name) && !folder_by_ui_name(a, own))
		return true;
	err_set(err, ERR_INPUT, _("Folder %s is there already"), name);
	return false;
}

/* As they are here: the server gives a renamed mailbox's messages their numbers again, or says by
 * its UIDVALIDITY that it did not. */
static void carry_rows(struct folder *from, struct folder *to)
{
	enum { SOME = 200 };
	struct cache_meta meta = *cache_meta(from->cache);
	struct summary *rows[SOME], v[SOME], row;
	struct cache_walk w;
	size_t n = 0;
	bool more;

	cache_reset(to->cache, &(struct cache_meta){.uidvalidity = meta.uidvalidity}, NULL);
	cache_walk_start(&w, from->cache, 1);
	do {
		more = cache_walk_next(&w, &row);
		if (more && !(row.flags & MAIL_WAITING))
			rows[n++] = summary_copy(&row);
		if (n == SOME || (!more && n)) {
			for (size_t i = 0; i < n; i++)
				v[i] = *rows[i];
			cache_add(to->cache, v, n, NULL);
			while (n)
				summary_free(rows[--n]);
		}
	} while (more);
	cache_sync(to->cache, NULL);
	cache_set_meta(to->cache, &meta, NULL);
}

static void carry_cache(struct folder *from, struct folder *to)
{
	uint32_t range[1][2];

	if (!folder_was_fetched(from) || folder_use(from, NULL) != 0)
		return;
	if (!cache_damaged(from->cache, range, 1) && folder_use(to, NULL) == 0) {
		carry_rows(from, to);
		to->percent = from->percent;
		folder_unuse(to);
	}
	folder_unuse(from);
	bodies_rename(from->account->bodies, from->name, to->name);
}

static struct folder *renamed_on_server(struct folder *f, const char *name, const char *mailbox)
{
	struct account *a = f->account;
	struct folder *to = folder_find(a, name, false);

	if (!to)
		to = folder_new(a, name, false);
	free(to->mailbox);
	to->mailbox = mem_strdup(mailbox);
	life_renamed(to, f);
	to->counts_known = f->counts_known;
	to->total = f->total;
	to->unread = f->unread;
	carry_cache(f, to);
	return to;
}

static void follow_lists(struct folder *from, struct folder *to)
{
	for (struct list *l = from->account->store->lists; l; l = l->next)
		if (l->folder == from)
			lists_show_in(l, to);
	close_lists(from, _("The folder cannot be shown under its new name")); /* the rest */
}

/* Its wire name begins as that of the folder that was renamed. */
static void rename_entry(struct folder *f, const struct reshape *x, const char *end, size_t was)
{
	struct str name = STR_INIT, mailbox = STR_INIT;
	struct folder *to;

	str_addf(&name, "%s%s", x->target, end);
	str_addf(&mailbox, "%s%s", x->wire, strlen(f->mailbox) > was ? f->mailbox + was : "");
	to = renamed_on_server(f, name.p, mailbox.p);
	follow_lists(f, to);
	if (to->cache)
		folder_ask_sync(to);
	retire(f);
	str_done(&name);
	str_done(&mailbox);
}

static void rename_here(struct account *a, const struct reshape *x)
{
	struct folder *top = folder_find(a, x->folder, false);
	size_t was = top && top->mailbox ? strlen(top->mailbox) : 0;

	for (struct folder *f = a->folders, *next; f; f = next) {
		const char *end =
			f->local || f->life == LIFE_GONE ? NULL : below(f->name, x->folder);

		next = f->next;
		if (end && f->mailbox)
			rename_entry(f, x, end, was);
	}
}

static void follow_local(struct account *a, const char *from, const char *to)
{
	for (struct folder *f = a->folders, *next; f; f = next) {
		const char *end = f->local ? below(f->name, from) : NULL;
		struct folder *now;
		struct str name = STR_INIT;

		next = f->next;
		if (!end)
			continue;
		str_addf(&name, "%s%s", to, end);
		now = folder_find(a, name.p, true);
		str_done(&name);
		if (now)
			follow_lists(f, now);
		undo_forget_folder(f);
		folder_forget_files(f);
	}
}

static int rename_local(struct folder *f, const char *to, struct err *err)
{
	struct account *a = f->account;
	char *root = file_join(a->setup->data_dir, "mail"), *from = mem_strdup(f->name);
	int rc = maildir_rename_folder(a->setup->data_dir, root, from, to, err);

	if (rc == 0) {
		folder_list_local(a);
		follow_local(a, from, to);
		folder_send_folders(a);
	}
	free(from);
	free(root);
	return rc;
}

/* --- by the server --- */

static void set_changing(struct account *a, const struct reshape *x, bool on)
{
	for (struct folder *f = a->folders; f; f = f->next) {
		const char *end = f->local ? NULL : below(f->name, x->folder);

		if (!end || (*end && !x->target))
			continue;
		f->changing = on;
		folder_send_list(f, NULL);
	}
}

static void ask_server(struct folder *f, struct reshape *x, size_t known)
{
	struct account *a = f->account;
	struct job *j = job_new(JOB_MAILBOX);

	j->request = x->request->request;
	j->folder = mem_strdup(x->label); /* for what the person is told */
	j->mailbox = mem_strdup(f->mailbox);
	j->reshape.name = mem_strdup(x->wire);
	j->reshape.known = known;
	j->reshape.holds_messages = f->selectable;
	for (const struct folder *k = a->folders; k; k = k->next)
		if (k != f && !k->local && k->listed && k->mailbox && below(k->name, f->name) &&
			str_starts(k->mailbox, f->mailbox))
			strv_add(&j->reshape.below, k->mailbox);
	x->next = a->reshapes;
	a->reshapes = x;
	set_changing(a, x, true);
	lanes_post(a, LANE_MAIN, j);
}

static struct reshape *reshape_new(const struct folder *f, struct store_request *request)
{
	struct reshape *x = mem_alloc(sizeof(*x));

	x->request = request;
	x->folder = mem_strdup(f->name);
	x->label = folder_label(f);
	return x;
}

static void reshape_free(struct reshape *x)
{
	free(x->folder);
	free(x->label);
	free(x->target);
	free(x->wire);
	free(x);
}

static void failed(struct account *a, const struct reshape *x, const struct err *why, bool unbegun)
{
	struct err err = {0};

	if (why->kind == ERR_BUSY)
		err = *why; /* it says it all */
	else if (!unbegun && (why->kind == ERR_NETWORK || why->kind == ERR_PROTOCOL))
		err_set(&err, why->kind,
			x->target ? _("Whether folder %s was renamed the list of folders will "
				      "show; the connection ended: %s")
				  : _("Whether folder %s was deleted the list of folders will "
				      "show; the connection ended: %s"),
			x->label, why->text);
	else
		err_set(&err, why->kind,
			x->target ? _("Folder %s was not renamed: %s")
				  : _("Folder %s was not deleted: %s"),
			x->label, why->text);
	set_changing(a, x, false);
	answer_failed(a->store, x->request, &err);
}

static void deleted_text(struct str *out, const char *label)
{
	str_addf(out, _("Folder %s deleted"), label);
}

static void renamed_text(struct str *out, const char *label, const char *to)
{
	str_addf(out, _("Folder %s is %s now"), label, to);
}

static void done(struct account *a, const struct reshape *x)
{
	struct folder *f = folder_find(a, x->folder, false);
	struct str text = STR_INIT;

	if (x->target) {
		renamed_text(&text, x->label, x->target);
		rename_here(a, x);
	} else {
		deleted_text(&text, x->label);
		if (f) {
			close_lists(f, NULL);
			retire(f);
		}
	}
	tell(a);
	answer_done(a->store, x->request, text.p);
	str_done(&text);
}

static struct reshape *take(struct account *a, unsigned request)
{
	for (struct reshape **p = &a->reshapes; *p; p = &(*p)->next)
		if ((*p)->request->request == request) {
			struct reshape *x = *p;

			*p = x->next;
			return x;
		}
	return NULL;
}

void folder_reshaped(struct account *a, struct result *r)
{
	struct reshape *x = take(a, r->request);

	if (!x)
		return;
	if (r->err.kind == ERR_NONE)
		done(a, x);
	else
		failed(a, x, &r->err, r->unbegun);
	reshape_free(x);
	/* What became of it, of those below it, and how many messages there are. */
	lanes_post(a, LANE_MAIN, job_new(JOB_LIST));
}

void folder_reshape_forget(struct account *a, const struct err *why)
{
	while (a->reshapes) {
		struct reshape *x = a->reshapes;

		a->reshapes = x->next;
		failed(a, x, why, false);
		reshape_free(x);
	}
}

/* --- asking --- */

static bool has_below(const struct folder *f)
{
	for (const struct folder *k = f->account->folders; k; k = k->next)
		if (k != f && k->local == f->local && k->life != LIFE_GONE && !k->box.vanished &&
			below(k->name, f->name))
			return true;
	return false;
}

static struct folder *folder_of(struct account *a, const struct store_request *r, struct err *err)
{
	struct folder *f = folder_by_ui_name(a, r->reshape.folder);

	if (!f)
		err_set(err, ERR_GONE, _("There is no folder %s in account %s"), r->reshape.folder,
			a->setup->settings->name);
	return f;
}

int reshape_delete(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct folder *f = folder_of(a, r, err);
	char *label;

	if (!f || check(f, r->reshape.folder, false, err) != 0)
		return -1;
	if (!f->selectable && has_below(f))
		return err_set(err, ERR_INPUT,
			_("%s holds only other folders, and goes with the last of them"),
			r->reshape.folder);
	label = folder_label(f);
	deleted_text(said, label);
	free(label);
	if (f->local)
		return delete_local(f, r->reshape.known, err);
	ask_server(f, reshape_new(f, r), r->reshape.known);
	return REQUEST_TAKEN;
}

/* A local folder's name as people see it may begin with "Local/". */
static const char *bare_name(const struct folder *f, const char *shown, const char *to)
{
	size_t prefix = strlen(shown) - strlen(f->name);

	return strncmp(shown, to, prefix) == 0 ? to + prefix : NULL;
}

int reshape_rename(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct folder *f = folder_of(a, r, err);
	struct reshape *x;
	const char *bare;
	char *own, *label;

	if (!f || check(f, r->reshape.folder, true, err) != 0)
		return -1;
	bare = bare_name(f, r->reshape.folder, r->reshape.name);
	if (!bare || !*bare)
		return err_set(err, ERR_INPUT,
			_("%s is a local folder: its new name begins with Local/, too"),
			r->reshape.folder);
	own = f->local ? mem_strdup(bare) : folder_own_name(a, bare);
	label = folder_label(f);
	renamed_text(said, label, r->reshape.name);
	free(label);
	if (below(own, f->name) ||
		!is_new(a, r->reshape.name, f->local ? r->reshape.name : own, err)) {
		int rc = !below(own, f->name) ? -1
			 : strcmp(own, f->name) == 0
				 ? err_set(err, ERR_INPUT, _("That is its name already"))
				 : err_set(err, ERR_INPUT, _("A folder cannot go below itself"));

		free(own);
		return rc;
	}
	if (f->local) {
		int rc = rename_local(f, own, err);

		free(own);
		return rc;
	}
	x = reshape_new(f, r);
	x->target = own;
	x->wire = folder_wire_name(a, own);
	ask_server(f, x, 0);
	return REQUEST_TAKEN;
}
