/*
 * wire_row - rows of LIST and FETCH that servers write as they should not.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  none.
 */
#ifndef NET_WIRE_ROW_H
#define NET_WIRE_ROW_H

#include "base/str.h"
#include "net/view.h"

/*
 * Appends a row of LIST or LSUB so that libetpan can read it, without extended data and line end.
 * v: the line from its "*" on. literal is not empty where the name follows as one: the
 * announcement, which is left to the caller. False: it cannot be read.
 */
bool wire_row_list(struct view v, struct str *out, struct view *literal);

/* The digits of the UID of a FETCH row that is broken, or an empty view. depth: of the lists that
 * are open where v begins. */
struct view wire_row_uid(struct view v, unsigned depth);

#endif
