/*
 * accounts - accounts as they come and go, and what is done for each by the clock: above both
 * rooms.
 *
 * Owns:    the store owns the accounts.
 * Threads: disk thread only.
 * Errors:  an account that cannot be opened stays, with why.
 */
#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include "store/store_priv.h"

int account_add(struct store *s, struct store_request *r, struct str *said, struct err *err);
void account_free(struct account *a, int wait_ms);
void account_tick(struct account *a, int64_t now_ms);

#endif
