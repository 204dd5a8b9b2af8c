#include "store/mail/conversation.h"

#include "base/map.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct conversation {
	size_t max;
	bool full;
	struct map *known; /* ids; any value */
	struct strv ids;
	struct conversation_member **v; /* owned; by list and UID */
	size_t n, cap;
	struct str word; /* one of the references at a time */
};

struct conversation *conversation_new(size_t max)
{
	struct conversation *c = mem_alloc(sizeof(*c));

	c->max = max;
	c->known = map_new();
	return c;
}

static void member_free(struct conversation_member *m)
{
	free(m->id);
	free(m->references);
	free(m);
}

void conversation_free(struct conversation *c)
{
	if (!c)
		return;
	map_free(c->known, NULL);
	strv_done(&c->ids);
	for (size_t i = 0; i < c->n; i++)
		member_free(c->v[i]);
	free(c->v);
	str_done(&c->word);
	free(c);
}

/* --- ids --- */

void conversation_know(struct conversation *c, const char *id)
{
	if (!*id || map_get(c->known, id))
		return;
	map_put(c->known, id, c);
	strv_add(&c->ids, id);
}

size_t conversation_ids(const struct conversation *c)
{
	return c->ids.n;
}

const char *conversation_id(const struct conversation *c, size_t i)
{
	return c->ids.v[i];
}

/* The next of ids with blanks between them; NULL at the end. */
static const char *next_id(struct conversation *c, const char **ids)
{
	size_t len;

	*ids += strspn(*ids, " ");
	len = strcspn(*ids, " ");
	if (!len)
		return NULL;
	str_clear(&c->word);
	str_add(&c->word, *ids, len);
	*ids += len;
	return str_c(&c->word);
}

static bool is_known(struct conversation *c, const struct summary *s)
{
	const char *ids = s->references, *id;

	if (*s->message_id && map_get(c->known, s->message_id))
		return true;
	while ((id = next_id(c, &ids)))
		if (map_get(c->known, id))
			return true;
	return false;
}

static void know_all(struct conversation *c, const struct summary *s)
{
	const char *ids = s->references, *id;

	conversation_know(c, s->message_id);
	while ((id = next_id(c, &ids)))
		conversation_know(c, id);
}

/* --- members --- */

/* Index of the first that is not in front of it. */
static size_t place(const struct conversation *c, unsigned list, uint32_t uid)
{
	size_t lo = 0, hi = c->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct conversation_member *m = c->v[mid];

		if (m->list < list || (m->list == list && m->uid < uid))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct conversation_member *conversation_find(
	const struct conversation *c, unsigned list, uint32_t uid)
{
	size_t at = place(c, list, uid);

	return at < c->n && c->v[at]->list == list && c->v[at]->uid == uid ? c->v[at] : NULL;
}

static struct conversation_member *add(struct conversation *c, unsigned list, uint32_t uid)
{
	size_t at = place(c, list, uid);
	struct conversation_member *m;

	if (c->n >= c->max) {
		c->full = true;
		return NULL;
	}
	m = mem_alloc(sizeof(*m));
	m->list = list;
	m->uid = uid;
	c->v = mem_grow(c->v, &c->cap, c->n + 1, sizeof(*c->v));
	memmove(c->v + at + 1, c->v + at, (c->n++ - at) * sizeof(*c->v));
	c->v[at] = m;
	return m;
}

struct conversation_member *conversation_look(
	struct conversation *c, unsigned list, const struct summary *s, bool anyway)
{
	struct conversation_member *m;

	if (!anyway && !is_known(c, s))
		return NULL;
	m = conversation_find(c, list, s->uid);
	if (!m)
		m = add(c, list, s->uid);
	if (!m)
		return NULL;
	free(m->id);
	free(m->references);
	m->id = mem_strdup(s->message_id);
	m->references = mem_strdup(s->references);
	memcpy(m->identity, s->identity, sizeof(m->identity));
	know_all(c, s);
	return m;
}

void conversation_drop(struct conversation *c, struct conversation_member *m)
{
	size_t at = place(c, m->list, m->uid);

	memmove(c->v + at, c->v + at + 1, (--c->n - at) * sizeof(*c->v));
	member_free(m);
}

bool conversation_is_full(const struct conversation *c)
{
	return c->full;
}

size_t conversation_members(struct conversation *c, struct conversation_member ***v)
{
	*v = c->v;
	return c->n;
}

/* --- copies and parents --- */

/* One id may be that of several messages, where a program gives all the same. */
static bool is_copy(const struct map *by_id, const struct conversation_member *m)
{
	const struct conversation_member *first = *m->id ? map_get(by_id, m->id) : NULL;

	return first && memcmp(first->identity, m->identity, sizeof(m->identity)) == 0;
}

static void find_parent(
	struct conversation *c, const struct map *by_id, struct conversation_member *m)
{
	const char *ids = m->references, *id;

	m->parent_list = m->parent_uid = 0;
	while ((id = next_id(c, &ids))) {
		const struct conversation_member *parent = map_get(by_id, id);

		if (parent && parent != m) {
			m->parent_list = parent->list;
			m->parent_uid = parent->uid;
		}
	}
}

void conversation_settle(struct conversation *c)
{
	struct map *by_id = map_new();

	for (size_t i = 0; i < c->n; i++) {
		struct conversation_member *m = c->v[i];

		m->copy = is_copy(by_id, m);
		if (*m->id && !map_get(by_id, m->id))
			map_put(by_id, m->id, m);
	}
	for (size_t i = 0; i < c->n; i++)
		find_parent(c, by_id, c->v[i]);
	map_free(by_id, NULL);
}
