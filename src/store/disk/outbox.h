/*
 * outbox - mails that are being written and mails on their way out, in one form, as files that are
 * never lost.
 *
 * Owns:    the directories drafts/ and outbox/ of an account.
 * Threads: disk thread only.
 * Errors:  ERR_FULL, ERR_SYSTEM, ERR_GONE, ERR_DAMAGED. A change is durable (file and directory
 * fsynced) when the call returns.
 *
 * A mail is two files: ID.HASH.eml, the complete message with CRLF line ends, its files and its Bcc
 * in it, and ID.job beside it, the state (ticket.h). Whatever becomes of a mail is a change of its
 * state; its id stays the same. Its state says in which of the two directories it is. Killed
 * between the two, it is in both: then the one in outbox/ is meant, and the other is left over.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "base/err.h"
#include "base/mail.h"
#include "base/str.h"

#include <stdint.h>

struct outbox;

int outbox_open(struct outbox **out, const char *account_dir,
	struct err *err); /* makes the directories; sweeps left-over files of ten
			     minutes and older (younger ones another running copy may be writing) */
void outbox_free(struct outbox *o);

enum outbox_state {
	OUTBOX_DRAFT,       /* being written: in drafts/, all others are in outbox/ */
	OUTBOX_QUEUED,      /* to be sent at `due` */
	OUTBOX_HELD,        /* kept until the person lets it go */
	OUTBOX_SENDING,     /* DATA may have begun: after a crash this is shown as unconfirmed */
	OUTBOX_FAILED,      /* refused for good: kept, shown, can be edited */
	OUTBOX_UNCONFIRMED, /* no answer after the final dot: never sent again unasked */
	OUTBOX_SENT, /* the relay has it for everybody; the copy in Sent is still to be made */
};

struct outbox_recipient {
	char *address; /* owned; local@domain */
	enum mail_fate fate;
	char *words; /* owned; the relay's code and words, or why it was not asked; "" */
};

/* A message in a folder: what a mail answers, or the copy of a draft that it was made from. */
struct outbox_ref {
	char *account; /* owned; by name, "" for a folder opened by its path; NULL: none */
	char *folder;  /* owned; its name or path */
	char *file;    /* owned; in a local one, the name of the file; else "" */
	bool local;    /* not on the server */
	uint32_t uidvalidity, uid;
};
void outbox_ref_done(struct outbox_ref *r);
void outbox_ref_copy(struct outbox_ref *to, const struct outbox_ref *from);

struct outbox_mail {
	char *id; /* owned; "": a new one is given */
	enum outbox_state state;
	int64_t due; /* seconds since 1970: not before */
	int attempts;
	bool unreached;              /* the last one did not get as far as the relay */
	char *from;                  /* owned; envelope sender */
	struct outbox_recipient *to; /* owned; of a draft only those that have it already */
	size_t nto, cap_to;
	char *subject, *message_id; /* owned; for showing and for checking */
	char *error;                /* owned; why it waits or failed, "" */
	bool copied;                /* the copy in Sent is made, or waits in the journal */
	bool parked;                /* a draft that was put aside, and not opened since */
	bool forward;               /* `about` is passed on, not answered */
	struct outbox_ref about;    /* gets the mark when the relay has taken the mail */
	struct outbox_ref kept;     /* the copy in a folder of drafts that goes with this one */
	struct strv files; /* the keys of the files in the message, in order (mime/letter.h) */
};
void outbox_mail_done(struct outbox_mail *m);
void outbox_mail_copy(struct outbox_mail *to, const struct outbox_mail *from); /* to: any */
/* Appends; an address that is there already (ASCII case does not matter) is given back as it is. */
struct outbox_recipient *outbox_recipient(struct outbox_mail *m, const char *address);
void outbox_fate(struct outbox_recipient *r, enum mail_fate fate, const char *words);
bool outbox_is_asked(const struct outbox_recipient *r); /* with the next attempt */
bool outbox_has(const struct outbox_mail *m, enum mail_fate fate);
size_t outbox_count_fate(const struct outbox_mail *m, enum mail_fate fate);

/*
 * Writes message (bytes with CRLF) and state durably, into the directory that the state says. An id
 * that is there is replaced, message and state in one step. Only then the mail leaves the other
 * directory: when it cannot leave outbox/ nothing was done (-1), for it would be sent while it is
 * edited. When it has left, and that cannot be made durable (-1 too), it is a draft.
 */
int outbox_put(
	struct outbox *o, struct outbox_mail *m, const char *message, size_t len, struct err *err);
int outbox_update(struct outbox *o, const struct outbox_mail *m,
	struct err *err); /* all but the message, within one directory; durable */
int outbox_get(struct outbox *o, const char *id, struct outbox_mail *m, struct err *err);
int outbox_read(struct outbox *o, const char *id, struct str *message,
	struct err *err); /* verified against its checksum */
int outbox_list(struct outbox *o, struct strv *ids, struct err *err);   /* oldest first */
int outbox_drafts(struct outbox *o, struct strv *ids, struct err *err); /* changed last first */
/* Another number whenever a file of outbox/ came, went or was replaced. */
uint64_t outbox_stamp(const struct outbox *o);
/* Gone from both directories. Removing what is not there is fine. */
int outbox_remove(struct outbox *o, const char *id, struct err *err);
/* At start: what was SENDING when the program died becomes UNCONFIRMED. Only for the running copy
 * that may send (it holds the account's sync.lock): another one may be sending right now. A job
 * that is damaged stays as it is: outbox_list gives its id, outbox_get says ERR_DAMAGED. */
int outbox_recover(struct outbox *o, struct err *err);

/* --- the editor's file: text with header lines, only while somebody edits --- */
char *outbox_text_path(struct outbox *o, const char *id); /* free(); NULL: that is no id */
int outbox_text_write(
	struct outbox *o, const char *id, const char *text, size_t len, struct err *err);
/* ERR_GONE: there is none. */
int outbox_text_read(struct outbox *o, const char *id, struct str *text, struct err *err);
void outbox_text_remove(struct outbox *o, const char *id);

/* --- drafts of a former version: the editor's text alone, with paths of files in it --- */
int outbox_old_list(struct outbox *o, struct strv *ids, struct err *err);
int outbox_old_read(struct outbox *o, const char *id, struct str *text, struct err *err);
int outbox_old_remove(struct outbox *o, const char *id, struct err *err);

#endif
