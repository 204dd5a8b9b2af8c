/*
 * write_priv - what the files about written mail share: written.c (one mail), compose.c (drafts),
 * submit.c (the outbox and the relay), sentcopy.c (the copy in Sent, and the mark of what was
 * answered), keepdraft.c (drafts in folders). Private to store.
 *
 * Owns:    a struct written owns what is in it.
 * Threads: disk thread only.
 * Errors:  as outbox.h and mime/letter.h.
 */
#ifndef STORE_WRITE_PRIV_H
#define STORE_WRITE_PRIV_H

#include "mime/letter.h"
#include "store/store_priv.h"

/* A mail in the outbox's directories: its state and its bytes. */
struct written {
	struct outbox_mail m;
	struct str bytes;
};
/* What is on its way to the relay. */
struct relay {
	char *sending; /* owned; outbox id the send lane works on */
	unsigned job;  /* the number of that JOB_SEND */
	/* Owned; what became of the mail that was sent last, while the disk takes no note of it. */
	struct outbox_mail *unnoted;
	bool copies_due; /* a copy in Sent could not be made, and is tried again */
	uint64_t stamp;  /* of the outbox when all of it was read last; 0: read it again */
	int64_t due;     /* when the next of it is due, seconds since 1970 */
	int64_t next_look;
};
int written_open(struct account *a, const char *id, struct written *w, struct err *err);
void written_done(struct written *w);
/* What it says; draft_done. */
void written_read(const struct written *w, struct draft *d);
/* Changes the message so that it says what d says, and makes that and the state durable. d gets a
 * Message-ID and a sender where it has none. */
int written_save(struct account *a, struct written *w, struct draft *d, struct err *err);
/* Puts state and bytes as they are. */
int written_put(struct account *a, struct written *w, struct err *err);

/* Takes what an editor left behind into the draft. */
int written_settle(struct account *a, const char *id, struct err *err);
/* What a text names and cannot be read is told, and kept by its name. */
void written_mark_lost(struct account *a, struct draft *d, const struct written *w);
/* It is on its way just now, and says so: nothing can be done to it. */
bool written_is_busy(struct account *a, const struct outbox_mail *m, struct err *err);
/* The person wants something else with it: one that is being sent is taken back, unless DATA has
 * begun. -1: it is busy. */
int written_take_back(struct account *a, const struct outbox_mail *m, struct err *err);

/* --- compose.c --- */
/* STORE_DRAFTS with one draft; path: the editor's file, or NULL. REQUEST_TAKEN. */
int compose_answer(
	struct account *a, struct store_request *r, const struct written *w, const char *path);
/* requests (handle.h) */
int compose_begin(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_load(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_edit(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_take(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_save(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_keep(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_drop(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_list(struct account *a, struct store_request *r, struct str *said, struct err *err);
int compose_outbox(struct account *a, struct store_request *r, struct str *said, struct err *err);
void compose_ref(struct outbox_ref *to, struct folder *f, uint32_t uid);

/* --- keepdraft.c: drafts in folders --- */
int keepdraft_put_aside(struct account *a, struct written *w, struct err *err);
/* The mail is sent or thrown away: so is its copy in a folder of drafts. */
void keepdraft_leave(struct account *a, struct outbox_mail *m);
/* What a copy on a server says of it besides the message. */
void keepdraft_take_notes(struct account *a, struct written *w);
/* Nothing of it is left to be kept here: it was removed. */
bool keepdraft_settled(struct account *a, struct outbox_mail *m);
/* Adds those of the folder of drafts; their ids are "@UIDVALIDITY.UID". */
void keepdraft_list(struct account *a, struct store_event *ev);
void keepdraft_where(const struct outbox_mail *m, struct str *out); /* such an id, or nothing */
/* Opened (folder_unuse); NULL: it is not there. */
struct folder *keepdraft_find(struct account *a, const char *name, uint32_t *uid);
int keepdraft_drop(struct account *a, const char *name, struct err *err);
char *keepdraft_of(struct account *a, const struct outbox_ref *ref);

/* --- submit.c --- */
int submit_send(struct account *a, struct store_request *r, struct str *said, struct err *err);
int submit_again(struct account *a, struct store_request *r, struct str *said, struct err *err);
int submit_hold(struct account *a, struct store_request *r, struct str *said, struct err *err);
int submit_drop(struct account *a, struct store_request *r, struct str *said, struct err *err);

/* --- sentcopy.c --- */
/* The relay has taken the mail for somebody: one copy in Sent, and the mark of what it answers.
 * again: it may have been made before. The state is made durable. */
int sentcopy_make(struct account *a, struct outbox_mail *m, bool again, struct err *err);

#endif
