/*
 * filter - what a query finds in a folder, as the filter of a list.
 *
 * Owns:    the filter is the list's that gets it.
 * Threads: disk thread only.
 * Errors:  NULL and a struct err: the query cannot be used so.
 */
#ifndef STORE_FILTER_H
#define STORE_FILTER_H

struct err;
struct list_filter;

/* What a query finds that needs no texts; "today" stays the day when it was made. */
struct list_filter *filter_by_query(const char *query, struct err *err);

#endif
