#include "store/mail/query.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "mime/summary.h"

#include <stdlib.h>
#include <string.h>

/* --- the table --- */

#define WORD(name, letter, field, what, note)                                                      \
	{                                                                                          \
		name, letter, TAKES_WORD, field, 0, 0, what, note, NULL                            \
	}
#define RANGE(name, letter, takes, field, what, note)                                              \
	{                                                                                          \
		name, letter, takes, field, 0, 0, what, note, NULL                                 \
	}
#define FLAG(name, letter, set, clear, what)                                                       \
	{                                                                                          \
		name, letter, TAKES_NOTHING, QUERY_FLAG, set, clear, what, NULL, NULL              \
	}
#define IS(name, letter, field, set, what, note)                                                   \
	{                                                                                          \
		name, letter, TAKES_NOTHING, field, set, 0, what, note, NULL                       \
	}
#define NOT_HERE(letter, instead)                                                                  \
	{                                                                                          \
		NULL, letter, TAKES_NO_QUERY, QUERY_ANY, 0, 0, NULL, instead, NULL                 \
	}

/* clang-format off */
static const struct query_row rows[] = {
	WORD("from", 'f', QUERY_FROM, N_("the sender"), N_("name and address")),
	WORD("to", 'C', QUERY_RECIPIENT, N_("a recipient (To or Cc)"), N_("names and addresses")),
	WORD(NULL, 't', QUERY_TO, N_("a recipient (To)"), N_("names and addresses")),
	WORD("cc", 'c', QUERY_CC, N_("a recipient (Cc)"), N_("names and addresses")),
	WORD("people", 'L', QUERY_PEOPLE, N_("the sender or a recipient"), N_("names and addresses")),
	WORD("subject", 's', QUERY_SUBJECT, N_("the subject"), NULL),
	WORD("body", 'b', QUERY_BODY, N_("the text"), N_("as it is read, of the messages that are here")),
	WORD("header", 'h', QUERY_HEADER, N_("the header"), N_("any of its fields, of the messages that are here; header NAME:WORD looks in one field")),
	WORD("text", 'B', QUERY_WHOLE, N_("the header or the text"), N_("of the messages that are here")),
	WORD("message", 0, QUERY_WHOLE, N_("the header or the text"), N_("an older name of text:")),
	{NULL, 'e', TAKES_WORD, QUERY_FIELD, 0, 0, N_("the field Sender"), N_("who sent it for somebody; of the messages that are here"), "Sender"},
	{"list", 0, TAKES_WORD, QUERY_LIST, 0, 0, N_("the mailing list"), N_("its name or address"), "List-Id"},
	WORD("attachment", 0, QUERY_FILE, N_("the name of an attachment"), N_("of the messages that are here")),
	WORD("type", 'M', QUERY_TYPE, N_("the type of a part"), N_("such as image/png; of the messages that are here")),
	WORD("keyword", 'y', QUERY_KEYWORD, N_("a keyword"), N_("just this one")),
	WORD("id", 'i', QUERY_ID, N_("the Message-ID"), NULL),
	WORD("references", 'x', QUERY_REFERENCES, N_("a Message-ID it answers"), NULL),
	WORD("in", 0, QUERY_FOLDER, N_("the folder"), N_("or one above it")),
	WORD("account", 0, QUERY_ACCOUNT, N_("the account"), NULL),
	RANGE("size", 'z', TAKES_SIZE, QUERY_SIZE, N_("the size"), N_("octets: >100K, <2M, 10K-1M")),
	RANGE("date", 'd', TAKES_DATE, QUERY_SENT, N_("the date"), N_("when it was sent: 2026-11-30, 2026-11, 2026-01-01..2026-03-31, today, yesterday, monday, this week, last month, >2026-11-01 (after), <2w (younger than), >1y (older than), =3d (that day); mutt's 30/11/2026*3d and the like")),
	RANGE("received", 'r', TAKES_DATE, QUERY_RECEIVED, N_("the day when it came"), N_("as date")),
	RANGE(NULL, 'X', TAKES_COUNT, QUERY_ATTACHMENTS, N_("the number of its attachments"), N_("2, >2, 1-3; alone: any; of the messages that are here")),
	FLAG("unread", 'U', 0, MAIL_SEEN, N_("unread")),
	FLAG("new", 'N', 0, MAIL_SEEN, N_("unread")),
	FLAG("read", 'R', MAIL_SEEN, 0, N_("read")),
	FLAG("flagged", 'F', MAIL_FLAGGED, 0, N_("flagged")),
	FLAG("answered", 'Q', MAIL_ANSWERED, 0, N_("answered")),
	FLAG("forwarded", 0, MAIL_FORWARDED, 0, N_("forwarded")),
	FLAG("draft", 0, MAIL_DRAFT, 0, N_("a draft")),
	FLAG("deleted", 'D', MAIL_DELETED, 0, N_("marked as deleted")),
	FLAG("attachment", 0, MAIL_ATTACHMENT, 0, N_("with attachments")),
	FLAG("list", 'l', MAIL_LIST, 0, N_("from a mailing list")),
	FLAG("all", 'A', 0, 0, N_("any message")),
	IS("to-me", 'p', QUERY_TO_ME, 0, N_("for you"), N_("one of your addresses is a recipient")),
	IS("from-me", 'P', QUERY_FROM_ME, 0, N_("from you"), N_("sent by one of your addresses")),
	IS("signed", 'g', QUERY_CONTENT, CONTENT_SIGNED, N_("signed"), N_("by the types of its parts, of the messages that are here; nothing is verified")),
	IS("encrypted", 'G', QUERY_CONTENT, CONTENT_ENCRYPTED, N_("encrypted"), N_("by the types of its parts, of the messages that are here")),
	IS("key", 'k', QUERY_CONTENT, CONTENT_KEY, N_("with an OpenPGP key"), N_("of the messages that are here")),
	IS("tagged", 'T', QUERY_TAGGED, 0, N_("tagged"), NULL),
	IS("folded", 'v', QUERY_FOLDED, 0, N_("in a folded thread"), NULL),
	RANGE(NULL, 'm', TAKES_COUNT, QUERY_NUMBER, N_("its number in the list"), N_("as it is shown: 2, >2, 1-3")),
	IS("duplicate", '=', QUERY_DUPLICATE, 0, N_("a duplicate"), N_("a message of the folder before it has its Message-ID")),
	IS("unreferenced", '$', QUERY_UNREFERENCED, 0, N_("without an answer in the folder"), NULL),
	RANGE(NULL, '(', TAKES_QUERY, QUERY_THREAD, N_("in a thread with a message"), N_("which is what the parentheses say; threads of the folder")),
	RANGE(NULL, '<', TAKES_QUERY, QUERY_PARENT, N_("an answer to a message"), N_("which is what the parentheses say")),
	RANGE(NULL, '>', TAKES_QUERY, QUERY_CHILD, N_("answered by a message"), N_("which is what the parentheses say")),
	IS("expired", 'E', QUERY_EXPIRED, 0, N_("expired"), N_("its field Expires says so, of the messages that are here")),
	NOT_HERE('H', N_("header X-Spam-Status:yes looks into the field of a spam filter")),
	NOT_HERE('I', NULL),
	NOT_HERE('K', NULL),
	NOT_HERE('n', N_("messages have no scores here")),
	NOT_HERE('O', N_("~U finds all that are not read")),
	NOT_HERE('S', N_("header Supersedes:ID finds the message that takes the place of another")),
	NOT_HERE('u', N_("~l finds mail of any list, list:NAME that of one")),
	NOT_HERE('V', N_("nothing is verified here; ~g finds what is signed")),
	NOT_HERE('Y', NULL),
	NOT_HERE('#', NULL),
};
/* clang-format on */

const struct query_row *query_rows(size_t *n)
{
	*n = MEM_COUNT(rows);
	return rows;
}

void query_row_help(const struct query_row *row, struct str *out)
{
	if (row->what)
		str_adds(out, _(row->what));
	if (row->note)
		str_addf(out, "%s%s", row->what ? ": " : "", _(row->note));
}

/* --- values --- */

void query_free(struct query *q)
{
	if (!q)
		return;
	for (size_t i = 0; i < q->nterms; i++) {
		free(q->terms[i].text);
		free(q->terms[i].word);
		free(q->terms[i].header);
		if (q->terms[i].has_pattern)
			regfree(&q->terms[i].pattern);
	}
	free(q->terms);
	free(q->nodes);
	free(q);
}

enum query_cost query_term_cost(const struct query_term *t)
{
	switch (t->field) {
	case QUERY_BODY:
	case QUERY_HEADER:
	case QUERY_WHOLE:
	case QUERY_FIELD:
	case QUERY_LIST:
	case QUERY_TYPE:
	case QUERY_FILE:
	case QUERY_ATTACHMENTS:
	case QUERY_CONTENT:
	case QUERY_EXPIRED:
		return QUERY_TEXTS;
	case QUERY_FLAG:
	case QUERY_SIZE:
	case QUERY_SENT:
	case QUERY_RECEIVED:
	case QUERY_FOLDER:
	case QUERY_ACCOUNT:
		return QUERY_COLUMNS;
	default:
		return query_term_scope(t) == SCOPE_MESSAGE ? QUERY_STRINGS : QUERY_COLUMNS;
	}
}

enum query_cost query_cost(const struct query *q)
{
	enum query_cost most = QUERY_COLUMNS;

	for (size_t i = 0; i < q->nterms; i++)
		if (query_term_cost(&q->terms[i]) > most)
			most = query_term_cost(&q->terms[i]);
	return most;
}

enum query_scope query_term_scope(const struct query_term *t)
{
	switch (t->field) {
	case QUERY_DUPLICATE:
	case QUERY_UNREFERENCED:
	case QUERY_THREAD:
	case QUERY_PARENT:
	case QUERY_CHILD:
		return SCOPE_FOLDER;
	case QUERY_TAGGED:
	case QUERY_FOLDED:
	case QUERY_NUMBER:
		return SCOPE_LIST;
	default:
		return SCOPE_MESSAGE;
	}
}

enum query_scope query_scope(const struct query *q)
{
	enum query_scope widest = SCOPE_MESSAGE;

	for (size_t i = 0; i < q->nterms; i++)
		if (query_term_scope(&q->terms[i]) > widest)
			widest = query_term_scope(&q->terms[i]);
	return widest;
}

void query_sets_free(struct query_set *sets, size_t n)
{
	for (size_t i = 0; sets && i < n; i++)
		free(sets[i].uids);
	free(sets);
}

/* --- answers --- */

enum query_answer query_eval_at(const struct query *q, size_t at, query_ask_fn *ask, void *ctx)
{
	const struct query_node *n = &q->nodes[at];
	enum query_answer left, right, decides = n->op == QUERY_OR ? QUERY_YES : QUERY_NO;

	if (n->op == QUERY_TERM)
		return ask(ctx, q, n->left);
	left = query_eval_at(q, n->left, ask, ctx);
	if (n->op == QUERY_NOT)
		return left == QUERY_UNKNOWN ? left : left == QUERY_NO ? QUERY_YES : QUERY_NO;
	if (left == decides)
		return left;
	right = query_eval_at(q, n->right, ask, ctx);
	return right == decides || left != QUERY_UNKNOWN ? right : QUERY_UNKNOWN;
}

enum query_answer query_eval(const struct query *q, query_ask_fn *ask, void *ctx)
{
	return query_eval_at(q, q->nnodes - 1, ask, ctx);
}

/* --- text --- */

static void print_node(const struct query *q, size_t at, struct str *out);

static void print_term(const struct query *q, const struct query_term *t, struct str *out)
{
	const struct query_row *row = t->row;

	if (row && row->takes == TAKES_NOTHING) {
		str_addf(out, "is:%s", row->name);
		return;
	}
	if (row && row->takes == TAKES_QUERY) {
		str_adds(out, t->field == QUERY_THREAD   ? "~("
			      : t->field == QUERY_PARENT ? "~<("
							 : "~>(");
		print_node(q, t->root, out);
		str_addc(out, ')');
		return;
	}
	if (row && row->takes == TAKES_COUNT) {
		str_addf(out, "~%c %s", row->letter, t->text);
		return;
	}
	if (row && (t->has_pattern || t->all || !row->name))
		str_addf(out, "%s%c%c ", t->all ? "^" : "", t->exact ? '=' : '~', row->letter);
	else if (row && t->field == QUERY_FIELD)
		str_addf(out, "%s %s:", row->name, t->header);
	else if (row)
		str_addf(out, "%s:", row->name);
	str_add_quoted(out, t->text, strlen(t->text));
}

/* AND binds closer than OR, and both go from left to right. */
static void print_side(const struct query *q, size_t at, bool bare, struct str *out)
{
	if (bare) {
		print_node(q, at, out);
		return;
	}
	str_addc(out, '(');
	print_node(q, at, out);
	str_addc(out, ')');
}

static void print_node(const struct query *q, size_t at, struct str *out)
{
	const struct query_node *n = &q->nodes[at];
	enum query_op left = QUERY_TERM, right = QUERY_TERM;

	if (n->op != QUERY_TERM)
		left = q->nodes[n->left].op;
	if (n->op == QUERY_AND || n->op == QUERY_OR)
		right = q->nodes[n->right].op;
	switch (n->op) {
	case QUERY_TERM:
		print_term(q, &q->terms[n->left], out);
		break;
	case QUERY_NOT:
		str_addc(out, '!');
		print_side(q, n->left, left == QUERY_TERM || left == QUERY_NOT, out);
		break;
	case QUERY_AND:
		print_side(q, n->left, left != QUERY_OR, out);
		str_addc(out, ' ');
		print_side(q, n->right, right == QUERY_TERM || right == QUERY_NOT, out);
		break;
	case QUERY_OR:
		print_side(q, n->left, true, out);
		str_adds(out, " | ");
		print_side(q, n->right, right != QUERY_OR, out);
		break;
	}
}

void query_print(const struct query *q, struct str *out)
{
	str_adds(out, q->unmarked ? QUERY_UNMARKED : "");
	print_node(q, q->nnodes - 1, out);
}
