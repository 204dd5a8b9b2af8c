/*
 * identity - whose mail all this is: when the configuration names other servers, what was here of
 * the former ones is put aside, and comes back with them.
 *
 * Owns:    the files identity and former/ of an account.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err, or a notice.
 */
#ifndef STORE_IDENTITY_H
#define STORE_IDENTITY_H

struct account;
struct err;
struct folder;

int identity_check(struct account *a, struct err *err); /* the journal is open, nothing else is */
void identity_listed(struct account *a); /* a whole POP3 session was: the ledger is of its server */
/* A folder of the server is open: do changes wait that were made in it under another name? */
void identity_selected(struct folder *f);

#endif
