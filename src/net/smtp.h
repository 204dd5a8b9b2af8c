/*
 * smtp - submission to a relay (RFC 5321, 6409), ours, on a stream.
 *
 * Owns:    the session and its stream.
 * Threads: one connection thread; cancel through net_cancel.
 * Errors:  4xx is ERR_AGAIN, 5xx is ERR_REFUSED, both with the server's cleaned text and code;
 * otherwise as imap.h. A connection that is refused is ERR_AGAIN, for nothing was said of a mail;
 * where STARTTLS is required, what is said before TLS is neither believed nor shown.
 */
#ifndef NET_SMTP_H
#define NET_SMTP_H

#include "base/mail.h"
#include "base/str.h"
#include "net/net.h"

struct smtp;

/* login->secret NULL: no AUTH. EHLO names the address literal of our end, never this machine's
 * name. */
int smtp_open(struct smtp **out, const struct net_server *server, const struct net_options *options,
	const struct net_login *login, struct net_cancel *cancel, struct err *err);
void smtp_free(struct smtp *s);            /* closes at once; NULL is fine */
void smtp_quit(struct smtp *s, bool wait); /* QUIT, and its answer if wait, for 2 s; then frees */
/* Between mails. False: nothing more can be sent over it; it was closed, or said so (421). */
bool smtp_is_alive(struct smtp *s);
void smtp_describe(const struct smtp *s, struct str *out);
bool smtp_takes_utf8(const struct smtp *s); /* SMTPUTF8 (RFC 6531) */

struct smtp_recipient {
	const char *address; /* borrowed; local@domain */
	enum mail_fate fate; /* out */
	char text[1024];     /* out; the server's words with the code in front, clean; or ours */
};

/*
 * One transaction: MAIL (SIZE, BODY=8BITMIME and SMTPUTF8 where needed and offered), RCPT for each
 * (pipelined where offered), and, when at least one was accepted, before_data(ctx) (non-zero: RSET,
 * not sent) and DATA. The bytes on the wire are the message's with dots stuffed; bare CR or LF in
 * it is refused (ERR_INPUT: no smuggling). Addresses are checked for controls, blanks, '<' '>' and
 * length; their domains go out in ASCII (RFC 5891). When some recipients were refused and others
 * accepted the mail goes to those; fates tell.
 */
enum send_outcome smtp_send(struct smtp *s, const char *from, struct smtp_recipient *to, size_t n,
	const char *message, size_t len, int (*before_data)(void *ctx), void *ctx, struct err *err);

#endif
