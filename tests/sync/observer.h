/*
 * observer - a second mail program: what a server really has, and whether a cache says the same.
 *
 * Owns:    its connection.
 * Threads: one.
 * Errors:  fail the test.
 */
#ifndef TESTS_OBSERVER_H
#define TESTS_OBSERVER_H

#include "base/str.h"
#include "net/imap.h"

#include <stddef.h>
#include <stdint.h>

struct seen_mail {
	char folder[48]; /* as on the wire */
	char id[64];     /* Message-ID without < > */
	char subject[32], keywords[64];
	uint32_t uid, flags;
};
struct seen {
	struct seen_mail *v; /* folder by folder, by UID */
	size_t n, cap;
	struct strv folders;
};

struct imap *observer_new(const char *user); /* with an unencrypted connection */
void observer_free(struct imap *im);
void observer_look(
	struct imap *im, const char *only, struct seen *out); /* only: one folder, or NULL */
void seen_done(struct seen *s);
const struct seen_mail *seen_find(const struct seen *s, const char *folder, const char *id);

/*
 * Looks into the caches below cache_dir (of an account) offline. What is not as the server has it
 * is described in *faults, one line each. whole: every message has to be there; else those that are
 * there have to be right. Returns the number of faults; *rows is how many messages were found.
 */
size_t observer_compare(
	const struct seen *s, const char *cache_dir, bool whole, struct str *faults, size_t *rows);

#endif
