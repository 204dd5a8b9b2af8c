/*
 * Messages on their way from here to a folder of the server: each becomes a file in append/ and an
 * operation of the journal, which is replayed as APPEND.
 *
 * Many together: the files are written, the disk is waited for once, the directory is, and only
 * then the journal gets their operations, by one record after the other and one wait. Killed in
 * between, files are left that no operation names; nothing was told of them.
 */
#include "store/mail/upload.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/localbox.h"
#include "store/disk/maildir.h"
#include "store/mail/account.h"
#include "store/mail/append.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/store_priv.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GROUP_BYTES = 4 << 20 };

struct uploads {
	struct folder *target;
	char *dir;
	int fd; /* of dir, opened before anything is written: syncfs tells what failed since */
	struct op *ops[MAILDIR_MANY]; /* owned; their files are written, no more */
	size_t n, bytes;
};

struct uploads *uploads_new(struct folder *target)
{
	struct uploads *u = mem_alloc(sizeof(*u));

	u->target = target;
	u->dir = append_path(target->account, "");
	u->fd = open(u->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return u;
}

static void drop(struct uploads *u, bool files_too)
{
	for (size_t i = 0; i < u->n; i++) {
		if (files_too)
			unlinkat(u->fd, u->ops[i]->file, 0);
		op_free(u->ops[i]);
	}
	u->n = u->bytes = 0;
}

void uploads_free(struct uploads *u)
{
	if (!u)
		return;
	drop(u, true);
	if (u->fd >= 0)
		close(u->fd);
	free(u->dir);
	free(u);
}

static int wait_for(struct uploads *u, const char *name, struct err *err)
{
	int fd = openat(u->fd, name, O_RDONLY | O_CLOEXEC), rc;

	rc = fd < 0 || fsync(fd) != 0 ? err_errno(err, _("Cannot write %s"), u->dir) : 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int wait_for_files(struct uploads *u, struct err *err)
{
	int rc = 0;

	if (u->n > 1 && maildir_can_wait_together(u->fd))
		return syncfs(u->fd) == 0 ? 0 : err_errno(err, _("Cannot write %s"), u->dir);
	for (size_t i = 0; rc == 0 && i < u->n; i++)
		rc = wait_for(u, u->ops[i]->file, err);
	return rc;
}

int uploads_flush(struct uploads *u, struct err *err)
{
	struct account *a = u->target->account;
	int rc;

	if (!u->n)
		return 0;
	rc = wait_for_files(u, err);
	if (rc == 0)
		rc = file_sync_dir(u->dir, err);
	if (rc == 0)
		rc = journal_add_many(a->journal, u->ops, u->n, err);
	drop(u, rc != 0);
	if (rc != 0)
		return -1;
	account_pending(a);
	account_replays(a);
	return 0;
}

size_t uploads_held(const struct uploads *u)
{
	return u->n;
}

static int write_message(struct uploads *u, const char *name, const struct str *message,
	uint32_t received, struct err *err)
{
	struct timespec times[2] = {{.tv_sec = received}, {.tv_sec = received}};
	int fd = openat(u->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), rc;

	if (fd < 0)
		return err_errno(err, _("Cannot write %s"), u->dir);
	rc = file_write_all(fd, u->dir, str_c(message), message->len, err);
	if (rc == 0 && received) /* the date that the server is told (replay.c) */
		futimens(fd, times);
	if (close(fd) != 0 && rc == 0)
		rc = err_errno(err, _("Cannot write %s"), u->dir);
	if (rc != 0)
		unlinkat(u->fd, name, 0);
	return rc;
}

int uploads_add(
	struct uploads *u, const struct str *message, const struct upload *what, struct err *err)
{
	struct op *op;
	char token[17];

	const char *name = what->file ? what->file : token;

	hash_random_token(token, 16);
	if (write_message(u, name, message, what->received, err) != 0)
		return -1;
	op = op_new(OP_APPEND);
	free(op->file);
	op->file = mem_strdup(name);
	free(op->target);
	op->target = mem_strdup(u->target->name);
	free(op->message_id);
	op->message_id = mem_strdup(what->message_id);
	op->set = what->flags & MAIL_SERVER_FLAGS;
	free(op->keywords_set);
	op->keywords_set = mem_strdup(what->keywords);
	u->ops[u->n++] = op;
	u->bytes += message->len;
	return u->n == MAILDIR_MANY || u->bytes >= GROUP_BYTES ? uploads_flush(u, err) : 0;
}

/* --- copying from a local folder, in slices --- */

struct copying {
	struct work work;
	struct folder *from, *target;
	unsigned numbering; /* what the UIDs mean */
	uint32_t *uids;     /* owned */
	size_t n, at, gone;
	char *name; /* owned; of the target, for people */
	struct uploads *up;
};

static void copying_free(struct copying *c)
{
	uploads_free(c->up);
	folder_unuse(c->from);
	folder_unuse(c->target);
	free(c->uids);
	free(c->name);
	free(c);
}

static int copy_one(struct copying *c, uint32_t uid, struct err *err)
{
	struct str bytes = STR_INIT;
	struct summary s, *row;
	int rc;

	if (cache_get(c->from->cache, uid, &s) != 0) {
		c->gone++;
		return 0;
	}
	row = summary_copy(&s); /* the strings last until the cache is used again */
	rc = localbox_read(c->from->box.dir, row->file, MAILDIR_MESSAGE_MAX, &bytes, err);
	if (rc == 0)
		rc = uploads_add(c->up, &bytes,
			&(struct upload){
				row->flags, row->received, row->keywords, row->message_id, NULL},
			err);
	summary_free(row);
	str_done(&bytes);
	return rc;
}

/* What was written before it ended goes up all the same. */
static void break_off(struct store *s, struct copying *c, const struct err *why)
{
	struct err all = *why;
	size_t before = c->at - c->gone - c->up->n;

	if (before)
		err_set(&all, why->kind,
			ngettext("%s; %zu of %zu message was copied to %s before",
				"%s; %zu of %zu messages were copied to %s before", c->n),
			why->text, before, c->n, c->name);
	answer_failed(s, c->work.request, &all);
	copying_free(c);
}

static void finish(struct store *s, struct copying *c)
{
	struct str said = STR_INIT;

	str_addf(&said,
		ngettext("%zu message copied to %s", "%zu messages copied to %s", c->n - c->gone),
		c->n - c->gone, c->name);
	if (c->gone)
		str_addf(&said,
			ngettext(
				"; %zu was no longer there", "; %zu were no longer there", c->gone),
			c->gone);
	answer_done(s, c->work.request, said.p);
	str_done(&said);
	copying_free(c);
}

static bool copying_step(struct store *s, struct work *w)
{
	struct copying *c = (struct copying *)w;
	int64_t end = clock_ms() + WORK_MS;
	struct err err = {0};
	int rc = 0;

	if (c->from->numbering != c->numbering)
		rc = err_set(&err, ERR_GONE,
			_("The folder was switched or numbered anew meanwhile; run it again"));
	while (rc == 0 && c->at < c->n && clock_ms() < end)
		rc = copy_one(c, c->uids[c->at++], &err);
	if (rc == 0 && c->at == c->n)
		rc = uploads_flush(c->up, &err);
	store_progress(s, w, c->at, c->n);
	if (rc != 0)
		break_off(s, c, &err);
	else if (c->at == c->n)
		finish(s, c);
	else
		return false;
	return true;
}

static void copying_drop(struct store *s, struct work *w, const struct err *why)
{
	break_off(s, (struct copying *)w, why);
}

int upload_request(
	struct folder *f, struct folder *target, struct store_request *r, struct err *err)
{
	struct copying *c;

	if (folder_use(f, err) != 0)
		return -1;
	if (folder_use(target, err) != 0) {
		folder_unuse(f);
		return -1;
	}
	c = mem_alloc(sizeof(*c));
	c->work = (struct work){.request = r, .step = copying_step, .drop = copying_drop};
	c->from = f;
	c->target = target;
	c->numbering = f->numbering;
	c->uids = mem_dup(r->uids, r->n * sizeof(*r->uids));
	c->n = r->n;
	c->name = folder_label(target);
	c->up = uploads_new(target);
	store_work(f->account->store, &c->work);
	return REQUEST_TAKEN;
}
