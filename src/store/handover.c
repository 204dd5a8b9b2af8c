/*
 * What follows a message when an account is switched between IMAP and POP3: read, answered, flagged
 * and forwarded, and its keywords, by the identity of the message.
 *
 * To POP3, the local copies take the marks that the server's messages had. To IMAP, the marks set
 * meanwhile become operations for the server; those of messages whose row on the server is not
 * known yet (the account began with POP3, or mail came meanwhile) wait in the file "marks" until
 * the server's inbox has been seen whole. Marks are only added then: what another client did on the
 * server is not undone. But what is unread here is unread there again: RETR marks a message as read
 * on most servers, and the mark of another client cannot be told from that (session.c notes it in
 * the cache where the row is known). A keyword that the local folder has never heard of is not
 * missing there.
 */
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "store/keywords.h"
#include "store/maildir.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum { MARKS_MAX = 256 << 20 };

/* In the file: unread here. RETR has marked it as read on most servers, whatever they say then. */
#define MARK_UNREAD (1u << 30)

static const char MARKS_HEAD[] = "talaria-marks 1\n";

/* --- the marks that wait --- */

static char *marks_path(const struct account *a)
{
	return file_join(a->setup->data_dir, "marks");
}

static void add_mark(struct str *marks, const unsigned char identity[16], const struct marks *m)
{
	uint32_t flags = m->flags | (m->flags & MAIL_SEEN ? 0 : MARK_UNREAD);
	char hex[33];

	hash_hex(hex, identity, 16);
	str_addf(marks, "%s %x%s%s\n", hex, (unsigned)flags, *m->keywords ? " " : "", m->keywords);
}

static int save_marks(struct account *a, const struct str *marks, struct err *err)
{
	char *path = marks_path(a);
	struct str all = STR_INIT;
	int rc = 0;

	if (marks->len) {
		str_addf(&all, "%s%s", MARKS_HEAD, marks->p);
		rc = file_replace(path, all.p, all.len, 0600, err);
	}
	str_done(&all);
	free(path);
	return rc;
}

struct waiting_marks {
	uint32_t flags;
	char keywords[];
};

/* "FLAGS KEYWORD KEYWORD" */
static struct waiting_marks *take_marks(const char *text)
{
	struct waiting_marks *m;
	char *rest;
	unsigned long flags = strtoul(text, &rest, 16);

	rest += *rest == ' ';
	m = mem_alloc(sizeof(*m) + strlen(rest) + 1);
	m->flags = (uint32_t)flags & (MARKS_SHARED | MARK_UNREAD);
	if (keywords_check(rest, NULL) == 0)
		memcpy(m->keywords, rest, strlen(rest));
	return m;
}

/* "identity flags keywords" lines; what is damaged is skipped: at worst a mark is not sent. */
static struct map *load_marks(struct account *a)
{
	char *path = marks_path(a), *save = NULL;
	struct str in = STR_INIT;
	struct map *marks = NULL;

	if (file_exists(path) && file_read(path, MARKS_MAX, &in, NULL) == 0 &&
		str_starts(str_c(&in), MARKS_HEAD)) {
		marks = map_new();
		for (char *line = strtok_r(in.p + strlen(MARKS_HEAD), "\n", &save); line;
			line = strtok_r(NULL, "\n", &save)) {
			if (strspn(line, "0123456789abcdef") != 32 || line[32] != ' ')
				continue;
			line[32] = '\0';
			free(map_take(marks, line));
			map_put(marks, line, take_marks(line + 33));
		}
	}
	str_done(&in);
	free(path);
	return marks;
}

void handover_forget(struct account *a)
{
	char *path = marks_path(a);

	if (file_exists(path))
		file_remove_tree(path, NULL);
	free(path);
	map_free(a->marks, free);
	a->marks = NULL;
	a->marks_known = false;
}

static bool has_marks(struct account *a)
{
	if (!a->marks_known) {
		a->marks = load_marks(a);
		a->marks_known = true;
	}
	return a->marks != NULL;
}

void handover_arrived(struct folder *f, const struct summary *rows, size_t n)
{
	struct marks_changes d = {0};
	struct err err = {0};

	if (f->role != ROLE_INBOX || f->local || !has_marks(f->account))
		return;
	for (size_t i = 0; i < n; i++) {
		struct marks was = {rows[i].flags & MARKS_SHARED, rows[i].keywords}, now = was;
		const struct waiting_marks *m;
		char hex[33];

		hash_hex(hex, rows[i].identity, 16);
		m = map_get(f->account->marks, hex);
		if (!m)
			continue;
		now.flags |= m->flags & MARKS_SHARED;
		if (m->flags & MARK_UNREAD)
			now.flags &= ~(uint32_t)MAIL_SEEN;
		now.keywords = m->keywords;
		marks_add(&d, rows[i].uid, &was, &now, ""); /* no keyword is taken away */
	}
	if (marks_apply(f, &d, NULL, &err) != 0)
		store_notice(f->account, _("Marks set by POP3 cannot be kept: %s"), err.text);
}

void handover_complete(struct folder *f)
{
	if (f->role == ROLE_INBOX && !f->local && has_marks(f->account))
		handover_forget(f->account);
}

/* --- walking the two inboxes --- */

struct walk {
	struct folder *server, *local;
	struct handover_counts counts;
	struct marks_changes deltas; /* of the folder that is changed */
	struct str marks, known;     /* known: keywords that the local folder has a letter for */
	bool to_pop3, change;
	struct map *listed; /* identity (hex) -> how many the POP3 server had; NULL: IMAP knows */
};

/* What the last POP3 session left on the server, when nothing newer is known of it. */
static struct map *listed_by_pop3(const struct account *a)
{
	struct map *listed;

	if (!a->setup->sync.use_pop3 || a->ledger_old || !a->journal || !ledger_count(a->journal))
		return NULL;
	listed = map_new();
	for (size_t i = 0; i < ledger_count(a->journal); i++) {
		const struct ledger_entry *e = ledger_at(a->journal, i);
		uintptr_t n;
		char hex[33];

		if (e->deleted)
			continue;
		hash_hex(hex, e->identity, 16);
		n = (uintptr_t)map_get(listed, hex) + 1;
		map_put(listed, hex, (void *)n);
	}
	return listed;
}

static bool take_listed(struct map *listed, const unsigned char identity[16])
{
	uintptr_t n;
	char hex[33];

	hash_hex(hex, identity, 16);
	n = (uintptr_t)map_take(listed, hex);
	if (n > 1)
		map_put(listed, hex, (void *)(n - 1));
	return n > 0;
}

static size_t count_listed(const struct map *listed)
{
	size_t n = 0, at = 0;
	const char *hex;
	void *some;

	while (map_each(listed, &at, &hex, &some))
		n += (uintptr_t)some;
	return n;
}

static void meet(struct walk *w, uint32_t server_uid, uint32_t local_uid)
{
	struct marks server = marks_of(w->server, server_uid);
	struct marks local = marks_of(w->local, local_uid);

	w->counts.both++;
	w->counts.differ +=
		server.flags != local.flags || strcmp(server.keywords, local.keywords) != 0;
	if (w->change && w->to_pop3)
		marks_add(&w->deltas, local_uid, &local, &server, NULL);
	else if (w->change)
		marks_add(&w->deltas, server_uid, &server, &local, str_c(&w->known));
}

/* Counts alone, for an account that works by POP3. */
static void compare_listed(struct walk *w, const struct summary *s, uint32_t local_uid)
{
	struct marks local = marks_of(w->local, local_uid), server = {0, ""};
	uint32_t uid;

	if (!take_listed(w->listed, s->identity)) {
		w->counts.local_only++;
		return;
	}
	w->counts.both++;
	if (cache_find_identity(w->server->cache, s->identity, &uid, 1) == 1)
		server = marks_of(w->server, uid);
	w->counts.differ +=
		server.flags != local.flags || strcmp(server.keywords, local.keywords) != 0;
}

static void walk_inboxes(struct walk *w)
{
	struct columns c;

	cache_columns(w->local->cache, &c);
	for (size_t i = 0; i < c.n; i++) {
		struct summary s;
		struct marks m;
		uint32_t uid = 0;

		if (cache_get(w->local->cache, c.uid[i], &s) != 0)
			continue;
		if (w->listed) {
			compare_listed(w, &s, c.uid[i]);
			continue;
		}
		if (cache_find_identity(w->server->cache, s.identity, &uid, 1) == 1) {
			meet(w, uid, c.uid[i]);
			continue;
		}
		w->counts.local_only++;
		m = marks_of(w->local, c.uid[i]);
		add_mark(&w->marks, s.identity, &m);
	}
	columns_done(&c);
	if (w->listed)
		w->counts.server_only = count_listed(w->listed);
	else if (cache_count(w->server->cache) > w->counts.both)
		w->counts.server_only = cache_count(w->server->cache) - w->counts.both;
}

static int finish_walk(struct walk *w, struct err *err)
{
	int rc;

	if (!w->change)
		return 0;
	handover_forget(w->local->account);
	rc = marks_apply(w->to_pop3 ? w->local : w->server, &w->deltas, NULL, err);
	if (!w->to_pop3 && save_marks(w->local->account, &w->marks, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

static int with_inboxes(struct account *a, struct walk *w, struct err *err)
{
	int rc;

	w->server = folder_by_role(a, ROLE_INBOX, false);
	w->local = folder_by_role(a, ROLE_INBOX, true);
	if (!w->server || !w->local)
		return 0;
	if (folder_use(w->server, err) != 0)
		return -1;
	rc = folder_use(w->local, err);
	if (rc == 0) {
		maildir_keywords_known(w->local->dir, &w->known, NULL);
		walk_inboxes(w);
		rc = finish_walk(w, err);
		folder_unuse(w->local);
	}
	folder_unuse(w->server);
	str_done(&w->marks);
	str_done(&w->known);
	return rc;
}

int handover_count(struct account *a, struct handover_counts *out, struct err *err)
{
	struct walk w = {.listed = listed_by_pop3(a)};
	int rc = with_inboxes(a, &w, err);

	map_free(w.listed, NULL);
	*out = w.counts;
	/* a session that is still fetching knows of more */
	if (a->setup->sync.use_pop3 && a->session.entries &&
		a->session.n > out->both + out->server_only)
		out->server_only = a->session.n - out->both;
	return rc;
}

int handover_marks(struct account *a, bool to_pop3, struct err *err)
{
	struct walk w = {.to_pop3 = to_pop3, .change = true};

	return with_inboxes(a, &w, err);
}
