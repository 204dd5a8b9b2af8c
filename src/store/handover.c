/*
 * What follows a message when an account is switched between IMAP and POP3: read, answered, flagged
 * and forwarded, by the identity of the message.
 *
 * To POP3, the local copies take the marks that the server's messages had. To IMAP, the marks set
 * meanwhile become operations for the server; those of messages whose row on the server is not
 * known yet (the account began with POP3, or mail came meanwhile) wait in the file "marks" until
 * the server's inbox has been seen whole. Marks are only added then: what another client did on the
 * server is not undone.
 */
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum { MARKS_MAX = 256 << 20 };

static const char MARKS_HEAD[] = "talaria-marks 1\n";
static const uint32_t SHARED = MAIL_SEEN | MAIL_ANSWERED | MAIL_FLAGGED | MAIL_FORWARDED;

/* --- messages that get the same change, so that many are changed at once --- */

struct delta {
	uint32_t clear, set;
	uint32_t *uids; /* owned */
	size_t n, cap;
};

struct deltas {
	struct delta *v;
	size_t n, cap; /* at most 81: four marks, each set, taken away or left */
};

static void add_delta(struct deltas *d, uint32_t uid, uint32_t was, uint32_t now)
{
	uint32_t clear = was & ~now, set = now & ~was;
	struct delta *x;
	size_t i = 0;

	if (!clear && !set)
		return;
	while (i < d->n && (d->v[i].clear != clear || d->v[i].set != set))
		i++;
	if (i == d->n) {
		d->v = mem_grow(d->v, &d->cap, d->n + 1, sizeof(*d->v));
		d->v[d->n++] = (struct delta){.clear = clear, .set = set};
	}
	x = &d->v[i];
	x->uids = mem_grow(x->uids, &x->cap, x->n + 1, sizeof(*x->uids));
	x->uids[x->n++] = uid;
}

/* 0, or -1 with the first failure; all are tried. */
static int apply_deltas(struct folder *f, struct deltas *d, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < d->n; i++) {
		struct err why = {0};

		if (change_flags(f, d->v[i].uids, d->v[i].n, d->v[i].clear, d->v[i].set, &why) !=
			0) {
			if (rc == 0)
				*err = why;
			rc = -1;
		}
		free(d->v[i].uids);
	}
	free(d->v);
	*d = (struct deltas){0};
	return rc;
}

static uint32_t shared_flags(struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return at < 0 ? 0 : c->flags[at] & SHARED;
}

/* --- the marks that wait --- */

static char *marks_path(const struct account *a)
{
	return file_join(a->setup->data_dir, "marks");
}

static void add_mark(struct str *marks, const unsigned char identity[16], uint32_t flags)
{
	char hex[33];

	if (!flags)
		return;
	hash_hex(hex, identity, 16);
	str_addf(marks, "%s %x\n", hex, (unsigned)flags);
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

/* "identity flags" lines; what is damaged is skipped: at worst a mark is not sent. */
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
			map_put(marks, line,
				(void *)(uintptr_t)(strtoul(line + 33, NULL, 16) & SHARED));
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
	map_free(a->marks, NULL);
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
	struct deltas d = {0};
	struct err err = {0};

	if (f->role != ROLE_INBOX || f->local || !has_marks(f->account))
		return;
	for (size_t i = 0; i < n; i++) {
		char hex[33];
		uint32_t mark, was = rows[i].flags & SHARED;

		hash_hex(hex, rows[i].identity, 16);
		mark = (uint32_t)(uintptr_t)map_get(f->account->marks, hex);
		add_delta(&d, rows[i].uid, was, was | mark);
	}
	if (apply_deltas(f, &d, &err) != 0)
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
	struct deltas deltas; /* of the folder that is changed */
	struct str marks;
	bool to_pop3, change;
};

static void meet(struct walk *w, uint32_t server_uid, uint32_t local_uid)
{
	uint32_t server = shared_flags(w->server, server_uid);
	uint32_t local = shared_flags(w->local, local_uid);

	w->counts.both++;
	w->counts.differ += server != local;
	if (w->change && w->to_pop3)
		add_delta(&w->deltas, local_uid, local, server);
	else if (w->change)
		add_delta(&w->deltas, server_uid, server, local);
}

static void walk_inboxes(struct walk *w)
{
	struct columns c;

	cache_columns(w->local->cache, &c);
	for (size_t i = 0; i < c.n; i++) {
		struct summary s;
		uint32_t uid = 0;

		if (cache_get(w->local->cache, c.uid[i], &s) != 0)
			continue;
		if (cache_find_identity(w->server->cache, s.identity, &uid, 1) == 1) {
			meet(w, uid, c.uid[i]);
			continue;
		}
		w->counts.local_only++;
		add_mark(&w->marks, s.identity, c.flags[i] & SHARED);
	}
	columns_done(&c);
	if (cache_count(w->server->cache) > w->counts.both)
		w->counts.server_only = cache_count(w->server->cache) - w->counts.both;
}

static int finish_walk(struct walk *w, struct err *err)
{
	int rc;

	if (!w->change)
		return 0;
	handover_forget(w->local->account);
	rc = apply_deltas(w->to_pop3 ? w->local : w->server, &w->deltas, err);
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
		walk_inboxes(w);
		rc = finish_walk(w, err);
		folder_unuse(w->local);
	}
	folder_unuse(w->server);
	str_done(&w->marks);
	return rc;
}

int handover_count(struct account *a, struct handover_counts *out, struct err *err)
{
	struct walk w = {0};
	int rc = with_inboxes(a, &w, err);

	*out = w.counts;
	return rc;
}

int handover_marks(struct account *a, bool to_pop3, struct err *err)
{
	struct walk w = {.to_pop3 = to_pop3, .change = true};

	return with_inboxes(a, &w, err);
}
