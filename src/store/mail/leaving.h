/*
 * leaving - a mailing list is left by one request (RFC 8058), by a program beside this one.
 *
 * Owns:    the request until it is answered.
 * Threads: the disk thread; the program is waited for on one of its own.
 * Errors:  answered: what the program says.
 */
#ifndef STORE_LEAVING_H
#define STORE_LEAVING_H

#include "store/store.h"

int leaving_request(struct store *s, struct store_request *r, struct str *said, struct err *err);

#endif
