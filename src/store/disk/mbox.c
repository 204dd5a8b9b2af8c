#include "base/str.h"
#include "store/disk/keywords.h"
#include "store/disk/mbox.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "mime/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 65536, LINE_SEEN = 1000, TOKENS = 40 };

/* --- the date of a "From " line --- */

struct token {
	const char *p;
	size_t len;
};

static size_t split(const char *p, size_t len, struct token *t)
{
	const char *end = p + len;
	size_t n = 0;

	while (p < end && n < TOKENS) {
		const char *start;

		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		start = p;
		while (p < end && *p != ' ' && *p != '\t' && *p != '\r' && *p != '\n')
			p++;
		if (p == start)
			break;
		t[n++] = (struct token){start, (size_t)(p - start)};
	}
	return n;
}

static int month_of(const struct token *t)
{
	return t->len == 3 ? clock_month_of(t->p) : -1;
}

static bool is_weekday(const struct token *t)
{
	return (t->len == 3 || (t->len == 4 && t->p[3] == ',')) && clock_day_of(t->p) >= 0;
}

/* A number of exactly least to most digits, -1: none. */
static int number(const char *p, size_t len, size_t least, size_t most)
{
	int n = 0;

	if (len < least || len > most)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		n = 10 * n + (p[i] - '0');
	}
	return n;
}

/* hh:mm or hh:mm:ss */
static bool read_time(const struct token *t, struct tm *tm)
{
	const char *p = t->p;
	const char *colon = memchr(p, ':', t->len);
	size_t hour = colon ? (size_t)(colon - p) : 0, rest = t->len - hour;

	if (!colon || (rest != 3 && rest != 6) || (rest == 6 && colon[3] != ':'))
		return false;
	tm->tm_hour = number(p, hour, 1, 2);
	tm->tm_min = number(colon + 1, 2, 2, 2);
	tm->tm_sec = rest == 6 ? number(colon + 4, 2, 2, 2) : 0;
	return tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 && tm->tm_min < 60 &&
	       tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* +hhmm in seconds; names of zones count as UTC, which RFC 4155 asks for. */
static bool read_zone(const struct token *t, long *seconds)
{
	int hhmm = t->len == 5 ? number(t->p + 1, 4, 4, 4) : -1;

	if ((*t->p == '+' || *t->p == '-') && hhmm >= 0 && hhmm % 100 < 60) {
		*seconds = (hhmm / 100 * 60L + hhmm % 100) * 60 * (*t->p == '-' ? -1 : 1);
		return true;
	}
	for (size_t i = 0; i < t->len; i++)
		if (!((t->p[i] >= 'A' && t->p[i] <= 'Z') || (t->p[i] >= 'a' && t->p[i] <= 'z')))
			return false;
	return t->len <= 5;
}

/* hh:mm:ss, and on either side of the year perhaps a zone: "hh:mm:ss +0100 2026". */
static bool read_time_year(const struct token *t, size_t n, struct tm *tm, long *zone)
{
	size_t i = 1;
	int year;

	if (n < 2 || !read_time(&t[0], tm))
		return false;
	for (; i < n && i < 3 && number(t[i].p, t[i].len, 4, 4) < 0; i++)
		if (!read_zone(&t[i], zone))
			return false;
	year = i < n ? number(t[i].p, t[i].len, 4, 4) : -1;
	if (year < 1970)
		return false;
	tm->tm_year = year - 1900;
	if (i + 1 < n)
		read_zone(&t[i + 1], zone);
	return true;
}

/* "Www Mmm dd hh:mm:ss yyyy" (asctime), or "Www, dd Mmm yyyy hh:mm:ss +0000" as some exports have.
 */
static bool read_date(const struct token *t, size_t n, struct tm *tm, long *zone)
{
	if (n < 5 || !is_weekday(&t[0]))
		return false;
	tm->tm_mon = month_of(&t[1]);
	if (tm->tm_mon >= 0) {
		tm->tm_mday = number(t[2].p, t[2].len, 1, 2);
		return tm->tm_mday >= 1 && tm->tm_mday <= 31 &&
		       read_time_year(t + 3, n - 3, tm, zone);
	}
	tm->tm_mday = number(t[1].p, t[1].len, 1, 2);
	tm->tm_mon = month_of(&t[2]);
	tm->tm_year = number(t[3].p, t[3].len, 4, 4) - 1900;
	if (tm->tm_mday < 1 || tm->tm_mday > 31 || tm->tm_mon < 0 || tm->tm_year < 70 ||
		!read_time(&t[4], tm))
		return false;
	if (n > 5)
		read_zone(&t[5], zone);
	return true;
}

static uint32_t seconds_of(struct tm *tm, long zone)
{
	int64_t t = (int64_t)timegm(tm) - zone;

	return t < 0 || t > UINT32_MAX ? 0 : (uint32_t)t;
}

static bool is_from(const char *p, size_t len)
{
	return len >= 5 && memcmp(p, "From ", 5) == 0;
}

/* True if a "From " line has a date; the sender before it may contain anything, blanks too. */
static bool has_date(const char *p, size_t len, uint32_t *received)
{
	struct token t[TOKENS];
	size_t n = split(p + 5, len - 5, t);

	for (size_t i = 0; i < n; i++) {
		struct tm tm = {0};
		long zone = 0;

		if (!read_date(t + i, n - i, &tm, &zone))
			continue;
		*received = seconds_of(&tm, zone);
		return true;
	}
	return false;
}

/* --- lines of a file of any size --- */

struct lines {
	int fd;
	char *block;
	size_t at, filled;
	uint64_t offset; /* in the file, of block[at] */
};

struct line {
	const char *p; /* the first bytes, at most LINE_SEEN; valid until the next line */
	size_t len;
	uint64_t offset, whole; /* of all of it, with its end */
};

/* More bytes behind those not yet used. 1: some, 0: the end, -1: error. */
static int fill(struct lines *r)
{
	ssize_t n;

	memmove(r->block, r->block + r->at, r->filled - r->at);
	r->filled -= r->at;
	r->at = 0;
	do
		n = read(r->fd, r->block + r->filled, BLOCK - r->filled);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		r->filled += (size_t)n;
	return n > 0 ? 1 : (int)n;
}

/* Passes over bytes up to and with the next line end. */
static int skip_rest(struct lines *r, uint64_t *passed)
{
	for (;;) {
		const char *nl = memchr(r->block + r->at, '\n', r->filled - r->at);
		size_t n = nl ? (size_t)(nl + 1 - (r->block + r->at)) : r->filled - r->at;
		int more;

		r->at += n;
		*passed += n;
		if (nl)
			return 0;
		more = fill(r);
		if (more <= 0)
			return more;
	}
}

/* 1: a line, 0: the end of the file, -1: error. */
static int next_line(struct lines *r, char *seen, struct line *out)
{
	const char *nl;
	int more = 1;

	for (;;) {
		size_t here = r->filled - r->at;

		nl = memchr(r->block + r->at, '\n', here);
		if (nl || here >= LINE_SEEN || more <= 0)
			break;
		more = fill(r);
	}
	if (more < 0 || r->at == r->filled)
		return more < 0 ? -1 : 0;
	*out = (struct line){.p = r->block + r->at, .offset = r->offset};
	out->len = nl ? (size_t)(nl + 1 - out->p) : r->filled - r->at;
	if (out->len > LINE_SEEN)
		out->len = LINE_SEEN;
	memcpy(seen, out->p, out->len);
	out->p = seen;
	if (skip_rest(r, &out->whole) < 0)
		return -1;
	r->offset += out->whole;
	return 1;
}

static bool is_empty(const struct line *l)
{
	return l->whole == 1 ? *l->p == '\n' : l->whole == 2 && memcmp(l->p, "\r\n", 2) == 0;
}

/* "Name:", which every message begins with; UUCP put ">From " lines before it. */
static bool is_field(const struct line *l)
{
	size_t n = 0;

	if (l->len >= 6 && memcmp(l->p, ">From ", 6) == 0)
		return true;
	while (n < l->len && l->p[n] > ' ' && l->p[n] < 0x7f && l->p[n] != ':')
		n++;
	if (n == 0)
		return false;
	while (n < l->len && (l->p[n] == ' ' || l->p[n] == '\t'))
		n++;
	return n < l->len && l->p[n] == ':';
}

/* --- the scan --- */

struct scan {
	bool started, blank, waiting;
	uint64_t start,
		end; /* of the message; end: behind its last line that is not the last empty one */
	uint32_t received;
	uint64_t next_start; /* behind a "From " line whose next line is to be seen yet */
	uint32_t next_received;
	int (*fn)(void *ctx, uint64_t offset, uint64_t length, uint32_t received);
	void *ctx;
};

static int tell(const struct scan *s)
{
	return s->started ? s->fn(s->ctx, s->start, s->end - s->start, s->received) : 0;
}

/* A "From " line before was real: the message before it ends. */
static int begin(struct scan *s)
{
	int rc = tell(s);

	s->started = true;
	s->start = s->end = s->next_start;
	s->received = s->next_received;
	return rc;
}

static int take_line(struct scan *s, const struct line *l)
{
	bool blank = is_empty(l);
	int rc = 0;

	if (s->waiting && is_field(l))
		rc = begin(s);
	else if (s->waiting)
		s->end = s->next_start; /* it was text */
	s->waiting = false;
	if (s->blank && is_from(l->p, l->len) && has_date(l->p, l->len, &s->next_received)) {
		s->waiting = true;
		s->next_start = l->offset + l->whole;
	} else if (!blank) {
		s->end = l->offset + l->whole;
	} else if (s->blank) {
		s->end = l->offset; /* of several empty lines only the last is not the message's */
	}
	s->blank = blank;
	return rc;
}

/* The first line of the file: its date may be anything. */
static int take_first(struct scan *s, const struct line *l, const char *path, struct err *err)
{
	uint32_t received = 0;

	if (!is_from(l->p, l->len))
		return err_set(err, ERR_INPUT, _("%s is not a mailbox file (mbox)"), path);
	has_date(l->p, l->len, &received);
	s->next_start = l->offset + l->whole;
	s->next_received = received;
	return begin(s);
}

static int scan_lines(struct scan *s, struct lines *r, const char *path, struct err *err)
{
	char *seen = mem_resize(NULL, LINE_SEEN, 1);
	struct line l;
	int rc = 0, more;

	while (rc == 0 && (more = next_line(r, seen, &l)) != 0) {
		if (more < 0)
			rc = err_errno(err, _("Cannot read %s"), path);
		else if (s->started)
			rc = take_line(s, &l);
		else if (!is_empty(&l))
			rc = take_first(s, &l, path, err);
	}
	free(seen);
	if (rc == 0 && s->waiting)
		s->end = s->next_start;
	return rc == 0 ? tell(s) : rc;
}

static int open_file(const char *path, uint64_t *size, struct err *err)
{
	/* Not to hang on a pipe of that name. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_GONE, _("%s does not exist"), path);
	if (fd < 0)
		return err_errno(err, _("Cannot open %s"), path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, ERR_INPUT, _("%s is not a mailbox file (mbox)"), path);
	}
	*size = (uint64_t)st.st_size;
	return fd;
}

int mbox_scan(const char *path,
	int (*fn)(void *ctx, uint64_t offset, uint64_t length, uint32_t received), void *ctx,
	struct err *err)
{
	struct scan s = {.fn = fn, .ctx = ctx};
	struct lines r = {0};
	uint64_t size;
	int rc;

	r.fd = open_file(path, &size, err);
	if (r.fd < 0)
		return -1;
	r.block = mem_resize(NULL, BLOCK, 1);
	rc = scan_lines(&s, &r, path, err);
	free(r.block);
	close(r.fd);
	return rc;
}

/* --- one message --- */

static int read_at(int fd, uint64_t offset, size_t length, char *to)
{
	while (length) {
		ssize_t n = pread(fd, to, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		to += n;
		offset += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

static bool is_quoted_from(const char *p, const char *end)
{
	const char *from = p;

	while (from < end && *from == '>')
		from++;
	return from > p && is_from(from, (size_t)(end - from));
}

/* In place, from start on; the header ("From " in a ">From " line of it would end it) stays. */
static void unquote(struct str *s, size_t start)
{
	char *to = s->p + start;
	const char *p = to, *end = s->p + s->len;
	bool body = false;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl ? nl + 1 : end;

		if (!body)
			body = *p == '\n' || (*p == '\r' && p + 1 == nl);
		else if (is_quoted_from(p, next))
			p++;
		memmove(to, p, (size_t)(next - p));
		to += next - p;
		p = next;
	}
	str_cut(s, (size_t)(to - s->p));
}

int mbox_read(const char *path, uint64_t offset, uint64_t length, struct str *out, struct err *err)
{
	size_t start = out->len;
	char before = '\0';
	uint64_t size;
	int fd, rc = -1;

	if (length > MBOX_MESSAGE_MAX)
		return err_set(err, ERR_INPUT, _("A message in %s is too large"), path);
	fd = open_file(path, &size, err);
	if (fd < 0)
		return -1;
	/* A message stands behind a "From " line, so behind a line end. */
	if (offset >= 1 && offset <= size && length <= size - offset)
		rc = read_at(fd, offset - 1, 1, &before);
	if (rc == 0 && (before == '\n' || length == 0)) {
		str_room(out, length);
		rc = read_at(fd, offset, length, out->p + start);
	} else {
		rc = -1;
	}
	close(fd);
	if (rc != 0) {
		str_cut(out, start);
		return err_set(err, ERR_GONE, _("%s has changed while it was read"), path);
	}
	out->len = start + length;
	out->p[out->len] = '\0';
	unquote(out, start);
	return 0;
}

/* --- flags --- */

static uint32_t flag_of(char c, bool extended)
{
	if (!extended)
		return c == 'R' ? MAIL_SEEN : 0;
	switch (c) {
	case 'A':
		return MAIL_ANSWERED;
	case 'F':
		return MAIL_FLAGGED;
	case 'D':
		return MAIL_DELETED;
	case 'T':
		return MAIL_DRAFT;
	default:
		return 0;
	}
}

uint32_t mbox_flags(const char *message, size_t len)
{
	const char *p = message, *end = message + len;
	uint32_t flags = 0;

	while (p < end && *p != '\n' && *p != '\r') {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl ? nl + 1 : end;
		size_t n = (size_t)(next - p);
		bool extended = n >= 9 && str_nicmp(p, "X-Status:", 9) == 0;

		if (extended || (n >= 7 && str_nicmp(p, "Status:", 7) == 0))
			for (const char *c = p + (extended ? 9 : 7); c < next; c++)
				flags |= flag_of(*c, extended);
		p = next;
	}
	return flags;
}

void mbox_keywords(const char *message, size_t len, struct str *out)
{
	static const char name[] = "X-Keywords:";
	const char *p = message, *end = message + len;

	str_clear(out);
	while (p < end && *p != '\n' && *p != '\r') {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl ? nl + 1 : end, *at = p + strlen(name);
		bool ours =
			(size_t)(next - p) >= strlen(name) && str_nicmp(p, name, strlen(name)) == 0;

		while (ours && at < next && out->len < KEYWORDS_TEXT_MAX) {
			size_t n = 0;

			while (at + n < next && !strchr(" \t\r\n", at[n]))
				n++;
			if (keywords_ok(at, n) && !keywords_has(str_c(out), at, n)) {
				if (out->len)
					str_addc(out, ' ');
				str_add(out, at, n);
			}
			at += n + 1;
		}
		p = next;
	}
}

/* --- writing --- */

/* "Status:", "X-Status:" and "X-Keywords:" belong to the mailbox file. */
static bool is_status(const char *p, size_t len)
{
	return (len >= 7 && str_nicmp(p, "Status:", 7) == 0) ||
	       (len >= 9 && str_nicmp(p, "X-Status:", 9) == 0) ||
	       (len >= 11 && str_nicmp(p, "X-Keywords:", 11) == 0);
}

/* The line that begins at p, without its end; *next is behind it. Several CR before the LF belong
 * to the end: one that stayed would make a line of its own of nothing else look empty. */
static size_t line_at(const char *p, const char *end, const char **next)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));
	size_t len = (size_t)((nl ? nl : end) - p);

	*next = nl ? nl + 1 : end;
	while (len && nl && p[len - 1] == '\r')
		len--;
	return len;
}

void mbox_strip_status(struct str *message)
{
	char *to = message->p;
	const char *p = to, *end = to + message->len, *next;

	if (!message->len)
		return;
	while (p < end && line_at(p, end, &next) > 0) {
		if (!is_status(p, (size_t)(next - p))) {
			memmove(to, p, (size_t)(next - p));
			to += next - p;
		}
		p = next;
	}
	memmove(to, p, (size_t)(end - p));
	str_cut(message, (size_t)(to + (end - p) - message->p));
}

static void put_from_line(struct str *out, uint32_t received)
{
	time_t t = received;
	struct tm tm;

	gmtime_r(&t, &tm);
	str_addf(out, "From MAILER-DAEMON %s %s %2d %02d:%02d:%02d %d\n", clock_day(tm.tm_wday),
		clock_month(tm.tm_mon), tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		tm.tm_year + 1900);
}

static void put_status(struct str *out, uint32_t flags, const char *keywords)
{
	str_addf(out, "Status: %sO\n", flags & MAIL_SEEN ? "R" : "");
	if (flags & (MAIL_ANSWERED | MAIL_FLAGGED | MAIL_DELETED | MAIL_DRAFT))
		str_addf(out, "X-Status: %s%s%s%s\n", flags & MAIL_ANSWERED ? "A" : "",
			flags & MAIL_FLAGGED ? "F" : "", flags & MAIL_DELETED ? "D" : "",
			flags & MAIL_DRAFT ? "T" : "");
	if (*keywords)
		str_addf(out, "X-Keywords: %s\n", keywords);
}

/* The status comes first: so the "From " line stands before a field whatever the message is. */
static const char *put_header(
	struct str *out, const char *p, const char *end, uint32_t flags, const char *keywords)
{
	const char *next;
	bool skipping = false;
	size_t len;

	put_status(out, flags, keywords);
	for (; p < end && (len = line_at(p, end, &next)) > 0; p = next) {
		if (*p != ' ' && *p != '\t')
			skipping = is_status(p, len);
		if (skipping)
			continue;
		str_add(out, p, len);
		str_addc(out, '\n');
	}
	return p;
}

void mbox_put(struct str *out, const char *message, size_t len, uint32_t received, uint32_t flags,
	const char *keywords)
{
	const char *end = message + len, *next, *p;

	put_from_line(out, received);
	p = put_header(out, message, end, flags, keywords);
	for (; p < end; p = next) {
		size_t n = line_at(p, end, &next);

		if (is_from(p, n) || is_quoted_from(p, p + n))
			str_addc(out, '>');
		str_add(out, p, n);
		str_addc(out, '\n');
	}
	str_addc(out, '\n');
}
