#include "base/map.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	char *key; /* NULL: free; gone: a removed one */
	void *value;
};

struct map {
	struct entry *entries;
	size_t cap, used, live; /* cap is a power of two; used counts removed ones too */
	unsigned char key[16];
};

static char gone[1];

struct map *map_new(void)
{
	struct map *m = mem_alloc(sizeof(*m));

	m->cap = 16;
	m->entries = mem_array(m->cap, sizeof(*m->entries));
	hash_random(m->key, sizeof(m->key));
	return m;
}

void map_free(struct map *m, void (*free_value)(void *))
{
	if (!m)
		return;
	for (size_t i = 0; i < m->cap; i++) {
		if (!m->entries[i].key || m->entries[i].key == gone)
			continue;
		free(m->entries[i].key);
		if (free_value)
			free_value(m->entries[i].value);
	}
	free(m->entries);
	free(m);
}

static struct entry *find(const struct map *m, const char *key)
{
	size_t i = hash_sip(m->key, key, strlen(key)) & (m->cap - 1);

	for (; m->entries[i].key; i = (i + 1) & (m->cap - 1))
		if (m->entries[i].key != gone && strcmp(m->entries[i].key, key) == 0)
			break;
	return &m->entries[i];
}

static void rehash(struct map *m)
{
	struct entry *old = m->entries;
	size_t old_cap = m->cap;

	while (m->cap < m->live * 4)
		m->cap *= 2;
	m->entries = mem_array(m->cap, sizeof(*m->entries));
	m->used = m->live;
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].key && old[i].key != gone)
			*find(m, old[i].key) = old[i];
	free(old);
}

void *map_get(const struct map *m, const char *key)
{
	return find(m, key)->value;
}

void *map_put(struct map *m, const char *key, void *value)
{
	struct entry *e = find(m, key);
	void *before = e->value;

	if (!e->key) {
		if ((m->used + 1) * 2 > m->cap) {
			rehash(m);
			e = find(m, key);
		}
		e->key = mem_strdup(key);
		m->used++;
		m->live++;
	}
	e->value = value;
	return before;
}

void *map_take(struct map *m, const char *key)
{
	struct entry *e = find(m, key);
	void *value = e->value;

	if (!e->key)
		return NULL;
	free(e->key);
	e->key = gone;
	e->value = NULL;
	m->live--;
	return value;
}

size_t map_len(const struct map *m)
{
	return m->live;
}

bool map_each(const struct map *m, size_t *at, const char **key, void **value)
{
	for (; *at < m->cap; (*at)++) {
		const struct entry *e = &m->entries[*at];

		if (!e->key || e->key == gone)
			continue;
		*key = e->key;
		*value = e->value;
		(*at)++;
		return true;
	}
	return false;
}

struct map64 {
	uint64_t *keys; /* 0: free; the key 0 is stored as 1 */
	uint32_t *values;
	size_t cap, used;
};

struct map64 *map64_new(size_t expected)
{
	struct map64 *m = mem_alloc(sizeof(*m));

	m->cap = 64;
	while (m->cap < expected * 2)
		m->cap *= 2;
	m->keys = mem_array(m->cap, sizeof(*m->keys));
	m->values = mem_array(m->cap, sizeof(*m->values));
	return m;
}

void map64_free(struct map64 *m)
{
	if (!m)
		return;
	free(m->keys);
	free(m->values);
	free(m);
}

static size_t find64(const struct map64 *m, uint64_t key)
{
	size_t i = (key ^ key >> 32) & (m->cap - 1);

	while (m->keys[i] && m->keys[i] != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

bool map64_get(const struct map64 *m, uint64_t key, uint32_t *value)
{
	size_t i = find64(m, key ? key : 1);

	if (!m->keys[i])
		return false;
	*value = m->values[i];
	return true;
}

static void grow64(struct map64 *m)
{
	struct map64 old = *m;

	m->cap *= 2;
	m->keys = mem_array(m->cap, sizeof(*m->keys));
	m->values = mem_array(m->cap, sizeof(*m->values));
	for (size_t i = 0; i < old.cap; i++) {
		size_t to;

		if (!old.keys[i])
			continue;
		to = find64(m, old.keys[i]);
		m->keys[to] = old.keys[i];
		m->values[to] = old.values[i];
	}
	free(old.keys);
	free(old.values);
}

void map64_put(struct map64 *m, uint64_t key, uint32_t value)
{
	size_t i;

	if ((m->used + 1) * 2 > m->cap)
		grow64(m);
	key = key ? key : 1;
	i = find64(m, key);
	if (!m->keys[i])
		m->used++;
	m->keys[i] = key;
	m->values[i] = value;
}
