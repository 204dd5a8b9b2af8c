/*
 * link - what the files that reconcile an account with its server share with each other, and with
 * those above them: accounts.c, handle.c, store.c. No file of store/mail includes it.
 *
 * Owns:    struct server_link, one an account that is opened; link_free ends it.
 * Threads: disk thread only.
 * Errors:  told, or the state of the account.
 */
#ifndef STORE_LINK_H
#define STORE_LINK_H

#include "store/link/session.h"
#include "store/link/syncall.h"
#include "store/mail/remote.h"
#include "store/store_priv.h"

/* --- link.c: what these files keep of an account --- */
struct server_link *link_new(void);
/* The connections were ended (links_end); whoever waits is answered. NULL is fine. */
void link_free(struct account *a);

/* --- links.c: connections --- */
/* False: another running copy has it (ERR_BUSY), or why it cannot be had. */
bool links_lock(struct account *a, struct err *err);
void links_unlock(struct account *a);
void links_end(struct account *a, int wait_ms); /* for good, before the account's folders go */
bool links_are_wanted(const struct account *a);
void links_tick(struct account *a, int64_t now);
/* Of which connections a result is. */
enum links_which { LINKS_NONE, LINKS_OWN, LINKS_LOOKING };
enum links_which links_which(const struct account *a, const struct result *r);
void links_heard(struct account *a, const struct result *r); /* of the main lane: its state */
void links_carry(struct account *a);                         /* a folder is through */
bool links_keep_breaking(const struct account *a); /* one after the other, and nothing is */
void links_start(struct account *a);
void links_at_once(struct account *a); /* what is put off is due now */
void links_stop(struct account *a, int wait_ms);
void account_cancel(struct account *a); /* asks its connections to end */
void account_online(struct account *a, bool online);
void account_awake(struct account *a); /* after a sleep of the machine */
int account_sync_all(struct account *a, struct store_request *r, struct str *said, struct err *err);
int account_check(struct account *a, struct store_request *r, struct str *said, struct err *err);
void account_checked(struct account *a, struct result *r); /* answers REQUEST_CHECK */
/* Every lane that waits for a password, or was refused with an old one, gets it; NULL: there is
 * none. */
void links_password(struct account *a, const char *secret);
void links_cancel_check(struct store *s, unsigned request);

/* --- switch.c: the other protocol --- */
int account_protocol(struct account *a, struct store_request *r, struct str *said, struct err *err);
int account_preview(struct account *a, struct store_request *r, struct str *text, struct err *err);

/* --- folder_sync.c: by IMAP, which folders, and with what is known --- */
enum sync_which {
	SYNC_SHOWN,         /* what is open, and the inbox */
	SYNC_SHOWN_CHANGED, /* the same and what was fetched before, where the server's counts say
			       that something changed */
	SYNC_ALL_CHANGED,   /* every folder where they do */
};
void folder_synchronise(struct folder *f);
void folder_watch(struct account *a); /* another one, when what was watched is closed or gone */
void account_sync_folders(struct account *a, enum sync_which which);
/* When it is open, the inbox, or was fetched before, and did change. */
void account_sync_changed(struct folder *f);

/* --- arrive.c: results of the connections --- */
void arrive(struct store *s, struct result *r); /* keeps it */

/* --- folder_take.c: results that tell of a folder of the server --- */
remote_take_fn folder_take_counts; /* of some, which it told by itself or was asked for */
remote_take_fn folder_take_news;   /* something is new in one */
remote_take_fn folder_take_selected, folder_take_summaries, folder_take_flags, folder_take_vanished,
	folder_take_progress;
remote_take_fn folder_take_synced; /* it is through, or why not */

/* --- listing.c: the list of the server's folders --- */
void listing_take(struct account *a, struct result *r);
void listing_counts(struct folder *f, const struct folder_entry *e); /* what is said of one */
/* All folders that the server has are marked as listed now: the others go. */
void listing_settle(struct account *a);
/* Those that were kept because somebody looked at them; true: there were some. */
bool listing_drop_gone(struct account *a);

/* --- brought.c --- */
/* An operation is through that puts messages into a folder: they are no new mail there. Before the
 * rows of its own folder go. */
void brought_note(struct account *a, const struct op *op, const struct result_op *r);
bool brought_is(const struct folder *f, const struct summary *s);

/* --- replay.c --- */
/* Gives the oldest operation to the connection, one at a time. */
void replay_next(struct account *a);
void replay_online(struct account *a); /* there is a connection from now on */
bool replay_is_stuck(const struct account *a, struct err *why); /* the journal takes no note */
void replay_ready(struct account *a, struct result *r);
void replay_tick(struct account *a); /* tries again what the journal could not note */
void replay_result(struct account *a, struct result *r);
/* One that ended the connection is sent once more over the next: a synchronisation waits for it. */
bool replay_goes_on(const struct account *a);
/* Messages were removed on the server, or the folder was made anew there: what waits for them is
 * dropped, and said so. */
void replay_vanished(struct folder *f, const uint32_t *uids, size_t n);
void replay_renumbered(struct folder *f, uint32_t uidvalidity);

/* --- handover.c: what follows a message across a switch of the protocol --- */
struct handover_counts {
	size_t both, server_only, local_only; /* messages of the inbox */
	size_t differ;                        /* of both: with other marks */
	size_t filed;   /* messages that stand in another folder than the inbox, where they came
			   from: moved there too */
	size_t dropped; /* deleted for good by POP3: moved to Trash */
};
int handover_count(struct account *a, bool to_pop3, struct handover_counts *out, struct err *err);
/* At the switch, when the new protocol is the one in use already. */
int handover_switch(struct account *a, struct err *err);
void handover_began(struct account *a);   /* there is another protocol in use from now on */
void handover_listed(struct account *a);  /* a POP3 session was through: its ledger is the newest */
void handover_fetched(struct account *a); /* a POP3 session delivered, both inboxes are open */
/* Rows that are new in a server's folder get the marks that waited for them. */
void handover_arrived(struct folder *f, const struct summary *rows, size_t n);
void handover_complete(struct folder *f); /* all of the folder is known now */
void handover_forget(struct account *a);  /* marks that wait: another mailbox, or all sent */

#endif
