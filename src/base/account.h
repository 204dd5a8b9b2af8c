/*
 * account - what a mail account is: its options, one row each, and the value that holds them.
 *
 * Owns:    a value all of its strings.
 * Threads: any; values. What another thread needs is a copy of its own.
 * Errors:  none.
 *
 * A new option is a member of struct account_settings and its row in account.c: it is then read,
 * checked, written, copied, freed, and described in the manual by its type.
 */
#ifndef BASE_ACCOUNT_H
#define BASE_ACCOUNT_H

#include "base/mail.h"
#include "base/protocol.h"
#include "base/setting.h"
#include "base/str.h"

/* Where the password comes from; in the order of the choices of the option password. */
enum password_kind { PASSWORD_ASK, PASSWORD_COMMAND, PASSWORD_KEYRING, PASSWORD_PLAIN };
bool password_takes_word(enum password_kind kind); /* the command, or the password itself */

/* Of which folders texts are indexed; in the order of the choices of the option. */
enum body_index { BODY_INDEX_ALL, BODY_INDEX_INBOX, BODY_INDEX_NONE };

struct account_settings { /* strings never NULL; "" when not given */
	char *name;
	char *from;             /* "Alice Example <alice@example.org>" */
	char *from_mail;        /* its address */
	struct strv alternates; /* other addresses that are ours */
	enum protocol protocol; /* to read by now; in the order of the choices of its option */
	char *urls[SERVERS];
	char *tls_ca, *tls_pin;
	enum password_kind password_kind;
	char *password;         /* the command or the plain password */
	char *auth;             /* SASL mechanism, "oauth2" or "" */
	bool compress;          /* COMPRESS=DEFLATE where the IMAP server offers it */
	char *signature;        /* path of a file */
	char *trusted_authserv; /* names of the servers whose Authentication-Results count */
	enum body_index body_index;
	bool save_sent;         /* a copy of what is sent goes to Sent */
	char *folders[ROLES];   /* names that override what the server says; NULL: no such option */
	int pop3_keep_days;     /* -1 always, 0 never, n days */
	int pop3_check_minutes; /* 0: as check-minutes */
	bool pop3_delete_with_local;
	long pop3_max; /* bytes; 0: no limit */
};

/* Lines of an account block. */
const struct setting_row *account_rows(size_t *n);
/* Nothing is given but the name: what a row has by default is not set yet. */
struct account_settings *account_settings_new(const char *name);
struct account_settings *account_settings_copy(const struct account_settings *from);
void account_settings_free(struct account_settings *a); /* NULL is fine */
/* What the row is about, as its type has it: char * for all that is text, struct strv for
 * SETTING_ADDRESSES, bool, int (SETTING_INT, SETTING_DAYS), long (SETTING_SIZE), an enum. */
void *account_value(struct account_settings *a, const struct setting_row *row);
const void *account_look(const struct account_settings *a, const struct setting_row *row);

#endif
