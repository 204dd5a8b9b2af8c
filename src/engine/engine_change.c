/* What changes messages and folders: marks, moves, whole folders in and out, and what of it waits
 * for a server. */
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/engine_priv.h"
#include "store/disk/keywords.h"

#include <stdlib.h>
#include <string.h>

static void fill_marks(struct store_request *r, struct asked *a, const void *what)
{
	(void)a;
	r->flag = *(const struct request_flag *)what;
}

unsigned engine_change_marks(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n,
	unsigned clear, unsigned set, bool quiet)
{
	const struct request_flag marks = {clear, set, quiet};

	msglist_change_flags(l, uids, n, clear, set);
	return engine_ask_each(e, REQUEST_FLAG, l, uids, n, fill_marks, &marks);
}

unsigned engine_flag(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n,
	unsigned clear, unsigned set)
{
	clear &= ~set; /* sent as two commands: what both named would end taken away */
	return engine_change_marks(e, l, uids, n, clear, set, false);
}

static void fill_keywords(struct store_request *r, struct asked *a, const void *what)
{
	const char *const *words = what;

	(void)a;
	r->keywords.clear = mem_strdup(words[0]);
	r->keywords.set = mem_strdup(words[1]);
}

unsigned engine_keywords(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n,
	const char *clear, const char *set)
{
	const char *const words[] = {clear, set};

	if (keywords_check(set, NULL) == 0 && !e->options.read_only)
		msglist_change_keywords(l, uids, n, clear, set);
	return engine_ask_each(e, REQUEST_KEYWORDS, l, uids, n, fill_keywords, words);
}

static void fill_folder(struct store_request *r, struct asked *a, const void *folder)
{
	(void)a;
	r->to.folder = mem_strdup(folder);
}

static const struct store_folder_info *folder_of(
	const struct engine *e, int account, const char *name)
{
	const struct account_model *m = account >= 0 ? &e->accounts[account] : NULL;

	for (size_t i = 0; m && i < m->nfolders; i++)
		if (strcmp(m->folders[i].name, name) == 0)
			return &m->folders[i];
	return NULL;
}

/* Whether messages of the source will not be there any more: between a server and this machine they
 * are copied, and stay. folder: where they go, NULL: where they are deleted to, or kept. */
static bool leaves(const struct engine *e, const struct source *s, const char *folder)
{
	const struct store_folder_info *from = folder_of(e, s->account, s->folder),
				       *to = folder ? folder_of(e, s->account, folder) : from;

	if (e->options.read_only || s->read_only || s->closed)
		return false;
	return !folder || (from && to && from != to && from->local == to->local);
}

/* They leave the list at once; what the store does not confirm comes back with its answer. */
static unsigned take_away(struct engine *e, enum request_kind kind, struct msglist *l,
	const uint32_t *uids, size_t n, const char *folder)
{
	unsigned request = engine_ask_each(e, kind, l, uids, n, fill_folder, folder);
	uint32_t *gone = mem_array(n, sizeof(*gone));
	size_t ngone = 0;

	for (size_t i = 0; i < n; i++) {
		size_t source;
		uint32_t uid;

		if (msglist_source_of(l, uids[i], &source, &uid) &&
			leaves(e, &l->sources[source], folder))
			gone[ngone++] = uids[i];
	}
	if (ngone)
		msglist_hide(l, request, gone, ngone);
	free(gone);
	return request;
}

unsigned engine_move(
	struct engine *e, struct msglist *l, const uint32_t *uids, size_t n, const char *folder)
{
	return take_away(e, REQUEST_MOVE, l, uids, n, folder);
}

unsigned engine_copy(
	struct engine *e, struct msglist *l, const uint32_t *uids, size_t n, const char *folder)
{
	return engine_ask_each(e, REQUEST_COPY, l, uids, n, fill_folder, folder);
}

unsigned engine_delete(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n)
{
	return take_away(e, REQUEST_DELETE, l, uids, n, NULL);
}

unsigned engine_archive(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n)
{
	return take_away(e, REQUEST_ARCHIVE, l, uids, n, NULL);
}

unsigned engine_whole(struct engine *e, struct msglist *l, uint32_t uid)
{
	return engine_post(e, engine_ask_one(e, REQUEST_WHOLE, l, uid));
}

unsigned engine_create_folder(struct engine *e, size_t account, const char *name)
{
	struct store_request *r =
		engine_request_of(engine_ask(e, REQUEST_CREATE, NULL, (int)account));

	r->to.folder = mem_strdup(name);
	return engine_post(e, r);
}

unsigned engine_delete_folder(struct engine *e, size_t account, const char *name, uint32_t known)
{
	struct store_request *r =
		engine_request_of(engine_ask(e, REQUEST_DELETE_FOLDER, NULL, (int)account));

	r->reshape.folder = mem_strdup(name);
	r->reshape.known = known;
	return engine_post(e, r);
}

unsigned engine_rename_folder(struct engine *e, size_t account, const char *name, const char *to)
{
	struct store_request *r =
		engine_request_of(engine_ask(e, REQUEST_RENAME_FOLDER, NULL, (int)account));

	r->reshape.folder = mem_strdup(name);
	r->reshape.name = mem_strdup(to);
	return engine_post(e, r);
}

static unsigned file_work(struct engine *e, struct asked *a, const char *folder, const char *path)
{
	struct store_request *r = engine_request_of(a);

	r->file.folder = mem_strdup(folder);
	r->file.path = mem_strdup(path);
	return engine_post(e, r);
}

static void fill_path(struct store_request *r, struct asked *a, const void *path)
{
	(void)a;
	r->file.path = mem_strdup(path);
}

unsigned engine_cut_part(struct engine *e, struct msglist *l, uint32_t uid, const char *section,
	const char *type, const char *name)
{
	struct store_request *r = engine_ask_one(e, REQUEST_CUT_PART, l, uid);

	r->cut = (struct request_cut){mem_strdup(section), mem_strdup(type), mem_strdup(name)};
	return engine_post(e, r);
}

unsigned engine_export(
	struct engine *e, struct msglist *l, const uint32_t *uids, size_t n, const char *path)
{
	if (engine_sources_of(l, uids, n) > 1)
		return engine_refuse(e, REQUEST_EXPORT, l,
			_("This would be one file or directory for several folders: export each of "
			  "them by itself"));
	return engine_ask_each(e, REQUEST_EXPORT, l, uids, n, fill_path, path);
}

unsigned engine_export_folder(
	struct engine *e, size_t account, const char *folder, const char *path)
{
	return file_work(e, engine_ask(e, REQUEST_EXPORT, NULL, (int)account), folder, path);
}

unsigned engine_import(struct engine *e, size_t account, const char *path, const char *folder)
{
	return file_work(e, engine_ask(e, REQUEST_IMPORT, NULL, (int)account), folder, path);
}

unsigned engine_backup(struct engine *e, size_t account, const char *path)
{
	return file_work(e, engine_ask(e, REQUEST_BACKUP, NULL, (int)account), NULL, path);
}

unsigned engine_leave_list(struct engine *e, const char *url)
{
	struct store_request *r = engine_request_of(engine_ask(e, REQUEST_LEAVE_LIST, NULL, -1));

	r->leave.url = mem_strdup(url);
	return engine_post(e, r);
}

unsigned engine_undo(struct engine *e)
{
	for (struct msglist *l = e->lists; l; l = l->next)
		msglist_left_returns(l);
	return engine_post(e, engine_request_of(engine_ask(e, REQUEST_UNDO, NULL, -1)));
}

size_t engine_pending(const struct engine *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->naccounts; i++)
		n += e->accounts[i].nops;
	return n;
}

size_t engine_pending_rows(const struct engine *e)
{
	size_t n = engine_pending(e);

	for (size_t i = 0; i < e->naccounts; i++)
		n += e->accounts[i].refused.n;
	return n;
}

static const char *why_it_waits(const struct account_model *m, const struct op *op)
{
	if (op->id == m->op_in_flight)
		return _("on its way");
	if (!protocol_row(m->settings->protocol)->has_folders)
		return _("for the server's folders, which are not in use now");
	switch (m->state) {
	case STATE_OFFLINE:
		return _("offline");
	case STATE_CONNECTING:
		return _("connecting");
	case STATE_WAITING:
	case STATE_FAILED:
		return *m->reason ? m->reason : _("no connection");
	case STATE_FOLLOWING:
		return _("another running copy sends it");
	case STATE_ONLINE:
		break;
	}
	return _("its turn comes");
}

void engine_pending_at(const struct engine *e, size_t i, struct pending_info *out)
{
	*out = (struct pending_info){.account = "", .text = "", .why = ""};
	for (size_t a = 0; a < e->naccounts; a++) {
		const struct account_model *m = &e->accounts[a];

		if (i < m->nops) {
			*out = (struct pending_info){.id = m->ops[i]->id,
				.account = m->name,
				.text = m->ops[i]->text,
				.why = why_it_waits(m, m->ops[i]),
				.since = op_since(m->ops[i]),
				.on_its_way = m->ops[i]->id == m->op_in_flight};
			return;
		}
		i -= m->nops;
	}
	for (size_t a = 0; a < e->naccounts; a++) {
		const struct account_model *m = &e->accounts[a];

		if (i < m->refused.n) {
			*out = (struct pending_info){.account = m->name,
				.text = m->refused.v[i],
				.why = "",
				.refused = true};
			return;
		}
		i -= m->refused.n;
	}
}

unsigned engine_pending_forget(struct engine *e)
{
	return engine_ask_one_or_all(e, REQUEST_FORGET_REFUSED, -1);
}

unsigned engine_pending_cancel(struct engine *e, uint64_t id)
{
	struct store_request *r;
	int account = -1;

	if (!id)
		return engine_ask_one_or_all(e, REQUEST_CANCEL_OP, -1);
	for (size_t a = 0; a < e->naccounts; a++)
		for (size_t i = 0; i < e->accounts[a].nops; i++)
			if (e->accounts[a].ops[i]->id == id)
				account = (int)a;
	r = engine_request_of(engine_ask(e, REQUEST_CANCEL_OP, NULL, account));
	r->cancel_op.id = id;
	return engine_post(e, r);
}
