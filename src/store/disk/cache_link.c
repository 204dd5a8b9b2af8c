#include "store/disk/cache_priv.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "mime/subject.h"

#include <stdlib.h>
#include <string.h>

/*
 * A message's parent is the nearest of its references that is in the folder. References that are
 * nearer and not there are waited for: when such a message comes, its children are looked at again.
 * Messages of the log are found by tables made on first use; those of the base by its x and t
 * pages.
 *
 * Messages none of whose references are here are one thread when they have one in common: they hang
 * below the one with the smallest UID, until what they answer comes. A message that loses its
 * parent looks for another in the same ways, and waits for all its references from then on: what
 * was deleted may come back, under another UID.
 *
 * An answer without any references hangs below a message with the same subject that is no answer:
 * the newest with a smaller UID than its own, else the one with the smallest. A better one may come
 * at any time, for folders are filled from the newest message on: such an answer never stops
 * waiting, and of those messages only the oldest and the newest need to be known.
 */

enum {
	LINK_DEPTH = 4096,
	LINK_SAME = 16,
	LINK_TOPICS = 64,    /* messages of one subject looked at */
	SUBJECT_BYTES = 512, /* of it, the same when the log cuts a long one */
};

uint64_t link_id_hash(const struct cache *c, const char *id, size_t len)
{
	return hash_sip(c->header.key, id, len);
}

/* Another domain than Message-IDs: both are in one table. */
uint64_t link_identity_hash(const struct cache *c, const unsigned char identity[16])
{
	return hash_sip(c->header.key, identity, 16) ^ UINT64_C(0x1de4717e1de4717e);
}

static uint64_t subject_mark(uint64_t hash)
{
	return (hash >> 16 ^ hash >> 32 ^ hash >> 48 ^ 0x5ab1) & 0xffff;
}

bool link_is_subject(uint64_t hash)
{
	return (hash & 0xffff) == subject_mark(hash);
}

enum link_role link_role(struct cache *c, const struct summary *s, uint64_t *hash)
{
	size_t from, len;
	bool answer = subject_base(s->subject, &from, &len);

	if (!len || (answer && *s->references))
		return LINK_NONE;
	if (len > SUBJECT_BYTES)
		len = utf8_cut(s->subject + from, len, SUBJECT_BYTES);
	str_clear(&c->folded);
	utf8_fold_add(&c->folded, s->subject + from, len);
	*hash = hash_sip(c->header.key, c->folded.p, c->folded.len) ^ UINT64_C(0x5b9ec75b9ec75b9e);
	*hash = (*hash & ~UINT64_C(0xffff)) | subject_mark(*hash);
	return answer ? LINK_ANSWERS : LINK_OPENS;
}

bool link_rather(uint32_t answer, uint32_t now, uint32_t to)
{
	if (!to || !now)
		return to;
	if (to < answer)
		return now > answer || to > now;
	return now > answer && to < now;
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

/* Of a subject that many share the oldest and the newest stay, as in the base. */
static void openers_add(struct cache *c, uint64_t hash, uint32_t uid)
{
	struct hashes *h = &c->ids;
	struct pair *low = NULL, *second = NULL;
	uint32_t at = 0, other;
	size_t n = 0, row;

	while (hashes_each(h, hash, &at, &other)) {
		struct pair *p = &h->v[at - 1];

		if (p->uid == uid)
			return;
		if (!index_find(c, p->uid, &row)) {
			p->uid = uid;
			return;
		}
		if (!low || p->uid < low->uid) {
			second = low;
			low = p;
		} else if (!second || p->uid < second->uid) {
			second = p;
		}
		n++;
	}
	if (n < LINK_OPENERS)
		hashes_add(h, hash, uid);
	else if (uid < low->uid)
		low->uid = uid;
	else if (uid > second->uid)
		second->uid = uid;
}

static void catch_up(struct cache *c)
{
	for (; c->indexed < c->n_added; c->indexed++) {
		const struct added *a = &c->added[c->indexed];
		uint64_t refs[LINK_REFERENCES], subject;
		enum link_role role;
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
		role = link_role(c, &s, &subject);
		if (role == LINK_OPENS)
			openers_add(c, subject, a->uid);
		else if (role == LINK_ANSWERS)
			hashes_add(&c->waiting, subject, a->uid);
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

static bool has_hash(struct cache *c, uint32_t uid, uint64_t hash, enum link_kind kind)
{
	const struct added *a = index_added(c, uid);
	struct summary s;
	uint64_t now = 0;

	if (!a)
		return true;
	added_summary(a, &s);
	if (kind == LINK_SUBJECT)
		return link_role(c, &s, &now) == LINK_OPENS && now == hash;
	return hash == (kind == LINK_IDENTITY
				       ? link_identity_hash(c, s.identity)
				       : link_id_hash(c, s.message_id, strlen(s.message_id)));
}

size_t link_uids(struct cache *c, uint64_t hash, enum link_kind kind, uint32_t *uids, size_t max)
{
	uint32_t base[64];
	size_t n, kept = 0, n_base, row;

	catch_up(c);
	n = table_uids(c, kind == LINK_IDENTITY ? &c->identities : &c->ids, hash, uids, 0, max);
	n_base = c->base ? base_uids(c->base, FAMILY_PAIRS, hash, base, MEM_COUNT(base)) : 0;
	for (size_t i = 0; i < n_base && n < max; i++)
		if (!listed(uids, n, base[i]) && index_find(c, base[i], &row))
			uids[n++] = base[i];
	/* a message that was added again may have another Message-ID now */
	for (size_t i = 0; i < n; i++)
		if (has_hash(c, uids[i], hash, kind))
			uids[kept++] = uids[i];
	return kept;
}

uint32_t cache_find_message_id(struct cache *c, const char *message_id)
{
	uint32_t uids[16], best = 0;
	size_t n;

	if (!*message_id)
		return 0;
	n = link_uids(
		c, link_id_hash(c, message_id, strlen(message_id)), LINK_ID, uids, MEM_COUNT(uids));
	for (size_t i = 0; i < n; i++) {
		struct summary s;

		if ((!best || uids[i] < best) && cache_get(c, uids[i], &s) == 0 &&
			strcmp(s.message_id, message_id) == 0)
			best = uids[i];
	}
	return best;
}

size_t cache_find_identity(
	struct cache *c, const unsigned char identity[16], uint32_t *uids, size_t max)
{
	size_t n = link_uids(c, link_identity_hash(c, identity), LINK_IDENTITY, uids, max),
	       kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct summary s;

		if (cache_get(c, uids[i], &s) == 0 && memcmp(s.identity, identity, 16) == 0)
			uids[kept++] = uids[i];
	}
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
	struct hashes refs;   /* the same */
	struct map64 *at;     /* mixed UID to index in s */
	struct map64 *linked; /* mixed UID of the child to index in links */
	struct link *links;
	size_t n_links, cap_links;
	struct pair *openers; /* no answers, by hash of the subject, then UID */
	size_t n_openers;
	const uint32_t *gone; /* ascending: on their way out */
	size_t n_gone;
};

static uint64_t mixed(uint32_t uid)
{
	return uid * UINT64_C(0x9e3779b97f4a7c15);
}

static int uid_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool is_gone(const struct batch *b, uint32_t uid)
{
	return b->n_gone && bsearch(&uid, b->gone, b->n_gone, sizeof(uid), uid_compare);
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
	size_t n = link_uids(b->c, hash, LINK_ID, uids, LINK_SAME);

	for (size_t k = 0; k < n; k++)
		if (uids[k] != self && !in_batch(b, uids[k], &i) && !is_gone(b, uids[k]) &&
			(!best || uids[k] < best))
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

static void set_link(struct batch *b, uint32_t child, uint32_t parent)
{
	uint32_t i;

	if (map64_get(b->linked, mixed(child), &i)) {
		b->links[i].parent = parent;
		return;
	}
	b->links = mem_grow(b->links, &b->cap_links, b->n_links + 1, sizeof(*b->links));
	map64_put(b->linked, mixed(child), (uint32_t)b->n_links);
	b->links[b->n_links++] = (struct link){child, parent};
}

enum { LINK_WAITING = 256 };

static size_t waiting_uids(struct batch *b, uint64_t hash, uint32_t *uids, size_t max)
{
	uint32_t base[LINK_WAITING];
	size_t n, n_base, row;

	n = table_uids(b->c, &b->c->waiting, hash, uids, 0, max);
	n_base = b->c->base ? base_uids(b->c->base, FAMILY_WAITING, hash, base, max) : 0;
	for (size_t i = 0; i < n_base && n < max; i++)
		if (!listed(uids, n, base[i]) && index_find(b->c, base[i], &row))
			uids[n++] = base[i];
	return n;
}

/* --- parents that are not here --- */

/* The topmost message of a thread; 0: too deep to tell. */
static uint32_t root_of(struct batch *b, uint32_t uid)
{
	for (int depth = 0; depth < LINK_DEPTH; depth++) {
		uint32_t up = parent_of(b, uid), i;
		size_t row;

		if (!up || (!in_batch(b, up, &i) && !index_find(b->c, up, &row)))
			return uid;
		uid = up;
	}
	return 0;
}

/* A thread that begins with a message that answers nobody is whole. */
static bool answers_nobody(struct batch *b, uint32_t uid)
{
	struct summary s;
	uint32_t range[2], i;

	if (in_batch(b, uid, &i))
		return !*b->s[i].references;
	return index_strings(b->c, uid, &s, range) != 1 || !*s.references;
}

/* Below one that answers nobody, else below the smaller UID. */
static void unite(struct batch *b, uint32_t one, uint32_t other)
{
	uint32_t top = root_of(b, one), child = root_of(b, other), i;
	bool top_begins, child_begins;

	if (!top || !child || top == child)
		return;
	top_begins = answers_nobody(b, top);
	child_begins = answers_nobody(b, child);
	if (top_begins && child_begins)
		return;
	if (child_begins || (!top_begins && child < top)) {
		i = top;
		top = child;
		child = i;
	}
	if (in_batch(b, child, &i))
		b->parents[i] = top;
	else
		set_link(b, child, top);
}

/* Others that wait for a message as self does: one of the batch, and one of the folder. All that
 * are there are one thread already. */
static void unite_waiting(struct batch *b, uint64_t hash, uint32_t self)
{
	uint32_t uids[LINK_SAME], at = 0, i;
	size_t n = waiting_uids(b, hash, uids, LINK_SAME);

	for (int k = 0; k < LINK_SAME && hashes_each(&b->refs, hash, &at, &i); k++)
		if (b->s[i].uid != self) {
			unite(b, self, b->s[i].uid);
			break;
		}
	for (size_t k = 0; k < n; k++)
		if (uids[k] != self && !in_batch(b, uids[k], &i)) {
			unite(b, self, uids[k]);
			break;
		}
}

/* Those of its references that are nearer than any that is here can still tell what belongs
 * together. */
static void unite_by(struct batch *b, uint32_t self, const char *references)
{
	uint64_t refs[LINK_REFERENCES];
	size_t n = link_references(b->c, references, refs, LINK_REFERENCES);

	for (size_t i = 0; i < n && !find_id(b, refs[i], self); i++)
		unite_waiting(b, refs[i], self);
}

/* A message of the folder that may have waited for one of the batch. */
static void reconsider(struct batch *b, uint32_t child)
{
	struct summary s;
	uint32_t range[2], i, parent, was = parent_of(b, child);
	size_t row;

	if (in_batch(b, child, &i) || index_strings(b->c, child, &s, range) != 1)
		return;
	/* the strings may go with the next page */
	char *references = mem_strdup(s.references);
	parent = find_parent(b, child, references, true);
	if (parent && parent != was) {
		set_link(b, child, parent);
		unite_by(b, child, references);
		/* what it hung with stays with it */
		if (was && (in_batch(b, was, &i) || index_find(b->c, was, &row)))
			unite(b, child, was);
	}
	free(references);
}

static void wake_children(struct batch *b, const struct summary *s)
{
	uint64_t hash = link_id_hash(b->c, s->message_id, strlen(s->message_id));
	uint32_t uids[LINK_WAITING];
	size_t n = waiting_uids(b, hash, uids, LINK_WAITING);

	for (size_t i = 0; i < n; i++)
		reconsider(b, uids[i]);
}

/* --- parents by subject --- */

/* The last of the batch's before the answer, else the first behind it. */
static uint32_t batch_opener(const struct batch *b, uint64_t hash, uint32_t answer)
{
	struct pair key = {hash, answer};
	size_t low = 0, high = b->n_openers;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (pair_compare(&b->openers[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low && b->openers[low - 1].hash == hash)
		return b->openers[low - 1].uid;
	return low < b->n_openers && b->openers[low].hash == hash ? b->openers[low].uid : 0;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; len && (at = strstr(at, word)); at++)
		if ((at == words || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

/* An answer, as a copy: its strings may go with the next page. */
struct answer {
	uint32_t uid;
	uint64_t hash;
	char *folded, *id;
};

/* False: it does not look for a parent by its subject. */
static bool answer_start(struct batch *b, struct answer *a, const struct summary *s, uint32_t uid)
{
	a->uid = uid;
	if (link_role(b->c, s, &a->hash) != LINK_ANSWERS)
		return false;
	a->folded = mem_strdup(b->c->folded.p);
	a->id = mem_strdup(s->message_id);
	return true;
}

static void answer_done(struct answer *a)
{
	free(a->folded);
	free(a->id);
}

/* Whether it is the same subject and not only the same hash. A message that refers to the answer is
 * rather an answer to that, whichever of the two came first. */
static bool can_open(struct batch *b, uint32_t uid, const struct answer *a)
{
	struct summary s = {0};
	uint32_t i, range[2];
	uint64_t hash;

	if (in_batch(b, uid, &i))
		s = b->s[i];
	else if (index_strings(b->c, uid, &s, range) != 1)
		return false;
	return link_role(b->c, &s, &hash) == LINK_OPENS && strcmp(b->c->folded.p, a->folded) == 0 &&
	       !has_word(s.references, a->id) && !loops(b, a->uid, uid);
}

static uint32_t find_opener(struct batch *b, const struct answer *a)
{
	uint32_t uids[LINK_TOPICS], best = 0, i, own;
	size_t n = link_uids(b->c, a->hash, LINK_SUBJECT, uids, LINK_TOPICS);

	for (size_t k = 0; k < n; k++)
		if (uids[k] != a->uid && link_rather(a->uid, best, uids[k]) &&
			!in_batch(b, uids[k], &i) && !is_gone(b, uids[k]))
			best = uids[k];
	own = batch_opener(b, a->hash, a->uid);
	if (link_rather(a->uid, best, own))
		best = own;
	return best && can_open(b, best, a) ? best : 0;
}

/* Answers of the folder that may rather hang below one of the batch. */
static void wake_answers(struct batch *b, uint64_t hash)
{
	uint32_t uids[LINK_TOPICS], range[2], i;
	size_t n = waiting_uids(b, hash, uids, LINK_TOPICS);

	for (size_t k = 0; k < n; k++) {
		uint32_t to = batch_opener(b, hash, uids[k]);
		struct answer a = {0};
		struct summary s;

		if (in_batch(b, uids[k], &i) || !link_rather(uids[k], parent_of(b, uids[k]), to) ||
			index_strings(b->c, uids[k], &s, range) != 1)
			continue;
		if (answer_start(b, &a, &s, uids[k]) && a.hash == hash && can_open(b, to, &a))
			set_link(b, uids[k], to);
		answer_done(&a);
	}
}

/* After the references: they come first. */
static void link_subjects(struct batch *b)
{
	size_t *answers = mem_array(b->n, sizeof(*answers)), n_answers = 0;
	uint64_t hash;
	uint32_t last;

	b->openers = mem_array(b->n, sizeof(*b->openers));
	for (size_t i = 0; i < b->n; i++) {
		enum link_role role = link_role(b->c, &b->s[i], &hash);

		if (role == LINK_ANSWERS)
			answers[n_answers++] = i;
		/* of a UID that is in it twice the last counts */
		else if (role == LINK_OPENS && in_batch(b, b->s[i].uid, &last) && last == i)
			b->openers[b->n_openers++] = (struct pair){hash, b->s[i].uid};
	}
	if (b->n_openers)
		qsort(b->openers, b->n_openers, sizeof(*b->openers), pair_compare);
	for (size_t k = 0; k < n_answers; k++) {
		const struct summary *s = &b->s[answers[k]];
		struct answer a = {0};

		if (answer_start(b, &a, s, s->uid))
			b->parents[answers[k]] = find_opener(b, &a);
		answer_done(&a);
	}
	for (size_t i = 0; i < b->n_openers; i++)
		if (!i || b->openers[i].hash != b->openers[i - 1].hash)
			wake_answers(b, b->openers[i].hash);
	free(answers);
	MEM_FREE(b->openers);
}

/* --- parents that go --- */

struct orphans {
	struct batch b;
	struct map64 *heads; /* mixed UID of the topmost that goes, to the first of its orphans */
};

/* Of those that go, the one above all: its orphans have what they answered in common. */
static uint32_t topmost_gone(struct batch *b, uint32_t uid)
{
	for (int depth = 0; depth < LINK_DEPTH; depth++) {
		uint32_t up = parent_of(b, uid);

		if (!up || !is_gone(b, up))
			break;
		uid = up;
	}
	return uid;
}

/* 0: it is the first. */
static uint32_t first_orphan(struct orphans *o, uint32_t lost, uint32_t uid)
{
	uint64_t key = mixed(topmost_gone(&o->b, lost));
	uint32_t head;

	if (map64_get(o->heads, key, &head))
		return loops(&o->b, uid, head) ? 0 : head;
	map64_put(o->heads, key, uid);
	return 0;
}

static uint32_t next_parent(struct orphans *o, uint32_t lost, uint32_t uid, const struct summary *s)
{
	char *references = mem_strdup(s->references);
	struct answer a = {0};
	uint32_t parent;

	if (answer_start(&o->b, &a, s, uid)) {
		parent = find_opener(&o->b, &a);
	} else {
		parent = find_parent(&o->b, uid, references, true);
		if (!parent && *references)
			parent = first_orphan(o, lost, uid);
	}
	answer_done(&a);
	free(references);
	return parent;
}

static void find_orphans(struct orphans *o, const struct columns *in)
{
	for (size_t row = 0; row < in->n; row++) {
		uint32_t uid = in->uid[row], lost = in->parent[row], range[2];
		struct summary s;

		if (lost && !(in->flags[row] & ROW_DEAD) && is_gone(&o->b, lost) &&
			!is_gone(&o->b, uid) && index_strings(o->b.c, uid, &s, range) == 1)
			set_link(&o->b, uid, next_parent(o, lost, uid, &s));
	}
}

void link_orphans(
	struct cache *c, const uint32_t *uids, size_t n, struct link **links, size_t *n_links)
{
	uint32_t *gone = mem_array(n, sizeof(*gone));
	struct orphans o = {.b = {.c = c, .gone = gone, .n_gone = n, .linked = map64_new(0)},
		.heads = map64_new(0)};

	for (size_t i = 0; i < n; i++)
		gone[i] = uids[i];
	if (n)
		qsort(gone, n, sizeof(*gone), uid_compare);
	find_orphans(&o, &c->columns);
	find_orphans(&o, &c->fresh);
	*links = o.b.links;
	*n_links = o.b.n_links;
	free(gone);
	map64_free(o.b.linked);
	map64_free(o.heads);
}

/* --- the batch --- */

static void batch_index(struct batch *b)
{
	b->at = map64_new(b->n);
	b->linked = map64_new(0);
	for (size_t i = 0; i < b->n; i++) {
		const char *id = b->s[i].message_id;
		uint64_t refs[LINK_REFERENCES];
		size_t n;

		map64_put(b->at, mixed(b->s[i].uid), (uint32_t)i);
		if (*id)
			hashes_add(&b->ids, link_id_hash(b->c, id, strlen(id)), (uint32_t)i);
		n = link_references(b->c, b->s[i].references, refs, LINK_REFERENCES);
		for (size_t k = 0; k < n; k++)
			hashes_add(&b->refs, refs[k], (uint32_t)i);
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
	for (size_t i = 0; i < n; i++)
		unite_by(&b, s[i].uid, s[i].references);
	link_subjects(&b);
	*links = b.links;
	*n_links = b.n_links;
	free(b.chosen);
	hashes_done(&b.ids);
	hashes_done(&b.refs);
	map64_free(b.at);
	map64_free(b.linked);
}
