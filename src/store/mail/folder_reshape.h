/*
 * folder_reshape - folders that go, or get other names.
 *
 * Owns:    what the server has not answered yet is the account's (struct reshape).
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err; of what the server answers, through the request's answer.
 */
#ifndef STORE_FOLDER_RESHAPE_H
#define STORE_FOLDER_RESHAPE_H

struct account;
struct err;
struct folder;
struct result;
struct store_request;
struct str;

int reshape_delete(struct account *a, struct store_request *r, struct str *said, struct err *err);
int reshape_rename(struct account *a, struct store_request *r, struct str *said, struct err *err);
void folder_reshaped(struct account *a, struct result *r); /* the server has answered */
/* Nobody will: why. */
void folder_reshape_forget(struct account *a, const struct err *why);
/* The messages in it are being taken away, or its name is: nothing is to be begun in it. */
int folder_may_be_used(const struct folder *f, struct err *err);
/* Takes it out of the table and frees it. */
void folder_drop(struct folder *f);

#endif
