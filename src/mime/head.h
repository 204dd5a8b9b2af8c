/*
 * head - what is to be known of a message before it is read: who proved to have sent it, which list
 * it came by and how one leaves that.
 *
 * Owns:    its strings until head_done.
 * Threads: any; pure functions.
 * Errors:  none: what is not there is empty.
 */
#ifndef MIME_HEAD_H
#define MIME_HEAD_H

#include "mime/authres.h"
#include "mime/text.h"

/* What the reader's own server found out about the address in From. */
enum head_sender {
	HEAD_SENDER_UNASKED, /* no server is trusted */
	HEAD_SENDER_UNKNOWN, /* the trusted one said nothing */
	HEAD_SENDER_PROVEN,  /* by DMARC, or by DKIM or SPF for this very domain */
	HEAD_SENDER_OPEN,    /* it looked, and nothing proves it */
	HEAD_SENDER_COUNT
};

/* A row for each: the only place that says how it looks. */
struct head_sender_row {
	const char *mark, *ascii; /* "": there is none */
	const char *word;         /* for --json */
};
const struct head_sender_row *head_sender_row(enum head_sender s);

/* Why a list cannot be left by one request, which a mail that is not signed could abuse. */
enum head_one_click {
	HEAD_ONE_CLICK,
	HEAD_NOT_OFFERED,     /* RFC 8058 */
	HEAD_NOT_TRUSTED,     /* no server is trusted that would tell of signatures */
	HEAD_NOT_SIGNED,      /* no signature that passed covers it */
	HEAD_SEVERAL_OFFERED, /* more than one field, or more than one address for it */
	HEAD_ONE_CLICKS
};
const char *head_one_click_text(enum head_one_click why); /* in words; "" for HEAD_ONE_CLICK */

struct head {
	enum head_sender sender;
	char *domain;  /* owned; of the address in From, "" when there is not exactly one */
	char *signer;  /* owned; who signed it where the sender is open; "" */
	char *list_id; /* owned; List-Id (RFC 2919), or "" */
	/* The first of each kind in List-Unsubscribe (RFC 2369); owned, "". */
	char *leave_https, *leave_mailto;
	enum head_one_click one_click; /* whether a POST to leave_https leaves the list */
	char *details;                 /* owned; all of this in words, in lines */
};

enum { HEAD_URL_MAX = 2000 };

/* trusted: as in authres.h. */
void head_read(struct head *h, const char *header, size_t len, const char *trusted);
void head_done(struct head *h);

struct head_strip {
	bool ascii;
	int width;
	size_t pictures;    /* of struct text */
	unsigned html_more; /* how many times as much the HTML version that is not shown says, in
			       tenths; 0 */
	uint64_t octets;    /* of the message; 0: not known */
	const char *size;   /* the same for people, or NULL */
	const char *html_key, *leave_key, *details_key; /* to name; NULL: none */
	bool calendar; /* there is one in it, which may be answered by: */
	const char *yes_key, *maybe_key, *no_key;
};

/* What stands above the message: the truth about it in a line or two, and an empty line; nothing
 * where there is nothing worth a line. */
void head_strip(struct text *t, const struct head *h, const struct head_strip *s);

#endif
