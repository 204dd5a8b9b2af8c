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

#include "base/err.h"
#include "base/queue.h"
#include "base/str.h"
#include "store/disk/cache.h"
#include "store/disk/journal.h"
#include "store/disk/summary.h"

#include <time.h>

enum lane { LANE_MAIN, LANE_FETCH, LANE_SEND, LANES };

/* What sync needs to know of an account. Strings owned, never NULL. */
struct sync_account {
	char *name, *imap, *pop3, *smtp; /* URLs, "" when not given */
	bool use_pop3;
	bool look_only;    /* connections for JOB_CHECK alone */
	int password_kind; /* enum password_kind of engine/settings.h: 0 ask, 1 command, 2 plain, 3
			      keyring */
	char *password, *auth, *tls_ca, *tls_pin;
	bool no_compress;
	int check_seconds; /* between looks at folders that are not watched */
};
void sync_account_copy(struct sync_account *to, const struct sync_account *from);
void sync_account_done(struct sync_account *a);

enum job_kind {
	JOB_QUIT,
	JOB_RETRY,     /* connect now; also after a refused login or certificate */
	JOB_AWAKE,     /* the machine slept: connections that wait do not wait any longer */
	JOB_PASSWORD,  /* text: what the user typed; NULL: none */
	JOB_LIST,      /* folders and their counts -> RESULT_FOLDERS */
	JOB_SYNC,      /* folder, known, watch -> RESULT_SELECTED, _SUMMARIES, _FLAGS, _VANISHED,
			  RESULT_SYNCED */
	JOB_BODY,      /* one message, or one part of it -> RESULT_BODY..., RESULT_BODY_DONE */
	JOB_CANCEL,    /* in front of the others: nobody waits for the JOB_BODY with this request */
	JOB_OP,        /* op, look, check -> RESULT_OP, or RESULT_OP_READY: then once more */
	JOB_MAILBOX,   /* mailbox: its new name is target, or (NULL) it goes, unless more than n
			  messages are in it; watch: messages can be in it; recipients: the
			  mailboxes below -> RESULT_MAILBOX */
	JOB_POP3,      /* one session -> RESULT_POP3_LISTED, then waits for JOB_POP3_PLAN */
	JOB_POP3_PLAN, /* what to fetch, look at and delete */
	JOB_POP3_STOP, /* the user wants no more of this session's messages */
	JOB_POP3_ACK,  /* how many messages became durable: the driver goes on, deletes, quits */
	JOB_SEND,      /* one mail -> RESULT_SEND_READY, waits for JOB_SEND_GO, RESULT_SENT */
	JOB_SEND_GO,   /* the store has noted that DATA begins (n != 0), or could not (n == 0) */
	JOB_CHECK,     /* connect and describe -> RESULT_CHECKED */
};

#define KNOWN_HAS_KEYWORDS (1u << 31) /* in known_folder.flags: the row has keywords */

struct known_folder { /* what the cache has, for a resync */
	struct cache_meta meta;
	uint32_t *uids, *flags; /* owned; ascending */
	size_t n;
};

struct pop3_plan {
	uint32_t *retr, *top, *dele; /* owned; message numbers of the session */
	uint32_t *part;              /* owned; of these the header and the first lines */
	uint32_t *last;              /* owned; as retr, behind all others */
	size_t nretr, ntop, ndele, npart, nlast;
	uint32_t lines;
};

struct job {
	struct queue_item item;
	enum job_kind kind;
	unsigned request; /* comes back in the results */
	char *folder;     /* UTF-8 name */
	char *mailbox;    /* the same on the wire; NULL when not IMAP */
	char *target;     /* wire name of a second mailbox */
	struct known_folder known;
	bool watch; /* stay here with IDLE afterwards */
	uint32_t uid, uidvalidity, size;
	bool urgent; /* JOB_BODY: a person waits for it, and it goes ahead of the rest of others */
	char *section; /* JOB_BODY: "eml": the whole message; "1/300 2.HEADER/0": these sections
			  and their sizes; NULL: a small message whole, of a large one head and
			  structure (bodies.h) */
	struct op *op;
	bool look;  /* JOB_OP: it may have been done before the connection broke */
	bool check; /* JOB_OP: it is older than the connection: are its messages still there? */
	struct pop3_plan plan;
	char *id;   /* outbox id */
	char *from; /* envelope sender */
	struct strv recipients;
	struct str bytes; /* message with CRLF */
	char *text;
	size_t n;
	time_t date;
};
struct job *job_new(enum job_kind kind);
void job_free(struct job *j);
void job_free_item(struct queue_item *item); /* for queue_free */

enum result_kind {
	RESULT_STATE,     /* lane, state, err, n: milliseconds until the next attempt */
	RESULT_PASSWORD,  /* a password is needed: JOB_PASSWORD answers */
	RESULT_ALERT,     /* text from the server that the user must see */
	RESULT_FOLDERS,   /* folders: all there are; text: what the names of the person's own
			     begin with on the wire; number: what stands between levels, 0: not
			     known; err when it failed */
	RESULT_COUNTS,    /* folders: some, whose counts are new */
	RESULT_SELECTED,  /* folder, meta (uidvalidity, uidnext, exists); reset: the known rows are
			     void; read_only: nothing can be changed there */
	RESULT_SUMMARIES, /* summaries, n */
	RESULT_FLAGS,     /* flags, n */
	RESULT_VANISHED,  /* uids, n */
	RESULT_PROGRESS,  /* done, total */
	RESULT_SYNCED,    /* folder, meta; err when it failed */
	RESULT_NEWS,      /* folder: something changed there, synchronise it */
	RESULT_BODY,      /* folder, uid, section (a piece name of bodies.h), bytes */
	RESULT_BODY_DONE, /* request; err */
	RESULT_OP_READY,  /* op_id: an operation that was never given away waits to be noted so, for
			     repeating it may double something; nothing is done yet. reset: meta has
			     the target's UIDNEXT and UIDVALIDITY (0: no such mailbox); uids, n,
			     uidvalidity: its messages, where they were not known */
	RESULT_OP,        /* op_id, err; uids, n, uidvalidity: of its messages in the target, in its
			     order, 0 where it is not known; reset: they stay where they were, marked
			     as deleted, text says why; total: so many were no longer there */
	RESULT_MAILBOX,   /* request; err */
	RESULT_POP3_LISTED,  /* entries, n; can_uidl, can_top */
	RESULT_POP3_HEADER,  /* number, bytes: answer to TOP */
	RESULT_POP3_MESSAGE, /* number, bytes; err: this one could not be fetched */
	RESULT_POP3_PART,    /* number, bytes: the header and the first lines */
	RESULT_POP3_FETCHED, /* all of the plan's messages were given: JOB_POP3_ACK is awaited; err
				when it broke off, number: which one was awaited then, 0: none */
	RESULT_POP3_DONE,    /* numbers deleted (uids, n) confirmed by QUIT; err */
	RESULT_SEND_READY,   /* id: DATA is next */
	RESULT_SENT,         /* id, outcome, fates; err */
	RESULT_CHECKED,      /* text; err */
};
enum sync_state { SYNC_OFFLINE, SYNC_CONNECTING, SYNC_ONLINE, SYNC_WAITING, SYNC_FAILED };
enum send_outcome { SEND_ACCEPTED, SEND_NOT, SEND_UNCONFIRMED };

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
/* What the relay said of one recipient; of the whole mail counts too (net/smtp.h). */
enum fate_kind {
	RECIPIENT_UNASKED,
	RECIPIENT_ACCEPTED,
	RECIPIENT_LATER,
	RECIPIENT_NEXT, /* others were taken, this one is to be sent to at once in a mail of its own
			 */
	RECIPIENT_NEVER
};
struct recipient_fate {
	char *address; /* owned */
	enum fate_kind fate;
	char *text; /* owned; its words with the code in front, or why it was not asked */
};

struct result {
	struct queue_item item;
	enum result_kind kind;
	unsigned generation; /* of the sync that made it */
	int account;         /* the store's index */
	enum lane lane;
	unsigned request;
	struct err err; /* ERR_NONE: fine */
	bool unbegun; /* with err: the job waited when the connection ended; it is not the reason */
	enum sync_state state;
	char *folder, *section, *text, *id;
	struct folder_entry *folders;
	struct summary **summaries; /* owned copies */
	struct flag_change *flags;
	struct session_entry *entries;
	struct recipient_fate *fates;
	uint32_t *uids;
	size_t n; /* of whichever array */
	struct cache_meta meta;
	bool reset, read_only, can_uidl, can_top;
	uint32_t uid, uidvalidity, number;
	uint64_t op_id, done, total;
	enum send_outcome outcome;
	struct str bytes;
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
