/*
 * msglist - the messages of an open folder, or of several, in the order the user sees.
 *
 * Owns:    columns (struct of arrays), the view order, threads, tags, and a small store of strings
 * for rows that were visible. Threads: UI thread. Errors:  none, it is all memory.
 *
 * Rows are positions in the view (after sorting, threading and limiting), from 0; messages are
 * named by a number, and positions are kept by number, because rows move when mail arrives. In a
 * list of one folder the number is the UID there; one of several folders gives its messages numbers
 * of its own, none twice, and msglist_origin says which message of which folder is meant.
 */
#ifndef ENGINE_MSGLIST_H
#define ENGINE_MSGLIST_H

#include "base/mail.h"
#include "base/str.h"
#include "engine/sort.h"
#include "engine/span.h"

#include <stdint.h>

struct msglist;

struct msg_row {
	uint32_t uid; /* its number in the list */
	uint32_t flags, size;
	int64_t date; /* seconds since 1970: sent; received where that is not known, or later than
		       * it came */
	bool ahead;   /* it says that it was sent later than it came: the date is that of its coming
		       */
	bool tagged;
	int depth;       /* thread depth, 0 for a root; deeper than 60 is told as 60. An answer to a
			    message that the limit leaves out hangs below its nearest shown ancestor */
	bool last_child; /* no sibling follows; always so for a root */
	/* Bit d set: the ancestor at depth d has a later sibling, so that a vertical line passes
	 * this row in its column. Bit 0 is never set (roots are not joined), nor bits from this
	 * depth on.
	 */
	uint64_t lines;
	/* Of a folded root: how many messages of the view stand below it, and how many of these are
	 * not read; else 0. */
	uint32_t hidden, hidden_unread;
	/* Strings; NULL while they are being read from the cache (ask again after EVENT_ROWS).
	 * Borrowed until the next engine call. */
	const char *from_name, *from_mail, *subject, *keywords;
	const char *to, *cc; /* everybody: "Name <mail>, mail" */
};
/* Appends the name, else the address, of the first recipient. */
void msglist_first_recipient(const struct msg_row *row, struct str *out);

const char *msglist_account(const struct msglist *l); /* "": opened by a path, or of several */
const char *msglist_folder(const struct msglist *l);  /* UTF-8 name; of several: of the list */
bool msglist_spans(const struct msglist *l); /* it is of several folders, by a name of its own */
const struct span_row *msglist_span(const struct msglist *l); /* NULL: it is of one folder */
const char *msglist_query(const struct msglist *l);           /* that its folders are looked through
								 for; NULL: all is shown */
struct msg_origin {
	int account;                       /* index, or -1: opened by its path */
	const char *account_name, *folder; /* borrowed until the next engine call */
	uint32_t uid;                      /* there */
};
/* Where a message is; false: there is none of this number. */
bool msglist_origin(const struct msglist *l, uint32_t uid, struct msg_origin *out);
bool msglist_ready(const struct msglist *l); /* the first rows are there */
bool msglist_read_only(const struct msglist *l);
void msglist_protect(struct msglist *l, bool on); /* nothing is changed through this list */
size_t msglist_count(const struct msglist *l);    /* rows in the view */
size_t msglist_total(const struct msglist *l);    /* messages in the folder */
size_t msglist_unread(const struct msglist *l);
/* False when row is out of range. Strings that are not here yet are asked for by themselves. */
bool msglist_row(struct msglist *l, size_t row, struct msg_row *out);
/* Another number than before: UIDs mean other messages now, because the account's protocol was
 * switched or the server numbered the folder anew. 0: nothing is there yet. */
unsigned msglist_numbering(const struct msglist *l);
unsigned msglist_id(const struct msglist *l); /* no other list ever has it */
/* Whether uid, noted under this numbering, still means the same message: when nothing was numbered
 * anew, and in a list of several folders also where that was another folder. */
bool msglist_stands(const struct msglist *l, uint32_t uid, unsigned numbering);
/* The message with this date (as in struct msg_row) whose row is nearest to near; 0: none. So a
 * message is found again under its new number. */
uint32_t msglist_find_date(const struct msglist *l, int64_t date, size_t near);
uint32_t msglist_uid(const struct msglist *l, size_t row);     /* 0: out of range */
ptrdiff_t msglist_find(const struct msglist *l, uint32_t uid); /* row or -1 */
/* The row of a message, or of the next one that is shown; -1: it is not in the list. */
ptrdiff_t msglist_near(const struct msglist *l, uint32_t uid);
/* Also of one that is not shown: */
bool msglist_has(const struct msglist *l, uint32_t uid);
unsigned msglist_flags(const struct msglist *l, uint32_t uid); /* 0: there is none, too */
bool msglist_is_tagged(const struct msglist *l, uint32_t uid);
ptrdiff_t msglist_next_unread(const struct msglist *l, size_t row,
	int step); /* from row on (not itself), wrapping; -1: none. A row out of range: from the
		      start (step >= 0) or the end */
/* What a search found (ascending) is marked until the next one; n 0: nothing is. */
void msglist_mark_found(struct msglist *l, const uint32_t *uids, size_t n);
/* How many of those are shown; *nth: the number of the row among them, 0: it is none. */
size_t msglist_found(const struct msglist *l, size_t row, size_t *nth);
/* As msglist_next_unread, but at the end of all the row itself. */
ptrdiff_t msglist_next_found(const struct msglist *l, size_t row, int step);
/* The first unread message, else the newest: where the cursor starts. */
size_t msglist_start_row(const struct msglist *l);

/* Adds the keywords that messages of the folder have, each once. */
void msglist_keywords(const struct msglist *l, struct strv *out);

/* Tags stay until the message is gone, and are there again when it is taken back; a UID that is not
 * in the folder is ignored. */
void msglist_tag(struct msglist *l, uint32_t uid, bool on);
void msglist_untag_all(struct msglist *l);
size_t msglist_tagged(const struct msglist *l, uint32_t **uids); /* array is the caller's */

/* Large folders, and orders by words, come later: the old order stays until EVENT_LIST. */
void msglist_set_sort(struct msglist *l, enum msglist_sort sort, bool reverse);
void msglist_set_threads(struct msglist *l, bool on);
bool msglist_threads(const struct msglist *l);
bool msglist_busy(const struct msglist *l); /* another order than the one shown is on its way */
/* Waits for it where it takes only work, however long: for programs without a screen. */
void msglist_settle(struct msglist *l);
/* Folds the whole thread that uid belongs to into its root; where the limit leaves the root out,
 * into each topmost message that is shown. Answers that come later are folded with it. */
void msglist_fold(struct msglist *l, uint32_t uid, bool folded);
/* All messages of the folded threads; the array is the caller's. */
size_t msglist_folded(const struct msglist *l, uint32_t **uids);
bool msglist_any_folded(const struct msglist *l);
void msglist_fold_all(struct msglist *l, bool folded);
/* UIDs of the thread that uid belongs to, its root first; the array is the caller's. */
size_t msglist_thread(const struct msglist *l, uint32_t uid, uint32_t **uids);
/* The same of the message and what answers it, and so on; it comes first. */
size_t msglist_subthread(const struct msglist *l, uint32_t uid, uint32_t **uids);
/* Those that it answers, the nearest first, the root last. */
size_t msglist_ancestors(const struct msglist *l, uint32_t uid, uint32_t **uids);

/* What came since this was called before, unread and not while the folder is filled for the first
 * time, is news until it was on the screen. */
void msglist_note_news(struct msglist *l);
/* How much of it is above and below these rows, and these rows are on the screen. */
void msglist_news(struct msglist *l, size_t top, size_t rows, size_t *above, size_t *below);

/* A limit leaves rows out and never moves one. What it shows stays until the next limit, whatever
 * becomes of its flags; of mail that comes later it shows what matches. */
bool msglist_is_limited(const struct msglist *l);
const char *msglist_limit_text(const struct msglist *l);
int msglist_sync_percent(const struct msglist *l); /* of the first fill, 0..100; 100 when complete,
						      -1 when nothing is known (offline) */

#endif
