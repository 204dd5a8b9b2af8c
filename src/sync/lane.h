/*
 * lane - the life of one connection: connect, wait, work, reconnect; the same for every protocol.
 *
 * Owns:    the thread, the job queue, the password while it lives.
 * Threads: all functions but lane_start, lane_cancel and lane_stop run on the lane's own thread.
 * Errors:  a driver says what became of its connection; what the job deserves is told in results.
 *
 * Private to sync. A protocol is a row of functions (struct driver); the loop in lane.c knows none
 * of them.
 */
#ifndef SYNC_LANE_H
#define SYNC_LANE_H

#include "net/net.h"
#include "store/job.h"
#include "sync/pace.h"

#include <stdatomic.h>

struct lane_thread;

/* What became of a step, and so of the connection. */
enum went {
	WENT_ON,      /* it is there */
	WENT_THROUGH, /* nothing more to do: it is closed in order, for now */
	WENT_DEAD,    /* it broke, and why */
	WENT_AGAIN,   /* the same, and the job, which has no result, is for the next one */
};
static inline enum went went(int rc) /* of what returns -1 when the connection is dead */
{
	return rc == 0 ? WENT_ON : WENT_DEAD;
}

struct driver {
	enum protocol protocol; /* whose server it connects to */
	bool eager;             /* connects by itself and stays; otherwise when a job comes */
	int (*open)(struct lane_thread *l, struct err *err);
	void (*close)(struct lane_thread *l, bool polite);
	/* Does one job, frees nothing; the final result is posted. */
	enum went (*job)(struct lane_thread *l, struct job *j, struct err *err);
	bool (*busy)(struct lane_thread *l); /* background work waits; may be NULL */
	enum went (*work)(struct lane_thread *l, struct err *err); /* one bounded step of it */
	/* Waits until the queue or the server has something; NULL: the connection ends with its
	 * job.
	 */
	enum went (*idle)(struct lane_thread *l, struct err *err);
	void (*end)(struct lane_thread *l); /* frees the driver's own state */
	/* For JOB_CHECK: a connection of its own, and what was found there. One driver of each
	 * protocol has it. */
	int (*check)(struct lane_thread *l, const struct net_server *server,
		const struct net_options *options, const struct net_login *login, struct str *out,
		struct err *err);
};

enum { CANCELLED = 16 };

struct lane_thread {
	const struct driver *driver;
	const struct driver *const (*drivers)[LANES]; /* those of each protocol */
	const struct account_settings *account;       /* borrowed; read only */
	int check_seconds;                            /* between looks at what is not watched */
	int index;
	unsigned generation;
	enum lane lane;
	struct queue *jobs;        /* owned */
	struct queue *results;     /* borrowed */
	struct net_cancel *cancel; /* owned reference */
	char *password;            /* owned; NULL: not known */
	bool quit, retry;
	bool stuck;         /* only the user can help; waits for that */
	atomic_bool waking; /* cancelled only to connect anew: the machine slept */
	atomic_bool ending; /* cancelled for good: set before that, and before JOB_QUIT */
	bool fresh;         /* the password was had for the present attempt */
	void *state;        /* of the driver */
	struct job *held;   /* taken from the queue, not begun */
	unsigned cancelled[CANCELLED]; /* jobs that nobody waits for any more; the latest */
	size_t ncancelled;
	bool connected;
	bool useful;      /* the present connection brought something */
	struct pace pace; /* of it */
};

void *lane_main(void *lane_thread);

void lane_post(struct lane_thread *l, struct result *r); /* fills in who it is from */
/* Posts the final result that the job deserves with err. */
void lane_fail(struct lane_thread *l, const struct job *j, const struct err *err);
/* The same for one that was not begun: the connection ended, or there is none. */
void lane_put_off(struct lane_thread *l, const struct job *j, const struct err *err);
/* The next job that is not for the lane itself; waits up to timeout_ms (-1: for ever); NULL: time
 * over, retry or quit. */
struct job *lane_next(struct lane_thread *l, int timeout_ms);
/* In the middle of a conversation with the store: its next word, which is of that kind, whatever
 * else is wanted of the lane meanwhile. Other jobs keep their place. NULL: time over or quit. */
struct job *lane_answer(struct lane_thread *l, enum job_kind kind, int timeout_ms);
/* The same where the kind is not known: the next job of any. */
struct job *lane_next_word(struct lane_thread *l, int timeout_ms);

/* Login and options as the protocols want them, for the account's server of that one; the password
 * is asked for when needed (-1 and err when there is none). */
int lane_login(struct lane_thread *l, enum protocol protocol, struct net_login *login,
	struct net_server *server, struct net_options *options, struct err *err);

/* Where a person is to say the password: asks for it once, and waits for the answer. -1: none was
 * given. Only for a lane that has no other job. */
int lane_await_password(struct lane_thread *l, struct err *err);

/*
 * imap_open for a lane whose next job says what is selected first. *patient is the lane's: set when
 * a connection failed that had sent something before the server's yes, so that the next one does
 * not.
 */
struct imap;
int lane_open_imap(struct lane_thread *l, struct imap **out, const struct net_server *server,
	const struct net_options *options, const struct net_login *login, bool *patient,
	struct err *err);

/* The JOB_BODY that waits in front of the others and that a person waits for; NULL: none does. */
struct job *lane_next_urgent(struct lane_thread *l);
/* What is on the wire from now on is this job's, and ends when it is cancelled; NULL: nobody's. */
void lane_begin(struct lane_thread *l, const struct job *j);
/* Nobody waits for the job any more: asked between its pieces. */
bool lane_is_cancelled(struct lane_thread *l, const struct job *j);

/*
 * Answers JOB_BODY on a connection that is there. select makes the job's mailbox the selected one,
 * anew where it is told to, and says its UIDVALIDITY; 1: it was selected just now, 0: before.
 */
typedef int fetch_select_fn(struct lane_thread *l, const struct job *j, bool anew,
	uint32_t *uidvalidity, struct err *err);
enum went fetch_body(struct lane_thread *l, struct imap *im, fetch_select_fn *select,
	const struct job *j, struct err *err);
/* The same for JOB_SEARCH. */
enum went fetch_search(struct lane_thread *l, struct imap *im, fetch_select_fn *select,
	const struct job *j, struct err *err);

/* The drivers. */
extern const struct driver driver_watch;  /* IMAP, LANE_MAIN */
extern const struct driver driver_fetch;  /* IMAP, LANE_FETCH */
extern const struct driver driver_popbox; /* POP3, LANE_MAIN */
extern const struct driver driver_submit; /* SMTP, LANE_SEND */

/* Answers JOB_CHECK: connects to every server of the account on its own. */
void check_run(struct lane_thread *l, struct job *j);

#endif
