/*
 * fetch_row - one row of a FETCH for header fields, read in one go.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  what is not of the usual form is not read here, and nothing is lost: libetpan reads it.
 *
 * Nearly all that a server ever sends is such rows, one for each message of a new folder:
 *
 *     * 12 FETCH (UID 34 FLAGS (\Seen) INTERNALDATE "..." RFC822.SIZE 5 BODY[HEADER.FIELDS (...)]
 * {6}
 *     ...)
 *
 * in any order of the items, with MODSEQ where it was asked for (RFC 3501 7.4.2, RFC 7162 3.1.4.2).
 * libetpan makes some sixty pieces of memory of each and reads every byte a dozen times.
 */
#ifndef NET_FETCH_ROW_H
#define NET_FETCH_ROW_H

#include "net/view.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { FETCH_ROW_FLAGS = 64 };

struct fetch_row {    /* views are borrowed from what was read */
	uint32_t uid; /* never 0 */
	bool has_flags;
	struct view flags[FETCH_ROW_FLAGS]; /* as they are on the wire: "\Seen", "$Forwarded";
					       \Recent too */
	size_t nflags;
	time_t received; /* INTERNALDATE; 0: not said */
	uint32_t size;   /* RFC822.SIZE; 0: not said */
	uint64_t modseq; /* 0: not said */
};

/*
 * Reads such a row up to where the header fields begin. line: from the "*" on, without CRLF; it
 * must stay where it is as long as the row is used. False: it has another form.
 */
bool fetch_row_begin(struct fetch_row *row, struct view line);
/* Reads what follows the header fields, without CRLF. False: the whole row has another form. */
bool fetch_row_end(struct fetch_row *row, struct view rest);

/* "03-Feb-2026 10:20:30 +0100", taken apart, as seconds since 1970; 0 where that is no date. month:
 * 1 to 12; zone: 100, as it is written. */
time_t fetch_row_date(int year, int month, int day, int hour, int minute, int second, int zone);

#endif
