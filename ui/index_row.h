/*
 * index_row - one message as one line of the list.
 *
 * Owns:    nothing.
 * Threads: UI thread.
 * Errors:  none.
 *
 * Columns are as wide as what they show: who draws a list measures its rows, lets the room be
 * shared, and draws them. The measure only grows, so that nothing jumps while a list scrolls.
 */
#ifndef UI_INDEX_ROW_H
#define UI_INDEX_ROW_H

#include "engine/listing.h"
#include "engine/msglist.h"
#include "ui/draw.h"

#include <time.h>

struct index_format {
	/* of the list: */
	int width;
	struct listing columns;
	bool show_to; /* Sent and Drafts: the receiver says more than the sender */
	bool ascii;
	const char *date_format; /* strftime, iso, "" or auto */
	time_t now;
	bool places;             /* of several folders or accounts */
	int room[LIST_COLUMNS];  /* of each column; 0: there is none for it (index_fit) */
	size_t count;            /* of its rows: the highest number */
	const struct hits *hits; /* what is marked, and the text that was made of; NULL: nothing */
	const char *hits_of;
	/* of the row: */
	size_t number;
	const char *place; /* where it is; NULL: all are in the same */
	int rule;          /* style of a colour rule; 0: none */
	bool own;          /* from the person: the receiver says more */
	bool same_subject; /* as the row above: the thread glyphs are enough */
};

enum { INDEX_MEASURED = 256 };

/* What the columns of a list need; zero it. */
struct index_need {
	int most[LIST_COLUMNS];
	int width; /* what was measured for */
	struct listing columns;
	uint64_t done[INDEX_MEASURED]; /* rows that need not be measured again */
};

/* Forgets what was measured of a list of other columns or of another width. */
void index_need_begin(struct index_need *need, const struct index_format *f);
/* Whether this message was, as far as that is remembered; and that its row may be another now. */
bool index_is_measured(const struct index_need *need, uint32_t uid, const struct index_format *f);
void index_need_again(struct index_need *need);
void index_measure(
	struct index_need *need, const struct msg_row *row, const struct index_format *f);
/* Shares the width out. What finds no room beside the subject is left out, the least useful first.
 */
void index_fit(struct index_format *f, const struct index_need *need);
/* What is used of the width beside the subject. */
int index_used(const struct index_format *f);
/* Appends exactly width columns (more when width < 20, and where the rooms are the caller's). */
void index_row(struct line *out, const struct msg_row *row, const struct index_format *f);
/* Appends to key all that decides how the line of this message looks at this moment. */
void index_row_key(struct str *key, const struct msg_row *row, const struct index_format *f);
/* "09:14" today, "Fri" in the last six days, "12 Mar" this year, "2024-03-12" before; wide: with
 * day and time, at most twelve columns. */
void index_date(struct str *out, time_t date, time_t now, bool wide);
/* The keywords that a person would give, with one space between them: not $MDNSent, NonJunk and the
 * like, which programs set for each other. */
void index_keywords(struct str *out, const char *keywords);
/* Nobody wants to hear of its thread. */
bool index_is_muted(const struct msg_row *row);
/* The subject behind its "Re:", "Fwd:", "Aw:" ... */
const char *index_bare_subject(const char *subject);

#endif
