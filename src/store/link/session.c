/*
 * One POP3 session, the store's side: what to fetch, what to leave, what may be deleted.
 *
 * The order that loses nothing and stores nothing twice: file durable in the Maildir, then the
 * ledger durable, and only then may the driver delete (RFC 1939: QUIT commits). A message that is
 * here already, fetched by IMAP or under another UIDL, is recognised by its identity and not
 * fetched again.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "mime/envelope.h"
#include "store/disk/maildir.h"
#include "store/disk/stub.h"
#include "store/link/link.h"
#include "store/link/session_priv.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/mail/lanes.h"
#include "store/mail/mute.h"

#include <stdlib.h>
#include <string.h>

enum {
	GROUP = 500,       /* messages that are made durable together, */
	GROUP_MOST = 1000, /* and while the disk is busy with those before */
	GROUP_BYTES = 4 << 20,
	GROUP_MS = 500, /* on a slow line mail is shown as it comes */
	TELL_MS = 100,
	COUNT_MS = 1000,
	PART_LINES = 40, /* of the body of a message larger than pop3-max */
	TWINS_MAX = 16
};

struct arrival {
	size_t at; /* entry */
	struct str bytes;
	char *keywords; /* owned */
	char tag[STUB_TAG];
	struct maildir_mail mail; /* of all that */
};

struct delivery {
	struct maildir_group *group;
	size_t n, bytes;
	int64_t since;
	struct arrival v[GROUP_MOST];
};

static struct delivery *delivery_new(const char *dir)
{
	struct delivery *d = mem_alloc(sizeof(*d));

	d->group = maildir_group_new(dir);
	d->since = clock_ms();
	return d;
}

static void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	maildir_group_free(d->group);
	for (size_t i = 0; i < d->n; i++) {
		str_done(&d->v[i].bytes);
		str_done(&d->v[i].mail.base);
		free(d->v[i].keywords);
	}
	free(d);
}

void session_reset(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;

	session_close(a);
	free(s->entries);
	free(s->keys);
	free(s->plan);
	free(s->twin);
	free(s->suspect);
	free(s->lost);
	free(s->batch);
	free(s->told);
	free(s->bad);
	map64_free(s->rows);
	delivery_free(s->filling);
	delivery_free(s->waiting);
	*s = (struct pop3_session){0};
}

int session_every_ms(const struct account *a)
{
	int minutes = a->setup->settings->pop3_check_minutes;

	return 1000 * (minutes ? minutes * 60 : a->setup->check_seconds);
}

struct sessions *sessions_new(void)
{
	return mem_alloc(sizeof(struct sessions));
}

void sessions_free(struct account *a)
{
	session_reset(a);
	session_fail_wholes(a, false, &(struct err){.kind = ERR_CANCELLED});
	free(a->link->sessions->suspects);
	free(a->link->sessions);
}

void session_start(struct account *a, unsigned request)
{
	struct job *j;

	if (a->link->sessions->session.running || !lanes_are_open(a))
		return;
	session_reset(a);
	a->link->sessions->session.running = true;
	/* Whoever asked for it: each session takes all there is. */
	a->link->sessions->next = clock_ms() + session_every_ms(a);
	a->link->sessions->session.request = request;
	j = job_new(JOB_POP3);
	j->request = a->link->sessions->session.job = ++a->store->next_job;
	lanes_post(a, LANE_MAIN, j);
}

static struct folder *inbox(struct account *a)
{
	return folder_find(a, "INBOX", true);
}

static struct folder *server_inbox(struct account *a)
{
	return folder_by_role(a, ROLE_INBOX, false);
}

struct session_entry *session_entry_of(struct account *a, uint32_t number, size_t *at)
{
	struct pop3_session *s = &a->link->sessions->session;

	/* Entries come by number, mostly without gaps. */
	for (size_t i = number && number <= s->n ? number - 1 : 0; i < s->n; i++)
		if (s->entries[i].number == number) {
			*at = i;
			return &s->entries[i];
		}
	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].number == number) {
			*at = i;
			return &s->entries[i];
		}
	return NULL;
}

static int by_size(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

/* Whether the ledger has an entry that this list has not. */
static bool is_lost(struct account *a, const struct ledger_entry *e, struct map64 *present)
{
	uint32_t one;
	uint64_t key;

	(void)a;
	memcpy(&key, e->uidl, sizeof(key));
	return !map64_get(present, key, &one);
}

/* A server that was moved gives new UIDLs: what the ledger has and the list has not may be the
 * same mail. */
static void find_lost(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;
	struct map64 *present = map64_new(s->n + 1);
	size_t cap = 0;
	uint64_t key;

	for (size_t i = 0; i < s->n; i++)
		if (*s->entries[i].uidl) {
			memcpy(&key, s->keys[i], sizeof(key));
			map64_put(present, key, 1);
		}
	for (size_t i = 0; i < ledger_count(a->journal); i++) {
		const struct ledger_entry *e = ledger_at(a->journal, i);

		if (!is_lost(a, e, present))
			continue;
		s->lost = mem_grow(s->lost, &cap, s->nlost + 1, sizeof(*s->lost));
		s->lost[s->nlost++] = e->size;
	}
	if (s->nlost)
		qsort(s->lost, s->nlost, sizeof(*s->lost), by_size);
	map64_free(present);
}

/* Only where something fetched another way, or under another UIDL, may be the same mail. */
static bool may_be_here(struct account *a, const struct session_entry *e, bool ledger_useless)
{
	const struct pop3_session *s = &a->link->sessions->session;
	struct folder *server = server_inbox(a), *local = inbox(a);

	if (server && server->cache && cache_count(server->cache))
		return true;
	if (s->nlost && bsearch(&e->size, s->lost, s->nlost, sizeof(*s->lost), by_size))
		return true;
	return (!*e->uidl || ledger_useless) && local->cache && cache_count(local->cache);
}

/* UIDLs of another server may look alike; its sizes too is too much of a chance. */
static bool is_known(struct account *a, size_t at)
{
	const struct session_entry *s = &a->link->sessions->session.entries[at];
	const struct ledger_entry *e =
		*s->uidl ? ledger_get(a->journal, a->link->sessions->session.keys[at]) : NULL;

	return e && (!ledger_is_doubted(a->journal) || e->size == s->size);
}

static void plan_entries(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;
	size_t known = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (*s->entries[i].uidl)
			ledger_key(a->journal, s->entries[i].uidl, s->keys[i]);
		if (is_known(a, i)) {
			s->plan[i] = FATE_KNOWN;
			known++;
		} else {
			s->plan[i] = FATE_FETCH;
		}
	}
	find_lost(a);
	for (size_t i = 0; i < s->n; i++) {
		if (s->plan[i] != FATE_FETCH)
			continue;
		s->suspect[i] = may_be_here(a, &s->entries[i], known == 0);
		if (s->suspect[i] && s->can_top)
			s->plan[i] = FATE_LOOK;
	}
}

/* A delivery that survived a crash before the ledger did is recognised by the tag in its file name.
 */
static int collect_tag(void *ctx, const struct maildir_entry *e)
{
	struct map *found = ctx;
	unsigned char key[STUB_KEY];
	char tag[STUB_TAG];

	if (stub_key(e->base, key)) {
		stub_tag(key, tag);
		free(map_put(found, tag, mem_strdup(e->base)));
	}
	return 0;
}

static void note_entry(struct account *a, size_t at, const struct ledger_entry *e)
{
	struct pop3_session *s = &a->link->sessions->session;

	s->plan[at] = FATE_HERE;
	session_row_drop(a, at);
	if (!*s->entries[at].uidl)
		return; /* without UIDL the identity is all there is, and it is in the cache */
	s->batch = mem_grow(s->batch, &s->cap_batch, s->nbatch + 1, sizeof(*s->batch));
	s->batch[s->nbatch] = *e;
	memcpy(s->batch[s->nbatch++].uidl, s->keys[at], 16);
}

static void note_here(struct account *a, size_t at, const unsigned char identity[16], bool part)
{
	struct ledger_entry e = {.fetched = (uint32_t)clock_now(),
		.size = a->link->sessions->session.entries[at].size,
		.part = part};

	memcpy(e.identity, identity, 16);
	note_entry(a, at, &e);
}

/* Whether a file is the beginning of a message only. Files with their size in the name are whole
 * from the start; the others had or have a mark. In doubt: only the beginning, nothing is deleted.
 */
static bool is_part(struct account *a, const char *base)
{
	struct str bytes = STR_INIT;
	bool part;

	if (strstr(base, ",S="))
		return false;
	part = maildir_read(inbox(a)->box.dir, base, MAILDIR_MESSAGE_MAX, &bytes, NULL) != 0 ||
	       stub_is(base, str_c(&bytes), bytes.len, NULL, NULL);
	str_done(&bytes);
	return part;
}

/* The rest of a message came, but the program ended before the ledger heard of it. */
static void note_completed(struct account *a, size_t at, const char *base)
{
	const struct ledger_entry *old =
		ledger_get(a->journal, a->link->sessions->session.keys[at]);
	struct ledger_entry e = *old;

	if (!old->part || is_part(a, base))
		return;
	e.part = false;
	e.fetched = (uint32_t)clock_now();
	note_entry(a, at, &e);
	a->link->sessions->session.plan[at] = FATE_KNOWN;
}

static void find_survivors(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;
	struct map *found = map_new();
	static const unsigned char unknown[16];

	/* what is not found is fetched again: twice there, and not lost */
	maildir_scan(inbox(a)->box.dir, collect_tag, found, NULL);
	for (size_t i = 0; i < s->n; i++) {
		char tag[STUB_TAG];
		const char *base;

		if (!*s->entries[i].uidl)
			continue;
		stub_tag(s->keys[i], tag);
		base = map_get(found, tag);
		if (base && s->plan[i] == FATE_KNOWN)
			note_completed(a, i, base);
		else if (base && !ledger_is_doubted(a->journal))
			note_here(a, i, unknown, is_part(a, base));
	}
	map_free(found, free);
}

/* Whole messages that somebody waits for, then the newest: what a person waits for. */
static size_t numbers_with(struct account *a, enum fate fate, uint32_t **out)
{
	struct pop3_session *s = &a->link->sessions->session;
	size_t n = 0;

	*out = mem_array(s->n, sizeof(**out));
	for (struct whole *w = a->link->sessions->wholes; w; w = w->next)
		if (w->planned && s->plan[w->at] == fate)
			(*out)[n++] = s->entries[w->at].number;
	for (size_t i = s->n; i-- > 0;)
		if (s->plan[i] == fate && !session_whole_at(a, i))
			(*out)[n++] = s->entries[i].number;
	return n;
}

static void choose_parts(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;
	uint64_t max = (uint64_t)a->setup->settings->pop3_max;

	if (!max || !s->can_top)
		return;
	for (size_t i = 0; i < s->n; i++)
		if (s->plan[i] == FATE_FETCH && s->entries[i].size > max && *s->entries[i].uidl &&
			!session_whole_at(a, i))
			s->plan[i] = FATE_PART;
}

static void post_plan(struct account *a)
{
	struct job *j = job_new(JOB_POP3_PLAN);

	j->plan.ntop = numbers_with(a, FATE_LOOK, &j->plan.top);
	if (!j->plan.ntop) {
		choose_parts(a);
		j->plan.nretr = numbers_with(a, FATE_FETCH, &j->plan.retr);
		j->plan.npart = numbers_with(a, FATE_PART, &j->plan.part);
		j->plan.nlast = numbers_with(a, FATE_LAST, &j->plan.last);
		j->plan.lines = PART_LINES;
	}
	a->link->sessions->session.round = j->plan.ntop ? 1 : 2;
	a->link->sessions->session.fresh = j->plan.nretr + j->plan.npart + j->plan.nlast;
	lanes_post(a, LANE_MAIN, j);
}

static int open_inboxes(struct account *a, struct err *err)
{
	struct folder *server = server_inbox(a);

	if (folder_use(inbox(a), err) != 0)
		return -1;
	a->link->sessions->session.opened = true;
	a->link->sessions->session.scanned_ms = clock_ms();
	if (server && folder_use(server, NULL) != 0)
		log_line(1, "the server's inbox cache cannot be opened");
	return 0;
}

void session_close(struct account *a)
{
	struct folder *server;

	if (!a->link->sessions->session.opened || !a->folders)
		return;
	a->link->sessions->session.opened = false;
	server = server_inbox(a);
	if (inbox(a)->cache)
		folder_unuse(inbox(a));
	if (server && server->cache)
		folder_unuse(server);
}

void session_listed(struct account *a, struct result *r)
{
	struct pop3_session *s = &a->link->sessions->session;

	if (!s->running || s->entries)
		return;
	s->entries = r->listed.v;
	s->n = r->listed.n;
	s->can_top = r->listed.can_top;
	r->listed.v = NULL;
	r->listed.n = 0;
	s->keys = mem_array(s->n, sizeof(*s->keys));
	s->plan = mem_array(s->n, sizeof(*s->plan));
	s->twin = mem_array(s->n, sizeof(*s->twin));
	s->suspect = mem_array(s->n, sizeof(*s->suspect));
	if (open_inboxes(a, &s->err) != 0) {
		/* Nothing can be stored: fetch nothing, delete nothing. */
		memset(s->plan, FATE_FAILED, s->n);
		post_plan(a);
		return;
	}
	plan_entries(a);
	session_rows_begin(a);
	find_survivors(a);
	session_match_wholes(a);
	post_plan(a);
}

/* --- is it here already? --- */

static uint32_t inbox_flags(struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return at < 0 ? 0 : c->flags[at] & MAIL_SERVER_FLAGS & ~(uint32_t)MAIL_DELETED;
}

/* The caller frees; NULL is no message. */
static char *inbox_keywords(struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return mem_strdup(at < 0 ? "" : cache_keyset(f->cache, c->keyset[at]));
}

static void note_delivered(
	struct account *a, size_t at, const unsigned char identity[16], bool part)
{
	a->link->sessions->session.unsynced = true;
	note_here(a, at, identity, part);
}

static void identity_of(const char *p, size_t len, unsigned char identity[16])
{
	struct envelope e = {0};

	envelope_parse(&e, p, len);
	envelope_identity(&e, identity);
	envelope_done(&e);
}

static bool deliver(struct account *a, size_t at, const char *p, size_t len, uint32_t flags,
	const char *keywords)
{
	struct pop3_session *s = &a->link->sessions->session;
	unsigned char identity[16];
	char tag[STUB_TAG];
	uint32_t uid;

	stub_tag(s->keys[at], tag);
	if (folder_deliver(inbox(a), p, len, flags, keywords, *s->entries[at].uidl ? tag : NULL,
		    &uid, &s->err) != 0) {
		s->plan[at] = FATE_FAILED;
		return false;
	}
	s->told = mem_grow(s->told, &s->cap_told, s->ntold + 1, sizeof(*s->told));
	s->told[s->ntold++] = uid;
	identity_of(p, len, identity);
	note_delivered(a, at, identity, false);
	return true;
}

/* IMAP fetched the body already: it moves in without crossing the network again. */
static bool move_in(struct account *a, size_t at, struct folder *server, uint32_t uid)
{
	struct bodies_key key = {server->name, cache_meta(server->cache)->uidvalidity, uid};
	struct str bytes = STR_INIT;
	char *keywords = inbox_keywords(server, uid);
	bool ok = bodies_get(a->bodies, &key, "eml", &bytes, NULL) == 0 &&
		  deliver(a, at, bytes.p, bytes.len, inbox_flags(server, uid), keywords);

	free(keywords);
	str_done(&bytes);
	return ok;
}

/*
 * Two different mails may have the same Message-ID and Date: a copy by a list and one sent
 * directly, or a forgery. Only the same size makes it the same mail; in doubt it is fetched,
 * because a double is a nuisance and a mail that is never fetched is lost.
 */
static uint32_t find_twin(
	struct folder *server, const struct session_entry *e, const unsigned char identity[16])
{
	const struct columns *c = cache_columns_view(server->cache);
	uint32_t uids[TWINS_MAX];
	size_t n = cache_find_identity(server->cache, identity, uids, TWINS_MAX);

	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(c, uids[i]);

		if (at >= 0 && c->size[at] == e->size)
			return uids[i];
	}
	return 0;
}

/* Octets on the wire of a message that is kept with LF line ends. */
static uint64_t wire_size(struct folder *f, uint32_t uid)
{
	struct str bytes = STR_INIT;
	char *base = folder_local_file(f, uid, NULL);
	uint64_t size = 0;

	if (base && maildir_read(f->box.dir, base, MAILDIR_MESSAGE_MAX, &bytes, NULL) == 0)
		size = str_wire_size(str_c(&bytes), bytes.len);
	free(base);
	str_done(&bytes);
	return size;
}

/* The same identity and size: in a file here, or in the ledger under a UIDL that left the list. */
static bool find_here(struct account *a, size_t at, uint64_t size, const unsigned char identity[16])
{
	uint32_t uids[TWINS_MAX];
	size_t n = inbox(a)->cache ? cache_find_identity(inbox(a)->cache, identity, uids, TWINS_MAX)
				   : 0;

	for (size_t i = 0; i < n; i++)
		if (wire_size(inbox(a), uids[i]) == size) {
			note_here(a, at, identity, false);
			return true;
		}
	return false;
}

/* What left the list and came back under another UIDL keeps its date, and what is known of it. */
static bool find_moved(struct account *a, size_t at, const unsigned char identity[16])
{
	struct pop3_session *s = &a->link->sessions->session;
	const struct session_entry *e = &s->entries[at];

	if (!s->nlost || !*e->uidl)
		return false;
	for (size_t i = 0; i < ledger_count(a->journal); i++) {
		const struct ledger_entry *l = ledger_at(a->journal, i);
		bool listed = false;

		if (l->size != e->size || memcmp(l->identity, identity, 16) != 0)
			continue;
		for (size_t k = 0; k < s->n && !listed; k++)
			listed = *s->entries[k].uidl && memcmp(s->keys[k], l->uidl, 16) == 0;
		if (listed)
			continue;
		note_entry(a, at, l);
		return true;
	}
	return false;
}

void session_header(struct account *a, struct result *r)
{
	struct pop3_session *s = &a->link->sessions->session;
	struct folder *server = server_inbox(a);
	unsigned char identity[16];
	size_t at;

	if (!s->running || !session_entry_of(a, r->message.number, &at) || s->plan[at] != FATE_LOOK)
		return;
	s->plan[at] = FATE_FETCH;
	if (r->err.kind != ERR_NONE || !inbox(a)->cache)
		return;
	identity_of(str_c(&r->message.bytes), r->message.bytes.len, identity);
	if (find_moved(a, at, identity) || find_here(a, at, s->entries[at].size, identity))
		return;
	if (!server || !server->cache)
		return;
	s->twin[at] = find_twin(server, &s->entries[at], identity);
	if (s->twin[at])
		move_in(a, at, server, s->twin[at]);
	if (s->plan[at] == FATE_FAILED)
		s->plan[at] = FATE_FETCH;
}

/* --- storing --- */

/* One that cannot be stored is fetched again next time. */
static void note_delivery(struct account *a, const struct delivery *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct arrival *w = &d->v[i];

		if (w->mail.base.len) {
			note_here(a, w->at, w->mail.identity, w->mail.part);
		} else {
			a->link->sessions->session.plan[w->at] = FATE_FAILED;
			a->link->sessions->session.err = w->mail.err;
		}
	}
}

/* Makes durable what the group in d (or NULL) and those before named: the names, then the ledger.
 */
static int record(struct account *a, const struct delivery *d)
{
	struct pop3_session *s = &a->link->sessions->session;
	int rc = 0;

	folder_send_changes(inbox(a), s->told, s->ntold, NULL, 0);
	s->ntold = 0;
	if (s->unsynced)
		rc = maildir_sync(inbox(a)->box.dir, &s->err);
	else if (d)
		rc = maildir_group_sync(d->group, &s->err);
	if (rc == 0 && s->nbatch)
		rc = ledger_add(a->journal, s->batch, s->nbatch, &s->err);
	s->unsynced = false;
	s->nbatch = 0;
	return rc;
}

/* Its failure is in the session's err: nothing is deleted then. */
static int finish(struct account *a, struct delivery **p)
{
	struct delivery *d = *p;
	uint32_t last;
	int rc;

	*p = NULL;
	if (!d)
		return 0;
	last = mute_last(inbox(a));
	folder_deliver_group(inbox(a), d->group);
	mute_since(inbox(a), last);
	note_delivery(a, d);
	rc = record(a, d);
	delivery_free(d);
	return rc;
}

/* The disk thread is woken, and comes to session_step. */
static void wake(void *store)
{
	queue_wake(((struct store *)store)->results);
}

static bool is_full(const struct delivery *d)
{
	return d->n >= GROUP || d->bytes >= GROUP_BYTES || clock_ms() - d->since >= GROUP_MS;
}

static bool is_very_full(const struct delivery *d)
{
	return d->n >= GROUP_MOST || d->bytes >= 2 * GROUP_BYTES;
}

/*
 * While the disk is busy with one group the next is written, so that neither the network nor this
 * thread waits for it. A group grows meanwhile.
 */
void session_step(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;

	if (s->waiting && (maildir_group_is_over(s->waiting->group) ||
				  (s->filling && is_very_full(s->filling))))
		finish(a, &s->waiting);
	if (s->waiting || !s->filling || !is_full(s->filling))
		return;
	s->waiting = s->filling;
	s->filling = NULL;
	maildir_group_start(s->waiting->group, wake, a->store);
}

/* Makes all that came durable, and waits for that. */
int session_commit(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;
	int before = finish(a, &s->waiting), rc = finish(a, &s->filling);

	if (record(a, NULL) != 0)
		rc = -1;
	return before != 0 ? before : rc;
}

static void tell_progress(struct account *a)
{
	struct pop3_session *s = &a->link->sessions->session;
	int64_t now = clock_ms();
	struct store_event *ev;

	if (s->taken < s->fresh && now - s->told_ms < TELL_MS)
		return;
	s->told_ms = now;
	ev = store_event_new(STORE_PROGRESS);
	ev->request = s->request;
	ev->account = a->index;
	ev->progress.done = s->taken;
	ev->progress.total = s->fresh;
	ev->progress.octets = s->octets;
	store_emit(a->store, ev);
	if (now - s->counted_ms >= COUNT_MS) {
		s->counted_ms = now;
		folder_send_folders(a);
	}
}

/* RETR marks the message as read on most servers (Dovecot's default), and by POP3 nobody can take
 * that back. The cache of the server's inbox notes it, so that a switch to IMAP finds what is
 * unread here and read there. */
static void note_read_there(struct account *a, uint32_t uid)
{
	struct folder *server = server_inbox(a);

	if (uid && server && server->cache &&
		cache_set_flags(server->cache, uid, 0, MAIL_SEEN, NULL, NULL) == 0)
		folder_send_changes(server, &uid, 1, NULL, 0);
}

static void take_message(struct account *a, size_t at, struct str *bytes, bool part)
{
	struct folder *server = a->link->sessions->session.twin[at] ? server_inbox(a) : NULL;
	uint32_t twin = server && server->cache ? a->link->sessions->session.twin[at] : 0;
	struct pop3_session *s = &a->link->sessions->session;
	struct arrival *w;

	if (!s->filling)
		s->filling = delivery_new(inbox(a)->box.dir);
	s->plan[at] = FATE_TAKEN;
	w = &s->filling->v[s->filling->n++];
	w->at = at;
	w->keywords = twin ? inbox_keywords(server, twin) : NULL;
	stub_tag(s->keys[at], w->tag);
	if (part) {
		stub_make(&w->bytes, s->keys[at], s->entries[at].size, str_c(bytes), bytes->len);
	} else {
		w->bytes = *bytes;
		*bytes = (struct str)STR_INIT;
	}
	s->filling->bytes += w->bytes.len;
	w->mail = (struct maildir_mail){.p = str_c(&w->bytes),
		.len = w->bytes.len,
		.flags = twin ? inbox_flags(server, twin) : 0,
		.keywords = w->keywords,
		.part = part,
		.tag = *s->entries[at].uidl ? w->tag : NULL};
	maildir_group_add(s->filling->group, &w->mail);
	if (!part)
		note_read_there(a, twin);
}

/* What could not be recognised by its header alone: its size was a lie, or there is no TOP. */
static bool is_here_after_all(struct account *a, size_t at, const struct str *bytes)
{
	struct folder *server = server_inbox(a);
	unsigned char identity[16];

	if (!a->link->sessions->session.suspect[at] || !inbox(a)->cache)
		return false;
	/* The same mail twice in one session is recognised only when the first is in the folder. */
	if ((a->link->sessions->session.filling || a->link->sessions->session.waiting) &&
		!*a->link->sessions->session.entries[at].uidl)
		session_commit(a);
	identity_of(str_c(bytes), bytes->len, identity);
	if (!a->link->sessions->session.twin[at] && server && server->cache)
		a->link->sessions->session.twin[at] =
			find_twin(server, &a->link->sessions->session.entries[at], identity);
	if (!find_moved(a, at, identity) && !find_here(a, at, bytes->len, identity))
		return false;
	note_read_there(a, a->link->sessions->session.twin[at]);
	return true;
}

static void arrived(struct account *a, struct result *r, bool part)
{
	struct pop3_session *s = &a->link->sessions->session;
	struct whole *w;
	bool for_row;
	size_t at;

	if (!s->running || !session_entry_of(a, r->message.number, &at) ||
		(s->plan[at] != FATE_FETCH && s->plan[at] != FATE_PART && s->plan[at] != FATE_LAST))
		return;
	s->taken++;
	s->octets += r->message.bytes.len;
	w = session_whole_at(a, at);
	for_row = w && w->row;
	if (w && !for_row) {
		struct folder *server = server_inbox(a);

		if (r->err.kind == ERR_NONE && server && server->cache)
			note_read_there(a, find_twin(server, &s->entries[at], w->identity));
		session_fill_whole(a, w, &r->message.bytes, &r->err);
	} else if (r->err.kind != ERR_NONE) {
		session_row_put(a, at, &r->err);
	} else if (part || !is_here_after_all(a, at, &r->message.bytes)) {
		take_message(a, at, &r->message.bytes, part);
	}
	if (for_row)
		session_row_came(a, w, &r->err);
	tell_progress(a);
}

void session_message(struct account *a, struct result *r)
{
	arrived(a, r, false);
}

void session_part(struct account *a, struct result *r)
{
	arrived(a, r, true);
}

void session_fetched(struct account *a, struct result *r)
{
	struct pop3_session *s = &a->link->sessions->session;
	struct job *j;

	if (!s->running)
		return;
	session_broke(a, r->fetched.awaited, &r->err);
	if (s->round == 1 && r->err.kind != ERR_NONE)
		return; /* it is over, and RESULT_POP3_DONE says so */
	if (s->round == 1) {
		/* Headers that never came: fetch those messages whole. */
		for (size_t i = 0; i < s->n; i++)
			if (s->plan[i] == FATE_LOOK)
				s->plan[i] = FATE_FETCH;
		post_plan(a);
		return;
	}
	if (inbox(a)->cache)
		session_commit(a);
	if (r->err.kind != ERR_NONE && s->err.kind == ERR_NONE)
		s->err = r->err;
	j = job_new(JOB_POP3_ACK);
	session_plan_deletions(a, j);
	lanes_post(a, LANE_MAIN, j);
}
