/*
 * From the text of a query to its tree.
 *
 *   query   = ["ignore:marks"] either
 *   either  = all { ("|" | OR) all }
 *   all     = one { [AND] one }
 *   one     = ("!" | NOT) one | "(" either ")" | term
 *   term    = word | name ":" word | HEADER name ":" word | ["^"] "~" letter [word] | "=" letter
 * word
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
	int depth; /* of parentheses and opposites */
	int open;  /* parentheses */
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
	return field == QUERY_BODY || field == QUERY_HEADER || field == QUERY_WHOLE ||
	       field == QUERY_FIELD;
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
	if (pattern && strpbrk(text, "\\^$.*+?[]{}|()") && !id)
		return set_pattern(ps, t, at);
	return 0;
}

static int set_range(struct parser *ps, struct query_term *t, const char *at, const char *text)
{
	t->text = mem_strdup(text);
	if (t->row->takes == TAKES_COUNT)
		return query_size(text, &t->from, &t->to)
			       ? 0
			       : wrong(ps, at, _("“%s” is no number; numbers are like 2, >2, 1-3"),
					 text);
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
				   "2026-01-01..2026-03-31, today, last week, <2w, >1y"),
				 text);
}

static struct query_term *add_of_row(
	struct parser *ps, const struct query_row *row, const char *start)
{
	struct query_term *t = add_term(ps, start);

	if (!t)
		return NULL;
	t->row = row;
	t->field = row->field;
	t->header = row->header ? mem_strdup(row->header) : NULL;
	t->all = *start == '^';
	return t;
}

/* "last" and "this" take another word. */
static int take_unit(struct parser *ps, struct word *w)
{
	const char *named = str_c(&w->text) + (w->colon ? w->colon + 1 : 0);

	if (w->quoted || (str_icmp(named, "last") != 0 && str_icmp(named, "this") != 0))
		return 0;
	skip_blanks(ps);
	if (ends_word(*ps->p))
		return 0;
	str_addc(&w->text, ' ');
	w->quoted = true; /* what follows is no name of a field */
	return take_word(ps, w, false);
}

/* A term of a row that takes something. at: where that begins. */
static int fill_term(struct parser *ps, const struct query_row *row, const char *start,
	const char *at, const struct word *w, char sign)
{
	struct query_term *t;

	if (!w->text.len)
		return wrong(ps, at, _("there is nothing to look for"));
	t = add_of_row(ps, row, start);
	if (!t)
		return -1;
	t->exact = sign == '=';
	return row->takes == TAKES_WORD ? set_words(ps, t, at, str_c(&w->text), sign == '~')
					: set_range(ps, t, at, str_c(&w->text));
}

static int flag_term(struct parser *ps, const struct query_row *row, const char *start)
{
	struct query_term *t = add_of_row(ps, row, start);

	if (!t)
		return -1;
	t->set = row->set;
	t->clear = row->clear;
	if (t->field == QUERY_EXPIRED)
		t->to = ps->now;
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

static int after_flag(struct parser *ps, const struct query_row *row, const char *start)
{
	if (!ends_word(*ps->p) && !strchr("~!(=^%", *ps->p))
		return wrong(ps, ps->p, _("~%c takes nothing; put a blank behind it"), row->letter);
	return flag_term(ps, row, start);
}

/* "~X" alone, and with what says the same, is told by a mark. */
static int after_count(struct parser *ps, const struct query_row *row, const char *start)
{
	const struct query_row *any = row_named("attachment", strlen("attachment"), true);
	const char *behind = ps->p;
	struct word w = {0};
	int64_t from, to;
	int rc;

	skip_blanks(ps);
	if (row->field == QUERY_ATTACHMENTS && (!*ps->p || !strchr("<>-0123456789", *ps->p))) {
		ps->p = behind;
		return after_flag(ps, any, start);
	}
	if (ends_word(*ps->p))
		return wrong(ps, start, _("~%c needs a number behind it: 2, >2, 1-3"), row->letter);
	rc = take_word(ps, &w, false);
	if (rc == 0)
		rc = row->field == QUERY_ATTACHMENTS && query_size(str_c(&w.text), &from, &to) &&
				     from == 1 && to == INT64_MAX
			     ? flag_term(ps, any, start)
			     : fill_term(ps, row, start, w.start, &w, '~');
	str_done(&w.text);
	return rc;
}

/* What can be asked of all addresses of a message. */
static bool has_addresses(const struct query_row *row)
{
	return row && row->takes == TAKES_WORD &&
	       (row->field == QUERY_FROM || row->field == QUERY_TO || row->field == QUERY_CC ||
		       row->field == QUERY_RECIPIENT || row->field == QUERY_PEOPLE);
}

static int check_pattern(
	struct parser *ps, const char *start, char sign, const struct query_row *row)
{
	if (sign == '%' && has_addresses(row))
		return wrong(ps, start,
			_("Talaria has no groups of addresses; ~%c takes several: ann|bob"),
			row->letter);
	if (!row || sign == '%' || row->takes == TAKES_NO_QUERY ||
		(sign == '=' && row->takes != TAKES_WORD))
		return no_pattern(ps, ps->p, sign == '~' ? row : NULL);
	if (*start == '^' && !has_addresses(row))
		return wrong(ps, start, _("“^” is for addresses: ^~f, ^~t, ^~c, ^~C, ^~L"));
	return 0;
}

static int take_group(struct parser *ps, size_t *node);

/* "~(x)", "~<(x)", "~>(x)". */
static int take_inner(struct parser *ps, const struct query_row *row, const char *start)
{
	struct query_term *t;
	size_t root;

	ps->p -= row->field == QUERY_THREAD;
	if (*ps->p != '(')
		return wrong(ps, ps->p, _("~%c needs parentheses right behind it: ~%c(PATTERN)"),
			row->letter, row->letter);
	if (take_group(ps, &root) != 0)
		return -1;
	t = add_of_row(ps, row, start);
	if (!t)
		return -1;
	t->root = root;
	return 0;
}

static int take_pattern(struct parser *ps)
{
	const char *start = ps->p;
	char sign = start[*start == '^'];
	const struct query_row *row;
	struct word w = {0};
	int rc;

	ps->p += *start == '^';
	row = ps->p[1] ? row_lettered(ps->p[1]) : NULL;
	if (check_pattern(ps, start, sign, row) != 0)
		return -1;
	ps->p += 2;
	if (row->takes == TAKES_NOTHING)
		return after_flag(ps, row, start);
	if (row->takes == TAKES_QUERY)
		return take_inner(ps, row, start);
	if (row->takes == TAKES_COUNT)
		return after_count(ps, row, start);
	skip_blanks(ps);
	if (ends_word(*ps->p) || (*ps->p == '~' && row->takes == TAKES_WORD))
		return wrong(ps, start, _("%c%c needs a word behind it: %s"), sign, row->letter,
			_(row->what));
	rc = take_word(ps, &w, true);
	w.colon = 0;
	if (rc == 0 && row->takes == TAKES_DATE)
		rc = take_unit(ps, &w);
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
	rc = wrong(ps, w->start, _("“%.*s:” is not known; use %s, is, has, or put it into quotes"),
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
	rc = wrong(ps, w->start, _("%.*s:%s is not known; use %s"), (int)w->colon, w->text.p, name,
		str_c(&names));
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
	if (row->takes == TAKES_DATE && take_unit(ps, w) != 0)
		return -1;
	str_add(&rest.text, w->text.p + skip, w->text.len - skip);
	rc = rest.text.len ? fill_term(ps, row, w->start, rest.start, &rest, ':')
			   : wrong(ps, rest.start, _("%s: needs a word right behind it: %s"),
				     row->name, _(row->what));
	str_done(&rest.text);
	return rc;
}

static int plain_word(struct parser *ps, const struct word *w)
{
	struct query_term *t;

	if (!w->text.len)
		return wrong(ps, w->start, _("there is nothing to look for"));
	t = add_term(ps, w->start);
	return t ? set_words(ps, t, w->start, w->text.p, false) : -1;
}

/* "is:", "has:", and the older "flag:". */
static bool names_flag(const char *name, size_t len)
{
	static const char *const names[] = {"is", "has", "flag"};

	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (strlen(names[i]) == len && str_nicmp(name, names[i], len) == 0)
			return true;
	return false;
}

/* "Re:" and "http://..." are words; "form:x" is a field that is not known. */
static bool names_field(const struct word *w)
{
	const char *behind = str_c(&w->text) + w->colon + 1;

	if (!w->colon)
		return false;
	if (names_flag(w->text.p, w->colon) || row_named(w->text.p, w->colon, false))
		return true;
	return *behind && !str_starts(behind, "//");
}

/* The octets of "NAME:" where something follows that; 0: there is none. */
static size_t field_name(const char *p)
{
	size_t len = strcspn(p, " \t\r\n:|()\"'\\");

	return len && p[len] == ':' && !ends_word(p[len + 1]) ? len + 1 : 0;
}

/* Behind "header": a name of a field, and what is looked for in it. */
static int take_header(struct parser *ps, const char *start)
{
	size_t len = field_name(ps->p);
	char *name = mem_strndup(ps->p, len - 1);
	struct word w = {0};
	int rc;

	ps->p += len;
	rc = take_word(ps, &w, false);
	if (rc == 0)
		rc = fill_term(
			ps, row_named("header", strlen("header"), false), start, w.start, &w, ':');
	if (rc == 0) {
		struct query_term *t = &ps->q->terms[ps->q->nterms - 1];

		t->field = QUERY_FIELD;
		t->header = name;
		name = NULL;
	}
	free(name);
	str_done(&w.text);
	return rc;
}

static bool at_header(struct parser *ps, const struct word *w)
{
	const char *behind = ps->p;

	if (w->quoted || str_icmp(str_c(&w->text), "header") != 0)
		return false;
	skip_blanks(ps);
	if (field_name(ps->p))
		return true;
	ps->p = behind;
	return false;
}

static bool at_pattern(const char *p)
{
	return *p == '~' || *p == '=' || *p == '%' ||
	       (*p == '^' && (p[1] == '~' || p[1] == '=' || p[1] == '%'));
}

static int take_term(struct parser *ps)
{
	struct word w = {0};
	int rc;

	if (at_pattern(ps->p))
		return take_pattern(ps);
	rc = take_word(ps, &w, false);
	if (rc == 0 && at_header(ps, &w))
		rc = take_header(ps, w.start);
	else if (rc == 0 && !names_field(&w))
		rc = plain_word(ps, &w);
	else if (rc == 0 && names_flag(w.text.p, w.colon))
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

/* In small letters it is an operator between two things only. */
static bool at_spoken(const struct parser *ps, const char *name)
{
	const char *p = ps->p + strlen(name);

	if (at_operator(ps, name))
		return true;
	if (!str_istarts(ps->p, name) || !is_blank(*p))
		return false;
	while (is_blank(*p))
		p++;
	return !ends_word(*p);
}

static bool take_operator(struct parser *ps, const char *name)
{
	skip_blanks(ps);
	if (!at_spoken(ps, name))
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

static int too_deep(struct parser *ps)
{
	return wrong(ps, ps->p, _("more than %d parentheses and opposites within each other"),
		QUERY_DEPTH);
}

static int take_group(struct parser *ps, size_t *node)
{
	const char *start = ps->p;

	if (ps->depth == QUERY_DEPTH)
		return too_deep(ps);
	ps->p++;
	ps->depth++;
	ps->open++;
	if (take_either(ps, node) != 0)
		return -1;
	skip_blanks(ps);
	if (*ps->p != ')')
		return wrong(ps, start, _("this “(” is never closed"));
	ps->p++;
	ps->depth--;
	ps->open--;
	return 0;
}

static int take_one(struct parser *ps, size_t *node);

/* "not" in small letters is an operator in front of what is more than a word. */
static bool at_not(const struct parser *ps)
{
	const char *p = ps->p + 3;
	size_t len = 0;

	if (*ps->p == '!' || at_operator(ps, "NOT"))
		return true;
	if (!str_istarts(ps->p, "not") || !is_blank(*p))
		return false;
	while (is_blank(*p))
		p++;
	while (is_name(p + len, 1))
		len++;
	return *p == '(' || *p == '!' || at_pattern(p) ||
	       (len && p[len] == ':' && (names_flag(p, len) || row_named(p, len, false)));
}

static int take_not(struct parser *ps, size_t *node)
{
	const char *start = ps->p;

	if (ps->depth == QUERY_DEPTH)
		return too_deep(ps);
	ps->p += *ps->p == '!' ? 1 : 3;
	skip_blanks(ps);
	if (ends_word(*ps->p))
		return wrong(ps, start, _("there is nothing behind this to be the opposite of"));
	ps->depth++;
	if (take_one(ps, node) != 0)
		return -1;
	ps->depth--;
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
	skip_blanks(ps);
	if (at_not(ps))
		return take_not(ps, node);
	return *ps->p == '(' ? take_group(ps, node) : take_leaf(ps, node);
}

static bool at_end_of_all(struct parser *ps)
{
	skip_blanks(ps);
	return !*ps->p || *ps->p == '|' || (*ps->p == ')' && ps->open) || at_spoken(ps, "OR");
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

static void take_unmarked(struct parser *ps)
{
	skip_blanks(ps);
	ps->q->unmarked = str_istarts(ps->p, QUERY_UNMARKED);
	ps->p += ps->q->unmarked ? strlen(QUERY_UNMARKED) : 0;
}

static void unmark_words(struct query *q)
{
	for (size_t i = 0; q->unmarked && i < q->nterms; i++) {
		struct str word = STR_INIT;

		str_adds(&word, q->terms[i].word);
		utf8_unmark(&word, 0);
		if (q->terms[i].word) {
			free(q->terms[i].word);
			q->terms[i].word = str_steal(&word);
		}
		str_done(&word);
	}
}

int query_parse(struct query **out, const char *text, time_t now, struct err *err)
{
	struct parser ps = {
		.text = text, .p = text, .q = mem_alloc(sizeof(*ps.q)), .now = now, .err = err};
	size_t root;
	int rc;

	take_unmarked(&ps);
	rc = take_either(&ps, &root);

	if (rc != 0) {
		query_free(ps.q);
		return rc;
	}
	unmark_words(ps.q);
	*out = ps.q;
	return 0;
}
