/*
 * sort - the orders of a list of messages: one row for each, from which all the rest follows.
 *
 * Owns:    nothing.
 * Threads: any; a table.
 * Errors:  none.
 */
#ifndef ENGINE_SORT_H
#define ENGINE_SORT_H

#include "base/mail.h"
#include "base/str.h"

#include <stdint.h>

struct msglist;

enum msglist_sort {
	SORT_DATE,
	SORT_RECEIVED,
	SORT_FROM,
	SORT_SUBJECT,
	SORT_SIZE,
	SORT_UNREAD,
	SORTS
};

struct sort_row {
	const char *name;      /* as it is typed: "set sort=NAME", ":sort NAME" */
	const char *label;     /* N_(): in the question, with the letter that answers it in ( ) */
	char letter;           /* what that letter stands for, whatever it is in the translation */
	enum mail_order ranks; /* ORDER_NONE: the columns say enough */
	/* What the message in that row of the columns is sorted by, large first. rank: by row, of
	 * an order that has ranks. */
	uint32_t (*key)(const struct msglist *l, const uint32_t *rank, size_t row);
};
const struct sort_row *sort_row(enum msglist_sort sort);
/* "size" or "reverse-size": which of them, or -1. */
int sort_find(const char *name, bool *reverse);
/* Appends the names, with between between two of them. */
void sort_names(struct str *out, const char *between);

#endif
