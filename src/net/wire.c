#include "net/wire.h"

#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "net/view.h"
#include "net/wire_code.h"
#include "net/wire_row.h"

#include <stdlib.h>
#include <string.h>

enum {
	PARENS_MAX = 50000,
	DEPTH_MAX = 1000, /* libetpan recurses; 5,000 overflow a stack of 1 MiB */
	LITERAL_DIGITS = 9,
	TAG_MAX = 64,
	TAGS_MAX = 100,
	STATUS_LINE_MAX = 8 * 1024,
	STATUS_LINES_MAX = 200 * 1000,
	NOTICE_MAX = 2000,
	FIELDS_MAX = 256 * 1024, /* of one message that are held back */
};

#define STATUS_BYTES_MAX ((size_t)64 << 20)

enum { SCAN_BROKEN = -2 };

/* What happens to the rest of a logical line. */
enum wire_mode { WIRE_PASS, WIRE_ROW, WIRE_PLAIN, WIRE_DROP, WIRE_ANSWER, WIRE_LIST, WIRE_STATUS };

struct wire {
	struct wire_limits limits;
	uint64_t budget;
	const char *reason; /* dead once set */

	struct str line;  /* the text up to the next LF */
	size_t text;      /* bytes of text in the logical line so far */
	unsigned parens;  /* '(' in it */
	unsigned depth;   /* of them open */
	bool inside;      /* a literal of this logical line has gone by */
	uint32_t literal; /* bytes of the literal still to come */
	enum wire_mode mode;

	struct str status; /* the STATUS line being collected */
	struct strv statuses;
	size_t status_bytes;
	char *bye, *alert;
	const char *one_tag; /* what stands for every tag, or NULL */
	struct strv tags;    /* those it stood for */
	bool overflow, trouble;
	bool torn;  /* a row of FETCH could not be read: what follows may belong to it */
	size_t odd; /* rows that were left out */

	wire_line_fn *on_line;
	void *ctx;
	wire_row_fn *on_row;
	void *row_ctx;
	struct fetch_row row; /* WIRE_ROW: what was read of */
	struct str row_line;  /* this, up to the literal */
	struct str fields;    /* and the literal */
};

struct wire *wire_new(const struct wire_limits *limits)
{
	struct wire *w = mem_alloc(sizeof(*w));

	if (limits)
		w->limits = *limits;
	if (!w->limits.line)
		w->limits.line = (size_t)16 << 20;
	if (!w->limits.literal)
		w->limits.literal = (uint32_t)64 << 20;
	if (!w->limits.budget)
		w->limits.budget = (uint64_t)1 << 30;
	w->budget = w->limits.budget;
	return w;
}

void wire_free(struct wire *w)
{
	if (!w)
		return;
	str_done(&w->line);
	str_done(&w->row_line);
	str_done(&w->fields);
	str_done(&w->status);
	strv_done(&w->tags);
	strv_done(&w->statuses);
	free(w->bye);
	free(w->alert);
	free(w);
}

void wire_budget(struct wire *w, uint64_t bytes)
{
	w->budget = bytes ? bytes : w->limits.budget;
}

void wire_on_line(struct wire *w, wire_line_fn *fn, void *ctx)
{
	w->on_line = fn;
	w->ctx = ctx;
}

void wire_on_row(struct wire *w, wire_row_fn *fn, void *ctx)
{
	w->on_row = fn;
	w->row_ctx = ctx;
}

const char *wire_reason(const struct wire *w)
{
	return w->reason ? w->reason : "";
}

bool wire_is_idle(const struct wire *w)
{
	return w->line.len == 0 && !w->inside && w->literal == 0;
}

static int wire_kill(struct wire *w, const char *reason)
{
	w->reason = reason;
	return -1;
}

/* --- status lines: "* OK [CODE] text", "tag NO text", "+ text" --- */

static void keep_notice(char **slot, struct view text)
{
	struct str all = STR_INIT, kept = STR_INIT;

	if (*slot)
		str_addf(&all, "%s; ", *slot);
	utf8_clean(&all, text.p, text.len, UTF8_LINE);
	utf8_add_short(&kept, str_c(&all), all.len, NOTICE_MAX);
	str_done(&all);
	free(*slot);
	*slot = str_steal(&kept);
}

static void add_text(struct str *out, struct view text, bool may_be_empty)
{
	size_t at = out->len;

	str_add(out, text.p, text.len);
	for (size_t i = at; i < out->len; i++)
		if (out->p[i] == '\r')
			out->p[i] = ' ';
	/* A code that was blanked out must not uncover another. */
	if (out->len > at && out->p[at] == '[')
		out->p[at] = '(';
	if (out->len == at && !may_be_empty)
		str_adds(out, "-");
}

/* Appends "[CODE] text" as far as it is safe; code_name gets the code's name. */
static void add_coded_text(struct str *out, struct view v, bool may_be_empty,
	struct view *code_name, struct view *text)
{
	const char *end = v.len && *v.p == '[' ? memchr(v.p, ']', v.len) : NULL;

	*code_name = (struct view){"", 0};
	*text = v;
	if (end) {
		struct view code = {v.p + 1, (size_t)(end - v.p) - 1};

		*text = view_skip_blanks(view_skip(v, code.len + 2));
		/* libetpan knows no empty list: this one has a flag that no message has. */
		if (view_is(code, "PERMANENTFLAGS ()")) {
			str_adds(out, "[PERMANENTFLAGS (-)] ");
		} else if (wire_code_is_safe(code, code_name)) {
			str_addc(out, '[');
			str_add(out, code.p, code.len);
			str_adds(out, "] ");
		} else {
			log_line(2, "left out: [%.*s] of %zu bytes",
				code.len < 60 ? (int)code.len : 60, code.p, code.len);
			*code_name = (struct view){"", 0};
		}
	}
	add_text(out, *text, may_be_empty);
}

static void pass_answer(
	struct wire *w, struct view tag, struct view word, struct view rest, struct str *out)
{
	struct view code, text;

	str_add(out, tag.p, tag.len);
	str_addc(out, ' ');
	str_add(out, word.p, word.len);
	if (word.len)
		str_addc(out, ' ');
	add_coded_text(out, view_skip_blanks(rest), word.len == 0, &code, &text);
	str_adds(out, "\r\n");
	if (view_is(word, "BYE"))
		keep_notice(&w->bye, text);
	if (*tag.p == '*' && (view_is(word, "NO") || view_is(word, "BAD")))
		w->trouble = true;
	if (view_is(code, "NOTIFICATIONOVERFLOW"))
		w->overflow = true;
	if (view_is(code, "ALERT"))
		keep_notice(&w->alert, text);
}

/* --- the first piece of a logical line: what is it? --- */

static bool take_answer_word(struct view *v, struct view *word, bool tagged)
{
	static const char *const answers[] = {"OK", "NO", "BAD", "BYE", "PREAUTH", NULL};

	*word = view_take_while(v, view_is_alpha);
	return view_in(*word, answers) && (!tagged || word->len <= 3) &&
	       !(tagged && view_is(*word, "BYE"));
}

bool wire_is_answer(const char *line, size_t len)
{
	struct view v = {line, len}, word;

	if (!len || *line != '*')
		return false;
	v = view_skip_blanks(view_skip(v, 1));
	return take_answer_word(&v, &word, false);
}

static enum wire_mode numbered_mode(struct view number, struct view rest)
{
	static const char *const words[] = {"EXISTS", "RECENT", "EXPUNGE", "FETCH", NULL};
	struct view word;

	rest = view_skip_blanks(rest);
	word = view_take_while(&rest, view_is_alpha);
	if (!view_in(word, words) || !view_number(number, UINT32_MAX))
		return WIRE_DROP;
	/* There is no message 0, and libetpan counts down for it. */
	if ((view_is(word, "EXPUNGE") || view_is(word, "FETCH")) && view_number(number, 0))
		return WIRE_DROP;
	return view_is(word, "FETCH") ? WIRE_PASS : WIRE_PLAIN;
}

static enum wire_mode named_mode(struct view word)
{
	static const char *const words[] = {"CAPABILITY", "ENABLED", "FLAGS", "SEARCH", "ESEARCH",
		"ID", "NAMESPACE", "VANISHED", NULL};

	if (view_is(word, "LIST") || view_is(word, "LSUB"))
		return WIRE_LIST;
	if (view_is(word, "STATUS"))
		return WIRE_STATUS;
	return view_in(word, words) ? WIRE_PLAIN : WIRE_DROP;
}

static enum wire_mode untagged_mode(struct wire *w, struct view v, struct str *out)
{
	struct view tag = {"*", 1}, word, number;

	v = view_skip_blanks(v);
	if (v.len && view_is_digit(*v.p)) {
		number = view_take_while(&v, view_is_digit);
		return numbered_mode(number, v);
	}
	if (take_answer_word(&v, &word, false)) {
		pass_answer(w, tag, word, v, out);
		return WIRE_ANSWER;
	}
	/* "LIST-X" is not LIST. */
	if (v.len && view_not_blank(*v.p))
		return WIRE_DROP;
	return named_mode(word);
}

static bool is_tag(struct view v)
{
	struct view rest = v;

	view_take_while(&rest, view_is_tag_char);
	return v.len && v.len <= TAG_MAX && !rest.len;
}

/* A line end in a quoted string makes two lines of a row. */
static int foreign_line(struct wire *w)
{
	if (!w->torn)
		return wire_kill(w, _("the server sent a line that is not IMAP"));
	w->mode = WIRE_DROP;
	return 0;
}

/* Answers are written to out here; -1 ends the connection. */
static int begin_line(struct wire *w, struct view v, struct str *out)
{
	struct view first = {v.p, 0}, rest = v, word;

	if (v.p[0] == '+') {
		w->torn = false;
		first.len = 1;
		pass_answer(w, first, (struct view){"", 0}, view_skip(v, 1), out);
		w->mode = WIRE_ANSWER;
		return 0;
	}
	first = view_take_while(&rest, view_not_blank);
	if (view_is(first, "*")) {
		w->torn = false;
		w->mode = untagged_mode(w, rest, out);
		return 0;
	}
	rest = view_skip_blanks(view_skip(v, first.len));
	if (!is_tag(first) || !take_answer_word(&rest, &word, true) ||
		(rest.len && view_not_blank(*rest.p)))
		return foreign_line(w);
	w->torn = false;
	if (w->one_tag) {
		if (w->tags.n >= TAGS_MAX)
			return wire_kill(w, _("the server answers what was not asked"));
		strv_addn(&w->tags, first.p, first.len);
		first = (struct view){w->one_tag, strlen(w->one_tag)};
	}
	pass_answer(w, first, word, rest, out);
	w->mode = WIRE_ANSWER;
	return 0;
}

/* --- the data in a line: quotes, parentheses, literals --- */

/* The literal that is announced at `at`, where view_literal found it; -1 ends the connection. */
static int announce_literal(struct wire *w, struct view v, size_t at)
{
	struct view digits = view_literal(v, at);
	uint32_t n = 0;

	if (digits.len > LITERAL_DIGITS)
		return wire_kill(w, _("the server announced more data than is accepted"));
	for (size_t i = 0; i < digits.len; i++)
		n = n * 10 + (uint32_t)(digits.p[i] - '0');
	if (n > w->limits.literal)
		return wire_kill(w, _("the server announced more data than is accepted"));
	w->literal = n;
	return 1;
}

/* Counts and checks one piece of text; 1 when a literal follows, 0, -1, or SCAN_BROKEN, and why. */
static int scan_data(struct wire *w, struct view v, const char **why)
{
	for (size_t i = 0; i < v.len; i++) {
		switch (v.p[i]) {
		case '"':
			i = view_string_end(v, i);
			*why = N_("the server sent a broken quoted string");
			if (!i)
				return SCAN_BROKEN;
			i--;
			break;
		case '{':
			*why = N_("the server sent a “{” that announces nothing");
			return view_literal(v, i).len ? announce_literal(w, v, i) : SCAN_BROKEN;
		case '(':
			*why = N_("the server sent too many nested lists");
			if (++w->parens > PARENS_MAX || ++w->depth > DEPTH_MAX)
				return SCAN_BROKEN;
			break;
		case ')':
			if (w->depth)
				w->depth--;
			break;
		default:
			break;
		}
	}
	return 0;
}

/* Text that nobody will parse: only a literal at its end matters. */
static int scan_dropped(struct wire *w, struct view v)
{
	for (size_t i = v.len; i-- > 0;)
		if (v.p[i] == '{')
			return view_literal(v, i).len ? announce_literal(w, v, i) : 0;
	return 0;
}

/* --- STATUS lines, all of them --- */

static void collect_status(struct wire *w, struct view v)
{
	if (w->status.len <= STATUS_LINE_MAX)
		str_add(&w->status, v.p, v.len > STATUS_LINE_MAX ? STATUS_LINE_MAX + 1 : v.len);
}

static void begin_status(struct wire *w, struct view v)
{
	size_t end;
	struct view rest = view_skip_blanks(view_skip(v, 1)); /* without the "*" */

	str_clear(&w->status);
	end = rest.len;
	while (w->literal && end && rest.p[end - 1] != '{')
		end--;
	if (w->literal && end)
		end--;
	collect_status(w, (struct view){rest.p, end});
	if (w->literal)
		str_addc(&w->status, '"');
}

static void collect_literal(struct wire *w, struct view v)
{
	for (size_t i = 0; i < v.len; i++) {
		if (w->status.len > STATUS_LINE_MAX)
			return;
		if (v.p[i] == '"' || v.p[i] == '\\')
			str_addc(&w->status, '\\');
		str_addc(&w->status, v.p[i] ? v.p[i] : '?');
	}
	if (w->literal == v.len)
		str_addc(&w->status, '"');
}

static void keep_status(struct wire *w)
{
	if (w->status.len > STATUS_LINE_MAX || w->statuses.n >= STATUS_LINES_MAX ||
		w->status_bytes + w->status.len > STATUS_BYTES_MAX) {
		w->odd++;
		return;
	}
	w->status_bytes += w->status.len;
	strv_addn(&w->statuses, str_c(&w->status), w->status.len);
}

/*
 * --- FETCH rows that cannot be read ---
 *
 * Servers put names of files with quotes, line ends and NUL bytes in them into BODYSTRUCTURE as
 * they are. Such a row must cost neither the connection nor the others: what is passed on says its
 * UID, and that it is broken.
 */

/* depth: of the lists that were open where the piece begins. */
static int break_row(
	struct wire *w, struct view v, unsigned depth, const char *why, struct str *out)
{
	struct view uid = wire_row_uid(v, depth), rest = view_skip_blanks(view_skip(v, 1));
	struct view number = view_take_while(&rest, view_is_digit);

	/* What came before a literal is passed on already, and a list in it cannot be closed. */
	if (w->inside && depth > 1)
		return wire_kill(w, why);
	w->mode = WIRE_DROP;
	w->torn = true;
	if (!w->inside)
		str_addf(out, "* %.*s FETCH (", (int)number.len, number.p);
	else
		str_addc(out, ' ');
	if (uid.len)
		str_addf(out, "UID %.*s ", (int)uid.len, uid.p);
	str_adds(out, WIRE_BROKEN " -)\r\n");
	return scan_dropped(w, v);
}

/* --- lines --- */

static int pass_data(struct wire *w, struct view v, struct str *out)
{
	unsigned depth = w->depth;
	const char *why = "";
	int literal = scan_data(w, v, &why);

	if (literal == SCAN_BROKEN)
		return w->mode == WIRE_PASS ? break_row(w, v, depth, _(why), out)
					    : wire_kill(w, _(why));
	if (literal < 0)
		return -1;
	/* libetpan's parsers of extensions die of a literal (NAMESPACE), and nothing else needs
	 * one. */
	if (literal && w->mode == WIRE_PLAIN) {
		w->mode = WIRE_DROP;
		return literal;
	}
	str_add(out, v.p, v.len);
	str_adds(out, "\r\n");
	return literal;
}

/* --- rows of header fields --- */

/* 1: the line begins such a row, and its literal follows; else 0. */
static int begin_row(struct wire *w, struct view v)
{
	const char *why;

	if (!w->on_row || v.p[v.len - 1] != '}')
		return 0;
	str_clear(&w->row_line);
	str_add(&w->row_line, v.p, v.len);
	if (!fetch_row_begin(&w->row, (struct view){w->row_line.p, w->row_line.len}) ||
		scan_data(w, v, &why) != 1 || w->literal > FIELDS_MAX) {
		w->literal = 0;
		w->parens = w->depth = 0;
		return 0;
	}
	w->torn = false;
	w->mode = WIRE_ROW;
	str_clear(&w->fields);
	return 1;
}

/* The row has another form after all: on with it as if it had never been held back. */
static int pass_row(struct wire *w, struct view v, struct str *out)
{
	w->mode = WIRE_PASS;
	str_add(out, w->row_line.p, w->row_line.len);
	str_adds(out, "\r\n");
	str_add(out, str_c(&w->fields), w->fields.len);
	return pass_data(w, v, out);
}

static int end_row(struct wire *w, struct view v, struct str *out)
{
	if (!fetch_row_end(&w->row, v))
		return pass_row(w, v, out);
	w->on_row(w->row_ctx, &w->row, (struct view){str_c(&w->fields), w->fields.len});
	return 0;
}

/* Read by imap_parse_status alone; libetpan keeps only the last. Who waits for news sees that there
 * is some. */
static int take_status_piece(struct wire *w, struct view v, struct str *out)
{
	int literal = scan_dropped(w, v);

	if (literal < 0)
		return -1;
	if (!literal)
		str_adds(out, "* OK status\r\n");
	if (w->inside)
		collect_status(w, v);
	else
		begin_status(w, v);
	return literal;
}

/* What stands behind a name that was a literal is extended data, which libetpan cannot read. */
static int end_list_row(struct wire *w, struct view v, struct str *out)
{
	str_adds(out, "\r\n");
	w->mode = WIRE_DROP;
	return scan_dropped(w, v);
}

static int pass_list(struct wire *w, struct view v, struct str *out)
{
	struct view announced;
	int literal;

	if (w->inside)
		return end_list_row(w, v, out);
	if (memchr(v.p, '\0', v.len) || memchr(v.p, '\r', v.len) ||
		!wire_row_list(v, out, &announced)) {
		w->odd++;
		w->mode = WIRE_DROP; /* one folder less is better than no folders */
		return scan_dropped(w, v);
	}
	if (!announced.len)
		return end_list_row(w, v, out);
	literal = announce_literal(w, announced, 0);
	str_addf(out, "{%u}\r\n", w->literal);
	return literal;
}

/* Bytes that no text may have. */
static int mend_bytes(struct wire *w)
{
	struct str *line = &w->line;

	if ((w->mode == WIRE_ANSWER || w->mode == WIRE_PLAIN) && memchr(line->p, '\0', line->len))
		return wire_kill(w, _("the server sent a NUL byte"));
	if (w->mode == WIRE_LIST) /* which leaves the row out */
		return 0;
	for (char *p = line->p, *end = p + line->len - 1; p < end; p++)
		if (*p == '\0' || *p == '\r')
			*p = '?';
	return 0;
}

/* v: of w->line. */
static int pass_piece(struct wire *w, struct view v, struct str *out)
{
	if (!w->inside && begin_row(w, v))
		return 1;
	if ((!w->inside && begin_line(w, v, out) < 0) || mend_bytes(w) < 0)
		return -1;
	switch (w->mode) {
	case WIRE_ROW:
		return end_row(w, v, out);
	case WIRE_ANSWER:
		return 0;
	case WIRE_DROP:
		return scan_dropped(w, v);
	case WIRE_LIST:
		return pass_list(w, v, out);
	case WIRE_STATUS:
		return take_status_piece(w, v, out);
	case WIRE_PASS:
	case WIRE_PLAIN:
		break;
	}
	return pass_data(w, v, out);
}

static void end_line(struct wire *w)
{
	if (w->mode == WIRE_STATUS)
		keep_status(w);
	w->text = 0;
	w->parens = w->depth = 0;
	w->inside = false;
}

/* w->line holds text with its LF. */
static int wire_line(struct wire *w, struct str *out)
{
	struct view v = {w->line.p, w->line.len - 1};
	int literal;

	while (v.len && v.p[v.len - 1] == '\r')
		v.len--;
	if (!w->inside && v.len == 0) { /* an empty line means nothing in IMAP */
		str_clear(&w->line);
		w->text = 0;
		return 0;
	}
	if (!w->inside && w->on_line)
		w->on_line(w->ctx, v.p, v.len);
	literal = pass_piece(w, v, out);
	if (literal < 0)
		return -1;
	str_clear(&w->line);
	if (literal > 0)
		w->inside = true;
	else
		end_line(w);
	return 0;
}

static size_t take_literal(struct wire *w, struct view v, struct str *out)
{
	struct view piece = {v.p, v.len < w->literal ? v.len : w->literal};

	if (w->mode == WIRE_STATUS)
		collect_literal(w, piece);
	if (w->mode == WIRE_ROW)
		str_add(&w->fields, piece.p, piece.len);
	else if (w->mode == WIRE_PASS || w->mode == WIRE_LIST)
		str_add(out, piece.p, piece.len);
	w->literal -= (uint32_t)piece.len;
	return piece.len;
}

/* Adds text up to the LF; *n gets what was taken. */
static int take_text(struct wire *w, struct view v, struct str *out, size_t *n)
{
	const char *lf = memchr(v.p, '\n', v.len);

	*n = lf ? (size_t)(lf - v.p) + 1 : v.len;
	if (*n > w->limits.line - w->text)
		return wire_kill(w, _("the server sent a line that is too long"));
	w->text += *n;
	str_add(&w->line, v.p, *n);
	return lf ? wire_line(w, out) : 0;
}

int wire_push(struct wire *w, const char *p, size_t len, struct str *out)
{
	struct view v = {p, len};

	if (w->reason)
		return -1;
	if (len > w->budget)
		return wire_kill(w, _("the server sent more than its answer may have"));
	w->budget -= len;
	while (v.len) {
		size_t n;

		if (w->literal)
			n = take_literal(w, v, out);
		else if (take_text(w, v, out, &n) < 0)
			return -1;
		v = view_skip(v, n);
	}
	return 0;
}

/* --- what was seen --- */

static char *take_string(char **slot)
{
	char *s = *slot;

	*slot = NULL;
	return s;
}

char *wire_take_bye(struct wire *w)
{
	return take_string(&w->bye);
}

char *wire_take_alert(struct wire *w)
{
	return take_string(&w->alert);
}

bool wire_take_overflow(struct wire *w)
{
	bool overflow = w->overflow;

	w->overflow = false;
	return overflow;
}

size_t wire_take_odd(struct wire *w)
{
	size_t odd = w->odd;

	w->odd = 0;
	return odd;
}

bool wire_take_trouble(struct wire *w)
{
	bool trouble = w->trouble;

	w->trouble = false;
	return trouble;
}

bool wire_has_alert(const struct wire *w)
{
	return w->alert != NULL;
}

void wire_one_tag(struct wire *w, const char *tag)
{
	w->one_tag = tag;
}

char *wire_take_tag(struct wire *w)
{
	char *tag;

	if (!w->tags.n)
		return NULL;
	tag = w->tags.v[0];
	memmove(w->tags.v, w->tags.v + 1, --w->tags.n * sizeof(*w->tags.v));
	return tag;
}

void wire_take_status(struct wire *w, struct strv *lines)
{
	for (size_t i = 0; i < w->statuses.n; i++)
		strv_take(lines, w->statuses.v[i]);
	w->statuses.n = 0;
	strv_done(&w->statuses);
	w->status_bytes = 0;
}
