/*
 * folder_server - a folder of the server: what it ought to say if all is here, and when it is to be
 * asked for the truth again.
 *
 * Owns:    nothing; what is known of the server is struct upkeep.
 * Threads: disk thread only.
 * Errors:  none: whoever synchronises tells.
 */
#ifndef STORE_FOLDER_SERVER_H
#define STORE_FOLDER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct folder;
struct op;

/* Has the server say what is new there; once more when it is under way. The cache is open. */
void folder_ask_sync(struct folder *f);
bool folder_row_is_due(struct folder *f, uint32_t uid); /* a row that says why is asked for anew */
/* Before the journal forgets marks that are to be taken back: the next compare reads every flag. */
void folder_doubt_marks(struct account *a, const struct op *op);
/* Rows that wait to be moved or removed: gone here, but not from the server. Ascending; free(). */
uint32_t *folder_leaving(const struct folder *f, size_t *n);
/* What the server told of an open folder is not what is here. */
bool folder_is_changed(struct folder *f);
/* What puts a folder off ends: a person asks. */
void folder_try_again(struct account *a);
/* A row that says that its message could not be had is asked for anew. */
void folder_fetch_again(struct folder *f, uint32_t uid);
/* New rows that say why a message did not come, and the subject of one of them (folder_take.c). */
void folder_tell_bad(struct folder *f, size_t n, const char *subject);
/* Asks the server for the truth: the next compare reads every flag again. */
void folder_distrust(struct folder *f);
/* The next compare reads every flag, whatever the mod-sequence says. The cache is open. */
void folder_doubt(struct folder *f);

#endif
