/*
 * server - a server on loopback that says the fuzzer's bytes, whatever it is asked.
 *
 * Owns:    its thread, which lives as long as the process.
 * Threads: one of its own.
 * Errors:  ends the process when there is no loopback.
 */
#ifndef FUZZ_SERVER_H
#define FUZZ_SERVER_H

#include "net/net.h"

#include <stddef.h>
#include <stdint.h>

/* What the next connection gets. The bytes must live until the connection is closed. */
struct net_server server_says(enum protocol protocol, const uint8_t *p, size_t len);
/* Waits until the server has seen the end of the connection. */
void server_wait(void);

extern const struct net_options server_options;

#endif
