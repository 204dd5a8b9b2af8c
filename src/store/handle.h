/*
 * handle - from a request to what does it: the one table of all kinds, what each needs, and the
 * refusal where that is not there. Private to store.
 *
 * Owns:    the request it is given, until it is answered or kept by who goes on with it.
 * Threads: disk thread only.
 * Errors:  in the answer.
 */
#ifndef STORE_HANDLE_H
#define STORE_HANDLE_H

#include "store/store_priv.h"

void handle(struct store *s, struct store_request *r); /* it has come; keeps it */
/* The same for one that was kept: what it waited for is here, or it is known that it does not come.
 */
void handle_again(struct store *s, struct store_request *r);

#endif
