/*
 * search_kin - messages of a folder that stand to some others as a query asks: in a thread with
 * them, their answers, what they answer.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  none.
 */
#ifndef STORE_SEARCH_KIN_H
#define STORE_SEARCH_KIN_H

#include "mime/summary.h"
#include "store/mail/query.h"

/* QUERY_THREAD, QUERY_PARENT, QUERY_CHILD: from those that were found in the parentheses to those
 * the term is true of. QUERY_UNREFERENCED: whatever was there before. */
void search_kin(const struct columns *c, enum query_field field, struct query_set *set);

#endif
