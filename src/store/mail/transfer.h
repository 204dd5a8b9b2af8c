/*
 * transfer - export and import of a folder, in slices.
 *
 * Owns:    the request, until it is answered.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err; what was copied stays.
 */
#ifndef STORE_TRANSFER_H
#define STORE_TRANSFER_H

struct account;
struct err;
struct store;
struct store_request;
struct str;

int transfer_export(struct store *s, struct store_request *r, struct str *said, struct err *err);
int transfer_import(struct account *a, struct store_request *r, struct str *said, struct err *err);

#endif
