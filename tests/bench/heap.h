/*
 * heap - counts what a program asks of malloc: linked into it, for measurements only.
 *
 * Owns:    the counters.
 * Threads: any.
 * Errors:  where a sanitizer or another C library owns malloc there are no counts.
 */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include <stdbool.h>

struct heap_counts {
	long calls; /* malloc, calloc, realloc and their like, all threads, libraries included */
	long bytes; /* in use now, as malloc rounds them */
};
bool heap_counts(struct heap_counts *out); /* false: not counted in this build */

#endif
