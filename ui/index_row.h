/*
 * index_row - one message as one line of the list.
 *
 * Owns:    nothing.
 * Threads: UI thread.
 * Errors:  none.
 */
#ifndef UI_INDEX_ROW_H
#define UI_INDEX_ROW_H

#include "engine/msglist.h"
#include "ui/draw.h"

#include <time.h>

struct index_format {
	int width;
	bool show_to; /* Sent and Drafts: the receiver says more than the sender */
	bool ascii;
	bool same_subject;       /* as the row above: the thread glyphs are enough */
	const char *date_format; /* strftime; used when date_columns says so */
	int date_columns;        /* 0: relative dates */
	time_t now;
	int account_columns; /* 0: all are of one account */
	const char *account;
	const struct hits *hits; /* what is marked, and the text that was made of; NULL: nothing */
	const char *hits_of;
};

/* Appends exactly width columns (less when width < 20). */
void index_row(struct line *out, const struct msg_row *row, const struct index_format *f);
/* Appends to key all that decides how the line of this message looks at this moment. */
void index_row_key(struct str *key, const struct msg_row *row, const struct index_format *f);
/* "09:14" today, "Fri" in the last six days, "12 Mar" this year, "2024-03" before; wide: longer
 * forms of at most twelve columns. */
void index_date(struct str *out, time_t date, time_t now, bool wide);
/* The room that dates of this format (strftime) need; 0 for "" and "auto". */
int index_date_columns(const char *format, time_t now, int width);
/* The keywords that a person would give, with one space between them: not $MDNSent, NonJunk and the
 * like, which programs set for each other. */
void index_keywords(struct str *out, const char *keywords);
/* The subject behind its "Re:", "Fwd:", "Aw:" ... */
const char *index_bare_subject(const char *subject);

#endif
