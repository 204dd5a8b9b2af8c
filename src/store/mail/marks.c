/*
 * Marks that one copy of a message has and another lacks: read, answered, flagged, forwarded and
 * keywords. Messages that get the same change are changed together.
 */
#include "store/mail/marks.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/keywords.h"
#include "store/mail/change.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

struct marks marks_of(struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	if (at < 0)
		return (struct marks){0, ""};
	return (struct marks){c->flags[at] & MARKS_SHARED, cache_keyset(f->cache, c->keyset[at])};
}

bool marks_lack(const struct marks *m, const struct marks *of)
{
	struct str missing = STR_INIT;
	bool lack;

	keywords_minus(&missing, of->keywords, m->keywords);
	lack = (of->flags & ~m->flags & MARKS_SHARED) || missing.len;
	str_done(&missing);
	return lack;
}

struct marks_change {
	uint32_t clear, set;
	char *labels_clear, *labels_set; /* owned */
	uint32_t *uids;                  /* owned */
	size_t n, cap;
};

static struct marks_change *change_of(struct marks_changes *m, uint32_t clear, uint32_t set,
	const char *labels_clear, const char *labels_set)
{
	for (size_t i = 0; i < m->n; i++) {
		struct marks_change *x = &m->v[i];

		if (x->clear == clear && x->set == set &&
			strcmp(x->labels_clear, labels_clear) == 0 &&
			strcmp(x->labels_set, labels_set) == 0)
			return x;
	}
	m->v = mem_grow(m->v, &m->cap, m->n + 1, sizeof(*m->v));
	m->v[m->n] = (struct marks_change){.clear = clear,
		.set = set,
		.labels_clear = mem_strdup(labels_clear),
		.labels_set = mem_strdup(labels_set)};
	return &m->v[m->n++];
}

void marks_add(struct marks_changes *m, uint32_t uid, const struct marks *was,
	const struct marks *now, const char *only)
{
	uint32_t clear = was->flags & ~now->flags, set = now->flags & ~was->flags;
	struct str gone = STR_INIT, come = STR_INIT, may = STR_INIT;
	struct marks_change *x;

	keywords_minus(&come, now->keywords, was->keywords);
	keywords_minus(&gone, was->keywords, now->keywords);
	keywords_both(&may, str_c(&gone), only ? only : str_c(&gone));
	if (clear || set || come.len || may.len) {
		x = change_of(m, clear, set, str_c(&may), str_c(&come));
		x->uids = mem_grow(x->uids, &x->cap, x->n + 1, sizeof(*x->uids));
		x->uids[x->n++] = uid;
	}
	str_done(&gone);
	str_done(&come);
	str_done(&may);
}

/* One after the other: what has no room in a Maildir, or is no keyword here, holds back no other.
 * *some: one was set. */
static int set_labels(
	struct folder *f, const struct marks_change *d, bool *some, bool *left_out, struct err *err)
{
	const char *p = d->labels_set, *word;
	size_t len;
	int rc = 0;

	while (rc == 0 && (word = keywords_next(&p, &len))) {
		char *one = mem_strndup(word, len);
		bool ok = keywords_ok(word, len);

		if (ok)
			rc = change_keywords(f, d->uids, d->n, "", one, NULL, err);
		if (ok && rc != 0 && err->kind == ERR_FULL && f->local) {
			ok = false;
			rc = 0;
		}
		*some |= ok && rc == 0;
		*left_out |= !ok;
		free(one);
	}
	return rc;
}

static int apply_change(
	struct folder *f, struct marks_change *d, size_t *changed, bool *left_out, struct err *err)
{
	bool some = d->clear || d->set || *d->labels_clear;
	int rc;

	d->n = uids_sort(d->uids, d->n);
	rc = change_flags(f, d->uids, d->n, d->clear, d->set, err);
	if (rc == 0 && *d->labels_clear)
		rc = change_keywords(f, d->uids, d->n, d->labels_clear, "", NULL, err);
	if (rc == 0)
		rc = set_labels(f, d, &some, left_out, err);
	if (rc == 0 && some && changed)
		*changed += d->n;
	return rc;
}

void marks_drop(struct marks_changes *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].labels_clear);
		free(m->v[i].labels_set);
		free(m->v[i].uids);
	}
	MEM_FREE(m->v);
	m->n = m->cap = 0;
}

int marks_apply(struct folder *f, struct marks_changes *m, size_t *changed, struct err *err)
{
	bool left_out = false;
	int rc = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct err why = {0};

		if (apply_change(f, &m->v[i], changed, &left_out, &why) != 0) {
			if (rc == 0 && err)
				*err = why;
			rc = -1;
		}
	}
	if (left_out && !m->told)
		store_notice(f->account, _("Not every keyword has room in %s: some were left out"),
			f->name);
	m->told |= left_out;
	marks_drop(m);
	return rc;
}
