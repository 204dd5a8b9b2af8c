/* A server folder and its server: when it has to be synchronised, and with what is known. */
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/cache.h"
#include "store/link/link.h"
#include "store/mail/account.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_server.h"
#include "store/mail/lanes.h"
#include "store/mail/upkeep.h"

#include <stdlib.h>
#include <string.h>

static bool in_ranges(uint32_t uid, uint32_t (*ranges)[2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (uid >= ranges[i][0] && uid <= ranges[i][1])
			return true;
	return false;
}

static void add_known(struct known_folder *known, uint32_t uid, uint32_t flags)
{
	known->uids[known->n] = uid;
	known->flags[known->n++] = flags;
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
		if ((c->flags[i] & MAIL_PLACEHOLDER) && folder_row_is_due(f, c->uid[i]))
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
		if (!l->filter && l->folder->account == f->account && !l->folder->local &&
			l->folder->life != LIFE_GONE)
			return false;
	return true;
}

void folder_synchronise(struct folder *f)
{
	struct account *a = f->account;
	struct job *j;

	if (f->local || f->life == LIFE_GONE || !lanes_are_open(a) || !f->mailbox || !f->cache)
		return;
	if (!upkeep_begin(f))
		return;
	j = job_new(JOB_SYNC);
	j->folder = mem_strdup(f->name);
	j->mailbox = mem_strdup(f->mailbox);
	j->sync.watch = should_watch(f);
	copy_known(f, &j->sync.known);
	lanes_post(a, LANE_MAIN, j);
}

/* --- which folders --- */

static bool is_synchronised(const struct folder *f)
{
	return !f->local && f->selectable && f->mailbox && f->life != LIFE_GONE;
}

/* A folder that is closed and stands as it stood when it was last the same here need not be opened
 * to see that. */
static void sync_folder(struct folder *f, bool only_changed, bool kept_up)
{
	if (only_changed && !f->cache && upkeep_is_settled(f))
		return;
	if (!folder_try(f))
		return;
	kept_up &= !cache_count(f->cache) && !cache_meta(f->cache)->complete; /* never filled */
	if (!kept_up && (!only_changed || folder_is_changed(f)))
		folder_ask_sync(f);
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
	if (is_synchronised(f) && !upkeep_runs(f) && is_kept_up(f))
		sync_folder(f, true, !is_watched(f));
}

void account_sync_folders(struct account *a, enum sync_which which)
{
	for (struct folder *f = a->folders; f; f = f->next)
		if (is_synchronised(f) && !upkeep_runs(f) &&
			(which == SYNC_ALL_CHANGED || is_watched(f) ||
				(which == SYNC_SHOWN_CHANGED && is_kept_up(f))))
			sync_folder(f, which != SYNC_SHOWN,
				which == SYNC_SHOWN_CHANGED && !is_watched(f));
}

void folder_watch(struct account *a)
{
	struct folder *f = a->kind != ACCOUNT_OPENED ? NULL : folder_by_role(a, ROLE_INBOX, false);

	for (const struct list *l = a->kind != ACCOUNT_OPENED ? NULL : a->store->lists; l;
		l = l->next)
		if (!l->filter && l->folder->account == a && is_synchronised(l->folder)) {
			f = l->folder;
			break;
		}
	if (!f || !lanes_are_open(a) || !folder_try(f))
		return;
	folder_ask_sync(f);
	folder_unuse(f);
}
