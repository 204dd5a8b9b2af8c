/*
 * tls - TLS for one socket, by OpenSSL: the only file of the program that verifies a server.
 *
 * Owns:    the TLS session; the socket stays the caller's.
 * Threads: one connection thread; tls_init once before any.
 * Errors:  ERR_CERT (the server is not who it should be: the text says which check failed, the
 * certificate's SHA-256 and the way out), ERR_NETWORK (closed, timed out, cut off), ERR_CANCELLED.
 *
 * TLS 1.2 and up. The chain is verified against the system's authorities and tls_ca, the name
 * against the subject alternative names alone (RFC 9525: a common name proves nothing), the purpose
 * is a server's. With tls_pin the leaf certificate must be exactly that one and nothing else is
 * asked.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/str.h"
#include "net/net.h"

#include <sys/types.h>

struct tls;

void tls_init(void);

/* Shakes hands on a connected, non-blocking socket. host: ASCII name or an address without
 * brackets. */
int tls_open(struct tls **out, int fd, const char *host, const struct net_options *options,
	int64_t deadline, struct net_cancel *cancel, struct err *err);
void tls_free(struct tls *t);  /* NULL is fine */
void tls_close(struct tls *t); /* says goodbye if that does not block */

/*
 * One step without waiting: > 0 bytes moved; 0: wait for *events (poll's) and call again; -1:
 * failed or ended, err is set. An end without close_notify is a failure (truncation).
 */
ssize_t tls_read(struct tls *t, void *p, size_t len, short *events, struct err *err);
ssize_t tls_write(struct tls *t, const void *p, size_t len, short *events, struct err *err);

size_t tls_exporter(struct tls *t, char *out, size_t max); /* RFC 9266; 0: none */
void tls_describe(const struct tls *t, struct str *out);

#endif
