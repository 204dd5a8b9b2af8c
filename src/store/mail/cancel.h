/*
 * cancel - operations that wait are taken back.
 *
 * Owns:    nothing.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err: it is on its way.
 */
#ifndef STORE_CANCEL_H
#define STORE_CANCEL_H

#include <stdint.h>

struct account;
struct err;
struct str;

int cancel_ops(
	struct account *a, uint64_t id, struct str *said, struct err *err); /* 0: all of them */

#endif
