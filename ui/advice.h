/*
 * advice - what an account's settings mean for its mail, in sentences.
 *
 * Owns:    nothing.
 * Threads: UI thread.
 * Errors:  none.
 */
#ifndef UI_ADVICE_H
#define UI_ADVICE_H

#include "base/str.h"
#include "engine/settings.h"

/* Appends lines: what is readable on the way, where mail and marks are by each protocol, whether
 * the copy here is or becomes the only one, and whom which protocol suits. */
void advice_text(struct str *out, const struct account_settings *a);

#endif
