/*
 * lists - what the engine has open: opened, shown and closed.
 *
 * Owns:    the lists are the store's, a filter is its list's.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err.
 */
#ifndef STORE_LISTS_H
#define STORE_LISTS_H

#include <stdbool.h>

struct account;
struct err;
struct folder;
struct list;
struct list_filter;
struct store;
struct store_request;

/* filter: of a conversation, which tells the list when all of it is known, or NULL. */
int lists_open(struct store *s, struct folder *f, struct store_request *r,
	struct list_filter *filter, struct err *err);
void lists_close(struct store *s, unsigned id);
/* And tells it; why: or NULL, its folder was deleted. */
void lists_close_why(struct list *l, const char *why);
void lists_free(struct list *l);
/* STORE_LIST, after its folder was opened, where there is something to look at; it is asleep then
 * if it shows nothing. -1: that failed. */
int lists_show(struct list *l, struct err *err);
/* From now on it shows that folder in place of its own, and is told; false: that cannot be opened,
 * which was said. */
bool lists_show_in(struct list *l, struct folder *f);
/* Those that are asleep look at what other programs changed meanwhile. False: that takes long, call
 * it again. */
bool lists_look_again(struct account *a);

#endif
