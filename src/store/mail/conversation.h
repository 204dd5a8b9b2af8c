/*
 * conversation - messages that answer each other, in whatever folders they are: which belong to
 * one, which are copies of each other, and who answers whom.
 *
 * Owns:    all that it was told; what it gives is borrowed, until it is told something again.
 * Threads: disk thread only.
 * Errors:  none.
 *
 * A message belongs when its Message-ID, or one that it references, is known; all of its own are
 * known from then on, also when it goes. So who looks at all messages again and again, until
 * nothing more gets known, has the whole conversation: also where a message in the middle is
 * nowhere, or a late one joins two. Ids are compared as text. Without any a message is alone.
 */
#ifndef STORE_CONVERSATION_H
#define STORE_CONVERSATION_H

#include "mime/summary.h"

struct conversation;

enum { CONVERSATION_MAX = 10000 }; /* messages, copies among them */

struct conversation_member {
	unsigned list; /* in which it is, and its UID there */
	uint32_t uid;
	unsigned char identity[16];
	char *id, *references; /* owned by the conversation */
	bool copy;             /* of one that stands in front of it: not shown */
	unsigned parent_list;  /* 0: none of what it answers is here */
	uint32_t parent_uid;
	/* Of who tells of it, kept until it goes: what was told, and whether it is to be told. */
	bool told, touched;
	unsigned told_list;
	uint32_t told_parent;
};

struct conversation *conversation_new(size_t max);
void conversation_free(struct conversation *c); /* NULL is fine */
/* An id, without < >, that belongs from the start. */
void conversation_know(struct conversation *c, const char *id);
/* Looks at a message of a list, as it is now. The member that it is; NULL: it does not belong, or
 * there are too many. anyway: it belongs, whatever it says. */
struct conversation_member *conversation_look(
	struct conversation *c, unsigned list, const struct summary *s, bool anyway);
struct conversation_member *conversation_find(
	const struct conversation *c, unsigned list, uint32_t uid);
void conversation_drop(struct conversation *c, struct conversation_member *m);
/* The ids that are known, as they came to be so. */
size_t conversation_ids(const struct conversation *c);
const char *conversation_id(const struct conversation *c, size_t i);
bool conversation_is_full(const struct conversation *c); /* one more did not fit */

/* Finds copies and parents: of messages with the same Message-ID and date that in the list with the
 * smallest number, there the first, is shown; a message answers the last of its references that is
 * here. */
void conversation_settle(struct conversation *c);
/* All members, by list and UID. */
size_t conversation_members(struct conversation *c, struct conversation_member ***v);

#endif
