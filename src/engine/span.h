/*
 * span - lists of folders of all accounts, each by a name of its own: one row for each, from which
 * opening, completion, the list of folders and the command line follow.
 *
 * Owns:    nothing.
 * Threads: any; a table.
 * Errors:  none.
 */
#ifndef ENGINE_SPAN_H
#define ENGINE_SPAN_H

#include "base/mail.h"

#include <stdbool.h>
#include <stddef.h>

enum { SPAN_INBOXES, SPAN_FLAGGED, SPAN_UNREAD, SPANS };

struct span_row {
	const char *name;  /* as it is typed; goes before a folder of that name */
	const char *label; /* N_(): for people */
	const char *query; /* what it shows of its folders; NULL: all of it */
	bool every;        /* of all folders but those that span_leaves_out; else of the inboxes */
	bool one;          /* of one account; what stands behind its name says of what in it */
	bool tail;         /* what stands behind its name is the query */
};
const struct span_row *span_row(size_t span);
/* NULL: none, or a saved search (settings_span_find knows these, too). */
const struct span_row *span_find(const char *name);
/* A conversation, "@conversation:MESSAGE-ID": no row of those above, for there are as many as
 * messages. */
const struct span_row *span_conversation(void);
/* What was looked for everywhere, "@find:QUERY": neither a row of those above. */
const struct span_row *span_found(void);
/* What a list of that name shows of its folders; NULL: all of it. Borrowed from one of them. */
const char *span_query(const struct span_row *span, const char *name);
/* Of every folder: mail that was thrown away, and what a server makes of the mail of other folders,
 * where each message would stand twice. */
bool span_leaves_out(enum mail_role role);

#endif
