/*
 * session - sessions by POP3: what those above the row of the protocol (remote_pop3.c) call.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  told, or the end of the session.
 */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include "store/job.h"

struct account;
struct list;
struct store_request;

int session_whole(struct list *l, struct store_request *r, struct str *said, struct err *err);

#endif
