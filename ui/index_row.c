#include "ui/index_row.h"

#include "base/i18n.h"
#include "base/idn.h"
#include "base/utf8.h"
#include "mime/subject.h"
#include "mime/text.h"

#include <string.h>
#include <stdlib.h>

enum { MAX_GLYPH_LEVELS = 20 };

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
	if (days == 0)
		fmt = "%H:%M";
	else if (days > 0 && days < 7)
		fmt = wide ? "%a %H:%M" : "%a";
	else if (d.tm_year == n.tm_year)
		fmt = wide ? "%e %b %H:%M" : "%e %b";
	else
		fmt = wide ? "%Y-%m-%d" : "%Y-%m";
	strftime(buf, sizeof(buf), fmt, &d);
	str_adds(out, buf);
}

const char *index_bare_subject(const char *subject)
{
	return subject_bare(subject, SUBJECT_ANY);
}

static void add_flags(struct line *out, const struct msg_row *r)
{
	bool dead = r->flags & MAIL_DELETED;
	const char *state = dead                        ? "D"
			    : !(r->flags & MAIL_SEEN)   ? "N"
			    : r->flags & MAIL_ANSWERED  ? "r"
			    : r->flags & MAIL_FORWARDED ? "f"
							: " ";
	int style = dead ? STYLE_DELETED : !(r->flags & MAIL_SEEN) ? STYLE_UNREAD : STYLE_DIM;

	line_add(out, r->tagged ? STYLE_TAGGED : STYLE_PLAIN, r->tagged ? "*" : " ");
	line_add(out, style, state);
	line_add(out, STYLE_FLAGGED, r->flags & MAIL_FLAGGED ? "F" : " ");
	line_add(out, STYLE_DIM, r->flags & MAIL_ATTACHMENT ? "A" : " ");
	/* filed here, and the server not told yet */
	line_add(out, STYLE_DIM, r->flags & MAIL_WAITING ? "~" : " ");
}

static int text_style(const struct msg_row *r, int normal)
{
	if (r->flags & MAIL_DELETED)
		return STYLE_DELETED;
	if (r->tagged)
		return STYLE_TAGGED;
	if (!(r->flags & MAIL_SEEN))
		return STYLE_UNREAD;
	return r->flags & MAIL_FLAGGED ? STYLE_FLAGGED : normal;
}

/* The glyphs that lead to a reply; at most a third of the room. */
static void add_glyphs(struct str *out, const struct msg_row *r, bool ascii, int columns)
{
	int levels = columns / 3 / 2, depth = r->depth;

	if (levels > MAX_GLYPH_LEVELS)
		levels = MAX_GLYPH_LEVELS;
	/* Too deep to be drawn: its level in place of the lines that lead there. */
	if (depth > levels)
		str_addf(out, "%d ", depth);
	for (int d = 1; d < depth && depth <= levels; d++)
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
	columns -= used + add_keywords(out, r, used > 0, columns - used);
	if (r->hidden)
		str_addf(&text, "[+%u] ", (unsigned)r->hidden);
	if (!(f->same_subject && r->depth > 0))
		str_addf(&text, "%s%s", used ? " " : "", subject);
	start = out->text.len;
	line_pad(out, text_style(r, STYLE_SUBJECT), str_c(&text), columns);
	line_mark(out, start, f->hits, HITS_SUBJECT);
	str_done(&glyphs);
	str_done(&text);
}

static const char *who(const struct msg_row *r, const struct index_format *f, struct str *buf)
{
	if (f->show_to && r->to) {
		struct str first = STR_INIT, shown = STR_INIT;

		msglist_first_recipient(r, &first);
		idn_people(&shown, str_c(&first));
		str_addf(buf, _("To %s"), str_c(&shown));
		str_done(&first);
		str_done(&shown);
		return str_c(buf);
	}
	if (r->from_name && *r->from_name)
		return r->from_name;
	return r->from_mail ? r->from_mail : "";
}

/* The widest that a format gives in a year: names of months and days differ. At most a third of the
 * row; what is wider is cut with a mark. */
int index_date_columns(const char *format, time_t now, int width)
{
	int most = 1;

	if (!format || !*format || strcmp(format, "auto") == 0)
		return 0;
	for (int i = 0; i < 12; i++) {
		time_t t = now - (time_t)i * 31 * 86400 - (time_t)i * 86400;
		char buf[64];
		struct tm tm;
		size_t len;

		localtime_r(&t, &tm);
		len = strftime(buf, sizeof(buf), format, &tm);
		if (utf8_columns(buf, len) > most)
			most = utf8_columns(buf, len);
	}
	return most < width / 3 ? most : width / 3;
}

static void add_date(struct line *out, const struct msg_row *r, const struct index_format *f,
	bool wide, int columns)
{
	struct str s = STR_INIT;
	if (f->date_columns) {
		char buf[64] = "";
		time_t t = (time_t)r->date;
		struct tm tm;

		localtime_r(&t, &tm);
		if (strftime(buf, sizeof(buf), f->date_format, &tm) > 0)
			utf8_clean(&s, buf, strlen(buf), UTF8_LINE);
	} else {
		index_date(&s, (time_t)r->date, f->now, wide);
	}
	line_pad_left(out, STYLE_DATE, str_c(&s), columns);
	str_done(&s);
}

void index_row(struct line *out, const struct msg_row *r, const struct index_format *f)
{
	bool wide = f->width >= 120, with_size = f->width >= 60, with_date = f->width >= 40;
	int from = f->width < 32       ? 6
		   : f->width / 5 < 10 ? 10
		   : f->width / 5 > 28 ? 28
				       : f->width / 5;
	int date = f->date_columns ? f->date_columns
		   : wide          ? 12
				   : 7,
	    rest = f->width - 5 - from - 2;
	struct str buf = STR_INIT;
	size_t start;

	rest -= (with_size ? 6 : 0) + (with_date ? date + 1 : 0) + 1;
	add_flags(out, r);
	if (f->account_columns) {
		line_pad(out, STYLE_DIM, f->account, f->account_columns);
		line_add(out, STYLE_PLAIN, " ");
		rest -= f->account_columns + 1;
	}
	start = out->text.len;
	line_pad(out, text_style(r, STYLE_FROM), who(r, f, &buf), from);
	line_mark(out, start, f->hits, f->show_to && r->to ? HITS_RECIPIENT : HITS_SENDER);
	line_add(out, STYLE_PLAIN, "  ");
	add_subject(out, r, f, rest);
	if (with_size) {
		str_clear(&buf);
		draw_size(&buf, r->size);
		line_pad_left(out, STYLE_SIZE, str_c(&buf), 6);
	}
	if (with_date) {
		line_add(out, STYLE_PLAIN, " ");
		add_date(out, r, f, wide, date);
	}
	line_add(out, STYLE_PLAIN, " ");
	str_done(&buf);
}

enum {
	SAME_DATES = 900
}; /* seconds: no zone begins a day elsewhere than at a quarter of an hour */

void index_row_key(struct str *key, const struct msg_row *r, const struct index_format *f)
{
	const char *const texts[] = {r->from_name, r->from_mail, f->show_to ? r->to : NULL,
		f->show_to ? r->cc : NULL, r->subject, r->keywords, f->date_format,
		f->account_columns ? f->account : NULL, f->hits_of};
	const int64_t numbers[] = {r->uid, r->flags, r->size, r->date,
		r->depth << 8 | r->last_child << 1 | r->tagged, (int64_t)r->lines, r->hidden,
		f->width << 8 | f->ascii << 2 | f->show_to << 1 | f->same_subject, f->date_columns,
		f->account_columns, f->now / SAME_DATES};

	str_add(key, (const char *)numbers, sizeof(numbers));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		str_addc(key, texts[i] ? 1 : 2);
		str_adds(key, texts[i]);
	}
}
