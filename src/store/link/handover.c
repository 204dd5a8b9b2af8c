/*
 * What follows a message when an account is switched between IMAP and POP3: its marks (read,
 * answered, flagged, forwarded, keywords) and its place, by the identity of the message, in
 * whatever folder it is.
 *
 * Its place: what was filed or thrown away by POP3 is moved on the server from the inbox into the
 * folder of the same role or name, or into Trash; what was filed by IMAP is moved out of the local
 * inbox. Only what POP3 had fetched is moved (the ledger knows), never out of another folder than
 * the inbox, and where two messages have one identity none is: the copy in the inbox decides. Sent
 * and Drafts are no places: a mail to oneself has a copy there. Nothing is deleted.
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
#include "base/uids.h"
#include "store/disk/keywords.h"
#include "store/disk/maildir.h"
#include "store/link/link.h"
#include "store/link/link_priv.h"
#include "store/mail/change.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/marks.h"
#include "store/mail/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct handover {
	struct map *marks; /* identity (hex) -> marks that wait for the server's inbox; or NULL */
	bool known;        /* the file was looked for */
	bool ledger_old;   /* IMAP was in use since the last session: its list is the newer one */
};

enum { MARKS_MAX = 256 << 20 };

/* In the file: unread here. RETR has marked it as read on most servers, whatever they say then. */
#define MARK_UNREAD (1u << 30)

static const char MARKS_HEAD[] = "talaria-marks 1\n";

/* --- the marks that wait --- */

static char *marks_path(const struct account *a)
{
	return file_join(a->setup->data_dir, "marks");
}

/* place: "" or where it is to be moved, see place_of. */
static void add_mark(struct str *marks, const unsigned char identity[16], const struct marks *m,
	const char *place)
{
	uint32_t flags = m->flags | (m->flags & MAIL_SEEN ? 0 : MARK_UNREAD);
	char hex[33];

	hash_hex(hex, identity, 16);
	str_addf(marks, "%s %x%s%s%s%s\n", hex, (unsigned)flags, *place ? " \\>" : "", place,
		*m->keywords ? " " : "", m->keywords);
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
	char *place; /* NULL: none */
	char keywords[];
};

static void waiting_free(void *waiting)
{
	struct waiting_marks *m = waiting;

	if (m)
		free(m->place);
	free(m);
}

/* "FLAGS [\>PLACE] KEYWORD KEYWORD" */
static struct waiting_marks *take_marks(const char *text)
{
	struct waiting_marks *m;
	char *rest, *place = NULL;
	unsigned long flags = strtoul(text, &rest, 16);

	rest += *rest == ' ';
	if (str_starts(rest, "\\>")) {
		place = mem_strndup(rest + 2, strcspn(rest, " ") - 2);
		rest += strcspn(rest, " ");
		rest += *rest == ' ';
	}
	m = mem_alloc(sizeof(*m) + strlen(rest) + 1);
	m->place = place;
	m->flags = (uint32_t)flags & (MARKS_SHARED | MARK_UNREAD);
	if (keywords_check(rest, NULL) == 0)
		memcpy(m->keywords, rest, strlen(rest));
	return m;
}

/* "identity flags keywords" lines; how many are something else. */
static size_t parse_marks(char *text, struct map *marks)
{
	char *save = NULL;
	size_t damaged = 0;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strspn(line, "0123456789abcdef") != 32 || line[32] != ' ') {
			damaged++;
			continue;
		}
		line[32] = '\0';
		waiting_free(map_take(marks, line));
		map_put(marks, line, take_marks(line + 33));
	}
	return damaged;
}

/* What cannot be read is told once, and left where it is; at worst a mark is not sent. */
static struct map *load_marks(struct account *a)
{
	char *path = marks_path(a);
	struct str in = STR_INIT;
	struct map *marks = NULL;
	struct err err = {0};
	size_t damaged = 0;

	if (file_read(path, MARKS_MAX, &in, &err) == 0) {
		if (str_starts(str_c(&in), MARKS_HEAD)) {
			marks = map_new();
			damaged = parse_marks(in.p + strlen(MARKS_HEAD), marks);
		} else {
			err_set(&err, ERR_DAMAGED, _("%s is damaged"), path);
		}
	}
	if (err.kind != ERR_NONE && err.kind != ERR_GONE)
		store_notice(a, _("Marks set by POP3 cannot be sent to the server: %s"), err.text);
	if (damaged)
		store_notice(a,
			ngettext("The marks of %zu message set by POP3 are lost: %s is damaged",
				"The marks of %zu messages set by POP3 are lost: %s is damaged",
				damaged),
			damaged, path);
	str_done(&in);
	free(path);
	return marks;
}

/* --- places --- */

/* "=3" is a role, "+a%20b" a folder's name. */
static void place_of(struct str *out, const struct folder *f)
{
	static const char digits[] = "0123456789abcdef";

	if (f->role != ROLE_NONE) {
		str_addf(out, "=%d", f->role);
		return;
	}
	str_addc(out, '+');
	for (const unsigned char *p = (const unsigned char *)f->name; *p; p++)
		if (*p <= ' ' || *p == '%' || *p == 0x7f) {
			str_addc(out, '%');
			str_addc(out, digits[*p >> 4]);
			str_addc(out, digits[*p & 15]);
		} else {
			str_addc(out, (char)*p);
		}
}

static int digit_of(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Of the protocol in use; made when there is none. */
static struct folder *folder_of_place(struct account *a, const char *place, struct err *err)
{
	struct str name = STR_INIT;
	struct folder *f;

	if (*place == '=') {
		enum mail_role role = mail_role_of(place[1] - '0');

		return role != ROLE_NONE ? folder_for_role(a, role, err) : NULL;
	}
	for (const char *p = place + 1; *place && *p; p++) {
		int high = *p == '%' ? digit_of(p[1]) : -1, low = high < 0 ? -1 : digit_of(p[2]);

		str_addc(&name, low < 0 ? *p : (char)(high << 4 | low));
		p += low < 0 ? 0 : 2;
	}
	f = name.len ? folder_for_import(a, str_c(&name), err) : NULL;
	str_done(&name);
	return f;
}

/* Messages of one folder that go elsewhere, by place. */
struct moves {
	struct move {
		char *place;    /* owned */
		uint32_t *uids; /* owned */
		size_t n, cap;
	} * v;
	size_t n, cap;
};

static void moves_add(struct moves *m, const char *place, uint32_t uid)
{
	struct move *x = NULL;

	for (size_t i = 0; i < m->n && !x; i++)
		if (strcmp(m->v[i].place, place) == 0)
			x = &m->v[i];
	if (!x) {
		m->v = mem_grow(m->v, &m->cap, m->n + 1, sizeof(*m->v));
		x = &m->v[m->n++];
		*x = (struct move){.place = mem_strdup(place)};
	}
	x->uids = mem_grow(x->uids, &x->cap, x->n + 1, sizeof(*x->uids));
	x->uids[x->n++] = uid;
}

/* All are tried; -1 with the first failure. */
static int moves_apply(struct folder *f, struct moves *m, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct err why = {0};
		struct folder *to = folder_of_place(f->account, m->v[i].place, &why);
		size_t n = uids_sort(m->v[i].uids, m->v[i].n);

		if (!to || (to != f && change_move(f, to, m->v[i].uids, n, &why) != 0)) {
			if (rc == 0)
				*err = why;
			rc = -1;
		}
		free(m->v[i].place);
		free(m->v[i].uids);
	}
	free(m->v);
	*m = (struct moves){0};
	return rc;
}

/* --- rows that come --- */

static void forget_marks(struct handover *h)
{
	map_free(h->marks, waiting_free);
	h->marks = NULL;
	h->known = false;
}

struct handover *handover_new(void)
{
	return mem_alloc(sizeof(struct handover));
}

void handover_free(struct handover *h)
{
	forget_marks(h);
	free(h);
}

void handover_began(struct account *a)
{
	a->link->handover->ledger_old = true;
}

void handover_listed(struct account *a)
{
	a->link->handover->ledger_old = false;
}

void handover_forget(struct account *a)
{
	char *path = marks_path(a);

	/* Left behind it is sent again after the next start: marks that are there already. */
	if (file_exists(path))
		file_remove_tree(path, NULL);
	free(path);
	forget_marks(a->link->handover);
}

static bool has_marks(struct account *a)
{
	if (!a->link->handover->known) {
		a->link->handover->marks = load_marks(a);
		a->link->handover->known = true;
	}
	return a->link->handover->marks != NULL;
}

void handover_arrived(struct folder *f, const struct summary *rows, size_t n)
{
	struct marks_changes d = {0};
	struct moves moves = {0};
	struct err err = {0};

	if (f->role != ROLE_INBOX || f->local || !has_marks(f->account))
		return;
	for (size_t i = 0; i < n; i++) {
		struct marks was = {rows[i].flags & MARKS_SHARED, rows[i].keywords}, now = was;
		const struct waiting_marks *m;
		char hex[33];

		hash_hex(hex, rows[i].identity, 16);
		m = map_get(f->account->link->handover->marks, hex);
		if (!m)
			continue;
		now.flags |= m->flags & MARKS_SHARED;
		if (m->flags & MARK_UNREAD)
			now.flags &= ~(uint32_t)MAIL_SEEN;
		now.keywords = m->keywords;
		marks_add(&d, rows[i].uid, &was, &now, ""); /* no keyword is taken away */
		if (m->place)
			moves_add(&moves, m->place, rows[i].uid);
	}
	if (marks_apply(f, &d, NULL, &err) != 0)
		store_notice(f->account, _("Marks set by POP3 cannot be kept: %s"), err.text);
	if (moves_apply(f, &moves, &err) != 0)
		store_notice(
			f->account, _("What was filed by POP3 stays in %s: %s"), f->name, err.text);
}

void handover_complete(struct folder *f)
{
	if (f->role == ROLE_INBOX && !f->local && has_marks(f->account))
		handover_forget(f->account);
}

/* --- walking all folders --- */

struct side { /* a folder that is open for the walk */
	struct folder *f;
	struct marks_changes deltas;
};

struct walk {
	struct account *a;
	struct side *server, *local; /* the inbox first */
	size_t nserver, nlocal;
	struct handover_counts counts;
	struct moves moves;      /* out of the inbox of the side that changes */
	struct str marks, known; /* known: keywords that the local folders have a letter for */
	bool to_pop3, change;
	struct map *listed;  /* identity (hex) -> how many the POP3 server had; NULL: IMAP knows */
	struct map *fetched; /* identity (hex) of what POP3 fetched -> its ledger entry */
	struct map *inbox;   /* identity (hex) -> in the local inbox: there it stays */
	struct map *here;    /* identity (hex) -> in some local folder */
};

static void add_side(struct side **v, size_t *n, size_t *cap, struct folder *f)
{
	struct err err = {0};

	if (!f || f->box.vanished || !f->selectable)
		return;
	if (folder_use(f, &err) != 0) {
		store_notice(f->account, _("The marks of folder %s do not come along: %s"), f->name,
			err.text);
		return;
	}
	*v = mem_grow(*v, cap, *n + 1, sizeof(**v));
	(*v)[(*n)++] = (struct side){.f = f};
}

static void open_sides(struct walk *w, bool local)
{
	struct folder *inbox = folder_by_role(w->a, ROLE_INBOX, local);
	struct side **v = local ? &w->local : &w->server;
	size_t *n = local ? &w->nlocal : &w->nserver, cap = 0;

	add_side(v, n, &cap, inbox);
	for (struct folder *f = w->a->folders; *n && f; f = f->next)
		if (f->local == local && f != inbox && (local || f->mailbox))
			add_side(v, n, &cap, f);
}

static void close_sides(struct side *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		marks_drop(&v[i].deltas);
		folder_unuse(v[i].f);
	}
	free(v);
}

static bool is_place(const struct folder *f)
{
	return f->role != ROLE_INBOX && f->role != ROLE_SENT && f->role != ROLE_DRAFTS;
}

/* What the last POP3 session left on the server, when nothing newer is known of it. */
static struct map *listed_by_pop3(const struct account *a)
{
	struct map *listed;

	if (!remote_takes_mail(a) || a->link->handover->ledger_old || !ledger_count(a->journal))
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

static struct map *fetched_by_pop3(const struct account *a)
{
	static const unsigned char unknown[16];
	struct map *fetched = map_new();

	for (size_t i = 0; i < ledger_count(a->journal); i++) {
		const struct ledger_entry *e = ledger_at(a->journal, i);
		char hex[33];

		if (e->deleted || memcmp(e->identity, unknown, 16) == 0)
			continue;
		hash_hex(hex, e->identity, 16);
		map_put(fetched, hex, (void *)(uintptr_t)(i + 1));
	}
	return fetched;
}

static bool take_listed(struct map *listed, const char *hex)
{
	uintptr_t n = (uintptr_t)map_take(listed, hex);

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

/* Where a message of the server's inbox goes that waits to be moved; NULL: nowhere. */
static const char *leaves_for(const struct folder *f, uint32_t uid)
{
	struct journal *j = f->account->journal;

	for (size_t i = 0; i < journal_count(j); i++) {
		const struct op *op = journal_at(j, i);

		if (op->kind == OP_MOVE && strcmp(op->folder, f->name) == 0 &&
			op->uidvalidity == cache_meta(f->cache)->uidvalidity &&
			op_index(op, uid) >= 0)
			return op->target;
	}
	return NULL;
}

/* The message on the server: in the inbox, else where it was filed. alone: no other in the inbox
 * has its identity. */
static struct side *find_on_server(
	struct walk *w, const unsigned char identity[16], uint32_t *uid, bool *alone)
{
	uint32_t two[2];

	for (size_t i = 0; i < w->nserver; i++) {
		struct side *s = &w->server[i];
		size_t n;

		if (i && !is_place(s->f))
			continue;
		n = cache_find_identity(s->f->cache, identity, two, 2);
		if (!n)
			continue;
		*uid = two[0];
		*alone = n == 1;
		return s;
	}
	return NULL;
}

static bool differ(const struct marks *a, const struct marks *b)
{
	return a->flags != b->flags || strcmp(a->keywords, b->keywords) != 0;
}

static void meet(struct walk *w, struct side *server, uint32_t server_uid, struct side *local,
	uint32_t local_uid)
{
	struct marks there = marks_of(server->f, server_uid), here = marks_of(local->f, local_uid);

	w->counts.differ += differ(&there, &here);
	if (w->change && w->to_pop3)
		marks_add(&local->deltas, local_uid, &here, &there, NULL);
	else if (w->change)
		marks_add(&server->deltas, server_uid, &there, &here, str_c(&w->known));
}

/* Its place on the server is its place here. */
static void file_here(struct walk *w, struct side *server, uint32_t uid, uint32_t local_uid)
{
	const char *target = leaves_for(server->f, uid);
	struct folder *to = target ? folder_find(w->a, target, false) : server->f;
	struct str place = STR_INIT;

	if (!to || !is_place(to))
		return;
	w->counts.filed++;
	place_of(&place, to);
	if (w->change)
		moves_add(&w->moves, str_c(&place), local_uid);
	str_done(&place);
}

/* Its place here is its place on the server, where it stands in the inbox still. */
static void file_there(
	struct walk *w, struct side *server, uint32_t uid, const char *place, size_t *counted)
{
	if (server != w->server || leaves_for(server->f, uid))
		return;
	++*counted;
	if (w->change)
		moves_add(&w->moves, place, uid);
}

/* Counts alone, for an account that works by POP3. */
static void compare_listed(struct walk *w, const unsigned char identity[16], const char *hex,
	struct side *local, uint32_t local_uid)
{
	struct marks here = marks_of(local->f, local_uid), there = {0, ""};
	struct side *server;
	uint32_t uid;
	bool alone;

	if (!take_listed(w->listed, hex)) {
		w->counts.local_only++;
		return;
	}
	w->counts.both++;
	server = find_on_server(w, identity, &uid, &alone);
	if (server)
		there = marks_of(server->f, uid);
	w->counts.differ += differ(&there, &here);
}

/* Rows that the server has and the cache does not know yet get it when they come. */
static void wait_for_row(struct walk *w, const unsigned char identity[16], const struct marks *m,
	const char *place, size_t *counted)
{
	*counted += *place != 0;
	add_mark(&w->marks, identity, m, place);
}

static void walk_filed(struct walk *w, struct side *local, const unsigned char identity[16],
	uint32_t uid, const char *hex)
{
	struct str place = STR_INIT;
	struct side *server;
	uint32_t server_uid;
	bool alone;

	if (!map_get(w->fetched, hex) || map_get(w->inbox, hex))
		return;
	if (is_place(local->f))
		place_of(&place, local->f);
	server = find_on_server(w, identity, &server_uid, &alone);
	if (server)
		meet(w, server, server_uid, local, uid);
	if (server && !w->to_pop3 && place.len && alone)
		file_there(w, server, server_uid, place.p, &w->counts.filed);
	if (!server && !w->to_pop3) {
		struct marks here = marks_of(local->f, uid);

		wait_for_row(w, identity, &here, str_c(&place), &w->counts.filed);
	}
	str_done(&place);
}

static void walk_inbox(struct walk *w, struct side *local, const unsigned char identity[16],
	uint32_t uid, const char *hex)
{
	struct side *server;
	uint32_t server_uid;
	bool alone;

	if (w->listed) {
		compare_listed(w, identity, hex, local, uid);
		return;
	}
	server = find_on_server(w, identity, &server_uid, &alone);
	if (server) {
		w->counts.both += server == w->server;
		if (w->to_pop3)
			file_here(w, server, server_uid, uid);
		meet(w, server, server_uid, local, uid);
	} else {
		struct marks here = marks_of(local->f, uid);

		add_mark(&w->marks, identity, &here, "");
	}
	w->counts.local_only += server != w->server;
}

static void walk_folder(struct walk *w, struct side *local)
{
	struct columns c;

	cache_columns(local->f->cache, &c);
	for (size_t i = 0; i < c.n; i++) {
		unsigned char identity[16];
		struct summary s;
		char hex[33];

		if (c.flags[i] & MAIL_PLACEHOLDER) {
			w->counts.server_only += w->listed && local == w->local;
			continue;
		}
		if (cache_get(local->f->cache, c.uid[i], &s) != 0)
			continue;
		memcpy(identity, s.identity, sizeof(identity));
		hash_hex(hex, identity, sizeof(identity));
		(local == w->local ? walk_inbox : walk_filed)(w, local, identity, c.uid[i], hex);
	}
	columns_done(&c);
}

static void note_where(struct walk *w)
{
	for (size_t k = 0; k < w->nlocal; k++) {
		struct folder *f = w->local[k].f;
		struct columns c;

		cache_columns(f->cache, &c);
		for (size_t i = 0; i < c.n; i++) {
			struct summary s;
			char hex[33];

			if ((c.flags[i] & MAIL_PLACEHOLDER) ||
				cache_get(f->cache, c.uid[i], &s) != 0)
				continue;
			hash_hex(hex, s.identity, 16);
			map_put(w->here, hex, w);
			if (k == 0)
				map_put(w->inbox, hex, w);
		}
		columns_done(&c);
	}
}

/* What POP3 fetched and no folder here has any more was deleted for good. */
static void walk_deleted(struct walk *w)
{
	static const struct marks none = {MAIL_SEEN, ""};
	char place[8];
	const char *hex;
	size_t at = 0;
	void *entry;

	snprintf(place, sizeof(place), "=%d", ROLE_TRASH);
	while (!w->to_pop3 && map_each(w->fetched, &at, &hex, &entry)) {
		const struct ledger_entry *e =
			ledger_at(w->a->journal, (size_t)((uintptr_t)entry - 1));
		struct side *server;
		bool alone;
		uint32_t uid;

		if (map_get(w->here, hex))
			continue;
		server = find_on_server(w, e->identity, &uid, &alone);
		if (server && alone)
			file_there(w, server, uid, place, &w->counts.dropped);
		else if (!server)
			wait_for_row(w, e->identity, &none, place, &w->counts.dropped);
	}
}

static void walk_all(struct walk *w)
{
	const struct cache *c = w->server[0].f->cache;

	note_where(w);
	for (size_t i = 0; i < w->nlocal; i++)
		walk_folder(w, &w->local[i]);
	walk_deleted(w);
	if (w->listed)
		w->counts.server_only += count_listed(w->listed);
	else if (cache_count(c) > w->counts.both)
		w->counts.server_only = cache_count(c) - w->counts.both;
}

/* Marks first: they go along with a move. Everything is tried; -1 with the first failure. */
static int finish_walk(struct walk *w, struct err *err)
{
	struct side *v = w->to_pop3 ? w->local : w->server;
	size_t n = w->to_pop3 ? w->nlocal : w->nserver;
	int rc = 0;

	if (!w->change)
		return 0;
	handover_forget(w->a);
	for (size_t i = 0; i < n; i++) {
		struct err why = {0};

		if (marks_apply(v[i].f, &v[i].deltas, NULL, &why) != 0 && rc == 0) {
			*err = why;
			rc = -1;
		}
	}
	if (moves_apply(v[0].f, &w->moves, rc == 0 ? err : &(struct err){0}) != 0)
		rc = -1;
	if (!w->to_pop3 && save_marks(w->a, &w->marks, rc == 0 ? err : NULL) != 0)
		rc = -1;
	return rc;
}

static int walk(struct account *a, struct walk *w, struct err *err)
{
	struct folder *server = folder_by_role(a, ROLE_INBOX, false),
		      *local = folder_by_role(a, ROLE_INBOX, true);
	int rc = 0;

	w->a = a;
	if (!server || !local)
		return 0;
	if (folder_use(server, err) != 0)
		return -1;
	rc = folder_use(local, err);
	if (rc == 0) {
		w->fetched = fetched_by_pop3(a);
		w->inbox = map_new();
		w->here = map_new();
		open_sides(w, false);
		open_sides(w, true);
		if (maildir_keywords_known(local->box.dir, &w->known, err) != 0)
			rc = -1;
		if (rc == 0) {
			walk_all(w);
			rc = finish_walk(w, err);
		}
		close_sides(w->server, w->nserver);
		close_sides(w->local, w->nlocal);
		map_free(w->fetched, NULL);
		map_free(w->inbox, NULL);
		map_free(w->here, NULL);
		folder_unuse(local);
	}
	folder_unuse(server);
	str_done(&w->marks);
	str_done(&w->known);
	return rc;
}

int handover_count(struct account *a, bool to_pop3, struct handover_counts *out, struct err *err)
{
	struct walk w = {.listed = listed_by_pop3(a), .to_pop3 = to_pop3};
	int rc = walk(a, &w, err);
	size_t listed;

	map_free(w.listed, NULL);
	*out = w.counts;
	/* a session that is still fetching knows of more */
	listed = a->remote->listed ? a->remote->listed(a) : 0;
	if (listed > out->both + out->server_only)
		out->server_only = listed - out->both;
	return rc;
}

int handover_switch(struct account *a, struct err *err)
{
	struct walk w = {.to_pop3 = !remote_has_folders(a), .change = true};

	return walk(a, &w, err);
}

/* IMAP had filed it, but the server was not told yet, and POP3 finds it in the inbox. */
void handover_fetched(struct account *a)
{
	struct folder *server = folder_by_role(a, ROLE_INBOX, false),
		      *local = folder_by_role(a, ROLE_INBOX, true);
	struct moves moves = {0};
	struct err err = {0};

	if (!server || !server->cache || !local || !local->cache)
		return;
	for (size_t i = 0; i < journal_count(a->journal); i++) {
		const struct op *op = journal_at(a->journal, i);
		struct folder *to = *op->target ? folder_find(a, op->target, false) : NULL;
		struct str place = STR_INIT;

		if (op->kind != OP_MOVE || strcmp(op->folder, server->name) != 0 || !to ||
			!is_place(to) || op->uidvalidity != cache_meta(server->cache)->uidvalidity)
			continue;
		place_of(&place, to);
		for (size_t k = 0; k < op->n; k++) {
			struct summary s;
			uint32_t two[2];

			if (cache_get(server->cache, op->uids[k], &s) != 0)
				continue;
			if (cache_find_identity(local->cache, s.identity, two, 2) == 1)
				moves_add(&moves, str_c(&place), two[0]);
		}
		str_done(&place);
	}
	if (moves_apply(local, &moves, &err) != 0)
		store_notice(a, _("What was filed by IMAP stays in %s: %s"), local->name, err.text);
}
