/*
 * map - hash tables: text to pointer, 64-bit number to 32-bit number.
 *
 * Owns:    its keys; values belong to the caller.
 * Threads: any; a map belongs to one thread at a time.
 * Errors:  none. Keys may come from outside: text is hashed with a random key (SipHash), so that
 * nobody can build collisions.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map; /* text to pointer */

struct map *map_new(void);
void map_free(struct map *m, void (*free_value)(void *)); /* free_value may be NULL */
void *map_get(const struct map *m, const char *key);      /* NULL: not there */
void *map_put(struct map *m, const char *key,
	void *value);                           /* value not NULL; returns the one it replaced */
void *map_take(struct map *m, const char *key); /* removes and returns it */
size_t map_len(const struct map *m);
/* Walks in no order: start with *at = 0, ends with false. The map must not change meanwhile. */
bool map_each(const struct map *m, size_t *at, const char **key, void **value);

struct map64; /* 64-bit key to 32-bit value; the key must be well mixed already (a hash) */

struct map64 *map64_new(size_t expected);
void map64_free(struct map64 *m);
bool map64_get(const struct map64 *m, uint64_t key, uint32_t *value);
void map64_put(struct map64 *m, uint64_t key, uint32_t value); /* replaces */

#endif
