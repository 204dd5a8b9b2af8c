/*
 * link_priv - what the files that reconcile an account with its server keep of it. Private to
 * store/link.
 *
 * Owns:    each file knows its struct, which is the account's: _new makes it, _free ends it.
 * Threads: disk thread only.
 * Errors:  none.
 */
#ifndef STORE_LINK_PRIV_H
#define STORE_LINK_PRIV_H

struct account;

/* One an account that is opened, with all of these from its beginning to its end. */
struct server_link {
	struct links *links;
	struct sessions *sessions; /* session_priv.h */
	struct replay *replay;
	struct brought *brought;
	struct handover *handover;
	struct syncall *syncall;
};

struct links *links_new(void);
void links_free(struct links *l);
struct sessions *sessions_new(void);
void sessions_free(struct account *a); /* answers whoever waits for the rest of a message */
struct replay *replay_new(void);
void replay_free(struct replay *r);
struct brought *brought_new(void);
void brought_free(struct brought *b);
struct handover *handover_new(void);
void handover_free(struct handover *h);
struct syncall *syncall_new(void);
void syncall_free(struct syncall *s);

#endif
