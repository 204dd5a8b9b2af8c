/*
 * folder_tree - which folders the list of folders shows: those below a folded one are not.
 *
 * Owns:    the names of what is folded, and the file that remembers them from one start to the
 *          next ("ACCOUNT NAME" and a tab before the folder's name, one a line).
 * Threads: UI thread.
 * Errors:  of the file only: 0 or -1 and a struct err.
 */
#ifndef UI_FOLDER_TREE_H
#define UI_FOLDER_TREE_H

#include "base/err.h"
#include "engine/engine.h"

#include <stdbool.h>
#include <stddef.h>

struct folder_tree;

struct folder_tree *folder_tree_new(const struct engine *e);
void folder_tree_free(struct folder_tree *t); /* NULL is fine */

/* The file beside that one; NULL: none. The caller frees it. */
char *folder_tree_path(const char *beside);
/* path may be NULL: nothing is remembered. A file that cannot be read folds nothing. */
void folder_tree_load(struct folder_tree *t, const char *path);
/* Where something was changed since: replaces the file. */
int folder_tree_save(const struct folder_tree *t, const char *path, struct err *err);

/* The engine's folders are others now. */
void folder_tree_changed(struct folder_tree *t);

/* Folders of an account that are shown, in the order of the engine; the index of one there is given
 * by its place here, -1: none. */
size_t folder_tree_count(struct folder_tree *t, size_t account);
int folder_tree_at(struct folder_tree *t, size_t account, size_t place);
/* The place of a folder, or of the folded one it is below. */
size_t folder_tree_place(struct folder_tree *t, size_t account, int folder);

bool folder_tree_can_fold(const struct folder_tree *t, size_t account, int folder);
bool folder_tree_is_folded(const struct folder_tree *t, size_t account, int folder);
/* False: there is nothing below it, or it is so already. */
bool folder_tree_fold(struct folder_tree *t, size_t account, int folder, bool folded);
/* All that can be; what none of is folded is folded, else all are shown again. */
void folder_tree_fold_all(struct folder_tree *t);

int folder_tree_parent(const struct folder_tree *t, size_t account, int folder); /* -1: none */
/* Unread messages in those below it. */
uint32_t folder_tree_unread_below(const struct folder_tree *t, size_t account, int folder);

#endif
