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
#include "base/worker.h"
#include "store/disk/maildir.h"
#include "store/disk/bodies.h"
#include "store/disk/cache.h"
#include "store/disk/compactor.h"
#include "store/disk/journal.h"
#include "store/answer.h"
#include "store/events.h"
#include "store/mail/lanes.h"
#include "store/mail/life.h"
#include "store/mail/pending.h"
#include "store/mail/remote.h"
#include "store/mail/upkeep.h"
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
	bool opening;               /* nothing was told yet */
	/* Owned; of a list without a span: the order by sender or subject that was told last
	 * (search_order.c): ascending UIDs and their ranks. */
	uint32_t *rank_uids, *ranks;
	size_t nranks;
	unsigned rank_numbering; /* of the folder then */
	enum mail_order order;
};

/* What a request waited for is here, or why it is not (ERR_NONE: it is). Keeps the request. */
typedef void read_resume(struct store *s, struct store_request *r, const struct err *why);

/* A request that waits for a body to come from the server. */
struct parked {
	struct parked *next;
	struct account *account;       /* whose server it comes from */
	struct store_request *request; /* owned */
	read_resume *resume;           /* who goes on with it */
	unsigned job;                  /* the number of the JOB_BODY */
	enum lane lane;                /* where that is */
	char *section;                 /* owned; what of the message, and its size */
	uint32_t size;
};

struct undo; /* undo.c */
struct undo_return;

struct sessions; /* session_priv.h */

enum account_kind {
	ACCOUNT_OPENED, /* of the configuration, with all its files */
	ACCOUNT_FAILED, /* the same, but its files could not be opened: only its number and why */
	ACCOUNT_PATH,   /* talaria -f DIR: one local folder, no server, no journal, no setup */
};

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
	struct sessions *sessions; /* of an account that can be opened */
	unsigned notes;            /* enum account_note */
	int64_t next_disk_notice;
	const struct remote_ops *remote;
	/* Of the files with these names, which alone know what is in them; NULL: without a server.
	 */
	struct lanes *lanes;
	struct pending *pending;
	struct links *links;
	struct relay *relay; /* write_priv.h */
	struct replay *replay;
	struct follow *follow;
	struct brought *brought;
	struct handover *handover;
	struct ticks *ticks;      /* accounts.c */
	struct syncall *syncall;  /* syncall.c */
	struct reshape *reshapes; /* folder_reshape.c: what the server has not answered */
};

/*
 * A message on its way to a thread where what takes long is done with its bytes. Whoever makes one
 * embeds this struct at its front, and has all in it that run looks at.
 */
enum rendering_for { RENDERING_READING, RENDERING_SEARCHING, RENDERINGS };
struct rendering {
	struct worker_job job; /* its drop frees everything */
	struct rendering *next;
	struct store_request *request; /* owned; that waits for it, and which run leaves alone;
					  NULL: none, or it was answered */
	void (*back)(struct store *s, struct rendering *x); /* done, and still wanted */
};

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
	struct undo *undo; /* the last step first */
	unsigned step;     /* of the request that is handled; 0: none, or on its own */
	struct undo_return *returns;
	struct work *work;                   /* the next to have a slice is the first */
	void (*before_end)(struct store *s); /* what is told before each final event */
	void (*opened)(struct folder *f);    /* waiting_opened */
	unsigned next_job;
	int64_t next_tick;
	struct clock_nap nap;
};

/* --- follow.c: the outbox while another running copy sends --- */
void follow_outbox(struct account *a); /* looks, and tells what has changed since */
/* Ours went into it just now: the copy that sends may be quicker than our next look. */
void follow_mail(struct account *a, const struct outbox_mail *m);
void follow_forget(struct account *a, const char *id); /* we took it out ourselves */
void follow_reset(struct account *a);
struct follow *follow_new(void);
void follow_free(struct account *a);

/* --- lists.c --- */
int lists_open(struct store *s, struct folder *f, struct store_request *r, struct err *err);
struct list *lists_find(struct store *s, unsigned id); /* also one that is asleep, which store_list
							 does not know */
void lists_close(struct store *s, unsigned id);
/* And tells it; why: or NULL, its folder was deleted. */
void lists_close_why(struct list *l, const char *why);
void lists_free(struct list *l);
/* STORE_LIST, after its folder was opened, where there is something to look at; it is asleep then
 * if it shows nothing. -1: that failed. */
int lists_show(struct list *l, struct err *err);
/* The UIDs of what it shows, ascending; the array is the caller's. */
size_t lists_shown(const struct list *l, uint32_t **uids);
bool lists_shows(const struct list *l, const struct summary *row); /* with its strings */
bool lists_shows_row(const struct list *l, const struct columns *c, size_t at);
void lists_wake(struct list *l); /* it shows something; its folder is open just now */

/* --- filter.c --- */
/* What a query finds that needs no texts; "today" stays the day when it was made. */
struct list_filter *filter_by_query(const char *query, struct err *err);

/* --- gathering.c --- */
/* What belongs to the conversation of a REQUEST_OPEN; of the same one in all lists of its span. */
struct list_filter *gathering_join(
	struct store *s, const struct folder *f, struct store_request *r);

/* --- account.c --- */
struct account *account_new(struct store *s, enum account_kind kind, int index);
/* talaria -f DIR: an account of its own with one local folder, keyed by the path. */
struct account *account_path(struct store *s);
/* What waits has changed: the engine is told before the next final event, at the latest when what
 * is at hand is through. */
void account_pending(struct account *a);
void account_outbox(struct account *a);
/* What is only noted, and done by the loop where nothing is half done. */
enum account_note {
	NOTE_PENDING = 1 << 0, /* account_pending */
	NOTE_SETTLES = 1 << 1, /* account_settles */
	NOTE_REPLAYS = 1 << 2, /* account_replays */
};
bool account_takes(struct account *a, enum account_note note); /* was it? Not any more. */
/* What may have been waited for is through: REQUEST_SYNC is answered soon, if nothing is left. */
void account_settles(struct account *a);
/* The oldest operation of the journal may be due: the loop looks soon. */
void account_replays(struct account *a);

/* --- identity.c: whose mail all this is --- */
int identity_check(struct account *a, struct err *err); /* the journal is open, nothing else is */
void identity_listed(struct account *a); /* a whole POP3 session was: the ledger is of its server */
/* A folder of the server is open: do changes wait that were made in it under another name? */
void identity_selected(struct folder *f);

/* --- folder.c --- */
struct folder *folder_new(struct account *a, const char *name, bool local);
void folder_free(struct folder *f);
struct folder *folder_find(struct account *a, const char *name, bool local);
struct folder *folder_by_ui_name(struct account *a, const char *name);
const struct strv *folder_own(const struct folder *f); /* addresses of its account, or NULL */
char *folder_ui_name(const struct folder *f);          /* free() */
char *folder_label(const struct folder *f); /* for people: as the list shows it; free() */
/* op_words with the folders so. */
void folder_op_words(struct account *a, const struct op *op, struct str *out);
struct folder *folder_by_role(struct account *a, enum mail_role role, bool local);
/* What it is used as: by the configuration, else as the server says or its name. */
enum mail_role folder_role(const struct folder *f);
/* The wire name of a folder the server has not listed: modified UTF-7, with the server's delimiter.
 * free(). */
char *folder_wire_name(struct account *a, const char *name);
/* The name of a folder that is made here: on a server below what its own folders begin with.
 * free().
 */
char *folder_own_name(struct account *a, const char *name);
/* The folder with that role of the protocol in use; made when there is none. */
struct folder *folder_for_role(struct account *a, enum mail_role role, struct err *err);
bool folder_is_foreign(const struct folder *f); /* of the protocol not in use */
/* What the configuration says has the role; NULL: it does not say. */
const char *folder_given_name(const struct account *a, enum mail_role role);
/* The local one, whatever the protocol in use is. */
struct folder *folder_local_for_role(struct account *a, enum mail_role role, struct err *err);
/* A folder by the name people see, made when there is none. */
struct folder *folder_for_import(struct account *a, const char *name, struct err *err);
int folder_use(struct folder *f, struct err *err); /* opens the cache (local: scans); counted */
bool folder_try(struct folder *f);                 /* the same; that it cannot be is a notice */
void folder_unuse(struct folder *f);
int folder_scan(
	struct folder *f, struct err *err); /* local: what changed on disk; 1: something did */
/* It was taken away under our hands, which the next look at the tree tells. */
bool folder_went(const struct folder *f, const struct err *err);
bool folder_look(struct folder *f); /* folder_scan; that it cannot be read is a notice */
void folder_send_list(
	struct folder *f, struct list *only); /* STORE_LIST to one list or to all that show it */
void folder_send_changes(
	struct folder *f, const uint32_t *uids, size_t n, const uint32_t *gone, size_t ngone);
void folder_renumbered(struct folder *f); /* its UIDs mean other messages from now on */
void folder_send_folders(struct account *a);
void folder_save_table(struct account *a);
void folder_load_table(struct account *a);
/* Another running copy writes it: true when it has other folders or numbers than before. */
bool folder_follow_table(struct account *a);
/* Reads the names of the local folders; whether some came or went. */
bool folder_list_local(struct account *a);
/* Whether other programs made or removed local folders or, asked for too, changed closed ones.
 * Costs a stat, then two per folder. */
bool folder_look_local(struct account *a, bool closed_too);
/* Delivers into a local folder; not durable before maildir_sync. The caller tells the engine
 * (folder_send_changes). keywords: "" or those it gets, as far as there is room. */
int folder_deliver(struct folder *f, const char *p, size_t len, uint32_t flags,
	const char *keywords, const char *tag, uint32_t *uid, struct err *err);
/* Other bytes came for a message: its row anew. */
/* Rows of a cache of an older program, or that were damaged, from their files. */
void folder_read_again(struct folder *f);
/* A row without a file; one whose UID is 0 gets one. The UID. */
uint32_t folder_put_row(struct folder *f, struct summary *row);
void folder_load_files(struct folder *f); /* which files its rows are of */
void folder_refill(struct folder *f, uint32_t uid, const char *base, const char *p, size_t len);
/* Names them; those that were delivered get rows, and their identity what these have. */
void folder_deliver_group(struct folder *f, struct maildir_group *g);
void folder_deliver_many(struct folder *f, struct maildir_mail *v, size_t n);
/* Has the server say what is new there; once more when it is under way. The cache is open. */
void folder_ask_sync(struct folder *f);
bool folder_row_is_due(struct folder *f, uint32_t uid); /* a row that says why is asked for anew */
/* Before the journal forgets marks that are to be taken back: the next compare reads every flag. */
void folder_doubt_marks(struct account *a, const struct op *op);

/* Rows that wait to be moved or removed: gone here, but not from the server. Ascending; free(). */
uint32_t *folder_leaving(const struct folder *f, size_t *n);
void folder_recount(struct folder *f); /* total and unread, where the cache has them all */
/* What is in the cache; counted anew only after it changed. */
void folder_count(struct folder *f, uint32_t *total, uint32_t *unread);
/* What the server told of an open folder is not what is here. */
bool folder_is_changed(struct folder *f);
/* What puts a folder off ends: a person asks. */
void folder_try_again(struct account *a);
/* A row that says that its message could not be had is asked for anew. */
void folder_fetch_again(struct folder *f, uint32_t uid);
/* New rows that say why a message did not come, and the subject of one of them (folder_take.c). */
void folder_tell_bad(struct folder *f, size_t n, const char *subject);
/* Asks the server for the truth: the next compare reads every flag again. */
void folder_distrust(struct folder *f);
/* The next compare reads every flag, whatever the mod-sequence says. The cache is open. */
void folder_doubt(struct folder *f);
bool folder_is_read_only(const struct folder *f); /* an offline copy, an mbox, or talaria -R */
bool folder_is_shown(const struct folder *f);     /* some list shows all of it */
/* From now on the list shows that one in place of its own; false: it cannot be opened, and that was
 * told. */
bool folder_show_in(struct list *l, struct folder *f);
/* What its cache and the bodies kept of it say goes from the disk; no list shows it. */
void folder_forget_files(struct folder *f);
bool folder_was_fetched(struct folder *f); /* its rows are here, as they were some time */
bool folder_is_here(struct folder *f); /* the same, or it is local: there is something to open */
/* Has the cache rewritten when its log has grown; the disk thread goes on meanwhile. */
void folder_compact(struct folder *f);
void folder_compacted(struct store *s, struct compacted *r);              /* keeps it */
char *folder_local_file(struct folder *f, uint32_t uid, struct err *err); /* base name; free() */

/* --- folder_reshape.c: folders that go, or get other names --- */
int reshape_delete(struct account *a, struct store_request *r, struct str *said, struct err *err);
int reshape_rename(struct account *a, struct store_request *r, struct str *said, struct err *err);
void folder_reshaped(struct account *a, struct result *r); /* the server has answered */
/* Nobody will: why. */
void folder_reshape_forget(struct account *a, const struct err *why);
/* The messages in it are being taken away, or its name is: nothing is to be begun in it. */
int folder_may_be_used(const struct folder *f, struct err *err);
/* Takes it out of the table and frees it. */
void folder_drop(struct folder *f);

/* --- removal.c --- */
/* Files that are about to be removed for good: noted for the server, if the account wants that. */
int removal_note(struct folder *f, const uint32_t *uids, size_t n, struct err *err);
/* The copies of the whole folder go, not the messages: a session by POP3 fetches these again. */
int removal_forget(struct folder *f, struct err *err);

/* --- change.c --- */
/* All of them within the server or within the local folders; can be undone. Both are open. */
int change_move(
	struct folder *f, struct folder *target, const uint32_t *uids, size_t n, struct err *err);
/* The same into the folder where they were going, by a new operation in place of that one. */
int change_move_again(struct folder *f, struct folder *target, const uint32_t *uids, size_t n,
	uint64_t former, struct err *err);
/* The same into another folder. */
int change_move_elsewhere(
	struct folder *f, struct folder *target, const uint32_t *uids, size_t n, struct err *err);
int change_flags(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear, uint32_t set,
	struct err *err);
/* Keywords of messages, as far as they are other than wanted: durably, then shown. undo: or NULL.
 */
int change_keywords(struct folder *f, const uint32_t *uids, size_t n, const char *clear,
	const char *set, struct undo *undo, struct err *err);
/* For good, of a local folder. */
int change_remove(struct folder *f, const uint32_t *uids, size_t n, struct err *err);

/* --- upload.c: messages that are to be appended to a folder of the server --- */
struct upload {
	uint32_t flags, received; /* seconds since 1970, 0: now */
	const char *keywords, *message_id;
};
struct uploads *uploads_new(struct folder *target); /* which stays in use until _free */
/* A message with LF line ends; it is durable, and on its way, when _flush has said 0. */
int uploads_add(
	struct uploads *u, const struct str *message, const struct upload *what, struct err *err);
int uploads_flush(struct uploads *u, struct err *err);
size_t uploads_held(const struct uploads *u); /* so many wait for _flush */
void uploads_free(struct uploads *u);         /* and what was not flushed */
/* Copies messages of a local folder there, in slices; it answers when all are on their way. */
int upload_request(
	struct folder *f, struct folder *target, struct store_request *r, struct err *err);

/* --- overlay.c --- */
/* Marks as the user wants them: what the server says plus the operations it has not confirmed yet,
 * and MAIL_LEAVING. */
uint32_t overlay_flags(const struct folder *f, uint32_t uid, uint32_t flags);
/* The same for keywords; true: words were changed. */
bool overlay_keywords(const struct folder *f, uint32_t uid, struct str *words);
/* The whole open cache in line with the journal; true: something changed. */
bool overlay_folder(struct folder *f);
void overlay_hide(struct folder *f, const uint32_t *uids, size_t n);
/* These messages of an operation that is no longer in the journal look as they did before it. */
void overlay_take_back(struct account *a, const struct op *op, const uint32_t *uids, size_t n);
/* The server has done it; stay: what was moved is still there, marked as deleted. */
void overlay_confirmed(struct account *a, const struct op *op, bool stay);
/* What the folder will hold when the journal is through, from what it holds now. */
void overlay_counts(const struct folder *f, uint32_t *total, uint32_t *unread);
void overlay_visible(struct columns *c); /* takes hidden rows out */

/* --- waiting.c: rows of messages that the journal brings into a folder --- */
/* Its cache was opened: whoever looks into it finds those that come, and none that did. */
void waiting_opened(struct folder *f);
void waiting_settle(struct account *a); /* the journal has changed, or a synchronisation ended */
bool waiting_is(const struct folder *f, uint32_t uid);
/* The operation brings messages into the folder. */
bool waiting_brings(const struct op *op, const struct folder *f);
/* The folder and *uid of the message that a row stands for; of any other row: itself. */
struct folder *waiting_origin(struct folder *f, uint32_t *uid);
/* Takes them out of uids; returns how many. */
size_t waiting_split(const struct folder *f, uint32_t *uids, size_t *n, uint32_t *waiting);
/* Changes the messages that these rows stand for, before the operation that moves them: that is
 * made anew (they stay), with another target, or not at all. ERR_BUSY: it is on its way. */
enum waiting_then { WAITING_STAYS, WAITING_MOVES, WAITING_GOES };
typedef int waiting_fn(
	struct folder *from, const uint32_t *uids, size_t n, void *ctx, struct err *err);
int waiting_change(struct folder *f, uint32_t *uids, size_t n, enum waiting_then then,
	struct folder *target, waiting_fn *change, void *ctx, struct err *err);

/* --- merge.c --- */
/* As journal_add, into an operation that waits where that is safe. *id: which carries it now, 0:
 * none, it and one that waited were opposites. */
int merge_add(struct account *a, struct op *op, uint64_t *id, struct err *err);

/* --- cancel.c --- */
int cancel_ops(
	struct account *a, uint64_t id, struct str *said, struct err *err); /* 0: all of them */

/* --- append.c: messages that wait in files to be appended --- */
char *append_path(const struct account *a, const char *file); /* free(); "": where they are */
void append_drop(const struct account *a, const struct op *op);

/* --- undo.c --- */
struct undo *undo_begin(struct account *a); /* one step; undo_commit takes it */
void undo_add_flags(struct undo *u, struct folder *f, const uint32_t *uids, size_t n,
	uint32_t clear, uint32_t set); /* each message was changed by exactly that */
void undo_add_keywords(struct undo *u, struct folder *f, const uint32_t *uids, size_t n,
	const char *clear, const char *set); /* the same for keywords */
void undo_add_op(struct undo *u, struct folder *f, struct folder *target, enum op_kind kind,
	const uint32_t *uids, size_t n, uint64_t op_id);
void undo_add_local(struct undo *u, struct folder *f, struct folder *target, const uint32_t *uids,
	char **bases, size_t n); /* keeps bases and what is in it */
void undo_commit(struct undo *u);
int undo_last(struct store *s, struct str *said, struct err *err);
/* The server's answer, before the rows leave the cache, and after. */
void undo_confirmed(struct account *a, const struct op *op, const struct result_op *r);
void undo_follow(struct account *a, const struct op *op);
/* Another operation moves these messages in place of the former. */
void undo_replaced(struct account *a, uint64_t former, uint64_t id, const uint32_t *uids, size_t n);
void undo_refused(struct account *a, const struct op *op);
/* Before the rows of these (ascending) go because another client removed them, or so it seems. */
void undo_vanishing(struct folder *f, const uint32_t *uids, size_t n);
void undo_forget_folder(struct folder *f);
void undo_forget_all(struct store *s);

/* --- read.c --- */
/* A message as it looks, or one of its parts into a file. */
int read_show(struct list *l, struct store_request *r, struct str *said, struct err *err);
int read_save(struct list *l, struct store_request *r, struct str *said, struct err *err);
void read_body(struct account *a, struct result *r);
void read_body_done(struct account *a, struct result *r);
void read_progress(struct account *a, struct result *r);
void read_cancel(struct store *s, unsigned request);
void read_drop_parked(struct store *s, struct account *a, const struct err *err);
/* A message whose bytes are here, as far as they are. */
struct loaded;
struct loaded *read_load(struct folder *f, uint32_t uid);      /* NULL: it is not here */
void read_free(struct loaded *m);                              /* NULL is fine */
size_t read_size(const struct loaded *m);                      /* octets it takes, about */
struct read_text;                                              /* match.h */
void read_text(const struct loaded *m, struct read_text *out); /* any thread */
/* The message's bytes, LF or CRLF. 1: not here, the request was parked, and resume goes on with it.
 */
int read_message(struct store *s, struct folder *f, uint32_t uid, struct store_request *r,
	read_resume *resume, struct str *out, struct err *err);
/* Goes on from the start; of a message that is read, the rest is shown when one part did not come.
 */
read_resume read_go_on;

/* --- rendering.c --- */
void rendering_start(struct store *s);
void rendering_give(struct store *s, struct rendering *x, enum rendering_for what); /* keeps it */
void rendering_take(struct store *s); /* one that came back, if one did */
void rendering_cancel(struct store *s, unsigned request);
void rendering_end(struct store *s, int64_t end_ms); /* of clock_ms */

/* --- compose.c (write_priv.h) --- */
void compose_take_over(struct account *a); /* drafts of a former version */

/* --- submit.c --- */
void submit_finish(struct account *a); /* what a program that ended had not done yet */
void submit_next(struct account *a);   /* the next mail that is due, unless one is on its way */
/* What waits because an attempt failed is due now: a person asked. Logins that were refused are
 * tried again, too. */
void submit_flush(struct account *a);
/* There is a connection: what waits because there was none is due now. */
void submit_reachable(struct account *a);
struct relay *submit_new(void);
void submit_forget(struct account *a); /* the account ends */
void submit_stop(struct account *a);   /* the connections do */
bool submit_is_sending(const struct account *a);
bool submit_tick(struct account *a, int64_t now); /* true: the outbox was looked at */
void submit_ready(struct account *a, struct result *r);
void submit_answered(struct account *a, struct result *r);

/* --- keepdraft.c --- */
/* The server has taken a draft that was put aside; other appends are none of it. */
void keepdraft_confirmed(struct account *a, const struct op *op, const struct result_op *r);

/* --- sentcopy.c --- */
bool sentcopy_finish(struct account *a); /* what a program that ended had not done yet */
/* The copy of a sent mail that the server does not take goes into the local Sent folder: its name
 * as people see it, to be freed; NULL: that failed. */
char *sentcopy_keep(struct account *a, const struct op *op, struct err *err);

/* --- marks.c: what one copy of a message is marked with, and another is not --- */
enum { MARKS_SHARED = MAIL_SEEN | MAIL_ANSWERED | MAIL_FLAGGED | MAIL_FORWARDED };
struct marks {
	uint32_t flags;       /* of MARKS_SHARED */
	const char *keywords; /* borrowed */
};
struct marks_changes { /* {0}; marks_apply frees what is in it */
	struct marks_change *v;
	size_t n, cap; /* four marks, each set, taken away or left, and the keywords that differ */
	bool told;     /* that some keywords had no room: once is enough */
};
struct marks marks_of(struct folder *f, uint32_t uid); /* until the cache is used again */
/* Whether one has what the other has not. */
bool marks_lack(const struct marks *m, const struct marks *of);
/* only: the keywords that may be taken away; NULL: all. */
void marks_add(struct marks_changes *m, uint32_t uid, const struct marks *was,
	const struct marks *now, const char *only);
/* As a person's changes of an open folder. -1 with the first failure; all are tried. *changed (or
 * NULL) grows by the messages that now have something else. */
int marks_apply(struct folder *f, struct marks_changes *m, size_t *changed, struct err *err);
void marks_drop(struct marks_changes *m); /* without applying them */

/* --- backup.c --- */
int backup_request(struct account *a, struct store_request *r, struct str *said, struct err *err);

/* --- transfer.c --- */
int transfer_export(struct store *s, struct store_request *r, struct str *said, struct err *err);
int transfer_import(struct account *a, struct store_request *r, struct str *said, struct err *err);

/* --- search.c --- */
/* uids: look only at these. */
int search_request(struct list *l, struct store_request *r, struct str *said, struct err *err);

/* --- search_order.c --- */
/* All UIDs by sender or subject. */
int search_order(struct list *l, struct store_request *r, struct str *said, struct err *err);
void search_forget_order(struct list *l);

#endif
