/*
 * outbox - drafts and messages on their way out, as files that are never lost.
 *
 * Owns:    the directories drafts/ and outbox/ of an account.
 * Threads: disk thread only.
 * Errors:  ERR_FULL, ERR_SYSTEM, ERR_GONE, ERR_DAMAGED. A change is durable (file and directory
 * fsynced) when the call returns.
 *
 * A composed mail is at every instant in at least one of: draft, outbox, sent. Its id is the same
 * in all.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

struct outbox;

int outbox_open(struct outbox **out, const char *account_dir,
	struct err *err); /* makes the directories; sweeps left-over temporary files of ten
			     minutes and older (younger ones another running copy may be writing) */
void outbox_free(struct outbox *o);

/* --- drafts: the editor's text (mime/build.h) --- */
int outbox_draft_save(struct outbox *o, struct str *id, const char *text, size_t len,
	struct err *err); /* empty id: a new one */
int outbox_draft_load(struct outbox *o, const char *id, struct str *text, struct err *err);
/* Removing what is not there is fine, here and in outbox_remove. */
int outbox_draft_remove(struct outbox *o, const char *id, struct err *err);
int outbox_draft_list(struct outbox *o, struct strv *ids, struct err *err); /* newest first */
/* The path of a draft's file, for an editor that works on it in place; free(). NULL: no id. */
char *outbox_draft_path(struct outbox *o, const char *id);

/* --- outbox --- */
enum outbox_state {
	OUTBOX_QUEUED,      /* to be sent at `due` */
	OUTBOX_SENDING,     /* DATA may have begun: after a crash this is shown as unconfirmed */
	OUTBOX_FAILED,      /* refused for good: kept, shown, can be edited */
	OUTBOX_UNCONFIRMED, /* no answer after the final dot: never sent again unasked */
	OUTBOX_SENT,        /* the relay has it; the copy in Sent is still to be made */
};
struct outbox_mail {
	char *id; /* owned */
	enum outbox_state state;
	int64_t due; /* seconds since 1970: not before */
	int attempts;
	char *from;                 /* owned; envelope sender */
	struct strv recipients;     /* still to be served */
	char *subject, *message_id; /* owned; for showing and for checking */
	char *error;                /* owned; why it waits or failed, "" */
};
void outbox_mail_done(struct outbox_mail *m);

/* Writes message (bytes with CRLF) and its job file durably. m->id empty: a new one. An id that is
 * there is replaced, message and job in one step. */
int outbox_put(
	struct outbox *o, struct outbox_mail *m, const char *message, size_t len, struct err *err);
int outbox_update(struct outbox *o, const struct outbox_mail *m,
	struct err *err); /* state, due, recipients, error; durable */
int outbox_get(struct outbox *o, const char *id, struct outbox_mail *m, struct err *err);
int outbox_read(struct outbox *o, const char *id, struct str *message,
	struct err *err); /* verified against its checksum */
int outbox_list(struct outbox *o, struct strv *ids, struct err *err); /* oldest first */
int outbox_remove(struct outbox *o, const char *id, struct err *err);
/* At start: what was SENDING when the program died becomes UNCONFIRMED. Only for the running copy
 * that may send (it holds the account's sync.lock): another one may be sending right now. A job
 * that is damaged stays as it is: outbox_list gives its id, outbox_get says ERR_DAMAGED. */
int outbox_recover(struct outbox *o, struct err *err);

#endif
