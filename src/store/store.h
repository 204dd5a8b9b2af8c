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
#include "store/request.h"
#include "store/disk/outbox.h"
#include "store/disk/summary.h"

struct store;

struct store_account {                     /* what the engine tells of an account; owns all of it */
	struct account_settings *settings; /* the protocol in it is the one in use */
	int check_seconds;                 /* between looks where the server does not tell */
	char *data_dir, *cache_dir;        /* made when missing */
	struct strv own;                   /* our addresses */
	uint64_t cache_size;               /* bytes for bodies */
};

/* Starts the disk thread. */
struct store *store_new(const struct sync_ops *sync, bool read_only);
/* Ends everything within wait_ms milliseconds: connections cancelled, files closed. */
void store_free(struct store *s, int wait_ms);

struct queue *store_events(struct store *s); /* for the engine: struct store_event items */

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
	STORE_ORDER,    /* list, uids (ascending), ranks of each (among all of the span); done: enum
			   mail_order */
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
	size_t follow;   /* of STORE_ORDER: lists of the span whose ranks come next */
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
