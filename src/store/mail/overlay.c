/*
 * What waits in the journal, laid over what the server said: the marks of messages, and those that
 * leave a folder. A message that is moved away keeps its row, hidden by MAIL_LEAVING, until the
 * server has confirmed it: so it can be taken back at any time, after a restart and offline too,
 * and the cache still adds up to what the server has.
 */
#include "store/mail/overlay.h"

#include "base/mem.h"
#include "store/disk/keywords.h"
#include "store/mail/overlay_priv.h"

#include <stdlib.h>
#include <string.h>

bool overlay_concerns(const struct op *op, const struct folder *f)
{
	return strcmp(op->folder, f->name) == 0 && f->cache &&
	       cache_meta(f->cache)->uidvalidity == op->uidvalidity;
}

bool overlay_leaves(const struct op *op)
{
	return op->kind == OP_MOVE || op->kind == OP_EXPUNGE;
}

uint32_t overlay_flags(const struct folder *f, uint32_t uid, uint32_t flags)
{
	struct journal *j = f->account->journal;
	size_t n = j && !f->local ? journal_count(j) : 0;

	flags &= ~(uint32_t)MAIL_LEAVING;
	for (size_t i = 0; i < n; i++) {
		const struct op *op = journal_at(j, i);

		if (!overlay_concerns(op, f) || op_index(op, uid) < 0)
			continue;
		if (op->kind == OP_FLAGS)
			flags = (flags & ~op->clear) | op->set;
		else if (overlay_leaves(op))
			flags |= MAIL_LEAVING;
	}
	return flags;
}

bool overlay_relabels(const struct op *op)
{
	return op->kind == OP_FLAGS && (*op->keywords_set || *op->keywords_clear);
}

static void lay_keywords(struct str *words, const char *clear, const char *set)
{
	struct str was = *words;

	*words = (struct str)STR_INIT;
	keywords_apply(words, str_c(&was), clear, set);
	str_done(&was);
}

bool overlay_keywords(const struct folder *f, uint32_t uid, struct str *words)
{
	struct journal *j = f->account->journal;
	size_t n = j && !f->local ? journal_count(j) : 0;
	char *was = mem_strdup(str_c(words));
	bool other;

	for (size_t i = 0; i < n; i++) {
		const struct op *op = journal_at(j, i);

		if (overlay_relabels(op) && overlay_concerns(op, f) && op_index(op, uid) >= 0)
			lay_keywords(words, op->keywords_clear, op->keywords_set);
	}
	other = strcmp(was, str_c(words)) != 0;
	free(was);
	return other;
}

/* The keywords of a row, as the journal wants them. True: they are other than before. */
bool overlay_keep_keywords(struct folder *f, uint32_t uid, const char *clear, const char *set)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);
	struct str words = STR_INIT;
	const char *is = at < 0 ? "" : cache_keyset(f->cache, c->keyset[at]);
	bool other;

	keywords_apply(&words, is, clear, set);
	overlay_keywords(f, uid, &words);
	other = at >= 0 && !keywords_same(is, str_c(&words));
	if (other)
		cache_set_flags(f->cache, uid, 0, 0, str_c(&words), NULL);
	str_done(&words);
	return other;
}

static bool overlay_labels(struct folder *f)
{
	bool changed = false;

	for (size_t i = 0; i < journal_count(f->account->journal); i++) {
		const struct op *op = journal_at(f->account->journal, i);

		for (size_t k = 0; overlay_relabels(op) && overlay_concerns(op, f) && k < op->n;
			k++)
			changed |= overlay_keep_keywords(f, op->uids[k], "", "");
	}
	return changed;
}

static bool nothing_to_do(const struct folder *f, const struct columns *c)
{
	if (f->local || !f->account->journal)
		return true;
	if (journal_count(f->account->journal))
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (c->flags[i] & MAIL_LEAVING)
			return false;
	return true;
}

static void lay_op(const struct op *op, const struct columns *c, uint32_t *want)
{
	for (size_t i = 0; i < op->n; i++) {
		ptrdiff_t at = columns_find(c, op->uids[i]);

		if (at < 0)
			continue;
		if (op->kind == OP_FLAGS)
			want[at] = (want[at] & ~op->clear) | op->set;
		else if (overlay_leaves(op))
			want[at] |= MAIL_LEAVING;
	}
}

bool overlay_folder(struct folder *f)
{
	const struct columns *c = cache_columns_view(f->cache);
	struct columns copy;
	uint32_t *want;
	bool changed = false;

	if (nothing_to_do(f, c))
		return false;
	cache_columns(f->cache, &copy);
	want = mem_dup(copy.flags, copy.n * sizeof(*want));
	for (size_t i = 0; i < copy.n; i++)
		want[i] &= ~(uint32_t)MAIL_LEAVING;
	for (size_t i = 0; i < journal_count(f->account->journal); i++)
		if (overlay_concerns(journal_at(f->account->journal, i), f))
			lay_op(journal_at(f->account->journal, i), &copy, want);
	for (size_t i = 0; i < copy.n; i++)
		if (want[i] != copy.flags[i]) {
			cache_set_flags(f->cache, copy.uid[i], copy.flags[i], want[i], NULL, NULL);
			changed = true;
		}
	free(want);
	columns_done(&copy);
	return overlay_labels(f) || changed;
}

void overlay_counts(const struct folder *f, uint32_t *total, uint32_t *unread)
{
	struct journal *j = f->account->journal;
	int64_t t = *total, u = *unread;
	size_t n = j && !f->local ? journal_count(j) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct op *op = journal_at(j, i);

		if (overlay_leaves(op) && strcmp(op->folder, f->name) == 0) {
			t -= (int64_t)op->n;
			u -= op->unseen;
		}
		if (strcmp(op->target, f->name) != 0)
			continue;
		if (op->kind == OP_MOVE || op->kind == OP_COPY) {
			t += (int64_t)op->n;
			u += op->unseen;
		} else if (op->kind == OP_APPEND) {
			t++;
			u += !(op->set & MAIL_SEEN);
		}
	}
	*total = t < 0 ? 0 : (uint32_t)t;
	*unread = u < 0 ? 0 : (uint32_t)u;
}

void overlay_visible(struct columns *c)
{
	size_t used = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->flags[i] & MAIL_LEAVING)
			continue;
		if (used != i)
			columns_copy_row(c, used, c, i);
		used++;
	}
	if (used != c->n)
		columns_resize(c, used);
}
