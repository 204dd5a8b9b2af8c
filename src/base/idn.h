/*
 * idn - names of the Internet in their ASCII form, and in the one that people write: the one place
 * that knows libidn2.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  ERR_INPUT for what is no name.
 */
#ifndef BASE_IDN_H
#define BASE_IDN_H

#include "base/err.h"
#include "base/str.h"

#define IDN_SIZE 256

/* The ASCII form of a host or domain (RFC 5891, non-transitional: A-labels); ASCII stays as it is.
 */
int idn_to_ascii(char out[IDN_SIZE], const char *name, struct err *err);
/* The mail address with its domain so; as it is where there is no such form. */
void idn_mail_to_ascii(struct str *out, const char *mail);
/* Text with mail addresses in it: a domain in its ASCII form becomes the one that a person types,
 * where that leads back to it and can be shown. For what the user writes: the domain of a stranger
 * is shown in ASCII, in which it looks like no other. */
void idn_people(struct str *out, const char *text);

#endif
