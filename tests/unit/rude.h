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
#include "tests/check.h"

struct rude;

/* Starts the server; out gets where it listens. */
struct rude *rude_start(const char *script, enum protocol protocol, enum net_security security,
	struct net_server *out);
/* Waits for the end; received (may be NULL) gets every byte of the client. */
void rude_end(struct rude *r, struct str *received);

/* --- the one server of a test --- */

/* Starts it, without TLS: where it listens. */
struct net_server rude_play(const char *script, enum protocol protocol);
/* Its end, as rude_end: all that the client said, until the next begins. */
const char *rude_played(void);

/* --- what is asked of every protocol --- */

extern const struct net_options rude_quick; /* deadlines of some seconds */
extern const struct net_login rude_alice;

/* Plain bytes where TLS begins: seen at once as such, or by TLS. */
#define RUDE_EITHER ((enum err_kind)100)

struct rude_case {
	const char *name, *script;
	enum net_security security;
	enum err_kind kind; /* of the error there must be; ERR_NONE: any */
};
/* Opens a connection with rude_quick and rude_alice: the result. */
typedef int rude_open_fn(const struct net_server *server, struct err *err);

/* No case may lead to a connection. never: what the client must not have said before it knew
 * better, up to NULL; or NULL. */
void rude_must_fail(const struct rude_case *v, size_t n, enum protocol protocol, rude_open_fn *open,
	const char *const never[]);

/* --- real servers --- */

/* All of main: the last `real` tests need the servers of tests/servers; this program starts again
 * with them around when they are not there yet. Without any way to have them, or with RUDE_ONLY in
 * the environment, these are left out.
 */
int rude_main(
	const char *name, const struct CMUnitTest *tests, size_t n, size_t real, char *argv[]);
/* The server of the environment, "SRV_IMAPS" and so on. */
struct net_server real_server(const char *port, enum protocol protocol, enum net_security security);

#endif
