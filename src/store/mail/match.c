#include "store/mail/match.h"

#include "base/mem.h"
#include "base/needle.h"
#include "base/utf8.h"
#include "store/disk/keywords.h"

#include <stdlib.h>
#include <string.h>

enum { MEMO_TERMS = 8, MEMO_BYTES = 1 << 16 };

static bool has_folded(struct matcher *m, const char *hay, size_t len, const char *folded)
{
	str_clear(&m->folded);
	utf8_fold_add(&m->folded, hay, len);
	return strstr(str_c(&m->folded), folded) != NULL;
}

static bool contains(struct matcher *m, const char *hay, const char *folded)
{
	size_t len = strlen(hay);

	if (str_is_ascii(hay, len))
		return str_ifind(hay, folded) != NULL;
	return has_folded(m, hay, len, folded);
}

/* "x@y" in "Name <x@y>, z@y": as a whole. */
static bool has_address(const char *list, const char *mail)
{
	size_t len = strlen(mail);

	for (const char *at = list; len && (at = str_ifind(at, mail)); at++)
		if ((at == list || at[-1] == ' ' || at[-1] == '<') &&
			(!at[len] || at[len] == ',' || at[len] == '>'))
			return true;
	return false;
}

static bool has_own(const struct matcher *m, const char *list)
{
	for (size_t i = 0; m->own && i < m->own->n; i++)
		if (has_address(list, m->own->v[i]))
			return true;
	return false;
}

static bool matches_string(struct matcher *m, const char *hay, size_t term)
{
	const struct query_term *t = &m->query->terms[term];

	if (t->field == QUERY_TO_ME || t->field == QUERY_FROM_ME)
		return has_own(m, hay);
	return contains(m, hay, t->word) ||
	       (t->has_pattern && regexec(&t->pattern, hay, 0, NULL, 0) == 0);
}

/* --- a page of strings --- */

static bool is_word(const struct query_term *t)
{
	return query_term_cost(t) == QUERY_STRINGS && t->word && *t->word && !t->has_pattern &&
	       t->field != QUERY_TO_ME && t->field != QUERY_FROM_ME && t->field != QUERY_KEYWORD;
}

static enum query_answer ask_without_words(void *ctx, const struct query *q, size_t term)
{
	const struct matcher *m = ctx;

	(void)q;
	return m->is_word[term] ? QUERY_NO : QUERY_UNKNOWN;
}

static void begin(struct matcher *m)
{
	m->seen = mem_array(MEMO_TERMS + 1, MEMO_BYTES);
	m->any = m->seen + MEMO_TERMS * MEMO_BYTES;
	for (size_t i = 0; i < m->query->nterms && i < MEMO_TERMS; i++)
		m->is_word[i] = is_word(&m->query->terms[i]);
	m->sieves = query_eval(m->query, ask_without_words, m) == QUERY_NO;
}

static const char *string_around(const char *heap, const char *p)
{
	while (p > heap && p[-1])
		p--;
	return p;
}

/* Strings that are ASCII: the word is looked for in all of the heap at once. */
static void find_ascii(struct matcher *m, const struct cache_walk *w, size_t term)
{
	uint8_t *seen = m->seen + term * MEMO_BYTES;
	const char *p = w->heap, *end = p + w->heap_size;
	struct needle n;

	needle_start(&n, m->query->terms[term].word);
	while ((p = needle_find(&n, p, end))) {
		size_t at = (size_t)(string_around(w->heap, p) - w->heap);

		seen[at] = m->any[at] = (uint8_t)(m->round + 1);
		p += strlen(p);
	}
}

/* Those that are not: folded, where that may bring the word. */
static void find_others(struct matcher *m, const struct cache_walk *w, size_t term, bool ascii)
{
	uint8_t *seen = m->seen + term * MEMO_BYTES, hit = (uint8_t)(m->round + 1);
	const char *p = w->heap, *end = p + w->heap_size, *word = m->query->terms[term].word;

	while ((p += str_ascii(p, (size_t)(end - p))) < end) {
		const char *hay = string_around(w->heap, p);
		size_t at = (size_t)(hay - w->heap), len = strlen(p) + (size_t)(p - hay);
		bool may = !ascii || seen[at] == hit || utf8_fold_adds(hay, len, word);

		seen[at] = may && has_folded(m, hay, len, word) ? hit : m->round;
		if (seen[at] == hit)
			m->any[at] = hit;
		p = hay + len;
	}
}

static void open_page(struct matcher *m, const struct cache_walk *w)
{
	if (m->number == w->number)
		return;
	if (!m->seen)
		begin(m);
	m->number = w->number;
	m->round = (uint8_t)(m->round + 2);
	if (!m->round) {
		memset(m->seen, 0, (MEMO_TERMS + 1) * MEMO_BYTES);
		m->round = 2;
	}
	for (size_t i = 0; i < MEMO_TERMS; i++)
		if (m->is_word[i]) {
			const char *word = m->query->terms[i].word;
			bool ascii = str_is_ascii(word, strlen(word));

			if (ascii)
				find_ascii(m, w, i);
			find_others(m, w, i, ascii);
		}
}

uint32_t match_pass(struct matcher *m, struct cache_walk *w, uint32_t uid)
{
	if (!w->paged)
		return uid;
	open_page(m, w);
	return m->sieves ? cache_walk_pass(w, m->any, (uint8_t)(m->round + 1)) : uid;
}

/* A string of a message: of a page each is asked once. */
static bool has_string(struct look *l, const char *hay, size_t term)
{
	struct matcher *m = l->m;
	uint8_t *seen;

	if (!l->walk || !l->walk->paged || term >= MEMO_TERMS)
		return matches_string(m, hay, term);
	open_page(m, l->walk);
	seen = m->seen + term * MEMO_BYTES + (hay - l->walk->heap);
	if ((*seen & ~1) != m->round)
		*seen = (uint8_t)(m->round + (!is_word(&m->query->terms[term]) &&
						     matches_string(m, hay, term)));
	return *seen & 1;
}

/* --- one message --- */

static bool matches_columns(const struct look *l, const struct query_term *t)
{
	switch (t->field) {
	case QUERY_SIZE:
		return l->size >= t->from && l->size <= t->to;
	case QUERY_SENT: {
		uint32_t date = l->sent ? l->sent : l->received;

		return date >= t->from && date <= t->to;
	}
	case QUERY_RECEIVED:
		return l->received >= t->from && l->received <= t->to;
	default:
		return (l->flags & t->set) == t->set && !(l->flags & t->clear);
	}
}

static bool matches_sender(struct look *l, size_t term)
{
	return has_string(l, l->row->from_name, term) || has_string(l, l->row->from_mail, term);
}

static bool matches_recipient(struct look *l, size_t term)
{
	return has_string(l, l->row->to, term) || has_string(l, l->row->cc, term);
}

static bool matches_row(struct look *l, const struct query_term *t, size_t term)
{
	const struct summary *row = l->row;

	switch (t->field) {
	case QUERY_FROM:
		return matches_sender(l, term);
	case QUERY_FROM_ME:
		return has_string(l, row->from_mail, term);
	case QUERY_TO:
		return has_string(l, row->to, term);
	case QUERY_CC:
		return has_string(l, row->cc, term);
	case QUERY_RECIPIENT:
	case QUERY_TO_ME:
		return matches_recipient(l, term);
	case QUERY_PEOPLE:
		return matches_sender(l, term) || matches_recipient(l, term);
	case QUERY_SUBJECT:
		return has_string(l, row->subject, term);
	case QUERY_ID:
		return has_string(l, row->message_id, term);
	case QUERY_REFERENCES:
		return has_string(l, row->references, term);
	case QUERY_KEYWORD:
		return keywords_has(row->keywords, t->word, strlen(t->word));
	default:
		return has_string(l, row->subject, term) || matches_sender(l, term) ||
		       matches_recipient(l, term);
	}
}

/* Folded, and each run of blanks and line ends one blank: where lines end is no part of what was
 * written. */
static char *one_line(const struct str *text)
{
	struct str folded = STR_INIT;
	size_t to = 0;

	utf8_fold_add(&folded, str_c(text), text->len);
	for (size_t i = 0; i < folded.len; i++) {
		char c = folded.p[i] == '\n' || folded.p[i] == '\t' ? ' ' : folded.p[i];

		if (c != ' ' || (to && folded.p[to - 1] != ' '))
			folded.p[to++] = c;
	}
	str_cut(&folded, to);
	return str_steal(&folded);
}

static bool has_text(struct look *l, const struct query_term *t, bool header)
{
	const struct str *text = header ? &l->text.header : &l->text.body;

	if (t->has_pattern && regexec(&t->pattern, str_c(text), 0, NULL, 0) == 0)
		return true;
	if (!l->folded[header])
		l->folded[header] = one_line(text);
	return strstr(l->folded[header], t->word) != NULL;
}

static enum query_answer matches_text(struct look *l, const struct query_term *t)
{
	bool header = t->field == QUERY_HEADER || t->field == QUERY_WHOLE,
	     body = t->field == QUERY_BODY || t->field == QUERY_WHOLE;

	if ((header && has_text(l, t, true)) || (body && has_text(l, t, false)))
		return QUERY_YES;
	return body && !l->text.whole ? QUERY_UNKNOWN : QUERY_NO;
}

static enum query_answer ask(void *ctx, const struct query *q, size_t term)
{
	struct look *l = ctx;
	const struct query_term *t = &q->terms[term];
	enum query_cost cost = query_term_cost(t);

	if (cost > l->depth)
		return QUERY_UNKNOWN;
	if (cost == QUERY_TEXTS)
		return matches_text(l, t);
	if (cost == QUERY_COLUMNS)
		return matches_columns(l, t) ? QUERY_YES : QUERY_NO;
	if (!l->known[term])
		l->known[term] = 1 + (matches_row(l, t, term) ? QUERY_YES : QUERY_NO);
	return (enum query_answer)(l->known[term] - 1);
}

struct look look_at(struct matcher *m, const struct summary *row, const struct cache_walk *walk)
{
	return (struct look){.m = m,
		.query = m->query,
		.flags = row->flags,
		.size = row->size,
		.sent = row->sent,
		.received = row->received,
		.walk = walk,
		.row = row};
}

enum query_answer look_answer(struct look *l, enum query_cost depth)
{
	l->depth = depth;
	return l->flags & MAIL_LEAVING ? QUERY_NO : query_eval(l->query, ask, l);
}

void look_done(struct look *l)
{
	free(l->folded[0]);
	free(l->folded[1]);
	str_done(&l->text.header);
	str_done(&l->text.body);
}

void match_anew(struct matcher *m)
{
	m->number = 0;
}

void match_done(struct matcher *m)
{
	free(m->seen);
	str_done(&m->folded);
}
