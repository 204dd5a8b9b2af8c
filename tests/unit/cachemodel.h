/*
 * cachemodel - a plain model of the header cache for its tests: rows in an array, no file.
 *
 * Owns:    its strings.
 * Threads: one.
 * Errors:  none.
 *
 * A message is made from two numbers, its UID and its version, so that a program that was killed
 * can be checked by another one. Message u answers message u - u % 7 - 1 when that is not 0;
 * but every fifth has no references and only a subject that it shares with others near by.
 */
#ifndef TESTS_CACHEMODEL_H
#define TESTS_CACHEMODEL_H

#include "base/err.h"
#include "base/str.h"
#include "store/disk/cache.h"

struct model_row {
	uint32_t uid, version, flags;
	char keywords[32];
};

struct model {
	struct model_row *rows; /* by UID */
	size_t n, cap;
	struct cache_meta meta;
};

uint64_t model_mix(uint64_t x); /* a good hash of a number: the tests' dice */

/* Texts for one summary; valid while t lives. */
struct model_text {
	char from_name[64], from_mail[64], to[64], cc[64], subject[128], id[64], references[256],
		file[64];
};
void model_summary(struct summary *s, struct model_text *t, uint32_t uid, uint32_t version,
	uint32_t flags, const char *keywords);

struct model_row *model_find(struct model *m, uint32_t uid);
void model_put(
	struct model *m, uint32_t uid, uint32_t version, uint32_t flags, const char *keywords);
void model_remove(struct model *m, uint32_t uid);
void model_done(struct model *m);
void model_copy(struct model *to, const struct model *from);

/*
 * Operation number i of a reproducible run, on the model and, when c is not NULL, on a cache in the
 * same state. Never compacts.
 */
int model_step(struct model *m, struct cache *c, uint64_t seed, uint64_t i, struct err *err);

/* One number for everything that can be seen; parents are left out: they are a help, not data. */
uint64_t model_print(const struct model *m);
uint64_t model_print_cache(struct cache *c);

/* Whether every message without references has the parent it should have by its subject. */
bool model_threads(struct model *m, struct cache *c);

/* Whether every message of the cache is one the model knows, as it is there; *missing counts those
 * the cache does not have or whose strings are damaged. */
bool model_covers(struct model *m, struct cache *c, size_t *missing);

#endif
