/*
 * wire_code - response codes (RFC 3501 7.1) by a strict grammar.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  none.
 */
#ifndef NET_WIRE_CODE_H
#define NET_WIRE_CODE_H

#include "net/view.h"

/* What stands between "[" and "]" may be shown to libetpan; name gets the code's name. */
bool wire_code_is_safe(struct view code, struct view *name);

#endif
