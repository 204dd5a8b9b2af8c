/*
 * session_priv - what the parts of a POP3 session share.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  none.
 */
#ifndef STORE_SESSION_PRIV_H
#define STORE_SESSION_PRIV_H

#include "store/link/link.h"
#include "store/link/link_priv.h"
#include "store/mail/remote.h"

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

struct delivery; /* session.c: what was fetched and is being made durable */

/* A person wants the rest of a message; waits for a session. */
struct whole {
	struct whole *next;
	struct store_request *request; /* owned */
	unsigned char key[16], identity[16];
	char *folder, *base; /* owned */
	uint32_t uid;
	bool row;     /* all of it: only a row that says why it did not come is here */
	bool planned; /* in the session that runs */
	size_t at;    /* its entry there */
};

/* A connection ended while this message was awaited. */
struct suspect {
	unsigned char key[16];
	unsigned breaks;
};

struct pop3_session {
	bool running;
	unsigned request;              /* REQUEST_SYNC that asked for it, 0: none */
	unsigned job;                  /* the number of the JOB_POP3 */
	struct session_entry *entries; /* owned */
	size_t n;
	bool can_top;
	unsigned char (*keys)[16]; /* owned; ledger keys, one per entry */
	uint8_t *plan;             /* owned; what becomes of each entry */
	bool *suspect;             /* owned; may be here already under another name */
	uint32_t *lost; /* owned, ascending; sizes of what left the list, by the ledger */
	size_t nlost;
	uint32_t *twin; /* owned; UID of the same message in the IMAP INBOX, 0: none */
	int round;
	struct delivery *filling, *waiting; /* owned; the latter for the disk */
	struct ledger_entry *batch;         /* delivered, not yet durable */
	size_t nbatch, cap_batch, fresh, taken;
	bool unsynced, opened;
	uint64_t octets; /* that came */
	int64_t told_ms, counted_ms, scanned_ms;
	uint32_t *told; /* owned; UIDs moved in, not yet told to the engine */
	size_t ntold, cap_told;
	struct err err; /* what ails the whole session: nothing is deleted in it */
	/* session_rows.c: owned, from keys to UIDs of rows that say why a message did not come; how
	 * many; what the first new one says (owned), and how many are new. */
	struct map64 *rows;
	size_t nrows, nbad;
	char *bad;
	bool cornered; /* it is known which message ended the connection */
};

struct sessions {
	struct pop3_session session;
	int64_t next;      /* clock_ms: the next one is due then */
	bool again;        /* at once when the session that runs is over: it lacked a password */
	unsigned failures; /* sessions in a row that the network ended: the pause grows */
	unsigned corners;  /* sessions in a row that brought nothing but a suspect */
	struct suspect *suspects; /* owned */
	size_t nsuspects, cap_suspects;
	struct whole *wholes;
	/* Seconds; pop3-keep distrusts a clock that leaps. */
	int64_t clock_real, clock_boot, leap_until;
};

void session_start(struct account *a, unsigned request);
void session_step(struct account *a);
/* Results, for the row. */
remote_take_fn session_listed, session_header, session_message, session_part, session_fetched,
	session_done;
void session_reset(struct account *a);
int session_every_ms(const struct account *a); /* between two that nobody asked for */
struct session_entry *session_entry_of(struct account *a, uint32_t number, size_t *at);
int session_commit(struct account *a);
void session_close(struct account *a);

/* --- session_end.c: what may go on the server, wholes, the end --- */
void session_plan_deletions(struct account *a, struct job *j);
void session_through(struct account *a); /* tells that nothing is fetched any more */
/* The session's list is here: which of its entries somebody waits for. */
void session_match_wholes(struct account *a);
struct whole *session_whole_at(struct account *a, size_t at);        /* or NULL */
struct whole *session_whole_of(struct account *a, unsigned request); /* or NULL */
void session_drop_whole(struct account *a, struct whole *w);         /* it is cancelled */
void session_fill_whole(
	struct account *a, struct whole *w, struct str *bytes, const struct err *err);
void session_fail_wholes(struct account *a, bool planned_only, const struct err *err);

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
