/*
 * search - which messages of a list a query finds, in slices.
 *
 * Owns:    the request, until it is answered.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err.
 */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

struct err;
struct list;
struct store_request;
struct str;

/* uids: look only at these. */
int search_request(struct list *l, struct store_request *r, struct str *said, struct err *err);

#endif
