#include "store/mail/sink.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "mime/envelope.h"
#include "mime/part.h"
#include "store/disk/keywords.h"
#include "store/disk/localbox.h"
#include "store/disk/mbox.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_tell.h"
#include "store/mail/marks.h"
#include "store/mail/upload.h"
#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TAG = 32,
	BATCH_BYTES = 4 << 20,
	TWINS_MAX = 64,
	MARK_FILES = 64, /* each waits for the disk */
	MARK_ROWS = 2000 /* on a server: one operation */
};

enum sink_kind { TO_MBOX, TO_MAILDIR, TO_FOLDER };

struct held {
	struct str bytes;
	char *keywords; /* owned */
	uint32_t flags, received;
	char tag[TAG + 1];
};

/* A message that was in the Maildir before. */
struct copy {
	struct copy *next; /* the same bytes once more */
	uint32_t flags;
	char *keywords; /* owned; NULL: none */
	char base[];
};

struct sink {
	enum sink_kind kind;
	char *path, *part; /* mbox: its name, and while it is being written */
	int fd;
	size_t written; /* mbox: messages */
	char *dir;
	struct map *copies; /* Maildir: those with a checksum in the name, by it */
	struct folder *folder;
	uint32_t newest; /* folder: what has a larger UID was put there by us */
	struct map
		*waiting; /* folder on a server: Message-IDs that were on their way there before */
	struct uploads *uploads;    /* folder on a server: what goes there */
	struct marks_changes marks; /* folder: what the messages there are to get */
	bool read_only;             /* folder: nothing there gets marks */
	uint32_t marks_validity;    /* the UIDVALIDITY they are of */
	size_t nmarks, marked;
	struct held *held;
	size_t nheld, cap_held, bytes_held;
};

static struct sink *new_sink(enum sink_kind kind)
{
	struct sink *s = mem_alloc(sizeof(*s));

	s->kind = kind;
	s->fd = -1;
	return s;
}

static void drop_held(struct sink *s)
{
	for (size_t i = 0; i < s->nheld; i++) {
		str_done(&s->held[i].bytes);
		free(s->held[i].keywords);
	}
	s->nheld = s->bytes_held = 0;
}

static void copies_free(void *first)
{
	for (struct copy *c = first, *next; c; c = next) {
		next = c->next;
		free(c->keywords);
		free(c);
	}
}

void sink_free(struct sink *s)
{
	if (!s)
		return;
	drop_held(s);
	uploads_free(s->uploads);
	free(s->held);
	if (s->fd >= 0) {
		close(s->fd);
		unlink(s->part);
	}
	map_free(s->copies, copies_free);
	marks_drop(&s->marks);
	map_free(s->waiting, NULL);
	free(s->path);
	free(s->part);
	free(s->dir);
	free(s);
}

/* --- opening --- */

int sink_mbox(struct sink **out, const char *path, struct err *err)
{
	struct sink *s;

	if (file_exists(path))
		return err_set(err, ERR_INPUT, _("%s exists already; choose another name"), path);
	s = new_sink(TO_MBOX);
	s->path = mem_strdup(path);
	s->fd = file_open_part(path, &s->part, err);
	if (s->fd < 0) {
		sink_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

/* By the checksum that an earlier run put into the name. */
static int note_copy(void *ctx, const struct maildir_entry *e)
{
	const char *at = maildir_tag(e->base, TAG);
	char tag[TAG + 1];
	struct copy *c, *first;

	if (!at)
		return 0;
	snprintf(tag, sizeof(tag), "%.*s", (int)TAG, at);
	c = mem_alloc(sizeof(*c) + strlen(e->base) + 1);
	memcpy(c->base, e->base, strlen(e->base));
	c->flags = e->flags;
	c->keywords = *e->keywords ? mem_strdup(e->keywords) : NULL;
	first = map_get(ctx, tag);
	if (first) {
		c->next = first->next;
		first->next = c;
	} else {
		map_put(ctx, tag, c);
	}
	return 0;
}

int sink_maildir(struct sink **out, const char *root, const char *folder, struct err *err)
{
	struct sink *s = new_sink(TO_MAILDIR);

	s->dir = maildir_dir(root, folder, err);
	s->copies = map_new();
	if (!s->dir || maildir_create(root, folder, err) != 0 ||
		maildir_scan(s->dir, note_copy, s->copies, err) != 0) {
		sink_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

/* Message-IDs of the uploads that wait in the journal. */
static struct map *uploads_to(const struct folder *f)
{
	const struct journal *j = f->account->journal;
	struct map *waiting = map_new();

	for (size_t i = 0; j && i < journal_count(j); i++) {
		const struct op *op = journal_at(j, i);

		if (op->kind == OP_APPEND && *op->message_id && strcmp(op->target, f->name) == 0)
			map_put(waiting, op->message_id, (void *)1);
	}
	return waiting;
}

struct sink *sink_folder(struct folder *f)
{
	struct sink *s = new_sink(TO_FOLDER);

	s->folder = f;
	s->newest = cache_max_uid(f->cache);
	s->read_only = folder_is_read_only(f);
	if (!f->local) {
		s->waiting = uploads_to(f);
		s->uploads = uploads_new(f);
	}
	return s;
}

/* --- is it there already? --- */

static void header_of(const struct str *message, struct envelope *e)
{
	struct parts parts = {0};

	part_parse(&parts, str_c(message), message->len);
	if (parts.n)
		envelope_parse(e, parts.v[0].header, parts.v[0].header_len);
	else
		envelope_parse(e, "", 0);
	part_done(&parts);
}

static bool same_bytes(struct folder *f, uint32_t uid, const struct str *message)
{
	char *base = folder_local_file(f, uid, NULL);
	struct str there = STR_INIT;
	bool same = base &&
		    localbox_read(f->box.dir, base, MAILDIR_MESSAGE_MAX, &there, NULL) == 0 &&
		    there.len == message->len &&
		    memcmp(str_c(&there), str_c(message), message->len) == 0;

	free(base);
	str_done(&there);
	return same;
}

static bool same_size(struct folder *f, uint32_t uid, const struct str *message)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return at >= 0 && c->size[at] == (uint32_t)str_wire_size(str_c(message), message->len);
}

static bool may_mark(const struct sink *s, uint32_t uid)
{
	const struct columns *c = cache_columns_view(s->folder->cache);
	ptrdiff_t at = columns_find(c, uid);

	return !s->read_only && at >= 0 && !(c->flags[at] & MAIL_LEAVING);
}

/* Whether it is there. *needs: the one that should get marks, 0: none. */
static bool folder_has(struct sink *s, const struct str *message, const struct envelope *e,
	const struct marks *marks, uint32_t *needs)
{
	struct folder *f = s->folder;
	unsigned char identity[16];
	uint32_t uids[TWINS_MAX];
	size_t n;

	*needs = 0;
	envelope_identity(e, identity);
	n = cache_find_identity(f->cache, identity, uids, TWINS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct marks has;

		if (uids[i] > s->newest ||
			!(f->local ? same_bytes : same_size)(f, uids[i], message))
			continue;
		has = marks_of(f, uids[i]);
		if (!may_mark(s, uids[i]) || !marks_lack(&has, marks)) {
			*needs = 0;
			return true;
		}
		if (!*needs)
			*needs = uids[i];
	}
	return *needs || (s->waiting && map_get(s->waiting, e->message_id));
}

/* --- putting --- */

static void hold(struct sink *s, struct str *message, uint32_t flags, const char *keywords,
	uint32_t received, const char *tag)
{
	struct held *h;

	s->held = mem_grow(s->held, &s->cap_held, s->nheld + 1, sizeof(*s->held));
	h = &s->held[s->nheld++];
	*h = (struct held){*message, mem_strdup(keywords), flags, received, ""};
	snprintf(h->tag, sizeof(h->tag), "%s", tag);
	*message = (struct str)STR_INIT;
	s->bytes_held += h->bytes.len;
}

static int flush_when_full(struct sink *s, struct err *err)
{
	return s->nheld >= MAILDIR_MANY || s->bytes_held >= BATCH_BYTES ? sink_flush(s, err) : 0;
}

static int put_mbox(struct sink *s, const struct str *message, uint32_t flags, const char *keywords,
	uint32_t received, struct err *err)
{
	struct str text = STR_INIT;
	int rc;

	mbox_put(&text, str_c(message), message->len, received, flags, keywords);
	rc = file_write_all(s->fd, s->path, text.p, text.len, err);
	str_done(&text);
	s->written += rc == 0;
	return rc;
}

/* What there is no room for is left out. *some: one was set. */
static int mark_keywords(
	struct sink *s, struct copy *c, const char *keywords, bool *some, struct err *err)
{
	struct str missing = STR_INIT, now = STR_INIT;
	const char *p, *word;
	size_t len;
	int rc = 0;

	keywords_minus(&missing, keywords, c->keywords ? c->keywords : "");
	p = str_c(&missing);
	while (rc == 0 && (word = keywords_next(&p, &len))) {
		char *one = mem_strndup(word, len);
		bool ok = keywords_ok(word, len);

		if (ok)
			rc = maildir_set_keywords(s->dir, c->base, "", one, &now, err);
		*some |= ok && rc == 0;
		if (rc != 0 && err->kind == ERR_FULL)
			rc = 0;
		free(one);
	}
	if (now.len) {
		free(c->keywords);
		c->keywords = str_steal(&now);
	}
	str_done(&missing);
	str_done(&now);
	return rc;
}

/* 1: it is there; 0: not any more, another program has removed it; -1. */
static int mark_copy(struct sink *s, struct copy *first, const struct marks *marks, struct err *err)
{
	uint32_t flags = marks->flags & ~first->flags;
	struct err why = {0};
	bool some = flags;
	int rc = 0;

	for (struct copy *c = first; c; c = c->next) {
		const struct marks has = {c->flags, c->keywords ? c->keywords : ""};

		if (!marks_lack(&has, marks))
			return 1;
	}
	if (flags)
		rc = maildir_add_flags(s->dir, first->base, flags, &why);
	if (rc == 0)
		rc = mark_keywords(s, first, marks->keywords, &some, &why);
	if (rc != 0) {
		*err = why;
		return why.kind == ERR_GONE ? 0 : -1;
	}
	first->flags |= flags;
	s->marked += some;
	return 1;
}

static int put_maildir(struct sink *s, struct str *message, uint32_t flags, const char *keywords,
	uint32_t received, struct err *err)
{
	const struct marks marks = {flags & MARKS_SHARED, keywords};
	unsigned char sum[HASH_SHA256_SIZE];
	struct copy *first;
	char tag[TAG + 1];
	int rc = 0;

	hash_sha256(sum, str_c(message), message->len);
	hash_hex(tag, sum, TAG / 2);
	first = map_get(s->copies, tag);
	if (first)
		rc = mark_copy(s, first, &marks, err);
	if (rc != 0)
		return rc;
	hold(s, message, flags, keywords, received, tag);
	return flush_when_full(s, err);
}

static int flush_marks(struct sink *s, struct err *err)
{
	/* Made anew on the server meanwhile: these numbers are other messages now. */
	if (s->nmarks && s->marks_validity != cache_meta(s->folder->cache)->uidvalidity)
		marks_drop(&s->marks);
	s->nmarks = 0;
	return marks_apply(s->folder, &s->marks, &s->marked, err);
}

static int mark_row(struct sink *s, uint32_t uid, const struct marks *marks, struct err *err)
{
	struct marks was = marks_of(s->folder, uid),
		     now = {was.flags | marks->flags, marks->keywords};

	if (!s->nmarks)
		s->marks_validity = cache_meta(s->folder->cache)->uidvalidity;
	marks_add(&s->marks, uid, &was, &now, ""); /* nothing is taken away */
	s->nmarks++;
	if (s->nmarks < (s->folder->local ? MARK_FILES : MARK_ROWS))
		return 1;
	return flush_marks(s, err) == 0 ? 1 : -1;
}

static int put_folder(struct sink *s, struct str *message, uint32_t flags, const char *keywords,
	uint32_t received, struct err *err)
{
	const struct marks marks = {flags & MARKS_SHARED, keywords};
	struct envelope e = {0};
	uint32_t needs;
	int rc;

	header_of(message, &e);
	if (folder_has(s, message, &e, &marks, &needs)) {
		rc = needs ? mark_row(s, needs, &marks, err) : 1;
	} else if (!s->folder->local) {
		rc = uploads_add(s->uploads, message,
			&(struct upload){flags, received, keywords, e.message_id, NULL}, err);
	} else {
		hold(s, message, flags, keywords, received, "");
		rc = flush_when_full(s, err);
	}
	envelope_done(&e);
	return rc;
}

/* Files here have LF line ends, and so do checksums. */
static void to_lf(struct str *message)
{
	struct str lf = STR_INIT;

	if (!message->len || !memchr(message->p, '\r', message->len))
		return;
	str_add_lf(&lf, str_c(message), message->len);
	str_done(message);
	*message = lf;
}

int sink_put(struct sink *s, struct str *message, uint32_t flags, const char *keywords,
	uint32_t received, struct err *err)
{
	flags &= MAIL_SERVER_FLAGS;
	to_lf(message);
	switch (s->kind) {
	case TO_MBOX:
		return put_mbox(s, message, flags, keywords, received, err);
	case TO_MAILDIR:
		return put_maildir(s, message, flags, keywords, received, err);
	default:
		return put_folder(s, message, flags, keywords, received, err);
	}
}

/* --- making it durable --- */

static int read_back(struct sink *s, const struct maildir_mail *m, struct err *err)
{
	struct str there = STR_INIT;
	int rc = maildir_read(s->dir, m->base.p, m->len + 1, &there, err);

	if (rc == 0 && (there.len != m->len || memcmp(str_c(&there), m->p, m->len) != 0))
		rc = err_set(err, ERR_SYSTEM,
			_("A message written to %s does not read back as it was: the disk may be "
			  "bad"),
			s->dir);
	str_done(&there);
	return rc;
}

static int deliver(struct sink *s, struct maildir_mail *mail, struct err *err)
{
	const char *dir = s->folder ? s->folder->box.dir : s->dir;
	int rc = 0;

	if (s->folder)
		folder_deliver_many(s->folder, mail, s->nheld);
	else
		maildir_deliver_many(dir, mail, s->nheld);
	for (size_t i = 0; rc == 0 && i < s->nheld; i++)
		if (!mail[i].base.len) {
			*err = mail[i].err;
			rc = -1;
		}
	if (rc == 0)
		rc = maildir_sync(dir, err);
	for (size_t i = 0; rc == 0 && !s->folder && i < s->nheld; i++)
		rc = read_back(s, &mail[i], err);
	return rc;
}

static int flush_held(struct sink *s, struct err *err)
{
	struct maildir_mail *mail;
	int rc;

	if (!s->nheld)
		return 0;
	mail = mem_array(s->nheld, sizeof(*mail));
	for (size_t i = 0; i < s->nheld; i++)
		mail[i] = (struct maildir_mail){.p = str_c(&s->held[i].bytes),
			.len = s->held[i].bytes.len,
			.flags = s->held[i].flags,
			.received = s->held[i].received,
			.keywords = s->held[i].keywords,
			.tag = *s->held[i].tag ? s->held[i].tag : NULL};
	rc = deliver(s, mail, err);
	for (size_t i = 0; i < s->nheld; i++)
		str_done(&mail[i].base);
	free(mail);
	drop_held(s);
	return rc;
}

int sink_flush(struct sink *s, struct err *err)
{
	int rc = flush_held(s, err);

	if (rc == 0 && s->uploads)
		rc = uploads_flush(s->uploads, err);
	if (s->folder && flush_marks(s, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

size_t sink_held(const struct sink *s)
{
	return s->nheld + s->written + (s->uploads ? uploads_held(s->uploads) : 0);
}

size_t sink_marked(const struct sink *s)
{
	return s->marked;
}

static int count_one(void *ctx, uint64_t offset, uint64_t length, uint32_t received)
{
	(void)offset, (void)length, (void)received;
	++*(size_t *)ctx;
	return 0;
}

static int end_mbox(struct sink *s, struct err *err)
{
	size_t n = 0;

	if (fsync(s->fd) != 0)
		return err_errno(err, _("Cannot write %s"), s->path);
	posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (mbox_scan(s->part, count_one, &n, err) != 0)
		return -1;
	if (n != s->written)
		return err_set(err, ERR_SYSTEM,
			_("%s reads back with %zu messages instead of %zu; it was not kept"),
			s->path, n, s->written);
	if (file_rename_new(s->part, s->path) != 0)
		return errno == EEXIST
			       ? err_set(err, ERR_INPUT,
					 _("%s exists already; choose another name"), s->path)
			       : err_errno(err, _("Cannot write %s"), s->path);
	close(s->fd);
	s->fd = -1;
	return file_sync_parent(s->path, err);
}

int sink_end(struct sink *s, struct err *err)
{
	return s->kind == TO_MBOX ? end_mbox(s, err) : sink_flush(s, err);
}
