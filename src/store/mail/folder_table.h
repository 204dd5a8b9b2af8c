/*
 * folder_table - the file that remembers the server's folders and their numbers, for the next start
 * and for other running copies.
 *
 * Owns:    the file folders in the cache directory of an account.
 * Threads: disk thread only.
 * Errors:  told; the list comes again from the server.
 */
#ifndef STORE_FOLDER_TABLE_H
#define STORE_FOLDER_TABLE_H

#include <stdbool.h>

struct account;

void folder_save_table(struct account *a);
void folder_load_table(struct account *a);
/* Another running copy writes it: true when it has other folders or numbers than before. */
bool folder_follow_table(struct account *a);

#endif
