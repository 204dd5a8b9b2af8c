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

struct remote_ops {
	const char *name;
	/* All there is, once, for REQUEST_SYNC. The account is online. True: syncall_listed is
	 * called when it is known what that is. */
	bool (*everything)(struct account *a, unsigned request);
	/* Something of it is under way that no folder tells. */
	bool (*is_busy)(const struct account *a);
};

extern const struct remote_ops remote_imap, remote_pop3;

void remote_choose(struct account *a); /* by its setup, when it is opened or switched */

#endif
