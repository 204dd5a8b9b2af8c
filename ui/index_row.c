#include "ui/index_row.h"

#include "base/i18n.h"
#include "base/idn.h"
#include "base/utf8.h"
#include "mime/subject.h"
#include "mime/text.h"

#include <string.h>
#include <stdlib.h>

enum { MAX_GLYPH_LEVELS = 20, WIDE = 100 };

/* Days since some day: what counts is how many lie between two. */
static int day_number(const struct tm *tm)
{
	int y = tm->tm_year + 1899; /* the leap days before this year */

	return (y + 1) * 365 + y / 4 - y / 100 + y / 400 + tm->tm_yday;
}

void index_date(struct str *out, time_t date, time_t now, bool wide)
{
	struct tm d, n;
	char buf[64];
	int days;
	const char *fmt;

	localtime_r(&date, &d);
	localtime_r(&now, &n);
	days = day_number(&n) - day_number(&d);
	if (days == 0 && !wide)
		fmt = "%H:%M";
	else if (days >= 0 && days < 7)
		fmt = wide ? "%a %H:%M" : "%a";
	else if (d.tm_year == n.tm_year)
		fmt = wide ? "%e %b %H:%M" : "%e %b";
	else
		fmt = "%Y-%m-%d";
	strftime(buf, sizeof(buf), fmt, &d);
	str_adds(out, buf);
}

const char *index_bare_subject(const char *subject)
{
	return subject_bare(subject, SUBJECT_ANY);
}

bool index_is_muted(const struct msg_row *row)
{
	size_t len = strlen(MAIL_MUTED);

	for (const char *p = row->keywords ? row->keywords : ""; *(p += strspn(p, " "));
		p += strcspn(p, " "))
		if (strcspn(p, " ") == len && str_istarts(p, MAIL_MUTED))
			return true;
	return false;
}

static void add_flags(struct line *out, const struct msg_row *r)
{
	bool dead = r->flags & MAIL_DELETED;
	const char *state = dead                        ? "D"
			    : !(r->flags & MAIL_SEEN)   ? "N"
			    : r->flags & MAIL_ANSWERED  ? "r"
			    : r->flags & MAIL_FORWARDED ? "f"
			    : index_is_muted(r)         ? "m"
							: " ";
	int style = dead ? STYLE_DELETED : !(r->flags & MAIL_SEEN) ? STYLE_UNREAD : STYLE_DIM;

	line_add(out, r->tagged ? STYLE_TAGGED : STYLE_PLAIN, r->tagged ? "*" : " ");
	line_add(out, style, state);
	line_add(out, STYLE_FLAGGED, r->flags & MAIL_FLAGGED ? "F" : " ");
	line_add(out, STYLE_DIM, r->flags & MAIL_ATTACHMENT ? "A" : " ");
	/* filed here, and the server not told yet */
	line_add(out, STYLE_DIM, r->flags & MAIL_WAITING ? "~" : " ");
}

static int text_style(const struct msg_row *r, const struct index_format *f, int normal)
{
	if (r->flags & MAIL_DELETED)
		return STYLE_DELETED;
	if (r->tagged)
		return STYLE_TAGGED;
	if (f->rule)
		return f->rule + !(r->flags & MAIL_SEEN);
	if (!(r->flags & MAIL_SEEN))
		return STYLE_UNREAD;
	return r->flags & MAIL_FLAGGED ? STYLE_FLAGGED : normal;
}

/* The glyphs that lead to a reply; at most a third of the room. Of one that is too deep for that
 * the nearest lines, so that all that are have their arrows below each other. */
static void add_glyphs(struct str *out, const struct msg_row *r, bool ascii, int columns)
{
	int levels = columns / 3 / 2, depth = r->depth, first = 1;

	if (levels > MAX_GLYPH_LEVELS)
		levels = MAX_GLYPH_LEVELS;
	if (depth > levels) {
		str_adds(out, ascii ? ".." : "⋯");
		first = levels > 2 ? depth - levels + 2 : depth;
	}
	for (int d = first; d < depth; d++)
		str_adds(out, r->lines >> d & 1 ? (ascii ? "| " : "│ ") : "  ");
	if (ascii)
		str_adds(out, r->last_child ? "`->" : "|->");
	else
		str_adds(out, r->last_child ? "└─>" : "├─>");
}

void index_keywords(struct str *out, const char *keywords)
{
	static const char *const hidden[] = {"junk", "nonjunk", "notjunk", "forwarded"};

	for (const char *p = keywords ? keywords : ""; *(p += strspn(p, " "));) {
		size_t len = strcspn(p, " ");
		bool shown = *p != '$';

		for (size_t i = 0; shown && i < sizeof(hidden) / sizeof(*hidden); i++)
			shown = strlen(hidden[i]) != len || !str_istarts(p, hidden[i]);
		if (shown) {
			str_adds(out, out->len ? " " : "");
			utf8_clean(out, p, len, UTF8_LINE);
		}
		p += len;
	}
}

/* At most a third of the room; returns the columns that are used, a space behind them included. */
static int add_keywords(struct line *out, const struct msg_row *r, bool space, int columns)
{
	struct str text = STR_INIT;
	int used = 0;

	index_keywords(&text, r->keywords);
	if (text.len && columns >= 12) {
		used = utf8_columns(str_c(&text), text.len);
		used = used < columns / 3 ? used : columns / 3;
		line_add(out, STYLE_PLAIN, space ? " " : "");
		line_pad(out, STYLE_KEYWORD, str_c(&text), used);
		used += space;
		if (!space) {
			line_add(out, STYLE_PLAIN, " ");
			used++;
		}
	}
	str_done(&text);
	return used;
}

static void add_subject(
	struct line *out, const struct msg_row *r, const struct index_format *f, int columns)
{
	struct str glyphs = STR_INIT, text = STR_INIT;
	const char *subject = r->subject ? r->subject : "";
	size_t start;
	int used;

	if (columns <= 0)
		return;
	if (r->depth > 0)
		add_glyphs(&glyphs, r, f->ascii, columns);
	used = utf8_columns(str_c(&glyphs), glyphs.len);
	if (used > columns)
		used = 0;
	else
		line_addn(out, STYLE_THREAD, str_c(&glyphs), glyphs.len);
	columns -= used;
	if (!listing_has(&f->columns, COLUMN_KEYWORDS))
		columns -= add_keywords(out, r, used > 0, columns);
	if (r->hidden_unread)
		str_addf(&text, _("[+%u, %u new] "), (unsigned)r->hidden,
			(unsigned)r->hidden_unread);
	else if (r->hidden)
		str_addf(&text, "[+%u] ", (unsigned)r->hidden);
	if (!(f->same_subject && r->depth > 0))
		str_addf(&text, "%s%s", used ? " " : "", subject);
	start = out->text.len;
	line_pad(out, text_style(r, f, STYLE_SUBJECT), str_c(&text), columns);
	line_mark(out, start, f->hits, HITS_SUBJECT);
	str_done(&glyphs);
	str_done(&text);
}

/* --- the columns --- */

static void add_receiver(struct str *out, const struct msg_row *r)
{
	struct str first = STR_INIT;

	msglist_first_recipient(r, &first);
	idn_people(out, str_c(&first));
	str_done(&first);
}

static bool names_receiver(const struct msg_row *r, const struct index_format *f)
{
	return (f->show_to || f->own) && r->to && !listing_has(&f->columns, COLUMN_TO);
}

static void add_who(struct str *out, const struct msg_row *r, const struct index_format *f)
{
	struct str shown = STR_INIT;

	if (names_receiver(r, f))
		add_receiver(&shown, r);
	if (shown.len)
		str_addf(out, _("To %s"), shown.p);
	else if (r->from_name && *r->from_name)
		str_adds(out, r->from_name);
	else if (r->from_mail)
		str_adds(out, r->from_mail);
	str_done(&shown);
}

static void add_date(struct str *out, const struct msg_row *r, const struct index_format *f)
{
	const char *format = f->date_format ? f->date_format : "";
	char buf[64] = "";
	time_t t = (time_t)r->date;
	struct tm tm;

	if (r->ahead)
		str_addc(out, '!');
	if (!*format || strcmp(format, "auto") == 0) {
		index_date(out, t, f->now, f->width >= WIDE);
		return;
	}
	localtime_r(&t, &tm);
	if (strftime(buf, sizeof(buf), strcmp(format, "iso") == 0 ? "%Y-%m-%d %H:%M" : format, &tm))
		utf8_clean(out, buf, strlen(buf), UTF8_LINE);
}

static void add_text(struct str *out, enum list_column column, const struct msg_row *r,
	const struct index_format *f)
{
	switch (column) {
	case COLUMN_NUMBER:
		str_addf(out, "%zu", f->number);
		break;
	case COLUMN_ACCOUNT:
		str_adds(out, f->place ? f->place : "");
		break;
	case COLUMN_FROM:
		add_who(out, r, f);
		break;
	case COLUMN_TO:
		add_receiver(out, r);
		break;
	case COLUMN_KEYWORDS:
		index_keywords(out, r->keywords);
		break;
	case COLUMN_SIZE:
		draw_size(out, r->size);
		break;
	case COLUMN_DATE:
		add_date(out, r, f);
		break;
	default:
		break;
	}
}

enum {
	SAME_DATES = 900, /* seconds: no zone begins a day elsewhere than at a quarter of an hour */
	NAME_STEP = 4,    /* names and the like grow by so much at once: less would jump about */
	FLAGS_COLUMNS = 5,
	LEAST_NAME = 6,
	MOST_NAME = 28
};

/* How each column looks beside its text, and when it goes where there is little room. */
static const struct {
	int style, step;
	bool left, people; /* filled up from the left; drawn as the message is (read, tagged ...) */
	int leaves;        /* the highest first; 0: never */
} looks[LIST_COLUMNS] = {
	[COLUMN_NUMBER] = {.style = STYLE_DIM, .step = 1, .left = true, .leaves = 3},
	[COLUMN_FLAGS] = {.step = 1},
	[COLUMN_ACCOUNT] = {.style = STYLE_DIM, .step = NAME_STEP, .leaves = 1},
	[COLUMN_FROM] = {.style = STYLE_FROM, .step = NAME_STEP, .people = true},
	[COLUMN_TO] = {.style = STYLE_FROM, .step = NAME_STEP, .people = true, .leaves = 6},
	[COLUMN_KEYWORDS] = {.style = STYLE_KEYWORD, .step = NAME_STEP, .leaves = 5},
	[COLUMN_SUBJECT] = {.style = STYLE_SUBJECT, .step = 1},
	[COLUMN_SIZE] = {.style = STYLE_SIZE, .step = 1, .left = true, .leaves = 4},
	[COLUMN_DATE] = {.style = STYLE_DATE, .step = 1, .left = true, .leaves = 2},
};

static bool same_columns(const struct listing *a, const struct listing *b)
{
	return a->n == b->n && memcmp(a->at, b->at, a->n * sizeof(*a->at)) == 0;
}

void index_need_begin(struct index_need *need, const struct index_format *f)
{
	if (need->width == f->width && same_columns(&need->columns, &f->columns))
		return;
	*need = (struct index_need){.width = f->width, .columns = f->columns};
}

/* Dates look different as time goes by. */
static uint64_t mark_of(uint32_t uid, const struct index_format *f)
{
	return (uint64_t)uid << 32 | (uint32_t)(f->now / SAME_DATES);
}

bool index_is_measured(const struct index_need *need, uint32_t uid, const struct index_format *f)
{
	return need->done[uid % INDEX_MEASURED] == mark_of(uid, f);
}

void index_need_again(struct index_need *need)
{
	memset(need->done, 0, sizeof(need->done));
}

void index_measure(struct index_need *need, const struct msg_row *r, const struct index_format *f)
{
	struct str s = STR_INIT;

	for (size_t i = 0; i < f->columns.n; i++) {
		enum list_column c = f->columns.at[i];
		int step = looks[c].step, used;

		str_clear(&s);
		add_text(&s, c, r, f);
		used = (utf8_columns(str_c(&s), s.len) + step - 1) / step * step;
		need->most[c] = used > need->most[c] ? used : need->most[c];
	}
	str_done(&s);
	if (r->subject) /* else its words are still to come */
		need->done[r->uid % INDEX_MEASURED] = mark_of(r->uid, f);
}

static int between(int n, int least, int most)
{
	return n > most ? most : n < least ? least : n;
}

static int digits(size_t n)
{
	int d = 1;

	for (; n >= 10; n /= 10)
		d++;
	return d;
}

static int room_of(enum list_column c, const struct index_format *f, int need)
{
	int width = f->width;

	switch (c) {
	case COLUMN_NUMBER:
		return between(digits(f->count), 2, width);
	case COLUMN_FLAGS:
		return FLAGS_COLUMNS;
	case COLUMN_FROM:
	case COLUMN_TO:
		return between(need, LEAST_NAME,
			width < 32 ? LEAST_NAME : between(width / 5, 10, MOST_NAME));
	case COLUMN_ACCOUNT:
		return f->places ? between(need, 0, width / 5) : 0;
	case COLUMN_KEYWORDS:
		return between(need, 0, width / 6);
	case COLUMN_SIZE:
		return between(need, 4, width);
	case COLUMN_DATE:
		return between(need, 5, width / 2);
	default:
		return 0;
	}
}

/* The blanks in front of a column; before: the one that stands there, or -1. */
static int gap(int before, enum list_column c)
{
	return before < 0 || before == COLUMN_FLAGS ? 0 : c == COLUMN_SUBJECT ? 2 : 1;
}

static bool is_shown(const struct index_format *f, enum list_column c)
{
	return f->room[c] > 0 || c == COLUMN_SUBJECT;
}

int index_used(const struct index_format *f)
{
	int used = 1, before = -1;

	for (size_t i = 0; i < f->columns.n; i++) {
		enum list_column c = f->columns.at[i];

		if (!is_shown(f, c))
			continue;
		used += gap(before, c) + (c == COLUMN_SUBJECT ? 0 : f->room[c]);
		before = (int)c;
	}
	return used;
}

/* The one to go first, or LIST_COLUMNS. */
static enum list_column least_useful(const struct index_format *f)
{
	enum list_column found = LIST_COLUMNS;
	int most = 0;

	for (size_t i = 0; i < f->columns.n; i++) {
		enum list_column c = f->columns.at[i];

		if (f->room[c] > 0 && looks[c].leaves > most) {
			found = c;
			most = looks[c].leaves;
		}
	}
	return found;
}

void index_fit(struct index_format *f, const struct index_need *need)
{
	bool subject = listing_has(&f->columns, COLUMN_SUBJECT);
	int least = subject ? f->width * 2 / 5 : 0;
	enum list_column gone;

	memset(f->room, 0, sizeof(f->room));
	for (size_t i = 0; i < f->columns.n; i++)
		f->room[f->columns.at[i]] =
			room_of(f->columns.at[i], f, need->most[f->columns.at[i]]);
	while (f->width - index_used(f) < least && (gone = least_useful(f)) != LIST_COLUMNS)
		f->room[gone] = 0;
	if (subject)
		f->room[COLUMN_SUBJECT] = between(f->width - index_used(f), 0, f->width);
}

/* What stands in the column, for what is marked there; 0: nothing is. */
static enum hits_field field_of(
	enum list_column c, const struct msg_row *r, const struct index_format *f)
{
	switch (c) {
	case COLUMN_FROM:
		return names_receiver(r, f) ? HITS_RECIPIENT : HITS_SENDER;
	case COLUMN_TO:
		return HITS_RECIPIENT;
	case COLUMN_KEYWORDS:
		return HITS_KEYWORD;
	default:
		return 0;
	}
}

static void add_column(
	struct line *out, enum list_column c, const struct msg_row *r, const struct index_format *f)
{
	int style = looks[c].people || f->rule ? text_style(r, f, looks[c].style) : looks[c].style;
	struct str s = STR_INIT;
	size_t start = out->text.len;

	add_text(&s, c, r, f);
	if (c == COLUMN_FLAGS)
		add_flags(out, r);
	else if (c == COLUMN_SUBJECT)
		add_subject(out, r, f, f->room[c]);
	else if (looks[c].left)
		line_pad_left(out, style, str_c(&s), f->room[c]);
	else
		line_pad(out, style, str_c(&s), f->room[c]);
	line_mark(out, start, f->hits, field_of(c, r, f));
	str_done(&s);
}

void index_row(struct line *out, const struct msg_row *r, const struct index_format *f)
{
	int before = -1, rest = f->width - index_used(f);

	for (size_t i = 0; i < f->columns.n; i++) {
		enum list_column c = f->columns.at[i];

		if (!is_shown(f, c))
			continue;
		line_pad(out, STYLE_PLAIN, "", gap(before, c));
		add_column(out, c, r, f);
		before = (int)c;
	}
	line_pad(out, STYLE_PLAIN, "", between(rest - f->room[COLUMN_SUBJECT], 0, f->width) + 1);
}

void index_row_key(struct str *key, const struct msg_row *r, const struct index_format *f)
{
	bool to = f->show_to || f->own || listing_has(&f->columns, COLUMN_TO);
	const char *const texts[] = {r->from_name, r->from_mail, to ? r->to : NULL,
		to ? r->cc : NULL, r->subject, r->keywords, f->date_format, f->place, f->hits_of};
	const int64_t numbers[] = {r->uid, r->flags, r->size, r->date,
		r->depth << 8 | r->ahead << 2 | r->last_child << 1 | r->tagged, (int64_t)r->lines,
		(int64_t)r->hidden << 32 | r->hidden_unread,
		f->width << 8 | f->own << 3 | f->ascii << 2 | f->show_to << 1 | f->same_subject,
		f->room[COLUMN_NUMBER] ? (int64_t)f->number : 0, f->rule, f->now / SAME_DATES};

	str_add(key, (const char *)numbers, sizeof(numbers));
	str_add(key, (const char *)f->room, sizeof(f->room));
	str_add(key, (const char *)f->columns.at, f->columns.n * sizeof(*f->columns.at));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		str_addc(key, texts[i] ? 1 : 2);
		str_adds(key, texts[i]);
	}
}
