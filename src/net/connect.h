/*
 * connect - from a server name to a connected socket.
 *
 * Owns:    nothing after a call; a look-up that was given up on ends in its own thread with its own
 * data.
 * Threads: any; a call blocks its thread until the deadline at most, and ends at once on cancel.
 * Errors:  ERR_NETWORK (not found, refused, no answer), ERR_CANCELLED.
 */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include "base/idn.h"
#include "net/net.h"

#include <stddef.h>

struct addrinfo;

#define CONNECT_HOST_SIZE IDN_SIZE /* of a server name in ASCII */

/* Whether host is an IPv4 or IPv6 address. */
bool connect_is_address(const char *host);

/* Looks the name up and connects; returns a non-blocking socket, or -1. deadline is of clock_ms().
 */
int connect_host(const char *ascii_host, uint16_t port, int64_t deadline, struct net_cancel *cancel,
	struct err *err);

/*
 * The second half: tries addresses side by side, families in turn, a new one every 250 ms or as
 * soon as all that run have failed (RFC 8305 5). where is "host:port" for the texts.
 */
int connect_race(const struct addrinfo *list, const char *where, int64_t deadline,
	struct net_cancel *cancel, struct err *err);

/*
 * Waits until fd is ready for events (poll's), cancel was asked or the deadline passed. Returns 0
 * when ready. late is the text for a passed deadline; where is printed into its %s.
 */
enum connect_late { CONNECT_LATE_NAME, CONNECT_LATE_TCP, CONNECT_LATE_TLS, CONNECT_LATE_ANSWER };
int connect_wait(int fd, short events, int64_t deadline, struct net_cancel *cancel,
	enum connect_late late, const char *where, struct err *err);

#endif
