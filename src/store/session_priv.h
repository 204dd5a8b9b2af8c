/*
 * session_priv - what the two halves of a POP3 session share.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  none.
 */
#ifndef STORE_SESSION_PRIV_H
#define STORE_SESSION_PRIV_H

#include "store/store_priv.h"

/* What becomes of a message in the server's list. */
enum fate {
	FATE_KNOWN, /* in the ledger */
	FATE_LOOK,  /* its header is asked for, to see whether it is here */
	FATE_FETCH,
	FATE_PART,   /* header and first lines are fetched */
	FATE_TAKEN,  /* fetched, waits for its group */
	FATE_HERE,   /* delivered or found here in this session */
	FATE_FAILED, /* could not be fetched or stored: next time */
};

void session_plan_deletions(struct account *a, struct job *j);

#endif
