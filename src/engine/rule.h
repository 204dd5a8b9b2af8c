/*
 * rule - a query (store/mail/query.h) that is asked of rows that are shown: for their colours.
 *
 * Owns:    the query.
 * Threads: UI thread.
 * Errors:  ERR_INPUT: it is no query, or one that a row cannot answer.
 */
#ifndef ENGINE_RULE_H
#define ENGINE_RULE_H

#include "base/err.h"
#include "engine/msglist.h"
#include "engine/settings.h"

struct rule;

/* NULL: it needs the text of messages, or looks at more than each message alone. */
struct rule *rule_new(const char *query, struct err *err);
void rule_free(struct rule *r); /* NULL is fine */
/* Whether a message is what it looks for; false while its strings are not here. */
bool rule_finds(struct rule *r, struct settings *s, const struct msglist *l, uint32_t uid);

#endif
