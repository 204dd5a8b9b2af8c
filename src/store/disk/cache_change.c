/* Changes: records for the log, which count once they are written there (cache.h has the rest). */
#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/bytes.h"
#include "store/disk/cache_priv.h"

#include <stdlib.h>

static int replay_others(void *ctx, const struct wal_record *r)
{
	struct cache *c = ctx;

	c->news++;
	return index_replay(c, r);
}

/* -1, and whoever is to tell it hears of it. */
static int failed(struct cache *c, const struct err *why, struct err *err)
{
	if (c->failed)
		c->failed(c->failed_ctx, why);
	if (err)
		*err = *why;
	return -1;
}

/* 0; -1; 1: everything was reread, the caller looks again and repeats. What cannot be written
 * counts in memory all the same: on a full disk people go on seeing what there is. */
static int append(struct cache *c, const struct wal_record *records, size_t n, struct err *err)
{
	struct err why = {0};
	int rc = c->read_only ? err_set(&why, ERR_BUSY, _("The header cache %s cannot be written"),
					c->dir)
			      : wal_append(c->wal, records, n, false, replay_others, c, &why);

	c->ahead |= rc < 0;
	for (size_t i = 0; rc <= 0 && i < n; i++)
		index_replay(c, &records[i]);
	if (rc == 1 && cache_reload(c, &why) != 0)
		rc = -1;
	return rc < 0 ? failed(c, &why, err) : rc;
}

enum { TRIES = 8, FLAGS_AT_ONCE = 500 };

static int too_busy(struct cache *c, struct err *err)
{
	struct err why = {0};

	err_set(&why, ERR_BUSY, _("Another running copy keeps changing %s"), c->dir);
	return failed(c, &why, err);
}

/* For records that do not depend on what is there. */
static int append_all(struct cache *c, const struct wal_record *v, size_t n, struct err *err)
{
	for (int i = 0; i < TRIES; i++) {
		int rc = append(c, v, n, err);

		if (rc != 1)
			return rc;
	}
	return too_busy(c, err);
}

static int append_one(struct cache *c, uint16_t type, const struct str *payload, struct err *err)
{
	const struct wal_record r = {type, payload->p, payload->len, 0};

	return append_all(c, &r, 1, err);
}

void cache_log_damage(struct cache *c, uint32_t first, uint32_t last)
{
	struct str payload = STR_INIT;

	bytes_add32(&payload, first);
	bytes_add32(&payload, last);
	/* where it cannot be written this copy knows at least */
	if (append_one(c, LOG_DAMAGED, &payload, NULL) != 0)
		index_damage(c, first, last);
	str_done(&payload);
}

/* The ADD records of a batch, and a LINK record for those that waited for one of them. */
static int add_once(struct cache *c, const struct summary *s, size_t n, struct err *err)
{
	uint32_t *parents = mem_array(n, sizeof(*parents));
	struct wal_record *records = mem_array(n + 1, sizeof(*records));
	size_t *start = mem_array(n + 2, sizeof(*start)), n_links, total = n;
	struct link *links;
	struct str bytes = STR_INIT;
	int rc;

	link_batch(c, s, n, parents, &links, &n_links);
	for (size_t i = 0; i < n; i++) {
		log_add_encode(&bytes, &s[i], parents[i]);
		start[i + 1] = bytes.len;
	}
	/* what does not fit is completed by the compaction */
	for (size_t i = 0; i < n_links && i < WAL_MAX_RECORD / 8; i++) {
		bytes_add32(&bytes, links[i].child);
		bytes_add32(&bytes, links[i].parent);
		total = n + 1;
	}
	start[n + 1] = bytes.len;
	for (size_t i = 0; i < total; i++)
		records[i] = (struct wal_record){
			i < n ? LOG_ADD : LOG_LINK, bytes.p + start[i], start[i + 1] - start[i], 0};
	rc = append(c, records, total, err);
	free(parents);
	free(records);
	free(start);
	free(links);
	str_done(&bytes);
	return rc;
}

int cache_add(struct cache *c, const struct summary *s, size_t n, struct err *err)
{
	enum { BATCH = 1000 };
	int tries = 0, result = 0;

	for (size_t i = 0; i < n; i++)
		if (!s[i].uid)
			return err_set(err, ERR_INPUT, _("A message without a number"));
	while (n) {
		size_t part = n < BATCH ? n : BATCH;
		int rc = add_once(c, s, part, err);

		if (rc == 1 && ++tries > TRIES)
			return too_busy(c, err);
		if (rc == 1)
			continue;
		result = rc < 0 ? rc : result;
		s += part;
		n -= part;
	}
	return result;
}

int cache_set_flags(struct cache *c, uint32_t uid, uint32_t clear, uint32_t set,
	const char *keywords, struct err *err)
{
	struct log_flags f = {uid, clear, set, keywords};
	struct str payload = STR_INIT;
	int rc;

	if (!cache_has(c, uid))
		return 0;
	log_flags_encode(&payload, &f);
	rc = append_one(c, LOG_FLAGS, &payload, err);
	str_done(&payload);
	return rc;
}

int cache_set_flags_all(struct cache *c, const uint32_t *uids, size_t n, uint32_t clear,
	uint32_t set, const char *keywords, struct err *err)
{
	struct wal_record v[FLAGS_AT_ONCE];
	struct str payload = STR_INIT;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n;) {
		size_t used = 0, each;

		str_clear(&payload);
		for (; i < n && used < FLAGS_AT_ONCE; i++) {
			struct log_flags f = {uids[i], clear, set, keywords};

			if (!cache_has(c, uids[i]))
				continue;
			log_flags_encode(&payload, &f);
			used++;
		}
		each = used ? payload.len / used : 0;
		for (size_t k = 0; k < used; k++)
			v[k] = (struct wal_record){LOG_FLAGS, payload.p + k * each, each, 0};
		if (used)
			rc = append_all(c, v, used, err);
	}
	str_done(&payload);
	return rc;
}

/* Records that are made one after the other in one run of bytes. */
struct records {
	struct str bytes;
	struct {
		uint16_t type;
		size_t len;
	} * v;
	size_t n, cap, ended;
};

static void record_end(struct records *r, uint16_t type)
{
	if (r->bytes.len == r->ended)
		return;
	r->v = mem_grow(r->v, &r->cap, r->n + 1, sizeof(*r->v));
	r->v[r->n].type = type;
	r->v[r->n++].len = r->bytes.len - r->ended;
	r->ended = r->bytes.len;
}

static int append_records(struct cache *c, const struct records *r, struct err *err)
{
	struct wal_record *v = mem_array(r->n, sizeof(*v));
	size_t at = 0;
	int rc;

	for (size_t i = 0; i < r->n; at += r->v[i++].len)
		v[i] = (struct wal_record){r->v[i].type, r->bytes.p + at, r->v[i].len, 0};
	rc = r->n ? append_all(c, v, r->n, err) : 0;
	free(v);
	return rc;
}

/* The base knows only of references that were missing what waits for them; in the log a message
 * waits for all of its own. */
static void add_again(struct cache *c, const struct link *l, struct records *r)
{
	struct summary s;

	if (index_added(c, l->child) || cache_get(c, l->child, &s) != 0)
		return;
	log_add_encode(&r->bytes, &s, l->parent);
	record_end(r, LOG_ADD);
}

static void put_uid(struct records *r, uint16_t type, uint32_t uid)
{
	bytes_add32(&r->bytes, uid);
	if (r->bytes.len - r->ended >= WAL_MAX_RECORD - 4)
		record_end(r, type);
}

/* The links of messages that lose their parent go with it, in one write. */
int cache_remove(struct cache *c, const uint32_t *uids, size_t n, struct err *err)
{
	struct records r = {0};
	struct link *links;
	size_t n_links;
	int rc;

	link_orphans(c, uids, n, &links, &n_links);
	for (size_t i = 0; i < n_links; i++)
		add_again(c, &links[i], &r);
	/* what does not fit is completed by the compaction */
	for (size_t i = 0; i < n_links && i < WAL_MAX_RECORD / 8; i++) {
		bytes_add32(&r.bytes, links[i].child);
		bytes_add32(&r.bytes, links[i].parent);
	}
	record_end(&r, LOG_LINK);
	for (size_t i = 0; i < n; i++)
		if (cache_has(c, uids[i]))
			put_uid(&r, LOG_EXPUNGE, uids[i]);
	record_end(&r, LOG_EXPUNGE);
	rc = append_records(c, &r, err);
	free(links);
	free(r.v);
	str_done(&r.bytes);
	return rc;
}

static int set_meta(struct cache *c, uint16_t type, const struct cache_meta *meta, struct err *err)
{
	struct str payload = STR_INIT;
	int rc;

	log_meta_encode(&payload, meta);
	rc = append_one(c, type, &payload, err);
	str_done(&payload);
	return rc;
}

int cache_set_meta(struct cache *c, const struct cache_meta *meta, struct err *err)
{
	struct cache_meta m = *meta;

	if (c->ahead) {
		m.complete = false;
		m.highestmodseq = 0;
	}
	return set_meta(c, LOG_META, &m, err);
}

int cache_reset(struct cache *c, const struct cache_meta *meta, struct err *err)
{
	return set_meta(c, LOG_RESET, meta, err);
}

int cache_sync(struct cache *c, struct err *err)
{
	struct err why = {0};

	return wal_sync(c->wal, &why) == 0 ? 0 : failed(c, &why, err);
}

int cache_refresh(struct cache *c, struct err *err)
{
	uint64_t before = wal_sequence(c->wal);
	int rc = wal_read(c->wal, replay_others, c, err);

	if (rc == 1)
		return cache_reload(c, err) == 0 ? 1 : -1;
	if (rc != 0)
		return -1;
	return wal_sequence(c->wal) != before;
}
