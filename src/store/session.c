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
#include "store/maildir.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum fate {
	FATE_KNOWN, /* in the ledger */
	FATE_LOOK,  /* its header is asked for, to see whether it is here */
	FATE_FETCH,
	FATE_TAKEN,  /* fetched, waits for its group */
	FATE_HERE,   /* delivered or found here in this session */
	FATE_FAILED, /* could not be fetched or stored: next time */
};

enum {
	GROUP = MAILDIR_MANY,
	GROUP_BYTES = 4 << 20,
	GROUP_MS = 500, /* on a slow line mail is shown as it comes */
	DAY = 86400,
	RETRY_MS = 60000,
	TWINS_MAX = 16,
	MESSAGE_MAX = 512 << 20
};

void session_reset(struct account *a)
{
	struct pop3_session *s = &a->session;

	free(s->entries);
	free(s->keys);
	free(s->plan);
	free(s->twin);
	free(s->batch);
	free(s->told);
	for (size_t i = 0; i < s->nwaiting; i++)
		str_done(&s->waiting[i].bytes);
	free(s->waiting);
	*s = (struct pop3_session){0};
}

void session_start(struct account *a, unsigned request)
{
	struct job *j;

	if (a->session.running || !a->sync)
		return;
	session_reset(a);
	a->session.running = true;
	a->session.request = request;
	j = job_new(JOB_POP3);
	j->request = request;
	account_post(a, LANE_MAIN, j);
}

static struct folder *inbox(struct account *a)
{
	return folder_find(a, "INBOX", true);
}

static struct session_entry *entry_of(struct account *a, uint32_t number, size_t *at)
{
	struct pop3_session *s = &a->session;

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

/* Is it worth asking for headers first? Only where something fetched another way may be the same
 * mail. */
static bool may_be_here(struct account *a, const struct session_entry *e, bool ledger_useless)
{
	struct folder *server = folder_by_role(a, ROLE_INBOX, false), *local = inbox(a);

	if (!a->session.can_top)
		return false;
	if (server && server->cache && cache_count(server->cache))
		return true;
	return (!*e->uidl || ledger_useless) && local->cache && cache_count(local->cache);
}

static void plan_entries(struct account *a)
{
	struct pop3_session *s = &a->session;
	size_t known = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (*s->entries[i].uidl)
			ledger_key(a->journal, s->entries[i].uidl, s->keys[i]);
		if (*s->entries[i].uidl && ledger_get(a->journal, s->keys[i])) {
			s->plan[i] = FATE_KNOWN;
			known++;
		} else {
			s->plan[i] = FATE_FETCH;
		}
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->plan[i] == FATE_FETCH && may_be_here(a, &s->entries[i], known == 0))
			s->plan[i] = FATE_LOOK;
}

/* A delivery that survived a crash before the ledger did is recognised by the tag in its file name.
 */
struct tags {
	struct account *account;
	struct map *found;
};

static void tag_of(const unsigned char key[16], char tag[33])
{
	hash_hex(tag, key, 16);
}

static int collect_tag(void *ctx, const struct maildir_entry *e)
{
	struct tags *t = ctx;
	size_t len = strlen(e->base);

	/* Every run of 32 hex digits in a name may be one. */
	for (size_t i = 0; i + 32 <= len; i++)
		if (strspn(e->base + i, "0123456789abcdef") >= 32) {
			char tag[33];

			memcpy(tag, e->base + i, 32);
			tag[32] = '\0';
			map_put(t->found, tag, (void *)1);
			break;
		}
	return 0;
}

static void note_here(struct account *a, size_t at, const unsigned char identity[16])
{
	struct pop3_session *s = &a->session;
	struct ledger_entry *e;

	s->plan[at] = FATE_HERE;
	if (!*s->entries[at].uidl)
		return; /* without UIDL the identity is all there is, and it is in the cache */
	s->batch = mem_grow(s->batch, &s->cap_batch, s->nbatch + 1, sizeof(*s->batch));
	e = &s->batch[s->nbatch++];
	*e = (struct ledger_entry){.fetched = (uint32_t)clock_now(), .size = s->entries[at].size};
	memcpy(e->uidl, s->keys[at], 16);
	memcpy(e->identity, identity, 16);
}

static void find_survivors(struct account *a)
{
	struct pop3_session *s = &a->session;
	struct tags t = {a, map_new()};
	static const unsigned char unknown[16];

	maildir_scan(inbox(a)->dir, collect_tag, &t, NULL);
	for (size_t i = 0; i < s->n; i++) {
		char tag[33];

		if (s->plan[i] == FATE_KNOWN || !*s->entries[i].uidl)
			continue;
		tag_of(s->keys[i], tag);
		if (map_get(t.found, tag))
			note_here(a, i, unknown);
	}
	map_free(t.found, NULL);
}

static size_t numbers_with(struct account *a, enum fate fate, uint32_t **out)
{
	struct pop3_session *s = &a->session;
	size_t n = 0;

	*out = mem_array(s->n, sizeof(**out));
	/* Newest first: what a person waits for. */
	for (size_t i = s->n; i-- > 0;)
		if (s->plan[i] == fate)
			(*out)[n++] = s->entries[i].number;
	return n;
}

static void post_plan(struct account *a)
{
	struct job *j = job_new(JOB_POP3_PLAN);

	j->request = a->session.request;
	j->plan.ntop = numbers_with(a, FATE_LOOK, &j->plan.top);
	if (!j->plan.ntop)
		j->plan.nretr = numbers_with(a, FATE_FETCH, &j->plan.retr);
	a->session.round = j->plan.ntop ? 1 : 2;
	a->session.fresh = j->plan.nretr;
	account_post(a, LANE_MAIN, j);
}

static int open_inboxes(struct account *a, struct err *err)
{
	struct folder *server = folder_by_role(a, ROLE_INBOX, false);

	if (folder_use(inbox(a), err) != 0)
		return -1;
	if (server && folder_use(server, NULL) != 0)
		log_line(1, "the server's inbox cache cannot be opened");
	return 0;
}

static void close_inboxes(struct account *a)
{
	struct folder *server = folder_by_role(a, ROLE_INBOX, false);

	if (inbox(a)->cache)
		folder_unuse(inbox(a));
	if (server && server->cache)
		folder_unuse(server);
}

void session_listed(struct account *a, struct result *r)
{
	struct pop3_session *s = &a->session;

	if (!s->running || s->entries)
		return;
	s->entries = r->entries;
	s->n = r->n;
	s->can_top = r->can_top;
	r->entries = NULL;
	r->n = 0;
	s->keys = mem_array(s->n, sizeof(*s->keys));
	s->plan = mem_array(s->n, sizeof(*s->plan));
	s->twin = mem_array(s->n, sizeof(*s->twin));
	if (open_inboxes(a, &s->err) != 0) {
		/* Nothing can be stored: fetch nothing, delete nothing. */
		memset(s->plan, FATE_FAILED, s->n);
		post_plan(a);
		return;
	}
	plan_entries(a);
	find_survivors(a);
	post_plan(a);
}

/* --- is it here already? --- */

static uint32_t inbox_flags(struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return at < 0 ? 0 : c->flags[at] & MAIL_SERVER_FLAGS & ~(uint32_t)MAIL_DELETED;
}

static void note_delivered(struct account *a, size_t at, const char *p, size_t len)
{
	struct envelope e = {0};
	unsigned char identity[16];

	envelope_parse(&e, p, len);
	envelope_identity(&e, identity);
	envelope_done(&e);
	note_here(a, at, identity);
}

static bool deliver(struct account *a, size_t at, const char *p, size_t len, uint32_t flags)
{
	struct pop3_session *s = &a->session;
	char tag[33];
	uint32_t uid;

	tag_of(s->keys[at], tag);
	if (folder_deliver(inbox(a), p, len, flags, *s->entries[at].uidl ? tag : NULL, &uid,
		    &s->err) != 0) {
		s->plan[at] = FATE_FAILED;
		return false;
	}
	s->told = mem_grow(s->told, &s->cap_told, s->ntold + 1, sizeof(*s->told));
	s->told[s->ntold++] = uid;
	note_delivered(a, at, p, len);
	return true;
}

/* IMAP fetched the body already: it moves in without crossing the network again. */
static bool move_in(struct account *a, size_t at, struct folder *server, uint32_t uid)
{
	struct bodies_key key = {server->name, cache_meta(server->cache)->uidvalidity, uid};
	struct str bytes = STR_INIT;
	bool ok = bodies_get(a->bodies, &key, "eml", &bytes, NULL) == 0 &&
		  deliver(a, at, bytes.p, bytes.len, inbox_flags(server, uid));

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

	if (base && maildir_read(f->dir, base, MESSAGE_MAX, &bytes, NULL) == 0) {
		size = bytes.len;
		for (size_t i = 0; i < bytes.len; i++)
			size += bytes.p[i] == '\n';
	}
	free(base);
	str_done(&bytes);
	return size;
}

/* Without UIDL there is nothing but the identity to go by: every session would fetch everything
 * again. */
static bool find_here(
	struct account *a, const struct session_entry *e, const unsigned char identity[16])
{
	uint32_t uids[TWINS_MAX];
	size_t n = cache_find_identity(inbox(a)->cache, identity, uids, TWINS_MAX);

	if (n && !*e->uidl)
		return true;
	for (size_t i = 0; i < n; i++)
		if (wire_size(inbox(a), uids[i]) == e->size)
			return true;
	return false;
}

void session_header(struct account *a, struct result *r)
{
	struct pop3_session *s = &a->session;
	struct folder *server = folder_by_role(a, ROLE_INBOX, false);
	struct envelope e = {0};
	unsigned char identity[16];
	size_t at;

	if (!s->running || !entry_of(a, r->number, &at) || s->plan[at] != FATE_LOOK)
		return;
	s->plan[at] = FATE_FETCH;
	if (r->err.kind != ERR_NONE || !inbox(a)->cache)
		return;
	envelope_parse(&e, str_c(&r->bytes), r->bytes.len);
	envelope_identity(&e, identity);
	envelope_done(&e);
	if (find_here(a, &s->entries[at], identity)) {
		note_here(a, at, identity);
		return;
	}
	if (!server || !server->cache)
		return;
	s->twin[at] = find_twin(server, &s->entries[at], identity);
	if (s->twin[at])
		move_in(a, at, server, s->twin[at]);
	if (s->plan[at] == FATE_FAILED)
		s->plan[at] = FATE_FETCH;
}

/* --- storing --- */

/* Delivers what waits. One that cannot be stored is fetched again next time. */
static void deliver_waiting(struct account *a)
{
	struct pop3_session *s = &a->session;
	size_t n = s->nwaiting;
	struct maildir_mail *mail = mem_array(n, sizeof(*mail));
	char(*tags)[33] = mem_array(n, sizeof(*tags));

	for (size_t i = 0; i < n; i++) {
		const struct arrival *w = &s->waiting[i];

		tag_of(s->keys[w->at], tags[i]);
		mail[i] = (struct maildir_mail){.p = str_c(&w->bytes),
			.len = w->bytes.len,
			.flags = w->flags,
			.tag = *s->entries[w->at].uidl ? tags[i] : NULL};
	}
	folder_deliver_many(inbox(a), mail, n);
	for (size_t i = 0; i < n; i++) {
		struct arrival *w = &s->waiting[i];

		if (mail[i].base.len) {
			note_delivered(a, w->at, mail[i].p, mail[i].len);
		} else {
			s->plan[w->at] = FATE_FAILED;
			s->err = mail[i].err;
		}
		str_done(&mail[i].base);
		str_done(&w->bytes);
	}
	s->nwaiting = s->bytes_waiting = 0;
	free(tags);
	free(mail);
}

/* Makes a group durable: the files, their names, then the ledger. */
static int commit(struct account *a)
{
	struct pop3_session *s = &a->session;
	int rc = 0;

	if (s->nwaiting)
		deliver_waiting(a);
	folder_send_changes(inbox(a), s->told, s->ntold, NULL, 0);
	s->ntold = 0;
	if (!s->nbatch)
		return 0;
	if (maildir_sync(inbox(a)->dir, &s->err) != 0 ||
		ledger_add(a->journal, s->batch, s->nbatch, &s->err) != 0)
		rc = -1;
	s->nbatch = 0;
	return rc;
}

static void tell_progress(struct account *a, size_t done)
{
	struct store_event *ev;

	if (!a->session.request)
		return;
	ev = store_event_new(STORE_PROGRESS);
	ev->request = a->session.request;
	ev->account = a->index;
	ev->done = done;
	ev->total = a->session.fresh;
	store_emit(a->store, ev);
}

static void take_message(struct account *a, size_t at, struct str *bytes, uint32_t flags)
{
	struct pop3_session *s = &a->session;

	if (!s->waiting)
		s->waiting = mem_array(GROUP, sizeof(*s->waiting));
	if (!s->nwaiting)
		s->waiting_since = clock_ms();
	s->plan[at] = FATE_TAKEN;
	s->bytes_waiting += bytes->len;
	s->waiting[s->nwaiting++] = (struct arrival){at, flags, *bytes};
	*bytes = (struct str)STR_INIT;
}

static bool group_is_full(const struct pop3_session *s)
{
	return s->nwaiting >= GROUP || s->bytes_waiting >= GROUP_BYTES ||
	       clock_ms() - s->waiting_since >= GROUP_MS;
}

void session_message(struct account *a, struct result *r)
{
	struct pop3_session *s = &a->session;
	struct folder *server = folder_by_role(a, ROLE_INBOX, false);
	size_t at;

	if (!s->running || !entry_of(a, r->number, &at) || s->plan[at] != FATE_FETCH)
		return;
	if (r->err.kind != ERR_NONE) {
		s->plan[at] = FATE_FAILED;
		s->err = r->err;
		return;
	}
	take_message(a, at, &r->bytes,
		s->twin[at] && server && server->cache ? inbox_flags(server, s->twin[at]) : 0);
	if (group_is_full(s))
		commit(a); /* its failure is in s->err: nothing is deleted then */
	tell_progress(a, ++s->taken);
}

/* --- deleting --- */

static bool is_due(const struct account *a, const struct ledger_entry *e, uint32_t now)
{
	int days = a->setup->pop3_keep_days;

	return days >= 0 && !e->deleted && now >= e->fetched &&
	       now - e->fetched >= (uint32_t)days * DAY;
}

static void plan_deletions(struct account *a, struct job *j)
{
	struct pop3_session *s = &a->session;
	uint32_t now = (uint32_t)clock_now();

	j->plan.dele = mem_array(s->n, sizeof(*j->plan.dele));
	if (s->err.kind != ERR_NONE)
		return; /* something went wrong here: nothing is deleted in such a session */
	for (size_t i = 0; i < s->n; i++) {
		const struct ledger_entry *e =
			*s->entries[i].uidl ? ledger_get(a->journal, s->keys[i]) : NULL;

		if (e && (s->plan[i] == FATE_KNOWN || s->plan[i] == FATE_HERE) && is_due(a, e, now))
			j->plan.dele[j->plan.ndele++] = s->entries[i].number;
	}
}

void session_fetched(struct account *a, struct result *r)
{
	struct pop3_session *s = &a->session;
	struct job *j;

	if (!s->running)
		return;
	if (s->round == 1) {
		/* Headers that never came: fetch those messages whole. */
		for (size_t i = 0; i < s->n; i++)
			if (s->plan[i] == FATE_LOOK)
				s->plan[i] = FATE_FETCH;
		post_plan(a);
		return;
	}
	if (inbox(a)->cache)
		commit(a);
	if (r->err.kind != ERR_NONE && s->err.kind == ERR_NONE)
		s->err = r->err;
	j = job_new(JOB_POP3_ACK);
	plan_deletions(a, j);
	account_post(a, LANE_MAIN, j);
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
	struct pop3_session *s = &a->session;
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
	if (ngone)
		ledger_forget(a->journal, (const unsigned char(*)[16])gone, ngone, NULL);
	free(present);
	free(gone);
}

static void forget_deleted(struct account *a, const struct result *r)
{
	struct pop3_session *s = &a->session;
	unsigned char(*keys)[16] = mem_array(r->n, sizeof(*keys));
	size_t n = 0, at;

	for (size_t i = 0; i < r->n; i++)
		if (entry_of(a, r->uids[i], &at) && *s->entries[at].uidl)
			memcpy(keys[n++], s->keys[at], 16);
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
	struct pop3_session *s = &a->session;
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
	ev->folder = mem_strdup("INBOX");
	ev->n = n;
	store_emit(a->store, ev);
}

void session_done(struct account *a, struct result *r)
{
	struct pop3_session *s = &a->session;
	struct err err = r->err.kind != ERR_NONE ? r->err : s->err;
	bool listed = s->entries != NULL;

	if (!s->running)
		return;
	if (listed) {
		if (inbox(a)->cache)
			commit(a); /* what came before a break is kept */
		if (r->err.kind == ERR_NONE) {
			forget_deleted(a, r);
			prune(a);
		}
		journal_compact(a->journal, NULL);
		show_threads(a);
		tell_new(a, count_new(s));
		close_inboxes(a);
	}
	session_reset(a);
	if (err.kind != ERR_NONE) {
		a->next_pop3 = clock_ms() + RETRY_MS;
		if (a->sync_waiting)
			a->sync_err = err;
		else if (err.kind != ERR_NETWORK && err.kind != ERR_CANCELLED)
			store_notice(a, _("Fetching by POP3 for account %s: %s"),
				a->setup->sync.name, err.text);
	}
	folder_send_folders(a);
	account_sync_settled(a);
}
