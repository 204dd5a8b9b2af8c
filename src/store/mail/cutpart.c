#include "store/mail/cutpart.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "mime/cut.h"
#include "store/mail/change.h"
#include "store/mail/change_priv.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/mail/read.h"
#include "store/mail/upload.h"
#include "store/store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files below append/: cut-UIDVALIDITY-UID-TOKEN, for the message whose place it takes. */
static const char FORMAT[] = "cut-%lu-%lu-";

/* --- the former message --- */

static int let_go(struct folder *f, uint32_t uid, struct err *err)
{
	struct account *a = f->account;
	struct folder *trash = a->kind == ACCOUNT_PATH ? NULL : folder_for_role(a, ROLE_TRASH, err);

	if (trash && trash != f && trash->local == f->local)
		return change_move(f, trash, &uid, 1, err);
	if (a->kind != ACCOUNT_PATH && !trash)
		return -1;
	return f->local ? change_remove(f, &uid, 1, err)
			: change_move_hidden(f, NULL, &uid, 1, OP_EXPUNGE, err);
}

static int let_go_confirmed(struct folder *f, uint32_t uidvalidity, uint32_t uid, struct err *err)
{
	int rc = folder_use(f, err);

	if (rc != 0)
		return -1;
	if (cache_meta(f->cache)->uidvalidity != uidvalidity || !cache_has(f->cache, uid))
		rc = err_set(err, ERR_GONE, _("it is no longer there"));
	else
		rc = let_go(f, uid, err);
	folder_unuse(f);
	return rc;
}

void cutpart_confirmed(struct account *a, const struct op *op)
{
	struct folder *f;
	unsigned long uidvalidity, uid;
	struct err err = {0};

	if (op->kind != OP_APPEND || sscanf(op->file, FORMAT, &uidvalidity, &uid) != 2)
		return;
	f = folder_find(a, op->target, false);
	if (f && let_go_confirmed(f, (uint32_t)uidvalidity, (uint32_t)uid, &err) != 0)
		store_notice(a,
			_("The message without the deleted part is in %s; the one with it could "
			  "not be removed: %s"),
			op->target, err.text);
}

/* --- the one that takes its place --- */

static int append(
	struct folder *f, const struct summary *row, const struct str *message, struct err *err)
{
	struct uploads *u = uploads_new(f);
	char token[17];
	struct str name = STR_INIT;
	int rc;

	hash_random_token(token, 16);
	str_addf(&name, "cut-%lu-%lu-%s", (unsigned long)cache_meta(f->cache)->uidvalidity,
		(unsigned long)row->uid, token);
	rc = uploads_add(u, message,
		&(struct upload){row->flags, row->received, row->keywords, row->message_id, name.p},
		err);
	if (rc == 0)
		rc = uploads_flush(u, err);
	uploads_free(u);
	str_done(&name);
	return rc;
}

static int deliver(
	struct folder *f, const struct summary *row, const struct str *message, struct err *err)
{
	struct maildir_mail mail = {.p = str_c(message),
		.len = message->len,
		.flags = row->flags,
		.received = row->received,
		.keywords = row->keywords};
	int rc = 0;

	folder_deliver_many(f, &mail, 1);
	if (!mail.base.len) {
		*err = mail.err;
		rc = -1;
	}
	str_done(&mail.base);
	return rc == 0 ? maildir_sync(f->box.dir, err) : -1;
}

/* Another part of it goes already: both ways would leave two messages, none without both. */
static bool is_replaced(struct folder *f, uint32_t uid)
{
	struct journal *j = f->account->journal;
	unsigned long uidvalidity, of;

	for (size_t i = 0; !f->local && i < journal_count(j); i++) {
		const struct op *op = journal_at(j, i);

		if (op->kind == OP_APPEND && strcmp(op->target, f->name) == 0 &&
			sscanf(op->file, FORMAT, &uidvalidity, &of) == 2 && of == uid &&
			uidvalidity == cache_meta(f->cache)->uidvalidity)
			return true;
	}
	return false;
}

static int put(struct folder *f, uint32_t uid, const struct str *message, struct str *said,
	struct err *err)
{
	struct summary s, *row;
	int rc;

	if (cache_get(f->cache, uid, &s) != 0)
		return err_set(err, ERR_GONE, _("This message is no longer here"));
	if (s.flags & MAIL_WAITING || is_replaced(f, uid))
		return err_set(err, ERR_BUSY,
			_("The message is on its way to the server just now: try again in a "
			  "moment"));
	row = summary_copy(&s);
	rc = f->local ? deliver(f, row, message, err) : append(f, row, message, err);
	if (rc == 0 && f->local)
		rc = let_go(f, uid, err);
	if (rc == 0)
		str_adds(said, f->local
				       ? _("The part is deleted")
				       : _("The part is deleted; the message with it goes when the "
					   "server has the one without"));
	summary_free(row);
	return rc;
}

static void say_instead(const struct store_request *r, struct str *out)
{
	struct str date = STR_INIT;

	clock_rfc5322(&date, clock_now());
	str_addf(out, _("[The file “%s” (%s) was deleted from this message on %s]"),
		*r->cut.name ? r->cut.name : _("(no name)"), r->cut.type, str_c(&date));
	str_addc(out, '\n');
	str_done(&date);
}

int cutpart_request(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct folder *f = l->folder;
	struct str bytes = STR_INIT, without = STR_INIT, instead = STR_INIT;
	int rc = read_message(f->account->store, f, r->uid, r, read_go_on, &bytes, err);

	if (rc == 0) {
		say_instead(r, &instead);
		rc = cut_part(str_c(&bytes), bytes.len,
			&(struct cut){r->cut.section, r->cut.type, r->cut.name, str_c(&instead)},
			&without, err);
	}
	if (rc == 0)
		rc = put(f, r->uid, &without, said, err);
	str_done(&bytes);
	str_done(&without);
	str_done(&instead);
	return rc;
}
