/*
 * job - what crosses the queues between the store and the connections: jobs go out, results come
 * back. The one header where store and sync meet.
 *
 * Owns:    a job or result owns everything it points to; pushing it on a queue gives it away.
 * Threads: values; jobs are made on the disk thread and eaten by a connection thread, results the
 * other way round. Errors:  results carry a struct err.
 *
 * Each account has up to three lanes, one thread and one connection each: MAIN watches and
 * synchronises (IMAP: IDLE; POP3: its sessions), FETCH gets what the user waits for, SEND submits.
 * A lane connects when it has something to do and keeps the connection.
 */
#ifndef STORE_JOB_H
#define STORE_JOB_H

#include "base/account.h"
#include "base/err.h"
#include "base/mail.h"
#include "base/queue.h"
#include "base/str.h"
#include "mime/summary.h"
#include "store/disk/meta.h"
#include "store/disk/op.h"

#include <time.h>

enum lane { LANE_MAIN, LANE_FETCH, LANE_SEND, LANES };

/* What sync needs to know of an account. */
struct sync_account {
	const struct account_settings *settings; /* borrowed; start makes a copy of its own */
	int check_seconds;                       /* between looks at folders that are not watched */
	bool look_only;                          /* connections for JOB_CHECK alone */
};

/*
 * Jobs. Each kind has one struct below, with what it carries beside its number and its folder; who
 * answers, and with what, is said at the kind. A lane that cannot begin a job, or whose connection
 * ends meanwhile, answers with the same final result, and why in its err.
 */
enum job_kind {
	/* For the lane itself, whatever it is doing; nothing answers. */
	JOB_QUIT,
	JOB_RETRY,    /* connect now; also after a refused login or certificate */
	JOB_AWAKE,    /* the machine slept: connections that wait do not wait any longer */
	JOB_PASSWORD, /* what the user typed */
	JOB_CANCEL,   /* nobody waits for a job any more (sync_ops.cancel_job) */
	/* MAIN, by IMAP. */
	JOB_LIST,    /* folders and their counts -> RESULT_FOLDERS */
	JOB_SYNC,    /* one folder -> RESULT_SELECTED, _SUMMARIES, _FLAGS, _VANISHED, _PROGRESS,
			RESULT_SYNCED */
	JOB_OP,      /* a change -> RESULT_OP, or RESULT_OP_READY: then it comes once more */
	JOB_MAILBOX, /* a mailbox goes or gets another name -> RESULT_MAILBOX */
	/* FETCH; MAIN, where the server takes one connection only. */
	JOB_BODY,   /* one message, or parts of it -> RESULT_BODY..., RESULT_BODY_DONE */
	JOB_SEARCH, /* which messages of a folder the server finds -> RESULT_FOUND */
	/* MAIN, by POP3. */
	JOB_POP3,      /* one session -> RESULT_POP3_LISTED, waits for JOB_POP3_PLAN, ...,
			  RESULT_POP3_DONE */
	JOB_POP3_PLAN, /* what to fetch and look at -> RESULT_POP3_..., RESULT_POP3_FETCHED */
	JOB_POP3_ACK,  /* what was fetched is durable: the driver deletes and quits */
	/* SEND. */
	JOB_SEND,    /* one mail -> RESULT_SEND_READY, waits for JOB_SEND_GO, RESULT_SENT */
	JOB_SEND_GO, /* whether DATA may begin */
	/* FETCH, of connections that only look. */
	JOB_CHECK, /* connect and describe -> RESULT_CHECKED */
	JOB_KINDS
};

/* Everything that is pointed to is owned. */

struct job_password {
	char *secret; /* NULL: the user gave none */
};

struct job_cancel {
	unsigned what; /* the number of the job that nobody waits for */
};

#define KNOWN_HAS_KEYWORDS (1u << 31) /* in known_folder.flags: the row has keywords */

struct known_folder { /* what the cache has, for a resync */
	struct cache_meta meta;
	uint32_t *uids, *flags; /* ascending */
	size_t n;
};

struct job_sync {
	struct known_folder known;
	bool watch; /* stay here with IDLE afterwards */
};

struct job_op {
	struct op *what;
	char *target;       /* wire name of its second mailbox */
	bool look;          /* it may have been done before the connection broke */
	bool check;         /* older than the connection: are its messages still there? */
	struct str message; /* of OP_APPEND, with CRLF */
	time_t received;    /* the date that it gets there; 0: now */
};

struct job_mailbox {
	char *name;          /* the new one, on the wire; NULL: it goes */
	bool holds_messages; /* it is one that messages can be in */
	size_t known;        /* more than that, and it does not go */
	struct strv below;   /* wire names of the mailboxes below it */
};

struct job_body {
	uint32_t uid, uidvalidity, size;
	bool urgent;   /* a person waits for it, and it goes ahead of the rest of others */
	char *section; /* "eml": the whole message; "1/300 2.HEADER/0": these sections and their
			  sizes; NULL: a small message whole, of a large one head and structure
			  (bodies.h) */
};

struct job_search {
	char *key; /* as in SEARCH (RFC 9051 6.4.4), UTF-8 in quotes */
	uint32_t uidvalidity;
};

struct job_pop3_plan { /* message numbers of the session */
	uint32_t *top; /* only their headers; then there is nothing else, and another plan comes */
	uint32_t *retr, *part, *last; /* whole; the header and the first lines; whole, at the end */
	size_t ntop, nretr, npart, nlast;
	uint32_t lines; /* of part */
};

struct job_pop3_ack {
	uint32_t *dele; /* message numbers of what may go on the server */
	size_t n;
};

struct job_send {
	char *id;         /* of the outbox */
	char *from;       /* envelope sender */
	struct strv to;   /* and recipients */
	struct str bytes; /* the message with CRLF */
};

struct job_send_go { /* with the number of the JOB_SEND */
	bool noted;  /* that DATA begins; else it must not */
};

struct job {
	struct queue_item item;
	enum job_kind kind;
	/* Its number, which comes back in its results. JOB_BODY, JOB_SEARCH, JOB_POP3 and JOB_SEND
	 * can be cancelled by it, and have one that no other of them had. */
	unsigned request;
	/* Of what is about one folder, else NULL: its name in UTF-8, and on the wire. */
	char *folder, *mailbox;
	union { /* of kinds that are not here nothing more is to be said */
		struct job_password password;
		struct job_cancel cancel;
		struct job_sync sync;
		struct job_op op;
		struct job_mailbox reshape; /* JOB_MAILBOX */
		struct job_body body;
		struct job_search search;
		struct job_pop3_plan plan;
		struct job_pop3_ack ack;
		struct job_send send;
		struct job_send_go go;
	};
};
struct job *job_new(enum job_kind kind);
void job_free(struct job *j);
void job_free_item(struct queue_item *item); /* for queue_free */

/*
 * Results. Each kind has one struct below, with what it carries beside the number of its job, its
 * folder and err, which says why something failed.
 */
enum result_kind {
	/* Of the lane. */
	RESULT_STATE,    /* what it does now; err: what the last connection ended with */
	RESULT_PASSWORD, /* a password is needed: JOB_PASSWORD answers */
	RESULT_ALERT,    /* words of the server that the user must see */
	/* Of the account's folders. */
	RESULT_FOLDERS, /* all there are; err when they cannot be listed. Ends JOB_LIST; also by the
			   clock, without a job */
	RESULT_COUNTS,  /* some, whose counts are new */
	RESULT_MAILBOX, /* it is reshaped, or err says why not. Ends JOB_MAILBOX */
	/* Of one folder. */
	RESULT_NEWS,      /* something changed there: synchronise it */
	RESULT_SELECTED,  /* its state, before what is in it */
	RESULT_SUMMARIES, /* new rows */
	RESULT_FLAGS,     /* marks that are other than they were */
	RESULT_VANISHED,  /* messages that are gone */
	RESULT_PROGRESS,  /* of the rows that are to come */
	RESULT_SYNCED,    /* ends JOB_SYNC; err when it failed */
	RESULT_FOUND,     /* ends JOB_SEARCH; err when it failed */
	/* Of one message. */
	RESULT_BODY,          /* a piece of it */
	RESULT_BODY_PROGRESS, /* of what JOB_BODY asked for */
	RESULT_BODY_DONE,     /* ends JOB_BODY; err: the first of what went wrong */
	/* Of an operation. */
	RESULT_OP_READY, /* it was never given away, and waits to be noted so, for repeating it may
			    double something, or its messages had to be found. Nothing is done yet
			  */
	RESULT_OP,       /* ends JOB_OP: done, or err says why not */
	/* Of a session by POP3. */
	RESULT_POP3_LISTED,  /* what the server has */
	RESULT_POP3_HEADER,  /* of one message: the answer to TOP */
	RESULT_POP3_MESSAGE, /* one message; err: this one could not be fetched */
	RESULT_POP3_PART,    /* the header and the first lines of one */
	RESULT_POP3_FETCHED, /* all of the plan's messages were given: JOB_POP3_ACK is awaited; err
				when it broke off */
	RESULT_POP3_DONE,    /* ends JOB_POP3; err: nothing is known to be deleted */
	/* Of a mail on its way out. */
	RESULT_SEND_READY, /* DATA is next: JOB_SEND_GO answers */
	RESULT_SENT,       /* ends JOB_SEND; err: what was said of all of it */
	RESULT_CHECKED,    /* ends JOB_CHECK; err: the first failure */
	RESULT_KINDS
};
enum sync_state { SYNC_OFFLINE, SYNC_CONNECTING, SYNC_ONLINE, SYNC_WAITING, SYNC_FAILED };

struct folder_entry {
	char *name, *mailbox; /* owned; UTF-8 with '/' between levels, and wire form */
	enum mail_role role;
	bool selectable, counts_known;
	uint32_t total, unread, uidnext, uidvalidity;
	uint64_t highestmodseq;
};
struct flag_change {
	uint32_t uid, flags;
	char *keywords; /* owned or NULL: unchanged */
};
struct session_entry {
	uint32_t number, size;
	char uidl[72];
};
struct recipient_fate { /* what the relay said of one recipient, or of the whole mail */
	char *address;  /* owned */
	enum mail_fate fate;
	char *text; /* owned; its words with the code in front, or why it was not asked */
};

/* Everything that is pointed to is owned. */

struct result_state {
	enum sync_state state;
	size_t retry_ms; /* until the next attempt */
	bool cut;        /* it ended for what was cancelled was under way: no fault of it */
};

struct result_alert {
	char *text;
};

struct folder_entries {
	struct folder_entry *v;
	size_t n;
};

struct result_folders {
	struct folder_entries all;
	char *prefix;   /* what the names of the person's own begin with on the wire, or NULL */
	char delimiter; /* what stands between levels, 0: not known */
};

struct result_selected {
	struct cache_meta meta; /* complete and highestmodseq are not said yet */
	bool anew;              /* the known rows are void */
	bool read_only;         /* nothing can be changed there */
};

struct result_summaries {
	struct summary **v;
	size_t n;
};

struct result_flags {
	struct flag_change *v;
	size_t n;
};

struct result_vanished {
	uint32_t *uids;
	size_t n;
};

struct result_progress { /* messages, or octets of one */
	uint64_t done, total;
};

struct result_synced {
	struct cache_meta meta; /* what is true of the folder once all of it is in the cache */
};

struct result_found {
	uint32_t *uids; /* ascending */
	size_t n;
};

struct result_body {
	uint32_t uid;
	char *piece; /* its name (bodies.h) */
	struct str bytes;
};

struct result_body_done {
	uint32_t uid;
};

struct result_op_ready {
	uint64_t id;
	bool marked; /* the target's numbers are known; of no such mailbox UIDVALIDITY is 0 */
	uint32_t target_uidvalidity, target_uidnext;
	/* Of its messages where they were known by their Message-IDs alone; n 0 else. */
	uint32_t *uids;
	size_t n;
	uint32_t uidvalidity;
};

struct result_op {
	uint64_t id;
	/* Its messages in the target, in its order, 0 where one is not known. NULL: none is. */
	uint32_t *uids;
	size_t n;
	uint32_t uidvalidity; /* the target's */
	char *stay;           /* they stay where they were too, marked as deleted: why; or NULL */
	size_t missing;       /* so many were no longer there */
};

struct result_listed {
	struct session_entry *v;
	size_t n;
	bool can_uidl, can_top;
};

struct result_message {
	uint32_t number; /* in the session */
	struct str bytes;
};

struct result_fetched {
	uint32_t awaited; /* the message that was, when it broke off; 0: none */
};

struct result_session {
	uint32_t *deleted; /* numbers, confirmed by QUIT */
	size_t n;
};

struct result_send_ready {
	char *id;
};

struct result_sent {
	char *id;
	enum send_outcome outcome;
	struct recipient_fate *v; /* of whom was to be asked, in that order; n 0: nobody was */
	size_t n;
};

struct result_checked {
	struct str text;
};

struct result {
	struct queue_item item;
	enum result_kind kind;
	unsigned generation; /* of the sync that made it */
	int account;         /* the store's index */
	enum lane lane;
	unsigned request; /* the number of its job */
	struct err err;   /* ERR_NONE: fine */
	bool unbegun; /* with err: the job waited when the connection ended; it is not the reason */
	/* Of what is about one folder, else NULL; UIDs are of that UIDVALIDITY. */
	char *folder;
	uint32_t uidvalidity;
	union { /* of kinds that are not here nothing more is to be said */
		struct result_state state;
		struct result_alert alert;
		struct result_folders folders;
		struct folder_entries counts;
		struct result_selected selected;
		struct result_summaries summaries;
		struct result_flags flags;
		struct result_vanished vanished;
		struct result_progress progress; /* of both kinds */
		struct result_synced synced;
		struct result_found found;
		struct result_body body;
		struct result_body_done body_done;
		struct result_op_ready op_ready;
		struct result_op op;
		struct result_listed listed;
		struct result_message message; /* RESULT_POP3_HEADER, _MESSAGE, _PART */
		struct result_fetched fetched;
		struct result_session session; /* RESULT_POP3_DONE */
		struct result_send_ready send_ready;
		struct result_sent sent;
		struct result_checked checked;
	};
};
struct result *result_new(enum result_kind kind);
void result_free(struct result *r);
void result_free_item(struct queue_item *item);

/* How the store starts and stops connections without knowing sync: the engine fills this in. */
struct sync;
struct sync_ops {
	/* Starts the lanes of an account; lanes[] gets their job queues (borrowed until stop). */
	struct sync *(*start)(const struct sync_account *account, int index, unsigned generation,
		struct queue *results, struct queue *lanes[LANES]);
	/* Asks every lane to end at once (sockets are closed); returns at once. */
	void (*cancel)(struct sync *s);
	/*
	 * Nobody waits for this job any more. One that waits is answered with ERR_CANCELLED without
	 * being begun. One that is under way ends between two pieces of what it fetches where that
	 * is soon, else its connection is closed (net_cancel_hurry), and the next job has a new
	 * one; JOB_POP3 keeps what came, and JOB_SEND is cancelled only before JOB_SEND_GO says
	 * that DATA may begin. Its final result still comes. Returns at once.
	 */
	void (*cancel_job)(struct sync *s, enum lane lane, unsigned request);
	/* The machine slept: what is connected is connected anew, for nobody knows what still
	 * stands (mail that is just being sent is left alone). Returns at once. */
	void (*wake)(struct sync *s);
	/*
	 * After cancel: waits up to wait_ms for the threads and frees. False: a thread did not end
	 * and is left behind; it may still push results, so their queue must never be freed.
	 */
	bool (*stop)(struct sync *s, int wait_ms);
};

#endif
