#include "store/disk/cache_priv.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Which UIDs are in, one bit each; where they are too sparse for that, the columns are searched. */
struct uidset {
	const struct columns *columns;
	uint64_t *bits; /* NULL: sparse */
	uint32_t first, last;
};

struct build {
	struct cache *c;            /* settled, and nobody else's */
	struct uidset there, added; /* messages, and those whose strings came by the log */
	struct gdbmf *out;
	struct str rec;
	struct {
		struct dir_entry *v;
		size_t n, cap;
	} dir[5];
	struct err *err;
};

/* --- sets of UIDs: every pair and every parent is looked up --- */

static bool bit_get(const struct uidset *s, uint32_t uid)
{
	uint32_t at = uid - s->first;

	return uid >= s->first && uid <= s->last && (s->bits[at / 64] >> at % 64 & 1);
}

static void bit_set(struct uidset *s, uint32_t uid)
{
	uint32_t at = uid - s->first;

	s->bits[at / 64] |= UINT64_C(1) << at % 64;
}

static void uidset_start(struct uidset *s, const struct columns *c)
{
	*s = (struct uidset){.columns = c};
	if (!c->n)
		return;
	s->first = c->uid[0];
	s->last = c->uid[c->n - 1];
	if ((s->last - s->first) / 64 <= c->n)
		s->bits = mem_array((size_t)(s->last - s->first) / 64 + 1, sizeof(*s->bits));
}

static void sets_start(struct build *b)
{
	const struct columns *c = &b->c->columns;

	uidset_start(&b->there, c);
	uidset_start(&b->added, c);
	if (!b->there.bits)
		return;
	for (size_t i = 0; i < c->n; i++)
		bit_set(&b->there, c->uid[i]);
	for (size_t i = 0; i < b->c->n_added; i++)
		if (b->c->added[i].uid && bit_get(&b->there, b->c->added[i].uid))
			bit_set(&b->added, b->c->added[i].uid);
}

static bool is_there(const struct build *b, uint32_t uid)
{
	return b->there.bits ? bit_get(&b->there, uid) : columns_find(b->there.columns, uid) >= 0;
}

static bool is_added(const struct build *b, uint32_t uid)
{
	return b->added.bits ? bit_get(&b->added, uid)
			     : b->c->n_added && index_added(b->c, uid) != NULL;
}

/* Stores a page that was sealed. */
static int put_page(
	struct build *b, enum family f, uint32_t first, uint32_t crc, const void *p, size_t len)
{
	uint32_t index = (uint32_t)b->dir[f].n;

	if (b->c->stop && atomic_load(b->c->stop))
		return err_set(b->err, ERR_CANCELLED, _("stopped"));
	b->dir[f].v = mem_grow(b->dir[f].v, &b->dir[f].cap, b->dir[f].n + 1, sizeof(*b->dir[f].v));
	b->dir[f].v[b->dir[f].n++] = (struct dir_entry){first, crc};
	return gdbmf_store(b->out, family_tag[f], index, p, len, b->err);
}

/* --- strings --- */

static int flush_strings(struct build *b, struct strings_builder *sb)
{
	uint32_t crc;
	int rc;

	if (!sb->n)
		return 0;
	crc = strings_encode(&b->rec, sb);
	rc = put_page(b, FAMILY_STRINGS, sb->uid[0], crc, b->rec.p, b->rec.len);
	strings_start(sb);
	return rc;
}

/* Number of rows the page gives when it can go over as it is, else 0. */
static uint32_t unchanged(const struct build *b, uint32_t index, size_t row)
{
	const struct cache *c = b->c;
	const struct strings_page *v = base_strings_page(c->base, index);

	if (!v || v->n < PAGE_STRINGS / 4 || v->n > c->columns.n - row)
		return 0;
	for (uint32_t i = 0; i < v->n; i++)
		if (strings_uid(v, i) != c->columns.uid[row + i] ||
			is_added(b, c->columns.uid[row + i]))
			return 0;
	return v->n;
}

static int add_strings(struct build *b, struct strings_builder *sb, uint32_t uid)
{
	struct summary s = {0};
	uint32_t range[2] = {uid, uid};

	if (index_strings(b->c, uid, &s, range) != 1) {
		if (!index_damage_known(b->c, uid))
			index_damage(b->c, range[0], range[1]);
		s = (struct summary){.from_name = "",
			.from_mail = "",
			.to = "",
			.cc = "",
			.subject = "",
			.message_id = "",
			.references = "",
			.file = ""};
	}
	if (strings_add(sb, uid, &s))
		return 0;
	if (flush_strings(b, sb) != 0)
		return -1;
	strings_add(sb, uid, &s);
	return 0;
}

static int build_strings(struct build *b)
{
	struct cache *c = b->c;
	struct strings_builder *sb = mem_alloc(sizeof(*sb));
	uint32_t page = 0, pages = c->base ? base_pages(c->base, FAMILY_STRINGS) : 0;
	int rc = 0;

	strings_start(sb);
	for (size_t row = 0; rc == 0 && row < c->columns.n;) {
		uint32_t uid = c->columns.uid[row], n = 0;

		while (page < pages && base_first(c->base, FAMILY_STRINGS, page) < uid)
			page++;
		/* copying behind a nearly empty page would leave it so for good */
		if (page < pages && base_first(c->base, FAMILY_STRINGS, page) == uid &&
			(!sb->n || sb->n >= PAGE_STRINGS / 2))
			n = unchanged(b, page, row);
		if (!n) {
			rc = add_strings(b, sb, uid);
			row++;
			continue;
		}
		rc = flush_strings(b, sb);
		if (rc == 0) {
			size_t len;
			const unsigned char *rec = base_page(c->base, FAMILY_STRINGS, page, &len);
			struct page head;

			rc = rec && page_open(&head, 's', rec, len) == 0
				     ? put_page(b, FAMILY_STRINGS, uid, head.crc, rec, len)
				     : -1;
		}
		row += n;
	}
	if (rc == 0)
		rc = flush_strings(b, sb);
	strings_done(sb);
	free(sb);
	return rc;
}

/* --- hashes --- */

struct pair_list {
	struct pair *v;
	size_t n, cap;
};

static void list_add(struct pair_list *l, uint64_t hash, uint32_t uid)
{
	l->v = mem_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct pair){hash, uid};
}

static void list_message(
	struct cache *c, uint32_t uid, struct pair_list *known, struct pair_list *waiting)
{
	static const unsigned char none[16];
	uint64_t refs[LINK_REFERENCES];
	enum link_role role;
	struct summary s;
	uint32_t range[2];
	uint64_t subject;
	size_t n;

	if (index_strings(c, uid, &s, range) != 1)
		return;
	if (*s.message_id)
		list_add(known, link_id_hash(c, s.message_id, strlen(s.message_id)), uid);
	if (memcmp(s.identity, none, 16) != 0)
		list_add(known, link_identity_hash(c, s.identity), uid);
	n = link_references(c, s.references, refs, LINK_REFERENCES);
	for (size_t i = 0; i < n; i++)
		list_add(waiting, refs[i], uid);
	role = link_role(c, &s, &subject);
	if (role != LINK_NONE)
		list_add(role == LINK_OPENS ? known : waiting, subject, uid);
}

/* Whether the old tables can be merged; a damaged one is made anew from all strings, and so is one
 * without subjects. */
static bool tables_sound(struct cache *c)
{
	if (c->base && base_meta(c->base)->minor < META_SUBJECTS)
		return false;
	for (uint32_t i = 0; c->base && i < base_pages(c->base, FAMILY_PAIRS); i++)
		if (!base_pairs_page(c->base, FAMILY_PAIRS, i))
			return false;
	for (uint32_t i = 0; c->base && i < base_pages(c->base, FAMILY_WAITING); i++)
		if (!base_pairs_page(c->base, FAMILY_WAITING, i))
			return false;
	return true;
}

static void list_all(struct cache *c, struct pair_list *known, struct pair_list *waiting, bool all)
{
	for (size_t i = 0; all && i < c->columns.n; i++)
		list_message(c, c->columns.uid[i], known, waiting);
	for (size_t i = 0; !all && i < c->n_added; i++)
		if (c->added[i].uid)
			list_message(c, c->added[i].uid, known, waiting);
	if (known->n)
		qsort(known->v, known->n, sizeof(*known->v), pair_compare);
	if (waiting->n)
		qsort(waiting->v, waiting->n, sizeof(*waiting->v), pair_compare);
}

/* The pairs of the old base that still hold, merged with the new ones. */
struct stream {
	const struct build *b;
	enum family family;
	uint32_t page, pages, at;
	bool have_old;
	struct pair old;
	const struct pair_list *more;
	size_t next;
};

static void old_next(struct stream *s)
{
	for (; s->page < s->pages; s->page++, s->at = 0) {
		const struct page *page = base_pairs_page(s->b->c->base, s->family, s->page);

		while (page && s->at < page->count) {
			s->old = pair_at(page, s->at++);
			s->have_old = is_there(s->b, s->old.uid) && !is_added(s->b, s->old.uid);
			if (s->have_old)
				return;
		}
	}
	s->have_old = false;
}

static bool stream_next(struct stream *s, struct pair *p)
{
	const struct pair_list *more = s->more;

	if (s->next < more->n && (!s->have_old || pair_compare(&more->v[s->next], &s->old) <= 0)) {
		*p = more->v[s->next++];
		return true;
	}
	if (!s->have_old)
		return false;
	*p = s->old;
	old_next(s);
	return true;
}

static struct stream stream_start(
	const struct build *b, enum family f, const struct pair_list *more, bool all)
{
	struct stream s = {.b = b, .family = f, .more = more};

	s.pages = b->c->base && !all ? base_pages(b->c->base, f) : 0;
	old_next(&s);
	return s;
}

struct pair_writer {
	struct build *b;
	enum family family;
	uint32_t n;
	struct pair v[PAGE_PAIRS];
	struct pair openers[LINK_OPENERS]; /* of one subject */
	size_t n_openers;
	int rc;
};

static void flush_pairs(struct pair_writer *w)
{
	uint32_t crc;

	if (!w->n || w->rc != 0)
		return;
	crc = pairs_encode(&w->b->rec, family_tag[w->family], w->v, w->n);
	w->rc = put_page(
		w->b, w->family, (uint32_t)(w->v[0].hash >> 32), crc, w->b->rec.p, w->b->rec.len);
	w->n = 0;
}

static void write_pair(struct pair_writer *w, struct pair p)
{
	if (w->n == PAGE_PAIRS)
		flush_pairs(w);
	filter_add(&w->b->c->filters[w->family == FAMILY_WAITING], p.hash);
	if (w->rc == 0)
		w->v[w->n++] = p;
}

static void flush_openers(struct pair_writer *w)
{
	for (size_t i = 0; i < w->n_openers; i++)
		write_pair(w, w->openers[i]);
	w->n_openers = 0;
}

/* A subject that thousands of messages share gets no pages of its own: the oldest and the newest
 * stay. */
static void write_known(struct pair_writer *w, struct pair p)
{
	if (w->n_openers && w->openers[0].hash != p.hash)
		flush_openers(w);
	if (!link_is_subject(p.hash)) {
		write_pair(w, p);
		return;
	}
	if (w->n_openers == LINK_OPENERS) {
		memmove(&w->openers[1], &w->openers[2], (LINK_OPENERS - 2) * sizeof(p));
		w->n_openers--;
	}
	w->openers[w->n_openers++] = p;
}

/* A reference that was waited for is there: two copies of the program may have added the two. */
static void complete(struct cache *c, uint32_t child, uint32_t parent)
{
	ptrdiff_t row = columns_find(&c->columns, child);

	if (row >= 0 && !c->columns.parent[row] && child != parent &&
		!link_would_loop(c, child, parent)) {
		c->columns.parent[row] = parent;
		index_relinked(c, child);
	}
}

/* The same for an answer without references; more than one message may be what it answers, and a
 * better one than that it has. */
static void complete_subject(struct cache *c, uint32_t child, uint32_t parent)
{
	ptrdiff_t row = columns_find(&c->columns, child);

	if (row >= 0 && link_rather(child, c->columns.parent[row], parent) && child != parent &&
		!link_would_loop(c, child, parent)) {
		c->columns.parent[row] = parent;
		index_relinked(c, child);
	}
}

/* Who waits for a hash that is known: first is the first message of it, last the last that was
 * passed, next the one that comes, if any. False: it goes on waiting. */
static bool arrived(struct cache *c, struct pair w, const struct pair *first,
	const struct pair *last, const struct pair *next)
{
	if (!link_is_subject(w.hash)) {
		if (first->hash == w.hash && first->uid)
			complete(c, w.uid, first->uid);
		return first->hash == w.hash && first->uid;
	}
	if (last->hash == w.hash && last->uid)
		complete_subject(c, w.uid, last->uid);
	else if (next && next->hash == w.hash)
		complete_subject(c, w.uid, next->uid);
	return false; /* a better one may come any time */
}

static void join(
	struct stream *known, struct stream *waiting, struct pair_writer *x, struct pair_writer *t)
{
	struct pair k = {0}, w, first = {0}, last = {0};
	bool have = stream_next(known, &k);

	while (stream_next(waiting, &w)) {
		bool subject = link_is_subject(w.hash);

		/* of a subject's messages only those before the answer: the next is looked at too
		 */
		for (; have &&
			(k.hash < w.hash || (k.hash == w.hash && (!subject || k.uid < w.uid)));
			have = stream_next(known, &k)) {
			if (!first.uid || first.hash != k.hash)
				first = k;
			last = k;
			write_known(x, k);
		}
		if (!arrived(x->b->c, w, &first, &last, have ? &k : NULL))
			write_pair(t, w);
	}
	for (; have; have = stream_next(known, &k))
		write_known(x, k);
	flush_openers(x);
	flush_pairs(x);
	flush_pairs(t);
}

static void start_filters(struct build *b, size_t known, size_t waiting)
{
	struct cache *c = b->c;

	if (c->meta.complete)
		return;
	if (c->base) {
		known += (size_t)base_pages(c->base, FAMILY_PAIRS) * PAGE_PAIRS;
		waiting += (size_t)base_pages(c->base, FAMILY_WAITING) * PAGE_PAIRS;
	}
	filter_start(&c->filters[0], known);
	filter_start(&c->filters[1], waiting);
}

static int build_pairs(struct build *b)
{
	struct cache *c = b->c;
	struct pair_list known = {0}, waiting = {0};
	struct pair_writer *w = mem_array(2, sizeof(*w));
	bool all = !tables_sound(c);
	struct stream from_known, from_waiting;
	int rc;

	list_all(c, &known, &waiting, all);
	start_filters(b, known.n, waiting.n);
	from_known = stream_start(b, FAMILY_PAIRS, &known, all);
	from_waiting = stream_start(b, FAMILY_WAITING, &waiting, all);
	w[0].b = w[1].b = b;
	w[0].family = FAMILY_PAIRS;
	w[1].family = FAMILY_WAITING;
	join(&from_known, &from_waiting, &w[0], &w[1]);
	rc = w[0].rc != 0 || w[1].rc != 0 ? -1 : 0;
	free(known.v);
	free(waiting.v);
	free(w);
	return rc;
}

/* --- columns --- */

static void drop_dangling(struct build *b)
{
	struct columns *c = &b->c->columns;

	for (size_t i = 0; i < c->n; i++)
		if (c->parent[i] && !is_there(b, c->parent[i]))
			c->parent[i] = 0;
}

static int build_hot(struct build *b)
{
	const struct columns *c = &b->c->columns;

	for (size_t from = 0; from < c->n; from += PAGE_HOT) {
		uint32_t n = c->n - from < PAGE_HOT ? (uint32_t)(c->n - from) : PAGE_HOT;
		uint32_t crc = hot_encode(&b->rec, c, from, n);

		if (put_page(b, FAMILY_HOT, c->uid[from], crc, b->rec.p, b->rec.len) != 0)
			return -1;
	}
	return 0;
}

/* Only the sets in use, numbered anew. */
static int build_keysets(struct build *b)
{
	struct columns *c = &b->c->columns;
	struct strv used = STRV_INIT;
	uint16_t *number = mem_array(b->c->keysets.n, sizeof(*number));
	size_t from = 0;
	int rc = 0;

	for (size_t i = 0; i < c->n; i++) {
		uint16_t old = c->keyset[i];

		if (!old || old >= b->c->keysets.n) {
			c->keyset[i] = 0;
			continue;
		}
		if (!number[old]) {
			strv_add(&used, b->c->keysets.v[old]);
			number[old] = (uint16_t)used.n;
		}
		c->keyset[i] = number[old];
	}
	while (rc == 0 && from < used.n) {
		size_t n = 0, bytes = 0;
		uint32_t crc;

		while (from + n < used.n && bytes < 60000)
			bytes += strlen(used.v[from + n++]) + 1;
		crc = keysets_encode(&b->rec, used.v + from, (uint32_t)n);
		rc = put_page(b, FAMILY_KEYSETS, (uint32_t)from + 1, crc, b->rec.p, b->rec.len);
		from += n;
	}
	strv_done(&used);
	free(number);
	return rc;
}

/* --- directory and meta --- */

static struct dir_entry *all_entries(const struct build *b, size_t *n)
{
	struct dir_entry *all;
	size_t at = 0;

	*n = 0;
	for (int f = 0; f < 5; f++)
		*n += b->dir[f].n;
	all = mem_array(*n + 1, sizeof(*all));
	for (int f = 0; f < 5; f++)
		for (size_t i = 0; i < b->dir[f].n; i++)
			all[at++] = b->dir[f].v[i];
	return all;
}

static int build_dir(struct build *b, struct base_meta *m)
{
	size_t n;
	struct dir_entry *all = all_entries(b, &n);
	int rc = 0;

	m->n_dir = (uint32_t)((n + PAGE_DIR - 1) / PAGE_DIR);
	m->dir_crc = mem_array((size_t)m->n_dir + 1, sizeof(*m->dir_crc));
	for (uint32_t i = 0; rc == 0 && i < m->n_dir; i++) {
		size_t from = (size_t)i * PAGE_DIR;

		m->dir_crc[i] = dir_encode(
			&b->rec, all + from, n - from < PAGE_DIR ? (uint32_t)(n - from) : PAGE_DIR);
		rc = gdbmf_store(b->out, 'd', i, b->rec.p, b->rec.len, b->err);
	}
	free(all);
	return rc;
}

static int build_meta(struct build *b, uint32_t gen, uint32_t *crc)
{
	const struct cache *c = b->c;
	struct base_meta m = {.gen = gen, .meta = c->meta, .sequence = wal_sequence(c->wal)};
	int rc;

	m.n = (uint32_t)c->columns.n;
	m.max_uid = m.n ? c->columns.uid[m.n - 1] : 0;
	memcpy(m.key, c->header.key, 16);
	m.folder = c->folder;
	for (int f = 0; f < 5; f++)
		m.pages[f] = (uint32_t)b->dir[f].n;
	rc = build_dir(b, &m);
	if (rc == 0) {
		*crc = meta_encode(&b->rec, &m);
		rc = gdbmf_store(b->out, 'M', 0, b->rec.p, b->rec.len, b->err);
	}
	free(m.dir_crc);
	return rc;
}

static int build_all(struct build *b, uint32_t gen, uint32_t *crc)
{
	sets_start(b);
	if (build_strings(b) != 0 || build_pairs(b) != 0)
		return -1;
	drop_dangling(b);
	if (build_keysets(b) != 0 || build_hot(b) != 0)
		return -1;
	return build_meta(b, gen, crc);
}

/* Reads back what the next opening will look at first. */
static int verify(const char *path, uint32_t crc, uint64_t *size, struct err *err)
{
	struct gdbmf *f;
	unsigned char *rec;
	struct page page;
	size_t len;
	int rc;

	if (gdbmf_open(&f, path, err) != 0)
		return -1;
	rec = gdbmf_fetch(f, 'M', 0, &len);
	rc = rec && page_open(&page, 'M', rec, len) == 0 && page.crc == crc ? 0 : -1;
	*size = gdbmf_size(f);
	free(rec);
	gdbmf_close(f);
	return rc == 0 ? 0 : err_set(err, ERR_DAMAGED, _("%s cannot be read back"), path);
}

int build_base(struct cache *c, uint32_t gen, struct log_header *h, struct err *err)
{
	struct build b = {.c = c, .err = err};
	char *tmp = cache_file(c->dir, "base.tmp"), *path = base_path(c->dir, gen);
	int rc;

	unlink(tmp);
	index_settle(c);
	rc = gdbmf_create(&b.out, tmp, err);
	if (rc == 0)
		rc = build_all(&b, gen, &h->meta_crc);
	if (rc == 0)
		rc = gdbmf_finish(b.out, err);
	gdbmf_close(b.out);
	if (rc == 0)
		rc = verify(tmp, h->meta_crc, &h->base_size, err);
	if (rc == 0 && rename(tmp, path) != 0)
		rc = err_errno(err, _("Cannot create %s"), path);
	if (rc != 0)
		unlink(tmp);
	h->gen = gen;
	for (int f = 0; f < 5; f++)
		free(b.dir[f].v);
	free(b.there.bits);
	free(b.added.bits);
	str_done(&b.rec);
	free(tmp);
	free(path);
	return rc;
}
