/*
 * overlay - the journal laid over the header cache: messages look as the person wants them while
 * the server has not confirmed it.
 *
 * Owns:    nothing; it changes rows of caches that are open.
 * Threads: disk thread only.
 * Errors:  none: a cache that cannot be written is told by it.
 */
#ifndef STORE_OVERLAY_H
#define STORE_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct columns;
struct folder;
struct op;
struct str;

/* Marks as the user wants them: what the server says plus the operations it has not confirmed yet,
 * and MAIL_LEAVING. */
uint32_t overlay_flags(const struct folder *f, uint32_t uid, uint32_t flags);
/* The same for keywords; true: words were changed. */
bool overlay_keywords(const struct folder *f, uint32_t uid, struct str *words);
/* The whole open cache in line with the journal; true: something changed. */
bool overlay_folder(struct folder *f);
void overlay_hide(struct folder *f, const uint32_t *uids, size_t n);
/* These messages of an operation that is no longer in the journal look as they did before it. */
void overlay_take_back(struct account *a, const struct op *op, const uint32_t *uids, size_t n);
/* The server has done it; stay: what was moved is still there, marked as deleted. */
void overlay_confirmed(struct account *a, const struct op *op, bool stay);
/* What the folder will hold when the journal is through, from what it holds now. */
void overlay_counts(const struct folder *f, uint32_t *total, uint32_t *unread);
void overlay_visible(struct columns *c); /* takes hidden rows out */

#endif
