/*
 * session_priv - what the parts of a POP3 session share.
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
	FATE_LAST,   /* fetched whole, behind all others: it may be what ends the connection */
	FATE_ASIDE,  /* its row says why it cannot be had; not asked for in this session */
	FATE_TAKEN,  /* fetched, waits for its group */
	FATE_HERE,   /* delivered or found here in this session */
	FATE_FAILED, /* could not be fetched or stored: next time */
};

void session_plan_deletions(struct account *a, struct job *j);

/* --- session_rows.c: what the server does not give --- */
/* The list is here: which of its messages are not asked for, or behind the others. */
void session_rows_begin(struct account *a);
void session_rows_end(struct account *a);
/* What the row of an entry is found by. */
void session_row_key(struct account *a, size_t at, unsigned char key[16]);
/* The entry has a row that says why it did not come; the message came: it has none. */
void session_row_put(struct account *a, size_t at, const struct err *why);
void session_row_drop(struct account *a, size_t at);
/* The connection ended while that message was awaited. */
void session_broke(struct account *a, uint32_t number, const struct err *why);
/* Whether a session that broke brought mail, or showed what breaks it: worth another at once. */
bool session_goes_on(struct account *a);
/* One that a person asked for came, or did not. */
void session_row_came(struct account *a, struct whole *w, const struct err *err);

#endif
