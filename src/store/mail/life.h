/*
 * life - what is known of where a folder of the server stands: guessed, there, or gone. All that
 * changes it is here.
 *
 *                    life_listed                life_settle: no list has it
 *     LIFE_ASSUMED ---------------> LIFE_THERE -----------------------------> LIFE_GONE
 *        |    ^                      |      ^                                    |   |
 *        |    `----------------------'      `------------------------------------'   |
 *        |     life_remembered: a name      life_settle: a list has it again         |
 *        | life_alias                                                                v
 *        v                                                       folder_drop, when nobody looks
 *     LIFE_ALIAS                                                 at it (listing.c)
 *
 * What is deleted or renamed there by a person is gone at once (life_retire); the new name stands
 * where the old one stood (life_renamed). INBOX does not go. Beside this stand, in struct folder:
 * listed, the mark of the last list, which a name that holds no mail has too; selectable, what that
 * list said, or that the copy of a folder that is gone can be looked at; and changing, for a
 * deletion that is asked for may be refused wherever the folder stands. A local folder is there as
 * long as its directory is (struct folder_box).
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  none; whoever changes it tells the engine.
 */
#ifndef STORE_LIFE_H
#define STORE_LIFE_H

#include <stdbool.h>

struct account;
struct folder;

enum folder_life {
	LIFE_ASSUMED, /* made here, or a name that holds no mail: no list had it as a folder */
	LIFE_ALIAS,   /* made for a role before the list was here: its mailbox is the one that has
			 that role on the server */
	LIFE_THERE,   /* the server has it, or had it when its list was seen last */
	LIFE_GONE,    /* and has it no more: what is shown is the copy kept here */
};

void life_unlist(struct account *a); /* a new list begins */
void life_listed(struct folder *f, bool selectable);
/* From the file of folders; listed: as if the server had just said so. */
void life_remembered(struct folder *f, bool selectable, bool listed);
bool life_settle(struct folder *f); /* the list is through: true: it went, or came back */
void life_alias(struct folder *f, const struct folder *real);
void life_retire(struct folder *f);
void life_renamed(struct folder *to, const struct folder *from);
bool life_was_there(const struct folder *f);

#endif
