/*
 * cutpart - a part is deleted from a message: another one without it takes its place, and only when
 * that is safely there, durably in the folder or taken by the server, the former goes to the trash
 * (from there for good), which can be undone.
 *
 * Owns:    nothing; what is appended is an operation of the journal.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err, or a notice. Whatever fails: a message too many, never one too
 * few.
 */
#ifndef STORE_CUTPART_H
#define STORE_CUTPART_H

struct account;
struct err;
struct list;
struct op;
struct result_op;
struct store_request;
struct str;

int cutpart_request(struct list *l, struct store_request *r, struct str *said, struct err *err);
/* The server has taken a message that stands for another; other appends are none of it. */
void cutpart_confirmed(struct account *a, const struct op *op);

#endif
