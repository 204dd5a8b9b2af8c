/*
 * Searching one folder: a small query language over the cached rows, and over bodies that are here.
 *
 * Words must all match; a word is looked for in from, to and subject. "from:x", "to:x",
 * "subject:x", "body:x", "flag:unread" narrow it; "~f x" and the like are mutt's way to say the
 * same. "keyword:x" and "~y x" find messages that have just that keyword. Case does not matter
 * (Unicode folding).
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/part.h"
#include "store/keywords.h"
#include "store/localbox.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum field { IN_ANY, IN_FROM, IN_TO, IN_SUBJECT, IN_BODY, IN_KEYWORDS, BY_FLAG };
enum { TERMS_MAX = 32, BODY_MAX = 64 << 20, MEMO_TERMS = 8, MEMO_BYTES = 1 << 16 };

struct term {
	enum field field;
	char *word;          /* owned; folded */
	uint32_t set, clear; /* BY_FLAG */
};

struct query {
	struct term v[TERMS_MAX];
	size_t n;
	bool needs_body;
};

struct flag_name {
	const char *name;
	char letter;
	uint32_t set, clear;
};
static const struct flag_name flag_names[] = {
	{"unread", 'U', 0, MAIL_SEEN},
	{"new", 'N', 0, MAIL_SEEN},
	{"read", 'R', MAIL_SEEN, 0},
	{"flagged", 'F', MAIL_FLAGGED, 0},
	{"answered", 'Q', MAIL_ANSWERED, 0},
	{"deleted", 'D', MAIL_DELETED, 0},
	{"forwarded", 0, MAIL_FORWARDED, 0},
	{"attachment", 'X', MAIL_ATTACHMENT, 0},
	{"list", 'l', MAIL_LIST, 0},
	{"all", 'A', 0, 0},
};
static const struct {
	const char *name;
	char letter;
	enum field field;
} field_names[] = {
	{"from", 'f', IN_FROM},
	{"to", 't', IN_TO},
	{"subject", 's', IN_SUBJECT},
	{"body", 'b', IN_BODY},
	{"keyword", 'y', IN_KEYWORDS},
};

static int add_flag(struct query *q, const char *name, char letter, struct err *err)
{
	for (size_t i = 0; i < MEM_COUNT(flag_names); i++) {
		const struct flag_name *f = &flag_names[i];

		if ((name && strcmp(f->name, name) == 0) || (letter && f->letter == letter)) {
			q->v[q->n++] =
				(struct term){.field = BY_FLAG, .set = f->set, .clear = f->clear};
			return 0;
		}
	}
	if (name)
		return err_set(err, ERR_INPUT,
			_("flag:%s is not known; use unread, read, flagged, answered, forwarded, "
			  "deleted, attachment or list"),
			name);
	return err_set(err, ERR_INPUT,
		_("~%c is not known; use ~f ~t ~s ~b ~y with a word, or ~N ~U ~R ~F ~Q ~D ~A"),
		letter);
}

static void add_word(struct query *q, enum field field, const char *word, size_t len)
{
	q->v[q->n++] = (struct term){.field = field, .word = utf8_fold(word, len)};
	q->needs_body |= field == IN_BODY;
}

/* The next word, quotes taken off; false at the end. */
static bool next_word(const char **p, struct str *word, bool *quoted)
{
	str_clear(word);
	*quoted = false;
	while (**p == ' ' || **p == '\t')
		(*p)++;
	if (!**p)
		return false;
	while (**p && **p != ' ' && **p != '\t') {
		if (**p != '"') {
			str_addc(word, *(*p)++);
			continue;
		}
		*quoted = true;
		(*p)++;
		while (**p && **p != '"')
			str_addc(word, *(*p)++);
		if (**p)
			(*p)++;
	}
	return true;
}

static int add_pattern(struct query *q, const char **p, struct str *word, struct err *err)
{
	char letter = word->p[1];
	bool quoted;

	for (size_t i = 0; i < MEM_COUNT(field_names); i++)
		if (field_names[i].letter == letter) {
			if (!next_word(p, word, &quoted))
				return err_set(
					err, ERR_INPUT, _("~%c needs a word after it"), letter);
			add_word(q, field_names[i].field, str_c(word), word->len);
			return 0;
		}
	return add_flag(q, NULL, letter, err);
}

static int add_term(struct query *q, const char **p, struct str *word, bool quoted, struct err *err)
{
	const char *colon = strchr(str_c(word), ':');

	if (!quoted && word->len == 2 && word->p[0] == '~')
		return add_pattern(q, p, word, err);
	if (colon && str_starts(word->p, "flag:"))
		return add_flag(q, colon + 1, 0, err);
	for (size_t i = 0; colon && i < MEM_COUNT(field_names); i++) {
		size_t len = strlen(field_names[i].name);

		if ((size_t)(colon - word->p) == len &&
			memcmp(word->p, field_names[i].name, len) == 0) {
			add_word(q, field_names[i].field, colon + 1, word->len - len - 1);
			return 0;
		}
	}
	add_word(q, IN_ANY, str_c(word), word->len);
	return 0;
}

static int parse_query(struct query *q, const char *text, struct err *err)
{
	struct str word = STR_INIT;
	bool quoted;
	int rc = 0;

	while (rc == 0 && next_word(&text, &word, &quoted))
		rc = q->n < TERMS_MAX ? add_term(q, &text, &word, quoted, err)
				      : err_set(err, ERR_INPUT,
						_("More than %d words to search for"), TERMS_MAX);
	str_done(&word);
	return rc;
}

/*
 * What was found out about the strings of a page: equal ones stand there once, so that a sender of
 * many messages is compared once.
 */
struct memo {
	uint64_t number; /* of the page */
	uint8_t *seen;   /* owned; by place in the page and word: round + hit */
	uint8_t round;   /* even; another for each page, so that seen is not cleared for each */
	struct str folded;
};

struct search {
	struct work work;
	unsigned list;
	struct query query;
	uint32_t next;  /* UID */
	uint32_t *only; /* owned; NULL: all */
	size_t nonly, only_at;
	struct memo memo;
	struct store_event *answer; /* owned */
	size_t cap;
};

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* -1: hay has other than ASCII in it. */
static int find_ascii(const char *hay, const char *word)
{
	const unsigned char first = (unsigned char)*word;
	int found = 0;

	for (; *hay; hay++) {
		size_t i = 1;

		if ((unsigned char)*hay >= 0x80)
			return -1;
		if (found || lower(*hay) != first)
			continue;
		while (word[i] && lower(hay[i]) == (unsigned char)word[i])
			i++;
		found = !word[i];
	}
	return found;
}

static bool contains(struct memo *m, const char *hay, const char *folded)
{
	int found;

	if (!*folded)
		return true;
	found = find_ascii(hay, folded);
	if (found >= 0)
		return found;
	str_clear(&m->folded);
	utf8_fold_add(&m->folded, hay, strlen(hay));
	return strstr(str_c(&m->folded), folded) != NULL;
}

/* The same, asked once for each string of a page. */
static bool has_word(struct search *s, const struct cache_walk *w, const char *hay, size_t term)
{
	const char *word = s->query.v[term].word;
	struct memo *m = &s->memo;
	size_t at;

	if (!w->paged || term >= MEMO_TERMS)
		return contains(m, hay, word);
	if (!m->seen)
		m->seen = mem_array(MEMO_TERMS, MEMO_BYTES);
	if (m->number != w->number) {
		m->number = w->number;
		m->round = (uint8_t)(m->round + 2);
		if (!m->round) {
			memset(m->seen, 0, MEMO_TERMS * MEMO_BYTES);
			m->round = 2;
		}
	}
	at = term * MEMO_BYTES + (size_t)(hay - w->heap);
	if ((m->seen[at] & ~1) != m->round)
		m->seen[at] = (uint8_t)(m->round + contains(m, hay, word));
	return m->seen[at] & 1;
}

/* The text parts of a message that is here, folded; NULL when it is not. */
static char *folded_body(struct folder *f, const struct summary *s)
{
	struct bodies_key key = {f->name, cache_meta(f->cache)->uidvalidity, s->uid};
	struct str bytes = STR_INIT, text = STR_INIT;
	struct parts parts = {0};
	char *folded;
	int rc = f->local ? localbox_read(f->dir, s->file, BODY_MAX, &bytes, NULL)
			  : bodies_get(f->account->bodies, &key, "eml", &bytes, NULL);

	if (rc != 0) {
		str_done(&bytes);
		return NULL;
	}
	part_parse(&parts, bytes.p, bytes.len);
	for (size_t i = 0; i < parts.n; i++)
		if (part_is_text(&parts.v[i])) {
			part_text(&parts.v[i], &text);
			str_addc(&text, '\n');
		}
	folded = utf8_fold(str_c(&text), text.len);
	part_done(&parts);
	str_done(&bytes);
	str_done(&text);
	return folded;
}

static bool matches_text(
	struct search *s, const struct cache_walk *w, const struct summary *row, size_t term)
{
	switch (s->query.v[term].field) {
	case IN_FROM:
		return has_word(s, w, row->from_name, term) || has_word(s, w, row->from_mail, term);
	case IN_TO:
		return has_word(s, w, row->to, term);
	case IN_SUBJECT:
		return has_word(s, w, row->subject, term);
	case IN_KEYWORDS:
		return keywords_has(
			row->keywords, s->query.v[term].word, strlen(s->query.v[term].word));
	case IN_ANY:
		return has_word(s, w, row->subject, term) || has_word(s, w, row->from_name, term) ||
		       has_word(s, w, row->from_mail, term) || has_word(s, w, row->to, term);
	default:
		return true;
	}
}

static bool matches_flags(const struct query *q, uint32_t flags)
{
	if (flags & MAIL_LEAVING)
		return false; /* moved away, though the server does not know it yet */
	for (size_t i = 0; i < q->n; i++) {
		const struct term *t = &q->v[i];

		if (t->field == BY_FLAG && ((flags & t->set) != t->set || (flags & t->clear)))
			return false;
	}
	return true;
}

/* Bodies are read last: most rows are out by then. */
static bool matches_body(const struct query *q, struct folder *f, const struct summary *row)
{
	char *body = folded_body(f, row);
	bool ok = body != NULL;

	for (size_t i = 0; ok && i < q->n; i++)
		if (q->v[i].field == IN_BODY)
			ok = strstr(body, q->v[i].word) != NULL;
	free(body);
	return ok;
}

/* --- a search on its way --- */

static void search_free(struct search *s)
{
	for (size_t i = 0; i < s->query.n; i++)
		free(s->query.v[i].word);
	free(s->only);
	free(s->memo.seen);
	str_done(&s->memo.folded);
	store_event_free(s->answer);
	free(s);
}

static void search_drop(struct store *store, struct work *w, const struct err *why)
{
	store_failed(store, w->request, why);
	search_free((struct search *)w);
}

static void add_found(struct search *s, uint32_t uid)
{
	struct store_event *ev = s->answer;

	ev->uids = mem_grow(ev->uids, &s->cap, ev->n + 1, sizeof(*ev->uids));
	ev->uids[ev->n++] = uid;
}

/* Whether the message is one of those that are asked about; ascending. */
static bool is_asked(struct search *s, uint32_t uid)
{
	if (!s->only)
		return true;
	while (s->only_at < s->nonly && s->only[s->only_at] < uid)
		s->only_at++;
	return s->only_at < s->nonly && s->only[s->only_at] == uid;
}

/* Rows between two looks at the clock. */
enum { STRIDE = 512 };

/* Flags only need no strings. True: at the end. */
static bool search_flags(struct search *s, struct folder *f)
{
	const struct columns *c = cache_columns_view(f->cache);

	for (size_t i = 0; i < c->n; i++)
		if (is_asked(s, c->uid[i]) && matches_flags(&s->query, c->flags[i]))
			add_found(s, c->uid[i]);
	return true;
}

static bool search_words(struct search *s, struct folder *f)
{
	int64_t end = clock_ms() + WORK_MS;
	struct cache_walk w;
	struct summary row;
	size_t rows = 0;

	s->memo.number = 0;
	if (s->only)
		s->next = s->only_at < s->nonly ? s->only[s->only_at] : UINT32_MAX;
	cache_walk_start(&w, f->cache, s->next);
	while (cache_walk_next(&w, &row)) {
		bool ok = is_asked(s, row.uid) && matches_flags(&s->query, row.flags);

		for (size_t i = 0; ok && i < s->query.n; i++)
			ok = matches_text(s, &w, &row, i);
		s->next = row.uid + 1;
		if (ok && s->query.needs_body) {
			/* reading may note damage, after which the walk is no more */
			if (matches_body(&s->query, f, &row))
				add_found(s, row.uid);
			return false;
		}
		if (ok)
			add_found(s, row.uid);
		if (s->only && s->only_at == s->nonly)
			return true;
		if (++rows % STRIDE == 0 && clock_ms() >= end)
			return false;
	}
	return true;
}

static bool search_step(struct store *store, struct work *w)
{
	struct search *s = (struct search *)w;
	struct list *l = store_list(store, s->list);
	bool words = false;
	struct err err = {0};

	if (!l || !l->folder->cache) {
		err_set(&err, ERR_GONE, _("The folder is no longer open"));
		search_drop(store, w, &err);
		return true;
	}
	for (size_t i = 0; i < s->query.n; i++)
		words |= s->query.v[i].field != BY_FLAG;
	if (!(words ? search_words(s, l->folder) : search_flags(s, l->folder)))
		return false;
	store_emit(store, s->answer);
	s->answer = NULL;
	search_free(s);
	return true;
}

void search_request(struct store *store, struct store_request *r)
{
	struct search *s = mem_alloc(sizeof(*s));
	struct err err = {0};
	int rc;

	s->work = (struct work){.request = r->request, .step = search_step, .drop = search_drop};
	s->list = r->list;
	s->only = r->uids;
	s->nonly = r->uids ? r->n : 0;
	r->uids = NULL;
	s->next = 1;
	s->answer = store_event_new(STORE_FOUND);
	s->answer->request = r->request;
	s->answer->list = r->list;
	rc = parse_query(&s->query, r->text ? r->text : "", &err);
	if (rc != 0) {
		search_drop(store, &s->work, &err);
		return;
	}
	/* most are through in one slice */
	if (!search_step(store, &s->work))
		store_work(store, &s->work);
}
