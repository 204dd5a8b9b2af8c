/*
 * rude - a server that plays a script, for what real servers never do.
 *
 * Owns:    its thread and sockets; rude_end frees them.
 * Threads: one of its own; the test's thread calls these functions.
 * Errors:  a script that does not go on as written fails the test in rude_end.
 *
 * A script has one step a line:
 *   S: text    sends text and CRLF; %t is the first word of the client's last line
 *   S~ text    sends text as it is, with \r \n \0 \\ and %t
 *   C: text    reads a line of the client, which must contain text (upper or lower case)
 *   C* n       reads n lines, whatever they are
 *   R n TEXT   sends TEXT and CRLF n times
 *   D          reads lines until a lone dot
 *   B n        reads n bytes
 *   X          closes the connection
 * After the last step everything is read until the client closes.
 */
#ifndef TESTS_RUDE_H
#define TESTS_RUDE_H

#include "base/str.h"
#include "net/net.h"

struct rude;

/* Starts the server; out gets where it listens. */
struct rude *rude_start(const char *script, enum net_protocol protocol, enum net_security security,
	struct net_server *out);
/* Waits for the end; received (may be NULL) gets every byte of the client. */
void rude_end(struct rude *r, struct str *received);

/* Real servers of tests/servers: starts this program again with them around when they are not there
 * yet. False when there is no way to have them. */
bool real_servers(char *argv[]);
/* The server of the environment, "SRV_IMAPS" and so on. */
struct net_server real_server(
	const char *port, enum net_protocol protocol, enum net_security security);

#endif
