/*
 * pop3 - a POP3 connection (RFC 1939, 2449, 2595, 5034), ours, on a stream.
 *
 * Owns:    the session and its stream.
 * Threads: one connection thread; cancel through net_cancel.
 * Errors:  as imap.h; "-ERR [IN-USE]", "[LOGIN-DELAY]" and "[SYS/TEMP]" are ERR_AGAIN (RFC 2449 8,
 * RFC 3206). A lost connection deletes nothing: DELE counts only after the +OK of QUIT (RFC 1939
 * 6).
 */
#ifndef NET_POP3_H
#define NET_POP3_H

#include "base/str.h"
#include "net/net.h"

struct pop3;

enum pop3_can {
	POP3_UIDL = 1 << 0,
	POP3_TOP = 1 << 1,
	POP3_PIPELINING = 1 << 2,
	POP3_RESP_CODES = 1 << 3
};

int pop3_open(struct pop3 **out, const struct net_server *server, const struct net_options *options,
	const struct net_login *login, struct net_cancel *cancel, struct err *err);
void pop3_free(struct pop3 *p); /* closes at once, nothing is deleted on the server; NULL is fine */
/* QUIT and wait for its answer: only a +OK makes the deletions happen. Does not free. */
int pop3_quit(struct pop3 *p, struct err *err);
unsigned pop3_can(const struct pop3 *p); /* what CAPA said, and what was tried */
void pop3_describe(const struct pop3 *p, struct str *out);

struct pop3_entry {
	uint32_t number; /* message number of this session */
	uint64_t size;   /* octets, as LIST says (servers lie); 0: it could not be read */
	char uidl[72]; /* printable ASCII without blanks; "" when the server has no UIDL or gave an
			  unusable one */
};
struct pop3_list {
	struct pop3_entry *v; /* owned, by number */
	size_t n, cap;
	size_t odd;  /* lines of the two answers that could not be read */
	size_t over; /* those of messages with numbers above 2,000,000, which are left alone */
};
/* LIST and UIDL together. A UIDL that occurs twice is "" in all its entries. */
int pop3_list(struct pop3 *p, struct pop3_list *out, struct err *err);
void pop3_list_done(struct pop3_list *list);

typedef int pop3_bytes_fn(void *ctx, const char *p,
	size_t len); /* dot-unstuffed, with CRLF; non-zero ends the session */
typedef void pop3_message_fn(
	void *ctx, uint32_t number, struct str *message, const struct err *err);

/*
 * RETR of several messages, pipelined where the server can (at most 32 ahead). done is called once
 * for each in order with the bytes (it may steal them) or an error for that one message; at most
 * max_bytes for a message. Ends early, with ERR_CANCELLED, when stop says so between messages.
 */
int pop3_retr(struct pop3 *p, const uint32_t *numbers, size_t n, uint64_t max_bytes,
	pop3_message_fn *done, bool (*stop)(void *ctx), void *ctx, struct err *err);
/* TOP number lines: header and the first lines. Pipelined in the same way. */
int pop3_top(struct pop3 *p, const uint32_t *numbers, size_t n, uint32_t lines,
	pop3_message_fn *done, bool (*stop)(void *ctx), void *ctx, struct err *err);
/* DELE of several, pipelined as RETR. gone[i] says whether the server took it; -1: the connection
 * is lost, and so is every DELE. */
int pop3_dele_many(struct pop3 *p, const uint32_t *numbers, size_t n, bool *gone, struct err *err);

#endif
