#include "tests/sync/world.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/disk/cache.h"
#include "store/disk/outbox.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const world_boxes[WORLD_LISTS] = {"INBOX", "Archive", "Copies", "Trash", "Sent"};

static void apply(struct spot at[WORLD_BOXES][WORLD_IDS], const struct act *a, const unsigned *ids,
	unsigned n)
{
	for (unsigned i = 0; a->kind != ACT_SEND && i < n; i++) {
		struct spot *from = &at[a->from][ids[i]], *to = &at[a->to][ids[i]];

		if (a->kind == ACT_FLAG)
			from->flags = (from->flags & ~a->clear) | a->set;
		else if (a->kind == ACT_DELETE && a->from == a->to)
			*from = (struct spot){0};
		else
			*to = *from;
		if (a->kind == ACT_MOVE || (a->kind == ACT_DELETE && a->from != a->to))
			*from = (struct spot){0};
	}
}

void world_apply(struct world *w, const struct act *a)
{
	apply(w->at, a, a->ids, a->n);
	apply(w->other, a, a->others, a->nothers);
}

static bool all_differ(const struct spot at[WORLD_BOXES][WORLD_IDS], const struct act *a,
	const unsigned *ids, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint32_t flags = at[a->from][ids[i]].flags;

		if (flags & a->set || (flags & a->clear) != a->clear)
			return false;
	}
	return true;
}

bool world_opposite(const struct world *before, const struct act *a, struct act *out)
{
	*out = *a;
	out->undo = true;
	if (a->kind == ACT_FLAG) {
		out->set = a->clear;
		out->clear = a->set;
		return all_differ(before->at, a, a->ids, a->n) &&
		       all_differ(before->other, a, a->others, a->nothers);
	}
	out->kind = ACT_MOVE;
	out->from = a->to;
	out->to = a->from;
	return a->from != a->to && a->kind != ACT_COPY && a->kind != ACT_SEND;
}

static unsigned draw_ids(const struct spot at[WORLD_BOXES][WORLD_IDS], const struct act *a,
	unsigned want, unsigned first, unsigned *ids)
{
	unsigned n = 0;

	for (unsigned i = 0; i < WORLD_IDS && n < want; i++) {
		unsigned id = (first + i) % WORLD_IDS;

		if (at[a->from][id].there && (a->from == a->to || !at[a->to][id].there))
			ids[n++] = id;
	}
	return n;
}

/* Each message is once in INBOX or Archive, and at most once in Copies and in Trash. */
bool world_draw(const struct world *w, struct act *a)
{
	static const uint32_t marks[] = {MAIL_SEEN, MAIL_FLAGGED, MAIL_ANSWERED, MAIL_FORWARDED};
	unsigned lot = (unsigned)rand() % 10, want = rand() % 3 ? 1 : WORLD_MANY,
		 at = (unsigned)rand();
	bool alone; /* only the second account is meant */

	*a = (struct act){.kind = lot < 5   ? ACT_FLAG
				  : lot < 8 ? ACT_MOVE
				  : lot < 9 ? ACT_COPY
					    : ACT_DELETE};
	a->from = a->kind == ACT_FLAG ? (unsigned)rand() % WORLD_BOXES : (unsigned)rand() % 2;
	if (a->kind == ACT_DELETE)
		a->from += 2;
	a->to = a->kind == ACT_FLAG   ? a->from
		: a->kind == ACT_MOVE ? 1 - a->from
		: a->kind == ACT_COPY ? 2
				      : 3;
	if (a->kind == ACT_FLAG && rand() % 2)
		a->set = marks[rand() % 4];
	else if (a->kind == ACT_FLAG)
		a->clear = marks[rand() % 4];
	alone = a->from && world_spans && rand() % 3 == 0;
	if (!alone)
		a->n = draw_ids(w->at, a, want, at, a->ids);
	if (alone || (world_spans && !a->from))
		a->nothers = draw_ids(w->other, a, want, at / WORLD_IDS, a->others);
	return a->n + a->nothers > 0;
}

bool world_of(const struct seen *s, struct world *w)
{
	bool doubled = false;

	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < s->n; i++)
		for (unsigned b = 0; b < WORLD_BOXES; b++) {
			unsigned id;

			if (strcmp(s->v[i].folder, world_boxes[b]) != 0 ||
				sscanf(s->v[i].id, "m%u@", &id) != 1 || id >= WORLD_IDS)
				continue;
			doubled |= w->at[b][id].there;
			w->at[b][id] = (struct spot){true, s->v[i].flags};
		}
	return world_of_other(w) || doubled;
}

unsigned world_compare(const struct world *want, const struct world *is, struct str *text)
{
	unsigned n = 0;

	for (unsigned b = 0; b < WORLD_BOXES; b++)
		for (unsigned id = 0; id < WORLD_IDS; id++) {
			const struct spot *x = &want->at[b][id], *y = &is->at[b][id];

			if (x->there == y->there && x->flags == y->flags)
				continue;
			n++;
			if (text)
				str_addf(text, "m%u in %s: %s %x, should be %s %x\n", id,
					world_boxes[b], y->there ? "there" : "not there",
					(unsigned)y->flags, x->there ? "there" : "not there",
					(unsigned)x->flags);
		}
	return n;
}

void world_act_text(const struct act *a, char *out, size_t size)
{
	static const char *const kinds[] = {"flag", "move", "copy", "delete", "send"};
	size_t len = (size_t)snprintf(out, size, "%s %s -> %s -%x +%x", kinds[a->kind],
		world_boxes[a->from], world_boxes[a->to], (unsigned)a->clear, (unsigned)a->set);

	for (unsigned i = 0; i < a->n && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, " m%u", a->ids[i]);
	for (unsigned i = 0; i < a->nothers && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, " other m%u", a->others[i]);
	if (a->undo && len < size)
		snprintf(out + len, size - len, " by undo");
}

static bool has_left(const struct world_left *left, unsigned box, uint32_t uid)
{
	for (unsigned i = 0; left && i < left->n; i++)
		if (left->v[i].box == box && left->v[i].uid == uid)
			return true;
	return false;
}

/* 0: not to be seen there, or not yet with the server's number: some changes of such a row are
 * refused, which a person is told and test_waiting holds. */
static uint32_t uid_left(
	struct msglist *l, unsigned box, unsigned id, int account, const struct world_left *left)
{
	char subject[16];

	snprintf(subject, sizeof(subject), "m%u", id);
	for (size_t i = 0; i < msglist_count(l); i++) {
		struct msg_row row;
		struct msg_origin o;

		if (msglist_row(l, i, &row) && row.subject && strcmp(row.subject, subject) == 0 &&
			msglist_origin(l, row.uid, &o) && o.account == account &&
			!(row.flags & MAIL_WAITING) && !has_left(left, box, row.uid))
			return row.uid;
	}
	return 0;
}

unsigned world_list(const struct act *a)
{
	return a->from && !a->n ? WORLD_LISTS + a->from : a->from;
}

bool world_find(struct msglist *const lists[WORLD_ALL], const struct act *a,
	const struct world_left *left, uint32_t *uids)
{
	unsigned list = world_list(a), n = 0;

	for (unsigned i = 0; i < a->n; i++)
		if (!(uids[n++] = uid_left(lists[list], list, a->ids[i], 0, left)))
			return false;
	for (unsigned i = 0; i < a->nothers; i++)
		if (!(uids[n++] = uid_left(lists[list], list, a->others[i], 1, left)))
			return false;
	return true;
}

void world_leave(struct world_left *left, const struct act *a, const uint32_t *uids)
{
	unsigned n = a->kind == ACT_MOVE || a->kind == ACT_DELETE ? a->n + a->nothers : 0;

	for (unsigned i = 0; i < n; i++) {
		assert_true(left->n < WORLD_LEFT);
		left->v[left->n].box = world_list(a);
		left->v[left->n++].uid = uids[i];
	}
}

unsigned world_ask(struct engine *e, struct msglist *const lists[WORLD_ALL], const struct act *a,
	const uint32_t *uids)
{
	struct msglist *l = lists[world_list(a)];
	unsigned n = a->n + a->nothers;

	switch (a->kind) {
	case ACT_FLAG:
		return engine_flag(e, l, uids, n, a->clear, a->set);
	case ACT_MOVE:
		return engine_move(e, l, uids, n, world_boxes[a->to]);
	case ACT_COPY:
		return engine_copy(e, l, uids, n, world_boxes[a->to]);
	default:
		return engine_delete(e, l, uids, n);
	}
}

bool world_mail_is_moving(struct engine *e)
{
	struct outbox_info o;
	bool moving = false;

	for (size_t i = 0; i < engine_outbox(e, 0); i++) {
		engine_outbox_at(e, 0, i, &o);
		moving |= !o.unconfirmed && !o.failed;
	}
	return moving;
}

void world_toggle(struct imap *im, struct world *w, unsigned box, unsigned id, uint32_t mark)
{
	struct spot *at = &w->at[box][id];
	struct imap_selected sel;
	struct err err = {0};
	char uid[16], name[32];
	struct seen s;

	observer_look(im, world_boxes[box], &s);
	snprintf(name, sizeof(name), "m%u@example.org", id);
	snprintf(uid, sizeof(uid), "%u", (unsigned)seen_find(&s, world_boxes[box], name)->uid);
	if (imap_select(im, world_boxes[box], NULL, NULL, NULL, NULL, &sel, &err) != 0 ||
		imap_store(im, uid, !(at->flags & mark), mark, NULL, &err) != 0)
		fail_msg("%s", err.text);
	at->flags ^= mark;
	seen_done(&s);
}

struct outbox *world_outbox(void)
{
	char *dir = file_join(getenv("XDG_DATA_HOME"), "talaria/test");
	struct outbox *o = NULL;

	assert_int_equal(outbox_open(&o, dir, NULL), 0);
	free(dir);
	return o;
}

bool world_in_outbox(struct outbox *o, unsigned mail)
{
	struct strv ids = STRV_INIT;
	unsigned is;
	bool found = false;

	outbox_list(o, &ids, NULL);
	for (size_t i = 0; i < ids.n; i++) {
		struct outbox_mail m = {0};

		found |= outbox_get(o, ids.v[i], &m, NULL) == 0 &&
			 sscanf(m.subject, "k%u", &is) == 1 && is == mail;
		outbox_mail_done(&m);
	}
	strv_done(&ids);
	return found;
}

unsigned world_count(const struct seen *s, const char *box, char letter, unsigned number)
{
	char subject[16];
	unsigned n = 0;

	snprintf(subject, sizeof(subject), "%c%u", letter, number);
	for (size_t i = 0; i < s->n; i++)
		n += (!box || strcmp(s->v[i].folder, box) == 0) &&
		     strcmp(s->v[i].subject, subject) == 0;
	return n;
}

void world_say_lines(
	void (*say)(const char *kind, const char *line), const char *kind, struct str *lines)
{
	char *save = NULL;

	for (char *line = lines->len ? strtok_r(lines->p, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save))
		say(kind, line);
}

/* --- the program --- */

bool world_loses_marks;

int __real_cache_set_flags(struct cache *c, uint32_t uid, uint32_t clear, uint32_t set,
	const char *keywords, struct err *err);
int __wrap_cache_set_flags(struct cache *c, uint32_t uid, uint32_t clear, uint32_t set,
	const char *keywords, struct err *err);
int __wrap_cache_set_flags(struct cache *c, uint32_t uid, uint32_t clear, uint32_t set,
	const char *keywords, struct err *err)
{
	if (world_loses_marks && uid % 3 == 0)
		return 0;
	return __real_cache_set_flags(c, uid, clear, set, keywords, err);
}

int world_begin(void)
{
	return person_begin((const char *[]){"--no-postfix", NULL},
		"service imap {\n  service_count = 1000\n  process_min_avail = 2\n}\n");
}

struct person *world_person(const char *fill_n, char **cache)
{
	struct person *p = person_new("imap", "", fill_n ? "--count" : NULL, fill_n);
	struct str text = STR_INIT;
	char *dir = file_join(getenv("XDG_CACHE_HOME"), "talaria");

	stop(p);
	*cache = file_join(dir, "test");
	free(dir);
	str_addf(&text,
		"account test {\n\tfrom \"%s@example.org\"\n\tprotocol imap\n\timap "
		"imap+insecure://%s@localhost:%s\n\tsmtp smtp+insecure://localhost:%s\n\tpassword "
		"plain \"%s\"\n}\n",
		p->name, p->name, getenv("SRV_IMAP"), getenv("SRV_SMTP_PLAIN"),
		getenv("SRV_PASSWORD"));
	if (world_spans)
		world_config(&text, p->name);
	assert_int_equal(file_replace(p->config, text.p, text.len, 0600, NULL), 0);
	str_done(&text);
	return p;
}

void world_put(struct imap *im, struct world *w)
{
	struct err err = {0};

	memset(w, 0, sizeof(*w));
	world_put_other(w);
	if (imap_create(im, "Copies", &err) != 0)
		fail_msg("%s", err.text);
	for (unsigned id = 0; id < WORLD_IDS; id++) {
		struct str text = STR_INIT;

		w->at[0][id].there = true;
		str_addf(&text,
			"From: a@example.org\r\nSubject: m%u\r\nMessage-ID: <m%u@example.org>\r\n"
			"Date: Sat, 03 Jan 2026 01:%02u:00 +0000\r\n\r\nText %u\r\n",
			id, id, id, id);
		if (imap_append(im, "INBOX", text.p, text.len, 0, NULL, 0, NULL, &err) != 0)
			fail_msg("%s", err.text);
		str_done(&text);
	}
}
