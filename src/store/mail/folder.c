/* Folders of an account: the table, opening a cache, scanning a Maildir, and what the engine is
 * told. */
#include "store/disk/cache.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uids.h"
#include "mime/charset.h"
#include "store/disk/digest.h"
#include "store/disk/keywords.h"
#include "store/disk/localbox.h"
#include "store/disk/maildir.h"
#include "store/store_priv.h"
#include "store/disk/stub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	MANY_CHANGES = 3000,
	HANDOVER_MS = 100,
	COMPACT_AGAIN_MS = 60 * 1000,
};

/* --- the table --- */

void folder_renumbered(struct folder *f)
{
	f->numbering = ++f->account->store->numberings;
	f->waiting_sign = 0;
}

struct folder *folder_new(struct account *a, const char *name, bool local)
{
	struct folder *f = mem_alloc(sizeof(*f)), **p = &a->folders;

	f->account = a;
	f->name = mem_strdup(name);
	f->local = local;
	f->selectable = true;
	f->percent = -1;
	folder_renumbered(f);
	if (strcmp(name, "INBOX") == 0)
		f->role = ROLE_INBOX;
	while (*p)
		p = &(*p)->next;
	*p = f;
	return f;
}

void folder_free(struct folder *f)
{
	cache_free(f->cache);
	map_free(f->files, NULL);
	free(f->name);
	free(f->mailbox);
	free(f->dir);
	free(f);
}

struct folder *folder_find(struct account *a, const char *name, bool local)
{
	struct folder *f = a->folders;

	while (f && (f->local != local || strcmp(f->name, name) != 0))
		f = f->next;
	return f;
}

/* TRANSLATORS: the top of the folders that belong to the protocol not in use */
static const char *foreign_prefix(const struct folder *f)
{
	return f->local ? "Local/" : "Server/";
}

static bool is_foreign(const struct folder *f)
{
	return f->account->kind != ACCOUNT_PATH && f->local == account_is_server(f->account);
}

char *folder_ui_name(const struct folder *f)
{
	struct str name = STR_INIT;

	str_addf(&name, "%s%s", is_foreign(f) ? foreign_prefix(f) : "", f->name);
	return str_steal(&name);
}

char *folder_label(const struct folder *f)
{
	char *name = folder_ui_name(f);
	const char *label = is_foreign(f) ? NULL : mail_role_label(folder_role(f), name);

	if (!label)
		return name;
	free(name);
	return mem_strdup(label);
}

/* Of a folder on the server, which need not be known. */
static char *label_by_name(struct account *a, const char *name)
{
	struct folder *f = folder_find(a, name, false);

	return f ? folder_label(f) : mem_strdup(name);
}

void folder_op_words(struct account *a, const struct op *op, struct str *out)
{
	struct op shown = *op;

	shown.folder = label_by_name(a, op->folder);
	shown.target = label_by_name(a, op->target);
	op_words(&shown, out);
	free(shown.folder);
	free(shown.target);
}

struct folder *folder_by_ui_name(struct account *a, const char *name)
{
	for (struct folder *f = a->folders; f; f = f->next) {
		char *ui = folder_ui_name(f);
		bool same = !f->vanished && strcmp(ui, name) == 0;

		free(ui);
		if (same)
			return f;
	}
	return NULL;
}

/* What the configuration says has the role; NULL: it does not say. */
static const char *given_name(const struct account *a, enum mail_role role)
{
	const char *given = a->setup ? a->setup->role_names[role] : NULL;

	return given && *given ? given : NULL;
}

/* One that was made before the server's prefix was known is found by its place there. */
static bool is_given(const struct folder *f, enum mail_role role)
{
	const char *given = given_name(f->account, role);
	char *own, *wire;
	bool same;

	if (!given)
		return false;
	own = folder_own_name(f->account, given);
	wire = f->local ? NULL : folder_wire_name(f->account, given);
	same = strcmp(own, f->name) == 0 || (wire && f->mailbox && strcmp(wire, f->mailbox) == 0);
	free(own);
	free(wire);
	return same;
}

enum mail_role folder_role(const struct folder *f)
{
	for (enum mail_role role = ROLE_DRAFTS; role < ROLES; role++)
		if (is_given(f, role))
			return role;
	return given_name(f->account, f->role) ? ROLE_NONE : f->role;
}

static bool has_role(const struct folder *f, enum mail_role role)
{
	return given_name(f->account, role) ? is_given(f, role) : f->role == role && f->selectable;
}

struct folder *folder_by_role(struct account *a, enum mail_role role, bool local)
{
	struct folder *f = a->folders;

	while (f && (f->local != local || f->vanished || !has_role(f, role)))
		f = f->next;
	return f;
}

static struct folder *new_local(
	struct account *a, const char *name, enum mail_role role, struct err *err)
{
	char *root = file_join(a->setup->data_dir, "mail");
	struct folder *f = NULL;

	if (maildir_create(root, name, err) == 0) {
		f = folder_find(a, name, true);
		if (!f)
			f = folder_new(a, name, true);
		f->vanished = false;
		f->role = role;
		if (!f->dir)
			f->dir = maildir_dir(root, name, NULL);
	}
	free(root);
	return f;
}

/* Any nested folder shows which character the server puts between levels. */
static char delimiter_of(const struct account *a)
{
	if (a->delimiter)
		return a->delimiter;
	for (const struct folder *f = a->folders; f; f = f->next) {
		const char *slash =
			f->local || !f->mailbox || !f->listed ? NULL : strchr(f->name, '/');
		size_t at = slash ? (size_t)(slash - f->name) : 0;

		if (slash && at < strlen(f->mailbox) && strncmp(f->name, f->mailbox, at) == 0)
			return f->mailbox[at];
	}
	return '/';
}

/* Another part of the server's folders than the person's own (shared ones, say). */
static bool is_elsewhere(const struct account *a, const char *name)
{
	const char *slash = strchr(name, '/');
	size_t len = slash ? (size_t)(slash - name) + 1 : 0;

	for (const struct folder *f = a->folders; len && f; f = f->next)
		if (!f->local && f->listed && strncmp(f->name, name, len) == 0)
			return true;
	return false;
}

char *folder_own_name(struct account *a, const char *name)
{
	struct str own = STR_INIT;
	char *prefix = account_is_server(a) && a->prefix ? charset_from_imap_utf7(a->prefix) : NULL;
	size_t len = prefix ? strlen(prefix) : 0;

	if (len && prefix[len - 1] == a->delimiter)
		prefix[len - 1] = '/';
	if (len && strncmp(name, prefix, len) != 0 && strcmp(name, "INBOX") != 0 &&
		!is_elsewhere(a, name))
		str_adds(&own, prefix);
	str_adds(&own, name);
	free(prefix);
	return str_steal(&own);
}

char *folder_wire_name(struct account *a, const char *name)
{
	char *own = folder_own_name(a, name), *wire = charset_to_imap_utf7(own),
	     delimiter = delimiter_of(a);

	free(own);

	for (char *p = wire; *p; p++)
		if (*p == '/')
			*p = delimiter;
	return wire;
}

struct folder *folder_for_role(struct account *a, enum mail_role role, struct err *err)
{
	bool local = !account_is_server(a);
	struct folder *f = folder_by_role(a, role, local);
	const char *given = given_name(a, role);
	char *name;

	if (f)
		return f;
	name = folder_own_name(a, given ? given : mail_role_row(role)->folder);
	if (local) {
		f = new_local(a, name, role, err);
	} else {
		/* The connection makes it when the first message goes there; its wire name is asked
		 * for then. */
		f = folder_new(a, name, false);
		f->role = given ? ROLE_NONE : role; /* no alias of the server's own */
		f->mailbox = folder_wire_name(a, name);
	}
	free(name);
	if (f)
		folder_send_folders(a);
	return f;
}

struct folder *folder_local_for_role(struct account *a, enum mail_role role, struct err *err)
{
	struct folder *f = folder_by_role(a, role, true);

	return f ? f : new_local(a, mail_role_row(role)->folder, role, err);
}

struct folder *folder_for_import(struct account *a, const char *name, struct err *err)
{
	struct folder *f = folder_by_ui_name(a, name);

	if (f)
		return f;
	if (!account_is_server(a)) {
		f = new_local(a, name, ROLE_NONE, err);
	} else {
		char *own = folder_own_name(a, name);

		f = folder_by_ui_name(a, own);
		if (!f) {
			f = folder_new(a, own, false); /* made with the first message */
			f->mailbox = folder_wire_name(a, own);
		}
		free(own);
	}
	if (f)
		folder_send_folders(a);
	return f;
}

/* --- the server's folders survive in a small file, so that an offline start shows them --- */

enum { TABLE_MAX = 64 << 20 };

static char *table_path(const struct account *a)
{
	return file_join(a->setup->cache_dir, "folders");
}

/* What could not be written is tried again with the next look. */
static void put_table(struct account *a, const char *path, const struct str *text)
{
	struct err err = {0};

	if (file_replace(path, text->p, text->len, 0600, &err) != 0) {
		store_disk_notice(a,
			_("The list of folders cannot be kept for a start without a connection: "
			  "%s"),
			err.text);
		return;
	}
	free(a->table);
	a->table = mem_strdup(text->p);
}

void folder_save_table(struct account *a)
{
	struct str out = STR_INIT;
	char *path = table_path(a);

	str_adds(&out, "talaria-folders 1\n");
	for (struct folder *f = a->folders; f; f = f->next)
		if (!f->local && f->mailbox && !strpbrk(f->name, "\t\n") &&
			!strpbrk(f->mailbox, "\t\n")) {
			str_addf(&out, "%d\t%d\t", f->role, f->selectable);
			if (f->counts_known)
				str_addf(&out, "%u\t%u", (unsigned)f->total, (unsigned)f->unread);
			else
				str_adds(&out, "-\t-");
			str_addf(&out, "\t%s\t%s\n", f->mailbox, f->name);
		}
	if (a->prefix && !strpbrk(a->prefix, "\t\n") && a->delimiter != '\t')
		str_addf(&out, "%c\t%s\n", a->delimiter ? a->delimiter : ' ', a->prefix);
	if (!a->table || strcmp(a->table, out.p) != 0)
		put_table(a, path, &out);
	free(path);
	str_done(&out);
}

static void load_row(struct account *a, char *line, bool listed)
{
	char *field[6], *save = NULL;
	struct folder *f;
	int n = 0;

	for (char *p = strtok_r(line, "\t", &save); p && n < 6; p = strtok_r(NULL, "\t", &save))
		field[n++] = p;
	if (n == 1 || n == 2) {
		free(a->prefix);
		a->prefix = mem_strdup(n == 2 ? field[1] : "");
		a->delimiter = *field[0] == ' ' ? '\0' : *field[0];
	}
	if (n < 6)
		return;
	f = folder_find(a, field[5], false);
	if (!f)
		f = folder_new(a, field[5], false);
	free(f->mailbox);
	f->mailbox = mem_strdup(field[4]);
	f->role = mail_role_of(atoi(field[0]));
	f->selectable = atoi(field[1]) != 0;
	f->total = (uint32_t)strtoul(field[2], NULL, 10);
	f->unread = (uint32_t)strtoul(field[3], NULL, 10);
	f->counts_known = *field[2] != '-';
	f->on_server = f->selectable; /* as a list of the server has it */
	f->listed = listed;
}

/* False: there is nothing, or nothing new. listed: as if the server had just listed them. */
static bool load_rows(struct account *a, bool listed)
{
	struct str in = STR_INIT;
	struct err err = {0};
	char *path = table_path(a), *save = NULL;
	bool good;

	if (file_read(path, TABLE_MAX, &in, &err) != 0 && err.kind != ERR_GONE)
		store_disk_notice(a,
			_("The list of folders cannot be read, and comes again from the server: "
			  "%s"),
			err.text);
	good = str_starts(str_c(&in), "talaria-folders 1\n") &&
	       (!a->table || strcmp(a->table, in.p) != 0);
	if (good) {
		free(a->table);
		a->table = mem_strdup(in.p);
		for (struct folder *f = a->folders; f; f = f->next)
			f->listed = false;
		for (char *line = strtok_r(in.p + 18, "\n", &save); line;
			line = strtok_r(NULL, "\n", &save))
			load_row(a, line, listed);
	}
	free(path);
	str_done(&in);
	return good;
}

void folder_load_table(struct account *a)
{
	load_rows(a, false);
	if (!folder_find(a, "INBOX", false)) {
		struct folder *f = folder_new(a, "INBOX", false);

		f->mailbox = mem_strdup("INBOX");
	}
}

bool folder_follow_table(struct account *a)
{
	char *path = table_path(a);
	struct stat st;
	int64_t stamp = stat(path, &st) == 0
				? (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec
				: 0;
	bool changed = stamp != a->table_seen;

	free(path);
	a->table_seen = stamp;
	return changed && load_rows(a, true);
}

/* --- opening --- */

static char *cache_base(const struct folder *f)
{
	struct str dir = STR_INIT;
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (f->account->kind != ACCOUNT_PATH)
		return file_join(f->account->setup->cache_dir, "v1");
	/* talaria -f DIR: a cache of its own, by the directory's path. */
	if (cache && *cache)
		str_addf(&dir, "%s/talaria/paths/v1", cache);
	else
		str_addf(&dir, "%s/.cache/talaria/paths/v1", home ? home : "/tmp");
	return str_steal(&dir);
}

static char *cache_name(const struct folder *f)
{
	struct str name = STR_INIT;

	str_addf(&name, "%s:%s", f->local ? "local" : "imap",
		f->account->kind == ACCOUNT_PATH ? f->dir : f->name);
	return str_steal(&name);
}

static struct cache *compacted_cache(void *folder);

/* It can be rebuilt, so nothing fails for that. */
static void cache_failed(void *ctx, const struct err *err)
{
	struct folder *f = ctx;

	store_disk_notice(
		f->account, _("The cache of folder %s cannot be written: %s"), f->name, err->text);
}

static int open_cache(struct folder *f, struct err *err)
{
	struct cache_opened how = {0};
	char *base = cache_base(f), *name = cache_name(f), *dir = cache_dir_for(base, name);
	int rc = cache_open(&f->cache, dir, name, &how, err);

	if (rc == 0 && how.rebuilt && f->account->kind != ACCOUNT_PATH)
		store_notice(f->account, _("The cache of folder %s was damaged and is built anew"),
			f->name);
	f->counted = UINT64_MAX;
	if (rc == 0) {
		f->news = cache_news(f->cache);
		f->percent = cache_meta(f->cache)->complete ? 100 : -1;
		cache_on_replaced(f->cache, compacted_cache, f);
		cache_on_failure(f->cache, cache_failed, f);
	}
	free(base);
	free(name);
	free(dir);
	return rc;
}

static void load_files(struct folder *f)
{
	const struct columns *c = cache_columns_view(f->cache);
	uint32_t *uids = mem_dup(c->uid, c->n * sizeof(*c->uid));
	size_t n = c->n;

	f->files = map_new();
	for (size_t i = 0; i < n; i++) {
		struct summary s;

		if (cache_get(f->cache, uids[i], &s) == 0 && *s.file &&
			!(s.flags & MAIL_PLACEHOLDER))
			map_put(f->files, s.file, (void *)(uintptr_t)uids[i]);
	}
	free(uids);
}

int folder_use(struct folder *f, struct err *err)
{
	bool opened = !f->cache;

	if (opened) {
		if (f->account->kind == ACCOUNT_PATH && f->dir && !file_exists(f->dir))
			return err_set(err, ERR_GONE, _("%s does not exist"), f->dir);
		if (f->local && (!f->dir || !localbox_is(f->dir)))
			return err_set(err, ERR_GONE,
				_("%s is neither a Maildir folder nor an mbox file"),
				f->dir ? f->dir : f->name);
		if (open_cache(f, err) != 0)
			return -1;
		if (f->local) {
			load_files(f);
			folder_read_again(f);
			f->stamp = 0;
		}
		overlay_folder(f); /* a break between the journal and the cache is mended here */
	}
	if (f->local && localbox_stamp(f->dir) != f->stamp) {
		if (f->uses)
			folder_look(f);
		else if (folder_scan(f, err) < 0)
			return -1;
	}
	f->uses++;
	if (opened)
		waiting_opened(f);
	return 0;
}

bool folder_try(struct folder *f)
{
	struct err err = {0};

	if (folder_use(f, &err) == 0)
		return true;
	if (err.kind !=
		ERR_GONE) /* a local one that another program took away is told where it shows */
		store_disk_notice(
			f->account, _("Folder %s cannot be opened: %s"), f->name, err.text);
	return false;
}

static void rewrite_done(struct folder *f, struct compacted *r)
{
	f->compacting = 0;
	if (r->err.kind == ERR_NONE || r->err.kind == ERR_CANCELLED)
		return;
	f->next_compact = clock_ms() + COMPACT_AGAIN_MS;
	if (r->err.kind != ERR_BUSY)
		log_line(1, "compact %s: %s", f->name, r->err.text);
}

static struct folder *folder_compacting(struct store *s, unsigned id)
{
	for (size_t i = 0; i < s->naccounts; i++)
		for (struct folder *f = s->accounts[i]->folders; f; f = f->next)
			if (f->compacting == id)
				return f;
	return NULL;
}

void folder_compacted(struct store *s, struct compacted *r)
{
	struct folder *f = folder_compacting(s, r->id);

	if (f) {
		rewrite_done(f, r);
		/* where neither works, the next change meets the same fault, and tells it */
		if (f->cache && r->next && cache_adopt(f->cache, r->next, NULL) != 0)
			cache_refresh(f->cache, NULL);
	}
	compactor_give(s->compactor, r->next);
	r->next = NULL;
	compacted_free(r);
	for (size_t i = 0; i < s->naccounts; i++)
		account_settles(s->accounts[i]);
}

/* The cache was about to be read anew because its log was replaced: when the worker did that, its
 * result is a moment away. */
static struct cache *compacted_cache(void *ctx)
{
	struct folder *f = ctx;
	struct store *s = f->account->store;
	struct compacted *r;
	struct cache *next;

	if (!f->compacting)
		return NULL;
	r = compactor_take(s->compactor, HANDOVER_MS);
	if (r && r->id != f->compacting) {
		folder_compacted(s, r);
		r = NULL;
	}
	if (!r)
		return NULL;
	rewrite_done(f, r);
	next = r->next;
	r->next = NULL;
	compacted_free(r);
	return next;
}

void folder_compact(struct folder *f)
{
	struct store *s = f->account->store;
	char *base, *name, *dir;

	if (!f->cache || f->compacting || s->quit || s->read_only ||
		!cache_wants_compact(f->cache) || clock_ms() < f->next_compact)
		return;
	base = cache_base(f);
	name = cache_name(f);
	dir = cache_dir_for(base, name);
	f->compacting = compactor_post(s->compactor, dir, name);
	free(base);
	free(name);
	free(dir);
}

void folder_unuse(struct folder *f)
{
	if (f->uses)
		f->uses--;
	if (f->uses || f->syncing || !f->cache)
		return;
	folder_compact(f);
	cache_free(f->cache);
	f->cache = NULL;
	map_free(f->files, NULL);
	f->files = NULL;
}

bool folder_is_shown(const struct folder *f)
{
	const struct list *l = f->account->store->lists;

	while (l && l->folder != f)
		l = l->next;
	return l != NULL;
}

bool folder_show_in(struct list *l, struct folder *f)
{
	struct folder *before = l->folder;

	if (!folder_try(f))
		return false;
	l->folder = f;
	folder_unuse(before);
	return true;
}

/* Its rows go as changes do, so that another running copy that has it open follows; its numbers
 * are not given again. */
static void empty_cache(struct folder *f)
{
	struct cache_meta meta = *cache_meta(f->cache);
	uint32_t last = cache_max_uid(f->cache);

	meta.complete = false;
	meta.highestmodseq = meta.exists = 0;
	if (meta.uidnext <= last)
		meta.uidnext = last + 1;
	cache_reset(f->cache, &meta, NULL);
}

void folder_forget_files(struct folder *f)
{
	char *base = cache_base(f), *name = cache_name(f), *dir = cache_dir_for(base, name);
	bool there = f->cache || (file_exists(dir) && open_cache(f, NULL) == 0);

	if (there)
		empty_cache(f);
	cache_free(f->cache);
	f->cache = NULL;
	map_free(f->files, NULL);
	f->files = NULL;
	f->compacting = 0; /* what the compactor makes of it is not taken */
	f->fetched = false;
	/* What is not rewritten now, for somebody is at it, is with the next opening. */
	if (there)
		cache_compact(dir, name, NULL);
	if (!f->local)
		bodies_forget(f->account->bodies, f->name);
	free(base);
	free(name);
	free(dir);
}

bool folder_was_fetched(struct folder *f)
{
	char *base, *name, *dir, *log;

	if (f->local || f->fetched)
		return f->fetched;
	base = cache_base(f);
	name = cache_name(f);
	dir = cache_dir_for(base, name);
	log = file_join(dir, "headers.wal");
	f->fetched = file_exists(log);
	free(base);
	free(name);
	free(dir);
	free(log);
	return f->fetched;
}

/* --- telling the engine --- */

static void add_keysets(struct folder *f, struct store_event *ev)
{
	uint16_t most = 0;

	for (size_t i = 0; i < ev->columns.n; i++)
		if (ev->columns.keyset[i] > most)
			most = ev->columns.keyset[i];
	for (unsigned k = 0; k <= most; k++)
		strv_add(&ev->keysets, k ? cache_keyset(f->cache, (uint16_t)k) : "");
}

static void add_rows(struct folder *f, struct store_event *ev, size_t from, size_t n)
{
	ev->rows = mem_array(n, sizeof(*ev->rows));
	for (size_t i = 0; i < n; i++) {
		struct summary row;

		if (cache_get(f->cache, ev->columns.uid[from + i], &row) == 0)
			ev->rows[ev->nrows++] = summary_copy(&row);
	}
}

bool folder_is_read_only(const struct folder *f)
{
	if (f->account->store->read_only || (is_foreign(f) && !f->local) || f->gone ||
		f->vanished || f->fixed || f->changing)
		return true;
	return f->local && f->dir && localbox_is_mbox(f->dir);
}

static void send_list_to(struct folder *f, struct list *l)
{
	struct store_event *ev = store_event_new(STORE_LIST);
	size_t first;

	ev->list = l->id;
	ev->account = f->account->index;
	ev->folder = folder_ui_name(f);
	ev->numbering = f->numbering;
	cache_columns(f->cache, &ev->columns);
	overlay_visible(&ev->columns);
	add_keysets(f, ev);
	first = ev->columns.n < FIRST_ROWS ? ev->columns.n : FIRST_ROWS;
	add_rows(f, ev, ev->columns.n - first, first);
	ev->percent = f->percent;
	ev->read_only = folder_is_read_only(f);
	store_emit(f->account->store, ev);
}

void folder_send_list(struct folder *f, struct list *only)
{
	if (!f->cache)
		return;
	for (struct list *l = f->account->store->lists; l; l = l->next)
		if (l->folder == f && (!only || l == only))
			send_list_to(f, l);
}

static void send_changes_to(struct folder *f, struct list *l, const uint32_t *sorted, size_t n,
	const uint32_t *gone, size_t ngone)
{
	struct store_event *ev = store_event_new(STORE_CHANGES);
	size_t used = 0;

	ev->list = l->id;
	ev->account = f->account->index;
	ev->percent = f->percent;
	ev->uids = mem_array(ngone + n + 1, sizeof(*ev->uids));
	if (ngone)
		memcpy(ev->uids, gone, ngone * sizeof(*gone));
	ev->n = ngone;
	columns_resize(&ev->columns, n);
	for (size_t i = 0; i < n; i++) {
		if (!cache_row(f->cache, sorted[i], &ev->columns, used))
			continue;
		if (ev->columns.flags[used] & MAIL_LEAVING)
			ev->uids[ev->n++] = sorted[i];
		else
			used++;
	}
	columns_resize(&ev->columns, used);
	add_keysets(f, ev);
	if (n <= FIRST_ROWS)
		add_rows(f, ev, 0, used);
	store_emit(f->account->store, ev);
}

/* Ascending, each once: what changed, and what hangs below a message that came now. Kept by the
 * caller. */
static uint32_t *with_links(struct folder *f, const uint32_t *uids, size_t *n)
{
	uint32_t *links = NULL, *all;
	size_t nlinks = f->cache ? cache_take_links(f->cache, &links) : 0;

	all = mem_array(*n + nlinks, sizeof(*all));
	for (size_t i = 0; i < *n; i++)
		all[i] = uids[i];
	for (size_t i = 0; i < nlinks; i++)
		all[*n + i] = links[i];
	free(links);
	*n = uids_sort(all, *n + nlinks);
	return all;
}

void folder_send_changes(
	struct folder *f, const uint32_t *uids, size_t n, const uint32_t *gone, size_t ngone)
{
	uint32_t *sorted = with_links(f, uids, &n);

	if (n + ngone > MANY_CHANGES && f->cache && n + ngone > cache_count(f->cache) / 8)
		folder_send_list(f, NULL);
	else
		for (struct list *l = f->account->store->lists; l; l = l->next)
			if (l->folder == f)
				send_changes_to(f, l, sorted, n, gone, ngone);
	free(sorted);
}

void folder_count(struct folder *f, uint32_t *total, uint32_t *unread)
{
	const struct columns *c;

	if (f->counted != cache_version(f->cache)) {
		f->counted = cache_version(f->cache);
		c = cache_columns_view(f->cache);
		f->here_total = f->here_unread = f->here_unseen = f->here_bad = 0;
		for (size_t i = 0; i < c->n; i++) {
			if (c->flags[i] & MAIL_WAITING)
				continue; /* overlay_counts has them */
			f->here_total++;
			f->here_unseen += !(c->flags[i] & MAIL_SEEN);
			f->here_unread += !(c->flags[i] & (MAIL_SEEN | MAIL_DELETED));
			f->here_bad += (c->flags[i] & MAIL_PLACEHOLDER) != 0;
		}
	}
	*total = f->here_total;
	*unread = f->here_unread;
}

static void count(struct folder *f)
{
	if (!f->cache || !(f->local || cache_meta(f->cache)->complete))
		return;
	folder_count(f, &f->total, &f->unread);
	f->counts_known = true;
}

/* A local folder that was never opened: its files are counted. */
static int count_entry(void *ctx, const struct maildir_entry *e)
{
	struct folder *f = ctx;

	f->total++;
	f->unread += !(e->flags & (MAIL_SEEN | MAIL_DELETED));
	return 0;
}

/* The inbox by POP3 has rows without files too: what the server did not give. Its cache counts. */
static bool count_rows(struct folder *f)
{
	if (f->role != ROLE_INBOX || f->account->setup->sync.protocol != PROTOCOL_POP3 ||
		folder_use(f, NULL) != 0)
		return false;
	count(f);
	folder_unuse(f);
	return true;
}

static void count_closed(struct folder *f)
{
	struct err err = {0};

	if (count_rows(f))
		return;
	f->total = f->unread = 0;
	if (localbox_scan(f->dir, count_entry, f, &err) != 0 && !folder_went(f, &err))
		store_disk_notice(
			f->account, _("Folder %s cannot be counted: %s"), f->name, err.text);
}

static bool is_shown(struct folder *f)
{
	if (f->vanished)
		return false;
	if (f->local && !f->cache && f->dir) {
		uint64_t stamp = localbox_stamp(f->dir);

		if (!f->counts_known || stamp != f->stamp) {
			count_closed(f);
			f->stamp = stamp;
			f->counts_known = true;
		}
	}
	count(f);
	/* Of the other protocol only what holds something. */
	return !is_foreign(f) || f->total > 0;
}

void folder_send_folders(struct account *a)
{
	struct store_event *ev;
	size_t n = 0;

	if (a->kind == ACCOUNT_PATH)
		return; /* a folder opened by its path is in nobody's folder list */
	ev = store_event_new(STORE_FOLDERS);
	for (struct folder *f = a->folders; f; f = f->next)
		n++;
	ev->account = a->index;
	ev->folders = mem_array(n, sizeof(*ev->folders));
	for (struct folder *f = a->folders; f; f = f->next) {
		uint32_t total, unread;

		if (!is_shown(f))
			continue;
		total = f->total;
		unread = f->unread;
		overlay_counts(f, &total, &unread);
		ev->folders[ev->nfolders++] = (struct store_folder_info){.name = folder_ui_name(f),
			.role = is_foreign(f) ? ROLE_NONE : folder_role(f),
			.selectable = f->selectable,
			.counts_known = f->counts_known,
			.offline_copy = (is_foreign(f) && !f->local) || f->gone,
			.local = f->local,
			.total = total,
			.unread = unread};
	}
	store_emit(a->store, ev);
}
