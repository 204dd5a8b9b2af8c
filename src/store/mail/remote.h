/*
 * remote - what an account asks of the server that its mail comes from, whatever the protocol: one
 * row for each (store/link/remote_*.c). Nothing else in the store asks which protocol is in use,
 * but the switch and what is said to people.
 *
 * Owns:    the rows are constant.
 * Threads: the disk thread; what goes out is a job for a connection, its answers are results.
 * Errors:  told by whoever takes the result.
 */
#ifndef STORE_REMOTE_H
#define STORE_REMOTE_H

#include <stdbool.h>

struct account;
struct folder;

struct remote_ops {
	const char *name;
	/* Its folders are the server's: what is done to mail in them is an operation, and a body
	 * that is not here can be asked for. Else they are local, and mail comes into them. */
	bool has_folders;
	/* All there is, once, for REQUEST_SYNC. The account is online. True: syncall_listed is
	 * called when it is known what that is. */
	bool (*everything)(struct account *a, unsigned request);
	/* Something of it is under way that no folder tells. */
	bool (*is_busy)(const struct account *a);
	/* One folder, the cache of which is open; once more when it is under way. Ends with
	 * account_settles. NULL: folders are none of its business, here and below. */
	void (*synchronise)(struct folder *f);
	/* What was watched was closed or is gone: something else may be. */
	void (*watch)(struct account *a);
};

extern const struct remote_ops remote_imap, remote_pop3;

bool remote_has_folders(const struct account *a);
void remote_watch(struct account *a);
void remote_choose(struct account *a); /* by its setup, when it is opened or switched */

#endif
