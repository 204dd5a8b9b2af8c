/*
 * filter - what a query finds in a folder, as the filter of a list.
 *
 * Owns:    the filter is the list's that gets it.
 * Threads: disk thread only.
 * Errors:  NULL and a struct err: the query cannot be used so.
 */
#ifndef STORE_FILTER_H
#define STORE_FILTER_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct folder;
struct list_filter;
struct query;

/* A query that a list can be kept by; any thread. */
int filter_query(struct query **query, const char *text, struct err *err);
/* What a query finds by rows alone, and what filter_learn says; "today" stays the day when it was
 * made. */
struct list_filter *filter_by_query(const char *query, struct err *err);
/* Messages of the folder that the query finds by their texts. */
void filter_learn(struct list_filter *x, const struct folder *f, const uint32_t *uids, size_t n);

#endif
