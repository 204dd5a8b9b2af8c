#include "store/mail/match.h"

#include "base/mem.h"
#include "base/needle.h"
#include "base/uids.h"
#include "base/utf8.h"
#include "mime/date.h"
#include "store/disk/keywords.h"

#include <stdlib.h>
#include <string.h>
#include <wctype.h>

enum { MEMO_TERMS = 8, MEMO_BYTES = 1 << 16 };

static bool has_folded(struct matcher *m, const char *hay, size_t len, const char *folded)
{
	str_clear(&m->folded);
	utf8_fold_add(&m->folded, hay, len);
	if (m->query->unmarked)
		utf8_unmark(&m->folded, 0);
	return strstr(str_c(&m->folded), folded) != NULL;
}

static bool contains(struct matcher *m, const char *hay, const char *folded)
{
	size_t len = strlen(hay);

	if (str_is_ascii(hay, len))
		return str_ifind(hay, folded) != NULL;
	return has_folded(m, hay, len, folded);
}

static bool matches(struct matcher *m, const char *hay, const struct query_term *t)
{
	return contains(m, hay, t->word) ||
	       (t->has_pattern && regexec(&t->pattern, hay, 0, NULL, 0) == 0);
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

/* One of "Name <x@y>, z@y": name and address are what a pattern is held against, as in mutt, so
 * that its ^ and $ are theirs. */
static bool address_matches(struct matcher *m, const char *one, const struct query_term *t)
{
	const char *open = strrchr(one, '<');
	struct str part = STR_INIT;
	bool is = matches(m, one, t);

	if (!is && t->has_pattern && open) {
		str_add(&part, open + 1, strcspn(open + 1, ">"));
		is = regexec(&t->pattern, str_c(&part), 0, NULL, 0) == 0;
		str_clear(&part);
		str_add(&part, one, (size_t)(open - one) - (open > one));
		is = is || regexec(&t->pattern, str_c(&part), 0, NULL, 0) == 0;
	}
	str_done(&part);
	return is;
}

/* Any of a list, or each: of none, each does, as mutt has it. */
static bool list_matches(struct matcher *m, const char *list, const struct query_term *t)
{
	struct str one = STR_INIT;
	bool is = t->all;

	while (is == t->all && *list) {
		const char *at = strchr(list, '@'), *end = at ? strstr(at, ", ") : NULL;
		size_t len = end ? (size_t)(end - list) : strlen(list);

		str_clear(&one);
		str_add(&one, list, len);
		is = address_matches(m, str_c(&one), t);
		list += len + (end ? 2 : 0);
	}
	str_done(&one);
	return is;
}

static bool is_list(const struct query_term *t)
{
	return t->field == QUERY_TO || t->field == QUERY_CC || t->field == QUERY_RECIPIENT ||
	       t->field == QUERY_PEOPLE;
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
	return t->all || (t->has_pattern && is_list(t)) ? list_matches(m, hay, t)
							: matches(m, hay, t);
}

/* --- a page of strings --- */

static bool is_word(const struct query_term *t)
{
	return query_term_cost(t) == QUERY_STRINGS && t->word && *t->word && !t->has_pattern &&
	       t->field != QUERY_TO_ME && t->field != QUERY_FROM_ME && t->field != QUERY_KEYWORD &&
	       !t->all;
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
	m->sieves = query_eval_at(m->query, m->root, ask_without_words, m) == QUERY_NO;
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
		bool may = !ascii || m->query->unmarked || seen[at] == hit ||
			   utf8_fold_adds(hay, len, word);

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
	return (*l->row->from_name && has_string(l, l->row->from_name, term)) ||
	       has_string(l, l->row->from_mail, term);
}

static bool matches_recipient(struct look *l, size_t term)
{
	bool to = has_string(l, l->row->to, term);

	return to != l->query->terms[term].all ? to : has_string(l, l->row->cc, term);
}

static bool matches_people(struct look *l, size_t term)
{
	bool from = matches_sender(l, term);

	return from != l->query->terms[term].all ? from : matches_recipient(l, term);
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
		return matches_people(l, term);
	case QUERY_SUBJECT:
		return has_string(l, row->subject, term);
	case QUERY_ID:
		return has_string(l, row->message_id, term);
	case QUERY_REFERENCES:
		return has_string(l, row->references, term);
	case QUERY_KEYWORD:
		return keywords_has(row->keywords, t->word, strlen(t->word)) ||
		       (t->has_pattern && regexec(&t->pattern, row->keywords, 0, NULL, 0) == 0);
	default:
		return has_string(l, row->subject, term) || matches_sender(l, term) ||
		       matches_recipient(l, term);
	}
}

/* Folded, and each run of blanks and line ends one blank: where lines end is no part of what was
 * written. */
static char *one_line(bool unmarked, const char *text, size_t len)
{
	struct str folded = STR_INIT;
	size_t to = 0;

	utf8_fold_add(&folded, text, len);
	if (unmarked)
		utf8_unmark(&folded, 0);
	for (size_t i = 0; i < folded.len; i++) {
		char c = folded.p[i] == '\n' || folded.p[i] == '\t' ? ' ' : folded.p[i];

		if (c != ' ' || (to && folded.p[to - 1] != ' '))
			folded.p[to++] = c;
	}
	str_cut(&folded, to);
	return str_steal(&folded);
}

static const char *folded_text(struct look *l, bool header)
{
	const struct str *text = header ? &l->text.header : &l->text.body;

	if (!l->folded[header])
		l->folded[header] =
			one_line(l->query && l->query->unmarked, str_c(text), text->len);
	return l->folded[header];
}

const char *look_body(struct look *l)
{
	return folded_text(l, false);
}

static bool has_text(struct look *l, const struct query_term *t, bool header)
{
	const struct str *text = header ? &l->text.header : &l->text.body;

	if (t->has_pattern && regexec(&t->pattern, str_c(text), 0, NULL, 0) == 0)
		return true;
	return strstr(folded_text(l, header), t->word) != NULL;
}

/* Some line of it, behind "name:" where a field is meant. */
static bool has_line(
	const struct query *q, const struct str *text, const char *name, const struct query_term *t)
{
	size_t skip = name ? strlen(name) : 0;
	bool found = false;

	for (const char *p = str_c(text), *end; !found && *p; p = end + 1) {
		char *line, *folded;

		end = p + strcspn(p, "\n");
		if (name && !(str_istarts(p, name) && p[skip] == ':'))
			continue;
		p += name ? skip + 1 : 0;
		p += strspn(p, " ");
		line = mem_strndup(p, (size_t)(end - p));
		folded = one_line(q->unmarked, line, strlen(line));
		found = strstr(folded, t->word) ||
			(t->has_pattern && regexec(&t->pattern, line, 0, NULL, 0) == 0);
		free(line);
		free(folded);
	}
	return found;
}

static bool is_expired(const struct str *header, int64_t now)
{
	const char *p = str_istarts(str_c(header), "Expires:")
				? str_c(header)
				: str_ifind(str_c(header), "\nExpires:");
	time_t t;

	if (!p)
		return false;
	p = strchr(p, ':') + 1;
	return date_parse(p, strcspn(p, "\n"), &t) && t < now;
}

static enum query_answer matches_text(struct look *l, const struct query_term *t)
{
	bool header = t->field == QUERY_HEADER || t->field == QUERY_WHOLE,
	     body = t->field == QUERY_BODY || t->field == QUERY_WHOLE;

	if ((header && has_text(l, t, true)) || (body && has_text(l, t, false)))
		return QUERY_YES;
	return body && !l->text.whole ? QUERY_UNKNOWN : QUERY_NO;
}

static enum query_answer ask_text(struct look *l, const struct query_term *t)
{
	const struct read_text *text = &l->text;
	bool is;

	switch (t->field) {
	case QUERY_FIELD:
	case QUERY_LIST:
		is = has_line(l->query, &text->header, t->header, t);
		break;
	case QUERY_TYPE:
		is = has_line(l->query, &text->types, NULL, t);
		break;
	case QUERY_FILE:
		is = has_line(l->query, &text->files, NULL, t);
		break;
	case QUERY_ATTACHMENTS:
		is = text->attachments >= t->from && text->attachments <= t->to;
		break;
	case QUERY_CONTENT:
		is = text->content & t->set;
		break;
	case QUERY_EXPIRED:
		is = is_expired(&text->header, t->to);
		break;
	default:
		return matches_text(l, t);
	}
	return is ? QUERY_YES : QUERY_NO;
}

/* Found where its text is found as it stands, and nowhere else: a language of which i has another
 * capital has other matches. */
static bool is_plain(const char *pattern)
{
	return !strpbrk(pattern, ".[]{}()\\*+?^$|") && towlower(L'I') == L'i';
}

const char *match_piece(const struct query_term *t)
{
	bool texts = t->field == QUERY_BODY || t->field == QUERY_WHOLE;

	return texts && (!t->has_pattern || is_plain(t->text)) ? t->word : NULL;
}

static enum query_answer ask_index(struct look *l, const struct query_term *t, size_t term)
{
	struct matcher *m = l->m;
	const struct textindex_answers *a = l->indexed ? m->texts : NULL;
	uint8_t says;

	if (!a || !a->of[term] || !a->n)
		return QUERY_UNKNOWN;
	if (m->texts_at >= a->n || a->uids[m->texts_at] > l->uid)
		m->texts_at = 0;
	m->texts_at = uids_near(a->uids, a->n, m->texts_at, l->uid);
	if (m->texts_at >= a->n || a->uids[m->texts_at] != l->uid)
		return QUERY_UNKNOWN;
	says = a->of[term][m->texts_at];
	if (says == TEXTINDEX_MAYBE || (says == TEXTINDEX_NO && t->field == QUERY_WHOLE))
		return QUERY_UNKNOWN;
	return says == TEXTINDEX_YES ? QUERY_YES : QUERY_NO;
}

/* What its row says already of what else only the text tells, and the index of texts. */
static enum query_answer ask_early(struct look *l, const struct query_term *t, size_t term)
{
	if (t->field == QUERY_ATTACHMENTS && !(l->flags & MAIL_ATTACHMENT))
		return t->from == 0 ? QUERY_YES : QUERY_NO;
	if (t->field == QUERY_ATTACHMENTS && t->to == 0)
		return QUERY_NO;
	if (t->field == QUERY_FILE && !(l->flags & MAIL_ATTACHMENT))
		return QUERY_NO;
	if (t->field != QUERY_LIST)
		return ask_index(l, t, term);
	if (!(l->flags & MAIL_LIST))
		return QUERY_NO;
	return l->depth >= QUERY_STRINGS && matches_recipient(l, term) ? QUERY_YES : QUERY_UNKNOWN;
}

/* The folder's name, or that of one above it; the account's. */
bool match_place(const struct query_term *t, const char *account, const char *folder)
{
	const char *where = t->field == QUERY_FOLDER ? folder : account;
	char *folded = where ? utf8_fold(where, strlen(where)) : NULL;
	size_t len = strlen(t->word);
	bool is = folded && strncmp(folded, t->word, len) == 0 &&
		  (!folded[len] || (t->field == QUERY_FOLDER && folded[len] == '/'));

	free(folded);
	return is;
}

static bool is_in(const struct query_set *sets, size_t term, uint32_t uid)
{
	return sets && uids_find(sets[term].uids, sets[term].n, uid) >= 0;
}

static enum query_answer ask_row(struct look *l, const struct query_term *t, size_t term)
{
	bool is;

	if (query_term_scope(t) != SCOPE_MESSAGE) {
		is = is_in(l->m->sets, term, l->uid);
		if (!l->m->sets || (!is && is_in(l->m->unsure, term, l->uid)))
			return QUERY_UNKNOWN;
		return is ? QUERY_YES : QUERY_NO;
	}
	if (t->field == QUERY_FOLDER || t->field == QUERY_ACCOUNT)
		is = match_place(t, l->m->account, l->m->folder);
	else if (query_term_cost(t) == QUERY_STRINGS)
		is = matches_row(l, t, term);
	else
		is = matches_columns(l, t);
	return is ? QUERY_YES : QUERY_NO;
}

static enum query_answer ask(void *ctx, const struct query *q, size_t term)
{
	struct look *l = ctx;
	const struct query_term *t = &q->terms[term];
	enum query_cost cost = query_term_cost(t);
	enum query_answer answer;

	if (l->known[term])
		return (enum query_answer)(l->known[term] - 1);
	if (cost == QUERY_TEXTS && l->depth == QUERY_TEXTS)
		return ask_text(l, t);
	if (cost < QUERY_TEXTS && cost > l->depth)
		return QUERY_UNKNOWN;
	answer = cost == QUERY_TEXTS ? ask_early(l, t, term) : ask_row(l, t, term);
	if (answer != QUERY_UNKNOWN || cost < QUERY_TEXTS)
		l->known[term] = (uint8_t)(1 + answer);
	return answer;
}

struct look look_at(struct matcher *m, const struct summary *row, const struct cache_walk *walk)
{
	return (struct look){.m = m,
		.query = m->query,
		.root = m->root,
		.uid = row->uid,
		.flags = row->flags,
		.size = row->size,
		.sent = row->sent,
		.received = row->received,
		.walk = walk,
		.row = row};
}

enum query_answer look_answer(struct look *l, enum query_cost depth)
{
	enum query_answer answer;

	l->depth = depth;
	if (l->flags & MAIL_LEAVING)
		return QUERY_NO;
	answer = query_eval_at(l->query, l->root, ask, l);
	if (answer != QUERY_UNKNOWN || !l->m || !l->m->texts || l->indexed)
		return answer;
	l->indexed = true;
	return query_eval_at(l->query, l->root, ask, l);
}

void look_done(struct look *l)
{
	free(l->folded[0]);
	free(l->folded[1]);
	str_done(&l->text.header);
	str_done(&l->text.body);
	str_done(&l->text.types);
	str_done(&l->text.files);
}

void match_start(struct matcher *m, const struct query *query, size_t root)
{
	MEM_FREE(m->seen);
	m->number = 0;
	m->query = query;
	m->root = root;
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
