/* A server's folder: what it said last against what is here, and when it is asked again. */
#include "store/mail/folder_server.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/cache.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/mail/remote.h"
#include "store/mail/upkeep.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

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

/* A message that could not be had is asked for again, but not with each synchronisation. */
bool folder_row_is_due(struct folder *f, uint32_t uid)
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
		if ((c->flags[i] & MAIL_PLACEHOLDER) && folder_row_is_due(f, c->uid[i]))
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
	folder_ask_sync(f);
}

void folder_try_again(struct account *a)
{
	for (struct folder *f = a->folders; f; f = f->next)
		upkeep_at_once(f);
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
	upkeep_doubt(f);
	folder_ask_sync(f);
	folder_unuse(f);
}

/* What the server ought to say if nothing but what waits in the journal is to be done. */
static struct folder_counts expected_counts(struct folder *f)
{
	const struct cache_meta *m = cache_meta(f->cache);
	struct folder_counts c = {.known = true,
		.uidnext = m->uidnext,
		.uidvalidity = m->uidvalidity,
		.modseq = upkeep_told(f)->modseq ? m->highestmodseq : 0};
	size_t leaving;

	folder_count(f, &c.total, &c.unread);
	c.unread = f->here_unseen;
	free(folder_leaving(f, &leaving));
	c.total += (uint32_t)leaving;
	if (journal_count(f->account->journal))
		c.unread = upkeep_told(f)->unread; /* marks are on their way */
	return c;
}

void folder_doubt(struct folder *f)
{
	struct cache_meta meta = *cache_meta(f->cache);

	meta.highestmodseq = 0;
	cache_set_meta(f->cache, &meta, NULL);
	upkeep_doubt(f);
}

/* A server that counts in its own way is asked no more until it says something else. */
bool folder_is_changed(struct folder *f)
{
	struct folder_counts here;

	if (!upkeep_told(f)->known || !cache_meta(f->cache)->complete || some_are_due(f))
		return true;
	if (upkeep_is_settled(f))
		return false;
	here = expected_counts(f);
	if (upkeep_tells(f, &here)) {
		upkeep_settle(f);
		return false;
	}
	here.unread = upkeep_told(f)->unread;
	/* The mod-sequence says that nothing changed, but the numbers of unread messages differ:
	 * one of the two is wrong, and reading every flag once shows which. */
	if (here.modseq && upkeep_tells(f, &here))
		folder_doubt(f);
	return true;
}

void folder_tell_bad(struct folder *f, size_t n, const char *subject)
{
	if (n == 1)
		store_notice(f->account, _("Folder %s: a message %s"), f->name, subject);
	else if (n)
		store_notice(f->account,
			ngettext("Folder %s: %zu message cannot be fetched; its row says why",
				"Folder %s: %zu messages cannot be fetched; their rows say why", n),
			f->name, n);
}

void folder_ask_sync(struct folder *f)
{
	const struct remote_ops *remote = f->account->remote;

	if (remote && remote->synchronise)
		remote->synchronise(f);
}

/* Before the journal forgets marks that are to be taken back: killed in between, nothing but a
 * compare of every flag would find them in the cache. */
void folder_doubt_marks(struct account *a, const struct op *op)
{
	struct folder *f = op->kind == OP_FLAGS ? folder_find(a, op->folder, false) : NULL;

	if (!f || folder_use(f, NULL) != 0)
		return;
	folder_doubt(f);
	folder_unuse(f);
}
