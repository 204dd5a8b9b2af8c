/*
 * events - what the disk thread says to the engine: events and notices; and what
 * a request names: an account, an open list. Below all other files of the store but job.
 *
 * Owns:    an event that was emitted is the queue's.
 * Threads: the disk thread.
 * Errors:  are what is told here.
 */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include "store/store.h"

struct account;
struct list;

void store_emit(struct store *s, struct store_event *ev);
void store_view_free(struct store_view *v); /* NULL is fine */
void store_notice(struct account *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* For what goes wrong with every write once it does (a full disk): one notice in ten minutes. */
void store_disk_notice(struct account *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct account *store_account_at(struct store *s, int index);
/* One that can be worked with; NULL: there is none, or why it could not be opened. */
struct account *store_account(struct store *s, int index, struct err *err);
/* One whose folder is open; NULL. */
struct list *store_list(struct store *s, unsigned id);
/* The UIDs of the request were chosen when they meant other messages; *err says so. */
bool store_is_stale(struct store *s, const struct store_request *r, struct err *err);
/* Refuses a change in a read-only program. */
int store_may_change(struct store *s, struct err *err);
/* Refuses to write a copy among the mail itself. */
int store_may_write(const struct store *s, const char *path, struct err *err);

#endif
