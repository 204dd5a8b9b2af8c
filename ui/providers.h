/*
 * providers - the servers of well-known mail providers, and guesses for the others.
 *
 * Owns:    a constant table.
 * Threads: any.
 * Errors:  none.
 */
#ifndef UI_PROVIDERS_H
#define UI_PROVIDERS_H

struct provider {
	const char *domains;            /* space separated */
	const char *imap, *pop3, *smtp; /* scheme://HOST without a user; pop3 may be NULL */
	const char *note;               /* N_(); what a user has to know, or NULL */
};

/* The provider of an address's domain (ASCII case does not matter), or NULL. */
const struct provider *providers_find(const char *domain);

#endif
