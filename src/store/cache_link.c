#include "store/cache_priv.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/*
 * A message's parent is the nearest of its references that is in the folder. References that are
 * nearer and not there are waited for: when such a message comes, its children are looked at again.
 * Messages of the log are found by tables made on first use; those of the base by its x and t
 * pages.
 */

enum { LINK_DEPTH = 4096, LINK_SAME = 16 };

uint64_t link_id_hash(const struct cache *c, const char *id, size_t len)
{
	return hash_sip(c->header.key, id, len);
}

/* Another domain than Message-IDs: both are in one table. */
uint64_t link_identity_hash(const struct cache *c, const unsigned char identity[16])
{
	return hash_sip(c->header.key, identity, 16) ^ UINT64_C(0x1de4717e1de4717e);
}

size_t link_references(const struct cache *c, const char *references, uint64_t *out, size_t max)
{
	const char *end = references + strlen(references);
	size_t n = 0;

	while (n < max && end > references) {
		const char *start = end;

		while (start > references && start[-1] != ' ')
			start--;
		if (start < end)
			out[n++] = link_id_hash(c, start, (size_t)(end - start));
		end = start > references ? start - 1 : start;
	}
	return n;
}

/* --- tables of what the log added --- */

void hashes_done(struct hashes *h)
{
	free(h->v);
	free(h->next);
	free(h->head);
	*h = (struct hashes){0};
}

static void hashes_grow(struct hashes *h)
{
	h->cap = h->cap ? h->cap * 2 : 64;
	h->heads = h->cap * 2;
	h->v = mem_resize(h->v, h->cap, sizeof(*h->v));
	h->next = mem_resize(h->next, h->cap, sizeof(*h->next));
	free(h->head);
	h->head = mem_array(h->heads, sizeof(*h->head));
	for (size_t i = 0; i < h->n; i++) {
		size_t at = h->v[i].hash & (h->heads - 1);

		h->next[i] = h->head[at];
		h->head[at] = (uint32_t)i + 1;
	}
}

static void hashes_add(struct hashes *h, uint64_t hash, uint32_t uid)
{
	size_t at;

	if (h->n == h->cap)
		hashes_grow(h);
	at = hash & (h->heads - 1);
	h->v[h->n] = (struct pair){hash, uid};
	h->next[h->n] = h->head[at];
	h->head[at] = (uint32_t)++h->n;
}

/* *at starts as 0; false at the end. */
static bool hashes_each(const struct hashes *h, uint64_t hash, uint32_t *at, uint32_t *uid)
{
	if (!h->n)
		return false;
	for (*at = *at ? h->next[*at - 1] : h->head[hash & (h->heads - 1)]; *at;
		*at = h->next[*at - 1])
		if (h->v[*at - 1].hash == hash) {
			*uid = h->v[*at - 1].uid;
			return true;
		}
	return false;
}

static bool any_identity(const unsigned char identity[16])
{
	static const unsigned char none[16];

	return memcmp(identity, none, 16) != 0;
}

static void catch_up(struct cache *c)
{
	for (; c->indexed < c->n_added; c->indexed++) {
		const struct added *a = &c->added[c->indexed];
		uint64_t refs[LINK_REFERENCES];
		struct summary s;
		size_t n;

		if (!a->uid)
			continue;
		added_summary(a, &s);
		if (*s.message_id)
			hashes_add(&c->ids, link_id_hash(c, s.message_id, strlen(s.message_id)),
				a->uid);
		if (any_identity(s.identity))
			hashes_add(&c->identities, link_identity_hash(c, s.identity), a->uid);
		n = link_references(c, s.references, refs, LINK_REFERENCES);
		for (size_t i = 0; i < n; i++)
			hashes_add(&c->waiting, refs[i], a->uid);
	}
}

void link_prepare(struct cache *c)
{
	catch_up(c);
}

static bool listed(const uint32_t *uids, size_t n, uint32_t uid)
{
	for (size_t i = 0; i < n; i++)
		if (uids[i] == uid)
			return true;
	return false;
}

/* Living messages of a table that are still what they were when they were put in. */
static size_t table_uids(struct cache *c, const struct hashes *h, uint64_t hash, uint32_t *uids,
	size_t n, size_t max)
{
	uint32_t at = 0, uid;
	size_t row;

	while (n < max && hashes_each(h, hash, &at, &uid))
		if (!listed(uids, n, uid) && index_find(c, uid, &row))
			uids[n++] = uid;
	return n;
}

static bool has_hash(struct cache *c, uint32_t uid, uint64_t hash, bool identity)
{
	const struct added *a = index_added(c, uid);
	struct summary s;

	if (!a)
		return true;
	added_summary(a, &s);
	return hash == (identity ? link_identity_hash(c, s.identity)
				 : link_id_hash(c, s.message_id, strlen(s.message_id)));
}

size_t link_uids(struct cache *c, uint64_t hash, bool identity, uint32_t *uids, size_t max)
{
	uint32_t base[64];
	size_t n, kept = 0, n_base, row;

	catch_up(c);
	n = table_uids(c, identity ? &c->identities : &c->ids, hash, uids, 0, max);
	n_base = c->base ? base_uids(c->base, FAMILY_PAIRS, hash, base, MEM_COUNT(base)) : 0;
	for (size_t i = 0; i < n_base && n < max; i++)
		if (!listed(uids, n, base[i]) && index_find(c, base[i], &row))
			uids[n++] = base[i];
	/* a message that was added again may have another Message-ID now */
	for (size_t i = 0; i < n; i++)
		if (has_hash(c, uids[i], hash, identity))
			uids[kept++] = uids[i];
	return kept;
}

/* --- parents --- */

/* Messages on their way in: not in the cache yet, but they count. */
struct batch {
	struct cache *c;
	const struct summary *s;
	size_t n;
	uint32_t *parents;
	bool *chosen;         /* another message of the batch has it as parent */
	struct hashes ids;    /* value: index in s */
	struct map64 *at;     /* mixed UID to index in s */
	struct map64 *linked; /* mixed UID of the child to index in links */
	struct link *links;
	size_t n_links, cap_links;
};

static uint64_t mixed(uint32_t uid)
{
	return uid * UINT64_C(0x9e3779b97f4a7c15);
}

static bool in_batch(const struct batch *b, uint32_t uid, uint32_t *i)
{
	return b->at && map64_get(b->at, mixed(uid), i);
}

static uint32_t parent_of(struct batch *b, uint32_t uid)
{
	const struct columns *in;
	size_t row;
	uint32_t i;

	if (in_batch(b, uid, &i))
		return b->parents[i];
	if (b->linked && map64_get(b->linked, mixed(uid), &i))
		return b->links[i].parent;
	in = index_find(b->c, uid, &row);
	return in ? in->parent[row] : 0;
}

/* Whether uid is among the ancestors of from, or the chain is too long to tell. */
static bool loops(struct batch *b, uint32_t uid, uint32_t from)
{
	for (int depth = 0; from; depth++) {
		if (from == uid || depth == LINK_DEPTH)
			return true;
		from = parent_of(b, from);
	}
	return false;
}

bool link_would_loop(struct cache *c, uint32_t child, uint32_t parent)
{
	struct batch b = {.c = c};

	return loops(&b, child, parent);
}

static uint32_t find_id(struct batch *b, uint64_t hash, uint32_t self)
{
	uint32_t uids[LINK_SAME], best = 0, at = 0, i;
	size_t n = link_uids(b->c, hash, false, uids, LINK_SAME);

	for (size_t k = 0; k < n; k++)
		if (uids[k] != self && !in_batch(b, uids[k], &i) && (!best || uids[k] < best))
			best = uids[k];
	for (int k = 0; k < LINK_SAME && hashes_each(&b->ids, hash, &at, &i); k++)
		if (b->s[i].uid != self && (!best || b->s[i].uid < best))
			best = b->s[i].uid;
	return best;
}

static uint32_t find_parent(struct batch *b, uint32_t self, const char *references, bool check)
{
	uint64_t refs[LINK_REFERENCES];
	size_t n = link_references(b->c, references, refs, LINK_REFERENCES);

	for (size_t i = 0; i < n; i++) {
		uint32_t uid = find_id(b, refs[i], self), k;

		if (!uid || (check && loops(b, self, uid)))
			continue;
		if (in_batch(b, uid, &k))
			b->chosen[k] = true;
		return uid;
	}
	return 0;
}

/* A message of the folder that may have waited for one of the batch. */
static void reconsider(struct batch *b, uint32_t child)
{
	struct summary s;
	uint32_t range[2], i, parent;

	if (in_batch(b, child, &i) || index_strings(b->c, child, &s, range) != 1)
		return;
	/* the strings may go with the next page */
	char *references = mem_strdup(s.references);
	parent = find_parent(b, child, references, true);
	free(references);
	if (!parent || parent == parent_of(b, child))
		return;
	b->links = mem_grow(b->links, &b->cap_links, b->n_links + 1, sizeof(*b->links));
	map64_put(b->linked, mixed(child), (uint32_t)b->n_links);
	b->links[b->n_links++] = (struct link){child, parent};
}

static void wake_children(struct batch *b, const struct summary *s)
{
	enum { MANY = 256 };
	uint64_t hash = link_id_hash(b->c, s->message_id, strlen(s->message_id));
	uint32_t uids[MANY], base[MANY];
	size_t n, n_base, row;

	n = table_uids(b->c, &b->c->waiting, hash, uids, 0, MANY);
	n_base = b->c->base ? base_uids(b->c->base, FAMILY_WAITING, hash, base, MANY) : 0;
	for (size_t i = 0; i < n_base && n < MANY; i++)
		if (!listed(uids, n, base[i]) && index_find(b->c, base[i], &row))
			uids[n++] = base[i];
	for (size_t i = 0; i < n; i++)
		reconsider(b, uids[i]);
}

static void batch_index(struct batch *b)
{
	b->at = map64_new(b->n);
	b->linked = map64_new(0);
	for (size_t i = 0; i < b->n; i++) {
		const char *id = b->s[i].message_id;

		map64_put(b->at, mixed(b->s[i].uid), (uint32_t)i);
		if (*id)
			hashes_add(&b->ids, link_id_hash(b->c, id, strlen(id)), (uint32_t)i);
	}
}

void link_batch(struct cache *c, const struct summary *s, size_t n, uint32_t *parents,
	struct link **links, size_t *n_links)
{
	struct batch b = {.c = c, .s = s, .n = n, .parents = parents};

	b.chosen = mem_array(n, sizeof(*b.chosen));
	catch_up(c);
	batch_index(&b);
	for (size_t i = 0; i < n; i++) {
		size_t row;
		/* Only a message somebody has as parent already can close a ring. */
		bool check = b.chosen[i] || index_find(c, s[i].uid, &row);

		parents[i] = find_parent(&b, s[i].uid, s[i].references, check);
	}
	for (size_t i = 0; i < n; i++)
		if (*s[i].message_id)
			wake_children(&b, &s[i]);
	*links = b.links;
	*n_links = b.n_links;
	free(b.chosen);
	hashes_done(&b.ids);
	map64_free(b.at);
	map64_free(b.linked);
}
