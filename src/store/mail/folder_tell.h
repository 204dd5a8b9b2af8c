/*
 * folder_tell - what the engine is told of folders and of the messages in them.
 *
 * Owns:    nothing; an event is the engine's.
 * Threads: disk thread only.
 * Errors:  none.
 */
#ifndef STORE_FOLDER_TELL_H
#define STORE_FOLDER_TELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct folder;
struct list;

/* STORE_LIST to one list or, NULL, to all that show it. */
void folder_send_list(struct folder *f, struct list *only);
void folder_send_changes(
	struct folder *f, const uint32_t *uids, size_t n, const uint32_t *gone, size_t ngone);
void folder_send_folders(struct account *a);
void folder_recount(struct folder *f); /* total and unread, where the cache has them all */
/* What is in the cache; counted anew only after it changed. */
void folder_count(struct folder *f, uint32_t *total, uint32_t *unread);
bool folder_is_read_only(const struct folder *f); /* an offline copy, an mbox, or talaria -R */

#endif
