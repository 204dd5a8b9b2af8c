/*
 * providers - the servers of well-known mail providers.
 *
 * Owns:    a constant table.
 * Threads: any.
 * Errors:  none.
 */
#ifndef UI_PROVIDERS_H
#define UI_PROVIDERS_H

#include "base/protocol.h"

struct provider {
	const char *domains;       /* space separated */
	const char *urls[SERVERS]; /* scheme://HOST without a user; NULL: there is none */
	const char *note;          /* N_(); what a user has to know, or NULL */
};

/* The provider of an address's domain (ASCII case does not matter), or NULL. */
const struct provider *providers_find(const char *domain);

#endif
