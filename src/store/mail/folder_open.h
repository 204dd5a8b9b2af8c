/*
 * folder_open - a folder is opened as long as somebody uses it: its cache, and of a local one its
 * files.
 *
 * Owns:    the cache is the folder's; each folder_use has its folder_unuse.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err; folder_try tells instead.
 */
#ifndef STORE_FOLDER_OPEN_H
#define STORE_FOLDER_OPEN_H

#include <stdbool.h>
#include <stdint.h>

struct compacted;
struct err;
struct folder;
struct list;
struct store;

int folder_use(struct folder *f, struct err *err); /* opens the cache (local: scans); counted */
bool folder_try(struct folder *f);                 /* the same; that it cannot be is a notice */
void folder_unuse(struct folder *f);
bool folder_is_shown(const struct folder *f); /* some list shows all of it */
/* What its cache and the bodies kept of it say goes from the disk; no list shows it. */
void folder_forget_files(struct folder *f);
/* Another one when its messages, or (of a server) what is known of them, changed on the disk. */
uint64_t folder_stamp(const struct folder *f);
bool folder_was_fetched(struct folder *f); /* its rows are here, as they were some time */
bool folder_is_here(struct folder *f); /* the same, or it is local: there is something to open */
/* Has the cache rewritten when its log has grown; the disk thread goes on meanwhile. */
void folder_compact(struct folder *f);
void folder_compacted(struct store *s, struct compacted *r); /* keeps it */

#endif
