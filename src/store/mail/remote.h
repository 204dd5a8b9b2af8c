/*
 * remote - what an account asks of the server that its mail comes from, whatever the protocol: one
 * row for each (store/link/remote_*.c). Nothing else in the store asks which protocol is in use;
 * what it can stands in base/protocol.h.
 *
 * Owns:    the rows are constant.
 * Threads: the disk thread; what goes out is a job for a connection, its answers are results.
 * Errors:  told by whoever takes the result.
 */
#ifndef STORE_REMOTE_H
#define STORE_REMOTE_H

#include "store/job.h"

#include <stdbool.h>
#include <stdint.h>

struct account;
struct folder;
struct store;

/*
 * The contract. A row has no state: what it needs to know of an account it keeps in the account,
 * from remote_choose until the account ends, also while the other protocol is in use. All functions
 * return at once. What goes wrong with one message or one folder costs that, and is told by whoever
 * takes the result; what goes wrong with the connection comes as its state. stop gives up what is
 * under way, and answers whoever waits for it; what waits in the journal stays. A function that is
 * NULL: there is nothing to be done.
 */
typedef void remote_take_fn(struct account *a, struct result *r);

struct remote_ops {
	/* What the connections of the account say, but for what all say alike: their state, bodies,
	 * sending (link/arrive.c). r stays the caller's; who keeps something of it takes it out.
	 * What no function is for is dropped. */
	remote_take_fn *takes[RESULT_KINDS];

	/* --- the connection --- */
	void (*start)(struct account *a); /* is about to be made, or is wanted at once */
	/* The main lane has another state, which the engine is about to be told. */
	void (*state)(struct account *a, const struct result *r);
	void (*online)(struct account *a); /* and that is that it is there: what comes first */
	/* Whether the next connection goes on with what this one, that ended, was at; before: its
	 * state then. */
	bool (*goes_on)(const struct account *a, enum sync_state before, const struct result *r);
	/* A person gave the password that was asked for. */
	void (*password)(struct account *a);
	void (*stop)(struct account *a, const struct err *why); /* the connection was ended */
	void (*tick)(struct account *a, int64_t now);           /* some times a second, online */
	void (*step)(struct account *a); /* after each round of the disk thread */

	/* --- mail --- */
	/* All there is, once, for REQUEST_SYNC. The account is online. True: syncall_listed is
	 * called when it is known what that is. */
	bool (*everything)(struct account *a, unsigned request);
	/* Something of it is under way that no folder tells. */
	bool (*is_busy)(const struct account *a);
	/* One folder, the cache of which is open; once more when it is under way. Ends with
	 * account_settles. */
	void (*synchronise)(struct folder *f);
	/* What was watched was closed or is gone: something else may be. */
	void (*watch)(struct account *a);
	/* The oldest operation of the journal, if it may go; one at a time, in order. */
	void (*operate)(struct account *a);
	/* Nothing goes out for now: why. */
	bool (*is_stuck)(const struct account *a, struct err *why);
	/* What is asked for by this request is not wanted any more. */
	void (*cancel)(struct account *a, unsigned request);
	/* So many messages the server has just now, as far as that is known beside its folders. */
	size_t (*listed)(const struct account *a);
	/* What comes into a local folder comes from here: its files need not be looked for. */
	bool (*knows_files)(struct account *a, const struct folder *f, int64_t now);
};

extern const struct remote_ops remote_imap, remote_pop3;

/* As the rows say, base/protocol.h's and these; of an account without a server nothing. */
bool remote_has_folders(const struct account *a);
bool remote_takes_mail(const struct account *a);
void remote_watch(struct account *a);
void remote_operate(struct account *a);
void remote_cancel(struct store *s, unsigned request);
void remote_step(struct account *a);
bool remote_knows_files(struct account *a, const struct folder *f, int64_t now);
void remote_choose(struct account *a); /* by its setup, when it is opened or switched */

#endif
