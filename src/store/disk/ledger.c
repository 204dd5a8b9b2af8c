#include "store/disk/journal_priv.h"

#include "base/hash.h"
#include "base/mem.h"
#include "store/disk/bytes.h"

#include <stdlib.h>
#include <string.h>

/* The state of the POP3 ledger and its records. */

/* Two SipHashes under different keys: 128 bits, which nobody outside can steer. */
void ledger_key(const struct journal *j, const char *uidl, unsigned char key[16])
{
	unsigned char other[16];
	size_t len = strlen(uidl);

	for (size_t i = 0; i < sizeof(other); i++)
		other[i] = j->key[i] ^ 0x5c;
	store64(key, hash_sip(j->key, uidl, len));
	store64(key + 8, hash_sip(other, uidl, len));
}

/* ---- the table ---- */

/* Where key stands or would stand; n_slots is not 0. */
static size_t slot_of(const struct ledger *l, const unsigned char *key)
{
	size_t at = (size_t)load64(key) & (l->n_slots - 1);

	while (l->slots[at] && memcmp(l->v[l->slots[at] - 1].uidl, key, 16) != 0)
		at = (at + 1) & (l->n_slots - 1);
	return at;
}

static void rebuild(struct ledger *l, size_t n_slots)
{
	free(l->slots);
	l->slots = mem_array(n_slots, sizeof(*l->slots));
	l->n_slots = n_slots;
	for (size_t i = 0; i < l->n; i++)
		l->slots[slot_of(l, l->v[i].uidl)] = (uint32_t)i + 1;
}

static struct ledger_entry *lookup(const struct ledger *l, const unsigned char *key)
{
	uint32_t at = l->n_slots ? l->slots[slot_of(l, key)] : 0;

	return at ? &l->v[at - 1] : NULL;
}

static void put(struct ledger *l, const struct ledger_entry *e)
{
	struct ledger_entry *there = lookup(l, e->uidl);

	if (there) {
		*there = *e;
		return;
	}
	if (2 * (l->n + 1) > l->n_slots)
		rebuild(l, l->n_slots ? 2 * l->n_slots : 64);
	l->v = mem_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = *e;
	l->slots[slot_of(l, e->uidl)] = (uint32_t)l->n;
}

void ledger_done(struct ledger *l)
{
	free(l->v);
	free(l->slots);
	*l = (struct ledger){0};
}

/* ---- records ---- */

bool ledger_apply(struct ledger *l, const unsigned char *p, size_t len)
{
	if (len % LEDGER_BYTES != 0)
		return false;
	for (; len; p += LEDGER_BYTES, len -= LEDGER_BYTES) {
		struct ledger_entry e = {.fetched = load32(p + 32),
			.size = load32(p + 36),
			.deleted = p[40] & LEDGER_DELETED,
			.part = p[40] & LEDGER_PART,
			.drop = p[40] & LEDGER_DROP};

		memcpy(e.uidl, p, 16);
		memcpy(e.identity, p + 16, 16);
		put(l, &e);
	}
	return true;
}

bool ledger_apply_forget(struct ledger *l, const unsigned char *p, size_t len)
{
	unsigned char *gone;
	size_t kept = 0;

	if (len % 16 != 0)
		return false;
	if (!l->n)
		return true;
	/* Marked first: the table must stay whole while it is searched. */
	gone = mem_alloc(l->n);
	for (; len; p += 16, len -= 16) {
		struct ledger_entry *e = lookup(l, p);

		if (e)
			gone[e - l->v] = 1;
	}
	for (size_t i = 0; i < l->n; i++)
		if (!gone[i])
			l->v[kept++] = l->v[i];
	free(gone);
	if (kept != l->n) {
		l->n = kept;
		rebuild(l, l->n_slots);
	}
	return true;
}

void ledger_batch(struct batch *b, const struct ledger_entry *entries, size_t n)
{
	size_t at = b->bytes.len, in_record = 0;

	for (size_t i = 0; i < n; i++) {
		const struct ledger_entry *e = &entries[i];

		bytes_add(&b->bytes, e->uidl, 16);
		bytes_add(&b->bytes, e->identity, 16);
		bytes_add32(&b->bytes, e->fetched);
		bytes_add32(&b->bytes, e->size);
		str_addc(&b->bytes,
			(char)((e->deleted ? LEDGER_DELETED : 0) | (e->part ? LEDGER_PART : 0) |
				(e->drop ? LEDGER_DROP : 0)));
		if (++in_record == LEDGER_A_RECORD || i + 1 == n) {
			batch_end(b, REC_LEDGER, at);
			at = b->bytes.len;
			in_record = 0;
		}
	}
}

/* ---- for the rest of the program ---- */

const struct ledger_entry *ledger_get(const struct journal *j, const unsigned char key[16])
{
	return lookup(&j->ledger, key);
}

void ledger_doubt(struct journal *j, bool doubted)
{
	j->doubted = doubted;
}

bool ledger_is_doubted(const struct journal *j)
{
	return j->doubted;
}

size_t ledger_count(const struct journal *j)
{
	return j->ledger.n;
}

const struct ledger_entry *ledger_at(const struct journal *j, size_t i)
{
	return &j->ledger.v[i];
}

int ledger_add(struct journal *j, const struct ledger_entry *entries, size_t n, struct err *err)
{
	struct batch b = {0};
	int rc;

	ledger_batch(&b, entries, n);
	rc = b.n ? journal_append(j, &b, err) : 0;
	batch_done(&b);
	return rc;
}

int ledger_forget(struct journal *j, const unsigned char (*keys)[16], size_t n, struct err *err)
{
	struct batch b = {0};
	int rc;

	for (size_t i = 0; i < n; i += KEYS_A_RECORD) {
		size_t some = n - i < KEYS_A_RECORD ? n - i : KEYS_A_RECORD, at = b.bytes.len;

		bytes_add(&b.bytes, keys[i], some * 16);
		batch_end(&b, REC_LEDGER_FORGET, at);
	}
	rc = b.n ? journal_append(j, &b, err) : 0;
	batch_done(&b);
	return rc;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

size_t ledger_missing(const struct journal *j, const unsigned char (*present)[16], size_t n,
	unsigned char (**out)[16])
{
	const struct ledger *l = &j->ledger;
	size_t found = 0;

	*out = mem_array(l->n ? l->n : 1, 16);
	for (size_t i = 0; i < l->n; i++)
		if (!n || !bsearch(l->v[i].uidl, present, n, 16, by_bytes))
			memcpy((*out)[found++], l->v[i].uidl, 16);
	return found;
}
