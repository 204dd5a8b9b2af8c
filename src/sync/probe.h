/*
 * probe - which of several servers are there: for a set-up that looks for them by name.
 *
 * Owns:    nothing; its threads end, or are left behind (thread_left), before it returns.
 * Threads: any that may wait.
 * Errors:  in each row.
 *
 * Nothing is logged in and nothing is written. A server is there when it can be reached, proves by
 * TLS who it is where the scheme says TLS, and greets as its protocol does. What it greets with
 * counts for no more than that.
 */
#ifndef SYNC_PROBE_H
#define SYNC_PROBE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct probe {
	const char *url; /* scheme://HOST, with or without a user; borrowed */
	bool there;
	struct err err; /* why not; ERR_CERT: somebody is there whose certificate is refused */
};

/* Looks at all at once and waits at most ms milliseconds for the last one. What has not answered
 * by then is ERR_NETWORK. tls_ca: PEM file of a further authority, or NULL. */
void probe_run(struct probe *rows, size_t n, const char *tls_ca, int ms);

#endif
