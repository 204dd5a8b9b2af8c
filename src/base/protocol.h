/*
 * protocol - the ways that mail comes and goes: one row each, with all that is true of one wherever
 * it is in use: names, servers, what it can, and what people are told of it.
 *
 * Owns:    the rows are constant.
 * Threads: any; values.
 * Errors:  none.
 *
 * What is done differently by one is a row with functions: store/mail/remote.h for the store's side
 * of it, sync/lane.h for its connections. Nothing else asks which protocol it is, but what it can.
 */
#ifndef BASE_PROTOCOL_H
#define BASE_PROTOCOL_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum protocol {
	PROTOCOL_IMAP,
	PROTOCOL_POP3,
	PROTOCOLS, /* so many are to read mail by */
	PROTOCOL_SMTP = PROTOCOLS,
	SERVERS /* so many kinds of servers can an account have: these, and the relay */
};

enum { PROTOCOL_GUESSES = 6 };

struct protocol_row {
	const char
		*key;     /* "imap": as it is typed and shown, the option of an account that has its
			     server, and the scheme of that; with an s behind it TLS begins at once */
	const char *name; /* "IMAP": in sentences */
	uint16_t port, tls_port; /* where nothing else is said: that of KEY://, that of KEYs:// */
	const char *greeting;    /* what a server's first line begins with, where it serves */

	/* What it can. Its folders are the server's: what is done to mail in them is done there,
	 * too, and a body that is not here can be asked for. */
	bool has_folders;
	/* Mail is taken off the server into the local inbox: not by a program that only reads, and
	 * that inbox has rows for what could not be had, too. */
	bool takes_mail;
	bool may_be_nobody; /* without a user name nobody logs in */

	/* What people are told and asked: N_(), but the last. */
	const char *question; /* for its server */
	const char *summary;  /* what it is, for whoever chooses */
	const char *advice;   /* where mail is by it, in a sentence or two */
	/* Where servers are, in the order in which they are taken; a domain follows. */
	const char *guesses[PROTOCOL_GUESSES];
};

const struct protocol_row *protocol_row(enum protocol protocol);
int protocol_find(const char *key);     /* of those to read by, in any case; -1: there is no such */
void protocol_keys(struct str *out);    /* of the same: "imap pop3" */
void protocol_schemes(struct str *out); /* of all: "imaps, imap, ..." */
/* A URL that says so is the only way to a connection that is not encrypted. */
bool protocol_is_insecure(const char *url);

#endif
