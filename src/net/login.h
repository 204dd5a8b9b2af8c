/*
 * login - the part of logging in that IMAP, POP3 and SMTP share: choosing the SASL mechanism for a
 * stream and carrying the conversation.
 *
 * Owns:    nothing.
 * Threads: one connection thread.
 * Errors:  as sasl.h and stream.h, and what the protocol's own answer function says.
 */
#ifndef NET_LOGIN_H
#define NET_LOGIN_H

#include "net/sasl.h"
#include "net/stream.h"

/* Whether a password may go over this stream as it is: encrypted, or the user wrote +insecure. */
bool login_plain_allowed(const struct stream *s, const struct net_server *server);
/* A user name or secret that fits into one line: not empty, no CR, LF (and, being a C string, NUL).
 */
bool login_text_ok(const char *text);

/* Starts the strongest mechanism that the server offers and the login asks for. */
int login_start(struct sasl **out, struct stream *s, const struct net_server *server,
	const struct strv *offered, const struct net_login *login, const char *service,
	struct err *err);

enum login_answer { LOGIN_FAILED = -1, LOGIN_OK = 0, LOGIN_CHALLENGE = 1 };

/* How one protocol says it. */
struct login_frame {
	const char *command; /* up to the mechanism: "AUTH", "a1 AUTHENTICATE" */
	bool initial;        /* the first answer may stand in the command (SASL-IR) */
	size_t max_command;  /* most bytes of the command line with it */
	/* Reads one answer of the server; the text of a challenge goes into challenge (cleared). */
	enum login_answer (*answer)(void *ctx, struct str *challenge, struct err *err);
	/* May be NULL. What it writes goes out with the last answer where that one is empty: the
	 * server has proved itself and has only to say yes. */
	int (*behind)(void *ctx, struct err *err);
	void *ctx;
};

/* The whole conversation until the server's yes, which is checked (sasl_finish). */
int login_talk(
	struct stream *s, struct sasl *sasl, const struct login_frame *frame, struct err *err);

#endif
