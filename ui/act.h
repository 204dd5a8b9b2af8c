/*
 * act - mail is changed as a person asked: with the questions before, and the cursor moved on.
 *
 * Owns:    nothing; a selection that is used up is said so.
 * Threads: UI thread.
 * Errors:  shown in the message line.
 */
#ifndef UI_ACT_H
#define UI_ACT_H

#include "ui/ui.h"

enum act { ACT_DELETE, ACT_ARCHIVE, ACT_MOVE, ACT_COPY };

/* Whether it shows this list: the view that a question was asked on may be under another one when
 * it is answered. */
bool act_shows(struct view *v, const struct msglist *l);
/* Whether the list may be changed; else says why not. */
bool act_may_change(struct app *a, const struct msglist *l);
/* folder: of ACT_MOVE and ACT_COPY. */
void act_apply(struct app *a, struct selection *s, enum act act, const char *folder);
/* Asks before what nothing brings back; s is used up. */
void act_delete(struct app *a, struct selection *s);
/* Takes the deleted mark away; where none has it: takes back what was done last. s is used up. */
void act_undelete(struct app *a, struct selection *s);
void act_flags(struct app *a, struct selection *s, unsigned clear, unsigned set);
/* Moves the cursor on: before the messages go, so that it never stands on nothing; after they were
 * marked. */
void act_step_away(struct app *a, const struct selection *s);
void act_step_on(struct app *a, const struct selection *s);

#endif
