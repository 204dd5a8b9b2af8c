#include "engine/hits.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "store/mail/query.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct wanted {
	unsigned fields;
	const char *word; /* folded */
	bool has_pattern;
	regex_t pattern; /* that of the query does not say where */
};

struct hits {
	struct query *query; /* owned; NULL: of a text */
	char *text;          /* owned; folded; NULL: of a query */
	struct wanted *wanted;
	size_t n, cap;
};

/* pattern: a regular expression, or NULL. */
static void want(struct hits *h, unsigned fields, const char *word, const char *pattern)
{
	enum { HOW = REG_EXTENDED | REG_ICASE | REG_NEWLINE };
	struct wanted w = {.fields = fields, .word = word};

	if (!fields || !word || !*word)
		return;
	w.has_pattern = pattern && regcomp(&w.pattern, pattern, HOW) == 0;
	h->wanted = mem_grow(h->wanted, &h->cap, h->n + 1, sizeof(*h->wanted));
	h->wanted[h->n++] = w;
}

static unsigned fields_of(const struct query_term *t)
{
	switch (t->field) {
	case QUERY_ANY:
		return HITS_SENDER | HITS_RECIPIENT | HITS_SUBJECT;
	case QUERY_FROM:
		return HITS_SENDER;
	case QUERY_TO:
	case QUERY_CC:
	case QUERY_RECIPIENT:
		return HITS_RECIPIENT;
	case QUERY_PEOPLE:
		return HITS_SENDER | HITS_RECIPIENT;
	case QUERY_SUBJECT:
		return HITS_SUBJECT;
	case QUERY_KEYWORD:
		return HITS_KEYWORD;
	case QUERY_BODY:
	case QUERY_HEADER:
	case QUERY_WHOLE:
		return HITS_TEXT;
	default:
		return 0;
	}
}

static void want_node(struct hits *h, size_t at, bool no)
{
	const struct query_node *n = &h->query->nodes[at];

	if (n->op == QUERY_TERM) {
		const struct query_term *t = &h->query->terms[n->left];

		if (!no)
			want(h, fields_of(t), t->word, t->has_pattern ? t->text : NULL);
		return;
	}
	want_node(h, n->left, no != (n->op == QUERY_NOT));
	if (n->op != QUERY_NOT)
		want_node(h, n->right, no);
}

struct hits *hits_of_query(const char *query)
{
	struct hits *h = mem_alloc(sizeof(*h));

	if (query_parse(&h->query, query, clock_now(), NULL) == 0)
		want_node(h, h->query->nnodes - 1, false);
	else
		h->query = NULL;
	return h;
}

struct hits *hits_of_text(const char *text)
{
	struct hits *h = mem_alloc(sizeof(*h));

	h->text = utf8_fold(text, strlen(text));
	want(h, HITS_ALL, h->text, NULL);
	return h;
}

void hits_free(struct hits *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->n; i++)
		if (h->wanted[i].has_pattern)
			regfree(&h->wanted[i].pattern);
	query_free(h->query);
	free(h->text);
	free(h->wanted);
	free(h);
}

/* --- where --- */

/* Behind the first character and what combines with it. */
static const char *letter_end(const char *p, const char *end)
{
	utf8_next(&p, end);
	while (p < end) {
		const char *next = p;

		if (utf8_width(utf8_next(&next, end)) != 0)
			break;
		p = next;
	}
	return p;
}

/* Letters are folded one by one, so that it is known what of the text the word stands for. */
static bool find_folded(const char *p, const char *end, const char *word, struct hit *at)
{
	size_t want = strlen(word);
	struct str s = STR_INIT;
	bool found = false;

	for (const char *start = p; start < end && !found; start = letter_end(start, end)) {
		const char *q = start;

		str_clear(&s);
		while (q < end && s.len < want) {
			const char *next = letter_end(q, end);

			utf8_fold_add(&s, q, (size_t)(next - q));
			q = next;
			if (strncmp(str_c(&s), word, s.len < want ? s.len : want) != 0)
				break;
		}
		/* ß is ss: a word may begin or end in the middle of a letter, which is marked. */
		found = s.len >= want && strncmp(str_c(&s), word, want) == 0;
		if (found)
			*at = (struct hit){(size_t)(start - p), (size_t)(q - start)};
	}
	str_done(&s);
	return found;
}

static bool find_word(const char *text, size_t len, const char *word, struct hit *at)
{
	if (str_is_ascii(text, len)) {
		const char *hit = str_is_ascii(word, strlen(word)) ? str_ifind(text, word) : NULL;

		if (hit)
			*at = (struct hit){(size_t)(hit - text), strlen(word)};
		return hit != NULL;
	}
	return find_folded(text, text + len, word, at);
}

static bool find_pattern(const regex_t *pattern, const char *text, bool begins, struct hit *at)
{
	regmatch_t m;

	if (regexec(pattern, text, 1, &m, begins ? 0 : REG_NOTBOL) != 0 || m.rm_eo <= m.rm_so)
		return false;
	*at = (struct hit){(size_t)m.rm_so, (size_t)(m.rm_eo - m.rm_so)};
	return true;
}

/* The earlier one; of two that begin together the longer one. */
static void better(struct hit *best, struct hit h)
{
	if (!best->len || h.start < best->start || (h.start == best->start && h.len > best->len))
		*best = h;
}

bool hits_next(
	const struct hits *h, enum hits_field field, const char *text, size_t len, struct hit *at)
{
	size_t from = at->start + at->len;
	struct hit best = {0, 0}, one;

	for (size_t i = 0; h && from < len && i < h->n; i++) {
		const struct wanted *w = &h->wanted[i];

		if (!(w->fields & (unsigned)field))
			continue;
		if (find_word(text + from, len - from, w->word, &one))
			better(&best, one);
		if (w->has_pattern && find_pattern(&w->pattern, text + from, from == 0, &one))
			better(&best, one);
	}
	if (best.len)
		*at = (struct hit){from + best.start, best.len};
	return best.len > 0;
}
