/*
 * search_order - the messages of a list by sender or subject.
 *
 * Owns:    the order that was told last is the list's (lists_forget_order).
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err.
 */
#ifndef STORE_SEARCH_ORDER_H
#define STORE_SEARCH_ORDER_H

struct err;
struct list;
struct store_request;
struct str;

/* All UIDs by sender or subject. */
int search_order(struct list *l, struct store_request *r, struct str *said, struct err *err);

#endif
