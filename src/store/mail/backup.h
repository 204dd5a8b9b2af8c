/*
 * backup - all that an account has on this disk, as one file, in slices.
 *
 * Owns:    the request, until it is answered.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err; a file that is not whole is removed.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

struct account;
struct err;
struct store_request;
struct str;

int backup_request(struct account *a, struct store_request *r, struct str *said, struct err *err);

#endif
