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
	WORLD_ALL = WORLD_LISTS + WORLD_BOXES, /* and those of the second account */
	WORLD_IDS = 24,
	WORLD_MANY = 3, /* messages of one change, at most */
	WORLD_LEFT = 8000,
};

/* The first WORLD_BOXES are in the model, all are good to have open. */
extern const char *const world_boxes[WORLD_LISTS];

struct spot {
	bool there;
	uint32_t flags;
};
struct world {
	struct spot at[WORLD_BOXES][WORLD_IDS], other[WORLD_BOXES][WORLD_IDS];
};
/* From the next world on there are two accounts, which have the same messages under the same UIDs,
 * and the first list is that of both inboxes: a change there may be of messages of both. */
extern bool world_spans;

enum act_kind { ACT_FLAG, ACT_MOVE, ACT_COPY, ACT_DELETE, ACT_SEND };
struct act {
	enum act_kind kind;
	unsigned from, to, n, ids[WORLD_MANY];
	unsigned nothers, others[WORLD_MANY]; /* of the second account */
	bool undo;                            /* as taking back the one before */
	uint32_t clear, set;
	unsigned mail; /* ACT_SEND, which changes no mailbox of the model */
};

void world_apply(struct world *w, const struct act *a);
/* Something that can be done, by rand(). False: what the lot says cannot. */
bool world_draw(const struct world *w, struct act *a);
/* What undo does, asked for right after it, where the world was as before; false: not the opposite.
 */
bool world_opposite(const struct world *before, const struct act *a, struct act *out);
void world_act_text(const struct act *a, char *out, size_t size);
/* What is really there; true when a message is twice in a mailbox. */
bool world_of(const struct seen *s, struct world *w);
/* How many spots differ; text (may be NULL) gets a line for each. */
unsigned world_compare(const struct world *want, const struct world *is, struct str *text);

/* --- changes, by an engine --- */

/* What was asked to leave a mailbox; the rows may still be in its list. */
struct world_left {
	unsigned n;
	struct {
		unsigned box;
		uint32_t uid;
	} v[WORLD_LEFT];
};

unsigned world_list(const struct act *a); /* the one that its messages are in */
/* The UIDs of a change's messages in the list they are in, for uids[2 * WORLD_MANY]. False: one is
 * not to be seen there. A row that has left (NULL: none has) is not meant.
 */
bool world_find(struct msglist *const lists[WORLD_ALL], const struct act *a,
	const struct world_left *left, uint32_t *uids);
void world_leave(struct world_left *left, const struct act *a, const uint32_t *uids);
/* Asks for it; returns the request. Not for ACT_SEND. */
unsigned world_ask(struct engine *e, struct msglist *const lists[WORLD_ALL], const struct act *a,
	const uint32_t *uids);
/* A mail is on its way out, and neither failed nor is to be looked at. */
bool world_mail_is_moving(struct engine *e);

/* --- changes, by others --- */

/* The first mails of a world: all in INBOX. */
void world_put(struct imap *im, struct world *w);
/* Gives a mark (MAIL_FLAGGED ...) to a message on the server and in the model, or takes it. */
void world_toggle(struct imap *im, struct world *w, unsigned box, unsigned id, uint32_t mark);

/* --- the second account (world_span.c) --- */

struct str;
void world_config(struct str *config, const char *user);
void world_put_other(struct world *w); /* all in its inbox; nothing runs */
bool world_of_other(struct world *w);  /* what is really there; true: something is twice */
struct world_done {
	const struct act *act;
	bool done; /* else it may have been, in part */
};
/* How many of its messages cannot be as they are after this; text (may be NULL) says which. */
unsigned world_fit_other(const struct world *before, const struct world_done *acts, size_t n,
	const struct world *is, struct str *text);

/* --- looking --- */

struct outbox;
struct outbox *world_outbox(void);                     /* the account's, opened; outbox_free() */
bool world_in_outbox(struct outbox *o, unsigned mail); /* the mail with the subject k<mail> */
/* How many mails have this letter and number as their subject; box NULL: anywhere. */
unsigned world_count(const struct seen *s, const char *box, char letter, unsigned number);
/* Says each line; the text is used up. */
void world_say_lines(
	void (*say)(const char *kind, const char *line), const char *kind, struct str *lines);

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

/* A broken engine, for the controls: its cache loses marks of every third message. The program has
 * to be linked with --wrap=cache_set_flags. */
extern bool world_loses_marks;

#endif
