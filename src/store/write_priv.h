/*
 * write_priv - what the files about written mail share: compose.c (drafts), submit.c (the outbox
 * and the relay), sentcopy.c (the copy in Sent, and the mark of what was answered), keepdraft.c
 * (drafts in folders). Private to store.
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
int written_open(struct account *a, const char *id, struct written *w, struct err *err);
void written_done(struct written *w);
/* What it says; draft_done. */
void written_read(const struct written *w, struct draft *d);
/* Changes the message so that it says what d says, and makes that and the state durable. d gets a
 * Message-ID and a sender where it has none. */
int written_save(struct account *a, struct written *w, struct draft *d, struct err *err);
/* Puts state and bytes as they are. */
int written_put(struct account *a, struct written *w, struct err *err);

/* --- compose.c --- */
/* Takes what an editor left behind into the draft. */
int compose_settle(struct account *a, const char *id, struct err *err);
/* STORE_DRAFTS with one draft; path: the editor's file, or NULL. */
void compose_answer(struct account *a, const struct store_request *r, const struct written *w,
	const char *path);
int compose_resume(struct store *s, struct account *a, struct store_request *r, struct err *err);
int compose_outbox(struct account *a, const struct store_request *r, struct err *err);
void compose_ref(struct outbox_ref *to, struct folder *f, uint32_t uid);

/* --- submit.c --- */
bool submit_is_busy(struct account *a, const struct outbox_mail *m, struct err *err);
int submit_request(struct account *a, struct store_request *r, struct err *err);

/* --- sentcopy.c --- */
/* The relay has taken the mail for somebody: one copy in Sent, and the mark of what it answers.
 * again: it may have been made before. The state is made durable. */
int sentcopy_make(struct account *a, struct outbox_mail *m, bool again, struct err *err);

#endif
