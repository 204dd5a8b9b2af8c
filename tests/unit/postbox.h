/*
 * postbox - mail for tests of the screen: two accounts on the disk, as a program left them that had
 * synchronised them. "work" is read by IMAP: its INBOX has the same eight messages again and again,
 * in threads, the other folders have some of them. "home" is read by POP3: one message, younger
 * than all others.
 *
 * Owns:    nothing; what is below the directory is the caller's.
 * Threads: the test's.
 * Errors:  the test fails.
 */
#ifndef TESTS_POSTBOX_H
#define TESTS_POSTBOX_H

#include "engine/settings.h"
#include "mime/summary.h"
#include "store/disk/outbox.h"

enum { POSTBOX_WORK, POSTBOX_HOME, POSTBOX_GROUP = 8 /* different messages */ };

/* Makes data/ and cache/ below dir; messages: in the INBOX of work. */
void postbox_make(const char *dir, size_t messages);
/* The program's files are there from now on: XDG_DATA_HOME and XDG_CACHE_HOME. */
void postbox_use(const char *dir);
/* So many accounts, of which the first two are these. */
void postbox_settings(struct settings *s, size_t accounts);

/* The i-th message of the INBOX of work, from 0 on; strings live until the next call but seven. */
struct summary postbox_row(size_t i);
/* Its folders, as desk_folders takes them. */
extern const char *const postbox_folders[];

/* A mail that is being written in work; html: its text has an HTML version; has_it: carol got it
 * already. */
void postbox_draft(const char *id, const char *to, const char *subject, const char *body, bool html,
	bool has_it);
/* One in the outbox, for bob and for nobody else, or for several whom nobody knows. */
struct outbox_mail postbox_sending(const char *id, enum outbox_state state, size_t recipients);

#endif
