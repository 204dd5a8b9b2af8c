/* What a server says of one of its folders goes into the cache of it, and from there to the engine.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/link/link.h"
#include "store/mail/account.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_server.h"
#include "store/mail/folder_tell.h"
#include "store/mail/identity.h"
#include "store/mail/mute.h"
#include "store/mail/overlay.h"
#include "store/mail/undo.h"
#include "store/mail/upkeep.h"

#include <stdlib.h>
#include <string.h>

static struct folder *folder_of(struct account *a, const struct result *r)
{
	struct folder *f = r->folder ? folder_find(a, r->folder, false) : NULL;

	return f && f->cache ? f : NULL;
}

/* The same, of this incarnation of it: rows of another one must never get into this (RFC 3501
 * 2.3.1.1). */
static struct folder *current_of(struct account *a, const struct result *r)
{
	struct folder *f = folder_of(a, r);

	if (!f || cache_meta(f->cache)->uidvalidity == r->uidvalidity)
		return f;
	log_line(2, "%s: answer for another UIDVALIDITY of %s dropped", a->setup->settings->name,
		f->name);
	return NULL;
}

/* The state of some folders, which the server told by itself or was asked for. */
void folder_take_counts(struct account *a, struct result *r)
{
	for (size_t i = 0; i < r->counts.n; i++)
		for (struct folder *f = a->folders; f; f = f->next)
			if (!f->local && f->mailbox &&
				strcmp(f->mailbox, r->counts.v[i].mailbox) == 0) {
				listing_counts(f, &r->counts.v[i]);
				account_sync_changed(f);
			}
	folder_send_folders(a);
}

/* --- one folder --- */

/* What its cache does not take counts in memory, and is told once (folder_open.c,
 * cache_on_failure). */

static void selected(struct folder *f, struct result *r)
{
	const struct cache_meta *have = cache_meta(f->cache);
	struct cache_meta meta = *have;

	f->percent = meta.complete ? 100 : 0;
	if (f->fixed != r->selected.read_only) {
		f->fixed = r->selected.read_only;
		folder_send_list(f, NULL);
	}
	if (r->selected.anew ||
		(have->uidvalidity && have->uidvalidity != r->selected.meta.uidvalidity)) {
		meta = (struct cache_meta){.uidvalidity = r->selected.meta.uidvalidity};
		cache_reset(f->cache, &meta, NULL);
		folder_renumbered(f);
		replay_renumbered(f, r->selected.meta.uidvalidity);
		f->percent = 0;
		folder_send_list(f, NULL);
	} else if (have->uidvalidity == 0) {
		meta.uidvalidity = r->selected.meta.uidvalidity;
		cache_set_meta(f->cache, &meta, NULL);
	}
	identity_selected(f);
}

static uint32_t latest_arrival(struct folder *f)
{
	const struct columns *c = cache_columns_view(f->cache);
	uint32_t latest = 0;

	for (size_t i = 0; i < c->n; i++)
		if (!(c->flags[i] & MAIL_WAITING) && c->received[i] > latest)
			latest = c->received[i];
	return latest;
}

/*
 * Worth telling: unread and arrived after all that was known. What is put here from here, by a
 * copy, a move or an undo, is no news; and the first fill is not "new mail". Nor is what another
 * program threw away, took for junk, or keeps of what it writes and sends.
 */
static size_t new_and_unread(struct folder *f, const struct result_summaries *r)
{
	uint32_t latest;
	size_t n = 0;

	if (!cache_meta(f->cache)->complete ||
		(folder_role(f) >= ROLE_DRAFTS && folder_role(f) <= ROLE_JUNK))
		return 0;
	latest = latest_arrival(f);
	for (size_t i = 0; i < r->n; i++) {
		const struct summary *s = r->v[i];

		n += s->received >= latest && !(s->flags & (MAIL_SEEN | MAIL_DELETED)) &&
		     !brought_is(f, s);
	}
	return n;
}

static void tell_new_mail(struct folder *f, size_t n)
{
	struct store_event *ev;

	if (!n)
		return;
	ev = store_event_new(STORE_NEW_MAIL);
	ev->account = f->account->index;
	ev->new_mail.folder = folder_ui_name(f);
	ev->new_mail.n = n;
	store_emit(f->account->store, ev);
}

/* What the server said of keywords, with the operations it has not confirmed; in words, or said. */
static const char *keywords_of(struct folder *f, uint32_t uid, const char *said, struct str *words)
{
	str_clear(words);
	str_adds(words, said);
	return overlay_keywords(f, uid, words) ? str_c(words) : said;
}

/* A row without a date stands among its neighbours. */
static uint32_t date_near(struct folder *f, const struct result_summaries *r, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t found = columns_find(c, uid);
	size_t at = found < 0 ? (size_t)~found : (size_t)found;
	uint32_t date = 0, best = UINT32_MAX;

	if (found >= 0)
		return c->received[at];
	for (size_t i = at ? at - 1 : 0; i < c->n && i <= at; i++) {
		uint32_t far = c->uid[i] > uid ? c->uid[i] - uid : uid - c->uid[i];

		if (c->received[i] && far < best) {
			best = far;
			date = c->received[i];
		}
	}
	for (size_t i = 0; i < r->n; i++) {
		const struct summary *s = r->v[i];
		uint32_t far = s->uid > uid ? s->uid - uid : uid - s->uid;

		if (s->received && far < best) {
			best = far;
			date = s->received;
		}
	}
	return date ? date : (uint32_t)clock_now();
}

/* Rows that say that their messages cannot be had: told once, they stay until the server gives
 * them. */
static void take_placeholders(struct folder *f, const struct result_summaries *r)
{
	const char *subject = NULL;
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct summary *s = r->v[i];

		if (!(s->flags & MAIL_PLACEHOLDER))
			continue;
		if (!cache_has(f->cache, s->uid)) {
			subject = s->subject;
			n++;
		}
		s->received = date_near(f, r, s->uid);
	}
	folder_tell_bad(f, n, subject);
}

static void add_rows(struct folder *f, const struct result_summaries *r)
{
	struct summary *rows = mem_array(r->n, sizeof(*rows));
	uint32_t *uids = mem_array(r->n, sizeof(*uids));
	struct str *words = mem_array(r->n, sizeof(*words));
	size_t n = 0, fresh = new_and_unread(f, r), muted;

	take_placeholders(f, r);
	for (size_t i = 0; i < r->n; i++) {
		rows[n] = *r->v[i];
		rows[n].flags = overlay_flags(f, rows[n].uid, rows[n].flags);
		rows[n].keywords = keywords_of(f, rows[n].uid, rows[n].keywords, &words[n]);
		uids[n] = rows[n].uid;
		n++;
	}
	cache_add(f->cache, rows, n, NULL);
	folder_compact(f);
	folder_send_changes(f, uids, n, NULL, 0);
	handover_arrived(f, rows, n);
	muted = cache_meta(f->cache)->complete ? mute_arrived(f, uids, n) : 0;
	tell_new_mail(f, fresh > muted ? fresh - muted : 0);
	for (size_t i = 0; i < r->n; i++)
		str_done(&words[i]);
	free(words);
	free(rows);
	free(uids);
}

static void mark_rows(struct folder *f, const struct result_flags *r)
{
	uint32_t *uids = mem_array(r->n, sizeof(*uids));
	struct str words = STR_INIT;

	for (size_t i = 0; i < r->n; i++) {
		const struct flag_change *c = &r->v[i];
		uint32_t flags = overlay_flags(f, c->uid, c->flags);

		uids[i] = c->uid;
		cache_set_flags(f->cache, c->uid, MAIL_SERVER_FLAGS | MAIL_LEAVING, flags,
			c->keywords ? keywords_of(f, c->uid, c->keywords, &words) : NULL, NULL);
	}
	folder_send_changes(f, uids, r->n, NULL, 0);
	str_done(&words);
	free(uids);
}

static void remove_rows(struct folder *f, struct result *r)
{
	uint32_t *uids = r->vanished.uids;
	size_t n = uids_sort(uids, r->vanished.n);

	bodies_remove(f->account->bodies, f->name, r->uidvalidity, uids, n);
	replay_vanished(f, uids, n);
	undo_vanishing(f, uids, n);
	cache_remove(f->cache, uids, n, NULL);
	folder_send_changes(f, NULL, 0, uids, n);
}

static void finish_fill(struct folder *f, const struct cache_meta *told)
{
	bool was_complete = cache_meta(f->cache)->complete;
	struct cache_meta meta = *told;

	if (upkeep_is_doubted(f))
		meta.highestmodseq = 0;
	/* META follows the data it covers, and the data is on disk before it (CACHE protocol). */
	cache_sync(f->cache, NULL);
	cache_set_meta(f->cache, &meta, NULL);
	f->percent = 100;
	handover_complete(f);
	folder_compact(f);
	if (!was_complete)
		folder_send_list(f, NULL); /* threads that came in pieces are whole now */
}

/* The connection ended before the folder was through. Asked for with the next one, unless it is
 * what ends them. */
static void put_off(struct account *a, struct folder *f, const struct result *r)
{
	if (r->unbegun)
		upkeep_want(f);
	else if (upkeep_broke(f))
		store_notice(a,
			_("Folder %s cannot be synchronised, and is tried again in an hour: %s"),
			f->name, r->err.text);
}

static bool is_break(const struct err *err)
{
	return err->kind == ERR_NETWORK || err->kind == ERR_PROTOCOL;
}

void folder_take_synced(struct account *a, struct result *r)
{
	struct folder *f = folder_find(a, r->folder, false);

	if (!f || !upkeep_end(f))
		return;
	if (r->err.kind != ERR_NONE) {
		if ((r->err.kind == ERR_REFUSED || r->err.kind == ERR_GONE) &&
			f->life != LIFE_GONE && !upkeep_is_refused(f))
			store_notice(a, _("Folder %s: %s"), f->name, r->err.text);
		if (r->err.kind == ERR_REFUSED)
			upkeep_refused(f);
		if (is_break(&r->err))
			put_off(a, f, r);
		if (r->err.kind != ERR_REFUSED && !upkeep_is_wanted(f)) {
			struct err why = {0};

			err_set(&why, r->err.kind, _("Folder %s: %s"), f->name, r->err.text);
			syncall_failed(a, &why);
		}
	} else if (f->cache) {
		upkeep_through(f);
		links_carry(a);
		finish_fill(f, &r->synced.meta);
		/* What was told meanwhile may be news; a cache that cannot be written is never
		 * complete, and no reason to ask again and again. */
		if (upkeep_told(f)->known && !upkeep_is_settled(f) && folder_is_changed(f))
			upkeep_want(f);
	}
	folder_send_folders(a);
	if (upkeep_is_wanted(f) && r->err.kind == ERR_NONE) {
		folder_ask_sync(f);
	} else if (!f->uses) {
		f->uses = 1; /* opened for this only: folder_unuse compacts and closes */
		folder_unuse(f);
	}
	account_settles(a);
}

void folder_take_news(struct account *a, struct result *r)
{
	struct folder *f = folder_find(a, r->folder, false);

	/* It may have been closed meanwhile. */
	if (!f || folder_use(f, NULL) != 0)
		return;
	folder_ask_sync(f);
	folder_unuse(f);
}

void folder_take_progress(struct account *a, struct result *r)
{
	struct folder *f = folder_of(a, r);

	if (!f)
		return;
	if (!cache_meta(f->cache)->complete && r->progress.total)
		f->percent = (int)(r->progress.done * 99 /
				   r->progress.total); /* 100 is when it is noted as complete */
	/* The list's next change event carries the percentage. */
	if (f->uses)
		folder_send_changes(f, NULL, 0, NULL, 0);
}

void folder_take_selected(struct account *a, struct result *r)
{
	struct folder *f = folder_of(a, r);

	if (f)
		selected(f, r);
}

void folder_take_summaries(struct account *a, struct result *r)
{
	struct folder *f = current_of(a, r);

	if (f)
		add_rows(f, &r->summaries);
}

void folder_take_flags(struct account *a, struct result *r)
{
	struct folder *f = current_of(a, r);

	if (f)
		mark_rows(f, &r->flags);
}

void folder_take_vanished(struct account *a, struct result *r)
{
	struct folder *f = current_of(a, r);

	if (f)
		remove_rows(f, r);
}
