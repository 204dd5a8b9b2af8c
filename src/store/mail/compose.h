/*
 * compose - mail that is being written: begun, edited, saved, put aside.
 *
 * Owns:    the files in drafts/.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err.
 */
#ifndef STORE_COMPOSE_H
#define STORE_COMPOSE_H

#include <stdint.h>

struct account;
struct err;
struct folder;
struct outbox_ref;
struct store_request;
struct str;
struct written;

void compose_take_over(struct account *a); /* drafts of a former version */
/* STORE_DRAFTS with one draft; path: the editor's file, or NULL. REQUEST_TAKEN. */
int compose_answer(
	struct account *a, struct store_request *r, const struct written *w, const char *path);
/* requests (handle.h) */
int compose_begin(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_load(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_edit(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_take(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_save(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_keep(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_drop(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_list(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_outbox(struct account *a, struct store_request *r, struct str *said, struct err *err);
void compose_ref(struct outbox_ref *to, struct folder *f, uint32_t uid);

#endif
