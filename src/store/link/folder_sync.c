/* A server folder and its server: when it has to be synchronised, and with what is known. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/cache.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

static bool in_ranges(uint32_t uid, uint32_t (*ranges)[2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (uid >= ranges[i][0] && uid <= ranges[i][1])
			return true;
	return false;
}

uint32_t *folder_leaving(const struct folder *f, size_t *n)
{
	struct journal *j = f->account->journal;
	uint32_t *uids = NULL;
	size_t cap = 0;

	*n = 0;
	for (size_t i = 0; j && i < journal_count(j); i++) {
		const struct op *op = journal_at(j, i);

		if ((op->kind != OP_MOVE && op->kind != OP_EXPUNGE) ||
			strcmp(op->folder, f->name) != 0)
			continue;
		uids = mem_grow(uids, &cap, *n + op->n, sizeof(*uids));
		memcpy(uids + *n, op->uids, op->n * sizeof(*uids));
		*n += op->n;
	}
	*n = uids_sort(uids, *n);
	return uids;
}

static void add_known(struct known_folder *known, uint32_t uid, uint32_t flags)
{
	known->uids[known->n] = uid;
	known->flags[known->n++] = flags;
}

/* A message that could not be had is asked for again, but not with each synchronisation. */
static bool is_due(struct folder *f, uint32_t uid)
{
	struct summary s;

	return cache_get(f->cache, uid, &s) == 0 && summary_is_due(&s);
}

static bool some_are_due(struct folder *f)
{
	const struct columns *c = cache_columns_view(f->cache);
	uint32_t total, unread;

	folder_count(f, &total, &unread);
	for (size_t i = 0; f->here_bad && i < c->n; i++)
		if ((c->flags[i] & MAIL_PLACEHOLDER) && is_due(f, c->uid[i]))
			return true;
	return false;
}

void folder_fetch_again(struct folder *f, uint32_t uid)
{
	struct summary s, *again;

	if (!f->cache || cache_get(f->cache, uid, &s) != 0 || !(s.flags & MAIL_PLACEHOLDER))
		return;
	s.file = "0";
	again = summary_copy(&s);
	cache_add(f->cache, again, 1, NULL);
	summary_free(again);
	folder_ask_sync(f, 0);
}

void folder_try_again(struct account *a)
{
	for (struct folder *f = a->folders; f; f = f->next)
		f->next_try = 0;
}

/*
 * What the server is known to have: what the cache has, without the pages that are damaged and the
 * rows that are asked for again (their messages count as new), and what leaves only once the server
 * was told.
 */
static void copy_known(struct folder *f, struct known_folder *known)
{
	const struct columns *c = cache_columns_view(f->cache);
	uint32_t ranges[64][2];
	size_t nranges = cache_damaged(f->cache, ranges, MEM_COUNT(ranges)), nleaving, k = 0;
	uint32_t *leaving = folder_leaving(f, &nleaving);

	known->meta = *cache_meta(f->cache);
	known->uids = mem_array(c->n + nleaving, sizeof(*known->uids));
	known->flags = mem_array(c->n + nleaving, sizeof(*known->flags));
	for (size_t i = 0; i < c->n; i++) {
		for (; k < nleaving && leaving[k] < c->uid[i]; k++)
			add_known(known, leaving[k], 0);
		if (c->flags[i] & MAIL_WAITING)
			continue; /* no server has given it that UID */
		k += k < nleaving && leaving[k] == c->uid[i];
		if (nranges && in_ranges(c->uid[i], ranges, nranges))
			continue;
		if ((c->flags[i] & MAIL_PLACEHOLDER) && is_due(f, c->uid[i]))
			continue;
		add_known(known, c->uid[i],
			(c->flags[i] & ~KNOWN_HAS_KEYWORDS) |
				(c->keyset[i] ? KNOWN_HAS_KEYWORDS : 0));
	}
	for (; k < nleaving; k++)
		add_known(known, leaving[k], 0);
	free(leaving);
}

/* The one the user looks at; the inbox where nothing is open. */
static bool should_watch(const struct folder *f)
{
	if (folder_is_shown(f))
		return true;
	if (f->role != ROLE_INBOX)
		return false;
	for (const struct list *l = f->account->store->lists; l; l = l->next)
		if (l->folder->account == f->account && !l->folder->local && !l->folder->gone)
			return false;
	return true;
}

void folder_ask_sync(struct folder *f, unsigned request)
{
	struct account *a = f->account;
	struct job *j;

	if (f->local || f->gone || !a->sync || a->setup->sync.protocol == PROTOCOL_POP3 ||
		!f->mailbox || !f->cache)
		return;
	if (clock_ms() < f->next_try)
		return;
	if (f->syncing) {
		f->wants_sync =
			true; /* again when this one is through: something changed meanwhile */
		return;
	}
	j = job_new(JOB_SYNC);
	j->request = request;
	j->folder = mem_strdup(f->name);
	j->mailbox = mem_strdup(f->mailbox);
	j->sync.watch = should_watch(f);
	copy_known(f, &j->sync.known);
	f->syncing = true;
	f->asked = f->server;
	f->wants_sync = f->doubted = false;
	account_post(a, LANE_MAIN, j);
}

/* Asks the server for the truth: an unknown mod-sequence makes the next compare read every flag
 * again. */
void folder_distrust(struct folder *f)
{
	struct cache_meta meta;

	if (folder_use(f, NULL) != 0)
		return;
	meta = *cache_meta(f->cache);
	meta.highestmodseq = 0;
	meta.complete = false;
	cache_set_meta(f->cache, &meta, NULL);
	f->doubted = f->syncing; /* whose end must not bring the mod-sequence back */
	folder_ask_sync(f, 0);
	folder_unuse(f);
}

/* --- what the server says against what is here --- */

static bool same_counts(const struct folder_counts *a, const struct folder_counts *b)
{
	return a->known && b->known && a->total == b->total && a->unread == b->unread &&
	       a->uidnext == b->uidnext && a->uidvalidity == b->uidvalidity &&
	       a->modseq == b->modseq;
}

/* What the server ought to say if nothing but what waits in the journal is to be done. */
static struct folder_counts expected_counts(struct folder *f)
{
	const struct cache_meta *m = cache_meta(f->cache);
	struct folder_counts c = {.known = true,
		.uidnext = m->uidnext,
		.uidvalidity = m->uidvalidity,
		.modseq = f->server.modseq ? m->highestmodseq : 0};
	size_t leaving;

	folder_count(f, &c.total, &c.unread);
	c.unread = f->here_unseen;
	free(folder_leaving(f, &leaving));
	c.total += (uint32_t)leaving;
	if (journal_count(f->account->journal))
		c.unread = f->server.unread; /* marks are on their way */
	return c;
}

void folder_doubt(struct folder *f)
{
	struct cache_meta meta = *cache_meta(f->cache);

	meta.highestmodseq = 0;
	cache_set_meta(f->cache, &meta, NULL);
	f->doubted = f->syncing;
}

bool folder_is_settled(const struct folder *f)
{
	return same_counts(&f->server, &f->seen);
}

/* A server that counts in its own way is asked no more until it says something else. */
bool folder_is_changed(struct folder *f)
{
	struct folder_counts here;

	if (!f->server.known || !cache_meta(f->cache)->complete || some_are_due(f))
		return true;
	if (folder_is_settled(f))
		return false;
	here = expected_counts(f);
	if (same_counts(&f->server, &here)) {
		f->seen = f->server;
		return false;
	}
	here.unread = f->server.unread;
	/* The mod-sequence says that nothing changed, but the numbers of unread messages differ:
	 * one of the two is wrong, and reading every flag once shows which. */
	if (here.modseq && same_counts(&f->server, &here))
		folder_doubt(f);
	return true;
}

/* --- which folders --- */

static bool is_synchronised(const struct folder *f)
{
	return !f->local && f->selectable && f->mailbox && !f->gone;
}

/* A folder that is closed and stands as it stood when it was last the same here need not be opened
 * to see that. */
static void sync_folder(struct folder *f, bool only_changed, bool kept_up)
{
	if (only_changed && !f->cache && folder_is_settled(f))
		return;
	if (!folder_try(f))
		return;
	kept_up &= !cache_count(f->cache) && !cache_meta(f->cache)->complete; /* never filled */
	if (!kept_up && (!only_changed || folder_is_changed(f)))
		folder_ask_sync(f, 0);
	folder_unuse(f); /* stays open while it is being synchronised */
}

static bool is_watched(const struct folder *f)
{
	return folder_is_shown(f) || f->role == ROLE_INBOX;
}

/* What was fetched once is kept up, so that its rows are what its numbers say. */
static bool is_kept_up(struct folder *f)
{
	return is_watched(f) || folder_was_fetched(f);
}

void account_sync_changed(struct folder *f)
{
	if (is_synchronised(f) && !f->syncing && is_kept_up(f))
		sync_folder(f, true, !is_watched(f));
}

void account_sync_folders(struct account *a, enum sync_which which)
{
	for (struct folder *f = a->folders; f; f = f->next)
		if (is_synchronised(f) && !f->syncing &&
			(which == SYNC_ALL_CHANGED || is_watched(f) ||
				(which == SYNC_SHOWN_CHANGED && is_kept_up(f))))
			sync_folder(f, which != SYNC_SHOWN,
				which == SYNC_SHOWN_CHANGED && !is_watched(f));
}

void account_watch(struct account *a)
{
	struct folder *f = a->kind != ACCOUNT_OPENED ? NULL : folder_by_role(a, ROLE_INBOX, false);

	for (const struct list *l = a->kind != ACCOUNT_OPENED ? NULL : a->store->lists; l;
		l = l->next)
		if (l->folder->account == a && is_synchronised(l->folder)) {
			f = l->folder;
			break;
		}
	if (!f || !account_is_server(a) || !a->sync || !folder_try(f))
		return;
	folder_ask_sync(f, 0);
	folder_unuse(f);
}
