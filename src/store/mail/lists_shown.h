/*
 * lists_shown - what a list shows of its folder: all, or what its filter does.
 *
 * Owns:    an array that is given out is the caller's.
 * Threads: disk thread only.
 * Errors:  none.
 */
#ifndef STORE_LISTS_SHOWN_H
#define STORE_LISTS_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct columns;
struct list;
struct store;
struct summary;

/* Also one that is asleep, which store_list does not know. */
struct list *lists_find(struct store *s, unsigned id);
/* The UIDs of what it shows, ascending; the array is the caller's. */
size_t lists_shown(const struct list *l, uint32_t **uids);
bool lists_shows(const struct list *l, const struct summary *row); /* with its strings */
bool lists_shows_row(const struct list *l, const struct columns *c, size_t at);
void lists_wake(struct list *l);         /* it shows something; its folder is open just now */
void lists_forget_order(struct list *l); /* the one that was told last */

#endif
