/*
 * meta - what is true of a folder as a whole, by its server and by the cache.
 *
 * Owns:    nothing.
 * Threads: any; values.
 * Errors:  none.
 */
#ifndef STORE_META_H
#define STORE_META_H

#include <stdbool.h>
#include <stdint.h>

struct cache_meta {
	uint32_t uidvalidity; /* 0: unknown yet */
	uint32_t uidnext;
	uint64_t highestmodseq; /* 0: none */
	uint32_t exists;        /* messages the server had at the last complete synchronisation */
	bool complete;          /* every message of the folder is in: resync may rely on it */
};

#endif
