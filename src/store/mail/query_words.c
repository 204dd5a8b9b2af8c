/* A query in words for people. Each term is a clause of its own, and its opposite another, so that
 * every language can build them its own way. */
#include "store/mail/query.h"

#include "base/i18n.h"

#include <string.h>

static void say_day(struct str *out, int64_t at, bool last)
{
	char text[64];
	struct tm tm;
	time_t t = (time_t)at;

	localtime_r(&t, &tm);
	/* the first second of a day, or the last: the day */
	if (last ? tm.tm_hour == 23 && tm.tm_min == 59 && tm.tm_sec == 59
		 : !tm.tm_hour && !tm.tm_min && !tm.tm_sec)
		strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	else
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	str_adds(out, text);
}

static void say_size(struct str *out, int64_t n)
{
	if (n && n % (1024 * 1024) == 0)
		str_addf(out, "%lldM", (long long)(n / (1024 * 1024)));
	else if (n && n % 1024 == 0)
		str_addf(out, "%lldK", (long long)(n / 1024));
	else
		str_addf(out, "%lld", (long long)n);
}

static void say_range(const struct query_term *t, struct str *out)
{
	bool dates = t->row->takes == TAKES_DATE;
	struct str from = STR_INIT, to = STR_INIT;

	if (dates) {
		say_day(&from, t->from, false);
		if (t->to < INT64_MAX)
			say_day(&to, t->to, true);
	} else {
		say_size(&from, t->from);
		say_size(&to, t->to);
	}
	if (t->to < t->from)
		str_adds(out, _("impossible"));
	else if (t->to == INT64_MAX)
		str_addf(out, dates ? _("%s or later") : _("%s or more"), str_c(&from));
	else if (!t->from)
		str_addf(out, dates ? _("%s or earlier") : _("%s or less"), str_c(&to));
	else if (strcmp(str_c(&from), str_c(&to)) == 0)
		str_adds(out, str_c(&from));
	else
		str_addf(out, _("%s to %s"), str_c(&from), str_c(&to));
	str_done(&from);
	str_done(&to);
}

static void say_value(const struct query_term *t, struct str *out)
{
	str_addf(out, t->has_pattern ? _("the pattern “%s”") : _("“%s”"), t->text);
}

static void say_taker(const struct query_term *t, bool no, struct str *out)
{
	bool range = t->row && t->row->takes != TAKES_WORD,
	     is = range || t->field == QUERY_KEYWORD || t->field == QUERY_FOLDER ||
		  t->field == QUERY_ACCOUNT;
	struct str what = STR_INIT, value = STR_INIT;

	if (t->all)
		str_addf(&what, _("each address of %s"), _(t->row->what));
	else if (t->field == QUERY_FIELD && !t->row->header)
		str_addf(&what, _("the field %s"), t->header);
	else
		str_adds(&what,
			t->row ? _(t->row->what) : _("the sender, a recipient or the subject"));
	if (range)
		say_range(t, &value);
	else
		say_value(t, &value);
	if (is)
		str_addf(out, no ? _("%s is not %s") : _("%s is %s"), str_c(&what), str_c(&value));
	else
		str_addf(out, no ? _("%s does not contain %s") : _("%s contains %s"), str_c(&what),
			str_c(&value));
	str_done(&what);
	str_done(&value);
}

static void say_node(const struct query *q, size_t at, bool no, struct str *out);

static void say_term(const struct query *q, const struct query_term *t, bool no, struct str *out)
{
	if (t->row && t->row->takes == TAKES_QUERY) {
		struct str inside = STR_INIT;

		say_node(q, t->root, false, &inside);
		str_addf(out, no ? _("it is not %s where (%s)") : _("it is %s where (%s)"),
			_(t->row->what), str_c(&inside));
		str_done(&inside);
		return;
	}
	if (t->row && t->row->takes == TAKES_NOTHING)
		str_addf(out, no ? _("it is not %s") : _("it is %s"), _(t->row->what));
	else
		say_taker(t, no, out);
}

/* Of a node that is no term: whether one side is enough. no: of its opposite. */
static bool is_either(const struct query *q, size_t at, bool no)
{
	return (q->nodes[at].op == QUERY_OR) != no;
}

/* Sides that are joined another way stand in parentheses. */
static void say_side(const struct query *q, size_t at, bool no, bool either, struct str *out)
{
	bool apart;

	for (; q->nodes[at].op == QUERY_NOT; at = q->nodes[at].left)
		no = !no;
	apart = q->nodes[at].op != QUERY_TERM && is_either(q, at, no) != either;
	str_adds(out, apart ? "(" : "");
	say_node(q, at, no, out);
	str_adds(out, apart ? ")" : "");
}

/* no: the opposite, which goes down to the terms: "neither a nor b" is "not a, and not b". */
static void say_node(const struct query *q, size_t at, bool no, struct str *out)
{
	const struct query_node *n = &q->nodes[at];

	if (n->op == QUERY_TERM) {
		say_term(q, &q->terms[n->left], no, out);
	} else if (n->op == QUERY_NOT) {
		say_node(q, n->left, !no, out);
	} else {
		bool either = is_either(q, at, no);

		say_side(q, n->left, no, either, out);
		str_adds(out, either ? _(", or ") : _(", and "));
		say_side(q, n->right, no, either, out);
	}
}

void query_words(const struct query *q, struct str *out)
{
	say_node(q, q->nnodes - 1, false, out);
	if (q->unmarked)
		str_adds(out, _(" (marks on letters do not count)"));
}
