/*
 * store_priv - what the files of the disk thread share. Private to store.
 *
 * Owns:    see each struct.
 * Threads: disk thread only, but struct store's queues.
 * Errors:  through the final event of the request at hand.
 */
#ifndef STORE_STORE_PRIV_H
#define STORE_STORE_PRIV_H

#include "base/clock.h"
#include "base/map.h"
#include "store/disk/maildir.h"
#include "store/disk/bodies.h"
#include "store/disk/cache.h"
#include "store/disk/compactor.h"
#include "store/disk/journal.h"
#include "store/answer.h"
#include "store/events.h"
#include "store/mail/account.h"
#include "store/mail/life.h"
#include "store/mail/rendering.h"
#include "store/store.h"
#include "store/work.h"

#include <pthread.h>

enum { FIRST_ROWS = 100 };

struct account;

/* The files of a local folder; nothing of a server's. */
struct folder_box {
	char *dir;      /* owned: the Maildir directory, or the mbox; NULL: it cannot be opened */
	bool vanished;  /* another program took it away; it may come again */
	uint64_t stamp; /* localbox_stamp at the last scan */
	struct map *files;  /* base name -> uid (as pointer), while the cache is open */
	unsigned rows_held; /* so many times, while rows are made of files */
	int rows_lock;      /* of these rows, or -1 */
	bool others;        /* another copy changed rows, which was not told yet */
	int64_t busy_since; /* clock_ms: another copy makes rows, and none are made here; 0: not */
};

/* How far its texts are indexed (indexing.c). */
struct folder_texts {
	bool seen;         /* it was looked through since the start */
	uint64_t version;  /* cache_version then, of one that is open */
	uint64_t stamp;    /* folder_stamp then, of one that was closed */
	uint32_t *skipped; /* owned; its messages that could not be, and are not tried until then */
	size_t nskipped;
	int64_t skipped_until; /* clock_ms */
};

/* One folder: on the server (its cache), or local (a Maildir and its cache). */
struct folder {
	struct folder *next;
	struct account *account;
	unsigned numbering; /* another when UIDs mean other messages; the same in no two folders */
	char *name;         /* UTF-8, '/' between levels; INBOX */
	char *mailbox;      /* wire name, server folders only; NULL while unknown */
	struct upkeep *upkeep;
	bool local;
	struct folder_box box;
	enum mail_role role;
	enum folder_life life; /* of the server's; always LIFE_ASSUMED of a local one */
	bool listed;           /* the last list of the server has it, be it a name only */
	bool selectable;       /* it can be opened */
	bool counts_known;
	bool fixed;    /* the server lets nothing be changed there: its word of today, when it is
			  opened, wherever the folder stands */
	bool changing; /* the server was told to delete or rename it, and has not answered */
	uint32_t total, unread; /* as the server's LIST says; replaced by what the cache says once
				   complete */
	struct cache *cache;    /* open while used; NULL: closed */
	unsigned compacting;    /* the compactor's number while it is at the cache, 0: it is not */
	int64_t next_compact;   /* not before that, after one failed */
	unsigned uses;          /* open lists */
	bool fetched;           /* folder_was_fetched has seen so */
	uint64_t waiting_sign;  /* waiting.c: of the operations its rows were made of; 0: unknown */
	bool waiting_late;      /* and some go when its synchronisation is through */
	int percent;            /* of the first fill, -1 unknown */
	uint64_t news;          /* cache_news that was told */
	uint64_t counted;       /* cache_version that here_total and here_unread are of */
	uint32_t here_total, here_unread, here_bad; /* bad: placeholders */
	struct folder_texts texts;
	uint32_t here_unseen; /* as servers count: unread, and those marked as deleted */
};

/*
 * What a list shows of its folder, where that is not all: said for one message after the other by
 * what its row says, whenever that is told, so that what changes follows at once. Whoever makes one
 * embeds this struct at its front. One that has changed (a set of messages that grows) tells its
 * list anew by lists_show.
 */
struct list_filter {
	bool strings; /* false: it needs uid, flags, size and dates, and nothing else is in row */
	bool (*shows)(struct list_filter *x, const struct folder *f, const struct summary *row);
	/* Into uids, which has room for all of the open folder: those that it shows, ascending; how
	 * many. NULL: each message is asked about. */
	size_t (*uids)(struct list_filter *x, const struct folder *f, uint32_t *uids);
	/* STORE_LIST or STORE_CHANGES is about to be told, and may be changed; or NULL. */
	void (*tells)(struct list_filter *x, struct store_event *ev);
	void (*free)(struct list_filter *x);
};

/*
 * What the engine has open. A folder of which a filter shows nothing is not kept open, nor is one
 * kept up with its server for what a filter shows of it: there may be hundreds of them.
 */
struct list {
	struct list *next;
	unsigned id;
	unsigned span; /* 0: none */
	struct folder *folder;
	struct list_filter *filter; /* owned; NULL: all of the folder */
	bool asleep;                /* it shows nothing, and does not keep the folder open */
	uint64_t looked;            /* folder_stamp when it was last looked at what it shows */
	bool opening;               /* nothing was told yet */
	/* Owned; of a list without a span: the order by sender or subject that was told last
	 * (search_order.c): ascending UIDs and their ranks. */
	uint32_t *rank_uids, *ranks;
	size_t nranks;
	unsigned rank_numbering; /* of the folder then */
	enum mail_order order;
};

struct undo; /* undo.c */
struct undo_return;

/* What is known of the folders as a whole. */
struct folder_names {
	char *prefix;   /* owned; what the wire names of the person's own begin with, or NULL */
	char delimiter; /* between levels on the wire; 0: not known */
	bool listed;    /* since the start, or the server refused to */
	char *table;    /* owned; the file of folders as it was written last */
	int64_t table_seen, tree_seen; /* mtime of that file, and of the local tree's root, ns */
};

struct account {
	struct store *store;
	enum account_kind kind;
	struct err trouble; /* why it failed, or why its lock cannot be had */
	int index;
	struct store_account *setup; /* owned */
	struct journal *journal;
	struct outbox *outbox;
	struct bodies *bodies;
	struct folder *folders;
	struct folder_names names;
	unsigned notes;           /* enum account_note */
	int64_t next_disk_notice; /* events.c */
	const struct remote_ops *remote;
	/* Of the files with these names, which alone know what is in them; NULL: without a server.
	 */
	struct lanes *lanes;
	struct pending *pending;
	struct server_link *link; /* link/link_priv.h */
	struct relay *relay;      /* write_priv.h */
	struct follow *follow;
	struct indexing *indexing;
	struct ticks *ticks;      /* accounts.c */
	struct reshape *reshapes; /* folder_reshape.c: what the server has not answered */
};

struct lent;
struct store {
	unsigned numberings; /* the last that a folder got */
	pthread_t thread;
	bool quit, read_only;
	struct sync_ops ops;
	struct queue *requests, *results, *events;
	size_t owed; /* requests that have no answer yet */
	void (*again)(struct store *s, struct store_request *r); /* handle_again */
	struct compactor *compactor;
	struct worker *renderers[RENDERINGS];
	struct queue *rendered;       /* from these */
	struct rendering *renderings; /* that are there, or in the queue */
	bool results_in_use;          /* by a thread that was left behind */
	struct account **accounts;
	size_t naccounts, cap_accounts;
	struct list *lists;
	struct parked *parked;
	struct lent *lent; /* files that other programs look at */
	struct undo *undo; /* the last step first */
	unsigned step;     /* of the request that is handled; 0: none, or on its own */
	struct undo_return *returns;
	struct server_search *server_searches; /* search_server.c */
	struct work *work;                     /* the next to have a slice is the first */
	void (*before_end)(struct store *s);   /* what is told before each final event */
	void (*opened)(struct folder *f);      /* waiting_opened */
	unsigned next_job;
	int64_t next_tick;
	struct clock_nap nap;
};

#endif
