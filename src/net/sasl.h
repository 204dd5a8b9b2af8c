/*
 * sasl - logging in: one client conversation of a SASL mechanism (RFC 4422), by libgsasl, plus
 * XOAUTH2 and OAUTHBEARER.
 *
 * Owns:    the conversation; copies the login and wipes it when freed.
 * Threads: one connection thread.
 * Errors:  ERR_AUTH when no mechanism fits or the server's proof is wrong, ERR_PROTOCOL for a
 * malformed challenge.
 *
 * Order when none is asked for: SCRAM-SHA-256-PLUS, SCRAM-SHA-256, SCRAM-SHA-1-PLUS, SCRAM-SHA-1,
 * CRAM-MD5 (only without TLS), PLAIN, LOGIN. PLAIN and LOGIN are used only on an encrypted stream,
 * or where the user wrote +insecure. APOP never. One that is asked for and not offered by this
 * server gives way to what the others would use if it is no weaker: PLAIN and LOGIN to any,
 * CRAM-MD5 and SCRAM to those that do not show the password, tokens to none.
 */
#ifndef NET_SASL_H
#define NET_SASL_H

#include "base/str.h"
#include "net/net.h"

struct sasl;

bool sasl_is_known(const char *name); /* a mechanism of the list above or of OAuth, in any case */
void sasl_names(struct str *out);     /* all of them, strongest first, ", " between them */

enum sasl_use {
	SASL_STRONGEST,
	SASL_SHOWN, /* of those that show the secret to the server: what protects it was refused */
};
/* offered: names the server offers, in any order. service: "imap", "pop", "smtp". */
int sasl_start(struct sasl **out, const struct strv *offered, const struct net_login *login,
	const char *service, const char *host, bool encrypted, bool plain_allowed,
	enum sasl_use use, const char *binding, size_t binding_len, struct err *err);
const char *sasl_mechanism(const struct sasl *s);
bool sasl_shows_secret(const struct sasl *s); /* PLAIN, LOGIN and tokens */
bool sasl_client_first(
	const struct sasl *s); /* the client speaks first (initial response possible) */
/* Takes the server's base64 challenge ("" for none), appends our base64 answer to out. *done: we
 * have nothing more to prove. */
int sasl_step(struct sasl *s, const char *challenge, struct str *out, bool *done, struct err *err);
/* After the server said OK: checks that a mutual mechanism was proved (SCRAM server signature). */
int sasl_finish(struct sasl *s, struct err *err);
void sasl_free(struct sasl *s);

#endif
