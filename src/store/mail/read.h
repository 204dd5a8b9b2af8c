/*
 * read - a message as it looks, or one of its parts in a file; and the bytes of a message for
 * whoever needs them, fetched where they are not here.
 *
 * Owns:    a request that waits for a body is kept, and answered or given on.
 * Threads: disk thread only.
 * Errors:  0, 1 (it waits) or -1 and a struct err.
 */
#ifndef STORE_READ_H
#define STORE_READ_H

#include <stddef.h>
#include <stdint.h>

struct account;
struct err;
struct folder;
struct list;
struct loaded;
struct read_text;
struct result;
struct store;
struct store_request;
struct str;

/* What a request waited for is here, or why it is not (ERR_NONE: it is). Keeps the request. */
typedef void read_resume(struct store *s, struct store_request *r, const struct err *why);

/* A message as it looks, or one of its parts into a file. */
int read_show(struct list *l, struct store_request *r, struct str *said, struct err *err);
int read_save(struct list *l, struct store_request *r, struct str *said, struct err *err);
int read_lend(struct store *s, struct store_request *r, struct str *said, struct err *err);
int read_lent_back(struct store *s, struct store_request *r, struct str *said, struct err *err);
void read_body(struct account *a, struct result *r);
void read_body_done(struct account *a, struct result *r);
void read_progress(struct account *a, struct result *r);
void read_cancel(struct store *s, unsigned request);
void read_drop_parked(struct store *s, struct account *a, const struct err *err);
/* A message whose bytes are here, as far as they are. */
struct loaded *read_load(struct folder *f, uint32_t uid);      /* NULL: it is not here */
void read_free(struct loaded *m);                              /* NULL is fine */
size_t read_size(const struct loaded *m);                      /* octets it takes, about */
void read_text(const struct loaded *m, struct read_text *out); /* any thread */
/* The message's bytes, LF or CRLF. 1: not here, the request was parked, and resume goes on with it.
 */
int read_message(struct store *s, struct folder *f, uint32_t uid, struct store_request *r,
	read_resume *resume, struct str *out, struct err *err);
/* Goes on from the start; of a message that is read, the rest is shown when one part did not come.
 */
read_resume read_go_on;

#endif
