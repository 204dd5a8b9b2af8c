/*
 * smtp_priv - what the two files of the SMTP connection share: the session (smtp.c) and one mail
 * over it (smtp_send.c). Only they may include it.
 *
 * Owns:    struct smtp owns the stream.
 * Threads: one connection thread.
 * Errors:  as smtp.h.
 */
#ifndef NET_SMTP_PRIV_H
#define NET_SMTP_PRIV_H

#include "base/str.h"
#include "net/smtp.h"
#include "net/stream.h"

enum { SMTP_REPLY_BUDGET = 4 << 20 };

struct smtp {
	struct stream *stream;
	struct net_server server;
	struct net_options options; /* the stream borrows it */
	struct strv mechanisms;
	bool starttls, auth, pipelining, eightbit, utf8;
	uint64_t max_size;
	int step_ms, final_ms;
	bool dead;
	char *mechanism;
};

struct reply {
	int code;
	struct str text; /* clean, one line */
};

/* -1: the connection is dead. */
int smtp_lost(struct smtp *s);
int smtp_protocol_error(struct smtp *s, struct err *err);
/* Reads a whole reply, and waits for its first byte no longer than ms; each gets the text of each
 * of its lines (NULL: nobody wants them). */
int smtp_await(struct smtp *s, int ms, struct reply *r, void (*each)(struct smtp *, char *, int),
	struct err *err);
/* 4xx, 5xx and what is neither. */
enum err_kind smtp_kind_of(int code);
/* Fills err from a reply that is not the one wanted. What is neither 4xx nor 5xx ends it all. */
int smtp_unwanted(struct smtp *s, const struct reply *r, struct err *err);
/* Writes a line and its CRLF. */
int smtp_put(struct smtp *s, const char *line, struct err *err);
int smtp_flush(struct smtp *s, struct err *err);
/* One command, one reply; 0 when its code is the wanted one. */
int smtp_command(struct smtp *s, const char *line, int wanted,
	void (*each)(struct smtp *, char *, int), struct err *err);

#endif
