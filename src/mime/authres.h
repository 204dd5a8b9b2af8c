/*
 * authres - what the reader's own receiving server found out about the sender
 * (Authentication-Results, RFC 8601), and nothing that anybody else says it did.
 *
 * Owns:    its strings until authres_done.
 * Threads: any; pure functions, linear in time.
 * Errors:  none: any bytes give a value; what cannot be read says nothing.
 *
 * Whoever sends a mail may write such fields into it, under any name. One is believed when it has a
 * name that the reader trusts and stands at the top: every Received above it is by a host of these
 * names (or has no "from", or is by localhost), none of the author's own fields is above it, and no
 * Received is between it and the topmost one believed. One without a name (Exchange) goes by the
 * host of the Received below it. The rest is the server's duty: to take out what pretends to be its
 * own (RFC 8601 5). Of several believed, a lower one says nothing of a method that a higher one
 * spoke of.
 */
#ifndef MIME_AUTHRES_H
#define MIME_AUTHRES_H

#include "base/str.h"

enum auth_method { AUTH_SPF, AUTH_DKIM, AUTH_DMARC, AUTH_METHODS };

struct auth_result {
	enum auth_method method;
	char *word;   /* owned; "pass", "fail", "softfail"...; lower case */
	char *domain; /* owned; of whom: lower case, "" when it is not said. Of SPF the sender on
			 the envelope, of DKIM who signed, of DMARC the one in From */
	char *selector, *signature; /* owned; of DKIM: which signature it was; "" */
};

enum { AUTHRES_MAX = 100, AUTHRES_IGNORED_MAX = 20, AUTHRES_NAMES_MAX = 4 };

struct authres {
	struct auth_result *v; /* at most AUTHRES_MAX */
	size_t n, cap;
	bool found;          /* one that is believed, even if it says nothing */
	struct strv ignored; /* names of those not believed, "" where there is none */
	size_t more_ignored; /* beyond AUTHRES_IGNORED_MAX */
	char *stranger; /* owned; the host of the Received because of which what is below is not
			   believed; NULL */
};

/* trusted: names with blanks between them; "": nothing is believed. */
void authres_read(struct authres *a, const char *header, size_t len, const char *trusted);
void authres_done(struct authres *a);

/* One value of the field, unfolded: its results go behind those there are. *name gets the name, ""
 * where there is none; free(). */
void authres_parse(struct authres *a, const char *value, size_t len, char **name);

bool auth_passed(const struct auth_result *r);
const char *auth_method_name(enum auth_method m); /* "SPF" */

/* Whether a signature that passed covers each of these fields, all there are of them in the
 * message; at least one. NULL ends the names, at most AUTHRES_NAMES_MAX. */
bool authres_covers(
	const struct authres *a, const char *header, size_t len, const char *const names[]);

#endif
