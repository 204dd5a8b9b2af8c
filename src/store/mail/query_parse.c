/*
 * From the text of a query to its tree.
 *
 *   either  = all { ("|" | OR) all }
 *   all     = one { [AND] one }
 *   one     = ("!" | NOT) one | "(" either ")" | term
 *   term    = word | name ":" word | "~" letter [word] | "=" letter word
 *
 * A word ends at a blank, "|" or ")"; quotes may stand around any part of it.
 */
#include "store/mail/query.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/summary.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	const char *text, *p;
	struct query *q;
	int depth;        /* of parentheses and opposites */
	int open;         /* parentheses */
	bool built;       /* of more than words */
	const char *said; /* "not", "and" or "or" as a word, and not as an operator */
	time_t now;
	struct err *err;
};

struct word {
	struct str text; /* without quotes */
	const char *start;
	size_t colon; /* in text: of an unquoted name in front; 0: none */
	bool quoted;
};

/* Characters before at, and one: where an editor would say that it is. */
static int wrong(struct parser *ps, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(struct parser *ps, const char *at, const char *fmt, ...)
{
	struct str text = STR_INIT;
	size_t column = 1;
	va_list ap;

	for (const char *p = ps->text; p < at; column++)
		(void)utf8_next(&p, at);
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	err_set(ps->err, ERR_INPUT, _("Search, column %zu: %s"), column, str_c(&text));
	str_done(&text);
	return -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct parser *ps)
{
	while (is_blank(*ps->p))
		ps->p++;
}

static bool ends_word(char c)
{
	return !c || is_blank(c) || c == '|' || c == ')';
}

/* --- words --- */

/* Behind the quote that opened it; backslash keeps a quote or a backslash. */
static int take_quoted(struct parser *ps, struct str *out, char quote)
{
	const char *start = ps->p++;

	for (; *ps->p != quote; ps->p++) {
		if (!*ps->p)
			return wrong(ps, start, _("this quote is never closed"));
		if (*ps->p == '\\' && quote == '"' && (ps->p[1] == '"' || ps->p[1] == '\\'))
			ps->p++;
		str_addc(out, *ps->p);
	}
	ps->p++;
	return 0;
}

/* Letters, as the names of fields are. */
static bool is_name(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(str_lower(s[i]) >= 'a' && str_lower(s[i]) <= 'z') && s[i] != '-')
			return false;
	return len > 0;
}

/* single: 'x' is quoted too, as in mutt's arguments. */
static int take_word(struct parser *ps, struct word *w, bool single)
{
	w->start = ps->p;
	while (!ends_word(*ps->p)) {
		char c = *ps->p;

		if (c == '"' || (c == '\'' && single && ps->p == w->start)) {
			w->quoted = true;
			if (take_quoted(ps, &w->text, c) != 0)
				return -1;
			continue;
		}
		if (c == '(')
			return wrong(ps, ps->p,
				_("“(” inside a word; put the word into quotes, or a blank before "
				  "it"));
		if (c == ':' && !w->colon && !w->quoted && is_name(str_c(&w->text), w->text.len))
			w->colon = w->text.len;
		str_addc(&w->text, c);
		ps->p++;
	}
	return 0;
}

/* --- the tree --- */

static size_t add_node(struct parser *ps, enum query_op op, size_t left, size_t right)
{
	struct query *q = ps->q;

	q->nodes = mem_grow(q->nodes, &q->cap_nodes, q->nnodes + 1, sizeof(*q->nodes));
	q->nodes[q->nnodes] = (struct query_node){op, left, right};
	return q->nnodes++;
}

static struct query_term *add_term(struct parser *ps, const char *at)
{
	struct query *q = ps->q;

	if (q->nterms == QUERY_TERMS) {
		wrong(ps, at, _("more than %d things to look for"), QUERY_TERMS);
		return NULL;
	}
	q->terms = mem_grow(q->terms, &q->cap_terms, q->nterms + 1, sizeof(*q->terms));
	q->terms[q->nterms] = (struct query_term){.field = QUERY_ANY};
	return &q->terms[q->nterms++];
}

/* --- what a term looks for --- */

static const struct query_row *row_named(const char *name, size_t len, bool flag)
{
	size_t n;
	const struct query_row *rows = query_rows(&n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].name && (rows[i].takes == TAKES_NOTHING) == flag &&
			strlen(rows[i].name) == len && str_nicmp(rows[i].name, name, len) == 0)
			return &rows[i];
	return NULL;
}

static const struct query_row *row_lettered(char letter)
{
	size_t n;
	const struct query_row *rows = query_rows(&n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].letter && rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

/* "from, to, cc ..." */
static void add_names(struct str *out, bool flags)
{
	size_t n;
	const struct query_row *rows = query_rows(&n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].name && (rows[i].takes == TAKES_NOTHING) == flags)
			str_addf(out, "%s%s", out->len ? ", " : "", rows[i].name);
}

static bool reads_text(enum query_field field)
{
	return field == QUERY_BODY || field == QUERY_HEADER || field == QUERY_WHOLE;
}

/* Folded as rows and texts are before they are looked at; in texts a run of blanks is one. */
static char *folded_word(const char *text, enum query_field field)
{
	struct str clean = STR_INIT;
	size_t to = 0;
	char *word;

	utf8_clean(&clean, text, strlen(text), UTF8_LINE);
	for (size_t i = 0; reads_text(field) && i < clean.len; i++)
		if (!(clean.p[i] == ' ' && to && clean.p[to - 1] == ' '))
			clean.p[to++] = clean.p[i];
	if (reads_text(field))
		str_cut(&clean, to);
	word = utf8_fold(str_c(&clean), clean.len);
	str_done(&clean);
	return word;
}

/* Bounded repeats multiply: what would take the machine is no pattern that somebody means. */
static bool is_too_large(const char *pattern)
{
	uint64_t product = 1;

	for (const char *p = pattern; *p; p++) {
		uint64_t n = 0, most = 0;

		if (*p != '{')
			continue;
		for (p++; *p && *p != '}'; p++) {
			n = *p >= '0' && *p <= '9' ? n * 10 + (uint64_t)(*p - '0') : 0;
			most = n > most ? n : most;
			if (most > QUERY_REGEX)
				return true;
		}
		product *= most ? most : 1;
		if (product > QUERY_REGEX)
			return true;
		if (!*p)
			break;
	}
	return strlen(pattern) > QUERY_REGEX;
}

static bool has_backreference(const char *pattern)
{
	for (const char *p = pattern; *p; p++) {
		if (*p != '\\')
			continue;
		if (!*++p)
			return false;
		if (*p >= '0' && *p <= '9')
			return true;
	}
	return false;
}

static int set_pattern(struct parser *ps, struct query_term *t, const char *at)
{
	char why[128];
	int rc;

	if (is_too_large(t->text) || has_backreference(t->text))
		return wrong(ps, at,
			_("this regular expression is too large; =%c looks for the text as it "
			  "stands"),
			t->row->letter);
	rc = regcomp(&t->pattern, t->text, REG_EXTENDED | REG_ICASE | REG_NOSUB | REG_NEWLINE);
	if (rc == 0) {
		t->has_pattern = true;
		return 0;
	}
	regerror(rc, &t->pattern, why, sizeof(why));
	return wrong(ps, at,
		_("this regular expression is not understood: %s; =%c looks for the text as it "
		  "stands"),
		why, t->row->letter);
}

/* An address or a Message-ID is the same with "<" and ">" around it. */
static char *without_angles(const char *text)
{
	size_t len = strlen(text);

	return len > 2 && text[0] == '<' && text[len - 1] == '>' ? mem_strndup(text + 1, len - 2)
								 : mem_strdup(text);
}

static int set_words(
	struct parser *ps, struct query_term *t, const char *at, const char *text, bool pattern)
{
	bool id = t->field == QUERY_ID || t->field == QUERY_REFERENCES;

	t->text = id ? without_angles(text) : mem_strdup(text);
	t->word = t->field == QUERY_KEYWORD ? utf8_fold(text, strlen(text))
					    : folded_word(t->text, t->field);
	if (pattern && t->field != QUERY_KEYWORD && strpbrk(text, "\\^$.*+?[]{}|()") && !id)
		return set_pattern(ps, t, at);
	return 0;
}

static int set_range(struct parser *ps, struct query_term *t, const char *at, const char *text)
{
	t->text = mem_strdup(text);
	if (t->row->takes == TAKES_SIZE)
		return query_size(text, &t->from, &t->to)
			       ? 0
			       : wrong(ps, at,
					 _("“%s” is no size; sizes are like >100K, <2M, 10K-1M"),
					 text);
	return query_date(text, ps->now, &t->from, &t->to)
		       ? 0
		       : wrong(ps, at,
				 _("“%s” is no date; dates are like 2026-11-30, 2026-11, "
				   "2026-01-01..2026-03-31, today, <2w, >1y"),
				 text);
}

/* A term of a row that takes something. at: where that begins. */
static int fill_term(struct parser *ps, const struct query_row *row, const char *start,
	const char *at, const struct word *w, char sign)
{
	struct query_term *t;

	if (!w->text.len)
		return wrong(ps, at, _("there is nothing to look for"));
	t = add_term(ps, start);
	if (!t)
		return -1;
	ps->built = true;
	t->row = row;
	t->field = row->field;
	t->exact = sign == '=';
	return row->takes == TAKES_WORD ? set_words(ps, t, at, str_c(&w->text), sign == '~')
					: set_range(ps, t, at, str_c(&w->text));
}

static int flag_term(struct parser *ps, const struct query_row *row, const char *start)
{
	struct query_term *t = add_term(ps, start);

	if (!t)
		return -1;
	ps->built = true;
	t->row = row;
	t->field = row->field;
	t->set = row->set;
	t->clear = row->clear;
	return 0;
}

/* --- mutt's patterns --- */

static int no_pattern(struct parser *ps, const char *start, const struct query_row *row)
{
	const char *p = start + 1;

	if (row && row->note)
		return wrong(ps, start, _("Talaria has no ~%c; %s"), row->letter, _(row->note));
	if (!*p || is_blank(*p))
		return wrong(ps, start,
			_("“%c” alone is no pattern; put it into quotes to look "
			  "for it"),
			*start);
	(void)utf8_next(&p, p + strlen(p));
	return wrong(ps, start,
		_("“%.*s” is no pattern; put it into quotes to look for the text, ~A is every "
		  "message"),
		(int)(p - start), start);
}

/* "~X" has a number in mutt; "1-" is what it can say here. */
static int after_flag(struct parser *ps, const struct query_row *row, const char *start)
{
	const char *next;

	if (row->set == MAIL_ATTACHMENT) {
		const char *before = ps->p;

		skip_blanks(ps);
		next = ps->p;
		if (*next == '<' || *next == '>' || *next == '-' ||
			(*next >= '0' && *next <= '9')) {
			size_t len = strcspn(next, " \t|)");

			if ((len == 2 &&
				    (memcmp(next, "1-", 2) == 0 || memcmp(next, ">0", 2) == 0)))
				ps->p += len;
			else
				return wrong(ps, next,
					_("how many attachments there are is not known; ~X alone "
					  "finds mail with any"));
		} else {
			ps->p = before;
		}
	}
	if (!ends_word(*ps->p) && *ps->p != '~' && *ps->p != '!' && *ps->p != '(')
		return wrong(ps, ps->p, _("~%c takes nothing; put a blank behind it"), row->letter);
	return flag_term(ps, row, start);
}

static int take_pattern(struct parser *ps)
{
	const char *start = ps->p;
	char sign = *start;
	const struct query_row *row = start[1] ? row_lettered(start[1]) : NULL;
	struct word w = {0};
	int rc;

	if (!row || sign == '%' || row->takes == TAKES_NO_QUERY ||
		(sign == '=' && row->takes != TAKES_WORD))
		return no_pattern(ps, start, sign == '~' ? row : NULL);
	ps->p += 2;
	if (row->takes == TAKES_NOTHING)
		return after_flag(ps, row, start);
	skip_blanks(ps);
	if (ends_word(*ps->p) || (*ps->p == '~' && row->takes == TAKES_WORD))
		return wrong(ps, start, _("%c%c needs a word behind it: %s"), sign, row->letter,
			_(row->what));
	rc = take_word(ps, &w, true);
	if (rc == 0)
		rc = fill_term(ps, row, start, w.start, &w, sign);
	str_done(&w.text);
	return rc;
}

/* --- words and fields --- */

static int unknown_field(struct parser *ps, const struct word *w)
{
	struct str names = STR_INIT;
	int rc;

	add_names(&names, false);
	rc = wrong(ps, w->start, _("“%.*s:” is not known; use %s, flag, or put it into quotes"),
		(int)w->colon, w->text.p, str_c(&names));
	str_done(&names);
	return rc;
}

static int take_flag(struct parser *ps, const struct word *w)
{
	const char *name = w->text.p + w->colon + 1;
	const struct query_row *row = row_named(name, strlen(name), true);
	struct str names = STR_INIT;
	int rc;

	if (row)
		return flag_term(ps, row, w->start);
	add_names(&names, true);
	rc = wrong(ps, w->start, _("flag:%s is not known; use %s"), name, str_c(&names));
	str_done(&names);
	return rc;
}

static int take_field(struct parser *ps, struct word *w)
{
	const struct query_row *row = row_named(w->text.p, w->colon, false);
	size_t skip = w->colon + 1;
	struct word rest = {.start = w->start + skip};
	int rc;

	if (!row)
		return unknown_field(ps, w);
	str_add(&rest.text, w->text.p + skip, w->text.len - skip);
	rc = rest.text.len ? fill_term(ps, row, w->start, rest.start, &rest, ':')
			   : wrong(ps, rest.start, _("%s: needs a word right behind it: %s"),
				     row->name, _(row->what));
	str_done(&rest.text);
	return rc;
}

static bool is_spoken_operator(const char *word)
{
	return str_icmp(word, "not") == 0 || str_icmp(word, "and") == 0 ||
	       str_icmp(word, "or") == 0;
}

static int plain_word(struct parser *ps, const struct word *w)
{
	struct query_term *t;

	if (!w->text.len)
		return wrong(ps, w->start, _("there is nothing to look for"));
	if (!ps->said && !w->quoted && is_spoken_operator(w->text.p))
		ps->said = w->start;
	t = add_term(ps, w->start);
	return t ? set_words(ps, t, w->start, w->text.p, false) : -1;
}

/* "Re:" and "http://..." are words; "form:x" is a field that is not known. */
static bool names_field(const struct word *w)
{
	const char *behind = str_c(&w->text) + w->colon + 1;

	if (!w->colon)
		return false;
	if ((w->colon == 4 && str_nicmp(w->text.p, "flag", 4) == 0) ||
		row_named(w->text.p, w->colon, false))
		return true;
	return *behind && !str_starts(behind, "//");
}

static int take_term(struct parser *ps)
{
	struct word w = {0};
	int rc;

	if (*ps->p == '~' || *ps->p == '=' || *ps->p == '%')
		return take_pattern(ps);
	rc = take_word(ps, &w, false);
	if (rc == 0 && !names_field(&w))
		rc = plain_word(ps, &w);
	else if (rc == 0 && w.colon == 4 && str_nicmp(w.text.p, "flag", 4) == 0)
		rc = take_flag(ps, &w);
	else if (rc == 0)
		rc = take_field(ps, &w);
	str_done(&w.text);
	return rc;
}

/* --- expressions --- */

static bool at_operator(const struct parser *ps, const char *name)
{
	return str_starts(ps->p, name) &&
	       (ends_word(ps->p[strlen(name)]) || ps->p[strlen(name)] == '(');
}

static bool take_operator(struct parser *ps, const char *name)
{
	skip_blanks(ps);
	if (!at_operator(ps, name))
		return false;
	ps->p += strlen(name);
	return true;
}

static bool take_or(struct parser *ps)
{
	skip_blanks(ps);
	if (*ps->p != '|')
		return take_operator(ps, "OR");
	ps->p++;
	return true;
}

static int take_either(struct parser *ps, size_t *node);

static int take_group(struct parser *ps, size_t *node)
{
	const char *start = ps->p++;

	ps->open++;
	if (take_either(ps, node) != 0)
		return -1;
	skip_blanks(ps);
	if (*ps->p != ')')
		return wrong(ps, start, _("this “(” is never closed"));
	ps->p++;
	ps->open--;
	return 0;
}

static int take_one(struct parser *ps, size_t *node);

static bool at_not(const struct parser *ps)
{
	return *ps->p == '!' || at_operator(ps, "NOT");
}

static int take_not(struct parser *ps, size_t *node)
{
	const char *start = ps->p;

	ps->p += *ps->p == '!' ? 1 : 3;
	skip_blanks(ps);
	if (ends_word(*ps->p))
		return wrong(ps, start, _("there is nothing behind this to be the opposite of"));
	if (take_one(ps, node) != 0)
		return -1;
	*node = add_node(ps, QUERY_NOT, *node, 0);
	return 0;
}

static int take_leaf(struct parser *ps, size_t *node)
{
	if (*ps->p == ')' && !ps->open)
		return wrong(ps, ps->p,
			_("there is no “(” before this; put it into quotes to look for it"));
	if (ends_word(*ps->p) || at_operator(ps, "OR") || at_operator(ps, "AND"))
		return wrong(ps, ps->p, _("there is nothing to look for"));
	if (take_term(ps) != 0)
		return -1;
	*node = add_node(ps, QUERY_TERM, ps->q->nterms - 1, 0);
	return 0;
}

static int take_one(struct parser *ps, size_t *node)
{
	int rc;

	skip_blanks(ps);
	if (at_not(ps) || *ps->p == '(') {
		if (ps->depth == QUERY_DEPTH)
			return wrong(ps, ps->p,
				_("more than %d parentheses and opposites within each other"),
				QUERY_DEPTH);
		ps->depth++;
		rc = at_not(ps) ? take_not(ps, node) : take_group(ps, node);
		ps->depth--;
		return rc;
	}
	return take_leaf(ps, node);
}

static bool at_end_of_all(struct parser *ps)
{
	skip_blanks(ps);
	return !*ps->p || *ps->p == '|' || (*ps->p == ')' && ps->open) || at_operator(ps, "OR");
}

static int take_all(struct parser *ps, size_t *node)
{
	int rc = take_one(ps, node);

	while (rc == 0 && !at_end_of_all(ps)) {
		size_t next;

		(void)take_operator(ps, "AND"); /* it may stand there, and says nothing new */
		rc = take_one(ps, &next);
		if (rc == 0)
			*node = add_node(ps, QUERY_AND, *node, next);
	}
	return rc;
}

static int take_either(struct parser *ps, size_t *node)
{
	int rc = take_all(ps, node);

	while (rc == 0 && take_or(ps)) {
		size_t next;

		rc = take_all(ps, &next);
		if (rc == 0)
			*node = add_node(ps, QUERY_OR, *node, next);
	}
	return rc;
}

/* Of more than words one after the other. */
static bool is_built(const struct parser *ps)
{
	bool built = ps->built;

	for (size_t i = 0; i < ps->q->nnodes; i++)
		built |= ps->q->nodes[i].op == QUERY_NOT || ps->q->nodes[i].op == QUERY_OR;
	return built;
}

int query_parse(struct query **out, const char *text, time_t now, struct err *err)
{
	struct parser ps = {
		.text = text, .p = text, .q = mem_alloc(sizeof(*ps.q)), .now = now, .err = err};
	size_t root;
	int rc = take_either(&ps, &root);

	/* "why not" is two words; "not from:ann" may be meant as either */
	if (rc == 0 && ps.said && is_built(&ps))
		rc = wrong(&ps, ps.said,
			_("operators are written NOT, AND, OR; put the word into quotes to look "
			  "for it"));
	if (rc != 0) {
		query_free(ps.q);
		return rc;
	}
	*out = ps.q;
	return 0;
}
