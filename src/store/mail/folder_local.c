/* Local folders: what is on disk is the truth, whoever put it there. */
#include "store/mail/folder_local.h"

#include "store/disk/cache.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "mime/digest.h"
#include "store/disk/keywords.h"
#include "store/disk/localbox.h"
#include "store/disk/maildir.h"
#include "store/disk/stub.h"
#include "store/mail/account.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	/* For another copy that makes rows: what is delivered needs its number now, what lies there
	 * can be looked at later. */
	NUMBER_WAIT_MS = 1000,
	LOOK_WAIT_MS = 200,
	TOO_LONG_MS = 10 * 1000,
	FILING = 200,
	TREE_SETTLES = 3, /* seconds */
};

/* --- the table --- */

static enum mail_role local_role(const char *name)
{
	for (enum mail_role role = ROLE_INBOX; role < ROLES; role++)
		if (strcmp(name, mail_role_row(role)->folder) == 0)
			return role;
	return ROLE_NONE;
}

static struct folder *new_listed(struct account *a, const char *root, const char *name)
{
	struct folder *f = folder_new(a, name, true);

	f->role = local_role(name);
	f->box.dir = maildir_dir(
		root, name, NULL); /* what cannot be a name is shown, and never opened */
	f->selectable = f->box.dir != NULL;
	return f;
}

/* Lists and what can be undone point to folders, so one that vanished stays in the table. */
static bool note_local(struct account *a, const char *root, const struct strv *names)
{
	struct map *here = map_new();
	bool changed = false;

	for (size_t i = 0; i < names->n; i++) {
		map_put(here, names->v[i], here);
		if (!folder_find(a, names->v[i], true)) {
			new_listed(a, root, names->v[i]);
			changed = true;
		}
	}
	for (struct folder *f = a->folders; f; f = f->next)
		if (f->local && f->box.vanished == (map_get(here, f->name) != NULL)) {
			f->box.vanished = !f->box.vanished;
			changed = true;
		}
	map_free(here, NULL);
	return changed;
}

bool folder_list_local(struct account *a)
{
	char *root = file_join(a->setup->data_dir, "mail");
	struct strv names = STRV_INIT;
	/* Without the INBOX's own directories the tree is not there at all. */
	struct err err = {0};
	bool changed = false;

	if (maildir_is(root) && maildir_list(root, &names, &err) != 0)
		store_disk_notice(a, _("The local folders cannot be listed: %s"), err.text);
	else if (names.n)
		changed = note_local(a, root, &names);
	strv_done(&names);
	free(root);
	return changed;
}

/* A directory appears before its cur and new do, which its parent does not show: one that changed
 * lately is read again. */
static bool tree_changed(struct account *a)
{
	char *root = file_join(a->setup->data_dir, "mail");
	struct stat st;
	int64_t ns;
	bool changed;

	if (stat(root, &st) != 0) {
		free(root);
		return false;
	}
	ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	changed = ns != a->names.tree_seen;
	if (clock_now() - st.st_mtim.tv_sec > TREE_SETTLES)
		a->names.tree_seen = ns;
	free(root);
	return changed;
}

/* A folder that nobody has open: whether its counts are old. */
static bool has_other_files(const struct folder *f)
{
	return f->local && !f->cache && f->box.dir && !f->box.vanished && f->counts_known &&
	       localbox_stamp(f->box.dir) != f->box.stamp;
}

bool folder_look_local(struct account *a, bool closed_too)
{
	bool changed = tree_changed(a) && folder_list_local(a);

	for (struct folder *f = a->folders; closed_too && !changed && f; f = f->next)
		changed = has_other_files(f);
	return changed;
}

/* --- messages --- */

struct fresh {
	char *base, *name, *keywords; /* owned; name: NULL in an mbox */
	bool in_new;
	uint32_t flags, received;
};

struct scan {
	struct folder *folder;
	struct map *seen;    /* base names found */
	struct fresh *fresh; /* not in the cache yet */
	size_t nfresh, cap_fresh;
	uint32_t *changed; /* uids */
	size_t nchanged, cap_changed;
};

static void add_fresh(struct scan *s, const struct maildir_entry *e)
{
	s->fresh = mem_grow(s->fresh, &s->cap_fresh, s->nfresh + 1, sizeof(*s->fresh));
	s->fresh[s->nfresh++] = (struct fresh){.base = mem_strdup(e->base),
		.name = e->name ? mem_strdup(e->name) : NULL,
		.keywords = mem_strdup(e->keywords),
		.in_new = e->in_new,
		.flags = e->flags,
		.received = e->received};
}

void folder_load_files(struct folder *f)
{
	const struct columns *c = cache_columns_view(f->cache);
	uint32_t *uids = mem_dup(c->uid, c->n * sizeof(*c->uid));
	size_t n = c->n;

	map_free(f->box.files, NULL);
	f->box.files = map_new();
	for (size_t i = 0; i < n; i++) {
		struct summary s;

		if (cache_get(f->cache, uids[i], &s) == 0 && *s.file &&
			!(s.flags & MAIL_PLACEHOLDER))
			map_put(f->box.files, s.file, (void *)(uintptr_t)uids[i]);
	}
	free(uids);
}

/*
 * Another running copy makes rows of the same files, in the same cache. One at a time, and each
 * knows first what the others did: else one number would be given to two files, and what is asked
 * of one message be done to another. False, with err: another one goes on for longer.
 */
static bool hold_rows(struct folder *f, int wait_ms, struct err *err)
{
	if (f->box.rows_held++)
		return true;
	f->box.rows_lock = cache_lock_rows(f->cache, wait_ms, err);
	cache_refresh(f->cache, NULL);
	if (f->news != cache_news(f->cache)) {
		f->news = cache_news(f->cache);
		f->box.others = true;
		folder_load_files(f);
	}
	return f->box.rows_lock >= 0 || err->kind != ERR_BUSY;
}

static void let_rows_go(struct folder *f)
{
	if (--f->box.rows_held)
		return;
	if (f->box.rows_lock >= 0)
		close(f->box.rows_lock);
	if (f->box.others)
		folder_send_list(f, NULL);
	f->box.others = false;
}

static int scan_one(void *ctx, const struct maildir_entry *e)
{
	struct scan *s = ctx;
	uint32_t uid = (uint32_t)(uintptr_t)map_get(s->folder->box.files, e->base);
	const struct columns *c;
	ptrdiff_t at;

	map_put(s->seen, e->base, (void *)1);
	if (!uid) {
		add_fresh(s, e);
		return 0;
	}
	c = cache_columns_view(s->folder->cache);
	at = columns_find(c, uid);
	if (at >= 0 &&
		((c->flags[at] & MAIL_SERVER_FLAGS) != (e->flags & MAIL_SERVER_FLAGS) ||
			strcmp(cache_keyset(s->folder->cache, c->keyset[at]), e->keywords) != 0)) {
		s->changed =
			mem_grow(s->changed, &s->cap_changed, s->nchanged + 1, sizeof(*s->changed));
		s->changed[s->nchanged++] = uid;
		cache_set_flags(s->folder->cache, uid, MAIL_SERVER_FLAGS,
			e->flags & MAIL_SERVER_FLAGS, e->keywords, NULL);
	}
	return 0;
}

/* A local folder numbers its messages itself; a number is never used twice, so they are noted as
 * used before the rows. The first of n. */
static uint32_t take_uids(struct folder *f, uint32_t n)
{
	struct cache_meta m = *cache_meta(f->cache);
	uint32_t uid = m.uidnext;

	if (uid <= cache_max_uid(f->cache))
		uid = cache_max_uid(f->cache) + 1;
	if (!m.uidvalidity)
		hash_random(&m.uidvalidity, sizeof(m.uidvalidity));
	m.uidvalidity |= 1;
	m.uidnext = uid + n;
	m.complete = true;
	cache_set_meta(f->cache, &m, NULL);
	return uid;
}

uint32_t folder_put_row(struct folder *f, struct summary *row)
{
	const struct columns *c;
	ptrdiff_t at;

	(void)hold_rows(f, NUMBER_WAIT_MS, &(struct err){0});
	if (!row->uid)
		row->uid = take_uids(f, 1);
	c = cache_columns_view(f->cache);
	at = columns_find(c, row->uid);
	row->received = at < 0 ? (uint32_t)clock_now() : c->received[at];
	cache_add(f->cache, row, 1, NULL);
	let_rows_go(f);
	folder_send_changes(f, &row->uid, 1, NULL, 0);
	return row->uid;
}

struct file_row {
	struct envelope envelope;
	struct digest digest;
	struct summary s;
};

static void file_row_make(struct file_row *row, const char *base, const char *p, size_t len,
	uint32_t flags, uint32_t received, const char *keywords)
{
	uint64_t size = len;
	size_t skip = 0;
	bool part = stub_is(base, p, len, &size, &skip);

	envelope_parse(&row->envelope, p + skip, len - skip);
	digest_summary(&row->s, &row->envelope, &row->digest);
	if (!part && strncmp(row->envelope.content_type, "multipart/", 10) == 0)
		digest_files(&row->s, p + skip, len - skip);
	if (part)
		row->s.flags |= MAIL_ON_SERVER_ONLY_HEADER;
	row->s.flags |= (flags & MAIL_SERVER_FLAGS) | MAIL_BODY_HERE;
	row->s.received = received ? received : (uint32_t)clock_now();
	row->s.size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
	row->s.file = base;
	row->s.keywords = keywords;
}

static void file_row_done(struct file_row *row)
{
	envelope_done(&row->envelope);
	digest_done(&row->digest);
}

/* Rows of new files, put in together: each change of the cache costs a lock and a write. */
struct filing {
	struct folder *folder;
	struct summary *rows[FILING];
	size_t n;
	uint32_t *uids; /* of all that went in */
	size_t nuids, cap_uids;
};

/* What could not be written counts all the same (cache.h): the next scan must not take the file for
 * a new one. */
static void note_files(struct folder *f, const struct summary *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cache_has(f->cache, rows[i].uid))
			map_put(f->box.files, rows[i].file, (void *)(uintptr_t)rows[i].uid);
}

/* A file that another copy has made a row of meanwhile has its number. */
static void filing_flush(struct filing *g)
{
	struct folder *f = g->folder;
	struct summary v[FILING];
	uint32_t next;
	size_t n = 0;

	if (!g->n)
		return;
	(void)hold_rows(f, NUMBER_WAIT_MS, &(struct err){0});
	next = take_uids(f, (uint32_t)g->n);
	g->uids = mem_grow(g->uids, &g->cap_uids, g->nuids + g->n, sizeof(*g->uids));
	for (size_t i = 0; i < g->n; i++) {
		uint32_t known = (uint32_t)(uintptr_t)map_get(f->box.files, g->rows[i]->file);

		g->uids[g->nuids++] = known ? known : next;
		if (known)
			continue;
		v[n] = *g->rows[i];
		v[n++].uid = next++;
	}
	if (n)
		cache_add(f->cache, v, n, NULL);
	note_files(f, v, n);
	let_rows_go(f);
	while (g->n)
		summary_free(g->rows[--g->n]);
}

static void filing_add(struct filing *g, const char *base, const char *p, size_t len,
	uint32_t flags, uint32_t received, const char *keywords)
{
	struct file_row row = {0};

	file_row_make(&row, base, p, len, flags, received, keywords);
	g->rows[g->n++] = summary_copy(&row.s);
	if (g->n == FILING)
		filing_flush(g);
	file_row_done(&row);
}

/* Of the keywords a file was to get, those it has, in the order of a scan. */
static const char *kept_keywords(struct folder *f, const char *wanted, struct str *out)
{
	struct str known = STR_INIT;

	str_clear(out);
	if (wanted && *wanted && maildir_keywords_known(f->box.dir, &known, NULL) == 0)
		keywords_both(out, str_c(&known), wanted);
	str_done(&known);
	return str_c(out);
}

static uint32_t add_file(struct folder *f, const char *base, const char *p, size_t len,
	uint32_t flags, uint32_t received, const char *keywords)
{
	struct filing g = {.folder = f};
	struct str kept = STR_INIT;
	uint32_t uid;

	filing_add(&g, base, p, len, flags, received, kept_keywords(f, keywords, &kept));
	str_done(&kept);
	filing_flush(&g);
	uid = g.uids[0];
	free(g.uids);
	return uid;
}

/* Where the scan saw it: to look for a file by its base costs many times as much. */
static int read_fresh(const char *dir, const struct fresh *new, struct str *bytes, struct err *err)
{
	if (!new->name)
		return localbox_read(dir, new->base, MAILDIR_MESSAGE_MAX, bytes, err);
	return maildir_read_at(dir, new->in_new, new->name, MAILDIR_MESSAGE_MAX, bytes, err);
}

/* A file that went meanwhile is no message any more. */
static void tell_unreadable(struct folder *f, size_t n, const struct err *why)
{
	if (n)
		store_disk_notice(f->account,
			ngettext("%zu message in folder %s cannot be read and is not shown: %s",
				"%zu messages in folder %s cannot be read and are not shown: %s",
				n),
			n, f->name, why->text);
}

static void add_fresh_files(struct scan *s)
{
	struct filing g = {.folder = s->folder};
	struct str bytes = STR_INIT;
	struct err first = {0};
	size_t unreadable = 0;

	for (size_t i = 0; i < s->nfresh; i++) {
		const struct fresh *new = &s->fresh[i];
		struct err why = {0};

		str_clear(&bytes);
		if (read_fresh(g.folder->box.dir, new, &bytes, &why) == 0)
			filing_add(&g, new->base, str_c(&bytes), bytes.len, new->flags,
				new->received, new->keywords);
		else if (why.kind != ERR_GONE && !unreadable++)
			first = why;
	}
	tell_unreadable(g.folder, unreadable, &first);
	filing_flush(&g);
	s->changed =
		mem_grow(s->changed, &s->cap_changed, s->nchanged + g.nuids, sizeof(*s->changed));
	for (size_t i = 0; i < g.nuids; i++)
		s->changed[s->nchanged++] = g.uids[i];
	free(g.uids);
	str_done(&bytes);
}

static uint32_t *missing_files(struct scan *s, size_t *n)
{
	uint32_t *gone = NULL;
	size_t cap = 0, at = 0;
	const char *base;
	void *uid;

	*n = 0;
	while (map_each(s->folder->box.files, &at, &base, &uid))
		if (!map_get(s->seen, base)) {
			gone = mem_grow(gone, &cap, *n + 1, sizeof(*gone));
			gone[(*n)++] = (uint32_t)(uintptr_t)uid;
		}
	return gone;
}

static void forget_files(struct folder *f, const uint32_t *gone, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct summary s;

		if (cache_get(f->cache, gone[i], &s) == 0)
			map_take(f->box.files, s.file);
	}
	cache_remove(f->cache, gone, n, NULL);
}

static void scan_done(struct scan *s)
{
	for (size_t i = 0; i < s->nfresh; i++) {
		free(s->fresh[i].base);
		free(s->fresh[i].name);
		free(s->fresh[i].keywords);
	}
	free(s->fresh);
	free(s->changed);
	map_free(s->seen, NULL);
}

/* A folder that another program took away is an empty one. */
static int scan_files(struct scan *s, struct err *err)
{
	return s->folder->box.vanished ? 0 : localbox_scan(s->folder->box.dir, scan_one, s, err);
}

static int scan_held(struct folder *f, struct err *err)
{
	struct scan s = {.folder = f, .seen = map_new()};
	uint64_t stamp = localbox_stamp(f->box.dir);
	uint32_t *gone = NULL;
	size_t ngone = 0;
	struct err why = {0};
	int rc = scan_files(&s, &why);

	if (rc < 0 && err)
		*err = why;
	else if (why.kind != ERR_NONE)
		store_disk_notice(f->account, _("Folder %s: %s"), f->name, why.text);
	if (rc == 0) {
		add_fresh_files(&s);
		gone = missing_files(&s, &ngone);
		forget_files(f, gone, ngone);
		f->box.stamp = stamp;
		f->percent = 100;
		if (s.nchanged || ngone)
			folder_send_changes(f, s.changed, s.nchanged, gone, ngone);
		rc = s.nchanged || ngone || f->box.others;
	}
	scan_done(&s);
	free(gone);
	return rc;
}

/* Another copy is at it: what it has by now is here, and as the stamp is that of before, the rest
 * comes with the next look. */
static int scan_later(struct folder *f, const struct err *why)
{
	int64_t now = clock_ms();

	if (!f->box.busy_since)
		f->box.busy_since = now;
	else if (now - f->box.busy_since > TOO_LONG_MS)
		store_disk_notice(f->account, _("Folder %s: %s"), f->name, why->text);
	return f->box.others;
}

int folder_scan(struct folder *f, struct err *err)
{
	struct err why = {0};
	int rc;

	if (hold_rows(f, LOOK_WAIT_MS, &why)) {
		f->box.busy_since = 0;
		rc = scan_held(f, err);
	} else {
		rc = scan_later(f, &why);
	}
	let_rows_go(f);
	return rc;
}

bool folder_went(const struct folder *f, const struct err *err)
{
	return err->kind == ERR_GONE && f->account->kind == ACCOUNT_OPENED &&
	       !localbox_is(f->box.dir);
}

bool folder_look(struct folder *f)
{
	struct err err = {0};
	int rc = folder_scan(f, &err);

	if (rc < 0 && !folder_went(f, &err))
		store_disk_notice(f->account, _("Folder %s cannot be read: %s"), f->name, err.text);
	return rc == 1;
}

int folder_deliver(struct folder *f, const char *p, size_t len, uint32_t flags,
	const char *keywords, const char *tag, uint32_t *uid, struct err *err)
{
	struct maildir_mail m = {
		.p = p, .len = len, .flags = flags, .tag = tag, .keywords = keywords};

	maildir_deliver_many(f->box.dir, &m, 1);
	if (m.base.len)
		*uid = add_file(f, m.base.p, p, len, flags, (uint32_t)clock_now(), keywords);
	else if (err)
		*err = m.err;
	str_done(&m.base);
	return m.err.kind == ERR_NONE ? 0 : -1;
}

void folder_refill(struct folder *f, uint32_t uid, const char *base, const char *p, size_t len)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);
	struct file_row row = {0};
	struct summary old;
	char *keywords;

	if (at < 0 || cache_get(f->cache, uid, &old) != 0)
		return;
	keywords = mem_strdup(old.keywords);
	file_row_make(&row, base, p, len, c->flags[at], c->received[at], keywords);
	row.s.uid = uid;
	cache_add(f->cache, &row.s, 1, NULL);
	folder_send_changes(f, &uid, 1, NULL, 0);
	file_row_done(&row);
	free(keywords);
}

/* Rows of these, from their files; how many. */
static size_t read_again(struct folder *f, const uint32_t *uids, size_t n, struct summary **rows)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		char *base = folder_local_file(f, uids[i], NULL);
		const struct columns *c = cache_columns_view(f->cache);
		ptrdiff_t at = columns_find(c, uids[i]);
		struct str bytes = STR_INIT;

		if (base && at >= 0 &&
			localbox_read(f->box.dir, base, MAILDIR_MESSAGE_MAX, &bytes, NULL) == 0) {
			struct file_row row = {0};

			file_row_make(&row, base, str_c(&bytes), bytes.len, c->flags[at],
				c->received[at], cache_keyset(f->cache, c->keyset[at]));
			row.s.uid = uids[i];
			rows[k++] = summary_copy(&row.s);
			file_row_done(&row);
		}
		str_done(&bytes);
		free(base);
	}
	return k;
}

void folder_read_again(struct folder *f)
{
	struct cache_meta meta = *cache_meta(f->cache);
	const struct columns *c = cache_columns_view(f->cache);
	size_t n = c->n;
	uint32_t *uids, range[1][2];

	if (!cache_damaged(f->cache, range, 1))
		return;
	uids = mem_dup(c->uid, n * sizeof(*uids));
	for (size_t i = 0; i < n; i += FILING) {
		struct summary *rows[FILING], v[FILING];
		size_t k = read_again(f, uids + i, n - i < FILING ? n - i : FILING, rows);

		for (size_t r = 0; r < k; r++)
			v[r] = *rows[r];
		if (k)
			cache_add(f->cache, v, k, NULL);
		while (k)
			summary_free(rows[--k]);
	}
	free(uids);
	meta.complete = true;
	cache_set_meta(f->cache, &meta, NULL);
}

void folder_deliver_group(struct folder *f, struct maildir_group *g)
{
	size_t n = maildir_group_len(g), k = 0;
	struct file_row *rows = mem_array(n, sizeof(*rows));
	struct summary *all = mem_array(n, sizeof(*all));
	uint32_t *uids = mem_array(n, sizeof(*uids)), now = (uint32_t)clock_now(), uid;
	struct str *kept = mem_array(n, sizeof(*kept));

	(void)hold_rows(f, NUMBER_WAIT_MS, &(struct err){0});
	maildir_group_name(g);
	uid = take_uids(f, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		struct maildir_mail *m = maildir_group_at(g, i);

		if (!m->base.len)
			continue;
		file_row_make(&rows[i], m->base.p, m->p, m->len, m->flags,
			m->received ? m->received : now, kept_keywords(f, m->keywords, &kept[i]));
		memcpy(m->identity, rows[i].s.identity, 16);
		/* A group that has a thread may have been seen by a scan meanwhile. */
		if (map_get(f->box.files, m->base.p))
			continue;
		uids[k] = rows[i].s.uid = uid++;
		all[k++] = rows[i].s;
	}
	if (k) {
		cache_add(f->cache, all, k, NULL);
		note_files(f, all, k);
		folder_send_changes(f, uids, k, NULL, 0);
	}
	let_rows_go(f);
	for (size_t i = 0; i < n; i++) {
		file_row_done(&rows[i]);
		str_done(&kept[i]);
	}
	free(kept);
	free(rows);
	free(all);
	free(uids);
}

void folder_deliver_many(struct folder *f, struct maildir_mail *v, size_t n)
{
	struct maildir_group *g = maildir_group_new(f->box.dir);

	for (size_t i = 0; i < n; i++)
		maildir_group_add(g, &v[i]);
	folder_deliver_group(f, g);
	maildir_group_free(g);
}

char *folder_local_file(struct folder *f, uint32_t uid, struct err *err)
{
	struct summary s;

	if (cache_get(f->cache, uid, &s) != 0 || !*s.file) {
		err_set(err, ERR_GONE, _("The message is no longer there"));
		return NULL;
	}
	if (s.flags & MAIL_PLACEHOLDER) {
		err_set(err, ERR_GONE, _("The server has not given this message yet"));
		return NULL;
	}
	return mem_strdup(s.file);
}
