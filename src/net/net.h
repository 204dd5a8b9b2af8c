/*
 * net - where to connect, who logs in, and how to stop: the values every protocol of this layer
 * takes.
 *
 * Owns:    struct net_cancel is counted (net_cancel_ref/_unref); the other structs are the caller's
 * values. Threads: net_cancel_now and _hurry may be called from any thread; the rest belongs to the
 * connection's thread. Errors:  ERR_INPUT for addresses that cannot be read.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/err.h"
#include "base/protocol.h"

#include <stdbool.h>
#include <stdint.h>

enum net_security {
	NET_TLS,      /* TLS from the first byte (RFC 8314): imaps, pop3s, smtps */
	NET_STARTTLS, /* STARTTLS/STLS required, never a fall-back to plain: imap, pop3, smtp */
	NET_PLAIN,    /* imap+insecure and so on: only when the user wrote it */
};

struct net_server {
	enum protocol protocol;
	enum net_security security;
	char host[256]; /* ASCII or UTF-8 (IDN); an IPv6 address without brackets */
	uint16_t port;
	char user[256]; /* from the URL, may be empty */
};

/* Reads "imaps://user@host:port": the scheme is the key of a protocol, with an s behind it for
 * NET_TLS, with "+insecure" for NET_PLAIN. */
int net_server_parse(struct net_server *out, const char *url, struct err *err);
const char *net_security_name(
	const struct net_server *s); /* "TLS", "STARTTLS" or "not encrypted" */

/* Trust and deadlines. A zero deadline means the default. Strings are borrowed for the connection's
 * life. */
struct net_options {
	const char
		*tls_ca; /* PEM file with a private authority, added to the system's; NULL: none */
	const char *tls_pin; /* hex SHA-256 of the server certificate (DER): accepts exactly that
				one; NULL: none */
	bool no_compress;    /* bytes are sent as they are although the server could pack them */
	int connect_ms;      /* name look-up and TCP, default 20,000 */
	int handshake_ms;    /* default 20,000 */
	int idle_ms;         /* longest silence while an answer is awaited, default 60,000 */
	int command_ms; /* longest time for one command without progress to speak of (drip feeding),
			   default 300,000 */
};

/* Who logs in. The secret is borrowed; wipe it after the open call returned. */
struct net_login {
	const char *user;
	const char *secret;    /* password or OAuth 2 access token */
	const char *mechanism; /* SASL mechanism to use, "oauth2", or NULL for the strongest that
				  both have */
};

/* A way to stop a connection from another thread: sticky; every wait of net/ on it ends with
 * ERR_CANCELLED. */
struct net_cancel;
struct net_cancel *net_cancel_new(void);
struct net_cancel *net_cancel_ref(struct net_cancel *c);
void net_cancel_unref(struct net_cancel *c); /* NULL is fine */
void net_cancel_now(struct net_cancel *c);
/* Only for the thread whose connections it ends, and which has ended them: the next ones live. */
void net_cancel_again(struct net_cancel *c);
bool net_cancel_asked(const struct net_cancel *c);
int net_cancel_fd(const struct net_cancel *c); /* readable once asked */

/*
 * One task of many over such connections, by its number (0: none that can be ended so). Hurried,
 * what is under way on the wire may still end by itself, for a new connection costs more than that:
 * but a wait in which nothing has come for NET_HURRY_MS, or the first one so long after, ends with
 * ERR_CANCELLED, and the connection with it. So nobody waits for a server that says nothing.
 */
enum { NET_HURRY_MS = 500 };
/* Only for the thread whose connections they are: which task it is at from now on. */
void net_cancel_task(struct net_cancel *c, unsigned task);
/* Any thread. Nothing happens when it is another task's turn. */
void net_cancel_hurry(struct net_cancel *c, unsigned task);
bool net_cancel_is_hurried(const struct net_cancel *c); /* the present task is */
/* Until when (clock_ms) a wait may last in which nothing has come since then; INT64_MAX: it is not
 * hurried. */
int64_t net_cancel_until(const struct net_cancel *c, int64_t since);
/* Readable when a task was hurried since net_cancel_task or _noticed. */
int net_cancel_hurry_fd(const struct net_cancel *c);
void net_cancel_noticed(struct net_cancel *c);

/* Once, in main, before any thread: SIGPIPE ignored, OpenSSL, libetpan's catch-all extension (its
 * registry has no lock). */
void net_init(void);

#endif
