/*
 * The end of a POP3 session: what may go on the server, what the ledger forgets, and the rest of
 * messages of which only the beginning was fetched.
 *
 * A message goes on the server when it is whole and durable here and pop3-keep says so, or when it
 * was deleted here for good and pop3-delete-with-local says so.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "mime/envelope.h"
#include "store/disk/stub.h"
#include "store/link/link.h"
#include "store/link/session_priv.h"
#include "store/mail/account.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_server.h"
#include "store/mail/folder_tell.h"
#include "store/mail/identity.h"
#include "store/mail/lanes.h"

#include <stdlib.h>
#include <string.h>

enum { DAY = 86400, LEAP = 3600, RETRY_MS = 60000 };

static struct folder *inbox(struct account *a)
{
	return folder_find(a, "INBOX", true);
}

/* --- deleting --- */

/* Days are not to be trusted for a day after the clock leapt against the time that passed. */
static bool clock_leapt(struct account *a, int64_t now)
{
	int64_t boot = clock_boot_ms() / 1000;
	int64_t leap = a->link->sessions->clock_boot
			       ? (now - a->link->sessions->clock_real) -
					 (boot - a->link->sessions->clock_boot)
			       : 0;

	if (leap > LEAP || leap < -LEAP)
		a->link->sessions->leap_until = boot + DAY;
	a->link->sessions->clock_real = now;
	a->link->sessions->clock_boot = boot;
	return boot < a->link->sessions->leap_until;
}

static bool is_due(const struct account *a, const struct ledger_entry *e, int64_t now, bool leapt)
{
	int64_t days = a->setup->settings->pop3_keep_days;

	if (e->part || e->deleted)
		return false;
	if (e->drop && a->setup->settings->pop3_delete_with_local)
		return true;
	if (days <= 0)
		return days == 0;
	return !leapt && now - (int64_t)e->fetched >= days * DAY;
}

/* What was fetched while the clock stood in the future counts from now on. */
static void redate(struct account *a, int64_t now)
{
	struct ledger_entry *v = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < ledger_count(a->journal); i++) {
		const struct ledger_entry *e = ledger_at(a->journal, i);

		if ((int64_t)e->fetched <= now + LEAP)
			continue;
		v = mem_grow(v, &cap, n + 1, sizeof(*v));
		v[n] = *e;
		v[n++].fetched = (uint32_t)now;
	}
	/* where that is not noted, the next session does it again: nothing goes too early */
	if (n)
		ledger_add(a->journal, v, n, NULL);
	free(v);
}

/* Without UIDL a message has no date of its own: it goes at once or never. */
static bool may_go(struct account *a, size_t at, int64_t now, bool leapt)
{
	struct pop3_session *s = &a->link->sessions->session;
	const struct ledger_entry *e;

	if (s->plan[at] != FATE_KNOWN && s->plan[at] != FATE_HERE)
		return false;
	if (!*s->entries[at].uidl)
		return s->plan[at] == FATE_HERE && a->setup->settings->pop3_keep_days == 0;
	e = ledger_get(a->journal, s->keys[at]);
	return e && is_due(a, e, now, leapt);
}

void session_plan_deletions(struct account *a, struct job *j)
{
	struct pop3_session *s = &a->link->sessions->session;
	int64_t now = clock_now();
	bool leapt = clock_leapt(a, now);

	j->ack.dele = mem_array(s->n, sizeof(*j->ack.dele));
	if (s->err.kind != ERR_NONE)
		return; /* something went wrong here: nothing is deleted in such a session */
	redate(a, now);
	for (size_t i = 0; i < s->n; i++)
		if (may_go(a, i, now, leapt))
			j->ack.dele[j->ack.n++] = s->entries[i].number;
}

/* --- wholes --- */

static void whole_free(struct whole *w)
{
	free(w->folder);
	free(w->base);
	free(w);
}

static void settle_whole(struct account *a, struct whole *w, const struct err *err)
{
	struct whole **p = &a->link->sessions->wholes;

	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
	if (err)
		answer_failed(a->store, w->request, err);
	else
		answer_done(a->store, w->request, _("The whole message is here"));
	whole_free(w);
}

void session_fail_wholes(struct account *a, bool planned_only, const struct err *err)
{
	struct whole *next;

	for (struct whole *w = a->link->sessions->wholes; w; w = next) {
		next = w->next;
		if (!planned_only || w->planned)
			settle_whole(a, w, err);
	}
}

static int add_whole(struct folder *f, struct store_request *r, struct err *err)
{
	struct account *a = f->account;
	struct whole *w;
	struct summary s;

	if (!f->local || a->kind == ACCOUNT_PATH || cache_get(f->cache, r->uid, &s) != 0 ||
		!(s.flags & (MAIL_ON_SERVER_ONLY_HEADER | MAIL_PLACEHOLDER)))
		return err_set(err, ERR_INPUT, _("All of this message is here already"));
	if (a->remote != &remote_pop3)
		return err_set(err, ERR_INPUT,
			_("The rest is fetched by POP3; switch back to it: :protocol pop3"));
	if (!lanes_are_open(a))
		return err_set(
			err, ERR_NETWORK, _("Account %s is offline"), a->setup->settings->name);
	w = mem_alloc(sizeof(*w));
	w->request = r;
	w->uid = r->uid;
	w->folder = mem_strdup(f->name);
	w->base = mem_strdup(s.file);
	memcpy(w->identity, s.identity, 16);
	w->row = s.flags & MAIL_PLACEHOLDER;
	if (w->row)
		memcpy(w->key, s.identity, 16);
	else
		stub_key(w->base, w->key);
	w->next = a->link->sessions->wholes;
	a->link->sessions->wholes = w;
	session_start(a, 0);
	return REQUEST_TAKEN;
}

/* By IMAP there are such rows too: they are asked for with the next synchronisation, which is now.
 */
static bool is_server_row(struct folder *f, uint32_t uid)
{
	struct summary s;

	return !f->local && lanes_are_open(f->account) && f->cache &&
	       cache_get(f->cache, uid, &s) == 0 && (s.flags & MAIL_PLACEHOLDER);
}

int session_whole(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	if (!is_server_row(l->folder, r->uid))
		return add_whole(l->folder, r, err);
	folder_fetch_again(l->folder, r->uid);
	str_adds(said, _("The server is asked for this message again"));
	return 0;
}

/* By its UIDL; after a server's move by what the ledger says of the mail. */
static bool whole_matches(struct account *a, const struct whole *w, size_t at)
{
	const struct pop3_session *s = &a->link->sessions->session;
	const struct ledger_entry *e;
	unsigned char key[16];

	if (w->row) {
		session_row_key(a, at, key);
		return memcmp(key, w->key, 16) == 0;
	}
	if (!*s->entries[at].uidl || s->plan[at] != FATE_KNOWN)
		return false;
	if (memcmp(s->keys[at], w->key, 16) == 0)
		return true;
	e = ledger_get(a->journal, s->keys[at]);
	return e && e->part && memcmp(e->identity, w->identity, 16) == 0;
}

void session_match_wholes(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;

	for (struct whole *w = a->link->sessions->wholes; w; w = w->next) {
		for (size_t i = 0; i < s->n && !w->planned; i++)
			if (!session_whole_at(a, i) && whole_matches(a, w, i)) {
				w->planned = true;
				w->at = i;
				s->plan[i] = w->row ? FATE_LAST : FATE_FETCH;
			}
	}
	/* Those that the server has no more. */
	for (struct whole *w = a->link->sessions->wholes, *next; w; w = next) {
		struct err err = {0};

		next = w->next;
		if (w->planned)
			continue;
		err_set(&err, ERR_GONE, _("The server has this message no more"));
		settle_whole(a, w, &err);
	}
}

struct whole *session_whole_at(struct account *a, size_t at)
{
	struct whole *w = a->link->sessions->wholes;

	while (w && !(w->planned && w->at == at))
		w = w->next;
	return w;
}

struct whole *session_whole_of(struct account *a, unsigned request)
{
	struct whole *w = a->link->sessions->wholes;

	while (w && w->request->request != request)
		w = w->next;
	return w;
}

void session_drop_whole(struct account *a, struct whole *w)
{
	struct err err = {0};

	err_set(&err, ERR_CANCELLED, _("Cancelled"));
	settle_whole(a, w, &err);
}

/* Bytes first, durably and at once; then the ledger: before that nothing is deleted. */
static int fill_whole(struct account *a, struct whole *w, const struct str *bytes, struct err *err)
{
	struct folder *f = folder_find(a, w->folder, true);
	const struct ledger_entry *old =
		ledger_get(a->journal, a->link->sessions->session.keys[w->at]);
	struct envelope envelope = {0};
	unsigned char identity[16];
	struct ledger_entry e;

	envelope_parse(&envelope, str_c(bytes), bytes->len);
	envelope_identity(&envelope, identity);
	envelope_done(&envelope);
	if (!f || !old)
		return err_set(err, ERR_GONE, _("This message is no longer in the folder"));
	if (memcmp(identity, w->identity, 16) != 0)
		return err_set(err, ERR_GONE,
			_("The server has another message in its place now; nothing was changed"));
	if (maildir_replace(f->box.dir, w->base, str_c(bytes), bytes->len, err) != 0)
		return -1;
	if (folder_use(f, NULL) == 0) {
		folder_refill(f, w->uid, w->base, str_c(bytes), bytes->len);
		folder_unuse(f);
	}
	e = *old;
	e.part = false;
	e.fetched = (uint32_t)clock_now();
	return ledger_add(a->journal, &e, 1, err);
}

void session_fill_whole(
	struct account *a, struct whole *w, struct str *bytes, const struct err *err)
{
	struct err why = *err;

	/* Known either way: what fails stays as it is, on the server too. */
	a->link->sessions->session.plan[w->at] = FATE_KNOWN;
	if (why.kind == ERR_NONE)
		fill_whole(a, w, bytes, &why);
	settle_whole(a, w, why.kind == ERR_NONE ? NULL : &why);
}

void session_row_came(struct account *a, struct whole *w, const struct err *err)
{
	struct err why = *err;

	if (why.kind == ERR_NONE && session_commit(a) != 0)
		why = a->link->sessions->session.err;
	settle_whole(a, w, why.kind == ERR_NONE ? NULL : &why);
}

/* --- the end --- */

static int compare_keys(const void *x, const void *y)
{
	return memcmp(x, y, 16);
}

/* The ledger keeps only what the server still has. A list that came out empty by mistake must not
 * make it forget everything. */
static void prune(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;
	unsigned char(*present)[16], (*gone)[16];
	size_t n = 0, ngone;

	if (!s->n)
		return;
	present = mem_array(s->n, sizeof(*present));
	for (size_t i = 0; i < s->n; i++)
		if (*s->entries[i].uidl)
			memcpy(present[n++], s->keys[i], 16);
	if (n)
		qsort(present, n, sizeof(*present), compare_keys);
	ngone = ledger_missing(a->journal, (const unsigned char(*)[16])present, n, &gone);
	/* what it goes on to name costs room, and is found missing again next time */
	if (ngone)
		ledger_forget(a->journal, (const unsigned char(*)[16])gone, ngone, NULL);
	free(present);
	free(gone);
}

static void forget_deleted(struct account *a, const struct result_session *r)
{
	struct pop3_session *s = &a->link->sessions->session;
	unsigned char(*keys)[16] = mem_array(r->n, sizeof(*keys));
	size_t n = 0, at;

	for (size_t i = 0; i < r->n; i++)
		if (session_entry_of(a, r->deleted[i], &at) && *s->entries[at].uidl)
			memcpy(keys[n++], s->keys[at], 16);
	/* else prune does, with the next list */
	if (n)
		ledger_forget(a->journal, (const unsigned char(*)[16])keys, n, NULL);
	free(keys);
}

static size_t count_new(const struct pop3_session *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->plan[i] == FATE_HERE &&
		     !s->twin[i]; /* what IMAP had shown already is no news */
	return n;
}

/* The newest come first: what they answer comes after them, and threads are whole only now. */
static void show_threads(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;
	size_t i = 0;

	while (i < s->n && s->plan[i] != FATE_HERE)
		i++;
	if (i < s->n && inbox(a)->cache)
		folder_send_list(inbox(a), NULL);
}

static void tell_new(struct account *a, size_t n)
{
	struct store_event *ev;

	if (!n)
		return;
	ev = store_event_new(STORE_NEW_MAIL);
	ev->account = a->index;
	ev->new_mail.folder = mem_strdup("INBOX");
	ev->new_mail.n = n;
	store_emit(a->store, ev);
}

/* The screen shows what comes by itself until it hears that nothing is under way. */
void session_through(struct account *a)
{
	struct store_event *ev = store_event_new(STORE_PROGRESS);

	ev->account = a->index;
	store_emit(a->store, ev);
}

static void finish_listed(struct account *a, struct result *r)
{
	struct pop3_session *s = &a->link->sessions->session;

	if (inbox(a)->cache)
		session_commit(a); /* what came before a break is kept */
	if (r->err.kind == ERR_NONE) {
		session_rows_end(a);
		forget_deleted(a, &r->session);
		prune(a);
		identity_listed(a);
	}
	journal_compact(a->journal, NULL); /* it is as good uncompacted, and tried with the next */
	if (s->taken)
		handover_fetched(a);
	show_threads(a);
	tell_new(a, count_new(s));
	folder_tell_bad(inbox(a), s->nbad, s->bad);
	session_close(a);
}

/* A session that the network ended is followed by another soon where it came further, else after
 * pauses that grow. */
static int pause_after(struct account *a, const struct err *err, bool goes_on)
{
	static const int pauses[] = {1000, 2000, 5000, 15000, 60000};
	unsigned failures = a->link->sessions->failures;

	a->link->sessions->failures = 0;
	if (err->kind == ERR_CANCELLED)
		return session_every_ms(a);
	if (goes_on)
		return pauses[0];
	if (err->kind != ERR_NETWORK)
		return RETRY_MS;
	a->link->sessions->failures = failures + 1 < MEM_COUNT(pauses) ? failures + 1 : failures;
	return pauses[failures];
}

void session_done(struct account *a, struct result *r)
{
	struct pop3_session *s = &a->link->sessions->session;
	struct err err, gone = {0};
	bool goes_on;

	if (r->err.kind == ERR_NONE)
		handover_listed(a);
	if (!s->running)
		return;
	if (s->entries)
		finish_listed(a, r);
	err = r->err.kind != ERR_NONE ? r->err : s->err;
	goes_on = (err.kind == ERR_NETWORK || err.kind == ERR_PROTOCOL) && session_goes_on(a);
	err_set(&gone, ERR_NETWORK, _("The rest of the message did not come"));
	session_fail_wholes(a, s->entries != NULL, err.kind != ERR_NONE ? &err : &gone);
	session_reset(a);
	session_through(a);
	if (err.kind == ERR_NONE)
		a->link->sessions->failures = 0;
	else
		a->link->sessions->next = clock_ms() + pause_after(a, &err, goes_on);
	if (a->link->sessions->again)
		a->link->sessions->next = 0;
	a->link->sessions->again = false;
	if (err.kind != ERR_NONE && syncall_runs(a) && !goes_on)
		syncall_failed(a, &err);
	else if (err.kind != ERR_NONE && !goes_on && err.kind != ERR_NETWORK &&
		 err.kind != ERR_CANCELLED)
		store_notice(a, _("Fetching by POP3 for account %s: %s"), a->setup->settings->name,
			err.text);
	folder_send_folders(a);
	if (a->link->sessions->wholes || (goes_on && syncall_runs(a)))
		session_start(a, 0);
	account_settles(a);
}
