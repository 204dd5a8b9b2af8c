/*
 * Copying whole folders: out of an account into an mbox or Maildir (export), and from there into a
 * folder (import). Done in slices; a message that is not here is fetched on the way. What was
 * copied stays when it is cancelled or breaks off, and is not copied again by the next run
 * (sink.h).
 */
#include "store/mail/transfer.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "store/disk/localbox.h"
#include "store/disk/mbox.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/lists_shown.h"
#include "store/mail/read.h"
#include "store/mail/sink.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 80, BREAKS_MAX = 3 };

struct import_row {
	char *base, *keywords; /* owned */
	uint32_t flags, received;
};

struct transfer {
	struct work work;
	bool import;
	unsigned numbering; /* export: what the folder's UIDs mean */
	struct account *account;
	char *path;
	struct folder *given; /* export of a list that is open: its folder */
	struct strv folders;  /* names; what is still to do begins at `next` */
	size_t next;
	struct folder *folder; /* in use: what is read from, or written to */
	char *dir;             /* import: the Maildir or mbox that is read */
	struct import_row *rows;
	size_t cap_rows;
	uint32_t *uids;
	size_t n, at; /* of rows or uids */
	struct sink *sink;
	size_t total, copied, there, failed;
	size_t marked; /* of those that were there already */
	uint64_t octets;
	struct err why;  /* of the first that failed */
	unsigned breaks; /* so many in a row for which there was no connection, or it ended */
};

/* --- the end --- */

static void close_folder(struct transfer *t)
{
	if (t->sink)
		t->marked += sink_marked(t->sink);
	sink_free(t->sink);
	t->sink = NULL;
	if (t->folder)
		folder_unuse(t->folder);
	t->folder = NULL;
	for (size_t i = 0; t->rows && i < t->n; i++) {
		free(t->rows[i].base);
		free(t->rows[i].keywords);
	}
	MEM_FREE(t->rows);
	t->cap_rows = 0;
	MEM_FREE(t->uids);
	MEM_FREE(t->dir);
	t->n = t->at = 0;
}

static void transfer_free(struct transfer *t)
{
	close_folder(t);
	strv_done(&t->folders);
	free(t->path);
	free(t);
}

static void add_counts(struct str *out, const struct transfer *t)
{
	if (t->import)
		str_addf(out, ngettext("%zu message imported", "%zu messages imported", t->copied),
			t->copied);
	else
		str_addf(out,
			ngettext("%zu message written to %s", "%zu messages written to %s",
				t->copied),
			t->copied, t->path);
	if (t->there)
		str_addf(out,
			ngettext("; %zu was there already", "; %zu were there already", t->there),
			t->there);
	if (t->marked)
		str_addf(out,
			ngettext(", %zu of them got marks", ", %zu of them got marks", t->marked),
			t->marked);
}

/* 0: all is well; else *err says how far it came and why. */
static int verdict(struct transfer *t, struct err *err)
{
	struct str counts = STR_INIT;

	if (!t->failed)
		return 0;
	add_counts(&counts, t);
	err_set(err, t->why.kind == ERR_NONE ? ERR_SYSTEM : t->why.kind,
		ngettext("%s; %zu could not be copied: %s", "%s; %zu could not be copied: %s",
			t->failed),
		counts.p, t->failed, t->why.text);
	str_done(&counts);
	return -1;
}

static bool finish(struct store *s, struct transfer *t)
{
	struct str said = STR_INIT;
	struct err err = {0};

	if (verdict(t, &err) != 0) {
		answer_failed(s, t->work.request, &err);
	} else {
		add_counts(&said, t);
		answer_done(s, t->work.request, said.p);
		str_done(&said);
	}
	transfer_free(t);
	return true;
}

/* What is lost was not copied. */
static void flush(struct transfer *t)
{
	size_t held;

	if (!t->sink)
		return;
	held = sink_held(t->sink);
	t->copied -= sink_flush(t->sink, NULL) != 0 ? held : sink_held(t->sink);
}

/* Nothing more can be copied; what was, is made durable first. */
static bool break_off(struct store *s, struct transfer *t, const struct err *err)
{
	struct str counts = STR_INIT;
	struct err all = {0};

	flush(t);
	close_folder(t);
	add_counts(&counts, t);
	if (t->copied + t->there)
		err_set(&all, err->kind, _("%s (%s; run it again to go on)"), err->text, counts.p);
	else
		all = *err;
	answer_failed(s, t->work.request, &all);
	str_done(&counts);
	transfer_free(t);
	return true;
}

static void transfer_drop(struct store *s, struct work *w, const struct err *why)
{
	struct transfer *t = (struct transfer *)w;

	if (!s->quit)
		flush(t);
	answer_failed(s, w->request, why);
	transfer_free(t);
}

/* --- the next folder --- */

static bool is_mbox_name(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && str_icmp(path + len - 5, ".mbox") == 0;
}

/* The name of a folder in a Maildir++ tree: a dot would be one more level there, and empty parts,
 * control characters and very long names cannot be. */
static char *plain_name(const char *name)
{
	struct str out = STR_INIT;
	const char *p = name, *end = name + strlen(name);

	while (p < end && out.len < NAME_BYTES) {
		const char *at = p;
		uint32_t cp = utf8_next(&p, end);

		if (cp == '/' && (!out.len || out.p[out.len - 1] == '/'))
			str_addc(&out, '_');
		if (cp == '.' || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xfffd)
			str_addc(&out, '_');
		else
			str_add(&out, at, (size_t)(p - at));
	}
	if (!out.len || out.p[out.len - 1] == '/')
		str_addc(&out, '_');
	return str_steal(&out);
}

/* Two folders must never become one. */
static char *name_in_tree(const struct transfer *t, const char *name)
{
	char *plain = plain_name(name);
	unsigned same = 0;

	for (size_t i = 0; i + 1 < t->next; i++) {
		char *other = plain_name(t->folders.v[i]);

		same += str_icmp(other, plain) == 0;
		free(other);
	}
	if (same) {
		struct str numbered = STR_INIT;

		str_addf(&numbered, "%s_%u", plain, same + 1);
		free(plain);
		plain = str_steal(&numbered);
	}
	return plain;
}

/* A Maildir++ tree for several folders. */
static int open_target(struct transfer *t, const char *name, struct err *err)
{
	char *plain;
	int rc;

	if (t->folders.n == 1)
		return is_mbox_name(t->path) ? sink_mbox(&t->sink, t->path, err)
					     : sink_maildir(&t->sink, t->path, "INBOX", err);
	plain = name_in_tree(t, name);
	rc = sink_maildir(&t->sink, t->path, plain, err);
	free(plain);
	return rc;
}

static int begin_export(struct transfer *t, const char *name, struct err *err)
{
	struct folder *f = t->given ? t->given : folder_by_ui_name(t->account, name);
	const struct columns *c;

	if (!f)
		return err_set(err, ERR_GONE, _("There is no folder %s in account %s"), name,
			t->account->setup->settings->name);
	if (folder_use(f, err) != 0)
		return -1;
	t->folder = f;
	t->numbering = f->numbering;
	if (open_target(t, name, err) != 0)
		return -1;
	if (t->work.request->uids) {
		t->uids = mem_dup(t->work.request->uids, t->work.request->n * sizeof(*t->uids));
		t->n = t->work.request->n;
	} else {
		c = cache_columns_view(f->cache);
		t->uids = mem_array(c->n + 1, sizeof(*t->uids));
		for (size_t i = 0; i < c->n; i++)
			if (!(c->flags[i] & MAIL_LEAVING))
				t->uids[t->n++] = c->uid[i];
	}
	t->total += t->n;
	return 0;
}

static int note_row(void *ctx, const struct maildir_entry *e)
{
	struct transfer *t = ctx;

	t->rows = mem_grow(t->rows, &t->cap_rows, t->n + 1, sizeof(*t->rows));
	t->rows[t->n++] = (struct import_row){
		mem_strdup(e->base), mem_strdup(e->keywords), e->flags, e->received};
	return 0;
}

static int begin_import(struct transfer *t, const char *name, struct err *err)
{
	const char *target = t->work.request->file.folder ? t->work.request->file.folder : name;

	t->dir = t->work.request->file.folder ? mem_strdup(t->path)
					      : maildir_dir(t->path, name, err);
	if (!t->dir)
		return -1;
	t->folder = folder_for_import(t->account, target, err);
	if (!t->folder)
		return -1;
	if (folder_use(t->folder, err) != 0) {
		t->folder = NULL;
		return -1;
	}
	if (localbox_scan(t->dir, note_row, t, err) != 0)
		return -1;
	t->total += t->n;
	t->sink = sink_folder(t->folder);
	return 0;
}

/* --- one message --- */

static void note_failure(struct transfer *t, const struct err *err)
{
	if (!t->failed++)
		t->why = *err;
}

static read_resume fetched;

/* 0: in out; 1: it is being fetched; -1. */
static int read_next(struct store *s, struct transfer *t, struct str *out, uint32_t *flags,
	struct str *keywords, uint32_t *received, struct err *err)
{
	const struct columns *c;
	ptrdiff_t row;
	int rc;

	if (t->import) {
		const struct import_row *r = &t->rows[t->at];

		*flags = r->flags;
		*received = r->received;
		str_adds(keywords, r->keywords);
		rc = localbox_read(t->dir, r->base, MAILDIR_MESSAGE_MAX, out, err);
		if (rc == 0 && localbox_is_mbox(t->dir))
			mbox_strip_status(out);
		return rc;
	}
	if (t->folder->numbering != t->numbering)
		return err_set(err, ERR_GONE,
			_("The folder was switched or numbered anew meanwhile; run it again"));
	c = cache_columns_view(t->folder->cache);
	row = columns_find(c, t->uids[t->at]);
	if (row < 0)
		return err_set(err, ERR_GONE, _("The message is no longer there"));
	*flags = c->flags[row];
	*received = c->received[row];
	str_adds(keywords, cache_keyset(t->folder->cache, c->keyset[row]));
	return read_message(s, t->folder, t->uids[t->at], t->work.request, fetched, out, err);
}

/* 0: go on; 1: waits for the message; -1: nothing more can be copied. */
static int copy_next(struct store *s, struct transfer *t, struct err *err)
{
	struct str message = STR_INIT, keywords = STR_INIT;
	uint32_t flags = 0, received = 0;
	struct err why = {0};
	size_t held = sink_held(t->sink);
	int rc = read_next(s, t, &message, &flags, &keywords, &received, &why);

	if (rc != 0)
		str_done(&keywords);
	if (rc == 1) {
		t->work.waits = true; /* until read.c says what became of it */
		return 1;
	}
	t->at++;
	if (rc != 0) {
		note_failure(t, &why);
		*err = why;
		return why.kind == ERR_NETWORK ? -1 : 0;
	}
	t->breaks = 0;
	t->work.request->fetches = 0;
	t->octets += message.len;
	rc = sink_put(t->sink, &message, flags, str_c(&keywords), received, err);
	str_done(&message);
	str_done(&keywords);
	if (rc < 0) {
		t->copied -= held - sink_held(t->sink);
		return -1;
	}
	if (rc == 1)
		t->there++;
	else
		t->copied++;
	return 0;
}

/* --- slices --- */

/* One of several that cannot be opened costs that one; a disk that is full costs all. */
static int next_folder(struct transfer *t, struct err *err)
{
	const char *name = t->folders.v[t->next++];
	struct err why = {0};
	int rc = t->import ? begin_import(t, name, &why) : begin_export(t, name, &why);

	if (rc == 0)
		return 0;
	err_set(err, why.kind, _("Folder %s: %s"), name, why.text);
	if (t->folders.n == 1 || why.kind == ERR_FULL) {
		if (t->folders.n == 1)
			*err = why;
		return rc;
	}
	note_failure(t, err);
	close_folder(t);
	return 0;
}

static bool transfer_step(struct store *s, struct work *w)
{
	struct transfer *t = (struct transfer *)w;
	int64_t end = clock_ms() + WORK_MS;
	struct err err = {0};
	int rc = 0;

	/* One that ends the connection costs that one; who cannot be reached is not asked for all.
	 */
	if (t->breaks >= BREAKS_MAX)
		return break_off(s, t, &t->why);
	while (rc == 0 && clock_ms() < end) {
		if (!t->sink && t->next == t->folders.n)
			return finish(s, t);
		if (!t->sink) {
			rc = next_folder(t, &err);
		} else if (t->at < t->n) {
			rc = copy_next(s, t, &err);
		} else {
			size_t held = sink_held(t->sink);

			rc = sink_end(t->sink, &err);
			if (rc < 0)
				t->copied -= held;
			close_folder(t);
		}
	}
	store_progress(s, w, t->copied + t->there + t->failed, t->total);
	return rc < 0 ? break_off(s, t, &err) : false;
}

/* --- what read.c brings --- */

static struct transfer *find(struct store *s, const struct store_request *r)
{
	struct work *w = s->work;

	while (w->request != r)
		w = w->next;
	return (struct transfer *)w;
}

static void fetched(struct store *s, struct store_request *r, const struct err *err)
{
	struct transfer *t = find(s, r);

	t->work.waits = false;
	if (err->kind == ERR_NONE)
		return;
	note_failure(t, err);
	t->breaks = err->kind == ERR_NETWORK ? t->breaks + 1 : 0;
	t->at++;
	t->work.request->fetches = 0;
}

/* --- asking --- */

static int list_export(struct transfer *t, struct store_request *r, struct err *err)
{
	if (store_may_write(t->account->store, t->path, err) != 0)
		return -1;
	if (t->given && t->given->box.dir && file_inside(t->path, t->given->box.dir))
		return err_set(err, ERR_INPUT, _("%s is the folder itself; choose another place"),
			t->path);
	if (t->given) {
		strv_add(&t->folders, t->given->name);
		return 0;
	}
	if (r->file.folder) {
		strv_add(&t->folders, r->file.folder);
		return 0;
	}
	if (is_mbox_name(r->file.path))
		return err_set(err, ERR_INPUT,
			_("All folders of an account go into a Maildir, not into one mbox file"));
	for (struct folder *f = t->account->folders; f; f = f->next)
		if (f->selectable && !f->box.vanished)
			strv_take(&t->folders, folder_ui_name(f));
	return 0;
}

static int list_import(struct transfer *t, struct store_request *r, struct err *err)
{
	if (!file_exists(t->path))
		return err_set(err, ERR_GONE, _("%s does not exist"), t->path);
	if (!localbox_is(t->path))
		return err_set(
			err, ERR_INPUT, _("%s is neither a Maildir nor an mbox file"), t->path);
	if (r->file.folder) {
		strv_add(&t->folders, r->file.folder);
		return 0;
	}
	if (localbox_is_mbox(t->path))
		return err_set(err, ERR_INPUT, _("Into which folder? import PATH FOLDER"));
	return maildir_list(t->path, &t->folders, err);
}

/* Keeps the request when it says 0. */
static int begin_work(struct store *s, struct transfer *t, int rc)
{
	if (rc != 0) {
		transfer_free(t);
		return -1;
	}
	store_work(s, &t->work);
	return REQUEST_TAKEN;
}

static struct transfer *transfer_new(struct account *a, struct store_request *r)
{
	struct transfer *t = mem_alloc(sizeof(*t));

	t->work = (struct work){.request = r, .step = transfer_step, .drop = transfer_drop};
	t->account = a;
	t->path = mem_strdup(r->file.path);
	return t;
}

int transfer_export(struct store *s, struct store_request *r, struct str *said, struct err *err)
{
	struct list *l = r->list ? store_list(s, r->list) : NULL;
	struct account *a = l ? l->folder->account : NULL;
	struct transfer *t;

	(void)said;
	if (!l && r->list)
		return err_set(err, ERR_GONE, _("The folder is no longer open"));
	if (!a)
		a = store_account(s, r->account, err);
	if (!a)
		return -1;
	if (l && l->filter && !r->uids)
		r->n = lists_shown(l, &r->uids);
	t = transfer_new(a, r);
	t->given = l ? l->folder : NULL;
	return begin_work(s, t, list_export(t, r, err));
}

int transfer_import(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct transfer *t = transfer_new(a, r);

	(void)said;
	t->import = true;
	return begin_work(a->store, t, list_import(t, r, err));
}
