/* What waits in the journal begins and ends: the rows show it. */
#include "base/mem.h"
#include "base/uids.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/mail/overlay.h"
#include "store/mail/overlay_priv.h"

#include <stdlib.h>

void overlay_hide(struct folder *f, const uint32_t *uids, size_t n)
{
	cache_set_flags_all(f->cache, uids, n, 0, MAIL_LEAVING, NULL, NULL);
	folder_send_changes(f, NULL, 0, uids, n);
	folder_send_folders(f->account);
}

/* They are seen again, and what hangs below them is told with them: while they were away it hung
 * elsewhere. */
static void show_again(struct folder *f, const uint32_t *uids, size_t n)
{
	const struct columns *c = cache_columns_view(f->cache);
	uint32_t *back = mem_dup(uids, n * sizeof(*uids)), *all;
	size_t nall = 0;

	n = uids_sort(back, n);
	all = mem_array(n + c->n, sizeof(*all));
	for (size_t i = 0; i < n; i++)
		all[nall++] = back[i];
	for (size_t i = 0; i < c->n; i++)
		if (c->parent[i] && uids_find(back, n, c->parent[i]) >= 0)
			all[nall++] = c->uid[i];
	folder_send_changes(f, all, nall, NULL, 0);
	free(back);
	free(all);
}

void overlay_take_back(struct account *a, const struct op *op, const uint32_t *uids, size_t n)
{
	struct folder *f = *op->folder ? folder_find(a, op->folder, false) : NULL;
	const uint32_t ours = MAIL_SERVER_FLAGS | MAIL_LEAVING;

	if (!f || !folder_try(f))
		return;
	for (size_t i = 0; overlay_concerns(op, f) && i < n; i++) {
		const struct columns *c = cache_columns_view(f->cache);
		ptrdiff_t at = columns_find(c, uids[i]);
		uint32_t flags = at < 0 ? 0 : c->flags[at];

		if (op->kind == OP_FLAGS && op->exact)
			flags = (flags & ~op->set) | op->clear;
		flags = overlay_flags(f, uids[i], flags);
		if (at >= 0)
			cache_set_flags(f->cache, uids[i], ours, flags & ours, NULL, NULL);
		if (overlay_relabels(op) && op->exact)
			overlay_keep_keywords(f, uids[i], op->keywords_set, op->keywords_clear);
	}
	if (overlay_leaves(op))
		show_again(f, uids, n);
	else
		folder_send_changes(f, uids, n, NULL, 0);
	folder_unuse(f);
	folder_send_folders(a);
}

/* The folder is not open: what LIST said of it is kept right until the next LIST. */
static void correct_counts(struct folder *f, int64_t total, int64_t unread)
{
	int64_t t = f->total + total, u = f->unread + unread;

	if (!f->counts_known || (f->cache && cache_meta(f->cache)->complete))
		return;
	f->total = t < 0 ? 0 : (uint32_t)t;
	f->unread = u < 0 ? 0 : (uint32_t)u;
}

static void remove_rows(struct folder *f, const struct op *op, bool stay)
{
	if (!folder_try(f))
		return;
	if (overlay_concerns(op, f) && stay) {
		for (size_t i = 0; i < op->n; i++)
			cache_set_flags(
				f->cache, op->uids[i], MAIL_LEAVING, MAIL_DELETED, NULL, NULL);
		folder_send_changes(f, op->uids, op->n, NULL, 0);
	} else if (overlay_concerns(op, f)) {
		cache_remove(f->cache, op->uids, op->n, NULL);
		folder_send_changes(f, NULL, 0, op->uids, op->n);
	}
	folder_unuse(f);
}

void overlay_confirmed(struct account *a, const struct op *op, bool stay)
{
	struct folder *f = *op->folder ? folder_find(a, op->folder, false) : NULL;
	struct folder *target = *op->target ? folder_find(a, op->target, false) : NULL;

	if (f && overlay_leaves(op)) {
		remove_rows(f, op, stay);
		if (!stay)
			correct_counts(f, -(int64_t)op->n, -(int64_t)op->unseen);
	}
	if (target && (op->kind == OP_MOVE || op->kind == OP_COPY))
		correct_counts(target, (int64_t)op->n, op->unseen);
	else if (target && op->kind == OP_APPEND)
		correct_counts(target, 1, !(op->set & MAIL_SEEN));
}
