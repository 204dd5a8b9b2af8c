/*
 * uids - ascending arrays of message numbers.
 *
 * Owns:    nothing; the arrays are the caller's.
 * Threads: any.
 * Errors:  none.
 */
#ifndef BASE_UIDS_H
#define BASE_UIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Puts them into ascending order without repeats; returns how many are left. Costs one pass when
 * they are so already. NULL with n 0 is fine. */
size_t uids_sort(uint32_t *v, size_t n);
/* Index of the first that is not below uid; n when all are. */
size_t uids_at(const uint32_t *v, size_t n, uint32_t uid);
/* The same, looked for from an index on: it costs as much as it is far away. */
size_t uids_near(const uint32_t *v, size_t n, size_t from, uint32_t uid);
/* Index of uid, -1 when it is not there. */
ptrdiff_t uids_find(const uint32_t *v, size_t n, uint32_t uid);

#endif
