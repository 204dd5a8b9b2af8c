/*
 * Messages that a POP3 server does not give: each costs one row of the inbox, which says why, and
 * keeps no other from coming. Such a row is in the cache alone, under the key of the message's
 * UIDL; it goes when the message comes, or has left the server's list.
 *
 * What a server refuses has its row at once. What ended the connection is asked for again behind
 * all others, by itself; only when it does so once more it is that message and not the link. After
 * that it is left alone for an hour.
 */
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "store/disk/bytes.h"
#include "store/link/session_priv.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BREAKS_MAX = 2, CORNERS_MAX = 20 };

static struct folder *inbox(struct account *a)
{
	return folder_find(a, "INBOX", true);
}

/* Without UIDL by its number and size: a text with a blank is no UIDL. */
void session_row_key(struct account *a, size_t at, unsigned char key[16])
{
	const struct session_entry *e = &a->link->sessions->session.entries[at];
	char text[32];

	if (*e->uidl) {
		memcpy(key, a->link->sessions->session.keys[at], 16);
		return;
	}
	snprintf(text, sizeof(text), "%u %u", (unsigned)e->number, (unsigned)e->size);
	ledger_key(a->journal, text, key);
}

static uint64_t short_key(const unsigned char key[16])
{
	return load64(key);
}

/* --- what ended a connection --- */

static struct suspect *find_suspect(struct account *a, const unsigned char key[16])
{
	for (size_t i = 0; i < a->link->sessions->nsuspects; i++)
		if (memcmp(a->link->sessions->suspects[i].key, key, 16) == 0)
			return &a->link->sessions->suspects[i];
	return NULL;
}

static struct suspect *add_suspect(struct account *a, const unsigned char key[16])
{
	struct suspect *s;

	a->link->sessions->suspects = mem_grow(a->link->sessions->suspects,
		&a->link->sessions->cap_suspects, a->link->sessions->nsuspects + 1, sizeof(*s));
	s = &a->link->sessions->suspects[a->link->sessions->nsuspects++];
	*s = (struct suspect){.breaks = 0};
	memcpy(s->key, key, 16);
	return s;
}

static void drop_suspect(struct account *a, struct suspect *s)
{
	if (s)
		*s = a->link->sessions->suspects[--a->link->sessions->nsuspects];
}

void session_broke(struct account *a, uint32_t number, const struct err *why)
{
	struct pop3_session *s = &a->link->sessions->session;
	const struct whole *w;
	unsigned char key[16];
	struct suspect *who;
	uint32_t uid = 0;
	size_t at;

	if ((why->kind != ERR_NETWORK && why->kind != ERR_PROTOCOL) || !number ||
		!session_entry_of(a, number, &at))
		return;
	w = session_whole_at(a, at);
	if (w && !w->row)
		return; /* who asked for it is told, and nobody asks again by himself */
	session_row_key(a, at, key);
	who = find_suspect(a, key);
	if (!who)
		who = add_suspect(a, key);
	s->cornered = true;
	map64_get(s->rows, short_key(key), &uid);
	if (++who->breaks >= BREAKS_MAX || uid)
		session_row_put(a, at, why);
}

bool session_goes_on(struct account *a)
{
	const struct pop3_session *s = &a->link->sessions->session;

	if (s->taken)
		a->link->sessions->corners = 0;
	else if (s->cornered)
		a->link->sessions->corners++;
	return s->taken || (s->cornered && a->link->sessions->corners < CORNERS_MAX);
}

/* --- the rows --- */

/* What has its row is asked for when it is due, and behind the others: so is what ended a
 * connection. */
void session_rows_begin(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;
	struct folder *f = inbox(a);
	const struct columns *c = cache_columns_view(f->cache);
	struct map64 *aside = map64_new(0);
	uint32_t one;

	s->rows = map64_new(0);
	for (size_t i = 0; i < c->n; i++) {
		struct summary row;

		if (!(c->flags[i] & MAIL_PLACEHOLDER) || cache_get(f->cache, c->uid[i], &row) != 0)
			continue;
		map64_put(s->rows, short_key(row.identity), c->uid[i]);
		if (!summary_is_due(&row))
			map64_put(aside, short_key(row.identity), 1);
		s->nrows++;
	}
	for (size_t i = 0; (s->nrows || a->link->sessions->nsuspects) && i < s->n; i++) {
		unsigned char key[16];

		if (s->plan[i] == FATE_KNOWN)
			session_row_drop(a, i);
		if (s->plan[i] != FATE_FETCH && s->plan[i] != FATE_LOOK)
			continue;
		session_row_key(a, i, key);
		if (map64_get(aside, short_key(key), &one))
			s->plan[i] = FATE_ASIDE;
		else if (map64_get(s->rows, short_key(key), &one) || find_suspect(a, key))
			s->plan[i] = FATE_LAST;
	}
	map64_free(aside);
}

void session_row_put(struct account *a, size_t at, const struct err *why)
{
	struct pop3_session *s = &a->link->sessions->session;
	struct summary *row;
	unsigned char key[16];
	uint32_t uid = 0;

	s->plan[at] = FATE_FAILED;
	session_row_key(a, at, key);
	map64_get(s->rows, short_key(key), &uid);
	log_line(1, "%s: message %u cannot be fetched: %s", a->setup->settings->name,
		(unsigned)s->entries[at].number, why->text);
	row = summary_placeholder(uid, why->text);
	memcpy(row->identity, key, 16);
	row->size = s->entries[at].size;
	if (!uid && !s->nbad++)
		s->bad = mem_strdup(row->subject);
	uid = folder_put_row(inbox(a), row);
	map64_put(s->rows, short_key(key), uid);
	s->nrows++;
	summary_free(row);
}

static void remove_row(struct account *a, uint32_t uid)
{
	if (cache_remove(inbox(a)->cache, &uid, 1, NULL) == 0)
		folder_send_changes(inbox(a), NULL, 0, &uid, 1);
}

void session_row_drop(struct account *a, size_t at)
{
	struct pop3_session *s = &a->link->sessions->session;
	unsigned char key[16];
	uint32_t uid = 0;

	if (!s->rows || (!s->nrows && !a->link->sessions->nsuspects))
		return;
	session_row_key(a, at, key);
	drop_suspect(a, find_suspect(a, key));
	if (!map64_get(s->rows, short_key(key), &uid) || !uid)
		return;
	map64_put(s->rows, short_key(key), 0);
	remove_row(a, uid);
}

/* Of what left the server's list. */
void session_rows_end(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;
	struct folder *f = inbox(a);
	struct map64 *listed;
	uint32_t *uids, one;
	size_t n;

	if (!f->cache || (!s->nrows && !a->link->sessions->nsuspects))
		return;
	listed = map64_new(s->n);
	for (size_t i = 0; i < s->n; i++) {
		unsigned char key[16];

		session_row_key(a, i, key);
		map64_put(listed, short_key(key), 1);
	}
	for (size_t i = a->link->sessions->nsuspects; i-- > 0;)
		if (!map64_get(listed, short_key(a->link->sessions->suspects[i].key), &one))
			drop_suspect(a, &a->link->sessions->suspects[i]);
	n = cache_columns_view(f->cache)->n;
	uids = mem_dup(cache_columns_view(f->cache)->uid, n * sizeof(*uids));
	for (size_t i = 0; i < n; i++) {
		struct summary row;

		if (cache_get(f->cache, uids[i], &row) == 0 && (row.flags & MAIL_PLACEHOLDER) &&
			!map64_get(listed, short_key(row.identity), &one))
			remove_row(a, uids[i]);
	}
	free(uids);
	map64_free(listed);
}
