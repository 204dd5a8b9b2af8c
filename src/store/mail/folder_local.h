/*
 * folder_local - the local folders: what other programs did to their files, and what is delivered
 * there.
 *
 * Owns:    the files belong to every mail program; rows are the folder's cache's.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err, or a notice.
 */
#ifndef STORE_FOLDER_LOCAL_H
#define STORE_FOLDER_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct err;
struct folder;
struct maildir_group;
struct maildir_mail;
struct summary;

/* What changed on disk, or what of that another running copy has seen while it looks; 1: something
 * did. */
int folder_scan(struct folder *f, struct err *err);
/* It was taken away under our hands, which the next look at the tree tells. */
bool folder_went(const struct folder *f, const struct err *err);
bool folder_look(struct folder *f); /* folder_scan; that it cannot be read is a notice */
/* Reads the names of the local folders; whether some came or went. */
bool folder_list_local(struct account *a);
/* Whether other programs made or removed local folders or, asked for too, changed closed ones.
 * Costs a stat, then two per folder. */
bool folder_look_local(struct account *a, bool closed_too);
/* Delivers into a local folder; not durable before maildir_sync. The caller tells the engine
 * (folder_send_changes). keywords: "" or those it gets, as far as there is room. */
int folder_deliver(struct folder *f, const char *p, size_t len, uint32_t flags,
	const char *keywords, const char *tag, uint32_t *uid, struct err *err);
void folder_load_files(struct folder *f); /* which files its rows are of */
/* Rows of a cache of an older program, or that were damaged, from their files. */
void folder_read_again(struct folder *f);
/* A row without a file; one whose UID is 0 gets one. The UID. */
uint32_t folder_put_row(struct folder *f, struct summary *row);
/* Other bytes came for a message: its row anew. */
void folder_refill(struct folder *f, uint32_t uid, const char *base, const char *p, size_t len);
/* Names them; those that were delivered get rows, and their identity what these have. */
void folder_deliver_group(struct folder *f, struct maildir_group *g);
void folder_deliver_many(struct folder *f, struct maildir_mail *v, size_t n);
char *folder_local_file(struct folder *f, uint32_t uid, struct err *err); /* base name; free() */

#endif
