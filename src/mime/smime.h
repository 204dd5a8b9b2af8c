/*
 * smime - the content of an opaque S/MIME signature (RFC 8551 3.5.2, RFC 5652 5.1), without any
 * cryptography: what was signed, not whether it was.
 *
 * Owns:    nothing.
 * Threads: any; pure functions, linear in time, nesting is bounded.
 * Errors:  false for anything that is not signed data with its content in it (encrypted data too).
 */
#ifndef MIME_SMIME_H
#define MIME_SMIME_H

#include "base/str.h"

/* Appends the content (a MIME entity) of the signed data in [p, p+len), BER or DER. */
bool smime_signed_content(const char *p, size_t len, struct str *out);

#endif
