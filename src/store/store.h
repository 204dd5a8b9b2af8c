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
#include "mime/head.h"
#include "mime/part.h"
#include "mime/render.h"
#include "mime/text.h"
#include "store/job.h"
#include "store/request.h"
#include "store/disk/outbox.h"
#include "mime/summary.h"

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

/* What is told; the member of each kind has the same name where nothing else is said. Final are
 * those that say so: they end a request, whose number, account and list they carry. */
enum store_event_kind {
	STORE_DONE,        /* final */
	STORE_FAILED,      /* final */
	STORE_PROGRESS,    /* of a request; 0: of mail that is fetched by itself */
	STORE_STATE,       /* account: of its connections */
	STORE_FOLDERS,     /* account: all of them */
	STORE_LIST,        /* list, messages: all of it anew */
	STORE_CHANGES,     /* list, messages: those that came or changed, and those that went */
	STORE_CLOSED,      /* list: its folder was deleted, and no list is there any more */
	STORE_ROWS,        /* list */
	STORE_ORDER,       /* list */
	STORE_SORTED,      /* list: not of the disk thread but of another helper of the engine */
	STORE_VIEW,        /* final, of REQUEST_READ */
	STORE_VIEWED,      /* final, of REQUEST_VIEW */
	STORE_CHECKED,     /* final, of REQUEST_CHECK */
	STORE_FOUND,       /* final, of REQUEST_SEARCH */
	STORE_DRAFTS,      /* final, of most that are about drafts */
	STORE_OUTBOX,      /* account: the whole outbox */
	STORE_PENDING,     /* account: all that waits for the server */
	STORE_SENT,        /* account, mail */
	STORE_SEND_FAILED, /* account, mail */
	STORE_NEW_MAIL,    /* account */
	STORE_NOTICE,      /* account or -1 */
	STORE_PASSWORD,    /* account: one is asked for; nothing more */
};

struct store_folder_info {
	char *name;          /* as people see it; unique within the account */
	enum mail_role role; /* ROLE_NONE by the protocol that is not in use */
	enum mail_role own;  /* the same by its own protocol, in use or not */
	bool selectable, counts_known, offline_copy, local;
	uint32_t total, unread;
};
struct store_view {
	struct text *text;
	struct parts parts;    /* without bodies */
	unsigned char *doubts; /* owned; of each part its enum kind_doubt; NULL: none has any */
	struct envelope envelope;
	enum render_version other; /* besides the one that is shown */
	unsigned other_more;       /* how many times as much it says, in tenths; 0: not known */
	struct head head;
	bool partial;
};

struct told_done {
	char *text; /* owned; for the person, or NULL */
};
struct told_progress {
	uint64_t done, total; /* total 0: through, or nobody knows */
	uint64_t octets;
	bool indexes; /* texts, which nobody asked for */
};
struct told_state {
	enum sync_state state;
	struct err err;  /* why it waits, or cannot be */
	size_t retry_ms; /* until the next attempt */
	bool following;  /* another running copy has the connections */
	enum protocol protocol;
};
struct told_folders {
	struct store_folder_info *v; /* owned */
	size_t n;
};
struct told_rows {
	struct summary **v; /* owned copies */
	size_t n;
};
struct told_messages {
	struct columns columns;
	struct strv keysets;    /* by the numbers in the columns */
	struct told_rows rows;  /* the strings of some; of a whole list the newest */
	int percent;            /* of the first fill; 100 complete; -1 unknown */
	unsigned *parent_lists; /* owned; of each row: the list that its parent is in, 0: this one;
				   NULL: all are in this one */
	/* STORE_LIST */
	char *folder;       /* owned; its name now */
	unsigned numbering; /* another than before when UIDs mean other messages */
	bool read_only;
	/* STORE_CHANGES */
	uint32_t *gone; /* owned */
	size_t ngone;
};
struct told_closed {
	char *why; /* owned; NULL: it was deleted */
};
struct told_order {
	enum mail_order by;
	uint32_t *uids, *ranks; /* owned; ascending, and the place of each among all of the span */
	size_t n;
	size_t follow; /* lists of the span whose ranks come next */
};
struct told_sorted {
	void *job; /* owned; the engine knows what it is */
	void (*free)(void *job);
};
struct told_checked {
	struct str text;
	struct err err;
};
struct told_found {
	uint32_t *uids; /* owned; ascending */
	size_t n;
	size_t looked, texts; /* so many of these could be looked into */
	size_t by_server;     /* of uids: so many by what the server said */
	struct err server;    /* why it could not be asked; ERR_NONE: it was, or need not be */
};
struct told_drafts {
	struct draft_info *v; /* owned; one, or all */
	size_t n;
};
struct told_outbox {
	struct outbox_mail *v; /* owned */
	size_t n;
};
struct told_pending {
	struct op **v; /* owned; without UIDs, text in words */
	size_t n;
	uint64_t in_flight;  /* the id of the one on its way; 0: none */
	struct strv refused; /* what was, with reasons */
};
struct told_mail {
	char *id, *subject; /* owned */
	struct err err;     /* STORE_SEND_FAILED */
	bool again;         /* it will be tried */
};
struct told_new_mail {
	char *folder; /* owned */
	size_t n;
};
struct told_notice {
	char *text; /* owned */
};

struct store_event {
	struct queue_item item;
	enum store_event_kind kind;
	unsigned request; /* its number; 0: none */
	int account;      /* -1: none */
	unsigned list;    /* 0: none */
	union {
		struct told_done done;
		struct err failed;
		struct told_progress progress;
		struct told_state state;
		struct told_folders folders;
		struct told_messages messages;
		struct told_closed closed;
		struct told_rows rows;
		struct told_order order;
		struct told_sorted sorted;
		struct store_view *view; /* owned */
		struct viewed *viewed;   /* owned */
		struct told_checked checked;
		struct told_found found;
		struct told_drafts drafts;
		struct told_outbox outbox;
		struct told_pending pending;
		struct told_mail mail;
		struct told_new_mail new_mail;
		struct told_notice notice;
	};
};

struct store_event *store_event_new(enum store_event_kind kind);
void store_event_free(struct store_event *ev);
void store_event_free_item(struct queue_item *item);

#endif
