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

#endif
