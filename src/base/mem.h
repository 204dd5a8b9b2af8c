/*
 * mem - memory that is there, or the program ends.
 *
 * Owns:    nothing; what a function returns is the caller's, to be freed with free().
 * Threads: any.
 * Errors:  none: out of memory ends the program in one place, with a message. Sizes that came from
 * a file, a mail or a server are checked against a limit before they are passed here.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);                         /* zeroed */
void *mem_array(size_t count, size_t size);           /* zeroed; ends the program on overflow */
void *mem_resize(void *p, size_t count, size_t size); /* new bytes are not zeroed */
char *mem_strdup(const char *s);                      /* NULL gives NULL */
char *mem_strndup(const char *p, size_t len);         /* NUL-terminated copy of len bytes */
void *mem_dup(const void *p, size_t len);

/*
 * Grows an array that has room for *cap elements of size bytes until it holds at least need; grows
 * by half, so that appending is linear. The array may move.
 */
void *mem_grow(void *p, size_t *cap, size_t need, size_t size);

/* Overwrites a secret so that the compiler cannot drop it, to the end of what was allocated for it:
 * it may hold a NUL, or have been longer once. p is from malloc, or NULL. */
void mem_wipe(void *p);
void mem_free_secret(char *s); /* mem_wipe and free */

/* At the start of the program: large pieces go back to the system when they are freed. */
void mem_give_back(void);

/* Frees a member and forgets it. */
#define MEM_FREE(p) (free(p), (p) = NULL)
#define MEM_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
