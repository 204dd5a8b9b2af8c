/*
 * Searching one folder: a small query language over the cached rows, and over bodies that are here.
 *
 * Words must all match; a word is looked for in from, to and subject. "from:x", "to:x",
 * "subject:x", "body:x", "flag:unread" narrow it; "~f x" and the like are mutt's way to say the
 * same. Case does not matter (Unicode folding).
 */
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/part.h"
#include "store/localbox.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum field { IN_ANY, IN_FROM, IN_TO, IN_SUBJECT, IN_BODY, BY_FLAG };
enum { TERMS_MAX = 32, BODY_MAX = 64 << 20 };

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
		_("~%c is not known; use ~f ~t ~s ~b with a word, or ~N ~U ~R ~F ~Q ~D ~A"),
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

static bool contains(const char *hay, const char *folded)
{
	char *f;
	bool found;

	if (!*folded)
		return true;
	f = utf8_fold(hay, strlen(hay));
	found = strstr(f, folded) != NULL;
	free(f);
	return found;
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

static bool matches_text(const struct term *t, const struct summary *s, const char *body)
{
	switch (t->field) {
	case IN_FROM:
		return contains(s->from_name, t->word) || contains(s->from_mail, t->word);
	case IN_TO:
		return contains(s->to, t->word);
	case IN_SUBJECT:
		return contains(s->subject, t->word);
	case IN_BODY:
		return body && strstr(body, t->word);
	case IN_ANY:
		return contains(s->from_name, t->word) || contains(s->from_mail, t->word) ||
		       contains(s->to, t->word) || contains(s->subject, t->word);
	default:
		return true;
	}
}

static bool matches(const struct query *q, struct folder *f, uint32_t uid, uint32_t flags)
{
	struct summary s;
	char *body = NULL;
	bool ok = true, words = false;

	for (size_t i = 0; i < q->n; i++) {
		const struct term *t = &q->v[i];

		if (t->field == BY_FLAG && ((flags & t->set) != t->set || (flags & t->clear)))
			return false;
		words |= t->field != BY_FLAG;
	}
	if (!words)
		return true;
	if (cache_get(f->cache, uid, &s) != 0)
		return false;
	for (size_t i = 0; ok && i < q->n; i++)
		if (q->v[i].field != IN_BODY)
			ok = matches_text(&q->v[i], &s, NULL);
	/* Bodies are read last: most rows are out by then. */
	if (ok && q->needs_body) {
		body = folded_body(f, &s);
		for (size_t i = 0; ok && i < q->n; i++)
			if (q->v[i].field == IN_BODY)
				ok = matches_text(&q->v[i], &s, body);
		free(body);
	}
	return ok;
}

static void answer(
	struct store *s, struct store_request *r, struct folder *f, const struct query *q)
{
	struct store_event *ev = store_event_new(STORE_FOUND);
	struct columns c;
	size_t cap = 0;

	cache_columns(f->cache, &c);
	for (size_t i = 0; i < c.n; i++)
		if (matches(q, f, c.uid[i], c.flags[i])) {
			ev->uids = mem_grow(ev->uids, &cap, ev->n + 1, sizeof(*ev->uids));
			ev->uids[ev->n++] = c.uid[i];
		}
	columns_done(&c);
	ev->request = r->request;
	ev->list = r->list;
	store_emit(s, ev);
}

void search_request(struct store *s, struct store_request *r)
{
	struct list *l = store_list(s, r->list);
	struct query q = {0};
	struct err err = {0};
	int rc = l ? parse_query(&q, r->text ? r->text : "", &err)
		   : err_set(&err, ERR_GONE, _("The folder is no longer open"));

	if (rc == 0)
		answer(s, r, l->folder, &q);
	else
		store_failed(s, r->request, &err);
	for (size_t i = 0; i < q.n; i++)
		free(q.v[i].word);
}

/* --- order by words --- */

struct keyed {
	char *key; /* owned */
	uint32_t uid;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c ? c : (x->uid > y->uid) - (x->uid < y->uid);
}

/* The base subject for sorting: reply and forward marks and list tags in front do not count (RFC
 * 5256 2.1, in short). */
static const char *base_subject(const char *s)
{
	for (;;) {
		const char *close = *s == '[' ? strchr(s, ']') : NULL;

		while (*s == ' ')
			s++;
		if (close)
			s = close + 1;
		else if (str_istarts(s, "re:") || str_istarts(s, "fw:"))
			s += 3;
		else if (str_istarts(s, "fwd:"))
			s += 4;
		else
			return s;
	}
}

void search_order(struct store *s, const struct store_request *r)
{
	struct list *l = store_list(s, r->list);
	struct store_event *ev;
	struct columns c;
	struct keyed *keys;

	if (!l)
		return;
	cache_columns(l->folder->cache, &c);
	keys = mem_array(c.n, sizeof(*keys));
	for (size_t i = 0; i < c.n; i++) {
		struct summary row;
		const char *text = "";

		if (cache_get(l->folder->cache, c.uid[i], &row) == 0)
			text = r->n             ? base_subject(row.subject)
			       : *row.from_name ? row.from_name
						: row.from_mail;
		keys[i] = (struct keyed){utf8_fold(text, strlen(text)), c.uid[i]};
	}
	qsort(keys, c.n, sizeof(*keys), by_key);
	ev = store_event_new(STORE_ORDER);
	ev->list = r->list;
	ev->done = r->n;
	ev->n = c.n;
	ev->uids = mem_dup(c.uid, c.n * sizeof(*c.uid));
	ev->ranks = mem_array(c.n, sizeof(*ev->ranks));
	for (size_t i = 0; i < c.n; i++) {
		ev->ranks[columns_find(&c, keys[i].uid)] = (uint32_t)i;
		free(keys[i].key);
	}
	free(keys);
	columns_done(&c);
	store_emit(s, ev);
}
