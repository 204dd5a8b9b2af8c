/*
 * Marks and keywords that a person sets or takes away. Of a request only what really changes is
 * done, in groups of messages that change alike, so that each can be taken back by its opposite.
 */
#include "base/mem.h"
#include "store/disk/keywords.h"
#include "store/disk/localbox.h"
#include "store/disk/maildir.h"
#include "store/mail/account.h"
#include "store/mail/change.h"
#include "store/mail/change_priv.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_tell.h"
#include "store/mail/undo.h"
#include "store/mail/waiting.h"

#include <stdlib.h>

/* Some rows stand for messages in other folders (waiting.c): what is wished is done to those,
 * there.
 */
static int wherever(struct folder *f, const uint32_t *uids, size_t n, waiting_fn *here,
	waiting_fn *elsewhere, void *wish, struct err *err)
{
	uint32_t *plain, *waits;
	size_t nplain = n, k = 0;
	int rc = 0;

	while (k < n && (f->local || !waiting_is(f, uids[k])))
		k++;
	if (k == n)
		return here(f, uids, n, wish, err);
	plain = mem_dup(uids, n * sizeof(*plain));
	waits = mem_array(n, sizeof(*waits));
	k = waiting_split(f, plain, &nplain, waits);
	if (nplain)
		rc = here(f, plain, nplain, wish, err);
	if (rc == 0)
		rc = waiting_change(f, waits, k, WAITING_STAYS, NULL, elsewhere, wish, err);
	free(plain);
	free(waits);
	return rc;
}

/* --- flags --- */

/* Messages that change in the same way: only what really changes is sent, and can be taken back by
 * its opposite. */
struct flag_group {
	uint32_t set, clear;
	uint32_t *uids;
	size_t n, cap;
};

static struct flag_group *group_of(
	struct flag_group **v, size_t *n, size_t *cap, uint32_t clear, uint32_t set)
{
	for (size_t i = 0; i < *n; i++)
		if ((*v)[i].clear == clear && (*v)[i].set == set)
			return &(*v)[i];
	*v = mem_grow(*v, cap, *n + 1, sizeof(**v));
	(*v)[*n] = (struct flag_group){.clear = clear, .set = set};
	return &(*v)[(*n)++];
}

/* At most one for each set of marks, so a few dozen. */
static struct flag_group *flag_groups(struct folder *f, const uint32_t *uids, size_t n,
	uint32_t clear, uint32_t set, size_t *ngroups)
{
	const struct columns *c = cache_columns_view(f->cache);
	struct flag_group *v = NULL;
	size_t cap = 0;

	*ngroups = 0;
	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(c, uids[i]);
		uint32_t is = at < 0 ? 0 : c->flags[at] & MAIL_SERVER_FLAGS;
		uint32_t will = ((is & ~clear) | set) & MAIL_SERVER_FLAGS;
		struct flag_group *g;

		if (at < 0 || is == will)
			continue;
		g = group_of(&v, ngroups, &cap, is & ~will, will & ~is);
		g->uids = mem_grow(g->uids, &g->cap, g->n + 1, sizeof(*g->uids));
		g->uids[g->n++] = uids[i];
	}
	return v;
}

/* All that is there was looked at, so that a change of our own needs no new scan. */
static bool is_seen(const struct folder *f)
{
	return localbox_stamp(f->box.dir) == f->box.stamp;
}

/* Renamed one by one, and the disk is waited for once. */
static int local_flags(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear,
	uint32_t set, struct err *err)
{
	struct err later = {0};
	bool seen = is_seen(f);
	size_t done = 0;
	int rc = 0;

	for (; rc == 0 && done < n; done += rc == 0) {
		uint32_t wanted = (change_flags_of(f, uids[done]) & ~clear) | set;
		char *base = folder_local_file(f, uids[done], err);

		rc = base ? maildir_set_flags_later(
				    f->box.dir, base, wanted & MAIL_SERVER_FLAGS, err)
			  : -1;
		free(base);
	}
	if (done && maildir_sync(f->box.dir, &later) != 0 && rc == 0) {
		*err = later;
		rc = -1;
	}
	cache_set_flags_all(f->cache, uids, done, clear, set, NULL, NULL);
	if (seen)
		f->box.stamp = localbox_stamp(f->box.dir);
	return rc;
}

static int server_flags(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear,
	uint32_t set, struct err *err)
{
	for (size_t at = 0; at < n; at += JOURNAL_MAX_UIDS) {
		size_t some = n - at < JOURNAL_MAX_UIDS ? n - at : JOURNAL_MAX_UIDS;
		struct op *op = change_op(f, OP_FLAGS, uids + at, some);
		uint64_t id;

		op->set = set;
		op->clear = clear;
		op->exact = true;
		if (change_add(f, op, &id, err) != 0)
			return -1;
		cache_set_flags_all(f->cache, uids + at, some, clear, set, NULL, NULL);
	}
	return 0;
}

struct flag_wish {
	uint32_t clear, set;
	struct undo *undo; /* of what is in the folder itself */
};

static int flags_here(struct folder *f, const uint32_t *uids, size_t n, void *ctx, struct err *err)
{
	const struct flag_wish *w = ctx;
	size_t ngroups;
	struct flag_group *v = flag_groups(f, uids, n, w->clear, w->set, &ngroups);
	int rc = 0;

	for (size_t i = 0; i < ngroups; i++) {
		struct flag_group *g = &v[i];

		if (rc == 0)
			rc = (f->local ? local_flags : server_flags)(
				f, g->uids, g->n, g->clear, g->set, err);
		if (rc == 0 && w->undo)
			undo_add_flags(w->undo, f, g->uids, g->n, g->clear, g->set);
		free(g->uids);
	}
	free(v);
	folder_send_changes(f, uids, n, NULL, 0);
	if (rc == 0 && ngroups)
		account_replays(f->account);
	return rc;
}

static int flags_elsewhere(
	struct folder *from, const uint32_t *uids, size_t n, void *ctx, struct err *err)
{
	const struct flag_wish *w = ctx;

	return change_flags(from, uids, n, w->clear, w->set, err);
}

static int set_flags(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear, uint32_t set,
	struct undo *undo, struct err *err)
{
	struct flag_wish wish = {clear, set, undo};

	return wherever(f, uids, n, flags_here, flags_elsewhere, &wish, err);
}

int change_flags(struct folder *f, const uint32_t *uids, size_t n, uint32_t clear, uint32_t set,
	struct err *err)
{
	return set_flags(f, uids, n, clear, set, NULL, err);
}

int change_request_flags(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct undo *undo = r->flag.quiet ? NULL : undo_begin(l->folder->account);
	int rc = set_flags(l->folder, r->uids, r->n, r->flag.clear, r->flag.set, undo, err);

	(void)said;
	if (undo)
		undo_commit(undo);
	return rc;
}

/* --- keywords --- */

/* Messages that have the same keywords, and so get the same ones. */
struct label_group {
	uint16_t keyset;
	struct str clear, set, now; /* what changes, and what they have then */
	uint32_t *uids;
	size_t n, cap;
};

static struct label_group *label_group_of(struct folder *f, struct label_group **v, size_t *n,
	size_t *cap, uint16_t keyset, const char *clear, const char *set)
{
	const char *is = cache_keyset(f->cache, keyset);
	struct label_group *g;
	struct str gone = STR_INIT;

	for (size_t i = 0; i < *n; i++)
		if ((*v)[i].keyset == keyset)
			return &(*v)[i];
	*v = mem_grow(*v, cap, *n + 1, sizeof(**v));
	g = &(*v)[(*n)++];
	*g = (struct label_group){.keyset = keyset};
	keywords_minus(&gone, clear, set);
	keywords_both(&g->clear, is, str_c(&gone));
	keywords_minus(&g->set, set, is);
	keywords_apply(&g->now, is, str_c(&g->clear), str_c(&g->set));
	str_done(&gone);
	return g;
}

/* At most one for each set of keywords of the folder. */
static struct label_group *label_groups(struct folder *f, const uint32_t *uids, size_t n,
	const char *clear, const char *set, size_t *ngroups)
{
	const struct columns *c = cache_columns_view(f->cache);
	struct label_group *v = NULL;
	size_t cap = 0;

	*ngroups = 0;
	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(c, uids[i]);
		struct label_group *g;

		if (at < 0)
			continue;
		g = label_group_of(f, &v, ngroups, &cap, c->keyset[at], clear, set);
		if (!g->clear.len && !g->set.len)
			continue;
		g->uids = mem_grow(g->uids, &g->cap, g->n + 1, sizeof(*g->uids));
		g->uids[g->n++] = uids[i];
	}
	return v;
}

static int local_keywords(struct folder *f, struct label_group *g, struct err *err)
{
	struct str now = STR_INIT;
	struct err later = {0};
	bool seen = is_seen(f);
	size_t done = 0;
	int rc = 0;

	for (; rc == 0 && done < g->n; done += rc == 0) {
		char *base = folder_local_file(f, g->uids[done], err);

		rc = base ? maildir_set_keywords_later(
				    f->box.dir, base, str_c(&g->clear), str_c(&g->set), &now, err)
			  : -1;
		free(base);
		if (rc == 0)
			cache_set_flags(f->cache, g->uids[done], 0, 0, str_c(&now), NULL);
	}
	if (done && maildir_sync(f->box.dir, &later) != 0 && rc == 0) {
		*err = later;
		rc = -1;
	}
	str_done(&now);
	if (seen)
		f->box.stamp = localbox_stamp(f->box.dir);
	return rc;
}

static int server_keywords(struct folder *f, struct label_group *g, struct err *err)
{
	for (size_t at = 0; at < g->n; at += JOURNAL_MAX_UIDS) {
		size_t some = g->n - at < JOURNAL_MAX_UIDS ? g->n - at : JOURNAL_MAX_UIDS;
		struct op *op = change_op(f, OP_FLAGS, g->uids + at, some);
		uint64_t id;

		free(op->keywords_set);
		free(op->keywords_clear);
		op->keywords_set = mem_strdup(str_c(&g->set));
		op->keywords_clear = mem_strdup(str_c(&g->clear));
		op->exact = true;
		if (change_add(f, op, &id, err) != 0)
			return -1;
		cache_set_flags_all(f->cache, g->uids + at, some, 0, 0, str_c(&g->now), NULL);
	}
	return 0;
}

struct keyword_wish {
	const char *clear, *set;
	struct undo *undo; /* as above */
};

static int keywords_here(
	struct folder *f, const uint32_t *uids, size_t n, void *ctx, struct err *err)
{
	const struct keyword_wish *w = ctx;
	size_t ngroups, changed = 0;
	struct label_group *v = label_groups(f, uids, n, w->clear, w->set, &ngroups);
	int rc = 0;

	for (size_t i = 0; i < ngroups; i++) {
		struct label_group *g = &v[i];

		if (rc == 0 && g->n) {
			rc = (f->local ? local_keywords : server_keywords)(f, g, err);
			changed++;
		}
		if (rc == 0 && g->n && w->undo)
			undo_add_keywords(
				w->undo, f, g->uids, g->n, str_c(&g->clear), str_c(&g->set));
		str_done(&g->clear);
		str_done(&g->set);
		str_done(&g->now);
		free(g->uids);
	}
	free(v);
	folder_send_changes(f, uids, n, NULL, 0);
	if (rc == 0 && changed)
		account_replays(f->account);
	return rc;
}

static int keywords_elsewhere(
	struct folder *from, const uint32_t *uids, size_t n, void *ctx, struct err *err)
{
	const struct keyword_wish *w = ctx;

	return change_keywords(from, uids, n, w->clear, w->set, NULL, err);
}

int change_keywords(struct folder *f, const uint32_t *uids, size_t n, const char *clear,
	const char *set, struct undo *undo, struct err *err)
{
	struct keyword_wish wish = {clear, set, undo};

	return wherever(f, uids, n, keywords_here, keywords_elsewhere, &wish, err);
}

int change_request_keywords(
	struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	const char *set = r->keywords.set ? r->keywords.set : "",
		   *clear = r->keywords.clear ? r->keywords.clear : "";
	struct folder *f = l->folder;
	struct undo *undo;
	int rc;

	(void)said;
	if (keywords_check(set, err) != 0 || keywords_check(clear, err) != 0)
		return -1;
	undo = undo_begin(f->account);
	rc = change_keywords(f, r->uids, r->n, clear, set, undo, err);
	undo_commit(undo);
	return rc;
}
