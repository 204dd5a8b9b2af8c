/*
 * When the relay has taken a mail: its copy in Sent, once, and the mark of the message it answers;
 * then, when everybody has it, it leaves the outbox.
 */
#include "store/mail/sentcopy.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/disk/maildir.h"
#include "store/mail/account.h"
#include "store/mail/append.h"
#include "store/mail/change.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/mail/remote.h"
#include "store/mail/write_priv.h"

#include <stdlib.h>
#include <string.h>

/* --- the copy in Sent --- */

static int append_to_sent(struct account *a, const struct outbox_mail *m, const struct str *message,
	bool again, struct err *err)
{
	struct folder *sent = folder_for_role(a, ROLE_SENT, err);
	char *path = append_path(a, m->id);
	struct op *op = op_new(OP_APPEND);
	int rc = sent ? file_replace(path, message->p, message->len, 0600, err) : -1;

	free(op->target);
	free(op->file);
	free(op->message_id);
	free(op->text);
	op->target = mem_strdup(sent ? sent->name : "");
	op->file = mem_strdup(m->id);
	op->message_id = mem_strdup(m->message_id);
	op->text = mem_strdup(_("Keep a copy in Sent"));
	op->set = MAIL_SEEN;
	if (again)
		op->state = OP_SENT; /* it may have been through: looked for by Message-ID */
	if (rc == 0)
		rc = journal_add(a->journal, op, err);
	if (rc == 0) {
		account_pending(a);
		account_replays(a);
	}
	op_free(op);
	free(path);
	return rc;
}

static int deliver_to_sent(struct account *a, struct folder *sent, const struct str *message,
	const char *message_id, struct err *err)
{
	uint32_t uid;
	int rc;

	if (!sent || folder_use(sent, err) != 0)
		return -1;
	/* Killed between the copy and the outbox: the copy is here already. */
	rc = cache_find_message_id(sent->cache, message_id)
		     ? 1
		     : folder_deliver(
			       sent, message->p, message->len, MAIL_SEEN, "", NULL, &uid, err);
	if (rc == 0) {
		rc = maildir_sync(sent->box.dir, err);
		folder_send_changes(sent, &uid, 1, NULL, 0);
	}
	folder_unuse(sent);
	folder_send_folders(a);
	return rc < 0 ? -1 : 0;
}

char *sentcopy_keep(struct account *a, const struct op *op, struct err *err)
{
	char *path = append_path(a, op->file);
	struct folder *sent = folder_local_for_role(a, ROLE_SENT, err);
	struct str message = STR_INIT;
	char *name = NULL;

	if (sent && file_read(path, 512 << 20, &message, err) == 0 &&
		deliver_to_sent(a, sent, &message, op->message_id, err) == 0)
		name = folder_label(sent);
	str_done(&message);
	free(path);
	return name;
}

static bool copy_waits_already(struct account *a, const char *message_id)
{
	for (size_t i = 0; i < journal_count(a->journal); i++) {
		const struct op *op = journal_at(a->journal, i);

		if (op->kind == OP_APPEND && strcmp(op->message_id, message_id) == 0)
			return true;
	}
	return false;
}

static int keep_copy(struct account *a, const struct outbox_mail *m, bool again, struct err *err)
{
	struct str message = STR_INIT, wire = STR_INIT;
	int rc;

	if (!a->setup->settings->save_sent || copy_waits_already(a, m->message_id))
		return 0;
	rc = outbox_read(a->outbox, m->id, &message, err);
	if (rc == 0) {
		letter_wire(message.p, message.len, &wire);
		rc = remote_has_folders(a) ? append_to_sent(a, m, &wire, again, err)
					   : deliver_to_sent(a, folder_for_role(a, ROLE_SENT, err),
						     &wire, m->message_id, err);
	}
	str_done(&message);
	str_done(&wire);
	return rc;
}

/* --- the mark of what is answered --- */

static struct account *account_named(struct store *s, const char *name)
{
	for (size_t i = 0; i < s->naccounts; i++)
		if (s->accounts[i]->kind == ACCOUNT_OPENED &&
			strcmp(s->accounts[i]->setup->settings->name, name) == 0)
			return s->accounts[i];
	return NULL;
}

static int mark_in(struct folder *f, const struct outbox_ref *ref, uint32_t flag, struct err *err)
{
	uint32_t uid = ref->uid;
	int rc = folder_use(f, err);

	if (rc != 0)
		return -1;
	if (cache_meta(f->cache)->uidvalidity == ref->uidvalidity && cache_has(f->cache, uid))
		rc = change_flags(f, &uid, 1, 0, flag, err);
	folder_unuse(f);
	return rc;
}

/* A message that is gone, or a folder that is not here any more, gets none. */
static void mark_answered(struct account *a, const struct outbox_mail *m)
{
	const struct outbox_ref *ref = &m->about;
	uint32_t flag = m->forward ? MAIL_FORWARDED : MAIL_ANSWERED;
	struct err err = {0};
	struct account *of;
	struct folder *f;
	int rc = 0;

	if (!ref->account)
		return;
	if (!*ref->account) {
		/* By its path: whoever shows it sees that the file has another name. */
		if (*ref->file)
			rc = maildir_add_flags(ref->folder, ref->file, flag, &err);
	} else {
		of = account_named(a->store, ref->account);
		f = of ? folder_find(of, ref->folder, ref->local) : NULL;
		if (f)
			rc = mark_in(f, ref, flag, &err);
	}
	if (rc < 0 && err.kind != ERR_GONE)
		store_notice(
			a, _("What “%s” answers could not be marked so: %s"), m->subject, err.text);
}

/* --- both --- */

/* First the copy becomes durable, then it is noted, and only then the mail may leave. */
int sentcopy_make(struct account *a, struct outbox_mail *m, bool again, struct err *err)
{
	if (!m->copied) {
		if (keep_copy(a, m, again, err) != 0)
			return -1;
		mark_answered(a, m);
		m->copied = true;
		if (m->state != OUTBOX_SENT && outbox_update(a->outbox, m, err) != 0)
			return -1;
	}
	return m->state == OUTBOX_SENT ? outbox_remove(a->outbox, m->id, err) : 0;
}

bool sentcopy_finish(struct account *a)
{
	struct strv ids = STRV_INIT;
	struct err err = {0};
	bool all = true;

	if (outbox_list(a->outbox, &ids, NULL) != 0)
		return false; /* tried again; account_outbox tells why */
	for (size_t i = 0; i < ids.n; i++) {
		struct outbox_mail m = {0};

		if (outbox_get(a->outbox, ids.v[i], &m, NULL) != 0)
			continue;
		if (m.state == OUTBOX_SENT || (outbox_has(&m, FATE_ACCEPTED) && !m.copied)) {
			bool made = sentcopy_make(a, &m, true, &err) == 0;

			if (!made)
				store_disk_notice(a,
					_("Sent, but the copy in Sent could not be kept: %s"),
					err.text);

			all &= made;
			log_line(
				2, "copy of %s %s", m.id, made ? "made later" : "still to be made");
		}
		outbox_mail_done(&m);
	}
	strv_done(&ids);
	account_outbox(a);
	return all;
}
