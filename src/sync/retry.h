/*
 * retry - when a connection that broke is made again.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  none.
 */
#ifndef SYNC_RETRY_H
#define SYNC_RETRY_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds before attempt number n (0: the first after a connection that was of use): at once,
 * then 1, 2, 5, 15, 60 seconds, each with up to a quarter more. chance: 0 to 255, random. */
int retry_pause(unsigned attempt, unsigned char chance);
/*
 * The number of the next attempt after a connection broke that lasted so long. A server that throws
 * us out right after each login must not be hammered; a bad link that brings a bit more each time
 * is used again at once.
 */
unsigned retry_after(unsigned attempt, bool useful, int64_t lasted_ms);
/* True when only the user can help: another try with the same secret would be refused as well. */
bool retry_is_vain(enum err_kind why);

#endif
