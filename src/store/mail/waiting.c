/*
 * What the journal is going to bring into a folder stands there at once: each message that waits to
 * be moved or copied has a row in its new folder, marked MAIL_WAITING, until the server has
 * confirmed it and its real row is here. Without that a message that is filed without a connection
 * would be in no folder.
 *
 * Such a row has a UID that no server has given, from WAITING_FIRST on, and names the message it
 * stands for in its column `file`. Reading it reads that message; what is done to it is done to
 * that message, and the operation that moves it is made anew behind. The rows are made from the
 * journal whenever it has changed, so that a break between the two is mended at the next opening.
 */
#include "store/mail/waiting.h"

#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uids.h"
#include "store/mail/account.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/mail/upkeep.h"
#include "store/store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_FIRST 0xf0000000u

/* --- which message a row stands for --- */

static void name_origin(struct str *out, const char *folder, uint32_t uidvalidity, uint32_t uid)
{
	str_clear(out);
	str_addf(out, "%u %u %s", (unsigned)uidvalidity, (unsigned)uid, folder);
}

static uint32_t flags_of(const struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return at < 0 ? 0 : c->flags[at];
}

bool waiting_is(const struct folder *f, uint32_t uid)
{
	return !f->local && uid >= WAITING_FIRST && (flags_of(f, uid) & MAIL_WAITING);
}

struct folder *waiting_origin(struct folder *f, uint32_t *uid)
{
	struct summary s;
	struct folder *from;
	char *rest;
	unsigned long validity, number;

	if (!waiting_is(f, *uid) || cache_get(f->cache, *uid, &s) != 0)
		return f;
	validity = strtoul(s.file, &rest, 10);
	number = strtoul(rest, &rest, 10);
	from = *rest == ' ' ? folder_find(f->account, rest + 1, false) : NULL;
	if (!from || !folder_try(from))
		return f;
	if (cache_meta(from->cache)->uidvalidity == validity &&
		cache_has(from->cache, (uint32_t)number)) {
		*uid = (uint32_t)number;
		f = from;
	}
	folder_unuse(from);
	return f;
}

/* --- the rows --- */

struct settle {
	struct folder *f;
	struct map *have;       /* origin -> uid of its row, those that are not wanted (any more) */
	uint32_t next;          /* uid */
	struct summary **fresh; /* owned */
	size_t nfresh, cap_fresh;
	uint32_t *changed; /* owned; of these the marks are others */
	size_t nchanged, cap_changed;
};

bool waiting_brings(const struct op *op, const struct folder *f)
{
	return (op->kind == OP_MOVE || op->kind == OP_COPY) && op->n &&
	       strcmp(op->target, f->name) == 0 && strcmp(op->folder, f->name) != 0;
}

static void note_rows(struct settle *s)
{
	const struct columns *c = cache_columns_view(s->f->cache);
	size_t first = uids_at(c->uid, c->n, WAITING_FIRST), n = c->n - first;
	uint32_t *uids = mem_dup(c->uid + first, n * sizeof(*uids));

	s->next = n ? uids[n - 1] + 1 : WAITING_FIRST;
	for (size_t i = 0; i < n; i++) {
		struct summary row;

		if ((flags_of(s->f, uids[i]) & MAIL_WAITING) &&
			cache_get(s->f->cache, uids[i], &row) == 0)
			map_put(s->have, row.file, (void *)(uintptr_t)uids[i]);
	}
	free(uids);
}

static void want_row(struct settle *s, struct folder *from, uint32_t uid, struct str *origin)
{
	const uint32_t ours = MAIL_SERVER_FLAGS;
	struct summary row, *copy;
	uint32_t there, is;

	if (cache_get(from->cache, uid, &row) != 0)
		return;
	name_origin(origin, from->name, cache_meta(from->cache)->uidvalidity, uid);
	there = (uint32_t)(uintptr_t)map_take(s->have, origin->p);
	if (there) {
		is = flags_of(s->f, there);
		if ((is ^ row.flags) & ours) {
			cache_set_flags(
				s->f->cache, there, ours, row.flags & ours, row.keywords, NULL);
			s->changed = mem_grow(
				s->changed, &s->cap_changed, s->nchanged + 1, sizeof(*s->changed));
			s->changed[s->nchanged++] = there;
		}
		return;
	}
	if (s->next == UINT32_MAX)
		return;
	row.uid = s->next++;
	row.flags = (row.flags & ~(uint32_t)MAIL_LEAVING) | MAIL_WAITING;
	row.file = origin->p;
	copy = summary_copy(&row);
	s->fresh = mem_grow(s->fresh, &s->cap_fresh, s->nfresh + 1, sizeof(*s->fresh));
	s->fresh[s->nfresh++] = copy;
}

static void want_op(struct settle *s, const struct op *op)
{
	struct folder *from = folder_find(s->f->account, op->folder, false);
	struct str origin = STR_INIT;

	if (!from || !folder_try(from))
		return;
	if (cache_meta(from->cache)->uidvalidity == op->uidvalidity)
		for (size_t i = 0; i < op->n; i++)
			want_row(s, from, op->uids[i], &origin);
	folder_unuse(from);
	str_done(&origin);
}

static void change_rows(struct settle *s)
{
	struct summary *rows = mem_array(s->nfresh + 1, sizeof(*rows));
	size_t ngone = 0, at = 0, n = 0;
	uint32_t *gone = mem_array(map_len(s->have) + 1, sizeof(*gone));
	uint32_t *uids = mem_array(s->nfresh + s->nchanged + 1, sizeof(*uids));
	const char *origin;
	void *uid;

	/* What was just confirmed stays until the synchronisation has brought its real row. */
	s->f->waiting_late = upkeep_runs(s->f) && map_len(s->have);
	while (!upkeep_runs(s->f) && map_each(s->have, &at, &origin, &uid))
		gone[ngone++] = (uint32_t)(uintptr_t)uid;
	ngone = uids_sort(gone, ngone);
	for (size_t i = 0; i < s->nfresh; i++) {
		rows[i] = *s->fresh[i];
		uids[n++] = rows[i].uid;
	}
	for (size_t i = 0; i < s->nchanged; i++)
		uids[n++] = s->changed[i];
	/* What could not be written counts in memory all the same, and is made anew at the next
	 * opening. */
	if (ngone)
		cache_remove(s->f->cache, gone, ngone, NULL);
	if (s->nfresh)
		cache_add(s->f->cache, rows, s->nfresh, NULL);
	if (n || ngone)
		folder_send_changes(s->f, uids, n, gone, ngone);
	free(rows);
	free(gone);
	free(uids);
}

/* Of what the journal has for the folder; another when that changes. Never 0. */
static uint64_t sign(const struct folder *f)
{
	const struct journal *j = f->account->journal;
	uint64_t sum = 1;

	for (size_t i = 0; i < journal_count(j); i++) {
		const struct op *op = journal_at(j, i);

		if (waiting_brings(op, f))
			sum = (sum ^ op->id) * 1099511628211u + op->n;
		else if (op->kind == OP_FLAGS) /* their rows look like them */
			sum = (sum ^ op->id) * 1099511628211u + op->n + 1;
	}
	return sum ? sum : 1;
}

static void settle(struct folder *f)
{
	uint64_t now = sign(f);
	struct settle s = {.f = f};

	if (now == f->waiting_sign && (!f->waiting_late || upkeep_runs(f)))
		return;
	f->waiting_sign = now;
	f->uses++;
	s.have = map_new();
	note_rows(&s);
	for (size_t i = 0; i < journal_count(f->account->journal); i++)
		if (waiting_brings(journal_at(f->account->journal, i), f))
			want_op(&s, journal_at(f->account->journal, i));
	change_rows(&s);
	f->uses--;
	for (size_t i = 0; i < s.nfresh; i++)
		summary_free(s.fresh[i]);
	free(s.fresh);
	free(s.changed);
	map_free(s.have, NULL);
}

void waiting_opened(struct folder *f)
{
	f->waiting_sign = 0;
	if (!f->local && f->account->kind == ACCOUNT_OPENED && !f->account->store->read_only)
		settle(f);
}

void waiting_settle(struct account *a)
{
	if (a->kind != ACCOUNT_OPENED || a->store->read_only)
		return;
	for (struct folder *f = a->folders; f; f = f->next)
		if (!f->local && f->cache && f->uses)
			settle(f);
}

size_t waiting_split(const struct folder *f, uint32_t *uids, size_t *n, uint32_t *waiting)
{
	size_t plain = 0, k = 0;

	for (size_t i = 0; i < *n; i++)
		if (waiting_is(f, uids[i]))
			waiting[k++] = uids[i];
		else
			uids[plain++] = uids[i];
	*n = plain;
	return k;
}
