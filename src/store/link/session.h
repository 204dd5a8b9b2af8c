/*
 * session - sessions by POP3: what the row of the protocol (remote_pop3.c) and results call.
 *
 * Owns:    struct sessions, one an account; pop3_free ends it.
 * Threads: disk thread only.
 * Errors:  told, or the end of the session.
 */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include "store/job.h"

struct account;
struct list;
struct sessions;
struct store_request;

struct sessions *sessions_new(void);
void sessions_free(struct account *a);
int session_whole(struct list *l, struct store_request *r, struct str *said, struct err *err);
void session_listed(struct account *a, struct result *r);
void session_header(struct account *a, struct result *r);
void session_message(struct account *a, struct result *r);
void session_fetched(struct account *a, struct result *r);
void session_part(struct account *a, struct result *r);
void session_done(struct account *a, struct result *r);

#endif
