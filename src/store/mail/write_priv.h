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

#endif
