/*
 * follow - the outbox of an account while another running copy sends: its files are looked at, and
 * what has changed is told.
 *
 * Owns:    struct follow, one an account.
 * Threads: disk thread only.
 * Errors:  told.
 */
#ifndef STORE_FOLLOW_H
#define STORE_FOLLOW_H

struct account;
struct follow;
struct outbox_mail;

void follow_outbox(struct account *a); /* looks, and tells what has changed since */
/* Ours went into it just now: the copy that sends may be quicker than our next look. */
void follow_mail(struct account *a, const struct outbox_mail *m);
void follow_forget(struct account *a, const char *id); /* we took it out ourselves */
void follow_reset(struct account *a);
struct follow *follow_new(void);
void follow_free(struct account *a);

#endif
