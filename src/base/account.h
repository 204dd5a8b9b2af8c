/*
 * account - what a mail account is, as a value that every layer may hold.
 *
 * Owns:    nothing.
 * Threads: any; values.
 * Errors:  none.
 */
#ifndef BASE_ACCOUNT_H
#define BASE_ACCOUNT_H

/* Where the password comes from. */
enum password_kind { PASSWORD_ASK, PASSWORD_COMMAND, PASSWORD_PLAIN, PASSWORD_KEYRING };

/* How mail is read. */
enum protocol { PROTOCOL_IMAP, PROTOCOL_POP3, PROTOCOLS };
struct protocol_row {
	const char *key;  /* "imap": as it is typed and shown, and the option that has its server */
	const char *name; /* "IMAP": in sentences */
};
const struct protocol_row *protocol_row(enum protocol protocol);
int protocol_find(const char *key); /* in any case; -1: there is no such */

#endif
