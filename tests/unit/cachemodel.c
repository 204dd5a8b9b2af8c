#include "tests/unit/cachemodel.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t model_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void identity_of(unsigned char out[16], uint32_t uid)
{
	uint64_t a = model_mix(uid / 2), b = model_mix(a);

	memcpy(out, &a, 8);
	memcpy(out + 8, &b, 8);
}

enum { TOPIC = 100 }; /* UIDs that share a subject */

static bool by_subject(uint32_t uid)
{
	return uid % 5 == 4;
}

static bool opens(uint32_t uid)
{
	return by_subject(uid) && uid % 3 == 0;
}

static void subject_of(struct model_text *t, uint32_t uid)
{
	static const char *const names[] = {
		"Re: \xc3\x84pfel", "Aw: [list] \xc3\xa4PFEL", "re: Fwd: \xc3\xa4pfel"};

	snprintf(t->subject, sizeof(t->subject), "%s %u",
		opens(uid) ? "[list] \xc3\x84pfel" : names[uid % 7 % 3], uid / TOPIC);
}

void model_summary(struct summary *s, struct model_text *t, uint32_t uid, uint32_t version,
	uint32_t flags, const char *keywords)
{
	uint32_t parent = uid - uid % 7 - (uid > uid % 7);
	uint64_t r = model_mix(uid * UINT64_C(1000003) + version);

	*s = (struct summary){.uid = uid, .flags = flags, .keywords = keywords};
	s->received = 1600000000 + uid * 60;
	s->sent = (uint32_t)(1600000000 + uid * 60 - r % 600);
	s->size = (uint32_t)(r % 100000);
	identity_of(s->identity, uid);
	snprintf(t->from_name, sizeof(t->from_name), "Sender %u", (unsigned)(r % 50));
	snprintf(t->from_mail, sizeof(t->from_mail), "s%u@example.org", (unsigned)(r % 50));
	snprintf(t->to, sizeof(t->to), "list%u@example.org", (unsigned)(r % 5));
	snprintf(t->cc, sizeof(t->cc), "%s", r % 3 ? "" : "Copy <copy@example.org>");
	snprintf(t->subject, sizeof(t->subject), "Subject %u of version %u of %u",
		(unsigned)(r % 1000), version, uid);
	snprintf(t->id, sizeof(t->id), "%u.mail@example.org", uid);
	t->references[0] = '\0';
	if (by_subject(uid))
		subject_of(t, uid);
	else if (parent)
		snprintf(t->references, sizeof(t->references),
			"gone@example.org %u.mail@example.org", parent);
	snprintf(t->file, sizeof(t->file), "%s", uid % 3 ? "" : "1600000000.M1P2.host");
	s->from_name = t->from_name;
	s->from_mail = t->from_mail;
	s->to = t->to;
	s->cc = t->cc;
	s->subject = t->subject;
	s->message_id = t->id;
	s->references = t->references;
	s->file = t->file;
}

static size_t place(const struct model *m, uint32_t uid)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (m->rows[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct model_row *model_find(struct model *m, uint32_t uid)
{
	size_t at = place(m, uid);

	return at < m->n && m->rows[at].uid == uid ? &m->rows[at] : NULL;
}

void model_put(
	struct model *m, uint32_t uid, uint32_t version, uint32_t flags, const char *keywords)
{
	size_t at = place(m, uid);

	if (at == m->n || m->rows[at].uid != uid) {
		m->rows = mem_grow(m->rows, &m->cap, m->n + 1, sizeof(*m->rows));
		memmove(m->rows + at + 1, m->rows + at, (m->n - at) * sizeof(*m->rows));
		m->n++;
	}
	m->rows[at] = (struct model_row){.uid = uid, .version = version, .flags = flags};
	snprintf(m->rows[at].keywords, sizeof(m->rows[at].keywords), "%s", keywords);
}

void model_remove(struct model *m, uint32_t uid)
{
	size_t at = place(m, uid);

	if (at == m->n || m->rows[at].uid != uid)
		return;
	m->n--;
	memmove(m->rows + at, m->rows + at + 1, (m->n - at) * sizeof(*m->rows));
}

void model_done(struct model *m)
{
	free(m->rows);
	*m = (struct model){0};
}

void model_copy(struct model *to, const struct model *from)
{
	*to = *from;
	to->cap = from->n;
	to->rows = from->n ? mem_dup(from->rows, from->n * sizeof(*from->rows)) : NULL;
}

/* The rule said plainly: the nearest before it, else the first. */
static uint32_t parent_by_subject(struct model *m, uint32_t uid)
{
	uint32_t first = uid / TOPIC * TOPIC, best = 0;

	for (uint32_t u = first; !opens(uid) && u < first + TOPIC; u++)
		if (opens(u) && model_find(m, u) && (u < uid || !best))
			best = u;
	return best;
}

bool model_threads(struct model *m, struct cache *c)
{
	struct columns cols;
	bool ok = true;

	cache_columns(c, &cols);
	for (size_t i = 0; i < cols.n; i++)
		if (by_subject(cols.uid[i]))
			ok &= cols.parent[i] == parent_by_subject(m, cols.uid[i]);
	columns_done(&cols);
	return ok;
}

/* --- steps --- */

static const char *const words[] = {"", "work", "work $later", "\xc3\xa4pfel", "$junk"};

static int step_add(struct model *m, struct cache *c, uint64_t r, struct err *err)
{
	enum { MOST = 8 };
	struct summary s[MOST];
	struct model_text t[MOST];
	size_t n = 1 + r % MOST;

	for (size_t k = 0; k < n; k++) {
		uint64_t q = model_mix(r + k);
		uint32_t uid = 1 + (uint32_t)(q % 600), version = (uint32_t)(q >> 40 & 0xffff);
		uint32_t flags = (uint32_t)(q >> 20 & 31);
		const char *kw = words[q >> 30 & 3];

		model_summary(&s[k], &t[k], uid, version, flags, kw);
		model_put(m, uid, version, flags, kw);
	}
	return c ? cache_add(c, s, n, err) : 0;
}

static int step_flags(struct model *m, struct cache *c, uint64_t r, struct err *err)
{
	struct model_row *row = m->n ? &m->rows[r % m->n] : NULL;
	uint32_t uid = row ? row->uid : 1, clear = (uint32_t)(r >> 32 & 31);
	uint32_t set = (uint32_t)(r >> 40 & 31);
	const char *kw = r >> 50 & 1 ? words[(r >> 51) % 5] : NULL;

	if (row) {
		row->flags = (row->flags & ~clear) | set;
		if (kw)
			snprintf(row->keywords, sizeof(row->keywords), "%s", kw);
	}
	return c ? cache_set_flags(c, uid, clear, set, kw, err) : 0;
}

static int step_remove(struct model *m, struct cache *c, uint64_t r, struct err *err)
{
	uint32_t uids[5];
	size_t n = 1 + r % 5;

	for (size_t k = 0; k < n; k++)
		uids[k] = m->n ? m->rows[model_mix(r + k) % m->n].uid : 1;
	for (size_t k = 0; k < n; k++)
		model_remove(m, uids[k]);
	return c ? cache_remove(c, uids, n, err) : 0;
}

static int step_meta(struct model *m, struct cache *c, uint64_t i, struct err *err)
{
	m->meta.uidvalidity = 77;
	m->meta.uidnext = (uint32_t)i + 1;
	m->meta.highestmodseq = i;
	m->meta.exists = (uint32_t)m->n;
	return c ? cache_set_meta(c, &m->meta, err) : 0;
}

int model_step(struct model *m, struct cache *c, uint64_t seed, uint64_t i, struct err *err)
{
	uint64_t r = model_mix(seed * UINT64_C(7919) + i), what = model_mix(r) % 100;

	if (what < 45)
		return step_add(m, c, r, err);
	if (what < 80)
		return step_flags(m, c, r, err);
	if (what < 90)
		return step_remove(m, c, r, err);
	if (what < 99 || i % 8)
		return step_meta(m, c, i, err);
	m->n = 0;
	m->meta = (struct cache_meta){.uidvalidity = (uint32_t)i};
	return c ? cache_reset(c, &m->meta, err) : 0;
}

/* --- comparing --- */

static void print_row(struct str *out, const struct summary *s)
{
	str_add(out, (const char *)s->identity, 16);
	str_addf(out, "%u %u %u %u %u|%s|%s|%s|%s|%s|%s|%s|%s|%s\n", s->uid, s->flags, s->received,
		s->sent, s->size, s->keywords, s->from_name, s->from_mail, s->to, s->cc, s->subject,
		s->message_id, s->references, s->file);
}

static uint64_t finish(uint64_t h, const struct cache_meta *meta)
{
	h = model_mix(h ^ meta->uidvalidity);
	h = model_mix(h ^ meta->uidnext);
	h = model_mix(h ^ meta->highestmodseq);
	h = model_mix(h ^ meta->exists);
	return model_mix(h ^ meta->complete);
}

static uint64_t hash_row(uint64_t h, struct str *line)
{
	static const unsigned char key[16];

	h = model_mix(h ^ hash_sip(key, line->p, line->len));
	str_clear(line);
	return h;
}

uint64_t model_print(const struct model *m)
{
	struct str line = STR_INIT;
	uint64_t h = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct summary s;
		struct model_text t;

		model_summary(&s, &t, m->rows[i].uid, m->rows[i].version, m->rows[i].flags,
			m->rows[i].keywords);
		print_row(&line, &s);
		h = hash_row(h, &line);
	}
	str_done(&line);
	return finish(h, &m->meta);
}

uint64_t model_print_cache(struct cache *c)
{
	struct str line = STR_INIT;
	struct columns cols;
	uint64_t h = 0;

	cache_columns(c, &cols);
	for (size_t i = 0; i < cols.n; i++) {
		struct summary s;

		/* what the columns say must be what the message says */
		if (cache_get(c, cols.uid[i], &s) != 0 || s.flags != cols.flags[i] ||
			s.received != cols.received[i] || s.sent != cols.sent[i] ||
			s.size != cols.size[i] ||
			strcmp(s.keywords, cache_keyset(c, cols.keyset[i])) != 0)
			str_adds(&line, "bad");
		print_row(&line, &s);
		h = hash_row(h, &line);
	}
	columns_done(&cols);
	str_done(&line);
	return finish(h, cache_meta(c));
}

bool model_covers(struct model *m, struct cache *c, size_t *missing)
{
	struct str a = STR_INIT, b = STR_INIT;
	struct columns cols;
	bool ok = true;

	cache_columns(c, &cols);
	*missing = m->n > cols.n ? m->n - cols.n : 0;
	for (size_t i = 0; ok && i < cols.n; i++) {
		const struct model_row *row = model_find(m, cols.uid[i]);
		struct summary s, want;
		struct model_text t;

		if (!row) {
			ok = false;
			continue;
		}
		if (cache_get(c, cols.uid[i], &s) != 0) {
			++*missing;
			continue;
		}
		model_summary(&want, &t, row->uid, row->version, row->flags, row->keywords);
		str_clear(&a);
		str_clear(&b);
		print_row(&a, &s);
		print_row(&b, &want);
		ok = a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
	}
	columns_done(&cols);
	str_done(&a);
	str_done(&b);
	return ok;
}
