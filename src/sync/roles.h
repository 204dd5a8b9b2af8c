/*
 * roles - which mailbox is Sent, Trash, Drafts, Junk or Archive, by its name, where the server does
 * not say (SPECIAL-USE, RFC 6154).
 *
 * Owns:    nothing.
 * Threads: any; a table.
 * Errors:  none; ROLE_NONE.
 *
 * Private to sync. The names are those that servers and mail programs make, in the languages they
 * speak.
 */
#ifndef SYNC_ROLES_H
#define SYNC_ROLES_H

#include "net/imap.h"

/* name: UTF-8, the last level alone. */
enum mail_role roles_by_name(const char *name);

#endif
