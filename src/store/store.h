/*
 * store - the disk thread: accounts on disk, and the crossing where requests of the engine, files
 * and connections meet.
 *
 * Owns:    every file of the accounts, the folder caches, the journal, the running connections.
 * Threads: store_* functions belong to the UI thread; all work is done on the disk thread.
 * Errors:  in the final event of each request.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/queue.h"
#include "mime/build.h"
#include "mime/envelope.h"
#include "mime/part.h"
#include "mime/render.h"
#include "mime/text.h"
#include "store/job.h"
#include "store/disk/outbox.h"
#include "store/disk/summary.h"

struct store;

struct store_account { /* what the engine tells of an account; copied */
	struct sync_account sync;
	char *data_dir, *cache_dir; /* made when missing */
	char *from;                 /* "Name <mail>" */
	struct strv own;            /* our addresses */
	int pop3_keep_days;         /* -1 always, 0 never */
	int pop3_check_seconds;
	bool pop3_delete_with_local;
	uint64_t pop3_max; /* bytes; 0: no limit */
	bool save_sent;
	char *role_names[ROLES]; /* by enum mail_role: folder that has the role, or NULL: as the
				 server says */
	char *signature;         /* path or "" */
	uint64_t cache_size;     /* bytes for bodies */
};

/* Starts the disk thread. */
struct store *store_new(const struct sync_ops *sync, bool read_only);
/* Ends everything within wait_ms milliseconds: connections cancelled, files closed. */
void store_free(struct store *s, int wait_ms);

struct queue *store_events(struct store *s); /* for the engine: struct store_event items */

enum request_kind {
	REQUEST_ACCOUNT, /* account (index), setup -> EVENT_FOLDERS */
	REQUEST_ONLINE,  /* n: 1 connect, 0 stop all connections of the account */
	REQUEST_RETRY,
	REQUEST_PASSWORD,  /* text or NULL */
	REQUEST_PROTOCOL,  /* n: enum protocol */
	REQUEST_PREVIEW,   /* n as above -> text */
	REQUEST_OPEN,      /* list, folder (UI name), or account -1 and a path */
	REQUEST_CLOSE,     /* list */
	REQUEST_RELIST,    /* list: STORE_LIST once more */
	REQUEST_ORDER,     /* list, n: enum mail_order; ORDER_NONE: no more -> STORE_ORDER */
	REQUEST_ROWS,      /* list, uids -> STORE_ROWS */
	REQUEST_READ,      /* list, uid, width, options -> STORE_VIEW */
	REQUEST_SAVE_PART, /* list, uid, section, text (path) */
	REQUEST_SAVE_RAW,  /* list, uid, text (path) or NULL -> bytes */
	REQUEST_FLAG,      /* list, uids, clear, set; quiet: nothing to undo (read by opening) */
	REQUEST_KEYWORDS,  /* list, uids, section: to take away, text: to set */
	REQUEST_MOVE,      /* list, uids, folder */
	REQUEST_COPY,
	REQUEST_DELETE, /* list, uids */
	REQUEST_ARCHIVE,
	REQUEST_CREATE,        /* folder */
	REQUEST_DELETE_FOLDER, /* account, folder, n: so many messages in it go, no more */
	REQUEST_RENAME_FOLDER, /* account, folder, text: its new name */
	REQUEST_UNDO,
	REQUEST_CANCEL_OP,      /* op_id; 0: all that are not on their way */
	REQUEST_FORGET_REFUSED, /* account: the list of what was refused */
	REQUEST_SEARCH,         /* list, text */
	REQUEST_COMPOSE,        /* n: enum draft kinds, list, uid, text */
	REQUEST_DRAFT_LOAD,     /* id */
	REQUEST_DRAFT_EDIT,     /* id -> with the path of the editor's file */
	REQUEST_DRAFT_TAKE,     /* id: the editor has ended */
	REQUEST_DRAFT_SAVE,     /* id, draft */
	REQUEST_DRAFT_KEEP,     /* id: put aside */
	REQUEST_DRAFT_DROP,     /* id */
	REQUEST_DRAFTS,
	REQUEST_SEND,         /* id, n: seconds to wait (undo) */
	REQUEST_OUTBOX_RETRY, /* id, here and below */
	REQUEST_OUTBOX_HOLD,
	REQUEST_OUTBOX_EDIT,
	REQUEST_OUTBOX_DROP,
	REQUEST_EXPORT, /* list or (account, folder; folder NULL: all), uids or all, text: path */
	REQUEST_IMPORT, /* account, folder (NULL: as the tree has them), text: path */
	REQUEST_BACKUP, /* account, text: path */
	REQUEST_SYNC,   /* account: every folder once */
	REQUEST_CHECK,
	REQUEST_WHOLE,  /* list, uid: the rest of a message whose beginning is here (POP3) */
	REQUEST_CANCEL, /* n: the request to give up */
	REQUEST_QUIT,
};

/* Kinds of a new message, REQUEST_COMPOSE; the same order as the engine's. */
enum compose_what {
	WRITE_NEW,
	WRITE_REPLY,
	WRITE_REPLY_ALL,
	WRITE_REPLY_LIST,
	WRITE_FORWARD,
	WRITE_RESUME,
	WRITE_MAILTO
};

struct store_request {
	struct queue_item item;
	enum request_kind kind;
	unsigned request;
	int account;
	unsigned list;      /* number of an open list */
	unsigned numbering; /* as STORE_LIST told it, of the UIDs here; 0: there are none */
	unsigned step;      /* requests of the same step are undone as one; 0: on its own */
	char *folder, *text, *section, *id; /* owned */
	uint32_t *uids;                     /* owned */
	size_t n;                           /* of uids, or a number */
	uint32_t uid, clear, set;
	uint64_t op_id;
	int width;
	bool all_headers, other_version, hide_quotes, no_headers, quiet;
	bool offline;                /* REQUEST_ACCOUNT: do not connect */
	bool owed;                   /* an answer; answer.c's */
	struct draft *draft;         /* owned */
	struct store_account *setup; /* owned */
};
struct store_request *store_request_new(enum request_kind kind);
void store_request_free(struct store_request *r);
void store_post(struct store *s, struct store_request *r); /* keeps it */
void store_account_free(struct store_account *a);

enum store_event_kind {
	STORE_DONE,     /* final; text */
	STORE_FAILED,   /* final; err */
	STORE_PROGRESS, /* done, total, octets; request 0: mail that is fetched by itself, total 0:
			   through */
	STORE_STATE,    /* account, state, n: ms until retry, err, pending, waiting, following */
	STORE_FOLDERS,  /* account, folders */
	STORE_LIST,     /* list, folder (its name now): all columns anew, keysets; rows: the newest
			   window's strings */
	STORE_CLOSED,   /* list: its folder was deleted, and no list is there any more; text */
	STORE_CHANGES,  /* list: added rows and changed flags (rows), removed uids */
	STORE_ROWS,     /* list, rows */
	STORE_ORDER,    /* list, uids (ascending), ranks of each; done: enum mail_order */
	STORE_SORTED, /* list, sorted: not of the disk thread but of another helper of the engine */
	STORE_VIEW,   /* final of REQUEST_READ */
	STORE_BYTES,  /* final; bytes */
	STORE_FOUND,  /* final; uids, ascending; done of total messages could be looked into */
	STORE_DRAFTS, /* final; drafts */
	STORE_OUTBOX, /* account, mails: the whole outbox */
	STORE_PENDING, /* account, ops: the whole list of pending operations, without UIDs, text in
			  words; done: id of the one on its way; keysets: what was refused */
	STORE_SENT,    /* account, text */
	STORE_SEND_FAILED, /* account, err, text */
	STORE_NEW_MAIL,    /* account, folder, n */
	STORE_NOTICE,      /* text */
	STORE_PASSWORD,    /* account */
};

struct store_folder_info {
	char *name; /* as people see it; unique within the account */
	enum mail_role role;
	bool selectable, counts_known, offline_copy, local;
	uint32_t total, unread;
};
struct store_view {
	struct text *text;
	struct parts parts; /* without bodies */
	struct envelope envelope;
	enum render_version other; /* besides the one that is shown */
	bool partial;
};

struct store_event {
	struct queue_item item;
	enum store_event_kind kind;
	unsigned request;
	int account;
	unsigned list;
	unsigned numbering; /* of STORE_LIST: another than before when UIDs mean other messages */
	struct err err;
	char *text, *folder;
	uint64_t done, total, octets;
	uint32_t *uids;
	size_t n;        /* of uids, or a number */
	uint32_t *ranks; /* owned */
	void *sorted;    /* owned; the engine knows what it is */
	void (*free_sorted)(void *sorted);
	struct columns columns;
	struct strv keysets;
	struct summary **rows; /* owned copies */
	size_t nrows;
	struct store_folder_info *folders;
	size_t nfolders;
	struct store_view *view;
	struct draft_info *drafts;
	size_t ndrafts;
	struct outbox_mail *mails;
	size_t nmails;
	struct op **ops;
	size_t nops;
	enum sync_state state;
	bool following, read_only;
	enum protocol protocol;
	int percent; /* of the first fill; 100 complete; -1 unknown */
	struct str bytes;
};

struct store_event *store_event_new(enum store_event_kind kind);
void store_event_free(struct store_event *ev);
void store_event_free_item(struct queue_item *item);

#endif
