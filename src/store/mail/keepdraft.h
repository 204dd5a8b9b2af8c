/*
 * keepdraft - drafts in a folder of the server: put aside there, found and taken up again.
 *
 * Owns:    nothing; what is appended is an operation of the journal.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err, or a notice.
 */
#ifndef STORE_KEEPDRAFT_H
#define STORE_KEEPDRAFT_H

#include <stdbool.h>
#include <stdint.h>

struct account;
struct err;
struct folder;
struct op;
struct outbox_mail;
struct outbox_ref;
struct result_op;
struct store_event;
struct str;
struct written;

/* The server has taken a draft that was put aside; other appends are none of it. */
void keepdraft_confirmed(struct account *a, const struct op *op, const struct result_op *r);
int keepdraft_put_aside(struct account *a, struct written *w, struct err *err);
/* The mail is sent or thrown away: so is its copy in a folder of drafts. */
void keepdraft_leave(struct account *a, struct outbox_mail *m);
/* What a copy on a server says of it besides the message. */
void keepdraft_take_notes(struct account *a, struct written *w);
/* Nothing of it is left to be kept here: it was removed. */
bool keepdraft_settled(struct account *a, struct outbox_mail *m);
/* Adds those of the folder of drafts; their ids are "@UIDVALIDITY.UID". */
void keepdraft_list(struct account *a, struct store_event *ev);
void keepdraft_where(const struct outbox_mail *m, struct str *out); /* such an id, or nothing */
/* Opened (folder_unuse); NULL: it is not there. */
struct folder *keepdraft_find(struct account *a, const char *name, uint32_t *uid);
int keepdraft_drop(struct account *a, const char *name, struct err *err);
char *keepdraft_of(struct account *a, const struct outbox_ref *ref);

#endif
