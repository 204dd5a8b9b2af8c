/*
 * world - a few messages in a few mailboxes, and changes of them: the model that the harnesses of
 * the engine hold against a real server.
 *
 * Owns:    nothing; values.
 * Threads: one.
 * Errors:  fail the test.
 *
 * The messages have the subjects m0, m1 ... and the Message-IDs m0@example.org ... Each is once in
 * INBOX or Archive, and at most once in Copies and in Trash.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "tests/sync/observer.h"
#include "tests/sync/person.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	WORLD_BOXES = 4,
	WORLD_LISTS = 5,
	WORLD_IDS = 24,
	WORLD_MANY = 3, /* messages of one change, at most */
};

/* The first WORLD_BOXES are in the model, all are good to have open. */
extern const char *const world_boxes[WORLD_LISTS];

struct spot {
	bool there;
	uint32_t flags;
};
struct world {
	struct spot at[WORLD_BOXES][WORLD_IDS];
};

enum act_kind { ACT_FLAG, ACT_MOVE, ACT_COPY, ACT_DELETE, ACT_SEND };
struct act {
	enum act_kind kind;
	unsigned from, to, n, ids[WORLD_MANY];
	uint32_t clear, set;
	unsigned mail; /* ACT_SEND, which changes no mailbox of the model */
};

void world_apply(struct world *w, const struct act *a);
/* Something that can be done, by rand(). False: what the lot says cannot. */
bool world_draw(const struct world *w, struct act *a);
void world_act_text(const struct act *a, char *out, size_t size);
/* What is really there; true when a message is twice in a mailbox. */
bool world_of(const struct seen *s, struct world *w);
/* How many spots differ; text (may be NULL) gets a line for each. */
unsigned world_compare(const struct world *want, const struct world *is, struct str *text);

/* The UID of a message in an open list, 0: not to be seen there. passed(ctx, uid): that row is not
 * meant.
 */
uint32_t world_uid(
	struct msglist *l, unsigned id, bool (*passed)(void *ctx, uint32_t uid), void *ctx);
struct outbox;
bool world_in_outbox(struct outbox *o, unsigned mail); /* the mail with the subject k<mail> */
/* The first mails of a world: all in INBOX. */
void world_put(struct imap *im, struct world *w);

/*
 * A person with an account on the servers, not started, with connections that are not encrypted.
 * fill_n: so many mails in the inbox, or NULL. *cache: the account's cache directory; free().
 */
struct person *world_person(const char *fill_n, char **cache);

/* All of main for a table of tests: servers without Postfix, and Dovecot's processes are kept,
 * because each look takes a connection. */
#define WORLD_RUN(name, tests)                                                                     \
	(world_begin(), person_end(cmocka_run_group_tests_name(name, tests, NULL, NULL)))
int world_begin(void); /* 0 */

#endif
