/*
 * lists - what the engine has open: a folder, or what a filter shows of it.
 *
 * Owns:    the lists are the store's, a filter is its list's; an array that is given out is the
 *          caller's.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err.
 */
#ifndef STORE_LISTS_H
#define STORE_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct columns;
struct err;
struct folder;
struct list;
struct store;
struct store_request;
struct summary;

int lists_open(struct store *s, struct folder *f, struct store_request *r, struct err *err);
struct list *lists_find(struct store *s, unsigned id); /* also one that is asleep, which store_list
							 does not know */
void lists_close(struct store *s, unsigned id);
/* And tells it; why: or NULL, its folder was deleted. */
void lists_close_why(struct list *l, const char *why);
void lists_free(struct list *l);
/* STORE_LIST, after its folder was opened, where there is something to look at; it is asleep then
 * if it shows nothing. -1: that failed. */
int lists_show(struct list *l, struct err *err);
/* The UIDs of what it shows, ascending; the array is the caller's. */
size_t lists_shown(const struct list *l, uint32_t **uids);
bool lists_shows(const struct list *l, const struct summary *row); /* with its strings */
bool lists_shows_row(const struct list *l, const struct columns *c, size_t at);
void lists_wake(struct list *l); /* it shows something; its folder is open just now */

#endif
