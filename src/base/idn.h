/*
 * idn - names of the Internet in their ASCII form: the one place that knows libidn2.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  ERR_INPUT for what is no name.
 */
#ifndef BASE_IDN_H
#define BASE_IDN_H

#include "base/err.h"

#define IDN_SIZE 256

/* The ASCII form of a host or domain (RFC 5891, non-transitional: A-labels); ASCII stays as it is.
 */
int idn_to_ascii(char out[IDN_SIZE], const char *name, struct err *err);

#endif
