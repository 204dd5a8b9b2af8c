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
/* The same, and nobody asked for a mechanism that is more than the protocol's own command. */
bool login_by_command(
	const struct stream *s, const struct net_server *server, const struct net_login *login);
/* A user name or secret that fits into one line: not empty, no CR, LF (and, being a C string, NUL).
 */
bool login_text_ok(const char *text);

enum login_answer { LOGIN_FAILED = -1, LOGIN_OK = 0, LOGIN_CHALLENGE = 1 };

/* How one protocol says it. */
struct login_frame {
	/* Before each conversation: fills in what depends on the mechanism. -1: the connection
	 * cannot carry another one. */
	int (*begin)(void *ctx, struct login_frame *frame, const struct sasl *sasl);
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

/* A refusal without a code of its own, whose words are about too many connections or logins at a
 * time, not about the password ("Too many simultaneous connections", "Maximum number of connections
 * exceeded"). */
bool login_is_not_now(const char *text);

/*
 * The whole login until the server's yes, which is checked (sasl_finish), by the strongest
 * mechanism that the server offers and the login asks for. Where a mechanism that hides the
 * password was refused and none was asked for, one that shows it has one try, under TLS only:
 * servers offer SCRAM also to users whose password they keep in another form. 1: no mechanism fits
 * (any more); the protocol may have a command of its own, if login_by_command.
 */
int login_run(struct stream *s, const struct net_server *server, const struct strv *offered,
	const struct net_login *login, const char *service, struct login_frame *frame,
	struct err *err);

#endif
