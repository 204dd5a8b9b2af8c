/*
 * folder - the folders of an account: found by name and role, and made where there is none yet.
 *
 * Owns:    the account owns its folders; a name that is given out is the caller's (free) where it
 *          says so.
 * Threads: disk thread only.
 * Errors:  NULL or -1 and a struct err.
 */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include "base/mail.h"

#include <stdbool.h>

struct account;
struct err;
struct folder;
struct op;
struct str;
struct strv;

struct folder *folder_new(struct account *a, const char *name, bool local);
void folder_free(struct folder *f);
struct folder *folder_find(struct account *a, const char *name, bool local);
struct folder *folder_by_ui_name(struct account *a, const char *name);
const struct strv *folder_own(const struct folder *f); /* addresses of its account, or NULL */
char *folder_ui_name(const struct folder *f);          /* free() */
char *folder_label(const struct folder *f); /* for people: as the list shows it; free() */
/* op_words with the folders so. */
void folder_op_words(struct account *a, const struct op *op, struct str *out);
struct folder *folder_by_role(struct account *a, enum mail_role role, bool local);
/* What it is used as: by the configuration, else as the server says or its name. */
enum mail_role folder_role(const struct folder *f);
/* The wire name of a folder the server has not listed: modified UTF-7, with the server's delimiter.
 * free(). */
char *folder_wire_name(struct account *a, const char *name);
/* The name of a folder that is made here: on a server below what its own folders begin with.
 * free().
 */
char *folder_own_name(struct account *a, const char *name);
/* The folder with that role of the protocol in use; made when there is none. */
struct folder *folder_for_role(struct account *a, enum mail_role role, struct err *err);
bool folder_is_foreign(const struct folder *f); /* of the protocol not in use */
/* What the configuration says has the role; NULL: it does not say. */
const char *folder_given_name(const struct account *a, enum mail_role role);
/* The local one, whatever the protocol in use is. */
struct folder *folder_local_for_role(struct account *a, enum mail_role role, struct err *err);
/* A folder by the name people see, made when there is none. */
struct folder *folder_for_import(struct account *a, const char *name, struct err *err);
void folder_renumbered(struct folder *f); /* its UIDs mean other messages from now on */

#endif
