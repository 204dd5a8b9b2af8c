/*
 * overlay_priv - which messages an operation is about, for overlay.c and overlay_end.c. Private to
 * store.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  none.
 */
#ifndef STORE_OVERLAY_PRIV_H
#define STORE_OVERLAY_PRIV_H

#include "store/store_priv.h"

bool overlay_concerns(
	const struct op *op, const struct folder *f); /* its numbers are the folder's */
bool overlay_leaves(const struct op *op);             /* its messages leave their folder */
bool overlay_relabels(const struct op *op);           /* their keywords change */
/* The keywords of a row, as the journal wants them. True: they are other than before. */
bool overlay_keep_keywords(struct folder *f, uint32_t uid, const char *clear, const char *set);

#endif
