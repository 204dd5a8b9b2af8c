/*
 * How an operation joins those that wait: what does the same to other messages becomes one with
 * them, a mark that is taken back before it was sent is never sent, and all that matters in its
 * order keeps it. So an evening of marking offline costs one command a kind of mark.
 */
#include "store/mail/merge.h"

#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/keywords.h"
#include "store/mail/folder.h"
#include "store/mail/pending.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_BACK = 64 }; /* operations */

static bool may_change(const struct account *a, const struct op *k)
{
	return k->state == OP_QUEUED && pending_in_flight(a) != k->id;
}

static bool does_the_same(const struct op *k, const struct op *op, size_t common)
{
	if (k->kind != op->kind || !k->n || k->set != op->set || k->clear != op->clear ||
		k->exact != op->exact || strcmp(k->target, op->target) != 0 ||
		strcmp(k->keywords_set, op->keywords_set) != 0 ||
		strcmp(k->keywords_clear, op->keywords_clear) != 0)
		return false;
	return op->kind != OP_COPY || !common; /* copied twice is wanted twice */
}

static bool does_the_opposite(const struct op *k, const struct op *op)
{
	return k->kind == OP_FLAGS && op->kind == OP_FLAGS && k->exact && op->exact &&
	       k->set == op->clear && k->clear == op->set &&
	       strcmp(k->keywords_set, op->keywords_clear) == 0 &&
	       strcmp(k->keywords_clear, op->keywords_set) == 0;
}

static bool same_keyword(const struct op *k, const struct op *op)
{
	return keywords_meet(k->keywords_set, op->keywords_set) ||
	       keywords_meet(k->keywords_set, op->keywords_clear) ||
	       keywords_meet(k->keywords_clear, op->keywords_set) ||
	       keywords_meet(k->keywords_clear, op->keywords_clear);
}

/* What comes behind k must stay there. */
static bool holds(const struct op *k, const struct op *op, size_t common)
{
	if (!k->n)
		return true; /* which messages these are is not known yet */
	if (!common)
		return false;
	if (k->kind != OP_FLAGS || op->kind != OP_FLAGS)
		return true;
	return ((k->set | k->clear) & (op->set | op->clear)) != 0 || same_keyword(k, op);
}

static int relabel(
	struct cache *c, const uint32_t *uids, size_t n, const char *clear, const char *set)
{
	struct str words = STR_INIT;
	int rc = 0;

	for (size_t i = 0; (*clear || *set) && i < n; i++) {
		const struct columns *rows = cache_columns_view(c);
		ptrdiff_t at = columns_find(rows, uids[i]);

		if (at < 0)
			continue;
		keywords_apply(&words, cache_keyset(c, rows->keyset[at]), clear, set);
		if (cache_set_flags(c, uids[i], 0, 0, str_c(&words), NULL) != 0)
			rc = -1;
	}
	str_done(&words);
	return rc;
}

/* Both are tried: what cannot be written counts in memory. */
static int remark(struct cache *c, const uint32_t *uids, size_t n, const struct op *op, bool back)
{
	int rc = cache_set_flags_all(
		c, uids, n, back ? op->set : op->clear, back ? op->clear : op->set, NULL, NULL);

	if (relabel(c, uids, n, back ? op->keywords_set : op->keywords_clear,
		    back ? op->keywords_clear : op->keywords_set) != 0)
		rc = -1;
	return rc;
}

/*
 * k is taken back for these messages, and leaves no trace in the journal: the cache comes first.
 * Killed in between, the next start finds k there and lays it over the rows again; the other way
 * round the rows would show for ever what no server was told. So 1, where the cache takes nothing:
 * op is to come behind k, and the server's answers tell the truth.
 */
static int annul(struct account *a, const struct op *k, const struct op *op, const uint32_t *common,
	size_t n, struct err *err)
{
	struct folder *f = folder_find(a, op->folder, false);
	struct cache *c = f ? f->cache : NULL;
	int rc;

	if (c && remark(c, common, n, op, false) != 0)
		return 1;
	rc = journal_shrink(a->journal, k->id, common, n, 0, err);
	if (rc != 0 && c)
		remark(c, common, n, op, true); /* k is laid over the rows with the next opening */
	return rc;
}

/* 1: op is done with, *id carries it; 0: look further; 2: it must come behind k; -1. */
static int meet(struct account *a, const struct op *k, struct op *op, uint32_t *common,
	uint64_t *id, struct err *err)
{
	size_t n = op_common(k, op->uids, op->n, common);
	bool held = holds(k, op, n);
	int rc = 1;

	*id = k->id;
	if (!may_change(a, k))
		return held ? 2 : 0;
	if (n && n == op->n && does_the_opposite(k, op)) {
		/* All of it or none: one record, so that no break leaves it done by half. */
		rc = annul(a, k, op, common, n, err);
		if (rc == 0) {
			*id = 0;
			return 1;
		}
		rc = rc < 0 ? rc : 2;
	} else if (does_the_same(k, op, n)) {
		rc = journal_extend(a->journal, k->id, op->uids, op->n, op->unseen, err);
		if (rc == 0)
			return 1;
	}
	return rc < 0 ? -1 : held || rc == 2 ? 2 : 0;
}

int merge_add(struct account *a, struct op *op, uint64_t *id, struct err *err)
{
	uint32_t *common = mem_array(op->n + 1, sizeof(*common));
	int rc = journal_refresh(a->journal, err) < 0 ? -1 : 0;
	size_t i = journal_count(a->journal);

	op->n = uids_sort(op->uids, op->n);
	for (size_t steps = 0; rc == 0 && op->n && i-- > 0 && steps < LOOK_BACK; steps++) {
		const struct op *k = journal_at(a->journal, i);

		if (k && strcmp(k->folder, op->folder) == 0 && k->uidvalidity == op->uidvalidity)
			rc = meet(a, k, op, common, id, err);
	}
	free(common);
	if (rc == 1 || rc < 0)
		return rc < 0 ? -1 : 0;
	rc = journal_add(a->journal, op, err);
	*id = op->id;
	return rc;
}
